"""Sample recordings and sessions for the tests of the core, the engine and the scenarios."""

from collections.abc import Iterable
from datetime import UTC, datetime
from types import MappingProxyType
from typing import Any

from takeup.core.address import Address, Kind
from takeup.core.plan import Plan, Target
from takeup.core.planner import make_plan
from takeup.core.resource import Fingerprints, Resource
from takeup.core.schema.table import Attribute, attributes
from takeup.core.secret import Secret
from takeup.core.selection import Selection
from takeup.core.snapshot import Liveness, OpenCall, SessionState, Snapshot

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
KEY = b"k" * 32
TARGET = Target("emulator", "embedded", "app")
STORAGE: dict[str, Any] = {
    "vendor": 1,
    "region": 0,
    "bucket": "b",
    "accessKey": Secret("ACCESS"),
    "secretKey": Secret("SECRET"),
}
_CONFIG: dict[Kind, dict[str, Any]] = {
    Kind.INDIVIDUAL: {"recordingConfig": {"channelType": 1, "subscribeUidGroup": 2}},
    Kind.COMPOSITE: {"recordingConfig": {"channelType": 1}},
    Kind.SCREENSHOT: {
        "recordingConfig": {"channelType": 1, "streamTypes": 1, "subscribeUidGroup": 2},
        "snapshotConfig": {"captureInterval": 10, "fileType": ["jpg"]},
    },
    Kind.WEB_PAGE: {
        "webRecorder": {
            "url": "https://example.org",
            "audioProfile": 1,
            "videoWidth": 1280,
            "videoHeight": 720,
            "maxRecordingHour": 2,
        }
    },
}


def resource(name: str = "hall", kind: Kind = Kind.COMPOSITE, **spec: Any) -> Resource:  # noqa: ANN401 - any attribute
    """A small valid recording; `spec` goes over its first level."""
    base = {"cname": name, "uid": "10001", "storageConfig": STORAGE, **_CONFIG[kind]}
    return Resource(Address(kind, name), fresh({**base, **spec}))


def fresh(value: Any) -> Any:  # noqa: ANN401 - any value of a spec
    """A copy that can be changed; secrets refuse `copy.deepcopy`."""
    if isinstance(value, dict):
        return {name: fresh(item) for name, item in value.items()}
    return [fresh(item) for item in value] if isinstance(value, list) else value


def session(of: Resource, liveness: Liveness = Liveness.RUNNING, **changes: Any) -> SessionState:  # noqa: ANN401 - any attribute
    """The session of a recording that was applied just so."""
    known: dict[str, Any] = {
        "address": of.address,
        "realm": "embedded",
        "app_id": "app",
        "cname": of.cname,
        "uid": of.uid,
        "mode": of.address.kind.mode,
        "applied": Fingerprints(KEY).applied(of.spec),
        "resource_id": "resource-id",
        "sid": None if liveness is Liveness.LOST else f"sid-{of.address.name}",
        "liveness": liveness,
        "started_at": NOON,
        "confirmed_at": NOON if liveness is Liveness.RUNNING else None,
        "evidence": "as seen",
        "open": OpenCall("start", NOON) if liveness is Liveness.LOST else None,
    }
    return SessionState(**(known | changes))


def snapshot(*sessions: SessionState) -> Snapshot:
    """A state that holds these sessions."""
    return Snapshot("lineage", 3, KEY, MappingProxyType({item.address: item for item in sessions}))


def plan(  # noqa: PLR0913 - what a plan is made of, each by name
    wanted: Iterable[Resource],
    sessions: Iterable[SessionState],
    *,
    previous: Snapshot | None = None,
    selection: Selection | None = None,
    known: Iterable[Resource] | None = None,
    at: datetime = NOON,
) -> Plan:
    """The plan for a desired and a prior state."""
    prior = snapshot(*sessions)
    return make_plan(
        project="test",
        target=TARGET,
        desired={item.address: item for item in wanted},
        previous=previous or prior,
        prior=prior,
        now=at,
        selection=selection,
        known=None if known is None else {item.address: item for item in known},
    )


def leaves(kind: Kind) -> list[Attribute]:
    """Every attribute of a kind that holds a value."""
    return [attribute for attribute in attributes(kind).values() if not attribute.is_object]


def values(attribute: Attribute) -> tuple[Any, Any]:
    """Two different values of an attribute, neither its default where it has more than two."""
    first, second = _values(attribute)
    return ([first], [second]) if attribute.type.startswith("list") else (first, second)


def _values(attribute: Attribute) -> tuple[Any, Any]:
    if attribute.sensitive:
        return Secret("rtmp://a"), Secret("rtmp://b")
    if attribute.named is not None:
        *_, first, second = sorted(set(attribute.named.names.values()))
        return first, second
    if attribute.allowed:
        # Where one value is allowed, another one stands for another version of takeup.
        return (attribute.allowed[-1], attribute.allowed[0] if len(attribute.allowed) > 1 else "other")
    if attribute.type == "boolean":
        return False, True
    if attribute.low is not None and attribute.high is not None:
        return attribute.low + 0.25 * (attribute.high == 1), (attribute.low + attribute.high) // 2 + 0.5 * (
            attribute.high == 1
        )
    return "1", "2"


def full_spec(kind: Kind) -> dict[str, Any]:
    """A spec in which every attribute is declared with the first of its `values`."""
    spec: dict[str, Any] = {}
    for attribute in leaves(kind):
        put(spec, attribute.path, values(attribute)[0])
    return spec


def put(spec: dict[str, Any], path: str, value: object) -> None:
    """Set an attribute by its schema path; `[]` is the first element. None removes it."""
    *parents, last = path.split(".")
    for part in parents:
        name, many = part.removesuffix("[]"), part.endswith("[]")
        inner = spec.setdefault(name, [{}] if many else {})
        spec = inner[0] if many else inner
    if value is None:
        spec.pop(last, None)
    else:
        spec[last] = value
