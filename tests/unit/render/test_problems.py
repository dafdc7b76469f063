from dataclasses import dataclass

from inline_snapshot import snapshot

from takeup.render.problems import problems_json, problems_text
from takeup.render.style import Style


@dataclass(frozen=True)
class Found:
    """A problem as the manifest layer might find it."""

    severity: str
    file: str
    line: int
    column: int
    address: str
    message: str
    suggestion: str


PLAIN = Style(colour=False)
ERROR = Found("error", "manifests/a.yaml", 12, 5, "CompositeRecording.x", "No such key.", "Did you mean uid?")
WARNING = Found("warning", "manifests/b.yaml", 1, 1, "", "Only in the 2024 docs.", "")


def test_text() -> None:
    """Each problem has its place and its suggestion, and a count closes the list."""
    assert problems_text([ERROR, WARNING], PLAIN) == snapshot("""\
error: manifests/a.yaml:12:5: CompositeRecording.x: No such key.
  Did you mean uid?
warning: manifests/b.yaml:1:1: Only in the 2024 docs.
Not valid: 1 error, 1 warning.
""")


def test_text_without_errors() -> None:
    """Warnings alone leave the manifests valid."""
    assert (
        problems_text([WARNING], PLAIN)
        == "warning: manifests/b.yaml:1:1: Only in the 2024 docs.\nValid: 0 errors, 1 warning.\n"
    )
    assert problems_text([], PLAIN) == "Valid: 0 errors, 0 warnings.\n"


def test_text_is_escaped() -> None:
    """A key of a manifest cannot forge a line."""
    evil = Found("error", "a\nb", 1, 1, "x\x1b", "m\rm", "one\ntwo\x1b")
    assert problems_text([evil], PLAIN) == snapshot("""\
error: a\\nb:1:1: x\\u001b: m\\rm
  one
  two\\u001b
Not valid: 1 error, 0 warnings.
""")


def test_json() -> None:
    """The JSON has the verdict, the counts and every problem."""
    assert problems_json([ERROR, WARNING]) == snapshot("""\
{
  "valid": false,
  "errors": 1,
  "warnings": 1,
  "problems": [
    {
      "severity": "error",
      "file": "manifests/a.yaml",
      "line": 12,
      "column": 5,
      "address": "CompositeRecording.x",
      "message": "No such key.",
      "suggestion": "Did you mean uid?"
    },
    {
      "severity": "warning",
      "file": "manifests/b.yaml",
      "line": 1,
      "column": 1,
      "address": "",
      "message": "Only in the 2024 docs.",
      "suggestion": ""
    }
  ]
}
""")
