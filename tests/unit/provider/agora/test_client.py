"""The reader and the recorder over a scripted wire: paths, repetitions, and what is never repeated."""

from collections.abc import Callable, Mapping
from typing import Any

import pytest

from takeup.core.address import Mode
from takeup.core.secret import Secret
from takeup.errors import (
    AlreadyStartedError,
    NotSentError,
    NoWorkerError,
    OutcomeUnknownError,
    ProviderError,
    RejectedError,
    TaskConflictError,
    UnavailableError,
)
from takeup.provider.agora.answers import Answer
from takeup.provider.agora.client import STOP_TIMEOUT, AgoraReader, AgoraRecorder
from takeup.provider.agora.limiter import Limiter
from takeup.provider.agora.retry import Retrier
from takeup.provider.port import Recorder, SessionReader, SessionRef

CANARY = "canary-5d1e"
REF = SessionRef("c", "1", Mode.MIX, "r/1", "s")
SPEC: dict[str, Any] = {
    "token": Secret(CANARY),
    "storageConfig": {"vendor": 1, "accessKey": Secret(CANARY + "-key")},
    "recordingConfig": {"channelType": 1},
}
OK = {"cname": "c", "uid": "1", "resourceId": "r/1", "sid": "s", "serverResponse": {"status": 5}}
Step = Answer | ProviderError


def said(status: int, code: int | None = None, **more: Any) -> Answer:  # noqa: ANN401 - any JSON
    body = {"code": code, "reason": "because", **more} if code is not None else more
    return Answer(status, body, str(body))


GOOD = Answer(200, OK)
UNCLEAR = said(206, 65)
LOST = OutcomeUnknownError("no answer")
UNSENT = NotSentError("refused")


class World:
    """A wire that plays a script, and a clock that moves only while somebody sleeps."""

    def __init__(self, *script: Step, rate: float | None = None) -> None:
        self.script = list(script)
        self.sent: list[tuple[str, Mapping[str, Any] | None, float | None]] = []
        self.times: list[float] = []
        self.sleeps: list[float] = []
        self.now = 0.0
        self.closed = False
        self.limiter = Limiter(rate, lambda: self.now, self.sleep)
        self.recorder = AgoraRecorder(self, "app/1", self.limiter, Retrier(self.limiter, sleep=self.sleep))

    def sleep(self, seconds: float) -> None:
        """Let time pass."""
        self.sleeps.append(round(seconds, 6))
        self.now += seconds

    def get(self, path: str) -> Answer:
        """Play the next step."""
        return self._play(path, None, None)

    def post(self, path: str, body: Mapping[str, Any], *, read_timeout: float | None = None) -> Answer:
        """Play the next step."""
        return self._play(path, body, read_timeout)

    def close(self) -> None:
        """Note it."""
        self.closed = True

    def _play(self, path: str, body: Mapping[str, Any] | None, read_timeout: float | None) -> Answer:
        self.sent.append((path, body, read_timeout))
        self.times.append(round(self.now, 6))
        step = self.script.pop(0)
        if isinstance(step, ProviderError):
            raise step
        return step


def acquire(world: World) -> object:
    return world.recorder.acquire(cname="c", uid="1", mode=Mode.MIX, spec=SPEC)


def start(world: World) -> object:
    return world.recorder.start(cname="c", uid="1", mode=Mode.MIX, resource_id="r/1", spec=SPEC)


def query(world: World) -> object:
    return world.recorder.query(REF)


def update(world: World) -> object:
    return world.recorder.update(REF, spec=SPEC, groups=frozenset({"subscription"}))


def layout(world: World) -> object:
    return world.recorder.update_layout(REF, spec=SPEC)


def stop(world: World) -> object:
    return world.recorder.stop(REF)


Call = Callable[[World], object]
ROOT = "/v1/apps/app%2F1/cloud_recording"


