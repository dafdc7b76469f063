"""Files as the local backend wants them: private, regular, durable, and with sentences for errors."""

import errno
import os
import stat
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from takeup.errors import StateError

PRIVATE = 0o600
# a symbolic link is refused since a rename would replace the link; with O_NONBLOCK a FIFO does not hang
SAFELY = os.O_CLOEXEC | os.O_NOFOLLOW | os.O_NONBLOCK


@contextmanager
def sentence(what: str) -> Iterator[None]:
    """Turn an error of the operating system into a sentence."""
    try:
        yield
    except OSError as error:
        raise StateError(
            f"{what}: {reason(error)}.", hint="Check the path, its permissions and the space on the disk."
        ) from error


def reason(error: BaseException) -> str:
    """What an error says, for people."""
    if isinstance(error, OSError) and error.errno in {errno.ELOOP, errno.EISDIR, errno.ENXIO}:
        return "it is not a regular file"
    return (isinstance(error, OSError) and error.strerror) or str(error)


def read_regular(path: Path) -> bytes | None:
    """The bytes of a file; None if there is no such file."""
    with sentence(f"{path} could not be read"):
        try:
            # not Path.open: it takes no opener
            with open(path, "rb", opener=_open_safely) as file:
                if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
                    raise OSError(errno.ELOOP, os.strerror(errno.ELOOP))
                return file.read()
        except FileNotFoundError:
            return None


def _open_safely(path: str, flags: int) -> int:
    return os.open(path, flags | SAFELY)


def write_all(descriptor: int, data: bytes) -> None:
    """Write all of it, in as many pieces as it takes."""
    left = memoryview(data)
    while left:
        left = left[os.write(descriptor, left) :]


def sync_folder(folder: Path) -> None:
    """Make the names in a folder durable."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def beside(path: Path, suffix: str) -> Path:
    """The neighbour of a file whose name is longer by a suffix."""
    return path.with_name(path.name + suffix)


def make_folder(folder: Path) -> None:
    """Make a folder that lasts, with all above it."""
    missing = [one for one in (folder, *folder.parents) if not one.exists()]
    folder.mkdir(parents=True, exist_ok=True)
    for made in missing:  # a new folder lasts when the one that holds it is synced
        sync_folder(made.parent)


def create(path: Path, data: bytes) -> None:
    """Make a new durable file, or none.

    Raises:
        OSError: it is there already, or it could not be written.
    """
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | SAFELY, PRIVATE)
    try:
        try:
            write_all(descriptor, data)
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
        sync_folder(path.parent)
    except BaseException:
        with suppress(OSError):
            path.unlink(missing_ok=True)
        raise


def replace_file(path: Path, data: bytes, *, backup: bytes | None = None) -> int:
    """Replace a file durably and as a whole; what it was becomes `.backup`. Returns how many bytes were written.

    Raises:
        StateError: it could not be written, and is as it was.
    """
    with sentence(f"The state {path} could not be written"):
        make_folder(path.parent)
        with _temporary(path, data) as new:
            if backup is not None:
                with _temporary(path, backup) as copy:
                    copy.replace(beside(path, ".backup"))
            new.replace(path)
        sync_folder(path.parent)
    return len(data) + len(backup or b"")


@contextmanager
def _temporary(path: Path, data: bytes) -> Iterator[Path]:
    """A durable file with `data` beside `path`, gone at the end unless it was renamed."""
    descriptor, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.", suffix=".tmp")
    made = Path(name)
    try:
        try:
            write_all(descriptor, data)
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
        yield made
    finally:
        with suppress(OSError):
            made.unlink(missing_ok=True)
