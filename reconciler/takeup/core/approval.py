"""What was approved, held against what would be done now. Pure.

The world may have moved since. What is still to be done goes on if it is what was approved, or a safe part of it: the
same recording as it was to become, by no other calls, and at the cost of no other session. Whatever goes beyond is
not done, and nothing else is either.
"""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from takeup.core.plan import Action, Change, Plan, Recovery

_CUTS = frozenset({Action.REPLACE, Action.DELETE})
_MOST_PATHS = 5


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether a plan may be applied. `beyond` are reasons why not; `left` is what is left out, and why."""

    beyond: tuple[str, ...] = ()
    left: tuple[str, ...] = ()

    @property
    def stale(self) -> bool:
        """Whether it goes beyond what was approved."""
        return bool(self.beyond)


def hold_against(approved: Plan, now: Plan) -> Verdict:
    """Compare what was approved with what would be done now.

    Args:
        approved: the plan that somebody has seen.
        now: the plan of this moment, for the same selection.
    """
    foreign = tuple(_foreign(approved, now))
    if foreign:
        return Verdict(beyond=foreign)
    changes = {change.address: change for change in approved.changes}
    recoveries = {item.address: item for item in approved.recovery}
    beyond = [
        *(
            f"{new.new}: its session would move there from {new.old} now; that was not approved"
            for new in now.moves
            if new not in approved.moves
        ),
        *(_beyond_change(changes.get(new.address), recoveries.get(new.address), new) for new in now.changes),
        *(
            _beyond_recovery(changes.get(new.address), recoveries.get(new.address), new)
            for new in now.recovery
            if new.calls
        ),
    ]
    return Verdict(tuple(text for text in beyond if text), tuple(_left(approved, now)))


def differing(before: object, after: object, path: str = "") -> Iterator[tuple[str, Any, Any]]:
    """Where two specs differ, each place with both values; None stands for what is absent."""
    if isinstance(before, Mapping) and isinstance(after, Mapping):
        for name in sorted(before.keys() | after.keys()):
            yield from differing(before.get(name), after.get(name), f"{path}.{name}" if path else name)
    elif before != after:
        yield path, before, after


def _foreign(approved: Plan, now: Plan) -> Iterator[str]:
    if approved.project != now.project:
        yield f"it was made for the project {approved.project}, and this is {now.project}"
    if approved.target != now.target:
        yield f"it was made for {approved.target.endpoint} and App ID {approved.target.app_id}"
    if approved.lineage and approved.lineage != now.lineage:
        yield f"it was made from a state of lineage {approved.lineage}, and this one has {now.lineage or 'none'}"


def _beyond_change(approved: Change | None, recovery: Recovery | None, now: Change) -> str:
    """Why a change goes beyond its approval; empty where it does not."""
    would = f"{now.address}: would be {_WORDS[now.action]} now ({_listed(now.calls)})"
    if approved is None:
        if recovery is None or now.action is not Action.CREATE:
            return f"{would}; nothing was approved for it"
        # The open start of the approved plan was found out by another run: it had never taken place.
        if Counter(now.calls) - Counter(recovery.if_never_started):
            return f"{would}; approved was to find out what became of its {recovery.operation}"
        return _other_recording(would, recovery.after, now.after)
    if Counter(now.calls) - Counter(approved.calls):
        return f"{would}; approved was: {_WORDS[approved.action]} ({_listed(approved.calls)})"
    return (
        _other_recording(would, approved.after, now.after)
        or _other_session(would, approved, now)
        or _other_attributes(would, approved, now)
    )


def _other_recording(would: str, approved: Mapping[str, Any] | None, now: Mapping[str, Any] | None) -> str:
    if now == approved:
        return ""
    paths = [path or "whether it is recorded at all" for path, _, _ in differing(approved, now)]
    return f"{would}, and become something else than was approved: {_some(paths)}"


def _other_session(would: str, approved: Change, now: Change) -> str:
    """A stop was approved for one session; its successor has not been looked at by anybody."""
    if now.action not in _CUTS or approved.cuts_off is None or now.cuts_off is None:
        return ""
    was, runs = approved.cuts_off.since, now.cuts_off.since
    if was == runs:
        return ""
    return (
        f"{would}; approved was to cut off the session started at {was:%Y-%m-%d %H:%M:%S} UTC, and by now there is "
        f"another one, started at {runs:%Y-%m-%d %H:%M:%S} UTC"
    )


def _other_attributes(would: str, approved: Change, now: Change) -> str:
    """A change of the same kind changes no attribute that was not shown: secrets above all, which look alike."""
    if now.action is not approved.action:
        return ""
    more = [item.path for item in now.attributes if item not in approved.attributes]
    if more:
        return f"{would}, and change what was not approved, or from another value: {_some(more)}"
    if now.groups - approved.groups:
        return f"{would}, and send again what was not approved: {_some(sorted(now.groups - approved.groups))}"
    return ""


def _beyond_recovery(change: Change | None, approved: Recovery | None, now: Recovery) -> str:
    """Why finding out about a start goes beyond its approval; a start that was approved may have been sent since."""
    would = f"{now.address}: the outcome of a {now.operation} has to be found out now"
    if approved is not None and approved.calls and approved.resource_id == now.resource_id:
        if Counter(now.calls) - Counter(approved.calls):
            return f"{would} ({_listed(now.calls)}); approved was: {_listed(approved.calls)}"
        later, after = approved.if_never_started, approved.after
    elif change is not None and change.action in {Action.CREATE, Action.REPLACE}:
        later, after = change.calls, change.after
    else:
        return f"{would}; that was not approved"
    if Counter(now.if_never_started) - Counter(later):
        return f"{would}, and it may be started then ({_listed(now.if_never_started)}); that was not approved"
    return "" if now.after is None else _other_recording(would, after, now.after)


def _left(approved: Plan, now: Plan) -> Iterator[str]:
    """What was approved and is not done: nothing is needed any more, or nobody can judge it now."""
    still = {change.address for change in now.changes} | {item.address for item in now.recovery}
    unsure = {item.address: item.liveness for item in now.running if item.liveness != "RUNNING"}
    wanted = [change.address for change in approved.changes]
    wanted += [item.address for item in approved.recovery if item.calls and item.address not in wanted]
    for address in wanted:
        if address in still:
            continue
        if address in unsure:
            yield f"{address}: nothing can be done now, for it is {unsure[address]}"
        else:
            yield f"{address}: nothing is to be done any more"


def _listed(calls: tuple[str, ...]) -> str:
    return ", ".join(calls) or "no call"


def _some(paths: list[str]) -> str:
    more = len(paths) - _MOST_PATHS
    return ", ".join(paths[:_MOST_PATHS]) + (f" and {more} more" if more > 0 else "")


_WORDS = {
    Action.CREATE: "created",
    Action.UPDATE: "updated",
    Action.REPLACE: "replaced",
    Action.DELETE: "stopped",
    Action.FORGET: "forgotten",
}
