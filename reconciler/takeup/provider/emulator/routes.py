"""What the gateway has routes for."""

from typing import NamedTuple

from takeup.provider.emulator.world import MODES

REGIONS = frozenset({"na", "eu", "ap", "cn", "us"})
RECEIVERS = "receivers"
"""The operation that lists from where webhooks come: GET /v1/ncs/ip [ov], /v2/ncs/ip [zhapi]."""
_ON_SESSION = {"query": "GET", "update": "POST", "updateLayout": "POST", "stop": "POST"}


class Route(NamedTuple):
    """What a URL means."""

    operation: str
    app_id: str
    resource_id: str = ""
    mode: str = ""
    sid: str = ""


def route(method: str, path: str, versions: str = "both") -> Route | None:
    """Read method and path; None where the gateway has no route.

    Args:
        method: GET or POST; anything else has no route.
        path: begins with a slash; a region may stand before the rest [zhavail].
        versions: the switch `ipVersions`.
    """
    parts = path.split("/")[1:]
    if parts and parts[0] in REGIONS:
        parts = parts[1:]
    match parts:
        case ["v1", "apps", app_id, "cloud_recording", *rest] if app_id:
            return _route(method, app_id, rest)
        case ["v1" | "v2" as version, "ncs", "ip"] if method == "GET" and versions in {version, "both"}:
            return Route(RECEIVERS, "")
        case _:
            return None


def _route(method: str, app_id: str, rest: list[str]) -> Route | None:
    match rest:
        case ["acquire"] if method == "POST":
            return Route("acquire", app_id)
        case ["resourceid", rid, "mode", mode, "start"] if method == "POST" and rid and mode in MODES:
            return Route("start", app_id, rid, mode)
        case ["resourceid", rid, "sid", sid, "mode", mode, operation] if (
            rid and sid and mode in MODES and _ON_SESSION.get(operation) == method
        ):
            return Route(operation, app_id, rid, mode, sid)
        case _:
            return None
