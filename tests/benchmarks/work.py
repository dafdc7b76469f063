"""The children of the measures that are not takeup itself: `python -m tests.benchmarks.work NAME ARGS`."""

# ruff: noqa: T201 - it prints its figures

import importlib
import io
import json
import os
import sys
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import redirect_stdout
from pathlib import Path
from typing import Any

_AUTH = {"Authorization": "Basic YmVuY2g6YmVuY2g="}
_APP = "/v1/apps/bench/cloud_recording"
_REQUEST = {
    "recordingConfig": {
        "channelType": 1,
        "streamTypes": 2,
        "maxIdleTime": 300,
        "transcodingConfig": {"width": 1280, "height": 720, "fps": 30, "bitrate": 2000, "mixedVideoLayout": 1},
        "subscribeAudioUids": ["#allstream#"],
        "subscribeVideoUids": ["#allstream#"],
    },
    "recordingFileConfig": {"avFileType": ["hls", "mp4"]},
}
_STORAGE = {"vendor": 1, "region": 0, "bucket": "bench", "accessKey": "bench", "secretKey": "bench"}


def parse(folder: str) -> None:
    """The bare event parse."""
    from ruamel.yaml import YAML  # noqa: PLC0415 - the other children do without

    for path in sorted(Path(folder, "manifests").iterdir()):
        for _ in YAML(typ="safe").parse(path.read_bytes()):
            pass


def seed(folder: str) -> None:
    """Write the state that an apply of the project would leave, with sessions that exist nowhere."""
    _seed(Path(folder), lambda name: (f"resource-{name}", f"sid-{name}"))


def serve(folder: str) -> None:
    """Make the sessions inside an emulator, write the state that goes with them, and serve it."""
    from takeup.provider.emulator.server import serve as bind  # noqa: PLC0415
    from takeup.provider.emulator.world import Settings, World  # noqa: PLC0415
    from takeup.provider.emulator.wsgi import EmulatorApp  # noqa: PLC0415

    world = World(settings=Settings(startup=0))

    def begin(name: str) -> tuple[str, str]:
        envelope = {"cname": name, "uid": "10001"}
        _, answer = world.acquire("bench", {**envelope, "clientRequest": {}})
        resource_id = answer["resourceId"]
        storage = {**_STORAGE, "fileNamePrefix": ["school", name.replace("-", "")]}
        body = {**envelope, "clientRequest": {**_REQUEST, "storageConfig": storage}}
        status, answer = world.start("bench", resource_id, "mix", body)
        assert status == 200, answer
        return resource_id, answer["sid"]

    _seed(Path(folder), begin)
    with bind(EmulatorApp(world)) as bound:
        print(bound.url, flush=True)
        threading.Event().wait()


def _seed(folder: Path, begin: Callable[[str], tuple[str, str]]) -> None:
    from dataclasses import replace  # noqa: PLC0415
    from datetime import UTC, datetime  # noqa: PLC0415

    from takeup.backends.local import LocalBackend  # noqa: PLC0415
    from takeup.cli.graph import new_state  # noqa: PLC0415
    from takeup.core.resource import Fingerprints  # noqa: PLC0415
    from takeup.core.snapshot import Liveness, SessionState  # noqa: PLC0415
    from takeup.manifest.loader import load  # noqa: PLC0415
    from takeup.manifest.project import load_project  # noqa: PLC0415

    project, problems = load_project(folder, {})
    assert project is not None, problems
    state = new_state()
    fingerprints = Fingerprints(state.fingerprint_key)
    now = datetime.now(UTC)
    sessions = {}
    for address, resource in load(project, {}).resources.items():
        resource_id, sid = begin(resource.cname)
        sessions[address] = SessionState(
            address, project.realm, project.app_id, resource.cname, resource.uid, address.kind.mode,
            fingerprints.applied(resource.spec), resource_id, sid, Liveness.RUNNING, now, now,
        )  # fmt: skip
    LocalBackend(project.state_path).write(replace(state, sessions=sessions), previous_serial=None)


def calls(url: str, count: str, threads: str) -> None:
    """acquire, start and query of each session, with one client for each thread."""
    client_request = {**_REQUEST, "storageConfig": _STORAGE}

    def one(client: Any, number: int) -> None:  # noqa: ANN401 - an httpx.Client, imported late
        envelope = {"cname": f"bare-{number}", "uid": "10001"}
        body = {**envelope, "clientRequest": {"resourceExpiredHour": 72}}
        resource = client.post(f"{_APP}/acquire", json=body).raise_for_status().json()["resourceId"]
        at = f"{_APP}/resourceid/{resource}"
        body = {**envelope, "clientRequest": client_request}
        sid = client.post(f"{at}/mode/mix/start", json=body).raise_for_status().json()["sid"]
        client.get(f"{at}/sid/{sid}/mode/mix/query").raise_for_status().json()

    _side_by_side(url, range(int(count)), int(threads), one)


