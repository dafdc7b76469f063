"""A project, its state as bytes, and a service with faults in it, on one clock that is stepped.

Each run is a process of its own: it opens the state anew from its bytes, and takes nothing else over.
"""

import itertools
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Protocol, Self

from tests.recordings import KEY, TARGET

from takeup.backends.lock import Lock
from takeup.backends.memory import MemoryBackend
from takeup.backends.port import Backend
from takeup.core.address import Address
from takeup.core.plan import Plan
from takeup.core.resource import Resource
from takeup.core.secret import Secret
from takeup.core.snapshot import SessionState, Snapshot
from takeup.engine.policy import Policy
from takeup.engine.ports import Clock, Event
from takeup.engine.run import Prepared, World, carry_through, prepare
from takeup.engine.scheduler import SteppedScheduler
from takeup.engine.tally import Tally
from takeup.engine.truth import doubled
from takeup.errors import TakeupError
from takeup.provider.agora.client import AgoraRecorder
from takeup.provider.agora.limiter import Limiter
from takeup.provider.agora.retry import Retrier
from takeup.provider.agora.transport import WritingTransport, wsgi_transport
from takeup.provider.emulator.calls import Entry
from takeup.provider.emulator.clock import Clock as VirtualClock
from takeup.provider.emulator.emulator import Emulator
from takeup.provider.emulator.faults import Fault
from takeup.provider.emulator.sessions import Cause, Session
from takeup.provider.emulator.settings import Settings

START = 1_767_225_600.0
EVERY = 300.0
"""Seconds from one run of the pipeline to the next."""
CANARY = "canary-7f3a"
FOREIGN = (("somebody-else", "10001"), ("hall", "7"))
"""Sessions of others: in another channel, and with another uid in our own."""
POLICY = Policy(parallelism=1)
Desired = Mapping[Address, Resource]


class Killed(BaseException):
    """The process dies here: nothing that comes after has any effect."""


@dataclass
class Fuse:
    """Counts the boundaries that a process passes, and kills it at one of them."""

    kill_at: int | None = None
    passed: int = 0
    dead: bool = False
    on_death: Callable[[], None] = lambda: None

    def step(self) -> None:
        """Pass one boundary.

        Raises:
            Killed: the process dies here, or is dead already.
        """
        self.passed += 1
        if self.dead or self.passed == self.kill_at:
            if not self.dead:
                self.dead = True
                self.on_death()
            raise Killed


