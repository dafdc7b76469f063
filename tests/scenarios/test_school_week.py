"""Schedules the whole way: engine, real client and emulated service over stepped clocks, with runs that are missed."""

import random
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import islice
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.recordings import NOON, resource
from tests.scenarios.test_lifecycle import Campus
from tests.unit.core.test_schedule import SCHEDULES

from takeup.core.address import Address, Kind
from takeup.core.lifecycle import Lifecycle, Restart
from takeup.core.resource import Resource
from takeup.core.schedule import CronWindow, Schedule, boundaries_until, wanted
from takeup.errors import ForbiddenError

LESSONS = Schedule((CronWindow("0 8 * * 1-5", timedelta(hours=8)),), (), ZoneInfo("Europe/Berlin"))
EVENING = Schedule((CronWindow("30 19 * * 2,4", timedelta(minutes=90)),), (), ZoneInfo("Europe/Berlin"))
EVERY = timedelta(minutes=30)
WAS_HALL = Lifecycle(moved_from=(Address(Kind.COMPOSITE, "hall"),))


def scheduled(name: str, schedule: Schedule, restart: Restart = Restart.ALWAYS) -> Resource:
    return replace(resource(name), schedule=schedule, lifecycle=Lifecycle(restart))


def test_a_school_week_over_the_change_of_the_clock() -> None:
    """Eight days, a run every half hour: each lesson is one start and one stop, by the clock of its zone."""
    rooms = [scheduled("room-1", LESSONS), scheduled("room-2", LESSONS), scheduled("choir", EVENING)]
    campus = Campus()
    at, end = datetime(2026, 3, 23, tzinfo=UTC), datetime(2026, 3, 31, tzinfo=UTC)
    seen: set[str] = set()
    while at < end:
        campus.at = at.timestamp()
        campus.apply(*rooms)
        assert campus.live() == {room.cname for room in rooms if room.schedule and wanted(room.schedule, at)}
        if campus.live():
            seen.add(f"{at.astimezone(LESSONS.zone):%H:%M}")
        at += EVERY
    assert (min(seen), max(seen)) == ("08:00", "20:30")
    assert campus.service.calls["start"] == campus.service.calls["stop"] == 2 * 6 + 2


def test_missed_runs_make_it_late_and_nothing_else() -> None:
    """A run that comes late starts what is still wanted and stops what is not any more; nothing is made up for."""
    campus = Campus()
    room = scheduled("room", LESSONS)
    for text, live in (("06:30", False), ("10:10", True), ("20:00", False)):
        campus.at = datetime.fromisoformat(f"2026-03-23T{text}+00:00").timestamp()
        campus.apply(room)
        assert bool(campus.live()) is live
    campus.at = datetime(2026, 3, 24, 20, tzinfo=UTC).timestamp()
    assert campus.apply(room).calls == {}


def test_never_records_once_a_window() -> None:
    """With restart: never a session that ends is complete until the next window, and the state forgets it between."""
    campus = Campus()
    room = scheduled("room", LESSONS, restart=Restart.NEVER)
    campus.at = datetime(2026, 3, 23, 8, tzinfo=UTC).timestamp()
    campus.apply(room)
    campus.service.kill(campus.service.sessions()[0].sid)
    campus.at += 3600
    made = campus.apply(room)
    assert (made.complete, made.changes, made.drift) == (1, (), ())
    campus.at = datetime(2026, 3, 23, 18, tzinfo=UTC).timestamp()
    assert [change.action.value for change in campus.apply(room).changes] == ["forget"]
    campus.at = datetime(2026, 3, 24, 8, tzinfo=UTC).timestamp()
    assert campus.apply(room).calls == {"acquire": 1, "start": 1}


def test_a_crash_loop_is_braked() -> None:
    """A session that dies within a minute, looked after every minute for four hours, is started a dozen times only."""
    campus = Campus()
    room = resource("room")
    for _ in range(240):
        campus.apply(room)
        for session in campus.service.sessions():
            campus.service.kill(session.sid)
        campus.at += 60
    assert 8 <= campus.service.calls["start"] <= 14


