"""A golden project through its week: loader, planner, apply, client and local state are the real ones.

They work on the embedded emulator, on a clock that is stepped, with a run every few minutes as a cron has them. Time
passes only where takeup waits: for the rate limit, for a session to come up, for a suspect to answer.
"""

import os
import random
import shutil
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from unittest import mock

from tests.golden.script import DEMO, Edit, Script, Storm

from takeup.backends.lock import Lock
from takeup.cli.graph import open_world
from takeup.cli.permit import must_ask
from takeup.core.address import Address
from takeup.core.plan import Plan
from takeup.core.resource import Resource
from takeup.core.schedule import Schedule, wanted
from takeup.core.secret import Secret
from takeup.core.snapshot import Snapshot
from takeup.engine.ports import Clock
from takeup.engine.run import World, carry_through, prepare
from takeup.engine.scheduler import SteppedScheduler
from takeup.errors import ForbiddenError
from takeup.manifest.loader import load
from takeup.manifest.project import Project, load_project
from takeup.manifest.settling import Given
from takeup.provider.agora.client import AgoraRecorder
from takeup.provider.agora.limiter import Limiter
from takeup.provider.agora.retry import Retrier
from takeup.provider.agora.transport import WritingTransport, wsgi_transport
from takeup.provider.emulator.calls import Entry
from takeup.provider.emulator.clock import Clock as VirtualClock
from takeup.provider.emulator.emulator import Emulator
from takeup.provider.emulator.sessions import Session

_REMEMBERED = 30 * 86_400.0  # sessions that ended are the evidence
_MANY = 100
_ERRORS = 300
Desired = Mapping[Address, Resource]


@dataclass(frozen=True, slots=True)
class Run:
    """One `takeup apply --auto-approve`: when it began, how many sessions it asked after, whether it did all."""

    at: datetime
    held: int
    done: bool


@dataclass(slots=True)
class Week:
    """What is known when the week is over. `sessions` is the emulator's own truth, and so are the calls.

    `clean` counts calls that were answered as usual (for a query 404 is usual), `struck` those that were not; those of
    the test's own plans are in neither. `wanted` holds what was declared, each from the time on at which it was
    committed; what was refused is not among it. `state` is what takeup itself believes at the end of the week.
    """

    script: Script
    project: Project
    wanted: list[tuple[datetime, Desired]] = field(default_factory=list)
    runs: list[Run] = field(default_factory=list)
    clean: Counter[str] = field(default_factory=Counter)
    struck: Counter[str] = field(default_factory=Counter)
    sessions: tuple[Session, ...] = ()
    state: Snapshot | None = None
    problems: list[str] = field(default_factory=list)

    @property
    def declared(self) -> Desired:
        """All that was ever declared, as it was declared last."""
        return {address: item for _, desired in self.wanted for address, item in desired.items()}


def play(script: Script, folder: Path) -> Week:
    """Copy the project below `folder`, and live its week."""
    root = folder / script.name
    shutil.copytree(script.folder, root, ignore=shutil.ignore_patterns("state"))
    project = _project(root, script)
    # Nobody pulls a plug here, and waiting for the disk would take most of the time.
    with _Stage.of(script, project, root) as stage, mock.patch.object(os, "fsync"):
        stage.play()
        return stage.week


def _project(root: Path, script: Script) -> Project:
    project, problems = load_project(root, DEMO, Given(environment=script.environment, env=DEMO))
    assert problems == []
    assert project is not None
    return project


def _desired(project: Project) -> Desired:
    loaded = load(project, DEMO)
    assert loaded.problems == []
    return loaded.resources


