"""What the engine is handed from outside: time, chance, and somebody to tell."""

import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from takeup.core.address import Address


@dataclass(frozen=True, slots=True)
class Event:
    """Something that just happened to a resource, for the eyes of a person."""

    address: Address
    kind: str  # begin | call | wait | done | failed | interrupt
    text: str


@dataclass(frozen=True, slots=True)
class Clock:
    """Time as the engine sees it: `now` in UTC, which may jump; `sleep` in seconds; `monotonic`, which never jumps.

    Without `monotonic` (in seconds), `now` is trusted: for clocks that are stepped.
    """

    now: Callable[[], datetime]
    sleep: Callable[[float], None]
    monotonic: Callable[[], float] | None = None

    def elapsed(self) -> float:
        """Seconds since some moment, for measuring how long something takes within one run."""
        return self.now().timestamp() if self.monotonic is None else self.monotonic()


Tell = Callable[[Event], None]


def any_salt() -> int:
    """The salt of a token that is built: any number that is not 0, and no secret."""
    return secrets.randbelow(2**32 - 1) + 1
