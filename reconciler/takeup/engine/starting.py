"""Acquire and start, call by call: what may be running is written down before, and not forgotten after."""

from collections.abc import Generator, Iterator
from dataclasses import dataclass, replace
from datetime import datetime

from takeup.core.resource import Resource
from takeup.core.restarting import short_lives
from takeup.core.secret import Secret
from takeup.core.snapshot import Liveness, OpenCall, SessionState
from takeup.core.token import expires_at
from takeup.engine.confirming import confirm
from takeup.engine.policy import step
from takeup.engine.ports import Event
from takeup.engine.referee import broken_promises, marked
from takeup.engine.work import Work, ended_session
from takeup.errors import (
    BrokenPromiseError,
    NeverStartedError,
    NotCompletedError,
    NoWorkerError,
    OutcomeUnknownError,
    ProviderError,
    TaskConflictError,
)

_CONFLICTS = 3
"""How often a start is repeated that still finds the session which was just stopped."""


@dataclass(frozen=True, slots=True)
class _Others:
    """What stands behind a start: the session that was believed to have ended, or the one that records on beside it."""

    over: SessionState | None = None
    beside: SessionState | None = None


def create(
    work: Work, resource: Resource, *, after_stop: bool = False, beside: SessionState | None = None
) -> Iterator[float]:
    """Acquire, start, confirm.

    Args:
        work: whom to call and where to write.
        resource: what is wanted; where its tokens are built, it gets one.
        after_stop: whether the same uid was stopped just before.
        beside: the session that records on under another uid, and is held again where this one fails.

    Raises:
        TakeupError: it does not record, or it is not known whether; the ledger holds what is known.
    """
    resource = with_token(work, resource)
    others = _Others(beside=beside) if beside is not None else _Others(work.ledger.session(resource.address))
    session = yield from _acquire_and_start(work, resource, others, after_stop=after_stop)
    yield from confirm(work, session)


def with_token(work: Work, resource: Resource) -> Resource:
    """The resource with a fresh token, where its tokens are built."""
    return resource.with_token(work.target.app_id, work.clock.now(), work.salt())


def _acquire_and_start(
    work: Work, resource: Resource, others: _Others, *, after_stop: bool
) -> Generator[float, None, SessionState]:
    acquires = conflicts = 0
    former: tuple[str, ...] = ()
    denied: tuple[SessionState, ...] = ()
    while True:
        sent = _acquire(work, resource, others, former)
        acquires += 1
        try:
            return start(work, resource, sent)
        except TaskConflictError:
            # Just after our own stop the old session may still be leaving; else somebody else's records there.
            conflicts += 1
            if not after_stop or former or conflicts > _CONFLICTS or work.interrupted():
                if denied and not former:
                    _one_of(work, denied)
                raise
            acquires -= 1
            yield step(conflicts)
        except (NotCompletedError, NoWorkerError, NeverStartedError) as error:
            # Agora: a new acquire and start, at once where it had no worker (500/502), and after 3 s and 6 s of the
            # same where it did not complete (206/65, 62) [codes, bp]. Had the first start its effect after all,
            # the second is refused by 400/53, which proves it.
            if acquires >= work.policy.acquires or work.interrupted():
                raise
            if isinstance(error, NotCompletedError):
                former = (sent.resource_id, *former)
            else:
                denied = (sent, *denied)


def _one_of(work: Work, denied: tuple[SessionState, ...]) -> None:
    """The triple is live though our own starts were all answered by "not started": one of them may be what records."""
    last, *others = denied
    doubtful = replace(last, former=tuple(item.resource_id for item in others))
    why = "start was said not to have started anything, and then another one of the same uid was refused (400/53)"
    work.ledger.record(last.address, "start", "failed", _lost(work, doubtful, why))


