"""What is recorded of the sessions: the previous state, or the prior state after a refresh. Frozen data."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import StrEnum
from types import MappingProxyType
from typing import Any

from takeup.core.account import Account
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


class Phase(StrEnum):
    """How far a session has come by the calls that were sent and answered; kept nowhere, derived."""

    ACQUIRED = "acquired"  # resourceId known, start not sent
    START_SENT = "start sent"  # outcome not known
    STARTED = "started"  # sid known
    STOP_SENT = "stop sent"  # outcome not known


@dataclass(frozen=True, slots=True)
class OpenCall:
    """A call that was written down before it was sent, and whose outcome is not known.

    `groups` are the parts of the session that an update may or may not have overwritten: update groups, and
    `layout`. They are sent again whatever the manifest says by then.
    """

    operation: str  # start | update | updateLayout | stop
    at: datetime
    groups: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class SessionState:
    """One resource as the state holds it.

    `applied` is the spec as last sent, in the form of the manifest with API numbers; secrets stand in it as
    keyed fingerprints, never as themselves. `realm` tells apart what must not be mixed up: `agora`,
    `loopback` (somebody's emulator or proxy) and `embedded` (no real recorder).

    `since` is when `liveness` was first found to be what it is. `open` is the call whose outcome is not known.
    `former` are resourceIds of earlier tries of the same start that may be what records. `predecessor` is the
    session that was believed to have ended when this start was sent; it is dropped once the start is answered.
    `broken` are the promises of a plan that answers did not keep.
    `overlapping` is the session that this one takes over from and that records on, under another uid; it is dropped
    once it was stopped. Where this one fails, that one is held again.
    `apart_from` are the resourceIds whose region Agora was told to avoid: those of the other session of the resource.
    `prevent_stop` outlives the manifest that says so. `short_lives` counts the sessions before this one that lived for
    a short time, one after the other. `exited` is how it ended, where anything says so: normal or abnormal.
    `seen_at` is the last time at which it was known to record; a run that writes nothing else may leave it behind.
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
    since: datetime | None = None
    evidence: str = ""
    open: OpenCall | None = None
    token_expires_at: datetime | None = None
    former: tuple[str, ...] = ()
    predecessor: "SessionState | None" = None
    broken: tuple[str, ...] = ()
    overlapping: "SessionState | None" = None
    prevent_stop: bool = False
    short_lives: int = 0
    exited: str = ""
    apart_from: tuple[str, ...] = ()
    seen_at: datetime | None = None

    @property
    def resource_ids(self) -> tuple[str, ...]:
        """The resourceIds under which it may record, and those of the session that it takes over from."""
        if self.liveness is Liveness.ENDED:
            return ()
        return (self.resource_id, *self.former, *(self.overlapping.resource_ids if self.overlapping else ()))

    @property
    def window_end(self) -> datetime:
        """When it can no longer be queried, updated or stopped: resourceExpiredHour after its start [acq]."""
        return self.started_at + timedelta(hours=int(self.applied.get("resourceExpiredHour", DEFAULT_WINDOW_HOURS)))

    @property
    def phase(self) -> Phase:
        """How far it has come."""
        operation = self.open.operation if self.open is not None else ""
        if self.sid is None:
            lost = self.liveness is Liveness.LOST  # whatever else it says: what may run is never taken for nothing
            return Phase.START_SENT if operation == "start" or lost else Phase.ACQUIRED
        return Phase.STOP_SENT if operation == "stop" else Phase.STARTED

    @property
    def silent_at(self) -> datetime:
        """When one that ended was first found not to answer; it ended then, or before."""
        return self.suspect_since or self.since or self.started_at

    def found(self, liveness: Liveness, evidence: str, now: datetime) -> "SessionState":
        """The same session, found to be so; `since` moves only when `liveness` does."""
        since = self.since if liveness is self.liveness and self.since is not None else now
        return replace(self, liveness=liveness, evidence=evidence, since=since)

    def ended(self, at: datetime, how: str) -> "EndedSession":
        """What is kept of it now that it is over."""
        return EndedSession(
            address=self.address, cname=self.cname, uid=self.uid, mode=self.mode, resource_id=self.resource_id,
            sid=self.sid, started_at=self.started_at, ended_at=at, how=how,
            confirmed_at=self.confirmed_at, seen_at=self.seen_at,
            gone_at=self.silent_at if self.liveness is Liveness.ENDED else None,
        )  # fmt: skip


@dataclass(frozen=True, slots=True)
class EndedSession:
    """One session that is over, kept for its files.

    `confirmed_at` and `seen_at` are the first and the last time at which it was known to record, `gone_at` when it was
    first known not to; None where takeup stopped it.
    """

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
    confirmed_at: datetime | None = None
    seen_at: datetime | None = None
    gone_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Snapshot:
    """A whole state: the sessions by address, and those that ended.

    `fingerprint_key` keys the fingerprints of secrets; it belongs to the lineage and never leaves the state.
    `fence` numbers the locks: that of the run that wrote it, 0 where no backend gives numbers. It only grows.
    `accounts` hold how far each recording with a schedule was covered.
    """

    lineage: str
    serial: int
    fingerprint_key: bytes = field(repr=False)
    sessions: Mapping[Address, SessionState] = field(default_factory=lambda: MappingProxyType({}))
    ended: tuple[EndedSession, ...] = ()
    fence: int = 0
    accounts: Mapping[Address, Account] = field(default_factory=lambda: MappingProxyType({}))


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
