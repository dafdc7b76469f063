"""What validate, plan, drift and policies have to tell, in the one form that SARIF and JUnit are made from."""

from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from takeup.core.address import Address
from takeup.core.plan import Action, Change, Drift, Lost, Plan
from takeup.core.snapshot import Liveness
from takeup.render.problems import Finding
from takeup.render.words import moment

PROJECT_FILE = "takeup.yaml"
"""Where a finding is shown that stands in no manifest (any more): readers drop what has no place."""


class Level(StrEnum):
    """How much a finding matters, in SARIF's words."""

    ERROR = "error"
    WARNING = "warning"
    NOTE = "note"


RULES: Mapping[str, str] = {
    "manifest": "A manifest or the project file is not as it should be.",
    "drift": "A session is not as the state says.",
    "warning": "Something that a plan cannot decide, or that a person should know.",
    "lost": "A session may be recording that no call can reach.",
    "recovery": "The outcome of a call of an earlier run is not known.",
    "failed": "A command failed, or a part of what it had to do.",
    "create": "A session would be started.",
    "update": "A running session would be changed.",
    "replace": "A running session would be stopped, and another one started.",
    "delete": "A running session would be stopped.",
    "forget": "A session that ended would be forgotten.",
}
"""What each rule is about. A policy brings rules of its own."""

_WORDS = {
    Action.CREATE: "would be created",
    Action.UPDATE: "would be updated in place",
    Action.REPLACE: "would be replaced",
    Action.DELETE: "would be stopped",
    Action.FORGET: "would be forgotten",
}
_DRIFT: Mapping[str, Level] = {Liveness.RUNNING: Level.NOTE, Liveness.ENDED: Level.ERROR}


@dataclass(frozen=True, slots=True)
class Noted:
    """One finding: by which rule, how bad, about whom, and where. `line` and `column` count from 1."""

    rule: str
    level: Level
    message: str
    address: str = ""
    file: str = PROJECT_FILE
    line: int = 1
    column: int = 1


def of_problems(problems: Sequence[Finding]) -> list[Noted]:
    """What validate found; what is not surely a warning is an error."""
    return [
        Noted(
            "manifest",
            Level.WARNING if problem.severity == "warning" else Level.ERROR,
            "\n".join(filter(None, (problem.message, problem.suggestion))),
            problem.address,
            problem.file,
            problem.line,
            problem.column,
        )
        for problem in problems
    ]


def of_plan(plan: Plan) -> list[Noted]:
    """What drifted, the warnings, what is recovered, and every change."""
    return [
        *of_drift(plan.drift, plan.origins, {item.address for item in plan.changes if item.action is Action.FORGET}),
        *of_warnings(plan.warnings, plan.origins),
        *(
            _at(plan.origins, "recovery", Level.WARNING, f"{item.address}: {item.how}", item.address)
            for item in plan.recovery
        ),
        *(_change(change, plan.origins) for change in plan.shown),
    ]


def of_drift(
    drift: Iterable[Drift], origins: Mapping[Address, str], unwanted: Container[Address] = ()
) -> Iterator[Noted]:
    """What a refresh found: an ended session is an error, one that runs again a note, the rest warnings.

    Args:
        drift: what was found.
        origins: where the manifests declare the resources.
        unwanted: those that no manifest declares any more; that their session ended is a note.
    """
    for item in drift:
        evidence = f" ({item.evidence})" if item.evidence else ""
        level = Level.NOTE if item.address in unwanted else _DRIFT.get(item.now, Level.WARNING)
        yield _at(origins, "drift", level, f"{item.address}: {item.was} -> {item.now}{evidence}", item.address)


def of_lost(lost: Iterable[Lost], origins: Mapping[Address, str]) -> Iterator[Noted]:
    """Sessions that no call can reach; a plan says it of them in a warning."""
    for item in lost:
        text = f"{item.address} is LOST since {moment(item.since)} ({item.evidence}); ends by itself: {item.ends}"
        yield _at(origins, "lost", Level.ERROR, text, item.address)


def of_warnings(warnings: Iterable[str], origins: Mapping[Address, str]) -> Iterator[Noted]:
    """Warnings; one that begins with an address is about that resource."""
    for text in warnings:
        yield _at(origins, "warning", Level.WARNING, text, Address.leading(text))


def below(folder: str, findings: Iterable[Noted]) -> list[Noted]:
    """The same findings with their files as seen from a folder further up, the checkout's."""
    return [replace(item, file=f"{folder}/{item.file}") if folder else item for item in findings]


def _change(change: Change, origins: Mapping[Address, str]) -> Noted:
    reason = f" ({change.reason})" if change.reason else ""
    calls = f"calls: {', '.join(change.calls) or 'none'}"
    return _at(
        origins,
        change.action.value,
        Level.NOTE,
        f"{change.address} {_WORDS[change.action]}{reason}; {calls}",
        change.address,
    )


def _at(origins: Mapping[Address, str], rule: str, level: Level, message: str, address: Address | None) -> Noted:
    label = "" if address is None else str(address)
    origin = "" if address is None else origins.get(address, "")
    file, _, line = origin.rpartition(":")
    return Noted(rule, level, message, label, file, int(line)) if file else Noted(rule, level, message, label)
