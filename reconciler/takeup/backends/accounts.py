"""The accounts of coverage as they stand in the state. Pure.

Times are seconds, written like all times of the state; a stretch of time is its beginning and its length in seconds.
"""

from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from types import MappingProxyType
from typing import Any
from zoneinfo import ZoneInfo

from cronsim import CronSim, CronSimError

from takeup.backends.record import Record, refuse, to_address
from takeup.core.account import Account, Cause, Day, Segment, Standing, Sums, as_time, down
from takeup.core.address import Address
from takeup.core.schedule import CronWindow, Days, Schedule, Span

_COVERED = "covered"
_CAUSES = {cause.value: cause for cause in Cause}
_LONGEST = 4  # parts of a segment: begin, length, cause, detail


def accounts_out(accounts: Mapping[Address, Account]) -> tuple[list[Any], list[tuple[str, Any]]]:
    """Every schedule once, and every account with the number of its schedule."""
    schedules: dict[Schedule, int] = {}
    rows = []
    for address, account in sorted((str(address), account) for address, account in accounts.items()):
        number = schedules.setdefault(account.schedule, len(schedules))
        rows.append((address, _account_out(account, number)))
    return [_schedule_out(schedule) for schedule in schedules], rows


def _account_out(account: Account, schedule: int) -> dict[str, Any]:
    row: dict[str, Any] = {
        "realm": account.realm,
        "schedule": schedule,
        "since": _time_out(account.since),
        "until": _time_out(account.until),
    }
    if account.closed:
        row["closed"] = True
    if account.standing is not None:
        row["standing"] = _standing_out(account.standing)
    row["segments"] = [_segment_out(segment) for segment in account.segments]
    if account.days:
        row["days"] = {day.day: _sums_out(day.sums) for day in account.days}
    if account.earlier_until:
        row["earlier"] = _sums_out(account.earlier)
        row["earlierUntil"] = account.earlier_until
    return row


def _standing_out(standing: Standing) -> dict[str, Any]:
    row = {
        "cause": standing.cause.value,
        "at": _time_out(standing.at),
        "until": None if standing.until is None else _time_out(standing.until),
        "detail": standing.detail or None,
    }
    return {key: value for key, value in row.items() if value is not None}


def _segment_out(segment: Segment) -> list[Any]:
    row: list[Any] = [_time_out(segment.begin), segment.length]
    if segment.cause is not None:
        row += [segment.cause.value, *([segment.detail] if segment.detail else [])]
    return row


def _sums_out(part: Sums) -> dict[str, int]:
    return {_COVERED: part.covered, **{cause.value: seconds for cause, seconds in sorted(part.causes.items())}}


def _schedule_out(schedule: Schedule) -> dict[str, Any]:
    row: dict[str, Any] = {"zone": schedule.zone.key}
    if schedule.windows:
        row["windows"] = [[window.cron, _seconds(window.duration)] for window in schedule.windows]
    if schedule.single:
        row["single"] = [
            [_exact(span.begin), None if span.end is None else _exact(span.end)] for span in schedule.single
        ]
    if schedule.omitted:
        row["omitted"] = [[days.first.isoformat(), days.last.isoformat()] for days in schedule.omitted]
    return row


def _seconds(duration: timedelta) -> float:
    """Its length, as a whole number where it is one."""
    return duration // timedelta(seconds=1) if not duration.microseconds else duration.total_seconds()


def accounts_in(record: Record) -> Mapping[Address, Account]:
    """Read them from the keys `schedules` and `accounts` of a state; nothing where they are missing.

    Raises:
        StateError: they are damaged.
    """
    source = record.source
    schedules = [
        _schedule_in(value, f"schedules[{index}]", source) for index, value in enumerate(_list(record, "schedules"))
    ]
    accounts = {}
    for name, value in (record.optional_mapping("accounts") or {}).items():
        where = f"accounts[{name}]"
        accounts[to_address(name, where, source)] = _account_in(Record(value, where, source), schedules)
    return MappingProxyType(accounts)


def _list(record: Record, key: str) -> list[Any]:
    """A list, or an empty one where the key is missing."""
    found = record.optional_sequence(key)
    return [] if found is None else found


