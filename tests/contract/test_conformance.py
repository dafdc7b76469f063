"""The life of a recording: one scenario for the emulator in process, the emulator over TLS, and the cassettes.

Create, read, update each way, replace, die, recreate, destroy: the engine and the real client, against whatever
stands for Agora. Nothing here knows which one it is.
"""

import os
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from tests.contract.account import CNAME, ENDPOINT, PUBLIC, UID, secret, spec_of
from tests.recordings import KEY, fresh, put

from takeup.backends.memory import MemoryBackend
from takeup.core.address import Address, Kind
from takeup.core.plan import Plan, Target
from takeup.core.resource import Resource
from takeup.core.secret import Secret
from takeup.core.snapshot import Liveness, SessionState, Snapshot
from takeup.engine.policy import Policy
from takeup.engine.ports import Clock
from takeup.engine.run import World, carry_through, prepare
from takeup.engine.scheduler import SteppedScheduler
from takeup.provider.agora.client import AgoraRecorder
from takeup.provider.agora.limiter import Limiter
from takeup.provider.agora.retry import Retrier
from takeup.provider.agora.transport import WritingTransport, wsgi_transport
from takeup.provider.emulator.clock import Clock as EmulatedClock
from takeup.provider.emulator.emulator import Emulator
from takeup.provider.emulator.settings import Settings
from takeup.provider.emulator.tls import make_certificates
from takeup.provider.port import SessionRef

STARTED = 1562724968.0
CUSTOMER = ("customer", "canary-customer-secret")
KINDS = {
    "individual": Kind.INDIVIDUAL,
    "mix": Kind.COMPOSITE,
    "screenshot": Kind.SCREENSHOT,
    "web": Kind.WEB_PAGE,
}
NEW_KEY = ("storage keys", {"storageConfig.accessKey": secret("OTHER_ACCESS_KEY")}, {"update": 1})
LISTS = {"recordingConfig.subscribeAudioUids": ["7"], "recordingConfig.subscribeVideoUids": ["7"]}
SUBSCRIPTION = ("subscription", LISTS, {"update": 1})
LAYOUT = ("layout", {"recordingConfig.transcodingConfig.mixedVideoLayout": 0}, {"updateLayout": 1})
BOTH = (
    "subscription and layout",
    {
        "recordingConfig.subscribeAudioUids": ["8"],
        "recordingConfig.subscribeVideoUids": ["8"],
        "recordingConfig.transcodingConfig.backgroundColor": "#FF0000",
    },
    {"update": 1, "updateLayout": 1},
)
ONHOLD = ("onhold", {"webRecorder.onhold": True}, {"update": 1})
RTMP = ("rtmp address", {"rtmpPublish.outputs[].rtmpUrl": secret("OTHER_RTMP_URL")}, {"update": 1})
UPDATES: dict[str, list[tuple[str, dict[str, Any], dict[str, int]]]] = {
    "individual": [SUBSCRIPTION, NEW_KEY],
    "mix": [SUBSCRIPTION, LAYOUT, BOTH, NEW_KEY],
    "screenshot": [NEW_KEY],
    "web": [ONHOLD, RTMP, NEW_KEY],
}
REPLACING = {"web": "webRecorder.videoFps"}


class Stage:
    """A project with one recording, and a service at the other end of a wire."""

    def __init__(self, wire: WritingTransport, app_id: str, time_of: "Time", rate: float | None) -> None:
        limiter = Limiter(rate)
        self.recorder = AgoraRecorder(wire, app_id, limiter, Retrier(limiter, sleep=time_of.sleep))
        self.sleep = time_of.sleep
        self.world = World(
            project="conformance",
            target=Target(PUBLIC, "agora", app_id),
            backend=MemoryBackend(),
            policy=Policy(parallelism=1),
            clock=Clock(now=lambda: datetime.fromtimestamp(time_of.now(), UTC), sleep=time_of.sleep),
            tell=lambda _: None,
            new_state=lambda: Snapshot(lineage="lineage", serial=0, fingerprint_key=KEY),
            scheduler=lambda: SteppedScheduler(time_of.now, time_of.sleep),
        )

    def plan(self, *wanted: Resource) -> Plan:
        """What an apply would do."""
        return prepare(self.world, self.recorder, {item.address: item for item in wanted}).plan

    def apply(self, *wanted: Resource) -> Plan:
        """Do it; the plan that was carried out without a failure, after which there is nothing left to do."""
        desired = {item.address: item for item in wanted}
        prepared = prepare(self.world, self.recorder, desired)
        report = carry_through(self.world, prepared, desired, self.recorder)
        assert [error.message for _, error in report.failed] == []
        assert report.skipped == []
        assert self.plan(*wanted).changes == ()
        return prepared.plan

    def session(self, address: Address) -> SessionState:
        """What the state says of the recording; it runs."""
        stored = self.world.backend.read()
        assert stored is not None
        found = stored.sessions[address]
        assert found.liveness is Liveness.RUNNING
        return found

    def die(self, address: Address) -> None:
        """End the session behind takeup's back."""
        found = self.session(address)
        assert found.sid is not None
        assert found.resource_id is not None
        self.recorder.stop(SessionRef(found.cname, found.uid, found.mode, found.resource_id, found.sid))
        self.sleep(60.0)