def queries(url: str, folder: str, threads: str) -> None:
    """One query of each session of a state."""
    state = json.loads(Path(folder, "state", "default.json").read_bytes())
    paths = [f"{_APP}/resourceid/{one['resourceId']}/sid/{one['sid']}/mode/mix/query" for one in _sessions(state)]

    def one(client: Any, path: str) -> None:  # noqa: ANN401 - an httpx.Client, imported late
        client.get(path).raise_for_status().json()

    _side_by_side(url, paths, int(threads), one)


def _sessions(node: Any) -> list[dict[str, Any]]:  # noqa: ANN401 - JSON
    """Every object with a sid, wherever the format keeps it."""
    if isinstance(node, dict):
        if "sid" in node:
            return [node]
        return [one for item in node.values() for one in _sessions(item)]
    return [one for item in node for one in _sessions(item)] if isinstance(node, list) else []


def _side_by_side(url: str, items: Any, threads: int, one: Callable[[Any, Any], None]) -> None:  # noqa: ANN401
    import httpx  # noqa: PLC0415 - the other children do without

    left = iter(list(items))
    lock = threading.Lock()

    def loop() -> None:
        with httpx.Client(base_url=url, headers=_AUTH, trust_env=False) as client:
            while True:
                with lock:
                    item = next(left, None)
                if item is None:
                    return
                one(client, item)

    workers = [threading.Thread(target=loop) for _ in range(threads)]
    began = time.perf_counter()
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    print(time.perf_counter() - began)


def written(folder: str) -> None:
    """Apply through the library; print the bytes of state and of journal."""
    from takeup.backends.local import LocalBackend  # noqa: PLC0415
    from takeup.backends.local_journal import LocalJournal  # noqa: PLC0415
    from takeup.cli.graph import open_recorder, open_world  # noqa: PLC0415
    from takeup.engine.run import carry_through, prepare  # noqa: PLC0415
    from takeup.manifest.loader import load  # noqa: PLC0415
    from takeup.manifest.project import load_project  # noqa: PLC0415

    journals: list[LocalJournal] = []

    class Watched(LocalBackend):
        """Keeps its journals, so that their bytes can be asked for."""

        def journal(self, lineage: str, serial: int) -> LocalJournal:
            journals.append(super().journal(lineage, serial))
            return journals[-1]

    from dataclasses import replace  # noqa: PLC0415

    project, problems = load_project(Path(folder), {})
    assert project is not None, problems
    backend = Watched(project.state_path)
    world = replace(open_world(project, lambda _event: None), backend=backend)
    desired = load(project, {}).resources
    recorder = open_recorder(project)
    report = carry_through(world, prepare(world, recorder, desired), desired, recorder)
    recorder.close()
    assert len(report.applied) == len(desired), report.failed[:1]
    print(backend.bytes_written, sum(journal.bytes_written for journal in journals))


def journal(folder: str, changes: str, threads: str) -> None:
    """The journal entries of many creates, from many threads; print fsyncs, bytes and seconds."""
    from takeup.backends.local import LocalBackend  # noqa: PLC0415

    _journal(LocalBackend(Path(folder, "default.json")), changes, threads)


def journal_http(folder: str, changes: str, threads: str) -> None:
    """The same, with the state at `takeup state serve` on loopback, in the same process."""
    from takeup.backends.http import HttpBackend  # noqa: PLC0415
    from takeup.backends.http_client import Access, HttpStateClient  # noqa: PLC0415
    from takeup.backends.http_server import StateServer  # noqa: PLC0415
    from takeup.cli.graph import this_run  # noqa: PLC0415

    with StateServer(Path(folder)) as server:
        url = f"{server.url}/state/default"
        backend = HttpBackend(HttpStateClient(Access(url, url, url)), str)
        with backend.lock(this_run("bench")):
            _journal(backend, changes, threads)


def _journal(backend: Any, changes: str, threads: str) -> None:  # noqa: ANN401 - either backend
    from dataclasses import replace  # noqa: PLC0415
    from datetime import UTC, datetime  # noqa: PLC0415

    from takeup.cli.graph import new_state  # noqa: PLC0415
    from takeup.core.address import Address, Kind, Mode  # noqa: PLC0415
    from takeup.core.snapshot import JournalEntry, Liveness, OpenCall, SessionState  # noqa: PLC0415

    now = datetime.now(UTC)
    stored = backend.write(new_state(), previous_serial=None)
    opened = backend.journal(stored.lineage, stored.serial)
    applied = {"cname": "room", "uid": "10001", **_REQUEST, "storageConfig": _STORAGE}

    def one(number: int) -> None:
        address = Address(Kind.COMPOSITE, f"room-{number}")
        acquired = SessionState(
            address, "agora", "bench", address.name, "10001", Mode.MIX, applied, "r" * 300, None, Liveness.LOST, now,
        )  # fmt: skip
        sent = replace(acquired, open=OpenCall("start", now))
        started = replace(acquired, sid="s" * 32, liveness=Liveness.RUNNING)
        opened.append(
            JournalEntry(now, address, "acquire", "done", acquired), JournalEntry(now, address, "start", "intent", sent)
        )
        opened.append(JournalEntry(now, address, "start", "done", started))
        opened.append(JournalEntry(now, address, "confirm", "done", replace(started, confirmed_at=now)))

    began = time.perf_counter()
    with ThreadPoolExecutor(int(threads)) as pool:
        list(pool.map(one, range(int(changes))))
    took = time.perf_counter() - began
    opened.close()
    print(opened.syncs, opened.bytes_written, took)


