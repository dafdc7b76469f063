"""What an apply writes in all, state and journal."""

from pathlib import Path

from tests.benchmarks.common import Row, at_most, configure, emulator, make_project, server, work


def measure(folder: Path, counts: tuple[int, ...] = (250, 500, 1000)) -> list[Row]:
    rows: list[Row] = []
    first = 0.0
    for count in counts:
        project = folder / str(count)
        make_project(project, count)
        with server(emulator()) as url:
            configure(project, url)
            state, journal = map(int, work("written", project).out.split())
        each = (state + journal) / count
        first = first or each
        rows.append(
            at_most(
                f"apply of {count}: bytes for each recording / those at {counts[0]}",
                f"{state:,} state + {journal:,} journal = {each:,.0f} each",
                each / first,
                1.1,
            )
        )
    return rows
