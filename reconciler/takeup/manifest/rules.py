"""Rules that tie attributes to each other, over the plain spec after its profile was merged in."""

import binascii
from base64 import b64decode
from collections.abc import Callable, Iterator, Mapping
from functools import cache, lru_cache
from typing import Any

from takeup.core.address import Kind
from takeup.core.schema import names
from takeup.core.schema.kinds import PROFILES
from takeup.core.schema.table import attributes, attributes_of
from takeup.core.secret import Secret
from takeup.manifest.translate import Finding, Path, did_you_mean

Spec = Mapping[str, Any]
_S, _R, _W = "storageConfig", "recordingConfig", "webRecorder"
_T = (_R, "transcodingConfig")
_S3, _ALIBABA, _TENCENT, _KINGSOFT, _COMPATIBLE = 1, 2, 3, 4, 11
_AUDIO, _VIDEO, _BOTH = 0, 1, 2
_GCM2 = (7, 8)
_VERTICAL, _CUSTOM = 2, 3
_MAX_PIXELS, _MAX_PREFIX, _SALT_BYTES, _HOURS = 2_073_600, 128, 32, 72
_LISTS = {
    "audio": ("subscribeAudioUids", "unSubscribeAudioUids"),
    "video": ("subscribeVideoUids", "unSubscribeVideoUids"),
}


def check(kind: Kind, spec: Spec, *, storage: bool = True) -> Iterator[Finding]:
    """Tell everything that does not fit together; `storage` is False when the profile is unusable."""
    if storage:
        for storage_rule in _STORAGE:
            yield from storage_rule(spec[_S])
    for rule in _WEB if kind is Kind.WEB_PAGE else _CHANNEL:
        yield from rule(spec)


@lru_cache(maxsize=1024)
def resolve_region(vendor: int, region: str | int) -> int | None:
    """Give Agora's number of a region, or None if the vendor has no such region."""
    known = names.REGIONS.get(vendor, {})
    if vendor in names.REGIONLESS:
        return 0
    if isinstance(region, int):
        return region if region in known.values() else None
    return known.get(region)


def _complete(storage: Spec) -> Iterator[Finding]:
    for name in ("vendor", "bucket", "accessKey", "secretKey"):
        if name not in storage:
            hint = f"Write {name} here or in the StorageProfile."
            yield Finding((_S, name), f"storageConfig.{name} is required.", hint)


def region(storage: Spec) -> Iterator[Finding]:
    """Tell whether the region is one of the vendor's."""
    vendor, given, path = storage.get("vendor"), storage.get("region"), (_S, "region")
    if vendor is None:
        return
    uses = ((_S, "vendor"),)
    name = vendor_name(vendor)
    if vendor == _KINGSOFT:
        message = "Kingsoft stands in Agora's documentation of 2024 only; it may not work any more."
        yield Finding((_S, "vendor"), message, "Ask Agora, or choose another vendor.", "warning")
    if vendor in names.REGIONLESS:
        return
    if given is None:
        text = f"storageConfig.region is required with vendor {name}."
        yield Finding(path, text, "Write the vendor's own name of the region.", uses=uses)
        return
    number = resolve_region(vendor, given)
    if number is None:
        known = list(names.REGIONS.get(vendor, {}))
        hint = did_you_mean(str(given), known, f"Use one of {', '.join(known)}.")
        yield Finding(path, f"{name} has no region {str(given)[:60]!r}.", hint, uses=uses)
    elif vendor != _KINGSOFT and (vendor, number) in names.ONLY_IN_2024_DOCS:
        text = f"The region {names.region_name(vendor, number)} stands in the documentation of 2024 only."
        yield Finding(path, text, "Test it before relying on it.", "warning", uses)


def vendor_name(vendor: int) -> str:
    """Give the name of a vendor's number."""
    return next((name for name, number in names.VENDOR.items() if number == vendor), str(vendor))


def _sts(storage: Spec) -> Iterator[Finding]:
    token, ends = "stsToken" in storage, "stsExpiration" in storage
    if token and storage.get("vendor", 1) not in {_S3, _ALIBABA, _TENCENT}:
        text = f"stsToken is not possible with vendor {vendor_name(storage['vendor'])}."
        hint = "Remove it: only s3, alibaba and tencent have it."
        yield Finding((_S, "stsToken"), text, hint, uses=((_S, "vendor"),))
    if token and not ends:
        text = "stsExpiration is required with stsToken."
        yield Finding((_S, "stsExpiration"), text, "Write when the token ends, in Unix seconds.")
    if ends and not token:
        text = "stsExpiration stands without stsToken."
        yield Finding((_S, "stsExpiration"), text, "Add stsToken, or remove stsExpiration.")


