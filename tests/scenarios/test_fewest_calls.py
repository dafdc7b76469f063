"""The calls of a plan are the fewest that lead from what is recorded to what is wanted.

Every sequence of moves is tried on the emulator, shortest first, until its world looks as wanted; the plan must
need exactly as many calls.
"""

import itertools
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from types import MappingProxyType
from typing import Any

import pytest

from takeup.core.address import Address, Kind, Mode
from takeup.core.plan import Target
from takeup.core.planner import make_plan
from takeup.core.resource import Fingerprints, Resource
from takeup.core.schema.table import effective
from takeup.core.secret import Secret
from takeup.core.snapshot import Liveness, SessionState, Snapshot
from takeup.errors import ProviderError
from takeup.provider.agora.client import AgoraRecorder
from takeup.provider.agora.limiter import Limiter
from takeup.provider.agora.transport import WritingTransport, wsgi_transport
from takeup.provider.emulator.sessions import Session
from takeup.provider.emulator.world import World
from takeup.provider.emulator.wsgi import EmulatorApp
from takeup.provider.port import SessionRef

ADDRESS = Address(Kind.COMPOSITE, "room")
NOW = datetime(2026, 1, 1, tzinfo=UTC)
COSTS = {"create": 2, "update": 1, "updateLayout": 1, "stop": 1}


def spec(*, uids: list[str] | None = None, layout: int = 0, fps: int = 15) -> dict[str, Any]:
    config: dict[str, Any] = {"channelType": 1, "transcodingConfig": {"mixedVideoLayout": layout, "fps": fps}}
    if uids:
        config |= {"subscribeAudioUids": uids, "subscribeVideoUids": uids}
    storage = {"vendor": 1, "region": 0, "bucket": "b", "accessKey": Secret("a"), "secretKey": Secret("s")}
    return {"cname": "room", "uid": "10001", "recordingConfig": config, "storageConfig": storage}


CONFIGS: dict[str, dict[str, Any] | None] = {
    "nothing": None,
    "the base": spec(),
    "the base, its default written out": spec(layout=0, fps=15),
    "other subscription": spec(uids=["7"]),
    "other layout": spec(layout=1),
    "other subscription and layout": spec(uids=["7"], layout=1),
    "other frame rate": spec(fps=30),
    "other frame rate and layout": spec(fps=30, layout=1),
}


def seen(session: Session) -> dict[str, Any]:
    """The configuration that a session records with, after its updates."""
    config = dict(session.request["recordingConfig"])
    if session.subscription is not None:
        for lists in session.subscription.values():
            config |= lists
    if session.layout is not None:
        config["transcodingConfig"] = {**config["transcodingConfig"], **session.layout}
    full: dict[str, Any] = effective(Kind.COMPOSITE, {"recordingConfig": config})["recordingConfig"]
    return full


def looks_right(world: World, wanted: dict[str, Any] | None) -> bool:
    live = world.sessions()
    if wanted is None:
        return not live
    return len(live) == 1 and seen(live[0]) == effective(Kind.COMPOSITE, wanted)["recordingConfig"]


class Tried:
    """A world of its own in which one sequence of moves is tried."""

    def __init__(self, before: dict[str, Any] | None) -> None:
        self.world = World()
        app = EmulatorApp(self.world)
        wire = WritingTransport(
            "http://127.0.0.1", transport=wsgi_transport(app), customer_id="id", customer_secret=Secret("secret")
        )
        self.recorder = AgoraRecorder(wire, "app", Limiter(None))
        self.ref: SessionRef | None = None
        if before is not None:
            self.create(before)

    def create(self, wanted: dict[str, Any]) -> None:
        rid = self.recorder.acquire(cname="room", uid="10001", mode=Mode.MIX, spec=wanted).resource_id
        started = self.recorder.start(cname="room", uid="10001", mode=Mode.MIX, resource_id=rid, spec=wanted)
        self.ref = SessionRef("room", "10001", Mode.MIX, rid, started.sid)

    def move(self, name: str, wanted: dict[str, Any] | None) -> None:
        """One move; one that makes no sense here is an error of the emulator and leads nowhere."""
        target = wanted if wanted is not None else spec()
        ref = self.ref
        moves: dict[str, Callable[[], object]] = {"create": lambda: self.create(target)}
        if ref is not None:
            moves |= {
                "update": lambda: self.recorder.update(ref, spec=target, groups=frozenset({"subscription"})),
                "updateLayout": lambda: self.recorder.update_layout(ref, spec=target),
                "stop": lambda: self.recorder.stop(ref),
            }
        if name in moves:
            moves[name]()


def by_cost(most: int) -> Iterator[tuple[str, ...]]:
    sequences = [moves for length in range(4) for moves in itertools.product(COSTS, repeat=length)]
    return iter(
        sorted(
            (m for m in sequences if sum(map(COSTS.__getitem__, m)) <= most),
            key=lambda m: sum(map(COSTS.__getitem__, m)),
        )
    )


def fewest(before: dict[str, Any] | None, wanted: dict[str, Any] | None) -> int:
    for moves in by_cost(4):
        tried = Tried(before)
        try:
            for name in moves:
                tried.move(name, wanted)
        except ProviderError:
            continue
        finally:
            tried.recorder.close()
        if looks_right(tried.world, wanted):
            return sum(map(COSTS.__getitem__, moves))
    raise AssertionError("no sequence of moves leads there")


def planned(before: dict[str, Any] | None, wanted: dict[str, Any] | None) -> int:
    prints = Fingerprints(b"k")
    sessions = {}
    if before is not None:
        sessions[ADDRESS] = SessionState(
            ADDRESS,
            "embedded",
            "app",
            "room",
            "10001",
            Mode.MIX,
            prints.applied(before),
            "r",
            "s",
            Liveness.RUNNING,
            NOW,
        )
    snapshot = Snapshot("l", 1, b"k", MappingProxyType(sessions))
    desired = {} if wanted is None else {ADDRESS: Resource(ADDRESS, wanted)}
    target = Target("emulator", "embedded", "app")
    plan = make_plan(project="p", target=target, desired=desired, previous=snapshot, prior=snapshot, now=NOW)
    return sum(plan.calls.values())


@pytest.mark.parametrize(
    ("before", "wanted"),
    [pytest.param(a, b, id=f"from {a} to {b}") for a, b in itertools.product(CONFIGS, repeat=2)],
)
def test_a_plan_needs_the_fewest_calls(before: str, wanted: str) -> None:
    """No sequence of moves on the emulator reaches what is wanted with fewer calls than the plan."""
    assert planned(CONFIGS[before], CONFIGS[wanted]) == fewest(CONFIGS[before], CONFIGS[wanted])
