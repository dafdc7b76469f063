"""The crash matrix where the state is in a store: the same changes and kinds, with each request to it a boundary.

A store cannot tell one kind from another: what it is asked before the first call and after the last one is the same.
So one kind dies at every boundary, and the others from their first call to the journal after their last one. This takes
minutes and is played by `make matrices`. In every run of the tests the one kind dies from its first call to the journal
after its last one, and at every tenth boundary of the rest.
"""

import tempfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path

from tests.crash.matrix import ACTIONS, Row, Scene, Zygote, killed_at, passed
from tests.state_places import PLACES
from tests.workers import each

from takeup.core.address import Kind

REMOTE = ("s3", "postgres")
CALLS = ("acquire", "start", "query", "update", "updateLayout", "stop")
KIND = Kind.COMPOSITE
_EVERY = 10
Choice = Callable[[Sequence[str]], Iterable[int]]


@dataclass(frozen=True, slots=True)
class Unit:
    """One change of one kind in one place: its boundaries, and what came of the deaths that were played."""

    place: str
    kind: Kind
    action: str
    passed: tuple[str, ...]
    found: tuple[Row, ...]

    @property
    def line(self) -> str:
        """Its line in the table of its place."""
        lost = ", ".join(row.boundary for row in self.found if row.hidden) or "-"
        well = sum(not row.hidden for row in self.found)
        return f"| {self.action} | {self.kind.value} | {len(self.found)} | {well} | {lost} |"


def requests(passed: Iterable[str]) -> str:
    """What was sent, in order."""
    sent = [name.removeprefix("send ") for name in passed if name.startswith("send ")]
    runs = [(name, len(list(group))) for name, group in groupby(sent)]
    return ", ".join(f"{name} ({count} times)" if count > 1 else name for name, count in runs)


def around(boundaries: Sequence[str]) -> range:
    """The numbers of the boundaries from the first call to the journal after the last one."""
    calls = [number for number, name in enumerate(boundaries, 1) if name.rpartition(" ")[2] in CALLS]
    return range(min(calls), min(max(calls) + 2, len(boundaries)) + 1)


def chosen(boundaries: Sequence[str], action: str) -> list[int]:
    """The numbers of the boundaries that every run of the tests plays."""
    return sorted({*around(boundaries), *range(1 + 2 * ACTIONS.index(action), len(boundaries) + 1, _EVERY)})


def play(place: str, kind: Kind, action: str, scene: tuple[Path, Zygote], choose: Choice) -> Unit:
    """Kill one change at the boundaries that are chosen."""
    folder, zygote = scene
    here = Scene(folder, zygote, PLACES[place])
    boundaries = passed(kind, action, here)
    found = [killed_at(number, kind, action, here) for number in choose(boundaries)]
    return Unit(place, kind, action, tuple(boundaries), tuple(row for row in found if row is not None))


def _unit(given: tuple[str, Kind, str]) -> Unit:
    place, kind, action = given
    with Zygote() as zygote, tempfile.TemporaryDirectory() as folder:
        return play(place, kind, action, (Path(folder), zygote), every if kind is KIND else around)


def every(boundaries: Sequence[str]) -> Iterable[int]:
    """The numbers of all boundaries."""
    return range(1, len(boundaries) + 1)


def whole(place: str) -> Iterator[Unit]:
    """Every change of every kind, killed at every boundary: on all cores, each with servers of its own."""
    given = [(place, kind, action) for action in ACTIONS for kind in (KIND, *(one for one in Kind if one is not KIND))]
    yield from each(_unit, given)
