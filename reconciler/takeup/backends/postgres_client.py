"""One transaction after another at a PostgreSQL server. The only module that knows psycopg.

Nothing outlives a transaction here: no prepared statement, no setting, no lock of a session. So a pooler that gives
each transaction another connection of the server (pgbouncer) may stand in between.
"""

import logging
import os
import socket
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from typing import Any, TypeVar

import psycopg
from psycopg import errors
from psycopg.conninfo import conninfo_to_dict

from takeup.backends.postgres_access import PostgresAccess, access_of, on_this_machine
from takeup.backends.postgres_tables import SETTINGS
from takeup.core.secret import Secret
from takeup.errors import StateConflictError, StateError, StateUnclearError

logging.getLogger("psycopg").addHandler(logging.NullHandler())  # else it tells on stderr of rollbacks that fail
Cursor = psycopg.Cursor[Any]
T = TypeVar("T")
PATIENCE = 20.0
"""For how many seconds a server that was there is waited for: less than a lease lasts."""
LIMIT = 30.0
"""For how many seconds a transaction may go on: a server that is connected and never answers is none."""
_PAUSE = 0.1
_LONGEST_PAUSE = 2.0
_MISSING = (errors.UndefinedTable, errors.InvalidSchemaName)
_TAKEN = (errors.UniqueViolation, errors.DuplicateSchema, errors.DuplicateTable)
_AGAIN = (errors.SerializationFailure, errors.DeadlockDetected)  # the whole transaction was undone
_READ_ONLY = (errors.ReadOnlySqlTransaction,)
_BUSY = (errors.LockNotAvailable, errors.QueryCanceled)
_HINTS: tuple[tuple[str, str], ...] = (
    ("password", "Check user and password in state.connection, or PGUSER and PGPASSWORD."),
    ("does not exist", "Create it, or name another one in state.connection."),
    ("pg_hba.conf", "The server does not let this user in from here: its pg_hba.conf says who may."),
    ("SSL", "A server that is not on this machine must have TLS: see sslmode and sslrootcert in state.connection."),
    ("certificate", "See sslmode and sslrootcert in state.connection."),
)
_BUSY_HINT = "Somebody else holds its row for longer than a transaction takes: see pg_stat_activity."
_HINT = "Check state.connection (host, port, dbname), and that the server runs."


def parsed(connection: Secret | None, env: Mapping[str, str]) -> PostgresAccess:
    """What a connection string says: a URI, or libpq's key=value pairs; without one, the environment says it all.

    Raises:
        StateError: it is neither, or would send the state in plain text. What it says is not told: it holds a password.
    """
    try:
        given = conninfo_to_dict("" if connection is None else connection.reveal())
    except psycopg.Error:
        raise StateError(
            "state.connection is no connection string of PostgreSQL.",
            hint="Write postgresql://USER@HOST:PORT/DATABASE, with special characters of the password as %XX, or"
            " host=HOST dbname=DATABASE user=USER.",
        ) from None
    return access_of({key: str(value) for key, value in given.items() if value is not None}, env)


