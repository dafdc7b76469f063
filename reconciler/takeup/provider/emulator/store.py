"""Where the emulator keeps its reservations and sessions: in memory, or in one SQLite file.

A SQLite file may be used by several threads and several processes at once.
"""

import json
import os
import sqlite3
import threading
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Any, Protocol

from takeup.provider.emulator.sessions import Reservation, Session

Triple = tuple[str, str, str]


class Records(Protocol):
    """What may be done inside one transaction."""

    def reservation(self, resource_id: str) -> Reservation | None:
        """Find a reservation."""

    def session(self, sid: str) -> Session | None:
        """Find a session, ended ones included."""

    def latest(self, triple: Triple) -> Session | None:
        """Find the session that was started last for an (app_id, cname, uid)."""

    def sessions(self) -> list[Session]:
        """List all sessions, oldest first, ended ones included. For tests: reads everything."""

    def put_reservation(self, reservation: Reservation) -> None:
        """Insert or replace one reservation."""

    def put_session(self, session: Session) -> None:
        """Insert or replace one session."""


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
        self._reservations: dict[str, Reservation] = {}
        self._sessions: dict[str, Session] = {}
        self._latest: dict[Triple, str] = {}

    @contextmanager
    def writing(self) -> Iterator[Records]:
        """Hold the lock. Nothing is undone: the world writes last, after every check."""
        with self._lock:
            yield self

    def reading(self) -> AbstractContextManager[Records]:
        """Hold the lock."""
        return self.writing()

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

    def sessions(self) -> list[Session]:
        """List all sessions."""
        return list(self._sessions.values())

    def put_reservation(self, reservation: Reservation) -> None:
        """Insert or replace one reservation."""
        self._reservations[reservation.resource_id] = reservation

    def put_session(self, session: Session) -> None:
        """Insert or replace one session."""
        if session.sid not in self._sessions:
            self._latest[session.triple] = session.sid
        self._sessions[session.sid] = session


_SCHEMA = (
    "CREATE TABLE IF NOT EXISTS reservations (resource_id TEXT PRIMARY KEY, doc TEXT NOT NULL) WITHOUT ROWID",
    (
        "CREATE TABLE IF NOT EXISTS sessions (n INTEGER PRIMARY KEY, sid TEXT NOT NULL UNIQUE,"
        " app_id TEXT NOT NULL, cname TEXT NOT NULL, uid TEXT NOT NULL, doc TEXT NOT NULL)"
    ),
    "CREATE INDEX IF NOT EXISTS triples ON sessions (app_id, cname, uid, n)",
)


class SqliteStore:
    """Keeps one row per reservation and per session in a SQLite file.

    The file outlives a process, not a power cut (synchronous=OFF): it holds an emulator's memory.
    """

    def __init__(self, path: Path | str, *, busy_timeout: float = 30.0) -> None:
        self._lock = threading.RLock()
        # As private as the state beside it; SQLite gives its journal files the same mode.
        os.close(os.open(path, os.O_CREAT | os.O_RDWR, 0o600))
        self._db = sqlite3.connect(path, timeout=busy_timeout, isolation_level=None, check_same_thread=False)
        try:
            self._prepare(busy_timeout)
        except BaseException:
            self._db.close()
            raise

    def _prepare(self, patience: float) -> None:
        """Switch to WAL (which ignores the busy timeout, hence the loop) and create the tables."""
        deadline = time.monotonic() + patience
        while True:
            try:
                self._db.execute("PRAGMA journal_mode=WAL")
                break
            except sqlite3.OperationalError:
                if time.monotonic() > deadline:
                    raise
                time.sleep(0.02)
        self._db.execute("PRAGMA synchronous=OFF")
        with self.writing():
            for statement in _SCHEMA:
                self._db.execute(statement)

    @contextmanager
    def writing(self) -> Iterator[Records]:
        """Take the write lock of the file (BEGIN IMMEDIATE) for the length of the block."""
        with self._lock:
            self._db.execute("BEGIN IMMEDIATE")
            try:
                yield self
            except BaseException:
                self._db.execute("ROLLBACK")
                raise
            self._db.execute("COMMIT")

    @contextmanager
    def reading(self) -> Iterator[Records]:
        """Read the last committed rows, without keeping writers of other processes out."""
        with self._lock:
            yield self

    def close(self) -> None:
        """Close the file."""
        with self._lock:
            self._db.close()

    def reservation(self, resource_id: str) -> Reservation | None:
        """Find a reservation."""
        row = self._row("SELECT doc FROM reservations WHERE resource_id = ?", (resource_id,))
        return None if row is None else Reservation(**row)

    def session(self, sid: str) -> Session | None:
        """Find a session."""
        row = self._row("SELECT doc FROM sessions WHERE sid = ?", (sid,))
        return None if row is None else _session(row)

    def latest(self, triple: Triple) -> Session | None:
        """Find the last session of a triple."""
        row = self._row(
            "SELECT doc FROM sessions WHERE app_id = ? AND cname = ? AND uid = ? ORDER BY n DESC LIMIT 1",
            triple,
        )
        return None if row is None else _session(row)

    def sessions(self) -> list[Session]:
        """List all sessions."""
        rows = self._db.execute("SELECT doc FROM sessions ORDER BY n").fetchall()
        return [_session(json.loads(row[0])) for row in rows]

    def put_reservation(self, reservation: Reservation) -> None:
        """Insert or replace one reservation."""
        self._db.execute(
            "INSERT OR REPLACE INTO reservations VALUES (?, ?)",
            (reservation.resource_id, json.dumps(asdict(reservation))),
        )

    def put_session(self, session: Session) -> None:
        """Insert one session, or replace its document."""
        self._db.execute(
            "INSERT INTO sessions (sid, app_id, cname, uid, doc) VALUES (?, ?, ?, ?, ?)"
            " ON CONFLICT (sid) DO UPDATE SET doc = excluded.doc",
            (session.sid, *session.triple, json.dumps(asdict(session))),
        )

    def _row(self, statement: str, values: tuple[str, ...]) -> dict[str, Any] | None:
        row = self._db.execute(statement, values).fetchone()
        document: dict[str, Any] | None = None if row is None else json.loads(row[0])
        return document


def _session(row: dict[str, Any]) -> Session:
    """Build a session from its row: JSON knows no tuples."""
    return Session(**{**row, "outputs": tuple(row["outputs"])})
