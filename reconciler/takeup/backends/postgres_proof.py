"""A server proves that it keeps what the backend rests on: it, and whatever pooler or proxy stands in front of it."""

from collections.abc import Callable
from contextlib import suppress
from typing import Any
from uuid import uuid4

from takeup.backends.postgres_client import Cursor, PostgresClient
from takeup.backends.postgres_tables import Tables
from takeup.errors import StateConflictError, StateError

_FENCE, _SERIAL = 2, 1


def prove(client: PostgresClient, tables: Tables) -> None:
    """Take a lease under a name of its own, write with a right and a wrong number, and remove it all.

    Raises:
        StateError: the server cannot be used, or took what it must refuse.
    """
    proof = _Proof(client, tables)
    try:
        proof.take()
        proof.undo()
        _demand(client, "that a lock was taken over", proof.append(_FENCE - 1) == 0)
        _demand(client, "what another transaction has done", proof.append(_FENCE) == 1)
        _demand(client, "that a key is taken", proof.is_taken())
        _demand(client, "that a transaction was undone", proof.stored() == [(0, b"x")])
    except StateError:
        with suppress(StateError):  # the first failure is the one to be told
            proof.remove()
        raise
    proof.remove()


class _UndoneError(StateError):
    """Undoes a transaction on purpose; it does not leave this module."""


class _Proof:
    """The steps, each a transaction."""

    def __init__(self, client: PostgresClient, tables: Tables) -> None:
        self._client = client
        self._tables = tables
        lease = {"name": f"takeup-proof-{uuid4().hex}", "fence": _FENCE, "seconds": 60.0, "record": b"{}"}
        self._known = {**lease, "serial": _SERIAL, "number": 0, "content": b"x"}

    def take(self) -> None:
        def work(cursor: Cursor, again: bool) -> None:  # noqa: FBT001 - the client's contract
            if again:
                cursor.execute(self._tables.forget_lease, self._known)
            cursor.execute(self._tables.begin_lease, {**self._known, "fence": _FENCE - 1})
            cursor.execute(self._tables.take, self._known)

        self._run(work)

    def undo(self) -> None:
        def work(cursor: Cursor, _again: bool) -> None:  # noqa: FBT001 - the client's contract
            cursor.execute(self._tables.append, {**self._known, "number": 7})
            raise _UndoneError("undone")

        with suppress(_UndoneError):
            self._run(work)

    def append(self, fence: int) -> int:
        known = {**self._known, "fence": fence}
        return int(self._run(lambda cursor, _: cursor.execute(self._tables.append, known).rowcount, alone=True))

    def is_taken(self) -> bool:
        try:
            self.append(_FENCE)
        except StateConflictError:
            return True
        return False

    def stored(self) -> list[tuple[int, bytes]]:
        rows = self._run(lambda cursor, _: cursor.execute(self._tables.read, self._known).fetchall(), alone=True)
        return [(row[1], bytes(row[2])) for row in rows]

    def remove(self) -> None:
        def work(cursor: Cursor, _again: bool) -> None:  # noqa: FBT001 - the client's contract
            cursor.execute(self._tables.drop_folded, {**self._known, "serial": _SERIAL + 1})
            cursor.execute(self._tables.forget_lease, self._known)

        self._run(work)

    def _run(self, work: Callable[[Cursor, bool], Any], *, alone: bool = False) -> Any:  # noqa: ANN401 - what it gives
        return self._client.run("locked", work, alone=alone)


def _demand(client: PostgresClient, promise: str, kept: bool) -> None:  # noqa: FBT001 - the sentence it belongs to
    if not kept:
        raise StateError(
            f"The server at {client.describe()} ignores {promise}: two runs at once would lose each other's sessions."
            " No state was written.",
            hint="takeup needs PostgreSQL 12 or newer; a pooler in front of it must give each transaction one"
            " connection (pgbouncer: pool_mode = transaction or session).",
        )
