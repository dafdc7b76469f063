"""The decision table: one resource and its session in, one change or none out. Decides nothing anywhere else. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from takeup.core.diff import differences, listed
from takeup.core.ignoring import among, escalated
from takeup.core.lifecycle import Lifecycle
from takeup.core.plan import LAYOUT, Action, AttributeChange, Change
from takeup.core.renewal import renewal
from takeup.core.resource import Fingerprints, Resource
from takeup.core.restarting import Next, Verdict, after_end
from takeup.core.schema.attribute import Effect
from takeup.core.snapshot import Liveness, Phase, SessionState
from takeup.core.wanted import ABANDONED

_CREATE = ("acquire", "start")
_REPLACE = ("stop", "acquire", "start")
_OVERLAP = ("acquire", "start", "stop")
_STOP = ("stop",)
_UNSURE = frozenset({Liveness.SUSPECT, Liveness.UNKNOWN, Liveness.LOST})


@dataclass(frozen=True, slots=True)
class Forced:
    """Why a running session is replaced although nothing differs ("": it is not); `ends`: for its token does."""

    why: str = ""
    ends: bool = False


NOT_FORCED = Forced()


def forced_of(
    resource: Resource | None, session: SessionState | None, now: datetime, hand_over: timedelta
) -> tuple[Forced, str]:
    """Whether the end of its token forces a replacement; or else a warning that nothing can be done about it."""
    if resource is None or session is None or session.liveness is not Liveness.RUNNING:
        return NOT_FORCED, ""
    why, warning = renewal(resource, session, now, hand_over)
    return Forced(why, ends=bool(why)), warning


def unreachable(session: SessionState | None, now: datetime) -> tuple[None, str] | None:
    """Nothing is done while the session that was taken over from may record and can no longer be stopped."""
    old = session.overlapping if session is not None else None
    return None if old is None or now < old.window_end else (None, unsure_warning(old, differs=False))


def verdict_on(
    resource: Resource, session: SessionState | None, fingerprints: Fingerprints, now: datetime, *, force: bool
) -> Verdict:
    """What the end of a session means; one that has not ended, or that is forced, is no obstacle."""
    if session is None or session.liveness is not Liveness.ENDED or force:
        return Verdict(Next.START)
    verdict = after_end(resource, session, now)
    if verdict.what is Next.WAIT and changed_attributes(resource, session, fingerprints):
        return Verdict(Next.START, "its manifest has changed since")  # what made it crash may be mended
    return verdict


def decided(
    resource: Resource, session: SessionState | None, fingerprints: Fingerprints, forced: Forced = NOT_FORCED
) -> tuple[Change | None, str]:
    """What is done about a recording that is wanted, or a warning why nothing is.

    Args:
        resource: it, under the uid of its session.
        session: the one it has, if any.
        fingerprints: those of the state.
        forced: why it is replaced although nothing differs.
    """
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
        reason = _because(changed, resource.lifecycle) if because else forced.why
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


def unwanted(session: SessionState, now: datetime, why: str, lifecycle: Lifecycle) -> tuple[Change | None, str]:
    """What is done about a session that is not wanted.

    Args:
        session: it.
        now: when the plan is made.
        why: for what reason it is not.
        lifecycle: what its manifest says, if there still is one.
    """
    address = session.address
    attributes = listed(address.kind, session.applied, created=False)
    if lifecycle.abandon and session.liveness is not Liveness.LOST:
        return Change(address, Action.FORGET, f"{ABANDONED}: it is not stopped", (), attributes), ""
    if session.liveness is Liveness.ENDED:
        reason = f"{why}, and the session ended ({session.evidence})"
        return Change(address, Action.FORGET, reason, (), attributes), ""
    old = session.overlapping
    before = () if old is None else _STOP
    if session.liveness is Liveness.LOST or now >= session.window_end:
        # No call can stop it: a 404 to the stop would not even prove that it ended.
        warning = unsure_warning(session, differs=False)
        return None if old is None else Change(address, Action.DELETE, why, before, attributes), warning
    return Change(address, Action.DELETE, why, before + _STOP, attributes), ""


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
