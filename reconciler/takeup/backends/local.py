"""The state in a local file.

    default.json            the state; replaced as a whole, never written in place
    default.json.backup     the state before the last write
    default.json.journal    what the run under way has done on top of the state
    default.json.lock       held by flock while a run is under way; its content only tells who that is

The folder must be on a file system that knows flock and keeps what fsync promises.
"""

import errno
import fcntl
import json
import os
import socket
import stat
import tempfile
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path

from takeup.backends.fold import JournalContent, check_journal, join, succeed
from takeup.backends.format import (
    decode_journal,
    decode_snapshot,
    encode_entry,
    encode_snapshot,
)
from takeup.core.snapshot import JournalEntry, Snapshot
from takeup.errors import StateError, StateLockedError

_PRIVATE = 0o600
# a symbolic link is refused since a rename would replace the link; with O_NONBLOCK a FIFO does not hang
_SAFELY = os.O_CLOEXEC | os.O_NOFOLLOW | os.O_NONBLOCK


class LocalJournal:
    """Append-only JSON lines with group commit: threads that append at once share one fsync.

    The first thread to come leads: it writes and syncs all that is pending while the others wait; who comes
    meanwhile goes with the next group. After one failure nobody knows what is on the disk (an fsync that
    failed must not be tried again), so every waiter is told and no further entry is taken.
    """

    def __init__(self, path: Path, descriptor: int, lineage: str, serial: int) -> None:
        self._path = path
        self._descriptor = descriptor
        self._base = (lineage, serial)
        self._condition = threading.Condition()
        self._pending: list[bytes] = []
        self._queued = self._durable = 0  # entries so far
        self._leading = self._closed = False
        self._failure: BaseException | None = None
        self._bytes_written = 0

    @property
    def bytes_written(self) -> int:
        """How many bytes this journal has made durable."""
        return self._bytes_written

    def append(self, entry: JournalEntry) -> None:
        """Write an entry down; returns when it is on the disk.

        Raises:
            StateError: it may not be there, or the journal is closed.
        """
        line = encode_entry(*self._base, entry)
        with self._condition:
            if self._closed:
                raise StateError(f"The journal {self._path} is closed; the entry was not written.")
            self._refuse_after_failure()
            self._pending.append(line)
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
            _write_all(self._descriptor, group)
            os.fsync(self._descriptor)
            failure = None
        except OSError as error:
            failure = error
        finally:
            self._condition.acquire()
            self._leading = False
            if failure is None:
                self._durable = last
                self._bytes_written += len(group)
            self._failure = failure
            self._condition.notify_all()

    def _refuse_after_failure(self) -> None:
        if self._failure is not None:
            raise StateError(
                f"The journal {self._path} could not be written: {_reason(self._failure)}. No more calls are"
                " made, for their outcome could not be kept.",
                hint="Free the disk or mend its permissions, then plan again.",
            ) from self._failure


