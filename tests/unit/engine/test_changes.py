"""Each action, call by call: what is durable when, and what is never forgotten."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from tests.recordings import NOON, plan, resource, session
from tests.unit.engine.lab import STARTING, UP, Lab, change

from takeup.core.plan import Action, Change
from takeup.core.snapshot import Liveness, OpenCall, Phase
from takeup.engine.policy import Policy
from takeup.errors import (
    AlreadyStartedError,
    BrokenPromiseError,
    NotCompletedError,
    NotSentError,
    NoWorkerError,
    OutcomeUnknownError,
    ProviderError,
    RejectedError,
    StateError,
    TaskConflictError,
    UnavailableError,
)
from takeup.provider.port import Acquired, Identity, Sighting, Started, StopReceipt

HALL = resource()
CREATE = change(Action.CREATE, HALL, "acquire", "start")
DELETE = change(Action.DELETE, HALL, "stop")
REPLACE = change(Action.REPLACE, HALL, "stop", "acquire", "start")
RUNNING = session(HALL)
GONE = StopReceipt(gone=True)
EXITING = StopReceipt(exiting=True)


def test_a_start_is_durable_before_it_is_sent_and_its_sid_before_anything_else() -> None:
    """The resourceId is in the journal before start is sent, the sid right after it, and a query confirms."""
    lab = Lab(query=[STARTING, UP])
    assert lab.run(CREATE, HALL) is None
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
    ]
    reserved, intent, done, confirmed = (entry.session for entry in lab.entries)
    assert reserved is not None
    assert (reserved.resource_id, reserved.phase) == ("rid", Phase.ACQUIRED)
    assert intent is not None
    assert (intent.resource_id, intent.sid, intent.phase) == ("rid", None, Phase.START_SENT)
    assert done is not None
    assert (done.sid, done.liveness) == ("sid", Liveness.UNKNOWN)
    assert confirmed is not None
    assert confirmed.liveness is Liveness.RUNNING
    assert confirmed.confirmed_at == NOON + timedelta(seconds=10)
    assert lab.waits == [5, 5]


def test_no_secret_reaches_the_journal() -> None:
    """What the journal holds of a spec are fingerprints."""
    lab = Lab()
    lab.run(CREATE, HALL)
    assert "ACCESS" not in repr(lab.entries)
    assert all(entry.session and "hmac-sha256:" in repr(entry.session.applied) for entry in lab.entries)


def test_a_start_that_never_comes_up_fails_and_stays_in_the_state() -> None:
    """Not up within startWithin: an error with the likely causes; the session is kept with its sid."""
    lab = Lab(query=[STARTING])
    error = lab.run(CREATE, HALL)
    assert error is not None
    assert "did not come up within 90 s" in error.message
    assert "storage key" in error.hint
    kept = lab.ledger.session(HALL.address)
    assert kept is not None
    assert kept.sid == "sid"
    assert lab.waits[0] == 5
    assert sum(lab.waits) == pytest.approx(90)
    assert lab.log.count("start") == 1


@pytest.mark.parametrize(
    ("query", "liveness"),
    [
        pytest.param(None, Liveness.SUSPECT, id="404 only since the first query: suspect, not ended"),
        pytest.param(Sighting(8), Liveness.ENDED, id="exited"),
        pytest.param(Sighting(20), Liveness.ENDED, id="exited abnormally"),
        pytest.param(NotSentError("no route"), Liveness.UNKNOWN, id="could not be asked"),
    ],
)
def test_what_is_kept_of_a_start_that_did_not_come_up(query: object, liveness: Liveness) -> None:
    """The last answer decides what the state says of the session; its sid is never dropped."""
    lab = Lab(query=[query])
    assert lab.run(CREATE, HALL) is not None
    kept = lab.ledger.session(HALL.address)
    assert kept is not None
    assert (kept.liveness, kept.sid) == (liveness, "sid")


@pytest.mark.parametrize("failure", [OutcomeUnknownError("no answer"), AlreadyStartedError("201/7")])
def test_a_start_of_unknown_outcome_is_lost_and_no_other_is_sent(failure: ProviderError) -> None:
    """It may be recording: it stays as LOST with its resourceId, no second resourceId is started."""
    lab = Lab(start=[failure])
    assert lab.run(CREATE, HALL) is failure
    kept = lab.ledger.session(HALL.address)
    assert kept is not None
    assert (kept.liveness, kept.resource_id, kept.sid, kept.phase) == (Liveness.LOST, "rid", None, Phase.START_SENT)
    assert (lab.log.count("start"), lab.log.count("acquire")) == (1, 1)
    again = plan([HALL], [kept])
    assert again.changes == ()
    assert [item.calls for item in again.recovery] == [("start",)]
    assert [item.resource_ids for item in again.lost] == [("rid",)]


def test_a_start_that_was_not_completed_is_acquired_anew() -> None:
    """206/65 and 62 after all repetitions: one new acquire and start, as Agora says."""
    lab = Lab(acquire=["rid-1", "rid-2"], start=[NotCompletedError("206/65"), "sid"])
    assert lab.run(CREATE, HALL) is None
    kept = lab.ledger.session(HALL.address)
    assert kept is not None
    assert (kept.resource_id, kept.sid, kept.former, kept.open) == ("rid-2", "sid", (), None)


def test_a_conflict_after_a_start_that_was_not_completed_proves_that_it_runs() -> None:
    """400/53 on the second resourceId: the first one records, and is what the state names."""
    lab = Lab(acquire=["rid-1", "rid-2"], start=[NotCompletedError("206/65"), TaskConflictError("53")])
    assert isinstance(lab.run(CREATE, HALL), TaskConflictError)
    kept = lab.ledger.session(HALL.address)
    assert kept is not None
    assert (kept.liveness, kept.resource_id, kept.former) == (Liveness.LOST, "rid-1", ())


def test_all_resource_ids_that_may_run_are_kept() -> None:
    """Two starts without a completed answer: both resourceIds are in the state, the newest first."""
    lab = Lab(acquire=["rid-1", "rid-2"], start=[NotCompletedError("206/65")])
    assert isinstance(lab.run(CREATE, HALL), NotCompletedError)
    kept = lab.ledger.session(HALL.address)
    assert kept is not None
    assert (kept.liveness, kept.resource_id, kept.former) == (Liveness.LOST, "rid-2", ("rid-1",))


def test_a_conflict_revives_the_session_that_was_believed_to_have_ended() -> None:
    """400/53 when starting anew: the former session is live, is held again as SUSPECT, and was never doubled."""
    lab = Lab(session(HALL, Liveness.ENDED), start=[TaskConflictError("53")])
    assert isinstance(lab.run(CREATE, HALL), TaskConflictError)
    kept = lab.ledger.session(HALL.address)
    assert kept is not None
    assert (kept.liveness, kept.sid) == (Liveness.SUSPECT, "sid-hall")
    assert lab.ledger.snapshot().ended == ()


def test_a_start_that_surely_failed_restores_what_was_before() -> None:
    """The ended session that was to be recorded anew is still known, with its sid."""
    over = session(HALL, Liveness.ENDED)
    lab = Lab(over, start=[RejectedError("body")])
    assert isinstance(lab.run(CREATE, HALL), RejectedError)
    assert lab.ledger.session(HALL.address) == over


@pytest.mark.parametrize(
    ("script", "words"),
    [
        pytest.param({"acquire": [Acquired("rid", Identity(uid="7"))]}, "Nothing was started", id="acquire"),
        pytest.param({"start": [Started("sid", Identity(resource_id="other"))]}, "not as planned", id="start"),
        pytest.param({"query": [Sighting(4, identity=Identity(cname="x"))]}, "not as planned", id="query"),
    ],
)
def test_an_answer_about_somebody_else_is_told_and_recorded(script: dict[str, Any], words: str) -> None:
    """A broken promise fails the change; what was started stays known, with the promise that was broken."""
    lab = Lab(**script)
    error = lab.run(CREATE, HALL)
    assert isinstance(error, BrokenPromiseError)
    assert words in error.message
    kept = lab.ledger.session(HALL.address)
    assert (kept is None) == ("acquire" in script)
    if kept is not None:
        assert kept.sid == "sid"
        assert len(kept.broken) == 1
        assert len(plan([HALL], [kept]).warnings) == 1


def test_an_update_without_an_answer_is_sent_again_whatever_the_manifest_says_by_then() -> None:
    """The groups that may have been overwritten are sent again, even if the manifest went back to what was before."""
    wanted = resource(recordingConfig={"channelType": 1, "subscribeAudioUids": ["7"]})
    lab = Lab(RUNNING, update=[OutcomeUnknownError("no answer"), Identity()])
    (update,) = plan([wanted], [RUNNING]).changes
    assert isinstance(lab.run(update, wanted), OutcomeUnknownError)
    kept = lab.ledger.session(HALL.address)
    assert kept is not None
    assert kept.open == OpenCall("update", NOON, ("subscription",))
    made = plan([HALL], [kept])
    (again,) = made.changes
    assert (again.action, again.calls, again.groups) == (Action.UPDATE, ("update",), frozenset({"subscription"}))
    assert [item.operation for item in made.recovery] == ["update"]
    assert lab.run(again, HALL) is None
    mended = lab.ledger.session(HALL.address)
    assert mended is not None
    assert mended.open is None
    assert plan([HALL], [mended]).changes == ()


@pytest.mark.parametrize(
    ("failure", "starts"),
    [
        pytest.param(RejectedError("body"), 1, id="refused: once"),
        pytest.param(TaskConflictError("53"), 1, id="somebody else records there: once"),
        pytest.param(NotSentError("no route"), 1, id="not sent: once"),
        pytest.param(UnavailableError("503"), 1, id="unavailable: once"),
        pytest.param(NoWorkerError("502"), 2, id="no worker: one new acquire and start"),
    ],
)
def test_a_start_that_surely_failed_leaves_nothing(failure: ProviderError, starts: int) -> None:
    """Nothing runs, so nothing stays in the state."""
    lab = Lab(start=[failure])
    assert lab.run(CREATE, HALL) is failure
    assert lab.ledger.session(HALL.address) is None
    assert (lab.log.count("start"), lab.log.count("acquire")) == (starts, starts)


def test_a_start_that_was_denied_and_records_all_the_same_is_lost() -> None:
    """500/502, and then 400/53 to a new start of the same uid: the first one may have started after all."""
    lab = Lab(acquire=["rid-1", "rid-2"], start=[NoWorkerError("502"), TaskConflictError("53")])
    assert isinstance(lab.run(CREATE, HALL), TaskConflictError)
    kept = lab.ledger.session(HALL.address)
    assert kept is not None
    assert (kept.liveness, kept.resource_id, kept.phase) == (Liveness.LOST, "rid-1", Phase.START_SENT)


def test_the_evidence_of_a_lost_session_stays_one_sentence() -> None:
    """However often it is asked after, the warning has no sentence in a sentence and no doubled full stop."""
    refusal = AlreadyStartedError('start was answered with HTTP 201, code 7: it runs. Its reason: "already started".')
    lab = Lab(start=[refusal])
    lab.run(CREATE, HALL)
    for _ in range(3):
        kept = lab.ledger.session(HALL.address)
        assert kept is not None
        assert (
            kept.evidence == "start was sent at 2026-03-01 12:00:00 UTC and was answered with HTTP 201, code 7: it runs"
        )
        made = plan([HALL], [kept])
        assert ".." not in made.warnings[0]
        lab.recover(made.recovery[0], HALL)


def test_a_journal_that_fails_stops_the_start() -> None:
    """If the intent cannot be written down, start is not sent."""
    lab = Lab()

    def broken(*_entries: object) -> None:
        raise StateError("disk full")

    lab.append = broken  # type: ignore[method-assign]  # a journal that fails
    assert isinstance(lab.run(CREATE, HALL), StateError)
    assert "start" not in lab.log


def test_an_interruption_leaves_a_started_session_in_the_state() -> None:
    """Ctrl-C while waiting for a start: one last question, then the session is kept as it is."""
    lab = Lab(query=[STARTING])
    lab.interrupted = True
    error = lab.run(CREATE, HALL)
    assert error is not None
    assert "interruption" in error.message
    kept = lab.ledger.session(HALL.address)
    assert kept is not None
    assert kept.sid == "sid"
    assert lab.log.count("query") == 1


def test_an_ended_session_is_kept_among_the_ended_when_it_is_started_anew() -> None:
    """The files of the former session are not lost with a create."""
    lab = Lab(session(HALL, Liveness.ENDED))
    assert lab.run(CREATE, HALL) is None
    assert [ended.sid for ended in lab.ledger.snapshot().ended] == ["sid-hall"]


def test_an_update_is_journaled_around_its_call() -> None:
    """Intent, call, outcome; the state then holds what was sent."""
    wanted = resource(recordingConfig={"channelType": 1, "subscribeAudioUids": ["7"]})
    lab = Lab(RUNNING)
    (update,) = plan([wanted], [RUNNING]).changes
    assert lab.run(update, wanted) is None
    assert lab.log == ["journal update intent", "update", "journal update done"]
    kept = lab.ledger.session(HALL.address)
    assert kept is not None
    assert plan([wanted], [kept]).changes == ()


def test_between_update_and_update_layout_the_state_says_what_is_true() -> None:
    """When updateLayout fails, the new lists are in the state and the old layout too."""
    wanted = resource(
        recordingConfig={"channelType": 1, "subscribeAudioUids": ["7"], "transcodingConfig": {"mixedVideoLayout": 1}}
    )
    lab = Lab(RUNNING, updateLayout=[RejectedError("no")])
    (update,) = plan([wanted], [RUNNING]).changes
    assert lab.run(update, wanted) is not None
    kept = lab.ledger.session(HALL.address)
    assert kept is not None
    (left,) = plan([wanted], [kept]).changes
    assert left.calls == ("updateLayout",)


def test_an_update_that_finds_nobody_makes_the_session_suspect() -> None:
    """404 is not death: the change fails, the session is kept to be asked after, and the old request stays."""
    wanted = resource(recordingConfig={"channelType": 1, "subscribeAudioUids": ["7"]})
    lab = Lab(RUNNING, update=[None])
    (update,) = plan([wanted], [RUNNING]).changes
    error = lab.run(update, wanted)
    assert error is not None
    assert "404" in error.message
    kept = lab.ledger.session(HALL.address)
    assert kept is not None
    assert (kept.liveness, kept.applied) == (Liveness.SUSPECT, RUNNING.applied)


def test_a_stop_keeps_its_answer() -> None:
    """The file list and the uploading status go to the ended sessions; nothing is asked any more."""
    lab = Lab(RUNNING, stop=[StopReceipt("backuped", ({"fileName": "a"},))])
    assert lab.run(DELETE) is None
    assert lab.log == ["journal stop intent", "stop", "journal stop done"]
    (ended,) = lab.ledger.snapshot().ended
    assert (ended.uploading_status, ended.files, ended.how) == ("backuped", ({"fileName": "a"},), "stopped")
    assert lab.ledger.session(HALL.address) is None


@pytest.mark.parametrize(
    ("receipt", "seen", "gone"),
    [
        pytest.param(StopReceipt("uploaded"), True, False, id="stopped: it was there until then"),
        pytest.param(GONE, False, True, id="404: it was gone by then"),
        pytest.param(EXITING, False, False, id="exiting already: neither is known"),
    ],
)
def test_a_stop_tells_until_when_a_session_recorded(receipt: StopReceipt, *, seen: bool, gone: bool) -> None:
    """What could be stopped was there when the stop was sent, and what answers 404 was not."""
    lab = Lab(RUNNING, stop=[receipt], query=[None])
    sent_at = lab.at
    assert lab.run(DELETE) is None
    (ended,) = lab.ledger.snapshot().ended
    assert ended.confirmed_at == RUNNING.confirmed_at
    assert (ended.seen_at, ended.gone_at) == (sent_at if seen else None, sent_at if gone else None)


@pytest.mark.parametrize(
    ("receipt", "queries", "waited"),
    [
        pytest.param(GONE, [None], 90, id="404: believed after confirmEndedFor of 404"),
        pytest.param(GONE, [Sighting(8)], 5, id="404, then exited: believed at once"),
        pytest.param(GONE, [NotSentError("x"), None], 90, id="404, then a question that could not be put"),
        pytest.param(EXITING, [None], 5, id="400/49, then 404: gone"),
        pytest.param(EXITING, [Sighting(6), Sighting(7), None], 30, id="400/49, still stopping for a while"),
        pytest.param(EXITING, [Sighting(8)], 5, id="400/49, then exited"),
    ],
)
def test_the_end_is_confirmed_by_query(receipt: StopReceipt, queries: list[object], waited: float) -> None:
    """A stop that found nobody, or an exit under way, is believed when queries confirm it."""
    lab = Lab(RUNNING, stop=[receipt], query=queries)
    assert lab.run(DELETE) is None
    assert sum(lab.waits) == pytest.approx(waited)
    assert lab.ledger.session(HALL.address) is None
    assert len(lab.ledger.snapshot().ended) == 1


def test_a_stop_without_an_answer_stays_open() -> None:
    """It is in the state as sent; nothing is believed of it until a query tells."""
    lab = Lab(RUNNING, stop=[OutcomeUnknownError("no answer")])
    assert isinstance(lab.run(DELETE), OutcomeUnknownError)
    kept = lab.ledger.session(HALL.address)
    assert kept is not None
    assert (kept.phase, kept.sid) == (Phase.STOP_SENT, "sid-hall")


def test_a_stop_that_was_refused_is_not_open() -> None:
    """It surely had no effect."""
    lab = Lab(RUNNING, stop=[RejectedError("body")])
    assert isinstance(lab.run(DELETE), RejectedError)
    assert lab.ledger.session(HALL.address) == RUNNING


def test_a_service_that_cannot_be_asked_ends_the_wait_for_the_end() -> None:
    """A stop answered by 404, and then no answer any more: it fails in bounded time, and the session is kept."""
    lab = Lab(RUNNING, stop=[GONE], query=[NotSentError("no route")])
    error = lab.run(DELETE)
    assert error is not None
    assert "could not be asked" in error.message
    assert lab.ledger.session(HALL.address) is not None


def test_an_interruption_between_stop_and_start_starts_nothing() -> None:
    """The old session is over; the new one is for the next run."""
    lab = Lab(RUNNING)
    lab.interrupted = True
    error = lab.run(REPLACE, HALL)
    assert error is not None
    assert "acquire" not in lab.log
    assert lab.ledger.session(HALL.address) is None


def test_a_stop_of_a_session_that_still_runs_fails() -> None:
    """It answered 404, and then it answers: the session stays in the state."""
    lab = Lab(RUNNING, stop=[GONE], query=[UP])
    error = lab.run(DELETE)
    assert error is not None
    assert "still runs" in error.message
    kept = lab.ledger.session(HALL.address)
    assert kept is not None
    assert (kept.liveness, kept.open) == (Liveness.RUNNING, None)


def test_an_interrupted_confirmation_of_a_stop_keeps_the_session() -> None:
    """Whether it ended is not known: it is not forgotten."""
    lab = Lab(RUNNING, stop=[GONE], query=[None])
    lab.interrupted = True
    assert lab.run(DELETE) is not None
    kept = lab.ledger.session(HALL.address)
    assert kept is not None
    assert kept.liveness is Liveness.SUSPECT


def test_a_replacement_waits_for_its_own_stop_to_be_over() -> None:
    """Just after the stop Agora may still say conflict (53): it is asked again; the old session is over."""
    lab = Lab(RUNNING, start=[TaskConflictError("53"), "sid-2"])
    assert lab.run(REPLACE, HALL) is None
    kept = lab.ledger.session(HALL.address)
    assert kept is not None
    assert kept.sid == "sid-2"
    assert lab.log.index("stop") < lab.log.index("acquire")
    assert [ended.sid for ended in lab.ledger.snapshot().ended] == ["sid-hall"]


def test_a_replacement_whose_stop_fails_starts_nothing() -> None:
    """Never a second recorder beside the first."""
    lab = Lab(RUNNING, stop=[OutcomeUnknownError("no answer")])
    assert lab.run(REPLACE, HALL) is not None
    assert "acquire" not in lab.log
    assert lab.ledger.session(HALL.address) is not None


def test_a_forgotten_session_costs_no_call() -> None:
    """It ended: it moves to the ended sessions."""
    over = replace(RUNNING, liveness=Liveness.ENDED, evidence="status 8: exited")
    lab = Lab(over)
    assert lab.run(Change(HALL.address, Action.FORGET, "", ())) is None
    assert lab.log == ["journal forget done"]
    assert [ended.how for ended in lab.ledger.snapshot().ended] == ["status 8: exited"]


def test_a_start_within_that_is_short_is_still_asked_once() -> None:
    """A policy of zero seconds asks once, at once."""
    lab = Lab(policy=Policy(first_query_after=0, start_within=0))
    assert lab.run(CREATE, HALL) is None
    assert lab.log.count("query") == 1
