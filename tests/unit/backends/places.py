"""Every backend in its place, for the suites that all of them walk through."""

import atexit
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from tests.object_servers import (
    ACCOUNT,
    ACCOUNT_KEY,
    SECRETS,
    Server,
    azure_server,
    azurite_command,
    fresh_name,
    gcs_server,
    make_container,
    s3_server,
)

from takeup.backends import clouds
from takeup.backends.bucket import BucketStore
from takeup.backends.http import HttpBackend
from takeup.backends.http_client import Access, HttpStateClient
from takeup.backends.http_server import StateServer
from takeup.backends.local import LocalBackend
from takeup.backends.memory import MemoryBackend
from takeup.backends.objects import ObjectBackend
from takeup.backends.port import Backend
from takeup.backends.store import MemoryStore, Store, Stored
from takeup.core.secret import Secret


@dataclass(frozen=True)
class Place:
    """A backend, ways to put foreign bytes where it keeps its own, and `again`: the view of another run."""

    backend: Backend
    plant_state: Callable[[bytes], object]
    plant_journal: Callable[[bytes], object]
    plant_lock: Callable[[bytes], object]
    remove_state: Callable[[], object]
    rescued: Callable[[str], bytes]  # what stands where `rescue` says
    again: Callable[[], Backend]


@contextmanager
def local(folder: Path) -> Iterator[Place]:
    path = folder / "state" / "default.json"
    path.parent.mkdir()
    yield Place(
        LocalBackend(path),
        path.write_bytes,
        path.with_name("default.json.journal").write_bytes,
        path.with_name("default.json.lock").write_bytes,
        path.unlink,
        lambda where: Path(where).read_bytes(),
        lambda: LocalBackend(path),
    )


@contextmanager
def memory(_: Path) -> Iterator[Place]:
    backend = MemoryBackend()

    def plant_journal(data: bytes) -> None:
        backend.log[:] = data

    yield Place(
        backend,
        lambda data: setattr(backend, "state", data),
        plant_journal,
        lambda data: setattr(backend, "record", data),
        lambda: setattr(backend, "state", None),
        lambda _: backend.rescued[-1],
        lambda: backend,
    )


@contextmanager
def objects(_: Path) -> Iterator[Place]:
    store = MemoryStore()

    def plant(key: str) -> Callable[[bytes], object]:
        return lambda data: store.objects.update({key: Stored(data, "planted")})

    yield Place(
        ObjectBackend(store, "campus"),
        plant("campus"),
        plant("campus.journal/0000000001/0000000000"),
        plant("campus.lock"),
        lambda: store.delete("campus"),
        lambda where: store.objects[where].data,
        lambda: ObjectBackend(store, "campus"),
    )


def in_store(store: Store, name: str) -> Place:
    """A state in a store that others use too."""

    def plant(key: str) -> Callable[[bytes], object]:
        def put(data: bytes) -> None:
            found = store.get(key)
            store.put(key, data, after=None if found is None else found.tag)

        return put

    def rescued(where: str) -> bytes:
        found = store.get(where)
        assert found is not None
        return found.data

    return Place(
        ObjectBackend(store, name),
        plant(name),
        plant(f"{name}.journal/0000000001/0000000000"),
        plant(f"{name}.lock"),
        lambda: store.delete(name),
        rescued,
        lambda: ObjectBackend(store, name),
    )


@contextmanager
def s3(_: Path) -> Iterator[Place]:
    name = f"{fresh_name()}/state.json"
    yield in_store(s3_store(name), name)


@contextmanager
def azure(_: Path) -> Iterator[Place]:
    name = f"{fresh_name()}/state.json"
    yield in_store(azure_store(name), name)


@contextmanager
def gcs(_: Path) -> Iterator[Place]:
    name = f"{fresh_name()}/state.json"
    yield in_store(gcs_store(name), name)


# The servers are started once in a process, where a test needs one, and are ended with it.
_running = ExitStack()
atexit.register(_running.close)


@cache
def s3_shared() -> Server:
    return _running.enter_context(s3_server("campus"))


@cache
def gcs_shared() -> Server:
    return _running.enter_context(gcs_server("campus"))


@cache
def azure_shared() -> Server | None:
    command = azurite_command()
    if command is None:
        return None
    server = _running.enter_context(azure_server(command))
    make_container(server, "campus")
    return server


def s3_store(key: str, **changes: Any) -> BucketStore:  # noqa: ANN401 -- any part of a place
    keys = {name: Secret(SECRETS[name]) for name in ("accessKey", "secretKey")}
    place = clouds.Place("campus", key, region="us-east-1", endpoint=s3_shared().url, keys=keys)
    return clouds.s3(replace(place, **changes))


def gcs_store(key: str, **changes: Any) -> BucketStore:  # noqa: ANN401 -- any part of a place
    place = clouds.Place("campus", key, endpoint=gcs_shared().url, keys={"token": Secret(SECRETS["token"])})
    return clouds.gcs(replace(place, **changes))


def azure_store(key: str, **changes: Any) -> BucketStore:  # noqa: ANN401 -- any part of a place
    server = azure_shared()
    if server is None:
        pytest.skip("Azurite is not installed: make .venv/azurite/.installed")
    place = clouds.Place("campus", key, account=ACCOUNT, endpoint=server.url, keys={"accessKey": Secret(ACCOUNT_KEY)})
    return clouds.azure(replace(place, **changes))


STORES = [
    pytest.param(s3_store, id="s3, at moto"),
    pytest.param(azure_store, id="azure, at Azurite"),
    pytest.param(gcs_store, id="gcs, at a server of our own"),
]


@contextmanager
def http(folder: Path) -> Iterator[Place]:
    path = folder / "served" / "default.json"
    path.parent.mkdir()
    with StateServer(path.parent) as server:
        backend = client_of(f"{server.url}/state/default", folder)
        yield Place(
            backend,
            path.write_bytes,
            path.with_name("default.json.journal").write_bytes,
            path.with_name("default.json.lock").write_bytes,
            path.unlink,
            lambda where: Path(where).read_bytes(),
            lambda: client_of(f"{server.url}/state/default", folder),
        )


def client_of(url: str, folder: Path, *, lease: float = 60.0) -> HttpBackend:
    """A run that keeps its state at an address."""
    client = HttpStateClient(Access(url, url, url, timeout=20))
    return HttpBackend(client, LocalBackend(folder / "rescued" / "default.json").rescue, lease=lease)
