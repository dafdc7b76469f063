"""What the engine asks of a place where the state is kept. It knows of no file, no bucket and no server."""

from contextlib import AbstractContextManager
from typing import Protocol

from takeup.core.snapshot import JournalEntry, Snapshot


class Journal(Protocol):
    """The log of what a run does, on top of one state. Many threads may append at once."""

    @property
    def bytes_written(self) -> int:
        """How many bytes this journal has made durable; for benchmarks only."""
        ...

    def append(self, entry: JournalEntry) -> None:
        """Write an entry down; returns when it would survive a power cut.

        Raises:
            StateError: the entry may not be durable; every later append is refused as well.
        """
        ...

    def close(self) -> None:
        """Take no more entries. What was appended stays; closing twice is fine."""
        ...


class Backend(Protocol):
    """Where the state is kept. One run at a time writes, and holds the lock while it does."""

    @property
    def bytes_written(self) -> int:
        """How many bytes of state were written, copies included and journals not; for benchmarks only."""
        ...

    def describe(self) -> str:
        """Where the state is, for people."""
        ...

    def read(self) -> Snapshot | None:
        """The state with its journal folded in; None if there is neither. Never writes.

        The serial is that of the stored state, and so the `previous_serial` of the next write.

        Raises:
            StateError: what is there cannot be trusted or read.
        """
        ...

    def lock(self, holder: str) -> AbstractContextManager[None]:
        """Keep other runs out.

        Raises:
            StateLockedError: another run is in; its holder is named.
            StateError: no lock can be had here.
        """
        ...

    def write(self, snapshot: Snapshot, *, previous_serial: int | None) -> Snapshot:
        """Replace the state, and drop the journal: `snapshot` must hold what was journaled.

        An open journal is closed by it. A write that changes nothing is the caller's to skip.

        Args:
            snapshot: the state to be.
            previous_serial: the serial that the caller has read; None if it found no state.

        Returns:
            The snapshot as stored: with its new serial, and without ended sessions too old to keep.

        Raises:
            StateError: the stored serial moved, it is another lineage, or the write failed.
        """
        ...

    def journal(self, lineage: str, serial: int) -> Journal:
        """Open the journal of the stored state, behind the entries already there.

        Raises:
            StateError: no such state is stored (write one first), or the journal cannot be written.
        """
        ...