class Time:
    """The time of a stage: it jumps, and the emulator's with it."""

    def __init__(self, jump: Callable[[float], object]) -> None:
        self._now = STARTED
        self._jump = jump

    def now(self) -> float:
        """Unix seconds."""
        return self._now

    def sleep(self, seconds: float) -> None:
        """Let time pass."""
        self._now += seconds
        self._jump(seconds)


class RealTime(Time):
    """The wall clock, for recording from a real account."""

    def now(self) -> float:
        """Unix seconds."""
        return time.time()

    def sleep(self, seconds: float) -> None:
        """Wait."""
        time.sleep(seconds)


def emulated() -> Emulator:
    """An emulator whose time stands still until it is told to go on."""
    return Emulator(Settings(firstFile=3), clock=EmulatedClock(0.0, STARTED), credentials=CUSTOMER)


def in_process(stack: ExitStack, _folder: Path, _record: str) -> Stage:
    """The emulator as a WSGI application."""
    emulator = emulated()
    wire = transport("http://127.0.0.1", transport=wsgi_transport(emulator.app))
    stack.callback(wire.close)
    return Stage(wire, "app-id", Time(emulator.clock.advance), None)


def over_tls(stack: ExitStack, folder: Path, _record: str) -> Stage:
    """The emulator behind a socket, with a certificate of its own throw-away authority."""
    emulator, certificates = emulated(), make_certificates()
    authority = folder / "ca.pem"
    authority.write_bytes(certificates.ca_pem)
    server = stack.enter_context(emulator.serve(tls=certificates.context))
    assert server.url.startswith("https://")
    wire = transport(server.url, ca_file=authority)
    stack.callback(wire.close)
    return Stage(wire, "app-id", Time(emulator.clock.advance), None)


def replayed(stack: ExitStack, _folder: Path, record: str) -> Stage:
    """The cassette; while it is recorded: a real account, or the emulator behind a socket."""
    if record == "none":
        wire = transport(PUBLIC)
        stack.callback(wire.close)
        return Stage(wire, "app-id", Time(lambda _: None), None)
    if ENDPOINT is not None:
        customer = (os.environ["AGORA_CUSTOMER_ID"], os.environ["AGORA_CUSTOMER_SECRET"])
        wire = transport(ENDPOINT, customer=customer)
        stack.callback(wire.close)
        return Stage(wire, os.environ["AGORA_APP_ID"], RealTime(lambda _: None), 5.0)
    emulator = emulated()
    wire = transport(stack.enter_context(emulator.serve()).url)
    stack.callback(wire.close)
    return Stage(wire, "app-id", Time(emulator.clock.advance), None)


def transport(base: str, *, customer: tuple[str, str] = CUSTOMER, **more: Any) -> WritingTransport:  # noqa: ANN401 - its own
    """The real client's wire."""
    return WritingTransport(base, customer_id=customer[0], customer_secret=Secret(customer[1]), **more)


Opens = Callable[[ExitStack, Path, str], Stage]


@pytest.fixture
def stage(request: pytest.FixtureRequest, tmp_path: Path, record_mode: str) -> Iterator[Stage]:
    """Open one of the three."""
    opens: Opens = request.param
    with ExitStack() as stack:
        cassette = request.getfixturevalue("vcr") if opens is replayed else None
        yield opens(stack, tmp_path, record_mode)
        if cassette is not None and record_mode == "none":
            assert cassette.all_played


STAGES = [
    pytest.param(in_process, id="emulator in process"),
    pytest.param(over_tls, id="emulator over TLS"),
    pytest.param(replayed, id="cassette", marks=pytest.mark.vcr),
]


def changed(resource: Resource, changes: dict[str, Any]) -> Resource:
    """The same resource with other attributes."""
    spec = fresh(resource.spec)
    for path, value in changes.items():
        put(spec, path, value)
    return Resource(resource.address, spec)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("stage", STAGES, indirect=True)
def test_the_life_of_a_recording(stage: Stage, kind: str) -> None:
    """Create, read, update each way, replace, die, recreate, destroy: each costs its calls and converges."""
    address = Address(KINDS[kind], "hall")
    wanted = Resource(address, {"cname": CNAME, "uid": UID, **spec_of(kind)})

    assert stage.apply(wanted).calls == {"acquire": 1, "start": 1}
    first = stage.session(address)

    for name, changes, calls in UPDATES[kind]:
        wanted = changed(wanted, changes)
        assert stage.apply(wanted).calls == calls, name
        assert stage.session(address).sid == first.sid, name

    replaced = REPLACING.get(kind, "recordingConfig.maxIdleTime")
    wanted = changed(wanted, {replaced: 20})
    assert stage.apply(wanted).calls == {"stop": 1, "acquire": 1, "start": 1}
    second = stage.session(address)
    assert second.sid != first.sid
    assert second.resource_id != first.resource_id

    stage.die(address)
    plan = stage.apply(wanted)
    assert plan.calls == {"acquire": 1, "start": 1}
    assert [(item.was, item.now) for item in plan.drift] == [("RUNNING", "ENDED")]
    third = stage.session(address)
    assert third.sid not in {first.sid, second.sid}

    assert stage.apply().calls == {"stop": 1}
    left = stage.world.backend.read()
    assert left is not None
    assert dict(left.sessions) == {}
    assert third.sid is not None
    assert third.resource_id is not None
    stage.sleep(60.0)
    assert stage.recorder.query(SessionRef(CNAME, UID, third.mode, third.resource_id, third.sid)) is None
