"""Judging without asking, clocks that jump, and stops that may be under way."""

from dataclasses import replace
from datetime import timedelta

import pytest
from tests.recordings import NOON, resource, session, snapshot
from tests.unit.engine.lab import UP, Lab

from takeup.core.address import Kind
from takeup.core.snapshot import Liveness, OpenCall
from takeup.engine.judging import judge, settled
from takeup.engine.policy import Policy
from takeup.engine.ports import Clock
from takeup.engine.refresh import refresh
from takeup.provider.port import Identity, Sighting

HALL = resource()
RUNNING = session(HALL)
STOPPING = replace(RUNNING, open=OpenCall("stop", NOON))


def test_a_clock_that_is_set_forward_ends_nothing() -> None:
    """The wall clock jumps by an hour between two questions: what the run has watched itself is what counts."""
    lab = Lab(query=[None, None, UP])
    seconds = 0.0

    def sleep(wait: float) -> None:
        nonlocal seconds
        seconds += wait
        lab.at += timedelta(hours=1)

    clock = Clock(now=lambda: lab.at, sleep=sleep, monotonic=lambda: seconds)
    found = refresh(snapshot(RUNNING), lab, Policy(parallelism=1), clock, lab.events.append)
    assert found.sessions[HALL.address].liveness is Liveness.RUNNING


def test_a_clock_that_is_set_back_begins_anew() -> None:
    """A suspicion from the future is no evidence of a long silence."""
    suspect = replace(RUNNING, liveness=Liveness.SUSPECT, suspect_since=NOON + timedelta(hours=1))
    seen = judge(suspect, None, NOON, 90)
    assert (seen.liveness, seen.suspect_since) == (Liveness.SUSPECT, NOON)


def test_without_waiting_a_suspect_is_left_to_the_next_run() -> None:
    """One query, and the state knows since when; the run after confirmEndedFor believes it at its first 404."""
    lab = Lab(query=[None])
    policy = Policy(parallelism=1, wait=False)
    first = refresh(snapshot(RUNNING), lab, policy, lab.clock, lab.events.append)
    assert (lab.log, lab.waits) == (["query"], [])
    assert first.sessions[HALL.address].liveness is Liveness.SUSPECT
    lab.at += timedelta(minutes=5)
    second = refresh(first, lab, policy, lab.clock, lab.events.append)
    assert second.sessions[HALL.address].liveness is Liveness.ENDED
    assert lab.log == ["query", "query"]


@pytest.mark.parametrize(
    ("after", "liveness", "open_"),
    [
        pytest.param(10, Liveness.SUSPECT, True, id="just after the stop: it may still be leaving"),
        pytest.param(80, Liveness.RUNNING, False, id="long after the stop: it had no effect"),
    ],
)
def test_a_stop_of_unknown_outcome_is_asked_by_query(after: float, liveness: Liveness, *, open_: bool) -> None:
    """An answer right after a stop does not yet say that the stop had no effect."""
    seen = judge(STOPPING, Sighting(5), NOON + timedelta(seconds=after), 90)
    assert (seen.liveness, seen.open is not None) == (liveness, open_)


def test_an_answer_about_another_session_is_not_believed() -> None:
    """UNKNOWN, with the promise that was broken, kept and told."""
    seen = judge(RUNNING, Sighting(5, identity=Identity(cname="other")), NOON, 90)
    assert seen.liveness is Liveness.UNKNOWN
    assert seen.broken == ("query was about cname hall, and the answer is about cname other",)
    assert judge(seen, Sighting(5, identity=Identity(cname="other")), NOON, 90).broken == seen.broken


def test_a_web_page_that_answers_like_a_channel_is_told() -> None:
    """The shape of the answer belongs to the mode."""
    assert judge(RUNNING, Sighting(5, identity=Identity(web=True)), NOON, 90).broken


def test_a_resource_id_that_was_never_started_stands_for_nothing() -> None:
    """After a crash between acquire and start, what was before it is held again."""
    over = session(HALL, Liveness.ENDED)
    reserved = session(HALL, Liveness.ENDED, sid=None, predecessor=over)
    assert settled(reserved, NOON) is over
    assert settled(replace(reserved, predecessor=None), NOON) is None


@pytest.mark.parametrize("liveness", [Liveness.LOST, Liveness.UNKNOWN])
def test_what_nothing_can_keep_running_has_ended(liveness: Liveness) -> None:
    """MaxRecordingHour is over: a LOST session, or one beyond its control window, has ended without being asked."""
    page = session(resource(kind=Kind.WEB_PAGE), liveness)
    lab = Lab()
    lab.at = NOON + timedelta(hours=73)
    found = refresh(snapshot(page), lab, Policy(parallelism=1), lab.clock, lab.events.append)
    assert found.sessions[page.address].liveness is Liveness.ENDED
    assert lab.log == []


def test_since_is_when_it_was_first_found_so() -> None:
    """A second 404 does not move the time of the first."""
    first = judge(RUNNING, None, NOON, 90)
    second = judge(first, None, NOON + timedelta(seconds=30), 90)
    assert (first.since, second.since) == (NOON, NOON)


def test_what_was_not_up_yet_is_confirmed_when_it_is() -> None:
    """A session that a run left with status 2 is seen to record by the first answer of 4 or 5, and not before."""
    waiting = replace(RUNNING, confirmed_at=None)
    assert judge(waiting, Sighting(2), NOON + timedelta(minutes=1), 90) is waiting
    later = NOON + timedelta(minutes=2)
    assert judge(waiting, UP, later, 90).confirmed_at == later
