"""Coverage the whole way: engine, real client, emulated service, state file and command, over a stepped clock."""

import json
import random
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.recordings import NOON, resource
from tests.scenarios.test_lifecycle import Campus, desired
from tests.scenarios.test_school_week import EVENING, EVERY, LESSONS, scheduled
from tests.unit.core.test_coverage import wanted_seconds
from tests.unit.core.test_schedule import SCHEDULES

from takeup.backends.local import LocalBackend
from takeup.core.account import Cause, Segment, down
from takeup.core.address import Address, Kind
from takeup.core.capacity import Capacity
from takeup.core.cover import Cover, Days, coverage
from takeup.core.lifecycle import Lifecycle, Restart
from takeup.core.resource import Resource
from takeup.core.schedule import CronWindow, Schedule, boundaries_until
from takeup.core.selection import Selection
from takeup.engine.run import carry_through, note_refusal, prepare
from takeup.errors import NoRoomError, RejectedError, UnavailableError

TAKEUP = Path(sys.executable).parent / "takeup"
PROJECT = """\
apiVersion: takeup/v1
kind: Project
metadata: {name: campus}
spec:
  agora: {endpoint: emulator}
"""


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def run(campus: Campus, when: datetime, *wanted: Resource) -> None:
    campus.at = when.timestamp()
    campus.apply(*wanted)


def cover(campus: Campus, name: str = "room", *, days: Days | None = None, now: int | None = None) -> Cover:
    """What the state says of one recording."""
    state = campus.world.backend.read()
    assert state is not None
    found = coverage(
        state,
        project="campus",
        takes=lambda address: address.name == name,
        days=days or Days(),
        now=int(campus.at) if now is None else now,
    )
    (only,) = found.covers
    return only


def told(segments: tuple[Segment, ...]) -> list[tuple[str, float, str]]:
    """Day and time in UTC, minutes, and what it was."""
    return [
        (
            f"{datetime.fromtimestamp(item.begin, UTC):%d %H:%M:%S}",
            item.length / 60,
            "covered" if item.cause is None else item.cause.value,
        )
        for item in segments
    ]


@contextmanager
def broken(campus: Campus, operation: str, error: BaseException) -> Iterator[None]:
    """The service, which answers so."""

    def fail(*_: object, **__: object) -> None:
        raise error

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(campus.recorder, operation, fail)
        yield


def a_week(campus: Campus) -> None:
    """A run every half hour from Monday to the Monday after the change of the clock, and what befalls it.

    Tuesday: the room's session is killed at 10:10 UTC. Wednesday: no run between 06:30 and 09:00. Thursday: none
    between 12:00 and 14:00, and the choir's start fails at 18:30. Friday: nobody can be asked from 09:00 to 10:00, and
    at 12:00 a new attribute replaces the session. Sunday: Berlin's clocks are set forward.
    """
    room, choir = scheduled("room", LESSONS), scheduled("choir", EVENING)
    at, end = utc("2026-03-23T00:00"), utc("2026-03-31T00:00")
    while at < end:
        missed = utc("2026-03-25T06:30") < at < utc("2026-03-25T09:00")
        missed = missed or utc("2026-03-26T12:00") < at < utc("2026-03-26T14:00")
        if at == utc("2026-03-27T12:00"):
            room = replace(room, spec={**resource("room", recordingConfig={"channelType": 1, "maxIdleTime": 60}).spec})
        if utc("2026-03-27T09:00") <= at <= utc("2026-03-27T10:00"):
            with broken(campus, "query", UnavailableError("503")):
                run(campus, at, room, choir)
        elif at == utc("2026-03-26T18:30"):
            campus.at = at.timestamp()
            with broken(campus, "acquire", RejectedError("the storage was refused")):
                wanted = desired([room, choir])
                report = carry_through(
                    campus.world, prepare(campus.world, campus.recorder, wanted), wanted, campus.recorder
                )
            assert len(report.failed) == 1
        elif not missed:
            run(campus, at, room, choir)
        if at == utc("2026-03-24T10:00"):
            campus.at = utc("2026-03-24T10:10").timestamp()
            (victim,) = campus.service.sessions()
            campus.service.kill(victim.sid)
        at += EVERY


