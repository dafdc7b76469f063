"""The real client against recorded answers; see cassettes/README.md for how they are recorded anew."""

import json
import os
import re
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, TypeAlias

import pytest
from ruamel.yaml import YAML
from tests.contract.account import CANARY, CNAME, ENDPOINT, PUBLIC, UID, spec_of

from takeup.core.address import Mode
from takeup.core.secret import Secret
from takeup.errors import AlreadyStartedError, RejectedError, TaskConflictError
from takeup.provider.agora.client import AgoraRecorder
from takeup.provider.agora.limiter import Limiter
from takeup.provider.agora.transport import WritingTransport
from takeup.provider.emulator.server import serve
from takeup.provider.emulator.world import Settings, World
from takeup.provider.emulator.wsgi import EmulatorApp
from takeup.provider.port import Identity, SessionRef, Sighting

LIVE = frozenset({4, 5})
emulated = pytest.mark.skipif(ENDPOINT is not None, reason="a real account does not answer this on demand")
MODES = {"individual": Mode.INDIVIDUAL, "mix": Mode.MIX, "screenshot": Mode.INDIVIDUAL, "web": Mode.WEB}


@dataclass
class Recording:
    """The client under test, and what it started."""

    client: AgoraRecorder
    patience: float
    started: list[SessionRef] = field(default_factory=list)

    def acquire(self, kind: str, uid: str = UID) -> str:
        """Acquire for a kind of recording."""
        acquired = self.client.acquire(cname=CNAME, uid=uid, mode=MODES[kind], spec=spec_of(kind))
        assert acquired.identity == Identity(CNAME, uid, acquired.resource_id)
        return acquired.resource_id

    def start(self, kind: str, resource_id: str | None = None) -> SessionRef:
        """Acquire unless that is done, and start."""
        rid = resource_id or self.acquire(kind)
        mode = MODES[kind]
        started = self.client.start(cname=CNAME, uid=UID, mode=mode, resource_id=rid, spec=spec_of(kind))
        assert started.identity == Identity(CNAME, UID, rid, started.sid)
        session = SessionRef(CNAME, UID, mode, rid, started.sid)
        self.started.append(session)
        return session

    def poll(self, session: SessionRef, until: Callable[[Sighting | None], bool]) -> Sighting | None:
        """Query until it is so; a replay asks as often as the recording did."""
        for _ in range(24):
            seen = self.client.query(session)
            if until(seen):
                return seen
            time.sleep(self.patience)
        pytest.fail("the session never came to that status")

    def stop(self, session: SessionRef) -> None:
        """Stop once it is up (a real one may not be found before that), and wait until it is gone."""
        self.poll(session, lambda seen: seen is not None and seen.status in LIVE)
        self.started.remove(session)
        receipt = self.client.stop(session)
        assert not receipt.gone
        assert not receipt.exiting
        assert self.poll(session, lambda seen: seen is None) is None


Opening: TypeAlias = Callable[..., Recording]


@pytest.fixture
def opening(vcr: Any, record_mode: str) -> Iterator[Opening]:  # noqa: ANN401 - vcr's cassette is untyped
    """Open the real client on the recorded host, or while recording on the real one or the emulator."""
    with ExitStack() as stack:
        opened: list[Recording] = []

        def opens(*, credentials: str | None = "right", linger: float = 0.0) -> Recording:
            endpoint, customer = PUBLIC, ("customer", "canary-customer-secret")
            if record_mode != "none" and ENDPOINT is None:
                settings = Settings(startup=0, firstFile=0, linger=linger)
                world = World(clock=lambda: 1562724968.626, settings=settings)
                endpoint = stack.enter_context(serve(EmulatorApp(world, customer))).url
            elif record_mode != "none":
                endpoint = str(ENDPOINT)
                customer = (os.environ["AGORA_CUSTOMER_ID"], os.environ["AGORA_CUSTOMER_SECRET"])
            wire = WritingTransport(
                endpoint,
                customer_id=None if credentials is None else customer[0],
                customer_secret={None: None, "right": Secret(customer[1])}.get(
                    credentials, Secret("canary-wrong-secret")
                ),
            )
            stack.callback(wire.close)
            live = record_mode != "none" and ENDPOINT is not None
            app_id = os.environ["AGORA_APP_ID"] if live else "app-id"
            made = Recording(AgoraRecorder(wire, app_id, Limiter(5.0 if live else None)), 5.0 if live else 0.0)
            opened.append(made)
            return made

        yield opens
        for recording in opened:
            for session in recording.started:
                recording.client.stop(session)
        if record_mode == "none":
            assert vcr.all_played


