"""The main job as a user types it."""

import json
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.cli.conftest import Project


def test_plan_apply_change_destroy(project: "Project") -> None:
    """Declared, planned, applied, an empty plan, one changed list, and gone."""
    assert "Plan: 1 to add, 0 to change, 0 to destroy." in project.run("plan").stdout
    assert "Apply complete! Recordings: 1 added, 0 changed, 0 destroyed. 2 API calls." in project.apply().stdout
    assert project.run("state", "list").stdout == "CompositeRecording.hall\n"
    assert project.run("plan", "--detailed-exitcode").returncode == 0
    text = (project.root / "manifests/hall.yaml").read_text("utf-8")
    project.write(text.replace('["7"]', '["8"]'))
    assert "1 API call" in project.run("plan").stdout
    project.apply()
    assert project.seen.count("update") == 1
    assert len(project.world.sessions()) == 1
    assert project.run("destroy", "--auto-approve").returncode == 0
    assert project.world.sessions() == []


def test_json_reports(project: "Project") -> None:
    """Stdout holds one JSON document and nothing else."""
    planned = json.loads(project.run("plan", "--format", "json").stdout)
    assert planned["format"] == "takeup-plan/1"
    assert planned["summary"]["callsByOperation"] == {"acquire": 1, "start": 1}
    applied = json.loads(project.run("apply", "--auto-approve", "--format", "json").stdout)
    assert applied["calls"] == 2
    assert [row["address"] for row in applied["applied"]] == ["CompositeRecording.hall"]


def test_a_plan_writes_nothing(project: "Project") -> None:
    """No state, no lock and no journal come from a plan."""
    before = sorted(project.root.rglob("*"))
    project.run("plan")
    assert sorted(project.root.rglob("*")) == before


def test_the_embedded_emulator_says_that_it_is_one(project: "Project") -> None:
    """A run that reaches no real recorder says so in its first line."""
    project.point("emulator")
    assert "emulator" in project.run("plan").stdout.splitlines()[0].lower()
