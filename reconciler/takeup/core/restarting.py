"""What becomes of a recording that is wanted and whose session ended: started anew, complete, or held back. Pure."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from takeup.core.address import Kind
from takeup.core.ending import latest_end
from takeup.core.lifecycle import Restart
from takeup.core.resource import Resource
from takeup.core.schedule import on_all_through
from takeup.core.snapshot import Liveness, SessionState

SHORT = timedelta(minutes=5)
"""A session that lived for less than this may be one of a crash loop."""
LONGEST = timedelta(minutes=30)
_FIRST = timedelta(minutes=1)
_TOO_MANY = 16  # doubled so often, any pause is above the longest


class Next(StrEnum):
    """What is done about a session that ended."""

    START = "start"
    COMPLETE = "complete"  # it is not wanted any more in this window
    WAIT = "wait"  # held back by the brake


@dataclass(frozen=True, slots=True)
class Verdict:
    """What is done, and why; `until` is when the brake lets it go."""

    what: Next
    why: str = ""
    until: datetime | None = None


def ended_at(session: SessionState) -> datetime:
    """When a session that ended was first found not to answer; it ended then, or before."""
    return session.silent_at


def short_lives(session: SessionState | None) -> int:
    """How many sessions of a resource lived for a short time, one after the other, up to this one that ended."""
    if session is None or session.liveness is not Liveness.ENDED or session.sid is None:
        return 0 if session is None else session.short_lives
    return session.short_lives + 1 if ended_at(session) - session.started_at < SHORT else 0


def pause(lives: int) -> timedelta:
    """For how long nothing is started: not at all after one short life, then 1, 2, 4 ... 30 minutes."""
    if lives <= 1:
        return timedelta(0)
    doublings = min(lives - 2, _TOO_MANY)
    return min(LONGEST, _FIRST * (1 << doublings))


def after_end(resource: Resource, session: SessionState, now: datetime) -> Verdict:
    """What is done about a session that ended although its recording is wanted.

    A session of an earlier window says nothing about this one.
    """
    schedule = resource.schedule
    if schedule is not None and not on_all_through(schedule, session.started_at, now):
        return Verdict(Next.START, "a new window has begun")
    restart = resource.lifecycle.restart
    if restart is Restart.NEVER:
        return Verdict(Next.COMPLETE, "restart: never")
    if restart is Restart.ON_FAILURE and (normal := _normal(session)):
        return Verdict(Next.COMPLETE, f"restart: onFailure, and {normal}")
    lives = short_lives(session)
    until = ended_at(session) + pause(lives)
    if now < until:
        return Verdict(
            Next.WAIT,
            f"{resource.address}: its last {lives} sessions lived for less than {SHORT.seconds // 60} minutes each, so "
            f"it is started again no earlier than {until:%Y-%m-%d %H:%M:%S} UTC. Find out what ends them "
            f"({session.evidence}); to start it now: --replace {resource.address}",
            until,
        )
    return Verdict(Next.START)


def _normal(session: SessionState) -> str:
    """The evidence that a session ended as it should; empty where there is none, for then it is recorded again."""
    if session.exited == "normal":
        return "it exited normally"
    if session.exited == "abnormal" or session.address.kind is not Kind.WEB_PAGE:
        return ""
    end, why = latest_end(session)
    hours = int(session.applied.get("webRecorder", {}).get("maxRecordingHour", 0))
    over = hours > 0 and ended_at(session) - session.started_at >= timedelta(hours=hours)
    return why if end is not None and over else ""
