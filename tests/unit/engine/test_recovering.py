"""A start whose outcome is not known: every answer to the second one, and what follows."""

from dataclasses import replace
from datetime import timedelta

import pytest
from tests.recordings import NOON, plan, resource, session
from tests.unit.engine.lab import Lab

from takeup.core.plan import Action, Recovery
from takeup.core.snapshot import Liveness, OpenCall, SessionState
from takeup.engine.recovering import ADOPTED, FORGOTTEN, LOST, STARTED_ANEW
from takeup.errors import (
    AlreadyStartedError,
    NeverStartedError,
    NotSentError,
    NoWorkerError,
    OutcomeUnknownError,
    ProviderError,
    TakeupError,
    TaskConflictError,
)

HALL = resource()
SENT = session(HALL, Liveness.LOST, open=OpenCall("start", NOON), resource_id="rid-0")


def item(of: SessionState) -> Recovery:
    """What a plan announces of it."""
    (made,) = plan([HALL], [of]).recovery
    return made


@pytest.mark.parametrize(
    ("answer", "outcome", "calls"),
    [
        pytest.param("sid", ADOPTED, ["start", "query"], id="200: it starts now, or was never answered"),
        pytest.param(AlreadyStartedError("201/7"), LOST, ["start"], id="201/7: it runs, and hides its sid"),
        pytest.param(TaskConflictError("53"), LOST, ["start"], id="53: the triple is live"),
        pytest.param(NeverStartedError("433"), STARTED_ANEW, ["start", "acquire", "start", "query"], id="433"),
        pytest.param(NoWorkerError("502"), STARTED_ANEW, ["start", "acquire", "start", "query"], id="502"),
    ],
)
def test_each_answer_says_what_became_of_the_start(answer: object, outcome: str, calls: list[str]) -> None:
    """200 adopts, 201/7 and 53 prove that it runs, 433 and 502 that it does not."""
    lab = Lab(SENT, start=[answer, "sid-2"])
    assert lab.recover(item(SENT), HALL) == outcome
    assert [entry for entry in lab.log if entry in {"acquire", "start", "query", "stop"}] == calls
    kept = lab.ledger.session(HALL.address)
    assert kept is not None
    assert kept.liveness is (Liveness.LOST if outcome == LOST else Liveness.RUNNING)
    assert (kept.sid is None) == (outcome == LOST)


@pytest.mark.parametrize("failure", [OutcomeUnknownError("no answer"), NotSentError("no route")])
def test_without_an_answer_it_stays_as_it_was(failure: ProviderError) -> None:
    """Still LOST, with its resourceId, and asked again by the next run."""
    lab = Lab(SENT, start=[failure])
    assert lab.recover(item(SENT), HALL) is failure
    kept = lab.ledger.session(HALL.address)
    assert kept is not None
    assert (kept.liveness, kept.resource_id, kept.open) == (Liveness.LOST, "rid-0", SENT.open)


def test_the_call_is_written_down_before_it_is_sent() -> None:
    """As every other call."""
    lab = Lab(SENT)
    lab.recover(item(SENT), HALL)
    assert lab.log[:3] == ["journal start intent", "start", "journal start done"]


def test_every_resource_id_that_may_run_is_asked_with() -> None:
    """The newest was never started; the one before it says that it runs, and is what the state names then."""
    both = replace(SENT, resource_id="rid-2", former=("rid-1",))
    lab = Lab(both, start=[NeverStartedError("433"), AlreadyStartedError("201/7")])
    assert item(both).calls == ("start", "start")
    assert lab.recover(item(both), HALL) == LOST
    kept = lab.ledger.session(HALL.address)
    assert kept is not None
    assert (kept.resource_id, kept.former) == ("rid-1", ())


def test_what_nobody_wants_is_forgotten_when_it_was_never_started() -> None:
    """Once the resourceId is too old to start anything, a start with it is only a question."""
    lab = Lab(SENT, start=[NeverStartedError("433")])
    (asked,) = plan([], [SENT], known=[HALL], at=NOON + timedelta(minutes=6)).recovery
    assert (asked.calls, asked.if_never_started) == (("start",), ())
    assert lab.recover(asked, HALL, wanted=False) == FORGOTTEN
    assert lab.ledger.session(HALL.address) is None


def test_what_nobody_wants_and_starts_after_all_is_kept_to_be_stopped() -> None:
    """Its sid is in the state, and the next run stops it."""
    lab = Lab(SENT)
    (asked,) = plan([], [SENT], known=[HALL], at=NOON + timedelta(minutes=6)).recovery
    error = lab.recover(asked, HALL, wanted=False)
    assert isinstance(error, TakeupError)
    kept = lab.ledger.session(HALL.address)
    assert kept is not None
    assert kept.sid == "sid"


def test_the_session_before_it_is_kept_until_the_start_is_answered() -> None:
    """It goes to the ended ones with the start that takes its place, and only then."""
    over = session(HALL, Liveness.ENDED)
    lab = Lab(replace(SENT, predecessor=over))
    assert lab.recover(item(SENT), HALL) == ADOPTED
    assert [ended.sid for ended in lab.ledger.snapshot().ended] == [over.sid]


def test_what_is_adopted_is_held_as_it_was_sent() -> None:
    """The manifest has changed since: the session records what was sent, and the next plan changes it."""
    now = resource(recordingConfig={"channelType": 1, "maxIdleTime": 60})
    lab = Lab(SENT)
    lab.at = NOON + timedelta(minutes=10)
    (asked,) = plan([now], [SENT], at=lab.at).recovery
    assert lab.recover(asked, now) == ADOPTED
    kept = lab.ledger.session(HALL.address)
    assert kept is not None
    assert kept.applied == SENT.applied
    assert [change.action for change in plan([now], [kept]).changes] == [Action.REPLACE]
