"""Calls per second of an apply, and how closely it keeps to the rate limit."""

from pathlib import Path

from tests.benchmarks.common import (
    Row,
    at_least,
    at_most,
    configure,
    emulator,
    make_project,
    server,
    takeup,
    work,
)

CALLS = 3  # acquire, start, query


def measure(folder: Path, count: int = 500, limited: int = 200, rate: int = 50) -> list[Row]:
    free, slow = folder / "free", folder / "slow"
    make_project(free, count)
    make_project(slow, limited)
    with server(emulator()) as url:
        bare = work("calls", url, count, 10)
        configure(free, url)
        ours = work("apply", free)
    with server(emulator()) as url:
        configure(slow, url, rate)
        paced = takeup(slow, "apply", "--auto-approve")
    made, ideal = CALLS * count, CALLS * limited / rate
    for cost, number in ((ours, count), (paced, limited)):
        assert f"{2 * number} API calls" in cost.out, cost.out[-200:]  # it counts what changes something: no queries
    loop, calling = float(bare.out), float(ours.out.split()[-1])
    return [
        Row(f"bare loop, {made} calls, 10 threads", str(bare), f"{made / loop:.0f} calls/s"),
        at_least(
            f"apply of {count}, from the first call to the written state: {made / calling:.0f} calls/s / bare loop",
            f"{calling:.2f} s of the next line",
            loop / calling,
            0.7,
        ),
        Row(
            "the same, whole processes with imports, manifests and plan",
            str(ours),
            f"{bare.wall / ours.wall:.2f} x",
        ),
        at_most(
            f"apply of {limited} at {rate}/s, whole process: wall / {ideal:.0f} s (calls / rate)",
            paced,
            paced.wall / ideal,
            1.1,
        ),
    ]
