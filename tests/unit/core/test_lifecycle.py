"""What a schedule and a lifecycle make of the decision table, row by row."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from tests.recordings import NOON, plan, resource, session, snapshot

from takeup.core.address import Address, Kind
from takeup.core.following import under_new_names
from takeup.core.guard import forbidden, guarded
from takeup.core.ignoring import as_recorded
from takeup.core.lifecycle import Lifecycle, Restart
from takeup.core.plan import Action, Plan
from takeup.core.resource import Resource
from takeup.core.restarting import pause, short_lives
from takeup.core.schedule import CronWindow, Schedule
from takeup.core.selection import Selection
from takeup.core.snapshot import Liveness, SessionState
from takeup.core.wanted import desired_at

# NOON is a Sunday, 2026-03-01 12:00 UTC.
MORNING = Schedule((CronWindow("0 8 * * *", timedelta(hours=2)),), (), ZoneInfo("UTC"))
MIDDAY = Schedule((CronWindow("0 11 * * *", timedelta(hours=3)),), (), ZoneInfo("UTC"))
MINUTE = timedelta(minutes=1)


def living(of: Resource | None = None, schedule: Schedule | None = None, **lifecycle: Any) -> Resource:  # noqa: ANN401
    return replace(of or resource(), schedule=schedule, lifecycle=Lifecycle(**lifecycle))


def ended(started: datetime, lived: timedelta, **changes: Any) -> SessionState:  # noqa: ANN401 - any attribute
    return session(resource(), Liveness.ENDED, started_at=started, since=started + lived, **changes)


def rows(made: Plan) -> list[tuple[Action, tuple[str, ...]]]:
    return [(change.action, change.calls) for change in made.changes]


CREATE = [(Action.CREATE, ("acquire", "start"))]


@pytest.mark.parametrize(
    ("schedule", "liveness", "expected"),
    [
        pytest.param(MIDDAY, None, CREATE, id="in its window, not recorded: created"),
        pytest.param(MIDDAY, Liveness.RUNNING, [], id="in its window, running: no-op"),
        pytest.param(MORNING, None, [], id="outside, not recorded: no-op"),
        pytest.param(MORNING, Liveness.RUNNING, [(Action.DELETE, ("stop",))], id="outside, running: stopped"),
        pytest.param(MORNING, Liveness.ENDED, [(Action.FORGET, ())], id="outside, ended: forgotten"),
        pytest.param(MORNING, Liveness.LOST, [], id="outside, LOST: cannot be stopped"),
    ],
)
def test_a_window(schedule: Schedule, liveness: Liveness | None, expected: list[Any]) -> None:
    """Outside its window a recording is treated as not wanted."""
    sessions = [] if liveness is None else [session(resource(), liveness)]
    assert rows(plan([living(schedule=schedule)], sessions)) == expected


def test_a_plan_says_why_and_until_when() -> None:
    """The reason names the end of the pause by the clock of the zone, and the plan when it is out of date."""
    made = plan([living(schedule=MORNING)], [session(resource())])
    assert made.changes[0].reason == "outside its window until Mon 2026-03-02 08:00 UTC"
    assert made.valid_until == datetime(2026, 3, 2, 8, tzinfo=UTC)
    made = plan([living(schedule=MIDDAY)], [])
    assert made.changes[0].reason == "not recorded yet; wanted until Sun 2026-03-01 14:00 UTC"
    assert made.valid_until == datetime(2026, 3, 1, 14, tzinfo=UTC)
    assert plan([resource()], []).valid_until is None


def test_what_a_plan_leaves_alone_does_not_end_it() -> None:
    """Only windows of what the plan is about say until when it is valid."""
    wanted = [living(resource("a"), MIDDAY), living(resource("b"), MORNING)]
    made = plan(wanted, [], selection=Selection(target=("*.b",)))
    assert made.valid_until == datetime(2026, 3, 2, 8, tzinfo=UTC)


def test_a_passing_boundary_alone_is_no_other_plan() -> None:
    """The digest is over what is done, not over when it must be looked at again."""
    made = plan([living(schedule=MIDDAY)], [])
    assert replace(made, valid_until=NOON).digest == made.digest


def test_the_end_of_windows_is_no_emergency() -> None:
    """Stops at the end of windows do not count for the safety rails."""
    from takeup.core.consequences import with_consequences  # noqa: PLC0415 - for this test only
    from takeup.core.safety import Rails  # noqa: PLC0415 - the same

    wanted = {item.address: item for item in [living(resource(f"r{n}"), MORNING) for n in range(12)]}
    sessions = [session(item) for item in wanted.values()]
    made = plan(wanted.values(), sessions)
    outside = desired_at(wanted, NOON).reasons
    judged = with_consequences(made, wanted, snapshot(*sessions), None, Rails(), outside=outside)
    assert len(made.changes) == 12
    assert judged.rails is not None
    assert (judged.rails.refused, judged.rails.stops) == (False, 0)


HOUR_AGO = NOON - timedelta(hours=1)


@pytest.mark.parametrize(
    ("restart", "changes", "expected"),
    [
        pytest.param(Restart.ALWAYS, {}, CREATE, id="always: started anew"),
        pytest.param(Restart.NEVER, {}, [], id="never: complete"),
        pytest.param(Restart.NEVER, {"exited": "abnormal"}, [], id="never, status 20: complete all the same"),
        pytest.param(Restart.ON_FAILURE, {"exited": "normal"}, [], id="onFailure, status 8: complete"),
        pytest.param(Restart.ON_FAILURE, {"exited": "abnormal"}, CREATE, id="onFailure, status 20: started anew"),
        pytest.param(Restart.ON_FAILURE, {}, CREATE, id="onFailure, 404 says nothing: started anew"),
    ],
)
def test_a_session_that_ended(restart: Restart, changes: dict[str, Any], expected: list[Any]) -> None:
    """What becomes of a wanted recording whose session ended; a complete one is neither a change nor drift."""
    over = ended(HOUR_AGO, timedelta(minutes=30), **changes)
    previous = snapshot(replace(over, liveness=Liveness.RUNNING))
    made = plan([living(restart=restart)], [over], previous=previous)
    assert rows(made) == expected
    assert (made.complete, len(made.drift)) == ((0, 1) if expected else (1, 0))


def test_a_web_page_that_lasted_as_long_as_it_may_is_complete() -> None:
    """The end by maxRecordingHour is evidence of a normal one, an earlier end is none."""
    page = living(resource("page", Kind.WEB_PAGE), restart=Restart.ON_FAILURE)
    start = NOON - timedelta(hours=3)
    for lived, complete in ((timedelta(hours=2), 1), (timedelta(minutes=90), 0)):
        over = session(page, Liveness.ENDED, started_at=start, since=start + lived)
        assert plan([page], [over]).complete == complete


def test_complete_is_for_one_window() -> None:
    """A session of an earlier window does not complete this one; --replace starts a complete one anew."""
    recording = living(schedule=MIDDAY, restart=Restart.NEVER)
    yesterday = ended(NOON - timedelta(days=1), timedelta(minutes=30))
    today = ended(HOUR_AGO, timedelta(minutes=30))
    assert "a new window has begun" in plan([recording], [yesterday]).changes[0].reason
    assert plan([recording], [today]).changes == ()
    assert rows(plan([recording], [today], selection=Selection(replace=("*",)))) == CREATE


@pytest.mark.parametrize(
    ("lives", "minutes"),
    [
        pytest.param(lives, minutes, id=f"{lives} short lives: {minutes} minutes")
        for lives, minutes in ((0, 0), (1, 0), (2, 1), (3, 2), (4, 4), (6, 16), (7, 30), (100, 30))
    ],
)
def test_the_pauses_of_the_brake(lives: int, minutes: int) -> None:
    """The first short life costs nothing, each further one doubles the pause, up to half an hour."""
    assert pause(lives) == timedelta(minutes=minutes)


def test_the_brake_holds_and_lets_go() -> None:
    """After three short lives nothing is started for two minutes: a warning says until when, and so does the plan."""
    over = ended(NOON - 2 * MINUTE, MINUTE, short_lives=2)
    held = plan([living()], [over], at=NOON)
    assert (held.changes, held.waiting, held.valid_until) == ((), 1, NOON + MINUTE)
    assert "its last 3 sessions lived for less than 5 minutes each" in held.warnings[0]
    assert rows(plan([living()], [over], at=NOON + MINUTE)) == CREATE
    assert rows(plan([living()], [over], selection=Selection(replace=("*",)))) == CREATE


def test_a_mended_manifest_releases_the_brake() -> None:
    """What was changed since the last session may have been the reason: it is tried at once."""
    over = ended(NOON - 2 * MINUTE, MINUTE, short_lives=5)
    mended = resource(recordingConfig={"channelType": 1, "maxIdleTime": 300})
    (change,) = plan([mended], [over]).changes
    assert "its manifest has changed since" in change.reason


def test_a_long_life_releases_the_brake() -> None:
    """Lives are counted one after the other: one of five minutes begins the count anew."""
    assert short_lives(ended(HOUR_AGO, 4 * MINUTE, short_lives=3)) == 4
    assert short_lives(ended(HOUR_AGO, 5 * MINUTE, short_lives=3)) == 0
    assert short_lives(None) == 0


def refusals(made: Plan, state: Any, *declared: Resource, override: tuple[str, ...] = ()) -> list[str]:  # noqa: ANN401
    known = {item.address: item for item in declared}
    outside = desired_at(known, NOON).reasons
    return list(forbidden(made, state, known, outside, Selection(override=override).overrides))


def test_prevent_stop_refuses_and_names_the_line() -> None:
    """A replacement is refused by the line of the manifest; an override lifts it."""
    guardian = living(resource(recordingConfig={"channelType": 0}), prevent_stop="hall.yaml:9")
    state = guarded(snapshot(session(resource())), {guardian.address: guardian})
    made = plan([guardian], state.sessions.values())
    (text,) = refusals(made, state, guardian)
    assert "would stop and replace it" in text
    assert "hall.yaml:9 forbids it" in text
    assert refusals(made, state, guardian, override=("*.hall",)) == []


def test_prevent_stop_outlives_its_manifest() -> None:
    """The state remembers the guard, so deleting the manifest does not delete it; taking the key out does."""
    state = snapshot(session(resource(), prevent_stop=True))
    assert guarded(state, {}) is state
    (text,) = refusals(plan([], state.sessions.values()), state)
    assert "the state remembers its preventStop" in text
    lifted = guarded(state, {resource().address: resource()})
    assert not lifted.sessions[resource().address].prevent_stop


def test_the_end_of_a_window_is_not_refused() -> None:
    """It stands in the same manifest as preventStop."""
    guardian = living(schedule=MORNING, prevent_stop="hall.yaml:9")
    state = snapshot(session(resource(), prevent_stop=True))
    made = plan([guardian], state.sessions.values())
    assert rows(made) == [(Action.DELETE, ("stop",))]
    assert refusals(made, state, guardian) == []


def config(**attributes: Any) -> dict[str, Any]:  # noqa: ANN401 - any attribute
    return {"recordingConfig": {"channelType": 1, **attributes}}


def test_ignored_changes_stay_as_recorded() -> None:
    """An ignored attribute is no difference, whether it was changed, added or removed; others still are."""
    ignore = ("recordingConfig.maxIdleTime", "recordingConfig.transcodingConfig")
    held = session(resource(**config(maxIdleTime=60)))
    for changed in (config(maxIdleTime=90), config(), config(maxIdleTime=60, transcodingConfig={"fps": 30})):
        wanted = as_recorded(living(resource(**changed), ignore_changes=ignore), held)
        assert plan([wanted], [held]).changes == ()
        assert dict(wanted.spec["recordingConfig"]) == {"channelType": 1, "maxIdleTime": 60}
    other = as_recorded(living(resource(**config(maxIdleTime=90, streamTypes=0)), ignore_changes=ignore), held)
    paths = {item.path for item in plan([other], [held]).changes[0].attributes}
    assert "recordingConfig.streamTypes" in paths
    assert "recordingConfig.maxIdleTime" not in paths


def test_ignored_changes_count_for_the_next_session() -> None:
    """A session that ended holds nothing fast: the next one begins with the manifest."""
    over = session(resource(**config(maxIdleTime=60)), Liveness.ENDED)
    wanted = living(resource(**config(maxIdleTime=90)), ignore_changes=("recordingConfig.maxIdleTime",))
    assert as_recorded(wanted, over) is wanted


def test_replace_on_change_replaces_what_an_update_could_change() -> None:
    """The reason names the key that asks for it."""
    lists = config(subscribeAudioUids=["7"], subscribeVideoUids=["7"])
    asked = living(resource(**lists), replace_on_change=("recordingConfig.subscribeVideoUids",))
    (change,) = plan([asked], [session(resource())]).changes
    assert change.action is Action.REPLACE
    assert change.reason == "lifecycle.replaceOnChange: recordingConfig.subscribeVideoUids"


def test_a_session_follows_its_recording_to_a_new_name() -> None:
    """The state holds it under the new address; no call is made, and nothing drifted."""
    new = living(resource("aula", cname="hall"), moved_from=(Address(Kind.COMPOSITE, "hall"),))
    state, moves, told = under_new_names(snapshot(session(resource())), {new.address: new})
    assert [(str(move.old), str(move.new)) for move in moves] == [
        ("CompositeRecording.hall", "CompositeRecording.aula")
    ]
    assert told == []
    assert plan([new], state.sessions.values(), previous=state).changes == ()
    assert under_new_names(state, {new.address: new}) == (state, (), [])


@pytest.mark.parametrize(
    ("new", "others", "why"),
    [
        pytest.param(resource("aula"), [], "another channel or uid", id="another channel"),
        pytest.param(
            resource("aula", cname="hall"), [resource("hall")], "declared as well", id="the old name is in use"
        ),
    ],
)
def test_a_session_that_cannot_follow_stays(new: Resource, others: list[Resource], why: str) -> None:
    """Where the triple is not the same, or the old name is declared too, nothing moves and a warning tells."""
    wanted = living(new, moved_from=(Address(Kind.COMPOSITE, "hall"),))
    state = snapshot(session(resource()))
    same, moves, told = under_new_names(state, {item.address: item for item in (wanted, *others)})
    assert (same, moves) == (state, ())
    assert why in told[0]


def test_a_new_name_alone_is_suggested_to_be_one() -> None:
    """Where the same channel and uid are stopped and started, the plan says how to keep the session."""
    made = plan([resource("aula", cname="hall")], [session(resource())])
    assert "lifecycle: {moved: [{from: hall}]}" in made.warnings[0]


@pytest.mark.parametrize("liveness", [Liveness.RUNNING, Liveness.SUSPECT, Liveness.UNKNOWN])
def test_what_is_abandoned_is_forgotten_and_not_stopped(liveness: Liveness) -> None:
    """The session leaves the state without a call, and none is started, even by a destroy."""
    left = living(abandon=True)
    for wanted in ([left], []):
        assert rows(plan(wanted, [session(resource(), liveness)], known=[left])) == [(Action.FORGET, ())]
    assert plan([left], []).changes == ()
    assert Address.parse("CompositeRecording.hall") in desired_at({left.address: left}, NOON).reasons