def _extension(storage: Spec) -> Iterator[Finding]:
    params, vendor = storage.get("extensionParams", {}), storage.get("vendor")
    if vendor is None:
        return
    uses: tuple[Path, ...] = ((_S, "vendor"),)
    for name, vendors in (("sse", (_S3,)), ("tag", (_S3, _ALIBABA)), ("endpoint", (_COMPATIBLE,))):
        if name in params and vendor not in vendors:
            allowed = " and ".join(map(vendor_name, vendors))
            text = f"extensionParams.{name} is for vendor {allowed} only, not for {vendor_name(vendor)}."
            yield Finding((_S, "extensionParams", name), text, "Remove it.", uses=uses)
    if vendor == _COMPATIBLE and "endpoint" not in params:
        text = "extensionParams.endpoint is required with vendor s3Compatible."
        yield Finding((_S, "extensionParams", "endpoint"), text, "Write the storage's host name.", uses=uses)


def _prefix(storage: Spec) -> Iterator[Finding]:
    length = len("/".join(storage.get("fileNamePrefix", ())))
    if length > _MAX_PREFIX:
        text = f"fileNamePrefix has {length} characters with its slashes; 128 are allowed."
        yield Finding((_S, "fileNamePrefix"), text, "Shorten it.")


def _encryption(spec: Spec) -> Iterator[Finding]:
    config = spec[_R]
    mode = config.get("decryptionMode", 0)
    uses = ((_R, "decryptionMode"),)
    for name, wanted in (("secret", mode != 0), ("salt", mode in _GCM2)):
        if wanted and name not in config:
            text = f"recordingConfig.{name} is required with this decryptionMode."
            yield Finding((_R, name), text, f"Add {name}: {{fromEnv: NAME}}.", uses=uses)
        if not wanted and name in config:
            modes = "AES_128_GCM2 or AES_256_GCM2" if name == "salt" else "a decryptionMode other than none"
            text = f"recordingConfig.{name} is for {modes} only."
            yield Finding((_R, name), text, "Remove it, or set decryptionMode.", uses=uses)
    salt = config.get("salt")
    if isinstance(salt, Secret) and salt.resolved and not _is_salt(salt.reveal()):
        text = "recordingConfig.salt is not the Base64 of 32 bytes."
        yield Finding((_R, "salt"), text, "Make one with: openssl rand -base64 32")


def _is_salt(text: str) -> bool:
    try:
        return len(b64decode(text, validate=True)) == _SALT_BYTES
    except (binascii.Error, ValueError):
        return False


def _subscription(spec: Spec) -> Iterator[Finding]:
    config = spec[_R]
    types = config.get("streamTypes", _BOTH)
    uses = ((_R, "streamTypes"),)
    given = {medium: [name for name in lists if name in config] for medium, lists in _LISTS.items()}
    for medium, found in given.items():
        wrong = _VIDEO if medium == "audio" else _AUDIO
        for name in found:
            if types == wrong:
                text = f"recordingConfig.{name} stands with streamTypes that record no {medium}."
                yield Finding((_R, name), text, "Remove it, or write streamTypes: both.", uses=uses)
            if spec["uid"] in config[name]:
                text = f"recordingConfig.{name} names the recorder's own uid."
                yield Finding((_R, name), text, "Remove it from the list.", uses=(("uid",),))
        if len(found) > 1:
            text = f"recordingConfig has both {found[0]} and {found[1]}."
            yield Finding((_R, found[1]), text, "Remove one of the two.")
    for one, other in (("audio", "video"), ("video", "audio")):
        if types == _BOTH and given[one] and not given[other]:
            text = f"Only {one} is subscribed: {other} is not recorded at all."
            hint = f'Add {_LISTS[other][0]}: ["#allstream#"], or write streamTypes: {one}.'
            yield Finding((_R, given[one][0]), text, hint, "warning", uses)


def _stream_mode(spec: Spec) -> Iterator[Finding]:
    config = spec[_R]
    if config.get("streamMode") == "original" and config.get("streamTypes", _BOTH) != _AUDIO:
        text = "streamMode original records audio only."
        yield Finding((_R, "streamMode"), text, "Write streamTypes: audio.", uses=((_R, "streamTypes"),))


def _snapshot(spec: Spec) -> Iterator[Finding]:
    config, path = spec[_R], ("snapshotConfig",)
    if "snapshotConfig" not in spec:
        return
    if config.get("streamTypes", _BOTH) == _AUDIO:
        text = "snapshotConfig needs video, and streamTypes is audio."
        hint = "Write streamTypes: video or both."
        yield Finding((_R, "streamTypes"), text, hint)
    elif "subscribeAudioUids" in config and "subscribeVideoUids" not in config:
        text = "snapshotConfig with subscribeAudioUids needs subscribeVideoUids as well."
        yield Finding(path, text, 'Add subscribeVideoUids: ["#allstream#"].', uses=((_R, "streamTypes"),))


