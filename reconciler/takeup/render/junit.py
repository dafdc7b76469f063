"""A rehearsal as JUnit XML: one test suite per scenario, one test case per resource."""

from xml.etree import ElementTree as ET

from takeup.engine.outcome import Broken, Moment, Outcome, Rehearsal, ResourceOutcome
from takeup.render.rehearsal import clock, minutes
from takeup.render.xunit import clean, document


def junit_xml(rehearsal: Rehearsal) -> bytes:
    """The document as bytes.

    Promises that are nobody's in particular (a crash, a session of no resource) are a test case named "pipeline".
    """
    root = ET.Element("testsuites", name="takeup test")
    for outcome in rehearsal.outcomes:
        _suite(root, outcome, rehearsal)
    return document(root)


def _suite(root: ET.Element, outcome: Outcome, rehearsal: Rehearsal) -> None:
    suite = ET.SubElement(root, "testsuite", name=clean(f"takeup.{outcome.name}"))
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
    case = ET.SubElement(suite, "testcase", classname=clean(f"takeup.{outcome.name}"), name="pipeline", time="0.000")
    _failure(case, general)
    if outcome.story:
        ET.SubElement(case, "system-out").text = clean(_lines(outcome.story))


def _case(suite: ET.Element, outcome: Outcome, resource: ResourceOutcome) -> None:
    name = str(resource.address)
    case = ET.SubElement(suite, "testcase", classname=clean(f"takeup.{outcome.name}"), name=clean(name), time="0.000")
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
        ET.SubElement(case, "system-out").text = clean(_lines(resource.story))


def _failure(case: ET.Element, broken: list[Broken]) -> None:
    """One failure holds all broken promises: most readers show only the first of several."""
    if broken:
        text = "\n".join(f"{item.kind}: {item.text}" for item in broken)
        kinds = ", ".join(dict.fromkeys(item.kind for item in broken))
        ET.SubElement(case, "failure", type=kinds, message=clean(broken[0].text)).text = clean(text)


def _properties(parent: ET.Element, values: dict[str, float]) -> None:
    holder = ET.SubElement(parent, "properties")
    for name, value in values.items():
        ET.SubElement(holder, "property", name=name, value=f"{value:g}" if isinstance(value, float) else str(value))


def _lines(story: tuple[Moment, ...]) -> str:
    return "\n".join(f"{clock(moment.at)} {moment.what}" for moment in story)
