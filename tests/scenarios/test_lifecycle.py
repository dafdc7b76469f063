"""The whole way: engine, real client and emulated service, under a clock that jumps."""

import random
from collections.abc import Iterable
from datetime import UTC, datetime
from itertools import count
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.recordings import KEY, NOON, TARGET, resource

from takeup.backends.memory import MemoryBackend
from takeup.core.address import Kind
from takeup.core.plan import Plan
from takeup.core.resource import Resource
from takeup.core.schema.kinds import SPECS
from takeup.core.secret import Secret
from takeup.core.snapshot import Snapshot
from takeup.engine.policy import Policy
from takeup.engine.ports import Clock
from takeup.engine.run import World, carry_through, prepare
from takeup.provider.agora.client import AgoraRecorder
from takeup.provider.agora.limiter import Limiter
from takeup.provider.agora.transport import WritingTransport, wsgi_transport
from takeup.provider.emulator.store import MemoryStore
from takeup.provider.emulator.world import Settings
from takeup.provider.emulator.world import World as Service
from takeup.provider.emulator.wsgi import EmulatorApp

ALL_KINDS = [resource(kind.name.lower(), kind) for kind in Kind]


class Campus:
    """A project, its state and the service that it talks to."""

    def __init__(self) -> None:
        self.at = NOON.timestamp()
        self.service = Service(MemoryStore(), clock=lambda: self.at, settings=Settings(startup=0))
        self.recorder = AgoraRecorder(
            WritingTransport(
                "http://127.0.0.1",
                customer_id="emulator",
                customer_secret=Secret("emulator"),
                transport=wsgi_transport(EmulatorApp(self.service)),
            ),
            "app",
            Limiter(None),
        )
        lineages = count()
        self.world = World(
            project="campus",
            target=TARGET,
            backend=MemoryBackend(),
            policy=Policy(first_query_after=0, parallelism=2),
            clock=Clock(now=lambda: datetime.fromtimestamp(self.at, UTC), sleep=self.sleep),
            tell=lambda _: None,
            new_state=lambda: Snapshot(lineage=f"lineage-{next(lineages)}", serial=0, fingerprint_key=KEY),
        )

    def sleep(self, seconds: float) -> None:
        """Let the time jump."""
        self.at += seconds

    def plan(self, *wanted: Resource, refresh: bool = True) -> Plan:
        """What an apply would do."""
        return prepare(self.world, self.recorder if refresh else None, desired(wanted)).plan

    def apply(self, *wanted: Resource) -> Plan:
        """Do it; the plan that was carried out without a failure."""
        prepared = prepare(self.world, self.recorder, desired(wanted))
        report = carry_through(self.world, prepared, desired(wanted), self.recorder)
        assert (report.failed, report.skipped) == ([], [])
        return prepared.plan

    def live(self) -> set[str]:
        """The channels that are being recorded at this moment."""
        return {session.cname for session in self.service.sessions()}


def desired(wanted: Iterable[Resource]) -> dict[Any, Resource]:
    return {item.address: item for item in wanted}


def test_basic() -> None:
    """All kinds are planned, applied and recorded, with two calls each and one session each."""
    campus = Campus()
    assert campus.plan(*ALL_KINDS).calls == {"acquire": 4, "start": 4}
    campus.apply(*ALL_KINDS)
    assert campus.live() == {item.cname for item in ALL_KINDS}
    assert campus.service.calls == {"acquire": 4, "start": 4, "query": 4}


def test_the_plan_after_an_apply_is_empty_twice() -> None:
    """With and without refresh, and again: nothing left to do, one query a session and no other call."""
    campus = Campus()
    campus.apply(*ALL_KINDS)
    before = campus.service.calls
    for refresh in (True, True, False):
        made = campus.plan(*ALL_KINDS, refresh=refresh)
        assert (made.changes, made.warnings, made.drift, made.noop) == ((), (), (), 4)
    assert campus.service.calls - before == {"query": 8}


def test_disappears() -> None:
    """A session that ended behind our back is drift, and started anew; the others are left alone."""
    campus = Campus()
    campus.apply(*ALL_KINDS)
    victim = campus.service.sessions()[0]
    campus.service.kill(victim.sid)
    made = campus.apply(*ALL_KINDS)
    assert [(change.address.name, change.calls) for change in made.changes] == [(victim.cname, ("acquire", "start"))]
    assert [drift.now for drift in made.drift] == ["ENDED"]
    assert len(campus.service.sessions()) == 4


