"""The state in a local file.

    default.json            the state; replaced as a whole, never written in place
    default.json.backup     the state before the last write
    default.json.history/   earlier states by their serial, the newest 20
    default.json.journal    what the run under way has done on top of the state
    default.json.lock       held by flock while a run is under way; its content tells who that is
    default.json.rescued-*  what a run knew that could not write the state

The folder must be on a file system that knows flock and keeps what fsync promises.
"""

import os
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path

from takeup.backends.codec import PLAIN, Codec
from takeup.backends.files import (
    PRIVATE,
    SAFELY,
    beside,
    create,
    make_folder,
    read_regular,
    reason,
    replace_file,
    sentence,
    sync_folder,
    write_all,
)
from takeup.backends.fold import JournalContent, check_journal, folded, join, left_over, rescued, succeed, told
from takeup.backends.format import checksum
from takeup.backends.history import Version
from takeup.backends.local_history import keep, reseal, version, versions
from takeup.backends.local_journal import LocalJournal
from takeup.backends.local_lock import hold, release_for
from takeup.backends.lock import Lock
from takeup.core.snapshot import Snapshot
from takeup.errors import StateError


class LocalBackend:
    """Keeps the state in a file.

    Args:
        path: the state file; its folder is made when something is written.
        now: the clock that names rescued files.
        codec: how all of them are kept.
    """

    def __init__(
        self, path: Path, *, now: Callable[[], datetime] = lambda: datetime.now(UTC), codec: Codec = PLAIN
    ) -> None:
        self._codec = codec
        self._path = path
        self._journal_path = beside(path, ".journal")
        self._now = now
        self._journal: LocalJournal | None = None
        self._bytes_written = 0
        self._seen: str | None = None  # the checksum of the state file as this run has read or written it
        self._notes: dict[str, None] = {}  # in their order, each once

    @property
    def bytes_written(self) -> int:
        """How many bytes of state were written, backups included."""
        return self._bytes_written

    def describe(self) -> str:
        """The path of the state file."""
        return str(self._path)

    def read(self) -> Snapshot | None:
        """The state with its journal folded in; None if there is neither."""
        snapshot, _, raw = self._load()
        self._seen = None if raw is None else checksum(raw)
        return snapshot

    def notes(self) -> tuple[str, ...]:
        """What people must learn of what was read, folded and taken over so far, each once."""
        return tuple(self._notes)

    @contextmanager
    def lock(self, lock: Lock) -> Iterator[None]:
        """Hold the lock file. The lock of a process that died is taken over, and that is told.

        Raises:
            StateLockedError: another run holds it.
            StateError: the lock file cannot be made.
        """
        with hold(beside(self._path, ".lock"), lock, f"The state {self._path}") as notes:
            self._tell(notes)
            yield

    def unlock(self, lock_id: str, *, force: bool = False) -> Lock | None:
        """Remove the record of a run that died on another host, or was left behind.

        Raises:
            StateLockedError: a living process of this host holds it.
            StateError: it is not locked, or by another ID.
        """
        return release_for(beside(self._path, ".lock"), lock_id, f"The state {self._path}", force=force)

    def fold(self) -> None:
        """Write the state anew if a run that ended early left a journal; the caller holds the lock."""
        snapshot, content, raw = self._load()
        count = 0 if snapshot is None else left_over(content, snapshot.serial)
        if snapshot is None or not count:
            return
        self._seen = checksum(raw or b"")
        self.write(snapshot, previous_serial=snapshot.serial)
        self._tell((folded(count, str(self._journal_path)),))

    def write(self, snapshot: Snapshot, *, previous_serial: int | None) -> Snapshot:
        """Replace the state file, keep the old one as `.backup` and drop the journal.

        A crash at any point leaves the old state with its journal, or the new state; a journal left beside
        the new state is of an older serial and ignored.

        Raises:
            StateError: the serial on the disk moved, or the file could not be written.
        """
        self._close_journal()
        before, _, raw = self._load()
        stored = succeed(before, snapshot, previous_serial, self.describe(), edited=self._edited(raw))
        data = self._codec.encode(stored)
        self._bytes_written += replace_file(self._path, data, backup=raw)
        self._seen = checksum(data)
        with suppress(OSError):  # the state is durable, and a journal left behind is ignored
            self._journal_path.unlink()
            sync_folder(self._path.parent)
        if before is not None:
            keep(self._path, before.serial)
        return stored

    def journal(self, lineage: str, serial: int) -> LocalJournal:
        """Open the journal of the stored state.

        Raises:
            StateError: the stored state is another one, or the journal cannot be written.
        """
        self._close_journal()
        stored, content, raw = self._load()
        check_journal(stored, lineage, serial, self.describe(), edited=self._edited(raw))
        path = self._journal_path
        with sentence(f"The journal {path} could not be opened"):
            flags = os.O_RDWR | os.O_APPEND | os.O_CREAT | SAFELY
            descriptor = os.open(path, flags, PRIVATE)
            try:
                _mend(descriptor, content)
                os.fsync(descriptor)
                sync_folder(path.parent)
            except BaseException:
                os.close(descriptor)
                raise
        self._journal = LocalJournal(
            path, descriptor, lineage, serial, codec=self._codec, position=left_over(content, serial)
        )
        return self._journal

    def rescue(self, snapshot: Snapshot) -> str:
        """Write what a run knows to a new file beside the state, or else into the temporary folder of the system.

        Raises:
            StateError: it can be kept in neither.
        """
        data = self._codec.encode(rescued(snapshot))
        name = f"{self._path.name}.rescued-{self._now().astimezone(UTC):%Y%m%dT%H%M%SZ}"
        failures = []
        for folder in (self._path.parent, Path(tempfile.gettempdir())):
            for end in ("", "-2", "-3", "-4", "-5"):  # several in one second
                path = folder / f"{name}{end}"
                try:
                    make_folder(folder)
                    create(path, data)
                except OSError as error:
                    failures.append(f"{path} could not be written: {reason(error)}")
                    if isinstance(error, FileExistsError):
                        continue
                    break
                return str(path)
        raise StateError(
            f"What this run knows could be kept nowhere: {'; '.join(failures)}.",
            hint="The journal beside the state, if it is still there, holds what was written before.",
        )

    def history(self) -> tuple[Version, ...]:
        """The earlier states, the newest first."""
        return versions(self._path)

    def past(self, serial: int) -> Snapshot | None:
        """An earlier state; None if it is not kept."""
        return version(self._path, serial, self._codec)

    def reseal(self) -> int:
        """Seal the earlier states anew, and what was rescued."""
        return reseal(self._path, self._codec)

    def prove(self) -> None:
        """There is nothing to prove: what a file system promises cannot be seen from a well-behaved write."""

    def leftovers(self) -> tuple[str, ...]:
        """Temporary files of writes that were interrupted, and a journal that is in the state already."""
        snapshot, content, _ = self._load()
        stale = bool(content.lines) and snapshot is not None and not left_over(content, snapshot.serial)
        found = sorted(self._path.parent.glob(f".{self._path.name}.*.tmp"))
        return tuple(map(str, [*found, *([self._journal_path] if stale else [])]))

    def sweep(self) -> None:
        """Remove them."""
        for name in self.leftovers():
            with sentence(f"{name} could not be removed"):
                Path(name).unlink(missing_ok=True)

    def _edited(self, raw: bytes | None) -> bool:
        return self._seen is not None and raw is not None and checksum(raw) != self._seen

    def _tell(self, notes: tuple[str, ...]) -> None:
        self._notes.update(dict.fromkeys(notes))

    def _load(self) -> tuple[Snapshot | None, JournalContent, bytes | None]:
        """The state, the content of its journal, and the bytes of the state file."""
        # the journal first: should another run write meanwhile, it is older than the state, never newer
        log = read_regular(self._journal_path)
        raw = read_regular(self._path)
        state = None if raw is None else self._codec.decode(raw, self.describe())
        content = self._codec.journal(log or b"", str(self._journal_path))
        self._tell(told(content, str(self._journal_path)))
        return join(state, content, self.describe()), content, raw

    def _close_journal(self) -> None:
        if self._journal is not None:
            self._journal.close()
            self._journal = None


def _mend(descriptor: int, content: JournalContent) -> None:
    """Cut a torn last line, or end it, so that the next entry has a line of its own."""
    os.ftruncate(descriptor, content.intact)
    if content.intact and os.pread(descriptor, 1, content.intact - 1) != b"\n":
        write_all(descriptor, b"\n")
