"""The emulator's memory in one SQLite file. Several threads and several processes may use it at once."""

import json
import os
import sqlite3
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Any

from takeup.errors import StateError
from takeup.provider.emulator.records import PRUNE_EVERY, MemoryStore, Records, Store, Triple
from takeup.provider.emulator.sessions import Reservation, Session

__all__ = ["MemoryStore", "Records", "SqliteStore", "Store", "Triple"]

APPLICATION = 0x74616B65
"""SQLite's application_id of these files: "take"."""
VERSION = 2
"""Of the tables. Version 1 had no number; its tables held `doc` alone."""

_TABLES = (
    (
        "CREATE TABLE reservations (resource_id TEXT PRIMARY KEY, acquired_at REAL NOT NULL, sid TEXT,"
        " doc TEXT NOT NULL) WITHOUT ROWID"
    ),
    (
        "CREATE TABLE sessions (n INTEGER PRIMARY KEY, sid TEXT NOT NULL UNIQUE, app_id TEXT NOT NULL,"
        " cname TEXT NOT NULL, uid TEXT NOT NULL, leaves_at REAL NOT NULL, doc TEXT NOT NULL)"
    ),
    "CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID",
    "CREATE INDEX reserved ON reservations (acquired_at)",
    "CREATE INDEX triples ON sessions (app_id, cname, uid, n)",
    "CREATE INDEX leaving ON sessions (leaves_at)",
    "CREATE INDEX leaving_of ON sessions (app_id, leaves_at)",
)
_VERSION_1 = {"reservations", "sessions"}


