"""Keeps an account small: new days in detail, older ones as sums, the oldest as one sum. Pure; it changes no sum."""

from bisect import bisect_right
from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from takeup.core.account import Account, Day, Segment, Sums, as_time, sums, total
from takeup.core.schedule import instants

DETAIL_DAYS = 14
"""So many days before the one of the last run are kept in detail."""
MOST_SEGMENTS = 64
"""Of one recording; of more, the oldest become sums early."""
SUM_DAYS = 62
"""So many days are kept as sums of their own before they are added to those of everything earlier."""
_DAY = timedelta(days=1)


def compacted(account: Account) -> Account:
    """The same account, as small as it is kept."""
    zone = account.schedule.zone
    today = local_day(account.until, zone)
    first = midnight(today - timedelta(days=DETAIL_DAYS), zone)
    old, new = _cut(account.segments, first)
    if len(new) > MOST_SEGMENTS:
        old, new = [*old, *new[:-MOST_SEGMENTS]], new[-MOST_SEGMENTS:]
    days = merged([*account.days, *by_day(old, zone)]) if old else account.days
    oldest = (today - timedelta(days=DETAIL_DAYS + SUM_DAYS)).isoformat()
    before = [day for day in days if day.day < oldest]
    if not old and not before:
        return account
    return replace(
        account,
        segments=tuple(new),
        days=tuple(days[len(before) :]),
        earlier=total([account.earlier, *(day.sums for day in before)]),
        earlier_until=before[-1].day if before else account.earlier_until,
    )


def by_day(segments: Iterable[Segment], zone: ZoneInfo) -> tuple[Day, ...]:
    """The sums of segments by day, by the calendar of a zone; a segment over midnight belongs to both days."""
    parts: dict[str, list[Segment]] = {}
    for segment in segments:
        for day, part in days_of(segment, zone):
            parts.setdefault(day.isoformat(), []).append(part)
    return tuple(Day(day, sums(items)) for day, items in sorted(parts.items()))


def days_of(segment: Segment, zone: ZoneInfo) -> Iterator[tuple[date, Segment]]:
    """A segment cut at every midnight, each piece with its day."""
    begin, day = segment.begin, local_day(segment.begin, zone)
    while begin < segment.end:
        day += _DAY
        end = min(segment.end, midnight(day, zone))
        if end > begin:
            yield day - _DAY, replace(segment, begin=begin, end=end)
            begin = end


def merged(days: Iterable[Day]) -> tuple[Day, ...]:
    """In order, the sums of one day added up."""
    found: dict[str, Sums] = {}
    for day in days:
        found[day.day] = found[day.day].plus(day.sums) if day.day in found else day.sums
    return tuple(Day(day, found[day]) for day in sorted(found))


def local_day(second: int, zone: ZoneInfo) -> date:
    """The day of a second by the calendar of a zone."""
    return as_time(second).astimezone(zone).date()


@lru_cache(maxsize=4096)
def midnight(day: date, zone: ZoneInfo) -> int:
    """The first second of a day: where midnight does not exist, the first one after the gap."""
    return int(instants(datetime.combine(day, time()), zone)[0].timestamp())


def _cut(segments: tuple[Segment, ...], at: int) -> tuple[list[Segment], list[Segment]]:
    """Those before a second and those after it; one that stands over it is cut in two."""
    index = bisect_right(segments, at, key=lambda segment: segment.end)
    old, new = list(segments[:index]), list(segments[index:])
    if new and new[0].begin < at:
        old.append(replace(new[0], end=at))
        new[0] = replace(new[0], begin=at)
    return old, new