class Process(MemoryBackend):
    """The state as one process sees it; each write is a boundary before and after."""

    def __init__(self, disk: "Memory", fuse: Fuse) -> None:
        super().__init__()
        self.state, self.log, self.record = disk.state, bytearray(disk.log), disk.record
        self._mutex = disk.flock
        self._fuse = fuse

    def write(self, snapshot: Snapshot, *, previous_serial: int | None) -> Snapshot:
        """Write the state, unless the process dies before."""
        self._fuse.step()
        stored = super().write(snapshot, previous_serial=previous_serial)
        self._fuse.step()
        return stored

    def rescue(self, snapshot: Snapshot) -> str:
        """Rescue, unless the process is dead."""
        self._fuse.step()
        return super().rescue(snapshot)

    def journal(self, lineage: str, serial: int) -> Any:  # noqa: ANN401 - the same journal, with boundaries
        """Open the journal, each line of which is a boundary before, in the middle and after."""
        opened = super().journal(lineage, serial)
        append, fuse, log = opened.append, self._fuse, self.log

        def mortal(*entries: Any) -> None:  # noqa: ANN401 - as append
            fuse.step()
            before = len(log)
            append(*entries)
            whole = bytes(log)
            del log[before + (len(log) - before) * 2 // 3 :]  # torn
            fuse.step()
            log[:] = whole
            fuse.step()

        opened.append = mortal  # type: ignore[method-assign]  # the boundaries
        return opened


class Disk(Protocol):
    """Where the state is, and what outlives a process there."""

    @property
    def state(self) -> bytes | None:
        """The bytes of the state."""
        ...

    @property
    def log(self) -> bytes:
        """The bytes of its journal."""
        ...

    def process(self, fuse: Fuse) -> Backend:
        """The view of a new process, which dies where its fuse says."""
        ...

    def read(self) -> Snapshot | None:
        """What is there, the journal folded in."""
        ...

    def keep(self, process: Backend) -> None:
        """Take over what a process left that has ended."""
        ...

    def died(self, process: Backend) -> None:
        """What a dead process has written stays; its lock does not keep others out for ever."""
        ...

    def refresh(self, process: Backend) -> None:
        """Let a process see what others have written meanwhile."""
        ...

    def held_by(self, process: Backend) -> AbstractContextManager[None]:
        """Meanwhile, others see that a process holds the lock."""
        ...


@dataclass
class Memory:
    """A disk in memory."""

    state: bytes | None = None
    log: bytes = b""
    record: bytes = b""
    flock: threading.Lock = field(default_factory=threading.Lock)

    def process(self, fuse: Fuse) -> Backend:
        """A view of its own."""
        return Process(self, fuse)

    def read(self) -> Snapshot | None:
        """What is there."""
        return Process(self, Fuse()).read()

    def keep(self, process: Backend) -> None:
        """Take over what a process left."""
        assert isinstance(process, Process)
        self.state, self.log, self.record = process.state, bytes(process.log), process.record

    def died(self, process: Backend) -> None:
        """The kernel frees its lock."""
        self.keep(process)
        self.flock = threading.Lock()

    def refresh(self, process: Backend) -> None:
        """Give it the bytes that are here."""
        assert isinstance(process, Process)
        process.state, process.log[:] = self.state, self.log

    @contextmanager
    def held_by(self, process: Backend) -> Iterator[None]:
        """Show its record."""
        assert isinstance(process, Process)
        self.record = process.record
        yield
        self.record = b""


class MortalTransport(WritingTransport):
    """A client whose process may die before a call is sent and after it was answered."""

    fuse = Fuse()

    def _send(self, *sent: Any) -> Any:  # noqa: ANN401 - as the transport
        self.fuse.step()
        try:
            return super()._send(*sent)
        finally:
            self.fuse.step()


@dataclass
class Run:
    """How one apply ended. `errors` are all sentences that it told."""

    plan: Plan | None = None
    errors: list[str] = field(default_factory=list)
    killed: bool = False

    @property
    def fine(self) -> bool:
        """Whether it exits with 0."""
        return not self.errors and not self.killed


@dataclass
class Stage:
    """The service, the disk, and what was found to be wrong so far."""

    settings: Settings | None = None
    policy: Policy = POLICY
    leaks: bool = False  # whether a session that the state does not know is looked for after each run
    problems: list[str] = field(default_factory=list)
    disk: Disk = field(default_factory=Memory)
    tally: Tally = field(default_factory=Tally)
    told: list[str] = field(default_factory=list)
    whose: dict[Address, tuple[str, str]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        numbers = itertools.count(1)
        self.clock = VirtualClock(0, START)
        self.emulator = Emulator(self.settings, clock=self.clock, ids=lambda kind: f"{next(numbers):04d}{kind}")
        self.wire = MortalTransport(
            "http://127.0.0.1",
            transport=wsgi_transport(self.emulator.app),
            customer_id="faults",
            customer_secret=Secret(f"{CANARY}-customer"),
        )
        self.emulator.calls.listen(self._see)
        self.foreign = {self._foreign(cname, uid) for cname, uid in FOREIGN}
        self.lineages, self.locks = itertools.count(), itertools.count()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.wire.close()
        self.emulator.close()

    def _foreign(self, cname: str, uid: str) -> str:
        world = self.emulator.world
        acquired = world.acquire(TARGET.app_id, {"cname": cname, "uid": uid, "clientRequest": {}})[1]
        request = {
            "recordingConfig": {"channelType": 1},
            "storageConfig": {"vendor": 1, "region": 0, "bucket": "b", "accessKey": "a", "secretKey": "s"},
        }
        body = {"cname": cname, "uid": uid, "clientRequest": request}
        status, answer = world.start(TARGET.app_id, acquired["resourceId"], "mix", body)
        assert status == 200, answer
        return str(answer["sid"])

    def _see(self, call: Entry) -> None:
        self.tally.see(call)
        if call.operation != "query" and (call.cname, call.uid) in FOREIGN:
            self.problems.append(f"{call.operation} was called for a session of somebody else")

    # --- runs ------------------------------------------------------------------------------------------------

    def fault(self, *rules: Fault) -> None:
        """Let these things go wrong, and no others."""
        self.emulator.faults.replace(rules)

    def open(self, kill_at: int | None = None) -> tuple[World, AgoraRecorder, Backend]:
        """A new process: its state, its client, and the fuse that both share."""
        fuse = Fuse(kill_at)
        process = self.disk.process(fuse)
        fuse.on_death = lambda: self.disk.died(process)
        self.wire.fuse = fuse
        clock = self.clock
        limiter = Limiter(None, clock.now, clock.sleep)
        recorder = AgoraRecorder(self.wire, TARGET.app_id, limiter, Retrier(limiter, sleep=clock.sleep))
        world = World(
            project="faults",
            target=TARGET,
            backend=process,
            policy=self.policy,
            clock=Clock(lambda: datetime.fromtimestamp(clock.now(), UTC), clock.sleep),
            tell=self._hear,
            new_state=lambda: Snapshot(f"lineage-{next(self.lineages)}", 0, KEY),
            scheduler=lambda: SteppedScheduler(clock.now, clock.sleep),
        )
        return world, recorder, process

    def _hear(self, event: Event) -> None:
        self.told.append(event.text)

    def apply(self, desired: Desired, *, known: Desired | None = None, kill_at: int | None = None) -> Run:
        """One `takeup apply` as a process of its own."""
        for address, item in {**desired, **(known or {})}.items():
            self.whose[address] = (item.cname, item.uid)
        self.tally.begin()
        run = Run()
        world, recorder, process = self.open(kill_at)
        try:
            with process.lock(self.lock()):
                process.fold()
                prepared = prepare(world, recorder, desired, known=known)
                run.plan = prepared.plan
                self._carry(world, prepared, (desired, known), recorder, run)
        except Killed:
            run.killed = True
        except TakeupError as error:
            run.errors.append(f"{error.message} {error.hint}")
        except Exception as error:  # noqa: BLE001 - whatever it is, it is a broken promise
            run.errors.append(repr(error))
            self.problems.append(f"a run crashed: {error!r}")
        if not run.killed and not any("is locked by" in error for error in run.errors):
            self.disk.keep(process)
        self._look(run)
        return run

    @staticmethod
    def _carry(
        world: World, prepared: Prepared, wanted: tuple[Desired, Desired | None], recorder: AgoraRecorder, run: Run
    ) -> None:
        desired, known = wanted
        report = carry_through(world, prepared, desired, recorder, known)
        run.errors += [f"{error.message} {error.hint}" for _, error in report.failed]
        run.errors += [f"skipped: {item.address}" for item in report.skipped]

    def lock(self) -> Lock:
        """The lock of a process on this host."""
        return Lock(
            f"run {next(self.locks)}",
            "tester",
            1,
            "host",
            datetime.fromtimestamp(self.clock.now(), UTC),
            "takeup apply",
        )

    def plan(self, desired: Desired) -> Plan:
        """What an apply would do now."""
        world, recorder, _ = self.open()
        return prepare(world, recorder, desired).plan

    # --- the truth -------------------------------------------------------------------------------------------

    def live(self) -> list[Session]:
        """The sessions that record at this moment, those of others left out."""
        return [item for item in self.emulator.world.sessions() if item.sid not in self.foreign]

    def held(self) -> dict[Address, SessionState]:
        """What the state holds, its journal folded in."""
        snapshot = self.disk.read()
        return {} if snapshot is None else dict(snapshot.sessions)

    def known_ids(self) -> dict[str, SessionState]:
        """Every resourceId that the state knows of, and the session that it stands for."""
        known: dict[str, SessionState] = {}
        for session in self.held().values():
            chain: SessionState | None = session
            while chain is not None:
                known.update(dict.fromkeys((chain.resource_id, *chain.former), session))
                chain = chain.predecessor
        return known

    def _look(self, run: Run) -> None:
        """Hold what is so after a run against what must always be so."""
        if run.plan is not None:
            found = self.tally.undeclared(run.plan, self.whose)
            self.problems.extend(f"{address}: {text}, in no plan" for address, text in found)
        self.look()
        written = (
            (self.disk.state or b"") + self.disk.log + "".join(run.errors + self.told).encode() + repr(run).encode()
        )
        if CANARY.encode() in written:
            self.problems.append("a secret was written or told")

    def look(self) -> None:
        """Hold the world against what must always be so."""
        world = self.emulator.world
        ended = [item for item in world.all_sessions() if item.sid in self.foreign and not item.live(world.now)]
        if any(item.exit is not None and item.exit.cause is Cause.STOPPED for item in ended):
            self.problems.append("a session of somebody else was stopped")
        ours = [item for item in world.all_sessions() if item.sid not in self.foreign]
        if self.leaks:
            unknown = {item.resource_id for item in self.live()} - self.known_ids().keys()
            self.problems.extend(f"{one} records, and the state does not know it" for one in unknown)
        for who in {(item.cname, item.uid) for item in ours}:
            twice = doubled([item for item in ours if (item.cname, item.uid) == who], self.clock.now())
            if twice > 0:
                self.problems.append(f"{who} was recorded twice for {twice:.0f} s")
