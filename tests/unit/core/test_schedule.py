"""Windows: daylight saving in three zones, days left out, overlaps, and the order of boundaries."""

from datetime import UTC, date, datetime, timedelta
from itertools import islice, pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from takeup.core.schedule import (
    Boundary,
    CronWindow,
    Days,
    Schedule,
    Span,
    boundaries,
    boundaries_until,
    instants,
    on_all_through,
    open_at,
    spans,
    wanted,
)

BERLIN = "Europe/Berlin"
NEW_YORK = "America/New_York"
LORD_HOWE = "Australia/Lord_Howe"
HOUR = timedelta(hours=1)


def schedule(cron: str, duration: timedelta = HOUR, zone: str = BERLIN, omitted: tuple[Days, ...] = ()) -> Schedule:
    return Schedule((CronWindow(cron, duration),), (), ZoneInfo(zone), omitted)


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("zone", "cron", "day", "begins"),
    [
        pytest.param(BERLIN, "30 2 * * *", "2026-03-29", ["2026-03-29T01:00"], id="Berlin forward: after the gap"),
        pytest.param(BERLIN, "30 2 * * *", "2026-10-25", ["2026-10-25T00:30"], id="Berlin back: the first of the two"),
        pytest.param(NEW_YORK, "30 2 * * *", "2026-03-08", ["2026-03-08T07:00"], id="New York forward: after the gap"),
        pytest.param(NEW_YORK, "30 1 * * *", "2026-11-01", ["2026-11-01T05:30"], id="New York back: the first"),
        pytest.param(LORD_HOWE, "15 2 * * *", "2026-10-04", ["2026-10-03T15:30"], id="Lord Howe forward: half an hour"),
        pytest.param(LORD_HOWE, "45 1 * * *", "2026-04-05", ["2026-04-04T14:45"], id="Lord Howe back: half an hour"),
        pytest.param(BERLIN, "0 8 * * *", "2026-03-29", ["2026-03-29T06:00"], id="Berlin forward: later that day"),
        pytest.param(BERLIN, "0 8 * * *", "2026-10-25", ["2026-10-25T07:00"], id="Berlin back: later that day"),
        pytest.param(
            BERLIN,
            "30 */1 * * *",
            "2026-10-25",
            [f"2026-10-{day}T{hour:02}:30" for day, hour in [(24, 22), (24, 23), *((25, hour) for hour in range(23))]],
            id="Berlin back: every hour is every hour that passes, 25 of them",
        ),
    ],
)
def test_a_window_opens_on_the_day_of_a_change(zone: str, cron: str, day: str, begins: list[str]) -> None:
    """On both days on which a wall clock is changed, a window opens at the instants that the rules say."""
    midnight = instants(datetime.fromisoformat(day), ZoneInfo(zone))[0]
    following = instants(datetime.fromisoformat(day) + timedelta(days=1), ZoneInfo(zone))[0]
    found = boundaries_until(schedule(cron, timedelta(minutes=10), zone), midnight - timedelta(seconds=1), following)
    assert [row.at for row in found if row.on and row.at < following] == [utc(text) for text in begins]


@pytest.mark.parametrize(
    ("zone", "day"),
    [
        pytest.param(zone, day, id=f"{zone} {day}")
        for zone, days in (
            (BERLIN, ("2026-03-29", "2026-10-25")),
            (NEW_YORK, ("2026-03-08", "2026-11-01")),
            (LORD_HOWE, ("2026-10-04", "2026-04-05")),
        )
        for day in days
    ],
)
def test_a_duration_is_real_time(zone: str, day: str) -> None:
    """A window over the change of a clock lasts as long as it says, whatever the clock shows at its end."""
    begin = instants(datetime.fromisoformat(f"{day}T00:00"), ZoneInfo(zone))[0]
    span = open_at(schedule("0 0 * * *", timedelta(hours=8), zone), begin)
    assert span == Span(begin, begin + timedelta(hours=8))


@pytest.mark.parametrize(
    ("zone", "local", "expected"),
    [
        pytest.param(BERLIN, "2026-03-29T02:59:59", ["2026-03-29T01:00"], id="in the gap: its end"),
        pytest.param(BERLIN, "2026-03-29T02:00", ["2026-03-29T01:00"], id="the first instant of the gap"),
        pytest.param(BERLIN, "2026-10-25T02:00", ["2026-10-25T00:00", "2026-10-25T01:00"], id="shown twice"),
        pytest.param(LORD_HOWE, "2026-04-05T01:30", ["2026-04-04T14:30", "2026-04-04T15:00"], id="30 minutes, twice"),
        pytest.param(LORD_HOWE, "2026-10-04T02:01", ["2026-10-03T15:30"], id="a gap of 30 minutes"),
        pytest.param("Asia/Tokyo", "2026-03-29T02:30", ["2026-03-28T17:30"], id="a zone that changes nothing"),
    ],
)
def test_when_a_wall_clock_shows_a_time(zone: str, local: str, expected: list[str]) -> None:
    """A wall clock shows a time once, twice where it is set back; where it never does, the end of the gap counts."""
    assert list(instants(datetime.fromisoformat(local), ZoneInfo(zone))) == [utc(text) for text in expected]


