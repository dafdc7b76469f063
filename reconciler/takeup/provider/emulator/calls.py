"""What was called, and what came of it: the memory of the access log and of the status page."""

import threading
from collections import Counter, deque
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

KEPT = 1000
_SHOWN = 24
_LONGEST = 64
_LAST = 253_402_300_799.0  # the year 9999: a clock can be stepped further than a date goes


@dataclass(frozen=True, slots=True)
class Entry:
    """One call. Neither a header, nor a body, nor a whole resourceId gets in.

    Args:
        at: when it arrived, in Unix seconds of the emulator's clock.
        operation: acquire, start, query, update, updateLayout, stop or receivers; empty: no route.
        cname: of the channel, as far as the call or its answer tells.
        uid: of the recorder, likewise.
        status: the HTTP status; None where the connection closed without one.
        code: of an error of the service.
        reason: of an error, the gateway's included.
        fault: the kind of rule that struck, or empty.
        ms: real milliseconds until the answer was ready.
        notes: what a person should know: why a body was refused, what was odd, what a fault hid.
    """

    at: float
    operation: str
    cname: str = ""
    uid: str = ""
    status: int | None = None
    code: int | None = None
    reason: str = ""
    fault: str = ""
    ms: float = 0.0
    notes: tuple[str, ...] = ()

    def as_json(self) -> dict[str, Any]:
        """Build its JSON form, the time in ISO 8601 (UTC)."""
        return {
            "at": _moment(self.at).isoformat(timespec="milliseconds"),
            "operation": self.operation,
            "cname": self.cname,
            "uid": self.uid,
            "status": self.status,
            "code": self.code,
            "reason": self.reason,
            "fault": self.fault,
            "ms": round(self.ms, 1),
            "notes": list(self.notes),
        }


class CallLog:
    """Remembers the last calls and counts all of them. Safe for several threads.

    Args:
        kept: how many are remembered.
    """

    def __init__(self, kept: int = KEPT) -> None:
        self._lock = threading.Lock()
        self._entries: deque[Entry] = deque(maxlen=kept)
        self._counts: Counter[tuple[str, int | None]] = Counter()
        self._listeners: tuple[Callable[[Entry], None], ...] = ()

    @property
    def entries(self) -> tuple[Entry, ...]:
        """The calls that are remembered, oldest first."""
        with self._lock:
            return tuple(self._entries)

    def last(self, count: int) -> tuple[Entry, ...]:
        """Tell the last calls, oldest first."""
        entries = self.entries
        return entries[max(0, len(entries) - count) :]

    @property
    def totals(self) -> Counter[str]:
        """All calls per operation, those included that are no longer remembered."""
        totals: Counter[str] = Counter()
        for (operation, _), count in self.statuses.items():
            totals[operation] += count
        return totals

    @property
    def statuses(self) -> Counter[tuple[str, int | None]]:
        """All calls per operation and HTTP status; None counts those that got no answer."""
        with self._lock:
            return self._counts.copy()

    def add(self, entry: Entry) -> None:
        """Remember and count a call, and tell the listeners."""
        with self._lock:
            self._entries.append(entry)
            self._counts[entry.operation, entry.status] += 1
        for listener in self._listeners:
            listener(entry)

    def listen(self, callback: Callable[[Entry], None]) -> None:
        """Tell every call from now on to this callback, on the thread that serves the call."""
        with self._lock:
            self._listeners = (*self._listeners, callback)

    def clear(self) -> None:
        """Forget all calls and counts; listeners stay."""
        with self._lock:
            self._entries.clear()
            self._counts.clear()


def line(entry: Entry) -> str:
    """Write an access-log line: `12:00:03 start hall/10001 200 1.2ms`. The time is UTC."""
    whose = f"{_plain(entry.cname)}/{_plain(entry.uid)}" if entry.cname or entry.uid else ""
    status = "closed" if entry.status is None else str(entry.status)
    if entry.code is not None:
        status += f"/{entry.code}"
    words = [f"{_moment(entry.at):%H:%M:%S}", entry.operation or "no-route", whose, status, f"{entry.ms:.1f}ms"]
    if entry.fault:
        words.append(f"[{entry.fault}]")
    words.append(_plain(entry.reason, 200))
    if entry.notes:
        words.append("(" + _plain("; ".join(entry.notes), 600) + ")")
    return " ".join(word for word in words if word)


def shortened(path: str) -> str:
    """Shorten the long segments of a path: a resourceId has 256 characters. The query is left out."""
    parts = path.partition("?")[0].split("/")
    return "/".join(part if len(part) <= _SHOWN else f"{part[:8]}..." for part in parts)[:200]


def _plain(text: str, longest: int = _LONGEST) -> str:
    """Escape what a terminal would obey, keep letters of all languages, and cut what is too long."""
    cut = text if len(text) <= longest else text[: longest - 3] + "..."
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode("ascii") for c in cut)


def _moment(at: float) -> datetime:
    return datetime.fromtimestamp(min(at, _LAST), UTC)
