"""The time of an emulator that outlives its process: it is kept beside the sessions that it counts for."""

import time
from collections.abc import Callable

from takeup.provider.emulator.clock import Clock
from takeup.provider.emulator.store import Store

_KEY = "clock"


def resume_clock(text: str, store: Store, *, wall: Callable[[], float] = time.time) -> Clock:
    """Read `wall`, `step` or `x60`, and go on where the last emulator on this store left off.

    A clock that follows the wall clock never falls behind it; it is ahead where an earlier run was stepped ahead,
    for the sessions of that run must not begin in the future. Other clocks stood still in between.

    Raises:
        ValueError: it is no clock.
    """
    clock = Clock.parse(text)
    with store.reading() as records:
        kept = records.meta(_KEY)
    if not isinstance(kept, (int, float)):
        return clock
    return Clock.parse(text, max(float(kept), wall()) if clock.speed == 1 else float(kept))


def keep_time(clock: Clock, store: Store) -> None:
    """Remember what time it is; called after each step, every now and then, and at the end."""
    with store.writing() as records:
        records.put_meta(_KEY, clock.now())
