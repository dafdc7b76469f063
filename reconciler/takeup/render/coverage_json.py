"""Coverage as JSON: `takeup-coverage/1`, described in docs/reference/formats.md."""

from decimal import Decimal
from typing import Any

from takeup.core.account import Day, Segment, Standing, Sums, as_time
from takeup.core.cover import FORMAT, Cover, Coverage, at_most, percent
from takeup.render.strict_json import indented

_DIGITS = 4  # of a minute; a second is 0.0167


def coverage_json(found: Coverage) -> str:
    """The document."""
    return indented(coverage_document(found))


def coverage_document(found: Coverage) -> dict[str, Any]:
    """The same as plain data."""
    days = found.days
    return {
        "format": FORMAT,
        "project": found.project,
        "asOf": None if found.as_of is None else _time(found.as_of),
        "since": None if days.first is None else days.first.isoformat(),
        "until": None if days.last is None else days.last.isoformat(),
        "min": _number(found.least),
        "ok": not found.short,
        "total": _sums(found.total),
        "recordings": [_recording(found, cover) for cover in found.covers],
    }


def _recording(found: Coverage, cover: Cover) -> dict[str, Any]:
    earlier = {**_sums(cover.earlier), "until": cover.earlier_until} if cover.earlier_until else None
    return {
        "address": str(cover.address),
        "timeZone": cover.zone.key,
        "accountedSince": _time(cover.since),
        "accountedUntil": _time(cover.until),
        "closed": cover.closed,
        "ok": not found.below(cover),
        **_sums(cover.sums),
        "notRecordedNow": None if cover.standing is None else _standing(cover.standing),
        "gaps": [_gap(segment) for segment in cover.gaps],
        "days": [_day(day) for day in cover.days],
        "earlier": earlier,
        "leftOutUntil": cover.missing_until or None,
    }


def _sums(part: Sums) -> dict[str, Any]:
    return {
        "wantedMinutes": minutes(part.wanted),
        "dueMinutes": minutes(part.due),
        "coveredMinutes": minutes(part.covered),
        "percent": _number(percent(part)),
        "percentAtMost": _number(at_most(part)),
        "gapMinutes": {cause.value: minutes(seconds) for cause, seconds in sorted(part.causes.items())},
    }


def _gap(segment: Segment) -> dict[str, Any]:
    return {
        "begin": _time(segment.begin),
        "end": _time(segment.end),
        "minutes": minutes(segment.length),
        "cause": "" if segment.cause is None else segment.cause.value,
        "evidence": segment.detail,
    }


def _day(day: Day) -> dict[str, Any]:
    return {"day": day.day, **_sums(day.sums)}


def _standing(standing: Standing) -> dict[str, Any]:
    until = None if standing.until is None else _time(standing.until)
    return {"cause": standing.cause.value, "since": _time(standing.at), "until": until, "evidence": standing.detail}


def minutes(seconds: int) -> float:
    """Seconds as minutes; whole ones as whole numbers."""
    return seconds // 60 if seconds % 60 == 0 else round(seconds / 60, _DIGITS)


def _number(value: Decimal | None) -> float | None:
    return None if value is None else float(value)


def _time(second: int) -> str:
    return f"{as_time(second):%Y-%m-%dT%H:%M:%SZ}"


__all__ = ["coverage_document", "coverage_json", "minutes"]
