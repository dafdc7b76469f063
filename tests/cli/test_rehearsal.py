"""takeup test: a project's own manifests through scenarios, as a process."""

import json
import re
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
from tests.cli.conftest import HALL, SECRETS, Project

from takeup.provider.emulator.scenarios import BUILT_IN

SHORT = ("--for", "1h", "--every", "10m")
NIGHT = """\
apiVersion: takeup/v1
kind: Scenario
metadata: {name: bad-night}
spec:
  faults:
    - {do: workerDeath, at: 12m}
"""


def folder(project: Project) -> set[str]:
    return {str(path.relative_to(project.root)) for path in project.root.rglob("*") if path.is_file()}


def test_a_rehearsal_needs_no_credentials_no_service_and_no_state(project: Project) -> None:
    """With nothing set it plays on placeholders, calls nobody, and leaves neither state nor emulator.db behind."""
    project.env.clear()
    before = folder(project)
    done = project.run("test", "--scenario", "calm", *SHORT)
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("scenario")
    assert done.stdout.endswith("All promises kept in 1 scenario; 0.0 minutes were not recorded.\n")
    assert "3 secret(s) are not set; placeholders stand for them." in done.stderr
    assert project.seen == []
    assert folder(project) == before


def test_without_a_scenario_all_built_in_ones_are_played(project: Project) -> None:
    """JSON goes to stdout alone, and names every built-in scenario in its order."""
    file = project.root / "takeup.yaml"
    file.write_text(file.read_text("utf-8").replace("confirmEndedFor: 0s", "confirmEndedFor: 90s"), "utf-8")
    done = project.run("test", "--for", "30m", "--every", "10m", "--format", "json")
    assert done.returncode == 0, done.stderr
    document = json.loads(done.stdout)
    assert (document["format"], document["for"], document["every"]) == ("takeup-test/1", 1800, 600)
    assert [item["name"] for item in document["scenarios"]] == [item.name for item in BUILT_IN]
    assert {item["verdict"] for item in document["scenarios"]} == {"kept"}


def test_a_scenario_file_is_played_under_its_own_name(project: Project) -> None:
    """A file is found from here, not from -C, and its faults strike."""
    (project.root / "night.yaml").write_text(NIGHT, "utf-8")
    done = project.run("test", "--scenario", "night.yaml", "--format", "json", *SHORT)
    assert done.returncode == 0, done.stderr
    (scenario,) = json.loads(done.stdout)["scenarios"]
    assert (scenario["name"], scenario["faultsStruck"]) == ("night", 1)
    (hall,) = scenario["resources"]
    assert (hall["address"], hall["sessions"]) == ("CompositeRecording.hall", 2)
    assert hall["lostMinutes"] > 0
    assert hall["story"][1]["at"] == "00:12:00"


def test_the_junit_file_is_written_as_a_whole(project: Project) -> None:
    """The file replaces an older one, can be parsed, and no half-written one is left beside it."""
    report = project.root / "report.xml"
    report.write_text("older", "utf-8")
    done = project.run("test", "--scenario", "deaths", "--junit", "report.xml", *SHORT)
    assert done.returncode == 0, done.stderr
    root = ET.fromstring(report.read_bytes())  # noqa: S314 - our own output
    assert [case.get("name") for case in root.iter("testcase")] == ["CompositeRecording.hall", "pipeline"]
    assert list(project.root.glob(".report*")) == []


def test_what_is_set_is_used_and_never_told(project: Project) -> None:
    """Values of secrets reach neither stdout, stderr nor the JUnit file."""
    done = project.run("test", "--scenario", "unclear", "--junit", "report.xml", "--format", "json", *SHORT)
    told = done.stdout + done.stderr + (project.root / "report.xml").read_text("utf-8")
    assert "placeholder" not in told
    assert [secret for secret in SECRETS.values() if secret in told] == []


def test_a_broken_promise_exits_with_1(project: Project) -> None:
    """A project that believes the first 404 forgets what fails over during its destroy; the rehearsal tells it."""
    rule = "{do: failover, at: 3590s, lasting: 90s}"
    text = f"apiVersion: takeup/v1\nkind: Scenario\nmetadata: {{name: late}}\nspec:\n  faults: [{rule}]\n"
    (project.root / "late.yaml").write_text(text, "utf-8")
    done = project.run("test", "--scenario", "late.yaml", *SHORT)
    assert done.returncode == 1
    assert "BROKEN: leaked" in done.stdout
    assert "Broken promise (leaked): CompositeRecording.hall: session " in done.stdout
    assert re.fullmatch(r"\d+ broken promises? in late, of 1 scenario\.", done.stdout.splitlines()[-1])


def test_a_reference_that_is_no_secret_must_be_set(project: Project) -> None:
    """A channel that cannot be read is refused with its place, as plan refuses it; nothing is played."""
    project.write(HALL.replace("cname: hall", "cname: {fromEnv: NOT_SET}"))
    done = project.run("test", "--scenario", "calm", *SHORT)
    assert done.returncode == 1
    assert done.stdout == ""
    assert re.search(r"manifests/hall\.yaml:\d+:\d+: .*NOT_SET is not set", done.stderr)
    assert "Rehearsing" not in done.stderr


def test_the_list_names_every_scenario_with_a_sentence(project: Project) -> None:
    """--list needs no manifests that are valid, and tells name and sentence in both formats."""
    project.write("nonsense")
    done = project.run("test", "--list")
    assert done.returncode == 0
    assert [line.split()[0] for line in done.stdout.splitlines()] == [item.name for item in BUILT_IN]
    assert all(item.sentence in done.stdout for item in BUILT_IN)
    listed = json.loads(project.run("test", "--list", "--format", "json").stdout)
    assert [item["name"] for item in listed] == [item.name for item in BUILT_IN]


@pytest.mark.parametrize(
    ("args", "told"),
    [
        pytest.param(("--scenario", "deats"), "Did you mean deaths?", id="a mistyped scenario"),
        pytest.param(("--scenario", "calm", "--scenario", "calm"), "named twice", id="one scenario twice"),
        pytest.param(("--for", "10"), "no duration", id="a length without a unit"),
        pytest.param(("--every", "1s"), "no duration", id="runs every second"),
        pytest.param(("--for", "5m", "--every", "1h"), "longer than --for", id="fewer than one run"),
        pytest.param(("--for", "2160h", "--every", "10s"), "100,000 runs", id="too many runs"),
        pytest.param(("--seed", "-1"), "--seed", id="a negative seed"),
        pytest.param(("--scenario", "calm", "--junit", "nowhere/r.xml"), "no folder nowhere", id="no folder for JUnit"),
        pytest.param(("--scenario", "broken.yaml"), "broken.yaml:", id="a scenario file with mistakes"),
    ],
)
def test_wrong_input_is_told_in_words(project: Project, args: tuple[str, ...], told: str) -> None:
    """Mistakes exit with 1 and a sentence, before anything is played, and without a traceback."""
    (project.root / "broken.yaml").write_text(NIGHT.replace("workerDeath", "workerDeth"), "utf-8")
    done = project.run("test", *args)
    assert done.returncode == 1
    assert told in done.stderr
    assert "Traceback" not in done.stderr
    assert "Rehearsing" not in done.stderr


def test_an_unwritable_junit_file_is_told(project: Project) -> None:
    """A folder in the place of the JUnit file is refused at once."""
    Path(project.root / "report.xml").mkdir()
    done = project.run("test", "--scenario", "calm", "--junit", "report.xml")
    assert done.returncode == 1
    assert "report.xml" in done.stderr
    assert "Traceback" not in done.stderr
