"""Accounts of coverage: each cause by its evidence, and whatever happens, wanted is covered and gaps."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.recordings import resource, session, snapshot
from tests.unit.core.test_schedule import SCHEDULES

from takeup.core.account import Account, Cause, Segment, Standing, Sums, down, sums
from takeup.core.coverage import KEPT_CLOSED, SIGHTING_EVERY, Wanted, accounted, kept_books, settled, worth_writing
from takeup.core.lives import Fate, Life, lives
from takeup.core.schedule import CronWindow, Schedule, spans
from takeup.core.snapshot import EndedSession, Liveness

MINUTE, HOUR, DAY = 60, 3600, 24 * 3600
LESSON = Schedule((CronWindow("0 8 * * *", timedelta(hours=2)),), (), ZoneInfo("UTC"))
MONDAY = down(datetime(2026, 3, 23, tzinfo=UTC))
EIGHT = MONDAY + 8 * HOUR
"""When the window begins; all times of the rows are minutes from then."""


def at(minute: float) -> int:
    return EIGHT + int(minute * MINUTE)


def life(
    started: float,
    confirmed: float | None,
    seen: float | None,
    gone: float | None = None,
    fate: Fate = Fate.LIVE,
) -> Life:
    def second(minute: float | None) -> int | None:
        return None if minute is None else at(minute)

    return Life(at(started), second(confirmed), second(seen), second(gone), fate)


def account(until: float = -30, standing: Standing | None = None) -> Account:
    return Account("agora", LESSON, since=at(until), until=at(until), standing=standing)


def told(segments: Iterable[Segment]) -> list[tuple[float, float, str]]:
    return [
        ((item.begin - EIGHT) / MINUTE, (item.end - EIGHT) / MINUTE, "covered" if item.cause is None else item.cause)
        for item in segments
    ]


ENDED, STOPPED, UNSURE, LOST = Fate.ENDED, Fate.STOPPED, Fate.UNSURE, Fate.LOST
Row = tuple[float, float, str]


@pytest.mark.parametrize(
    ("before", "known", "now", "expected"),
    [
        pytest.param(account(), (), 120, [(0, 120, "noRun")], id="nothing ran at all"),
        pytest.param(account(), (), 200, [(0, 120, "noRun")], id="after the window nothing is wanted"),
        pytest.param(account(), (life(-1, 0, 60),), 60, [(0, 60, "covered")], id="seen to record at both ends"),
        pytest.param(
            account(),
            (life(10, 11, 60),),
            60,
            [(0, 10, "noRun"), (10, 11, "starting"), (11, 60, "covered")],
            id="a late run",
        ),
        pytest.param(
            account(until=5),
            (life(7, 8, 60),),
            60,
            [(5, 8, "starting"), (8, 60, "covered")],
            id="what the run did before its start is part of the start",
        ),
        pytest.param(
            account(),
            (life(-5, -4, 30, 50, ENDED), life(52, 53, 60)),
            60,
            [(0, 30, "covered"), (30, 50, "unobserved"), (50, 53, "ended"), (53, 60, "covered")],
            id="a session died between two runs, and the next one took over",
        ),
        pytest.param(
            account(),
            (life(-5, -4, 30, 50, ENDED),),
            60,
            [(0, 30, "covered"), (30, 50, "unobserved"), (50, 60, "ended")],
            id="a session died, and nothing came after it",
        ),
        pytest.param(
            account(),
            (life(-5, -4, 30, 31, STOPPED), life(32, 33, 60)),
            60,
            [(0, 30, "covered"), (30, 33, "replaced"), (33, 60, "covered")],
            id="stopped and started anew",
        ),
        pytest.param(
            account(),
            (life(-5, -4, 30, 31, STOPPED), life(25, 26, 60)),
            60,
            [(0, 60, "covered")],
            id="two sessions that overlap cover together",
        ),
        pytest.param(
            account(),
            (life(-200, -199, -100, -90, ENDED),),
            60,
            [(0, 60, "noRun")],
            id="what ended before the window says nothing about it",
        ),
        pytest.param(
            account(),
            (life(-5, -4, 30, None, UNSURE),),
            60,
            [(0, 30, "covered"), (30, 60, "unknown")],
            id="it could not be asked",
        ),
        pytest.param(account(), (life(2, None, None, None, LOST),), 60, [(0, 2, "noRun"), (2, 60, "lost")], id="LOST"),
        pytest.param(
            account(),
            (life(2, None, None, None, UNSURE),),
            60,
            [(0, 2, "noRun"), (2, 60, "unknown")],
            id="accepted, and never confirmed",
        ),
        pytest.param(
            account(),
            (life(2, None, None, 5, ENDED),),
            60,
            [(0, 2, "noRun"), (2, 60, "startFailed")],
            id="accepted, and gone before it was seen to record",
        ),
        pytest.param(
            account(until=5, standing=Standing(Cause.START_FAILED, at(5))),
            (life(58, 59, 60),),
            60,
            [(5, 59, "startFailed"), (59, 60, "covered")],
            id="a start failed, and the next run made good for it",
        ),
        pytest.param(
            account(until=5, standing=Standing(Cause.BRAKED, at(5), until=at(20))),
            (life(-5, -4, 3, 4, ENDED),),
            60,
            [(5, 20, "braked"), (20, 60, "ended")],
            id="the brake holds until it lets go",
        ),
        pytest.param(
            account(until=5, standing=Standing(Cause.COMPLETE, at(5))),
            (life(-5, -4, 3, 4, ENDED),),
            120 + 24 * 60,
            [(5, 120, "complete"), (24 * 60, 24 * 60 + 120, "noRun")],
            id="complete in its window, and not in the next",
        ),
        pytest.param(
            account(until=5, standing=Standing(Cause.START_FAILED, at(5))),
            (life(4, None, None, None, UNSURE),),
            60,
            [(5, 60, "unknown")],
            id="what may record goes before what a run thought",
        ),
    ],
)
def test_a_cause_follows_from_the_evidence(
    before: Account, known: tuple[Life, ...], now: float, expected: list[Row]
) -> None:
    """From what is known of the sessions and of the last run, each second of a window has one cause."""
    after = accounted(before, known, at(now), Wanted())
    assert told(after.segments) == expected
    assert after.until == at(now)


def test_what_was_not_known_is_covered_once_it_is() -> None:
    """A session that could not be asked for an hour, and then answers under the same sid, has recorded all the time."""
    unsure = accounted(account(), (life(-5, -4, 30, None, UNSURE),), at(60), Wanted())
    assert told(unsure.segments)[-1] == (30, 60, "unknown")
    assert told(accounted(unsure, (life(-5, -4, 90),), at(90), Wanted()).segments) == [(0, 90, "covered")]


def test_a_changed_schedule_counts_from_when_it_is_known() -> None:
    """Until the run that sees the new schedule, the old one says what was wanted; a closed account wants nothing."""
    hall = resource("hall").address
    early = Schedule((CronWindow("0 6 * * *", timedelta(hours=6)),), (), ZoneInfo("UTC"))
    books = kept_books({}, snapshot(), {hall: LESSON}, "agora", at(-30))
    books = kept_books(books, snapshot(), {hall: early}, "agora", at(30))
    assert told(books[hall].segments) == [(0, 30, "noRun")]
    books = kept_books(books, snapshot(), {}, "agora", at(60))
    assert (told(books[hall].segments), books[hall].closed) == ([(0, 60, "noRun")], True)
    again = kept_books(books, snapshot(), {hall: early}, "agora", at(90))
    assert told(kept_books(again, snapshot(), {hall: early}, "agora", at(100))[hall].segments) == [
        (0, 60, "noRun"),
        (90, 100, "noRun"),
    ]
    left = kept_books(books, snapshot(), {}, "agora", at(60) + KEPT_CLOSED - 1)
    assert set(left) == {hall}
    assert not kept_books(left, snapshot(), {}, "agora", at(60) + KEPT_CLOSED)


def test_minutes_of_an_emulator_are_no_minutes() -> None:
    """A project that moves to another service starts its accounts anew."""
    hall = resource("hall").address
    books = kept_books({}, snapshot(), {hall: LESSON}, "embedded", at(-30))
    books = kept_books(books, snapshot(), {hall: LESSON}, "embedded", at(60))
    assert kept_books(books, snapshot(), {hall: LESSON}, "agora", at(60))[hall] == account(60)


def test_lives_are_read_from_the_state() -> None:
    """A running, a preceding, an overlapping and an ended session; one that was acquired only is none."""
    hall = resource("hall")
    noon = datetime(2026, 3, 1, 12, tzinfo=UTC)
    second = down(noon)

    def later(seconds: float) -> datetime:
        return noon + timedelta(seconds=seconds)

    gone = session(hall, Liveness.ENDED, confirmed_at=later(1), seen_at=later(2.7), since=later(9.2))
    beside = session(hall, started_at=later(20), confirmed_at=later(21), seen_at=later(40))
    held = session(
        hall, started_at=later(30), confirmed_at=later(31.5), seen_at=later(40), predecessor=gone, overlapping=beside
    )
    ended = EndedSession(
        hall.address, "hall", "1", hall.address.kind.mode, "id", "sid", noon, later(60), "stopped",
        confirmed_at=later(3), seen_at=later(59.5),
    )  # fmt: skip
    unstarted = replace(session(resource("other"), Liveness.ENDED), sid=None, open=None)
    state = replace(snapshot(held, unstarted), ended=(ended,))
    found = [(one.started - second, one.confirmed, one.seen, one.gone, one.fate) for one in lives(state)[hall.address]]
    assert found == [
        (0, second + 1, second + 2, second + 10, Fate.ENDED),
        (0, second + 3, second + 59, second + 60, Fate.STOPPED),
        (20, second + 21, second + 40, None, Fate.LIVE),
        (30, second + 32, second + 40, None, Fate.LIVE),
    ]
    assert lives(state)[resource("other").address] == ()


@pytest.mark.parametrize(
    ("after", "expected"),
    [
        pytest.param({}, False, id="nothing new"),
        pytest.param({"until": at(-1)}, False, id="time that was not wanted"),
        pytest.param({"segments": (Segment(at(0), at(0) + SIGHTING_EVERY - 1),)}, False, id="covered for a little"),
        pytest.param({"segments": (Segment(at(0), at(0) + SIGHTING_EVERY),)}, True, id="covered for long enough"),
        pytest.param({"segments": (Segment(at(0), at(0) + 1, Cause.NO_RUN),)}, True, id="a gap of a new cause"),
        pytest.param({"standing": Standing(Cause.BRAKED, at(0))}, True, id="not recorded from now on"),
        pytest.param({"closed": True}, True, id="no schedule any more"),
        pytest.param({"schedule": replace(LESSON, windows=())}, True, id="another schedule"),
    ],
)
def test_a_state_is_written_for_what_is_worth_it(after: dict[str, object], *, expected: bool) -> None:
    """A run without a change writes the state for a gap, for news, and for covered time now and then."""
    hall, before = resource("hall").address, account()
    assert worth_writing({hall: before}, {hall: replace(before, **after)}) is expected  # type: ignore[arg-type]  # rows
    assert worth_writing({}, {hall: before}) is True


def test_a_run_settles_why_something_is_not_recorded() -> None:
    """The standing of the last run goes when the next one has nothing to say."""
    hall = resource("hall").address
    stuck = settled({hall: account()}, {hall: Standing(Cause.BRAKED, at(0))})
    assert stuck[hall].standing == Standing(Cause.BRAKED, at(0))
    assert settled(stuck, {})[hall].standing is None


FATES = st.sampled_from(list(Fate))
BEGAN = down(datetime(2026, 3, 25, tzinfo=UTC))
"""Some days before the clocks of Berlin are set forward; New York's were in March as well."""
STEPS = st.lists(st.integers(1, 30 * HOUR), min_size=1, max_size=8)


