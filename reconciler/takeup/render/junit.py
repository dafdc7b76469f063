"""A rehearsal as JUnit XML: one test suite per scenario, one test case per resource."""

import re
from xml.etree import ElementTree as ET

from takeup.engine.outcome import Broken, Moment, Outcome, Rehearsal, ResourceOutcome
from takeup.render.rehearsal import clock, minutes

_NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def junit_xml(rehearsal: Rehearsal) -> bytes:
    """The document as bytes, in the dialect that GitLab, Jenkins and pytest's readers share.

    Promises that are nobody's in particular (a crash, a session of no resource) are a test case named "pipeline".
    """
    root = ET.Element("testsuites", name="takeup test")
    for outcome in rehearsal.outcomes:
        _suite(root, outcome, rehearsal)
    _count(root, list(root))
    ET.indent(root)
    text: bytes = ET.tostring(root, encoding="utf-8", xml_declaration=True)
    return text + b"\n"


def _suite(root: ET.Element, outcome: Outcome, rehearsal: Rehearsal) -> None:
    suite = ET.SubElement(root, "testsuite", name=_clean(f"takeup.{outcome.name}"))
    _properties(
        suite,
        {
            "forSeconds": rehearsal.length,
            "everySeconds": rehearsal.every,
            "runs": outcome.runs,
            "failedRuns": outcome.failed_runs,
            "calls": outcome.calls,
            "faultsStruck": outcome.struck,
        },
    )
    for resource in outcome.resources:
        _case(suite, outcome, resource)
    general = [item for item in outcome.broken if item.address is None]
    case = ET.SubElement(suite, "testcase", classname=_clean(f"takeup.{outcome.name}"), name="pipeline", time="0.000")
    _failure(case, general)
    if outcome.story:
        ET.SubElement(case, "system-out").text = _clean(_lines(outcome.story))
    cases = suite.findall("testcase")
    suite.set("tests", str(len(cases)))
    suite.set("failures", str(len(suite.findall("testcase/failure"))))
    suite.set("errors", "0")
    suite.set("skipped", "0")
    suite.set("time", "0.000")


def _case(suite: ET.Element, outcome: Outcome, resource: ResourceOutcome) -> None:
    name = str(resource.address)
    case = ET.SubElement(suite, "testcase", classname=_clean(f"takeup.{outcome.name}"), name=_clean(name), time="0.000")
    _properties(
        case,
        {
            "wantedMinutes": minutes(resource.wanted),
            "coveredMinutes": minutes(resource.covered),
            "lostMinutes": minutes(resource.lost),
            "longestGapSeconds": round(resource.longest_gap, 1),
            "sessions": resource.sessions,
            "doubledSeconds": round(resource.doubled, 1),
            "lostSids": len(resource.lost_sids),
        },
    )
    _failure(case, [item for item in outcome.broken if item.address == resource.address])
    if resource.story:
        ET.SubElement(case, "system-out").text = _clean(_lines(resource.story))


def _failure(case: ET.Element, broken: list[Broken]) -> None:
    """One failure holds all broken promises: most readers show only the first of several."""
    if broken:
        text = "\n".join(f"{item.kind}: {item.text}" for item in broken)
        kinds = ", ".join(dict.fromkeys(item.kind for item in broken))
        ET.SubElement(case, "failure", type=kinds, message=_clean(broken[0].text)).text = _clean(text)


def _properties(parent: ET.Element, values: dict[str, float]) -> None:
    holder = ET.SubElement(parent, "properties")
    for name, value in values.items():
        ET.SubElement(holder, "property", name=name, value=f"{value:g}" if isinstance(value, float) else str(value))


def _count(root: ET.Element, suites: list[ET.Element]) -> None:
    for name in ("tests", "failures", "errors", "skipped"):
        root.set(name, str(sum(int(suite.get(name, "0")) for suite in suites)))
    root.set("time", "0.000")


def _lines(story: tuple[Moment, ...]) -> str:
    return "\n".join(f"{clock(moment.at)} {moment.what}" for moment in story)


def _clean(text: str) -> str:
    """XML 1.0 has no way to write most control characters, escaped or not."""
    return _NOT_XML.sub("\ufffd", text)
