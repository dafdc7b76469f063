"""Makes `tests.recordings` importable: importlib mode puts no test folder on the path."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))


def pytest_sessionfinish() -> None:
    """End the servers that tests of this process share: a worker of xdist is killed when it takes its time to exit."""
    made = sys.modules.get("tests.postgres_server")
    if made is not None:
        made.close_shared()
