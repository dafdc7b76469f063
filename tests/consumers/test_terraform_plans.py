"""Programs that nobody here wrote read every plan in Terraform's format, and none of them shows a secret."""

import re
from pathlib import Path

import pytest
from tests.consumers import tools
from tests.unit.render.wholeplans import CANARY, OTHER_BUCKET, every_plan

from takeup.core.plan import Action, Plan
from takeup.render import plan_terraform

tools.require()

PLANS = every_plan()
UNSEEN = {Action.FORGET}
"""What ended by itself and is not wanted any more is drift, which none of them counts."""


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Every plan as a file."""
    documents = {name: plan_terraform.render(plan) for name, plan in PLANS.items()}
    return tools.write(tmp_path_factory.mktemp("plans"), documents, ".json")


def _counts(plan: Plan) -> tuple[int, int, int]:
    replaced = plan.count(Action.REPLACE)
    created, deleted = plan.count(Action.CREATE) + replaced, plan.count(Action.DELETE) + replaced
    return created, plan.count(Action.UPDATE), deleted


def _seen(plan: Plan) -> list[str]:
    return [str(change.address) for change in plan.changes if change.action not in UNSEEN]


def test_tofui_reports_every_plan(files: dict[str, Path], tmp_path: Path) -> None:
    """The report of tofui counts what the plan counts, names every change, and holds no secret."""
    found = tools.run_each("tofui.cli", "tofui", files, tmp_path, "{}", "--build-name", "report")
    for name, ran in found.items():
        created, updated, deleted = _counts(PLANS[name])
        words = f"{created} to create, {updated} to update, {deleted} to delete"
        assert ran.code == 0, ran.text
        assert (words if any(_counts(PLANS[name])) else "No changes planned") in ran.text
        assert "<html" in ran.text
        assert "Failed to parse" not in ran.text
        assert CANARY not in ran.text


def test_tf_peek_reports_every_plan(files: dict[str, Path], tmp_path: Path) -> None:
    """The report of tf-peek names every change, says what forces a replacement, and shows no secret when asked to."""
    found = tools.run_each("tf_peek.cli", "tf-peek", files, tmp_path, "{}", "--show-sensitive")
    for name, ran in found.items():
        assert ran.code == 0, ran.text
        assert [address for address in _seen(PLANS[name]) if f"`{address}`" not in ran.text] == []
        assert CANARY not in ran.text
    assert "**Forces replacement:** `storageConfig.bucket`" in found["replace"].text
    assert "(sensitive, changed)" in found["secret changed"].text


def test_readtheplan_judges_every_plan(files: dict[str, Path], tmp_path: Path) -> None:
    """Readtheplan classes creations as safe, replacements as dangerous, and stops as irreversible."""
    found = tools.run_each("readtheplan.cli", "readtheplan", files, tmp_path, "analyze", "{}")
    for name, ran in found.items():
        assert ran.code == 0, ran.text
        assert f"Resource changes: {len(_seen(PLANS[name]))}" in ran.text
        assert CANARY not in ran.text
    risks = {
        name: re.findall(r"^- (safe|review|dangerous|irreversible): \d+$", ran.text, re.MULTILINE)
        for name, ran in found.items()
    }
    assert risks["create"] == ["safe"]
    assert risks["update"] == ["review"]
    assert risks["replace"] == ["dangerous"]
    assert risks["delete"] == ["irreversible"]


def test_blastcheck_assesses_every_plan(files: dict[str, Path], tmp_path: Path) -> None:
    """Blastcheck assesses every change, refuses a plan without any, and blocks one that follows drift."""
    found = tools.run_each("blastcheck.cli", "blastcheck", files, tmp_path, "{}", "--text", "--no-color")
    for name, ran in found.items():
        seen = len(_seen(PLANS[name]))
        assert (ran.code, CANARY in ran.text) == (0 if seen else 1, False), ran.text
        assert (f"{seen} change(s) assessed" if seen else "no mutating resource changes") in ran.text
    assert "verdict: blocked" in found["ended, recorded anew"].text
    assert "verdict: caution" in found["create"].text


def test_terraform_compliance_holds_recordings_to_a_bucket(files: dict[str, Path], tmp_path: Path) -> None:
    """Terraform-compliance fails the plan that records into a foreign bucket, and no other."""
    arguments = ("--features", str(tools.HERE), "--planfile", "{}")
    # Of terraform_compliance itself nothing is preloaded: on import it makes the folder that it keeps a plan in.
    found = tools.run_each("radish.main", "terraform-compliance", files, tmp_path, *arguments)
    assert [name for name, ran in found.items() if ran.code != 0] == ["replace"], found
    assert f"It is set to {OTHER_BUCKET}" in found["replace"].text
    assert not any(CANARY in ran.text for ran in found.values())


def test_a_rego_policy_denies_a_bucket(files: dict[str, Path]) -> None:
    """A policy written for Terraform's plans denies the foreign bucket, in an engine of OPA's language."""
    found = {name: denied for name, denied in tools.run_script("rego_deny.py", files).items() if denied}
    assert found == {"replace": [f"CompositeRecording.hall records into {OTHER_BUCKET}"]}


def test_tftest_reads_every_plan(files: dict[str, Path]) -> None:
    """Tftest finds every change with its actions, and what is planned and was before."""
    found = tools.run_script("tftest_read.py", files)
    for name, plan in PLANS.items():
        assert [*found[name]["changes"]] == _seen(plan)
        assert found[name]["version"] == "1.2"
    assert found["replace"]["changes"] == {"CompositeRecording.hall": ["delete", "create"]}
    assert found["replace"]["planned"]["CompositeRecording.hall"]["storageConfig"]["bucket"] == OTHER_BUCKET
    assert found["delete"]["prior"] == ["CompositeRecording.hall", "WebPageRecording.slides"]
    assert CANARY not in str(found)


def test_terraform_unidiff_shows_every_plan(files: dict[str, Path]) -> None:
    """Terraform-unidiff shows what changes as a diff, the change of a secret included, and counts the same."""
    node, script = tools.require_node(), tools.NODE / "@ahmadnassri" / "terraform-unidiff" / "bin.js"
    found = {name: tools.run_node(node, script, file) for name, file in files.items()}
    for name, ran in found.items():
        created, updated, deleted = _counts(PLANS[name])
        assert ran.code == 0, ran.text
        assert f"Plan: {created} to add, {updated} to change, {deleted} to destroy" in ran.text
        assert CANARY not in ran.text
    assert f"-  bucket: b\n+  bucket: {OTHER_BUCKET}\n" in found["replace"].text
    assert "-  accessKey: (sensitive)\n+  accessKey: (sensitive, changed)\n" in found["secret changed"].text
