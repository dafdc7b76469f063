"""What an import says."""

import json

from tests.recordings import TARGET, resource, session

from takeup.engine.importing import Imported
from takeup.render.imported import manifest_json, session_json, session_text, variables_text

HALL = session(resource(), sid="s\x1b[31m")


def test_an_import_as_text() -> None:
    """Whom was asked, what is recorded, what a person has to know; nothing a terminal would obey."""
    assert session_text(Imported(HALL, 5, ("a note",), believed=True), TARGET) == (
        "CompositeRecording.hall: imported from the embedded emulator (no real recorder is reached).\n"
        '    resourceId = "resource-id"\n'
        '    sid        = "s\\u001b[31m"\n'
        "    status     = 5\n"
        "    startedAt  = 2026-03-01T12:00:00Z\n"
        "Note: a note\n"
        "Note: The manifest is believed: Agora cannot read a configuration back, so takeup does not see it where the "
        "session was started with other settings.\n"
    )


def test_what_was_there_already() -> None:
    """No status, since nobody was asked."""
    text = session_text(Imported(HALL, None), TARGET)
    assert text.startswith("CompositeRecording.hall: is in the state already; nothing was asked.\n")
    assert "status" not in text


def test_an_import_as_json() -> None:
    """The same facts by name."""
    assert json.loads(session_json(Imported(HALL, 5, ("a note",)))) == {
        "address": "CompositeRecording.hall",
        "imported": True,
        "resourceId": "resource-id",
        "sid": "s\x1b[31m",
        "status": 5,
        "startedAt": "2026-03-01T12:00:00Z",
        "notes": ["a note"],
    }


def test_what_is_left_to_do() -> None:
    """Notes, then the variables in a column, or nothing."""
    assert variables_text([], []) == ""
    assert variables_text([("HALL_TOKEN", "token"), ("KEY", "storageConfig.accessKey")], ["a note"]) == (
        "Note: a note\n"
        "Set these variables; the values themselves were not written anywhere:\n"
        "  HALL_TOKEN  token\n"
        "  KEY         storageConfig.accessKey\n"
    )


def test_a_manifest_as_json() -> None:
    """The text with what is left to do."""
    made = json.loads(manifest_json(HALL.address, None, "spec: {}\n", [("KEY", "token")], []))
    assert made["variables"] == [{"name": "KEY", "attribute": "token"}]
    assert (made["file"], made["manifest"]) == (None, "spec: {}\n")
