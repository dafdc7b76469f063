"""Programs that nobody here wrote read every SARIF and JUnit document."""

import json
from pathlib import Path

import pytest
from jsonschema import Draft4Validator
from tests.consumers import tools
from tests.unit.render.coverages import COVERAGES
from tests.unit.render.wholeplans import CANARY, every_plan

from takeup.manifest.problem import Problem
from takeup.render import plan_junit, plan_sarif
from takeup.render.coverage_junit import coverage_junit
from takeup.render.findings import Level, of_plan, of_problems
from takeup.render.findings_junit import findings_junit
from takeup.render.sarif import sarif

tools.require()

PLANS = every_plan()
PROBLEMS = of_problems(
    [
        Problem(
            "error", "manifests/a b.yaml", 9, 5, "CompositeRecording.a", "maxIdletime is not known.", "maxIdleTime?"
        ),
        Problem("warning", "manifests/a b.yaml", 3, 1, "", "It is <odd> & \x1b[31mred.", ""),
    ]
)
FINDINGS = {name: of_plan(plan) for name, plan in PLANS.items()} | {"validate": PROBLEMS, "valid": []}


@pytest.fixture(scope="module")
def sarifs(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Every plan and the problems of manifests, as SARIF files."""
    documents = {name: plan_sarif.render(plan) for name, plan in PLANS.items()}
    documents |= {"validate": sarif(PROBLEMS), "valid": sarif([])}
    return tools.write(tmp_path_factory.mktemp("sarif"), documents, ".sarif")


@pytest.fixture(scope="module")
def junits(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """The same as JUnit files, and coverages."""
    documents = {name: plan_junit.render(plan) for name, plan in PLANS.items()}
    documents |= {"validate": findings_junit("validate", PROBLEMS), "valid": findings_junit("validate", [])}
    documents |= {f"coverage: {name}": coverage_junit(found) for name, found in COVERAGES.items()}
    return tools.write(tmp_path_factory.mktemp("junit"), documents, ".xml")


def test_the_consumers_are_installed_in_ci() -> None:
    """With CI=true they must be there, so that these tests are never skipped unnoticed."""
    assert (tools.HOME / ".installed").exists(), "run: make consumers"


def test_sarif_holds_the_models_of_its_schema(sarifs: dict[str, Path]) -> None:
    """Models that were generated from the schema of SARIF 2.1.0 take every document, with every finding."""
    assert tools.run_script("sarif_model.py", sarifs) == {name: len(found) for name, found in FINDINGS.items()}


def test_sarif_holds_its_schema(sarifs: dict[str, Path]) -> None:
    """Every document is valid by the schema of SARIF 2.1.0 that Microsoft's package for jest ships."""
    tools.require_node()
    schema = tools.NODE / "@microsoft" / "jest-sarif" / "lib" / "schemas" / "sarif-2.1.0-rtm.5.json"
    validator = Draft4Validator(json.loads(schema.read_text("utf-8")))
    for file in sarifs.values():
        validator.validate(json.loads(file.read_text("utf-8")))


@pytest.mark.parametrize("command", ["csv", "codeclimate", "html", "summary"])
def test_sarif_tools_reads_every_document(sarifs: dict[str, Path], tmp_path: Path, command: str) -> None:
    """Microsoft's sarif-tools turns every document into its other formats."""
    found = tools.run_each("sarif.cmdline.main", "sarif", sarifs, tmp_path, command, "{}")
    assert [ran.text for ran in found.values() if ran.code != 0 or CANARY in ran.text] == []


def test_sarif_tools_counts_errors(sarifs: dict[str, Path], tmp_path: Path) -> None:
    """With --check error, sarif-tools fails what holds an error, and nothing else."""
    found = tools.run_each("sarif.cmdline.main", "sarif", sarifs, tmp_path, "--check", "error", "summary", "{}")
    assert {name for name, ran in found.items() if ran.code} == _with_errors()


def test_junitparser_verifies_every_document(junits: dict[str, Path], tmp_path: Path) -> None:
    """Junitparser fails what holds an error, and nothing else."""
    found = tools.run_each("junitparser.cli", "junitparser", junits, tmp_path, "verify", "{}")
    below = {f"coverage: {name}" for name, coverage in COVERAGES.items() if coverage.short}
    assert {name for name, ran in found.items() if ran.code} == _with_errors() | below, found
    assert not any("Traceback" in ran.text or CANARY in ran.text for ran in found.values())


def _with_errors() -> set[str]:
    names = {name for name, found in FINDINGS.items() if any(item.level is Level.ERROR for item in found)}
    assert {"validate", "ended, recorded anew"} <= names
    return names
