"""What a fault does to a call: in process and on a socket the same client meets the same error."""

import json
import time
import zlib
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any, Literal

import pytest

from takeup.core.secret import Secret
from takeup.errors import NotSentError, OutcomeUnknownError
from takeup.provider.agora.answers import Answer
from takeup.provider.agora.transport import WritingTransport, wsgi_transport
from takeup.provider.emulator.clock import Clock
from takeup.provider.emulator.emulator import Emulator
from takeup.provider.emulator.faults import ANSWERS, Fault
from takeup.provider.emulator.settings import Settings

APP = "/v1/apps/app/cloud_recording"
Wire = tuple[Emulator, WritingTransport]
Rule = dict[str, Any]


def storage() -> dict[str, Any]:
    """Where files would go."""
    return {"vendor": 1, "region": 0, "bucket": "b", "accessKey": "CANARY-key", "secretKey": "CANARY-secret"}


def request(cname: str = "hall") -> dict[str, Any]:
    """Build the body of a start."""
    recording = {"channelType": 1, "subscribeUidGroup": 0}
    return {
        "cname": cname,
        "uid": "1",
        "clientRequest": {"storageConfig": storage(), "recordingConfig": recording, "token": "CANARY-token"},
    }


def acquire(wire: WritingTransport, cname: str = "hall") -> str:
    """Reserve; the path of the start."""
    body = wire.post(f"{APP}/acquire", {"cname": cname, "uid": "1", "clientRequest": {}}).body
    assert body is not None
    return f"{APP}/resourceid/{body['resourceId']}/mode/mix/start"


@pytest.fixture(params=["in process", "on a socket", "on a socket with TLS"])
def wired(request: pytest.FixtureRequest) -> Iterator[Callable[..., Wire]]:
    """Make an emulator and takeup's own transport to it."""
    with ExitStack() as stack:

        def make(settings: Settings | None = None, clock: Clock | None = None, **options: Any) -> Wire:  # noqa: ANN401 - of the transport
            emulator = stack.enter_context(Emulator(settings, clock=clock or Clock(speed=0)))
            url: str = "http://127.0.0.1"
            if request.param == "in process":
                options["transport"] = wsgi_transport(emulator.app)
            elif request.param == "on a socket":
                url = emulator.serve().start().url
            else:
                from takeup.provider.emulator.tls import make_certificates  # noqa: PLC0415 - slow to import

                made = make_certificates()
                folder = request.getfixturevalue("tmp_path")
                (folder / "ca.pem").write_bytes(made.ca_pem)
                options["ca_file"] = folder / "ca.pem"
                url = emulator.serve(tls=made.context).start().url
            wire = WritingTransport(url, customer_id="id", customer_secret=Secret("CANARY"), **options)
            stack.callback(wire.close)
            return emulator, wire

        yield make


@pytest.mark.parametrize(
    ("rule", "lives"),
    [
        pytest.param({"do": "lostRequest"}, False, id="the request is lost"),
        pytest.param({"do": "lostResponse"}, True, id="the response is lost"),
        pytest.param({"do": "timeout"}, False, id="a timeout without effect"),
        pytest.param({"do": "timeout", "effect": True}, True, id="a timeout with effect"),
        pytest.param({"do": "timeout", "lasting": 1}, False, id="a short timeout"),
        pytest.param({"do": "resetMidBody"}, True, id="a reset in the body"),
        pytest.param({"do": "resetMidBody", "effect": False}, False, id="a reset in the body without effect"),
        pytest.param({"do": "oversized"}, True, id="an answer that is too large"),
        pytest.param({"do": "oversized", "effect": False}, False, id="an answer that is too large without effect"),
    ],
)
def test_a_broken_answer_leaves_the_outcome_unknown(wired: Callable[..., Wire], rule: Rule, *, lives: bool) -> None:
    """The client cannot know what a call did, and the world did exactly what the rule says; the next call goes on."""
    emulator, wire = wired()
    path = acquire(wire)
    emulator.faults.add(Fault(operation=["start"], times=1, **rule))
    with pytest.raises(OutcomeUnknownError):
        wire.post(path, request())
    assert len(emulator.world.sessions()) == int(lives)
    assert emulator.faults.struck == (1,)
    assert wire.post(path, request()).status == (201 if lives else 200)
    struck = emulator.calls.entries[1]
    assert (struck.operation, struck.cname, struck.fault) == ("start", "hall", rule["do"])
    assert ("the service carried it out: 200" if lives else "the service never saw it") in struck.notes


