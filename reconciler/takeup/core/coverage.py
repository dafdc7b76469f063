"""Brings accounts up to date: wanted time by the schedule, covered time by evidence, and a cause for the rest. Pure.

A run keeps the books at its beginning, once it has asked after every session: from the time of the last account until
then, the schedule that was known at the last account says what was wanted, and the sessions that the state knows of
say what was recorded. Why something is not recorded when a run ends is kept as its `standing`.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from itertools import pairwise
from types import MappingProxyType

from takeup.core.account import Account, Cause, Segment, Standing, as_time, down, joined
from takeup.core.address import Address
from takeup.core.compaction import compacted
from takeup.core.lives import Fate, Life, lives
from takeup.core.schedule import Schedule, spans
from takeup.core.snapshot import Snapshot

KEPT_CLOSED = int(timedelta(days=35).total_seconds())
"""For how many seconds the account of a recording is kept that has no schedule any more."""
SIGHTING_EVERY = 600
"""A run that has nothing else to write writes the state for the sake of covered time at most this often, in seconds."""

Times = tuple[tuple[int, int], ...]


@dataclass(frozen=True, slots=True)
class Part:
    """A part of a window: from when to when, and when the window began."""

    begin: int
    end: int
    window: int


class Wanted:
    """When schedules want something. Many recordings have one schedule, so it remembers."""

    def __init__(self) -> None:
        self._known: dict[tuple[Schedule, int, int], tuple[Part, ...]] = {}

    def between(self, schedule: Schedule, begin: int, end: int) -> tuple[Part, ...]:
        """What is wanted within two times."""
        key = (schedule, begin, end)
        if key not in self._known:
            self._known[key] = tuple(_between(schedule, begin, end))
        return self._known[key]


def _between(schedule: Schedule, begin: int, end: int) -> Iterator[Part]:
    if begin >= end:
        return
    last = as_time(end)
    for span in spans(schedule, as_time(begin)):
        if span.begin >= last:
            return
        window = down(span.begin)
        yield Part(max(begin, window), end if span.end is None else min(end, down(span.end)), window)


def kept_books(
    accounts: Mapping[Address, Account],
    prior: Snapshot,
    schedules: Mapping[Address, Schedule],
    realm: str,
    now: int,
) -> Mapping[Address, Account]:
    """All accounts as of `now`.

    Args:
        accounts: as the last run left them.
        prior: the state after every session was asked after, with the time at which each was seen to record.
        schedules: what the manifests want of each recording from now on.
        realm: whom the sessions are started at.
        now: when the run began.
    """
    known, wanted = lives(prior), Wanted()
    books: dict[Address, Account] = {}
    for address in {*accounts, *schedules}:
        account, schedule = accounts.get(address), schedules.get(address)
        if account is None or account.realm != realm:
            account = None if schedule is None else Account(realm, schedule, since=now, until=now)
        else:
            account = _followed(accounted(account, known.get(address, ()), now, wanted), schedule, now)
        if account is not None:
            books[address] = account
    return MappingProxyType(dict(sorted(books.items())))


def _followed(account: Account, schedule: Schedule | None, now: int) -> Account | None:
    """An account with the schedule that holds from now on; None where it has been closed for long enough."""
    if schedule is not None:
        return replace(account, schedule=schedule, closed=False, until=max(account.until, now))
    if account.closed:
        return account if now - account.until < KEPT_CLOSED else None
    return replace(account, closed=True, standing=None)


def accounted(account: Account, known: Sequence[Life], now: int, wanted: Wanted) -> Account:
    """An account until `now`. What turns out to have been recorded before its `until` is covered after all."""
    found = covered(known)
    segments = list(_revised(account.segments, found))
    if not account.closed and now > account.until:
        for part in wanted.between(account.schedule, account.until, now):
            segments.extend(_pieces(account, part, known, found))
        account = replace(account, until=now)
    return compacted(replace(account, segments=joined(segments)))


def covered(known: Iterable[Life]) -> Times:
    """When at least one session surely recorded, in order, without overlaps."""
    result: list[tuple[int, int]] = []
    for begin, end in sorted(life.recorded for life in known if life.recorded is not None):
        if result and begin <= result[-1][1]:
            result[-1] = (result[-1][0], max(result[-1][1], end))
        else:
            result.append((begin, end))
    return tuple(result)


def _split(begin: int, end: int, found: Times) -> Iterator[tuple[int, int, bool]]:
    """A stretch of time in parts, each with whether it is covered."""
    at = begin
    for first, last in found:
        if last <= at or first >= end:
            continue
        if first > at:
            yield at, first, False
        yield max(at, first), min(end, last), True
        at = min(end, last)
    if at < end:
        yield at, end, False


def _revised(segments: Iterable[Segment], found: Times) -> Iterator[Segment]:
    """What was taken for a gap, and is covered by what is known by now."""
    for segment in segments:
        if segment.cause is None:
            yield segment
            continue
        for begin, end, sure in _split(segment.begin, segment.end, found):
            yield Segment(begin, end) if sure else replace(segment, begin=begin, end=end)


def _pieces(account: Account, part: Part, known: Sequence[Life], found: Times) -> Iterator[Segment]:
    """A part of a window, accounted for."""
    for begin, end, sure in _split(part.begin, part.end, found):
        if sure:
            yield Segment(begin, end)
            continue
        for first, last in pairwise(_edges(account, begin, end, known)):
            cause, detail = _cause(first, part.window, account, known)
            yield Segment(first, last, cause, detail)


def _edges(account: Account, begin: int, end: int, known: Sequence[Life]) -> list[int]:
    """A gap, cut wherever its cause may change."""
    times = {time for life in known for time in (life.started, life.confirmed, life.seen, life.gone)}
    times |= {account.until, *((account.standing.at, account.standing.until) if account.standing is not None else ())}
    return [begin, *sorted(time for time in times if time is not None and begin < time < end), end]


def _cause(at: int, window: int, account: Account, known: Sequence[Life]) -> tuple[Cause, str]:
    """Why a second is not covered: what may have recorded it, what a run said of it, what was before.

    Args:
        at: the second.
        window: when its window began. What was before says nothing about it.
        account: its standing, and when the last run began.
        known: sessions, the first to start first.
    """
    here = [life for life in known if life.started <= at and (life.gone is None or life.gone > window)]
    for life in here:
        perhaps = _perhaps(life, at)
        if perhaps is not None:
            return perhaps, life.detail
    standing = account.standing
    if standing is not None and _holds(standing, at, window):
        return standing.cause, standing.detail
    starting = False
    for life in reversed(here):
        cause = _after(life, at)
        if cause is not None:
            return cause, life.detail
        starting = True
    if not starting and at >= account.until >= window:
        starting = any(life.started > at for life in known)  # the run that began then started it
    return (Cause.STARTING if starting else Cause.NO_RUN), ""


def _holds(standing: Standing, at: int, window: int) -> bool:
    return window <= standing.at <= at and (standing.until is None or at < standing.until)


def _perhaps(life: Life, at: int) -> Cause | None:
    """Whether this session may have recorded the second, though nothing shows it."""
    if life.fate is Fate.LOST:
        return Cause.LOST
    unseen = life.seen is not None and life.seen <= at
    if life.fate is Fate.UNSURE and (unseen or life.confirmed is None):
        return Cause.UNKNOWN
    if life.fate is Fate.LIVE and unseen:
        return Cause.UNOBSERVED
    if life.fate is Fate.ENDED and unseen and life.gone is not None and at < life.gone:
        return Cause.UNOBSERVED
    return None


def _after(life: Life, at: int) -> Cause | None:
    """What this session has to do with a second that it surely did not record; None: it was about to."""
    if life.confirmed is None:
        return Cause.START_FAILED if life.fate is Fate.ENDED else None
    if at < life.confirmed:
        return None
    return Cause.REPLACED if life.fate is Fate.STOPPED else Cause.ENDED


def settled(accounts: Mapping[Address, Account], standings: Mapping[Address, Standing]) -> Mapping[Address, Account]:
    """The accounts at the end of a run: why each recording that is wanted and not recorded is not."""
    return MappingProxyType(
        {address: replace(account, standing=standings.get(address)) for address, account in accounts.items()}
    )


def worth_writing(before: Mapping[Address, Account], after: Mapping[Address, Account]) -> bool:
    """Whether accounts say so much more than the stored ones that a state is written for them alone."""
    if before.keys() != after.keys():
        return True
    return any(_differs(account, after[address]) for address, account in before.items() if account != after[address])


def _differs(before: Account, after: Account) -> bool:
    if (before.schedule, before.closed, before.realm) != (after.schedule, after.closed, after.realm):
        return True
    if _why(before.standing) != _why(after.standing):
        return True
    one, other = before.sums, after.sums
    return one.causes.keys() != other.causes.keys() or not 0 <= other.wanted - one.wanted < SIGHTING_EVERY


def _why(standing: Standing | None) -> tuple[Cause, int | None] | None:
    return None if standing is None else (standing.cause, standing.until)


__all__ = [
    "KEPT_CLOSED", "SIGHTING_EVERY", "Part", "Wanted", "accounted", "covered", "kept_books", "settled", "worth_writing",
]  # fmt: skip
