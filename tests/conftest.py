"""Makes `tests.recordings` importable: importlib mode puts no test folder on the path."""

import signal
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    # A job in the background of a shell ignores Ctrl-C, and so would every takeup that it starts: tests send it some.
    signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_sessionfinish() -> None:
    """End the servers that tests of this process share: a worker of xdist is killed when it takes its time to exit."""
    made = sys.modules.get("tests.postgres_server")
    if made is not None:
        made.close_shared()
