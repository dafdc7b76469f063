"""Findings as JUnit XML: one test case per resource, for the test reports of CI servers."""

from collections.abc import Iterable
from xml.etree import ElementTree as ET

from takeup.render.findings import Level, Noted
from takeup.render.xunit import clean, document


def findings_junit(command: str, findings: Iterable[Noted], passed: Iterable[str] = ()) -> str:
    """A failure where there are errors, skipped where there are only warnings, else passed with what there is to say.

    Args:
        command: what was run, the name of the suite.
        findings: what was found; those of one address, or of one file, share a test case.
        passed: addresses of which there may be nothing to say. A suite without any test case has one of its own,
            for many readers take an empty report for a broken one.
    """
    cases: dict[str, list[Noted]] = {name: [] for name in passed}
    for item in findings:
        cases.setdefault(item.address or item.file, []).append(item)
    root = ET.Element("testsuites", name=f"takeup {command}")
    suite = ET.SubElement(root, "testsuite", name=f"takeup.{command}")
    for name, found in (cases or {"all": []}).items():
        _case(suite, name, found)
    return document(root).decode()


def _case(suite: ET.Element, name: str, found: list[Noted]) -> None:
    case = ET.SubElement(suite, "testcase", classname=suite.get("name", ""), name=clean(name), time="0.000")
    if found:
        case.set("file", clean(found[0].file))
        case.set("line", str(found[0].line))
    errors, warnings, notes = ([item for item in found if item.level is level] for level in Level)
    if errors:
        # One failure holds all of them: most readers show only the first of several.
        rules = ", ".join(dict.fromkeys(item.rule for item in errors))
        failure = ET.SubElement(case, "failure", type=clean(rules), message=clean(errors[0].message))
        failure.text = _text([*errors, *warnings])
    elif warnings:
        ET.SubElement(case, "skipped", message=clean(warnings[0].message)).text = _text(warnings)
    if notes:
        ET.SubElement(case, "system-out").text = _text(notes)


def _text(found: list[Noted]) -> str:
    return clean("\n".join(f"{item.file}:{item.line}:{item.column}: {item.message}" for item in found))
