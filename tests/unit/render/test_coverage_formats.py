"""Coverage for people and for programs."""

import json
import re
from html.parser import HTMLParser
from typing import Any
from xml.etree import ElementTree as ET

import pytest
from inline_snapshot import snapshot
from tests.unit.render.coverages import COVERAGES, HOSTILE, NOW, every_cause, old, state, told

from takeup.core.account import Cause
from takeup.core.cover import Coverage
from takeup.render.coverage_html import CLOSE, ROWS, coverage_html
from takeup.render.coverage_json import coverage_json
from takeup.render.coverage_junit import coverage_junit
from takeup.render.coverage_text import coverage_text
from takeup.render.coverage_words import CAUSES, length
from takeup.render.style import Style

EVERY = [pytest.param(found, id=name) for name, found in COVERAGES.items()]


def text(found: Coverage, width: int | None = None, top: int = 20) -> str:
    return coverage_text(found, NOW, Style(colour=False), width=width, top=top)


def test_a_whole_text() -> None:
    """The worst first with its causes, then the gaps one by one; a total and the verdict of the gate at the end."""
    assert text(COVERAGES["a gate that is not"]) == snapshot("""\
Coverage of campus, as of 2026-03-27 15:00:00 UTC (1 h ago).

Recording                  Wanted min  Covered min     Share  Gaps
CompositeRecording.unseen         600          540   90.00 %  unobserved 1 h
CompositeRecording.late           600          569   94.83 %  noRun 30 min, ended 60 s
CompositeRecording.hall           600          600  100.00 %

CompositeRecording.unseen (Europe/Berlin)
  Wed 2026-03-25 09:00:00 - 10:00:00  1 h  unobserved: not seen: it ended, or no run has looked since (404 for 90 s)

CompositeRecording.late (Europe/Berlin)
  Tue 2026-03-24 08:00:00 - 08:30:00  30 min  noRun: no run came in time
  Thu 2026-03-26 09:00:00 - 09:01:00  60 s  ended: the session had ended (404)

Total of 3 recordings: 1,709 of 1,800 min, 94.94 %, at most 98.27 %. Gaps: unobserved 1 h, noRun 30 min, ended 60 s.
2 of 3 recordings are below 99.9 %.
""")


def test_a_text_without_gaps() -> None:
    """Nothing to complain of is told in few lines."""
    assert text(COVERAGES["whole"]) == snapshot("""\
Coverage of campus, as of 2026-03-27 15:00:00 UTC (1 h ago).

Recording                Wanted min  Covered min     Share  Gaps
CompositeRecording.hall         600          600  100.00 %

Total of 1 recording: 600 of 600 min, 100.00 %.
""")


def test_400_rooms_as_text() -> None:
    """So many as asked for are told one by one, the worst; all others are counted."""
    lines = text(COVERAGES["400 rooms"], top=3).splitlines()
    assert [line.split()[0] for line in lines[3:6]] == [
        "CompositeRecording.room-007",
        "CompositeRecording.room-107",
        "CompositeRecording.room-207",
    ]
    assert lines[6:8] == [
        "... and 41 more recordings with gaps, the worst at 90.00 % (--top 0: all)",
        "... and 356 recordings without a gap",
    ]
    assert lines[-1] == "44 of 400 recordings are below 99.9 %."
    assert text(COVERAGES["400 rooms"], top=0).count("CompositeRecording.room-") == 400 + 44


@pytest.mark.parametrize("found", EVERY)
@pytest.mark.parametrize("width", [40, 80, 120])
def test_text_fits_the_terminal(found: Coverage, width: int) -> None:
    """No line of the table and of the gaps is wider than the terminal, and none is empty of its name."""
    table = text(found, width).split("\n\nTotal")[0].splitlines()[2:]
    told_by_name = [line for line in table if not line.startswith("...") and not line.endswith(")")]
    assert max(map(len, told_by_name), default=0) <= width


