"""A replacement without a gap, call by call: which session is known when, and what a failure leaves."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from tests.recordings import NOON, plan, resource, session
from tests.unit.engine.lab import STARTING, UP, Lab

from takeup.core.plan import Action, Change
from takeup.core.resource import Resource
from takeup.core.secret import Secret
from takeup.core.snapshot import Liveness, OpenCall, SessionState
from takeup.core.token import TokenBuild, expires_at
from takeup.engine.beside import outlived
from takeup.engine.policy import Policy
from takeup.engine.recovering import ADOPTED, LOST, STARTED_ANEW
from takeup.engine.refresh import refresh
from takeup.errors import (
    AlreadyStartedError,
    NeverStartedError,
    NotCompletedError,
    OutcomeUnknownError,
    ProviderError,
    RejectedError,
    TaskConflictError,
    UnavailableError,
)
from takeup.provider.port import Sighting, StopReceipt

FIRST, SPARE = "10001", "10002"
WANTED = replace(
    resource(recordingConfig={"channelType": 1, "maxIdleTime": 60}), spare_uid=SPARE, overlap=True, token_build=None
)
OLD = session(resource(), sid="sid-old", resource_id="rid-old")
CALLS = {"acquire", "start", "stop", "query"}


def change(recorded: SessionState = OLD, wanted: Resource = WANTED) -> Change:
    """What a plan announces."""
    (made,) = plan([wanted], [recorded]).changes
    return made


def took_over(liveness: Liveness = Liveness.RUNNING, **more: object) -> SessionState:
    """The session under the spare uid, with the old one still in it."""
    known: dict[str, object] = {"resource_id": "rid-new", "sid": "sid-new", "overlapping": OLD, **more}
    return session(WANTED.under(SPARE), liveness, **known)


def kept(lab: Lab) -> SessionState:
    """What the ledger holds."""
    held = lab.ledger.session(WANTED.address)
    assert held is not None
    return held


def test_the_new_session_is_up_before_the_old_one_is_stopped() -> None:
    """Acquire, start, confirm, stop: and from the reservation on both sessions are in the journal."""
    lab = Lab(OLD, acquire=["rid-new"], start=["sid-new"], query=[STARTING, UP])
    assert lab.run(change(), WANTED) is None
    assert lab.log == [
        "pair",
        "acquire",
        "journal acquire done",
        "journal start intent",
        "start",
        "journal start done",
        "query",
        "query",
        "journal confirm done",
        "journal stop intent",
        "stop",
        "journal stop done",
    ]
    *during, last = [entry.session for entry in lab.entries]
    assert {item.overlapping.sid for item in during if item and item.overlapping} == {"sid-old"}
    assert all(item is not None and item.overlapping is not None for item in during)
    assert last is not None
    assert (last.sid, last.uid, last.overlapping, last.liveness) == ("sid-new", SPARE, None, Liveness.RUNNING)
    assert [item.sid for item in lab.ledger.snapshot().ended] == ["sid-old"]


def test_the_uids_take_turns() -> None:
    """What records under the spare uid is replaced under the first one."""
    under_spare = session(resource(uid=SPARE), sid="sid-old")
    lab = Lab(under_spare)
    assert lab.run(change(under_spare), WANTED) is None
    assert kept(lab).uid == FIRST


@pytest.mark.parametrize(
    "script",
    [
        pytest.param({"acquire": [RejectedError("401")]}, id="the acquire is refused"),
        pytest.param({"start": [RejectedError("400/2")]}, id="the start is refused"),
        pytest.param({"start": [UnavailableError("503")]}, id="the service is down"),
        pytest.param({"start": [NeverStartedError("433")]}, id="it was never started"),
        pytest.param({"start": [TaskConflictError("53")]}, id="somebody else uses the spare uid"),
        pytest.param({"query": [Sighting(20)]}, id="it exits at once"),
        pytest.param({"query": [Sighting(8)]}, id="it has exited"),
    ],
)
def test_where_the_new_one_does_not_come_up_the_old_one_goes_on(script: dict[str, Any]) -> None:
    """The change failed, no stop was sent, and the state holds the old session as it was."""
    lab = Lab(OLD, **script)
    assert lab.run(change(), WANTED) is not None
    assert "stop" not in lab.log
    assert kept(lab) == OLD


@pytest.mark.parametrize(
    ("script", "liveness"),
    [
        pytest.param({"start": [OutcomeUnknownError("no answer")]}, Liveness.LOST, id="the start is not answered"),
        pytest.param({"start": [AlreadyStartedError("201/7")]}, Liveness.LOST, id="it runs, and hides its sid"),
        pytest.param({"start": [NotCompletedError("206/65")]}, Liveness.LOST, id="no start is completed"),
        pytest.param({"query": [STARTING]}, Liveness.RUNNING, id="it starts for ever"),
        pytest.param({"query": [None]}, Liveness.SUSPECT, id="it is silent"),
    ],
)
def test_what_may_still_come_up_is_kept_beside_the_old_one(script: dict[str, Any], liveness: Liveness) -> None:
    """The change failed, no stop was sent, and the state holds both sessions."""
    lab = Lab(OLD, acquire=["rid-new"], **script)
    assert lab.run(change(), WANTED) is not None
    assert "stop" not in lab.log
    held = kept(lab)
    assert (held.resource_id, held.liveness, held.overlapping) == ("rid-new", liveness, OLD)


@pytest.mark.parametrize("failure", [OutcomeUnknownError("no answer"), RejectedError("401")])
def test_a_stop_that_fails_leaves_both(failure: ProviderError) -> None:
    """The next plan finishes the overlap, and asks for nothing else."""
    lab = Lab(OLD, stop=[failure])
    assert lab.run(change(), WANTED) is failure
    held = kept(lab)
    assert held.overlapping is not None
    assert (held.sid, held.overlapping.sid) == ("sid", "sid-old")
    again = change(held)
    assert (again.action, again.calls) == (Action.UPDATE, ("stop",))
    assert "uid 10001 (sid sid-old) is still to be stopped" in again.reason
    lab.script["stop"] = [StopReceipt("uploaded")]
    assert lab.run(again, WANTED) is None
    assert (kept(lab).sid, kept(lab).overlapping) == ("sid", None)


def test_an_overlap_is_finished_only_once_the_new_session_is_up() -> None:
    """What was started and never confirmed is confirmed first; where it is not up, the old one is not stopped."""
    lab = Lab(took_over(confirmed_at=None), query=[Sighting(20)])
    assert lab.run(change(took_over(confirmed_at=None), WANTED), WANTED) is not None
    assert "stop" not in lab.log
    assert kept(lab) == OLD
    lab = Lab(took_over(confirmed_at=None), query=[UP])
    assert lab.run(change(took_over(confirmed_at=None), WANTED), WANTED) is None
    assert [entry for entry in lab.log if entry in CALLS] == ["query", "stop"]


def test_both_sessions_are_stopped_when_nobody_wants_them() -> None:
    """The old one first; each is kept with the ended ones."""
    lab = Lab(took_over())
    (gone,) = plan([], [took_over()]).changes
    assert lab.run(gone) is None
    assert lab.log.count("stop") == 2
    assert lab.ledger.session(WANTED.address) is None
    assert [item.sid for item in lab.ledger.snapshot().ended] == ["sid-old", "sid-new"]


def test_what_is_lost_stays_in_the_state_when_the_other_one_is_stopped() -> None:
    """No call can stop it, and nothing forgets it."""
    lost = took_over(Liveness.LOST, sid=None, open=OpenCall("start", NOON))
    lab = Lab(lost)
    (gone,) = plan([], [lost]).changes
    assert lab.run(gone) is None
    assert lab.log.count("stop") == 1
    assert (kept(lab).resource_id, kept(lab).liveness, kept(lab).overlapping) == ("rid-new", Liveness.LOST, None)


@pytest.mark.parametrize(
    ("answer", "outcome", "calls"),
    [
        pytest.param("sid-new", ADOPTED, ["start", "query", "stop"], id="200: it records, the old one is stopped"),
        pytest.param(AlreadyStartedError("201/7"), LOST, ["start"], id="201/7: the old one goes on"),
        pytest.param(
            NeverStartedError("433"),
            STARTED_ANEW,
            ["start", "acquire", "start", "query", "stop"],
            id="433: started anew, then the old one is stopped",
        ),
    ],
)
def test_a_start_that_takes_over_is_found_out(answer: object, outcome: str, calls: list[str]) -> None:
    """Whatever became of it, one session is left that can be controlled, or else both are known."""
    sent = took_over(Liveness.LOST, sid=None, open=OpenCall("start", NOON))
    lab = Lab(sent, start=[answer, "sid-2"])
    (item,) = plan([WANTED], [sent]).recovery
    assert lab.recover(item, WANTED) == outcome
    assert [entry for entry in lab.log if entry in CALLS] == calls
    held = kept(lab)
    assert (held.overlapping == OLD) is (outcome == LOST)
    assert held.uid == SPARE


def test_a_token_is_built_when_it_is_needed() -> None:
    """Its end is reckoned from the time of the start, kept in the state, and the token is for the uid that starts."""
    sent: list[str] = []

    class Listening(Lab):
        def _play(self, operation: str, default: object, *told: object) -> object:
            if operation == "start":
                spec = told[-1]
                assert isinstance(spec, dict)
                sent.append(spec["token"].reveal())
            return super()._play(operation, default, *told)

    build = TokenBuild(Secret("canary-certificate"), timedelta(hours=24))
    wanted = replace(WANTED, token_build=build)
    lab = Listening(OLD)
    assert lab.run(change(OLD, wanted), wanted) is None
    assert kept(lab).token_expires_at == NOON + timedelta(hours=24) == expires_at(sent[0])
    assert "canary" not in repr(lab.entries)
    assert sent[0] not in repr(lab.entries)
    assert plan([wanted], [kept(lab)]).changes == ()


@pytest.mark.parametrize(
    ("new", "old", "held", "over"),
    [
        pytest.param(Liveness.RUNNING, Liveness.RUNNING, "both", None, id="both run: both are held"),
        pytest.param(Liveness.LOST, Liveness.RUNNING, "both", None, id="the new one is LOST: both"),
        pytest.param(Liveness.SUSPECT, Liveness.SUSPECT, "both", None, id="both are suspect: both"),
        pytest.param(Liveness.RUNNING, Liveness.ENDED, "new", "old", id="the old one ended: the new one is held"),
        pytest.param(Liveness.LOST, Liveness.ENDED, "new", "old", id="the same, and the new one is LOST"),
        pytest.param(Liveness.ENDED, Liveness.RUNNING, "old", "new", id="the new one ended: the old one is held"),
        pytest.param(Liveness.ENDED, Liveness.UNKNOWN, "old", "new", id="the same, and the old one is not known"),
        pytest.param(Liveness.ENDED, Liveness.ENDED, "new", "old", id="both ended: the new one is held"),
    ],
)
def test_which_of_two_sessions_is_held(new: Liveness, old: Liveness, held: str, over: str | None) -> None:
    """What may record is never dropped for what has ended."""
    session_, beside = took_over(new), replace(OLD, liveness=old)
    left, gone = outlived(session_, beside)
    assert left.sid == ("sid-old" if held == "old" else session_.sid)
    assert (left.overlapping is not None) is (held == "both")
    assert (gone and gone.sid) == {"old": "sid-old", "new": "sid-new", None: None}[over]


def test_a_refresh_asks_after_both_sessions() -> None:
    """Each by its own uid and sid; nothing has changed where both answer."""
    lab = Lab(took_over())
    before = lab.ledger.snapshot()
    assert refresh(before, lab, Policy(parallelism=1), lab.clock, lab.events.append) is before
    assert lab.log == ["query", "query"]


def test_a_refresh_holds_the_old_session_again_when_the_new_one_has_ended() -> None:
    """The ended one is kept for its files, and the old one records on."""
    lab = Lab(took_over(), query=[Sighting(8), UP])
    found = refresh(lab.ledger.snapshot(), lab, Policy(parallelism=1), lab.clock, lab.events.append)
    assert found.sessions[WANTED.address] == OLD
    assert [item.sid for item in found.ended] == ["sid-new"]


def test_a_reservation_that_was_never_started_leaves_the_old_session() -> None:
    """A run died between acquire and start: the old one is held, as if nothing had been."""
    reserved = took_over(Liveness.ENDED, sid=None)
    lab = Lab(reserved)
    found = refresh(lab.ledger.snapshot(), lab, Policy(parallelism=1), lab.clock, lab.events.append)
    assert found.sessions[WANTED.address] == OLD


def test_a_start_that_is_sent_again_is_believed_to_have_the_token_that_ends_first() -> None:
    """The answer may be about the first start; a hand-over that is early harms nobody, one that is late does."""
    build = TokenBuild(Secret("canary-certificate"), timedelta(hours=24))
    wanted = replace(WANTED, token_build=build)
    ends = NOON + timedelta(hours=23)
    sent = took_over(Liveness.LOST, sid=None, open=OpenCall("start", NOON), token_expires_at=ends)
    lab = Lab(sent)
    (item,) = plan([wanted], [sent]).recovery
    assert lab.recover(item, wanted) == ADOPTED
    assert kept(lab).token_expires_at == ends
