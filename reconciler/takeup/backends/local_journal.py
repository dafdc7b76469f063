"""The journal of the local backend: an append-only file with group commit."""

import os
import threading
from pathlib import Path

from takeup.backends.files import reason, write_all
from takeup.backends.format import encode_entry
from takeup.core.snapshot import JournalEntry
from takeup.errors import StateError


class LocalJournal:
    """Append-only JSON lines with group commit: threads that append at once share one fsync.

    The first thread to come leads: it writes and syncs all that is pending while the others wait; who comes
    meanwhile goes with the next group. After one failure nobody knows what is on the disk (an fsync that
    failed must not be tried again), so every waiter is told and no further entry is taken. What the failed
    write has left in the file stays: an outcome in it may be the only trace of a sid.
    """

    def __init__(self, path: Path, descriptor: int, lineage: str, serial: int) -> None:
        self._path = path
        self._descriptor = descriptor
        self._base = (lineage, serial)
        self._condition = threading.Condition()
        self._pending: list[bytes] = []
        self._queued = self._durable = 0  # appends so far
        self._leading = self._closed = False
        self._failure: BaseException | None = None
        self._size = os.fstat(descriptor).st_size
        self._bytes_written = self._syncs = 0

    @property
    def bytes_written(self) -> int:
        """How many bytes this journal has made durable."""
        return self._bytes_written

    @property
    def syncs(self) -> int:
        """How many fsyncs that took."""
        return self._syncs

    def append(self, *entries: JournalEntry) -> None:
        """Write entries down, beside each other; returns when they are on the disk.

        Raises:
            StateError: they may not be there, or the journal is closed.
        """
        lines = b"".join(encode_entry(*self._base, entry) for entry in entries)
        if not lines:
            return
        with self._condition:
            if self._closed:
                raise StateError(f"The journal {self._path} is closed; nothing was written.")
            self._refuse_after_failure()
            self._pending.append(lines)
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
            os.close(self._descriptor)

    def _lead(self) -> None:
        """Make all pending entries durable. The condition is held, but for the time of writing."""
        group, last = b"".join(self._pending), self._queued
        self._pending.clear()
        self._leading = True
        failure: BaseException | None = InterruptedError("interrupted")  # unless it gets to its end
        self._condition.release()
        try:
            write_all(self._descriptor, group)
            os.fsync(self._descriptor)
            self._check_in_place(self._size + len(group))
            failure = None
        except OSError as error:
            failure = error
        finally:
            self._condition.acquire()
            self._leading = False
            if failure is None:
                self._durable = last
                self._size += len(group)
                self._bytes_written += len(group)
                self._syncs += 1
            self._failure = failure
            self._condition.notify_all()

    def _check_in_place(self, size: int) -> None:
        """What was synced must also be found again: in the file of this name, and nowhere else.

        Raises:
            OSError: somebody has removed, replaced, truncated or written the file.
        """
        mine = os.fstat(self._descriptor)
        try:
            found = os.stat(self._path, follow_symlinks=False)  # noqa: PTH116 - beside fstat
        except FileNotFoundError as error:
            raise FileNotFoundError(0, "somebody has removed it during the run") from error
        if (found.st_dev, found.st_ino) != (mine.st_dev, mine.st_ino):
            raise OSError(0, "somebody has replaced it during the run")
        if mine.st_size != size:
            raise OSError(0, "somebody else has changed it during the run")

    def _refuse_after_failure(self) -> None:
        if self._failure is not None:
            raise StateError(
                f"The journal {self._path} could not be written: {reason(self._failure)}. No more calls are"
                " made, for their outcome could not be kept.",
                hint="Mend that (space on the disk, permissions, whoever else writes there), then plan again.",
            ) from self._failure
