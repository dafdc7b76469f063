"""takeup coverage as a user meets it: with real runs of apply, wrong input, and nothing to tell yet."""

import json
import time
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest
from tests.cli.conftest import HALL, SECRETS

if TYPE_CHECKING:
    from tests.cli.conftest import Project


def scheduled(begin: datetime, end: datetime) -> str:
    window = f'{{from: "{begin:%Y-%m-%dT%H:%M:%SZ}", to: "{end:%Y-%m-%dT%H:%M:%SZ}"}}'
    return f"{HALL}  schedule: {{windows: [{window}]}}\n"


def around_now() -> str:
    """A window that is open for long."""
    now = datetime.now(UTC)
    return scheduled(now - timedelta(hours=2), now + timedelta(hours=2))


def test_from_the_first_apply_on(project: "Project") -> None:
    """Real runs are accounted for: all since the first one, and none of it is missing but the seconds of the start."""
    project.write(around_now())
    for _ in range(3):
        project.apply()
    done = project.run("coverage", "--format", "json")
    assert done.returncode == 0, done.stderr
    (row,) = json.loads(done.stdout)["recordings"]
    assert row["address"] == "CompositeRecording.hall"
    assert set(row["gapMinutes"]) <= {"starting"}
    assert row["wantedMinutes"] < 3
    state = (project.root / "state" / "default.json").read_text("utf-8")
    assert "seenAt" in state
    assert not [secret for secret in SECRETS.values() if secret in state + done.stdout]


def test_it_needs_no_credentials_and_makes_no_call(project: "Project") -> None:
    """Whoever may read the state may read the coverage."""
    project.write(around_now())
    project.apply()
    project.env = {}
    before = list(project.seen)
    for form in ("text", "json", "junit", "html"):
        done = project.run("coverage", "--format", form)
        assert (done.returncode, done.stderr) == (0, "")
        assert "CompositeRecording.hall" in done.stdout
        assert "\x1b" not in done.stdout
    assert project.seen == before


def test_the_same_state_is_written_only_once(project: "Project") -> None:
    """A run that finds all as it was leaves the state as it is, and an account of the ten minutes to come is open."""
    project.write(around_now())
    project.apply()
    time.sleep(1.1)  # accounts are kept in whole seconds: the one that the start took is over
    project.apply()
    before = (project.root / "state" / "default.json").read_bytes()
    project.apply()
    assert (project.root / "state" / "default.json").read_bytes() == before


def test_a_project_without_schedules(project: "Project") -> None:
    """Nothing is accounted for, that is said, and it is no error; a gate over nothing is one."""
    project.apply()
    done = project.run("coverage")
    assert (done.returncode, done.stdout) == (0, "Coverage of campus: no run has kept an account yet.\n")
    done = project.run("coverage", "--min", "99")
    assert done.returncode == 1
    assert "There is no account that --min could be held against." in done.stderr


def test_a_refused_run_is_in_the_account(project: "Project") -> None:
    """A run whose plan had no room leaves the reason behind."""
    now = datetime.now(UTC)
    project.write(scheduled(now + timedelta(hours=1), now + timedelta(hours=2)))
    project.apply()
    project.write(around_now())
    project.write(around_now().replace("name: hall", "name: other").replace('"10001"', '"10002"'), "other.yaml")
    text = (project.root / "takeup.yaml").read_text("utf-8")
    (project.root / "takeup.yaml").write_text(
        text.replace("  agora:\n", "  agora:\n    maxConcurrent: {mix: 1}\n"), "utf-8"
    )
    assert project.run("apply", "--auto-approve").returncode == 1
    rows = json.loads(project.run("coverage", "--format", "json").stdout)["recordings"]
    assert [row["notRecordedNow"]["cause"] for row in rows] == ["quota", "quota"]


def test_a_move_in_the_state_takes_the_account_along(project: "Project") -> None:
    """`state mv` renames the account too."""
    project.write(around_now())
    project.apply()
    assert project.run("state", "mv", "CompositeRecording.hall", "CompositeRecording.aula").returncode == 0
    rows = json.loads(project.run("coverage", "--format", "json").stdout)["recordings"]
    assert [row["address"] for row in rows] == ["CompositeRecording.aula"]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        pytest.param(["--min", "101"], "is not a percentage from 0 to 100", id="more than all"),
        pytest.param(["--min", "most"], "is not a percentage: write for example 99.9", id="no number"),
        pytest.param(["--min", "NaN"], "is not a percentage from 0 to 100", id="not a number"),
        pytest.param(["--since", "monday"], "is not a day: write for example 2026-12-01", id="no day"),
        pytest.param(["--until", "2026-02-30"], "is not a day", id="a day that does not exist"),
        pytest.param(
            ["--since", "2026-03-02", "--until", "2026-03-01"], "--since 2026-03-02 is after --until", id="backwards"
        ),
        pytest.param(["CompositeRecording.hal"], "Did you mean CompositeRecording.hall?", id="a mistyped address"),
        pytest.param(
            ["WebPageRecording.x*"], "No run has kept an account of WebPageRecording.x*", id="no such pattern"
        ),
        pytest.param(["--format", "csv"], "'csv' is not one of", id="no such format"),
        pytest.param(["--top", "-1"], "-1 is not in the range", id="fewer than none"),
    ],
)
def test_wrong_input(project: "Project", arguments: list[str], message: str) -> None:
    """Refused with 1 and a sentence that says what to write instead."""
    project.write(around_now())
    project.apply()
    done = project.run("coverage", *arguments)
    assert done.returncode == 1
    assert message in done.stderr
    assert "Traceback" not in done.stderr
