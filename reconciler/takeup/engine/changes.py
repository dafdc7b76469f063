"""What one change does, call by call: each a task that yields how long it wants to wait."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from takeup.core.address import Address
from takeup.core.plan import LAYOUT, Action, Change
from takeup.core.resource import Resource
from takeup.core.snapshot import Liveness, OpenCall, SessionState
from takeup.engine.judging import judge
from takeup.engine.overlapping import finish, take_over
from takeup.engine.ports import Event
from takeup.engine.referee import broken_promises, marked
from takeup.engine.refresh import reference
from takeup.engine.starting import create
from takeup.engine.stopping import stop
from takeup.engine.work import Work, ended_session, held
from takeup.errors import BrokenPromiseError, OutcomeUnknownError, ProviderError, TakeupError

_LAYOUT_ATTRIBUTES = (
    "mixedVideoLayout", "maxResolutionUid", "backgroundColor", "backgroundImage", "defaultUserBackgroundImage",
    "layoutConfig", "backgroundConfig",
)  # fmt: skip


def carry_out(work: Work, change: Change, resource: Resource | None) -> Iterator[float]:
    """The task of one change, under the uid that the plan says.

    Raises:
        TakeupError: the change failed; the ledger holds what is known.
    """
    resource = resource.under(change.uid) if resource is not None else None
    match change.action:
        case Action.CREATE:
            yield from create(work, _wanted(resource))
        case Action.UPDATE:
            yield from finish(work, change.address)
            _update(work, change, _wanted(resource))
        case Action.REPLACE if change.overlap:
            yield from finish(work, change.address)
            yield from take_over(work, _wanted(resource), held(work, change.address))
        case Action.REPLACE:
            yield from stop(work, change.address)
            if work.interrupted():
                raise TakeupError(
                    "stopped, and not started anew because of the interruption.", hint="Run the same command again."
                )
            yield from create(work, _wanted(resource), after_stop=True)
        case Action.DELETE:
            yield from stop(work, change.address)
        case Action.FORGET:
            _forget(work, change.address)


def _wanted(resource: Resource | None) -> Resource:
    assert resource is not None, "the planner gives these actions to desired resources only"  # noqa: S101
    return resource


def _update(work: Work, change: Change, resource: Resource) -> None:
    session = held(work, change.address)
    wanted = work.fingerprints.applied(resource.spec)
    if "token" in session.applied or "token" in wanted:
        # A token cannot be renewed in a running session: the state keeps the one that was sent.
        wanted = {name: value for name, value in wanted.items() if name != "token"}
        wanted |= {"token": session.applied["token"]} if "token" in session.applied else {}
    for call in (call for call in change.calls if call != "stop"):
        applied = wanted
        if call == "update" and "updateLayout" in change.calls:
            applied = _with_layout_of(session.applied, wanted)
        session = _overwrite(work, change, resource, (session, call, applied))


def _overwrite(
    work: Work, change: Change, resource: Resource, sending: tuple[SessionState, str, Mapping[str, Any]]
) -> SessionState:
    """One update or updateLayout, written down before it is sent and after it was answered."""
    session, call, applied = sending
    unsure = session.open.groups if session.open is not None else ()
    groups = change.groups if call == "update" else frozenset({LAYOUT})
    work.tell(Event(change.address, "call", call))
    sent = replace(session, open=OpenCall(call, work.clock.now(), tuple(sorted({*unsure, *groups}))))
    work.ledger.record(change.address, call, "intent", sent)
    try:
        if call == "update":
            identity = work.recorder.update(reference(session), spec=resource.spec, groups=groups)
        else:
            identity = work.recorder.update_layout(reference(session), spec=resource.spec)
    except OutcomeUnknownError:
        raise  # the ledger holds it as sent, which is true
    except ProviderError:
        work.ledger.record(change.address, call, "failed", session)
        raise
    if identity is None:
        silent = judge(session, None, work.clock.now(), work.policy.confirm_ended_for)
        work.ledger.record(change.address, call, "failed", silent)
        raise TakeupError(
            f"{call} was answered by 404: the session is failing over or has ended.",
            hint="Plan again: it finds out which, and repeats the change or starts anew.",
        )
    left = tuple(group for group in unsure if group not in groups)
    still = OpenCall(call, session.open.at, left) if left and session.open is not None else None
    broken = broken_promises(call, session, identity)
    done = replace(session, applied=applied, open=still, broken=marked(session, broken))
    work.ledger.record(change.address, call, "done", done)
    if broken:
        raise BrokenPromiseError(f"{'; '.join(broken)}.", hint="The state keeps it; look at the session at Agora.")
    return done


def _with_layout_of(old: Mapping[str, Any], new: Mapping[str, Any]) -> dict[str, Any]:
    """`new`, but with the layout of `old`: what is true between update and updateLayout."""
    config = dict(new["recordingConfig"])
    before = old["recordingConfig"].get("transcodingConfig", {})
    picture = {
        name: value for name, value in config.get("transcodingConfig", {}).items() if name not in _LAYOUT_ATTRIBUTES
    }
    picture |= {name: before[name] for name in _LAYOUT_ATTRIBUTES if name in before}
    config["transcodingConfig"] = picture
    return {**new, "recordingConfig": config}


def _forget(work: Work, address: Address) -> None:
    session = held(work, address)
    over = session.liveness is Liveness.ENDED
    how = (session.evidence or "ended") if over else "abandoned: forgotten without being stopped, it may record on"
    ended = ended_session(session, work.clock.now(), how)
    work.ledger.record(address, "forget", "done", None, ended)