@pytest.fixture(scope="module")
def week(tmp_path_factory: pytest.TempPathFactory) -> tuple[Campus, Path]:
    """The week in a project of its own, with its state in a file."""
    root = tmp_path_factory.mktemp("campus")
    (root / "takeup.yaml").write_text(PROJECT, "utf-8")
    campus = Campus()
    campus.world = replace(campus.world, backend=LocalBackend(root / "state" / "default.json"))
    a_week(campus)
    return campus, root


def takeup(root: Path, *args: str) -> subprocess.CompletedProcess[str]:
    """The installed command."""
    return subprocess.run(  # noqa: S603 - our own command
        [TAKEUP, "coverage", *args], cwd=root, capture_output=True, text=True, timeout=60, check=False
    )


def test_minutes_and_causes_of_a_week(week: tuple[Campus, Path]) -> None:
    """Every gap of the week is there to the second with its cause, and the rest is covered."""
    campus, _ = week
    room = cover(campus)
    assert told(room.gaps) == [
        ("24 10:00:00", 30, "unobserved"),  # last seen at 10:00, killed at 10:10, found at 10:30
        ("24 10:30:00", 1.5, "ended"),  # a run waits for 90 s until it believes a 404
        ("25 07:00:00", 120, "noRun"),
    ]
    # Friday's silence is covered by the answers before and after it, Thursday's missed runs cost nothing.
    days = {day.day: (day.sums.wanted / 60, day.sums.covered / 60) for day in room.days}
    assert days == {
        "2026-03-23": (480, 480),
        "2026-03-24": (480, 448.5),
        "2026-03-25": (480, 360),
        "2026-03-26": (480, 480),
        "2026-03-27": (480, 480),
        "2026-03-30": (480, 480),
    }
    choir = cover(campus, "choir")
    assert told(choir.gaps) == [("26 18:30:00", 30, "startFailed")]
    assert choir.gaps[0].detail == "the storage was refused"
    assert (choir.sums.wanted, choir.sums.covered) == (180 * 60, 150 * 60)


def test_the_command_tells_the_week(week: tuple[Campus, Path]) -> None:
    """JSON, text, JUnit and HTML say the same, without credentials, without a lock and without a change."""
    _, root = week
    before = (root / "state" / "default.json").read_bytes()
    document: dict[str, Any] = json.loads(takeup(root, "--format", "json").stdout)
    assert document["format"] == "takeup-coverage/1"
    assert document["asOf"] == "2026-03-30T14:00:00Z"
    found = {row["address"]: row for row in document["recordings"]}
    room = found["CompositeRecording.room"]
    assert (room["wantedMinutes"], room["coveredMinutes"], room["percent"]) == (2880, 2728.5, 94.73)
    assert room["gapMinutes"] == {"ended": 1.5, "noRun": 120, "unobserved": 30}
    assert room["percentAtMost"] == 95.78
    assert room["gaps"][2] == {
        "begin": "2026-03-25T07:00:00Z",
        "end": "2026-03-25T09:00:00Z",
        "minutes": 120,
        "cause": "noRun",
        "evidence": "",
    }
    assert document["total"]["wantedMinutes"] == 3060
    text = takeup(root).stdout
    assert (
        "CompositeRecording.room        2,880      2,728.5  94.73 %  noRun 2 h, unobserved 30 min, ended 90 s" in text
    )
    assert "Wed 2026-03-25 08:00:00 - 10:00:00  2 h  noRun: no run came in time" in text
    suite = ET.fromstring(takeup(root, "--format", "junit").stdout)  # noqa: S314 - our own output
    assert [case.get("name") for case in suite.iter("testcase")] == [
        "CompositeRecording.choir",
        "CompositeRecording.room",
    ]
    assert "takeup coverage: campus" in takeup(root, "--format", "html").stdout
    assert (root / "state" / "default.json").read_bytes() == before


