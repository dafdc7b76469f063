"""One run: read the state, refresh, plan; then carry out what was planned and keep what became of it."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace

from takeup.backends.port import Backend
from takeup.core.address import Address
from takeup.core.plan import Plan, Target
from takeup.core.planner import Selection, make_plan
from takeup.core.price import PriceTable
from takeup.core.resource import Fingerprints, Resource
from takeup.core.safety import Rails
from takeup.core.snapshot import Snapshot
from takeup.engine.apply import Report, apply
from takeup.engine.changes import Work
from takeup.engine.ledger import Ledger
from takeup.engine.policy import Policy
from takeup.engine.ports import Clock, Tell
from takeup.engine.realm import sessions_of
from takeup.engine.refresh import refresh
from takeup.engine.scheduler import Scheduler
from takeup.errors import UsageError
from takeup.provider.port import Recorder, SessionReader


@dataclass(frozen=True, slots=True)
class World:
    """What a run is about and whom it talks to."""

    project: str
    target: Target
    backend: Backend
    policy: Policy
    clock: Clock
    tell: Tell
    new_state: Callable[[], Snapshot]
    scheduler: Callable[[], Scheduler] | None = None  # real threads, where it is None
    prices: PriceTable | None = None
    rails: Rails | None = None


@dataclass(frozen=True, slots=True)
class Prepared:
    """A plan and what it was made from. `stored` is None where there is no state yet."""

    stored: Snapshot | None
    prior: Snapshot
    plan: Plan


def prepare(
    world: World,
    reader: SessionReader | None,
    desired: Mapping[Address, Resource],
    *,
    selection: Selection | None = None,
    notes: Iterable[str] = (),
) -> Prepared:
    """Read the state, refresh it (without a reader: do not) and plan. Changes nothing anywhere.

    Raises:
        StateError: the state cannot be trusted, or belongs to another service.
        RejectedError: the service refuses to be asked.
        UsageError: the selection names an address that does not exist.
    """
    stored = world.backend.read()
    # Without a state there is no lineage yet: it is given when the first state is written.
    previous = stored if stored is not None else replace(world.new_state(), lineage="")
    _check_selection(selection, {*desired, *previous.sessions})
    kept, told = sessions_of(previous, world.target)
    prior = kept if reader is None else refresh(kept, reader, world.policy, world.clock, world.tell)
    plan = make_plan(
        project=world.project,
        target=world.target,
        desired=desired,
        previous=previous,
        prior=prior,
        now=world.clock.now(),
        selection=selection,
        warnings=(*told, *notes),
        prices=world.prices,
        rails=world.rails,
    )
    return Prepared(stored, prior, plan)


def _check_selection(selection: Selection | None, known: set[Address]) -> None:
    if selection is None:
        return
    for flag, patterns in (
        ("target", selection.target),
        ("exclude", selection.exclude),
        ("replace", selection.replace),
    ):
        for pattern in patterns:
            alone = Selection(target=(pattern,))
            if not any(alone.takes(address) for address in known):
                raise UsageError(
                    f"--{flag} {pattern}: no resource has this address.",
                    hint="takeup state list and the manifests name them.",
                )


def carry_through(world: World, prepared: Prepared, desired: Mapping[Address, Resource], recorder: Recorder) -> Report:
    """Apply the plan, and keep the state whatever happens. The caller holds the lock.

    Raises:
        StateError: the state or its journal could not be written.
    """
    plan = prepared.plan
    if not plan.changes:
        if prepared.stored is not None and prepared.prior is not prepared.stored:
            world.backend.write(prepared.prior, previous_serial=prepared.stored.serial)
        return Report()
    stored = prepared.stored
    if stored is None:
        first = replace(prepared.prior, lineage=world.new_state().lineage)
        stored = world.backend.write(first, previous_serial=None)
    base = replace(prepared.prior, lineage=stored.lineage, serial=stored.serial)
    journal = world.backend.journal(stored.lineage, stored.serial)
    ledger = Ledger(base, journal, world.clock.now)
    scheduler = Scheduler(world.policy.parallelism) if world.scheduler is None else world.scheduler()
    work = Work(
        recorder=recorder,
        ledger=ledger,
        fingerprints=Fingerprints(base.fingerprint_key),
        policy=world.policy,
        clock=world.clock,
        target=world.target,
        tell=world.tell,
        interrupted=scheduler.interrupted.is_set,
    )
    try:
        return apply(plan, desired, work, scheduler)
    finally:
        # After a failed journal write this raises as well; the journal on disk still says what is known.
        world.backend.write(ledger.snapshot(), previous_serial=stored.serial)