def _files(spec: Spec) -> Iterator[Finding]:
    if spec.get("recordingFileConfig", {}).get("avFileType") == ["mp4"]:
        path = ("recordingFileConfig", "avFileType")
        yield Finding(path, "mp4 is possible beside hls only.", "Write [hls, mp4].")


def _layout(spec: Spec) -> Iterator[Finding]:
    config = spec[_R].get("transcodingConfig")
    if config is None:
        return
    layout = config.get("mixedVideoLayout", 0)
    uses = ((*_T, "mixedVideoLayout"),)
    if layout == _CUSTOM and "layoutConfig" not in config:
        text = "layoutConfig is required with mixedVideoLayout custom."
        yield Finding((*_T, "layoutConfig"), text, "Add the regions, or choose another layout.", uses=uses)
    for name, wanted, word in (
        ("layoutConfig", _CUSTOM, "custom"),
        ("maxResolutionUid", _VERTICAL, "vertical"),
    ):
        if name in config and layout != wanted:
            text = f"{name} is for mixedVideoLayout {word} only."
            hint = f"Remove it, or write mixedVideoLayout: {word}."
            yield Finding((*_T, name), text, hint, uses=uses)
    yield from _pixels(config.get("width", 360), config.get("height", 640), (*_T, "width"), (*_T, "height"))


def _pixels(width: int, height: int, path: Path, other: Path) -> Iterator[Finding]:
    if width * height > _MAX_PIXELS:
        text = f"{width} x {height} is {width * height} pixels; at most {_MAX_PIXELS} are possible."
        yield Finding(path, text, "1920 x 1080 is the largest common size.", uses=(other,))


def _place(spec: Spec) -> Iterator[Finding]:
    if "region" in spec and "regionAffinity" in spec:
        text = "region and regionAffinity are both given."
        yield Finding(("regionAffinity",), text, "Remove one of the two.")


def _idle(spec: Spec) -> Iterator[Finding]:
    hours = spec.get("resourceExpiredHour", _HOURS)
    if spec[_R].get("maxIdleTime", 30) > hours * 3600:
        text = f"maxIdleTime is longer than the {hours} hours for which the session can be stopped."
        yield _longer((_R, "maxIdleTime"), text)


def _longer(path: Path, text: str) -> Finding:
    hint = "Raise resourceExpiredHour, or lower this."
    return Finding(path, text, hint, "warning", (("resourceExpiredHour",),))


def _web(spec: Spec) -> Iterator[Finding]:
    web = spec[_W]
    hours = spec.get("resourceExpiredHour", _HOURS)
    if web["maxRecordingHour"] > hours:
        text = f"maxRecordingHour is longer than the {hours} hours for which the session can be stopped."
        yield _longer((_W, "maxRecordingHour"), text)
    yield from _pixels(web["videoWidth"], web["videoHeight"], (_W, "videoWidth"), (_W, "videoHeight"))


_STORAGE: tuple[Callable[[Spec], Iterator[Finding]], ...] = (_complete, region, _sts, _extension, _prefix)
_CHANNEL: tuple[Callable[[Spec], Iterator[Finding]], ...] = (
    _encryption,
    _subscription,
    _stream_mode,
    _snapshot,
    _files,
    _layout,
    _place,
    _idle,
)
_WEB: tuple[Callable[[Spec], Iterator[Finding]], ...] = (_files, _place, _web)


@cache
def _secret_paths(kind: Kind) -> tuple[tuple[str, ...], ...]:
    found = (path for path, attribute in attributes(kind).items() if attribute.sensitive)
    return tuple(tuple(path.replace("[]", ".[]").split(".")) for path in found)


PROFILE_SECRETS = {
    kind: tuple((path,) for path, attribute in attributes_of(model).items() if attribute.sensitive)
    for kind, (_, model) in PROFILES.items()
}


def literal_secrets(raw: object, paths: Kind | tuple[tuple[str, ...], ...]) -> Iterator[Finding]:
    """Tell which secrets stand in the manifest itself; `raw` is the spec before validation."""
    for wanted in _secret_paths(paths) if isinstance(paths, Kind) else paths:
        for path, value in _at(raw, wanted, ()):
            if value and isinstance(value, str):
                text = f"{wanted[-1]} stands in the manifest itself, for everyone to read."
                yield Finding(path, text, f"Write {wanted[-1]}: {{fromEnv: NAME}}.", "warning")


def _at(value: Any, wanted: tuple[str, ...], path: Path) -> Iterator[tuple[Path, Any]]:  # noqa: ANN401
    if not wanted:
        yield path, value
    elif wanted[0] == "[]" and isinstance(value, list):
        for index, item in enumerate(value):
            yield from _at(item, wanted[1:], (*path, index))
    elif isinstance(value, dict) and wanted[0] in value:
        yield from _at(value[wanted[0]], wanted[1:], (*path, wanted[0]))
