"""What the journal costs for each change: fsyncs, bytes and time, and what threads save by sharing an fsync."""

from pathlib import Path

from tests.benchmarks.common import Row, at_most, work

APPENDS = 3  # of a create: acquired and the intent to start, started, confirmed
LIMITS = {1: 3.0, 10: 1.0, 50: 0.5}  # fsyncs for each change, by threads


def measure(folder: Path, changes: int = 2000) -> list[Row]:
    rows: list[Row] = []
    for threads, limit in LIMITS.items():
        place = folder / str(threads)
        place.mkdir()
        cost = work("journal", place, changes, threads)
        syncs, size, took = cost.out.split()
        each = float(took) / changes * 1e3
        rows.append(
            at_most(
                f"{changes} creates, {threads} thread{'s' if threads > 1 else ''}: fsyncs for each",
                f"{int(syncs):,} fsyncs, {int(size) / changes:,.0f} bytes and {each:.2f} ms each",
                int(syncs) / changes,
                limit,
                "fsyncs",
            )
        )
    bare = float(work("synced", folder, APPENDS * changes, int(size) // (APPENDS * changes)).out)
    rows.append(Row("bare writes and fsyncs of one thread for as many", f"{bare / changes * 1e3:.2f} ms each"))
    return rows
