"""How an answer takes its time: on the emulator's clock, and no longer than somebody waits for it."""

import time
from collections.abc import Callable
from typing import TYPE_CHECKING

from takeup.provider.emulator.clock import Clock

if TYPE_CHECKING:
    from wsgiref.types import WSGIEnvironment

ENVIRON_WAIT = "takeup.wait"
"""WSGI key of a server: waits that many real seconds, and tells whether the client has gone meanwhile."""
ENVIRON_PATIENCE = "takeup.patience"
"""WSGI key of a client in the same process: after how many seconds it gives up (`transport.wsgi_transport`)."""
_STEP = 0.05


def of(environ: "WSGIEnvironment", clock: Clock) -> Callable[[float], None]:
    """Make the function that lets seconds of the emulator's clock pass for one request.

    A clock that stands still is stepped, so that nothing really waits. The function raises TimeoutError where a
    client in the same process would have given up by then.
    """
    longest = environ.get(ENVIRON_PATIENCE)
    pause = environ.get(ENVIRON_WAIT, _sleep)

    def wait(seconds: float) -> None:
        real = seconds / (clock.speed or 1.0)
        given_up = False
        if longest is not None and real > longest:
            given_up, seconds = True, longest * (clock.speed or 1.0)
        if clock.speed == 0:
            clock.advance(seconds)
        else:
            _pass(clock, seconds, pause)
        if given_up:
            raise TimeoutError("the client gave up")

    return wait


def _pass(clock: Clock, seconds: float, pause: Callable[[float], bool]) -> None:
    """Wait in small steps: the clock may be stepped meanwhile, the client may go, the server may close."""
    until = clock.now() + seconds
    while (left := until - clock.now()) > 0 and not pause(min(left / clock.speed, _STEP)):
        pass


def _sleep(seconds: float) -> bool:
    time.sleep(seconds)
    return False
