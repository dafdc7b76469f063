"""Which rule strikes, and which rules make no sense."""

from typing import Any

import pytest
from pydantic import ValidationError

from takeup.provider.emulator.faults import ANSWERS, ON_SESSION, Call, Fault, Faults, OnSession
from takeup.provider.emulator.settings import FROM_FILE

START = Call("start", "room-1", "10")


def strikes(faults: Faults, call: Call = START, count: int = 6) -> list[int]:
    """Make that many calls, and tell which of them were struck, counted from 1."""
    return [n for n in range(1, count + 1) if faults.of_call(call) is not None]


@pytest.mark.parametrize(
    ("rule", "struck"),
    [
        pytest.param({}, [1, 2, 3, 4, 5, 6], id="every call"),
        pytest.param({"nth": [2, 5]}, [2, 5], id="the second and the fifth"),
        pytest.param({"nth": 3}, [3], id="one number without brackets"),
        pytest.param({"every": 2}, [2, 4, 6], id="every second one"),
        pytest.param({"times": 2}, [1, 2], id="at most twice"),
        pytest.param({"operation": ["start"]}, [1, 2, 3, 4, 5, 6], id="its own operation"),
        pytest.param({"operation": "stop"}, [], id="another operation"),
        pytest.param({"channel": "room-*"}, [1, 2, 3, 4, 5, 6], id="a pattern of channels"),
        pytest.param({"channel": "ROOM-*"}, [], id="case matters"),
        pytest.param({"uid": "1?"}, [1, 2, 3, 4, 5, 6], id="a pattern of uids"),
        pytest.param({"uid": "1"}, [], id="another uid"),
    ],
)
def test_a_rule_strikes_the_calls_that_it_describes(rule: dict[str, Any], struck: list[int]) -> None:
    """Operation, channel, uid, nth, every and times narrow down which calls are struck."""
    faults = Faults((Fault(do="lostRequest", **rule),))
    assert strikes(faults) == struck
    assert faults.struck == (len(struck),)


def test_the_first_rule_wins_and_all_count() -> None:
    """Each rule counts every call that it matches, also those which an earlier rule strikes."""
    first, second = Fault(do="lostRequest", nth=[1]), Fault(do="emptyBody", nth=[2])
    faults = Faults((first, second))
    assert [faults.of_call(START) for _ in range(3)] == [first, second, None]
    assert faults.struck == (1, 1)


def test_a_seed_makes_probabilities_repeatable() -> None:
    """The same seed strikes the same calls, another one others, and about as many as was asked for."""
    rule = Fault(do="emptyBody", probability=0.3)
    first, again, other = (strikes(Faults((rule,), seed), count=300) for seed in (7, 7, 8))
    assert first == again != other
    assert 50 < len(first) < 130


def test_replacing_rules_begins_anew() -> None:
    """With other rules all counts begin at nought; a rule that is added leaves the others' counts alone."""
    faults = Faults((Fault(do="emptyBody", times=1),), seed=3)
    assert strikes(faults) == [1]
    faults.add(Fault(do="malformed", nth=[2]))
    assert (strikes(faults), faults.struck) == ([2], (1, 1))
    faults.replace(faults.rules)
    assert faults.struck == (0, 0)
    assert strikes(faults) == [1, 2]


def test_session_rules_leave_calls_alone() -> None:
    """A rule of sessions strikes no call, and a rule of calls befalls no session."""
    faults = Faults((Fault(do="kick"), Fault(do="slow", times=1)))
    assert faults.of_start(START) == faults.rules[:1]
    assert strikes(faults) == [1]


def test_rules_with_a_time_come_in_order_of_time() -> None:
    """Of (since, until] the earliest comes first; what has a time is no matter of a start."""
    late, early = Fault(do="kick", at=20), Fault(do="workerDeath", at=10)
    faults = Faults((late, early))
    assert faults.of_time(-1, 30) == (early, late)
    assert faults.of_time(10, 20) == (late,)
    assert faults.of_time(20, 30) == ()
    assert faults.of_start(START) == ()
    assert faults.strikes(late, START)
    assert faults.struck == (1, 0)


@pytest.mark.parametrize(
    ("do", "mode", "struck"),
    [
        pytest.param("pageFailed", "mix", False, id="a channel recording has no page"),
        pytest.param("pageFailed", "web", True, id="a web recording has one"),
        pytest.param("tokenRejected", "web", False, id="a web recording joins no channel"),
        pytest.param("tokenRejected", "individual", True, id="a channel recording joins one"),
    ],
)
def test_a_session_suffers_only_what_it_can(do: OnSession, mode: str, *, struck: bool) -> None:
    """A page fails in web mode only, a token is refused in the other modes only."""
    assert bool(Faults((Fault(do=do),)).of_start(Call("start", "room", "1", mode))) == struck


@pytest.mark.parametrize(
    ("rule", "words"),
    [
        pytest.param({"do": "answer"}, "needs an answer", id="answer without an answer"),
        pytest.param({"do": "answer", "answer": "418"}, "one of 206/65", id="an answer that Agora does not give"),
        pytest.param({"do": "slow", "answer": "429"}, "answer belongs to", id="an answer for slow"),
        pytest.param({"do": "kick", "nth": [1]}, "befalls sessions", id="nth of a session"),
        pytest.param({"do": "kick", "effect": True}, "effect belongs to", id="effect of a session"),
        pytest.param({"do": "kick", "at": 1, "after": 1}, "exclude", id="both times"),
        pytest.param({"do": "slow", "at": 1}, "strikes calls", id="a time of a call"),
        pytest.param({"do": "lostResponse", "effect": False}, "effect belongs to", id="lostResponse without effect"),
        pytest.param({"do": "lostRequest", "effect": True}, "effect belongs to", id="lostRequest with effect"),
        pytest.param({"do": "kick", "lasting": 3}, "lasting belongs to", id="a kick that lasts"),
        pytest.param({"do": "emptyBody", "size": 3}, "size belongs to", id="the size of nothing"),
        pytest.param({"do": "answer", "answer": "503", "retryAfter": 3}, "429", id="Retry-After of a 503"),
    ],
)
def test_keys_that_do_not_go_together_are_refused(rule: dict[str, Any], words: str) -> None:
    """A key that means nothing to its kind is told in a sentence."""
    with pytest.raises(ValidationError, match=words):
        Fault.model_validate(rule)


@pytest.mark.parametrize("do", sorted(ON_SESSION))
def test_every_accident_may_have_its_time(do: OnSession) -> None:
    """What befalls sessions has a time after the start or in the scenario."""
    assert Fault(do=do, after=1.0).on_session
    assert Fault.model_validate({"do": do, "at": "30m"}, context=FROM_FILE).at == 1800


@pytest.mark.parametrize("name", list(ANSWERS))
def test_every_answer_is_named_after_itself(name: str) -> None:
    """An answer's name is its HTTP status and its code."""
    status, code, _ = ANSWERS[name]
    assert name == (str(status) if code is None else f"{status}/{code}")
