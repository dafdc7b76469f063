"""The two sessions of one resource (`redundancy: 2`): planned each by itself, told to people as one. Pure.

Every decision, the journal and the state know sessions; a person declares, counts and targets resources.
"""

from collections.abc import Collection, Sequence
from dataclasses import replace
from itertools import groupby

from takeup.core.address import Address
from takeup.core.change import Action, AttributeChange, Change
from takeup.core.cut import Cut

ORDINALS = {1: "first", 2: "second"}
"""What the sessions of a resource are called."""
_AS_THEY_ARE = frozenset({Action.UPDATE, Action.REPLACE})


def paired(changes: Sequence[Change], live: Collection[Address]) -> tuple[Change, ...]:
    """The changes by resource: what happens to the two sessions of one resource is one change of it.

    Args:
        changes: by session, in the order of their addresses.
        live: the sessions that had not ended before the plan.
    """
    if not (any(_is_second(change.address) for change in changes) or any(map(_is_second, live))):
        return tuple(changes)  # no recording has two
    grouped = groupby(changes, key=lambda change: change.address.resource)
    return tuple(_shown(tuple(parts), live) for _, parts in grouped)


def _is_second(address: Address) -> bool:
    return address.leg > 1


def _shown(parts: tuple[Change, ...], live: Collection[Address]) -> Change:
    """One change of a resource."""
    lead = parts[0]
    goes_on = len(parts) == 1 and lead.address.partner in live
    if len(parts) == 1 and not goes_on and lead.address.leg == 1:
        return lead
    if goes_on and lead.action is Action.FORGET:
        return lead  # nothing happens to the resource: one of its sessions is over, and not wanted any more
    action = _action({part.action for part in parts}, goes_on=goes_on)
    before, after = lead.before, lead.after
    if action is Action.UPDATE:
        before, after = before or after, after or before
    return replace(
        lead,
        address=lead.address.resource,
        action=action,
        reason=_reason(parts, goes_on=goes_on),
        calls=tuple(call for part in parts for call in part.calls),
        attributes=_attributes(parts) if action in _AS_THEY_ARE else lead.attributes,
        repeats=tuple(dict.fromkeys(group for part in parts for group in part.repeats)),
        cuts_off=_cut([part.cuts_off for part in parts if part.cuts_off is not None]),
        before=before,
        after=after,
        unchanged=min(part.unchanged for part in parts),
        renewal=all(part.renewal for part in parts),
        parts=parts,
    )


def _action(actions: set[Action], *, goes_on: bool) -> Action:
    """What happens to the resource: where one session of it stays, it is updated whatever the other one does."""
    if Action.REPLACE in actions:
        return Action.REPLACE
    if goes_on:
        return Action.UPDATE
    if len(actions) == 1:
        return next(iter(actions))
    return Action.DELETE if actions == {Action.DELETE, Action.FORGET} else Action.UPDATE


def _reason(parts: tuple[Change, ...], *, goes_on: bool) -> str:
    lead = parts[0]
    if goes_on:
        degraded = "degraded: " if lead.action is Action.CREATE else ""
        return f"{degraded}its {_named(lead)}: {lead.reason}; the other one is left as it is"
    if len(parts) > 1 and {part.action for part in parts} == {Action.CREATE} and lead.reason == parts[1].reason:
        return f"{lead.reason}; two sessions, and the second one avoids the region of the first"
    reasons = dict.fromkeys(part.reason for part in parts)
    told = lead.reason if len(reasons) == 1 else "; ".join(f"its {_named(part)}: {part.reason}" for part in parts)
    if any(part.action is Action.REPLACE for part in parts):
        told += "; one session after the other, so that one of the two records at any moment"
    return told


def _named(part: Change) -> str:
    uid = part.uid or (part.before or {}).get("uid")
    return f"{ORDINALS[part.address.leg]} session" + (f" (uid {uid})" if uid else "")


def _attributes(parts: tuple[Change, ...]) -> tuple[AttributeChange, ...]:
    """What differs in the sessions that stay, or are replaced; it is mostly the same in both."""
    found = (item for part in parts if part.action in _AS_THEY_ARE for item in part.attributes)
    return tuple({(item.path, str(item.before), str(item.after)): item for item in found}.values())


def _cut(cuts: list[Cut]) -> Cut | None:
    """What is cut off of a resource."""
    if not cuts:
        return None
    first = min(cuts, key=lambda cut: cut.since)
    return replace(first, sure=all(cut.sure for cut in cuts), beside=all(cut.beside for cut in cuts))
