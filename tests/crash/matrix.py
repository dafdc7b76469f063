"""Every boundary of every change of every kind, a process killed there, and what the next apply makes of it."""

import json
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Self

from tests.state_places import StatePlace, local

from takeup.backends.port import Backend
from takeup.core.address import Address, Kind
from takeup.core.snapshot import SessionState
from takeup.provider.emulator.server import serve
from takeup.provider.emulator.sessions import Session
from takeup.provider.emulator.settings import Settings
from takeup.provider.emulator.world import World
from takeup.provider.emulator.wsgi import EmulatorApp

PROJECT = """\
apiVersion: takeup/v1
kind: Project
metadata: {{name: crash}}
spec:
  agora:
    endpoint: {url}
    appId: app
    customerId: {{fromEnv: ID}}
    customerSecret: {{fromEnv: ID}}
    requestsPerSecond: off
  liveness: {{firstQueryAfter: 0s, startWithin: 5s, confirmEndedFor: 0s}}
  state: {state}
"""
ENV = {"ID": "canary-crash"}


def secrets_in(written: bytes) -> bool:
    """Whether what was written holds a secret."""
    return ENV["ID"].encode() in written


_RUNS = 3
ACTIONS = ("create", "update", "replace", "delete")
_STORAGE = {
    "vendor": 1,
    "region": 0,
    "bucket": "b",
    "accessKey": {"fromEnv": "ID"},
    "secretKey": {"fromEnv": "ID"},
}
_CHANNEL: dict[str, Any] = {"channelType": 1, "maxIdleTime": 300}
_BASE: dict[Kind, dict[str, Any]] = {
    Kind.INDIVIDUAL: {"recordingConfig": {**_CHANNEL, "subscribeUidGroup": 2}},
    Kind.COMPOSITE: {"recordingConfig": {**_CHANNEL, "transcodingConfig": {"mixedVideoLayout": 1}}},
    Kind.SCREENSHOT: {
        "recordingConfig": {**_CHANNEL, "streamTypes": 1, "subscribeUidGroup": 2},
        "snapshotConfig": {"captureInterval": 10, "fileType": ["jpg"]},
    },
    Kind.WEB_PAGE: {
        "webRecorder": {
            "url": "https://example.org",
            "audioProfile": 1,
            "videoWidth": 1280,
            "videoHeight": 720,
            "maxRecordingHour": 2,
        }
    },
}


def spec(kind: Kind, action: str = "") -> dict[str, Any]:
    """The spec of a kind as it is before (no action), or after the action that changes it."""
    made: dict[str, Any] = json.loads(
        json.dumps({"cname": "room", "uid": "10001", "storageConfig": _STORAGE, **_BASE[kind]})
    )
    if action == "update" and kind is Kind.WEB_PAGE:
        made["webRecorder"]["onhold"] = True
    elif action == "update":
        made["recordingConfig"]["subscribeVideoUids"] = ["7"]
        if kind is not Kind.SCREENSHOT:
            made["recordingConfig"]["subscribeAudioUids"] = ["7"]
        if kind is Kind.COMPOSITE:
            made["recordingConfig"]["transcodingConfig"]["mixedVideoLayout"] = 2
    elif action == "replace" and kind is Kind.WEB_PAGE:
        made["webRecorder"]["maxRecordingHour"] = 3
    elif action == "replace":
        made["recordingConfig"]["maxIdleTime"] = 60
    return made


@dataclass(frozen=True, slots=True)
class Row:
    """One death and what came after it.

    `hidden` tells that a session records whose sid was in no answer that was written down. `problems` are broken
    promises; `runs` is how many applies it took until nothing was left to do.
    """

    kind: Kind
    action: str
    boundary: str
    number: int
    hidden: bool
    outcome: str
    runs: int
    problems: tuple[str, ...] = ()


