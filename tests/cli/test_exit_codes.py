"""0 done or no changes, 1 any error, 2 changes with --detailed-exitcode."""

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.cli.conftest import Project


@pytest.mark.parametrize(
    "args",
    [
        pytest.param(["plam"], id="no such command"),
        pytest.param(["plan", "--nope"], id="no such flag"),
        pytest.param(["plan", "--format", "xml"], id="no such format"),
        pytest.param(["plan", "--target", "CompositeRecording.nobody"], id="no such address"),
        pytest.param(["apply"], id="apply with nobody to ask"),
        pytest.param(["destroy"], id="destroy with nobody to ask"),
        pytest.param(["state", "show", "Nothing.x"], id="nothing in the state"),
        pytest.param(["-C", "nowhere", "plan"], id="no project"),
        pytest.param(["emulator", "--credentials", "half"], id="half a pair of credentials"),
    ],
)
def test_a_wrong_use_exits_with_1(project: "Project", args: list[str]) -> None:
    """A mistake in the command is an error like any other: 1, told on stderr, nothing on stdout."""
    done = project.run(*args)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr
    assert "Traceback" not in done.stderr
    assert project.world.sessions() == []


def test_detailed_exitcode_tells_changes_from_none(project: "Project") -> None:
    """2 where there is something to do, 0 where there is nothing; without the flag 0 for both."""
    assert project.run("plan").returncode == 0
    assert project.run("plan", "--detailed-exitcode").returncode == 2
    project.apply()
    assert project.run("plan", "--detailed-exitcode").returncode == 0


def test_a_wrong_manifest_exits_with_1(project: "Project") -> None:
    """Validate and plan say the same, and apply calls nobody."""
    project.write("apiVersion: takeup/v1\nkind: CompositeRecording\nmetadata: {name: x}\nspec: {}\n", "x.yaml")
    for args in (["validate"], ["plan"], ["apply", "--auto-approve"]):
        assert project.run(*args).returncode == 1
    assert project.seen == []
