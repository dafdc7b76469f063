"""The rules of the request bodies that need more than one field. Each finds the first problem, or None.

A rule may rely on the shape: `shape.problem` found nothing before.
"""

import base64
import binascii
import re
from collections.abc import Mapping
from types import MappingProxyType

from takeup.provider.emulator.sessions import Json
from takeup.provider.emulator.shape import Problem
from takeup.provider.emulator.switches import Switches

MAX_UID = 2**32 - 1
MAX_PIXELS = 1920 * 1080
MAX_PREFIX = 128
SALT_BYTES = 32
DEFAULT_SIZE = (360, 640)
AUDIO_ONLY, VIDEO_ONLY, BOTH = 0, 1, 2
VERTICAL, CUSTOM = 2, 3
S3_COMPATIBLE = 11
STS_VENDORS = frozenset({1, 2, 3})
SALTED_MODES = frozenset({7, 8})
REGIONS: Mapping[int, frozenset[int]] = MappingProxyType(
    {
        1: frozenset(range(26)) - {17, 23},
        2: frozenset(range(28)),
        3: frozenset(range(20)),
        7: frozenset(range(16)),
        8: frozenset(range(1, 8)),
    }
)
"""The region numbers of each vendor that has regions [rv]; those of the others are ignored."""
OLD_REGIONS: Mapping[int, frozenset[int]] = MappingProxyType(
    {1: frozenset({17, 23, 28}), 4: frozenset(range(10)), 8: frozenset({0})}
)
"""What only the 2024 text has [o24]."""
_MEDIA = (("Audio", VIDEO_ONLY), ("Video", AUDIO_ONLY))
_POLICIES = {"web_recorder_service": "error_abort", "rtmp_publish_service": "error_ignore"}
_RTMP = re.compile(r"rtmps?://[^\s/].*", re.IGNORECASE | re.DOTALL)
_IMAGE = {
    "https": re.compile(r"https://[^\s/].*", re.IGNORECASE | re.DOTALL),
    "http": re.compile(r"https?://[^\s/].*", re.IGNORECASE | re.DOTALL),
}
_STORAGE, _RECORDING = "storageConfig", "recordingConfig"
_CANVAS = f"{_RECORDING}.transcodingConfig"
_SERVICES = "extensionServiceConfig.extensionServices"


def in_uid_range(uid: str) -> bool:
    """Tell whether ASCII digits are a uid: 1 to 4294967295 [acq]."""
    return 1 <= int(uid) <= MAX_UID


# --- storage ------------------------------------------------------------------------------------------


def storage(config: Json, switches: Switches) -> Problem | None:
    """Check storageConfig: what one vendor has and another has not [start, rv, o24]."""
    vendor = config["vendor"]
    regions = REGIONS.get(vendor, frozenset()) | (
        OLD_REGIONS.get(vendor, frozenset()) if switches.oldVendors else frozenset()
    )
    if regions and config.get("region", 0) not in regions:
        return Problem(f"{_STORAGE}.region", "must be a region of this vendor")
    if config.get("stsToken") and vendor not in STS_VENDORS:
        return Problem(f"{_STORAGE}.stsToken", "is for the vendors 1, 2 and 3")
    if len("/".join(config.get("fileNamePrefix", ()))) > MAX_PREFIX:
        return Problem(f"{_STORAGE}.fileNamePrefix", f"must be at most {MAX_PREFIX} characters, joined by /")
    more = config.get("extensionParams")
    if vendor == S3_COMPATIBLE and not (more or {}).get("endpoint"):
        return Problem(f"{_STORAGE}.extensionParams.endpoint", "is missing; vendor 11 needs it")
    if more is not None and switches.extensionParamsComplete:
        for key in ("sse", "tag"):
            if key not in more and vendor != S3_COMPATIBLE:
                return Problem(f"{_STORAGE}.extensionParams.{key}", "is missing; sse and tag must both be there")
    return None


# --- channel recordings -------------------------------------------------------------------------------


def channel(mode: str, request: Json, switches: Switches) -> Problem | None:
    """Check the start of an individual or a mix recording [start, sub, shot]."""
    config = request.get(_RECORDING, {})
    found = (
        subscription(config, _RECORDING, config.get("streamTypes", BOTH), switches)
        or _encryption(config)
        or (_transcoding(config.get("transcodingConfig"), switches) if mode == "mix" else None)
    )
    if found is not None or mode == "mix" or "snapshotConfig" not in request:
        return found
    if config.get("streamTypes", BOTH) == AUDIO_ONLY:
        return Problem(f"{_RECORDING}.streamTypes", "must be 1 or 2 with snapshotConfig")
    if config.get("subscribeAudioUids") and not config.get("subscribeVideoUids"):
        return Problem(
            f"{_RECORDING}.subscribeVideoUids", "is missing; snapshotConfig needs it with subscribeAudioUids"
        )
    return None


def subscription(lists: Json, folder: str, stream_types: int, switches: Switches) -> Problem | None:
    """Check the uid lists: one of the two of a medium, and none of a medium that is not recorded [start, sub]."""
    for medium, without in _MEDIA:
        wanted, unwanted = f"subscribe{medium}Uids", unsubscribing(lists, medium, switches)
        if wanted in lists and unwanted is not None:
            return Problem(f"{folder}.{unwanted}", f"excludes {wanted}")
        for key in (wanted, unwanted):
            if key in lists and stream_types == without:
                return Problem(f"{folder}.{key}", f"is not possible with streamTypes {without}")
    return None