class Zygote:
    """The process that forks the runs."""

    def __enter__(self) -> Self:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.crash.zygote"],
            cwd=Path(__file__).parents[2],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        return self

    def __exit__(self, *_: object) -> None:
        if self._process.stdin is not None:
            self._process.stdin.close()
        self._process.wait(10)
        if self._process.stdout is not None:
            self._process.stdout.close()

    def run(self, root: Path, *args: str, **more: Any) -> dict[str, Any]:  # noqa: ANN401 - what the zygote takes
        """One run of takeup in a folder."""
        return self._ask({"root": str(root), "args": args, **more})

    def go_on(self, pid: int) -> dict[str, Any]:
        """Let a run go on that has stopped."""
        return self._ask({"go_on": pid})

    def _ask(self, request: dict[str, Any]) -> dict[str, Any]:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps(request) + "\n")
        self._process.stdin.flush()
        answer: dict[str, Any] = json.loads(self._process.stdout.readline())
        return answer


@dataclass
class Stage:
    """A project folder, where its state is, and the runs in it."""

    root: Path
    zygote: Zygote
    place: StatePlace

    def set(self, kind: Kind, made: dict[str, Any] | None, url: str) -> None:
        """Write the project with this one recording, or with none."""
        (self.root / "manifests").mkdir(exist_ok=True)
        (self.root / "takeup.yaml").write_text(PROJECT.format(url=url, state=json.dumps(self.place.settings)), "utf-8")
        # A folder without any manifest is taken for a mistake.
        profile = {"apiVersion": "takeup/v1", "kind": "StorageProfile", "metadata": {"name": "p"}, "spec": _STORAGE}
        (self.root / "manifests" / "profile.yaml").write_text(json.dumps(profile), "utf-8")
        path = self.root / "manifests" / "room.yaml"
        if made is None:
            path.unlink(missing_ok=True)
            return
        document = {"apiVersion": "takeup/v1", "kind": kind.value, "metadata": {"name": "room"}, "spec": made}
        path.write_text(json.dumps(document), "utf-8")

    def apply(self, **more: Any) -> dict[str, Any]:  # noqa: ANN401 - what the zygote takes
        """Takeup apply --auto-approve."""
        return self._run("apply", "--auto-approve", "--force", **more)

    def plan(self) -> int:
        """The detailed exit code of a plan."""
        return int(self._run("plan", "--detailed-exitcode")["code"])

    def _run(self, *args: str, **more: Any) -> dict[str, Any]:  # noqa: ANN401 - what the zygote takes
        env = {**ENV, **self.place.environment}
        return self.zygote.run(self.root, *args, env=env, **self.place.marks, **more)


Opens = Callable[[Path], StatePlace]


def rows(kind: Kind, action: str, folder: Path, zygote: Zygote, opens: Opens = local) -> Iterator[Row]:
    """Kill one change of one kind at every boundary there is, each time from the same beginning."""
    number = 1
    while True:
        row = killed_at(number, kind, action, Scene(folder, zygote, opens))
        if row is None:
            return
        yield row
        number += 1


@dataclass(frozen=True, slots=True)
class Scene:
    """Where cases are played: the folder that theirs are made in, what forks their runs, and where their states are."""

    folder: Path
    zygote: Zygote
    opens: Opens


@contextmanager
def before(kind: Kind, action: str, scene: Scene) -> Iterator[tuple[Stage, World]]:
    """A project in which only this change is left to do."""
    root = Path(tempfile.mkdtemp(prefix=f"{kind.name}-{action}-", dir=scene.folder))
    world = World(settings=Settings(startup=0, linger=0))
    with serve(EmulatorApp(world)) as server:
        stage = Stage(root, scene.zygote, scene.opens(root))
        if action != "create":
            stage.set(kind, spec(kind), server.url)
            first = stage.apply()
            assert first["code"] == 0, first
        stage.set(kind, None if action == "delete" else spec(kind, action), server.url)
        yield stage, world
    shutil.rmtree(root)


def passed(kind: Kind, action: str, scene: Scene) -> list[str]:
    """Every boundary that a run passes which nobody kills."""
    with before(kind, action, scene) as (stage, _):
        done = stage.apply()
        assert done["code"] == 0, done
        return list(done["passed"])


