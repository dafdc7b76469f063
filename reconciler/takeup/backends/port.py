"""What the engine asks of a place where the state is kept. It knows of no file, no bucket and no server."""

from contextlib import AbstractContextManager
from typing import Protocol

from takeup.backends.history import Version
from takeup.backends.lock import Lock
from takeup.core.snapshot import JournalEntry, Snapshot


class Journal(Protocol):
    """The log of what a run does, on top of one state. Many threads may append at once."""

    @property
    def bytes_written(self) -> int:
        """How many bytes this journal has made durable; for benchmarks only."""
        ...

    def append(self, *entries: JournalEntry) -> None:
        """Write entries down, in one durable write; returns when they would survive a power cut.

        Raises:
            StateError: the entries may not be durable; every later append is refused as well.
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
        """The state with its journal folded in; None if there is neither. Never writes, and needs no lock.

        The serial is that of the stored state, and so the `previous_serial` of the next write.

        Raises:
            StateError: what is there cannot be trusted or read.
        """
        ...

    def notes(self) -> tuple[str, ...]:
        """What people must learn of what was read, folded and taken over so far, as sentences, each once."""
        ...

    def lock(self, lock: Lock) -> AbstractContextManager[None]:
        """Keep other runs out. A record left by a run that has surely died is taken over, and told in the notes.

        Raises:
            StateLockedError: another run is in, or nobody can tell that it is not; it is named.
            StateError: no lock can be had here.
        """
        ...

    def unlock(self, lock_id: str, *, force: bool = False) -> Lock | None:
        """Remove the lock of a run that has died where nobody could see it.

        Args:
            lock_id: whose; a person has read it in the refusal of another run.
            force: remove a record that cannot be read, which therefore has no ID; it does nothing else.

        Returns:
            The lock that was removed; None if it could not be read.

        Raises:
            StateLockedError: the run is alive.
            StateError: there is no lock, it has another ID, or it could not be removed.
        """
        ...

    def fold(self) -> None:
        """Write the state anew if a run that ended early left a journal; the caller holds the lock.

        The serial moves by it, and the notes tell it.

        Raises:
            StateError: as `read` and `write`.
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
            StateError: the stored state is gone, moved or edited, is of another lineage, or the write failed.
        """
        ...

    def rescue(self, snapshot: Snapshot) -> str:
        """Keep what a run knows somewhere durable, after a write failed; never touches state or journal.

        Returns:
            Where it is, for people. Put in the place of the state, it goes on from there.

        Raises:
            StateError: it could be kept nowhere.
        """
        ...

    def journal(self, lineage: str, serial: int) -> Journal:
        """Open the journal of the stored state, behind the entries already there.

        Raises:
            StateError: no such state is stored (write one first), or the journal cannot be written.
        """
        ...

    def history(self) -> tuple[Version, ...]:
        """The earlier states that are kept, the newest first; what is stored now is none of them.

        Raises:
            StateError: they cannot be read, or this place keeps none.
        """
        ...

    def past(self, serial: int) -> Snapshot | None:
        """An earlier state; None if it is not kept.

        Raises:
            StateError: as `history`, or it is damaged.
        """
        ...

    def reseal(self) -> int:
        """Seal anew, with the key of today, what is kept beside the state: earlier states, and what was rescued.

        The caller holds the lock. Returns how many were written; those of today's key are left alone.

        Raises:
            StateError: one of them cannot be read or written; those before it are done.
        """
        ...

    def prove(self) -> None:
        """Let the place prove that it does what the rules above rest on; it may write, but no state.

        Raises:
            StateError: it does not, or cannot be used.
        """
        ...

    def leftovers(self) -> tuple[str, ...]:
        """What runs that ended early have left, and no run will ever read again; for people.

        Raises:
            StateError: it cannot be looked for.
        """
        ...

    def sweep(self) -> None:
        """Remove the leftovers; the caller holds the lock.

        Raises:
            StateError: some are still there.
        """
        ...
