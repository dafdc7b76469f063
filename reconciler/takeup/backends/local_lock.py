"""The lock of the local backend: an flock for the processes of one host, and a record for everybody else."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from takeup.backends.files import PRIVATE, SAFELY, make_folder, read_regular, sentence, write_all
from takeup.backends.lock import Lock, alive, check_unlock, decode_lock, encode_lock, locked, take
from takeup.errors import StateError

_MOST = 65_536  # bytes of a record


@contextmanager
def hold(path: Path, mine: Lock, source: str) -> Iterator[tuple[str, ...]]:
    """Hold the lock file; gives what there is to tell of a run that died with it.

    The kernel frees the flock of a process that died, so a record of this host whose flock is free is that of a dead
    run. Where flock does not reach, on another host, only its record speaks for a run.

    Raises:
        StateLockedError: another run holds it.
        StateError: the lock file cannot be made.
    """
    descriptor, notes = acquire(path, mine, source)
    try:
        yield notes
    finally:
        release(descriptor, path, mine)


def acquire(path: Path, mine: Lock, source: str) -> tuple[int, tuple[str, ...]]:
    """Take the lock file; gives its open descriptor, whose closing frees the flock, and what there is to tell.

    Raises:
        StateLockedError: another run holds it.
        StateError: the lock file cannot be made.
    """
    with sentence(f"The lock {path} could not be taken"):
        make_folder(path.parent)
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | SAFELY, PRIVATE)
    try:
        with sentence(f"The lock {path} could not be taken"):
            return descriptor, _enter(descriptor, path, mine, source)
    except BaseException:
        os.close(descriptor)
        raise


def _enter(descriptor: int, path: Path, mine: Lock, source: str) -> tuple[str, ...]:
    if not _flock(descriptor):
        raise locked(_told(descriptor), source)
    notes = take(_record(descriptor, path), mine, source)
    try:
        _replace(descriptor, encode_lock(mine))
    except OSError:
        _replace(descriptor, b"")
        raise
    return notes


def release(descriptor: int, path: Path, mine: Lock) -> None:
    """Give the lock file back."""
    try:
        # not unlinked: another run may have the file open already, and would lock what nobody sees
        with suppress(OSError, StateError):
            if _record(descriptor, path) == mine:
                _replace(descriptor, b"")
    finally:
        os.close(descriptor)


def recorded(path: Path) -> Lock | None:
    """Whose record is there, whether or not that run still lives; None if none, or none that can be read."""
    with suppress(StateError):
        return decode_lock(read_regular(path) or b"", str(path))
    return None


def release_for(path: Path, lock_id: str, source: str, *, force: bool) -> Lock | None:
    """Remove the record of a run that is dead; it is returned, or None if it could not be read.

    Raises:
        StateLockedError: a process holds the flock, so it lives.
        StateError: there is no record, it has another ID, or it cannot be read and `force` is not given.
    """
    with sentence(f"The lock {path} could not be removed"):
        try:
            descriptor = os.open(path, os.O_RDWR | SAFELY)
        except FileNotFoundError:
            return check_unlock(None, lock_id, source)
        try:
            if not _flock(descriptor):
                raise alive(_told(descriptor), source)
            try:
                record = check_unlock(_record(descriptor, path), lock_id, source)
            except _UnreadableError:
                if not force:
                    raise
                record = None
            _replace(descriptor, b"")
        finally:
            os.close(descriptor)
    return record


class _UnreadableError(StateError):
    """The record is none. Whose it is cannot be told, and so not whether that run is under way."""


def _flock(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _record(descriptor: int, path: Path) -> Lock | None:
    try:
        return decode_lock(os.pread(descriptor, _MOST, 0), str(path))
    except StateError as error:
        raise _UnreadableError(
            f"{error.message.removesuffix(' Nothing was changed.')} So it cannot be told which run holds the state.",
            hint="When no run is under way, here or on another host: takeup state unlock --force unreadable",
        ) from error


def _told(descriptor: int) -> Lock | None:
    """Who holds the lock, as far as the record tells: it may be written at this moment."""
    with suppress(OSError, StateError):
        return decode_lock(os.pread(descriptor, _MOST, 0), "the lock")
    return None


def _replace(descriptor: int, data: bytes) -> None:
    """Write the record, durably: so that other hosts see it as well."""
    os.ftruncate(descriptor, 0)
    os.lseek(descriptor, 0, os.SEEK_SET)
    write_all(descriptor, data)
    os.fsync(descriptor)
