"""Evaluating the schedules of many recordings: which are wanted now, and how many at a time in a week."""

from pathlib import Path

from tests.benchmarks.common import Row, at_most, work


def measure(_folder: Path, count: int = 100_000, distinct: int = 50) -> list[Row]:
    bare = work("schedule", "none", count, distinct)
    now = work("schedule", "now", count, distinct)
    alone = work("schedule", "now", count, count)
    ahead = work("schedule", "ahead", count, distinct)
    return [
        Row(f"{count} recordings with {distinct} distinct schedules, in memory", str(bare)),
        at_most("which of them are wanted now", now, now.cpu - bare.cpu, 1, "s CPU"),
        Row("the same with a schedule of its own for each", str(alone), f"{alone.cpu - bare.cpu:.2f} s CPU"),
        Row("how many of them at a time in the week ahead", str(ahead), f"{ahead.cpu - bare.cpu:.2f} s CPU"),
    ]
