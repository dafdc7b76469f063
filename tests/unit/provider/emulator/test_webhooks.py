"""Delivering notices: envelope, signatures, order, resends, and what goes wrong on purpose."""

import json
import logging
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, NamedTuple

import pytest
from pydantic import ValidationError

from takeup.core.secret import Secret
from takeup.provider.emulator.clock import Clock
from takeup.provider.emulator.emulator import Emulator
from takeup.provider.emulator.hook import RECEIVED, Poster, WebhookSettings, sign
from takeup.provider.emulator.settings import Settings

URL = "http://127.0.0.1:9/hook"
REQUEST: dict[str, Any] = {
    "storageConfig": {"vendor": 1, "region": 0, "bucket": "b", "accessKey": "CANARY-KEY", "secretKey": "CANARY-KEY"},
    "recordingConfig": {"channelType": 1, "maxIdleTime": 30},
}


class Running(NamedTuple):
    """A started session."""

    emulator: Emulator
    resource_id: str
    sid: str

    def stop(self) -> None:
        body = {"cname": "hall", "uid": "10001", "clientRequest": {}}
        status, _ = self.emulator.world.stop("app", self.resource_id, self.sid, "mix", body)
        assert status in {200, 206}  # 206: stopped before anything was recorded

    def again(self) -> int:
        body = {"cname": "hall", "uid": "10001", "clientRequest": REQUEST}
        return self.emulator.world.start("app", self.resource_id, "mix", body)[0]


def started(emulator: Emulator, cname: str = "hall", uid: str = "10001") -> Running:
    body: dict[str, Any] = {"cname": cname, "uid": uid, "clientRequest": {}}
    _, reserved = emulator.world.acquire("app", body)
    status, answer = emulator.world.start("app", reserved["resourceId"], "mix", {**body, "clientRequest": REQUEST})
    assert status == 200, answer
    return Running(emulator, reserved["resourceId"], answer["sid"])


class Told:
    """Collects what is delivered; answers `received` unless told otherwise."""

    def __init__(self, *answers: str) -> None:
        self.bodies: list[dict[str, Any]] = []
        self.headers: list[dict[str, str]] = []
        self._answers = list(answers)

    def __call__(self, url: str, headers: dict[str, str], body: bytes) -> str:
        assert url == URL
        self.headers.append(headers)
        self.bodies.append(json.loads(body))
        return self._answers.pop(0) if self._answers else RECEIVED

    @property
    def events(self) -> list[int]:
        return [body["eventType"] for body in self.bodies]


def emulator(told: Told, **settings: Any) -> Emulator:  # noqa: ANN401 - any webhook setting
    made = Emulator(clock=Clock(0, 1_700_000_000.0), webhooks=WebhookSettings(url=URL, **settings))
    made.notifier._send = told
    return made


def test_signature_matches_the_verified_vector() -> None:
    """Both signatures are those that Agora's older documentation prints, recomputed in the facts."""
    body = (
        b'{"eventMs":1560408533119,"eventType":10,"noticeId":"4eb720f0-8da7-11e9-a43e-53f411c2761f",'
        b'"notifyMs":1560408533119,"payload":{"a":"1","b":2},"productId":1}'
    )
    assert sign(Secret("secret"), body) == {
        "Agora-Signature": "033c62f40f687675f17f0f41f91a40c71c0f134c",
        "Agora-Signature-V2": "6d3320c60b11101395b7fc8f9068748808a0aa1bfa064438e39d1bc2c7d74d99",
    }
    assert sign(None, body) == {}


def test_envelope_is_complete() -> None:
    """A notice has the envelope and payload of the documentation, and nothing of the request."""
    told = Told()
    made = emulator(told, events=[40], secret="CANARY-SECRET")
    running = started(made)
    made.clock.advance(3)
    (body,) = told.bodies
    assert body == {
        "eventType": 40,
        "noticeId": body["noticeId"],
        "notifyMs": 1_700_000_003_000,
        "payload": {
            "cname": "hall",
            "details": {"msgName": "recorder_started", "status": 0},
            "sendts": 1_700_000_003_000,
            "sequence": 0,
            "serviceType": 1,
            "sid": running.sid,
            "uid": "10001",
        },
        "productId": 3,
    }
    assert set(told.headers[0]) == {"Content-Type", "Agora-Signature", "Agora-Signature-V2"}


