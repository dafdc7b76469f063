"""What the emulator refuses in a request's body. Pure; each check returns the reason, or None."""

import hashlib
import json
import re
from typing import Any

from takeup.provider.emulator.answers import BODY_CHECK_FAILED
from takeup.provider.emulator.sessions import Json

MAX_UID = 2**32 - 1
MAX_HOURS = 720
MAX_UIDS = 32
MAX_CNAME_BYTES = 1024
_UPDATE_GROUPS = ("streamSubscribe", "storageConfig", "webRecordingConfig", "rtmpPublishConfig")
_UID_LISTS = {
    "audioUidList": ("subscribeAudioUids", "unSubscribeAudioUids"),
    "videoUidList": ("subscribeVideoUids", "unSubscribeVideoUids"),
}


def whole(value: object, low: int, high: int) -> bool:
    """Tell whether a JSON value is an integer of a range (true is none)."""
    return isinstance(value, int) and not isinstance(value, bool) and low <= value <= high


def envelope(body: Json) -> str | None:
    """Check what every POST has: cname, uid and a clientRequest."""
    cname, uid = body.get("cname"), body.get("uid")
    if not isinstance(cname, str) or not isinstance(uid, str) or not isinstance(body.get("clientRequest"), dict):
        return BODY_CHECK_FAILED
    if not 0 < len(cname.encode("utf-8", "surrogatepass")) <= MAX_CNAME_BYTES or not _encodable(cname):
        return BODY_CHECK_FAILED
    if not re.fullmatch(r"[0-9]{1,10}", uid, re.ASCII) or not 1 <= int(uid) <= MAX_UID:
        return BODY_CHECK_FAILED
    return None


def _encodable(text: str) -> bool:
    """Tell a lone surrogate: JSON can hold one, a channel name cannot."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def acquire(request: Json) -> str | None:
    """Check the clientRequest of an acquire."""
    if not whole(request.get("resourceExpiredHour", 72), 1, MAX_HOURS):
        return "Acquire: invalid resourceExpiredHour value!"
    if not whole(request.get("scene", 0), 0, 2):
        return BODY_CHECK_FAILED
    if not isinstance(request.get("startParameter", {}), dict):
        return BODY_CHECK_FAILED
    return None


def start(mode: str, scene: int, request: Json) -> str | None:
    """Check the clientRequest of a start; what no mode can use is refused, the rest is kept."""
    if not isinstance(request.get("storageConfig"), dict):
        return BODY_CHECK_FAILED
    for name in ("recordingConfig", "recordingFileConfig", "snapshotConfig"):
        if not isinstance(request.get(name, {}), dict):
            return BODY_CHECK_FAILED
    if request.get("recordingFileConfig", {}).get("avFileType") == ["mp4"]:
        return BODY_CHECK_FAILED
    if mode == "web":
        parameter = web_service(request, "web_recorder_service")
        if parameter is None:
            return "services not selected!"
        if not whole(parameter.get("maxRecordingHour", MAX_HOURS), 1, MAX_HOURS):
            return BODY_CHECK_FAILED
    if (mode == "web") != (scene == 1):
        return "scene does not match mode!"
    idle = request.get("recordingConfig", {}).get("maxIdleTime", 30)
    return None if whole(idle, 5, 2_592_000) else BODY_CHECK_FAILED


def web_service(request: Json, name: str) -> Json | None:
    """Find the serviceParam of an extension service; None where the service is not selected."""
    config = request.get("extensionServiceConfig")
    services = config.get("extensionServices") if isinstance(config, dict) else None
    for service in services if isinstance(services, list) else ():
        if isinstance(service, dict) and service.get("serviceName") == name:
            parameter = service.get("serviceParam", {})
            return parameter if isinstance(parameter, dict) else {}
    return None


def outputs(parameter: object) -> list[Json] | None:
    """Read the rtmp outputs (at most one); None where they are malformed."""
    listed = parameter.get("outputs", []) if isinstance(parameter, dict) else None
    if not isinstance(listed, list) or len(listed) > 1 or not all(isinstance(item, dict) for item in listed):
        return None
    return listed


def update(mode: str, request: Json) -> str | None:
    """Check the clientRequest of an update: the groups are objects, no uid list is empty or long."""
    if not request or not all(isinstance(request.get(group, {}), dict) for group in _UPDATE_GROUPS):
        return BODY_CHECK_FAILED
    if mode == "web":
        onhold = request.get("webRecordingConfig", {}).get("onhold", False)
        if not isinstance(onhold, bool) or outputs(request.get("rtmpPublishConfig", {})) is None:
            return BODY_CHECK_FAILED
        return None
    for name, keys in _UID_LISTS.items():
        lists = request.get("streamSubscribe", {}).get(name, {})
        if not isinstance(lists, dict) or not all(_uid_list(lists[key]) for key in keys if key in lists):
            return BODY_CHECK_FAILED
    return None


def _uid_list(value: object) -> bool:
    return isinstance(value, list) and 1 <= len(value) <= MAX_UIDS and all(isinstance(uid, str) for uid in value)


def layout(request: Json) -> str | None:
    """Check the clientRequest of an updateLayout."""
    regions: Any = request.get("layoutConfig", [])
    if not whole(request.get("mixedVideoLayout", 0), 0, 3) or not isinstance(regions, list):
        return BODY_CHECK_FAILED
    return None


def request_hash(request: Json, resource_id: str) -> str:
    """Fingerprint a clientRequest, keyed by the resourceId: it holds secrets that must not be kept."""
    text = json.dumps(request, sort_keys=True)
    return hashlib.blake2b(text.encode(), key=resource_id[:64].encode(), digest_size=16).hexdigest()
