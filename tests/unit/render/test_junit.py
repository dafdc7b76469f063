"""A rehearsal as JUnit XML, as GitLab and Jenkins read it."""

from xml.etree import ElementTree as ET

import pytest

from takeup.core.address import Address, Kind
from takeup.engine.outcome import Broken, Moment, Outcome, Rehearsal, ResourceOutcome
from takeup.render.junit import junit_xml

HALL, BOARD = Address(Kind.COMPOSITE, "hall"), Address(Kind.WEB_PAGE, "board")
GOOD = ResourceOutcome(HALL, 3600, 3600, 0, 1, 0)
GAP = ResourceOutcome(BOARD, 3600, 3000, 600, 2, 7.5, ("0123...",), (Moment(65, "died <of> & \x1b[31m shame"),))
CALM = Outcome("calm", (GOOD,), runs=13, calls=16)
BAD = Outcome(
    "bad",
    (GOOD, GAP),
    broken=(
        Broken("doubled", BOARD, "two at a time"),
        Broken("leaked", BOARD, "one left"),
        Broken("crash", None, "boom"),
    ),
    story=(Moment(300, "the run failed"),),
)
ATTRIBUTES = {
    "testsuites": {"name", "tests", "failures", "errors", "skipped", "time"},
    "testsuite": {"name", "tests", "failures", "errors", "skipped", "time"},
    "testcase": {"classname", "name", "time"},
    "failure": {"type", "message"},
    "property": {"name", "value"},
    "properties": set(),
    "system-out": set(),
}
CHILDREN = {
    "testsuites": ["testsuite"],
    "testsuite": ["properties", "testcase"],
    "testcase": ["properties", "failure", "system-out"],
    "properties": ["property"],
}


@pytest.fixture
def root() -> ET.Element:
    """The document for one calm and one bad scenario."""
    return ET.fromstring(junit_xml(Rehearsal(3600, 300, (CALM, BAD))))  # noqa: S314 - our own output


def test_the_document_uses_only_what_all_readers_know(root: ET.Element) -> None:
    """Elements, their order and their attributes are those of the common JUnit dialect."""
    for element in root.iter():
        assert set(element.keys()) == ATTRIBUTES[element.tag]
        order = [CHILDREN.get(element.tag, []).index(child.tag) for child in element]
        assert order == sorted(order)


def test_counts_add_up(root: ET.Element) -> None:
    """A suite counts its cases and failures, and the document counts those of its suites."""
    counts = [(suite.get("name"), suite.get("tests"), suite.get("failures")) for suite in root]
    assert counts == [("takeup.calm", "2", "0"), ("takeup.bad", "3", "2")]
    assert (root.get("tests"), root.get("failures"), root.get("errors")) == ("5", "2", "0")
    for suite in root:
        assert len(suite.findall("testcase")) == int(suite.get("tests", ""))
        assert len(suite.findall("testcase/failure")) == int(suite.get("failures", ""))


def test_a_broken_promise_is_a_failure_of_its_resource(root: ET.Element) -> None:
    """All broken promises of a resource stand in one failure; those of nobody in the case of the pipeline."""
    cases = {case.get("name"): case for case in root[1].findall("testcase")}
    failure = cases[str(BOARD)].find("failure")
    assert failure is not None
    assert (failure.get("type"), failure.get("message")) == ("doubled, leaked", "two at a time")
    assert failure.text == "doubled: two at a time\nleaked: one left"
    assert cases[str(HALL)].find("failure") is None
    crash = cases["pipeline"].find("failure")
    assert crash is not None
    assert crash.get("message") == "boom"


def test_minutes_are_properties(root: ET.Element) -> None:
    """The figures of a resource can be read by a machine."""
    case = root[1].findall("testcase")[1]
    figures = {item.get("name"): item.get("value") for item in case.iterfind("properties/property")}
    assert figures == {
        "wantedMinutes": "60",
        "coveredMinutes": "50",
        "lostMinutes": "10",
        "longestGapSeconds": "600",
        "sessions": "2",
        "doubledSeconds": "7.5",
        "lostSids": "1",
    }


def test_what_xml_cannot_hold_is_replaced(root: ET.Element) -> None:
    """Control characters of an error would make the whole document unreadable."""
    text = root[1].findall("testcase")[1].findtext("system-out")
    assert text == "00:01:05 died <of> & \ufffd[31m shame"


def test_the_document_declares_its_encoding() -> None:
    """The bytes are UTF-8 and say so."""
    assert junit_xml(Rehearsal(1, 1, (CALM,))).startswith(b"<?xml version='1.0' encoding='utf-8'?>\n<testsuites")
