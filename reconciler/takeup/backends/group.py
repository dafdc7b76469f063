"""Group commit: threads that append at once share one durable write, whatever it is that makes it durable."""

import threading
from abc import ABC, abstractmethod
from collections.abc import Sequence

from takeup.backends.codec import PLAIN, Codec
from takeup.backends.files import reason
from takeup.backends.format import encode_entry
from takeup.core.snapshot import JournalEntry
from takeup.errors import StateError


class GroupJournal(ABC):
    """A journal whose first thread to come leads: it writes all that is pending while the others wait.

    Who comes meanwhile goes with the next group. After one failure nobody knows what is stored, so every waiter is
    told and no further entry is taken. What the failed write has left stays: an outcome in it may be the only trace
    of a sid.

    Args:
        name: the journal, for people: "The journal ..." is what its errors begin with.
        lineage: that of the state that the journal stands on.
        serial: the same.
        codec: how lines are kept.
        position: how many entries there are on top of that state already.
    """

    def __init__(self, name: str, lineage: str, serial: int, *, codec: Codec = PLAIN, position: int = 0) -> None:
        self._name = name
        self._base = (lineage, serial)
        self._codec = codec
        self._position = position
        self._condition = threading.Condition()
        self._pending: list[tuple[Sequence[JournalEntry], list[bytes]]] = []
        self._queued = self._durable = 0  # appends so far
        self._leading = self._closed = False
        self._failure: BaseException | None = None
        self._bytes_written = self._groups = 0

    @abstractmethod
    def _commit(self, entries: Sequence[JournalEntry], lines: bytes) -> int:
        """Make a group durable; one thread at a time calls it. Returns how many bytes were written.

        Raises:
            OSError: the group may not be durable.
            StateError: the same.
        """

    def _release(self) -> None:  # noqa: B027 - most hold nothing
        """Give back what the journal holds; called once, when it is closed."""

    @property
    def bytes_written(self) -> int:
        """How many bytes this journal has made durable."""
        return self._bytes_written

    @property
    def syncs(self) -> int:
        """How many durable writes that took."""
        return self._groups

    def append(self, *entries: JournalEntry) -> None:
        """Write entries down, beside each other; returns when they are durable.

        Raises:
            StateError: they may not be, or the journal is closed.
        """
        lines = [encode_entry(*self._base, entry) for entry in entries]
        if not lines:
            return
        with self._condition:
            if self._closed:
                raise StateError(f"The journal {self._name} is closed; nothing was written.")
            self._refuse_after_failure()
            self._pending.append((entries, lines))
            self._queued += 1
            ticket = self._queued
            while self._durable < ticket:
                self._refuse_after_failure()
                if self._leading:
                    self._condition.wait()
                else:
                    self._lead()

    def close(self) -> None:
        """Take no more entries, and wait for those under way."""
        with self._condition:
            if self._closed:
                return
            self._closed = True
            while self._leading or (self._durable < self._queued and self._failure is None):
                if self._leading:
                    self._condition.wait()
                else:  # whoever queued these was interrupted while waiting
                    self._lead()
            self._release()

    def _lead(self) -> None:
        """Make all pending entries durable. The condition is held, but for the time of writing."""
        entries = [entry for group, _ in self._pending for entry in group]
        lines, last = [line for _, group in self._pending for line in group], self._queued
        self._pending.clear()
        self._leading = True
        written = 0
        failure: BaseException | None = InterruptedError("interrupted")  # unless it gets to its end
        self._condition.release()
        try:
            written = self._commit(entries, self._kept(lines))
            failure = None
        except (OSError, StateError) as error:
            failure = error
        finally:
            self._condition.acquire()
            self._leading = False
            if failure is None:
                self._durable = last
                self._bytes_written += written
                self._groups += 1
            self._failure = failure
            self._condition.notify_all()

    def _kept(self, lines: list[bytes]) -> bytes:
        """Lines as they are kept; only whoever leads knows the place of each."""
        kept = [self._codec.line(*self._base, self._position + at, line) for at, line in enumerate(lines)]
        self._position += len(lines)
        return b"".join(kept)

    def _refuse_after_failure(self) -> None:
        if self._failure is not None:
            raise StateError(
                f"The journal {self._name} could not be written: {reason(self._failure).rstrip('.')}. No more calls"
                " are made, for their outcome could not be kept.",
                hint=getattr(self._failure, "hint", "")
                or "Mend that (space on the disk, permissions, whoever else writes there), then plan again.",
            ) from self._failure