def test_windows_that_overlap_or_touch_are_one() -> None:
    """Nothing is stopped and started between two windows without a gap."""
    made = Schedule(
        (CronWindow("0 8 * * *", 2 * HOUR), CronWindow("0 9 * * *", 2 * HOUR), CronWindow("0 11 * * *", HOUR)),
        (),
        ZoneInfo("UTC"),
    )
    assert list(islice(boundaries(made, utc("2026-03-02T00:00")), 2)) == [
        Boundary(utc("2026-03-02T08:00"), on=True),
        Boundary(utc("2026-03-02T12:00"), on=False),
    ]


def test_days_left_out_are_days_of_the_zone() -> None:
    """No window opens on a day that is left out; one that was open before it goes on, and a single one is held."""
    made = Schedule(
        (CronWindow("0 22 * * *", 4 * HOUR),),
        (Span(utc("2026-12-25T10:00"), utc("2026-12-25T11:00")),),
        ZoneInfo(BERLIN),
        (Days(date(2026, 12, 24), date(2027, 1, 6)),),
    )
    found = list(boundaries_until(made, utc("2026-12-23T12:00"), utc("2027-01-08T00:00")))
    assert [row.at.isoformat() for row in found if row.on] == [
        "2026-12-23T21:00:00+00:00",
        "2026-12-25T10:00:00+00:00",
        "2027-01-07T21:00:00+00:00",
    ]
    assert wanted(made, utc("2026-12-24T00:30"))


def test_the_end_of_a_window_is_no_part_of_it() -> None:
    """It is wanted from the first instant on, and not at the last."""
    made = schedule("0 8 * * *", zone="UTC")
    assert wanted(made, utc("2026-03-02T08:00"))
    assert not wanted(made, utc("2026-03-02T09:00"))
    assert next(boundaries(made, utc("2026-03-02T08:00"))) == Boundary(utc("2026-03-02T09:00"), on=False)


def test_windows_without_a_gap_have_no_end() -> None:
    """A schedule that never pauses has no boundary ahead, and asking for one comes to an end."""
    made = schedule("0 * * * *", HOUR, "UTC")
    assert list(boundaries(made, utc("2026-03-02T00:00"))) == []
    assert wanted(made, utc("2026-07-02T13:37"))


def test_a_single_window_may_be_longer_than_any_other() -> None:
    """A window of months has an end all the same."""
    made = Schedule((), (Span(utc("2026-01-01T00:00"), utc("2026-09-01T00:00")),), ZoneInfo("UTC"))
    assert [row.at for row in boundaries(made, utc("2026-02-01T00:00"))] == [utc("2026-09-01T00:00")]
    assert list(boundaries(made, utc("2026-09-01T00:00"))) == []


def test_whether_one_window_is_open_all_through() -> None:
    """A session of yesterday's window is none of today's."""
    made = schedule("0 8 * * *", 8 * HOUR, "UTC")
    assert on_all_through(made, utc("2026-03-02T08:00"), utc("2026-03-02T15:59"))
    assert not on_all_through(made, utc("2026-03-02T08:00"), utc("2026-03-03T08:00"))
    assert not on_all_through(made, utc("2026-03-02T07:00"), utc("2026-03-02T09:00"))


WINDOWS = st.builds(
    CronWindow,
    cron=st.builds(
        "{} {} * * {}".format,
        st.sampled_from(["0", "15", "*/30", "0,45"]),
        st.sampled_from(["0", "2", "1-3", "*/6", "8", "23"]),
        st.sampled_from(["*", "1-5", "0", "SUN,SAT"]),
    ),
    duration=st.integers(1, 60 * 30).map(lambda minutes: timedelta(minutes=minutes)),
)
SCHEDULES = st.builds(
    Schedule,
    windows=st.lists(WINDOWS, min_size=1, max_size=3).map(tuple),
    single=st.just(()),
    zone=st.sampled_from([BERLIN, NEW_YORK, LORD_HOWE, "UTC"]).map(ZoneInfo),
    omitted=st.sampled_from([(), (Days(date(2026, 3, 29), date(2026, 3, 30)),)]),
)
TIMES = st.integers(0, 366 * 24 * 60).map(lambda minutes: utc("2026-01-01T00:00") + timedelta(minutes=minutes))


@settings(max_examples=150, deadline=None)
@given(made=SCHEDULES, at=TIMES)
def test_boundaries_and_windows_are_one_story(made: Schedule, at: datetime) -> None:
    """At each boundary it is wanted exactly if the boundary opens, just before it exactly if not; they alternate."""
    rows = list(islice(boundaries(made, at), 8))
    assert all(row.at > at for row in rows)
    for row in rows:
        assert wanted(made, row.at) is row.on
        assert wanted(made, row.at - timedelta(seconds=1)) is not row.on
    for row, following in pairwise(rows):
        assert row.at < following.at
        assert row.on is not following.on
    if rows:
        assert wanted(made, at) is not rows[0].on


@settings(max_examples=60, deadline=None)
@given(made=SCHEDULES, at=TIMES, minutes=st.integers(0, 60 * 24 * 3))
def test_where_one_looks_from_changes_nothing(made: Schedule, at: datetime, minutes: int) -> None:
    """The windows after a time are the same, seen from then or from earlier."""
    later = at + timedelta(minutes=minutes)
    from_later = [span for span in islice(spans(made, later), 3) if span.end is not None]
    from_earlier = (span for span in spans(made, at) if span.end is None or span.end > later)
    for span in from_later:
        other = next(from_earlier)
        assert other.end == span.end or other.end is None