def test_a_stopped_session_is_told_to_its_end_and_forgotten() -> None:
    """Stepping the clock tells the beginning, a stop the end, and then nothing is kept of the session."""
    told = Told()
    made = emulator(told, events=[40, 30, 4, 41, 31, 32, 11])
    running = started(made)
    made.clock.advance(20)
    assert told.events == [40, 30, 4]
    running.stop()
    made.clock.advance(0)
    assert told.events == [40, 30, 4, 41, 31]
    made.clock.advance(60)
    assert told.events == [40, 30, 4, 41, 31, 11]
    assert made.notifier.followed == 0
    assert [body["payload"]["sequence"] for body in told.bodies] == list(range(6))


def test_three_days_of_many_sessions_pass_in_one_step_in_order() -> None:
    """One step of 72 hours tells all sessions' notices in the order of their times."""
    told = Told()
    made = emulator(told, events=[40, 41, 11, 12])
    for number in range(20):
        running = started(made, f"room-{number}")
        made.world.fail_over(running.sid, 30, after=100 - number)
        made.clock.advance(1)
        made.world.leave(f"room-{number}")
    made.clock.advance(72 * 3600)
    times = [body["payload"]["sendts"] for body in told.bodies]
    assert times == sorted(times)
    assert [told.events.count(event) for event in (40, 41, 11)] == [20, 20, 20]
    assert made.notifier.followed == 0


def test_a_change_behind_the_last_look_is_told() -> None:
    """An end that lies before the last notice told (the thread was faster than the caller) is not lost."""
    told = Told()
    made = emulator(told, events=[40, 33, 41, 31, 11])
    running = started(made)
    made.clock.advance(200)
    made.notifier.pump(made.clock.now() + 100)
    count = len(told.bodies)
    running.stop()
    made.clock.advance(10)
    assert told.events[count:] == [41, 33, 31, 11]


def test_second_start_is_event_three() -> None:
    """A second start of a running session is told as cloud_recording_status_update."""
    told = Told()
    made = emulator(told, events=[3])
    running = started(made)
    made.clock.advance(20)
    assert running.again() == 201
    made.clock.advance(0)
    (body,) = told.bodies
    assert body["payload"]["details"]["status"] == 5


def test_refused_notice_comes_again_at_once_and_then_ever_later() -> None:
    """A notice that is not acknowledged is sent again at once, then after a growing time, three times at most."""
    told = Told(*["HTTP 500"] * 9)
    made = emulator(told, events=[40], retryAfter=10)
    started(made)
    made.clock.advance(3600)
    assert len({body["noticeId"] for body in told.bodies}) == 1
    assert len({body["notifyMs"] for body in told.bodies}) == 4
    assert [row.attempt for row in made.notifier.deliveries] == [1, 2, 3, 4]
    begin = made.notifier.deliveries[0].at
    assert [row.at - begin for row in made.notifier.deliveries] == [0, 0, 10, 30]
    assert {row.status for row in made.notifier.deliveries} == {"HTTP 500"}


def test_a_resend_that_is_received_is_the_last() -> None:
    """Resending ends with the first acknowledgement."""
    told = Told("HTTP 500")
    made = emulator(told, events=[40])
    started(made)
    made.clock.advance(3600)
    assert [row.status for row in made.notifier.deliveries] == ["HTTP 500", RECEIVED]


def story(seed: int, **settings: Any) -> list[tuple[int, int]]:  # noqa: ANN401 - any webhook setting
    """Tell (sequence, eventType) of the same session under a seed."""
    told = Told()
    ids = iter(["r", "c" * 32])
    made = Emulator(
        clock=Clock(0, 1_700_000_000.0),
        webhooks=WebhookSettings(url=URL, **settings),
        seed=seed,
        ids=lambda _: next(ids),
    )
    made.notifier._send = told
    running = started(made)
    made.clock.advance(1800)
    running.stop()
    made.clock.advance(600)
    return [(body["payload"]["sequence"], body["eventType"]) for body in told.bodies]


def test_losses_leave_gaps() -> None:
    """A lost notice leaves a gap in the sequence, the same one for the same seed."""
    lossy = story(7, loss=0.5)
    assert 0 < len(lossy) < len(story(7))
    assert lossy == story(7, loss=0.5)
    assert lossy != story(8, loss=0.5)


def test_duplicates_have_the_same_notice_id() -> None:
    """With duplicates at 1 every notice comes exactly twice."""
    rows = story(7, duplicates=1)
    assert sorted(rows) == sorted(story(7) * 2)


def test_shuffled_notices_overtake_each_other() -> None:
    """With a shuffle window notices come out of order, but all of them come."""
    rows = story(7, shuffle=300)
    assert rows != sorted(rows)
    assert sorted(rows) == story(7)


