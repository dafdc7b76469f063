"""When a recording began, as a query answer tells it: the earliest `sliceStartTime` in it. Pure."""

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any

_IN_MILLISECONDS = 10**11
"""From here on a number is milliseconds: as seconds it would be in the year 5138, as milliseconds it is in 1973."""
_LAST = 253_402_300_799
"""The last second of the year 9999, where Python's times end."""


def first_slice(holders: Iterable[Mapping[str, Any]]) -> datetime | None:
    """The earliest slice of an answer and its files; None where none is told (0 is none).

    (C) Every official sample has milliseconds, the English text of 2026 says seconds: both are read.
    """
    told = [time for holder in holders if (time := _time(holder.get("sliceStartTime"))) is not None]
    return min(told, default=None)


def _time(value: object) -> datetime | None:
    if not isinstance(value, int) or isinstance(value, bool) or value <= 0:
        return None
    seconds = value / 1000 if value >= _IN_MILLISECONDS else float(value)
    return datetime.fromtimestamp(seconds, UTC) if seconds <= _LAST else None
