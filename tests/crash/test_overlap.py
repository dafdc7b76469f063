"""A replacement without a gap, and its process killed by SIGKILL at every boundary: no sid is lost on the way."""

import json
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from tests.crash.matrix import ENV, Stage, Zygote, spec
from tests.state_places import local

from takeup.backends.local import LocalBackend
from takeup.core.address import Address, Kind
from takeup.core.snapshot import SessionState
from takeup.provider.emulator.server import serve
from takeup.provider.emulator.sessions import Session
from takeup.provider.emulator.settings import Settings
from takeup.provider.emulator.world import World
from takeup.provider.emulator.wsgi import EmulatorApp

ROOM = Address(Kind.COMPOSITE, "room")
LIFECYCLE = {"spareUid": "10002", "replace": "overlap"}
IDLE = {"before": 300, "after": 60}
UNREADABLE = {"answer of start", "write journal"}


@dataclass(frozen=True, slots=True)
class Death:
    """Where the process died, and what the next applies made of it."""

    boundary: str
    number: int
    hidden: bool
    runs: int
    live: tuple[Session, ...]
    held: SessionState | None
    left: int
    gap: float
    trouble: str


@pytest.fixture(scope="module")
def zygote() -> Iterator[Zygote]:
    """One process that forks all runs of this module."""
    with Zygote() as started:
        yield started


def room(action: str = "") -> dict[str, Any]:
    """The recording before, or as it is to be replaced."""
    return {**spec(Kind.COMPOSITE, action), "lifecycle": LIFECYCLE}


def deaths(folder: Path, zygote: Zygote, *, wanted: bool = True) -> Iterator[Death]:
    """Kill one replacement at every boundary there is, each time from the same beginning.

    With `wanted` False nobody wants the recording any more when the next apply comes.
    """
    number = 1
    while True:
        root = folder / str(number)
        root.mkdir(parents=True)
        world = World(settings=Settings(startup=0, linger=0))
        with serve(EmulatorApp(world)) as server:
            stage = Stage(root, zygote, local(root))
            stage.set(Kind.COMPOSITE, room(), server.url)
            assert stage.apply()["code"] == 0
            stage.set(Kind.COMPOSITE, room("replace"), server.url)
            killed = stage.apply(kill_at=number)
            if killed["code"] != -9:
                assert killed["code"] == 0, killed
                return
            if not wanted:
                stage.set(Kind.COMPOSITE, None, server.url)
            yield _aftermath(stage, world, killed["passed"][-1], number)
        shutil.rmtree(root)
        number += 1


def _aftermath(stage: Stage, world: World, boundary: str, number: int) -> Death:
    backend = LocalBackend(stage.root / "state" / "default.json")
    hidden = {session.sid for session in world.sessions()} - _sids(backend)
    runs, trouble = 0, ""
    while runs < 3:
        runs += 1
        done = stage.apply()
        trouble += done["err"] if "Traceback" in done["err"] else ""
        left = stage.plan()
        if left in {0, 3}:
            break
    state = backend.read()
    held = state.sessions.get(ROOM) if state is not None else None
    gap = _gap(sorted(world.all_sessions(), key=lambda item: item.started_at))
    return Death(boundary, number, bool(hidden), runs, tuple(world.sessions()), held, left, gap, trouble)


def _gap(sessions: list[Session]) -> float:
    """For how long nothing recorded between the first start and the last one."""
    end, gap = sessions[0].started_at, 0.0
    for session in sessions:
        gap += max(0.0, session.started_at - end)
        end = max(end, session.leaves_at)
    return gap


def _sids(backend: LocalBackend) -> set[str | None]:
    state = backend.read()
    held = state.sessions.get(ROOM) if state is not None else None
    return set() if held is None else {held.sid, held.overlapping.sid if held.overlapping else None}


def test_an_overlap_that_died_anywhere_ends_with_one_session(tmp_path: Path, zygote: Zygote) -> None:
    """One apply later exactly one session lives, as declared, and the state holds it; at no moment none recorded."""
    found = list(deaths(tmp_path, zygote))
    assert len(found) > 30, "the harness sees the boundaries"
    for death in found:
        assert death.trouble == "", death
        assert death.gap == 0, death
        if death.hidden:
            continue
        assert (death.left, death.runs) == (0, 1), death
        (live,) = death.live
        assert death.held is not None, death
        assert (death.held.sid, death.held.overlapping) == (live.sid, None), death
        assert live.request["recordingConfig"]["maxIdleTime"] == IDLE["after"], death


def test_the_old_session_goes_on_while_the_new_one_is_lost(tmp_path: Path, zygote: Zygote) -> None:
    """Where the service hides the new sid, both are in the state, and what can be controlled records on."""
    hidden = [death for death in deaths(tmp_path, zygote) if death.hidden]
    assert {death.boundary for death in hidden} == UNREADABLE
    for death in hidden:
        assert death.left == 3, death
        assert death.held is not None
        old = death.held.overlapping
        assert old is not None, death
        known = {death.held.resource_id, old.resource_id}
        assert {session.resource_id for session in death.live} == known, death
        assert old.sid in {session.sid for session in death.live}, death


def test_what_nobody_wants_any_more_is_stopped_wherever_the_overlap_died(tmp_path: Path, zygote: Zygote) -> None:
    """Both sessions are stopped, but for the one whose sid the service hides, and that one is told as LOST."""
    for death in deaths(tmp_path, zygote, wanted=False):
        assert death.trouble == "", death
        if death.held is None:
            assert death.live == (), death
        else:
            assert (death.held.sid, death.held.overlapping) == (None, None), death
            assert {session.resource_id for session in death.live} <= {death.held.resource_id}, death


def test_the_state_never_holds_a_secret(tmp_path: Path, zygote: Zygote) -> None:
    """Whatever is written while two sessions are held, no secret is in it."""
    for death in deaths(tmp_path, zygote):
        files = (tmp_path / str(death.number) / "state").rglob("*")
        written = [path.read_text("utf-8") for path in files if path.is_file()]
        assert not any(ENV["ID"] in text for text in written), death
        assert all(json.loads(text) for text in written if text.startswith("{\n")), death