def _acquire(work: Work, resource: Resource, others: _Others, former: tuple[str, ...]) -> SessionState:
    """Reserve a resourceId and announce its start. Nothing is running under it yet."""
    address, mode = resource.address, resource.address.kind.mode
    work.tell(Event(address, "call", "acquire, start"))
    work.recorder.pair()
    acquired = work.recorder.acquire(cname=resource.cname, uid=resource.uid, mode=mode, spec=resource.spec)
    now = work.clock.now()
    reserved = SessionState(
        address=address, realm=work.target.realm, app_id=work.target.app_id, cname=resource.cname, uid=resource.uid,
        mode=mode, applied=work.fingerprints.applied(resource.spec), resource_id=acquired.resource_id, sid=None,
        liveness=Liveness.ENDED, started_at=now, since=now, evidence="acquired, and never started",
        token_expires_at=_token_end(resource), former=former, predecessor=others.over,
        overlapping=others.beside,
        prevent_stop=bool(resource.lifecycle.prevent_stop), short_lives=short_lives(others.over),
    )  # fmt: skip
    broken = broken_promises("acquire", reserved, acquired.identity)
    if broken:
        raise BrokenPromiseError(f"{'; '.join(broken)}. Nothing was started.", hint="Run it again, and tell Agora.")
    sent = replace(
        reserved,
        liveness=Liveness.LOST,
        evidence=f"start was sent at {now:%Y-%m-%d %H:%M:%S} UTC and not answered",
        open=OpenCall("start", now),
    )
    work.ledger.record_both(("acquire", "done", reserved), ("start", "intent", sent))
    return sent


def _token_end(resource: Resource) -> datetime | None:
    token = resource.spec.get("token")
    return expires_at(token.reveal()) if isinstance(token, Secret) else None


def start(work: Work, resource: Resource, sent: SessionState, *, again: bool = False) -> SessionState:
    """Send a start that the ledger holds as sent, and write down what came of it.

    Args:
        work: whom to call and where to write.
        resource: whose body is sent.
        sent: the session as the ledger holds it.
        again: whether an earlier run sent it before: then only an answer about the resourceId says that it does
            not run, and everything else leaves it as it was.

    Returns:
        The session with its sid: accepted, not yet confirmed.

    Raises:
        ProviderError: as the port says; the ledger holds the session that may be running, or what was before it.
    """
    try:
        started = work.recorder.start(
            cname=sent.cname, uid=sent.uid, mode=sent.mode, resource_id=sent.resource_id, spec=resource.spec
        )
    except OutcomeUnknownError as error:
        work.ledger.record(sent.address, "start", "failed", _lost(work, sent, error.gist))
        raise
    except (NeverStartedError, NoWorkerError) as error:
        work.ledger.record(sent.address, "start", "failed", not_started(work, sent, error.gist))
        raise
    except TaskConflictError as error:
        held = _conflicting(work, sent, error.gist, again=again)
        work.ledger.record(sent.address, "start", "failed", held)
        raise
    except ProviderError as error:
        held = _lost(work, sent, error.gist) if again else not_started(work, sent, error.gist)
        work.ledger.record(sent.address, "start", "failed", held)
        raise
    now = work.clock.now()
    # Sent again, it may have been answered for the first one, whose token ends earlier.
    ends = [end for end in (_token_end(resource), sent.token_expires_at if again else None) if end is not None]
    broken = broken_promises("start", sent, started.identity)
    session = replace(
        sent, sid=started.sid, applied=work.fingerprints.applied(resource.spec), liveness=Liveness.UNKNOWN, since=now,
        evidence="started, not yet confirmed", open=None, former=(), predecessor=None, broken=marked(sent, broken),
        token_expires_at=min(ends, default=None),
    )  # fmt: skip
    over = sent.predecessor
    work.ledger.record(
        sent.address, "start", "done", session, ended_session(over, now, over.evidence) if over is not None else None
    )
    return session


def _lost(work: Work, sent: SessionState, why: str) -> SessionState:
    head = f"start was sent at {sent.started_at:%Y-%m-%d %H:%M:%S} UTC"
    told = f" and {why.removeprefix('start ')}" if why.startswith("start was ") else f": {why}"
    return replace(sent.found(Liveness.LOST, f"{head}{told}", work.clock.now()), since=sent.since)


def not_started(work: Work, sent: SessionState, why: str) -> SessionState | None:
    """What is held after a start that surely had no effect: an earlier try that may run, or what was before it."""
    if sent.former:
        first, *others = sent.former
        return _lost(work, replace(sent, resource_id=first, former=tuple(others)), why)
    return sent.overlapping or sent.predecessor


def _conflicting(work: Work, sent: SessionState, why: str, *, again: bool) -> SessionState | None:
    """400/53 proves that the triple is live: by an earlier try, or by the session that was believed to have ended."""
    before = sent.predecessor
    if again and not sent.former:
        return _lost(work, sent, why)
    if not sent.former and before is not None and before.sid is not None:
        now = work.clock.now()
        evidence = f"believed to have ended, but a start of the same uid was refused at {now:%H:%M:%S} UTC (400/53)"
        return replace(before.found(Liveness.SUSPECT, evidence, now), suspect_since=now)
    return not_started(work, sent, why)
