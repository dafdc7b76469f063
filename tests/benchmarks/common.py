"""What the measures share: projects of n recordings, children whose cost is known, and the table.

This process stays small: on Linux, the peak memory of a child counts from that of its parent at the fork.
"""

# ruff: noqa: T201 - it prints its figures

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

TAKEUP = [sys.executable, "-m", "takeup"]
WORK = [sys.executable, "-m", "tests.benchmarks.work"]

_PROJECT = """\
apiVersion: takeup/v1
kind: Project
metadata: {{name: bench}}
spec:
  agora:
    endpoint: {endpoint}
    appId: bench
    customerId: {{fromFile: id.txt}}
    customerSecret: {{fromFile: secret.txt}}
    requestsPerSecond: {rate}
    parallelism: 10
  liveness: {{firstQueryAfter: 0s}}
"""
_RECORDING = """\
---
apiVersion: takeup/v1
kind: CompositeRecording
metadata: {{name: room-{number}, labels: {{team: school}}}}
spec:
  cname: room-{number}
  uid: "10001"
  resourceExpiredHour: 72
  recordingConfig:
    channelType: live
    streamTypes: both
    maxIdleTime: 300
    transcodingConfig: {{width: 1280, height: 720, fps: 30, bitrate: 2000, mixedVideoLayout: bestFit}}
    subscribeAudioUids: ["#allstream#"]
    subscribeVideoUids: ["#allstream#"]
  recordingFileConfig: {{avFileType: [hls, mp4]}}
  storageConfig:
    vendor: s3
    region: us-east-1
    bucket: bench
    accessKey: {{fromFile: id.txt}}
    secretKey: {{fromFile: secret.txt}}
    fileNamePrefix: [school, room{number}]
"""


@dataclass(frozen=True, slots=True)
class Cost:
    """What a child took."""

    wall: float
    cpu: float
    mib: float
    out: str

    def __str__(self) -> str:
        return f"{self.wall:.2f} s wall, {self.cpu:.2f} s CPU, {self.mib:.0f} MiB"


@dataclass(frozen=True, slots=True)
class Row:
    """One line of a table; without a target it is only told."""

    what: str
    figure: str
    ratio: str = ""
    target: str = ""
    met: bool | None = None


def at_most(what: str, figure: object, value: float, limit: float, unit: str = "x") -> Row:
    return Row(what, str(figure), f"{value:.2f} {unit}", f"<= {limit:g} {unit}", value <= limit)


def at_least(what: str, figure: object, value: float, limit: float, unit: str = "x") -> Row:
    return Row(what, str(figure), f"{value:.2f} {unit}", f">= {limit:g} {unit}", value >= limit)


def show(name: str, rows: list[Row]) -> None:
    print(f"\n## {name}\n\n| What | Figure | Measured | Target | |\n| --- | --- | --- | --- | --- |")
    for row in rows:
        verdict = "" if row.met is None else "met" if row.met else "MISSED"
        print(f"| {row.what} | {row.figure} | {row.ratio} | {row.target} | {verdict} |", flush=True)


def run(command: list[str], cwd: Path | None = None) -> Cost:
    """Run a child to its end.

    Raises:
        RuntimeError: it failed.
    """
    began = time.perf_counter()
    environment = {name: value for name, value in os.environ.items() if not name.startswith("TF_")}
    child = subprocess.Popen(  # noqa: S603 - our own commands
        command, cwd=cwd, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )
    assert child.stdout is not None
    out = child.stdout.read()
    _, status, usage = os.wait4(child.pid, 0)
    child.returncode = os.waitstatus_to_exitcode(status)
    child.stdout.close()
    if child.returncode:
        raise RuntimeError(f"{command} failed with {child.returncode}:\n{out[-2000:]}")
    wall = time.perf_counter() - began
    return Cost(wall, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024, out)


def best(times: int, command: list[str]) -> Cost:
    """The cheapest of several runs: what disturbs a run only adds to it."""
    return min((run(command) for _ in range(times)), key=lambda cost: cost.cpu)


def takeup(folder: Path, *arguments: str) -> Cost:
    return run([*TAKEUP, "-C", str(folder), *arguments])


def work(*arguments: object) -> Cost:
    return run([*WORK, *map(str, arguments)])


def configure(folder: Path, endpoint: str = "http://127.0.0.1:1", rate: float | None = None) -> None:
    text = _PROJECT.format(endpoint=endpoint, rate="off" if rate is None else rate)
    (folder / "takeup.yaml").write_text(text, encoding="utf-8")


def make_project(folder: Path, count: int, files: int = 1) -> None:
    """A project of `count` recordings in `files` manifests."""
    (folder / "manifests").mkdir(parents=True)
    for name in ("id.txt", "secret.txt"):
        (folder / name).write_text("bench", encoding="utf-8")
        (folder / name).chmod(0o600)
    for file in range(files):
        text = "".join(_RECORDING.format(number=number) for number in range(file, count, files))
        (folder / "manifests" / f"{file:03}.yaml").write_text(text, encoding="utf-8")
    configure(folder)


@contextmanager
def server(command: list[str]) -> Iterator[str]:
    """A child that names its URL in its first line and serves until it is ended; the URL."""
    child = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)  # noqa: S603 - our own commands
    assert child.stdout is not None
    try:
        yield child.stdout.readline().split()[-1]
    finally:
        child.terminate()
        child.wait()
        child.stdout.close()


def emulator() -> list[str]:
    return [*TAKEUP, "emulator", "--startup", "0", "--no-log"]
