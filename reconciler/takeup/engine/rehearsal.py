"""A rehearsal: the pipeline of a user, run over and over on an emulator in memory, on a clock that is stepped.

Nothing waits and nothing leaves the process. Planner, apply, client, retries and rate limit are the real ones;
what they did is judged by what the emulator knows, never by what takeup believes.
"""

import random
import traceback
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import PurePath
from uuid import UUID

from takeup.backends.lock import Lock
from takeup.backends.memory import MemoryBackend
from takeup.core.address import Address
from takeup.core.budget import BUDGETS, Budget
from takeup.core.plan import Plan, Target
from takeup.core.resource import Resource
from takeup.core.secret import Secret
from takeup.core.snapshot import Liveness, Snapshot
from takeup.core.token import HAND_OVER
from takeup.engine.apply import name_of
from takeup.engine.outcome import Broken, Moment, Outcome
from takeup.engine.policy import Policy
from takeup.engine.ports import Clock, Event
from takeup.engine.run import World, carry_through, prepare
from takeup.engine.scheduler import SteppedScheduler
from takeup.engine.tally import Tally, Who
from takeup.engine.verdict import Evidence, judge
from takeup.errors import TakeupError
from takeup.provider.agora.client import AgoraRecorder
from takeup.provider.agora.limiter import Limiter
from takeup.provider.agora.retry import Retrier
from takeup.provider.agora.transport import WritingTransport, wsgi_transport
from takeup.provider.emulator.clock import Clock as VirtualClock
from takeup.provider.emulator.emulator import Emulator
from takeup.provider.emulator.scenarios import Named

AFTERMATH = 95.0
"""How long after the destroy the truth is looked at, in seconds: a failover is over by then [codes, bp]."""
_DESTROYS = 3  # a person whose destroy failed runs it again
_DAY = 86_400.0
_SHOWN = 16  # characters of a resourceId, as in takeup's own warnings


@dataclass(frozen=True, slots=True)
class Pipeline:
    """What is rehearsed: the recordings of a project, and how its pipeline runs.

    Args:
        project: its name.
        app_id: its App ID.
        desired: what its manifests want, with a value for every secret.
        policy: its patience; calls are made one by one, whatever it says of parallelism.
        requests_per_second: its rate limit; None for none.
        length: for how many seconds recordings are wanted.
        every: seconds from one run to the next.
        start: Unix seconds at which it begins.
        budgets: how often each call is repeated.
        hand_over: how long before the end of its token a session is handed over.
    """

    project: str
    app_id: str
    desired: Mapping[Address, Resource]
    policy: Policy
    requests_per_second: float | None
    length: float
    every: float
    start: float
    budgets: Mapping[str, Budget] = field(default_factory=lambda: BUDGETS)
    hand_over: timedelta = HAND_OVER


def rehearse(pipeline: Pipeline, named: Named, seed: int | None = None) -> Outcome:
    """Play one scenario from the first run to some time after the destroy.

    Args:
        pipeline: what is rehearsed.
        named: what goes wrong meanwhile.
        seed: takes the place of the scenario's own.
    """
    stage = _Stage.set_up(pipeline, named, named.scenario.seed if seed is None else seed)
    with closing(stage.wire):
        stage.play()
    return judge(stage.evidence())


