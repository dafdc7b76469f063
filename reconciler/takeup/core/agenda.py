"""What a plan and the schedules after it come to: who is started and stopped when, and how many record. Pure.

It is a reckoning, no promise: sessions are taken to live as long as their windows, and takeup to run at each turn.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime

from takeup.core.address import Address, Mode
from takeup.core.plan import Action, Change, Plan
from takeup.core.resource import Resource
from takeup.core.schedule import Boundary, Schedule, boundaries_until, local_text
from takeup.core.snapshot import Liveness, Snapshot

_STARTS = frozenset({Action.CREATE, Action.REPLACE, Action.UPDATE})


@dataclass(frozen=True, slots=True)
class Step:
    """What happens to one recording at a turn."""

    address: Address
    action: Action
    calls: tuple[str, ...]
    reason: str


@dataclass(frozen=True, slots=True)
class Turn:
    """All that happens at one time, and how many record in each mode from then on."""

    at: datetime
    steps: tuple[Step, ...]
    by_mode: Mapping[Mode, int]

    @property
    def recording(self) -> int:
        """How many record from then on."""
        return sum(self.by_mode.values())


@dataclass(frozen=True, slots=True)
class Agenda:
    """The plan as the first turn, and one turn for each time until `until` at which a window opens or closes."""

    plan: Plan
    until: datetime
    turns: tuple[Turn, ...]


def agenda(plan: Plan, prior: Snapshot, declared: Mapping[Address, Resource], until: datetime) -> Agenda:
    """Reckon it.

    Args:
        plan: what is done now.
        prior: the state that it was made from.
        declared: all that the manifests declare and the plan is about.
        until: the last time that is looked at.
    """
    return Agenda(plan, until, tuple(_turns(plan, prior, declared, until)))


def recording_after(plan: Plan, prior: Snapshot) -> set[Address]:
    """Who records once the plan is carried out."""
    recording = {address for address, session in prior.sessions.items() if session.liveness is not Liveness.ENDED}
    _follow(recording, set(), [_as_step(change) for change in plan.changes])
    return recording


def _turns(plan: Plan, prior: Snapshot, declared: Mapping[Address, Resource], until: datetime) -> Iterator[Turn]:
    recording, held = recording_after(plan, prior), set(prior.sessions)
    steps = [_as_step(change) for change in plan.changes]
    _follow(set(), held, steps)
    yield Turn(plan.created_at, tuple(steps), _by_mode(recording))
    for at, found in sorted(_boundaries(declared.values(), plan.created_at, until).items()):
        steps = [step for resource, boundary in found for step in _steps(resource, boundary, recording, held)]
        if steps:
            _follow(recording, held, steps)
            yield Turn(at, tuple(sorted(steps, key=lambda step: step.address)), _by_mode(recording))


def _by_mode(recording: Iterable[Address]) -> Mapping[Mode, int]:
    return Counter(address.kind.mode for address in recording)


def _boundaries(
    declared: Iterable[Resource], after: datetime, until: datetime
) -> dict[datetime, list[tuple[Resource, Boundary]]]:
    known: dict[Schedule, list[Boundary]] = {}
    found: dict[datetime, list[tuple[Resource, Boundary]]] = {}
    for resource in declared:
        schedule = resource.schedule
        if schedule is None or resource.lifecycle.abandon:
            continue
        if schedule not in known:
            known[schedule] = list(boundaries_until(schedule, after, until))
        for boundary in known[schedule]:
            found.setdefault(boundary.at, []).append((resource, boundary))
    return found


def _as_step(change: Change) -> Step:
    return Step(change.address, change.action, change.calls, change.reason)


def _steps(resource: Resource, boundary: Boundary, recording: set[Address], held: set[Address]) -> Iterator[Step]:
    address, schedule = resource.address, resource.schedule
    assert schedule is not None, "a boundary is one of a schedule"  # noqa: S101 - an invariant of the caller
    where = local_text(boundary.at, schedule.zone)
    if boundary.on and address not in recording:
        yield Step(address, Action.CREATE, ("acquire", "start"), f"its window opens, {where}")
    elif not boundary.on and address in recording:
        yield Step(address, Action.DELETE, ("stop",), f"its window closes, {where}")
    elif not boundary.on and address in held:
        yield Step(address, Action.FORGET, (), f"its window closes, {where}")


def _follow(recording: set[Address], held: set[Address], steps: Iterable[Step]) -> None:
    for step in steps:
        if step.action in _STARTS:
            recording.add(step.address)
            held.add(step.address)
        else:
            recording.discard(step.address)
            held.discard(step.address)
