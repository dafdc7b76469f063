"""Every operation, every fault, at the first or the second try or both: what takeup makes of it, and after how long."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from tests.faults.stage import CANARY, EVERY, Desired, Run, Stage
from tests.recordings import resource

from takeup.core.address import Kind
from takeup.core.secret import Secret
from takeup.core.snapshot import Liveness
from takeup.provider.emulator.faults import _KEYS_OF, ANSWERS, Fault, OnCall
from takeup.provider.emulator.sessions import Session

RERUNS = 4
"""Within so many further runs all has to be well."""
SCENARIOS: dict[str, tuple[str, ...]] = {
    "acquire": ("create", "replace"),
    "start": ("create", "replace"),
    "query": ("create", "update", "replace", "delete"),
    "update": ("update",),
    "updateLayout": ("update",),
    "stop": ("replace", "delete"),
}
"""In which changes an operation is called."""
TRIES: dict[str, list[int]] = {"first try": [1], "second try": [2], "both": [1, 2]}
"""Before the second try alone, the first one is lost on its way, so that there is a second one."""
SECTIONS = [(operation, scenario) for operation, scenarios in SCENARIOS.items() for scenario in scenarios]
_SIZES = {"oversized": 4 * 1024 * 1024 + 4096, "gzipBomb": 256 * 1024}
_STORAGE = {"vendor": 1, "region": 0, "bucket": "b", "accessKey": Secret(f"{CANARY}-a"), "secretKey": Secret(CANARY)}
_BEFORE: dict[str, Any] = {"channelType": 1, "maxIdleTime": 300, "transcodingConfig": {"mixedVideoLayout": 1}}
_UPDATED = {**_BEFORE, "subscribeAudioUids": ["7"], "transcodingConfig": {"mixedVideoLayout": 2}}
_REPLACED = {**_BEFORE, "maxIdleTime": 60}


@dataclass(frozen=True, slots=True)
class Accident:
    """One fault without its operation: what goes wrong, and whether the call has its effect all the same."""

    do: str
    answer: str | None = None
    effect: bool | None = None

    def rule(self, operation: str, tries: list[int]) -> Fault:
        """The rule for the emulator."""
        made = {
            "do": self.do,
            "operation": [operation],
            "nth": tries,
            "answer": self.answer,
            "effect": self.effect,
            "size": _SIZES.get(self.do),
        }
        return Fault.model_validate(made)

    @property
    def name(self) -> str:
        """Its name for people."""
        return self.answer or self.do


def accidents() -> Iterator[Accident]:
    """All that can befall a call."""
    for do in OnCall.__args__:  # type: ignore[attr-defined]  # a Literal
        answers: tuple[str | None, ...] = tuple(ANSWERS) if do == "answer" else (None,)
        effects: tuple[bool | None, ...] = (False, True) if do in _KEYS_OF["effect"] else (None,)
        yield from (Accident(do, answer, effect) for answer in answers for effect in effects)


@dataclass(frozen=True, slots=True)
class Cell:
    """What came of one accident; `reruns` is how many runs it took after the one that it struck."""

    accident: Accident
    tries: str
    outcome: str
    problems: tuple[str, ...] = ()


def wanted(config: dict[str, Any]) -> Desired:
    """The one recording of the project."""
    made = resource("hall", storageConfig=_STORAGE, token=Secret(f"{CANARY}-token"), recordingConfig=config)
    return {made.address: made}


def wanted_of(kind: Kind) -> Desired:
    """One recording of a kind, as it is in most projects."""
    if kind is Kind.COMPOSITE:
        return AFTER["create"]
    made = resource("hall", kind, storageConfig=_STORAGE)
    return {made.address: made}


AFTER: dict[str, Desired] = {
    "create": wanted(_BEFORE),
    "update": wanted(_UPDATED),
    "replace": wanted(_REPLACED),
    "delete": {},
}


def play(operation: str, scenario: str, accident: Accident, tries: str, stages: Callable[[], Stage] = Stage) -> Cell:
    """One change under one accident, and the same again without it until nothing is left to do."""
    before, after = AFTER["create"], AFTER[scenario]
    known = {**before, **after}
    with stages() as stage:
        if scenario != "create":
            assert stage.apply(before).fine
            stage.clock.advance(EVERY)
        lost = [Accident("lostRequest").rule(operation, [1])] if tries == "second try" else []
        stage.fault(accident.rule(operation, TRIES[tries]), *lost)
        first = stage.apply(after, known=known)
        struck = stage.emulator.faults.struck[0]
        stage.fault()
        if not struck:
            return Cell(accident, tries, "not called again", tuple(stage.problems))
        runs = [first]
        while not converged(stage, after, runs[-1]) and len(runs) <= RERUNS:
            stage.clock.advance(EVERY)
            runs.append(stage.apply(after, known=known))
        return _judged(stage, (operation, accident, tries), after, runs)


def converged(stage: Stage, after: Desired, last: Run) -> bool:
    """Whether exactly what is declared records, as declared, and the state knows it so."""
    if not last.fine or not converged_sessions(stage, after):
        return False
    return all(_as_declared(one, after) for one in stage.live())


def converged_sessions(stage: Stage, after: Desired) -> bool:
    """Whether exactly one session records for each recording, the state knows it, and a plan is empty."""
    held, live = stage.held(), stage.live()
    if {item.resource_id for item in live} != {item.resource_id for item in held.values() if item.sid}:
        return False
    if any(item.liveness is not Liveness.RUNNING or item.open for item in held.values()):
        return False
    left = stage.plan(after)
    return left.empty and not left.warnings and len(live) == len(after)


def _as_declared(session: Session, after: Desired) -> bool:
    (made,) = after.values()
    config = made.spec["recordingConfig"]
    layout = (session.layout or session.request["recordingConfig"].get("transcodingConfig", {})).get("mixedVideoLayout")
    subscribed = (session.subscription or {}).get("audioUidList", {}).get("subscribeAudioUids")
    return bool(
        session.request["recordingConfig"]["maxIdleTime"] == config["maxIdleTime"]
        and layout == config["transcodingConfig"]["mixedVideoLayout"]
        and subscribed == config.get("subscribeAudioUids")
    )


def _judged(stage: Stage, what: tuple[str, Accident, str], after: Desired, runs: list[Run]) -> Cell:
    operation, accident, tries = what
    problems = list(stage.problems)
    known = stage.known_ids()
    live = stage.live()
    strange = [item for item in live if item.resource_id not in known]
    if converged(stage, after, runs[-1]):
        outcome = _mended(runs)
    elif strange and _lie(operation, accident):
        outcome = "*believed*: " + ("stopped" if operation == "stop" else "not started; then told by 400/53")
        problems += [] if operation == "stop" or "53" in runs[-1].errors[0] else ["nothing tells of what records there"]
    elif live and all(known[item.resource_id].liveness is Liveness.LOST for item in live if item.resource_id in known):
        outcome = "**LOST**"
        problems += [f"{item.resource_id} is not in the state" for item in strange]
    else:
        outcome = "NOT CONVERGED"
        problems.append(f"not as declared after {len(runs)} runs: {runs[-1].errors}; {stage.held()}; live {len(live)}")
    return Cell(accident, tries, outcome, tuple(problems))


def _mended(runs: list[Run]) -> str:
    later = len(runs) - 1
    return f"{later} run{'s' if later > 1 else ''} later" if later else "at once"


def _lie(operation: str, accident: Accident) -> bool:
    """Whether the service said that it surely did not do what it did, or the other way round."""
    if operation == "stop":
        return accident.answer == "206/435" and not accident.effect
    return operation == "start" and accident.do == "answer" and bool(accident.effect)


def section(operation: str, scenario: str) -> list[Cell]:
    """All accidents of one operation in one change."""
    return [play(operation, scenario, accident, tries) for accident in accidents() for tries in TRIES]
