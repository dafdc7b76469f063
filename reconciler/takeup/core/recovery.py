"""What is done about a start whose outcome is not known. Pure.

The evidence is a start with the recorded resourceId. While the resourceId is young it may start now what was not
started then, so the body must be the same. Once it is older than Agora keeps it (5 minutes), a start with it can
start nothing any more and is only a question: 201/7, it records; 433, it was never started, or is over [start, oerr].
"""

from datetime import datetime, timedelta
from enum import StrEnum

from takeup.core.ending import latest_end
from takeup.core.plan import Lost, Recovery
from takeup.core.resource import Fingerprints, Resource
from takeup.core.snapshot import Phase, SessionState
from takeup.core.whole import whole

RESOURCE_ID_LIVES = timedelta(minutes=5)
"""For which a resourceId can be started [acq]."""
_MARGIN = timedelta(seconds=15)  # clocks differ, and the call takes its time


class Way(StrEnum):
    """How the outcome of a start is found out."""

    REPLAY = "replay"  # young, and the body is the same: it starts now, or says that it runs
    ASK = "ask"  # too old to start anything
    WAIT = "wait"  # young, and the body is another one by now
    NONE = "none"  # there is no body to send


def settles_at(session: SessionState) -> datetime:
    """From when on the resourceId can start nothing any more."""
    return session.started_at + RESOURCE_ID_LIVES + _MARGIN


def way(
    session: SessionState, resource: Resource | None, fingerprints: Fingerprints, *, wanted: bool, now: datetime
) -> Way:
    """How the outcome of this start can be found out.

    Args:
        session: its start was sent, and its sid is not known.
        resource: what the manifests say of it by now; None where they say nothing.
        fingerprints: of the state.
        wanted: whether it is to be recorded. A start that could start something is never sent for what is not.
        now: the time of the run.
    """
    if resource is None or (resource.cname, resource.uid) != (session.cname, session.uid):
        return Way.NONE
    if now >= settles_at(session):
        return Way.ASK
    return Way.REPLAY if wanted and _same_body(session, resource, fingerprints) else Way.WAIT


def _same_body(session: SessionState, resource: Resource, fingerprints: Fingerprints) -> bool:
    """Whether a start would send what was sent. A token is new in many runs, and matters only to startParameter."""
    before, now = dict(session.applied), fingerprints.applied(resource.spec)
    if not now.get("startParameter"):
        before.pop("token", None)
        now.pop("token", None)
    return before == now


def recovery_of(
    session: SessionState, resource: Resource | None, fingerprints: Fingerprints, *, wanted: bool, now: datetime
) -> Recovery | None:
    """What a plan says of the open call of a session; None where there is none."""
    call = session.open
    if call is None:
        return None
    calls: tuple[str, ...] = ()
    otherwise: tuple[str, ...] = ()
    if session.phase is Phase.START_SENT and session.overlapping is not None and not wanted:
        text = "the session that it was to take over from is stopped first; then it is found out what became of it"
    elif session.phase is Phase.START_SENT:
        how = way(session, resource, fingerprints, wanted=wanted, now=now)
        text = _WORDS[how].format(at=f"{settles_at(session):%H:%M:%S}")
        if how in {Way.REPLAY, Way.ASK}:
            calls = ("start",) * (1 + len(session.former))
            calls += () if session.overlapping is None else ("stop",)  # of the other one, once this one is up
            otherwise = ("acquire", "start") if wanted else ()
    elif call.operation == "stop":
        text = f"asked by query: {session.evidence}"
    else:
        text = "it overwrites all that it is about, so it is sent again" if wanted else "the session is to be stopped"
    return Recovery(
        address=session.address,
        operation=call.operation,
        since=call.at,
        resource_id=session.resource_id,
        evidence=session.evidence,
        how=text,
        calls=calls,
        if_never_started=otherwise,
        after=whole(session.address.kind, resource.spec) if calls and wanted and resource is not None else None,
    )


_WORDS = {
    Way.REPLAY: "start is sent again with the same resourceId and body: it starts now, or says that it runs already",
    Way.ASK: "start is sent again with the old resourceId, which can start nothing any more: the answer says whether "
    "it runs",
    Way.WAIT: "left alone until {at} UTC: until then its resourceId could still start something that is not wanted",
    Way.NONE: "no manifest declares it, so there is no body to ask with",
}


def lost_of(session: SessionState) -> Lost:
    """What a plan says of a session that no call can reach."""
    ends_at, ends = latest_end(session)
    return Lost(
        address=session.address,
        resource_ids=(session.resource_id, *session.former),
        since=session.started_at,
        evidence=session.evidence,
        ends_at=ends_at,
        ends=ends,
    )
