"""What a run asks of the place where its state is, by name: a boundary before each request, and one after its answer.

`install` puts them around obstore and around psycopg. A request that has no name here is an error: none is left out.
"""

from collections.abc import Callable
from typing import Any

import obstore
import psycopg
from psycopg.transaction import Transaction

from takeup.backends.postgres_tables import SETTINGS, Tables

OBJECTS = {
    ".lock": "lease",
    ".tflock": "Terraform's lock",
    ".proven": "proof",
    ".proof": "proof",
    ".journal": "journal",
    ".history": "history",
    ".clock": "clock",
    ".rescued": "rescue",
}
STATEMENTS = {
    "version": "read version",
    "has_schema": "look for schema",
    "create": "make tables",
    "server": "look at server",
    "begin_lease": "begin lease",
    "lease": "read lease",
    "take": "take lease",
    "renew": "renew lease",
    "release": "release lease",
    "held": "check lease",
    "forget_lease": "forget lease of proof",
    "read": "read state and journal",
    "state": "read state",
    "seen": "check state",
    "insert": "write first state",
    "keep": "keep earlier state",
    "update": "write state",
    "append": "append to journal",
    "segment": "read journal entry",
    "drop_folded": "drop folded journal",
    "drop_old": "drop oldest state",
}


def object_name(operation: str, key: str, state: str) -> str:
    """A request to a store of objects, in words."""
    rest = key.removeprefix(state)
    role = next((role for end, role in OBJECTS.items() if rest.startswith(end)), None)
    if role is None:
        assert not rest, key
        role = "state"
    return f"{operation} {role}"


def statement_name(statement: bytes, schema: str) -> str:
    """A statement, in words."""
    if statement.partition(b",")[0] == SETTINGS.partition(b",")[0]:
        return "set durability"
    tables = Tables(schema)
    for name, told in STATEMENTS.items():
        found = getattr(tables, name)
        if statement == found or (name == "create" and statement.decode() in found):
            return told
    raise AssertionError(statement)


def install(step: Callable[[str], None], *, state: str, schema: str) -> None:
    """Put the boundaries around every request.

    Args:
        step: passes one.
        state: the key of the state in its bucket.
        schema: that of the tables.
    """

    def around(name: str, call: Callable[[], Any]) -> Any:  # noqa: ANN401 - whatever the call gives
        step(f"send {name}")
        try:
            return call()
        finally:  # a refusal is an answer, too
            step(f"answer of {name}")

    def of_object(operation: str, call: Callable[..., Any]) -> Callable[..., Any]:
        def asked(store: Any, key: str, *rest: Any, **more: Any) -> Any:  # noqa: ANN401 - obstore's own
            return around(object_name(operation, key, state), lambda: call(store, key, *rest, **more))

        return asked

    for operation in ("get", "put", "delete", "head"):
        setattr(obstore, operation, of_object(operation, getattr(obstore, operation)))
    listed = obstore.list

    def whole(*given: Any, **more: Any) -> Any:  # noqa: ANN401 - obstore's own; its requests are sent while it is read
        return list(listed(*given, **more))

    obstore.list = of_object("list", whole)
    _install_postgres(around, schema)


def _install_postgres(around: Callable[[str, Callable[[], Any]], Any], schema: str) -> None:
    connect, execute = psycopg.connect, psycopg.Cursor.execute
    enter, leave = Transaction.__enter__, Transaction.__exit__

    def connected(*given: Any, **more: Any) -> Any:  # noqa: ANN401 - psycopg's own
        return around("connect", lambda: connect(*given, **more))

    def executed(cursor: Any, query: bytes, *given: Any, **more: Any) -> Any:  # noqa: ANN401 - the same
        return around(statement_name(query, schema), lambda: execute(cursor, query, *given, **more))

    def ended(transaction: Transaction, kind: Any, *error: Any) -> Any:  # noqa: ANN401 - the same
        word = "COMMIT" if kind is None else "ROLLBACK"
        return around(word, lambda: leave(transaction, kind, *error))

    psycopg.connect = connected
    psycopg.Cursor.execute = executed  # type: ignore[method-assign, assignment]  # the same with boundaries
    Transaction.__enter__ = lambda self: around("BEGIN", lambda: enter(self))  # type: ignore[method-assign]  # the same
    Transaction.__exit__ = ended  # type: ignore[method-assign]  # the same
