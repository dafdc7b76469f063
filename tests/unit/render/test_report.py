from inline_snapshot import snapshot
from tests.recordings import NOON, resource

from takeup.core.plan import Action, Change, Recovery
from takeup.engine.apply import Report
from takeup.engine.recovering import ADOPTED
from takeup.errors import TakeupError
from takeup.render.report import apply_json, apply_text
from takeup.render.style import Style

RECOVERY = Recovery(resource("e").address, "start", NOON, "rid", "not answered", "start is sent again", ("start",))


def change(action: Action, name: str, *calls: str) -> Change:
    return Change(resource(name).address, action, "", calls)


REPORT = Report(
    applied=[change(Action.CREATE, "a", "acquire", "start")],
    recovered=[(RECOVERY, ADOPTED)],
    failed=[(change(Action.DELETE, "b", "stop"), TakeupError("no answer", hint="Plan again."))],
    skipped=[change(Action.UPDATE, "c", "update")],
    lost=[resource("d").address],
)


def test_the_report_as_text() -> None:
    """Failures with what to do next, what was not begun, what was recovered, what is LOST, and the totals last."""
    assert apply_text(REPORT, 3, Style(colour=False)) == snapshot("""\

Error: CompositeRecording.b: delete failed: no answer
  Plan again.
Not begun: CompositeRecording.c (update)
Recovered: CompositeRecording.e: adopted
LOST: CompositeRecording.d: takeup plan says since when, and what can be done.
Apply incomplete: 1 failed, 1 not begun. Recordings: 1 added, 0 changed, 0 destroyed. 3 API calls.
""")


def test_whole_report() -> None:
    """The report has what was done, what failed, what was skipped, and the number of calls."""
    assert apply_json(REPORT, 3) == snapshot("""\
{
  "applied": [
    {
      "address": "CompositeRecording.a",
      "action": "create",
      "calls": [
        "acquire",
        "start"
      ]
    }
  ],
  "recovered": [
    {
      "address": "CompositeRecording.e",
      "operation": "start",
      "outcome": "adopted"
    }
  ],
  "failed": [
    {
      "address": "CompositeRecording.b",
      "action": "delete",
      "error": "no answer",
      "hint": "Plan again."
    }
  ],
  "skipped": [
    {
      "address": "CompositeRecording.c",
      "action": "update"
    }
  ],
  "lost": [
    "CompositeRecording.d"
  ],
  "calls": 3
}
""")
