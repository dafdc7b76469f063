"""From a spec to the bodies on the wire. Pure; the only place where secrets are revealed for Agora.

A spec has the form of a manifest's `spec` with API numbers. What is not declared is not sent, so that Agora's
own defaults hold; the exceptions are named where they stand.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from takeup.core.address import Mode
from takeup.core.secret import Secret

ALL_STREAMS = "#allstream#"
_AUDIO_LISTS = ("subscribeAudioUids", "unSubscribeAudioUids")
_VIDEO_LISTS = ("subscribeVideoUids", "unSubscribeVideoUids")
_LAYOUT = (
    "mixedVideoLayout",
    "maxResolutionUid",
    "backgroundColor",
    "backgroundImage",
    "defaultUserBackgroundImage",
    "layoutConfig",
    "backgroundConfig",
)
_CHANNEL_KEYS = ("token", "storageConfig", "recordingConfig", "recordingFileConfig", "snapshotConfig")
_WEB_KEYS = ("token", "storageConfig", "recordingFileConfig")
_ACQUIRE_KEYS = ("resourceExpiredHour", "region", "regionAffinity", "excludeResourceIds")
_AUDIO_ONLY, _VIDEO_ONLY, _BOTH = 0, 1, 2


def acquire_body(cname: str, uid: str, mode: Mode, spec: Mapping[str, Any]) -> dict[str, Any]:
    """The body of acquire; with `startParameter` it carries the very clientRequest of start."""
    request: dict[str, Any] = {"scene": 1 if mode is Mode.WEB else 0}
    request.update((key, reveal(spec[key])) for key in _ACQUIRE_KEYS if _declared(spec.get(key)))
    if spec.get("startParameter"):
        request["startParameter"] = start_request(mode, spec)
    return envelope(cname, uid, request)


def start_body(cname: str, uid: str, mode: Mode, spec: Mapping[str, Any]) -> dict[str, Any]:
    """The body of start."""
    return envelope(cname, uid, start_request(mode, spec))


def start_request(mode: Mode, spec: Mapping[str, Any]) -> dict[str, Any]:
    """The `clientRequest` of start."""
    keys = _WEB_KEYS if mode is Mode.WEB else _CHANNEL_KEYS
    request = {key: reveal(spec[key]) for key in keys if _declared(spec.get(key))}
    if "recordingConfig" in request:
        request["recordingConfig"] = _without_empty_lists(request["recordingConfig"])
    if mode is Mode.WEB:
        request["extensionServiceConfig"] = _web_services(spec)
    return request


def update_body(cname: str, uid: str, spec: Mapping[str, Any], groups: frozenset[str]) -> dict[str, Any]:
    """The body of update for these groups.

    Raises:
        ValueError: no group, or one that there is not.
    """
    unknown = groups - _GROUPS.keys()
    if unknown or not groups:
        raise ValueError(f"update groups are {sorted(_GROUPS)}, not {sorted(groups)}")
    request: dict[str, Any] = {}
    for group in sorted(groups):
        request.update(_GROUPS[group](spec))
    return envelope(cname, uid, request)


def layout_body(cname: str, uid: str, spec: Mapping[str, Any]) -> dict[str, Any]:
    """The body of updateLayout: the whole layout, for Agora resets what is left out."""
    layout = (spec.get("recordingConfig") or {}).get("transcodingConfig") or {}
    request = {key: reveal(layout[key]) for key in _LAYOUT if _declared(layout.get(key))}
    request.setdefault("mixedVideoLayout", 0)
    return envelope(cname, uid, request)


def stop_body(cname: str, uid: str) -> dict[str, Any]:
    """The body of a synchronous stop."""
    return envelope(cname, uid, {})


def envelope(cname: str, uid: str, request: Mapping[str, Any]) -> dict[str, Any]:
    """What every body is wrapped in."""
    return {"cname": cname, "uid": uid, "clientRequest": dict(request)}


def reveal(value: Any) -> Any:  # noqa: ANN401 - any JSON value
    """A copy as plain JSON: secrets revealed, undeclared (None) attributes left out. Never store it."""
    if isinstance(value, Secret):
        return value.reveal()
    if isinstance(value, Mapping):
        return {key: reveal(item) for key, item in value.items() if item is not None}
    if isinstance(value, list | tuple):
        return [reveal(item) for item in value]
    return value


def secrets_in(value: Any) -> Iterator[str]:  # noqa: ANN401 - any JSON value
    """Every secret of a spec, to be cut out of what a server says about it."""
    if isinstance(value, Secret):
        if value.resolved:
            yield value.reveal()
    elif isinstance(value, Mapping):
        for item in value.values():
            yield from secrets_in(item)
    elif isinstance(value, list | tuple):
        for item in value:
            yield from secrets_in(item)


def _declared(value: object) -> bool:
    return value is not None and value not in ([], ())


def _without_empty_lists(config: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in config.items() if value != []}


def _web_services(spec: Mapping[str, Any]) -> dict[str, Any]:
    services = [_service("web_recorder_service", "error_abort", reveal(spec.get("webRecorder") or {}))]
    if spec.get("rtmpPublish"):
        outputs = reveal(spec["rtmpPublish"].get("outputs") or [])
        services.append(_service("rtmp_publish_service", "error_ignore", {"outputs": outputs}))
    return {"errorHandlePolicy": "error_abort", "extensionServices": services}


def _service(name: str, policy: str, param: Mapping[str, Any]) -> dict[str, Any]:
    return {"serviceName": name, "errorHandlePolicy": policy, "serviceParam": param}


def _subscription(spec: Mapping[str, Any]) -> dict[str, Any]:
    """Both media as declared; where no list is declared at all, everything that is recorded.

    A list for one medium alone means to Agora that the other is not subscribed, and so it does at start:
    an undeclared list beside a declared one is therefore not filled in.
    """
    config = spec.get("recordingConfig") or {}
    audio = {key: reveal(config[key]) for key in _AUDIO_LISTS if config.get(key)}
    video = {key: reveal(config[key]) for key in _VIDEO_LISTS if config.get(key)}
    if not audio and not video:
        stream_types = config.get("streamTypes")
        if stream_types in {None, _BOTH, _AUDIO_ONLY}:
            audio = {"subscribeAudioUids": [ALL_STREAMS]}
        if stream_types in {None, _BOTH, _VIDEO_ONLY}:
            video = {"subscribeVideoUids": [ALL_STREAMS]}
    lists = {"audioUidList": audio, "videoUidList": video}
    return {"streamSubscribe": {name: uids for name, uids in lists.items() if uids}}


def _storage(spec: Mapping[str, Any]) -> dict[str, Any]:
    return {"storageConfig": reveal(spec["storageConfig"])}


def _onhold(spec: Mapping[str, Any]) -> dict[str, Any]:
    return {"webRecordingConfig": {"onhold": bool((spec.get("webRecorder") or {}).get("onhold", False))}}


def _rtmp(spec: Mapping[str, Any]) -> dict[str, Any]:
    return {"rtmpPublishConfig": {"outputs": reveal((spec.get("rtmpPublish") or {}).get("outputs") or [])}}


_GROUPS = {"subscription": _subscription, "storage": _storage, "onhold": _onhold, "rtmp": _rtmp}
