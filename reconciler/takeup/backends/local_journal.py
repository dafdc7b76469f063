"""The journal of the local backend: an append-only file with group commit."""

import os
from collections.abc import Sequence
from pathlib import Path

from takeup.backends.codec import Codec
from takeup.backends.files import write_all
from takeup.backends.group import GroupJournal
from takeup.core.snapshot import JournalEntry


class LocalJournal(GroupJournal):
    """JSON lines at the end of a file; an fsync that failed must not be tried again."""

    def __init__(  # noqa: PLR0913 - what a group journal takes, and its file
        self, path: Path, descriptor: int, lineage: str, serial: int, *, codec: Codec, position: int
    ) -> None:
        super().__init__(str(path), lineage, serial, codec=codec, position=position)
        self._path = path
        self._descriptor = descriptor
        self._size = os.fstat(descriptor).st_size

    def _commit(self, entries: Sequence[JournalEntry], lines: bytes) -> int:  # noqa: ARG002 - their lines are enough
        write_all(self._descriptor, lines)
        os.fsync(self._descriptor)
        self._check_in_place(self._size + len(lines))
        self._size += len(lines)
        return len(lines)

    def _release(self) -> None:
        os.close(self._descriptor)

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
