"""Two sessions of one resource: planned each by itself, told as one."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from tests.recordings import NOON, plan, resource, session, snapshot

from takeup.core.address import Address, Kind
from takeup.core.consequences import with_consequences
from takeup.core.plan import Action, Change, Plan
from takeup.core.plan_document import plan_document
from takeup.core.plan_file import PlanFile, decode, encode
from takeup.core.price import price_table
from takeup.core.resource import Resource
from takeup.core.safety import Rails
from takeup.core.selection import Selection
from takeup.core.snapshot import Liveness, SessionState

HALL = Address(Kind.COMPOSITE, "hall")
SECOND = Address(Kind.COMPOSITE, "hall", leg=2)
UIDS = {1: "10001", 2: "10002"}
START, ANEW = ("acquire", "start"), ("stop", "acquire", "start")
CHANGED: dict[str, Any] = {"recordingConfig": {"channelType": 1, "maxIdleTime": 60}}
LISTS: dict[str, Any] = {
    "recordingConfig": {"channelType": 1, "subscribeAudioUids": ["7"], "subscribeVideoUids": ["7"]}
}


def hall(redundancy: int = 2, **spec: Any) -> tuple[Resource, ...]:  # noqa: ANN401 - any attribute
    """What is wanted of the sessions of one recording."""
    return resource(**spec).sessions(UIDS[2], redundancy)


def held(leg: int, liveness: Liveness = Liveness.RUNNING, **more: Any) -> SessionState:  # noqa: ANN401 - any attribute
    """One of the two sessions."""
    known = {"resource_id": f"rid-{leg}", "sid": None if liveness is Liveness.LOST else f"sid-{leg}", **more}
    return session(hall()[leg - 1], liveness, **known)


BOTH = (held(1), held(2))
FIRST_ENDED = (held(1, Liveness.ENDED), held(2))
SECOND_ENDED = (held(1), held(2, Liveness.ENDED))


def only(made: Plan) -> Change:
    """The one change that people see."""
    (change,) = made.shown
    return change


def test_two_sessions_are_wanted_under_two_addresses_and_uids() -> None:
    """Alike but for address and uid; the spare uid belongs to the first."""
    first, second = replace(resource(), spare_uid="10003", overlap=True).sessions("10002", 2)
    assert (str(first.address), first.uid, first.spare_uid, first.overlap) == (str(HALL), "10001", "10003", True)
    assert (str(second.address), second.uid, second.spare_uid, second.overlap) == (f"{HALL}/2", "10002", "", False)
    assert {**second.spec, "uid": first.uid} == first.spec


def test_a_creation_is_one_change_with_the_calls_of_both() -> None:
    """One recording to create, four calls, and what each session is."""
    made = plan(hall(), [])
    change = only(made)
    assert (change.address, change.action, change.calls) == (HALL, Action.CREATE, START + START)
    assert change.reason == "not recorded yet; two sessions, and the second one avoids the region of the first"
    assert [(str(part.address), part.uid, part.calls) for part in change.parts] == [
        ("CompositeRecording.hall", "10001", START),
        ("CompositeRecording.hall/2", "10002", START),
    ]
    assert (made.count(Action.CREATE), made.noop, made.calls) == (1, 0, {"acquire": 2, "start": 2})


@pytest.mark.parametrize(
    ("wanted", "sessions", "action", "calls", "legs"),
    [
        pytest.param(hall(), FIRST_ENDED, Action.UPDATE, START, [1], id="the first one ended"),
        pytest.param(hall(), SECOND_ENDED, Action.UPDATE, START, [2], id="the second one ended"),
        pytest.param(
            hall(),
            (held(1, Liveness.ENDED), held(2, Liveness.ENDED)),
            Action.CREATE,
            START + START,
            [1, 2],
            id="both ended",
        ),
        pytest.param(hall(), (held(1),), Action.UPDATE, START, [2], id="a second session is wanted now"),
        pytest.param(hall(1), BOTH, Action.UPDATE, ("stop",), [2], id="the second session is not wanted any more"),
        pytest.param(hall(**LISTS), BOTH, Action.UPDATE, ("update", "update"), [1, 2], id="an update is for both"),
        pytest.param(hall(**CHANGED), BOTH, Action.REPLACE, ANEW + ANEW, [1, 2], id="a replacement is for both"),
        pytest.param(
            hall(**CHANGED), FIRST_ENDED, Action.REPLACE, START + ANEW, [1, 2], id="one is replaced, one ended"
        ),
        pytest.param(
            hall(**LISTS), SECOND_ENDED, Action.UPDATE, ("update", *START), [1, 2], id="one is updated, one ended"
        ),
        pytest.param((), BOTH, Action.DELETE, ("stop", "stop"), [1, 2], id="neither is wanted any more"),
        pytest.param((), FIRST_ENDED, Action.DELETE, ("stop",), [1, 2], id="not wanted, and one ended"),
        pytest.param(
            (),
            (held(1, Liveness.ENDED), held(2, Liveness.ENDED)),
            Action.FORGET,
            (),
            [1, 2],
            id="not wanted, and both ended",
        ),
    ],
)
def test_what_happens_to_the_sessions_is_one_change_of_the_resource(
    wanted: tuple[Resource, ...],
    sessions: tuple[SessionState, ...],
    action: Action,
    calls: tuple[str, ...],
    legs: list[int],
) -> None:
    """While one of them goes on the resource is updated; only the calls that are needed are made."""
    made = plan(wanted, sessions)
    change = only(made)
    assert (change.address, change.action, change.calls) == (HALL, action, calls)
    assert [part.address.leg for part in change.parts] == legs
    assert sum(made.count(each) for each in Action) == 1
    assert made.noop == 0


def test_a_degraded_recording_says_which_session_is_restored() -> None:
    """The reason names the session by its uid, and that the other one is left alone."""
    change = only(plan(hall(), SECOND_ENDED))
    assert change.reason == (
        "degraded: its second session (uid 10002): the session ended (as seen); the other one is left as it is"
    )
    assert change.attributes == ()


def test_nothing_to_do_is_one_recording() -> None:
    """Counted as one, though two sessions run."""
    made = plan(hall(), BOTH)
    assert (made.shown, made.noop) == ((), 1)


def test_what_is_forgotten_of_one_session_is_no_change_of_the_resource() -> None:
    """The second session ended and is not wanted: it is forgotten under its own address."""
    change = only(plan(hall(1), SECOND_ENDED))
    assert (change.address, change.action, change.parts) == (SECOND, Action.FORGET, ())


@pytest.mark.parametrize("liveness", [Liveness.SUSPECT, Liveness.UNKNOWN, Liveness.LOST])
def test_each_session_is_judged_by_itself(liveness: Liveness) -> None:
    """The one that cannot be judged is left alone with a warning; the other one is restored."""
    made = plan(hall(), (held(1, Liveness.ENDED), held(2, liveness)))
    assert (only(made).calls, [part.address.leg for part in only(made).parts]) == (START, [1])
    assert any(str(SECOND) in text and liveness.value in text for text in made.warnings)
    assert made.unjudged == 1


@pytest.mark.parametrize("pattern", ["CompositeRecording.hall", "CompositeRecording.*", "*.hall"])
def test_the_address_of_a_resource_names_both_sessions(pattern: str) -> None:
    """--target, --exclude and --replace are about resources."""
    assert only(plan(hall(), [], selection=Selection(target=(pattern,)))).calls == START + START
    assert plan(hall(), [], selection=Selection(exclude=(pattern,))).shown == ()
    assert only(plan(hall(), BOTH, selection=Selection(replace=(pattern,)))).calls == ANEW + ANEW


def test_one_session_can_be_named_by_itself() -> None:
    """With /2 behind the address; the other one is left alone."""
    change = only(plan(hall(), BOTH, selection=Selection(replace=("CompositeRecording.hall/2",))))
    assert (change.address, change.action, change.calls) == (HALL, Action.REPLACE, ANEW)
    assert plan(hall(), BOTH, selection=Selection(target=("CompositeRecording.hall/2",))).shown == ()


def test_a_replacement_in_turn_has_no_gap() -> None:
    """Each session is stopped while the other one records; a single session has a gap."""
    change = only(plan_with_cuts(hall(**CHANGED), BOTH))
    assert [part.cuts_off.gap for part in change.parts if part.cuts_off] == [None, None]
    assert change.cuts_off is not None
    assert (change.cuts_off.gap, change.cuts_off.beside) == (None, True)
    assert "one session after the other" in change.reason
    alone = only(plan_with_cuts(hall(1, **CHANGED), (held(1),)))
    assert alone.cuts_off is not None
    assert alone.cuts_off.gap == 25


def test_a_replacement_beside_a_session_that_cannot_be_judged_has_a_gap() -> None:
    """Only a session that surely runs covers the gap."""
    change = only(plan_with_cuts(hall(**CHANGED), (held(1), held(2, Liveness.UNKNOWN))))
    assert change.cuts_off is not None
    assert change.cuts_off.gap == 25


def plan_with_cuts(wanted: tuple[Resource, ...], sessions: tuple[SessionState, ...]) -> Plan:
    """The plan with rails and prices."""
    made = plan(wanted, sessions)
    desired = {item.address: item for item in wanted}
    return with_consequences(made, desired, snapshot(*sessions), price_table(), Rails())


def test_the_bill_doubles() -> None:
    """Two sessions are two bills, each in a row of its own."""
    one, two = plan_with_cuts(hall(1), ()).cost, plan_with_cuts(hall(), ()).cost
    assert one is not None
    assert two is not None
    assert two.after == 2 * one.after
    assert [str(row.address) for row in two.rows] == [str(HALL), str(SECOND)]


def test_the_rails_count_sessions() -> None:
    """What is recorded and what is stopped are counted alike, whatever people see as one change."""
    verdict = plan_with_cuts(hall(1), BOTH).rails
    assert verdict is not None
    assert (verdict.recorded, verdict.stops, verdict.replacements) == (2, 1, 0)
    verdict = plan_with_cuts((), BOTH).rails
    assert verdict is not None
    assert (verdict.recorded, verdict.stops) == (2, 2)


def test_a_plan_file_holds_it() -> None:
    """What was approved by session comes back as it was, and is shown by resource again."""
    made = plan(hall(**CHANGED), FIRST_ENDED)
    read = decode(encode(PlanFile(made, NOON + timedelta(hours=1), "me@host", "", "0")).encode(), "plan")
    assert read.plan == made
    assert read.plan.digest == made.digest
    assert read.plan.shown == made.shown


def test_the_json_says_what_happens_to_each_session() -> None:
    """`sessions` stands only in changes of recordings that have two."""
    (change,) = plan_document(plan(hall(), SECOND_ENDED))["changes"]
    assert change["address"] == "CompositeRecording.hall"
    assert change["sessions"] == [
        {
            "address": "CompositeRecording.hall/2",
            "uid": "10002",
            "action": "create",
            "reason": "the session ended (as seen)",
            "calls": ["acquire", "start"],
            "cutsOff": None,
        }
    ]
    (alone,) = plan_document(plan(hall(1), ()))["changes"]
    assert "sessions" not in alone


def test_resource_ids_of_a_session_are_all_that_it_may_record_under() -> None:
    """Earlier tries and the session that it takes over from count; one that ended has none."""
    lost = held(1, Liveness.LOST, former=("older",), overlapping=held(1, resource_id="beside"))
    assert lost.resource_ids == ("rid-1", "older", "beside")
    assert held(1, Liveness.ENDED).resource_ids == ()


def test_other_recordings_stay_as_they_are() -> None:
    """Nothing is joined but what belongs together."""
    board = resource("board")
    made = plan([board, *hall()], [])
    assert [str(change.address) for change in made.shown] == ["CompositeRecording.board", "CompositeRecording.hall"]
    assert made.shown[0].parts == ()
