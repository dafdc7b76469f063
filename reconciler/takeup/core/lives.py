"""What the state knows of when the sessions of a recording recorded. Pure; times are Unix seconds.

A session records surely from the first time that it was seen to (status 4, 5) until the last time that it was. Whether
it did so before and after is not claimed by anybody.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from takeup.core.account import down, short, up
from takeup.core.address import Address
from takeup.core.snapshot import EndedSession, Liveness, Phase, SessionState, Snapshot


class Fate(StrEnum):
    """What became of a session."""

    LIVE = "live"  # it records, as far as it was looked at
    UNSURE = "unsure"  # SUSPECT or UNKNOWN
    LOST = "lost"
    ENDED = "ended"  # by itself
    STOPPED = "stopped"  # by takeup


@dataclass(frozen=True, slots=True)
class Life:
    """One session: when it was started, first and last seen to record, and first known not to any more."""

    started: int
    confirmed: int | None
    seen: int | None
    gone: int | None
    fate: Fate
    detail: str = ""

    @property
    def recorded(self) -> tuple[int, int] | None:
        """From when to when it surely recorded."""
        if self.confirmed is None or self.seen is None or self.seen <= self.confirmed:
            return None
        return self.confirmed, self.seen

    @property
    def last_known(self) -> int:
        """The last time at which anything was known of it."""
        return max(time for time in (self.started, self.confirmed, self.seen, self.gone) if time is not None)


_FATES = {
    Liveness.RUNNING: Fate.LIVE,
    Liveness.SUSPECT: Fate.UNSURE,
    Liveness.UNKNOWN: Fate.UNSURE,
    Liveness.LOST: Fate.LOST,
    Liveness.ENDED: Fate.ENDED,
}


def owner(address: Address) -> Address:
    """Whose account a session of this address counts for; the one place to know of several addresses of a recording."""
    return address.resource


def lives(snapshot: Snapshot) -> dict[Address, tuple[Life, ...]]:
    """Every session that the state knows of, by whose account it counts for, the first to start first."""
    found: dict[Address, list[Life]] = {}
    for session in snapshot.sessions.values():
        found.setdefault(owner(session.address), []).extend(_of_sessions(session))
    for ended in snapshot.ended:
        found.setdefault(owner(ended.address), []).append(_of_ended(ended))
    return {address: tuple(sorted(items, key=lambda life: life.started)) for address, items in found.items()}


def _of_sessions(session: SessionState | None) -> Iterator[Life]:
    if session is None:
        return
    yield from _of_sessions(session.predecessor)
    yield from _of_sessions(session.overlapping)
    if session.phase is Phase.ACQUIRED:
        return  # its start was never sent
    over = session.liveness is Liveness.ENDED
    yield Life(
        started=down(session.started_at),
        confirmed=None if session.confirmed_at is None else up(session.confirmed_at),
        seen=_latest([session.confirmed_at, session.seen_at]),
        gone=up(session.silent_at) if over else None,
        fate=_FATES[session.liveness],
        detail="" if session.liveness is Liveness.RUNNING else short(session.evidence),
    )


def _latest(times: Iterable[datetime | None]) -> int | None:
    return max((down(time) for time in times if time is not None), default=None)


def _of_ended(ended: EndedSession) -> Life:
    died = ended.gone_at is not None
    return Life(
        started=down(ended.started_at),
        confirmed=None if ended.confirmed_at is None else up(ended.confirmed_at),
        seen=_latest([ended.confirmed_at, ended.seen_at]),
        gone=up(ended.gone_at or ended.ended_at),
        fate=Fate.ENDED if died else Fate.STOPPED,
        detail=short(ended.how),
    )
