"""How many calls the gateway lets through. Times are the emulator's, so that a stepped clock frees the way."""

import math
import threading
from collections import deque
from typing import Literal

from takeup.provider.emulator.settings import Settings

Verdict = Literal["rate", "concurrency"]
_TENTH = 10


class Limits:
    """Counts calls over the last second, in a window that slides. Safe for several threads.

    A call that is refused is not counted: who waits gets through.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._windows: dict[tuple[str, str], deque[float]] = {}

    def refuse(self, app_id: str, account: str, now: float, settings: Settings) -> Verdict | None:
        """Count one call; tell which limit it breaks, if any.

        Args:
            app_id: the App ID that it is about.
            account: the customer ID that it is made with.
            now: Unix seconds.
            settings: holds the limits. More than `requestsPerSecond` is a 429 [bp, zhquota]; with the switch
                `concurrencyRule`, more per second than a tenth of the quota is a 400 [zhquota].
        """
        rate, tenth = settings.requestsPerSecond, None
        if settings.switches.concurrencyRule and settings.quota:
            tenth = settings.quota / _TENTH
        if rate is None and tenth is None:
            return None
        key = account if settings.switches.rateLimitPer == "account" else app_id
        with self._lock:
            if rate is not None and not self._room(("rate", key), rate, now):
                return "rate"
            if tenth is not None and not self._room(("concurrency", app_id), tenth, now):
                return "concurrency"
            for kind, limit, who in (("rate", rate, key), ("concurrency", tenth, app_id)):
                if limit is not None:
                    self._windows[kind, who].append(now)
        return None

    def clear(self) -> None:
        """Forget every call."""
        with self._lock:
            self._windows.clear()

    def _room(self, key: tuple[str, str], rate: float, now: float) -> bool:
        """Forget what lies behind the window, and tell whether one more call fits."""
        most = max(1, math.floor(rate))
        window = self._windows.setdefault(key, deque())
        while window and window[0] <= now - most / rate:
            window.popleft()
        return len(window) < most
