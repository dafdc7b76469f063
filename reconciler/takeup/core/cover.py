"""What a state says of coverage, for people and gates: its accounts, chosen by address and by day. Pure.

It is as of the last run: what came after is known to nobody, and counts only where somebody asks for those days.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from decimal import Decimal
from types import MappingProxyType
from zoneinfo import ZoneInfo

from takeup.core.account import Account, Day, Segment, Standing, Sums, sums, total
from takeup.core.address import Address
from takeup.core.compaction import by_day, merged, midnight
from takeup.core.coverage import Wanted, accounted
from takeup.core.lives import Fate, Life, lives
from takeup.core.snapshot import Snapshot

FORMAT = "takeup-coverage/1"
_DAY = timedelta(days=1)
_HUNDRED = Decimal(100)
_STEP = Decimal("0.01")


@dataclass(frozen=True, slots=True)
class Days:
    """The first and the last day that is asked for, None where there is no limit; both count."""

    first: date | None = None
    last: date | None = None


@dataclass(frozen=True, slots=True)
class Cover:
    """One recording: from when to when it is accounted for, its wanted time in detail as far as that is kept, its days.

    `days` hold the newest days too; `earlier` is what was before them, where no first day is asked for.
    `missing_until` is a day up to which there is one sum only, though single days of it were asked for.
    """

    address: Address
    zone: ZoneInfo
    since: int
    until: int
    closed: bool
    segments: tuple[Segment, ...]
    days: tuple[Day, ...]
    earlier: Sums = field(default_factory=Sums)
    earlier_until: str = ""
    missing_until: str = ""
    standing: Standing | None = None

    @property
    def sums(self) -> Sums:
        """Of all days."""
        return total([self.earlier, *(day.sums for day in self.days)])

    @property
    def gaps(self) -> tuple[Segment, ...]:
        """The gaps of the newest days, one by one."""
        return tuple(segment for segment in self.segments if segment.cause is not None)


@dataclass(frozen=True, slots=True)
class Coverage:
    """All recordings that were asked for. `as_of` is the last time at which the state knew anything, None for never.

    `least` is the percentage that each of them must reach; None where there is no gate. `open_for` is
    the longest wanted time of one of them, in seconds, that has passed since it was accounted for.
    """

    project: str
    as_of: int | None
    days: Days
    covers: tuple[Cover, ...]
    least: Decimal | None = None
    open_for: int = 0

    @property
    def total(self) -> Sums:
        """All recordings together."""
        return total(cover.sums for cover in self.covers)

    def below(self, cover: Cover) -> bool:
        """Whether a recording does not reach the least percentage."""
        return self.least is not None and falls_short(cover.sums, self.least)

    @property
    def short(self) -> tuple[Cover, ...]:
        """Those that do not reach it."""
        return tuple(cover for cover in self.covers if self.below(cover))


def falls_short(part: Sums, least: Decimal) -> bool:
    """Whether less than a percentage is covered, exactly; where nothing is due, nothing falls short."""
    return _HUNDRED * part.covered < least * part.due


def percent(part: Sums) -> Decimal | None:
    """How much of what is due is covered, rounded down: 100 is all of it. None where nothing is due."""
    return _percent(part.covered, part.due)


def at_most(part: Sums) -> Decimal | None:
    """The same if everything was recorded that may have been."""
    return _percent(part.covered + part.perhaps, part.due)


def _percent(covered: int, due: int) -> Decimal | None:
    return (_HUNDRED * covered / due).quantize(_STEP, "ROUND_DOWN") if due else None


def coverage(  # noqa: PLR0913 - what is asked for, each by name
    snapshot: Snapshot,
    *,
    project: str,
    takes: Callable[[Address], bool],
    days: Days,
    now: int,
    least: Decimal | None = None,
) -> Coverage:
    """Read the accounts of a state.

    Args:
        snapshot: the state.
        project: its name.
        takes: which recordings are asked for.
        days: which days are asked for, by the calendar of each recording's time zone.
        now: nothing is told of what is yet to come.
        least: the percentage that each recording must reach.
    """
    known, wanted = lives(snapshot), Wanted()
    as_of = _as_of(snapshot.accounts, known)
    covers = [
        _cover(address, account, known.get(address, ()), _Asked(days, as_of or now, now), wanted)
        for address, account in sorted(snapshot.accounts.items())
        if takes(address)
    ]
    open_for = (
        sum(
            part.end - part.begin
            for part in wanted.between(snapshot.accounts[cover.address].schedule, cover.until, now)
        )
        for cover in covers
        if not cover.closed
    )
    return Coverage(project, as_of, days, tuple(covers), least, max(open_for, default=0))


def _as_of(accounts: Mapping[Address, Account], known: Mapping[Address, Iterable[Life]]) -> int | None:
    times = [account.until for account in accounts.values()]
    times += [life.last_known for address in accounts for life in known.get(address, ())]
    return max(times, default=None)


@dataclass(frozen=True, slots=True)
class _Asked:
    """Which days, and when the last run and this moment are."""

    days: Days
    as_of: int
    now: int

    def end(self, account: Account, known: tuple[Life, ...]) -> int:
        """Until when a recording is accounted for: what a session does since it was last seen is open."""
        live = [life.seen or account.until for life in known if life.fate is Fate.LIVE]
        end = max(account.until, *live) if live else self.as_of
        last = self.days.last
        return end if last is None else max(end, min(self.now, midnight(last + _DAY, account.schedule.zone)))


def _cover(address: Address, account: Account, known: tuple[Life, ...], asked: _Asked, wanted: Wanted) -> Cover:
    account = accounted(account, known, asked.end(account, known), wanted)
    zone, days = account.schedule.zone, asked.days
    segments = tuple(_clipped(account.segments, days, zone))
    kept = [day for day in account.days if _within(day.day, days)]
    found = Cover(
        address, zone, account.since, account.until, account.closed, segments,
        merged([*kept, *by_day(segments, zone)]), standing=account.standing,
    )  # fmt: skip
    if not account.earlier_until:
        return found
    if days.first is None and (days.last is None or days.last.isoformat() >= account.earlier_until):
        return replace(found, earlier=account.earlier, earlier_until=account.earlier_until)
    first = days.first
    missing = first is None or first.isoformat() <= account.earlier_until
    return replace(found, missing_until=account.earlier_until) if missing else found


def _within(day: str, days: Days) -> bool:
    return (days.first is None or days.first.isoformat() <= day) and (days.last is None or day <= days.last.isoformat())


def _clipped(segments: Iterable[Segment], days: Days, zone: ZoneInfo) -> Iterable[Segment]:
    first = None if days.first is None else midnight(days.first, zone)
    last = None if days.last is None else midnight(days.last + _DAY, zone)
    for segment in segments:
        begin = segment.begin if first is None else max(segment.begin, first)
        end = segment.end if last is None else min(segment.end, last)
        if begin < end:
            yield replace(segment, begin=begin, end=end)


def day_sums(covers: Iterable[Cover]) -> Mapping[str, Sums]:
    """All recordings together, by day."""
    return MappingProxyType({day.day: day.sums for day in merged(day for cover in covers for day in cover.days)})


def worst_first(covers: Iterable[Cover]) -> tuple[Cover, ...]:
    """In the order of what is missing: the smallest share, then the longest time, then the address."""
    return tuple(sorted(covers, key=_badness))


def _badness(cover: Cover) -> tuple[Decimal, int, Address]:
    part = cover.sums
    share = _HUNDRED if not part.due else _HUNDRED * part.covered / part.due
    return share, -(part.due - part.covered), cover.address


__all__ = [
    "FORMAT", "Cover", "Coverage", "Days", "at_most", "coverage", "day_sums", "falls_short", "percent", "sums",
    "worst_first",
]  # fmt: skip
