"""A no-op plan that asks after every session, beside a bare loop of the same queries."""

from pathlib import Path

from tests.benchmarks.common import WORK, Cost, Row, at_most, configure, make_project, server, takeup, work


def measure(folder: Path, counts: tuple[int, ...] = (2_500, 10_000)) -> list[Row]:
    rows: list[Row] = []
    plans: list[Cost] = []
    for count in counts:
        project = folder / str(count)
        make_project(project, count, 100)
        with server([*WORK, "serve", str(project)]) as url:
            configure(project, url)
            bare = work("queries", url, project, 10)
            plan = takeup(project, "plan", "--detailed-exitcode")
        plans.append(plan)
        rows += [
            Row(f"bare loop of {count} queries", str(bare)),
            at_most(f"no-op plan of {count} / bare loop (CPU)", plan, plan.cpu / bare.cpu, 2),
        ]
    growth = plans[-1].cpu / plans[0].cpu / (counts[-1] / counts[0])
    return [
        *rows,
        at_most(f"CPU of the plan of {counts[-1]}", "", plans[-1].cpu, 10, "s"),
        at_most(f"peak memory of the plan of {counts[-1]}", "", plans[-1].mib, 400, "MiB"),
        at_most("CPU for each recording, large / small", "", growth, 1.1),
    ]
