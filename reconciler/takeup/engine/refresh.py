"""Refresh: one query per recorded session, and more only for those that answer 404."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime
from types import MappingProxyType

from takeup.core.address import Address
from takeup.core.snapshot import Liveness, SessionState, Snapshot
from takeup.engine.policy import Policy, step
from takeup.engine.ports import Clock, Event, Tell
from takeup.errors import ProviderError, RejectedError
from takeup.provider.port import SessionReader, SessionRef, Sighting

STOPPING = frozenset({6, 7})
EXITED = {8: "status 8: exited", 20: "status 20: exited abnormally"}


def reference(session: SessionState) -> SessionRef:
    """How a session with a sid is addressed."""
    assert session.sid is not None, "a LOST session cannot be addressed"  # noqa: S101 - an invariant of the caller
    return SessionRef(session.cname, session.uid, session.mode, session.resource_id, session.sid)


def refresh(snapshot: Snapshot, reader: SessionReader, policy: Policy, clock: Clock, tell: Tell) -> Snapshot:
    """The prior state: what the previous one holds, as the service sees it now.

    Raises:
        RejectedError: the service refuses to be asked (credentials, endpoint); no session can be judged.
    """
    sessions = dict(snapshot.sessions)
    askable: list[Address] = []
    for address, session in sessions.items():
        if session.liveness in {Liveness.LOST, Liveness.ENDED}:
            continue
        if clock.now() >= session.window_end:
            sessions[address] = _closed(session)
        else:
            askable.append(address)
    with _side_by_side(policy.parallelism) as pmap:
        ask = _asker(reader, policy, clock)
        _ask_all(pmap, ask, sessions, askable)
        _confirm(pmap, ask, sessions, policy, clock, tell)
    if all(sessions[address] is session for address, session in snapshot.sessions.items()):
        return snapshot
    return replace(snapshot, sessions=MappingProxyType(sessions))


Ask = Callable[[SessionState], SessionState]
Map = Callable[[Ask, Iterable[SessionState]], Iterable[SessionState]]


@contextmanager
def _side_by_side(workers: int) -> Iterator[Map]:
    """Ask over so many threads; a single worker is the caller's own thread."""
    if workers == 1:
        yield map
        return
    with ThreadPoolExecutor(max_workers=workers, thread_name_prefix="query") as pool:
        yield pool.map


def _asker(reader: SessionReader, policy: Policy, clock: Clock) -> Ask:
    def ask(session: SessionState) -> SessionState:
        try:
            sighting = reader.query(reference(session))
        except RejectedError:
            raise
        except ProviderError as error:
            return replace(session, liveness=Liveness.UNKNOWN, evidence=f"could not be asked: {error.message}")
        return judge(session, sighting, clock.now(), policy.confirm_ended_for)

    return ask


def _ask_all(pmap: Map, ask: Ask, sessions: dict[Address, SessionState], addresses: list[Address]) -> None:
    sessions.update(zip(addresses, pmap(ask, [sessions[address] for address in addresses]), strict=True))


def _confirm(  # noqa: PLR0913, PLR0917 - one loop of one function
    pmap: Map, ask: Ask, sessions: dict[Address, SessionState], policy: Policy, clock: Clock, tell: Tell
) -> None:
    """Ask the suspects again until each has answered, or been suspect for `confirm_ended_for`.

    One that still says that it is stopping (status 6, 7) after that time stays SUSPECT.
    """
    asked = 0
    while waiting := _waiting(sessions, policy, clock):
        asked += 1
        if asked == 1:
            patience = f"asked again for up to {policy.confirm_ended_for:.0f} s before it counts as ended"
            for address in waiting:
                tell(Event(address, "wait", f"{sessions[address].evidence}; {patience}"))
        left = min(waiting.values())
        clock.sleep(max(min(step(asked), left), 0.02))
        _ask_all(pmap, ask, sessions, list(waiting))


def _waiting(sessions: Mapping[Address, SessionState], policy: Policy, clock: Clock) -> dict[Address, float]:
    """The suspects that may still answer, and for how many seconds they are waited for."""
    suspects = {
        address: _silence_left(session, policy, clock)
        for address, session in sessions.items()
        if session.liveness is Liveness.SUSPECT
    }
    return {address: left for address, left in suspects.items() if left > 0}


def _silence_left(session: SessionState, policy: Policy, clock: Clock) -> float:
    assert session.suspect_since is not None, "a suspect has a time"  # noqa: S101 - set together by judge
    return policy.confirm_ended_for - (clock.now() - session.suspect_since).total_seconds()


def judge(session: SessionState, sighting: Sighting | None, now: datetime, confirm_ended_for: float) -> SessionState:
    """What one answer says of a session. 404 is not death: it may be failing over for up to 90 s [codes]."""
    if sighting is None:
        return _silent(session, now, confirm_ended_for)
    if sighting.status in EXITED:
        return replace(session, liveness=Liveness.ENDED, evidence=EXITED[sighting.status], suspect_since=None)
    if sighting.status in STOPPING:
        evidence = f"status {sighting.status}: it is stopping"
        return replace(
            session, liveness=Liveness.SUSPECT, evidence=evidence, suspect_since=session.suspect_since or now
        )
    if session.liveness is Liveness.RUNNING and session.suspect_since is None:
        return session
    return replace(
        session,
        liveness=Liveness.RUNNING,
        evidence=f"status {sighting.status}",
        suspect_since=None,
        confirmed_at=session.confirmed_at or (now if sighting.status >= 4 else None),  # noqa: PLR2004 - 4|5: up
    )


def _silent(session: SessionState, now: datetime, confirm_ended_for: float) -> SessionState:
    since = session.suspect_since or now
    silent = (now - since).total_seconds()
    at = since.strftime("%Y-%m-%d %H:%M:%S UTC")
    if silent >= confirm_ended_for:
        evidence = f"404 for {silent:.0f} s, first at {at}"
        return replace(session, liveness=Liveness.ENDED, evidence=evidence, suspect_since=since)
    return replace(session, liveness=Liveness.SUSPECT, evidence=f"404 since {at}", suspect_since=since)


def _closed(session: SessionState) -> SessionState:
    if session.liveness is Liveness.UNKNOWN and session.evidence.startswith("its control window"):
        return session
    evidence = (
        f"its control window (resourceExpiredHour) closed at {session.window_end:%Y-%m-%d %H:%M} UTC: "
        "it can no longer be queried, updated or stopped, and records until it ends by itself"
    )
    return replace(session, liveness=Liveness.UNKNOWN, evidence=evidence)
