"""Plans with whole specs and origins, as the planner makes them: what the formats for other tools are made from."""

import re
from collections.abc import Iterable
from dataclasses import replace
from datetime import timedelta
from importlib import import_module
from importlib.util import find_spec
from typing import Any

from tests.recordings import NOON, STORAGE, plan, resource, session, snapshot

from takeup.core.address import Kind
from takeup.core.plan import Change, Plan
from takeup.core.resource import Resource
from takeup.core.secret import Secret
from takeup.core.selection import Selection
from takeup.core.snapshot import Liveness, OpenCall, SessionState

CANARY = "canary-"
"""Every secret of these plans, and of the scenarios, begins so; no format and no reader of one may show it."""
OTHER_BUCKET = "somebody-elses-bucket"
_SECRETS = {name: Secret(f"{CANARY}{name}") for name in ("accessKey", "secretKey")}
_STEP = re.compile(r"[^.\[\]]+")


def _recording(name: str, kind: Kind = Kind.COMPOSITE, line: int = 1, **spec: Any) -> Resource:  # noqa: ANN401 - any attribute
    secrets = {"storageConfig": {**STORAGE, **_SECRETS}, "token": Secret(f"{CANARY}token")}
    made = resource(name, kind, **{**secrets, **spec})
    return replace(made, origin=f"manifests/{name}.yaml:{line}")


HALL = _recording("hall")
SLIDES = _recording(
    "slides", Kind.WEB_PAGE, 7, rtmpPublish={"outputs": [{"rtmpUrl": Secret(f"rtmp://live.example.org/{CANARY}")}]}
)


def _changed(of: Resource, **spec: Any) -> Resource:  # noqa: ANN401 - any attribute
    return replace(of, spec={**of.spec, **spec})


def _layout(number: int, **more: Any) -> dict[str, Any]:  # noqa: ANN401 - any attribute
    config = {"width": 1280, "height": 720, "fps": 15, "bitrate": 1500, "mixedVideoLayout": number}
    return {"recordingConfig": {"channelType": 1, "transcodingConfig": config, **more}}


def _replaced() -> Resource:
    storage = {**HALL.spec["storageConfig"], "bucket": OTHER_BUCKET, "secretKey": Secret(f"{CANARY}new")}
    return _changed(HALL, storageConfig=storage)


def _ended(*sessions: SessionState) -> list[SessionState]:
    return [replace(item, liveness=Liveness.ENDED, evidence="404 for 90 s") for item in sessions]


def _everything() -> Plan:
    kept = [_recording(name) for name in ("board", "lesson", "stage", "thumbs")]
    board, lesson, stage, thumbs = kept
    running = [session(board), session(_changed(lesson, **_layout(0))), session(stage)]
    wanted = [HALL, _changed(lesson, **_layout(1)), _changed(stage, cname="other")]
    return plan(wanted, [*running, *_ended(session(thumbs))], previous=snapshot(session(thumbs)))


WHOLE_PLANS: dict[str, Plan] = {
    "create": plan([HALL, SLIDES], []),
    "update": plan([_changed(HALL, **_layout(1, subscribeAudioUids=["7"]))], [session(_changed(HALL, **_layout(0)))]),
    "secret changed": plan(
        [_changed(HALL, storageConfig={**HALL.spec["storageConfig"], "accessKey": Secret(f"{CANARY}2")})],
        [session(HALL)],
    ),
    "replace": plan([_replaced()], [session(HALL)]),
    "replace asked for": plan([HALL], [session(HALL)], selection=Selection(replace=("*",))),
    "delete": plan([], [session(HALL), session(SLIDES)]),
    "forget": plan([], _ended(session(HALL))),
    "ended, recorded anew": plan([HALL], _ended(session(HALL)), previous=snapshot(session(HALL))),
    "suspect": plan(
        [HALL],
        [session(HALL, Liveness.SUSPECT, suspect_since=NOON, evidence="404 since 12:00:00")],
        previous=snapshot(session(HALL)),
        at=NOON + timedelta(seconds=20),
    ),
    "lost": plan([HALL], [session(HALL, Liveness.LOST)]),
    "recovery": plan(
        [HALL],
        [session(HALL, Liveness.UNKNOWN, sid=None, open=OpenCall("start", NOON))],
        at=NOON + timedelta(seconds=20),
    ),
    "targeted": plan([HALL, SLIDES], [], selection=Selection(target=("WebPageRecording.*",))),
    "nothing to do": plan([HALL], [session(HALL)]),
    "everything": _everything(),
}


def every_plan() -> dict[str, Plan]:
    """All of the above, and every scenario of the other formats with specs made from its attributes."""
    name = "tests.unit.render.scenarios"
    scenarios: dict[str, Plan] = import_module(name).SCENARIOS if find_spec(name) else {}
    return {**WHOLE_PLANS, **{f"scenario: {key}": with_specs(item) for key, item in scenarios.items()}}


def with_specs(made: Plan) -> Plan:
    """A plan made by hand, with the specs that its attributes tell of."""
    return replace(made, changes=tuple(_with_specs(change) for change in made.changes))


def _with_specs(change: Change) -> Change:
    if change.before is not None or change.after is not None:
        return change
    created, gone = "create" in change.action, change.action in {"delete", "forget"}
    return replace(
        change,
        before=None if created else _spec((item.path, item.before) for item in change.attributes),
        after=None if gone else _spec((item.path, item.after) for item in change.attributes),
    )


def _spec(rows: Iterable[tuple[str, Any]]) -> dict[str, Any]:
    spec: dict[str, Any] = {}
    for path, value in rows:
        *holders, last = _STEP.findall(path)
        at = spec
        for step in holders:
            at = at.setdefault(step, {})
        if value is not None:
            at[last] = value
    return spec
