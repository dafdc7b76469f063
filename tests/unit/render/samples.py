"""Plans and states to render: one of everything."""

from dataclasses import replace
from datetime import UTC, datetime

from takeup.core.address import Address, Kind, Mode
from takeup.core.plan import Action, AttributeChange, Change, Drift, Plan, Target
from takeup.core.schema.attribute import Effect
from takeup.core.snapshot import EndedSession, Liveness, SessionState, Snapshot

NOW = datetime(2026, 3, 1, 9, 30, tzinfo=UTC)
ALL_HANDS = Address(Kind.COMPOSITE, "all-hands")
LESSON = Address(Kind.COMPOSITE, "lesson")
STAGE = Address(Kind.INDIVIDUAL, "stage")
SLIDES = Address(Kind.WEB_PAGE, "slides")
THUMBS = Address(Kind.SCREENSHOT, "thumbs")
AGORA = Target("https://api.sd-rtn.com", "agora", "0123456789abcdef0123456789abcdef")
EMBEDDED = Target("emulator", "embedded", "emulator")
LOOPBACK = Target("http://127.0.0.1:8787", "loopback", "emulator")
FINGERPRINT = "hmac-sha256:00112233445566778899aabbccddeeff"
KEY = b"canary-key-canary"


def attribute(
    path: str, before: object, after: object, effect: Effect = Effect.REPLACE, *, sensitive: bool = False
) -> AttributeChange:
    return AttributeChange(path, before, after, sensitive=sensitive, effect=effect)


CREATE = Change(
    ALL_HANDS,
    Action.CREATE,
    "not recorded yet",
    ("acquire", "start"),
    (
        attribute("cname", None, "all-hands"),
        attribute("recordingConfig.channelType", None, 1),
        attribute("recordingConfig.subscribeVideoUids", None, ["#allstream#"]),
        attribute("storageConfig.region", None, 0),
        attribute("storageConfig.secretKey", None, "(sensitive)", Effect.UPDATE, sensitive=True),
        attribute("storageConfig.vendor", None, 1),
    ),
)
UPDATE = Change(
    LESSON,
    Action.UPDATE,
    "changed: ...",
    ("update", "updateLayout"),
    (
        attribute("recordingConfig.subscribeAudioUids", None, ["7"], Effect.UPDATE),
        attribute("recordingConfig.transcodingConfig.layoutConfig[0].render_mode", 0, 1, Effect.UPDATE_LAYOUT),
        attribute("recordingConfig.transcodingConfig.mixedVideoLayout", 1, 3, Effect.UPDATE_LAYOUT),
        attribute("recordingConfig.unSubscribeVideoUids", ["8"], None, Effect.UPDATE),
        attribute("storageConfig.accessKey", "(sensitive)", "(sensitive)", Effect.UPDATE, sensitive=True),
    ),
)
REPLACE = Change(
    STAGE,
    Action.REPLACE,
    "no call changes storageConfig.region, storageConfig.vendor of a running session",
    ("stop", "acquire", "start"),
    (
        attribute("recordingConfig.subscribeAudioUids", ["7"], ["7", "8"], Effect.UPDATE),
        attribute("storageConfig.region", 0, 3),
        attribute("storageConfig.vendor", 1, 2),
    ),
)
DELETE = Change(
    SLIDES,
    Action.DELETE,
    "not wanted any more",
    ("stop",),
    (
        attribute("webRecorder.onhold", False, None, Effect.UPDATE),
        attribute("webRecorder.url", "https://example.com", None),
    ),
)
FORGET = Change(THUMBS, Action.FORGET, "not wanted any more, and the session ended (404 for 90 s)", ())
PLAN = Plan(
    project="campus",
    target=AGORA,
    lineage="5c1d",
    serial=7,
    created_at=NOW,
    changes=(CREATE, UPDATE, REPLACE, DELETE, FORGET),
    drift=(Drift(THUMBS, "RUNNING", "ENDED", "404 for 90 s"),),
    warnings=("CompositeRecording.x is SUSPECT: 404 since 09:29:50.",),
    noop=2,
)
QUIET = replace(PLAN, changes=(), drift=(), warnings=(), target=EMBEDDED)

SESSION = SessionState(
    address=ALL_HANDS,
    realm="agora",
    app_id="0123456789abcdef",
    cname="all-hands",
    uid="10001",
    mode=Mode.MIX,
    applied={
        "cname": "all-hands",
        "uid": "10001",
        "token": FINGERPRINT,
        "recordingConfig": {"channelType": 1, "subscribeVideoUids": ["#allstream#"]},
        "storageConfig": {"vendor": 1, "region": 3, "bucket": "acme", "secretKey": FINGERPRINT},
        "fromTheFuture": {"odd": "canary-future"},
    },
    resource_id="resource-1",
    sid="sid-1",
    liveness=Liveness.RUNNING,
    started_at=NOW,
    confirmed_at=NOW,
    evidence="status 5",
)
LOST = replace(SESSION, address=LESSON, applied={}, sid=None, liveness=Liveness.LOST, confirmed_at=None, evidence="")
ENDED = EndedSession(
    address=ALL_HANDS,
    cname="all-hands",
    uid="10001",
    mode=Mode.MIX,
    resource_id="resource-0",
    sid="sid-0",
    started_at=NOW,
    ended_at=NOW,
    how="stopped",
    uploading_status="uploaded",
    files=({"fileName": "a.m3u8", "trackType": "audio_and_video", "isPlayable": True},),
)
GONE = replace(ENDED, address=THUMBS, sid=None, uploading_status=None, files=(), how="404 for 90 s")
SNAPSHOT = Snapshot("5c1d", 7, KEY, {LESSON: LOST, ALL_HANDS: SESSION}, (ENDED, GONE))
