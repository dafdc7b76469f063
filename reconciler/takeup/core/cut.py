"""What a stop cuts off: for how long a session has been recording, and how long it would have gone on. Pure."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from takeup.core.address import Kind
from takeup.core.snapshot import Liveness, SessionState

STARTS_WITHIN = timedelta(seconds=5)
"""What a session usually needs from its start until it records [webm, bp]."""
STOPS_WITHIN = timedelta(seconds=20)
"""What a stop may need until it is answered [stop]; only then the next session of the uid is started."""
GAP = STARTS_WITHIN + STOPS_WITHIN
"""For how long nothing is recorded where a session is stopped before the next one is started."""


@dataclass(frozen=True, slots=True)
class Cut:
    """A session that a plan stops.

    `ends_at` is when a web page recording would have ended by maxRecordingHour, None for the other kinds. `sure`
    tells that it is RUNNING; else it may have ended already. `anew` tells that another one is started then, and
    `beside` that the other session of the resource records on meanwhile.
    """

    since: datetime
    ends_at: datetime | None = None
    sure: bool = True
    anew: bool = False
    beside: bool = False

    @property
    def gap(self) -> int | None:
        """For how many seconds nothing is recorded, until the next session is up; None where there is none."""
        return int(GAP.total_seconds()) if self.anew and not self.beside else None

    def running_for(self, now: datetime) -> int:
        """For how many seconds it has been recording."""
        return max(int((now - self.since).total_seconds()), 0)

    def remaining(self, now: datetime) -> int | None:
        """How many seconds of maxRecordingHour are left."""
        return None if self.ends_at is None else max(int((self.ends_at - now).total_seconds()), 0)


def cut_of(session: SessionState | None, *, anew: bool = False, beside: bool = False) -> Cut | None:
    """What a stop of this session cuts off; None where it has ended."""
    if session is None or session.liveness is Liveness.ENDED:
        return None
    return Cut(session.started_at, page_end(session), session.liveness is Liveness.RUNNING, anew, beside)


def page_end(session: SessionState) -> datetime | None:
    """When maxRecordingHour ends a web page recording; None for the other kinds."""
    hours = session.applied.get("webRecorder", {}).get("maxRecordingHour")
    if session.address.kind is not Kind.WEB_PAGE or hours is None:
        return None
    return session.started_at + timedelta(hours=int(hours))


def cut_document(cut: Cut | None, now: datetime) -> dict[str, Any] | None:
    """What is cut off as JSON, in seconds."""
    if cut is None:
        return None
    return {
        "since": f"{cut.since:%Y-%m-%dT%H:%M:%SZ}",
        "sure": cut.sure,
        "runningFor": cut.running_for(now),
        "remaining": cut.remaining(now),
        "gap": cut.gap,
    }