@pytest.mark.parametrize(
    ("rule", "text"),
    [
        pytest.param({"do": "malformed"}, '{"cname":"hall","resourceId', id="cut JSON"),
        pytest.param({"do": "emptyBody"}, "", id="no body"),
        pytest.param({"do": "gzipBomb", "size": 20_000_000}, "\x1f\ufffd", id="a bomb, which is never unpacked"),
    ],
)
@pytest.mark.parametrize("effect", [True, False], ids=["with effect", "without effect"])
def test_a_useless_answer_is_an_answer_without_a_body(
    wired: Callable[..., Wire], rule: Rule, text: str, *, effect: bool
) -> None:
    """The status is that of a success, but there is no JSON object in the body."""
    emulator, wire = wired()
    path = acquire(wire)
    emulator.faults.add(Fault(operation=["start"], effect=effect, **rule))
    answer = wire.post(path, request())
    assert (answer.status, answer.body) == (200, None)
    assert answer.text.startswith(text if effect else text[:8])
    assert len(emulator.world.sessions()) == int(effect)


def test_a_slow_answer_comes_after_all(wired: Callable[..., Wire]) -> None:
    """A slow call is carried out, and its answer comes when the clock has gone on."""
    emulator, wire = wired()
    path = acquire(wire)
    emulator.faults.add(Fault(do="slow", operation=["start"], lasting=7))
    before = emulator.clock.now()
    assert wire.post(path, request()).status == 200
    assert emulator.clock.now() - before >= 7
    assert len(emulator.world.sessions()) == 1


def test_a_client_gives_up_on_a_slow_answer(wired: Callable[..., Wire]) -> None:
    """An answer that takes longer than the client waits is a timeout for it, in process as on a socket."""
    emulator, wire = wired(clock=Clock(speed=1), read_timeout=0.2)
    path = acquire(wire)
    emulator.faults.add(Fault(do="slow", operation=["start"], lasting=100))
    began = time.monotonic()
    with pytest.raises(OutcomeUnknownError, match="Timeout"):
        wire.post(path, request())
    assert time.monotonic() - began < 20
    assert len(emulator.world.sessions()) == 1


def test_closing_ends_a_wait(wired: Callable[..., Wire]) -> None:
    """Nobody waits for a fault when the emulator is closed; afterwards nothing is sent."""
    emulator, wire = wired(clock=Clock(speed=1), read_timeout=0.3)
    emulator.faults.add(Fault(do="timeout", lasting=3600))
    with pytest.raises(OutcomeUnknownError):
        wire.get(f"{APP}/resourceid/r/sid/s/mode/mix/query")
    began = time.monotonic()
    emulator.close()
    assert time.monotonic() - began < 20
    with pytest.raises(NotSentError):
        wire.get(f"{APP}/resourceid/r/sid/s/mode/mix/query")


@pytest.mark.parametrize("name", list(ANSWERS))
@pytest.mark.parametrize("effect", [True, False], ids=["with effect", "without effect"])
def test_an_answer_in_the_service_s_place(name: str, *, effect: bool) -> None:
    """Every error can be answered, by the gateway or the service, whether or not the call has its effect."""
    with Emulator(clock=Clock(speed=0)) as emulator:
        wire = WritingTransport(
            "http://127.0.0.1", transport=wsgi_transport(emulator.app), customer_id="i", customer_secret=Secret("s")
        )
        path = acquire(wire)
        emulator.faults.add(Fault(do="answer", answer=name, effect=effect, operation=["start"]))
        answer = wire.post(path, request())
        status, code, reason = ANSWERS[name]
        assert (answer.status, answer.code) == (status, code)
        assert code is not None or answer.gateway_message == reason
        assert len(emulator.world.sessions()) == int(effect)
        assert emulator.world.calls["start"] == 1


