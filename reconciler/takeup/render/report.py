"""What an apply has done, as text and as JSON."""

import json
from collections.abc import Iterator
from typing import Any

from takeup.core.plan import Action
from takeup.engine.apply import Report, name_of
from takeup.engine.turns import Item
from takeup.render.style import Style, counted, printable


def apply_text(report: Report, calls: int, style: Style) -> str:
    """Every failure with what to do next, what was recovered and what is LOST, and the totals last."""
    return "\n".join(_lines(report, calls, style)) + "\n"


def _lines(report: Report, calls: int, style: Style) -> Iterator[str]:
    yield ""
    for item, error in report.failed:
        yield style.error(f"Error: {item.address}: {name_of(item)} failed: {printable(error.message)}")
        if error.hint:
            yield f"  {printable(error.hint)}"
    yield from (f"Not begun: {item.address} ({name_of(item)})" for item in report.skipped)
    yield from (f"Recovered: {item.address}: {outcome}" for item, outcome in report.recovered)
    yield from (
        style.warn(f"LOST: {address}: takeup plan says since when, and what can be done.") for address in report.lost
    )
    if report.complete:
        head = style.bold("Apply complete!")
    else:
        head = style.error(f"Apply incomplete: {len(report.failed)} failed, {len(report.skipped)} not begun.")
    added = _count(report, Action.CREATE, Action.REPLACE)
    changed = _count(report, Action.UPDATE)
    gone = _count(report, Action.DELETE, Action.REPLACE)
    yield f"{head} Recordings: {added} added, {changed} changed, {gone} destroyed. {counted(calls, 'API call')}."


def _count(report: Report, *actions: Action) -> int:
    return sum(change.action in actions for change in report.applied)


def apply_json(report: Report, calls: int) -> str:
    """The same as JSON; `calls` counts the calls that were made in all, queries left out."""

    def row(item: Item, **more: Any) -> dict[str, Any]:  # noqa: ANN401 - JSON values
        return {"address": str(item.address), "action": name_of(item), **more}

    document = {
        "applied": [row(change, calls=list(change.calls)) for change in report.applied],
        "recovered": [
            {"address": str(item.address), "operation": item.operation, "outcome": outcome}
            for item, outcome in report.recovered
        ],
        "failed": [row(item, error=error.message, hint=error.hint) for item, error in report.failed],
        "skipped": [row(item) for item in report.skipped],
        "lost": [str(address) for address in report.lost],
        "calls": calls,
    }
    return json.dumps(document, indent=2) + "\n"
