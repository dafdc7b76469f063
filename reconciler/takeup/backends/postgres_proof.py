"""A server proves that it keeps what the backend rests on: it, and whatever pooler or proxy stands in front of it."""

from collections.abc import Callable
from contextlib import suppress
from uuid import uuid4

from takeup.backends.postgres_client import Cursor, PostgresClient
from takeup.backends.postgres_tables import Tables
from takeup.errors import StateConflictError, StateError

_FENCE = 2


def prove(client: PostgresClient, tables: Tables) -> None:
    """Take a lease under a name of its own, write with a right and a wrong number, and remove it all.

    Raises:
        StateError: the server cannot be used, or took what it must refuse.
    """
    name = f"takeup-proof-{uuid4().hex}"
    known = {"name": name, "fence": _FENCE, "seconds": 60.0, "record": b"{}", "serial": 1, "number": 0, "content": b"x"}

    def taken(cursor: Cursor, _again: bool) -> None:  # noqa: FBT001 - the client's contract
        cursor.execute(tables.begin_lease, {**known, "fence": _FENCE - 1})
        cursor.execute(tables.take, known)

    def append(**changes: object) -> int:
        statement = {**known, **changes}
        return client.run("proven", lambda cursor, _: cursor.execute(tables.append, statement).rowcount, alone=True)

    def undone(cursor: Cursor, _again: bool) -> None:  # noqa: FBT001 - the client's contract
        cursor.execute(tables.append, {**known, "number": 7})
        raise _UndoneError("undone")

    def removed(cursor: Cursor, _again: bool) -> None:  # noqa: FBT001 - the client's contract
        cursor.execute(tables.drop_folded, {**known, "serial": known["serial"] + 1})  # type: ignore[operator]  # an int
        cursor.execute(tables.forget_lease, known)

    def refused() -> bool:
        try:
            append()
        except StateConflictError:
            return True
        return False

    def stored() -> list[tuple[int, bytes]]:
        rows = client.run("proven", lambda cursor, _: cursor.execute(tables.read, known).fetchall(), alone=True)
        return [(row[1], bytes(row[2])) for row in rows]

    try:
        client.run("proven", taken)
        with suppress(_UndoneError):
            client.run("proven", undone)
        _demand(client, "that a lock was taken over", lambda: append(fence=_FENCE - 1) == 0)
        _demand(client, "what another transaction has done", lambda: append() == 1)
        _demand(client, "that a key is taken", refused)
        _demand(client, "that a transaction was undone", lambda: stored() == [(0, b"x")])
    finally:
        client.run("proven", removed)


def _demand(client: PostgresClient, promise: str, kept: Callable[[], bool]) -> None:
    if not kept():
        raise StateError(
            f"The server at {client.describe()} ignores {promise}: two runs at once would lose each other's sessions."
            " No state was written.",
            hint="takeup needs PostgreSQL 12 or newer; a pooler in front of it must give each transaction one"
            " connection (pgbouncer: pool_mode = transaction or session).",
        )


class _UndoneError(StateError):
    """Undoes a transaction on purpose; it does not leave this module."""
