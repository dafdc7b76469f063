"""Keeping accounts of coverage: what one takes in the state, and what they cost a run that changes nothing."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from tests.benchmarks.common import Row, at_most, work
from tests.recordings import resource, session, snapshot

from takeup.backends.accounts import accounts_out
from takeup.backends.format import encode_snapshot
from takeup.core.account import DETAIL_CHARS, Account, Cause, Segment, as_time, down
from takeup.core.address import Address
from takeup.core.compaction import compacted
from takeup.core.schedule import CronWindow, Schedule
from takeup.core.snapshot import Snapshot

LESSONS = Schedule((CronWindow("0 8 * * 1-5", timedelta(hours=8)),), (), ZoneInfo("Europe/Berlin"))
BEGAN = down(datetime(2026, 1, 5, tzinfo=UTC))
DAY, HOUR = 24 * 3600, 3600


def lessons(days: int, gaps: int) -> Account:
    """A room whose sessions ended so many times in each lesson, day after day."""
    kept = Account("agora", LESSONS, since=BEGAN, until=BEGAN)
    for day in range(days):
        begin = BEGAN + day * DAY + 7 * HOUR
        if as_time(begin).weekday() > 4:
            continue
        kept = _with(kept, _segments(begin, gaps))
    return kept


def _with(kept: Account, more: list[Segment]) -> Account:
    return compacted(
        Account(
            kept.realm, kept.schedule, kept.since, more[-1].end, segments=(*kept.segments, *more), days=kept.days,
            earlier=kept.earlier, earlier_until=kept.earlier_until,
        )
    )  # fmt: skip


def _segments(begin: int, gaps: int) -> list[Segment]:
    end, evidence = begin + 8 * HOUR, "404 for 90 s, first at 2026-03-24 10:30:00 UTC"
    found, at = [Segment(begin, begin + 7, Cause.STARTING)], begin + 7
    for number in range(gaps):
        gap = begin + (number + 1) * 8 * HOUR // (gaps + 1)
        found += [Segment(at, gap), Segment(gap, gap + 97, Cause.ENDED, evidence)]
        at = gap + 97
    return [*found, Segment(at, end)]


def worst() -> Account:
    """As much as an account can hold: every segment a gap with evidence, every day with every cause."""
    at, kept = BEGAN, Account("agora", LESSONS, since=BEGAN, until=BEGAN)
    causes = list(Cause)
    for number in range(120 * 24 * 4):
        gap = Segment(at, at + 600, causes[number % len(causes)], "x" * DETAIL_CHARS)
        kept, at = _with(kept, [gap]), at + 900
    return kept


def size(account: Account) -> int:
    """Bytes of one account, without its schedule, which is there once for all."""
    address = resource().address
    one = len(encode_snapshot(Snapshot("l", 1, b"k", accounts={address: account})))
    (schedule,), _ = accounts_out({address: account})
    return one - len(encode_snapshot(Snapshot("l", 1, b"k"))) - len(str(schedule))


def rooms(count: int, days: int) -> tuple[Snapshot, int]:
    """So many rooms that record, each with an account of so many days, and a time five minutes later."""
    kept, one = lessons(days, gaps=0), resource()
    begin = BEGAN + days * DAY + 8 * HOUR
    running = session(one, started_at=as_time(begin), confirmed_at=as_time(begin + 7), seen_at=as_time(begin + 300))
    found = list(_rooms(count, one.address))
    state = snapshot()
    return (
        Snapshot(
            state.lineage,
            state.serial,
            state.fingerprint_key,
            {address: replace(running, address=address) for address in found},
            accounts=dict.fromkeys(found, kept),
        ),
        begin + 300,
    )


def _rooms(count: int, like: Address) -> Iterator[Address]:
    return (Address(like.kind, f"room-{number:05}") for number in range(count))


def measure(_folder: Path, count: int = 10_000) -> list[Row]:
    none, run, written = (work("account", what, count) for what in ("none", "run", "encode"))
    return [
        Row("bytes of an account after a month of lessons without a gap", f"{size(lessons(28, 0)):,}"),
        Row("after half a year", f"{size(lessons(182, 0)):,}"),
        Row("the same with three deaths in each lesson", f"{size(lessons(182, 3)):,}"),
        at_most("at the most", f"{size(worst()):,}", size(worst()), 40_000, "bytes"),
        Row(f"{count} accounts and sessions, in memory", str(none)),
        at_most("a run brings them up to date", run, run.cpu - none.cpu, 2, "s CPU"),
        Row("and the state is encoded", str(written), f"{written.cpu - run.cpu:.2f} s CPU"),
    ]
