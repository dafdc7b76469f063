"""The timeline of a plan and its schedules, and whether it fits into what a project may have."""

from dataclasses import replace
from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest
from tests.recordings import NOON, plan, resource, session, snapshot

from takeup.core.address import Address, Kind, Mode
from takeup.core.agenda import agenda
from takeup.core.capacity import Capacity, overfull, with_capacity
from takeup.core.plan import Plan
from takeup.core.resource import Resource
from takeup.core.schedule import CronWindow, Schedule
from takeup.core.snapshot import SessionState


def daily(cron: str, name: str = "hall", kind: Kind = Kind.COMPOSITE) -> Resource:
    schedule = Schedule((CronWindow(cron, timedelta(hours=2)),), (), ZoneInfo("UTC"))
    return replace(resource(name, kind), schedule=schedule)


def known(*wanted: Resource) -> dict[Address, Resource]:
    return {item.address: item for item in wanted}


def test_a_timeline_begins_with_the_plan_and_follows_the_windows() -> None:
    """Each turn tells who is started and stopped, with calls, and who records from then on."""
    wanted = (daily("0 11 * * *", "noon"), daily("0 14 * * *", "late"), resource("always"))
    made = agenda(plan(wanted, []), snapshot(), known(*wanted), NOON + timedelta(hours=5))
    told = [
        (turn.at.hour, [(step.address.name, step.action.value, len(step.calls)) for step in turn.steps])
        for turn in made.turns
    ]
    assert told == [
        (12, [("always", "create", 2), ("noon", "create", 2)]),
        (13, [("noon", "delete", 1)]),
        (14, [("late", "create", 2)]),
        (16, [("late", "delete", 1)]),
    ]
    assert [turn.recording for turn in made.turns] == [2, 1, 2, 1]


def test_a_session_that_runs_on_is_stopped_once() -> None:
    """What runs outside its window is stopped by the plan, and not again by the timeline."""
    wanted = daily("0 8 * * *")
    state = snapshot(session(wanted))
    made = agenda(plan([wanted], state.sessions.values()), state, known(wanted), NOON + timedelta(days=1))
    assert [(turn.at.hour, turn.steps[0].action.value) for turn in made.turns] == [
        (12, "delete"),
        (8, "create"),
        (10, "delete"),
    ]


def judged(wanted: list[Resource], sessions: list[SessionState], **most: int) -> tuple[Plan, list[str]]:
    state = snapshot(*sessions)
    capacity = Capacity({Mode(mode): number for mode, number in most.items()}, 10.0, 5.0)
    made = plan(wanted, sessions)
    return with_capacity(made, state, known(*wanted), capacity), overfull(made, state, capacity)


def test_what_does_not_fit_is_named_with_its_hour() -> None:
    """A plan above the limit is refused, with the time, the number and the sessions; other modes do not count."""
    wanted = [resource("a"), resource("b"), resource("c", Kind.WEB_PAGE)]
    assert judged(wanted, [], mix=2)[1] == []
    (text,) = judged(wanted, [], mix=1)[1]
    assert text.startswith(
        "At 2026-03-01 12:00 UTC 2 recordings of mode mix would run, and spec.agora.maxConcurrent.mix "
    )
    assert text.endswith("allows 1: CompositeRecording.a, CompositeRecording.b.")


def test_what_will_not_fit_is_a_warning() -> None:
    """An hour to come that is too full does not hold up the recordings of now."""
    wanted = [daily("0 14 * * *", "a"), daily("0 15 * * *", "b")]
    made, refusals = judged(wanted, [], mix=1)
    assert refusals == []
    assert [text[:47] for text in made.warnings] == ["At 2026-03-01 15:00 UTC 2 recordings of mode mi"]


@pytest.mark.parametrize(("most", "warned"), [(1, True), (2, False)])
def test_an_overlap_without_room_is_a_warning(most: int, *, warned: bool) -> None:
    """Both sessions of an overlap need room; where there is none, the old one goes on and the plan says so."""
    old = session(resource("hall"))
    wanted = replace(resource("hall", cname="elsewhere"), spare_uid="10002", overlap=True)
    made, refused = judged([wanted], [old], mix=most)
    assert made.changes[0].overlap
    assert any("take over, up to 2 run" in text for text in made.warnings) == warned
    assert not refused


def test_nothing_is_refused_that_starts_nothing() -> None:
    """Where too much records already, a plan that only stops is welcome."""
    sessions = [session(resource("a")), session(resource("b")), session(resource("c"))]
    assert judged([resource("a"), resource("b")], sessions, mix=1)[1] == []


@pytest.mark.parametrize(
    ("wanted", "most", "first"),
    [
        pytest.param(resource("new"), {"mix": 1}, True, id="no room for both"),
        pytest.param(resource("new"), {"mix": 2}, False, id="room for both"),
        pytest.param(resource("new"), {}, False, id="no limit"),
        pytest.param(resource("new", cname="old"), {}, True, id="the same channel and uid"),
    ],
)
def test_stops_go_first_where_room_is_needed(wanted: Resource, most: dict[str, int], *, first: bool) -> None:
    """Stops are over before starts begin where both together are too many, or would throw each other out."""
    made, refusals = judged([wanted], [session(resource("old"))], **most)
    assert (made.stops_first, refusals) == (first, [])


def test_the_time_an_apply_takes() -> None:
    """Every call waits for its turn: two for each start, one to ask after it, and the time until that."""
    made, _ = judged([resource(f"r{number}") for number in range(100)], [])
    assert made.estimate is not None
    assert made.estimate.seconds == 3 * 100 / 10 + 5
    assert judged([], [])[0].estimate is None
