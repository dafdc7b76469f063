"""One run: read the state, refresh, plan; then carry out what was planned and keep what became of it."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from takeup.backends.port import Backend
from takeup.core.address import Address
from takeup.core.capacity import Capacity, overfull, with_capacity
from takeup.core.coverage import worth_writing
from takeup.core.following import under_new_names
from takeup.core.guard import FLAG, forbidden, guarded
from takeup.core.ignoring import as_recorded
from takeup.core.plan import Drift, Lost, Plan, Target
from takeup.core.planner import drift, make_plan
from takeup.core.price import PriceTable
from takeup.core.recovery import lost_of
from takeup.core.resource import Fingerprints, Resource
from takeup.core.safety import Rails
from takeup.core.selection import Selection
from takeup.core.snapshot import Liveness, Snapshot
from takeup.core.token import HAND_OVER
from takeup.core.wanted import desired_at
from takeup.engine.apply import Report, apply
from takeup.engine.books import closed, opened, refused
from takeup.engine.ledger import Ledger
from takeup.engine.policy import Policy
from takeup.engine.ports import Clock, Tell, any_salt
from takeup.engine.realm import sessions_of
from takeup.engine.refresh import refresh
from takeup.engine.scheduler import Scheduler
from takeup.engine.work import Work
from takeup.errors import ForbiddenError, NoRoomError, StateError, TakeupError, UsageError
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
    capacity: Capacity | None = None
    hand_over: timedelta = HAND_OVER
    salt: Callable[[], int] = any_salt


@dataclass(frozen=True, slots=True)
class Prepared:
    """A plan and what it was made from. `stored` is None where there is no state yet; `began` is before the refresh."""

    stored: Snapshot | None
    prior: Snapshot
    plan: Plan
    began: datetime


def prepare(  # noqa: PLR0913 - what a plan is made of, each by name
    world: World,
    reader: SessionReader | None,
    desired: Mapping[Address, Resource],
    *,
    selection: Selection | None = None,
    notes: Iterable[str] = (),
    known: Mapping[Address, Resource] | None = None,
    by_hand: bool = True,
    at: datetime | None = None,
) -> Prepared:
    """Read the state, refresh it (without a reader: do not) and plan. Changes nothing anywhere.

    Args:
        world: what the run is about.
        reader: asks after sessions.
        desired: what is to be recorded, at the times of its schedules.
        selection: restricts the plan.
        notes: more warnings.
        known: all that the manifests declare, where not all of it is desired (destroy).
        by_hand: whether the selection was typed for this run: what it names must exist then. That of a saved plan
            may name what has gone since.
        at: plan as if it were that time, with the sessions as they are now.

    Raises:
        StateError: the state cannot be trusted, or belongs to another service.
        RejectedError: the service refuses to be asked.
        UsageError: the selection names an address that does not exist.
        ForbiddenError: preventStop forbids a change.
        NoRoomError: there is no room for what would be started.
    """
    stored = world.backend.read()
    # Without a state there is no lineage yet: it is given when the first state is written.
    previous = stored if stored is not None else replace(world.new_state(), lineage="")
    if by_hand:
        _check_selection(selection, {*desired, *previous.sessions})
    declared = desired if known is None else known
    kept, told = sessions_of(previous, world.target)
    kept, moves, stayed = under_new_names(kept, declared)
    kept = guarded(kept, declared)
    began = world.clock.now()
    prior = kept if reader is None else refresh(kept, reader, world.policy, world.clock, world.tell)
    wanted = _as_recorded(desired, prior)
    plan = make_plan(
        project=world.project,
        target=world.target,
        desired=wanted,
        previous=kept,
        prior=prior,
        now=world.clock.now() if at is None else at,
        selection=selection,
        warnings=(*told, *stayed, *world.backend.notes(), *notes),
        known=wanted if declared is desired else _as_recorded(declared, prior),
        prices=world.prices,
        rails=world.rails,
        hand_over=world.hand_over,
        moves=moves,
    )
    _refuse_forbidden(plan, prior, desired, declared, selection or Selection())
    if world.capacity is not None:
        plan = with_capacity(plan, prior, desired, world.capacity)
        _refuse_overfull(overfull(plan, prior, world.capacity))
    return Prepared(stored, prior, plan, began)


def _as_recorded(resources: Mapping[Address, Resource], prior: Snapshot) -> Mapping[Address, Resource]:
    """What is wanted of each, its ignored attributes as its session has them."""
    return {address: as_recorded(resource, prior.sessions.get(address)) for address, resource in resources.items()}


def _refuse_forbidden(
    plan: Plan,
    prior: Snapshot,
    desired: Mapping[Address, Resource],
    declared: Mapping[Address, Resource],
    selection: Selection,
) -> None:
    if not any(session.prevent_stop for session in prior.sessions.values()):
        return
    outside = desired_at(desired, plan.created_at).reasons
    refusals = list(forbidden(plan, prior, declared, outside, selection.overrides))
    if refusals:
        raise ForbiddenError(
            "\n  ".join(refusals),
            hint="If it is to be stopped: take preventStop out of the manifest and apply that first. "
            f"To do it this once: {FLAG} ADDR",
        )


def _refuse_overfull(refusals: list[str]) -> None:
    if refusals:
        raise NoRoomError(
            "\n  ".join(refusals),
            hint="Give fewer of them a window at that time, leave some out by --exclude, or raise the limit if the "
            "account has more.",
        )


@dataclass(frozen=True, slots=True)
class Found:
    """The world beside the state: what changed, what is LOST, and how many sessions are as they were."""

    project: str
    target: Target
    drift: tuple[Drift, ...]
    lost: tuple[Lost, ...]
    warnings: tuple[str, ...]
    unchanged: int


def find_drift(world: World, reader: SessionReader) -> Found:
    """Ask after every session of the state. Changes nothing anywhere.

    Raises:
        StateError: the state cannot be trusted, or belongs to another service.
        RejectedError: the service refuses to be asked.
    """
    stored = world.backend.read()
    previous = stored if stored is not None else replace(world.new_state(), lineage="")
    kept, told = sessions_of(previous, world.target)
    prior = refresh(kept, reader, world.policy, world.clock, world.tell)
    found = drift(previous, prior)
    lost = tuple(lost_of(item) for _, item in sorted(prior.sessions.items()) if item.liveness is Liveness.LOST)
    broken = (f"{address}: {text}" for address, item in sorted(prior.sessions.items()) for text in item.broken)
    told = (*told, *world.backend.notes(), *broken)
    return Found(world.project, world.target, found, lost, told, len(prior.sessions) - len(found))


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


def carry_through(
    world: World,
    prepared: Prepared,
    desired: Mapping[Address, Resource],
    recorder: Recorder,
    known: Mapping[Address, Resource] | None = None,
) -> Report:
    """Apply the plan, and keep the state whatever happens. The caller holds the lock.

    Raises:
        StateError: the state or its journal could not be written; what is known was rescued.
    """
    plan = prepared.plan
    stored = prepared.stored
    desired = _as_recorded(desired, prepared.prior)
    known = None if known is None else _as_recorded(known, prepared.prior)
    prior = opened(prepared.prior, _from_now_on(plan, desired, known), plan, prepared.began)
    if plan.empty:
        report = Report(lost=[item.address for item in plan.lost])
        _keep_if_new(world, prepared, closed(prior, desired, plan, report))
        return report
    if stored is None:
        first = replace(prior, lineage=world.new_state().lineage)
        stored = world.backend.write(first, previous_serial=None)
    base = replace(prior, lineage=stored.lineage, serial=stored.serial)
    # The journal would be folded into a state that still has the old names beside the new ones. And what was seen to
    # record is in no entry of it: should this run die, that would be forgotten.
    if plan.moves or worth_writing(stored.accounts, base.accounts):
        base = stored = world.backend.write(base, previous_serial=stored.serial)
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
        salt=world.salt,
    )
    try:
        report = apply(plan, desired, work, scheduler, known)
    except KeyboardInterrupt:
        raise  # calls are still in flight: the journal takes their outcomes to the very end, and the next run folds it
    except BaseException:
        _keep(world.backend, ledger.snapshot(), stored.serial)
        raise
    _keep(world.backend, closed(ledger.snapshot(), desired, plan, report), stored.serial)
    return report


def note_refusal(world: World, desired: Mapping[Address, Resource], error: TakeupError) -> None:
    """Keep in the accounts that a run came and its plan was refused. The caller holds the lock.

    Raises:
        StateError: the state cannot be trusted or written.
    """
    stored = world.backend.read()
    if stored is None:
        return
    after = refused(stored, desired, world.target.realm, world.clock.now(), error)
    if worth_writing(stored.accounts, after.accounts):
        world.backend.write(after, previous_serial=stored.serial)


def _from_now_on(
    plan: Plan, desired: Mapping[Address, Resource], known: Mapping[Address, Resource] | None
) -> Mapping[Address, Resource]:
    """What is to be recorded once this run is over: what is desired, and what the run is not about."""
    selection = Selection.from_document(plan.selection)
    left = {address: item for address, item in (known or {}).items() if not selection.takes(address)}
    return {**left, **desired}


def _keep_if_new(world: World, prepared: Prepared, after: Snapshot) -> None:
    """A run without a change writes the state where it has learned something, of sessions or of coverage."""
    stored = prepared.stored
    if stored is None:
        if after.accounts:
            world.backend.write(replace(after, lineage=world.new_state().lineage), previous_serial=None)
    elif prepared.prior is not stored or worth_writing(stored.accounts, after.accounts):
        world.backend.write(after, previous_serial=stored.serial)


def _keep(backend: Backend, snapshot: Snapshot, serial: int) -> None:
    """Fold the journal into the state. Where the state cannot be written, what is known goes beside it.

    Raises:
        StateError: the state was not written; the sentence says where the rescued one is.
    """
    try:
        backend.write(snapshot, previous_serial=serial)
    except StateError as error:
        where = backend.rescue(snapshot)
        raise StateError(
            f"{error.message} What this run knows of its sessions was written to {where} instead.",
            hint=f"{error.hint} The rescued file is a whole state: compare it with what is there, and put it in place.",
        ) from error
