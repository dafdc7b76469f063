"""Import: a session that runs already is recorded, so that plans know of it. It changes nothing at the service."""

from dataclasses import dataclass, replace
from datetime import datetime
from types import MappingProxyType

from takeup.core.resource import Fingerprints, Resource
from takeup.core.snapshot import EndedSession, Liveness, SessionState, Snapshot
from takeup.engine.realm import sessions_of
from takeup.engine.run import World
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
    """What became of it. `status` is None where the state held the session already and nobody was asked."""

    session: SessionState
    status: int | None
    notes: tuple[str, ...] = ()


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
    resource_id, sighting = _ask(reader, wanted, held)
    _check(wanted, resource_id, sighting)
    session, notes = _session(world, kept, held, wanted, resource_id, sighting)
    ended = kept.ended if held is None else (*kept.ended, *_past(held, wanted.sid, world.clock.now()))
    _write(world, kept, serial, session, ended)
    return Imported(session, sighting.status, (*told, *notes))


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
    resource = wanted.resource
    address = resource.address
    for other in kept.sessions.values():
        if other.sid == wanted.sid and other.address != address:
            raise UsageError(
                f"The state holds the session {wanted.sid} already, as {other.address}.",
                hint=f"If the resource was renamed, give up the former address first: takeup state rm {other.address}",
            )
    if held is not None and held.liveness in _HELD:
        raise UsageError(
            f"The state holds another session of {address}, and it is {held.liveness}: resourceId "
            f"{held.resource_id}, sid {held.sid}. It would be forgotten, and record on.",
            hint=f"takeup plan tells whether it still runs; takeup state rm {address} gives it up without stopping it.",
        )
    if held is not None and held.sid is None and (held.cname, held.uid) != (resource.cname, resource.uid):
        raise UsageError(
            f"The lost start of {address} was for cname {held.cname!r} and uid {held.uid}, and the manifest says "
            f"cname {resource.cname!r} and uid {resource.uid}.",
            hint="Write the manifest as it was when the session was started, import, and change it afterwards.",
        )


def _ask(reader: SessionReader, wanted: Wanted, held: SessionState | None) -> tuple[str, Sighting]:
    """The resourceId that goes with the sid, and what the service says of the session."""
    candidates = _candidates(wanted, held)
    resource = wanted.resource
    for at, resource_id in enumerate(candidates, 1):
        reference = SessionRef(resource.cname, resource.uid, resource.address.kind.mode, resource_id, wanted.sid)
        try:
            sighting = reader.query(reference)
        except RejectedError:
            # A resourceId may be refused for a sid that is not its own; another candidate may do.
            if at == len(candidates):
                raise
            continue
        if sighting is not None:
            return resource_id, sighting
    which = "this resourceId" if len(candidates) == 1 else f"any of its {len(candidates)} resourceIds"
    raise UsageError(
        f"{resource.address}: there is no running session {wanted.sid} with {which} (404). It has ended, or it is "
        "failing over to another worker. Nothing was recorded.",
        hint="If both ids are right, try again in 90 s: a failover takes no longer.",
    )


def _candidates(wanted: Wanted, held: SessionState | None) -> tuple[str, ...]:
    if wanted.resource_id is not None:
        return (wanted.resource_id,)
    if held is not None and held.sid in {None, wanted.sid}:
        return tuple(dict.fromkeys((held.resource_id, *held.former)))
    address = wanted.resource.address
    raise UsageError(
        f"The resourceId of {address} is not known: the state holds no LOST session of it.",
        hint="Name it with --resource-id; the answer to acquire had it. Agora is asked by resourceId and sid.",
    )


