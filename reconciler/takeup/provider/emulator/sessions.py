"""What the emulator keeps: reservations (an acquire) and sessions (a start). Frozen; no secret gets in."""

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from enum import StrEnum
from typing import Any, Self
from urllib.parse import urlsplit

Json = dict[str, Any]

SECRET_KEYS = frozenset({"token", "accessKey", "secretKey", "stsToken", "secret", "salt"})


def without_secrets(value: Any) -> Any:  # noqa: ANN401 - any JSON value, the same one without its secrets
    """Copy a JSON value, leaving out secret keys and masking what follows the host of rtmp URLs."""
    if isinstance(value, Mapping):
        return {
            key: _masked(item) if key == "rtmpUrl" else without_secrets(item)
            for key, item in value.items()
            if key not in SECRET_KEYS
        }
    if isinstance(value, list):
        return [without_secrets(item) for item in value]
    return value


def _masked(url: object) -> str:
    """Keep scheme, host and port of an rtmp URL: the stream key stands in its path."""
    try:
        parts = urlsplit(str(url))
        port = f":{parts.port}" if parts.port else ""
    except ValueError:
        return "***"
    return f"{parts.scheme}://{parts.hostname}{port}/***" if parts.scheme and parts.hostname else "***"


def web_service(request: Json, name: str) -> Json | None:
    """Find the serviceParam of an extension service; None where the service is not selected."""
    config = request.get("extensionServiceConfig")
    services = config.get("extensionServices") if isinstance(config, dict) else None
    for service in services if isinstance(services, list) else ():
        if is_service(service, name):
            parameter = service.get("serviceParam", {})
            return parameter if isinstance(parameter, dict) else {}
    return None


def is_service(service: object, name: str) -> bool:
    """Tell whether an entry of extensionServices selects this service."""
    return isinstance(service, dict) and service.get("serviceName") == name


class Cause(StrEnum):
    """Why a session is over. The first four leave in good order; the others are shown as status 20 or 404."""

    STOPPED = "stopped"
    IDLE = "idle"
    MAX_HOURS = "maxRecordingHour"
    KICKED = "kicked"
    TOKEN_EXPIRED = "tokenExpired"  # noqa: S105 - a cause, no secret
    TOKEN_REJECTED = "tokenRejected"  # noqa: S105 - a cause, no secret
    STORAGE_REJECTED = "storageRejected"
    PAGE_FAILED = "pageFailed"
    FAILOVERS = "failovers"
    WORKER_DIED = "workerDied"

    @property
    def orderly(self) -> bool:
        """Whether the exit shows status 6, 7, 8; otherwise 20."""
        return self in {Cause.STOPPED, Cause.IDLE, Cause.MAX_HOURS, Cause.KICKED, Cause.TOKEN_EXPIRED}

    @property
    def abrupt(self) -> bool:
        """Whether it is 404 at once, with no exit to be seen."""
        return self in {Cause.WORKER_DIED, Cause.FAILOVERS, Cause.STORAGE_REJECTED, Cause.TOKEN_REJECTED}


@dataclass(frozen=True, slots=True)
class Exit:
    """An end of a session: when (Unix seconds) and why."""

    at: float
    cause: Cause


@dataclass(frozen=True, slots=True)
class Failover:
    """A worker that fell out: nothing but 404 in [at, until), then the session goes on with a new uid [bp]."""

    at: float
    until: float
    new_uid: str


@dataclass(frozen=True, slots=True)
class Reservation:
    """What an acquire reserved. `sid` is set by the one start that it is good for; `region` is where it is run."""

    resource_id: str
    app_id: str
    cname: str
    uid: str
    acquired_at: float
    scene: int = 0
    resource_expired_hour: int = 72
    start_parameter_hash: str | None = None
    body_hash: str = ""
    sid: str | None = None
    region: str = ""


@dataclass(frozen=True, slots=True)
class Session:
    """One session as it was started, and what was done to it since. Times are Unix seconds.

    `exits` holds every end that is in sight, the earliest counts. `closes_at` ends the API window
    (resourceExpiredHour), not the session. `published_at` is when somebody to record was there; None: nobody is.
    `region` is where it runs.
    """

    sid: str
    resource_id: str
    app_id: str
    cname: str
    uid: str
    mode: str
    request: Json
    started_at: float
    closes_at: float
    exits: tuple[Exit, ...] = ()
    failovers: tuple[Failover, ...] = ()
    published_at: float | None = None
    upload: float = 0.0
    layout: Json | None = None
    subscription: Json | None = None
    storage: Json | None = None
    onhold: bool = False
    outputs: tuple[Json, ...] = ()
    region: str = ""

    @classmethod
    def from_row(cls, row: Json) -> Self:
        """Build a session from its JSON, which knows neither tuples nor classes."""
        return cls(
            **{
                **row,
                "exits": tuple(Exit(item["at"], Cause(item["cause"])) for item in row["exits"]),
                "failovers": tuple(Failover(**item) for item in row["failovers"]),
                "outputs": tuple(row["outputs"]),
            }
        )

    def to_row(self) -> Json:
        """Name its parts, not copied, for `from_row` to read back from JSON."""
        return {name: getattr(self, name) for name in _PARTS}

    @property
    def triple(self) -> tuple[str, str, str]:
        """What can live only once."""
        return (self.app_id, self.cname, self.uid)

    @property
    def exit(self) -> Exit | None:
        """The earliest end in sight."""
        return min(self.exits, key=lambda item: item.at, default=None)

    @property
    def leaves_at(self) -> float:
        """When it is over; infinite where no end is in sight."""
        return min((item.at for item in self.exits), default=float("inf"))

    def ending(self, at: float, cause: Cause) -> Self:
        """The same session with one more end in sight."""
        return replace(self, exits=(*self.exits, Exit(at, cause)))

    def without(self, cause: Cause) -> Self:
        """The same session without an end that will not come (somebody joined an idle channel)."""
        return replace(self, exits=tuple(item for item in self.exits if item.cause is not cause))

    def live(self, now: float) -> bool:
        """Whether it records (and is billed) at this moment."""
        return now < self.leaves_at

    def gone(self, now: float, linger: float) -> bool:
        """Whether it is no longer even seen exiting."""
        end = self.exit
        if end is None or now < end.at:
            return False
        return end.cause.abrupt or now >= end.at + linger

    def failing_over(self, now: float) -> bool:
        """Whether it is 404 for the moment, though it lives."""
        return any(item.at <= now < item.until for item in self.failovers)

    def moved(self, now: float) -> int:
        """How many failovers are behind it."""
        return sum(1 for item in self.failovers if item.until <= now)


_PARTS = tuple(item.name for item in fields(Session))