def test_destroy_leaves_nothing_live() -> None:
    """After a destroy no session records, the state holds none, and the files of all are kept."""
    campus = Campus()
    campus.apply(*ALL_KINDS)
    assert campus.apply().calls == {"stop": 4}
    assert campus.service.sessions() == []
    left = campus.world.backend.read()
    assert left is not None
    assert (dict(left.sessions), len(left.ended)) == ({}, 4)
    assert campus.plan().changes == ()


def test_a_removed_manifest_is_stopped() -> None:
    """One resource less costs one stop."""
    campus = Campus()
    campus.apply(resource("a"), resource("b"))
    assert campus.apply(resource("b")).calls == {"stop": 1}
    assert campus.live() == {"b"}


CHANGES = [
    pytest.param(
        {"recordingConfig": {"channelType": 1, "subscribeAudioUids": ["7"], "subscribeVideoUids": ["7"]}},
        {"update": 1},
        id="subscription",
    ),
    pytest.param(
        {"recordingConfig": {"channelType": 1, "transcodingConfig": {"mixedVideoLayout": 1}}},
        {"updateLayout": 1},
        id="layout",
    ),
    pytest.param(
        {"recordingConfig": {"channelType": 1, "maxIdleTime": 60}},
        {"acquire": 1, "start": 1, "stop": 1},
        id="an attribute that no call changes",
    ),
    pytest.param({"token": Secret("new")}, {}, id="a token, at the next start"),
]


@pytest.mark.parametrize(("changed", "calls"), CHANGES)
def test_each_change_costs_its_calls_and_converges(changed: dict[str, Any], calls: dict[str, int]) -> None:
    """The calls of the plan are those that the service sees, and the plan after them is empty."""
    campus = Campus()
    campus.apply(resource())
    before = campus.service.calls
    wanted = resource(**changed)
    assert campus.apply(wanted).calls == calls
    seen = campus.service.calls - before
    del seen["query"]
    assert seen == calls
    assert campus.plan(wanted).changes == ()
    assert len(campus.service.sessions()) == 1


UIDS = st.lists(st.integers(1, 50).map(str), min_size=1, max_size=4, unique=True)
CONFIGS = st.fixed_dictionaries(
    {"channelType": st.sampled_from([0, 1])},
    optional={
        "subscribeAudioUids": UIDS,
        "subscribeVideoUids": UIDS,
        "maxIdleTime": st.sampled_from([30, 60]),
        "transcodingConfig": st.fixed_dictionaries({}, optional={"mixedVideoLayout": st.sampled_from([0, 1])}),
    },
)
WORLDS = st.dictionaries(st.sampled_from("abc"), CONFIGS, max_size=3)


def manifest(name: str, config: dict[str, Any]) -> Resource:
    """A recording as the loader makes it: through the model, set-like lists in their one order."""
    made = resource(name, recordingConfig=config)
    spec = SPECS[Kind.COMPOSITE].model_validate(made.spec).model_dump(exclude_unset=True)
    return Resource(made.address, spec)


PATIENT = settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])


@PATIENT
@given(first=WORLDS, second=WORLDS)
def test_the_plan_after_an_apply_is_empty(first: dict[str, Any], second: dict[str, Any]) -> None:
    """From any small world to any other: after the apply there is nothing to do, and nothing else records."""
    campus = Campus()
    for world in (first, second):
        wanted = [manifest(name, config) for name, config in world.items()]
        campus.apply(*wanted)
        assert campus.plan(*wanted).changes == ()
        assert campus.live() == set(world)


@PATIENT
@given(world=WORLDS, seed=st.integers())
def test_no_order_matters(world: dict[str, Any], seed: int) -> None:
    """Manifests and set-like lists in another order are the same wish: nothing is changed."""
    shuffle = random.Random(seed).shuffle  # noqa: S311 - no secret
    campus = Campus()
    campus.apply(*[manifest(name, config) for name, config in world.items()])
    names = list(world)
    shuffle(names)
    again = []
    for name in names:
        config = {key: list(value) if isinstance(value, list) else value for key, value in world[name].items()}
        for value in config.values():
            if isinstance(value, list):
                shuffle(value)
        again.append(manifest(name, config))
    assert campus.plan(*again).changes == ()
