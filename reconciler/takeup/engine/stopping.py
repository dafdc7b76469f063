"""A stop, and what it takes to know that a session is gone."""

from collections.abc import Iterator
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


def stop(work: Work, address: Address) -> Iterator[float]:
    """Stop a session and forget it, once it is surely gone.

    Raises:
        TakeupError: it may still run; the ledger holds it.
    """
    session = held(work, address)
    work.tell(Event(address, "call", "stop"))
    sent = replace(session, open=OpenCall("stop", work.clock.now()))
    work.ledger.record(address, "stop", "intent", sent)
    try:
        receipt = work.recorder.stop(reference(session))
    except OutcomeUnknownError:
        raise  # the ledger holds it as sent, which is true; the next refresh asks after it
    except ProviderError:
        work.ledger.record(address, "stop", "failed", session)
        raise
    broken = broken_promises("stop", session, receipt.identity)
    if broken:
        doubtful = replace(sent, broken=marked(session, broken))
        work.ledger.record(address, "stop", "failed", doubtful)
        raise BrokenPromiseError(f"{'; '.join(broken)}.", hint="Plan again: it asks whether the session still runs.")
    if receipt.gone or receipt.exiting:
        yield from _until_gone(work, sent, receipt)
    how = "stopped" if not receipt.gone else "had ended (404 confirmed) when it was to be stopped"
    ended = ended_session(session, work.clock.now(), receipt.note or how, receipt)
    work.ledger.record(address, "stop", "done", None, ended)


def _until_gone(work: Work, session: SessionState, receipt: StopReceipt) -> Iterator[float]:
    """404 may be a failover and 400/49 an exit under way: the end is believed when queries confirm it."""
    asked, began = 0, work.clock.elapsed()
    now = work.clock.now()
    seen = session if receipt.exiting else judge(session, None, now, work.policy.confirm_ended_for)
    while seen.liveness is not Liveness.ENDED:
        asked += 1
        left = work.policy.confirm_ended_for - (work.clock.elapsed() - began)
        if work.interrupted():
            work.ledger.record(session.address, "stop", "failed", seen)
            raise TakeupError("stop was sent; whether the session ended was not confirmed because of the interruption.")
        yield max(0.02, min(step(asked), left))
        sighting, trouble = ask(work, session)
        if trouble and left > 0:
            continue
        if trouble:
            work.ledger.record(session.address, "stop", "failed", seen)
            raise TakeupError(f"stop was sent; whether the session ended could not be asked: {trouble}")
        seen = judge(seen, sighting, work.clock.now(), work.policy.confirm_ended_for)
        if sighting is not None and left <= 0 and seen.liveness is not Liveness.ENDED:
            work.ledger.record(session.address, "stop", "failed", replace(seen, open=None))
            raise TakeupError("stop was refused and the session still runs.", hint="Run the same command again.")
        if receipt.exiting and sighting is None:
            return  # it said that it was exiting, and now it is gone
