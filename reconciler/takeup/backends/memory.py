"""The state in memory, as bytes like everywhere else: for tests and for runs that leave nothing behind."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

from takeup.backends.fold import check_journal, join, succeed
from takeup.backends.format import decode_journal, decode_snapshot, encode_entry, encode_snapshot
from takeup.core.snapshot import JournalEntry, Snapshot
from takeup.errors import StateError, StateLockedError


class MemoryJournal:
    """A journal in a byte array."""

    def __init__(self, store: bytearray, lineage: str, serial: int) -> None:
        self._store = store
        self._base = (lineage, serial)
        self._lock = threading.Lock()
        self._closed = False
        self._bytes_written = 0

    @property
    def bytes_written(self) -> int:
        """How many bytes were appended."""
        return self._bytes_written

    def append(self, entry: JournalEntry) -> None:
        """Add an entry.

        Raises:
            StateError: the journal is closed.
        """
        line = encode_entry(*self._base, entry)
        with self._lock:
            if self._closed:
                raise StateError("The journal in memory is closed; the entry was not written.")
            self._store += line
            self._bytes_written += len(line)

    def close(self) -> None:
        """Take no more entries."""
        with self._lock:
            self._closed = True


class MemoryBackend:
    """Keeps the state in `state` and its journal in `log`; tests may put bytes there.

    Args:
        now: the clock that locks are stamped with.
    """

    def __init__(self, *, now: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        self.state: bytes | None = None
        self.log = bytearray()
        self._now = now
        self._mutex = threading.Lock()
        self._held = ""
        self._journal: MemoryJournal | None = None
        self._bytes_written = 0

    @property
    def bytes_written(self) -> int:
        """How many bytes of state were written."""
        return self._bytes_written

    def describe(self) -> str:
        """Where the state is, for people."""
        return "memory"

    def read(self) -> Snapshot | None:
        """The state with its journal folded in; None if there is neither."""
        state = None if self.state is None else decode_snapshot(self.state, self.describe())
        return join(state, decode_journal(bytes(self.log), "memory (journal)"), self.describe())

    @contextmanager
    def lock(self, holder: str) -> Iterator[None]:
        """Keep others out.

        Raises:
            StateLockedError: another holder is in.
        """
        if not self._mutex.acquire(blocking=False):
            raise StateLockedError(f"The state in memory is locked by {self._held}.", hint="Wait for that run to end.")
        self._held = f"{holder} since {self._now().astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"
        try:
            yield
        finally:
            self._mutex.release()

    def write(self, snapshot: Snapshot, *, previous_serial: int | None) -> Snapshot:
        """Replace the state and drop the journal; refused when the serial moved."""
        self._close_journal()
        stored = succeed(self.read(), snapshot, previous_serial, self.describe())
        self.state = encode_snapshot(stored)
        self.log.clear()
        self._bytes_written += len(self.state)
        return stored

    def journal(self, lineage: str, serial: int) -> MemoryJournal:
        """Open the journal of the stored state."""
        self._close_journal()
        check_journal(self.read(), lineage, serial, self.describe())
        content = decode_journal(bytes(self.log), "memory (journal)")
        del self.log[content.intact :]
        if self.log and not self.log.endswith(b"\n"):
            self.log += b"\n"
        self._journal = MemoryJournal(self.log, lineage, serial)
        return self._journal

    def _close_journal(self) -> None:
        if self._journal is not None:
            self._journal.close()
            self._journal = None
