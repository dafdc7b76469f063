"""What is recorded of the sessions: the previous state, or the prior state after a refresh. Frozen data."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from types import MappingProxyType
from typing import Any

from takeup.core.address import Address, Mode

DEFAULT_WINDOW_HOURS = 72
"""The default of resourceExpiredHour, in hours [acq]."""


class Liveness(StrEnum):
    """What is known of a session."""

    RUNNING = "RUNNING"
    SUSPECT = "SUSPECT"  # 404, not yet believed
    ENDED = "ENDED"  # 404 confirmed, or Agora says that it exited
    UNKNOWN = "UNKNOWN"  # could not be asked
    LOST = "LOST"  # start was sent, its sid is not known


@dataclass(frozen=True, slots=True)
class SessionState:
    """One resource as the state holds it.

    `applied` is the spec as last sent, in the form of the manifest with API numbers; secrets stand in it as
    keyed fingerprints, never as themselves. `realm` tells apart what must not be mixed up: `agora`,
    `loopback` (somebody's emulator or proxy) and `embedded` (no real recorder).
    """

    address: Address
    realm: str
    app_id: str
    cname: str
    uid: str
    mode: Mode
    applied: Mapping[str, Any]
    resource_id: str
    sid: str | None
    liveness: Liveness
    started_at: datetime
    confirmed_at: datetime | None = None
    suspect_since: datetime | None = None
    evidence: str = ""

    @property
    def window_end(self) -> datetime:
        """When it can no longer be queried, updated or stopped: resourceExpiredHour after its start [acq]."""
        return self.started_at + timedelta(hours=int(self.applied.get("resourceExpiredHour", DEFAULT_WINDOW_HOURS)))


@dataclass(frozen=True, slots=True)
class EndedSession:
    """One session that is over, kept for its files."""

    address: Address
    cname: str
    uid: str
    mode: Mode
    resource_id: str
    sid: str | None
    started_at: datetime
    ended_at: datetime
    how: str
    uploading_status: str | None = None
    files: tuple[Mapping[str, Any], ...] = ()


@dataclass(frozen=True, slots=True)
class Snapshot:
    """A whole state: the sessions by address, and those that ended.

    `fingerprint_key` keys the fingerprints of secrets; it belongs to the lineage and never leaves the state.
    """

    lineage: str
    serial: int
    fingerprint_key: bytes = field(repr=False)
    sessions: Mapping[Address, SessionState] = field(default_factory=lambda: MappingProxyType({}))
    ended: tuple[EndedSession, ...] = ()


@dataclass(frozen=True, slots=True)
class JournalEntry:
    """One change of one resource, written down as it happens.

    `session` is what the state holds of the address from now on (None: nothing any more), so that the last
    entry of an address says all; `ended` is added to the ended sessions.
    """

    at: datetime
    address: Address
    operation: str
    phase: str  # intent | done | failed
    session: SessionState | None
    ended: EndedSession | None = None