def test_a_session_is_kept_under_a_new_name() -> None:
    """`moved` costs no call and is written down; the next plan is empty, and the name may be dropped then."""
    campus = Campus()
    campus.apply(resource("hall"), resource("other"))
    renamed = replace(resource("aula", cname="hall"), lifecycle=WAS_HALL)
    made = campus.apply(renamed, resource("other"), resource("third"))
    assert (made.calls, len(made.moves)) == ({"acquire": 1, "start": 1}, 1)
    made = campus.plan(resource("aula", cname="hall"), resource("other"), resource("third"))
    assert (made.changes, made.moves) == ((), ())


def test_a_run_that_dies_leaves_no_session_under_two_names(monkeypatch: pytest.MonkeyPatch) -> None:
    """The new name is in the state before the first call, so that a journal is never folded beside the old one."""
    campus = Campus()
    campus.apply(resource("hall"))
    wanted = (
        replace(resource("aula", cname="hall"), lifecycle=WAS_HALL),
        resource("third"),
    )

    def die(**_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(campus.recorder, "acquire", die)
        with pytest.raises(KeyboardInterrupt):
            campus.apply(*wanted)
    campus.world.backend.fold()
    state = campus.world.backend.read()
    assert state is not None
    assert [address.name for address in state.sessions] == ["aula"]
    assert campus.apply(*wanted).calls == {"acquire": 1, "start": 1}
    assert campus.live() == {"hall", "third"}


def test_a_guard_outlives_its_manifest() -> None:
    """What was started with preventStop is not stopped because its manifest is gone, until that was taken out."""
    campus = Campus()
    guardian = replace(resource("hall"), lifecycle=Lifecycle(prevent_stop="hall.yaml:9"))
    campus.apply(guardian)
    with pytest.raises(ForbiddenError, match="the state remembers"):
        campus.apply()
    assert campus.live() == {"hall"}
    campus.apply(resource("hall"))
    assert campus.apply().calls == {"stop": 1}


def test_an_abandoned_session_goes_on() -> None:
    """Forgotten by takeup, still recorded by Agora, its sid kept among the ended ones."""
    campus = Campus()
    campus.apply(resource("hall"))
    campus.apply(replace(resource("hall"), lifecycle=Lifecycle(abandon=True)))
    state = campus.world.backend.read()
    assert state is not None
    assert (dict(state.sessions), campus.live()) == ({}, {"hall"})
    assert "it may record on" in state.ended[0].how


def test_what_is_ignored_is_sent_as_it_is_recorded() -> None:
    """An update of something else leaves the ignored attribute as it was, at Agora and in the state."""
    campus = Campus()
    lists = {"subscribeAudioUids": ["7"], "subscribeVideoUids": ["7"]}
    campus.apply(resource("hall", recordingConfig={"channelType": 1, "maxIdleTime": 60, **lists}))
    lists = {"subscribeAudioUids": ["8"], "subscribeVideoUids": ["8"]}
    wanted = replace(
        resource("hall", recordingConfig={"channelType": 1, "maxIdleTime": 90, **lists}),
        lifecycle=Lifecycle(ignore_changes=("recordingConfig.maxIdleTime",)),
    )
    assert campus.apply(wanted).calls == {"update": 1}
    state = campus.world.backend.read()
    assert state is not None
    assert state.sessions[wanted.address].applied["recordingConfig"]["maxIdleTime"] == 60
    assert campus.plan(wanted).changes == ()


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(made=SCHEDULES, seed=st.integers(0, 2**16))
def test_any_schedule_with_missed_runs_converges(made: Schedule, seed: int) -> None:
    """After a run at any boundary, whichever runs before it were missed, exactly what is wanted is recorded."""
    chance = random.Random(seed)  # noqa: S311 - no secret
    campus = Campus()
    room = replace(resource("room", resourceExpiredHour=720), schedule=made)  # so that it can be stopped days later
    rows = islice(boundaries_until(made, NOON, NOON + timedelta(days=20)), 12)
    for row in [row for row in rows if chance.random() > 0.4]:
        campus.at = row.at.timestamp()
        campus.apply(room)
        assert bool(campus.live()) is row.on
        assert campus.plan(room).changes == ()
