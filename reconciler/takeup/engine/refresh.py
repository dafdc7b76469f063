"""Refresh: one query per recorded session, and more only for those that answer 404."""

import math
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from types import MappingProxyType

from takeup.core.address import Address
from takeup.core.snapshot import Liveness, SessionState, Snapshot
from takeup.engine.judging import closed, judge, settled
from takeup.engine.policy import Policy, step
from takeup.engine.ports import Clock, Event, Tell
from takeup.errors import ProviderError, RejectedError
from takeup.provider.port import SessionReader, SessionRef


def reference(session: SessionState) -> SessionRef:
    """How a session with a sid is addressed."""
    assert session.sid is not None, "a LOST session cannot be addressed"  # noqa: S101 - an invariant of the caller
    return SessionRef(session.cname, session.uid, session.mode, session.resource_id, session.sid)


def refresh(snapshot: Snapshot, reader: SessionReader, policy: Policy, clock: Clock, tell: Tell) -> Snapshot:
    """The prior state: what the previous one holds, as the service sees it now.

    Raises:
        RejectedError: the service refuses to be asked (credentials, endpoint); no session can be judged.
    """
    sessions = _settled(snapshot.sessions, clock)
    askable: list[Address] = []
    for address, session in sessions.items():
        if session.liveness in {Liveness.LOST, Liveness.ENDED}:
            continue
        if clock.now() >= session.window_end:
            sessions[address] = closed(session, clock.now())
        else:
            askable.append(address)
    with _side_by_side(policy.parallelism) as pmap:
        watch = Watch(reader, policy, clock)
        sessions.update(zip(askable, pmap(watch.ask, [sessions[address] for address in askable]), strict=True))
        if policy.wait:
            _confirm(pmap, watch, sessions, tell)
    if sessions.keys() == snapshot.sessions.keys() and all(
        sessions[address] is session for address, session in snapshot.sessions.items()
    ):
        return snapshot
    return replace(snapshot, sessions=MappingProxyType(sessions))


def _settled(sessions: Mapping[Address, SessionState], clock: Clock) -> dict[Address, SessionState]:
    known = ((address, settled(session, clock.now())) for address, session in sessions.items())
    return {address: session for address, session in known if session is not None}


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


class Watch:
    """Asks after sessions, and knows for how long it has seen nothing but 404 of each.

    The clock on the wall may jump while a run waits; what a run has seen itself is measured by one that does not.
    """

    def __init__(self, reader: SessionReader, policy: Policy, clock: Clock) -> None:
        self._reader = reader
        self.policy = policy
        self.clock = clock
        self._silent_from: dict[Address, float] = {}

    def ask(self, session: SessionState) -> SessionState:
        """The session after one query.

        Raises:
            RejectedError: the service refuses to be asked.
        """
        try:
            sighting = self._reader.query(reference(session))
        except RejectedError:
            raise
        except ProviderError as error:
            return session.found(Liveness.UNKNOWN, f"could not be asked: {error.gist}", self.clock.now())
        if sighting is not None or session.suspect_since is None:
            self._silent_from.pop(session.address, None)
        if sighting is None and (session.suspect_since is None or self.policy.wait):
            # What an earlier run saw proves nothing where this one can watch: there may have been two failovers.
            self._silent_from.setdefault(session.address, self.clock.elapsed())
        watched = self._watched(session.address)
        return judge(session, sighting, self.clock.now(), self.policy.confirm_ended_for, watched)

    def silence_left(self, session: SessionState) -> float:
        """For how many seconds a suspect is waited for, until it counts as ended."""
        if session.suspect_since is None:
            return 0.0  # it answers, though a stop was sent: whether it leaves shows later than a run waits
        by_wall = (self.clock.now() - session.suspect_since).total_seconds()
        return self.policy.confirm_ended_for - min(by_wall, self._watched(session.address))

    def _watched(self, address: Address) -> float:
        began = self._silent_from.get(address)
        return math.inf if began is None else self.clock.elapsed() - began


def _confirm(pmap: Map, watch: Watch, sessions: dict[Address, SessionState], tell: Tell) -> None:
    """Ask the suspects again until each has answered, or been suspect for `confirm_ended_for`.

    One that still says that it is stopping (status 6, 7) after that time stays SUSPECT.
    """
    asked = 0
    while waiting := _waiting(sessions, watch):
        asked += 1
        if asked == 1:
            for address, left in waiting.items():
                tell(Event(address, "wait", f"{sessions[address].evidence}; asked again for up to {left:.0f} s"))
        left = min(waiting.values())
        watch.clock.sleep(max(min(step(asked), left), 0.02))
        sessions.update(zip(waiting, pmap(watch.ask, [sessions[address] for address in waiting]), strict=True))


def _waiting(sessions: Mapping[Address, SessionState], watch: Watch) -> dict[Address, float]:
    """The suspects that may still answer, and for how many seconds they are waited for."""
    suspects = {
        address: watch.silence_left(session)
        for address, session in sessions.items()
        if session.liveness is Liveness.SUSPECT
    }
    return {address: left for address, left in suspects.items() if left > 0}
