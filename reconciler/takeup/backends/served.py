"""One state file, as `takeup state serve` offers it: any Terraform-style document, locked, compared and kept.

Remote runs and runs on this host exclude each other: a lock given out is held on the lock file of the local backend.
Its record says that it came through the server, so that nobody takes it for a dead run of this host, and so that a
server that was started again goes on with it.
"""

import os
import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

from takeup.backends.codec import PLAIN, Codec, is_sealed
from takeup.backends.files import beside, read_regular, replace_file, sync_folder
from takeup.backends.format import decode_snapshot
from takeup.backends.http_words import lock_info, read_info, tag_of
from takeup.backends.local import LocalBackend
from takeup.backends.local_history import keep
from takeup.backends.local_lock import acquire, recorded, release
from takeup.backends.lock import Lock
from takeup.backends.record import parse
from takeup.errors import StateError, StateLockedError

_THROUGH = " (through takeup state serve)"


@dataclass(frozen=True, slots=True)
class Reply:
    """What the server answers."""

    status: int
    body: bytes = b""
    tag: str = ""
    lease: float | None = None


@dataclass(slots=True)
class _Held:
    """A lock that was given out.

    `info` is the client's own record. `kept` tells that the state as it was before this run is kept: a run that writes
    its journal as whole states would push everything older out of the history.
    """

    lock: Lock
    info: bytes
    descriptor: int
    lease: float | None
    until: float
    kept: bool = False


