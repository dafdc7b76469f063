"""The disk of a stage where the state is in a store: what a process has written there is there, whatever ends it."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.faults.stage import Fuse
from tests.postgres_server import server
from tests.state_places import StatePlace, postgres, s3
from tests.unit.backends.places import s3_store

from takeup.backends.local import LocalBackend
from takeup.backends.objects import ObjectBackend
from takeup.backends.port import Backend
from takeup.backends.postgres import PostgresBackend
from takeup.backends.postgres_client import PostgresClient, parsed
from takeup.backends.store import Store
from takeup.core.secret import Secret
from takeup.core.snapshot import Snapshot


@dataclass
class Remote:
    """A place, and how a process opens it that may die."""

    place: StatePlace
    opens: Callable[[Fuse], Backend]
    last: Any = None  # the backend that was opened last

    @property
    def state(self) -> bytes | None:
        """All that is written there, but for the lease."""
        return self.place.state()

    @property
    def log(self) -> bytes:
        """It is among what `state` gives."""
        return b""

    def process(self, fuse: Fuse) -> Any:  # noqa: ANN401 - a backend, of which tests may see more
        """A view of its own."""
        self.last = self.opens(fuse)
        return self.last

    def read(self) -> Snapshot | None:
        """What is there."""
        return self.place.open().read()

    def keep(self, process: Backend) -> None:
        """It is there already."""

    def died(self, process: Backend) -> None:  # noqa: ARG002 - as the disk
        """Its lease ends."""
        self.place.pass_lease()

    def refresh(self, process: Backend) -> None:
        """It sees everything anyway."""

    @contextmanager
    def held_by(self, process: Backend) -> Iterator[None]:  # noqa: ARG002 - as the disk
        """Its lease is there to be seen."""
        yield


class MortalStore:
    """A store whose process may die before a request is sent and after it was answered."""

    def __init__(self, store: Store, fuse: Fuse) -> None:
        self._store, self._fuse = store, fuse

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401 - whatever the store has
        given = getattr(self._store, name)
        if name not in {"get", "put", "delete", "list"}:
            return given

        def asked(*args: Any, **more: Any) -> Any:  # noqa: ANN401 - as the store
            self._fuse.step()
            answer = given(*args, **more)
            self._fuse.step()
            return answer

        return asked


class MortalClient(PostgresClient):
    """The same of a transaction."""

    fuse = Fuse()

    def run(self, *given: Any, **more: Any) -> Any:  # noqa: ANN401 - as the client
        """Run one."""
        self.fuse.step()
        answer = super().run(*given, **more)
        self.fuse.step()
        return answer


def in_bucket(folder: Path) -> Remote:
    """A key at moto."""
    place = s3(folder)
    key = place.marks["state"]
    store, rescue = s3_store(key), LocalBackend(folder / "rescued" / "default.json").rescue
    return Remote(place, lambda fuse: ObjectBackend(MortalStore(store, fuse), key, rescue))


def in_tables(folder: Path) -> Remote:
    """A schema."""
    place = postgres(folder)
    access, rescue = parsed(Secret(server().url()), {}), LocalBackend(folder / "rescued" / "default.json").rescue

    def opens(fuse: Fuse) -> Backend:
        client = MortalClient(access)
        client.fuse = fuse
        return PostgresBackend(client, place.marks["schema"], "campus", rescue)

    return Remote(place, opens)


DISKS: dict[str, Callable[[Path], Remote]] = {"s3": in_bucket, "postgres": in_tables}
