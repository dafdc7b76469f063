"""`takeup plan --format`, as a pipeline and as a person at a terminal run it."""

import json
import os
import pty
import re
import subprocess
from typing import TYPE_CHECKING

import pytest
from tests.cli.conftest import SECRETS, TAKEUP

from takeup.render.formats import FORMATS

if TYPE_CHECKING:
    from tests.cli.conftest import Project

_CODES = re.compile(r"\x1b\[[0-9;]*m")
STARTS = {"text": "takeup plan: campus", "json": "{", "markdown": "<!-- takeup-plan digest=", "html": "<!doctype html>"}


@pytest.mark.parametrize("form", FORMATS)
def test_a_pipe_gets_the_document_and_nothing_else(project: "Project", form: str) -> None:
    """Stdout holds the document alone, without secrets; whom the calls go to is told beside it."""
    done = project.run("plan", "--format", form)
    assert done.returncode == 0
    assert done.stdout.startswith(STARTS.get(form, ""))
    assert "\x1b" not in done.stdout
    assert not any(secret in done.stdout + done.stderr for secret in SECRETS.values())
    if form != "text":
        assert done.stderr.startswith("takeup plan: http://127.0.0.1:")


def test_a_comment_is_as_short_as_asked(project: "Project") -> None:
    """--max-chars limits the Markdown; a limit that holds nothing is refused."""
    for number in range(30):
        text = (project.root / "manifests/hall.yaml").read_text("utf-8").replace("hall", f"hall-{number}")
        project.write(text, f"{number}.yaml")
    assert len(project.run("plan", "--format", "markdown").stdout) > 5000
    short = project.run("plan", "--format", "markdown", "--max-chars", "2000").stdout
    assert len(short) <= 2000
    assert "31 to add" in short
    assert project.run("plan", "--max-chars", "10").returncode == 1


def test_the_marker_changes_with_the_plan(project: "Project") -> None:
    """The digest in the Markdown is that of the JSON."""
    digest = json.loads(project.run("plan", "--format", "json").stdout)["digest"]
    assert f"digest={digest} project=campus" in project.run("plan", "--format", "markdown").stdout


@pytest.mark.parametrize(
    ("more", "coloured"),
    [pytest.param({}, True, id="a terminal"), pytest.param({"NO_COLOR": "1"}, False, id="NO_COLOR")],
)
def test_a_terminal_gets_colours_that_fit(project: "Project", more: dict[str, str], *, coloured: bool) -> None:
    """On a terminal lines fit into its width, and colours are left out where they are not wanted."""
    shown = _on_a_terminal(project, {"COLUMNS": "70", **more}, "plan")
    assert ("\x1b[" in shown) is coloured
    lines = _CODES.sub("", shown).splitlines()
    assert any("will be created" in line for line in lines)
    assert [line for line in lines[1:] if len(line) > 70 and not line.startswith("Summary")] == []


def _on_a_terminal(project: "Project", more: dict[str, str], *args: str) -> str:
    ours, theirs = pty.openpty()
    env = {"PATH": os.environ["PATH"], "HOME": str(project.root), "TERM": "xterm", **project.env, **more}
    with subprocess.Popen([TAKEUP, *args], cwd=project.root, env=env, stdin=theirs, stdout=theirs) as child:  # noqa: S603 - our own command
        os.close(theirs)
        shown = b""
        while True:
            try:
                read = os.read(ours, 65_536)
            except OSError:  # Linux's way to say that the other end is closed
                break
            if not read:
                break
            shown += read
        assert child.wait(60) == 0
    os.close(ours)
    return shown.decode()
