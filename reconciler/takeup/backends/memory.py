"""The state in memory, as bytes like everywhere else: for tests and for runs that leave nothing behind."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from takeup.backends.codec import PLAIN, Codec
from takeup.backends.fold import JournalContent, check_journal, folded, join, left_over, rescued, succeed, told
from takeup.backends.format import checksum
from takeup.backends.history import KEPT, Version
from takeup.backends.lock import Lock, alive, check_unlock, decode_lock, encode_lock, locked, take
from takeup.core.snapshot import JournalEntry, Snapshot
from takeup.errors import StateError


class MemoryJournal:
    """A journal in a byte array."""

    def __init__(self, store: bytearray, lineage: str, serial: int, *, codec: Codec, position: int) -> None:
        self._store = store
        self._base = (lineage, serial)
        self._codec = codec
        self._position = position
        self._lock = threading.Lock()
        self._closed = False
        self._bytes_written = 0

    @property
    def bytes_written(self) -> int:
        """How many bytes were appended."""
        return self._bytes_written

    def append(self, *entries: JournalEntry) -> None:
        """Add entries.

        Raises:
            StateError: the journal is closed.
        """
        with self._lock:
            if self._closed:
                raise StateError("The journal in memory is closed; nothing was written.")
            lines = b"".join(
                self._codec.entry(*self._base, self._position + at, entry) for at, entry in enumerate(entries)
            )
            self._position += len(entries)
            self._store += lines
            self._bytes_written += len(lines)

    def close(self) -> None:
        """Take no more entries."""
        with self._lock:
            self._closed = True


class MemoryBackend:
    """Keeps the state in `state`, its journal in `log`, its lock in `record`; tests may put bytes there.

    What was rescued is in `rescued`, the oldest first.
    """

    def __init__(self, *, codec: Codec = PLAIN) -> None:
        self._codec = codec
        self.state: bytes | None = None
        self.log = bytearray()
        self.record = b""
        self.rescued: list[bytes] = []
        self.kept: dict[int, bytes] = {}
        self._mutex = threading.Lock()  # what flock is for a file
        self._journal: MemoryJournal | None = None
        self._bytes_written = 0
        self._seen: str | None = None
        self._notes: dict[str, None] = {}

    @property
    def bytes_written(self) -> int:
        """How many bytes of state were written."""
        return self._bytes_written

    def describe(self) -> str:
        """Where the state is, for people."""
        return "memory"

    def read(self) -> Snapshot | None:
        """The state with its journal folded in; None if there is neither."""
        snapshot, _ = self._load()
        self._seen = None if self.state is None else checksum(self.state)
        return snapshot

    def notes(self) -> tuple[str, ...]:
        """What people must learn of what was read, folded and taken over so far, each once."""
        return tuple(self._notes)

    @contextmanager
    def lock(self, lock: Lock) -> Iterator[None]:
        """Keep others out.

        Raises:
            StateLockedError: another holder is in.
        """
        if not self._mutex.acquire(blocking=False):
            raise locked(decode_lock(self.record, "memory (lock)"), "The state in memory")
        try:
            self._tell(take(decode_lock(self.record, "memory (lock)"), lock, "The state in memory"))
            self.record = encode_lock(lock)
            try:
                yield
            finally:
                self.record = b""
        finally:
            self._mutex.release()

    def unlock(self, lock_id: str, *, force: bool = False) -> Lock | None:  # noqa: ARG002 - all its records can be read
        """Remove a record that was left behind."""
        record = decode_lock(self.record, "memory (lock)")
        if self._mutex.locked():
            raise alive(record, "The state in memory")
        check_unlock(record, lock_id, "The state in memory")
        self.record = b""
        return record

    def fold(self) -> None:
        """Write the state anew if a run that ended early left a journal."""
        snapshot, content = self._load()
        count = 0 if snapshot is None else left_over(content, snapshot.serial)
        if snapshot is None or not count:
            return
        self._seen = None
        self.write(snapshot, previous_serial=snapshot.serial)
        self._tell((folded(count, "memory (journal)"),))

    def write(self, snapshot: Snapshot, *, previous_serial: int | None) -> Snapshot:
        """Replace the state and drop the journal; refused when what is there is not what was read."""
        self._close_journal()
        before, _ = self._load()
        stored = succeed(before, snapshot, previous_serial, self.describe(), edited=self._edited())
        if before is not None and self.state is not None:
            self.kept[before.serial] = self.state
            self.kept = {serial: self.kept[serial] for serial in sorted(self.kept)[-KEPT:]}
        self.state = self._codec.encode(stored)
        self._seen = checksum(self.state)
        self.log.clear()
        self._bytes_written += len(self.state)
        return stored

    def rescue(self, snapshot: Snapshot) -> str:
        """Keep a snapshot in `rescued`."""
        self.rescued.append(self._codec.encode(rescued(snapshot)))
        return f"memory (rescued {len(self.rescued)})"

    def journal(self, lineage: str, serial: int) -> MemoryJournal:
        """Open the journal of the stored state."""
        self._close_journal()
        stored, content = self._load()
        check_journal(stored, lineage, serial, self.describe(), edited=self._edited())
        del self.log[content.intact :]
        if self.log and not self.log.endswith(b"\n"):
            self.log += b"\n"
        self._journal = MemoryJournal(self.log, lineage, serial, codec=self._codec, position=left_over(content, serial))
        return self._journal

    def history(self) -> tuple[Version, ...]:
        """The earlier states, the newest first."""
        return tuple(Version(serial, len(self.kept[serial])) for serial in sorted(self.kept, reverse=True))

    def past(self, serial: int) -> Snapshot | None:
        """An earlier state."""
        return self._codec.past(self.kept.get(serial), f"memory (serial {serial})", serial)

    def reseal(self) -> int:
        """Seal anew what is kept."""
        newer = {serial: self._codec.resealed(data, f"memory (serial {serial})") for serial, data in self.kept.items()}
        self.kept |= (changed := {serial: data for serial, data in newer.items() if data is not None})
        return len(changed)

    def prove(self) -> None:
        """There is nothing to prove."""

    def leftovers(self) -> tuple[str, ...]:
        """A run leaves nothing behind here."""
        return ()

    def sweep(self) -> None:
        """There is nothing to remove."""

    def _load(self) -> tuple[Snapshot | None, JournalContent]:
        state = None if self.state is None else self._codec.decode(self.state, self.describe())
        content = self._codec.journal(bytes(self.log), "memory (journal)")
        self._tell(told(content, "memory (journal)"))
        return join(state, content, self.describe()), content

    def _edited(self) -> bool:
        return self._seen is not None and self.state is not None and checksum(self.state) != self._seen

    def _tell(self, notes: tuple[str, ...]) -> None:
        self._notes.update(dict.fromkeys(notes))

    def _close_journal(self) -> None:
        if self._journal is not None:
            self._journal.close()
            self._journal = None