def test_the_gate(week: tuple[Campus, Path]) -> None:
    """Below --min it tells all the same, and then exits with 1 and a sentence; --since and --until choose the days."""
    _, root = week
    done = takeup(root, "--min", "95", "*.room")
    assert done.returncode == 1
    assert (
        "The recording is below 95 %: CompositeRecording.room (94.73 %, at most 95.78 %, 2 h 31 min 30 s missing)."
        in (done.stderr)
    )
    assert "94.73 %" in done.stdout
    assert takeup(root, "--min", "94.7", "*.room").returncode == 0
    thursday = takeup(
        root, "--min", "100", "--since", "2026-03-26", "--until", "2026-03-27", "*.room", "--format", "json"
    )
    assert thursday.returncode == 0
    assert [day["day"] for day in json.loads(thursday.stdout)["recordings"][0]["days"]] == ["2026-03-26", "2026-03-27"]
    junit = ET.fromstring(takeup(root, "--min", "95", "--format", "junit").stdout)  # noqa: S314 - our own output
    assert [case.get("name") for case in junit.iter("testcase") if case.find("failure") is not None] == [
        "CompositeRecording.choir",
        "CompositeRecording.room",
    ]


def test_time_that_no_run_has_looked_at() -> None:
    """It is open until a run comes; asked for, what ran is unobserved since, and what did not run is a gap."""
    campus = Campus()
    room = scheduled("room", LESSONS)
    run(campus, utc("2026-03-23T07:00"), room)
    run(campus, utc("2026-03-23T08:00"), room)
    assert told(cover(campus, now=down(utc("2026-03-23T10:00"))).segments) == [("23 07:00:00", 60, "covered")]
    asked = cover(campus, days=Days(last=date(2026, 3, 23)), now=down(utc("2026-03-23T10:00")))
    assert told(asked.segments) == [("23 07:00:00", 60, "covered"), ("23 08:00:00", 120, "unobserved")]
    run(campus, utc("2026-03-23T16:00"), room)
    asked = cover(campus, days=Days(last=date(2026, 3, 24)), now=down(utc("2026-03-24T10:00")))
    assert told(asked.segments) == [("23 07:00:00", 480, "covered"), ("24 07:00:00", 180, "noRun")]


def test_a_crash_loses_no_coverage_that_was_known() -> None:
    """What a run saw before it died is covered, though it wrote no state at its end and made no entry about it."""
    campus = Campus()
    room, other = scheduled("room", LESSONS), scheduled("other", LESSONS)
    run(campus, utc("2026-03-23T07:00"), room)
    campus.at = utc("2026-03-23T09:00").timestamp()
    with broken(campus, "acquire", KeyboardInterrupt()), pytest.raises(KeyboardInterrupt):
        campus.apply(room, other)
    campus.world.backend.fold()
    campus.service.kill(campus.service.sessions()[0].sid)
    run(campus, utc("2026-03-23T10:00"), room, other)
    assert told(cover(campus).segments)[:2] == [("23 07:00:00", 120, "covered"), ("23 09:00:00", 60, "unobserved")]


def test_a_stop_counts_until_it_was_sent() -> None:
    """A crash between a stop and the end of its run loses neither the minutes before it nor the reason after it."""
    campus = Campus()
    room = scheduled("room", LESSONS)
    run(campus, utc("2026-03-23T07:00"), room)
    campus.at = utc("2026-03-23T09:00").timestamp()
    other = replace(room, spec={**resource("room", recordingConfig={"channelType": 1, "maxIdleTime": 60}).spec})
    with broken(campus, "acquire", KeyboardInterrupt()), pytest.raises(KeyboardInterrupt):
        campus.apply(other)
    assert campus.live() == set()
    campus.world.backend.fold()
    run(campus, utc("2026-03-23T09:30"), other)
    run(campus, utc("2026-03-23T10:00"), other)
    assert told(cover(campus).segments) == [
        ("23 07:00:00", 120, "covered"),
        ("23 09:00:00", 30, "replaced"),
        ("23 09:30:00", 30, "covered"),
    ]


def test_a_crash_loop_is_told_by_its_brake() -> None:
    """Minutes in which the next start waits are braked; those in which a session lived are covered if it was seen."""
    campus = Campus()
    room = scheduled("room", LESSONS)
    at = utc("2026-03-23T07:00")
    for _ in range(120):
        run(campus, at, room)
        for one in campus.service.sessions():
            campus.service.kill(one.sid)
        at = max(at + timedelta(minutes=1), datetime.fromtimestamp(campus.at, UTC))
    part = cover(campus).sums
    assert part.covered == 0
    assert part.causes[Cause.BRAKED] > part.wanted / 2
    assert set(part.causes) <= {Cause.BRAKED, Cause.ENDED, Cause.UNOBSERVED}


