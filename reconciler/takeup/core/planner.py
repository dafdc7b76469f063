"""The decision table: desired state and prior state in, plan out. Decides nothing anywhere else."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from fnmatch import fnmatchcase
from typing import Any

from takeup.core.address import Address
from takeup.core.consequences import with_consequences
from takeup.core.diff import differences, listed, unchanged
from takeup.core.plan import LAYOUT, Action, AttributeChange, Change, Drift, Lost, Plan, Recovery, Target
from takeup.core.price import PriceTable
from takeup.core.recovery import lost_of, recovery_of
from takeup.core.renewal import renewal
from takeup.core.resource import Fingerprints, Resource
from takeup.core.running import running
from takeup.core.safety import Rails
from takeup.core.schema.attribute import Effect
from takeup.core.snapshot import Liveness, Phase, SessionState, Snapshot
from takeup.core.token import HAND_OVER
from takeup.core.whole import whole

_CREATE = ("acquire", "start")
_REPLACE = ("stop", "acquire", "start")
_OVERLAP = ("acquire", "start", "stop")
_STOP = ("stop",)
_UNSURE = frozenset({Liveness.SUSPECT, Liveness.UNKNOWN, Liveness.LOST})


@dataclass(frozen=True, slots=True)
class Selection:
    """Which resources a plan is about; patterns with * and ? are allowed."""

    target: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()
    replace: tuple[str, ...] = ()

    def takes(self, address: Address) -> bool:
        """Whether the plan is about this address."""
        return (not self.target or _any(self.target, address)) and not _any(self.exclude, address)

    def forces(self, address: Address) -> bool:
        """Whether this address is replaced although nothing demands it."""
        return _any(self.replace, address)


def _any(patterns: Iterable[str], address: Address) -> bool:
    """Only * and ? are special: brackets stand around the key of a set's member. A resource names its sessions."""
    return any(
        text == pattern or fnmatchcase(text, pattern.replace("[", "[[]"))
        for pattern in patterns
        for text in {str(address), str(address.resource)}
    )


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
) -> Plan:
    """Decide, resource by resource, what would be done.

    Args:
        project: the project's name.
        target: whom the calls go to.
        desired: all resources of the project.
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
    """
    selection = selection or Selection()
    fingerprints = Fingerprints(prior.fingerprint_key)
    known = desired if known is None else known
    changes: list[Change] = []
    recovery: list[Recovery] = []
    lost: list[Lost] = []
    told = list(warnings)
    untouched: set[Address] = set()
    unjudged = 0
    for address in sorted({*desired, *prior.sessions}):
        if not selection.takes(address):
            continue
        session = prior.sessions.get(address)
        resource, declared = desired.get(address), known.get(address)
        if session is not None:
            resource, declared = _under(resource, session.uid), _under(declared, session.uid)
            told.extend(f"{address}: {text}" for text in session.broken)
            opened = recovery_of(session, declared, fingerprints, wanted=resource is not None, now=now)
            recovery.extend([opened] if opened is not None else [])
            lost.extend([lost_of(session)] if session.liveness is Liveness.LOST else [])
        forced, expiring = _forced(resource, session, now, hand_over)
        told.extend([expiring] if expiring else [])
        forced = Forced("asked for by --replace") if selection.forces(address) and not forced.why else forced
        change, warning = _unreachable(session, now) or (
            _wanted(resource, session, fingerprints, forced)
            if resource is not None
            else _unwanted(address, session, now)
        )
        if warning:
            told.append(warning)
            unjudged += 1
        if change is None:
            untouched.add(address.resource)
        else:
            changes.append(_shown(change, resource, session))
    drifted = drift(previous, prior)
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
        noop=len(untouched - {change.address.resource for change in changes}),
        unjudged=unjudged,
        selection={
            name: values
            for name, values in (
                ("target", selection.target),
                ("exclude", selection.exclude),
                ("replace", selection.replace),
            )
            if values
        },
        running=running(prior, selection.takes),
        origins=_origins(known, prior, [*changes, *recovery, *drifted]),
    )
    return with_consequences(made, desired, prior, prices, rails)


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


@dataclass(frozen=True, slots=True)
class Forced:
    """Why a running session is replaced although nothing differs ("": it is not); `ends`: for its token does."""

    why: str = ""
    ends: bool = False


_NOT_FORCED = Forced()


def _forced(
    resource: Resource | None, session: SessionState | None, now: datetime, hand_over: timedelta
) -> tuple[Forced, str]:
    """Whether the end of its token forces a replacement; or else a warning that nothing can be done about it."""
    if resource is None or session is None or session.liveness is not Liveness.RUNNING:
        return _NOT_FORCED, ""
    why, warning = renewal(resource, session, now, hand_over)
    return Forced(why, ends=bool(why)), warning


