"""Who holds a state, and who may take it over. Pure: a backend says where the record is and whether its run lives.

Times are told, never compared: a clock that jumps changes nothing.
"""

import json
from dataclasses import dataclass
from datetime import UTC, datetime

from takeup.backends.record import Record, parse
from takeup.errors import StateError, StateLockedError


@dataclass(frozen=True, slots=True)
class Lock:
    """One run that holds a state, as it describes itself to those who wait for it."""

    id: str
    holder: str  # the user
    pid: int
    host: str
    since: datetime
    command: str

    def __str__(self) -> str:
        return (
            f"{self.holder} ({self.command}, process {self.pid} on {self.host}) since"
            f" {self.since.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC, lock ID {self.id}"
        )


def encode_lock(lock: Lock) -> bytes:
    """The record of a lock."""
    since = lock.since.astimezone(UTC).replace(tzinfo=None).isoformat() + "Z"
    return json.dumps(
        {
            "id": lock.id,
            "holder": lock.holder,
            "pid": lock.pid,
            "host": lock.host,
            "since": since,
            "command": lock.command,
        }
    ).encode()


def decode_lock(data: bytes, source: str) -> Lock | None:
    """Read a record; None if it was released.

    Raises:
        StateError: it is none.
    """
    if not data.strip(b"\0 \n"):  # zeros: a power cut can leave a file with a length and nothing in it
        return None
    record = Record(parse(data, source, "lock record"), "the record", source)
    lock = Lock(
        id=record.text("id"),
        holder=record.text("holder"),
        pid=record.integer("pid"),
        host=record.text("host"),
        since=record.time("since"),
        command=record.text("command"),
    )
    record.done()
    return lock


def locked(by: Lock | None, source: str) -> StateLockedError:
    """The error of a run that comes while another one, which is alive, is in; None: it cannot be told which."""
    return StateLockedError(
        f"{source} is locked by {by or 'another run'}.",
        hint="Wait for that run to end, or interrupt it; a run that dies frees the lock at once.",
    )


def take(left: Lock | None, mine: Lock, source: str) -> tuple[str, ...]:
    """What a run has to tell that found the record `left` behind, and nothing alive here that holds it.

    Raises:
        StateLockedError: the record is of another host, whose processes cannot be seen from here.
    """
    if left is None:
        return ()
    if left.host != mine.host:
        raise StateLockedError(
            f"{source} is locked by {left}. That is another host than this one ({mine.host}), so it cannot be seen"
            " whether the run is still under way.",
            hint=f"Wait for it to end. When it has surely died: takeup state unlock {left.id}",
        )
    note = (
        f"The run of {left.holder} ({left.command}, process {left.pid}) died at some time after"
        f" {left.since.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC without giving up the lock; it was taken over."
    )
    return (note,)


def check_unlock(record: Lock | None, lock_id: str, source: str) -> Lock:
    """The lock to remove.

    Raises:
        StateError: there is none, or it has another ID.
    """
    if record is None:
        raise StateError(f"{source} is not locked. Nothing was changed.", hint="Go on: nothing is in the way.")
    if record.id != lock_id:
        raise StateError(
            f"{source} is not locked by {lock_id} but by {record}. Nothing was changed.",
            hint=f"When that run has surely died: takeup state unlock {record.id}",
        )
    return record


def alive(by: Lock | None, source: str) -> StateLockedError:
    """The refusal to unlock what a living process holds; no force would help, for the kernel keeps the lock."""
    process = "that process" if by is None else f"process {by.pid} on {by.host}"
    return StateLockedError(
        f"{source} is locked by {by or 'another run'}, which is alive. Nothing was changed.",
        hint=f"Wait for {process} to end, or interrupt it (one Ctrl-C or SIGTERM lets it finish what is in flight)."
        " --force does not help here.",
    )
