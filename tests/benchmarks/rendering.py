"""Rendering a plan of many changes in every format: time and peak memory, beside making the plan and nothing else."""

from pathlib import Path

from tests.benchmarks.common import Row, work

from takeup.render.formats import FORMATS


def measure(_folder: Path, count: int = 10_000) -> list[Row]:
    bare = work("render", "none", count)
    rows = [Row(f"a plan of {count} changes, not rendered", str(bare))]
    for form in FORMATS:
        cost = work("render", form, count)
        size = int(cost.out)
        told = f"{cost.cpu - bare.cpu:.2f} s CPU, {cost.mib - bare.mib:.0f} MiB more; {size / 2**20:.2f} MiB of text"
        rows.append(Row(form, str(cost), told))
    return rows