@pytest.mark.vcr
@pytest.mark.parametrize("kind", MODES)
def test_lifecycle(opening: Opening, kind: str) -> None:
    """Acquire, start, query, update and stop of one kind; the layout too where there is one."""
    it = opening()
    session = it.start(kind)
    seen = it.poll(session, lambda seen: seen is not None and seen.status in LIVE)
    assert seen is not None
    who = Identity(CNAME, UID, session.resource_id, session.sid)
    assert seen.identity == replace(who, web=kind == "web")
    group = "rtmp" if kind == "web" else "subscription"
    if kind != "screenshot":
        assert it.client.update(session, spec=spec_of(kind), groups=frozenset({group})) == who
    assert it.client.update(session, spec=spec_of(kind), groups=frozenset({"storage"}))
    if kind == "web":
        assert it.client.update(session, spec=spec_of(kind), groups=frozenset({"onhold"}))
    if kind == "mix":
        assert it.client.update_layout(session, spec=spec_of(kind)) == who
    it.stop(session)


@pytest.mark.vcr
@pytest.mark.parametrize("credentials", [None, "wrong"])
def test_unauthorized(opening: Opening, credentials: str | None) -> None:
    """The gateway refuses missing and wrong credentials in different words."""
    it = opening(credentials=credentials)
    with pytest.raises(RejectedError, match="missing" if credentials is None else "wrong"):
        it.acquire("mix")


@pytest.mark.vcr
def test_no_route(opening: Opening) -> None:
    """A 404 of the gateway says nothing about a session."""
    it = opening()
    it.client._root = it.client._root.replace("cloud_recording", "no_such_service")
    with pytest.raises(RejectedError, match="no such call"):
        it.client.query(SessionRef(CNAME, UID, Mode.MIX, "recorded-resource-1", f"{1:032d}"))


@pytest.mark.vcr
def test_body_check(opening: Opening) -> None:
    """A uid above 32 bits is refused: 400 with code 2."""
    it = opening()
    with pytest.raises(RejectedError, match="body check failed"):
        it.acquire("mix", uid="8810546176")


@pytest.mark.vcr
def test_task_conflict(opening: Opening) -> None:
    """A second resourceId for what is being recorded: 400 with code 53."""
    it = opening()
    session = it.start("mix")
    with pytest.raises(TaskConflictError):
        it.start("mix")
    it.stop(session)


@pytest.mark.vcr
def test_already_started(opening: Opening) -> None:
    """The same start once more: 201 with code 7 and no sid."""
    it = opening()
    session = it.start("mix")
    with pytest.raises(AlreadyStartedError):
        it.start("mix", session.resource_id)
    it.stop(session)


@pytest.mark.vcr
def test_gone(opening: Opening) -> None:
    """What has ended is 404 with code 404 to every call."""
    it = opening()
    session = it.start("mix")
    it.stop(session)
    assert it.client.query(session) is None
    assert it.client.update(session, spec=spec_of("mix"), groups=frozenset({"subscription"})) is None
    assert it.client.update_layout(session, spec=spec_of("mix")) is None
    assert it.client.stop(session).gone


