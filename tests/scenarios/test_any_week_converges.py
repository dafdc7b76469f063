"""Whatever the schedules, the runs that are missed and the sessions that die: a run at any boundary puts it right."""

import random
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from heapq import merge
from itertools import islice

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.recordings import NOON, resource
from tests.scenarios.test_lifecycle import Campus
from tests.unit.core.test_schedule import SCHEDULES

from takeup.core.lifecycle import Lifecycle, Restart
from takeup.core.resource import Resource
from takeup.core.schedule import Schedule, boundaries_until, on_all_through, wanted

_OLD_ENOUGH = 300.0
"""Seconds that a session lives before it dies here: what dies sooner, again and again, is braked."""
_BOUNDARIES = 14
ROOMS = st.lists(st.tuples(SCHEDULES, st.sampled_from(Restart)), min_size=1, max_size=3)


class Ward:
    """Rooms of a campus, of which sessions die; remembers which ones are complete by `restart: never`."""

    def __init__(self, rooms: list[Resource], seed: int) -> None:
        self.campus = Campus()
        self.rooms = rooms
        self.chance = random.Random(seed)  # noqa: S311 - no secret
        self.died: dict[str, datetime] = {}

    def let_one_die(self, before: float) -> None:
        """Somewhen between now and then."""
        campus = self.campus
        at = campus.at + self.chance.random() * (before - campus.at)
        old = [session for session in campus.service.sessions() if at - session.started_at > _OLD_ENOUGH]
        if old and self.chance.random() < 0.5:
            campus.at = at
            victim = self.chance.choice(old)
            campus.service.kill(victim.sid)
            self.died[victim.cname] = datetime.fromtimestamp(victim.started_at, UTC)

    def expected(self, at: datetime) -> set[str]:
        """Which channels are to be recorded at a time."""
        return {room.cname for room in self.rooms if self._wants(room, at)}

    def _wants(self, room: Resource, at: datetime) -> bool:
        assert room.schedule is not None
        began = self.died.get(room.cname)
        complete = room.lifecycle.restart is Restart.NEVER and began and on_all_through(room.schedule, began, at)
        return wanted(room.schedule, at) and not complete


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(made=ROOMS, seed=st.integers(0, 2**16))
def test_a_run_at_any_boundary_puts_right_what_was_missed(made: list[tuple[Schedule, Restart]], seed: int) -> None:
    """After it exactly what is wanted records, each once, and a plan has nothing left to do."""
    rooms = [
        replace(resource(f"room-{number}", resourceExpiredHour=720), schedule=schedule, lifecycle=Lifecycle(restart))
        for number, (schedule, restart) in enumerate(made)
    ]
    ward = Ward(rooms, seed)
    campus = ward.campus
    until = NOON + timedelta(days=20)
    rows = (boundaries_until(schedule, NOON, until) for schedule, _ in made)
    times = merge(*([row.at.timestamp() for row in of_one] for of_one in rows))
    for at in islice(times, _BOUNDARIES):
        if at < campus.at:
            continue  # the run before this boundary was waiting for a suspect, and took it in
        ward.let_one_die(at)
        campus.at = at
        if ward.chance.random() < 0.4:
            continue  # missed
        plan = campus.apply(*rooms)
        assert sorted(session.cname for session in campus.service.sessions()) == sorted(ward.expected(plan.created_at))
        assert campus.plan(*rooms).changes == ()
