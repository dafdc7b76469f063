import json
from dataclasses import replace

from inline_snapshot import snapshot
from tests.unit.render.samples import DELETE, PLAN

from takeup.core.plan_document import plan_document
from takeup.render.plan_json import plan_json


def test_whole_plan() -> None:
    """A small plan is written as a whole, the digest after the format."""
    assert plan_json(replace(PLAN, changes=(DELETE,))) == snapshot("""\
{
  "format": "takeup-plan/1",
  "digest": "sha256:0d72153d6c0368ec033056604853994ee4276f2a9278ac7b6cf663e6742ab39b",
  "project": "campus",
  "lineage": "5c1d",
  "serial": 7,
  "createdAt": "2026-03-01T09:30:00Z",
  "validUntil": null,
  "target": {
    "endpoint": "https://api.sd-rtn.com",
    "realm": "agora",
    "appId": "0123456789abcdef0123456789abcdef"
  },
  "selection": {},
  "summary": {
    "create": 0,
    "update": 0,
    "replace": 0,
    "delete": 1,
    "forget": 0,
    "noop": 2,
    "unjudged": 0,
    "calls": 1,
    "callsByOperation": {
      "stop": 1
    }
  },
  "moves": [],
  "stopsFirst": false,
  "estimate": null,
  "recovery": [],
  "lost": [],
  "changes": [
    {
      "address": "WebPageRecording.slides",
      "kind": "WebPageRecording",
      "action": "delete",
      "reason": "not wanted any more",
      "calls": [
        "stop"
      ],
      "repeats": [],
      "cutsOff": null,
      "attributes": [
        {
          "path": "webRecorder.onhold",
          "before": false,
          "after": null,
          "sensitive": false,
          "effect": "update"
        },
        {
          "path": "webRecorder.url",
          "before": "https://example.com",
          "after": null,
          "sensitive": false,
          "effect": "replace"
        }
      ],
      "before": null,
      "after": null,
      "unchanged": 0
    }
  ],
  "drift": [
    {
      "address": "ScreenshotCapture.thumbs",
      "was": "RUNNING",
      "now": "ENDED",
      "since": null,
      "evidence": "404 for 90 s",
      "before": null
    }
  ],
  "warnings": [
    "CompositeRecording.x is SUSPECT: 404 since 09:29:50."
  ],
  "cost": null,
  "rails": null,
  "origins": {},
  "running": []
}
""")


def test_holds_the_document() -> None:
    """The JSON of a plan with every action is its document and its digest, and nothing else."""
    document = json.loads(plan_json(PLAN))
    assert list(document)[:2] == ["format", "digest"]
    assert document.pop("digest") == PLAN.digest
    assert document == plan_document(PLAN)
