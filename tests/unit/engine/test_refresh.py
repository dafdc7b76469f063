"""Refresh: one question per session, and 404 is not death."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from tests.recordings import NOON, resource, session, snapshot
from tests.unit.engine.lab import UP, Lab

from takeup.core.snapshot import Liveness, SessionState, Snapshot
from takeup.engine.judging import judge
from takeup.engine.policy import Policy
from takeup.engine.refresh import refresh
from takeup.errors import NotSentError, RejectedError
from takeup.provider.port import SessionRef, Sighting

HALL = resource()
RUNNING = session(HALL)


class Slow(Lab):
    """Each question takes its time: its turn under the rate limit."""

    def __init__(self, takes: float, query: list[Any]) -> None:
        super().__init__(query=query)
        self.takes = timedelta(seconds=takes)

    def query(self, session: SessionRef) -> Sighting | None:
        """Play a query, later."""
        self.at += self.takes
        return super().query(session)


def refreshed(lab: Lab, *sessions: SessionState) -> Snapshot:
    return refresh(snapshot(*sessions), lab, Policy(parallelism=1), lab.clock, lab.events.append)


def test_a_running_session_costs_one_query_and_changes_nothing() -> None:
    """The snapshot comes back as the very same object."""
    lab = Lab()
    before = snapshot(RUNNING)
    assert refresh(before, lab, Policy(), lab.clock, lab.events.append) is before
    assert lab.log == ["query"]


def test_silence_is_asked_again_until_it_is_believed() -> None:
    """After 404 it is asked after 5, 10, 15, 15 ... s, and has ended after confirmEndedFor of nothing but 404."""
    lab = Lab(query=[None])
    found = refreshed(lab, RUNNING).sessions[HALL.address]
    assert lab.waits == [5, 10, 15, 15, 15, 15, 15]
    assert found.liveness is Liveness.ENDED
    assert "404 for 90 s" in found.evidence
    assert [event.kind for event in lab.events] == ["wait"]


def test_a_session_that_answers_again_is_running() -> None:
    """A failover is over: nothing ended, and the clock of the silence is reset."""
    lab = Lab(query=[None, None, UP])
    found = refreshed(lab, RUNNING).sessions[HALL.address]
    assert (found.liveness, found.suspect_since) == (Liveness.RUNNING, None)
    assert lab.waits == [5, 10]


def test_two_failovers_are_no_end() -> None:
    """A run that may wait watches for itself: what answered 404 to an earlier run may have answered ever since."""
    old = replace(RUNNING, liveness=Liveness.SUSPECT, suspect_since=NOON - timedelta(seconds=300))
    lab = Lab(query=[None, None, UP])
    assert refreshed(lab, old).sessions[HALL.address].liveness is Liveness.RUNNING
    assert lab.waits == [5.0, 10.0]


def test_the_time_of_the_first_404_counts_across_runs() -> None:
    """Where a run may not wait, a suspect of an earlier run, silent for long enough, is believed at the first 404."""
    old = replace(RUNNING, liveness=Liveness.SUSPECT, suspect_since=NOON - timedelta(seconds=91))
    lab = Lab(query=[None])
    found = refresh(snapshot(old), lab, Policy(wait=False, parallelism=1), lab.clock, lab.events.append)
    assert found.sessions[HALL.address].liveness is Liveness.ENDED
    assert lab.waits == []


def test_only_the_suspects_are_asked_again() -> None:
    """Of two sessions, the one that answered is asked once."""
    other = session(resource("other"), resource_id="another")
    lab = Lab(query=[None, UP, None, UP])
    found = refreshed(lab, RUNNING, other).sessions
    assert {item.liveness for item in found.values()} == {Liveness.RUNNING}
    assert lab.log.count("query") == 4


@pytest.mark.parametrize(
    ("rooms", "takes"),
    [
        pytest.param(24, 0.1, id="a round that ends in the middle of the last wait"),
        pytest.param(12, 10.0, id="a round that takes longer than a silence has to last"),
    ],
)
def test_questions_that_wait_for_their_turn_leave_no_suspect(rooms: int, takes: float) -> None:
    """However long a round takes under the rate limit, each session that is gone is believed gone by the same run."""
    lab = Slow(takes, query=[None])
    silent = [session(resource(f"room-{number}"), resource_id=f"id-{number}") for number in range(rooms)]
    found = refreshed(lab, *silent)
    assert {item.liveness for item in found.sessions.values()} == {Liveness.ENDED}


@pytest.mark.parametrize(
    ("sighting", "liveness"),
    [
        *(pytest.param(Sighting(n), Liveness.RUNNING, id=f"status {n}: running") for n in range(6)),
        pytest.param(Sighting(6), Liveness.SUSPECT, id="status 6: stopping, suspect"),
        pytest.param(Sighting(7), Liveness.SUSPECT, id="status 7: stopping, suspect"),
        pytest.param(Sighting(8), Liveness.ENDED, id="status 8: exited"),
        pytest.param(Sighting(20), Liveness.ENDED, id="status 20: exited abnormally"),
        pytest.param(None, Liveness.SUSPECT, id="404: suspect"),
    ],
)
def test_what_one_answer_says(sighting: Sighting | None, liveness: Liveness) -> None:
    """Each status has one meaning."""
    assert judge(RUNNING, sighting, NOON, 90).liveness is liveness


def test_a_question_that_could_not_be_put_is_no_answer() -> None:
    """Unreachable: UNKNOWN, with the reason; not asked again in this run."""
    lab = Lab(query=[NotSentError("no route to host")])
    found = refreshed(lab, RUNNING).sessions[HALL.address]
    assert found.liveness is Liveness.UNKNOWN
    assert "no route to host" in found.evidence


def test_a_refusal_stops_the_run() -> None:
    """Wrong credentials, or a gateway 404, say nothing about any session."""
    lab = Lab(query=[RejectedError("no Route matched")])
    with pytest.raises(RejectedError):
        refreshed(lab, RUNNING)


@pytest.mark.parametrize("liveness", [Liveness.LOST, Liveness.ENDED])
def test_what_cannot_change_is_not_asked_after(liveness: Liveness) -> None:
    """A LOST session has no sid to ask with; an ended one does not come back."""
    lab = Lab()
    refreshed(lab, session(HALL, liveness))
    assert lab.log == []


def test_a_session_beyond_its_window_is_unknown_and_not_asked() -> None:
    """After resourceExpiredHour a query would answer 404 of a session that records on."""
    lab = Lab()
    lab.at = RUNNING.window_end
    assert lab.at == NOON + timedelta(hours=72)
    found = refreshed(lab, RUNNING).sessions[HALL.address]
    assert found.liveness is Liveness.UNKNOWN
    assert lab.log == []


def test_one_that_never_finishes_stopping_stays_suspect() -> None:
    """Refresh gives up waiting in bounded time; SUSPECT is the honest answer."""
    lab = Lab(query=[Sighting(6)])
    assert refreshed(lab, RUNNING).sessions[HALL.address].liveness is Liveness.SUSPECT
    assert sum(lab.waits) < 600