def unsubscribing(lists: Json, medium: str, switches: Switches) -> str | None:
    """Find the key that names whom not to record, in the spelling that counts."""
    spellings = ("unSubscribe", "unsubscribe") if switches.unsubscribeSpelling == "accepted" else ("unSubscribe",)
    return next((key for key in (f"{verb}{medium}Uids" for verb in spellings) if key in lists), None)


def _encryption(config: Json) -> Problem | None:
    mode = config.get("decryptionMode", 0)
    if mode and not config.get("secret"):
        return Problem(f"{_RECORDING}.secret", "is missing; decryptionMode needs it")
    if mode in SALTED_MODES and not _is_salt(config.get("salt", "")):
        return Problem(f"{_RECORDING}.salt", f"must be {SALT_BYTES} bytes in base64 with decryptionMode 7 and 8")
    return None


def _is_salt(text: str) -> bool:
    try:
        return len(base64.b64decode(text, validate=True)) == SALT_BYTES
    except (binascii.Error, ValueError):
        return False


def _transcoding(config: Json | None, switches: Switches) -> Problem | None:
    if config is None:
        return None
    if switches.transcodingTogether:
        for key in ("width", "height", "fps", "bitrate"):
            if key not in config:
                return Problem(f"{_CANVAS}.{key}", "is missing; width, height, fps and bitrate come together")
    width, height = (config.get(key) or size for key, size in zip(("width", "height"), DEFAULT_SIZE, strict=True))
    if width * height > MAX_PIXELS:
        return Problem(f"{_CANVAS}.width", f"must be at most {MAX_PIXELS}, multiplied by height")
    return canvas(config, f"{_CANVAS}.", switches)


def canvas(config: Json, folder: str, switches: Switches) -> Problem | None:
    """Check a layout: what only one of the four layouts has, and the addresses of pictures [start, ul, layout]."""
    chosen = config.get("mixedVideoLayout", 0)
    if chosen == CUSTOM and not config.get("layoutConfig"):
        return Problem(f"{folder}layoutConfig", "is missing; layout 3 needs it")
    if chosen != CUSTOM and config.get("layoutConfig"):
        return Problem(f"{folder}layoutConfig", "is possible with layout 3 only")
    large = config.get("maxResolutionUid")
    if large and chosen != VERTICAL:
        return Problem(f"{folder}maxResolutionUid", "is possible with layout 2 only")
    if large and not in_uid_range(large):
        return Problem(f"{folder}maxResolutionUid", f"must be from 1 to {MAX_UID}")
    return _pictures(config, folder, _IMAGE[switches.imageUrls], switches.imageUrls)


def _pictures(config: Json, folder: str, address: re.Pattern[str], schemes: str) -> Problem | None:
    right = "must be an https URL" if schemes == "https" else "must be an http or https URL"
    for key in ("backgroundImage", "defaultUserBackgroundImage"):
        if config.get(key) and not address.fullmatch(config[key]):
            return Problem(f"{folder}{key}", right)
    for index, item in enumerate(config.get("backgroundConfig", ())):
        if not address.fullmatch(item["image_url"]):
            return Problem(f"{folder}backgroundConfig[{index}].image_url", right)
    return None


# --- files --------------------------------------------------------------------------------------------


def files(mode: str, request: Json, switches: Switches) -> Problem | None:
    """Check the file types: no mp4 alone, and none of an individual recording [start, o24]."""
    path = "recordingFileConfig"
    if path not in request:
        only_screenshots = mode == "individual" and "snapshotConfig" in request
        missing = switches.fileConfigRequired and not only_screenshots
        return Problem(path, "is missing; only screenshots do without it") if missing else None
    types = request[path].get("avFileType", ())
    if "mp4" in types and mode == "individual":
        return Problem(f"{path}.avFileType", "must be [hls] in individual mode")
    if "mp4" in types and "hls" not in types:
        return Problem(f"{path}.avFileType", "must be [hls] or [hls, mp4]; mp4 needs hls")
    if len(set(types)) != len(types):
        return Problem(f"{path}.avFileType", "names a type twice")
    return None


# --- web pages ----------------------------------------------------------------------------------------


def web(request: Json) -> Problem | None:
    """Check the extension services of a web page recording [start, zhapi]."""
    for index, service in enumerate(request["extensionServiceConfig"]["extensionServices"]):
        path, name = f"{_SERVICES}[{index}]", service["serviceName"]
        policy = _POLICIES.get(name)
        if policy and service.get("errorHandlePolicy", policy) not in {policy, ""}:
            return Problem(f"{path}.errorHandlePolicy", f"must be {policy}")
        parameter = service.get("serviceParam", {})
        if name == "web_recorder_service" and parameter["videoWidth"] * parameter["videoHeight"] > MAX_PIXELS:
            return Problem(
                f"{path}.serviceParam.videoWidth", f"must be at most {MAX_PIXELS}, multiplied by videoHeight"
            )
        if name == "rtmp_publish_service":
            found = rtmp(parameter, f"{path}.serviceParam.")
            if found is not None:
                return found
    return None


def rtmp(parameter: Json, folder: str) -> Problem | None:
    """Check where a recording is pushed to: rtmp or rtmps [zhapi, update]."""
    for index, output in enumerate(parameter.get("outputs", ())):
        if output.get("rtmpUrl") and not _RTMP.fullmatch(output["rtmpUrl"]):
            return Problem(f"{folder}outputs[{index}].rtmpUrl", "must begin with rtmp:// or rtmps://")
    return None
