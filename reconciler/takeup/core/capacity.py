"""How many recordings of a mode a project may have at a time, and whether a plan and its schedules fit. Pure."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import timedelta

from takeup.core.address import Address, Mode
from takeup.core.agenda import Turn, turns
from takeup.core.plan import Action, Estimate, Plan
from takeup.core.resource import Resource
from takeup.core.snapshot import Liveness, Snapshot

AHEAD = timedelta(days=7)
"""How far ahead the schedules are looked through."""
_NAMED = 10
_STARTS = frozenset({Action.CREATE, Action.REPLACE})


@dataclass(frozen=True, slots=True)
class Capacity:
    """What a project may have and how fast it may ask; `most` holds only modes that have a limit."""

    most: Mapping[Mode, int]
    requests_per_second: float | None = None
    first_query_after: float = 0.0


def with_capacity(plan: Plan, prior: Snapshot, declared: Mapping[Address, Resource], capacity: Capacity) -> Plan:
    """The plan with how long it takes, whether its stops go first, and a warning of what is too full later."""
    later = list(turns(plan, prior, declared, plan.created_at + AHEAD))[1:] if capacity.most else []
    return replace(
        plan,
        estimate=_estimate(plan, capacity),
        stops_first=_needs_room(plan, prior, capacity) or _takes_turns(plan, prior, declared),
        warnings=(*plan.warnings, *_too_full(later, capacity)),
    )


def overfull(plan: Plan, prior: Snapshot, capacity: Capacity) -> list[str]:
    """Of each mode that has no room for the plan: when, how many, and which; empty where all of it fits."""
    first = next(turns(plan, prior, {}, plan.created_at))
    if not any(change.action is Action.CREATE for change in plan.changes):
        return []  # what is too much records already: refusing to stop or to change it would help nobody
    return list(_too_full([first], capacity))


def _too_full(found: Iterable[Turn], capacity: Capacity) -> Iterator[str]:
    told: set[Mode] = set()
    for turn in found:
        for mode, most in capacity.most.items():
            count = turn.by_mode.get(mode, 0)
            if count > most and mode not in told:
                told.add(mode)
                yield _sentence(turn, mode, count, most)


def _sentence(turn: Turn, mode: Mode, count: int, most: int) -> str:
    names = [str(address) for address in sorted(turn.recording) if address.kind.mode is mode]
    shown = ", ".join(names[:_NAMED]) + (f" and {count - _NAMED} more" if count > _NAMED else "")
    return (
        f"At {turn.at:%Y-%m-%d %H:%M} UTC {count} recordings of mode {mode.value} would run, and "
        f"spec.agora.maxConcurrent.{mode.value} allows {most}: {shown}."
    )


def _needs_room(plan: Plan, prior: Snapshot, capacity: Capacity) -> bool:
    """Whether starting before stopping would be above a limit."""
    for mode, most in capacity.most.items():
        live = sum(
            session.mode is mode and session.liveness is not Liveness.ENDED for session in prior.sessions.values()
        )
        created = sum(item.action is Action.CREATE and item.address.kind.mode is mode for item in plan.changes)
        if created and live + created > most:
            return True
    return False


def _takes_turns(plan: Plan, prior: Snapshot, resources: Mapping[Address, Resource]) -> bool:
    """Whether something is started under the uid of something else that is stopped: two would throw each other out."""
    stopped = {
        (prior.sessions[item.address].cname, prior.sessions[item.address].uid)
        for item in plan.changes
        if item.action is Action.DELETE
    }
    started = (resources.get(item.address) for item in plan.changes if item.action is Action.CREATE)
    return bool(stopped) and any(item is not None and (item.cname, item.uid) in stopped for item in started)


def _estimate(plan: Plan, capacity: Capacity) -> Estimate | None:
    """How long an apply takes at least: every call waits for its turn, and each start is asked after once."""
    rate = capacity.requests_per_second
    if rate is None or plan.empty:
        return None
    starts = plan.calls.get("start", 0)
    calls = sum(plan.calls.values()) + starts
    return Estimate(calls / rate + (capacity.first_query_after if starts else 0.0), rate)
