"""The run after a crash in which every start was under way: read, plan and find out about 10,000 open calls."""

# ruff: noqa: T201 - the child prints its figures

import json
import resource
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tests.benchmarks.common import Row, make_project
from tests.benchmarks.work import _REQUEST, _STORAGE

if TYPE_CHECKING:
    from takeup.backends.local import LocalBackend
    from takeup.core.address import Address
    from takeup.core.resource import Resource
    from takeup.core.snapshot import SessionState
    from takeup.manifest.project import Project
    from takeup.provider.emulator.world import World

_READ, _FOLDED = "state and journal", "a state that holds the same"
_BLIND, _PLAN, _APPLY = "plan without refresh", "plan with refresh", "apply"


def measure(folder: Path, count: int = 10_000) -> list[Row]:
    make_project(folder, count, 100)
    done = subprocess.run(  # noqa: S603 - our own module
        [sys.executable, "-m", "tests.benchmarks.recovering", str(folder)], capture_output=True, text=True, check=True
    )
    found = json.loads(done.stdout)
    took = {name: f"{wall:.2f} s wall, {cpu:.2f} s CPU" for name, (wall, cpu) in found["took"].items()}
    cpu = {name: seconds for name, (_, seconds) in found["took"].items()}
    return [
        Row(f"read the {_READ} of {count:,} open starts", took[_READ]),
        Row(f"read {_FOLDED}: journal / state (CPU)", took[_FOLDED], f"{cpu[_READ] / cpu[_FOLDED]:.2f} x"),
        Row(f"{_BLIND}, read included", took[_BLIND]),
        Row(f"{_PLAN}, read included", took[_PLAN], f"{cpu[_PLAN] / cpu[_BLIND]:.2f} x"),
        Row(f"{_APPLY} of that plan, the emulator included", f"{took[_APPLY]}; {found['calls']}"),
        Row("peak memory, the emulator included", f"{found['mib']:.0f} MiB"),
    ]


def _child(folder: Path) -> None:
    from tests.benchmarks.common import configure  # noqa: PLC0415 - as above

    from takeup.backends.local import LocalBackend  # noqa: PLC0415 - measured here, not in the parent
    from takeup.cli import graph  # noqa: PLC0415 - as above
    from takeup.engine.run import carry_through, prepare  # noqa: PLC0415 - as above
    from takeup.manifest.loader import load  # noqa: PLC0415 - as above
    from takeup.manifest.project import load_project  # noqa: PLC0415 - as above
    from takeup.provider.emulator.world import Settings, World  # noqa: PLC0415 - as above
    from takeup.provider.emulator.wsgi import EmulatorApp  # noqa: PLC0415 - as above

    configure(folder, "emulator")
    project, problems = load_project(folder, {})
    assert project is not None, problems
    desired = load(project, {}).resources
    emulated = World(settings=Settings(startup=0))
    backend = LocalBackend(project.state_path)
    _crash(project, desired, backend, emulated)

    app = EmulatorApp(emulated)
    graph.embedded_emulator = lambda project: app  # noqa: ARG005 - what it replaces is called so
    world = graph.open_world(project, lambda _event: None)
    recorder = graph.open_recorder(project)
    took: dict[str, tuple[float, float]] = {}
    with _timed(took, _READ):
        crashed = backend.read()
    assert crashed is not None
    folded = LocalBackend(folder / "folded" / "default.json")
    folded.write(crashed, previous_serial=None)
    with _timed(took, _FOLDED):
        folded.read()
    with _timed(took, _BLIND):
        prepare(world, None, desired)
    with _timed(took, _PLAN):
        prepared = prepare(world, recorder, desired)
    before = emulated.calls
    with _timed(took, _APPLY):
        carry_through(world, prepared, desired, recorder)
    calls = ", ".join(f"{number:,} {name}" for name, number in sorted((emulated.calls - before).items()))
    recorder.close()
    mib = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(json.dumps({"took": took, "calls": calls, "mib": mib}))


def _crash(
    project: "Project", desired: "Mapping[Address, Resource]", backend: "LocalBackend", emulated: "World"
) -> None:
    """Leave what a kill leaves: an empty state, a journal of starts without outcome, every other one carried out."""
    from takeup.cli.graph import new_state  # noqa: PLC0415 - measured here, not in the parent
    from takeup.core.resource import Fingerprints  # noqa: PLC0415 - as above
    from takeup.core.snapshot import JournalEntry  # noqa: PLC0415 - as above

    state = backend.write(new_state(), previous_serial=None)
    fingerprints = Fingerprints(state.fingerprint_key)
    journal = backend.journal(state.lineage, state.serial)
    for number, one in enumerate(desired.values()):
        envelope = {"cname": one.cname, "uid": one.uid}
        resource_id = emulated.acquire(project.app_id, {**envelope, "clientRequest": {}})[1]["resourceId"]
        session = _open(project, one, resource_id, fingerprints.applied(one.spec))
        journal.append(JournalEntry(session.started_at, one.address, "start", "intent", session))
        if number % 2:
            body = {**envelope, "clientRequest": {**_REQUEST, "storageConfig": _STORAGE}}
            status, answer = emulated.start(project.app_id, resource_id, "mix", body)
            assert status == 200, answer
    journal.close()


def _open(project: "Project", one: "Resource", resource_id: str, applied: Mapping[str, Any]) -> "SessionState":
    from takeup.core.snapshot import Liveness, OpenCall, SessionState  # noqa: PLC0415 - as above

    now = datetime.now(UTC)
    return SessionState(
        address=one.address,
        realm=project.realm,
        app_id=project.app_id,
        cname=one.cname,
        uid=one.uid,
        mode=one.address.kind.mode,
        applied=applied,
        resource_id=resource_id,
        sid=None,
        liveness=Liveness.LOST,
        started_at=now,
        since=now,
        evidence=f"start was sent at {now:%Y-%m-%d %H:%M:%S} UTC and not answered",
        open=OpenCall("start", now),
    )


@contextmanager
def _timed(took: dict[str, tuple[float, float]], name: str) -> Iterator[None]:
    """Note wall and CPU seconds of this process, all its threads included."""
    wall, cpu = time.perf_counter(), time.process_time()
    yield
    took[name] = (time.perf_counter() - wall, time.process_time() - cpu)


if __name__ == "__main__":
    _child(Path(sys.argv[1]))
