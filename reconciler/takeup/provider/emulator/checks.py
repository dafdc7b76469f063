"""What the emulator refuses in a request's body. Pure; each check returns the reason of the 400/2, or None.

The wire tells nearly every mistake in one sentence that helps nobody, so `why` names the field and what would be
right, and `oddities` what is accepted without effect. Both are for the emulator's log and hold no value.
"""

import hashlib
import json
import re
from collections.abc import Iterator
from itertools import chain, islice

from takeup.provider.emulator import rules, shape
from takeup.provider.emulator.field import MAX_HOURS, UID
from takeup.provider.emulator.rules import in_uid_range
from takeup.provider.emulator.sessions import Json, is_service
from takeup.provider.emulator.shape import Problem
from takeup.provider.emulator.switches import Switches

__all__ = [
    "MAX_HOURS",
    "acquire",
    "channel_name",
    "envelope",
    "layout",
    "oddities",
    "outputs",
    "request_hash",
    "start",
    "stop",
    "subscription",
    "update",
    "why",
    "why_envelope",
]

BAD_HOUR = "Acquire: invalid resourceExpiredHour value!"
NO_SERVICES = "services not selected!"
MAX_CNAME_BYTES = 1024
CHANNEL_NAME_BYTES = 64
"""A channel name is shorter than this, in bytes [oerr]."""
MAX_DEPTH = 64
MAX_ODDITIES = 20
ALL_STREAMS = "#allstream#"
_UID = re.compile(UID)
_CHANNEL_NAME = re.compile(r"[A-Za-z0-9 !#$%&()+\-:;<=.>?@\[\]^_{}|~,]+")
_MEDIA = {"audioUidList": "Audio", "videoUidList": "Video"}
_FPS = frozenset({1, 7, 10, 15, 24, 30, 60})
_PAGE, _RTMP = "web_recorder_service", "rtmp_publish_service"


# --- the envelope -------------------------------------------------------------------------------------


def envelope(body: Json, switches: Switches) -> str | None:  # noqa: ARG001 - every check takes the switches
    """Check what every POST has: cname, uid and a clientRequest. Keys beside them do not matter."""
    return _reason(_envelope(body))


def why_envelope(body: Json) -> str | None:
    """Say what is wrong with cname, uid or clientRequest; for the log."""
    return _sentence(_envelope(body))


def _envelope(body: object) -> Problem | None:
    if not isinstance(body, dict):
        return Problem("body", "must be an object")
    cname, uid = body.get("cname"), body.get("uid")
    if not isinstance(cname, str) or not 0 < _size(cname) <= MAX_CNAME_BYTES:
        return Problem("cname", f"must be a text of 1 to {MAX_CNAME_BYTES} bytes")
    if not isinstance(uid, str) or not _UID.fullmatch(uid) or not in_uid_range(uid):
        return Problem("uid", f'must be a text of digits, from "1" to "{rules.MAX_UID}"')
    if not isinstance(body.get("clientRequest"), dict):
        return Problem("clientRequest", "must be an object")
    if _deeper(body, MAX_DEPTH):
        return Problem("clientRequest", f"must not be deeper than {MAX_DEPTH} levels")
    return None


def _size(text: str) -> int:
    """Count the bytes; 0 for a lone surrogate, which JSON can hold and a channel name cannot."""
    try:
        return len(text.encode())
    except UnicodeEncodeError:
        return 0


def _deeper(value: object, levels: int) -> bool:
    """Tell whether objects and lists are nested deeper than this, without recursion."""
    layer = [value]
    for _ in range(levels):
        layer = [
            inner
            for item in layer
            for inner in (item.values() if isinstance(item, dict) else item if isinstance(item, list) else ())
            if isinstance(inner, (dict, list))
        ]
        if not layer:
            return False
    return True


def channel_name(cname: str, switches: Switches) -> bool:
    """Tell whether a channel can have this name; False is the answer 400/401 [codes, oerr]."""
    if not switches.channelCharacters:
        return True
    return len(cname) < CHANNEL_NAME_BYTES and _CHANNEL_NAME.fullmatch(cname) is not None


# --- the five operations ------------------------------------------------------------------------------


def acquire(body: Json, switches: Switches) -> str | None:
    """Check an acquire. The startParameter is not looked into: it fails the start, not the acquire [zhapi]."""
    return _reason(_acquire(body, switches))