def test_words_for_every_cause() -> None:
    """Each cause has words of its own, and all formats know them."""
    assert set(CAUSES) == set(Cause)
    assert len(set(CAUSES.values())) == len(CAUSES)
    found = told(state(every=every_cause()))
    page, lines, document = coverage_html(found, NOW), coverage_junit(found), coverage_json(found)
    for cause, words in CAUSES.items():
        assert f"{cause.value}: {words}" in page
        assert f"{cause.value}: {words}" in lines
        assert f'"cause": "{cause.value}"' in document


def test_what_is_complete_is_not_due() -> None:
    """It is told as a gap, and counts for nothing."""
    document = json.loads(coverage_json(COVERAGES["gaps"]))
    row = next(row for row in document["recordings"] if row["address"].endswith("excused"))
    assert (row["wantedMinutes"], row["dueMinutes"], row["coveredMinutes"], row["percent"]) == (600, 540, 540, 100)
    assert row["gapMinutes"] == {"complete": 60}


def test_a_whole_json_document() -> None:
    """Every key of the format, none of them left out where there is nothing to say."""
    assert json.loads(coverage_json(COVERAGES["a gate that is not"]))["recordings"][1:2] == snapshot(
        [
            {
                "address": "CompositeRecording.late",
                "timeZone": "Europe/Berlin",
                "accountedSince": "2026-03-23T00:00:00Z",
                "accountedUntil": "2026-03-27T15:00:00Z",
                "closed": False,
                "ok": False,
                "wantedMinutes": 600,
                "dueMinutes": 600,
                "coveredMinutes": 569,
                "percent": 94.83,
                "percentAtMost": 94.83,
                "gapMinutes": {"ended": 1, "noRun": 30},
                "notRecordedNow": None,
                "gaps": [
                    {
                        "begin": "2026-03-24T07:00:00Z",
                        "end": "2026-03-24T07:30:00Z",
                        "minutes": 30,
                        "cause": "noRun",
                        "evidence": "",
                    },
                    {
                        "begin": "2026-03-26T08:00:00Z",
                        "end": "2026-03-26T08:01:00Z",
                        "minutes": 1,
                        "cause": "ended",
                        "evidence": "404",
                    },
                ],
                "days": [
                    {
                        "day": "2026-03-23",
                        "wantedMinutes": 120,
                        "dueMinutes": 120,
                        "coveredMinutes": 120,
                        "percent": 100.0,
                        "percentAtMost": 100.0,
                        "gapMinutes": {},
                    },
                    {
                        "day": "2026-03-24",
                        "wantedMinutes": 120,
                        "dueMinutes": 120,
                        "coveredMinutes": 90,
                        "percent": 75.0,
                        "percentAtMost": 75.0,
                        "gapMinutes": {"noRun": 30},
                    },
                    {
                        "day": "2026-03-25",
                        "wantedMinutes": 120,
                        "dueMinutes": 120,
                        "coveredMinutes": 120,
                        "percent": 100.0,
                        "percentAtMost": 100.0,
                        "gapMinutes": {},
                    },
                    {
                        "day": "2026-03-26",
                        "wantedMinutes": 120,
                        "dueMinutes": 120,
                        "coveredMinutes": 119,
                        "percent": 99.16,
                        "percentAtMost": 99.16,
                        "gapMinutes": {"ended": 1},
                    },
                    {
                        "day": "2026-03-27",
                        "wantedMinutes": 120,
                        "dueMinutes": 120,
                        "coveredMinutes": 120,
                        "percent": 100.0,
                        "percentAtMost": 100.0,
                        "gapMinutes": {},
                    },
                ],
                "earlier": None,
                "leftOutUntil": None,
            }
        ]
    )
    for found in COVERAGES.values():
        document: dict[str, Any] = json.loads(coverage_json(found))
        assert document["format"] == "takeup-coverage/1"
        assert document.keys() == {"format", "project", "asOf", "since", "until", "min", "ok", "total", "recordings"}
        assert len({tuple(row) for row in document["recordings"]}) <= 1


