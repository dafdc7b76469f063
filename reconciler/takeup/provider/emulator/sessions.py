"""What the emulator keeps: reservations (an acquire) and sessions (a start). Frozen; no secret gets in."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
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


@dataclass(frozen=True, slots=True)
class Reservation:
    """What an acquire reserved. `sid` is set by the one start that it is good for."""

    resource_id: str
    app_id: str
    cname: str
    uid: str
    acquired_at: float
    scene: int = 0
    resource_expired_hour: int = 72
    start_parameter_hash: str | None = None
    sid: str | None = None


@dataclass(frozen=True, slots=True)
class Session:
    """One session as it was started, and what was done to it since. Times are Unix seconds.

    `exits_at` is when it leaves by itself, foreseen at the start; `stopped_at` is a stop; `ended_at` a death
    without farewell. `closes_at` ends the API window (resourceExpiredHour), not the session.
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
    exits_at: float | None = None
    publishers: bool = True
    stopped_at: float | None = None
    ended_at: float | None = None
    layout: Json | None = None
    subscription: Json | None = None
    storage: Json | None = None
    onhold: bool = False
    outputs: tuple[Json, ...] = field(default=())

    @property
    def triple(self) -> tuple[str, str, str]:
        """What can live only once."""
        return (self.app_id, self.cname, self.uid)

    @property
    def leaves_at(self) -> float:
        """When it is over: the earliest of stop, exit and death; infinite where none is in sight."""
        times = [at for at in (self.stopped_at, self.exits_at, self.ended_at) if at is not None]
        return min(times, default=float("inf"))

    def live(self, now: float) -> bool:
        """Whether it records (and is billed) at this moment."""
        return now < self.leaves_at

    def gone(self, now: float, linger: float) -> bool:
        """Whether it is no longer even seen exiting."""
        if self.ended_at is not None and now >= self.ended_at:
            return True
        return now >= self.leaves_at + linger
