"""What one answer says of a session. Pure: 404 is not death."""

import math
from dataclasses import replace
from datetime import datetime, timedelta

from takeup.core.ending import latest_end
from takeup.core.snapshot import Liveness, Phase, SessionState
from takeup.engine.referee import broken_promises, marked
from takeup.provider.port import Sighting

STOPPING = frozenset({6, 7})
EXITED = {8: "status 8: exited", 20: "status 20: exited abnormally"}
_HOW = {8: "normal", 20: "abnormal"}
_UP = 4  # from this status on it records
STOP_SETTLES = timedelta(seconds=75)
"""For how long a stop of unknown outcome may still be under way: a synchronous one is waited for that long."""


def judge(
    session: SessionState,
    sighting: Sighting | None,
    now: datetime,
    confirm_ended_for: float,
    watched: float = math.inf,
) -> SessionState:
    """The session after one answer.

    It may be failing over for up to 90 s [codes], so it has ended only after `confirm_ended_for` seconds of
    nothing but 404.

    Args:
        session: as it was held.
        sighting: what the query saw; None for a 404.
        now: the time of the run, which may have jumped.
        confirm_ended_for: in seconds.
        watched: for how many seconds this run has seen nothing but 404, by a clock that does not jump; infinite
            where an earlier run saw the first one.
    """
    if sighting is None:
        return _silent(session, now, confirm_ended_for, watched)
    broken = broken_promises("query", session, sighting.identity)
    if broken:
        seen = session.found(Liveness.UNKNOWN, f"the answer is about another session: {'; '.join(broken)}", now)
        return replace(seen, broken=marked(session, broken))
    if sighting.status in EXITED:
        ended = session.found(Liveness.ENDED, EXITED[sighting.status], now)
        return replace(ended, suspect_since=None, exited=_HOW[sighting.status])
    if sighting.status in STOPPING:
        seen = session.found(Liveness.SUSPECT, f"status {sighting.status}: it is stopping", now)
        return replace(seen, suspect_since=session.suspect_since or now)
    call = session.open
    if call is not None and session.phase is Phase.STOP_SENT:
        if now - call.at < STOP_SETTLES:
            evidence = f"a stop was sent at {call.at:%H:%M:%S} UTC, and it still answers (status {sighting.status})"
            return replace(session.found(Liveness.SUSPECT, evidence, now), suspect_since=None)
        session = replace(session, open=None)  # it had no effect
    elif _says_nothing_new(session, sighting):
        return session
    return replace(
        session.found(Liveness.RUNNING, f"status {sighting.status}", now),
        suspect_since=None,
        confirmed_at=session.confirmed_at or (now if sighting.status >= _UP else None),
    )


def _says_nothing_new(session: SessionState, sighting: Sighting) -> bool:
    known = session.confirmed_at is not None or sighting.status < _UP
    return known and session.liveness is Liveness.RUNNING and session.suspect_since is None


def _silent(session: SessionState, now: datetime, confirm_ended_for: float, watched: float) -> SessionState:
    since = min(session.suspect_since or now, now)  # a clock that was set back counts anew
    silent = min((now - since).total_seconds(), watched)
    at = since.strftime("%Y-%m-%d %H:%M:%S UTC")
    if silent >= confirm_ended_for:
        ended = session.found(Liveness.ENDED, f"404 for {silent:.0f} s, first at {at}", now)
        return replace(ended, suspect_since=since)
    return replace(session.found(Liveness.SUSPECT, f"404 since {at}", now), suspect_since=since)


def closed(session: SessionState, now: datetime) -> SessionState:
    """A session whose control window is over."""
    if session.liveness is Liveness.UNKNOWN and session.evidence.startswith("its control window"):
        return session
    evidence = (
        f"its control window (resourceExpiredHour) closed at {session.window_end:%Y-%m-%d %H:%M} UTC: "
        "it can no longer be queried, updated or stopped, and records until it ends by itself"
    )
    return session.found(Liveness.UNKNOWN, evidence, now)


def settled(session: SessionState, now: datetime) -> SessionState | None:
    """What can be known of a session without asking; the same object where that is nothing new.

    A resourceId that was never started stands for nothing: what was before it is held again. What no call can
    reach has ended when nothing can keep it running.
    """
    if session.phase is Phase.ACQUIRED:
        return session.overlapping or session.predecessor
    if session.liveness is Liveness.LOST or (session.liveness is not Liveness.ENDED and now >= session.window_end):
        end, why = latest_end(session)
        if end is not None and now >= end:
            return session.found(Liveness.ENDED, f"it cannot have lasted beyond {end:%Y-%m-%d %H:%M} UTC: {why}", now)
    return session
