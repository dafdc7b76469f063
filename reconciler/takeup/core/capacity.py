"""How many recordings of a mode a project may have at a time, and whether a plan and its schedules fit. Pure."""

from collections import Counter
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from takeup.core.address import Address, Mode
from takeup.core.agenda import recording_after
from takeup.core.plan import Action, Estimate, Plan
from takeup.core.resource import Resource
from takeup.core.schedule import boundaries_until, open_at
from takeup.core.snapshot import Liveness, Snapshot
from takeup.core.wanted import desired_at

AHEAD = timedelta(days=7)
"""How far ahead the schedules are looked through."""
_NAMED = 10


@dataclass(frozen=True, slots=True)
class Capacity:
    """What a project may have and how fast it may ask; `most` holds only modes that have a limit."""

    most: Mapping[Mode, int]
    requests_per_second: float | None = None
    first_query_after: float = 0.0


def with_capacity(plan: Plan, prior: Snapshot, declared: Mapping[Address, Resource], capacity: Capacity) -> Plan:
    """The plan with how long it takes, whether its stops go first, and a warning of what is too full later."""
    return replace(
        plan,
        estimate=_estimate(plan, capacity),
        stops_first=_needs_room(plan, prior, capacity) or _takes_turns(plan, prior, declared),
        warnings=(
            *plan.warnings,
            *_while_taking_over(plan, prior, capacity),
            *_later(declared, plan.created_at, capacity),
        ),
    )


def overfull(plan: Plan, prior: Snapshot, capacity: Capacity) -> list[str]:
    """Of each mode that has no room for the plan: when, how many, and which; empty where all of it fits."""
    if not any(change.action is Action.CREATE for change in plan.changes):
        return []  # what is too much records already: refusing to stop or to change it would help nobody
    after = recording_after(plan, prior)
    found = ((mode, most, [item for item in after if item.kind.mode is mode]) for mode, most in capacity.most.items())
    return [_sentence(plan.created_at, mode, most, names) for mode, most, names in found if len(names) > most]


def _while_taking_over(plan: Plan, prior: Snapshot, capacity: Capacity) -> Iterator[str]:
    """Of each mode that has no room for both sessions of an overlap; a start that is refused leaves the old one."""
    after = recording_after(plan, prior)
    for mode, most in capacity.most.items():
        twice = sum(item.overlap and item.address.kind.mode is mode for item in plan.changes)
        count = sum(address.kind.mode is mode for address in after)
        if twice and count <= most < count + twice:
            yield (
                f"While {twice} of {count} recordings of mode {mode.value} take over, up to {count + twice} run, and "
                f"spec.agora.maxConcurrent.{mode.value} allows {most}: a start may be refused. The session that it "
                "was to take over from then goes on."
            )


def _later(declared: Mapping[Address, Resource], now: datetime, capacity: Capacity) -> Iterator[str]:
    """Of each limited mode the first time in the days ahead at which its schedules want too many.

    Counted by schedule: a hundred thousand recordings have few of them.
    """
    for mode, most in capacity.most.items():
        wanted = {
            address: resource
            for address, resource in declared.items()
            if address.kind.mode is mode and not resource.lifecycle.abandon
        }
        schedules = Counter(resource.schedule for resource in wanted.values())
        always = schedules.pop(None, 0)
        turns: Counter[datetime] = Counter()
        count = always
        for schedule, number in schedules.items():
            assert schedule is not None, "it was taken out above"  # noqa: S101 - an invariant of this function
            count += number * (open_at(schedule, now) is not None)
            for boundary in boundaries_until(schedule, now, now + AHEAD):
                turns[boundary.at] += number if boundary.on else -number
        for at in sorted(turns):
            count += turns[at]
            if count > most and turns[at] > 0:
                yield _sentence(at, mode, most, desired_at(wanted, at).resources)
                break


def _sentence(at: datetime, mode: Mode, most: int, recording: Collection[Address]) -> str:
    names = [str(address) for address in sorted(recording)[:_NAMED]]
    more = len(recording) - len(names)
    shown = ", ".join(names) + (f" and {more} more" if more else "")
    return (
        f"At {at:%Y-%m-%d %H:%M} UTC {len(recording)} recordings of mode {mode.value} would run, and "
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