@pytest.mark.parametrize(
    ("call", "path", "timeout"),
    [
        pytest.param(acquire, "/acquire", None, id="acquire"),
        pytest.param(start, "/resourceid/r%2F1/mode/mix/start", None, id="start"),
        pytest.param(query, "/resourceid/r%2F1/sid/s/mode/mix/query", None, id="query"),
        pytest.param(update, "/resourceid/r%2F1/sid/s/mode/mix/update", None, id="update"),
        pytest.param(layout, "/resourceid/r%2F1/sid/s/mode/mix/updateLayout", None, id="updateLayout"),
        pytest.param(stop, "/resourceid/r%2F1/sid/s/mode/mix/stop", STOP_TIMEOUT, id="stop waits long"),
    ],
)
def test_paths_are_quoted(call: Call, path: str, timeout: float | None) -> None:
    """Each call goes to its own path, quoted, once."""
    world = World(GOOD)
    call(world)
    assert [(sent[0], sent[2]) for sent in world.sent] == [(ROOT + path, timeout)]
    assert list(world.recorder.calls.values()) == [1]


def test_good_answers() -> None:
    """Acquire gives the resourceId, start the sid, updates True, query its status, stop a receipt."""
    world = World(*[GOOD] * 6)
    assert [acquire(world), start(world), update(world), layout(world)] == ["r/1", "s", True, True]
    sighting = world.recorder.query(REF)
    assert sighting is not None
    assert sighting.status == 5
    assert not world.recorder.stop(REF).gone


def test_gone_is_an_answer() -> None:
    """A 404 of the service is None on query, False on the updates and a receipt on stop."""
    world = World(*[said(404, 404)] * 4)
    assert world.recorder.query(REF) is None
    assert [update(world), layout(world)] == [False, False]
    assert world.recorder.stop(REF).gone


@pytest.mark.parametrize("call", [acquire, start, query, update, layout, stop])
def test_a_gateway_404_is_an_error(call: Call) -> None:
    """A wrong endpoint says nothing about a session."""
    world = World(Answer(404, {"message": "no Route matched with those values"}))
    with pytest.raises(RejectedError, match="endpoint"):
        call(world)


@pytest.mark.parametrize(
    ("call", "script", "sleeps"),
    [
        pytest.param(acquire, [said(500, 501)] * 3, [1, 3, 6], id="acquire without capacity"),
        pytest.param(acquire, [LOST], [1], id="acquire without an answer"),
        pytest.param(acquire, [said(400, 406)] * 3, [5, 10, 15], id="acquire over quota"),
        pytest.param(start, [UNSENT] * 3, [1, 3, 6], id="start that was not sent"),
        pytest.param(start, [UNCLEAR] * 2, [3, 6], id="start not completed"),
        pytest.param(start, [said(500, 62), UNCLEAR], [3, 6], id="start timed out inside of Agora"),
        pytest.param(query, [said(504, 62), said(503)], [3, 6], id="query timed out"),
        pytest.param(query, [LOST, LOST], [3, 6], id="query without an answer"),
        pytest.param(update, [UNCLEAR, LOST], [3, 3], id="update, two causes"),
        pytest.param(layout, [said(500), said(504, 62)], [3, 6], id="updateLayout"),
        pytest.param(stop, [UNCLEAR, said(504, 62)], [3, 6], id="stop not completed"),
        pytest.param(start, [said(429)] * 6, [1, 2, 4, 8, 16, 32], id="throttled"),
    ],
)
def test_what_is_repeated(call: Call, script: list[Step], sleeps: list[float]) -> None:
    """These failures are repeated after these waits, with the same request, and then succeed."""
    world = World(*script, GOOD)
    call(world)
    assert world.sleeps == sleeps
    assert all(sent == world.sent[0] for sent in world.sent)


@pytest.mark.parametrize(
    ("call", "script", "error"),
    [
        pytest.param(start, [LOST], OutcomeUnknownError, id="start timed out on the wire"),
        pytest.param(start, [said(500, 502)], NoWorkerError, id="start without a worker"),
        pytest.param(start, [said(400, 53)], TaskConflictError, id="task conflict"),
        pytest.param(start, [said(201, 7)], AlreadyStartedError, id="already started"),
        pytest.param(start, [said(500, 15)], OutcomeUnknownError, id="code 15"),
        pytest.param(start, [said(504, 62)], OutcomeUnknownError, id="504/62 on start"),
        pytest.param(start, [Answer(503, {"message": "x"})], OutcomeUnknownError, id="start behind a gateway"),
        pytest.param(start, [Answer(200, None, "{")], OutcomeUnknownError, id="start unreadable"),
        pytest.param(stop, [LOST], OutcomeUnknownError, id="stop timed out on the wire"),
        pytest.param(acquire, [said(400, 2)], RejectedError, id="bad parameter"),
        pytest.param(update, [said(400, 2)], RejectedError, id="bad update"),
        pytest.param(query, [said(400, 2)], RejectedError, id="bad query"),
    ],
)
def test_what_is_never_repeated(call: Call, script: list[Step], error: type[ProviderError]) -> None:
    """These failures end the call at once."""
    world = World(*script)
    with pytest.raises(ProviderError) as caught:
        call(world)
    assert type(caught.value) is error
    assert world.sleeps == []