def test_old_days_are_sums() -> None:
    """Days that were asked for and are no longer kept by themselves are named, and in no number."""
    row = json.loads(coverage_json(COVERAGES["old"]))["recordings"][0]
    assert (row["leftOutUntil"], row["earlier"], row["days"][0]["day"]) == ("2026-01-09", None, "2026-01-10")
    row = json.loads(coverage_json(told(state(old=old()))))["recordings"][0]
    assert row["earlier"]["until"] == "2026-01-09"
    assert row["wantedMinutes"] == 366 * 120
    assert "the days up to 2026-01-09 are left out: only their total is kept" in text(COVERAGES["old"])


@pytest.mark.parametrize("found", EVERY)
def test_junit(found: Coverage) -> None:
    """One test case for each recording, at least one; it fails exactly where the recording is below the gate."""
    suite = ET.fromstring(coverage_junit(found))  # noqa: S314 - our own output
    cases = list(suite.iter("testcase"))
    assert len(cases) == max(1, len(found.covers))
    failed = [case for case in cases if case.find("failure") is not None]
    assert len(failed) == len(found.short) == int(suite.get("failures", ""))
    assert all("less than" in str(failure.get("message")) for case in failed for failure in case.iter("failure"))


class Reader(HTMLParser):
    """What a page is made of."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.open: list[str] = []
        self.text = ""
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:  # noqa: ARG002 - html.parser's
        self.tags.append(tag)
        if tag not in {"meta", "link", "br"}:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:  # noqa: ARG002 - html.parser's
        self.tags.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text += data


@pytest.mark.parametrize("found", EVERY)
def test_a_page_loads_and_runs_nothing(found: Coverage) -> None:
    """No script, no request but the icon in it, every element closed, and a policy that admits the style alone."""
    page = coverage_html(found, NOW)
    read = Reader(page)
    assert read.open == []
    assert not {"script", "img", "iframe", "object", "form", "a"} & set(read.tags)
    assert re.findall(r'(?:src|href)="(?!data:)([^"]*)', page) == []
    assert "default-src 'none'; style-src 'sha256-" in page
    assert "takeup coverage: campus" in read.text


def test_hostile_names_are_text() -> None:
    """What somebody called a recording, or what a server answered, is no markup and moves no cursor anywhere."""
    found = COVERAGES["hostile"]
    for made in (text(found), coverage_html(found, NOW), coverage_junit(found)):
        assert "\x1b" not in made
        assert "\u202e" not in made.replace("\\u202e", "") or "<?xml" in made
    assert "<b>" not in coverage_html(found, NOW)
    assert json.loads(coverage_json(found))["recordings"][0]["gaps"][0]["evidence"] == HOSTILE


def test_a_page_of_400_rooms() -> None:
    """All of them are in the overview, and the worst hour by hour; what is left out is counted."""
    page = coverage_html(COVERAGES["400 rooms"], NOW)
    assert page.count('<th scope="row">') == 400 <= ROWS
    assert page.count('<section class="below">') == CLOSE
    assert "4 more recordings with gaps are not drawn by the hour." in page
    assert len(page) < 1_000_000


@pytest.mark.parametrize(
    ("seconds", "expected"),
    [
        pytest.param(0, "0 s", id="nothing"),
        pytest.param(119, "119 s", id="below two minutes"),
        pytest.param(120, "2 min", id="whole minutes"),
        pytest.param(3600, "1 h", id="a whole hour"),
        pytest.param(3601, "1 h 1 s", id="an hour and a second"),
        pytest.param(90_061, "25 h 1 min 1 s", id="more than a day"),
    ],
)
def test_lengths(seconds: int, expected: str) -> None:
    """Lengths read as people say them."""
    assert length(seconds) == expected
