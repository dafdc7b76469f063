"""When a recording is wanted: windows that a cron expression opens, and single ones. Pure.

Times go in and come out in UTC; a cron expression is about the wall clock of its time zone. Two rules bring the two
together on the days on which that clock is changed: a start that falls into a gap takes place at the first instant
after the gap; a start that occurs twice takes place once, at the first of the two. Where minute or hour begin with
`*`, the expression is about every hour that passes, so it takes place both times, as in cron. A duration is real time.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from heapq import heappop, heappush, merge
from itertools import takewhile
from zoneinfo import ZoneInfo

from cronsim import CronSim

FAR = timedelta(days=35)
"""Windows that touch each other for longer than this are taken for one that does not end."""
_DAY = timedelta(days=1)
_SECOND = timedelta(seconds=1)


@dataclass(frozen=True, slots=True)
class CronWindow:
    """A window that opens again and again. `cron` has 5 parts and is known to be valid."""

    cron: str
    duration: timedelta


@dataclass(frozen=True, slots=True)
class Span:
    """From when to when, in UTC; `end` is no part of it. None: no end within `FAR`."""

    begin: datetime
    end: datetime | None

    def holds(self, at: datetime) -> bool:
        """Whether a time lies in it."""
        return self.begin <= at and (self.end is None or at < self.end)


@dataclass(frozen=True, slots=True)
class Days:
    """Days of the calendar, both ends included."""

    first: date
    last: date

    def hold(self, day: date) -> bool:
        """Whether a day is one of them."""
        return self.first <= day <= self.last


@dataclass(frozen=True, slots=True)
class Schedule:
    """All windows of a recording.

    On the days of `omitted`, which are those of the time zone, no cron window opens; one that is open goes on.
    `single` windows are not touched by them.
    """

    windows: tuple[CronWindow, ...]
    single: tuple[Span, ...]
    zone: ZoneInfo
    omitted: tuple[Days, ...] = ()


@dataclass(frozen=True, slots=True)
class Boundary:
    """When a recording begins to be wanted (`on`), or ceases to be."""

    at: datetime
    on: bool


def instants(local: datetime, zone: ZoneInfo) -> tuple[datetime, ...]:
    """When a wall clock shows a time, in UTC: twice where it is set back, and else once.

    Where it is set forward past that time: the first instant after.
    """
    first = local.replace(tzinfo=zone, fold=0).astimezone(UTC)
    second = local.replace(tzinfo=zone, fold=1).astimezone(UTC)
    if first == second:
        return (first,)
    return (first, second) if first < second else (_changes(second, first, zone),)


def _changes(before: datetime, after: datetime, zone: ZoneInfo) -> datetime:
    """The instant between two at which the wall clock is set forward; such instants are whole seconds."""
    offset = before.astimezone(zone).utcoffset()
    while after - before > _SECOND:
        middle = before + timedelta(seconds=(after - before) // _SECOND // 2)
        if middle.astimezone(zone).utcoffset() == offset:
            before = middle
        else:
            after = middle
    return after


def _starts(window: CronWindow, schedule: Schedule, since: datetime) -> Iterator[datetime]:
    """When the window opens, in order, from some time before `since` on."""
    minute, hour, *_ = window.cron.split()
    repeats = minute.startswith("*") or hour.startswith("*")
    again: list[datetime] = []
    for local in CronSim(window.cron, since.astimezone(schedule.zone).replace(tzinfo=None) - _DAY):
        if any(days.hold(local.date()) for days in schedule.omitted):
            continue
        first, *second = instants(local, schedule.zone)
        while again and again[0] <= first:
            yield heappop(again)
        yield first
        if repeats and second:
            heappush(again, second[0])


def _opened(window: CronWindow, schedule: Schedule, since: datetime) -> Iterator[Span]:
    starts = _starts(window, schedule, since - window.duration)
    return (Span(begin, begin + window.duration) for begin in starts)


def spans(schedule: Schedule, since: datetime) -> Iterator[Span]:
    """The windows that end after `since`, in order; those that overlap or touch are one.

    The beginning of one that is open at `since` may be told too late.
    """
    single = iter(sorted(schedule.single, key=lambda span: span.begin))
    opened = (_opened(window, schedule, since) for window in schedule.windows)
    begin = end = None
    for span in merge(single, *opened, key=lambda span: span.begin):
        assert span.end is not None, "only what is merged has no end"  # noqa: S101 - an invariant of the caller
        if span.end <= since:
            continue
        if begin is None or end is None:
            begin, end = span.begin, span.end
        elif span.begin <= end:
            end = max(end, span.end)
        else:
            yield Span(begin, end)
            begin, end = span.begin, span.end
        if span.begin - max(begin, since) > FAR:
            yield Span(begin, None)
            return
    if begin is not None:
        yield Span(begin, end)


def open_at(schedule: Schedule, at: datetime) -> Span | None:
    """The window that is open at a time."""
    found = next(spans(schedule, at), None)
    return found if found is not None and found.holds(at) else None


def wanted(schedule: Schedule, at: datetime) -> bool:
    """Whether a time lies in a window."""
    return open_at(schedule, at) is not None


def boundaries(schedule: Schedule, after: datetime) -> Iterator[Boundary]:
    """When it begins and ceases to be wanted, in order, later than `after`."""
    for span in spans(schedule, after):
        if span.begin > after:
            yield Boundary(span.begin, on=True)
        if span.end is not None:
            yield Boundary(span.end, on=False)


def boundaries_until(schedule: Schedule, after: datetime, until: datetime) -> Iterator[Boundary]:
    """The same, up to and including `until`."""
    return takewhile(lambda boundary: boundary.at <= until, boundaries(schedule, after))


def on_all_through(schedule: Schedule, begin: datetime, at: datetime) -> bool:
    """Whether one window is open from one time to another."""
    found = open_at(schedule, begin)
    return found is not None and found.holds(at)


def local_text(at: datetime, zone: ZoneInfo) -> str:
    """A time for people, by the wall clock of its zone."""
    return f"{at.astimezone(zone):%a %Y-%m-%d %H:%M} {zone.key}"
