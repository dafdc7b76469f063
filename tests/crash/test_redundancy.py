"""A recording by two sessions, its process killed by SIGKILL at every boundary: neither is lost, doubled or stopped."""

import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from tests.crash.matrix import Stage, Zygote, spec

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
LOSES_SID = ["answer of start", "write journal"]


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


@pytest.fixture(scope="module")
def zygote() -> Iterator[Zygote]:
    """One process that forks all runs of this module."""
    with Zygote() as started:
        yield started


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
            stage = OneThread(root, zygote)
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


def _mixed(sessions: tuple[Session, ...]) -> list[str]:
    """The uids that recorded twice at a time."""
    by_uid: dict[str, list[Session]] = {}
    for session in sessions:
        by_uid.setdefault(session.uid, []).append(session)
    return [
        uid
        for uid, mine in by_uid.items()
        if any(after.started_at < before.leaves_at for before, after in pairwise(mine))
    ]


def _gap(sessions: tuple[Session, ...]) -> float:
    """For how long nothing recorded between the first start and the last one."""
    end, gap = sessions[0].started_at, 0.0
    for session in sessions:
        gap += max(0.0, session.started_at - end)
        end = max(end, session.leaves_at)
    return gap


@pytest.mark.parametrize("action", ACTIONS)
def test_one_apply_mends_both_sessions_wherever_it_died(action: str, tmp_path: Path, zygote: Zygote) -> None:
    """Exactly two live sessions in two regions, or none where none is wanted; LOST only where the sid is hidden.

    There is no moment between the first start and the end at which neither records, while both are replaced too.
    """
    found = list(deaths(action, tmp_path, zygote))
    assert len(found) > 20, "the harness sees the boundaries"
    for death in found:
        assert death.trouble == "", death
        assert _mixed(death.every) == [], death
        assert _gap(death.every) == 0, death
        if action == "delete":
            assert (death.live, death.held, death.left, death.runs) == ((), {}, 0, 1), death
            continue
        assert sorted(item.uid for item in death.live) == list(UIDS), death
        assert (death.left, death.runs) == (3 if death.hidden else 0, 1), death
        for address, uid in zip((FIRST, SECOND), UIDS, strict=True):
            (live,) = (item for item in death.live if item.uid == uid)
            held = death.held[address]
            assert held.sid == (None if uid in death.hidden else live.sid), death
            assert live.resource_id in {held.resource_id, *held.former}, death
            idle = room(action)["recordingConfig"]["maxIdleTime"]
            assert uid in death.hidden or live.request["recordingConfig"]["maxIdleTime"] == idle, death
        assert len({item.region for item in death.live}) == 2, death
    if action in {"create", "replace"}:
        # Of each of the two as of a single one: after the answer of its start, and before the write of it.
        hidden = {uid: [death.boundary for death in found if uid in death.hidden] for uid in UIDS}
        assert hidden == dict.fromkeys(UIDS, LOSES_SID)