def start(mode: str, scene: int, request: Json, switches: Switches) -> str | None:
    """Check the clientRequest of a start, for the scene that its acquire named."""
    return _reason(_start(mode, scene, request, switches))


def update(mode: str, request: Json, switches: Switches) -> str | None:
    """Check the clientRequest of an update."""
    return _reason(_update(mode, request, switches))


def layout(mode: str, request: Json, switches: Switches) -> str | None:
    """Check the clientRequest of an updateLayout; there is none but in mix [ul]."""
    return _reason(_layout(mode, request, switches))


def stop(request: Json, switches: Switches | None = None) -> str | None:
    """Check the clientRequest of a stop, which may be empty."""
    return _reason(shape.problem("stop", "mix", request, switches or Switches()))


def why(operation: str, mode: str, request: Json, switches: Switches, scene: int | None = None) -> str | None:
    """Say which field of a clientRequest is wrong first, and what would be right; None where none is.

    Args:
        operation: acquire, start, update, updateLayout or stop.
        mode: individual, mix or web; of no importance for acquire and stop.
        request: the clientRequest.
        switches: as for the check.
        scene: what the acquire of a start named; without it, the scene is not looked at.
    """
    return _sentence(_problem(operation, mode, request, switches, scene))


def _problem(operation: str, mode: str, request: Json, switches: Switches, scene: int | None) -> Problem | None:
    if operation == "acquire":
        return _acquire({"clientRequest": request}, switches)
    if operation == "start":
        return _start(mode, (1 if mode == "web" else 0) if scene is None else scene, request, switches)
    if operation == "update":
        return _update(mode, request, switches)
    if operation == "updateLayout":
        return _layout(mode, request, switches)
    return shape.problem("stop", mode, request, switches)


def _reason(problem: Problem | None) -> str | None:
    return None if problem is None else problem.reason


def _sentence(problem: Problem | None) -> str | None:
    return None if problem is None else f"{problem.path} {problem.right}."


def _acquire(body: Json, switches: Switches) -> Problem | None:
    request: Json = body.get("clientRequest", {})
    found = shape.problem("acquire", "mix", request, switches)
    if found is not None:
        return found._replace(reason=BAD_HOUR) if found.path == "resourceExpiredHour" else found
    cname = body.get("cname")
    if request.get("scene") == 1 and isinstance(cname, str) and _size(cname) > switches.cnameBytes:
        return Problem("cname", f"must be at most {switches.cnameBytes} bytes for a web page")
    return None


def _start(mode: str, scene: int, request: Json, switches: Switches) -> Problem | None:
    if mode == "web" and _unselected(request):
        right = "must hold a web_recorder_service"
        return Problem("extensionServiceConfig.extensionServices", right, NO_SERVICES)
    found = shape.problem("start", mode, request, switches)
    if found is not None:
        return found
    if (mode == "web") != (scene == 1):
        return Problem("mode", "must be web after an acquire with scene 1, and individual or mix after any other")
    return (
        rules.storage(request["storageConfig"], switches)
        or (rules.web(request) if mode == "web" else rules.channel(mode, request, switches))
        or rules.files(mode, request, switches)
    )


def _unselected(request: object) -> bool:
    """Tell whether a web recording has no page to record; not where the services are no list at all."""
    config = request.get("extensionServiceConfig", {}) if isinstance(request, dict) else None
    services = config.get("extensionServices", []) if isinstance(config, dict) else None
    return isinstance(services, list) and not any(is_service(service, _PAGE) for service in services)


def _update(mode: str, request: Json, switches: Switches) -> Problem | None:
    found = shape.problem("update", mode, request, switches)
    if found is not None:
        return found
    if not request:
        return Problem("clientRequest", "must hold what is to be changed")
    if "storageConfig" in request:
        found = rules.storage(request["storageConfig"], switches)
    if found is None and mode == "web":
        return rules.rtmp(request.get("rtmpPublishConfig", {}), "rtmpPublishConfig.")
    return found or (None if mode == "web" else _subscribe(request.get("streamSubscribe", {}), switches))


def _subscribe(sent: Json, switches: Switches) -> Problem | None:
    """Check the lists of an update: none is empty [o24], and one excludes the other."""
    for name, medium in _MEDIA.items():
        lists, folder = sent.get(name, {}), f"streamSubscribe.{name}"
        found = rules.subscription(lists, folder, rules.BOTH, switches)
        if found is not None:
            return found
        for key in (f"subscribe{medium}Uids", rules.unsubscribing(lists, medium, switches)):
            if key is not None and lists.get(key) == []:
                return Problem(f"{folder}.{key}", "must not be empty; nobody is subscribed to by leaving uids out")
    return None


