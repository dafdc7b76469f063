"""What befalls sessions by rule: after their start, or at a time of the scenario."""

import heapq
import threading
from itertools import count

from takeup.provider.emulator.faults import Call, Fault, Faults
from takeup.provider.emulator.sessions import Cause
from takeup.provider.emulator.world import World

FAILOVER = 30.0
"""Seconds that a failover takes where the rule does not say; Agora names at most 30 s for a process [zhf-404]."""
_CAUSES = {
    "kick": Cause.KICKED,
    "workerDeath": Cause.WORKER_DIED,
    "storageRejected": Cause.STORAGE_REJECTED,
    "tokenRejected": Cause.TOKEN_REJECTED,
    "pageFailed": Cause.PAGE_FAILED,
}
_SOON = 1e-6
_PRESENCE = frozenset({"leave", "join"})
_WILD = frozenset("*?[")


class Accidents:
    """Lets faults befall sessions. Safe for several threads.

    The ends of a session are foreseen in the world. What befalls a channel later is kept here until its time;
    `tick` then carries it out as if it had been there at that very moment.

    Args:
        world: where the sessions are.
        faults: the rules.
    """

    def __init__(self, world: World, faults: Faults) -> None:
        self._world = world
        self._faults = faults
        self._lock = threading.RLock()
        self._numbers = count()
        self._later: list[tuple[float, int, Fault, str]] = []
        self.began = world.now
        self._ticked = -1.0

    def begin(self) -> None:
        """Let the scenario begin now: what was to come after a start is forgotten."""
        with self._lock:
            self._later.clear()
            self.began = self._world.now
            self._ticked = -1.0

    def started(self, cname: str, uid: str, mode: str, sid: str) -> tuple[str, ...]:
        """Decide what will befall a session that has just been started; the kinds of it."""
        rules = self._faults.of_start(Call("start", cname, uid, mode))
        if not rules:
            return ()
        session = self._world.session(sid)
        began = self._world.now if session is None else session.started_at
        for rule in rules:
            at = began + (rule.after or 0.0)
            if rule.do in _PRESENCE and at > self._world.now:
                with self._lock:
                    heapq.heappush(self._later, (at, next(self._numbers), rule, cname))
            else:
                self._befall(rule, cname, sid, at)
        return tuple(rule.do for rule in rules)

    def tick(self) -> None:
        """Carry out what has become due, each at its own time."""
        if not self._later and not self._faults.have_times:
            # A rule that is added later does not strike in the past.
            self._ticked = max(self._ticked, self._passed())
            return
        with self._lock:
            passed = self._passed()
            since, self._ticked = self._ticked, max(passed, self._ticked)
            for rule in self._faults.of_time(since, passed):
                heapq.heappush(self._later, (self.began + (rule.at or 0.0), next(self._numbers), rule, ""))
            while self._later and self._later[0][0] <= self.began + passed:
                at, _, rule, cname = heapq.heappop(self._later)
                if cname:
                    self._befall(rule, cname, "", at)
                else:
                    self._strike_all(rule, at)

    def _passed(self) -> float:
        """Tell the seconds since the scenario began, not a rounding error too few."""
        return self._world.now - self.began + _SOON

    def _strike_all(self, rule: Fault, at: float) -> None:
        """Let a rule strike whoever lived at its time."""
        alive = [item for item in self._world.all_sessions() if item.started_at <= at and item.live(at)]
        if rule.do in _PRESENCE:
            channels = {session.cname for session in alive if session.mode != "web"}
            if not _WILD & set(rule.channel):
                channels.add(rule.channel)
            for cname in sorted(channels):
                uid = next((session.uid for session in alive if session.cname == cname), "")
                if self._faults.strikes(rule, Call("", cname, uid)):
                    self._befall(rule, cname, "", at)
            return
        for session in alive:
            if self._faults.strikes(rule, Call("", session.cname, session.uid, session.mode)):
                self._befall(rule, session.cname, session.sid, at)

    def _befall(self, rule: Fault, cname: str, sid: str, at: float) -> None:
        world = self._world
        if rule.do == "leave":
            world.leave(cname, at=at)
        elif rule.do == "join":
            world.join(cname, at=at)
        elif rule.do == "failover":
            world.fail_over(sid, FAILOVER if rule.lasting is None else rule.lasting, at=at)
        else:
            world.end(sid, _CAUSES[rule.do], at=at)