class PostgresClient:
    """Runs transactions; threads take turns.

    Args:
        access: where.
        patience: for how many seconds a server that was reached before is waited for, all attempts together.
        limit: for how many seconds a transaction may go on before its connection is given up.
    """

    def __init__(self, access: PostgresAccess, *, patience: float = PATIENCE, limit: float = LIMIT) -> None:
        self._access = access
        self._patience = patience
        self._limit = limit
        self._mutex = threading.RLock()
        self._kept: psycopg.Connection[Any] | None = None
        self._keeping = 0
        self._known = False
        self._away_since: float | None = None

    @property
    def access(self) -> PostgresAccess:
        """Where."""
        return self._access

    def describe(self) -> str:
        """Where, for people."""
        return self._access.shown

    @contextmanager
    def kept(self) -> Iterator[None]:
        """Meanwhile, one connection serves all transactions."""
        with self._mutex:
            self._keeping += 1
        try:
            yield
        finally:
            with self._mutex:
                self._keeping -= 1
                self._put_back()

    def run(  # noqa: PLR0913 - how a transaction is run, each by its name
        self,
        what: str,
        work: Callable[[Cursor, bool], T],
        *,
        absent: Callable[[], T] | None = None,
        alone: bool = False,
        writes: bool = True,
        patience: float | None = None,
    ) -> T:
        """Do some work in one transaction, and again in another one where the connection was lost.

        Args:
            what: what is done, for people: "read".
            work: the statements. It is told whether it may have been done already, by an earlier attempt.
            absent: gives the result where the tables are not there.
            alone: the work is a single statement, and a transaction by itself.
            writes: whether it matters that nobody knows if it was done.
            patience: as that of the client.

        Raises:
            StateConflictError: something with this key is there.
            StateUnclearError: it may or may not have been done.
            StateError: it was not.
        """
        patience = self._patience if patience is None else patience
        again, pause = False, _PAUSE
        with self._mutex:
            while True:
                sent = False
                try:
                    connection = self._connection()
                    sent = True
                    return self._once(connection, work, again=again, alone=alone)
                except psycopg.Error as error:
                    failure = error
                finally:
                    lost = sent and self._lost()
                    if not self._keeping:
                        self._put_back()
                # not within `except`: what psycopg has raised holds the password, and would stay behind our error
                if absent is not None and isinstance(failure, _MISSING):
                    return absent()
                again = again or (lost and writes)
                refused = self._refused(what, failure, connected=sent and not lost, unclear=again)
                if not (lost or isinstance(failure, _AGAIN) or (not sent and self._known)):
                    raise refused from self._bare(failure)
                self._away_since = self._away_since or time.monotonic()
                if time.monotonic() + pause > self._away_since + patience:
                    raise refused from self._bare(failure)
                time.sleep(pause)
                pause = min(2 * pause, _LONGEST_PAUSE)

    def _bare(self, error: psycopg.Error) -> psycopg.Error:
        """An error of psycopg with nothing but its words."""
        return type(error)(self._access.conceal(str(error)))

    def _once(
        self, connection: psycopg.Connection[Any], work: Callable[[Cursor, bool], T], *, again: bool, alone: bool
    ) -> T:
        try:
            with self._limited(connection), connection.cursor(binary=True) as cursor:
                if alone:
                    result = work(cursor, again)
                else:
                    with connection.transaction():
                        cursor.execute(SETTINGS)
                        result = work(cursor, again)
        except psycopg.Error:
            raise
        except StateError:
            self._away_since = None
            raise
        except BaseException:  # interrupted: nobody knows what the connection is in the middle of
            self._put_back()
            raise
        self._away_since = None
        return result

    @contextmanager
    def _limited(self, connection: psycopg.Connection[Any]) -> Iterator[None]:
        """Cut the connection where an answer does not come: libpq itself would wait for ever."""
        timer = threading.Timer(self._limit, _cut, (connection,))
        timer.daemon = True
        timer.start()
        try:
            yield
        finally:
            timer.cancel()

    def _connection(self) -> psycopg.Connection[Any]:
        if self._kept is None:
            # autocommit: a transaction is where this module begins one; no threshold: nothing is ever prepared
            self._kept = psycopg.connect(**self._access.parameters, autocommit=True, prepare_threshold=None)  # type: ignore[arg-type]  # libpq's parameters, by name
            self._check_encrypted(self._kept)
            self._known = True
        return self._kept

    def _check_encrypted(self, connection: psycopg.Connection[Any]) -> None:
        """A service may have named another host than anybody could know before."""
        host = connection.info.hostaddr or connection.info.host
        if not connection.pgconn.ssl_in_use and not on_this_machine(host):
            self._put_back()
            raise StateError(
                f"The connection to {self.describe()} is not encrypted: the state would go readably over the network."
                " Nothing was sent.",
                hint="Write sslmode=verify-full, or at least sslmode=require.",
            )

    def _lost(self) -> bool:
        """Whether the connection has ended; if so, the next attempt makes another one."""
        if self._kept is None or not (self._kept.closed or self._kept.broken):
            return False
        self._put_back()
        return True

    def _put_back(self) -> None:
        kept, self._kept = self._kept, None
        if kept is not None:
            with suppress(psycopg.Error):
                kept.close()

    def _refused(self, what: str, error: psycopg.Error, *, connected: bool, unclear: bool) -> StateError:
        """What went wrong, as a sentence; see `run`."""
        said = self._access.conceal(error.diag.message_primary or str(error)) or type(error).__name__
        where = f"The state at {self.describe()}"
        if isinstance(error, _TAKEN):
            return StateConflictError(f"{where} holds something else by now ({said}). Nothing was changed.")
        if unclear:
            return StateUnclearError(
                f"{where} may not have been {what}: the connection was lost ({said}).",
                hint="When the server is back, plan again: what is there is read first.",
            )
        if not connected or error.sqlstate is None:
            hint = next((hint for part, hint in _HINTS if part in said), _HINT)
            return StateError(f"{where} could not be {what}: no connection ({said}).", hint=hint)
        if isinstance(error, errors.InsufficientPrivilege):
            return StateError(
                f"{where} could not be {what}: this role may not ({said}).",
                hint="It needs USAGE on the schema, and on its tables SELECT to read, and INSERT, UPDATE and DELETE as"
                " well to write.",
            )
        if isinstance(error, _READ_ONLY):
            return StateError(
                f"{where} could not be {what}: this server takes no writes ({said}). It is a read replica, or its"
                " default_transaction_read_only is on.",
                hint="Name the primary server; among several hosts, target_session_attrs=read-write finds it.",
            )
        if isinstance(error, _MISSING):
            return StateError(
                f"{where} could not be {what}: a table is missing ({said}).",
                hint="Bring the tables back from a backup; an empty schema of another name is made use of as well.",
            )
        return StateError(
            f"{where} could not be {what}: {said} (SQLSTATE {error.sqlstate}).",
            hint=_BUSY_HINT if isinstance(error, _BUSY) else "",
        )


def _cut(connection: psycopg.Connection[Any]) -> None:
    with suppress(psycopg.Error, OSError), socket.socket(fileno=os.dup(connection.fileno())) as same:
        same.shutdown(socket.SHUT_RDWR)


def denied(error: StateError) -> bool:
    """Whether a role lacks a right."""
    return isinstance(error.__cause__, errors.InsufficientPrivilege)
