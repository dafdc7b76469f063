"""The decision table: desired state and prior state in, plan out. Decides nothing anywhere else."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from fnmatch import fnmatchcase
from typing import Any

from takeup.core.address import Address
from takeup.core.consequences import with_consequences
from takeup.core.diff import differences, listed, unchanged
from takeup.core.ignoring import among, escalated
from takeup.core.lifecycle import PLAIN, Lifecycle
from takeup.core.moving import renamed
from takeup.core.plan import LAYOUT, Action, AttributeChange, Change, Drift, Lost, Move, Plan, Recovery, Target
from takeup.core.price import PriceTable
from takeup.core.recovery import lost_of, recovery_of
from takeup.core.resource import Fingerprints, Resource
from takeup.core.restarting import Next, Verdict, after_end
from takeup.core.running import running
from takeup.core.safety import Rails
from takeup.core.schema.attribute import Effect
from takeup.core.snapshot import Liveness, Phase, SessionState, Snapshot
from takeup.core.wanted import ABANDONED, Wanted, desired_at
from takeup.core.whole import whole

_CREATE = ("acquire", "start")
_REPLACE = ("stop", "acquire", "start")
_UNSURE = frozenset({Liveness.SUSPECT, Liveness.UNKNOWN, Liveness.LOST})


@dataclass(frozen=True, slots=True)
class Selection:
    """Which resources a plan is about; patterns with * and ? are allowed."""

    target: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()
    replace: tuple[str, ...] = ()
    override: tuple[str, ...] = ()  # of preventStop

    def takes(self, address: Address) -> bool:
        """Whether the plan is about this address."""
        text = str(address)
        return (not self.target or _any(self.target, text)) and not _any(self.exclude, text)

    def forces(self, address: Address) -> bool:
        """Whether this address is replaced although nothing demands it."""
        return _any(self.replace, str(address))

    def overrides(self, address: Address) -> bool:
        """Whether this address may be stopped although preventStop forbids it."""
        return _any(self.override, str(address))


def _any(patterns: Iterable[str], text: str) -> bool:
    return any(text == pattern or fnmatchcase(text, pattern) for pattern in patterns)


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
    for address in sorted({*desired, *prior.sessions}):
        if not selection.takes(address):
            continue
        session = prior.sessions.get(address)
        resource = wanted.resources.get(address)
        if session is not None:
            told.extend(f"{address}: {text}" for text in session.broken)
            opened = recovery_of(session, known.get(address), fingerprints, wanted=resource is not None, now=now)
            recovery.extend([opened] if opened is not None else [])
            lost.extend([lost_of(session)] if session.liveness is Liveness.LOST else [])
        change, warning = None, ""
        if resource is not None:
            verdict = _verdict(resource, session, fingerprints, now, force=selection.forces(address))
            if verdict.what is not Next.START:
                held_back[address] = verdict
            else:
                change, warning = _wanted(resource, session, fingerprints, force=selection.forces(address))
                change = _with_occasion(change, verdict.why, wanted.until.get(address, ""))
        elif session is not None:
            reason = wanted.reasons.get(address, "not wanted any more")
            change, warning = _unwanted(session, now, reason, _lifecycle_of(known.get(address)))
        if warning:
            told.append(warning)
            unjudged += 1
        if change is None:
            noop += 1
        else:
            changes.append(counted(_with_specs(change, resource, session), resource))
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
        selection={
            name: values
            for name, values in (
                ("target", selection.target),
                ("exclude", selection.exclude),
                ("replace", selection.replace),
                ("overridePreventStop", selection.override),
            )
            if values
        },
        running=running(prior, selection.takes),
        origins=_origins(known, prior, [*changes, *recovery, *drifted]),
        moves=moves,
        waiting=len(held_back) - len(complete),
        complete=len(complete),
        outside=sum(selection.takes(address) and address not in prior.sessions for address in wanted.reasons),
        valid_until=_valid_until(wanted, held_back.values()),
    )
    return with_consequences(made, desired, prior, prices, rails, outside=wanted.reasons)


def _valid_until(wanted: Wanted, held_back: Iterable[Verdict]) -> datetime | None:
    """The first time at which a window or a pause makes another plan of it."""
    turns = (wanted.valid_until, *(verdict.until for verdict in held_back))
    return min((turn for turn in turns if turn is not None), default=None)


def _verdict(
    resource: Resource, session: SessionState | None, fingerprints: Fingerprints, now: datetime, *, force: bool
) -> Verdict:
    """What the end of a session means; one that has not ended, or that is forced, is no obstacle."""
    if session is None or session.liveness is not Liveness.ENDED or force:
        return Verdict(Next.START)
    verdict = after_end(resource, session, now)
    if verdict.what is Next.WAIT and changed_attributes(resource, session, fingerprints):
        return Verdict(Next.START, "its manifest has changed since")  # what made it crash may be mended
    return verdict


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


def _with_specs(change: Change, resource: Resource | None, session: SessionState | None) -> Change:
    """The change with both whole specs; a session that ended is created anew from nothing."""
    kind = change.address.kind
    return replace(
        change,
        before=None if session is None or change.action is Action.CREATE else whole(kind, session.applied),
        after=None if resource is None else whole(kind, resource.spec),
    )


def _wanted(
    resource: Resource, session: SessionState | None, fingerprints: Fingerprints, *, force: bool
) -> tuple[Change | None, str]:
    address = resource.address
    if session is None or session.liveness is Liveness.ENDED:
        reason = "not recorded yet" if session is None else f"the session ended ({session.evidence})"
        attributes = listed(address.kind, resource.spec, created=True)
        return Change(address, Action.CREATE, reason, _CREATE, attributes), ""
    changed = changed_attributes(resource, session, fingerprints)
    repeats = session.open.groups if session.open is not None else ()
    effects = {change.effect for change in changed} | {_effect_of(group) for group in repeats}
    # A stop that was sent already is sent again without harm, whether it had its effect or not.
    stopping = session.phase is Phase.STOP_SENT and session.liveness is Liveness.SUSPECT
    if session.liveness in _UNSURE and not (stopping and (Effect.REPLACE in effects or force)):
        return None, unsure_warning(session, differs=bool(changed) or force)
    if Effect.REPLACE in effects or force:
        reason = _because(changed, resource.lifecycle) if Effect.REPLACE in effects else "asked for by --replace"
        return Change(address, Action.REPLACE, reason, _REPLACE, changed), ""
    if not effects:
        return None, ""
    calls = tuple(effect.value for effect in (Effect.UPDATE, Effect.UPDATE_LAYOUT) if effect in effects)
    reasons = ["changed: " + ", ".join(item.path for item in changed)] if changed else []
    if session.open is not None and repeats:
        reasons.append(
            f"the outcome of the {session.open.operation} of {session.open.at:%Y-%m-%d %H:%M:%S} UTC is not known"
        )
    return Change(address, Action.UPDATE, "; ".join(reasons), calls, changed, repeats), ""


def _effect_of(group: str) -> Effect:
    return Effect.UPDATE_LAYOUT if group == LAYOUT else Effect.UPDATE


def changed_attributes(
    resource: Resource, session: SessionState, fingerprints: Fingerprints
) -> tuple[AttributeChange, ...]:
    """The attributes of a recorded session that differ from what is wanted."""
    wanted = fingerprints.applied(resource.spec)
    if _comparable(wanted) == _comparable(session.applied):
        return ()
    return escalated(differences(resource.address.kind, session.applied, wanted), resource.lifecycle)


def _comparable(applied: Mapping[str, Any]) -> Mapping[str, Any]:
    """The applied request without what costs nothing to change (a token is often new in every run)."""
    return {name: value for name, value in applied.items() if name != "token"} if "token" in applied else applied


def _because(changed: tuple[AttributeChange, ...], lifecycle: Lifecycle) -> str:
    paths = [change.path for change in changed if change.effect is Effect.REPLACE]
    asked = [path for path in paths if among(path, lifecycle.replace_on_change)]
    hard = [path for path in paths if path not in asked]
    reasons = [f"no call changes {', '.join(hard)} of a running session"] if hard else []
    return "; ".join([*reasons, *([f"lifecycle.replaceOnChange: {', '.join(asked)}"] if asked else [])])


def _unwanted(session: SessionState, now: datetime, unwanted: str, lifecycle: Lifecycle) -> tuple[Change | None, str]:
    address = session.address
    attributes = listed(address.kind, session.applied, created=False)
    if lifecycle.abandon and session.liveness is not Liveness.LOST:
        return Change(address, Action.FORGET, f"{ABANDONED}: it is not stopped", (), attributes), ""
    if session.liveness is Liveness.ENDED:
        reason = f"{unwanted}, and the session ended ({session.evidence})"
        return Change(address, Action.FORGET, reason, (), attributes), ""
    if session.liveness is Liveness.LOST or now >= session.window_end:
        # No call can stop it: a 404 to the stop would not even prove that it ended.
        return None, unsure_warning(session, differs=False)
    return Change(address, Action.DELETE, unwanted, ("stop",), attributes), ""


def unsure_warning(session: SessionState, *, differs: bool) -> str:
    """Why nothing is done about a session that is not surely running or ended."""
    held = " Its changes wait until then." if differs else ""
    match session.liveness:
        case Liveness.SUSPECT if session.phase is Phase.STOP_SENT:
            return (
                f"{session.address} is SUSPECT: {session.evidence}. It may be leaving, so no second recorder is "
                f"started; plan again in a minute or two.{held}"
            )
        case Liveness.SUSPECT:
            return (
                f"{session.address} is SUSPECT: {session.evidence}. It may be failing over, so no second recorder is "
                f"started; plan again when it answers or has been silent for confirmEndedFor.{held}"
            )
        case Liveness.LOST:
            return (
                f"{session.address} is LOST: it may be recording with a sid that nobody knows, so nothing is started "
                f"over it. With the sid from Agora's webhooks: takeup import {session.address} --sid SID; to give it "
                f"up: takeup state rm {session.address}"
            )
        case _:
            return f"{session.address} is UNKNOWN: {session.evidence}. Nothing is done on a guess.{held}"


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
