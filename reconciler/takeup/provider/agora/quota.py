"""One pause for all acquires of an App ID while its quota of concurrent recordings is used up (400/406).

Queries and stops go on: stops make room. Of many creates at once only one finds out whether there is some.
"""

import math
import threading
from collections.abc import Callable

from takeup.provider.agora.answers import Answer


class Quota:
    """Holds acquires back; shared by all threads that use one App ID.

    Args:
        clock: monotonic seconds.
        sleep: waits that many seconds; may raise to interrupt the run.
    """

    def __init__(self, clock: Callable[[], float], sleep: Callable[[float], None]) -> None:
        self._clock = clock
        self._sleep = sleep
        self._lock = threading.Lock()
        self._open_at = -math.inf
        self._refusal: Answer | None = None

    @property
    def used_up(self) -> bool:
        """Whether acquires are being held back."""
        return self._clock() < self._open_at

    def refused(self, answer: Answer, seconds: float) -> None:
        """Let no acquire out for that long."""
        with self._lock:
            self._open_at = max(self._open_at, self._clock() + seconds)
            self._refusal = answer

    def wait(self, deadline: float) -> Answer | None:
        """Sleep until acquires may go out; at once the refusal that holds them back, if that is after the deadline."""
        while (left := self._open_at - self._clock()) > 0:
            with self._lock:
                if self._open_at > deadline:
                    return self._refusal
            self._sleep(left)
        return None