def synced(folder: str, writes: str, size: str) -> None:
    """As many bare writes of as many bytes, each with an fsync; print the seconds."""
    descriptor = os.open(Path(folder, "bare"), os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
    data = b"x" * (int(size) - 1) + b"\n"
    began = time.perf_counter()
    for _ in range(int(writes)):
        os.write(descriptor, data)
        os.fsync(descriptor)
    print(time.perf_counter() - began)
    os.close(descriptor)


def apply(folder: str) -> None:
    """`takeup apply` as it is, then one more line: the seconds from the first call to the written state."""
    command: Any = importlib.import_module("takeup.cli.commands.apply")
    from takeup.cli.main import cli  # noqa: PLC0415

    real = command.carry_through
    took: list[float] = []

    def timed(*arguments: Any) -> Any:  # noqa: ANN401 - passed on
        began = time.perf_counter()
        try:
            return real(*arguments)
        finally:
            took.append(time.perf_counter() - began)

    command.carry_through = timed
    cli.main(["-C", folder, "apply", "--auto-approve"], standalone_mode=False)
    print(took[0])


def placed(folder: str) -> None:
    """`apply`, with one number more before the last: the fsyncs of this process, and its writes to a bucket."""
    import obstore  # noqa: PLC0415

    count = [0]

    def counted(real: Any) -> Any:  # noqa: ANN401 - passed on
        def call(*arguments: Any, **named: Any) -> Any:  # noqa: ANN401 - the same
            count[0] += 1
            return real(*arguments, **named)

        return call

    os.fsync = counted(os.fsync)
    obstore.put, obstore.delete = counted(obstore.put), counted(obstore.delete)
    out = io.StringIO()
    with redirect_stdout(out):
        apply(folder)
    print(count[0], out.getvalue().split()[-1])


def render(form: str, count: str) -> None:
    """Render a plan of so many changes, a quarter of each kind, while as many sessions run; print its characters."""
    from dataclasses import replace  # noqa: PLC0415

    from tests.unit.render.scenarios import RUNNING, many  # noqa: PLC0415

    from takeup.render.formats import FORMATS, RenderOptions  # noqa: PLC0415

    plan = replace(many(int(count)), running=RUNNING * (int(count) // len(RUNNING)))
    print(0 if form == "none" else len(FORMATS[form](plan, RenderOptions())))


def schedule(what: str, count: str, distinct: str) -> None:
    """Make so many recordings with so many schedules; tell which are wanted `now`, or how many in the week `ahead`."""
    from dataclasses import replace  # noqa: PLC0415
    from datetime import timedelta  # noqa: PLC0415
    from zoneinfo import ZoneInfo  # noqa: PLC0415

    from tests.recordings import NOON, plan, resource, snapshot  # noqa: PLC0415

    from takeup.core.address import Address, Kind, Mode  # noqa: PLC0415
    from takeup.core.capacity import Capacity, with_capacity  # noqa: PLC0415
    from takeup.core.schedule import CronWindow, Schedule  # noqa: PLC0415
    from takeup.core.wanted import desired_at  # noqa: PLC0415

    zone, one = ZoneInfo("Europe/Berlin"), resource()
    recordings = {}
    for number in range(int(count)):
        turn = number % int(distinct)
        window = CronWindow(f"{turn % 60} {turn // 60 % 24} * * {turn // 1440 % 7}-6", timedelta(hours=1 + turn % 20))
        address = Address(Kind.COMPOSITE, f"room-{number}")
        recordings[address] = replace(one, address=address, schedule=Schedule((window,), (), zone))
    if what == "now":
        print(len(desired_at(recordings, NOON).resources))
    elif what == "ahead":
        print(with_capacity(plan([], []), snapshot(), recordings, Capacity({Mode.MIX: int(count)})).warnings)


_CHILDREN: dict[str, Callable[..., None]] = {
    "parse": parse,
    "seed": seed,
    "serve": serve,
    "calls": calls,
    "queries": queries,
    "written": written,
    "journal": journal,
    "journal_http": journal_http,
    "synced": synced,
    "apply": apply,
    "placed": placed,
    "render": render,
    "schedule": schedule,
}

if __name__ == "__main__":
    _CHILDREN[sys.argv[1]](*sys.argv[2:])
