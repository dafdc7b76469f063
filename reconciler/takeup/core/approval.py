"""What was approved, held against what would be done now. Pure.

The world may have moved since. What is still to be done goes on if it is what was approved, or a safe part of it: the
same recording as it was to become, by no other calls. Whatever goes beyond is not done, and nothing else is either.
"""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

from takeup.core.plan import Action, Change, Plan, Recovery


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether a plan may be applied. `beyond` are reasons why not; `done` is what needs nothing any more."""

    beyond: tuple[str, ...] = ()
    done: tuple[str, ...] = ()

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
        *(_beyond_change(changes.get(change.address), change) for change in now.changes),
        *(
            _beyond_recovery(recoveries.get(item.address), changes.get(item.address), item)
            for item in now.recovery
            if item.calls
        ),
    ]
    still = {change.address for change in now.changes} | {item.address for item in now.recovery}
    done = (f"{address}: nothing is to be done any more" for address in changes if address not in still)
    return Verdict(tuple(text for text in beyond if text), tuple(done))


def _foreign(approved: Plan, now: Plan) -> Iterator[str]:
    if approved.project != now.project:
        yield f"it was made for the project {approved.project}, and this is {now.project}"
    if approved.target != now.target:
        yield f"it was made for {approved.target.endpoint} and App ID {approved.target.app_id}"
    if approved.lineage and approved.lineage != now.lineage:
        yield f"it was made from a state of lineage {approved.lineage}, and this one has {now.lineage or 'none'}"


def _beyond_change(approved: Change | None, now: Change) -> str:
    """Why a change goes beyond its approval; empty where it does not."""
    would = f"{now.address}: would be {_WORDS[now.action]} now ({', '.join(now.calls) or 'no call'})"
    if approved is None:
        return f"{would}; nothing was approved for it"
    if _same(approved, now):
        return ""
    was = f"approved was: {_WORDS[approved.action]} ({', '.join(approved.calls) or 'no call'})"
    if Counter(now.calls) - Counter(approved.calls):
        return f"{would}; {was}"
    if now.after != approved.after:
        return f"{would}, and become something else than was approved: {', '.join(_differing(approved, now))}"
    return ""


def _same(approved: Change, now: Change) -> bool:
    return (approved.action, approved.calls, approved.repeats, approved.attributes) == (
        now.action,
        now.calls,
        now.repeats,
        now.attributes,
    ) and approved.after == now.after


def _differing(approved: Change, now: Change) -> list[str]:
    before, after = dict(approved.after or {}), dict(now.after or {})
    return sorted(name for name in before.keys() | after.keys() if before.get(name) != after.get(name))


def _beyond_recovery(approved: Recovery | None, change: Change | None, now: Recovery) -> str:
    """A start that was sent since is found out if it is the one that was approved."""
    if approved is not None and (approved.operation, approved.resource_id) == (now.operation, now.resource_id):
        return ""
    if change is not None and change.action in {Action.CREATE, Action.REPLACE}:
        return ""
    return f"{now.address}: the outcome of a {now.operation} has to be found out now; that was not approved"


_WORDS = {
    Action.CREATE: "created",
    Action.UPDATE: "updated",
    Action.REPLACE: "replaced",
    Action.DELETE: "stopped",
    Action.FORGET: "forgotten",
}
