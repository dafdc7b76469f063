"""What one change does, call by call: each a task that yields how long it wants to wait."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from takeup.core.address import Address
from takeup.core.plan import Action, Change, Target
from takeup.core.resource import Fingerprints, Resource
from takeup.core.snapshot import EndedSession, Liveness, SessionState
from takeup.engine.ledger import Ledger
from takeup.engine.policy import Policy, step
from takeup.engine.ports import Clock, Event, Tell
from takeup.engine.refresh import EXITED, judge, reference
from takeup.errors import NoWorkerError, OutcomeUnknownError, ProviderError, TakeupError, TaskConflictError
from takeup.provider.port import Recorder, Sighting, StopReceipt

UP = frozenset({4, 5})
LAYOUT = (
    "mixedVideoLayout", "maxResolutionUid", "backgroundColor", "backgroundImage", "defaultUserBackgroundImage",
    "layoutConfig", "backgroundConfig",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Work:
    """What every change needs."""

    recorder: Recorder
    ledger: Ledger
    fingerprints: Fingerprints
    policy: Policy
    clock: Clock
    target: Target
    tell: Tell
    interrupted: Callable[[], bool]


def carry_out(work: Work, change: Change, resource: Resource | None) -> Iterator[float]:
    """The task of one change.

    Raises:
        TakeupError: the change failed; the ledger holds what is known.
    """
    match change.action:
        case Action.CREATE:
            yield from _create(work, _wanted(resource), after_stop=False)
        case Action.UPDATE:
            _update(work, change, _wanted(resource))
        case Action.REPLACE:
            yield from _stop(work, change.address)
            yield from _create(work, _wanted(resource), after_stop=True)
        case Action.DELETE:
            yield from _stop(work, change.address)
        case Action.FORGET:
            _forget(work, change.address)


def _wanted(resource: Resource | None) -> Resource:
    assert resource is not None, "the planner gives these actions to desired resources only"  # noqa: S101
    return resource


def _create(work: Work, resource: Resource, *, after_stop: bool) -> Iterator[float]:
    attempts = 4 if after_stop else 2
    for attempt in range(1, attempts + 1):
        try:
            session = _acquire_and_start(work, resource)
            break
        except TaskConflictError:
            # Just after our own stop the old session may still be leaving; else somebody else's records there.
            if not after_stop or attempt == attempts:
                raise
            yield step(attempt)
        except NoWorkerError:
            # Agora: a new acquire and start at once (500/502). Nothing was started.
            if attempt >= 2:  # noqa: PLR2004 - one second try
                raise
    yield from _confirm(work, session)


def _acquire_and_start(work: Work, resource: Resource) -> SessionState:
    """Acquire, write down, start, write down. What may be running is never forgotten."""
    address, ledger = resource.address, work.ledger
    mode = address.kind.mode
    before = ledger.session(address)
    work.tell(Event(address, "call", "acquire, start"))
    work.recorder.pair()
    resource_id = work.recorder.acquire(cname=resource.cname, uid=resource.uid, mode=mode, spec=resource.spec)
    now = work.clock.now()
    sent = SessionState(
        address=address, realm=work.target.realm, app_id=work.target.app_id, cname=resource.cname, uid=resource.uid,
        mode=mode, applied=work.fingerprints.applied(resource.spec), resource_id=resource_id, sid=None,
        liveness=Liveness.LOST, started_at=now,
        evidence=f"start was sent at {now:%Y-%m-%d %H:%M:%S} UTC and not answered",
    )  # fmt: skip
    ledger.record(address, "start", "intent", sent, _ended(before, now, before.evidence) if before else None)
    try:
        sid = work.recorder.start(
            cname=resource.cname, uid=resource.uid, mode=mode, resource_id=resource_id, spec=resource.spec
        )
    except OutcomeUnknownError as error:
        ledger.record(address, "start", "failed", replace(sent, evidence=f"{sent.evidence}: {error.message}"))
        raise
    except ProviderError:
        ledger.record(address, "start", "failed", None)
        raise
    started = replace(sent, sid=sid, liveness=Liveness.UNKNOWN, evidence="started, not yet confirmed")
    ledger.record(address, "start", "done", started)
    return started


def _confirm(work: Work, session: SessionState) -> Iterator[float]:
    """`start` answering 200 means accepted: ask until status is 4 or 5, at most `start_within` seconds [bp]."""
    yield work.policy.first_query_after
    asked, silent_since = 0, None
    while True:
        sighting, trouble = _ask(work, session)
        now = work.clock.now()
        asked += 1
        if sighting is None and not trouble:
            silent_since = silent_since or now
        if sighting is not None and sighting.status in UP:
            evidence = f"status {sighting.status}"
            up = replace(session, liveness=Liveness.RUNNING, confirmed_at=now, evidence=evidence)
            work.ledger.record(session.address, "confirm", "done", up)
            return
        left = work.policy.start_within - (now - session.started_at).total_seconds()
        exited = sighting is not None and sighting.status in EXITED
        if exited or left <= 0 or work.interrupted():
            raise _not_up(work, session, sighting, silent_since, trouble)
        yield max(0.02, min(step(asked), left))


def _ask(work: Work, session: SessionState) -> tuple[Sighting | None, str]:
    try:
        return work.recorder.query(reference(session)), ""
    except ProviderError as error:
        return None, error.message


def _not_up(
    work: Work, session: SessionState, sighting: Sighting | None, silent_since: datetime | None, trouble: str
) -> TakeupError:
    now = work.clock.now()
    if trouble:
        seen, kept = trouble, replace(session, evidence=f"started, not confirmed: {trouble}")
    else:
        kept = judge(
            replace(session, suspect_since=silent_since if sighting is None else None),
            sighting,
            now,
            work.policy.confirm_ended_for,
        )
        seen = kept.evidence
    work.ledger.record(session.address, "confirm", "failed", kept)
    if work.interrupted() and kept.liveness is not Liveness.ENDED:
        return TakeupError(
            f"started (sid {session.sid}), not confirmed because of the interruption; the last answer was: {seen}",
            hint="It is in the state; the next plan asks after it.",
        )
    waited = (now - session.started_at).total_seconds()
    return TakeupError(
        f"start was accepted (sid {session.sid}), but the session did not come up within {waited:.0f} s: {seen}",
        hint="Likely causes: a wrong storage key, bucket or region; a token that is missing, expired or for another "
        "channel or uid; a uid that somebody in the channel already uses. "
        "It stays in the state; the next plan judges it.",
    )


def _update(work: Work, change: Change, resource: Resource) -> None:
    address = change.address
    session = _held(work, address)
    wanted = work.fingerprints.applied(resource.spec)
    if "token" in session.applied or "token" in wanted:
        # A token cannot be renewed in a running session: the state keeps the one that was sent.
        wanted = {name: value for name, value in wanted.items() if name != "token"}
        wanted |= {"token": session.applied["token"]} if "token" in session.applied else {}
    for call in change.calls:
        work.tell(Event(address, "call", call))
        work.ledger.record(address, call, "intent", session)
        if call == "update":
            there = work.recorder.update(reference(session), spec=resource.spec, groups=change.groups)
            applied = _with_layout_of(session.applied, wanted) if "updateLayout" in change.calls else wanted
        else:
            there = work.recorder.update_layout(reference(session), spec=resource.spec)
            applied = wanted
        if not there:
            session = judge(session, None, work.clock.now(), work.policy.confirm_ended_for)
            work.ledger.record(address, call, "failed", session)
            raise TakeupError(
                f"{call} was answered by 404: the session is failing over or has ended.",
                hint="Plan again: it finds out which, and repeats the change or starts anew.",
            )
        session = replace(session, applied=applied)
        work.ledger.record(address, call, "done", session)


def _with_layout_of(old: Mapping[str, Any], new: Mapping[str, Any]) -> dict[str, Any]:
    """`new`, but with the layout of `old`: what is true between update and updateLayout."""
    config = dict(new["recordingConfig"])
    before = old["recordingConfig"].get("transcodingConfig", {})
    picture = {name: value for name, value in config.get("transcodingConfig", {}).items() if name not in LAYOUT}
    picture |= {name: before[name] for name in LAYOUT if name in before}
    config["transcodingConfig"] = picture
    return {**new, "recordingConfig": config}


def _stop(work: Work, address: Address) -> Iterator[float]:
    session = _held(work, address)
    work.tell(Event(address, "call", "stop"))
    work.ledger.record(address, "stop", "intent", session)
    receipt = work.recorder.stop(reference(session))
    if receipt.gone or receipt.exiting:
        yield from _until_gone(work, session, receipt)
    how = "stopped" if not receipt.gone else "had ended (404 confirmed) when it was to be stopped"
    ended = _ended(session, work.clock.now(), receipt.note or how, receipt)
    work.ledger.record(address, "stop", "done", None, ended)


def _until_gone(work: Work, session: SessionState, receipt: StopReceipt) -> Iterator[float]:
    """404 may be a failover and 400/49 an exit under way: the end is believed when queries confirm it."""
    asked, since = 0, work.clock.now()
    seen = session if receipt.exiting else judge(session, None, since, work.policy.confirm_ended_for)
    while seen.liveness is not Liveness.ENDED:
        asked += 1
        left = work.policy.confirm_ended_for - (work.clock.now() - since).total_seconds()
        if work.interrupted():
            work.ledger.record(session.address, "stop", "failed", seen)
            raise TakeupError("stop was sent; whether the session ended was not confirmed because of the interruption.")
        yield max(0.02, min(step(asked), left))
        sighting, trouble = _ask(work, session)
        if trouble:
            continue
        seen = judge(seen, sighting, work.clock.now(), work.policy.confirm_ended_for)
        if seen.liveness is Liveness.RUNNING and left <= 0:
            work.ledger.record(session.address, "stop", "failed", seen)
            raise TakeupError("stop was refused and the session still runs.", hint="Run the same command again.")
        if receipt.exiting and sighting is None:
            return  # it said that it was exiting, and now it is gone


def _forget(work: Work, address: Address) -> None:
    session = _held(work, address)
    ended = _ended(session, work.clock.now(), session.evidence or "ended")
    work.ledger.record(address, "forget", "done", None, ended)


def _held(work: Work, address: Address) -> SessionState:
    session = work.ledger.session(address)
    assert session is not None, "the planner gives this action to recorded sessions only"  # noqa: S101
    return session


def _ended(session: SessionState, at: datetime, how: str, receipt: StopReceipt | None = None) -> EndedSession:
    return EndedSession(
        address=session.address, cname=session.cname, uid=session.uid, mode=session.mode,
        resource_id=session.resource_id, sid=session.sid, started_at=session.started_at, ended_at=at, how=how,
        uploading_status=receipt.uploading_status if receipt else None, files=receipt.files if receipt else (),
    )  # fmt: skip