def killed_at(number: int, kind: Kind, action: str, scene: Scene) -> Row | None:
    """Kill a change at one of its boundaries; None if it has fewer."""
    with before(kind, action, scene) as (stage, world):
        killed = stage.apply(kill_at=number)
        if killed["code"] != -9:
            assert killed["code"] == 0, killed
            assert len(killed["passed"]) < number
            return None
        row = Row(kind, action, killed["passed"][-1], number, hidden=False, outcome="", runs=0)
        return _aftermath(row, stage, world)


def _aftermath(row: Row, stage: Stage, world: World) -> Row:
    """Apply again until nothing is left to do, and hold the world against what is declared."""
    backend = stage.place.open()
    address = Address(row.kind, "room")
    hidden = _hidden(backend, world, address)
    runs, problems = 0, list(_kept_out(stage, world))
    while runs < _RUNS:
        runs += 1
        done = stage.apply()
        if "Traceback" in done["err"]:
            problems.append(done["err"][-300:])
        left = stage.plan()
        if left in {0, 3}:
            break
    state = backend.read()
    held = state.sessions.get(address) if state is not None else None
    lost = held is not None and held.sid is None
    problems += _against_the_world(row, world, held, hidden=hidden)
    if left != (3 if lost else 0):
        problems.append(f"the last plan exits with {left}: {done['err'][-300:]}")
    if runs > 1:
        problems.append(f"{runs} runs were needed")
    if secrets_in(stage.place.written()):
        problems.append("a secret was written")
    wanted = row.action != "delete"
    outcome = "LOST, told with its resourceId" if lost else "recorded once" if wanted else "nothing recorded"
    return replace(row, hidden=hidden, outcome=outcome, runs=runs, problems=tuple(problems))


def _kept_out(stage: Stage, world: World) -> Iterator[str]:
    """While the lease of the dead run lasts, nobody comes in; then let it end."""
    if not stage.place.held():
        return
    calls = sum(world.calls.values())
    early = stage.apply()
    if early["code"] != 1 or "is locked by" not in early["err"] or sum(world.calls.values()) != calls:
        yield f"a run came in under the lease of another one: {early['err'][-300:]}"
    stage.place.pass_lease()


def _against_the_world(row: Row, world: World, held: SessionState | None, *, hidden: bool) -> Iterator[str]:
    """What the state holds, against what lives."""
    live = world.sessions()
    wanted = 0 if row.action == "delete" else 1
    if len(live) != wanted:
        yield f"{len(live)} sessions are live, {wanted} declared"
        return
    lost = held is not None and held.sid is None
    if lost != hidden:
        yield f"LOST is {lost}, and the service hides a sid: {hidden}"
    if not wanted:
        return
    if held is None or live[0].resource_id not in {held.resource_id, *held.former}:
        yield "the state names another resourceId than the one that lives"
    elif not lost and held.sid != live[0].sid:
        yield "the state does not hold the session that lives"
    elif not lost and not _as_wanted(row, live[0]):
        yield "the live session is not as declared"


def _hidden(backend: Backend, world: World, address: Address) -> bool:
    """Whether a session records whose sid nobody wrote down."""
    state = backend.read()
    held = state.sessions.get(address) if state is not None else None
    known = {held.sid} if held is not None else set()
    return any(session.sid not in known for session in world.sessions())


def _as_wanted(row: Row, session: Session) -> bool:
    made = spec(row.kind, row.action if row.action != "create" else "")
    if row.kind is Kind.WEB_PAGE:
        return bool(session.onhold == made["webRecorder"].get("onhold", False))
    config = made["recordingConfig"]
    subscribed = (session.subscription or {}).get("videoUidList", {}).get("subscribeVideoUids")
    if "subscribeVideoUids" in config and subscribed != config["subscribeVideoUids"]:
        return False
    layout = config.get("transcodingConfig", {}).get("mixedVideoLayout")
    if row.action == "update" and layout is not None and (session.layout or {}).get("mixedVideoLayout") != layout:
        return False
    return bool(session.request["recordingConfig"]["maxIdleTime"] == config["maxIdleTime"])