def _check(wanted: Wanted, resource_id: str, sighting: Sighting) -> None:
    address = wanted.resource.address
    if sighting.status in ENDING:
        raise UsageError(
            f"{address}: the session answers with status {sighting.status}: {ENDING[sighting.status]}. "
            "Nothing was recorded.",
            hint="takeup apply starts a new one as soon as this one has ended.",
        )
    said, web = sighting.identity, address.kind.mode.value == "web"
    pairs = (
        ("cname", wanted.resource.cname, said.cname),
        ("uid", wanted.resource.uid, said.uid),
        ("resourceId", resource_id, said.resource_id),
        ("sid", wanted.sid, said.sid),
    )
    differing = [(name, ours, theirs) for name, ours, theirs in pairs if theirs not in {None, ours}]
    if differing:
        asked = " and ".join(f"{name} {ours!r}" for name, ours, _ in differing)
        answered = " and ".join(f"{name} {theirs!r}" for name, _, theirs in differing)
        raise UsageError(
            f"{address}: the answer is about {answered}, the manifest and the command say {asked}. "
            "Nothing was recorded.",
            hint="Write the manifest of the session that runs, or name the ids of the one that you mean.",
        )
    if said.web not in {None, web}:
        what = "a web page recording" if said.web else "a recording of a channel"
        raise UsageError(
            f"{address}: what answers is {what}, and a {address.kind.value} is not. Nothing was recorded.",
            hint="Write a manifest of the right kind.",
        )


def _session(  # noqa: PLR0913, PLR0917 - all that is known of it
    world: World,
    kept: Snapshot,
    held: SessionState | None,
    wanted: Wanted,
    resource_id: str,
    sighting: Sighting,
) -> tuple[SessionState, tuple[str, ...]]:
    resource, now = wanted.resource, world.clock.now()
    started_at, note = _start(held, wanted, sighting, now)
    session = SessionState(
        address=resource.address,
        realm=world.target.realm,
        app_id=world.target.app_id,
        cname=resource.cname,
        uid=resource.uid,
        mode=resource.address.kind.mode,
        applied=Fingerprints(kept.fingerprint_key).applied(resource.spec),
        resource_id=resource_id,
        sid=wanted.sid,
        liveness=Liveness.RUNNING,
        started_at=started_at,
        confirmed_at=now if sighting.status >= _UP else None,
        since=now,
        evidence=f"imported: status {sighting.status}",
    )
    return session, (*note, *_window(world, session))


def _start(
    held: SessionState | None, wanted: Wanted, sighting: Sighting, now: datetime
) -> tuple[datetime, tuple[str, ...]]:
    """When it started, as well as that is known, and what to tell where it is a guess."""
    if wanted.started_at is not None:
        return wanted.started_at, ()
    if held is not None and held.sid in {None, wanted.sid}:
        return held.started_at, ()
    since = sighting.recording_since
    guess = "of its first slice" if since is not None else "of this import"
    told = (
        f"The time of its start is not known, and that {guess} was taken. It may have started earlier: "
        "resourceExpiredHour counts from the start, and afterwards it can no longer be stopped. "
        "To correct it, run this again with --started-at."
    )
    return min(since or now, now), (told,)


def _window(world: World, session: SessionState) -> tuple[str, ...]:
    if world.clock.now() < session.window_end:
        return ()
    told = (
        f"Counted from its start, its control window closed at {session.window_end:%Y-%m-%d %H:%M} UTC "
        "(resourceExpiredHour): plans do not ask after it any more."
    )
    return (told,)


def _past(held: SessionState, sid: str, now: datetime) -> tuple[EndedSession, ...]:
    """What was held before, for the list of ended sessions; a session is not put there for its own sake."""
    if held.sid in {None, sid}:
        return ()
    return (
        EndedSession(
            address=held.address, cname=held.cname, uid=held.uid, mode=held.mode, resource_id=held.resource_id,
            sid=held.sid, started_at=held.started_at, ended_at=held.since or held.suspect_since or now,
            how=held.evidence or "ended",
        ),
    )  # fmt: skip


def _write(
    world: World, kept: Snapshot, serial: int | None, session: SessionState, ended: tuple[EndedSession, ...]
) -> None:
    sessions = MappingProxyType({**kept.sessions, session.address: session})
    world.backend.write(replace(kept, sessions=sessions, ended=ended), previous_serial=serial)
