"""An account stays small, and its sums stay what they are; days are those of its time zone."""

from dataclasses import replace
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from takeup.core.account import Account, Cause, Segment, down, joined, sums, total
from takeup.core.compaction import (
    DETAIL_DAYS,
    MOST_SEGMENTS,
    SUM_DAYS,
    by_day,
    compacted,
    days_of,
    local_day,
    merged,
    midnight,
)
from takeup.core.schedule import Schedule

HOUR, DAY = 3600, 24 * 3600
ZONES = ["Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "UTC"]
BEGAN = down(datetime(2026, 3, 1, tzinfo=UTC))


@st.composite
def accounts(draw: st.DrawFn) -> Account:
    """Up to half a year of segments of any cause, in some zone."""
    at, segments = BEGAN, []
    for _ in range(draw(st.integers(0, 120))):
        at += draw(st.integers(0, 3 * DAY))
        end = at + draw(st.integers(1, 30 * HOUR))
        segments.append(Segment(at, end, draw(st.sampled_from([None, None, *Cause]))))
        at = end
    zone = ZoneInfo(draw(st.sampled_from(ZONES)))
    return Account("agora", Schedule((), (), zone), since=BEGAN, until=at, segments=joined(segments))


@settings(max_examples=100, deadline=None)
@given(before=accounts(), later=st.integers(0, 200 * DAY))
def test_compaction_keeps_every_sum_and_few_segments(before: Account, later: int) -> None:
    """Whatever is old becomes a sum of its day, and later of all days before; nothing is lost or counted twice."""
    after = before
    for until in (before.until, before.until + later // 2, before.until + later):
        after = compacted(replace(after, until=until))
        assert after.sums == before.sums
        assert len(after.segments) <= MOST_SEGMENTS
        assert len(after.days) <= SUM_DAYS + DETAIL_DAYS + 1
        today = local_day(until, after.schedule.zone)
        oldest = midnight(date.fromordinal(today.toordinal() - DETAIL_DAYS), after.schedule.zone)
        assert all(segment.begin >= oldest for segment in after.segments)
    assert compacted(after) == after


@settings(max_examples=100, deadline=None)
@given(account=accounts())
def test_days_hold_all_of_it_once(account: Account) -> None:
    """The sums of the days are the sum of the segments, and each piece lies within its day."""
    zone = account.schedule.zone
    days = by_day(account.segments, zone)
    assert total(day.sums for day in days) == sums(account.segments)
    assert [day.day for day in days] == sorted({day.day for day in days})
    for segment in account.segments:
        pieces = list(days_of(segment, zone))
        assert [piece.begin for _, piece in pieces] == [segment.begin, *(piece.end for _, piece in pieces[:-1])]
        assert pieces[-1][1].end == segment.end
        for day, piece in pieces:
            assert local_day(piece.begin, zone) == local_day(piece.end - 1, zone) == day


@pytest.mark.parametrize(
    ("zone", "day", "hours"),
    [
        pytest.param("Europe/Berlin", "2026-03-29", 23, id="Berlin forward"),
        pytest.param("Europe/Berlin", "2026-10-25", 25, id="Berlin back"),
        pytest.param("America/New_York", "2026-03-08", 23, id="New York forward"),
        pytest.param("Australia/Lord_Howe", "2026-04-05", 24.5, id="Lord Howe back: half an hour"),
        pytest.param("Africa/Cairo", "2026-04-24", 23, id="Cairo forward, where midnight itself does not exist"),
        pytest.param("Europe/Berlin", "2026-03-30", 24, id="any other day"),
    ],
)
def test_a_day_is_as_long_as_its_wall_clock_says(zone: str, day: str, hours: float) -> None:
    """A recording around the clock has 23 or 25 hours on the days on which the clock is changed."""
    place, wanted = ZoneInfo(zone), date.fromisoformat(day)
    first = midnight(date.fromordinal(wanted.toordinal() - 1), place)
    around = Segment(first, first + 4 * DAY)
    found = {item.day: item.sums.covered for item in by_day([around], place)}
    assert found[day] == hours * HOUR


def test_sums_of_one_day_are_added_up() -> None:
    """A day of which a part is a sum already, and a part still in detail, is one day."""
    zone = ZoneInfo("UTC")
    days = by_day([Segment(BEGAN, BEGAN + 60), Segment(BEGAN + 90, BEGAN + 100, Cause.ENDED)], zone)
    more = by_day([Segment(BEGAN + 200, BEGAN + 230, Cause.ENDED)], zone)
    (day,) = merged([*more, *days])
    assert (day.sums.covered, day.sums.causes) == (60, {Cause.ENDED: 40})
