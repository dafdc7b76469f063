"""Run the measures and print a table of each: `python tests/benchmarks/run.py [names]`."""

# ruff: noqa: T201 - it prints its figures

import os
import platform
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT)]

from tests.benchmarks import (  # noqa: E402
    applying,
    bytes_written,
    emulating,
    expanding,
    formatting,
    journaling,
    loading,
    places,
    recovering,
    refreshing,
    rendering,
    scheduling,
    sharing,
    sharing_postgres,
    starting,
    terraform,
)
from tests.benchmarks.common import Row, show  # noqa: E402

MEASURES: dict[str, Callable[[Path], list[Row]]] = {
    "starting": starting.measure,
    "loading": loading.measure,
    "expanding": expanding.measure,
    "formatting": formatting.measure,
    "applying": applying.measure,
    "bytes": bytes_written.measure,
    "journaling": journaling.measure,
    "sharing": sharing.measure,
    "places": places.measure,
    "sharing-postgres": sharing_postgres.measure,
    "refreshing": refreshing.measure,
    "recovering": recovering.measure,
    "emulating": emulating.measure,
    "rendering": rendering.measure,
    "scheduling": scheduling.measure,
    "terraform": terraform.measure,
}


def main() -> None:
    names = sys.argv[1:] or list(MEASURES)
    unknown = [name for name in names if name not in MEASURES]
    if unknown:
        raise SystemExit(f"No such measure: {', '.join(unknown)}. There are {', '.join(MEASURES)}.")
    os.chdir(ROOT)
    print(f"Python {platform.python_version()}, {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}")
    for name in names:
        with tempfile.TemporaryDirectory(prefix="takeup-bench-") as folder:
            show(name, MEASURES[name](Path(folder)))


if __name__ == "__main__":
    main()
