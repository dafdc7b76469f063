"""The emulator's time: it follows the wall clock, runs faster, or stands still until it is told to go on."""

import re
import threading
import time
from collections.abc import Callable

_SPEED = re.compile(r"x([0-9]{1,7}(?:\.[0-9]{1,3})?)")


class Clock:
    """Unix seconds that can be stepped. Safe for several threads.

    Args:
        speed: virtual seconds per real one: 1 follows the wall clock, 0 stands still until `advance`.
        start: the time it begins at; now, where it is None.
        monotonic: real seconds, for tests.
        pause: waits real seconds, for tests.
    """

    def __init__(
        self,
        speed: float = 1.0,
        start: float | None = None,
        *,
        monotonic: Callable[[], float] = time.monotonic,
        pause: Callable[[float], None] = time.sleep,
    ) -> None:
        if speed < 0:
            raise ValueError("time does not run backwards: a speed is 0 or more")
        self.speed = speed
        self._monotonic = monotonic
        self._pause = pause
        self._lock = threading.Lock()
        # A clock that is stepped begins at a whole second: whole steps then add up without rounding errors.
        begin = time.time() if speed else float(int(time.time()))
        self._base = begin if start is None else start
        self._origin = monotonic()
        self._watchers: list[Callable[[], None]] = []

    @classmethod
    def parse(cls, text: str, start: float | None = None) -> "Clock":
        """Read `wall`, `step` or `x60` (sixty times as fast).

        Raises:
            ValueError: it is none of these.
        """
        if text in {"wall", "step"}:
            return cls(1.0 if text == "wall" else 0.0, start)
        match = _SPEED.fullmatch(text)
        if match is None or not float(match[1]) > 0:
            raise ValueError("a clock is wall, step, or x and a speed, for example x60")
        return cls(float(match[1]), start)

    def __call__(self) -> float:
        """Tell the time."""
        return self.now()

    def now(self) -> float:
        """Tell the time, in Unix seconds."""
        with self._lock:
            return self._base + (self._monotonic() - self._origin) * self.speed

    def advance(self, seconds: float) -> float:
        """Let so many virtual seconds pass at once, and tell the new time. Watchers hear of it before it returns.

        Raises:
            ValueError: the number is negative or not finite.
        """
        if not 0 <= seconds < float("inf"):
            raise ValueError("time does not run backwards: advance by 0 seconds or more")
        with self._lock:
            self._base += seconds
        for watcher in list(self._watchers):
            watcher()
        return self.now()

    def sleep(self, seconds: float) -> None:
        """Let virtual seconds pass: by waiting where time runs, by `advance` where it stands still."""
        if self.speed == 0:
            self.advance(seconds)
        elif seconds > 0:
            self._pause(seconds / self.speed)

    def watch(self, watcher: Callable[[], None]) -> None:
        """Call this after every `advance`: what is due by then is done by then."""
        self._watchers.append(watcher)