def _layout(mode: str, request: Json, switches: Switches) -> Problem | None:
    if mode != "mix":
        return Problem("mode", "must be mix; no other mode has a layout")
    found = shape.problem("updateLayout", mode, request, switches)
    return found or rules.canvas(request, "", switches)


# --- what is accepted without effect ------------------------------------------------------------------


def oddities(operation: str, mode: str, request: Json, switches: Switches) -> list[str]:
    """List what is accepted and yet worth a warning in the log; at most 20 sentences, none with a value."""
    found = chain(shape.strange(operation, mode, request, switches), _ineffective(operation, request))
    return list(islice(found, MAX_ODDITIES))


def _ineffective(operation: str, request: object) -> Iterator[str]:
    if not isinstance(request, dict):
        return
    if operation == "updateLayout" and request.get("mixedVideoLayout") == rules.VERTICAL:
        # Required with layout 2 in [ul], never in [start]; the SDKs' reference calls it possible, not required.
        if not request.get("maxResolutionUid"):
            yield "maxResolutionUid is missing; the reference asks for it with layout 2."
        return
    config = request.get("recordingConfig") if operation == "start" else None
    if not isinstance(config, dict):
        return
    if config.get("streamMode") == "original" and config.get("streamTypes", rules.BOTH) != rules.AUDIO_ONLY:
        yield "recordingConfig.streamMode original takes effect with streamTypes 0 only."
    canvas = config.get("transcodingConfig")
    fps = canvas.get("fps", 15) if isinstance(canvas, dict) else 15
    if isinstance(fps, int) and fps not in _FPS:
        yield "recordingConfig.transcodingConfig.fps is none of 1, 7, 10, 15, 24, 30, 60; 15 is taken."


# --- what a request says ------------------------------------------------------------------------------


def outputs(parameter: object) -> list[Json] | None:
    """Read the rtmp outputs (at most one); None where they are malformed."""
    listed = parameter.get("outputs", []) if isinstance(parameter, dict) else None
    if not isinstance(listed, list) or len(listed) > 1 or not all(isinstance(item, dict) for item in listed):
        return None
    return listed


def subscription(
    before: Json | None, sent: Json | None, switches: Switches, started: Json | None = None
) -> Json | None:
    """Tell what an update makes of the subscription, in the form of `streamSubscribe`.

    A medium that has no list in the result, while the other one has, is not recorded.

    Args:
        before: what the last update made of it; None before the first one.
        sent: the streamSubscribe of the update; None where it has none.
        switches: with oneListDropsOther, a medium without a list is unsubscribed [sub].
        started: the recordingConfig of the start, whose lists hold before the first update.
    """
    given = _uid_lists(sent, switches)
    if not given:
        return before
    if switches.oneListDropsOther:
        return given
    earlier = before or _uid_lists(dict.fromkeys(_MEDIA, started), switches)
    everybody = {name: {f"subscribe{medium}Uids": [ALL_STREAMS]} for name, medium in _MEDIA.items()}
    return {**(earlier or everybody), **given}


def _uid_lists(sent: object, switches: Switches) -> Json:
    """Read the lists that count, under the keys that count."""
    found: Json = {}
    for name, medium in _MEDIA.items():
        lists = sent.get(name) if isinstance(sent, dict) else None
        if not isinstance(lists, dict):
            continue
        unwanted = rules.unsubscribing(lists, medium, switches)
        read = {
            f"subscribe{medium}Uids": lists.get(f"subscribe{medium}Uids"),
            f"unSubscribe{medium}Uids": lists[unwanted] if unwanted is not None else None,
        }
        if any(read.values()):
            found[name] = {key: uids for key, uids in read.items() if uids}
    return found


def request_hash(request: Json, resource_id: str) -> str:
    """Fingerprint a clientRequest, keyed by the resourceId: it holds secrets that must not be kept."""
    try:
        text = json.dumps(request, sort_keys=True)
    except ValueError:  # a number of more digits than Python writes; its request is refused for other reasons
        text = ascii(sorted(request))
    key = resource_id.encode(errors="surrogatepass")[:64]
    return hashlib.blake2b(text.encode(), key=key, digest_size=16).hexdigest()
