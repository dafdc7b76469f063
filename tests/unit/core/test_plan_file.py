"""A plan as a file: everything comes back, and whatever was touched is refused."""

import json
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.recordings import NOON, resource, session
from tests.recordings import plan as planned
from tests.unit.render.scenarios import SCENARIOS

from takeup.core import plan_file
from takeup.core.plan import Plan
from takeup.core.plan_file import PlanFile, decode, encode
from takeup.core.snapshot import Liveness
from takeup.errors import PlanFileError


def file(plan: Plan) -> PlanFile:
    """Some plan as a file."""
    return PlanFile(plan, datetime(2026, 3, 2, 12, tzinfo=UTC), "alice@desk", "c0ffee", destroy=False, takeup="0.1.0")


SAMPLE = encode(file(SCENARIOS["everything"]))


@pytest.mark.parametrize("name", [pytest.param(name, id=name) for name in SCENARIOS])
def test_what_is_written_is_read(name: str) -> None:
    """The plan comes back as it was, its digest included."""
    made = file(SCENARIOS[name])
    read = decode(encode(made).encode(), "x")
    assert read == made
    assert read.plan.digest == made.plan.digest


def test_plans_of_the_planner_are_read_too() -> None:
    """With whole specs and an open start."""
    wanted = [resource(), resource("lost"), resource("old", recordingConfig={"channelType": 1, "maxIdleTime": 60})]
    sessions = [session(resource("lost"), Liveness.LOST), session(resource("old")), session(resource("gone"))]
    made = file(planned(wanted, sessions))
    assert decode(encode(made).encode(), "x") == made


@given(st.integers(0, len(SAMPLE) - 1), st.characters(codec="ascii"))
def test_a_changed_file_is_refused(at: int, char: str) -> None:
    """One character changed anywhere: it is refused, or says the very same."""
    changed = SAMPLE[:at] + char + SAMPLE[at + 1 :]
    try:
        read = decode(changed.encode(), "x")
    except PlanFileError:
        return
    assert read == decode(SAMPLE.encode(), "x")


@pytest.mark.parametrize(
    ("data", "words"),
    [
        pytest.param(b"", "truncated", id="empty"),
        pytest.param(SAMPLE[:-40].encode(), "truncated", id="cut"),
        pytest.param(b"[1]", "no plan of takeup", id="a list"),
        pytest.param(b'{"format_version": "1.2", "terraform_version": "1.15.5"}', "of Terraform", id="terraform"),
        pytest.param(b'{"format": "takeup-plan/1"}', "for reading", id="the JSON of plan"),
        pytest.param(b'{"format": "takeup-plan-file/9"}', "does not know", id="a newer one"),
        pytest.param(b'{"format": "takeup-plan-file/1"}', "was changed", id="nothing but a format"),
    ],
)
def test_what_is_no_plan_is_refused(data: bytes, words: str) -> None:
    """A sentence that names the file, and what to do."""
    with pytest.raises(PlanFileError, match=words) as caught:
        decode(data, "p.plan")
    assert caught.value.message.startswith("p.plan ")
    assert "takeup plan --out" in caught.value.hint


def test_a_checksum_that_was_made_to_fit_hides_nothing() -> None:
    """Whoever rewrites the file with its checksum has another digest, or is refused."""
    document = json.loads(SAMPLE)
    document["plan"]["changes"][0]["calls"].append("stop")
    document.pop("checksum")
    document["checksum"] = plan_file._checksum(document)
    with pytest.raises(PlanFileError, match="digest"):
        decode(json.dumps(document).encode(), "x")


def test_the_digest_is_the_same_again_later() -> None:
    """Neither the time nor the evidence, nor prices or warnings, are part of what is approved."""
    plan = SCENARIOS["everything"]
    later = replace(plan, created_at=NOON, serial=99, warnings=("other",), cost=None, rails=None, drift=(), running=())
    assert later.digest == plan.digest
    assert replace(plan, changes=plan.changes[1:]).digest != plan.digest
    assert replace(plan, lineage="other").digest != plan.digest