def _unreachable(session: SessionState | None, now: datetime) -> tuple[None, str] | None:
    """Nothing is done while the session that was taken over from may record and can no longer be stopped."""
    old = session.overlapping if session is not None else None
    return None if old is None or now < old.window_end else (None, unsure_warning(old, differs=False))


def _wanted(
    resource: Resource, session: SessionState | None, fingerprints: Fingerprints, forced: Forced = _NOT_FORCED
) -> tuple[Change | None, str]:
    address = resource.address
    if session is None or session.liveness is Liveness.ENDED:
        reason = "not recorded yet" if session is None else f"the session ended ({session.evidence})"
        attributes = listed(address.kind, resource.spec, created=True)
        return Change(address, Action.CREATE, reason, _CREATE, attributes), ""
    changed = changed_attributes(resource, session, fingerprints)
    repeats = session.open.groups if session.open is not None else ()
    effects = {change.effect for change in changed} | {_effect_of(group) for group in repeats}
    replaced = Effect.REPLACE in effects or bool(forced.why)
    # A stop that was sent already is sent again without harm, whether it had its effect or not.
    stopping = session.phase is Phase.STOP_SENT and session.liveness is Liveness.SUSPECT
    if session.liveness in _UNSURE and not (stopping and replaced):
        return None, unsure_warning(session, differs=bool(changed) or bool(forced.why))
    old = session.overlapping
    before = () if old is None else _STOP  # whatever else is done, the session that was taken over from goes first
    if replaced:
        because = Effect.REPLACE in effects
        reason = _because(changed, Effect.REPLACE) if because else forced.why
        overlap = not stopping and (resource.overlap or (forced.ends and bool(resource.spare_uid)))
        calls = before + (_OVERLAP if overlap else _REPLACE)
        return Change(address, Action.REPLACE, reason, calls, changed, renewal=forced.ends and not because), ""
    if not effects and old is None:
        return None, ""
    calls = tuple(effect.value for effect in (Effect.UPDATE, Effect.UPDATE_LAYOUT) if effect in effects)
    reasons = ["changed: " + ", ".join(item.path for item in changed)] if changed else []
    if old is not None:
        reasons.append(f"it took over, and its session under uid {old.uid} (sid {old.sid}) is still to be stopped")
    if session.open is not None and repeats:
        reasons.append(
            f"the outcome of the {session.open.operation} of {session.open.at:%Y-%m-%d %H:%M:%S} UTC is not known"
        )
    return Change(address, Action.UPDATE, "; ".join(reasons), before + calls, changed, repeats), ""


def _effect_of(group: str) -> Effect:
    return Effect.UPDATE_LAYOUT if group == LAYOUT else Effect.UPDATE


def changed_attributes(
    resource: Resource, session: SessionState, fingerprints: Fingerprints
) -> tuple[AttributeChange, ...]:
    """The attributes of a recorded session that differ from what is wanted."""
    wanted = fingerprints.applied(resource.spec)
    if _comparable(wanted) == _comparable(session.applied):
        return ()
    return differences(resource.address.kind, session.applied, wanted)


def _comparable(applied: Mapping[str, Any]) -> Mapping[str, Any]:
    """The applied request without what costs nothing to change (a token is often new in every run)."""
    return {name: value for name, value in applied.items() if name != "token"} if "token" in applied else applied


def _because(changed: tuple[AttributeChange, ...], effect: Effect) -> str:
    paths = [change.path for change in changed if change.effect is effect]
    return f"no call changes {', '.join(paths)} of a running session"


def _unwanted(address: Address, session: SessionState | None, now: datetime) -> tuple[Change | None, str]:
    assert session is not None, "an address is desired, recorded, or both"  # noqa: S101 - an invariant of the caller
    attributes = listed(address.kind, session.applied, created=False)
    if session.liveness is Liveness.ENDED:
        reason = f"not wanted any more, and the session ended ({session.evidence})"
        return Change(address, Action.FORGET, reason, (), attributes), ""
    reason, old = "not wanted any more", session.overlapping
    before = () if old is None else _STOP
    if session.liveness is Liveness.LOST or now >= session.window_end:
        # No call can stop it: a 404 to the stop would not even prove that it ended.
        warning = unsure_warning(session, differs=False)
        return None if old is None else Change(address, Action.DELETE, reason, before, attributes), warning
    return Change(address, Action.DELETE, reason, before + _STOP, attributes), ""


def unsure_warning(session: SessionState, *, differs: bool) -> str:
    """Why nothing is done about a session that is not surely running or ended."""
    old = session.overlapping
    held = f" Its session under uid {old.uid} (sid {old.sid}), which it takes over from, goes on." if old else ""
    held += " Its changes wait until then." if differs else ""
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
                f"up: takeup state rm {session.address}{'.' if old else ''}{held if old else ''}"
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