def test_listener_in_process_hears_all_without_a_url() -> None:
    """`on_notice` is told headers and body of every notice; no URL and no settings are needed."""
    heard: list[tuple[dict[str, str], bytes]] = []
    made = Emulator(clock=Clock(0))
    made.notifier.on_notice = lambda headers, body: heard.append((headers, body))
    started(made)
    made.clock.advance(3)
    assert [json.loads(body)["eventType"] for _, body in heard] == [13, 40, 30, 43, 44, 42]
    assert all(row.status == RECEIVED for row in made.notifier.deliveries)


def test_a_listener_may_call_the_emulator() -> None:
    """What a receiver does in return, stepping the clock included, neither waits for itself nor loses a notice."""
    heard: list[int] = []
    made = Emulator(clock=Clock(0), webhooks=WebhookSettings(events=[40, 30, 41, 11]))

    def answer(_: dict[str, str], body: bytes) -> None:
        heard.append(json.loads(body)["eventType"])
        if heard[-1] == 30:
            running.stop()
            made.clock.advance(10)

    made.notifier.on_notice = answer
    running = started(made)
    made.clock.advance(5)
    assert heard == [40, 30, 41, 11]


def test_nothing_is_followed_where_nobody_listens() -> None:
    """Without webhooks and listener the notifier keeps nothing."""
    made = Emulator(clock=Clock(0))
    started(made)
    assert made.notifier.followed == 0


def test_sessions_of_an_earlier_process_are_followed_without_their_past() -> None:
    """A kept session is told on from now: its beginning is not told again."""
    told = Told()
    first = Emulator(clock=Clock(0, 1_700_000_000.0))
    running = started(first)
    first.clock.advance(60)
    second = Emulator(
        store=first.store,
        clock=Clock(0, 1_700_000_060.0),
        webhooks=WebhookSettings(url=URL, events=[40, 41, 11]),
    )
    second.notifier._send = told
    Running(second, running.resource_id, running.sid).stop()
    second.clock.advance(60)
    assert told.events == [41, 11]


@pytest.mark.parametrize(
    "url",
    [
        pytest.param("http://example.com/hook", id="another machine"),
        pytest.param("https://10.0.0.1/hook", id="a private address"),
        pytest.param("ftp://127.0.0.1/hook", id="another scheme"),
        pytest.param("http://user:CANARY@127.0.0.1/hook", id="with a password"),
        pytest.param("http://127.0.0.1:99999/hook", id="no port"),
        pytest.param("http://127.0.0.1/a b", id="a space"),
        pytest.param("http://127.0.0.1.example.com/", id="a name that begins like loopback"),
        pytest.param("", id="empty"),
    ],
)
def test_only_this_machine_is_told(url: str) -> None:
    """An address that is not on this machine is refused with a sentence, and never sent to."""
    with pytest.raises(ValidationError, match="this machine only"):
        WebhookSettings(url=url)
    assert Poster()(url, {}, b"{}") == "not on this machine"


def test_the_secret_is_shown_nowhere(caplog: pytest.LogCaptureFixture) -> None:
    """Neither repr, dump, deliveries nor logs hold the secret."""
    caplog.set_level(logging.DEBUG)
    told = Told("HTTP 500")
    made = emulator(told, secret="CANARY-SECRET")
    started(made)
    made.clock.advance(60)
    settings = made.notifier.settings
    assert settings is not None
    shown = [repr(settings), repr(settings.model_dump()), repr(made.notifier.deliveries), caplog.text, repr(vars(made))]
    shown += [json.dumps(told.bodies), json.dumps(told.headers)]
    assert not [text for text in shown if "CANARY" in text]


# --- over a socket ----------------------------------------------------------------------------------------


class Receiver(ThreadingHTTPServer):
    """A receiver on loopback that answers as it is told."""

    daemon_threads = True
    answer: Callable[[BaseHTTPRequestHandler], None]

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.got: list[tuple[dict[str, str], bytes]] = []
        self.connections: set[tuple[str, int]] = set()
        self.arrived = threading.Event()
        self.answer = accept

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}/hook?x=1"


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Receiver

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.connections.add(self.client_address)
        self.server.got.append((dict(self.headers), body))
        self.server.arrived.set()
        self.server.answer(self)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


