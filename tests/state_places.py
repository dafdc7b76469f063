"""Where the runs of the matrices keep their state: a folder, a bucket at moto, or tables of a real PostgreSQL.

Each case has a place of its own: a key in the bucket, a schema in the database. The servers outlive all runs.
"""

from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import psycopg
from tests.object_servers import SECRETS, fresh_name
from tests.postgres_server import DATABASE, new_schema, server
from tests.unit.backends.places import s3_shared, s3_store
from tests.unit.backends.postgres_places import in_postgres

from takeup.backends.lease import Lease, decode_lease, encode_lease
from takeup.backends.local import LocalBackend
from takeup.backends.objects import ObjectBackend
from takeup.backends.port import Backend
from takeup.backends.store import Store

_AGES = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class StatePlace:
    """One state in its place.

    Args:
        name: which kind of place.
        open: the view of one more run.
        held: whether a run holds a lease, or has left one.
        pass_lease: let time go by until it has ended.
        written: all that is written there, for those who look for secrets.
        state: the same without the lease; None if there is nothing.
        settings: spec.state.
        environment: what its settings read.
        marks: what the zygote needs for the names of its requests.
    """

    name: str
    open: Callable[[], Backend]
    held: Callable[[], bool]
    pass_lease: Callable[[], object]
    written: Callable[[], bytes]
    state: Callable[[], bytes | None]
    settings: Mapping[str, Any] = field(default_factory=dict)
    environment: Mapping[str, str] = field(default_factory=dict)
    marks: Mapping[str, str] = field(default_factory=dict)


def local(root: Path) -> StatePlace:
    """The folder `state` of a project; the kernel gives up the lock of whoever dies."""
    path = root / "state" / "default.json"

    def written() -> bytes:
        return b"".join(file.read_bytes() for file in path.parent.rglob("*") if file.is_file())

    return StatePlace(
        "local",
        lambda: LocalBackend(path),
        lambda: False,
        lambda: None,
        written,
        lambda: path.read_bytes() if path.exists() else None,
    )


def s3(_: Path) -> StatePlace:
    """A key at moto."""
    key = f"{fresh_name()}/state.json"
    store = s3_store(key)

    def written(*, lease: bool = True) -> bytes:
        names = store.list(f"{key.partition('/')[0]}/")
        ends = () if lease else (".lock", ".tflock", ".clock", ".proven")
        found = (store.get(name) for name in names if not name.endswith(ends))
        return b"".join(one.data for one in found if one is not None)

    return StatePlace(
        "s3",
        lambda: ObjectBackend(store, key),
        lambda: _lease_in(store, f"{key}.lock") is not None,
        lambda: _pass_lease_in(store, f"{key}.lock"),
        written,
        lambda: written(lease=False) or None,
        {
            "backend": "s3", "bucket": "campus", "key": key, "region": "us-east-1", "endpoint": s3_shared().url,
            "accessKey": {"fromEnv": "S3_ID"}, "secretKey": {"fromEnv": "S3_SECRET"},
        },
        {"S3_ID": SECRETS["accessKey"], "S3_SECRET": SECRETS["secretKey"]},
        {"state": key},
    )  # fmt: skip


def _lease_in(store: Store, key: str) -> tuple[Lease, str] | None:
    found = store.get(key)
    lease = None if found is None else decode_lease(found.data, key)
    return None if found is None or lease is None or lease.lock is None else (lease, found.tag)


def _pass_lease_in(store: Store, key: str) -> None:
    found = _lease_in(store, key)
    if found is not None:
        lease, tag = found
        store.put(key, encode_lease(replace(lease, expires_at=lease.expires_at - _AGES)), after=tag)


def postgres(root: Path) -> StatePlace:
    """A schema."""
    schema = new_schema()
    url = server().url()

    def ask(statement: str) -> list[tuple[Any, ...]]:
        with suppress(psycopg.errors.UndefinedTable):
            return server().execute(statement, dbname=DATABASE)
        return []

    def written(*, lease: bool = True) -> bytes:
        parts = [f"SELECT content FROM {schema}.{table}" for table in ("states", "journal", "history")]
        rows = ask(" UNION ALL ".join([*parts, *([f"SELECT record FROM {schema}.leases"] if lease else [])]))
        return b"".join(row[0] for row in rows if row[0] is not None)

    mine = "name = 'campus' AND record IS NOT NULL"
    passed = f"UPDATE {schema}.leases SET expires_at = expires_at - interval '1 hour' WHERE {mine}"
    return StatePlace(
        "postgres",
        lambda: in_postgres(root, url, schema),
        lambda: bool(ask(f"SELECT 1 FROM {schema}.leases WHERE {mine}")),
        lambda: ask(passed),
        written,
        lambda: written(lease=False) or None,
        {"backend": "postgres", "connection": {"fromEnv": "PG_URL"}, "schemaName": schema, "name": "campus"},
        {"PG_URL": url},
        {"schema": schema},
    )


PLACES: Mapping[str, Callable[[Path], StatePlace]] = {"local": local, "s3": s3, "postgres": postgres}
