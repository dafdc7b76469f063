"""Desired state and prior state in, plan out."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta

from takeup.core.address import Address
from takeup.core.consequences import with_consequences
from takeup.core.deciding import Forced, decided, forced_of, unreachable, unwanted, verdict_on
from takeup.core.diff import unchanged
from takeup.core.following import renamed
from takeup.core.lifecycle import PLAIN, Lifecycle
from takeup.core.plan import Action, AttributeChange, Change, Drift, Lost, Move, Plan, Recovery, Target
from takeup.core.price import PriceTable
from takeup.core.recovery import lost_of, recovery_of
from takeup.core.renewal import renewed_at
from takeup.core.resource import Fingerprints, Resource
from takeup.core.restarting import Next, Verdict
from takeup.core.running import running
from takeup.core.safety import Rails
from takeup.core.schema.attribute import Effect
from takeup.core.selection import Selection
from takeup.core.snapshot import Liveness, SessionState, Snapshot
from takeup.core.token import HAND_OVER
from takeup.core.wanted import desired_at
from takeup.core.whole import whole


def make_plan(  # noqa: PLR0913 - the inputs of a pure function, each by name
    *,
    project: str,
    target: Target,
    desired: Mapping[Address, Resource],
    previous: Snapshot,
    prior: Snapshot,
    now: datetime,
    selection: Selection | None = None,
    warnings: Iterable[str] = (),
    known: Mapping[Address, Resource] | None = None,
    prices: PriceTable | None = None,
    rails: Rails | None = None,
    hand_over: timedelta = HAND_OVER,
    moves: tuple[Move, ...] = (),
) -> Plan:
    """Decide, resource by resource, what would be done.

    Args:
        project: the project's name.
        target: whom the calls go to.
        desired: what is to be recorded, at the times of its schedules.
        previous: the state as the last run left it.
        prior: the same after the refresh.
        now: when the plan is made.
        selection: restricts the plan.
        warnings: what the refresh has to say.
        known: all resources that the manifests declare, where not all of them are desired (destroy): the bodies
            with which open starts are asked after.
        prices: by which the plan says what it costs; without them it does not.
        rails: by which too many stops are refused; without them they are not judged.
        hand_over: how long before the end of its token a session is handed over to a new one.
        moves: what the state holds under another address than the last run left it.
    """
    selection = selection or Selection()
    wanted = desired_at(desired, now, selection.takes)
    fingerprints = Fingerprints(prior.fingerprint_key)
    known = desired if known is None else known
    changes: list[Change] = []
    recovery: list[Recovery] = []
    lost: list[Lost] = []
    told = list(warnings)
    noop = unjudged = 0
    held_back: dict[Address, Verdict] = {}
    taken = [session for address, session in prior.sessions.items() if selection.takes(address)]
    for address in filter(selection.takes, sorted({*desired, *prior.sessions})):
        session = prior.sessions.get(address)
        resource, declared = wanted.resources.get(address), known.get(address)
        if session is not None:
            resource, declared = _under(resource, session.uid), _under(declared, session.uid)
            told.extend(f"{address}: {text}" for text in session.broken)
            opened = recovery_of(session, declared, fingerprints, wanted=resource is not None, now=now)
            recovery.extend([opened] if opened is not None else [])
            lost.extend([lost_of(session)] if session.liveness is Liveness.LOST else [])
        forced, expiring = forced_of(resource, session, now, hand_over)
        told.extend([expiring] if expiring else [])
        forced = Forced("asked for by --replace") if selection.forces(address) and not forced.why else forced
        change, warning = None, ""
        stuck = unreachable(session, now)
        if stuck is not None:
            change, warning = stuck
        elif resource is not None:
            verdict = verdict_on(resource, session, fingerprints, now, force=selection.forces(address))
            if verdict.what is not Next.START:
                held_back[address] = verdict
            else:
                change, warning = decided(resource, session, fingerprints, forced)
                change = _with_occasion(change, verdict.why, wanted.until.get(address, ""))
        elif session is not None:
            why = wanted.reasons.get(address, "not wanted any more")
            change, warning = unwanted(session, now, why, _lifecycle_of(known.get(address)))
        if warning:
            told.append(warning)
            unjudged += 1
        if change is None:
            noop += 1
        else:
            changes.append(_shown(change, resource, session))
    complete = {address for address, verdict in held_back.items() if verdict.what is Next.COMPLETE}
    told.extend(verdict.why for verdict in held_back.values() if verdict.what is Next.WAIT)
    told.extend(renamed(changes, prior, desired))
    drifted = tuple(item for item in drift(previous, prior) if item.address not in complete)
    made = Plan(
        project=project,
        target=target,
        lineage=prior.lineage,
        serial=prior.serial,
        created_at=now,
        changes=tuple(changes),
        recovery=tuple(recovery),
        lost=tuple(lost),
        drift=drifted,
        warnings=tuple(told),
        noop=noop,
        unjudged=unjudged,
        selection=selection.as_document(),
        running=running(prior, selection.takes),
        origins=_origins(known, prior, [*changes, *recovery, *drifted]),
        moves=moves,
        waiting=len(held_back) - len(complete),
        complete=len(complete),
        outside=sum(selection.takes(address) and address not in prior.sessions for address in wanted.reasons),
        valid_until=_first(
            wanted.valid_until,
            *(verdict.until for verdict in held_back.values()),
            *(renewed_at(wanted.resources.get(item.address), item, now, hand_over) for item in taken),
        ),
    )
    return with_consequences(made, desired, prior, prices, rails, outside=wanted.reasons)


def _first(*turns: datetime | None) -> datetime | None:
    """The first time at which a window, a pause or a token makes another plan of it."""
    return min((turn for turn in turns if turn is not None), default=None)


def _with_occasion(change: Change | None, why: str, until: str) -> Change | None:
    """The change, a creation with the window that it is for."""
    if change is None or change.action is not Action.CREATE:
        return change
    return replace(change, reason="; ".join(part for part in (change.reason, why, until and f"wanted {until}") if part))


def _lifecycle_of(resource: Resource | None) -> Lifecycle:
    return PLAIN if resource is None else resource.lifecycle


def _origins(
    known: Mapping[Address, Resource], prior: Snapshot, items: Iterable[Change | Recovery | Drift]
) -> dict[Address, str]:
    """Where in the manifests stands what the plan speaks of; of a session that does not simply run it warns."""
    spoken_of = {item.address for item in items}
    spoken_of |= {address for address, item in prior.sessions.items() if item.liveness is not Liveness.RUNNING}
    return {
        address: resource.origin
        for address, resource in sorted(known.items())
        if resource.origin and address in spoken_of
    }


def _under(resource: Resource | None, uid: str) -> Resource | None:
    return None if resource is None else resource.under(uid)


def _shown(change: Change, resource: Resource | None, session: SessionState | None) -> Change:
    """The change with both whole specs; a session that ended is created anew from nothing."""
    kind = change.address.kind
    if change.overlap and resource is not None and session is not None:
        resource = _other(resource, session)
        if not any(item.path == "uid" for item in change.attributes):
            turn = AttributeChange("uid", session.uid, resource.uid, sensitive=False, effect=Effect.NONE)
            change = replace(change, attributes=(turn, *change.attributes))
    shown = replace(
        change,
        before=None if session is None or change.action is Action.CREATE else whole(kind, session.applied),
        after=None if resource is None else whole(kind, resource.spec),
    )
    return counted(shown, resource)


def _other(resource: Resource, session: SessionState) -> Resource:
    """The recording under the uid that its session does not have."""
    return resource if resource.uid != session.uid else resource.under(resource.spare_uid)


def counted(change: Change, resource: Resource | None) -> Change:
    """The change with its count of unchanged attributes; a creation and a deletion list all of them."""
    if resource is None or change.action not in {Action.UPDATE, Action.REPLACE}:
        return change
    return replace(change, unchanged=unchanged(resource.address.kind, resource.spec, change.attributes))


def drift(previous: Snapshot, prior: Snapshot) -> tuple[Drift, ...]:
    """What the refresh found to be other than the previous state says."""
    found = []
    for address, session in sorted(prior.sessions.items()):
        was = previous.sessions.get(address)
        if was is not None and was.liveness is not session.liveness:
            since = session.suspect_since or session.since
            before = whole(address.kind, was.applied) if session.liveness is Liveness.ENDED else None
            found.append(Drift(address, was.liveness.value, session.liveness.value, session.evidence, since, before))
    return tuple(found)