def test_what_never_wants_again_is_excused() -> None:
    """With restart: never the rest of the window is complete, and is not held against it."""
    campus = Campus()
    room = scheduled("room", LESSONS, restart=Restart.NEVER)
    run(campus, utc("2026-03-23T07:00"), room)
    run(campus, utc("2026-03-23T11:00"), room)
    campus.service.kill(campus.service.sessions()[0].sid)
    run(campus, utc("2026-03-23T11:30"), room)
    run(campus, utc("2026-03-23T16:00"), room)
    found = cover(campus)
    assert told(found.segments) == [
        ("23 07:00:00", 240, "covered"),
        ("23 11:00:00", 30, "unobserved"),
        ("23 11:30:00", 210, "complete"),
    ]
    assert (found.sums.wanted, found.sums.due) == (480 * 60, 270 * 60)


def test_a_renamed_recording_keeps_its_account() -> None:
    """`moved` takes the account along with the session, and an end under the old name is no gap of the new one."""
    campus = Campus()
    room = scheduled("room", LESSONS)
    run(campus, utc("2026-03-23T07:00"), room)
    aula = replace(
        resource("aula", cname="room"),
        schedule=LESSONS,
        lifecycle=Lifecycle(moved_from=(Address(Kind.COMPOSITE, "room"),)),
    )
    run(campus, utc("2026-03-23T09:00"), aula)
    run(campus, utc("2026-03-23T10:00"), aula)
    assert told(cover(campus, "aula").segments) == [("23 07:00:00", 180, "covered")]


def test_either_of_two_sessions_covers() -> None:
    """With `redundancy: 2` one account counts both: while one of them is down, nothing is missed."""
    campus = Campus()
    both = scheduled("room", LESSONS).sessions("20002", 2)
    run(campus, utc("2026-03-23T07:00"), *both)
    run(campus, utc("2026-03-23T08:00"), *both)
    campus.service.kill(next(one.sid for one in campus.service.sessions() if one.uid == "10001"))
    for text in ("2026-03-23T09:00", "2026-03-23T10:00"):
        run(campus, utc(text), *both)
    assert len(campus.service.sessions()) == 2
    assert told(cover(campus).segments) == [("23 07:00:00", 180, "covered")]
    state = campus.world.backend.read()
    assert state is not None
    assert list(map(str, state.accounts)) == ["CompositeRecording.room"]


def test_a_recording_that_is_gone_is_accounted_for_until_then() -> None:
    """Its manifest was deleted: what was wanted until the run that sees it counts, and nothing after it."""
    campus = Campus()
    room = scheduled("room", LESSONS)
    run(campus, utc("2026-03-23T07:00"), room)
    run(campus, utc("2026-03-23T09:00"))
    run(campus, utc("2026-03-23T12:00"))
    found = cover(campus)
    assert (found.closed, told(found.segments)) == (True, [("23 07:00:00", 120, "covered")])


def test_a_refused_run_is_told_apart_from_none() -> None:
    """Where a plan was refused for want of room, what was not started then had no room, until a run gets through."""
    campus = Campus()
    campus.world = replace(campus.world, capacity=Capacity({resource().address.kind.mode: 1}, None, 0))
    room, other = scheduled("room", LESSONS), scheduled("other", LESSONS)
    run(campus, utc("2026-03-23T06:00"), room)
    campus.at = utc("2026-03-23T07:30").timestamp()
    wanted = desired([room, other])
    with pytest.raises(NoRoomError) as refusal:
        prepare(campus.world, campus.recorder, wanted)
    note_refusal(campus.world, wanted, refusal.value)
    run(campus, utc("2026-03-23T08:00"), room)
    run(campus, utc("2026-03-23T09:00"), room)
    assert told(cover(campus).segments) == [
        ("23 07:00:00", 30, "noRun"),
        ("23 07:30:00", 30, "quota"),
        ("23 08:00:00", 60, "covered"),
    ]


