"""Every request to the store of the state, every harm: what the run makes of it that lives on, and the next one.

One recording is created, updated, replaced and deleted. One request of that run is harmed, or it and all that follow,
until the run has ended. Then the store is well again.
"""

import tempfile
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.faults.matrix import AFTER, RERUNS, converged
from tests.faults.remote import Remote
from tests.faults.stage import EVERY, Run, Stage
from tests.object_servers import SECRETS
from tests.postgres_server import server
from tests.state_places import StatePlace, postgres, s3
from tests.store_fronts import MISSED, Gate, Harm, ObjectFront, Plan, table_front
from tests.unit.backends.places import s3_shared, s3_store
from tests.workers import each

from takeup.backends.local import LocalBackend
from takeup.backends.objects import ObjectBackend
from takeup.backends.port import Backend
from takeup.backends.postgres import PostgresBackend
from takeup.backends.postgres_client import PostgresClient, parsed
from takeup.core.secret import Secret
from takeup.core.snapshot import Liveness
from takeup.errors import TakeupError
from takeup.provider.emulator.calls import Entry

_CHANGING = {"start", "update", "updateLayout", "stop"}
_MARK = "HARMED"
_WAITS = 20.0
"""For how many seconds a client waits for an answer, unless it is to miss it: loaded machines are slow."""
_PATIENCE = 1.0
"""For how many seconds a server is waited for that is away."""