def one_answer(**rule: Any) -> Answer:  # noqa: ANN401 - the attributes of a Fault
    """Make one query that a rule strikes."""
    with Emulator(faults=(Fault(do="answer", **rule),)) as emulator:
        wire = WritingTransport(
            "http://127.0.0.1", transport=wsgi_transport(emulator.app), customer_id="i", customer_secret=Secret("s")
        )
        return wire.post(f"{APP}/resourceid/r/sid/s/mode/mix/stop", {**request(), "clientRequest": {}})


def test_a_429_may_name_its_pause() -> None:
    """Retry-After is there where the rule says so, and only there."""
    assert one_answer(answer="429", retryAfter=7).retry_after == 7
    assert one_answer(answer="429").retry_after is None


def test_the_error_15_has_its_odd_body() -> None:
    """It names the resourceId, an empty sid and no reason [gh:Flutter-SDK#759]."""
    assert one_answer(answer="500/15").body == {"resourceId": "r", "sid": "", "code": 15}


def test_a_404_names_channel_and_uid() -> None:
    """The service's own 404 says whose session is meant [T-36773]."""
    assert one_answer(answer="404/404").text == '{"cname":"hall","code":404,"reason":"failed to find worker","uid":"1"}'


@pytest.mark.parametrize("do", ["oversized", "gzipBomb"])
def test_a_large_answer_is_valid_json_of_its_size(do: Literal["oversized", "gzipBomb"]) -> None:
    """What is unpacked is one JSON object of exactly the size, written piece by piece."""
    with Emulator(faults=(Fault(do=do, size=3_000_000),)) as emulator:
        environ: dict[str, Any] = {
            "REQUEST_METHOD": "GET",
            "PATH_INFO": f"{APP}/resourceid/r/sid/s/mode/mix/query",
            "HTTP_AUTHORIZATION": "Basic aTpz",
        }
        headers: dict[str, str] = {}

        def start_response(
            _status: str, items: list[tuple[str, str]], _exc_info: object = None
        ) -> Callable[[bytes], None]:
            headers.update(items)
            return lambda _: None

        chunks = emulator.app(environ, start_response)
        pieces = list(chunks)
    content = b"".join(pieces)
    assert max(map(len, pieces)) < 1_000_000
    if do == "gzipBomb":
        assert headers["Content-Encoding"] == "gzip"
        assert "Content-Length" not in headers
        assert len(content) < 50_000
        content = zlib.decompress(content, wbits=31)
    else:
        assert headers["Content-Length"] == "3000000"
    assert len(content) == 3_000_000
    assert json.loads(content)["code"] == 404


def test_a_query_is_known_by_its_session() -> None:
    """A rule with a channel strikes a query, whose request names none."""
    with Emulator(clock=Clock(speed=0)) as emulator:
        wire = WritingTransport(
            "http://127.0.0.1", transport=wsgi_transport(emulator.app), customer_id="i", customer_secret=Secret("s")
        )
        paths = {}
        for cname in ("hall", "yard"):
            started = wire.post(acquire(wire, cname), request(cname)).body
            assert started is not None
            paths[cname] = f"{APP}/resourceid/{started['resourceId']}/sid/{started['sid']}/mode/mix/query"
        emulator.faults.add(Fault(do="answer", answer="504/62", operation=["query"], channel="y*", uid="1"))
        assert [wire.get(paths[cname]).status for cname in ("hall", "yard")] == [200, 504]
        assert [(entry.cname, entry.status) for entry in emulator.calls.last(2)] == [("hall", 200), ("yard", 504)]


def test_no_secret_gets_into_the_log() -> None:
    """Neither credentials nor what a body holds gets into an entry, whatever strikes."""
    rules = (Fault(do="malformed", nth=[1]), Fault(do="answer", answer="400/2", effect=True, nth=[2]))
    with Emulator(clock=Clock(speed=0)) as emulator:
        wire = WritingTransport(
            "http://127.0.0.1",
            transport=wsgi_transport(emulator.app),
            customer_id="i",
            customer_secret=Secret("CANARY"),
        )
        path = acquire(wire)
        emulator.faults.replace(rules)
        for _ in range(3):
            wire.post(path, {**request(), "clientRequest": {**request()["clientRequest"], "oddity": "CANARY"}})
        assert len(emulator.calls.entries) == 4
        assert "CANARY" not in repr(emulator.calls.entries)
