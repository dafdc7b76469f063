"""A lock that ends by itself: its holder says again and again that it lives, and counts as dead when it does not.

Whether a lease has ended is decided by the clock of the store, which all hosts share. Whether the *own* lease may still
be relied on is decided by this host's clock that no one sets, counted from before the last renewal was sent.
"""

import json
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from types import TracebackType
from typing import Self

from takeup.backends.lock import Lock, decode_lock, encode_lock
from takeup.backends.record import Record, parse
from takeup.errors import StateConflictError, StateError, StateLockedError

SECONDS = 60.0
"""How long a lease lasts without being renewed."""
_BEATS = 4
"""How often it is renewed within that time."""
_SLACK = timedelta(seconds=2)
"""Clocks told in whole seconds."""


@dataclass(frozen=True, slots=True)
class Lease:
    """The record of a lock; it is never removed, so that its number only grows. `lock` is None when it is free."""

    fence: int
    lock: Lock | None
    expires_at: datetime

    def over(self, now: datetime) -> bool:
        """Whether it has ended, by the clock that it was given by."""
        return self.lock is None or now > self.expires_at + _SLACK


def encode_lease(lease: Lease) -> bytes:
    """The record as bytes."""
    lock = None if lease.lock is None else json.loads(encode_lock(lease.lock))
    expires = lease.expires_at.astimezone(UTC).replace(tzinfo=None).isoformat() + "Z"
    return json.dumps({"fence": lease.fence, "expiresAt": expires, "lock": lock}).encode()


def decode_lease(data: bytes, source: str) -> Lease:
    """Read a record.

    Raises:
        StateError: it is none.
    """
    record = Record(parse(data, source, "lock record"), "the record", source)
    fence, expires, lock = record.integer("fence"), record.time("expiresAt"), record.optional_mapping("lock")
    record.done()
    return Lease(fence, None if lock is None else decode_lock(json.dumps(lock).encode(), source), expires)


def check_free(found: Lease | None, now: datetime, source: str) -> None:
    """Let a run in only where no other one is, or was until a moment ago.

    Args:
        found: the record that is there.
        now: by the clock of the store.
        source: what is locked, for people.

    Raises:
        StateLockedError: the lease has not ended.
    """
    if found is not None and not found.over(now):
        raise StateLockedError(
            f"{source} is locked by {found.lock}.",
            hint="Wait for that run to end, or interrupt it. If it has died, its lock ends by itself at"
            f" {found.expires_at:%H:%M:%S} UTC.",
        )


def lost_before(lock: Lock) -> str:
    """What people must learn of a run whose lease has ended without being given back."""
    return (
        f"The run of {lock.holder} ({lock.command}, process {lock.pid} on {lock.host}) has not been heard of for longer"
        " than its lock lasts. The lock was taken over, and that run can write nothing any more."
    )


def taken_over(found: Lease | None) -> tuple[str, ...]:
    """What there is to tell of the record that was there."""
    return () if found is None or found.lock is None else (lost_before(found.lock),)


def awake() -> float:
    """Seconds that nobody sets and that go on while the machine sleeps, where it can tell."""
    clock = getattr(time, "CLOCK_BOOTTIME", None)
    return time.monotonic() if clock is None else time.clock_gettime(clock)


class Heartbeat:
    """Renews a lease from a thread of its own, until it is closed or the lease is lost.

    Args:
        renew: renews it once. A conflict means that it is lost; any other StateError is tried again until it has ended.
        seconds: how long the lease lasts.
        source: what is locked, for people.
        clock: this host's clock, which must go on while the machine sleeps.
        began: when the request that took the lease was sent, by that clock.
    """

    def __init__(
        self,
        renew: Callable[[], None],
        seconds: float,
        source: str,
        *,
        clock: Callable[[], float] = awake,
        began: float | None = None,
    ) -> None:
        self._renew = renew
        self._seconds = seconds
        self._source = source
        self._clock = clock
        self._good_until = (clock() if began is None else began) + seconds
        self._lost = ""
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._run, name="lock heartbeat", daemon=True)

    def check(self) -> None:
        """Refuse to go on without the lock.

        Raises:
            StateError: the lease is lost, or may have ended.
        """
        if not self._lost and self._clock() < self._good_until:
            return
        why = self._lost or "it could not be renewed in time"
        raise StateError(
            f"The lock of {self._source} was lost: {why.rstrip('.')}. Nothing was written.",
            hint="Another run may be in. Plan again.",
        )

    def beat(self) -> None:
        """Renew once."""
        began = self._clock()
        try:
            self._renew()
        except StateConflictError as error:
            self._lost = error.message
        except StateError:
            return  # tried again at the next beat; `check` counts the time
        else:
            self._good_until = began + self._seconds

    def _run(self) -> None:
        while not self._lost and not self._ended.wait(self._seconds / _BEATS):
            self.beat()

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._ended.set()
        self._thread.join()
