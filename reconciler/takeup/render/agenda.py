"""An agenda as text and as JSON, and the next boundaries of each recording. Pure."""

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeVar

from takeup.core.address import Address
from takeup.core.agenda import Agenda, Turn
from takeup.core.resource import Resource
from takeup.core.schedule import Boundary, local_text
from takeup.render.style import Style, counted, printable
from takeup.render.words import HEADINGS, moment, target_text

T = TypeVar("T")
_TOLD_ONE_BY_ONE = 3
"""Members of a set, to which the same happens at the same time. JSON tells each of them."""


def agenda_text(agenda: Agenda, style: Style) -> str:
    """The agenda: one block for each time at which something is done."""
    plan = agenda.plan
    title = f"takeup plan: {printable(plan.project)} on {target_text(plan.target)}, until {moment(agenda.until)}"
    parts = [style.bold(title), *(f"{style.warn('Warning:')} {printable(text)}" for text in plan.warnings)]
    parts += ["\n".join(_turn(turn, style)) for turn in agenda.turns if turn.steps]
    calls = sum(len(step.calls) for turn in agenda.turns for step in turn.steps)
    steps = sum(len(turn.steps) for turn in agenda.turns)
    most = max((turn.recording for turn in agenda.turns), default=0)
    parts.append(
        f"{style.bold('Timeline:')} {counted(steps, 'action')}, {counted(calls, 'API call')}, "
        f"at most {counted(most, 'recording')} at a time.\n"
        "Sessions are taken as they are now, and taken to live as long as their windows."
    )
    return "\n\n".join(parts) + "\n"


def _turn(turn: Turn, style: Style) -> Iterator[str]:
    yield style.bold(f"{moment(turn.at)} ({turn.at:%a}), then {counted(turn.recording, 'recording')}")
    for who, step in _alike(turn.steps, lambda step: step.address, lambda step: (step.action, step.calls, step.reason)):
        calls = ", ".join(step.calls) or "no call"
        symbol = HEADINGS[step.action][0]
        yield f"  {symbol:>3} {printable(who)}: {calls} ({printable(step.reason)})"


def _alike(
    items: Iterable[T], address_of: Callable[[T], Address], what: Callable[[T], object]
) -> Iterator[tuple[str, T]]:
    """Items in their order, each with its name; members of a set to which the same happens are one, and counted."""
    groups: dict[object, list[T]] = {}
    for item in items:
        address = address_of(item)
        one = (address.kind, address.name, what(item)) if address.key else (address,)
        groups.setdefault(one, []).append(item)
    for group in groups.values():
        first = address_of(group[0])
        if len(group) > _TOLD_ONE_BY_ONE:
            yield f"{first.kind.value}.{first.name}, each of {len(group):,} members", group[0]
        else:
            yield from ((str(address_of(item)), item) for item in group)


def agenda_json(agenda: Agenda) -> str:
    """The agenda as JSON of format takeup-agenda/1."""
    document = {
        "format": "takeup-agenda/1",
        "project": agenda.plan.project,
        "from": _time(agenda.plan.created_at),
        "until": _time(agenda.until),
        "planDigest": agenda.plan.digest,
        "warnings": list(agenda.plan.warnings),
        "turns": [_turn_document(turn) for turn in agenda.turns],
    }
    return json.dumps(document, indent=2) + "\n"


def _turn_document(turn: Turn) -> dict[str, Any]:
    return {
        "at": _time(turn.at),
        "recording": turn.recording,
        "recordingByMode": {mode.value: number for mode, number in sorted(turn.by_mode.items())},
        "steps": [
            {
                "address": str(step.address),
                "action": step.action.value,
                "calls": list(step.calls),
                "reason": step.reason,
            }
            for step in turn.steps
        ],
    }


def _time(at: datetime) -> str:
    return at.strftime("%Y-%m-%dT%H:%M:%SZ")


@dataclass(frozen=True, slots=True)
class Next:
    """One recording with a schedule: whether it is wanted now, and what comes next."""

    resource: Resource
    wanted: bool
    boundaries: tuple[Boundary, ...]


def next_text(found: Iterable[Next]) -> str:
    """The next boundaries of each recording with a schedule; many members of a set that have the same are one."""
    lines: list[str] = []
    for who, item in _alike(found, lambda item: item.resource.address, _what_follows):
        lines.append(f"{printable(who)}: {'wanted now' if item.wanted else 'not wanted now'}")
        lines += [f"  {'opens ' if row.on else 'closes'} {_local(item.resource, row.at)}" for row in item.boundaries]
        if not item.boundaries:
            lines.append("  nothing follows")
    return "\n".join(lines or ["No recording has a schedule: all are wanted all the time."]) + "\n"


def _what_follows(item: Next) -> object:
    return item.wanted, item.boundaries, item.resource.schedule and item.resource.schedule.zone


def next_json(found: Iterable[Next]) -> str:
    """The same as JSON."""
    document: Mapping[str, Any] = {
        str(item.resource.address): {
            "wanted": item.wanted,
            "next": [
                {"at": _time(row.at), "on": row.on, "local": _local(item.resource, row.at)} for row in item.boundaries
            ],
        }
        for item in found
    }
    return json.dumps(document, indent=2) + "\n"


def _local(resource: Resource, at: datetime) -> str:
    schedule = resource.schedule
    assert schedule is not None, "only what has a schedule has boundaries"  # noqa: S101 - an invariant of the caller
    return local_text(at, schedule.zone)