class ServedState:
    """One state. Many threads may ask at once.

    Args:
        path: the state file.
        clock: seconds that nobody sets, for leases.
        codec: opens the state of a local run that has left its journal behind; all else is served as it is.
    """

    def __init__(self, path: Path, clock: Callable[[], float], codec: Codec = PLAIN) -> None:
        self._codec = codec
        # what a state was folded into, and from what: sealed again, it would be other bytes with another tag
        self._folded: tuple[tuple[bytes, bytes | None], bytes] | None = None
        self._path = path
        self._lock_path = beside(path, ".lock")
        self._journal_path = beside(path, ".journal")
        self._clock = clock
        self._mutex = threading.RLock()
        self._held: _Held | None = None
        self._lapsed: bytes | None = None  # the record of a lease that has ended, until somebody is told

    def get(self) -> Reply:
        """The document, with the journal of a local run folded in."""
        with self._mutex:
            data = self._document()
        return Reply(404) if data is None else Reply(200, data, tag_of(data))

    def put(self, data: bytes, lock_id: str, match: str, none_match: str) -> Reply:
        """Replace the document, by its lock and its conditions."""
        wrong = _check(data, str(self._path))
        if wrong:
            return Reply(400, wrong.encode())
        return self._change(lock_id, lambda: self._replace(data, match, none_match))

    def delete(self, lock_id: str) -> Reply:
        """Remove the document; what it was stays as its backup."""
        return self._change(lock_id, self._remove)

    def lock(self, info: bytes, lease: float | None) -> Reply:
        """Give the lock out, or renew it for the same ID."""
        wanted = read_info(info)
        if wanted is None:
            return Reply(400, b"The lock record is no JSON object with an ID.")
        with self._mutex:
            self._adopt()
            if self._held is not None and self._held.lock.id == wanted.id:
                self._held.lease, self._held.until = lease, self._clock() + (lease or 0)
                return Reply(200, info, lease=lease)
            self._end_lease()
            if self._held is not None:
                return Reply(423, self._held.info)
            mine = replace(wanted, host=wanted.host + _THROUGH)
            try:
                descriptor, _ = acquire(self._lock_path, mine, str(self._path))
            except StateLockedError:
                return Reply(423, self._holder())
            self._held = _Held(mine, info, descriptor, lease, self._clock() + (lease or 0))
            before, self._lapsed = self._lapsed, None
        return Reply(200, before or info, lease=lease)

    def unlock(self, info: bytes) -> Reply:
        """Take the lock back, by its ID; the answer is its record."""
        wanted = read_info(info)
        with self._mutex:
            self._adopt()
            if self._held is None:
                return Reply(409, self._holder())
            if wanted is None or self._held.lock.id != wanted.id:
                return Reply(409, self._held.info)
            told = self._held.info
            self._free()
        return Reply(200, told)

    def tick(self) -> None:
        """End a lease that was not renewed, so that runs on this host need not wait for a remote one."""
        with self._mutex:
            self._end_lease()

    def close(self) -> None:
        """Leave; the record of a lock stays, for the server that comes next."""
        with self._mutex:
            if self._held is not None:
                os.close(self._held.descriptor)
                self._held = None

    def _change(self, lock_id: str, change: Callable[[], Reply]) -> Reply:
        with self._mutex:
            self._adopt()
            self._end_lease()
            if self._held is not None:
                return change() if self._held.lock.id == lock_id else Reply(423, self._held.info)
            if lock_id:
                return Reply(409, b'{"ID": ""}')
            mine = Lock(
                f"write-{os.getpid()}", "server", os.getpid(), _THROUGH, datetime.now(UTC), "takeup state serve"
            )
            try:
                descriptor, _ = acquire(self._lock_path, mine, str(self._path))
            except StateLockedError:
                return Reply(423, self._holder())
            try:
                return change()
            finally:
                release(descriptor, self._lock_path, mine)

    def _replace(self, data: bytes, match: str, none_match: str) -> Reply:
        found = self._document()
        if (none_match == "*" and found is not None) or (match and (found is None or tag_of(found) != match)):
            return Reply(412, b"The state is not what the request expects.")
        before = None if self._held is not None and self._held.kept else read_regular(self._path)
        replace_file(self._path, data, backup=before)
        self._drop_journal()
        if self._held is not None:
            self._held.kept = True
        if before is not None:
            with suppress(StateError, KeyError, TypeError):
                keep(self._path, int(parse(before, str(self._path), "state")["serial"]))
        return Reply(200, b"", tag_of(data))

    def _remove(self) -> Reply:
        if read_regular(self._path) is not None:
            self._path.replace(beside(self._path, ".backup"))
            self._drop_journal()
            sync_folder(self._path.parent)
        return Reply(200)

    def _document(self) -> bytes | None:
        """The file as it is; where a local run has left a journal, with that in it."""
        log, raw = read_regular(self._journal_path), read_regular(self._path)
        if log is None:
            return raw
        if self._folded is None or self._folded[0] != (log, raw):
            codec = self._codec if raw is not None and is_sealed(raw) else PLAIN
            folded = LocalBackend(self._path, codec=codec).read()
            self._folded = None if folded is None else ((log, raw), codec.encode(folded))
        return None if self._folded is None else self._folded[1]

    def _drop_journal(self) -> None:
        with suppress(FileNotFoundError):
            self._journal_path.unlink()
            sync_folder(self._path.parent)

    def _adopt(self) -> None:
        """Go on with the lock that a server before this one gave out."""
        if self._held is not None:
            return
        left = recorded(self._lock_path)
        if left is None or not left.host.endswith(_THROUGH):
            return
        with suppress(StateLockedError):
            descriptor, _ = acquire(self._lock_path, left, str(self._path))
            info = lock_info(replace(left, host=left.host.removesuffix(_THROUGH)))
            self._held = _Held(left, info, descriptor, None, 0)

    def _end_lease(self) -> None:
        if self._held is not None and self._held.lease is not None and self._clock() > self._held.until:
            self._lapsed = self._held.info
            self._free()

    def _free(self) -> None:
        if self._held is not None:
            release(self._held.descriptor, self._lock_path, self._held.lock)
            self._held = None

    def _holder(self) -> bytes:
        """Whoever holds the lock file, if that can be told."""
        found = recorded(self._lock_path)
        return b"" if found is None else lock_info(found)


def _check(data: bytes, source: str) -> str:
    """What is wrong with a document; nothing for a state of Terraform's or of ours."""
    try:
        document = parse(data, "The body", "state")
        if not isinstance(document.get("serial"), int) or not isinstance(document.get("lineage"), str):
            return "The body is no state: it needs a serial and a lineage."
        if "takeup" in document:
            decode_snapshot(data, source)
    except StateError as error:
        return error.message
    return ""