def _account_in(record: Record, schedules: list[Schedule]) -> Account:
    number = record.count("schedule")
    if number >= len(schedules):
        refuse(record.source, f"is damaged: in {record.where}, schedule {number} is none of the schedules")
    standing = record.optional_mapping("standing")
    earlier = record.optional_mapping("earlier")
    where, source = record.where, record.source
    account = Account(
        realm=record.text("realm"),
        schedule=schedules[number],
        since=down(record.time("since")),
        until=down(record.time("until")),
        closed=record.flag("closed"),
        standing=None if standing is None else _standing_in(Record(standing, f"{where}: standing", source)),
        segments=tuple(
            _segment_in(value, f"{where}: segments[{index}]", source)
            for index, value in enumerate(record.sequence("segments"))
        ),
        days=tuple(
            Day(_day(day, where, source), _sums_in(Record(value, f"{where}: days[{day}]", source)))
            for day, value in sorted((record.optional_mapping("days") or {}).items())
        ),
        earlier=Sums() if earlier is None else _sums_in(Record(earlier, f"{where}: earlier", source)),
        earlier_until=record.optional_text("earlierUntil") or "",
    )
    record.done()
    return account


def _standing_in(record: Record) -> Standing:
    until = record.optional_time("until")
    standing = Standing(
        cause=_CAUSES[record.choice("cause", list(_CAUSES))],
        at=down(record.time("at")),
        until=None if until is None else down(until),
        detail=record.optional_text("detail") or "",
    )
    record.done()
    return standing


def _segment_in(value: object, where: str, source: str) -> Segment:
    if not isinstance(value, list) or not 2 <= len(value) <= _LONGEST:  # noqa: PLR2004 - begin and length at least
        refuse(source, f"is damaged: {where} is not a begin, a length and what it was")
    begin, length, *more = value
    record = Record(
        {"begin": begin, "length": length, **dict(zip(("cause", "detail"), more, strict=False))}, where, source
    )
    cause = record.choice("cause", list(_CAUSES)) if more else None
    first = down(record.time("begin"))
    segment = Segment(
        first,
        first + record.count("length"),
        None if cause is None else _CAUSES[cause],
        record.optional_text("detail") or "",
    )
    record.done()
    return segment


def _sums_in(record: Record) -> Sums:
    covered = record.count(_COVERED)
    causes = {cause: record.count(name) for name, cause in _CAUSES.items()}
    record.done()
    return Sums(covered, MappingProxyType({cause: seconds for cause, seconds in causes.items() if seconds}))


def _schedule_in(value: object, where: str, source: str) -> Schedule:
    record = Record(value, where, source)
    zone, windows = record.text("zone"), _list(record, "windows")
    single, omitted = _list(record, "single"), _list(record, "omitted")
    record.done()
    try:
        return Schedule(
            tuple(_window(cron, seconds) for cron, seconds in windows),
            tuple(Span(_instant(begin), None if end is None else _instant(end)) for begin, end in single),
            ZoneInfo(zone),
            tuple(Days(date.fromisoformat(first), date.fromisoformat(last)) for first, last in omitted),
        )
    except (CronSimError, ValueError, TypeError, OverflowError, KeyError, OSError):
        refuse(source, f"is damaged: {where} is not a schedule, or its time zone is not known here")


def _window(cron: str, seconds: float) -> CronWindow:
    CronSim(cron, datetime(2026, 1, 1, tzinfo=UTC))  # raises where it is none
    if seconds <= 0:
        raise ValueError("a window lasts for some time")
    return CronWindow(cron, timedelta(seconds=seconds))


def _day(text: str, where: str, source: str) -> str:
    try:
        return date.fromisoformat(text).isoformat()
    except ValueError:
        refuse(source, f"is damaged: in {where}, days has a key {text!r} that is not a day")


def _exact(at: datetime) -> str:
    return at.astimezone(UTC).replace(tzinfo=None).isoformat() + "Z"


def _instant(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(UTC)


def _time_out(second: int) -> str:
    return f"{as_time(second):%Y-%m-%dT%H:%M:%SZ}"
