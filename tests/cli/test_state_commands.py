"""takeup state rm."""

import json
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.cli.conftest import Project


def test_giving_up_a_lost_session(project: "Project") -> None:
    """A LOST session is given up with all its resourceIds told, and the next plan wants to record again."""
    project.apply()
    file = project.root / "state/default.json"
    state = json.loads(file.read_bytes())
    session = state["resources"]["CompositeRecording.hall"]
    before = {**session, "liveness": "ENDED"}
    del session["sid"]
    session |= {
        "liveness": "LOST",
        "since": "2026-11-24T18:01:02Z",
        "open": {"operation": "start", "at": "2026-11-24T18:01:02Z"},
        "formerResourceIds": ["first-try", "second-try"],
        "resourceId": "third-try",
        "predecessor": before,
    }
    file.write_text(json.dumps(state), "utf-8")
    gone = project.run("state", "rm", "CompositeRecording.hall")
    assert gone.returncode == 0, gone.stderr
    for told in (
        "LOST since 2026-11-24T18:01:02Z",
        "first-try",
        "second-try",
        "third-try",
        before["sid"],
        "not stopped",
    ):
        assert told in gone.stdout
    assert project.run("state", "list").stdout == ""
    assert "1 to add" in project.run("plan").stdout
    assert "stop" not in project.seen


def test_giving_up_what_is_not_there(project: "Project") -> None:
    """An address that the state does not hold is refused, with the one that was meant."""
    none = project.run("state", "rm", "CompositeRecording.hall")
    assert none.returncode == 1
    assert "The state holds no CompositeRecording.hall" in none.stderr
    project.apply()
    wrong = project.run("state", "rm", "CompositeRecording.hal")
    assert wrong.returncode == 1
    assert "Did you mean CompositeRecording.hall?" in wrong.stderr
