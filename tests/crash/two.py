"""A recording by two sessions: every boundary of every change, a process killed there, and the next apply."""

import shutil
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

from tests.crash.matrix import Stage, Zygote, spec
from tests.state_places import local

from takeup.backends.local import LocalBackend
from takeup.core.address import Address, Kind
from takeup.core.snapshot import SessionState
from takeup.provider.emulator.server import serve
from takeup.provider.emulator.sessions import Session
from takeup.provider.emulator.settings import Settings
from takeup.provider.emulator.world import World
from takeup.provider.emulator.wsgi import EmulatorApp

FIRST = Address(Kind.COMPOSITE, "room")
SECOND = FIRST.partner
UIDS = ("10001", "10002")
ACTIONS = ("create", "restore the first", "restore the second", "update", "replace", "delete")


@dataclass(frozen=True, slots=True)
class Death:
    """Where the process died, and what the next applies made of it."""

    boundary: str
    number: int
    hidden: frozenset[str]
    runs: int
    live: tuple[Session, ...]
    every: tuple[Session, ...]
    held: dict[Address, SessionState]
    left: int
    trouble: str


class OneThread(Stage):
    """Runs that meet their boundaries in the same order each time."""

    def set(self, kind: Kind, made: dict[str, Any] | None, url: str) -> None:
        """Write the project with this one recording, or with none."""
        super().set(kind, made, url)
        path = self.root / "takeup.yaml"
        text = path.read_text("utf-8")
        path.write_text(text.replace("requestsPerSecond: off", "requestsPerSecond: off\n    parallelism: 1"), "utf-8")


def room(action: str = "") -> dict[str, Any]:
    """The recording before, or as the action wants it."""
    made = spec(Kind.COMPOSITE, action if action in {"update", "replace"} else "")
    return {**made, "redundancy": 2, "secondUid": UIDS[1]}


def deaths(action: str, folder: Path, zygote: Zygote) -> Iterator[Death]:
    """Kill one change of both sessions at every boundary there is, each time from the same beginning."""
    number = 1
    while True:
        root = folder / str(number)
        root.mkdir(parents=True)
        world = World(settings=Settings(startup=0, linger=0))
        with serve(EmulatorApp(world)) as server:
            stage = OneThread(root, zygote, local(root))
            if action != "create":
                stage.set(Kind.COMPOSITE, room(), server.url)
                assert stage.apply()["code"] == 0
            if action.startswith("restore"):
                ended = UIDS[0] if action.endswith("first") else UIDS[1]
                assert all(world.kill(item.sid) for item in world.sessions() if item.uid == ended)
            stage.set(Kind.COMPOSITE, None if action == "delete" else room(action), server.url)
            killed = stage.apply(kill_at=number)
            if killed["code"] != -9:
                assert killed["code"] == 0, killed
                assert len(killed["passed"]) < number
                return
            yield _aftermath(stage, world, killed["passed"][-1], number)
        shutil.rmtree(root)
        number += 1


def _aftermath(stage: Stage, world: World, boundary: str, number: int) -> Death:
    backend = LocalBackend(stage.root / "state" / "default.json")
    known = {session.sid for session in _held(backend).values()}
    hidden = frozenset(session.uid for session in world.sessions() if session.sid not in known)
    runs, trouble = 0, ""
    while runs < 3:
        runs += 1
        done = stage.apply()
        trouble += done["err"] if "Traceback" in done["err"] else ""
        left = stage.plan()
        if left in {0, 3}:
            break
    every = sorted(world.all_sessions(), key=lambda item: item.started_at)
    return Death(boundary, number, hidden, runs, tuple(world.sessions()), tuple(every), _held(backend), left, trouble)


def _held(backend: LocalBackend) -> dict[Address, SessionState]:
    state = backend.read()
    return {} if state is None else dict(state.sessions)


def doubled(sessions: tuple[Session, ...]) -> list[str]:
    """The uids that recorded twice at a time."""
    by_uid: dict[str, list[Session]] = {}
    for session in sessions:
        by_uid.setdefault(session.uid, []).append(session)
    return [
        uid
        for uid, mine in by_uid.items()
        if any(after.started_at < before.leaves_at for before, after in pairwise(mine))
    ]


def gap(sessions: tuple[Session, ...]) -> float:
    """For how long nothing recorded between the first start and the last one."""
    end, gap = sessions[0].started_at, 0.0
    for session in sessions:
        gap += max(0.0, session.started_at - end)
        end = max(end, session.leaves_at)
    return gap


def cells(found: Iterable[Death]) -> dict[str, str]:
    """Outcome by boundary; the second boundary of the same name is numbered."""
    seen: Counter[str] = Counter()
    told = {}
    for death in found:
        seen[death.boundary] += 1
        number = f" ({seen[death.boundary]})" if seen[death.boundary] > 1 else ""
        told[f"{death.boundary}{number}"] = _outcome(death)
    return told


def _outcome(death: Death) -> str:
    if death.hidden:
        (uid,) = death.hidden
        return f"{'first' if uid == UIDS[0] else 'second'} **LOST**, told"
    return "both recorded" if death.live else "nothing recorded"