def reply(handler: BaseHTTPRequestHandler, status: int, body: bytes, **headers: str) -> None:
    handler.send_response(status)
    handler.send_header("Content-Length", str(len(body)))
    for name, value in headers.items():
        handler.send_header(name, value)
    handler.end_headers()
    handler.wfile.write(body)


def accept(handler: BaseHTTPRequestHandler) -> None:
    reply(handler, 200, b"{}")


def hang(handler: BaseHTTPRequestHandler) -> None:
    # Headers at once and a byte that never comes: each read alone would be in time.
    handler.send_response(200)
    handler.send_header("Content-Length", "2")
    handler.end_headers()
    handler.rfile.read(1)


def hang_up(handler: BaseHTTPRequestHandler) -> None:
    handler.close_connection = True


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    """Give a receiver that is served in a thread."""
    with Receiver() as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield server
        server.shutdown()
        thread.join()


@pytest.mark.parametrize(
    ("answer", "status"),
    [
        pytest.param(accept, RECEIVED, id="200 and JSON"),
        pytest.param(lambda handler: reply(handler, 200, b"ok"), "answer is not JSON", id="200 and text"),
        pytest.param(lambda handler: reply(handler, 204, b""), "HTTP 204", id="204"),
        pytest.param(lambda handler: reply(handler, 500, b"{}"), "HTTP 500", id="500"),
        pytest.param(
            lambda handler: reply(handler, 302, b"{}", Location="http://example.com/"), "HTTP 302", id="a redirect"
        ),
        pytest.param(hang, "no answer in time", id="half an answer"),
        pytest.param(hang_up, "connection broken", id="no answer"),
        pytest.param(lambda handler: reply(handler, 200, b"1" * 70_000), "connection broken", id="a flood"),
    ],
)
def test_only_200_with_json_is_an_acknowledgement(
    receiver: Receiver, answer: Callable[[BaseHTTPRequestHandler], None], status: str
) -> None:
    """A receiver acknowledges with 200 and JSON in time; all else is told in a few words, and nothing raises."""
    receiver.answer = answer
    poster = Poster(patience=0.3)
    assert poster(receiver.url, {"Content-Type": "application/json"}, b"{}") == status
    poster.close()
    assert len(receiver.got) == 1


def test_connection_is_kept_and_renewed(receiver: Receiver) -> None:
    """Notices go over one connection; when the receiver closed it meanwhile, a new one is made without a failure."""
    poster = Poster(patience=5)
    assert [poster(receiver.url, {}, b"{}") for _ in range(3)] == [RECEIVED] * 3
    assert len(receiver.connections) == 1

    def last(handler: BaseHTTPRequestHandler) -> None:
        accept(handler)
        handler.close_connection = True  # without saying so

    receiver.answer = last
    assert [poster(receiver.url, {}, b"{}") for _ in range(2)] == [RECEIVED] * 2
    poster.close()
    assert len(receiver.connections) == 2


def test_nobody_listens_is_told() -> None:
    """A port that nobody listens on is told as such."""
    with Receiver() as server:
        url = server.url
    assert Poster(patience=2)(url, {}, b"{}") == "nobody listens"


def test_served_emulator_delivers_in_its_own_thread(receiver: Receiver) -> None:
    """While serving on a running clock notices are delivered without a call or a step, signed with the secret."""
    settings = Settings(startup=0.01)
    hook = WebhookSettings(url=receiver.url, secret=Secret("s"), events=[40])
    with Emulator(settings, clock=Clock(1), webhooks=hook) as made, made.serve().start():
        started(made)
        assert receiver.arrived.wait(10)
    headers, body = receiver.got[0]
    assert headers["Agora-Signature-V2"] == sign(Secret("s"), body)["Agora-Signature-V2"]
    assert headers["Content-Type"] == "application/json"
    assert json.loads(body)["eventType"] == 40


def test_a_hanging_receiver_does_not_keep_the_emulator_waiting(receiver: Receiver) -> None:
    """Calls are answered while a receiver hangs, and closing does not wait for it."""
    release = threading.Event()

    def hold(handler: BaseHTTPRequestHandler) -> None:
        release.wait(20)
        handler.close_connection = True

    receiver.answer = hold
    hook = WebhookSettings(url=receiver.url, events=[40], retries=0)
    with Emulator(Settings(startup=0.0), clock=Clock(1), webhooks=hook) as made, made.serve().start():
        running = started(made)
        assert receiver.arrived.wait(10)
        made.tick()
        running.stop()
        assert not made.notifier.deliveries
    (row,) = made.notifier.deliveries
    assert (row.event, row.status) == (40, "connection broken")
    release.set()
