"""Earlier states in a store: NAME.history/SERIAL, the newest 20."""

from contextlib import suppress

from takeup.backends.codec import Codec
from takeup.backends.history import KEPT, Version
from takeup.backends.store import Store, put_surely
from takeup.core.snapshot import Snapshot
from takeup.errors import StateError


class ObjectHistory:
    """The earlier states below a prefix.

    Args:
        store: where.
        prefix: what their keys begin with; their serial follows.
        codec: how they are kept.
    """

    def __init__(self, store: Store, prefix: str, codec: Codec) -> None:
        self._store = store
        self._prefix = prefix
        self._codec = codec

    def versions(self) -> tuple[Version, ...]:
        """All of them, the newest first.

        Raises:
            StateError: they cannot be asked for.
        """
        keys = self._store.list(self._prefix)
        found = ((int(key.removeprefix(self._prefix)), self._store.get(key)) for key in keys)
        return tuple(Version(serial, len(kept.data)) for serial, kept in sorted(found, reverse=True) if kept)

    def past(self, serial: int) -> Snapshot | None:
        """One of them; None if it is not kept.

        Raises:
            StateError: it is damaged, or cannot be asked for.
        """
        key = self._key(serial)
        kept = self._store.get(key)
        return self._codec.past(None if kept is None else kept.data, key, serial)

    def keep(self, serial: int, data: bytes) -> int:
        """Keep one, and say how many bytes were written. Without it, the state counts all the same."""
        with suppress(StateError):  # kept already by a write that failed afterwards
            put_surely(self._store, self._key(serial), data, after=None)
            return len(data)
        return 0

    def old(self) -> tuple[str, ...]:
        """The keys of those that are one too many."""
        return self._store.list(self._prefix)[:-KEPT]

    def reseal(self, prefix: str = "") -> int:
        """Write them anew with the key of today, or the states below another prefix; says how many that were.

        Raises:
            StateError: one of them cannot be read or written; those before it are done.
        """
        count = 0
        for key in self._store.list(prefix or self._prefix):
            kept = self._store.get(key)
            newer = None if kept is None else self._codec.resealed(kept.data, key)
            if kept is not None and newer is not None:
                put_surely(self._store, key, newer, after=kept.tag)
                count += 1
        return count

    def _key(self, serial: int) -> str:
        return f"{self._prefix}{serial:010d}"
