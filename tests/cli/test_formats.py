"""Formats for other tools, as a pipeline asks for them."""

import json
from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

import pytest
from tests.cli.conftest import SECRETS

if TYPE_CHECKING:
    from tests.cli.conftest import Project


def test_an_apply_tells_events(project: "Project") -> None:
    """Every line of stdout is an event: the plan, each step, the sid, and the counts at the end."""
    done = project.run("apply", "--auto-approve", "--format", "events")
    found = [json.loads(line) for line in done.stdout.splitlines()]
    kinds = [event["type"] for event in found]
    assert kinds == [
        "version",
        "log",
        "planned_change",
        "change_summary",
        "apply_start",
        "apply_progress",
        "apply_complete",
        "change_summary",
    ]
    (session,) = project.world.sessions()
    assert found[-2]["hook"]["id_value"] == session.sid
    assert not any(secret in done.stdout + done.stderr for secret in SECRETS.values())
    gone = project.run("destroy", "--auto-approve", "--format", "events").stdout.splitlines()[-1]
    assert json.loads(gone)["changes"] == {"add": 0, "change": 0, "import": 0, "remove": 1, "operation": "destroy"}


def test_an_error_ends_the_stream_as_a_diagnostic(project: "Project") -> None:
    """A state that cannot be used is told in the stream, and the command fails."""
    (project.root / "state").mkdir(exist_ok=True)
    (project.root / "state" / "default.json").write_text("{", encoding="utf-8")
    done = project.run("apply", "--auto-approve", "--format", "events")
    last = json.loads(done.stdout.splitlines()[-1])
    assert (done.returncode, last["type"], last["@level"]) == (1, "diagnostic", "error")
    assert last["diagnostic"]["summary"] in done.stderr


@pytest.mark.parametrize("form", ["sarif", "junit"])
def test_validate_reports_a_problem_at_its_line(project: "Project", form: str) -> None:
    """A misspelt key is told with file and line, and the command fails."""
    text = (project.root / "manifests/hall.yaml").read_text("utf-8")
    project.write(text.replace("subscribeAudioUids", "subscribeAudioUidz"))
    done = project.run("validate", "--format", form)
    assert done.returncode == 1
    if form == "sarif":
        place = json.loads(done.stdout)["runs"][0]["results"][0]["locations"][0]["physicalLocation"]
        assert (place["artifactLocation"]["uri"], place["region"]["startLine"]) == ("manifests/hall.yaml", 8)
    else:
        case = ET.fromstring(done.stdout).find(".//failure/..")  # noqa: S314 - our own output
        assert case is not None
        assert (case.get("name"), case.get("line")) == ("CompositeRecording.hall", "8")


@pytest.mark.parametrize("form", ["sarif", "junit"])
def test_validate_passes_what_is_valid(project: "Project", form: str) -> None:
    """Without a problem there is a report as well."""
    done = project.run("validate", "--format", form)
    assert (done.returncode, "CompositeRecording.hall" in done.stdout) == (0, form == "junit")
