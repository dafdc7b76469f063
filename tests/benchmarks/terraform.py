"""A real Terraform with as many resources of the same shape. Nothing is downloaded: terraform_data is built in."""

import json
import shutil
from pathlib import Path

from tests.benchmarks.common import (
    Cost,
    Row,
    at_least,
    configure,
    emulator,
    make_project,
    run,
    server,
    takeup,
)
from tests.benchmarks.work import _REQUEST, _STORAGE


def measure(folder: Path, counts: tuple[int, ...] = (100, 1_000)) -> list[Row]:
    program = shutil.which("terraform")
    if program is None:
        return [Row("terraform", "not on PATH: skipped")]
    rows: list[Row] = []
    for count in counts:
        applied, planned = _theirs(program, folder / f"terraform-{count}", count)
        apply, plan = _ours(folder / f"takeup-{count}", count)
        rows += [
            Row(f"terraform apply of {count}", str(applied)),
            Row(f"takeup apply of {count}", str(apply), f"{applied.cpu / apply.cpu:.1f} x less CPU"),
            Row(f"terraform no-op plan of {count}", str(planned)),
            at_least(f"takeup no-op plan of {count}: times less CPU", plan, planned.cpu / plan.cpu, 5),
        ]
    return rows


def _theirs(program: str, folder: Path, count: int) -> tuple[Cost, Cost]:
    folder.mkdir(parents=True)
    data = {
        f"room-{number}": {
            "input": {
                "cname": f"room-{number}",
                "uid": "10001",
                "resourceExpiredHour": 72,
                **_REQUEST,
                "storageConfig": {**_STORAGE, "fileNamePrefix": ["school", f"room{number}"]},
            }
        }
        for number in range(count)
    }
    text = json.dumps({"resource": {"terraform_data": data}}, indent=1)
    (folder / "main.tf.json").write_text(text, encoding="utf-8")
    run([program, "init", "-input=false", "-no-color"], folder)
    applied = run([program, "apply", "-auto-approve", "-input=false", "-no-color"], folder)
    planned = run([program, "plan", "-input=false", "-no-color"], folder)
    assert "No changes" in planned.out, planned.out[-500:]
    return applied, planned


def _ours(folder: Path, count: int) -> tuple[Cost, Cost]:
    make_project(folder, count)
    with server(emulator()) as url:
        configure(folder, url)
        return takeup(folder, "apply", "--auto-approve"), takeup(folder, "plan", "--detailed-exitcode")
