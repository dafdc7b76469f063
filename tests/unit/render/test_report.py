from inline_snapshot import snapshot

from takeup.render.report import apply_json


def test_whole_report() -> None:
    """The report has what was done, what failed, what was skipped, and the number of calls."""
    done = {"address": "CompositeRecording.a", "action": "create", "calls": ["acquire", "start"]}
    failed = {"address": "CompositeRecording.b", "action": "delete", "error": "no answer"}
    skipped = {"address": "CompositeRecording.c", "action": "update"}
    assert apply_json([done], [failed], [skipped], 3) == snapshot("""\
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
  "failed": [
    {
      "address": "CompositeRecording.b",
      "action": "delete",
      "error": "no answer"
    }
  ],
  "skipped": [
    {
      "address": "CompositeRecording.c",
      "action": "update"
    }
  ],
  "calls": 3
}
""")
