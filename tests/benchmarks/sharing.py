"""What the journal costs where each group of entries is a whole state, sent to a server: http against a local file."""

from pathlib import Path

from tests.benchmarks.common import Row, work

CASES = ((100, 10), (1_000, 10), (1_000, 50))  # creates, and threads


def measure(folder: Path) -> list[Row]:
    rows: list[Row] = []
    for changes, threads in CASES:
        for name, title in (("journal", "a local file"), ("journal_http", "http, state serve on loopback")):
            place = folder / f"{name}-{changes}-{threads}"
            place.mkdir()
            groups, size, took = work(name, place, changes, threads).out.split()
            each = float(took) / changes * 1e3
            written = int(size) / 1e6
            title_of = f"{changes:,} creates, {threads} threads, {title}"
            rows.append(Row(title_of, f"{int(groups):,} writes, {written:,.1f} MB, {each:.2f} ms each"))
    return rows
