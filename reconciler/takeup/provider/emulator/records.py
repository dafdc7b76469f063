"""What the emulator remembers: the ports, and the store in memory. `store.SqliteStore` keeps the same in a file."""

import heapq
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Any, Protocol

from takeup.provider.emulator.sessions import Reservation, Session

Triple = tuple[str, str, str]
PRUNE_EVERY = 300.0
"""Forgetting costs a look at everything old, so it is done once in so many seconds of the emulator's clock."""


class Records(Protocol):
    """What may be done inside one transaction."""

    def reservation(self, resource_id: str) -> Reservation | None:
        """Find a reservation."""

    def session(self, sid: str) -> Session | None:
        """Find a session, ended ones included."""

    def latest(self, triple: Triple) -> Session | None:
        """Find the session that was started last for an (app_id, cname, uid)."""

    def live(self, now: float) -> list[Session]:
        """List the sessions that are not over at a time, oldest first. The time must not lie before an earlier one."""

    def count_live(self, app_id: str, now: float) -> int:
        """Count the sessions of an App ID that are not over at a time, without reading them."""

    def sessions(self) -> list[Session]:
        """List all sessions, oldest first, ended ones included. Reads everything."""

    def put_reservation(self, reservation: Reservation) -> None:
        """Insert or replace one reservation."""

    def put_session(self, session: Session) -> None:
        """Insert or replace one session."""

    def prune(self, before: float) -> None:
        """Forget the sessions that left before a time, and older reservations whose session is not remembered.

        Does nothing where it was done less than `PRUNE_EVERY` seconds before.
        """

    def meta(self, key: str) -> Any:  # noqa: ANN401 - any JSON value
        """Read what was noted under a key; None where nothing was."""

    def put_meta(self, key: str, value: Any) -> None:  # noqa: ANN401 - any JSON value
        """Note a JSON value under a key; None takes the note away."""

    def clear(self) -> None:
        """Forget everything."""


class Store(Protocol):
    """Storage that serialises its writers."""

    def writing(self) -> AbstractContextManager[Records]:
        """Open a transaction that nobody else writes during; undone when the block raises."""

    def reading(self) -> AbstractContextManager[Records]:
        """Open a view to read from; it must not be written to."""

    def close(self) -> None:
        """Let go of files."""


class MemoryStore:
    """Keeps everything in dicts under one lock."""

    def __init__(self) -> None:
        self._lock = threading.RLock()
        self._depth = 0
        self._undo: list[tuple[dict[Any, Any], Any, Any]] = []
        self.clear()

    def clear(self) -> None:
        """Forget everything."""
        self._reservations: dict[str, Reservation] = {}
        self._sessions: dict[str, Session] = {}
        self._latest: dict[Triple, str] = {}
        self._meta: dict[str, Any] = {}
        self._pruned_at = float("-inf")
        self._index()

    def _index(self) -> None:
        """Build what finds the live sessions: themselves, how many there are per App ID, and the next to leave."""
        self._live: dict[str, Session] = {}
        self._per_app: Counter[str] = Counter()
        self._leaving: list[tuple[float, str]] = []
        for session in self._sessions.values():
            self._watch(session)

    @contextmanager
    def writing(self) -> Iterator[Records]:
        """Hold the lock; what was put is taken back when the block raises."""
        with self._lock:
            self._depth += 1
            try:
                yield self
            except BaseException:
                if self._depth == 1:
                    self._take_back()
                raise
            finally:
                self._depth -= 1
                if self._depth == 0:
                    self._undo.clear()

    @contextmanager
    def reading(self) -> Iterator[Records]:
        """Hold the lock."""
        with self._lock:
            yield self

    def close(self) -> None:
        """Do nothing."""

    def reservation(self, resource_id: str) -> Reservation | None:
        """Find a reservation."""
        return self._reservations.get(resource_id)

    def session(self, sid: str) -> Session | None:
        """Find a session."""
        return self._sessions.get(sid)

    def latest(self, triple: Triple) -> Session | None:
        """Find the last session of a triple."""
        sid = self._latest.get(triple)
        return None if sid is None else self._sessions[sid]

    def live(self, now: float) -> list[Session]:
        """List the live sessions."""
        self._sweep(now)
        return list(self._live.values())

    def count_live(self, app_id: str, now: float) -> int:
        """Count the live sessions of an App ID."""
        self._sweep(now)
        return self._per_app[app_id]

    def sessions(self) -> list[Session]:
        """List all sessions."""
        return list(self._sessions.values())

    def put_reservation(self, reservation: Reservation) -> None:
        """Insert or replace one reservation."""
        self._set(self._reservations, reservation.resource_id, reservation)

    def put_session(self, session: Session) -> None:
        """Insert or replace one session."""
        if session.sid not in self._sessions:
            self._set(self._latest, session.triple, session.sid)
        self._set(self._sessions, session.sid, session)
        self._watch(session)

    def prune(self, before: float) -> None:
        """Forget what is old."""
        if before - self._pruned_at < PRUNE_EVERY:
            return
        self._pruned_at = before
        for session in [item for item in self._sessions.values() if item.leaves_at < before]:
            self._set(self._sessions, session.sid, None)
            if self._latest.get(session.triple) == session.sid:
                self._set(self._latest, session.triple, None)
        for item in [item for item in self._reservations.values() if item.acquired_at < before]:
            if item.sid is None or item.sid not in self._sessions:
                self._set(self._reservations, item.resource_id, None)
        self._index()

    def meta(self, key: str) -> Any:  # noqa: ANN401 - any JSON value
        """Read a note."""
        return self._meta.get(key)

    def put_meta(self, key: str, value: Any) -> None:  # noqa: ANN401 - any JSON value
        """Write a note."""
        self._set(self._meta, key, value)

    def _set(self, table: dict[Any, Any], key: Any, value: Any) -> None:  # noqa: ANN401 - of any of the tables
        """Change one entry (None removes it), remembering what it was."""
        self._undo.append((table, key, table.get(key)))
        _put(table, key, value)

    def _take_back(self) -> None:
        for table, key, value in reversed(self._undo):
            _put(table, key, value)
        self._index()

    def _watch(self, session: Session) -> None:
        """Count a session as live until a sweep finds that it is over."""
        before = self._live.get(session.sid)
        if before is None:
            self._per_app[session.app_id] += 1
        self._live[session.sid] = session
        if session.leaves_at != float("inf") and (before is None or before.leaves_at != session.leaves_at):
            heapq.heappush(self._leaving, (session.leaves_at, session.sid))

    def _sweep(self, now: float) -> None:
        """Drop the sessions that are over. An entry of the heap is a reminder: its session may have got another end."""
        while self._leaving and self._leaving[0][0] <= now:
            _, sid = heapq.heappop(self._leaving)
            session = self._live.get(sid)
            if session is not None and session.leaves_at <= now:
                del self._live[sid]
                self._per_app[session.app_id] -= 1


def _put(table: dict[Any, Any], key: Any, value: Any) -> None:  # noqa: ANN401 - of any of the tables
    if value is None:
        table.pop(key, None)
    else:
        table[key] = value
