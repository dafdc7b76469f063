"""What was approved, held against what would be done now."""

from dataclasses import replace

import pytest
from tests.recordings import plan, resource, session

from takeup.core.approval import hold_against
from takeup.core.plan import Plan
from takeup.core.planner import Selection
from takeup.core.snapshot import Liveness

HALL, ROOM = resource("hall"), resource("room")
OTHER = resource("hall", recordingConfig={"channelType": 1, "maxIdleTime": 60})
LISTS = resource("hall", recordingConfig={"channelType": 1, "subscribeAudioUids": ["7"]})
LAYOUT = resource("hall", recordingConfig={"channelType": 1, "transcodingConfig": {"mixedVideoLayout": 1}})
BOTH = resource(
    "hall",
    recordingConfig={"channelType": 1, "subscribeAudioUids": ["7"], "transcodingConfig": {"mixedVideoLayout": 1}},
)
ENDED, LOST = session(HALL, Liveness.ENDED), session(HALL, Liveness.LOST)
NOTHING = plan([HALL], [session(HALL)])


@pytest.mark.parametrize(
    ("approved", "now"),
    [
        pytest.param(plan([HALL], []), plan([HALL], []), id="the same"),
        pytest.param(plan([HALL], []), NOTHING, id="done meanwhile: nothing is left"),
        pytest.param(plan([OTHER], [session(HALL)]), plan([OTHER], [ENDED]), id="to be replaced, but ended: started"),
        pytest.param(plan([], [session(HALL)]), plan([], [ENDED]), id="to be stopped, but ended: forgotten"),
        pytest.param(plan([BOTH], [session(HALL)]), plan([BOTH], [session(LISTS)]), id="half of an update is left"),
        pytest.param(plan([HALL], []), plan([HALL], [LOST]), id="its start was sent, and not answered"),
    ],
)
def test_what_was_approved_or_a_safe_part_of_it_goes_on(approved: Plan, now: Plan) -> None:
    """The same recording as it was to become, by no other calls."""
    assert not hold_against(approved, now).stale


@pytest.mark.parametrize(
    ("approved", "now", "words"),
    [
        pytest.param(plan([HALL], []), plan([HALL, ROOM], []), "nothing was approved", id="one more recording"),
        pytest.param(NOTHING, plan([HALL], [ENDED]), "nothing was approved", id="a death"),
        pytest.param(plan([HALL], []), plan([OTHER], []), "something else", id="another manifest"),
        pytest.param(plan([HALL], []), plan([OTHER], [session(HALL)]), "approved was: created", id="a replacement"),
        pytest.param(
            plan([LISTS], [session(HALL)]), plan([LAYOUT], [session(HALL)]), "updateLayout", id="another update"
        ),
        pytest.param(NOTHING, plan([HALL], [LOST]), "not approved", id="a start of somebody else"),
        pytest.param(plan([HALL], []), replace(plan([HALL], []), project="other"), "project", id="another project"),
        pytest.param(plan([HALL], []), replace(plan([HALL], []), lineage="other"), "lineage", id="another state"),
    ],
)
def test_what_goes_beyond_is_refused(approved: Plan, now: Plan, words: str) -> None:
    """With the reason, by address."""
    verdict = hold_against(approved, now)
    assert verdict.stale
    assert words in " ".join(verdict.beyond)


def test_a_first_plan_knows_no_lineage_yet() -> None:
    """The state was made since; that alone voids nothing."""
    assert not hold_against(replace(plan([HALL], []), lineage=""), plan([HALL], [])).stale


def test_what_needs_nothing_any_more_is_told() -> None:
    """The person who approved it may wonder."""
    assert hold_against(plan([HALL], []), NOTHING).done == ("CompositeRecording.hall: nothing is to be done any more",)


def test_the_selection_is_that_of_the_plan() -> None:
    """A plan for one recording says nothing of another."""
    some = Selection(target=("*.hall",))
    assert not hold_against(plan([HALL, ROOM], [], selection=some), plan([HALL, ROOM], [], selection=some)).stale
