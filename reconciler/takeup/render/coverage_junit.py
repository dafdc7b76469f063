"""Coverage as JUnit XML: one test case per recording, failed where it is below the gate."""

from xml.etree import ElementTree as ET

from takeup.core.cover import Cover, Coverage, percent
from takeup.render.coverage_json import minutes
from takeup.render.coverage_words import causes, gap_text, notes, shares
from takeup.render.xunit import clean, document

_SUITE = "takeup.coverage"


def coverage_junit(found: Coverage) -> str:
    """The document. Without a gate nothing fails; where nothing was wanted, the test case is skipped."""
    root = ET.Element("testsuites", name="takeup coverage")
    suite = ET.SubElement(root, "testsuite", name=_SUITE)
    for cover in found.covers:
        _case(suite, found, cover)
    if not found.covers:  # many readers take an empty report for a broken one
        ET.SubElement(suite, "testcase", classname=_SUITE, name="all", time="0.000")
    return document(root).decode()


def _case(suite: ET.Element, found: Coverage, cover: Cover) -> None:
    part = cover.sums
    case = ET.SubElement(suite, "testcase", classname=_SUITE, name=clean(str(cover.address)), time="0.000")
    holder = ET.SubElement(case, "properties")
    values = {"wantedMinutes": minutes(part.wanted), "coveredMinutes": minutes(part.covered), "percent": percent(part)}
    values |= {f"{cause.value}Minutes": minutes(seconds) for cause, seconds in sorted(part.causes.items())}
    for name, value in values.items():
        ET.SubElement(holder, "property", name=name, value="" if value is None else str(value))
    lines = [*(gap_text(gap, cover.zone) for gap in cover.gaps), *notes(cover)]
    if found.below(cover):
        message = f"{shares(part)} of {minutes(part.due)} wanted minutes are covered, less than {found.least} %"
        failure = ET.SubElement(case, "failure", type="coverage", message=clean(message))
        failure.text = clean("\n".join([f"Gaps: {causes(part)}", *lines]))
    elif not part.due:
        ET.SubElement(case, "skipped", message="nothing was wanted")
    elif lines:
        ET.SubElement(case, "system-out").text = clean("\n".join(lines))


__all__ = ["coverage_junit"]