@st.composite
def any_lives(draw: st.DrawFn) -> tuple[Life, ...]:
    """Sessions as a state may hold them, whether it makes sense or not."""
    found = []
    for _ in range(draw(st.integers(0, 4))):
        times = sorted(draw(st.lists(st.integers(0, 12 * DAY), min_size=4, max_size=4)))
        started, confirmed, seen, gone = (BEGAN + time for time in times)
        up = draw(st.booleans())
        fate = draw(FATES)
        over = gone if fate in {Fate.ENDED, Fate.STOPPED} else None
        found.append(Life(started, confirmed if up else None, seen if up else None, over, fate))
    return tuple(sorted(found, key=lambda life: life.started))


def wanted_seconds(schedule: Schedule, begin: int, end: int) -> int:
    total = 0
    for span in spans(schedule, datetime.fromtimestamp(begin, UTC)):
        first = max(begin, down(span.begin))
        if first >= end:
            break
        total += (end if span.end is None else min(end, down(span.end))) - first
    return total


@settings(max_examples=50, deadline=None)
@given(made=SCHEDULES, steps=STEPS, known=st.lists(any_lives(), min_size=8, max_size=8), standing=st.booleans())
def test_wanted_is_covered_and_gaps(
    made: Schedule, steps: list[int], known: list[tuple[Life, ...]], *, standing: bool
) -> None:
    """Over any schedule, any sessions and any run times, every wanted second is told once, and no other one is."""
    now, wanted = BEGAN, Wanted()
    kept = Account("agora", made, since=BEGAN, until=BEGAN)
    for step, sessions in zip(steps, known, strict=False):
        now += step
        kept = accounted(kept, sessions, now, wanted)
        assert kept.sums.wanted == wanted_seconds(made, BEGAN, now)
        assert all(one.begin < one.end <= other.begin for one, other in pairwise([*kept.segments, Segment(now, now)]))
        if standing:
            kept = replace(kept, standing=Standing(Cause.BRAKED, now, now + step // 2))
    assert sums(kept.segments).plus(Sums()).wanted == sum(item.length for item in kept.segments)


@settings(max_examples=50, deadline=None)
@given(made=SCHEDULES, steps=STEPS, known=any_lives())
def test_covered_is_what_sessions_were_seen_to_record(
    made: Schedule, steps: list[int], known: tuple[Life, ...]
) -> None:
    """A second is covered if some session was seen to record before and after it, and never else."""
    now, wanted = BEGAN, Wanted()
    kept = Account("agora", made, since=BEGAN, until=BEGAN)
    for step in steps:
        now += step
        kept = accounted(kept, known, now, wanted)
    for item in kept.segments:
        for second in (item.begin, (item.begin + item.end) // 2, item.end - 1):
            inside = any(
                life.confirmed is not None and life.seen is not None and life.confirmed <= second < life.seen
                for life in known
            )
            assert inside is (item.cause is None)