def test_what_runs_leave_out_is_excluded() -> None:
    """Runs came in its window and were told to leave it out."""
    campus = Campus()
    room, other = scheduled("room", LESSONS), scheduled("other", LESSONS)
    run(campus, utc("2026-03-23T06:00"), room, other)
    for hour in ("07:00", "08:00"):
        campus.at = utc(f"2026-03-23T{hour}").timestamp()
        wanted = desired([room, other])
        prepared = prepare(campus.world, campus.recorder, wanted, selection=Selection(exclude=("*.other",)))
        carry_through(campus.world, prepared, wanted, campus.recorder)
    run(campus, utc("2026-03-23T09:00"), room, other)
    assert told(cover(campus, "other").segments) == [("23 07:00:00", 120, "excluded")]


def test_a_quiet_run_writes_no_state() -> None:
    """Outside of windows nothing is written; within, sightings are, at most every ten minutes."""
    campus = Campus()
    room = scheduled("room", LESSONS)

    def serial() -> int:
        state = campus.world.backend.read()
        assert state is not None
        return state.serial

    run(campus, utc("2026-03-23T05:00"), room)
    first = serial()
    for minute in range(0, 60, 10):
        run(campus, utc(f"2026-03-23T06:{minute:02}"), room)
    assert serial() == first
    run(campus, utc("2026-03-23T07:00"), room)
    begun = serial()
    for minute in range(60):
        run(campus, utc(f"2026-03-23T08:{minute:02}"), room)
    assert serial() - begun in {6, 7}


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(made=SCHEDULES, seed=st.integers(0, 2**16))
def test_nothing_is_covered_that_was_not_recorded(made: Schedule, seed: int) -> None:
    """Whatever sessions die and runs are missed: all that is covered was recorded, and every wanted second is told."""
    chance = random.Random(seed)  # noqa: S311 - no secret
    campus = Campus()
    room = replace(resource("room", resourceExpiredHour=720), schedule=made)
    lives: dict[str, tuple[float, float]] = {}
    rows = [row.at for row in boundaries_until(made, NOON, NOON + timedelta(days=4))][:10]
    times = sorted({NOON, *rows, *(NOON + timedelta(minutes=chance.randrange(1, 5000)) for _ in range(10))})
    for at in times:
        if at > NOON and (at.timestamp() < campus.at or chance.random() < 0.2):
            continue
        if campus.live() and chance.random() < 0.3:
            campus.at = max(campus.at, at.timestamp() - chance.randrange(600))
            (victim,) = campus.service.sessions()
            campus.service.kill(victim.sid)
            lives[victim.sid] = (victim.started_at, campus.at)
        run(campus, max(at, datetime.fromtimestamp(campus.at, UTC)), room)
        live = {one.sid: one.started_at for one in campus.service.sessions()}
        lives = {sid: (begin, min(end, campus.at)) for sid, (begin, end) in lives.items()}
        lives |= {sid: (begin, float("inf")) for sid, begin in live.items()}
    found = cover(campus)
    assert found.sums.wanted == wanted_seconds(made, found.since, found.until)
    assert all(one.end <= other.begin for one, other in pairwise(found.segments))
    recorded = sorted(lives.values())
    assert all(_through(item, recorded) for item in found.segments if item.cause is None)


def _through(item: Segment, recorded: list[tuple[float, float]]) -> bool:
    """Whether sessions, one after the other without a hole, recorded all of a segment."""
    at: float = item.begin
    for begin, end in recorded:
        at = max(at, end) if begin <= at else at
    return at >= item.end


def test_a_day_of_25_hours() -> None:
    """A recording around the clock is wanted and covered for 1500 minutes on the day on which clocks are set back."""
    campus = Campus()
    around = Schedule((CronWindow("0 0 * * *", timedelta(hours=25)),), (), ZoneInfo("Europe/Berlin"))
    room = replace(resource("room", resourceExpiredHour=720), schedule=around)
    for text in ("2026-10-24T12:00", "2026-10-25T12:00", "2026-10-26T12:00"):
        run(campus, utc(text), room)
    days = {day.day: (day.sums.wanted, day.sums.covered) for day in cover(campus).days}
    assert days["2026-10-25"] == (25 * 3600, 25 * 3600)
