"""What stands in a request body to Agora, by the keys of a manifest's `spec`, and where each stood. Pure."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from takeup.core.address import Kind
from takeup.core.schema.table import attributes
from takeup.manifest.translate import Finding, Path, did_you_mean

START_KEYS = (
    "token",
    "storageConfig",
    "recordingConfig",
    "recordingFileConfig",
    "snapshotConfig",
    "extensionServiceConfig",
)
ACQUIRE_KEYS = ("resourceExpiredHour", "region", "regionAffinity", "excludeResourceIds")
_RECORDER, _RTMP = "web_recorder_service", "rtmp_publish_service"
_POLICIES = {_RECORDER: "error_abort", _RTMP: "error_ignore"}
_PLACES = {_RECORDER: "webRecorder", _RTMP: "rtmpPublish"}
_ENVELOPE = ("cname", "uid", "clientRequest")
_SERVICE_KEYS = ("serviceName", "errorHandlePolicy", "serviceParam")


@dataclass(slots=True)
class Body:
    """What was taken out of a request.

    `origins` are the paths in the request of what stands in `spec`; `at` is that of the request's inner object.
    `sound` tells whether `spec` is worth validating: its parts were found, whatever is wrong with single keys.
    """

    spec: dict[str, Any] = field(default_factory=dict)
    origins: dict[str, Path] = field(default_factory=dict)
    at: Path = ()
    acquire: bool = False
    sound: bool = True
    findings: list[Finding] = field(default_factory=list)

    def put(self, key: str, value: object, origin: Path) -> None:
        """Take a value over."""
        self.spec[key] = value
        self.origins[key] = origin

    def refuse(self, path: Path, message: str, suggestion: str, *, at_key: bool = False) -> None:
        """Tell what is wrong at a path of the request."""
        self.findings.append(Finding(path, message, suggestion, at_key=at_key))

    def fail(self, path: Path, message: str, suggestion: str) -> None:
        """Tell what is so wrong that nothing below it can be judged."""
        self.refuse(path, message, suggestion)
        self.sound = False


def read_body(value: object, *, cname: str | None, uid: str | None) -> Body:
    """Take a request apart: of start with or without its envelope, or of acquire with `startParameter`.

    `cname` and `uid` stand in for an envelope's.
    """
    body = Body()
    if not isinstance(value, dict):
        body.fail((), "A request is a mapping.", "Give the JSON body that was sent to start.")
        return body
    wrapped = "clientRequest" in value
    if wrapped:
        _known(body, value, (), _ENVELOPE, "the body of a request")
        body.at = ("clientRequest",)
    for key, given in (("cname", cname), ("uid", uid)):
        _name(body, key, value.get(key) if wrapped else None, given)
    request = value["clientRequest"] if wrapped else value
    if not isinstance(request, dict):
        body.fail(body.at, "clientRequest must be a mapping.", "Give the JSON body that was sent to start.")
    elif "startParameter" in request:
        _acquire(body, request)
    elif not request.keys() & set(START_KEYS):
        hint = "Give the body of start, or of acquire with startParameter."
        body.fail(body.at, "This request says nothing of what is recorded.", hint)
    else:
        _start(body, request, "a start request")
    return body


def fitting(spec: Mapping[str, Any]) -> tuple[Kind, ...]:
    """The kinds whose start request looks like this, the best first."""
    if "webRecorder" in spec or "rtmpPublish" in spec:
        return (Kind.WEB_PAGE,)
    if "snapshotConfig" in spec:
        # Agora takes screenshots only where recordingFileConfig is absent [start].
        return (Kind.INDIVIDUAL,) if "recordingFileConfig" in spec else (Kind.SCREENSHOT, Kind.INDIVIDUAL)
    config = spec.get("recordingConfig")
    individual = isinstance(config, dict) and config.keys() & {"subscribeUidGroup", "streamMode"}
    return (Kind.INDIVIDUAL,) if individual else (Kind.COMPOSITE,)


def _name(body: Body, key: str, found: object, given: str | None) -> None:
    if found is None and given is None:
        body.refuse((key,), f"The request holds no {key}.", f"Name it: --{key}")
        body.put(key, "1", (key,))  # stands in, so that the rest is judged
    elif found is not None and given is not None and found != given:
        text = f"--{key} is another {key} than that of the request."
        body.refuse((key,), text, f"Leave --{key} out, or correct it.")
        body.put(key, found, (key,))
    else:
        body.put(key, given if found is None else found, (key,))


def _acquire(body: Body, request: Mapping[str, Any]) -> None:
    body.acquire = True
    allowed = (*ACQUIRE_KEYS, "scene", "startParameter")
    _known(body, request, body.at, allowed, "an acquire request")
    for key in ACQUIRE_KEYS:
        if key in request:
            body.put(key, request[key], (*body.at, key))
    scene = request.get("scene", 0)
    if scene not in {0, 1}:
        body.refuse((*body.at, "scene"), "scene must be 0, or 1 for a web page.", "Other scenes are retired.")
    at = (*body.at, "startParameter")
    body.at = at
    inner = request["startParameter"]
    if not isinstance(inner, dict):
        body.fail(at, "startParameter must be a mapping.", "It is the clientRequest of start.")
        return
    body.put("startParameter", True, at)
    _start(body, inner, "startParameter")


def _start(body: Body, request: Mapping[str, Any], what: str) -> None:
    _known(body, request, body.at, START_KEYS, what)
    for key, value in request.items():
        if key == "extensionServiceConfig":
            _extension(body, value, (*body.at, key))
        elif key in START_KEYS:
            body.put(key, value, (*body.at, key))
    for name in ("storageConfig", "recordingConfig"):
        config = request.get(name)
        if isinstance(config, dict) and "profile" in config:
            text = f"There is no attribute {name}.profile in a request."
            body.refuse((*body.at, name, "profile"), text, "Remove it.", at_key=True)


def _extension(body: Body, config: object, at: Path) -> None:
    services = config.get("extensionServices") if isinstance(config, dict) else None
    if not isinstance(config, dict) or not isinstance(services, list):
        text = "extensionServiceConfig must be a mapping with a list extensionServices."
        body.fail(at, text, "See the body of start for web page recordings.")
        return
    _known(body, config, at, ("errorHandlePolicy", "apiVersion", "extensionServices"), "extensionServiceConfig")
    _fixed(body, config, at, "errorHandlePolicy", "error_abort")
    _fixed(body, config, at, "apiVersion", "v1")
    for index, service in enumerate(services):
        _service(body, service, (*at, "extensionServices", index))
    if "webRecorder" not in body.spec and body.sound:
        body.fail(at, f"There is no {_RECORDER} among the extensionServices.", "A web page is recorded by it.")


def _service(body: Body, service: object, at: Path) -> None:
    name = service.get("serviceName") if isinstance(service, dict) else None
    if not isinstance(service, dict) or not isinstance(name, str) or name not in _PLACES:
        hint = did_you_mean(name, _PLACES) if isinstance(name, str) else ""
        text = f"Each service must have the serviceName {_RECORDER} or {_RTMP}."
        body.fail(at, text, hint or "Other services are retired.")
        return
    if _PLACES[name] in body.spec:
        body.fail(at, f"There are two services {name}.", "Remove one of the two.")
        return
    _known(body, service, at, _SERVICE_KEYS, f"the service {name}")
    _fixed(body, service, at, "errorHandlePolicy", _POLICIES[name])
    body.put(_PLACES[name], service.get("serviceParam"), (*at, "serviceParam"))


def _fixed(body: Body, holder: Mapping[str, Any], at: Path, key: str, wanted: str) -> None:
    """Some keys have one value only, which takeup sends by itself."""
    if holder.get(key, wanted) != wanted:
        body.refuse((*at, key), f"{key} can only be {wanted} here.", "takeup sends nothing else.")


def _known(body: Body, holder: Mapping[str, Any], at: Path, allowed: Iterable[str], what: str) -> None:
    allowed = tuple(allowed)
    for key in holder:
        if key in allowed:
            continue
        hint = _place_of(key) or did_you_mean(key, allowed, f"It has {', '.join(allowed)}.")
        body.refuse((*at, key), f"There is no {key[:60]} in {what}.", hint, at_key=True)


def _place_of(key: str) -> str:
    """Where a key would be right that stands in a wrong place: Agora silently ignores it there."""
    if key in ACQUIRE_KEYS:
        return "It belongs to acquire: remove it here, and write it into the manifest if acquire was sent with it."
    paths = (path for kind in Kind for path in attributes(kind) if path.endswith(f".{key}"))
    parent = next(paths, "").rpartition(".")[0]
    return f"It belongs into {parent.replace('[]', '')}." if parent else ""
