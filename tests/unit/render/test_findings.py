# ruff: noqa: E501 - a line of output is as long as it is
"""What validate, plan and drift find, as SARIF and JUnit."""

import json
from dataclasses import replace
from xml.etree import ElementTree as ET

from inline_snapshot import snapshot
from tests.unit.render.wholeplans import HALL, WHOLE_PLANS

from takeup.core.plan import Drift
from takeup.manifest.problem import Problem
from takeup.render.findings import Level, of_drift, of_problems, of_warnings
from takeup.render.findings_junit import findings_junit
from takeup.render.sarif import sarif

PROBLEMS = of_problems(
    [
        Problem(
            "error", "manifests/a b.yaml", 9, 5, "CompositeRecording.a", "maxIdletime is not known.", "maxIdleTime?"
        ),
        Problem("error", "manifests/a b.yaml", 2, 1, "CompositeRecording.a", "name is missing.", ""),
        Problem("warning", "takeup.yaml", 3, 1, "", "It is odd.", ""),
    ]
)


def test_problems_as_junit() -> None:
    """Problems of one recording share a failure, a warning is skipped, and what has none passes."""
    assert findings_junit("validate", PROBLEMS, ["CompositeRecording.a", "CompositeRecording.b"]) == snapshot("""\
<?xml version='1.0' encoding='utf-8'?>
<testsuites name="takeup validate" tests="3" failures="1" errors="0" skipped="1" time="0.000">
  <testsuite name="takeup.validate" tests="3" failures="1" errors="0" skipped="1" time="0.000">
    <testcase classname="takeup.validate" name="CompositeRecording.a" time="0.000" file="manifests/a b.yaml" line="9">
      <failure type="manifest" message="maxIdletime is not known.&#10;maxIdleTime?">manifests/a b.yaml:9:5: maxIdletime is not known.
maxIdleTime?
manifests/a b.yaml:2:1: name is missing.</failure>
    </testcase>
    <testcase classname="takeup.validate" name="CompositeRecording.b" time="0.000" />
    <testcase classname="takeup.validate" name="takeup.yaml" time="0.000" file="takeup.yaml" line="3">
      <skipped message="It is odd.">takeup.yaml:3:1: It is odd.</skipped>
    </testcase>
  </testsuite>
</testsuites>
""")


def test_nothing_found_is_one_passed_case() -> None:
    """A project without recordings gives a report that holds a test case."""
    root = ET.fromstring(findings_junit("validate", []))  # noqa: S314 - our own output
    assert [(case.get("name"), len(case)) for case in root.iter("testcase")] == [("all", 0)]


def test_problems_as_sarif() -> None:
    """Each problem is a result at its line and column."""
    run = json.loads(sarif(PROBLEMS))["runs"][0]
    assert [rule["id"] for rule in run["tool"]["driver"]["rules"]] == ["manifest"]
    assert run["results"][0] == snapshot(
        {
            "ruleId": "manifest",
            "ruleIndex": 0,
            "level": "error",
            "message": {
                "text": """\
maxIdletime is not known.
maxIdleTime?\
"""
            },
            "locations": [
                {
                    "physicalLocation": {
                        "artifactLocation": {"uri": "manifests/a%20b.yaml"},
                        "region": {"startLine": 9, "startColumn": 5},
                    },
                    "logicalLocations": [{"fullyQualifiedName": "CompositeRecording.a", "kind": "resource"}],
                }
            ],
        }
    )
    assert [result["level"] for result in run["results"]] == ["error", "error", "warning"]
    assert "logicalLocations" not in run["results"][2]["locations"][0]


def test_rules_of_a_policy_bring_their_own_words() -> None:
    """A rule that is not takeup's is described by whoever brings it."""
    (problem, *_) = PROBLEMS
    run = json.loads(sarif([replace(problem, rule="no-foreign-bucket")], {"no-foreign-bucket": "Buckets are ours."}))[
        "runs"
    ][0]
    assert run["tool"]["driver"]["rules"] == [
        {"id": "no-foreign-bucket", "shortDescription": {"text": "Buckets are ours."}}
    ]


def test_levels_of_drift() -> None:
    """A recording that ended is an error, unless nobody wants it; one that runs again is a note."""
    found = [Drift(HALL.address, "RUNNING", now, "") for now in ("ENDED", "SUSPECT", "UNKNOWN", "RUNNING")]
    assert [item.level for item in of_drift(found, {})] == [Level.ERROR, Level.WARNING, Level.WARNING, Level.NOTE]
    assert [item.level for item in of_drift(found[:1], {}, {HALL.address})] == [Level.NOTE]


def test_a_warning_is_about_the_address_that_it_begins_with() -> None:
    """Both ways in which warnings begin are known, and others are about the project."""
    texts = [
        "CompositeRecording.hall is UNKNOWN.",
        "CompositeRecording.hall: an answer broke a promise.",
        "Odd.thing is.",
    ]
    found = list(of_warnings(texts, {HALL.address: "manifests/hall.yaml:4"}))
    assert [(item.address, item.file, item.line) for item in found] == [
        ("CompositeRecording.hall", "manifests/hall.yaml", 4),
        ("CompositeRecording.hall", "manifests/hall.yaml", 4),
        ("", "takeup.yaml", 1),
    ]


def test_drift_of_a_plan_can_be_told_alone() -> None:
    """`takeup drift` tells the drift of a plan with the same functions."""
    made = WHOLE_PLANS["ended, recorded anew"]
    (result,) = json.loads(sarif(of_drift(made.drift, made.origins)))["runs"][0]["results"]
    assert (result["ruleId"], result["level"]) == ("drift", "error")
