"""Why an approved plan is not applied, as text and as JSON."""

import json
from collections.abc import Iterable, Iterator

from takeup.core.plan import Plan
from takeup.render.style import Style, printable

FORMAT = "takeup-stale/1"


def stale_text(reasons: Iterable[str], approved: Plan | None, now: Plan, style: Style) -> str:
    """The reasons, and both plans side by side; the digest of the one of this moment last."""
    return "\n".join(_lines(reasons, approved, now, style)) + "\n"


def _lines(reasons: Iterable[str], approved: Plan | None, now: Plan, style: Style) -> Iterator[str]:
    yield style.error("Stale: what was approved is not what would be done now. Nothing was done.")
    yield from (f"  {printable(reason)}" for reason in reasons)
    if approved is not None:
        yield ""
        yield f"{style.bold('The two plans')} (- approved, + now):"
        before, after = _actions(approved), _actions(now)
        for address in sorted(before.keys() | after.keys()):
            if before.get(address) == after.get(address):
                yield f"    {before[address]}"
                continue
            if address in before:
                yield f"  {style.remove('-')} {before[address]}"
            if address in after:
                yield f"  {style.add('+')} {after[address]}"
    yield ""
    yield f"Plan again, and have it approved. The plan of this moment has the digest {now.digest}"


def _actions(plan: Plan) -> dict[str, str]:
    rows = {
        str(change.address): f"{change.address}: {change.action.value} ({', '.join(change.calls) or 'no call'})"
        for change in plan.changes
    }
    starts = (item for item in plan.recovery if item.calls)
    rows |= {str(item.address): f"{item.address}: recover ({', '.join(item.calls)})" for item in starts}
    return {printable(address): printable(text) for address, text in rows.items()}


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