class SqliteStore:
    """Keeps one row per reservation and per session in a SQLite file.

    The file outlives a process, not a power cut (synchronous=OFF): it holds an emulator's memory. A file that an
    earlier emulator wrote begins empty: what it held was made up, and its rows say too little for today's rules.

    Args:
        path: the file; made, readable by its owner alone, where it is missing.
        busy_timeout: for how long to wait for another process, in seconds.

    Raises:
        StateError: the file cannot be opened, is not an emulator's, or is of a newer version. It is left as it is.
    """

    def __init__(self, path: Path | str, *, busy_timeout: float = 30.0) -> None:
        self._lock = threading.RLock()
        self._depth = 0
        self._pruned_at = float("-inf")
        try:
            # As private as the state beside it; SQLite gives its journal files the same mode.
            os.close(os.open(path, os.O_CREAT | os.O_RDWR, 0o600))
        except OSError as problem:
            raise StateError(f"The emulator's file {path} cannot be opened: {problem.strerror}.") from problem
        self._db = sqlite3.connect(path, timeout=busy_timeout, isolation_level=None, check_same_thread=False)
        try:
            self._check(path)
            self._prepare(busy_timeout)
        except sqlite3.OperationalError as problem:
            self._db.close()
            raise StateError(f"The emulator's file {path} cannot be used: {problem}.") from problem
        except sqlite3.DatabaseError as problem:
            self._db.close()
            raise _foreign(path) from problem
        except BaseException:
            self._db.close()
            raise

    def _check(self, path: Path | str) -> None:
        """Look at a file before anything is written to it."""
        tables = self._tables()
        application, version = self._pragma("application_id"), self._pragma("user_version")
        if application == APPLICATION and version > VERSION:
            raise StateError(
                f"The emulator's file {path} was written by a newer takeup (version {version}; this one knows"
                f" {VERSION}).",
                hint="Use that takeup, or another file.",
            )
        if application != APPLICATION and tables and tables != _VERSION_1:
            raise _foreign(path)

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
            # Looked at anew: another process may have been here since.
            if self._pragma("user_version") < VERSION:
                self._create()

    def _create(self) -> None:
        for table in sorted(self._tables()):
            self._db.execute(f'DROP TABLE "{table}"')
        for statement in _TABLES:
            self._db.execute(statement)
        self._db.execute(f"PRAGMA application_id = {APPLICATION}")
        self._db.execute(f"PRAGMA user_version = {VERSION}")

    def _tables(self) -> set[str]:
        rows = self._db.execute("SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'")
        return {row[0] for row in rows}

    def _pragma(self, name: str) -> int:
        return int(self._db.execute(f"PRAGMA {name}").fetchone()[0])

    @contextmanager
    def writing(self) -> Iterator[Records]:
        """Take the write lock of the file (BEGIN IMMEDIATE) for the length of the block."""
        with self._lock:
            if self._depth == 0:
                self._db.execute("BEGIN IMMEDIATE")
            self._depth += 1
            try:
                yield self
            except BaseException:
                if self._depth == 1:
                    self._db.execute("ROLLBACK")
                raise
            else:
                if self._depth == 1:
                    self._db.execute("COMMIT")
            finally:
                self._depth -= 1

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
        row = self._db.execute("SELECT doc FROM reservations WHERE resource_id = ?", (resource_id,)).fetchone()
        return None if row is None else Reservation(**json.loads(row[0]))

    def session(self, sid: str) -> Session | None:
        """Find a session."""
        return self._one("SELECT doc FROM sessions WHERE sid = ?", (sid,))

    def latest(self, triple: Triple) -> Session | None:
        """Find the last session of a triple."""
        return self._one(
            "SELECT doc FROM sessions WHERE app_id = ? AND cname = ? AND uid = ? ORDER BY n DESC LIMIT 1", triple
        )

    def live(self, now: float) -> list[Session]:
        """List the live sessions."""
        return self._many("SELECT doc FROM sessions WHERE leaves_at > ? ORDER BY n", (now,))

    def count_live(self, app_id: str, now: float) -> int:
        """Count the live sessions of an App ID."""
        counted = "SELECT count(*) FROM sessions WHERE app_id = ? AND leaves_at > ?"
        return int(self._db.execute(counted, (app_id, now)).fetchone()[0])

    def sessions(self) -> list[Session]:
        """List all sessions."""
        return self._many("SELECT doc FROM sessions ORDER BY n", ())

    def put_reservation(self, reservation: Reservation) -> None:
        """Insert or replace one reservation."""
        document = json.dumps(asdict(reservation))
        self._db.execute(
            "INSERT OR REPLACE INTO reservations VALUES (?, ?, ?, ?)",
            (reservation.resource_id, reservation.acquired_at, reservation.sid, document),
        )

    def put_session(self, session: Session) -> None:
        """Insert one session, or replace its document."""
        self._db.execute(
            "INSERT INTO sessions (sid, app_id, cname, uid, leaves_at, doc) VALUES (?, ?, ?, ?, ?, ?)"
            " ON CONFLICT (sid) DO UPDATE SET leaves_at = excluded.leaves_at, doc = excluded.doc",
            (session.sid, *session.triple, session.leaves_at, json.dumps(session.to_row(), default=asdict)),
        )

    def prune(self, before: float) -> None:
        """Forget what is old."""
        if before - self._pruned_at < PRUNE_EVERY:
            return
        self._pruned_at = before
        self._db.execute("DELETE FROM sessions WHERE leaves_at < ?", (before,))
        self._db.execute(
            "DELETE FROM reservations WHERE acquired_at < ? AND (sid IS NULL OR sid NOT IN (SELECT sid FROM sessions))",
            (before,),
        )

    def meta(self, key: str) -> Any:  # noqa: ANN401 - any JSON value
        """Read a note."""
        row = self._db.execute("SELECT value FROM meta WHERE key = ?", (key,)).fetchone()
        return None if row is None else json.loads(row[0])

    def put_meta(self, key: str, value: Any) -> None:  # noqa: ANN401 - any JSON value
        """Write a note."""
        if value is None:
            self._db.execute("DELETE FROM meta WHERE key = ?", (key,))
        else:
            self._db.execute("INSERT OR REPLACE INTO meta VALUES (?, ?)", (key, json.dumps(value)))

    def clear(self) -> None:
        """Forget everything."""
        for table in ("reservations", "sessions", "meta"):
            self._db.execute(f"DELETE FROM {table}")  # noqa: S608 - our own three names
        self._pruned_at = float("-inf")

    def _one(self, statement: str, values: tuple[str, ...]) -> Session | None:
        row = self._db.execute(statement, values).fetchone()
        return None if row is None else Session.from_row(json.loads(row[0]))

    def _many(self, statement: str, values: tuple[float, ...]) -> list[Session]:
        rows = self._db.execute(statement, values).fetchall()
        return [Session.from_row(json.loads(row[0])) for row in rows]


def _foreign(path: Path | str) -> StateError:
    return StateError(
        f"{path} is not a file of the emulator; it was left as it is.", hint="Name another file, or one not there yet."
    )
