"""What was approved, held against what would be done now."""

from dataclasses import replace
from datetime import timedelta

import pytest
from tests.recordings import NOON, STORAGE, plan, resource, session

from takeup.core.approval import hold_against
from takeup.core.cut import Cut
from takeup.core.plan import Plan
from takeup.core.secret import Secret
from takeup.core.selection import Selection
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
LATER = NOON + timedelta(hours=1)
KEYS = {**STORAGE, "secretKey": Secret("another")}
"""Looks like the storage of HALL in every plan: secrets are left out."""


def rotated(config: dict[str, object]) -> Plan:
    """HALL with another configuration, and another secret too."""
    return plan([resource("hall", recordingConfig=config, storageConfig=KEYS)], [session(HALL)])


def cutting(made: Plan, hours: int) -> Plan:
    """The same plan, with stops of sessions that were started so many hours after noon."""
    cut = Cut(NOON + timedelta(hours=hours))
    return replace(made, changes=tuple(replace(change, cuts_off=cut) for change in made.changes))


@pytest.mark.parametrize(
    ("approved", "now"),
    [
        pytest.param(plan([HALL], []), plan([HALL], []), id="the same"),
        pytest.param(plan([HALL], []), NOTHING, id="done meanwhile: nothing is left"),
        pytest.param(plan([OTHER], [session(HALL)]), plan([OTHER], [ENDED]), id="to be replaced, but ended: started"),
        pytest.param(plan([], [session(HALL)]), plan([], [ENDED]), id="to be stopped, but ended: forgotten"),
        pytest.param(plan([BOTH], [session(HALL)]), plan([BOTH], [session(LISTS)]), id="half of an update is left"),
        pytest.param(plan([HALL], []), plan([HALL], [LOST]), id="its start was sent, and not answered"),
        pytest.param(plan([HALL], [LOST], at=LATER), plan([HALL], [LOST], at=LATER), id="an open start, as approved"),
        pytest.param(plan([HALL], [LOST], at=LATER), plan([HALL], []), id="an open start that never took place"),
        pytest.param(plan([HALL], [LOST], at=LATER), NOTHING, id="an open start that records"),
        pytest.param(cutting(plan([], [session(HALL)]), 1), plan([], [ENDED]), id="the session to be cut off ended"),
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
        pytest.param(
            plan([LISTS], [session(HALL)]),
            rotated({"channelType": 1, "subscribeAudioUids": ["7"]}),
            "storageConfig.secretKey",
            id="a secret beside an update",
        ),
        pytest.param(
            plan([OTHER], [session(HALL)]),
            rotated({"channelType": 1, "maxIdleTime": 60}),
            "storageConfig.secretKey",
            id="a secret beside a replacement",
        ),
        pytest.param(
            plan([LISTS], [session(HALL)]),
            plan([LISTS], [session(resource("hall", recordingConfig={"channelType": 1, "subscribeAudioUids": ["8"]}))]),
            "from another value",
            id="somebody applied another value meanwhile",
        ),
        pytest.param(plan([HALL], []), plan([OTHER], [LOST], at=LATER), "maxIdleTime", id="an open start, other body"),
        pytest.param(
            plan([HALL], [LOST], at=LATER),
            plan([OTHER], [LOST], at=LATER),
            "maxIdleTime",
            id="an approved open start, other body",
        ),
        pytest.param(plan([HALL], [LOST], at=LATER), plan([OTHER], []), "maxIdleTime", id="never started, other body"),
        pytest.param(
            plan([HALL], [LOST], at=LATER),
            plan([HALL], [replace(LOST, resource_id="another")], at=LATER),
            "not approved",
            id="another open start",
        ),
        pytest.param(
            plan([OTHER], [LOST]), plan([OTHER], [LOST], at=LATER), "not approved", id="left alone then, asked now"
        ),
        pytest.param(
            plan([], [LOST], known=[HALL], at=LATER),
            plan([HALL], [LOST], at=LATER),
            "may be started",
            id="to be given up then, wanted now",
        ),
        pytest.param(
            cutting(plan([OTHER], [session(HALL)]), 1),
            cutting(plan([OTHER], [session(HALL)]), 2),
            "another one, started at 2026-03-01 14:00:00 UTC",
            id="another session would be cut off",
        ),
        pytest.param(
            cutting(plan([], [session(HALL)]), 1),
            cutting(plan([], [session(HALL)]), 2),
            "another one",
            id="another session would be stopped",
        ),
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
    assert hold_against(plan([HALL], []), NOTHING).left == ("CompositeRecording.hall: nothing is to be done any more",)


@pytest.mark.parametrize("liveness", [Liveness.UNKNOWN, Liveness.SUSPECT], ids=str)
def test_what_cannot_be_judged_now_is_not_called_done(liveness: Liveness) -> None:
    """A session that cannot be asked waits, and the word for it says so."""
    verdict = hold_against(plan([OTHER], [session(HALL)]), plan([OTHER], [session(HALL, liveness)]))
    assert not verdict.stale
    assert verdict.left == (f"CompositeRecording.hall: nothing can be done now, for it is {liveness.value}",)


def test_the_digest_covers_what_an_open_start_may_start() -> None:
    """Two plans that would start other bodies have two digests, though their calls are the same."""
    one, other = plan([HALL], [LOST], at=LATER), plan([OTHER], [LOST], at=LATER)
    assert [item.calls for item in one.recovery] == [item.calls for item in other.recovery]
    assert one.digest != other.digest


def test_the_digest_covers_which_session_is_cut_off() -> None:
    """A digest that was approved once cuts off one session, and not its successor too."""
    made = plan([OTHER], [session(HALL)])
    assert cutting(made, 1).digest == cutting(made, 1).digest != cutting(made, 2).digest


def test_the_selection_is_that_of_the_plan() -> None:
    """A plan for one recording says nothing of another."""
    some = Selection(target=("*.hall",))
    assert not hold_against(plan([HALL, ROOM], [], selection=some), plan([HALL, ROOM], [], selection=some)).stale