@emulated
@pytest.mark.vcr
def test_already_exiting(opening: Opening) -> None:
    """A stop while it is exiting: 400 with code 49."""
    it = opening(linger=60.0)
    session = it.start("mix")
    it.started.remove(session)
    assert not it.client.stop(session).exiting
    assert it.client.stop(session).exiting


IDENTITY = ["cname", "resourceId", "sid", "uid"]
SHAPES = {
    ("acquire", 200): [["cname", "resourceId", "uid"]],
    ("start", 200): [IDENTITY],
    ("start", 201): [["code", "reason"]],
    ("query", 200): [["cname", "resourceId", "serverResponse", "sid", "uid"]],
    ("stop", 206): [["code", "reason"]],
    ("stop", 200): [["cname", "resourceId", "serverResponse", "sid", "uid"]],
    ("update", 200): [IDENTITY],
    ("updateLayout", 200): [IDENTITY],
}
REFUSALS = {
    400: [["code", "reason"]],
    401: [["message"]],
    404: [["message"], ["cname", "code", "reason", "uid"]],
}
RESPONSES = {
    "query": [
        ["fileList", "fileListMode", "sliceStartTime", "status"],
        ["sliceStartTime", "status"],
        ["extensionServiceState", "status"],
    ],
    "stop": [
        ["fileList", "fileListMode", "uploadingStatus"],
        ["uploadingStatus"],
        ["extensionServiceState"],
    ],
}


def recorded(cassettes: Path) -> list[tuple[str, list[Any]]]:
    """Every cassette by name, with its interactions."""
    yaml = YAML(typ="safe", pure=True)
    return [(path.stem, yaml.load(path)["interactions"]) for path in sorted(cassettes.rglob("*.yaml"))]


def test_cassettes_hold_no_secret(cassettes: Path) -> None:
    """No canary, no credential, no host but the public one, and only harmless headers."""
    files = sorted(cassettes.rglob("*.yaml"))
    assert files
    telling = re.compile(
        rf"{CANARY}|authorization|basic [a-z0-9+/=]{{8}}|x-request-id|set-cookie|127\.0\.0\.1|localhost", re.IGNORECASE
    )
    for path in files:
        found = telling.search(path.read_text())
        assert found is None, f"{path.name}: {found}"
    for name, interactions in recorded(cassettes):
        assert 0 < len(interactions) < 100, name
        for each in interactions:
            assert each["request"]["uri"].startswith(f"{PUBLIC}/v1/apps/app-id/"), name
            assert {k.lower() for k in each["request"]["headers"]} <= {"accept", "content-type", "user-agent"}
            assert {k.lower() for k in each["response"]["headers"]} <= {"content-type"}, name


def test_recorded_answers_have_the_documented_shape(cassettes: Path) -> None:
    """Keys and their order are those of the documented samples, and every operation is there."""
    met = set()
    for name, interactions in recorded(cassettes):
        for each in interactions:
            operation = each["request"]["uri"].rpartition("/")[2]
            status = each["response"]["status"]["code"]
            body = json.loads(each["response"]["body"]["string"])
            assert list(body) in (SHAPES.get((operation, status)) or REFUSALS[status]), (name, operation)
            if "serverResponse" in body:
                assert list(body["serverResponse"]) in RESPONSES[operation], (name, operation)
            met.add((operation, status, body.get("code"), body.get("message")))
    documented: set[tuple[str, int, int | None, str | None]]
    documented = {(operation, status, None, None) for operation, status in SHAPES if status == 200}
    documented |= {
        ("acquire", 400, 2, None),
        ("acquire", 401, None, "Unauthorized"),
        ("acquire", 401, None, "Invalid authentication credentials"),
        ("query", 404, None, "no Route matched with those values"),
        ("start", 400, 53, None),
        ("start", 201, 7, None),
        *((operation, 404, 404, None) for operation in ("query", "update", "updateLayout", "stop")),
        ("stop", 400, 49, None),
    }
    assert documented <= met