class LocalBackend:
    """Keeps the state in a file.

    Args:
        path: the state file; its folder is made when something is written.
        now: the clock that locks are stamped with.
    """

    def __init__(self, path: Path, *, now: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        self._path = path
        self._journal_path = _beside(path, ".journal")
        self._now = now
        self._journal: LocalJournal | None = None
        self._bytes_written = 0

    @property
    def bytes_written(self) -> int:
        """How many bytes of state were written, backups included."""
        return self._bytes_written

    def describe(self) -> str:
        """The path of the state file."""
        return str(self._path)

    def read(self) -> Snapshot | None:
        """The state with its journal folded in; None if there is neither."""
        return self._load()[0]

    @contextmanager
    def lock(self, holder: str) -> Iterator[None]:
        """Hold the lock file. The lock of a process that died is free at once.

        Raises:
            StateLockedError: another run holds it.
            StateError: the lock file cannot be made.
        """
        path = _beside(self._path, ".lock")
        with _sentence(f"The lock {path} could not be taken"):
            self._make_folder()
            descriptor = os.open(path, os.O_RDWR | os.O_CREAT | _SAFELY, _PRIVATE)
        try:
            with _sentence(f"The lock {path} could not be taken"):
                try:
                    fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
                except BlockingIOError as error:
                    raise StateLockedError(
                        f"The state {self._path} is locked by {_holder(descriptor)}.",
                        hint="Wait for that run to end; a run that dies frees the lock at once.",
                    ) from error
                since = f"{self._now().astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"
                who = {"holder": holder, "pid": os.getpid(), "host": socket.gethostname(), "since": since}
                os.ftruncate(descriptor, 0)
                _write_all(descriptor, json.dumps(who).encode())
            try:
                yield
            finally:
                # not unlinked: another run may have the file open already, and would lock what nobody sees
                with suppress(OSError):
                    os.ftruncate(descriptor, 0)
        finally:
            os.close(descriptor)

    def write(self, snapshot: Snapshot, *, previous_serial: int | None) -> Snapshot:
        """Replace the state file, keep the old one as `.backup` and drop the journal.

        A crash at any point leaves the old state with its journal, or the new state; a journal left beside
        the new state is of an older serial and ignored.

        Raises:
            StateError: the serial on the disk moved, or the file could not be written.
        """
        self._close_journal()
        before, _, raw = self._load()
        stored = succeed(before, snapshot, previous_serial, self.describe())
        data = encode_snapshot(stored)
        with _sentence(f"The state {self._path} could not be written"):
            self._make_folder()
            with self._temporary(data) as new:
                if raw is not None:
                    with self._temporary(raw) as copy:
                        copy.replace(_beside(self._path, ".backup"))
                new.replace(self._path)
            _sync_folder(self._path.parent)
        with suppress(OSError):  # the state is durable, and a journal left behind is ignored
            self._journal_path.unlink()
            _sync_folder(self._path.parent)
        return stored

    def journal(self, lineage: str, serial: int) -> LocalJournal:
        """Open the journal of the stored state.

        Raises:
            StateError: the stored state is another one, or the journal cannot be written.
        """
        self._close_journal()
        stored, content, _ = self._load()
        check_journal(stored, lineage, serial, self.describe())
        path = self._journal_path
        with _sentence(f"The journal {path} could not be opened"):
            flags = os.O_RDWR | os.O_APPEND | os.O_CREAT | _SAFELY
            descriptor = os.open(path, flags, _PRIVATE)
            try:
                _mend(descriptor, content)
                os.fsync(descriptor)
                _sync_folder(path.parent)
            except BaseException:
                os.close(descriptor)
                raise
        self._journal = LocalJournal(path, descriptor, lineage, serial)
        return self._journal

    def _load(self) -> tuple[Snapshot | None, JournalContent, bytes | None]:
        """The state, the content of its journal, and the bytes of the state file."""
        # the journal first: should another run write meanwhile, it is older than the state, never newer
        log = _read_regular(self._journal_path)
        raw = _read_regular(self._path)
        state = None if raw is None else decode_snapshot(raw, self.describe())
        content = decode_journal(log or b"", str(self._journal_path))
        return join(state, content, self.describe()), content, raw

    def _make_folder(self) -> None:
        folder = self._path.parent
        missing = [one for one in (folder, *folder.parents) if not one.exists()]
        folder.mkdir(parents=True, exist_ok=True)
        for made in missing:  # a new folder lasts when the one that holds it is synced
            _sync_folder(made.parent)

    @contextmanager
    def _temporary(self, data: bytes) -> Iterator[Path]:
        """A durable file with `data` in the state's folder, gone at the end unless it was renamed."""
        descriptor, name = tempfile.mkstemp(dir=self._path.parent, prefix=f".{self._path.name}.", suffix=".tmp")
        path = Path(name)
        try:
            try:
                _write_all(descriptor, data)
                os.fsync(descriptor)
            finally:
                os.close(descriptor)
            self._bytes_written += len(data)
            yield path
        finally:
            with suppress(OSError):
                path.unlink(missing_ok=True)

    def _close_journal(self) -> None:
        if self._journal is not None:
            self._journal.close()
            self._journal = None


@contextmanager
def _sentence(what: str) -> Iterator[None]:
    """Turn an error of the operating system into a sentence."""
    try:
        yield
    except OSError as error:
        raise StateError(
            f"{what}: {_reason(error)}.", hint="Check the path, its permissions and the space on the disk."
        ) from error


def _reason(error: BaseException) -> str:
    if isinstance(error, OSError) and error.errno in {errno.ELOOP, errno.EISDIR, errno.ENXIO}:
        return "it is not a regular file"
    return (isinstance(error, OSError) and error.strerror) or str(error)


def _read_regular(path: Path) -> bytes | None:
    """The bytes of a file; None if there is no such file."""
    with _sentence(f"{path} could not be read"):
        try:
            # not Path.open: it takes no opener
            with open(path, "rb", opener=_open_safely) as file:
                if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
                    raise OSError(errno.ELOOP, os.strerror(errno.ELOOP))
                return file.read()
        except FileNotFoundError:
            return None


def _open_safely(path: str, flags: int) -> int:
    return os.open(path, flags | _SAFELY)


def _mend(descriptor: int, content: JournalContent) -> None:
    """Cut a torn last line, or end it, so that the next entry has a line of its own."""
    os.ftruncate(descriptor, content.intact)
    if content.intact and os.pread(descriptor, 1, content.intact - 1) != b"\n":
        _write_all(descriptor, b"\n")


def _holder(descriptor: int) -> str:
    """Who holds the lock, as far as the lock file tells."""
    try:
        who = json.loads(os.pread(descriptor, 4096, 0))
        return f"{who['holder']} (process {who['pid']} on {who['host']}) since {who['since']}"
    except (OSError, ValueError, LookupError, TypeError):
        return "another run"


def _write_all(descriptor: int, data: bytes) -> None:
    left = memoryview(data)
    while left:
        left = left[os.write(descriptor, left) :]


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _beside(path: Path, suffix: str) -> Path:
    return path.with_name(path.name + suffix)