@pytest.mark.parametrize(
    ("call", "script", "error"),
    [
        pytest.param(start, [UNCLEAR] * 3, OutcomeUnknownError, id="start never completed"),
        pytest.param(start, [UNCLEAR, said(400, 53)], OutcomeUnknownError, id="conflict, perhaps with itself"),
        pytest.param(start, [UNCLEAR, said(201, 7)], AlreadyStartedError, id="the first one had started"),
        pytest.param(start, [UNCLEAR, *[UNSENT] * 4], OutcomeUnknownError, id="unclear, then unreachable"),
        pytest.param(start, [UNCLEAR, *[said(429)] * 7], OutcomeUnknownError, id="unclear, then throttled"),
        pytest.param(start, [UNSENT] * 4, NotSentError, id="start unreachable"),
        pytest.param(start, [said(429)] * 7, UnavailableError, id="throttled for good"),
        pytest.param(acquire, [said(400, 406)] * 4, UnavailableError, id="over quota for good"),
        pytest.param(acquire, [LOST] * 4, UnavailableError, id="acquire never answered"),
        pytest.param(query, [UNCLEAR] * 3, UnavailableError, id="query never completed"),
        pytest.param(query, [LOST, *[UNSENT] * 4], NotSentError, id="query unreachable"),
        pytest.param(update, [said(504, 62)] * 3, OutcomeUnknownError, id="update never completed"),
        pytest.param(stop, [UNCLEAR] * 3, OutcomeUnknownError, id="stop never completed"),
    ],
)
def test_when_repeating_does_not_help(call: Call, script: list[Step], error: type[ProviderError]) -> None:
    """The whole script is used up, and the error never claims more than is known."""
    world = World(*script)
    with pytest.raises(ProviderError) as caught:
        call(world)
    assert type(caught.value) is error
    assert world.script == []


def test_retry_after_is_obeyed_up_to_a_minute() -> None:
    """A 429 pauses the App ID for as long as the service says."""
    world = World(Answer(429, None, retry_after=7), Answer(429, None, retry_after=9000), GOOD)
    query(world)
    assert world.sleeps == [7, 60]


def test_a_pair_uses_its_two_grants() -> None:
    """Acquire and start go out side by side although other calls queue behind them."""
    world = World(GOOD, GOOD, GOOD, rate=10)
    world.recorder.pair()
    world.limiter.reserve(5)
    acquire(world)
    start(world)
    query(world)
    assert world.times == [0, 0.1, 0.7]


def test_calls_without_a_pair_wait_for_their_own() -> None:
    """A start without a pair is spaced like any other call."""
    world = World(GOOD, GOOD, rate=10)
    start(world)
    start(world)
    assert world.times == [0, 0.1]


def test_secrets_stay_inside() -> None:
    """A service that echoes the request does not bring a secret into an error or a repr."""
    echo = said(400, 2, request=CANARY)
    for answer in (
        Answer(400, {"code": 2, "reason": f"bad {CANARY}-key {CANARY}"}),
        Answer(418, None, CANARY),
        echo,
    ):
        world = World(answer)
        with pytest.raises(ProviderError) as caught:
            start(world)
        assert CANARY not in f"{caught.value!r} {caught.value.message} {caught.value.hint} {world.recorder!r}"


def test_a_reader_cannot_change_anything() -> None:
    """What a plan holds has no mutating method."""
    public = {name for name in dir(AgoraReader) if not name.startswith("_")}
    assert public == {"query", "close", "calls"}


def test_both_fit_the_port() -> None:
    """The reader is a SessionReader, the recorder a Recorder, and close reaches the wire."""
    world = World()
    reader: SessionReader = AgoraReader(world, "app", world.limiter)
    recorder: Recorder = world.recorder
    reader.close()
    recorder.close()
    assert world.closed
