"""A run that stops in the middle of its work, and goes on after another one has taken its lease over.

It is stopped by SIGSTOP at a boundary, for an hour by its own clock and by that of the store. Meanwhile another run
applies what is declared. Then it goes on: what it still does, and what is so when it has ended.
"""

import tempfile
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from tests.crash.matrix import Scene, Stage, Zygote, before, passed, secrets_in
from tests.crash.remote import KIND, REMOTE, Choice, every
from tests.state_places import PLACES
from tests.workers import each

from takeup.core.address import Address
from takeup.core.snapshot import SessionState
from takeup.provider.emulator.sessions import Session
from takeup.provider.emulator.world import World

HOUR = 3600
ACTIONS = ("create", "replace")
CHANGING = {"start", "update", "updateLayout", "stop"}
ANNOUNCED = {"answer of append to journal", "answer of put journal"}
"""Behind one of these stands the call that was written down: it is in flight."""


@dataclass(frozen=True, slots=True)
class Zombie:
    """One sleep and what came of it. `calls` are those that it made after it woke up."""

    boundary: str
    number: int
    calls: tuple[str, ...]
    problems: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Sleeps:
    """One change in one place, and the sleeps that were played."""

    place: str
    action: str
    boundaries: int
    found: tuple[Zombie, ...]

    @property
    def line(self) -> str:
        """Its line in the table."""
        counts = Counter(" ".join(name for name in one.calls if name in CHANGING) for one in self.found)
        none = counts.pop("", 0)
        flying = ", ".join(f"{name} ({count} times)" for name, count in sorted(counts.items())) or "-"
        return f"| {self.place} | {self.action} | {len(self.found)} | {none} | {flying} |"


def sleeps(place: str, action: str, scene: tuple[Path, Zygote], choose: Choice) -> Sleeps:
    """Stop one change at the boundaries that are chosen, each time from the same beginning."""
    here = Scene(*scene, PLACES[place])
    names = passed(KIND, action, here)
    found = []
    for number in choose(names):
        with before(KIND, action, here) as (stage, world):
            found.append(_zombie(number, action, stage, world))
    return Sleeps(place, action, len(names), tuple(found))


def _unit(given: tuple[str, str]) -> Sleeps:
    with Zygote() as zygote, tempfile.TemporaryDirectory() as folder:
        return sleeps(*given, (Path(folder), zygote), every)


def whole() -> Iterator[Sleeps]:
    """Every boundary of two changes in both places: on all cores, each with servers of its own."""
    given = [(place, action) for action in ACTIONS for place in REMOTE]
    yield from each(_unit, given)


def _zombie(number: int, action: str, stage: Stage, world: World) -> Zombie:
    clock = stage.root / ".clock"
    clock.write_text("0", "utf-8")
    asleep = stage.apply(stop_at=number, clock=str(clock))
    assert asleep["code"] is None, asleep
    stage.place.pass_lease()
    clock.write_text(str(HOUR), "utf-8")
    other = stage.apply()
    between = world.calls
    awake = stage.zygote.go_on(asleep["pid"])
    made = tuple((world.calls - between).elements())
    problems = list(_problems(asleep["passed"][-1], other, awake, made))
    stage.place.pass_lease()
    problems += _at_the_end(action, stage, world)
    return Zombie(asleep["passed"][-1], number, made, tuple(problems))


def _problems(
    boundary: str, other: dict[str, object], awake: dict[str, object], made: tuple[str, ...]
) -> Iterator[str]:
    if other["code"] != 0 and "LOST" not in str(other["err"]):
        yield f"the other run could not go on: {str(other['err'])[-300:]}"
    if "Traceback" in str(awake["err"]):
        yield str(awake["err"])[-300:]
    # a reservation or a question, made between two writes, touches no session and costs nothing
    changing = [name for name in made if name in CHANGING]
    announced = boundary in ANNOUNCED or [boundary] == [f"send {name}" for name in changing]
    if len(changing) > announced:
        yield f"it woke up at {boundary}, and called {made}"


def _at_the_end(action: str, stage: Stage, world: World) -> Iterator[str]:
    """One more run has nothing to mend but what the call in flight has done."""
    done = stage.apply()
    left = stage.plan()
    state = stage.place.open().read()
    held = state.sessions.get(Address(KIND, "room")) if state is not None else None
    live = world.sessions()
    known = _known(held)
    yield from (f"{one.resource_id} records, and the state does not know it" for one in live if not _is(one, known))
    lost = held is not None and held.sid is None
    wanted = 0 if action == "delete" else 1
    if len(live) != wanted and not lost:
        yield f"{len(live)} sessions are live, {wanted} declared"
    if left != (3 if lost else 0):
        yield f"the last plan exits with {left}: {done['err'][-300:]}"
    if secrets_in(stage.place.written()):
        yield "a secret was written"


def _known(held: SessionState | None) -> set[str]:
    return set() if held is None else {held.resource_id, *held.former}


def _is(session: Session, known: set[str]) -> bool:
    return session.resource_id in known
