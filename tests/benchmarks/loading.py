"""Validate and plan without refresh, for many recordings in many files."""

from pathlib import Path

from tests.benchmarks.common import Row, at_most, make_project, takeup, work


def measure(folder: Path, count: int = 10_000, files: int = 100) -> list[Row]:
    make_project(folder, count, files)
    work("seed", folder)
    bare = work("parse", folder)
    validate = takeup(folder, "validate")
    plan = takeup(folder, "plan", "--no-refresh", "--detailed-exitcode")
    return [
        Row(f"bare event parse, {count} recordings in {files} files", str(bare)),
        at_most("validate / parse (CPU)", validate, validate.cpu / bare.cpu, 4),
        at_most("no-op plan --no-refresh / validate (CPU)", plan, plan.cpu / validate.cpu, 1.5),
        at_most("peak memory of validate", "", validate.mib, 400, "MiB"),
        at_most("peak memory of plan", "", plan.mib, 400, "MiB"),
    ]
