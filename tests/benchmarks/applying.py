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
        ours = takeup(free, "apply", "--auto-approve")
        configure(slow, url, rate)
        paced = takeup(slow, "apply", "--auto-approve")
    made, ideal = CALLS * count, CALLS * limited / rate
    _expect(ours.out, made)
    _expect(paced.out, CALLS * limited)
    loop = float(bare.out)
    return [
        Row(
            f"bare loop, {made} calls, 10 threads",
            str(bare),
            f"{made / bare.wall:.0f} calls/s; loop alone {made / loop:.0f}",
        ),
        at_least(
            f"apply of {count}, whole process: {made / ours.wall:.0f} calls/s / bare process",
            ours,
            bare.wall / ours.wall,
            0.7,
        ),
        at_most(f"apply of {limited} at {rate}/s: wall / {ideal:.0f} s (calls / rate)", paced, paced.wall / ideal, 1.1),
    ]


def _expect(out: str, calls: int) -> None:
    last = out.rstrip().rsplit("\n", 1)[-1]
    assert f"{calls} API calls" in last or f"{calls * 2 // 3} API calls" in last, last
