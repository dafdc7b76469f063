"""Plans by name, one for each situation that a format has to tell well: `SCENARIOS["replace"]`."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

from tests.recordings import KEY, STORAGE, full_spec
from tests.recordings import plan as planned
from tests.recordings import resource as recording
from tests.recordings import session as recorded
from tests.unit.render.samples import (
    ALL_HANDS,
    CREATE,
    DELETE,
    EMBEDDED,
    FORGET,
    LESSON,
    NOW,
    PLAN,
    QUIET,
    REPLACE,
    SLIDES,
    STAGE,
    THUMBS,
    UPDATE,
    attribute,
)

from takeup.core.address import Address, Kind
from takeup.core.plan import Action, AttributeChange, Change, Drift, Lost, Plan, Recovery, Running
from takeup.core.resource import Fingerprints, Resource
from takeup.core.schema.attribute import Effect
from takeup.core.secret import Secret

CANARY = "canary-7d0e-secret"
"""Planted where a secret could be by mistake; no format may show it."""
RESOURCE_ID = "JyvK8nXHuV1BE64GDkAaBGEscvtHW7v8BrQoRPCHxmeVxwY22-x-kv4GdPcjZeMzoCBUCOr9q-k6wBWMC7SaAkZ_4nO3JLqYwM1bL1n6wKnnD9EC9waxJboci9KUz2WZ4YJrmcJmA7xWkzs_L3AnNwdtcI1kr_u1cWFmi9BWAWAlNd7S7gfoGuH0tGi6CNaOomvr7-ILjPXdCYwgty1hwT6tbAuaW1eqR0kOYTO0Z1SobpBxu1czSFh1GbzGvTZG"  # noqa: E501 - as long as Agora's are
LAYOUT = "recordingConfig.transcodingConfig.layoutConfig"
HOSTILE = (
    "`",
    "```",
    "``` ````` `",
    "|",
    "a|b\\|c",
    "-->",
    "--!>",
    "<!--",
    "</details>",
    "</summary></details><h1>owned</h1>",
    "@everyone",
    "#1 !2 ~bug",
    "<script>document.title='owned'</script>",
    "</script><script>document.title='owned'</script>",
    "<img src=x onerror=\"document.title='owned'\">",
    "\"'><svg onload=document.title='owned'>",
    "[click](javascript:alert(1))",
    "![x](https://tracker.example/x.png)",
    "https://tracker.example/x",
    "&lt;b&gt; &amp;",
    "\n\n# owned\n\n",
    "\r\n| x | y |\r\n| - | - |",
    "\x1b[2J\x1b]0;owned\x07",
    "\u202eevil\u202c\u200b",
    "\ud800",
    "$(rm -rf /) ${HOME} %s {0} @POLICY@",
    "]]></x> ]]>",
    "*b* _i_ ~~s~~ \\",
)
"""What people and servers could write to break out of a table, a code span, a fence, a comment or a tag."""


def row(path: str, before: object, after: object, effect: Effect = Effect.REPLACE, **more: Any) -> AttributeChange:  # noqa: ANN401 - a flag
    return attribute(path, before, after, effect, **more)


def only(*changes: Change, **more: Any) -> Plan:  # noqa: ANN401 - attributes of a plan
    """A plan of these changes, with nothing else to tell."""
    return replace(PLAN, **{"changes": changes, "drift": (), "warnings": (), "noop": 0, **more})


def created(kind: Kind) -> Plan:
    """The plan that the planner makes for a new recording with every attribute."""
    wanted = Resource(Address(kind, "new"), full_spec(kind))
    return only(*planned([wanted], []).changes)


def layout() -> Plan:
    """A region goes, one comes, one is widened, and uid lists change."""

    def region(uid: str, width: float) -> dict[str, Any]:
        return {"uid": uid, "x_axis": 0.0, "y_axis": 0.0, "width": width, "height": 1.0}

    def spec(regions: list[dict[str, Any]], uids: list[str]) -> dict[str, Any]:
        config = {"width": 1280, "height": 720, "fps": 15, "bitrate": 1500, "mixedVideoLayout": 3}
        return {
            "channelType": 1,
            "subscribeVideoUids": uids,
            "transcodingConfig": {**config, "layoutConfig": regions},
        }

    before = recording("panel", recordingConfig=spec([region("7", 0.5), region("8", 0.5)], ["7", "8", "11"]))
    after = recording("panel", recordingConfig=spec([region("8", 0.25), region("9", 0.75)], ["8", "9", "11"]))
    return only(*planned([after], [recorded(before)]).changes)


def secrets() -> Plan:
    """Every secret of a recording is another one, another is created, and a third deleted."""
    kept = Fingerprints(KEY)

    def spec(text: str) -> dict[str, Any]:
        storage = {**STORAGE, **{name: Secret(CANARY + text) for name in ("accessKey", "secretKey", "stsToken")}}
        config = {"channelType": 1, "decryptionMode": 7, "secret": Secret(CANARY + text), "salt": Secret(CANARY + text)}
        return {"token": Secret(CANARY + text), "storageConfig": storage, "recordingConfig": config}

    before, after = recording("vault", **spec("1")), recording("vault", **spec("2"))
    old, new = recording("gone", **spec("1")), recording("new", **spec("2"))
    assert CANARY not in str(kept.applied(before.spec))
    return only(*planned([after, new], [recorded(before), recorded(old)]).changes)


def hostile() -> Plan:
    """Every string that people or servers can choose is one that tries to break out."""
    changes = [
        Change(
            Address(list(Kind)[at % 4], f"h{at}{text}"),
            list(Action)[at % 5],
            f"because {text}",
            ("start",),
            (row("cname", text, f"{text}!"), row(f"x.{text}", None, [text, {text: text}]), row("uid", text, None)),
        )
        for at, text in enumerate(HOSTILE)
    ]
    everything = " ".join(HOSTILE)
    address = Address(Kind.COMPOSITE, everything)
    return replace(
        PLAN,
        project=everything,
        target=replace(PLAN.target, endpoint=f"https://{everything}", app_id=everything),
        changes=tuple(changes),
        recovery=(
            Recovery(address, "start", NOW, everything, everything, everything, ("start",), ("acquire", "start")),
        ),
        lost=(Lost(address, (everything, everything), NOW, everything, None, everything),),
        drift=(Drift(address, everything, everything, everything, NOW),),
        warnings=HOSTILE,
        selection={"target": HOSTILE},
        running=(Running(address, everything, NOW, NOW + timedelta(hours=1), everything),),
    )


def many(count: int = 400) -> Plan:
    """More changes than a comment can hold in full."""
    changes = [
        replace(change, address=Address(change.address.kind, f"{change.address.name}-{number:05}"))
        for number, change in zip(range(count), (CREATE, UPDATE, REPLACE, DELETE) * count, strict=False)
    ]
    return only(*changes)


RECOVERY = Recovery(
    address=ALL_HANDS,
    operation="start",
    since=NOW - timedelta(minutes=9),
    resource_id=RESOURCE_ID,
    evidence="the outcome of the start is not known (timeout)",
    how="start is sent again with the old resourceId, which can start nothing: the answer says whether it runs",
    calls=("start",),
    if_never_started=("acquire", "start"),
)
LOST = Lost(
    address=SLIDES,
    resource_ids=(RESOURCE_ID, RESOURCE_ID[::-1]),
    since=NOW - timedelta(hours=1),
    evidence="201/7: it runs, and its sid is not known",
    ends_at=NOW + timedelta(hours=1, minutes=2),
    ends="maxRecordingHour (2 h) ends it",
)
RUNNING = (
    Running(LESSON, "RUNNING", NOW - timedelta(hours=5), None, "nothing sets an end"),
    Running(STAGE, "SUSPECT", NOW - timedelta(hours=2), NOW + timedelta(hours=22), "its token expires then"),
    Running(
        SLIDES, "RUNNING", NOW - timedelta(minutes=30), NOW + timedelta(minutes=92), "maxRecordingHour (2 h) ends it"
    ),
    Running(THUMBS, "LOST", NOW - timedelta(hours=9), NOW - timedelta(hours=1), "its token expired then"),
)
SCENARIOS: dict[str, Plan] = {
    "everything": PLAN,
    "nothing to do": QUIET,
    **{f"create {kind.value}": created(kind) for kind in Kind},
    "update in place": only(replace(UPDATE, unchanged=12)),
    "layout and uids": layout(),
    "replace": only(replace(REPLACE, unchanged=1)),
    "delete": only(DELETE),
    "forget after drift": only(FORGET, drift=(Drift(THUMBS, "RUNNING", "ENDED", "404 for 90 s", NOW),)),
    "ended and recorded anew": only(
        replace(CREATE, reason="the session ended (status 8: exited)"),
        drift=(Drift(ALL_HANDS, "RUNNING", "ENDED", "status 8: exited", NOW - timedelta(minutes=2)),),
    ),
    "suspect": only(
        warnings=(
            "CompositeRecording.lesson is SUSPECT: 404 since 09:29:50. It may be failing over, so nothing is started.",
        ),
        drift=(Drift(LESSON, "RUNNING", "SUSPECT", "404", NOW - timedelta(seconds=10)),),
        unjudged=1,
        noop=1,
    ),
    "lost": only(lost=(LOST,), warnings=("WebPageRecording.slides is LOST.",), unjudged=1, noop=1),
    "recovery": only(
        recovery=(RECOVERY, replace(RECOVERY, address=STAGE, calls=(), how="left alone until 09:36:15 UTC"))
    ),
    "secrets changed": secrets(),
    "many changes": many(),
    "targeted": only(CREATE, selection={"target": ("CompositeRecording.*",), "exclude": ("CompositeRecording.x",)}),
    "emptied project": only(DELETE, replace(DELETE, address=LESSON, attributes=()), FORGET, target=EMBEDDED),
    "what runs": only(DELETE, running=RUNNING),
    "long values": only(
        Change(
            SLIDES,
            Action.REPLACE,
            "no call changes webRecorder.url of a running session",
            ("stop", "acquire", "start"),
            (
                row(
                    "webRecorder.url",
                    f"https://example.com/{'a' * 300}?key=old&end=1",
                    f"https://example.com/{'a' * 300}?key=new&end=1",
                ),
            ),
        )
    ),
    "hostile strings": hostile(),
}

GOLDEN = tuple(
    name
    for name in SCENARIOS
    if name not in {"everything", "many changes", "hostile strings", "create CompositeRecording"}
)
"""Those that are short enough to be read in a snapshot."""