@dataclass(slots=True)
class _Stage:
    script: Script
    project: Project
    root: Path
    emulator: Emulator
    wire: WritingTransport
    world: World
    week: Week
    desired: Desired = field(default_factory=dict)
    counting: bool = True

    @classmethod
    @contextmanager
    def of(cls, script: Script, project: Project, root: Path) -> Iterator["_Stage"]:
        clock = VirtualClock(0, script.begin.timestamp())
        emulator = Emulator(
            script.settings.model_copy(update={"retention": _REMEMBERED}),
            clock=clock,
            faults=tuple(accident.rule(script.begin) for accident in script.accidents),
            seed=script.seed,
            ids=_ids(random.Random(script.seed)),  # noqa: S311 - no secret: names that repeat themselves
        )
        wire = WritingTransport(
            "http://127.0.0.1",
            transport=wsgi_transport(emulator.app),
            customer_id="emulator",
            customer_secret=Secret("emulator"),
        )
        with mock.patch.dict(os.environ, DEMO):
            world = open_world(project, lambda _: None)

        def now() -> datetime:
            return datetime.fromtimestamp(clock.now(), UTC)

        world = replace(
            world,
            policy=replace(world.policy, parallelism=1),  # one thread, for one clock
            clock=Clock(now, clock.sleep),
            scheduler=lambda: SteppedScheduler(clock.now, clock.sleep),
        )
        stage = cls(script, project, root, emulator, wire, world, Week(script, project))
        emulator.calls.listen(stage.see)
        with closing(wire), emulator:
            yield stage

    def see(self, call: Entry) -> None:
        """Count a call that reached the emulator."""
        if self.counting:
            answered = call.status is not None and (call.status < _ERRORS or call.operation == "query")
            (self.week.clean if answered and not call.fault else self.week.struck)[call.operation] += 1

    def play(self) -> None:
        """Run from slot to slot; then stop what still records."""
        script, clock = self.script, self.emulator.clock
        self.desired = _desired(self.project)
        self.week.wanted.append((script.begin, self.desired))
        for slot in script.slots():
            if clock.now() > slot.timestamp():
                continue  # the run before is still at work, and has the lock
            clock.advance(slot.timestamp() - clock.now())
            self._weather(slot)
            refused = self._commit(slot)
            if slot not in script.missed:
                self._run(slot, refused=refused)
        clock.advance(max(0.0, script.end.timestamp() - clock.now()))
        self.week.sessions = tuple(self.emulator.world.all_sessions())
        self.week.state = self.world.backend.read()
        self.counting = False
        self._apply({})
        if left := self.emulator.world.sessions():
            self.week.problems.append(f"{len(left)} sessions outlive the destroy")

    def _weather(self, slot: datetime) -> None:
        """Let storms begin and end."""
        lasting: list[Storm] = [storm for storm in self.script.storms if storm.begin <= slot < storm.end]
        rules = [accident.rule(self.script.begin) for accident in self.script.accidents]
        if len(rules) + len(lasting) != len(self.emulator.faults.rules):
            self.emulator.faults.replace((*rules, *(storm.rule() for storm in lasting)))

    def _commit(self, slot: datetime) -> bool:
        """Make the edits that are due, and load the manifests anew; whether the runs from now on are refused."""
        due: list[Edit] = [edit for edit in self.script.edits if edit.at == slot]
        for edit in due:
            path = self.root / edit.file
            text = path.read_text("utf-8")
            assert text.count(edit.before) == 1, f"{edit.file} has this text once: {edit.before}"
            path.write_text(text.replace(edit.before, edit.after), "utf-8")
        past = [edit for edit in self.script.edits if edit.at <= slot]
        refused = bool(past) and past[-1].refused
        if due:
            self.desired = _desired(self.project)
            if not refused:
                self.week.wanted.append((slot, self.desired))
        return refused

    def _run(self, slot: datetime, *, refused: bool) -> None:
        desired = self.desired
        try:
            plan, held, done = self._apply(desired)
        except ForbiddenError as error:
            if not refused:
                self._complain(slot, f"was refused: {error.message}")
            state = self.world.backend.read()
            self.week.runs.append(Run(slot, len(state.sessions) if state else 0, done=False))
            return
        if refused:
            self._complain(slot, "was not refused")
        self.week.runs.append(Run(slot, held, done))
        if done:
            self._look(slot, plan, desired)

    def _apply(self, desired: Desired) -> tuple[Plan, int, bool]:
        """What `takeup apply --auto-approve` does between its project and its report.

        The plan, how many sessions the state held before, and whether all was done.
        """
        recorder = self._recorder()
        mine = Lock("golden", "golden", 0, "", self.world.clock.now(), "takeup apply")
        with self.world.backend.lock(mine):
            self.world.backend.fold()
            prepared = prepare(self.world, recorder, desired, known=self.desired)
            if desired:
                must_ask(prepared.plan, approved=True, force=False)
            report = carry_through(self.world, prepared, desired, recorder, self.desired)
        held = 0 if prepared.stored is None else len(prepared.stored.sessions)
        return prepared.plan, held, report.complete

    def _recorder(self) -> AgoraRecorder:
        """A client as a new process has it."""
        clock = self.emulator.clock
        limiter = Limiter(self.project.requests_per_second, clock.now, clock.sleep)
        retry = Retrier(limiter, self.project.budgets, sleep=clock.sleep)
        return AgoraRecorder(self.wire, self.project.app_id, limiter, retry)

    def _look(self, slot: datetime, plan: Plan, desired: Desired) -> None:
        """After a run that did all it planned, what was wanted records and nothing else, and nothing is left to do."""
        lacking, extra = self._difference(plan.created_at, desired)
        if lacking or extra:
            self._complain(slot, f"leaves out {sorted(lacking)}, and records too much: {sorted(extra)}")
        if plan.changes and (left := self._left(desired, plan.created_at)):
            self._complain(slot, f"is not done after an apply: {left}")

    def _left(self, desired: Desired, at: datetime) -> list[str]:
        """What a plan would still do, after asking all sessions; where these are many, their state has to do.

        No rate limit, so that looking takes no time; no storm, so that nothing has to be asked twice.
        """
        clock, faults = self.emulator.clock, self.emulator.faults
        reader = AgoraRecorder(self.wire, self.project.app_id, Limiter(None, clock.now, clock.sleep))
        rules, self.counting = faults.rules, False
        faults.replace(())
        plan = prepare(self.world, reader if len(desired) < _MANY else None, desired, at=at).plan
        faults.replace(rules)
        self.counting = True
        return [str(change.address) for change in plan.changes]

    def _difference(self, at: datetime, desired: Desired) -> tuple[set[str], set[str]]:
        """Which recordings lack a session, and which have one too many."""
        known: dict[Schedule | None, bool] = {None: True}
        for item in desired.values():
            if item.schedule is not None and item.schedule not in known:
                known[item.schedule] = wanted(item.schedule, at)
        want = Counter(str(item.address) for item in desired.values() if known[item.schedule])
        names = whose(desired)
        have = Counter(names.get((session.cname, session.uid), "?") for session in self.emulator.world.sessions())
        return set(want - have), set(have - want)

    def _complain(self, slot: datetime, text: str) -> None:
        self.week.problems.append(f"the run of {slot:%a %H:%M} UTC {text}")


def whose(desired: Desired) -> dict[tuple[str, str], str]:
    """The address that a channel and a uid belong to, its spare uid included."""
    names = {(item.cname, item.uid): str(item.address) for item in desired.values()}
    return names | {(item.cname, item.spare_uid): str(item.address) for item in desired.values() if item.spare_uid}


def _ids(source: random.Random) -> Callable[[str], str]:
    def make(kind: str) -> str:
        return str(source.randint(1, 2**32 - 1)) if kind == "uid" else f"{source.getrandbits(128):032x}"

    return make
