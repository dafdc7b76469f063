"""The rate limit of one App ID: calls evenly spaced (GCRA without a burst), pairs granted together.

A bucket that allows a burst of 10 lets 19 calls into one second at "10 per second"; Agora counts those.
"""

import math
import threading
import time
from collections.abc import Callable

# An unused grant stays good this long, so that a start can follow its acquire as soon as that is answered.
# Older ones are given back and reserved anew, or many of them could add up to a burst.
_GRANT_LIVES = 2.0


class Limiter:
    """Grants calls at even distances; shared by all threads that use one App ID.

    Args:
        rate: calls per second, or None for no limit.
        clock: monotonic seconds.
        sleep: waits that many seconds; may raise to interrupt the run.
    """

    def __init__(
        self,
        rate: float | None,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        if rate is not None and not (rate > 0 and math.isfinite(rate)):
            raise ValueError("a rate is a positive number of calls per second")
        self._interval = None if rate is None else 1 / rate
        self.now = clock
        self.sleep = sleep
        self._lock = threading.Lock()
        self._next = -math.inf
        self._resume_at = -math.inf

    def reserve(self, n: int = 1) -> tuple[float, ...]:
        """The times of the next `n` calls, side by side: nobody else's call comes between them."""
        if self._interval is None:
            return (-math.inf,) * n
        with self._lock:
            first = max(self._next, self.now())
            self._next = first + n * self._interval
            return tuple(first + i * self._interval for i in range(n))

    def due(self, grants: tuple[float, ...]) -> tuple[float, ...]:
        """Sleep until the first of these grants is due; the grants, which a pause may have moved.

        Grants that fall into a pause are reserved anew, all together, so that its end is no burst.
        """
        while True:
            if self._interval is None:
                delay = self._resume_at - self.now() if self._resume_at > grants[0] else 0.0
            else:
                now = self.now()
                if grants[0] < self._resume_at or grants[0] + _GRANT_LIVES < now:
                    grants = self.reserve(len(grants))
                delay = grants[0] - now
            if delay <= 0:
                return grants
            self.sleep(delay)

    def wait(self) -> None:
        """Reserve one call and sleep until it is due."""
        self.due(self.reserve())

    def pause(self, seconds: float) -> None:
        """Let no call of this App ID out for that long: Agora answered 429."""
        with self._lock:
            self._resume_at = max(self._resume_at, self.now() + seconds)
            self._next = max(self._next, self._resume_at)
