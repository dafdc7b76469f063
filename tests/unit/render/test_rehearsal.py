"""A rehearsal as text and as JSON."""

import json

import pytest

from takeup.core.address import Address, Kind
from takeup.engine.outcome import Broken, Leak, Moment, Outcome, Rehearsal, ResourceOutcome
from takeup.render.rehearsal import clock, rehearsal_json, rehearsal_text, scenarios_text
from takeup.render.style import Style

HALL, BOARD = Address(Kind.COMPOSITE, "hall"), Address(Kind.WEB_PAGE, "board")
PLAIN = Style(colour=False)
GOOD = ResourceOutcome(HALL, 3600, 3600, 0, 1, 0, story=(Moment(0, "started, session aaaa"),))
LOST = ResourceOutcome(
    BOARD, 3600, 3000, 600, 2, 0, ("0123456789abcdef...",), (Moment(5, "started"), Moment(1805, "died: worker died"))
)
DOUBLED = ResourceOutcome(HALL, 3600, 3600, 0, 2, 42, story=tuple(Moment(n, f"line {n}") for n in range(9)))
LEAK = Leak(None, "feedbeef", 61)
CALM = Outcome("calm", (GOOD,), runs=13, calls=16)
DEATHS = Outcome("deaths", (GOOD, LOST), runs=13, calls=30, struck=2, rules=1)
BAD = Outcome(
    "bad",
    (DOUBLED, LOST),
    (LEAK,),
    (Broken("doubled", HALL, "two at a time"), Broken("leaked", None, "feedbeef records on")),
    (Moment(300, "the run failed: no answer"),),
    runs=13,
    failed_runs=1,
    calls=99,
    struck=3,
    rules=1,
)


def text(*outcomes: Outcome, style: Style = PLAIN) -> str:
    return rehearsal_text(Rehearsal(3600, 300, outcomes), style)


@pytest.mark.parametrize(
    ("seconds", "shown"),
    [
        pytest.param(0, "00:00:00", id="the beginning"),
        pytest.param(2105.9, "00:35:05", id="fractions are cut"),
        pytest.param(90061, "25:01:01", id="more than a day"),
        pytest.param(-0.001, "00:00:00", id="a hair before the beginning"),
    ],
)
def test_a_time_is_hours_minutes_and_seconds(seconds: float, shown: str) -> None:
    """Times are counted from the beginning, and hours go on after 24."""
    assert clock(seconds) == shown


def test_calm_scenarios_have_a_row_and_no_story() -> None:
    """Where all was recorded there is a row, the verdict, and nothing else."""
    assert text(CALM).splitlines() == [
        "scenario  resource                 wanted  recorded  lost min  longest gap  sessions  doubled  lost sids",
        "calm      CompositeRecording.hall      60      60.0       0.0            -         1        -          -",
        "",
        "All promises kept in 1 scenario; 0.0 minutes were not recorded.",
    ]


def test_what_was_lost_has_a_story() -> None:
    """A resource with a gap is told of with times; its neighbour with none is not."""
    shown = text(CALM, DEATHS)
    assert "deaths: 13 runs, 0 failed, 30 calls" in shown
    assert (
        "  WebPageRecording.board: 10.0 of 60 min lost\n    00:00:05 started\n    00:30:05 died: worker died\n" in shown
    )
    assert "lost, and told" in shown
    assert "session aaaa" not in shown
    assert shown.endswith("All promises kept in 2 scenarios; 10.0 minutes were not recorded.\n")


def test_broken_promises_stand_in_table_story_and_verdict() -> None:
    """A broken promise is marked in its row, explained in the story, and counted in the last line."""
    lines = text(BAD).splitlines()
    assert lines[1].split()[:2] == ["bad", "(pipeline)"]
    assert lines[1].endswith("BROKEN: leaked")
    assert lines[2].endswith("BROKEN: doubled")
    assert "  Broken promise (doubled): CompositeRecording.hall: two at a time" in lines
    assert "  Broken promise (leaked): feedbeef records on" in lines
    assert "  00:05:00 the run failed: no answer" in lines
    assert "    00:00:08 line 8" in lines, "where a promise was broken the whole story is told"
    assert lines[-1] == "2 broken promises in bad, of 1 scenario."


def test_a_long_story_is_cut_where_all_promises_were_kept() -> None:
    """The text shows the beginning of a story, and says where the rest is."""
    story = tuple(Moment(n, f"line {n}") for n in range(9))
    long = ResourceOutcome(HALL, 3600, 3000, 600, 2, 0, story=story)
    shown = text(Outcome("long", (long,)))
    assert "line 4" in shown
    assert "line 5" not in shown
    assert "... 4 more lines; --format json has them all" in shown


def test_a_rehearsal_that_was_too_short_says_so() -> None:
    """A scenario none of whose faults struck proves nothing."""
    assert "Too short for short: no fault struck." in text(Outcome("short", (GOOD,), rules=1))


def test_text_has_colours_only_where_asked_for_and_obeys_no_name() -> None:
    """Without colour there is no escape sequence, even where a name or an error holds one."""
    evil = Outcome("evil\x1b[31m", (LOST,), broken=(Broken("crash", None, "bad\x1b]0;\x07"),), story=(Moment(0, "\r"),))
    assert "\x1b" not in text(evil)
    assert "\r" not in text(evil)
    assert "\x1b[1;31m" in text(BAD, style=Style(colour=True))
    assert "\x1b[32mAll promises kept" in text(CALM, style=Style(colour=True))


def test_json_holds_everything() -> None:
    """The JSON form has the documented keys, whole stories and a verdict."""
    document = json.loads(rehearsal_json(Rehearsal(3600, 300, (CALM, BAD))))
    assert (document["format"], document["verdict"], document["for"], document["every"]) == (
        "takeup-test/1", "broken", 3600, 300,
    )  # fmt: skip
    calm, bad = document["scenarios"]
    assert (calm["name"], calm["verdict"], calm["brokenPromises"]) == ("calm", "kept", [])
    assert bad["resources"][1] == {
        "address": "WebPageRecording.board",
        "wantedMinutes": 60.0,
        "coveredMinutes": 50.0,
        "lostMinutes": 10.0,
        "longestGapSeconds": 600,
        "sessions": 2,
        "doubledSeconds": 0,
        "lostSids": ["0123456789abcdef..."],
        "story": [{"at": "00:00:05", "what": "started"}, {"at": "00:30:05", "what": "died: worker died"}],
    }
    assert bad["leaked"] == [{"address": None, "sid": "feedbeef", "startedAt": "00:01:01"}]
    assert bad["brokenPromises"][0] == {
        "kind": "doubled", "address": "CompositeRecording.hall", "text": "two at a time",
    }  # fmt: skip
    assert len(bad["resources"][0]["story"]) == 9


def test_scenarios_are_listed_in_columns() -> None:
    """Each name stands with its sentence."""
    assert (
        scenarios_text([("calm", "Nothing."), ("failover", "Much.")], PLAIN) == "calm      Nothing.\nfailover  Much.\n"
    )
