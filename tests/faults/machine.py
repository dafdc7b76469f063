"""Everything that may happen to a project, in any order: what must be so after each step, and in the end."""

import tempfile
from collections.abc import Callable
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import Any, ClassVar

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule
from tests.faults.stage import CANARY, POLICY, Disk, Memory, Stage
from tests.recordings import resource

from takeup.core.address import Address
from takeup.core.resource import Resource
from takeup.core.secret import Secret
from takeup.core.snapshot import Liveness
from takeup.engine.importing import Wanted, import_session
from takeup.engine.policy import Policy
from takeup.engine.run import carry_through, prepare
from takeup.errors import StateError, TakeupError
from takeup.provider.emulator.faults import Fault
from takeup.provider.emulator.sessions import Session
from takeup.provider.emulator.settings import Settings
from takeup.provider.emulator.switches import Switches

NAMES = st.sampled_from(["hall", "board"])
CONFIGS = st.fixed_dictionaries(
    {
        "channelType": st.just(1),
        "maxIdleTime": st.sampled_from([60, 300]),
        "transcodingConfig": st.fixed_dictionaries({"mixedVideoLayout": st.sampled_from([1, 2])}),
    },
    optional={"subscribeAudioUids": st.sampled_from([["7"], ["8"]])},
)
ACCIDENTS = st.builds(
    lambda do, operation, times: Fault.model_validate({"do": do, "operation": [operation], "times": times}),
    st.sampled_from(["lostRequest", "lostResponse", "timeout"]),
    st.sampled_from(["start", "start", "stop", "stop", "update", "updateLayout", "acquire", "query"]),
    st.sampled_from([3, 1, 4]),
)
"""Calls, or the answers to them, are lost; three times is more than a run repeats."""
SERVICES = st.builds(
    Switches,
    sameTriple=st.sampled_from(["conflict", "secondRecorder"]),
    alreadyStartedSid=st.booleans(),
    otherBody=st.sampled_from(["alreadyStarted", "mismatch"]),
    resourceErrorStatus=st.sampled_from([400, 404, 500]),
    tripleFree=st.sampled_from(["atStop", "afterExit"]),
    noData=st.sampled_from(["noRecordedData", "emptyList"]),
)
REDUNDANCIES = st.sampled_from([1, 1, 2])
BOUNDARIES = st.integers(1, 24)
"""At which boundary a process dies; a run with fewer of them survives."""
_STORAGE = {"vendor": 1, "region": 0, "bucket": "b", "accessKey": Secret(f"{CANARY}-a"), "secretKey": Secret(CANARY)}
_SETTLING = 8
"""Runs, one every 5 minutes, within which all is well once nothing goes wrong any more."""


class PromiseBrokenError(Exception):
    """What was found to be wrong, in words."""


