"""Canary secrets: nowhere but on the wire."""

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.cli.conftest import Done, Project

RUNS = (
    ("validate",),
    ("plan",),
    ("plan", "--format", "json"),
    ("apply", "--auto-approve"),
    ("plan", "--format", "json"),
    ("show", "--format", "json"),
    ("state", "show", "CompositeRecording.hall"),
    ("destroy", "--auto-approve", "--format", "json"),
)


def clean(project: "Project", runs: list["Done"]) -> None:
    """No canary in any output, and in no file of the project."""
    for done in runs:
        assert "canary" not in done.stdout + done.stderr, done.args
    for path in project.root.rglob("*"):
        if path.is_file():
            assert b"canary" not in path.read_bytes(), path


@pytest.mark.parametrize("embedded", [False, True], ids=["server", "embedded emulator"])
def test_no_secret_is_kept_or_shown(project: "Project", *, embedded: bool) -> None:
    """State, backup, journal, emulator.db, plans and reports hold fingerprints or nothing."""
    if embedded:
        project.point("emulator")
    runs = []
    for args in RUNS:
        done = project.run(*args)
        assert done.returncode == 0, done.stderr
        runs.append(done)
        clean(project, [done])
    assert (project.root / "state/emulator.db").exists() is embedded
    clean(project, runs)


def test_no_secret_is_in_an_error(project: "Project") -> None:
    """A run that fails for one missing secret names its variable, and shows none of the others."""
    del project.env["SECRET_KEY"]
    done = project.run("plan")
    assert done.returncode == 1
    assert "SECRET_KEY" in done.stderr
    clean(project, [done])
