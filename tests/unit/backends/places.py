"""Every backend in its place, for the suites that all of them walk through."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from takeup.backends.http import HttpBackend
from takeup.backends.http_client import Access, HttpStateClient
from takeup.backends.http_server import StateServer
from takeup.backends.local import LocalBackend
from takeup.backends.memory import MemoryBackend
from takeup.backends.objects import ObjectBackend
from takeup.backends.port import Backend
from takeup.backends.store import MemoryStore, Stored


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