class Campaign(RuleBasedStateMachine):
    """A project through weeks that nobody wishes for."""

    policy: ClassVar[Policy] = POLICY

    @initialize(switches=SERVICES)
    def begin(self, switches: Switches) -> None:
        """A service of one of the kinds that Agora's documentation leaves open."""
        self.stage = self.play(Settings(switches=switches))
        self.desired = dict[Address, Resource]()

    def disk(self, folder: Path) -> Disk:  # noqa: ARG002 - for those whose disk needs one
        """Where its state is."""
        return Memory()

    def play(self, settings: Settings) -> Stage:
        """The stage of one campaign; `clean` is closed after it."""
        self.clean = ExitStack()
        disk = self.disk(Path(self.clean.enter_context(tempfile.TemporaryDirectory())))
        return Stage(settings, self.policy, leaks=True, disk=disk)

    @rule(
        name=NAMES,
        config=CONFIGS,
        redundancy=REDUNDANCIES,
        accident=st.none() | ACCIDENTS,
        kill_at=st.none() | BOUNDARIES,
    )
    def change(
        self, name: str, config: dict[str, Any], redundancy: int, accident: Fault | None, kill_at: int | None
    ) -> None:
        """A manifest is written or edited, and the pipeline runs; on a bad day something is lost, or it is killed."""
        self.declare(name, config, redundancy)
        self.stage.fault(*([accident] if accident else []))
        self.stage.apply(self.desired, kill_at=kill_at)

    # --- people ----------------------------------------------------------------------------------------------

    @rule(name=NAMES, config=CONFIGS, redundancy=REDUNDANCIES)
    def declare(self, name: str, config: dict[str, Any], redundancy: int) -> None:
        """Write a manifest, or edit it; recorded by one session or by two."""
        self.remove(name)
        made = resource(name, storageConfig=_STORAGE, recordingConfig=config)
        self.desired |= {item.address: item for item in made.sessions("10002", redundancy)}

    @rule(name=NAMES)
    def remove(self, name: str) -> None:
        """Remove a manifest."""
        self.desired.pop(resource(name).address, None)
        self.desired.pop(resource(name).address.partner, None)

    @rule()
    def plan(self) -> None:
        """A plan changes nothing anywhere."""
        before = (self.stage.disk.state, self.stage.disk.log, self._changes())
        with suppress(TakeupError):
            self.stage.plan(self.desired)
        assert before == (self.stage.disk.state, self.stage.disk.log, self._changes())

    @rule(kill_at=st.none() | BOUNDARIES)
    def apply(self, kill_at: int | None) -> None:
        """The pipeline runs; perhaps it is killed."""
        self.stage.apply(self.desired, kill_at=kill_at)

    @rule(kill_at=st.none() | BOUNDARIES)
    def destroy(self, kill_at: int | None) -> None:
        """Stop everything, though the manifests stay; perhaps killed."""
        self.stage.apply({}, known=dict(self.desired), kill_at=kill_at)

    @precondition(lambda self: self.desired)
    @rule(data=st.data())
    def import_what_is_lost(self, data: st.DataObject) -> None:
        """Somebody reads the sid of a LOST session in a webhook, and imports it."""
        wanted = data.draw(st.sampled_from(sorted(self.desired.values(), key=lambda item: item.address)))
        held = self.stage.held().get(wanted.address)
        live = [item for item in self.stage.live() if (item.cname, item.uid) == (wanted.cname, wanted.uid)]
        if held is None or held.liveness is not Liveness.LOST or not live:
            return
        world, recorder, process = self.stage.open()
        with suppress(TakeupError), process.lock(self.stage.lock()):
            process.fold()
            import_session(world, recorder, Wanted(wanted, live[0].sid))
        self.stage.disk.keep(process)

    # --- two at a time ---------------------------------------------------------------------------------------

    @rule()
    def run_beside_another_one(self) -> None:
        """A run that comes while another one holds the lock is refused, and makes no call."""
        _, _, process = self.stage.open()
        with process.lock(self.stage.lock()), self.stage.disk.held_by(process):
            before = self.stage.emulator.calls.totals
            run = self.stage.apply(self.desired)
            assert any("is locked by" in error for error in run.errors), run
            assert self.stage.emulator.calls.totals == before

    @rule()
    def apply_a_stale_plan(self) -> None:
        """A plan that was made before another run changed the state is refused."""
        world, recorder, process = self.stage.open()
        try:
            prepared = prepare(world, recorder, self.desired)
        except TakeupError:
            return
        before = self.stage.disk.state
        self.stage.apply(self.desired)
        if self.stage.disk.state == before or prepared.plan.empty:
            return
        self.stage.disk.refresh(process)
        changes = self._changes()
        try:
            carry_through(world, prepared, self.desired, recorder)
        except StateError:
            assert self._changes() == changes
        else:
            self._refuse(["a stale plan was carried out"])

    # --- the world -------------------------------------------------------------------------------------------

    @rule(name=NAMES)
    def worker_dies(self, name: str) -> None:
        """A session is over, and nobody is told."""
        self._befall(name, lambda item: self.stage.emulator.world.kill(item.sid))

    @rule(name=NAMES, lasting=st.sampled_from([10.0, 45.0, 90.0]))
    def worker_fails_over(self, name: str, lasting: float) -> None:
        """Nothing but 404 for a while; the session lives."""
        self._befall(name, lambda item: self.stage.emulator.world.fail_over(item.sid, lasting))

    @rule(accident=ACCIDENTS)
    def lose(self, accident: Fault) -> None:
        """The next calls of an operation, or the answers to them, are lost."""
        self.stage.emulator.faults.add(accident)

    @rule(seconds=st.sampled_from([1.0, 20.0, 80.0, 300.0, 330.0, 4000.0]))
    def wait(self, seconds: float) -> None:
        """Time passes."""
        self.stage.clock.advance(seconds)

    def _befall(self, name: str, what: Callable[[Session], object]) -> None:
        for item in self.stage.live():
            if item.cname == name:
                what(item)

    def _changes(self) -> int:
        totals = self.stage.emulator.calls.totals
        return sum(totals.values()) - totals["query"]

    # --- what must be so -------------------------------------------------------------------------------------

    @invariant()
    def every_promise_is_kept(self) -> None:
        """Nothing was doubled, leaked, stopped for others, called unannounced, told in secret, or crashed."""
        self.stage.look()
        self._refuse(self.stage.problems)

    def teardown(self) -> None:
        """Once nothing goes wrong any more, exactly what is declared records; what is LOST is told."""
        if not hasattr(self, "stage"):
            return
        with self.stage as stage, self.clean:
            if stage.problems:
                return
            stage.fault()
            for _ in range(_SETTLING):
                stage.clock.advance(300.0)
                stage.apply(self.desired)
                self._refuse(stage.problems)
                left = self._left()
                if not left:
                    return
            self._refuse([f"not as declared after {_SETTLING} runs: {left}"])

    @staticmethod
    def _refuse(problems: list[str]) -> None:
        if problems:
            raise PromiseBrokenError("; ".join(problems))

    def _left(self) -> list[str]:
        """What is not as declared."""
        held, live = self.stage.held(), self.stage.live()
        lost = {address for address, item in held.items() if item.liveness is Liveness.LOST}
        found = [
            f"{address} is held as {item.liveness}"
            for address, item in held.items()
            if address not in self.desired and address not in lost
        ]
        for address, wanted in self.desired.items():
            records = [item for item in live if (item.cname, item.uid) == (wanted.cname, wanted.uid)]
            if address in lost:
                if not records:
                    found.append(f"{address} is LOST, and nothing records")
            elif [item.sid for item in records] != [held[address].sid if address in held else ""]:
                found.append(f"{address}: {len(records)} record, and the state holds {held.get(address)}")
            elif not as_declared(records[0], wanted):
                found.append(f"{address} records with other attributes than declared")
        for cname in {item.cname for item in live}:
            regions = [item.region for item in live if item.cname == cname]
            if not lost and len({*regions}) < len(regions):
                found.append(f"{cname} is recorded twice in one region: {regions}")
        return found


def as_declared(session: Session, wanted: Resource) -> bool:
    """Whether a session records what its manifest says."""
    config = wanted.spec["recordingConfig"]
    layout = (session.layout or session.request["recordingConfig"]["transcodingConfig"])["mixedVideoLayout"]
    sent = session.request["recordingConfig"].get("subscribeAudioUids")
    subscribed = (session.subscription or {}).get("audioUidList", {}).get("subscribeAudioUids", sent)
    declared = config.get("subscribeAudioUids")
    return bool(
        session.request["recordingConfig"]["maxIdleTime"] == config["maxIdleTime"]
        and layout == config["transcodingConfig"]["mixedVideoLayout"]
        # A list that is not declared any more is overwritten by all.
        and (subscribed or ["#allstream#"]) == (declared or ["#allstream#"])
    )