@dataclass(slots=True)
class _Stage:
    """One scenario while it is played."""

    pipeline: Pipeline
    named: Named
    emulator: Emulator
    wire: WritingTransport
    world: World
    backend: MemoryBackend
    tally: Tally = field(default_factory=Tally)
    runs: int = 0
    failed_runs: int = 0
    told: list[tuple[Address | None, Moment]] = field(default_factory=list)
    broken: list[Broken] = field(default_factory=list)
    lost: dict[Address, list[str]] = field(default_factory=dict)
    _failed_at: dict[Address, float] = field(default_factory=dict)

    @classmethod
    def set_up(cls, pipeline: Pipeline, named: Named, seed: int) -> "_Stage":
        """Build an emulator, a state and a client that share one clock."""
        clock = VirtualClock(0, pipeline.start)
        scenario = named.scenario
        # Sessions that ended are evidence, and must be remembered to the end.
        remembered = max(scenario.settings.retention, pipeline.length + _DAY)
        emulator = Emulator(
            scenario.settings.model_copy(update={"retention": remembered}),
            clock=clock,
            faults=tuple(scenario.faults),
            seed=seed,
            ids=_ids(random.Random(seed)),  # noqa: S311 - no secret: names that repeat themselves
        )
        wire = WritingTransport(
            "http://127.0.0.1",
            transport=wsgi_transport(emulator.app),
            customer_id="rehearsal",
            customer_secret=Secret("rehearsal"),
        )

        def now() -> datetime:
            return datetime.fromtimestamp(clock.now(), UTC)

        backend = MemoryBackend()
        world = World(
            project=pipeline.project,
            target=Target("emulator", "embedded", pipeline.app_id),
            backend=backend,
            policy=pipeline.policy,
            clock=Clock(now, clock.sleep),
            tell=lambda event: stage.hear(event),  # noqa: PLW0108 - the stage is made after this
            new_state=lambda: Snapshot(str(UUID(int=1)), 0, b"rehearsal"),
            scheduler=lambda: SteppedScheduler(clock.now, clock.sleep),
            hand_over=pipeline.hand_over,
        )
        stage = cls(pipeline, named, emulator, wire, world, backend)
        stage.tally.spare = dict(_other_uids(pipeline.desired))
        emulator.calls.listen(stage.tally.see)
        return stage

    @property
    def at(self) -> float:
        """Seconds since the beginning."""
        return self.emulator.clock.now() - self.pipeline.start

    def play(self) -> None:
        """Run the pipeline until time is over, then destroy, then wait for what failovers may bring back."""
        pipeline, clock = self.pipeline, self.emulator.clock
        while self.at < pipeline.length and not self._crashed:
            self._run(pipeline.desired)
            slot = (self.at // pipeline.every + 1) * pipeline.every
            clock.advance(max(0.0, min(slot, pipeline.length) - self.at))
        self.tally.watching = False  # what goes wrong from here on cannot have kept a recording from starting
        for _ in range(_DESTROYS):
            if self._crashed or self._run({}):
                break
            clock.advance(AFTERMATH)
        clock.advance(AFTERMATH)

    @property
    def _crashed(self) -> bool:
        return any(item.kind == "crash" for item in self.broken)

    def _run(self, desired: Mapping[Address, Resource]) -> bool:
        """One `takeup apply --auto-approve` (or destroy, where nothing is desired); whether it exits with 0."""
        self.runs += 1
        self.tally.begin()
        try:
            done = self._apply(desired)
        except TakeupError as error:
            self._tell(None, f"the run failed: {error.message}")
            done = False
        except Exception as error:  # noqa: BLE001 - whatever it is, it is what the rehearsal is for
            self.broken.append(Broken("crash", None, f"a run crashed: {_place(error)}"))
            self._tell(None, f"a run crashed: {_place(error)}")
            return False
        self.failed_runs += not done
        self._look_for_lost()
        return done

    def _apply(self, desired: Mapping[Address, Resource]) -> bool:
        recorder = self._recorder()
        mine = Lock("rehearsal", "rehearsal", 0, "", self.world.clock.now(), "takeup test")
        with self.backend.lock(mine):
            self.backend.fold()
            known = self.pipeline.desired
            prepared = prepare(self.world, recorder, desired, known=known)
            try:
                report = carry_through(self.world, prepared, desired, recorder, known)
            finally:
                self._look_for_undeclared(prepared.plan)
        for change, error in report.failed:
            at = self._failed_at.get(change.address, self.at)
            self.told.append((change.address.resource, Moment(at, f"{name_of(change)} failed: {error.message}")))
        return report.complete and not (not desired and prepared.plan.unjudged)

    def _recorder(self) -> AgoraRecorder:
        """A client as a new process has it: with a rate limit that remembers nothing."""
        clock = self.emulator.clock
        limiter = Limiter(self.pipeline.requests_per_second, clock.now, clock.sleep)
        retry = Retrier(limiter, self.pipeline.budgets, sleep=clock.sleep)
        return AgoraRecorder(self.wire, self.pipeline.app_id, limiter, retry)

    def _whose(self) -> dict[Address, Who]:
        """Every recording; that of a second session is the one of the first."""
        desired = self.pipeline.desired.items()
        return {address: (item.cname, item.uid) for address, item in desired if address == address.resource}

    def _look_for_undeclared(self, plan: Plan) -> None:
        for address, text in self.tally.undeclared(plan, self._whose()):
            self.broken.append(Broken("undeclaredCall", address, f"{text}"))
            self._tell(address, text)

    def _look_for_lost(self) -> None:
        """Note what the state calls LOST, once for each resourceId."""
        snapshot = self.backend.read()
        for held, session in snapshot.sessions.items() if snapshot is not None else ():
            address = held.resource
            known = self.lost.setdefault(address, [])
            if session.liveness is Liveness.LOST and session.resource_id not in known:
                known.append(session.resource_id)
                self._tell(address, f"takeup tells that it is LOST (resourceId {session.resource_id[:_SHOWN]}...)")

    def hear(self, event: Event) -> None:
        """Note when a change failed; why, its report says."""
        if event.kind == "failed":
            self._failed_at[event.address] = self.at

    def _tell(self, address: Address | None, what: str) -> None:
        self.told.append((address, Moment(self.at, what)))

    def evidence(self) -> Evidence:
        """Hand over everything that the verdict rests on."""
        return Evidence(
            name=self.named.name,
            whose=self._whose(),
            began=self.pipeline.start,
            length=self.pipeline.length,
            every=self.pipeline.every,
            ended=self.emulator.clock.now(),
            sessions=tuple(self.emulator.world.all_sessions()),
            state=self.backend.read(),
            tally=self.tally,
            told=tuple(self.told),
            broken=tuple(self.broken),
            lost={address: tuple(known) for address, known in self.lost.items()},
            runs=self.runs,
            failed_runs=self.failed_runs,
            struck=sum(self.emulator.faults.struck),
            rules=len(self.named.scenario.faults),
        )


def _other_uids(desired: Mapping[Address, Resource]) -> Iterator[tuple[Who, Who]]:
    """Each further uid of a recording, a spare one or that of its second session, with the first one."""
    for address, item in desired.items():
        first: Who = (item.cname, desired[address.resource].uid)
        yield from (((item.cname, uid), first) for uid in (item.uid, item.spare_uid) if uid and uid != first[1])


def _ids(source: random.Random) -> Callable[[str], str]:
    """Names that are the same in every rehearsal with the same seed."""

    def make(kind: str) -> str:
        if kind == "uid":
            return str(source.randint(1, 2**32 - 1))
        # Shorter than Agora's 256 characters: httpx looks at each one of a URL, which took a third of the time.
        return f"{source.getrandbits(128):032x}"

    return make


def _place(error: Exception) -> str:
    """Name an error and where it arose; its text may hold anything, and is left out."""
    frames = traceback.extract_tb(error.__traceback__)
    where = f" in {PurePath(frames[-1].filename).name}:{frames[-1].lineno}" if frames else ""
    return f"{type(error).__name__}{where}"
