"""The reader and the recorder over a scripted wire: paths, repetitions, and what is never repeated."""

from collections.abc import Callable, Mapping
from typing import Any

import pytest

from takeup.core.address import Mode
from takeup.core.budget import Budget
from takeup.core.secret import Secret
from takeup.errors import (
    AlreadyStartedError,
    NeverStartedError,
    NotCompletedError,
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
from takeup.provider.port import Acquired, Identity, Recorder, SessionReader, SessionRef, Sighting, Started

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

    def __init__(self, *script: Step, rate: float | None = None, budgets: Mapping[str, Budget] | None = None) -> None:
        self.script = list(script)
        self.sent: list[tuple[str, Mapping[str, Any] | None, float | None]] = []
        self.times: list[float] = []
        self.sleeps: list[float] = []
        self.now = 0.0
        self.closed = False
        self.limiter = Limiter(rate, lambda: self.now, self.sleep)
        self.recorder = AgoraRecorder(self, "app/1", self.limiter, Retrier(self.limiter, budgets, sleep=self.sleep))

    def sleep(self, seconds: float) -> None:
        """Let time pass."""
        self.sleeps.append(round(seconds, 6))
        self.now += seconds

    def get(self, path: str, *, base: str = "") -> Answer:
        """Play the next step."""
        return self._play(base + path, None, None)

    def post(self, path: str, body: Mapping[str, Any], *, base: str = "", read_timeout: float | None = None) -> Answer:
        """Play the next step."""
        return self._play(base + path, body, read_timeout)

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
    """Acquire gives the resourceId, start the sid, query its status, stop a receipt, and all whom they are about."""
    world = World(*[GOOD] * 6)
    who = Identity("c", "1", "r/1", "s", web=False)
    found = [acquire(world), start(world), update(world), layout(world)]
    assert found == [Acquired("r/1", who), Started("s", who), who, who]
    assert world.recorder.query(REF) == Sighting(5, (), who)
    assert not world.recorder.stop(REF).gone


def test_gone_is_an_answer() -> None:
    """A 404 of the service is None on query and on the updates, and a receipt on stop."""
    world = World(*[said(404, 404)] * 4)
    assert world.recorder.query(REF) is None
    assert [update(world), layout(world)] == [None, None]
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
        pytest.param(start, [LOST, LOST], [3, 6], id="start without an answer"),
        pytest.param(start, [said(500, 15), said(504, 62)], [3, 6], id="start with other server errors"),
        pytest.param(start, [Answer(503, {"message": "x"}), LOST], [3, 6], id="start behind a gateway"),
        pytest.param(query, [said(504, 62), said(503)], [3, 6], id="query timed out"),
        pytest.param(query, [LOST, LOST], [3, 6], id="query without an answer"),
        pytest.param(update, [UNCLEAR, LOST], [3, 6], id="update, two causes"),
        pytest.param(layout, [said(500), said(504, 62)], [3, 6], id="updateLayout"),
        pytest.param(stop, [UNCLEAR, said(504, 62)], [3, 6], id="stop not completed"),
        pytest.param(stop, [LOST, LOST], [3, 6], id="stop without an answer"),
        pytest.param(query, [UNSENT, LOST, UNSENT, UNCLEAR, UNSENT], [1, 3, 3, 6, 6], id="query, not sent in between"),
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
        pytest.param(start, [said(500, 502)], NoWorkerError, id="start without a worker"),
        pytest.param(start, [said(400, 53)], TaskConflictError, id="task conflict"),
        pytest.param(start, [said(201, 7)], AlreadyStartedError, id="already started"),
        pytest.param(start, [Answer(200, None, "{")], OutcomeUnknownError, id="start unreadable"),
        pytest.param(start, [said(400, 433)], NeverStartedError, id="start of an expired resourceId"),
        pytest.param(start, [said(400, 2)], RejectedError, id="bad start"),
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
        pytest.param(start, [UNCLEAR] * 3, NotCompletedError, id="start never completed"),
        pytest.param(start, [LOST, LOST, said(500, 62)], NotCompletedError, id="silence, then not completed"),
        pytest.param(start, [UNCLEAR, UNCLEAR, LOST], OutcomeUnknownError, id="not completed, then silence"),
        pytest.param(start, [LOST, said(400, 53)], TaskConflictError, id="conflict after silence"),
        pytest.param(start, [LOST, said(400, 432)], NeverStartedError, id="never started after silence"),
        pytest.param(start, [LOST, said(500, 502)], NoWorkerError, id="no worker after silence"),
        pytest.param(start, [LOST, said(400, 2)], OutcomeUnknownError, id="refused after silence"),
        pytest.param(start, [UNCLEAR, said(201, 7)], AlreadyStartedError, id="the first one had started"),
        pytest.param(start, [UNCLEAR, *[UNSENT] * 4], OutcomeUnknownError, id="unclear, then unreachable"),
        pytest.param(start, [UNCLEAR, *[said(429)] * 7], OutcomeUnknownError, id="unclear, then throttled"),
        pytest.param(start, [UNSENT] * 4, NotSentError, id="start unreachable"),
        pytest.param(start, [said(429)] * 7, UnavailableError, id="throttled for good"),
        pytest.param(acquire, [said(400, 406)] * 4, UnavailableError, id="over quota for good"),
        pytest.param(acquire, [LOST] * 4, UnavailableError, id="acquire never answered"),
        pytest.param(query, [UNCLEAR] * 3, UnavailableError, id="query never completed"),
        pytest.param(query, [LOST, *[UNSENT] * 4], NotSentError, id="query unreachable"),
        pytest.param(update, [said(504, 62)] * 3, NotCompletedError, id="update never completed"),
        pytest.param(stop, [UNCLEAR] * 3, NotCompletedError, id="stop never completed"),
        pytest.param(stop, [LOST] * 3, OutcomeUnknownError, id="stop never answered"),
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


def test_a_running_start_whose_answer_holds_a_sid_has_started() -> None:
    """201/7 is documented without a sid; where there is one, it is taken, and whom it is about is said."""
    world = World(LOST, said(201, 7, sid="s", cname="c"))
    started = world.recorder.start(cname="c", uid="1", mode=Mode.MIX, resource_id="r/1", spec=SPEC)
    assert started == Started("s", Identity(cname="c", sid="s"))


@pytest.mark.parametrize("sid", [None, "", 7], ids=["none", "empty", "a number"])
def test_a_running_start_without_a_sid_is_lost(sid: object) -> None:
    """What is no sid is not taken for one."""
    with pytest.raises(AlreadyStartedError):
        start(World(said(201, 7, sid=sid)))


def test_a_start_that_answers_after_all_has_started() -> None:
    """Whatever came before, a sid is a sid."""
    world = World(LOST, UNCLEAR, GOOD)
    assert world.recorder.start(cname="c", uid="1", mode=Mode.MIX, resource_id="r/1", spec=SPEC).sid == "s"


def test_a_second_stop_is_answered_by_the_first() -> None:
    """A stop whose answer was lost is sent again, and finds the session exiting or gone."""
    assert World(LOST, said(400, 49)).recorder.stop(REF).exiting
    assert World(LOST, said(404, 404)).recorder.stop(REF).gone


@pytest.mark.parametrize(
    ("call", "script", "budget", "sleeps"),
    [
        pytest.param(query, [UNCLEAR], Budget(1, 60), [], id="one attempt"),
        pytest.param(query, [UNCLEAR] * 5, Budget(5, 60), [3, 6, 6, 6], id="five attempts"),
        pytest.param(query, [UNCLEAR] * 2, Budget(5, 3), [3], id="the wait would end too late"),
        pytest.param(query, [UNCLEAR], Budget(5, 0), [], id="no time at all"),
        pytest.param(start, [said(429)] * 3, Budget(1, 3), [1, 2], id="a pause that would end too late"),
        pytest.param(acquire, [said(400, 406)] * 2, Budget(9, 14), [5], id="a quota that stays used up"),
        pytest.param(acquire, [UNSENT] * 3, Budget(9, 5), [1, 3], id="a host that stays away"),
    ],
)
def test_budgets(call: Call, script: list[Step], budget: Budget, sleeps: list[float]) -> None:
    """A call is sent as often as its budget has attempts, and no attempt begins after its time."""
    world = World(*script, budgets=dict.fromkeys(("query", "start", "acquire"), budget))
    with pytest.raises(ProviderError):
        call(world)
    assert world.script == []
    assert [seconds for seconds in world.sleeps if seconds] == sleeps


def test_the_time_counts_from_the_first_attempt() -> None:
    """Waiting for the rate limit before it is not counted, slow answers are."""
    world = World(UNCLEAR, UNCLEAR, rate=0.1, budgets={"query": Budget(3, 12)})
    world.limiter.reserve(4)
    with pytest.raises(UnavailableError):
        query(world)
    assert world.times == [40, 50]


def test_an_interrupted_wait_ends_the_call() -> None:
    """What the sleep raises is let through, and nothing is sent after it."""
    world = World(UNCLEAR, GOOD)

    def interrupt(_seconds: float) -> None:
        raise KeyboardInterrupt

    recorder = AgoraRecorder(world, "app", world.limiter, Retrier(world.limiter, sleep=interrupt))
    with pytest.raises(KeyboardInterrupt):
        recorder.query(REF)
    assert len(world.sent) == 1


def test_a_used_up_quota_holds_back_acquires_alone() -> None:
    """After a 406 the next acquire of whoever waits, queries and stops do not."""
    world = World(said(400, 406), GOOD, GOOD, GOOD, budgets={"acquire": Budget(1, 60)})
    with pytest.raises(UnavailableError, match="quota"):
        acquire(world)
    query(world)
    stop(world)
    assert world.times == [0, 0, 0]
    acquire(world)
    assert world.times[-1] == 5


def test_an_acquire_held_back_for_longer_than_it_may_wait_is_refused_unsent() -> None:
    """It fails with what the others were told."""
    world = World(said(400, 406), budgets={"acquire": Budget(1, 4)})
    for _ in range(2):
        with pytest.raises(UnavailableError, match="quota"):
            acquire(world)
    assert len(world.sent) == 1


def test_a_repeated_acquire_takes_its_start_along() -> None:
    """The start goes out one interval after the acquire that succeeded, although others queue."""
    world = World(said(500, 500), GOOD, GOOD, rate=10)
    world.recorder.pair()
    acquire_times = world.times
    world.limiter.reserve(30)
    acquire(world)
    world.limiter.reserve(30)
    start(world)
    assert acquire_times == [0, 3.2, 3.3]


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
