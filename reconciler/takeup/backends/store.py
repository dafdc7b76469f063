"""What a remote place must be able to do to keep a state: four operations on whole objects, and a clock.

`objects.py` builds a backend on top of it. A new place (a bucket, a table) is this and nothing more.
"""

import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Protocol, TypeVar

from takeup.errors import StateConflictError, StateError, StateUnclearError

_TRIES = 3
_AT_ONCE = 16
_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class Stored:
    """An object, and the tag by which a later write names exactly this content."""

    data: bytes
    tag: str


class Store(Protocol):
    """Whole objects by key. A put is durable when it returns, and seen by every later get and list."""

    def describe(self) -> str:
        """Where it is, for people; without credentials."""
        ...

    def get(self, key: str) -> Stored | None:
        """An object; None if there is none.

        Raises:
            StateError: it could not be asked.
        """
        ...

    def put(self, key: str, data: bytes, *, after: str | None) -> str:
        """Write an object, and return its tag.

        Args:
            key: whose.
            data: its content.
            after: the tag of what must be there now; None: nothing may be there.

        Raises:
            StateConflictError: something else is there. Nothing was written.
            StateUnclearError: it may or may not have been written.
            StateError: it was surely not written.
        """
        ...

    def delete(self, key: str) -> None:
        """Remove an object; one that is not there is fine.

        Raises:
            StateError: it may still be there.
        """
        ...

    def list(self, prefix: str) -> tuple[str, ...]:
        """All keys that begin so, sorted, however many; quickly where the prefix ends with a slash.

        Raises:
            StateError: it could not be asked.
        """
        ...

    def now(self) -> datetime:
        """The time by the store's own clock where it has one: leases of all hosts are compared by it."""
        ...


def put_surely(store: Store, key: str, data: bytes, *, after: str | None) -> str:
    """Put, and where nobody knows whether that was done, look before it is done again.

    `data` must be of this writer alone (a serial with a fence, an ID): equal bytes are taken for its own.

    Raises:
        StateConflictError: something else is there.
        StateUnclearError: nobody could tell; it may be on its way still.
        StateError: it is not there.
    """
    for attempt in range(1, _TRIES + 1):
        try:
            return store.put(key, data, after=after)
        except StateUnclearError as unclear:
            try:
                found = store.get(key)
            except StateError:  # it stays unclear, which is more than that it cannot be read
                raise unclear from None
            if found is not None and found.data == data:
                return found.tag
            if (None if found is None else found.tag) != after:
                raise StateConflictError(f"{store.describe()}: {key} was written by somebody else.") from None
            if attempt == _TRIES:
                raise
        except StateConflictError:
            found = store.get(key) if attempt > 1 else None  # an earlier attempt may have come through late
            if found is not None and found.data == data:
                return found.tag
            raise
    raise AssertionError("the last attempt returns or raises")


def at_once(function: Callable[[str], _T], keys: Sequence[str]) -> list[_T]:
    """Ask for many keys at the same time: a distant store takes long for each, and little for all."""
    if not keys:
        return []
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        return list(pool.map(function, keys))


class MemoryStore:
    """A store in memory, for tests: as strict as a good server."""

    def __init__(self, *, now: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        self.objects: dict[str, Stored] = {}
        self._now = now
        self._mutex = threading.Lock()
        self._count = 0

    def describe(self) -> str:
        """Where it is."""
        return "a store in memory"

    def get(self, key: str) -> Stored | None:
        """An object."""
        with self._mutex:
            return self.objects.get(key)

    def put(self, key: str, data: bytes, *, after: str | None) -> str:
        """Write an object where its condition holds."""
        with self._mutex:
            found = self.objects.get(key)
            if (None if found is None else found.tag) != after:
                raise StateConflictError(f"{self.describe()}: {key} is not what it should be. Nothing was written.")
            self._count += 1
            self.objects[key] = Stored(data, f"v{self._count}")
            return self.objects[key].tag

    def delete(self, key: str) -> None:
        """Remove an object."""
        with self._mutex:
            self.objects.pop(key, None)

    def list(self, prefix: str) -> tuple[str, ...]:
        """The keys that begin so."""
        with self._mutex:
            return tuple(sorted(key for key in self.objects if key.startswith(prefix)))

    def now(self) -> datetime:
        """The time."""
        return self._now()
