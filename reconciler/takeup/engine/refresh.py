"""Refresh: one query per recorded session, and more only for those that answer 404."""

import math
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime
from types import MappingProxyType

from takeup.core.address import Address
from takeup.core.snapshot import Liveness, SessionState, Snapshot
from takeup.engine.beside import Slot, joined, spread
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
    askable: list[Slot] = []
    for slot, session in sessions.items():
        if session.liveness in {Liveness.LOST, Liveness.ENDED}:
            continue
        if clock.now() >= session.window_end:
            sessions[slot] = closed(session, clock.now())
        else:
            askable.append(slot)
    with _side_by_side(policy.parallelism) as pmap:
        watch = Watch(reader, policy, clock)
        sessions.update(zip(askable, pmap(watch.ask, [sessions[slot] for slot in askable]), strict=True))
        if policy.wait:
            _confirm(pmap, watch, sessions, tell)
    held, over = joined(sessions, clock.now())
    if held.keys() == snapshot.sessions.keys() and all(
        held[address] is session for address, session in snapshot.sessions.items()
    ):
        return snapshot
    return replace(snapshot, sessions=MappingProxyType(held), ended=(*snapshot.ended, *over))


def _settled(sessions: Mapping[Address, SessionState], clock: Clock) -> dict[Slot, SessionState]:
    """Every session by itself, as far as it is known without asking."""
    known = (settled(session, clock.now()) for session in sessions.values())
    slots = spread(session for session in known if session is not None)
    return {slot: settled(session, clock.now()) or session for slot, session in slots.items()}


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
        # Both by resourceId: one address may have two sessions.
        self._silent_from: dict[str, float] = {}
        self._left: dict[str, float] = {}  # of its silence, when it was asked last

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
            self._silent_from.pop(session.resource_id, None)
        if sighting is None and (session.suspect_since is None or self.policy.wait):
            # What an earlier run saw proves nothing where this one can watch: there may have been two failovers.
            self._silent_from.setdefault(session.resource_id, self.clock.elapsed())
        now, watched = self.clock.now(), self._watched(session.resource_id)
        judged = judge(session, sighting, now, self.policy.confirm_ended_for, watched)
        self._left[session.resource_id] = self._left_of(judged, now, watched)
        return judged

    def may_answer(self, session: SessionState) -> bool:
        """Whether a suspect was asked while its time was not over yet, so that another question may settle it.

        Other questions take their time under the rate limit. That its time went by meanwhile settles nothing.
        """
        return self._left.get(session.resource_id, 0.0) > 0

    def silence_left(self, session: SessionState) -> float:
        """For how many seconds from now a suspect is waited for, until it counts as ended; 0 or less: no longer."""
        return self._left_of(session, self.clock.now(), self._watched(session.resource_id))

    def _left_of(self, session: SessionState, now: datetime, watched: float) -> float:
        if session.suspect_since is None:
            return 0.0  # it answers, though a stop was sent: whether it leaves shows later than a run waits
        by_wall = (now - session.suspect_since).total_seconds()
        return self.policy.confirm_ended_for - min(by_wall, watched)

    def _watched(self, resource_id: str) -> float:
        began = self._silent_from.get(resource_id)
        return math.inf if began is None else self.clock.elapsed() - began


def _confirm(pmap: Map, watch: Watch, sessions: dict[Slot, SessionState], tell: Tell) -> None:
    """Ask the suspects again until each has answered, or been suspect for `confirm_ended_for`.

    One that still says that it is stopping (status 6, 7) after that time stays SUSPECT.
    """
    asked = 0
    while waiting := _waiting(sessions, watch):
        asked += 1
        if asked == 1:
            for slot, left in waiting.items():
                tell(Event(slot[0], "wait", f"{sessions[slot].evidence}; asked again for up to {left:.0f} s"))
        left = min(waiting.values())
        watch.clock.sleep(max(min(step(asked), left), 0.02))
        sessions.update(zip(waiting, pmap(watch.ask, [sessions[slot] for slot in waiting]), strict=True))


def _waiting(sessions: Mapping[Slot, SessionState], watch: Watch) -> dict[Slot, float]:
    """The suspects that another question may settle, and for how many seconds each is waited for."""
    return {
        slot: watch.silence_left(session)
        for slot, session in sessions.items()
        if session.liveness is Liveness.SUSPECT and watch.may_answer(session)
    }