@dataclass
class Harmed:
    """A disk where one run meets a front; `plan` says what befalls it there.

    `waits` is for how many seconds that run waits for an answer; 0 for the runs before and after it.
    """

    disk: Remote
    place: StatePlace
    plan: Plan
    folder: Path
    waits: float = 0.0

    def beat(self) -> None:
        """Renew the lease of the run that is under way, as it is done every 15 s."""
        self.disk.last._beat.beat()

    def rescued(self) -> bytes:
        """All that was rescued: beside the state, or on this machine."""
        files = (self.folder / "rescued").rglob("*")
        return self.place.written() + b"".join(file.read_bytes() for file in files if file.is_file())


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of one harm."""

    action: str
    request: str
    number: int
    harm: Harm
    lasting: bool
    told: str
    problems: tuple[str, ...] = ()


@contextmanager
def in_bucket(folder: Path) -> Iterator[Harmed]:
    """A key at moto, whose own front counts the requests of the run that is harmed."""
    place = s3(folder)
    key = place.marks["state"]
    rescue = LocalBackend(folder / "rescued" / "default.json").rescue
    keys = {"accessKey": Secret(_MARK), "secretKey": Secret(SECRETS["secretKey"])}
    front = ObjectFront(key, _MARK)
    gate = Gate(int(s3_shared().url.rpartition(":")[2]))
    front.plan.go_away = gate.shut
    s3_shared().between = front

    def opens(_: Any) -> Backend:  # noqa: ANN401 - a fuse, which nothing here burns
        if made.waits:
            return ObjectBackend(s3_store(key, keys=keys, timeout=made.waits, endpoint=gate.url), key, rescue)
        # by the same address where it is there: at another one the bucket would have to prove itself anew
        return place.open() if gate.closed else ObjectBackend(s3_store(key, endpoint=gate.url), key)

    made = Harmed(Remote(place, opens), place, front.plan, folder)
    try:
        yield made
    finally:
        gate.shut()
        s3_shared().between = None


@contextmanager
def in_tables(folder: Path) -> Iterator[Harmed]:
    """A schema, which the run that is harmed reaches by a proxy."""
    place = postgres(folder)
    schema = place.marks["schema"]
    rescue = LocalBackend(folder / "rescued" / "default.json").rescue
    with table_front(schema) as front:
        url = f"{server().url(port=front.port)}?sslmode=disable&gssencmode=disable&connect_timeout=2"
        access = parsed(Secret(url), {})

        def opens(_: Any) -> Backend:  # noqa: ANN401 - a fuse, which nothing here burns
            client = PostgresClient(access, patience=_PATIENCE, limit=made.waits)
            return PostgresBackend(client, schema, "campus", rescue) if made.waits else place.open()

        made = Harmed(Remote(place, opens), place, front.plan, folder)
        yield made


PLACES: dict[str, Callable[[Path], AbstractContextManager[Harmed]]] = {"s3": in_bucket, "postgres": in_tables}
CASES: dict[str, tuple[tuple[Harm, bool], ...]] = {
    "replace": (
        *((harm, False) for harm in Harm if harm is not Harm.AWAY),
        *((harm, True) for harm in Harm if harm is not Harm.TAKEN),
    ),
    "create": ((Harm.LOST, False), (Harm.CUT, True)),
    "delete": ((Harm.LOST, False), (Harm.CUT, True)),
}
"""What befalls each request of a change, once or from then on. What is not in a replacement is in the others."""


@dataclass
class Watch:
    """Sees each call, and looks at that moment whether it was written down. In the first one the lease is renewed."""

    harmed: Harmed
    problems: list[str] = field(default_factory=list)
    calls: list[str] = field(default_factory=list)

    def see(self, call: Entry) -> None:
        """One call, before its answer is given."""
        if call.operation == "query" or call.cname != "hall":
            return
        if call.operation in _CHANGING:
            self._check(call)
        if not self.calls:
            self.harmed.beat()
        self.calls.append(call.operation)

    def _check(self, call: Entry) -> None:
        state = self.harmed.place.open().read()
        held = [] if state is None else list(state.sessions.values())
        if not any(item.open is not None and item.open.operation == call.operation for item in held):
            self.problems.append(f"{call.operation} was called, and is not written down: {held}")


@contextmanager
def scene(place: str, action: str) -> Iterator[tuple[Stage, Harmed, Watch]]:
    """A stage on which only this change is left to do."""
    with (
        tempfile.TemporaryDirectory() as folder,
        PLACES[place](Path(folder)) as harmed,
        Stage(disk=harmed.disk, leaks=False) as stage,
    ):
        if action != "create":
            assert stage.apply(AFTER["create"]).fine
            stage.clock.advance(EVERY)
        harmed.waits = _WAITS
        watch = Watch(harmed)
        stage.emulator.calls.listen(watch.see)
        harmed.plan.seen.clear()
        yield stage, harmed, watch


def requests(place: str, action: str) -> list[str]:
    """What a run asks that nothing befalls."""
    with scene(place, action) as (stage, harmed, watch):
        run = stage.apply(AFTER[action], known=AFTER["create"])
        assert run.fine, run
        assert watch.problems == []
        return list(harmed.plan.seen)


def play(place: str, action: str, number: int, harm: Harm, *, lasting: bool) -> Outcome | None:
    """Harm one request of a change; None if it has fewer."""
    after = AFTER[action]
    known = {**AFTER["create"], **after}
    with scene(place, action) as (stage, harmed, watch):
        plan = harmed.plan
        plan.at, plan.harm, plan.lasting = number, harm, lasting
        harmed.waits = MISSED if harm is Harm.LATE else _WAITS
        plan.take_over = lambda: _take_over(harmed.place, stage, watch)
        first = stage.apply(after, known=known)
        struck = plan.struck
        plan.at, harmed.waits = 0, 0
        if not struck:
            return None
        problems = [*watch.problems, *_left_behind(stage, harmed)]
        harmed.place.pass_lease()
        runs = [first]
        while not converged(stage, after, runs[-1]) and len(runs) <= RERUNS:
            stage.clock.advance(EVERY)
            runs.append(stage.apply(after, known=known))
        told, more = _judged(stage, after, runs, harmed)
        problems += [*more, *stage.problems]
        return Outcome(action, struck, number, harm, lasting, told, tuple(problems))


@dataclass(frozen=True, slots=True)
class Requests:
    """One change in one place: what it asks, and what came of each harm."""

    place: str
    action: str
    names: tuple[str, ...]
    found: tuple[Outcome, ...]


def _unit(given: tuple[str, str, int]) -> list[Outcome]:
    place, action, number = given
    found = (play(place, action, number, harm, lasting=lasting) for harm, lasting in CASES[action])
    return [one for one in found if one is not None]


def _names(given: tuple[str, str]) -> list[str]:
    return requests(*given)


def whole(place: str) -> Iterator[Requests]:
    """Every request of every change, on all cores, each with servers of its own."""
    for action, names in zip(CASES, each(_names, [(place, action) for action in CASES]), strict=True):
        units = each(_unit, [(place, action, number) for number in range(1, len(names) + 1)])
        yield Requests(place, action, tuple(names), tuple(one for unit in units for one in unit))


def _take_over(place: StatePlace, stage: Stage, watch: Watch) -> None:
    """Another run comes in, once the lease has ended, and closes the journal. Nothing may be begun after that."""
    place.pass_lease()
    other = place.open()
    try:
        with other.lock(stage.lock()):
            other.fold()
            other.read()
    except TakeupError as error:
        watch.problems.append(f"the lease could not be taken over: {error.message}")


def _left_behind(stage: Stage, harmed: Harmed) -> Iterator[str]:
    """Right after the run: each session that records is in the state, or its sid in what was rescued."""
    state = harmed.disk.read()
    held = {} if state is None else state.sessions
    known = {item.sid for item in held.values()}
    for one in stage.live():
        if one.sid not in known and one.sid.encode() not in harmed.rescued():
            yield f"the run knew {one.sid}, and has kept it nowhere"


def _judged(stage: Stage, after: Any, runs: list[Run], harmed: Harmed) -> tuple[str, list[str]]:  # noqa: ANN401 - what is desired
    known, live = stage.known_ids(), stage.live()
    strange = [
        f"{item.resource_id} records, and the state does not know it" for item in live if item.resource_id not in known
    ]
    later = len(runs) - 1
    if converged(stage, after, runs[-1]):
        return (f"{later} run{'s' if later > 1 else ''} later" if later else "at once"), strange
    lost = [item for item in live if known[item.resource_id].liveness is Liveness.LOST] if not strange else []
    if live and len(lost) == len(live) and all(item.sid.encode() in harmed.rescued() for item in lost):
        return "**LOST**, its sid rescued", strange
    return "NOT CONVERGED", [*strange, f"not as declared after {len(runs)} runs: {runs[-1].errors}; {stage.held()}"]
