"""The tables are made where they are missing, and refused where a newer takeup has made them."""

from contextlib import suppress

from takeup.backends.postgres_client import Cursor, PostgresClient, denied
from takeup.backends.postgres_tables import VERSION, Tables
from takeup.errors import StateConflictError, StateError

_TRIES = 3


def has_tables(client: PostgresClient, tables: Tables) -> bool:
    """Whether they are there.

    Raises:
        StateError: a newer takeup has made them, or it cannot be asked.
    """

    def asked(cursor: Cursor, _again: bool) -> int | None:  # noqa: FBT001 - the client's contract
        row = cursor.execute(tables.version, {}).fetchone()
        return None if row is None else row[0]

    version = client.run("read", asked, absent=lambda: None, alone=True, writes=False)
    if version is not None and version > VERSION:
        raise StateError(
            f"The tables in the schema {tables.schema} at {client.describe()} have version {version}, and this takeup"
            f" knows version {VERSION}. Nothing was changed.",
            hint="Use the takeup that made them, or a newer one.",
        )
    return version is not None


def make_tables(client: PostgresClient, tables: Tables) -> None:
    """Make them, unless they are there.

    Raises:
        StateError: this role may not; what somebody else is to run is told.
    """
    for _ in range(_TRIES):
        if has_tables(client, tables):
            return
        with suppress(StateConflictError):  # another run makes them at this moment
            _create(client, tables)
    if not has_tables(client, tables):
        raise StateError(f"The tables in the schema {tables.schema} at {client.describe()} could not be made.")


def _create(client: PostgresClient, tables: Tables) -> None:
    def create(cursor: Cursor, _again: bool) -> None:  # noqa: FBT001 - the client's contract
        schema, *others = tables.create
        row = cursor.execute(tables.has_schema, {"schema": tables.schema}).fetchone()
        for statement in [*([] if row is not None and row[0] else [schema]), *others]:
            cursor.execute(statement.encode())

    try:
        client.run("written", create)
    except StateError as error:
        if not denied(error):
            raise
        raise StateError(
            f"The tables of the state are not there yet, and this role may not make them at {client.describe()}"
            f" (schema {tables.schema}). Nothing was changed.",
            hint=f"Have somebody run this once, who may:\n{tables.script}{tables.grants(write=True)}",
        ) from error
