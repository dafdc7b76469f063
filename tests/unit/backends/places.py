"""Every backend in its place, for the suites that all of them walk through."""

import atexit
import os
import time
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
from takeup.backends.codec import PLAIN, Codec
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
    codec: Codec = PLAIN


@contextmanager
def local(folder: Path, codec: Codec = PLAIN) -> Iterator[Place]:
    path = folder / "state" / "default.json"
    path.parent.mkdir()
    yield Place(
        LocalBackend(path, codec=codec),
        path.write_bytes,
        path.with_name("default.json.journal").write_bytes,
        path.with_name("default.json.lock").write_bytes,
        path.unlink,
        lambda where: Path(where).read_bytes(),
        lambda: LocalBackend(path, codec=codec),
        codec,
    )


@contextmanager
def memory(_: Path, codec: Codec = PLAIN) -> Iterator[Place]:
    backend = MemoryBackend(codec=codec)

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
        codec,
    )


@contextmanager
def objects(_: Path, codec: Codec = PLAIN) -> Iterator[Place]:
    store = MemoryStore()

    def plant(key: str) -> Callable[[bytes], object]:
        return lambda data: store.objects.update({key: Stored(data, "planted")})

    yield Place(
        ObjectBackend(store, "campus", codec=codec),
        plant("campus"),
        plant("campus.journal/0000000001/0000000000"),
        plant("campus.lock"),
        lambda: store.delete("campus"),
        lambda where: store.objects[where].data,
        lambda: ObjectBackend(store, "campus", codec=codec),
        codec,
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


class _Azure:
    """Azurite, anew for a test that begins when it is some minutes old.

    After ten it collects what was removed, and answers nobody for as long as that takes.
    """

    _OLD = 240.0

    def __init__(self) -> None:
        self._stack = _running.enter_context(ExitStack())
        self._server: Server | None = None
        self._began, self._test = 0.0, ""

    def server(self) -> Server | None:
        """The server for the test that runs; None where it is not installed."""
        command = azurite_command()
        if command is None:
            return None
        test = os.environ.get("PYTEST_CURRENT_TEST", "").partition(" (")[0]
        old = test != self._test and time.monotonic() - self._began > self._OLD
        self._test = test
        if self._server is None or old:
            self._stack.close()
            self._server, self._began = self._stack.enter_context(azure_server(command)), time.monotonic()
            make_container(self._server, "campus")
        return self._server


_azure = _Azure()


def s3_store(key: str, **changes: Any) -> BucketStore:  # noqa: ANN401 -- any part of a place
    keys = {name: Secret(SECRETS[name]) for name in ("accessKey", "secretKey")}
    place = clouds.Place("campus", key, region="us-east-1", endpoint=s3_shared().url, keys=keys)
    return clouds.s3(replace(place, **changes))


def gcs_store(key: str, **changes: Any) -> BucketStore:  # noqa: ANN401 -- any part of a place
    place = clouds.Place("campus", key, endpoint=gcs_shared().url, keys={"token": Secret(SECRETS["token"])})
    return clouds.gcs(replace(place, **changes))


def azure_store(key: str, **changes: Any) -> BucketStore:  # noqa: ANN401 -- any part of a place
    server = _azure.server()
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
def http(folder: Path, codec: Codec = PLAIN) -> Iterator[Place]:
    path = folder / "served" / "default.json"
    path.parent.mkdir()
    with StateServer(path.parent, codec=codec) as server:
        backend = client_of(f"{server.url}/state/default", folder, codec=codec)
        yield Place(
            backend,
            path.write_bytes,
            path.with_name("default.json.journal").write_bytes,
            path.with_name("default.json.lock").write_bytes,
            path.unlink,
            lambda where: Path(where).read_bytes(),
            lambda: client_of(f"{server.url}/state/default", folder, codec=codec),
            codec,
        )


def client_of(url: str, folder: Path, *, lease: float = 60.0, codec: Codec = PLAIN) -> HttpBackend:
    """A run that keeps its state at an address."""
    client = HttpStateClient(Access(url, url, url, timeout=20))
    return HttpBackend(
        client, LocalBackend(folder / "rescued" / "default.json", codec=codec).rescue, lease=lease, codec=codec
    )
