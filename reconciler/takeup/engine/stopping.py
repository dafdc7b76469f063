"""A stop, and what it takes to know that a session is gone."""

from collections.abc import Callable, Iterator
from dataclasses import replace

from takeup.core.address import Address
from takeup.core.snapshot import Liveness, OpenCall, SessionState
from takeup.engine.judging import judge
from takeup.engine.policy import step
from takeup.engine.ports import Event
from takeup.engine.referee import broken_promises, marked
from takeup.engine.refresh import reference
from takeup.engine.work import Work, ask, ended_session, held
from takeup.errors import BrokenPromiseError, OutcomeUnknownError, ProviderError, TakeupError
from takeup.provider.port import StopReceipt

Keep = Callable[[SessionState | None], SessionState | None]
"""What the ledger holds of the address, when this is what is left of the session that is stopped."""


def stop(work: Work, address: Address) -> Iterator[float]:
    """Stop a session, and the one beside it if there is one, and forget it, once it is surely gone.

    Raises:
        TakeupError: it may still run; the ledger holds it.
    """
    yield from stop_beside(work, address)
    session = held(work, address)
    if session.sid is not None:  # what is LOST stays in the state: no call can stop it
        yield from _stop(work, session, lambda left: left)


def stop_beside(work: Work, address: Address) -> Iterator[float]:
    """Stop the session that another one took over from, if there is one; the other one stays as it is.

    Raises:
        TakeupError: it may still run; the ledger holds both.
    """
    session = held(work, address)
    if session.overlapping is not None:
        yield from _stop(work, session.overlapping, lambda left: replace(session, overlapping=left))


def _stop(work: Work, session: SessionState, keep: Keep) -> Iterator[float]:
    address = session.address
    work.tell(Event(address, "call", "stop"))
    sent_at = work.clock.now()
    sent = replace(session, open=OpenCall("stop", sent_at))
    work.ledger.record(address, "stop", "intent", keep(sent))
    try:
        receipt = work.recorder.stop(reference(session))
    except OutcomeUnknownError:
        raise  # the ledger holds it as sent, which is true; the next refresh asks after it
    except ProviderError:
        work.ledger.record(address, "stop", "failed", keep(session))
        raise
    broken = broken_promises("stop", session, receipt.identity)
    if broken:
        doubtful = replace(sent, broken=marked(session, broken))
        work.ledger.record(address, "stop", "failed", keep(doubtful))
        raise BrokenPromiseError(f"{'; '.join(broken)}.", hint="Plan again: it asks whether the session still runs.")
    if receipt.gone or receipt.exiting:
        yield from _until_gone(work, sent, receipt, keep)
    how = "stopped" if not receipt.gone else "had ended (404 confirmed) when it was to be stopped"
    ended = ended_session(session, work.clock.now(), receipt.note or how, receipt)
    if receipt.gone:
        ended = replace(ended, gone_at=sent_at)
    elif not receipt.exiting:  # what could be stopped was there until then
        ended = replace(ended, seen_at=sent_at)
    work.ledger.record(address, "stop", "done", keep(None), ended)


def _until_gone(work: Work, session: SessionState, receipt: StopReceipt, keep: Keep) -> Iterator[float]:
    """404 may be a failover and 400/49 an exit under way: the end is believed when queries confirm it."""
    asked, began = 0, work.clock.elapsed()
    now = work.clock.now()
    seen = session if receipt.exiting else judge(session, None, now, work.policy.confirm_ended_for)
    while seen.liveness is not Liveness.ENDED:
        asked += 1
        left = work.policy.confirm_ended_for - (work.clock.elapsed() - began)
        if work.interrupted():
            work.ledger.record(session.address, "stop", "failed", keep(seen))
            raise TakeupError("stop was sent; whether the session ended was not confirmed because of the interruption.")
        yield max(0.02, min(step(asked), left))
        sighting, trouble = ask(work, session)
        if trouble and left > 0:
            continue
        if trouble:
            work.ledger.record(session.address, "stop", "failed", keep(seen))
            raise TakeupError(f"stop was sent; whether the session ended could not be asked: {trouble}")
        seen = judge(seen, sighting, work.clock.now(), work.policy.confirm_ended_for)
        if sighting is not None and left <= 0 and seen.liveness is not Liveness.ENDED:
            work.ledger.record(session.address, "stop", "failed", keep(replace(seen, open=None)))
            raise TakeupError("stop was refused and the session still runs.", hint="Run the same command again.")
        if receipt.exiting and sighting is None:
            return  # it said that it was exiting, and now it is gone
