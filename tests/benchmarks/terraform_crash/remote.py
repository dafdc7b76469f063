"""The remote side: takeup's emulator, asked and steered by its remote control."""

import json
import time
import urllib.request
from collections.abc import Callable, Mapping
from typing import Any

_PATIENCE = 60.0


class Remote:
    """One running emulator."""

    def __init__(self, url: str) -> None:
        self.url = url

    def live(self) -> frozenset[str]:
        """The sids of all sessions that record now."""
        return frozenset(one["sid"] for one in self._call("GET", "state")["sessions"] if one["live"])

    def calls(self) -> int:
        """How many calls it has been sent that change something."""
        totals = self._call("GET", "state")["calls"]["totals"]
        return sum(count for operation, count in totals.items() if operation != "query")

    def switch(self, switches: Mapping[str, object]) -> None:
        self._call("PUT", "settings", {"switches": dict(switches)})

    def hold_back(self, operation: str, *, effect: bool) -> None:
        """Let the next such call wait for its answer, with or without having had its effect."""
        what = "slow" if effect else "timeout"
        self._call("PUT", "faults", [{"do": what, "operation": operation, "times": 1, "lasting": "60s"}])

    def wait_until_held(self, still: Callable[[], bool]) -> bool:
        """Return True when the call has come and its effect is there, as far as it has any; False if none comes.

        Args:
            still: whether it is worth waiting, because the caller still runs.
        """
        until = time.monotonic() + _PATIENCE
        while not self._call("GET", "faults")[0]["struck"]:
            if time.monotonic() > until or not still():
                return False
            time.sleep(0.05)
        time.sleep(0.5)  # the rule strikes some microseconds before the call has its effect
        return True

    def hold_nothing(self) -> None:
        self._call("DELETE", "faults")

    def _call(self, method: str, what: str, body: object = None) -> Any:  # noqa: ANN401 - JSON
        request = urllib.request.Request(  # noqa: S310 - our own emulator
            f"{self.url}/_emulator/{what}",
            data=None if body is None else json.dumps(body).encode(),
            headers={"Content-Type": "application/json"},
            method=method,
        )
        with urllib.request.urlopen(request, timeout=10) as answer:  # noqa: S310 - as above
            return json.load(answer)
