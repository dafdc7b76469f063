"""What the engine is handed from outside: time, and somebody to tell."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from takeup.core.address import Address


@dataclass(frozen=True, slots=True)
class Event:
    """Something that just happened to a resource, for the eyes of a person."""

    address: Address
    kind: str  # begin | call | wait | done | failed | skipped
    text: str


@dataclass(frozen=True, slots=True)
class Clock:
    """Time as the engine sees it: `now` in UTC, and `sleep` in seconds."""

    now: Callable[[], datetime]
    sleep: Callable[[float], None]


Tell = Callable[[Event], None]
