"""How long the command line takes to say something."""

import sys
from pathlib import Path

from tests.benchmarks.common import TAKEUP, Row, at_most, best


def measure(_folder: Path, times: int = 10) -> list[Row]:
    bare = best(times, [sys.executable, "-c", "import click"])
    rows = [Row("import click", str(bare))]
    for flag in ("--help", "--version"):
        ours = best(times, [*TAKEUP, flag])
        rows.append(at_most(f"takeup {flag}", ours, ours.cpu / bare.cpu, 2))
    return rows
