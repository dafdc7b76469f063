"""The truth about what was recorded: spans of time, and stories."""

from dataclasses import replace
from typing import Any

import pytest

from takeup.engine import truth
from takeup.engine.outcome import Moment
from takeup.provider.emulator.sessions import Cause, Exit, Failover, Session

END = 1000.0
WINDOW = (0.0, END)


def session(started: float, *exits: Exit, failovers: tuple[Failover, ...] = (), sid: str = "0123456789") -> Session:
    known: dict[str, Any] = {"app_id": "app", "cname": "hall", "uid": "1", "mode": "mix", "request": {}}
    return Session(sid, "resource", **known, started_at=started, closes_at=1e9, exits=tuple(exits), failovers=failovers)


def died(at: float) -> Exit:
    return Exit(at, Cause.WORKER_DIED)


@pytest.mark.parametrize(
    ("sessions", "covered", "gaps", "doubled"),
    [
        pytest.param([], 0, [1000], 0, id="nothing was recorded"),
        pytest.param([session(0)], 1000, [0, 0], 0, id="one session covers all"),
        pytest.param([session(100, died(400))], 300, [100, 600], 0, id="late and short"),
        pytest.param([session(0, died(400)), session(600)], 800, [0, 200, 0], 0, id="a gap between two sessions"),
        pytest.param([session(0, died(500)), session(400)], 1000, [0, 0], 100, id="two at a time count once"),
        pytest.param(
            [session(0), session(0), session(0)], 1000, [0, 0], 2000, id="three at a time are two too many"
        ),
        pytest.param(
            [session(0, died(700), failovers=(Failover(100, 160, "9"), Failover(690, 780, "8")))],
            630, [0, 60, 310], 0, id="failovers are not covered, nor is what comes after the end",
        ),
        pytest.param([session(0, died(2000))], 1000, [0, 0], 0, id="an end beyond the window does not count"),
        pytest.param([session(500, died(500))], 0, [1000], 0, id="a session that never lived"),
    ],
)  # fmt: skip
def test_time_is_reckoned(sessions: list[Session], covered: float, gaps: list[float], doubled: float) -> None:
    """Covered time is the union of what was surely recorded, gaps are the rest, doubled time is paid twice."""
    spans = truth.covered(sessions, WINDOW)
    assert truth.length(spans) == covered
    assert truth.gaps(spans, WINDOW) == gaps
    assert truth.doubled(sessions, END) == doubled


def test_two_uids_that_record_at_the_same_time_are_no_mistake() -> None:
    """They hand over to each other; only a uid that records twice is doubled."""
    first, second = session(0, died(60)), replace(session(30, died(90)), uid="10002")
    assert truth.doubled([first, second], END) == 0
    assert truth.doubled([first, replace(second, uid=first.uid)], END) == 30


def test_a_redundant_session_covers_a_failover() -> None:
    """While one session fails over another one records: the union is what counts."""
    spans = truth.covered([session(0, failovers=(Failover(100, 160, "9"),)), session(90, died(200))], WINDOW)
    assert spans == [(0, 1000)]


@pytest.mark.parametrize("cause", [pytest.param(cause, id=cause.value) for cause in Cause])
def test_every_end_has_words(cause: Cause) -> None:
    """Whatever ends a session, its story says it in words."""
    *_, last = truth.story([session(5, Exit(50, cause))], 0, END)
    assert last.at == 50
    assert len(last.what.split()) > 2


def test_a_story_counts_from_the_beginning() -> None:
    """Times of a story are seconds since the rehearsal began, and later starts are told as such."""
    told = list(truth.story([session(160, sid="b" * 32), session(110, died(130), sid="a" * 32)], 100, END))
    assert [(moment.at, moment.what) for moment in told] == [
        (10, "started, session aaaaaaaa"),
        (30, "aaaaaaaa died: its worker died"),
        (60, "recorded again, session bbbbbbbb"),
        (900, "bbbbbbbb still records"),
    ]


def test_the_last_accident_is_not_of_takeups_making() -> None:
    """A stop is no accident; a death and the end of a failover are."""
    assert truth.last_accident([session(0, Exit(10, Cause.STOPPED))], END) == float("-inf")
    assert truth.last_accident([session(0, died(10)), session(20, failovers=(Failover(30, 60, "9"),))], END) == 60
    assert truth.last_accident([session(0, died(2000))], END) == float("-inf")


def test_a_line_that_repeats_itself_is_told_once() -> None:
    """Equal lines in a row become one with a count, in order of time; others between them are kept."""
    moments = [
        Moment(3, "b"),
        Moment(1, "a"),
        Moment(2, "a"),
        Moment(4, "a"),
        Moment(5, "c"),
        Moment(6, "c"),
        Moment(7, "c"),
    ]
    assert [(item.at, item.what) for item in truth.folded(moments)] == [
        (1, "a (and 1 more time in a row)"),
        (3, "b"),
        (4, "a"),
        (5, "c (and 2 more times in a row)"),
    ]
    assert truth.folded([]) == ()
