"""A run that stops in the middle of its work, and goes on after another one has taken its lease over.

It is stopped by SIGSTOP at a boundary, for an hour by its own clock and by that of the store. Meanwhile another run
applies what is declared. Then it goes on: what it still does, and what is so when it has ended.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from tests.crash.matrix import Scene, Stage, Zygote, before, passed, secrets_in
from tests.crash.remote import KIND
from tests.state_places import PLACES

from takeup.core.address import Address
from takeup.core.snapshot import SessionState
from takeup.provider.emulator.sessions import Session
from takeup.provider.emulator.world import World

HOUR = 3600
ANNOUNCED = {"answer of append to journal", "answer of put journal"}
"""Behind one of these stands the call that was written down: it is in flight."""


@dataclass(frozen=True, slots=True)
class Zombie:
    """One sleep and what came of it. `calls` are those that it made after it woke up."""

    boundary: str
    number: int
    calls: tuple[str, ...]
    problems: tuple[str, ...]


def zombies(place: str, action: str, scene: tuple[Path, Zygote], numbers: list[int]) -> Iterator[Zombie]:
    """Stop one change at these boundaries, each time from the same beginning."""
    here = Scene(*scene, PLACES[place])
    for number in numbers:
        with before(KIND, action, here) as (stage, world):
            yield _zombie(number, action, stage, world)


def boundaries(place: str, action: str, scene: tuple[Path, Zygote]) -> list[str]:
    """Those of the change."""
    return passed(KIND, action, Scene(*scene, PLACES[place]))


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


def _problems(boundary: str, other: dict[str, object], awake: dict[str, object], made: tuple[str, ...]) -> Iterator[str]:
    if other["code"] != 0 and "LOST" not in str(other["err"]):
        yield f"the other run could not go on: {str(other['err'])[-300:]}"
    if "Traceback" in str(awake["err"]):
        yield str(awake["err"])[-300:]
    # a reservation or a question, made between two writes, touches no session and costs nothing
    changing = [name for name in made if name not in {"acquire", "query"}]
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
