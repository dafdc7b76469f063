"""Why an approved plan is not applied, as text and as JSON."""

import json
from collections.abc import Iterable, Iterator

from takeup.core.address import Address
from takeup.core.approval import differing
from takeup.core.plan import Change, Plan, Recovery
from takeup.render.style import Style, printable
from takeup.render.values import middle_out, value_text

FORMAT = "takeup-stale/1"
STALE = "Stale: what was approved is not what would be done now. Nothing was done."
_MOST = 10  # attributes shown of one recording
_LONG = 60  # characters of a value
_Item = Change | Recovery


def stale_text(reasons: Iterable[str], approved: Plan | None, now: Plan, style: Style) -> str:
    """The reasons, and both plans side by side; the digest of the one of this moment last."""
    return "\n".join(_lines(reasons, approved, now, style)) + "\n"


def _lines(reasons: Iterable[str], approved: Plan | None, now: Plan, style: Style) -> Iterator[str]:
    yield style.error(STALE)
    yield from (f"  {printable(reason)}" for reason in reasons)
    if approved is not None:
        yield ""
        yield f"{style.bold('The two plans')} (- approved, + now):"
        before, after = _items(approved), _items(now)
        for address in sorted(before.keys() | after.keys()):
            yield from _both(before.get(address), after.get(address), style)
    yield ""
    yield f"Plan again, and have it approved. The plan of this moment has the digest {now.digest}"


def _both(before: _Item | None, after: _Item | None, style: Style) -> Iterator[str]:
    """One resource in both plans: one line where they agree, else both, and the attributes that differ."""
    if before is not None and after is not None and _told(before) == _told(after):
        yield f"    {_words(before)}"
        return
    if before is not None:
        yield f"  {style.remove('-')} {_words(before)}"
    if after is not None:
        yield f"  {style.add('+')} {_words(after)}"
    if before is None or after is None or before.after is None or after.after is None:
        return
    found = list(differing(before.after, after.after))
    for path, was, becomes in found[:_MOST]:
        kind = after.address.kind
        one, other = (middle_out(value_text(kind, path, value), _LONG) for value in (was, becomes))
        yield f"        {printable(path)}: {one} -> {other}"
    if len(found) > _MOST:
        yield f"        and {len(found) - _MOST} more"


def _items(plan: Plan) -> dict[Address, _Item]:
    recoveries: dict[Address, _Item] = {item.address: item for item in plan.recovery if item.calls}
    return recoveries | {change.address: change for change in plan.changes}


def _told(item: _Item) -> tuple[object, ...]:
    """What makes it the same for whoever approved it."""
    if isinstance(item, Recovery):
        return (item.resource_id, item.calls, item.if_never_started, item.after)
    return (item.action, item.calls, item.attributes, item.repeats, item.after, item.cuts_off and item.cuts_off.since)


def _words(item: _Item) -> str:
    action = "recover" if isinstance(item, Recovery) else item.action.value
    return printable(f"{item.address}: {action} ({', '.join(item.calls) or 'no call'})")


def stale_json(reasons: Iterable[str], approved: str, now: Plan) -> str:
    """The same as JSON of format takeup-stale/1; `approved` is a digest."""
    document = {
        "format": FORMAT,
        "stale": True,
        "reasons": list(reasons),
        "approved": approved,
        "now": now.digest,
    }
    return json.dumps(document, indent=2) + "\n"
