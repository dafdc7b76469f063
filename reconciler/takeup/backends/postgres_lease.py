"""The lease of a state as a row: taken, renewed and given back, each in one transaction, by the server's clock."""

from datetime import UTC, datetime

from takeup.backends.format import decode_snapshot
from takeup.backends.lease import Lease, check_free
from takeup.backends.lock import Lock, alive, check_unlock, decode_lock, encode_lock
from takeup.backends.postgres_client import Cursor, PostgresClient
from takeup.backends.postgres_tables import Tables
from takeup.errors import StateConflictError, StateError

_RISKS = ("fsync", "full_page_writes")


class PostgresLease:
    """The row of one name.

    Args:
        client: runs the transactions.
        tables: where.
        name: whose.
        seconds: how long it lasts without being renewed.
        source: the state, for people.
    """

    def __init__(self, client: PostgresClient, tables: Tables, name: str, seconds: float, source: str) -> None:
        self._client = client
        self._tables = tables
        self._name = name
        self._seconds = seconds
        self._source = source

    def take(self, mine: Lock) -> tuple[Lease | None, int]:
        """The record that was there, and the number that this run is given.

        Raises:
            StateLockedError: another run holds it.
            StateError: it cannot be had.
        """
        record = encode_lock(mine)
        first = {"name": self._name}
        known = {"name": self._name, "record": record, "seconds": self._seconds}
        before: list[Lease | None] = []

        def work(cursor: Cursor, again: bool) -> int:  # noqa: FBT001 - the client's contract
            row = cursor.execute(self._tables.lease, first).fetchone()
            if row is None:
                cursor.execute(self._tables.begin_lease, {**first, "fence": self._stored_fence(cursor)})
                row = cursor.execute(self._tables.lease, first).fetchone()
            assert row is not None, "it was inserted, or is another run's"  # noqa: S101 - an invariant
            fence, held, expires, now = row
            if again and held == record:  # taken already, before the connection was lost
                return int(fence)
            found = Lease(fence, None if held is None else decode_lock(held, self._source), _time(expires))
            before.append(found)
            check_free(found, _time(now), self._source)
            taken = cursor.execute(self._tables.take, known).fetchone()
            assert taken is not None, "its row is kept from others"  # noqa: S101 - an invariant
            return int(taken[0])

        fence = self._client.run("locked", work)
        return before[-1] if before else None, fence

    def renew(self, client: PostgresClient, fence: int) -> None:
        """Go on, by a connection of its own: a large write must not keep the lease from being renewed.

        Raises:
            StateConflictError: it is lost.
            StateError: it could not be renewed.
        """
        known = {"name": self._name, "fence": fence, "seconds": self._seconds}

        def work(cursor: Cursor, _again: bool) -> int:  # noqa: FBT001 - the client's contract
            return cursor.execute(self._tables.renew, known).rowcount

        if not client.run("locked", work):
            raise StateConflictError("it was given to another run, or unlocked")

    def release(self, fence: int) -> None:
        """Give it back.

        Raises:
            StateError: nobody knows; it ends by itself.
        """
        known = {"name": self._name, "fence": fence}
        self._client.run("unlocked", lambda cursor, _: cursor.execute(self._tables.release, known), patience=0)

    def unlock(self, lock_id: str, *, force: bool) -> Lock | None:
        """Remove the record of a run whose lease has ended, or a record that cannot be read.

        Raises:
            StateLockedError: the lease has not ended.
            StateError: it is not locked, or by another ID.
        """
        known = {"name": self._name}
        removed: list[Lock | None] = []

        def work(cursor: Cursor, again: bool) -> Lock | None:  # noqa: FBT001 - the client's contract
            row = cursor.execute(self._tables.lease, known).fetchone()
            if row is None or row[1] is None:
                if again and removed:  # removed already, before the connection was lost
                    return removed[-1]
                return check_unlock(None, lock_id, self._source)
            fence, record, expires, now = row
            try:
                found = decode_lock(record, self._source)
            except StateError:
                if not force:
                    raise
                found = None
            else:
                if not Lease(fence, found, _time(expires)).over(_time(now)):
                    raise alive(found, self._source)
                check_unlock(found, lock_id, self._source)
            cursor.execute(self._tables.release, {**known, "fence": fence})
            removed.append(found)
            return found

        def nothing() -> Lock | None:
            return check_unlock(None, lock_id, self._source)

        return self._client.run("unlocked", work, absent=nothing)

    def look(self) -> tuple[bool, tuple[str, ...]]:
        """Whether this lease was ever taken; and what the server does not promise, as sentences.

        Raises:
            StateError: it is a read replica, or could not be asked.
        """
        known = {"name": self._name}
        row = self._client.run(
            "locked", lambda cursor, _: cursor.execute(self._tables.server, known).fetchone(), alone=True, writes=False
        )
        assert row is not None, "a SELECT without FROM has one row"  # noqa: S101 - an invariant
        taken, standby, *settings = row
        if standby:
            raise StateError(
                f"{self._source} is on a server in recovery: a read replica takes no writes.",
                hint="Name the primary server; among several hosts, target_session_attrs=read-write finds it.",
            )
        return bool(taken), tuple(
            f"The server of {self._source} runs with {name}=off: a power cut there may lose what it has acknowledged,"
            " and with it sessions that nobody can stop any more."
            for name, value in zip(_RISKS, settings, strict=True)
            if value == "off"
        )

    def _stored_fence(self, cursor: Cursor) -> int:
        """The number in the state, for a lease that nobody had yet, or whose row was removed."""
        row = cursor.execute(self._tables.state, {"name": self._name}).fetchone()
        return 0 if row is None else decode_snapshot(bytes(row[0]), self._source).fence


def _time(epoch: float) -> datetime:
    return datetime.fromtimestamp(epoch, UTC)
