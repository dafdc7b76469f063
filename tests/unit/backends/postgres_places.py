"""A state in PostgreSQL, for the suites that every backend walks through and for those about PostgreSQL alone."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

from tests.postgres_server import DATABASE, bouncer, new_schema, server
from tests.unit.backends.places import Place

from takeup.backends.codec import PLAIN, Codec
from takeup.backends.local import LocalBackend
from takeup.backends.port import Backend
from takeup.backends.postgres import PostgresBackend
from takeup.backends.postgres_access import PostgresAccess
from takeup.backends.postgres_client import PostgresClient, parsed
from takeup.backends.postgres_layout import make_tables
from takeup.backends.postgres_tables import Tables
from takeup.core.secret import Secret

ROLE_PASSWORD = "canary-role-password"


@contextmanager
def postgres(folder: Path, *, codec: Codec = PLAIN) -> Iterator[Place]:
    yield place_in_postgres(folder, server().by_socket(), codec=codec)


@contextmanager
def pooled_postgres(folder: Path) -> Iterator[Place]:
    yield place_in_postgres(folder, server().url(port=bouncer().port))


def in_postgres(folder: Path, url: str, schema: str, **more: Any) -> PostgresBackend:  # noqa: ANN401 -- any option
    """A run that keeps its state in a schema."""
    rescue = LocalBackend(folder / "rescued" / "default.json", codec=more.get("codec", PLAIN)).rescue
    return PostgresBackend(PostgresClient(parsed(Secret(url), {})), schema, "campus", rescue, **more)


def place_in_postgres(folder: Path, url: str, *, codec: Codec = PLAIN) -> Place:
    schema = new_schema()
    client, tables = PostgresClient(parsed(Secret(url), {})), Tables(schema)

    def plant(table: str, columns: str, values: str) -> Callable[[bytes], object]:
        def put(data: bytes) -> None:
            make_tables(client, tables)
            text = f"DELETE FROM {schema}.{table}; INSERT INTO {schema}.{table} ({columns}) VALUES ({values})"
            server().execute(text.format(data.hex()), dbname=DATABASE)

        return put

    return Place(
        in_postgres(folder, url, schema, codec=codec),
        plant("states", "name, serial, content, written_at", "'campus', 0, '\\x{}', now()"),
        plant("journal", "name, serial, number, content", "'campus', 1, 0, '\\x{}'"),
        plant("leases", "name, fence, record, expires_at", "'campus', 1, '\\x{}', now()"),
        lambda: server().execute(f"DELETE FROM {schema}.states", dbname=DATABASE),
        lambda where: Path(where).read_bytes(),
        lambda: in_postgres(folder, url, schema, codec=codec),
        codec,
    )


def near() -> PostgresAccess:
    """By the socket."""
    return parsed(Secret(server().by_socket()), {})


def kept_in(schema: str, name: str = "campus", **more: Any) -> PostgresBackend:  # noqa: ANN401 -- any option
    """A run that rescues nothing."""
    return PostgresBackend(PostgresClient(near()), schema, name, str, **more)


def end_leases(schema: str, ago: float = 3600) -> None:
    """Nobody can set the clock of a server: leases end sooner instead."""
    moved = f"UPDATE {schema}.leases SET expires_at = expires_at - interval '{ago} seconds'"
    server().execute(moved, dbname=DATABASE)


@contextmanager
def leased_postgres(folder: Path, hand: Any) -> Iterator[Callable[[], Backend]]:  # noqa: ANN401 -- the clock of test_sharing
    """Runs whose own clock is set by hand, and the server's with it."""
    schema = new_schema()

    def pass_by(seconds: float) -> None:
        hand.at += timedelta(seconds=seconds)
        end_leases(schema, seconds)

    hand.pass_by = pass_by
    yield lambda: in_postgres(folder, server().url(), schema, clock=hand.seconds)


def role(*grants: str) -> str:
    """The connection string of a new role that may do no more than this."""
    name = new_schema()
    server().execute(f"CREATE ROLE {name} LOGIN PASSWORD '{ROLE_PASSWORD}'")
    for grant in grants:
        server().execute(f"{grant} TO {name}", dbname=DATABASE)
    return server().url(user=name, password=ROLE_PASSWORD)


def writer(schema: str) -> str:
    """A role that may do what an apply does."""
    return role(
        f"GRANT USAGE ON SCHEMA {schema}",
        f"GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA {schema}",
    )


def name_in(url: str) -> str:
    """The user of a connection string."""
    return url.partition("//")[2].partition(":")[0]


def schema_of(backend: object) -> str:
    """The schema that a backend keeps its state in."""
    assert isinstance(backend, PostgresBackend)
    return backend._tables.schema
