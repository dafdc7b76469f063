"""Import: a session that runs already is recorded, so that plans know of it. It changes nothing at the service."""

from dataclasses import dataclass, replace
from datetime import datetime
from types import MappingProxyType

from takeup.core.resource import Fingerprints, Resource
from takeup.core.snapshot import EndedSession, Liveness, SessionState, Snapshot
from takeup.engine.realm import sessions_of
from takeup.engine.referee import broken_promises
from takeup.engine.run import World
from takeup.engine.work import ended_session
from takeup.errors import RejectedError, UsageError
from takeup.provider.port import SessionReader, SessionRef, Sighting

ENDING = {
    6: "it was told to stop",
    7: "it is stopping",
    8: "it has exited",
    20: "it has exited abnormally",
}
"""Statuses of a session that is not worth recording [query]."""
_UP = 4
_HELD = frozenset({Liveness.RUNNING, Liveness.SUSPECT, Liveness.UNKNOWN})


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is to be imported: `resource_id` and `started_at` are None where they are to be found out."""

    resource: Resource
    sid: str
    resource_id: str | None = None
    started_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Imported:
    """What became of it.

    `status` is None where the state held the session already and nobody was asked. `believed` tells that what the
    session was started with is taken from the manifest; else the state holds what takeup itself sent.
    """

    session: SessionState
    status: int | None
    notes: tuple[str, ...] = ()
    believed: bool = False


def import_session(world: World, reader: SessionReader, wanted: Wanted) -> Imported:
    """Ask after the session, and record it as one that runs. The caller holds the lock.

    Raises:
        UsageError: it cannot be recorded under this address; nothing was.
        StateError: the state cannot be trusted or written, or belongs to another service.
        ProviderError: the service could not be asked, or refuses to be.
    """
    stored = world.backend.read()
    previous = world.new_state() if stored is None else stored
    kept, told = sessions_of(previous, world.target)
    serial = None if stored is None else stored.serial
    held = kept.sessions.get(wanted.resource.address)
    if held is not None and _is_there(held, wanted):
        return _again(world, kept, serial, held, wanted)
    _refuse_overwriting(kept, held, wanted)
    known = _known(held, wanted.sid)
    candidates = _chosen(known, wanted) or (_declared(world, kept, wanted),)
    candidate, sighting = _ask(reader, candidates)
    _check(candidate, sighting)
    session, notes = _running(world, candidate, sighting, wanted, exact=candidate in known)
    _write(world, kept, serial, session, (*kept.ended, *_past(held, wanted.sid, world.clock.now())))
    return Imported(session, sighting.status, (*told, *notes), believed=candidate not in known)


def _is_there(held: SessionState, wanted: Wanted) -> bool:
    same = held.sid == wanted.sid and wanted.resource_id in {None, held.resource_id}
    return same and held.liveness in _HELD


def _again(world: World, kept: Snapshot, serial: int | None, held: SessionState, wanted: Wanted) -> Imported:
    """It is there; at most the time of its start is corrected."""
    if wanted.started_at in {None, held.started_at}:
        return Imported(held, None)
    corrected = replace(held, started_at=wanted.started_at or held.started_at)
    _write(world, kept, serial, corrected, kept.ended)
    return Imported(corrected, None, ("The time of its start was corrected.", *_window(world, corrected)))


def _refuse_overwriting(kept: Snapshot, held: SessionState | None, wanted: Wanted) -> None:
    """A session that may run is never forgotten for another one."""
    address = wanted.resource.address
    for other in kept.sessions.values():
        if other.sid == wanted.sid and other.address != address:
            raise UsageError(
                f"The state holds the session {wanted.sid} already, as {other.address}. Nothing was recorded.",
                hint=f"If the resource was renamed, give up the former address first: takeup state rm {other.address}",
            )
    beside = held.overlapping if held is not None else None
    if held is not None and beside is not None and not _is_its_start(held, wanted):
        raise UsageError(
            f"The state holds two sessions of {address}, for one takes over from the other: resourceId "
            f"{held.resource_id}, and resourceId {beside.resource_id} with sid {beside.sid}. Nothing was recorded.",
            hint="takeup apply finishes that first; only the sid of the lost start can be imported meanwhile.",
        )
    if held is not None and held.sid is not None and held.liveness in _HELD:
        raise UsageError(
            f"The state holds another session of {address}, and it is {held.liveness}: resourceId "
            f"{held.resource_id}, sid {held.sid}. It would be forgotten, and record on. Nothing was recorded.",
            hint=f"takeup plan tells whether it still runs; takeup state rm {address} gives it up without stopping it.",
        )


def _is_its_start(held: SessionState, wanted: Wanted) -> bool:
    """Whether the sid is to be that of the start that takes over, and not that of the session before it."""
    others = {one.sid for one in (held.overlapping, held.predecessor) if one is not None}
    return wanted.resource_id in {None, held.resource_id, *held.former} and wanted.sid not in others


def _known(held: SessionState | None, sid: str) -> tuple[SessionState, ...]:
    """What the state holds that may be this session: a start whose sid it did not learn, under each resourceId.

    Or one that was believed to have ended, and perhaps has not.
    """
    if held is None:
        return ()
    tries = [held, *(replace(held, resource_id=former) for former in held.former)] if held.sid in {None, sid} else []
    before = held.predecessor
    if before is not None and before.sid == sid:
        tries.insert(0, before)
    return tuple(replace(one, sid=sid, open=None, former=(), predecessor=None) for one in tries)


def _chosen(known: tuple[SessionState, ...], wanted: Wanted) -> tuple[SessionState, ...]:
    if wanted.resource_id is not None:
        return tuple(one for one in known if one.resource_id == wanted.resource_id)
    if not known:
        raise UsageError(
            f"The resourceId of {wanted.resource.address} is not known: the state holds no LOST session of it.",
            hint="Name it with --resource-id; the answer to acquire had it. Agora is asked by resourceId and sid.",
        )
    return known


def _declared(world: World, kept: Snapshot, wanted: Wanted) -> SessionState:
    """A session that something else has started; what it was started with is believed to be in the manifest."""
    resource = wanted.resource
    held = kept.sessions.get(resource.address)
    if held is not None and held.sid is None and (held.cname, held.uid) != (resource.cname, resource.uid):
        raise UsageError(
            f"The lost start of {held.address} was for cname {held.cname!r} and uid {held.uid}, and the manifest says "
            f"cname {resource.cname!r} and uid {resource.uid}: it would be forgotten. Nothing was recorded.",
            hint=f"Import it first: takeup import {held.address} --sid SID; or give it up: "
            f"takeup state rm {held.address}",
        )
    return SessionState(
        address=resource.address,
        realm=world.target.realm,
        app_id=world.target.app_id,
        cname=resource.cname,
        uid=resource.uid,
        mode=resource.address.kind.mode,
        applied=Fingerprints(kept.fingerprint_key).applied(resource.spec),
        resource_id=wanted.resource_id or "",
        sid=wanted.sid,
        liveness=Liveness.UNKNOWN,
        started_at=world.clock.now(),
    )


def _ask(reader: SessionReader, candidates: tuple[SessionState, ...]) -> tuple[SessionState, Sighting]:
    """The candidate that answers, and what the service says of it."""
    for at, one in enumerate(candidates, 1):
        try:
            sighting = reader.query(SessionRef(one.cname, one.uid, one.mode, one.resource_id, one.sid or ""))
        except RejectedError:
            # A resourceId may be refused for a sid that is not its own; another candidate may do.
            if at == len(candidates):
                raise
            continue
        if sighting is not None:
            return one, sighting
    one = candidates[0]
    which = "this resourceId" if len(candidates) == 1 else f"any of its {len(candidates)} resourceIds"
    raise UsageError(
        f"{one.address}: there is no running session {one.sid} with {which} (404). It has ended, or it is failing "
        "over to another worker. Nothing was recorded.",
        hint="If the ids are right, try again in 90 s: a failover takes no longer.",
    )


def _check(session: SessionState, sighting: Sighting) -> None:
    if sighting.status in ENDING:
        raise UsageError(
            f"{session.address}: the session answers with status {sighting.status}: {ENDING[sighting.status]}. "
            "Nothing was recorded.",
            hint="takeup apply starts a new one as soon as this one has ended.",
        )
    broken = broken_promises("query", session, sighting.identity)
    if broken:
        raise UsageError(
            f"{session.address}: what answers is not what was named: {'; '.join(broken)}. Nothing was recorded.",
            hint="Write the manifest of the session that runs, or name the ids of the one that you mean.",
        )


def _running(
    world: World, candidate: SessionState, sighting: Sighting, wanted: Wanted, *, exact: bool
) -> tuple[SessionState, tuple[str, ...]]:
    """The session as it is recorded, and what to tell of the time of its start where that is a guess."""
    now = world.clock.now()
    started_at, told = wanted.started_at or candidate.started_at, ""
    if wanted.started_at is None and not exact:
        since = sighting.recording_since
        started_at = min(since or now, now)
        told = (
            f"The time of its start is not known, and that of {'its first slice' if since else 'this import'} was "
            "taken. It may have started earlier: resourceExpiredHour counts from the start, and afterwards it can no "
            "longer be stopped. To correct it, run this again with --started-at."
        )
    session = replace(
        candidate.found(Liveness.RUNNING, f"imported: status {sighting.status}", now),
        started_at=started_at,
        confirmed_at=candidate.confirmed_at or (now if sighting.status >= _UP else None),
        suspect_since=None,
    )
    return session, (*([told] if told else ()), *_window(world, session))


def _window(world: World, session: SessionState) -> tuple[str, ...]:
    if world.clock.now() < session.window_end:
        return ()
    told = (
        f"Counted from its start, its control window closed at {session.window_end:%Y-%m-%d %H:%M} UTC "
        "(resourceExpiredHour): plans do not ask after it any more."
    )
    return (told,)


def _past(held: SessionState | None, sid: str, now: datetime) -> tuple[EndedSession, ...]:
    """What is over by now, for the list of ended sessions: the one held before, or the one before a lost start."""
    over = held.predecessor if held is not None and held.sid is None else held
    if over is None or over.sid in {None, sid}:
        return ()
    return (ended_session(over, over.since or now, over.evidence or "ended"),)


def _write(
    world: World, kept: Snapshot, serial: int | None, session: SessionState, ended: tuple[EndedSession, ...]
) -> None:
    sessions = MappingProxyType({**kept.sessions, session.address: session})
    world.backend.write(replace(kept, sessions=sessions, ended=ended), previous_serial=serial)
