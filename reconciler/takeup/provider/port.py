"""The port between the engine and whatever records: frozen values and two protocols.

A plan is given a `SessionReader`, which has no method that changes anything; only an apply is given a
`Recorder`. Errors are those of `takeup.errors`; absence is an answer (`None`), not an error.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from takeup.core.address import Mode


@dataclass(frozen=True, slots=True)
class SessionRef:
    """How a running session is addressed."""

    cname: str
    uid: str
    mode: Mode
    resource_id: str
    sid: str


@dataclass(frozen=True, slots=True)
class Identity:
    """Whom an answer is about, as far as it says so; None where it is silent.

    `web` tells whether it has the shape of a web page recording.
    """

    cname: str | None = None
    uid: str | None = None
    resource_id: str | None = None
    sid: str | None = None
    web: bool | None = None


SILENT = Identity()
"""An answer that does not say whom it is about."""


@dataclass(frozen=True, slots=True)
class Acquired:
    """What `acquire` gave."""

    resource_id: str
    identity: Identity = SILENT


@dataclass(frozen=True, slots=True)
class Started:
    """What `start` gave: accepted, not yet up."""

    sid: str
    identity: Identity = SILENT


@dataclass(frozen=True, slots=True)
class Sighting:
    """What `query` said of a session that answered: `status` 0..8 or 20, and its files so far.

    `recording_since` is when the first slice began, where the answer says so: the session started before it.
    """

    status: int
    files: tuple[Mapping[str, Any], ...] = ()
    identity: Identity = SILENT
    recording_since: datetime | None = None


@dataclass(frozen=True, slots=True)
class StopReceipt:
    """How a stop ended.

    `gone` is True where Agora knew no such session (404), `exiting` where it was already exiting (400/49):
    both leave it to the caller to confirm the end by query.
    """

    uploading_status: str | None = None
    files: tuple[Mapping[str, Any], ...] = ()
    gone: bool = False
    exiting: bool = False
    note: str = ""
    identity: Identity = SILENT


class SessionReader(Protocol):
    """Reads. Costs one call and changes nothing."""

    def query(self, session: SessionRef) -> Sighting | None:
        """Ask after a session; None where the service answers 404 (failed to find worker).

        Raises:
            ProviderError: the question could not be answered. A gateway 404 is a RejectedError.
        """

    def close(self) -> None:
        """Close every connection."""


class Recorder(SessionReader, Protocol):
    """Reads and changes. `spec` is a resource's spec with API numbers and its real secrets."""

    def pair(self) -> None:
        """Wait until the rate limit grants an acquire and the start that belongs to it, then return.

        The two calls that follow on this thread use the two grants.
        """

    def acquire(self, *, cname: str, uid: str, mode: Mode, spec: Mapping[str, Any]) -> Acquired:
        """Reserve a resourceId (single use, lives 5 minutes)."""

    def start(self, *, cname: str, uid: str, mode: Mode, resource_id: str, spec: Mapping[str, Any]) -> Started:
        """Start recording, or send the same start again. Accepted, not yet up: confirm by `query`.

        It is repeated with the same resourceId and body while its outcome is not known: a resourceId is good for
        one start, so that this never makes a second session.

        Raises:
            NeverStartedError: this resourceId was not started, and cannot be any more: acquire anew.
            NoWorkerError: it did not start; acquire anew at once.
            TaskConflictError: the triple is live, under this or another resourceId.
            RejectedError, NotSentError, UnavailableError: it did not start.
            AlreadyStartedError: it is running, and its sid is not known.
            NotCompletedError: the service did not complete it in time, all repetitions included: acquire anew.
            OutcomeUnknownError: it may be running, and its sid is not known.
        """

    def update(self, session: SessionRef, *, spec: Mapping[str, Any], groups: frozenset[str]) -> Identity | None:
        """Send the update groups (`subscription`, `storage`, `onhold`, `rtmp`); None where it is gone (404)."""

    def update_layout(self, session: SessionRef, *, spec: Mapping[str, Any]) -> Identity | None:
        """Overwrite the whole layout; None where the session is gone (404)."""

    def stop(self, session: SessionRef) -> StopReceipt:
        """Stop and wait for the upload (Agora takes up to 20 s; this waits at least 60 s)."""
