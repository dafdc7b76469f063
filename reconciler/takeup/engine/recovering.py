"""A start whose outcome is not known: found out by sending it again with the resourceId that was written down."""

from collections.abc import Generator

from takeup.core.plan import Recovery
from takeup.core.resource import Resource
from takeup.core.snapshot import SessionState
from takeup.engine.confirming import confirm
from takeup.engine.overlapping import take_over
from takeup.engine.ports import Event
from takeup.engine.starting import create, start, with_token
from takeup.engine.stopping import stop_beside
from takeup.engine.work import Work, ended_session, held
from takeup.errors import (
    AlreadyStartedError,
    NeverStartedError,
    NoWorkerError,
    TakeupError,
    TaskConflictError,
)

ADOPTED = "adopted"
STARTED_ANEW = "started anew"
FORGOTTEN = "forgotten"
LOST = "LOST"


def recover(work: Work, item: Recovery, resource: Resource, *, wanted: bool) -> Generator[float, None, str]:
    """Find out what became of a start, and go on from there.

    Args:
        work: as for a change.
        item: what the plan announced.
        resource: whose body is sent: what the manifests declare.
        wanted: whether it is to be recorded.

    Returns:
        ADOPTED, STARTED_ANEW, FORGOTTEN or LOST.

    Raises:
        TakeupError: it is still not known, or what came up then failed; the ledger holds what is known.
    """
    resource = with_token(work, resource.under(held(work, item.address).uid))
    while True:
        session = held(work, item.address)
        work.ledger.record(item.address, "start", "intent", session)
        work.tell(Event(item.address, "call", "start, again with its resourceId"))
        try:
            started = start(work, resource, session, again=True)
        except AlreadyStartedError:
            return LOST
        except TaskConflictError:
            # The triple is live; the last start of ours that may be the reason is it.
            if not session.former:
                return LOST
        except (NeverStartedError, NoWorkerError):
            if not session.former:
                return (yield from _never_started(work, session, resource, wanted=wanted))
        else:
            return (yield from _adopted(work, started, wanted=wanted))


def _adopted(work: Work, session: SessionState, *, wanted: bool) -> Generator[float, None, str]:
    if not wanted:
        raise TakeupError(
            f"an old resourceId started after all (sid {session.sid}), though nobody wants this recording.",
            hint="It is in the state: run the same command again, and it is stopped.",
        )
    yield from confirm(work, session)
    yield from stop_beside(work, session.address)
    return ADOPTED


def _never_started(
    work: Work, session: SessionState, resource: Resource, *, wanted: bool
) -> Generator[float, None, str]:
    beside = session.overlapping
    if wanted:
        yield from create(work, resource) if beside is None else take_over(work, resource, beside)
        return STARTED_ANEW
    if beside is not None:
        return FORGOTTEN  # the ledger holds it again, and the next plan stops it
    before = session.predecessor
    now = work.clock.now()
    ended = ended_session(before, now, before.evidence) if before is not None else None
    work.ledger.record(session.address, "forget", "done", None, ended)
    return FORGOTTEN
