"""What every change and every recovery needs, and the small things that they do alike."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from takeup.core.address import Address
from takeup.core.plan import Target
from takeup.core.resource import Fingerprints
from takeup.core.snapshot import EndedSession, SessionState
from takeup.engine.ledger import Ledger
from takeup.engine.policy import Policy
from takeup.engine.ports import Clock, Tell
from takeup.engine.refresh import reference
from takeup.errors import ProviderError
from takeup.provider.port import Recorder, Sighting, StopReceipt


@dataclass(frozen=True, slots=True)
class Work:
    """Whom a run talks to, where it writes down what it does, and how patient it is."""

    recorder: Recorder
    ledger: Ledger
    fingerprints: Fingerprints
    policy: Policy
    clock: Clock
    target: Target
    tell: Tell
    interrupted: Callable[[], bool]


def held(work: Work, address: Address) -> SessionState:
    """The session of an address that the plan knows to be recorded."""
    session = work.ledger.session(address)
    assert session is not None, "the planner gives this action to recorded sessions only"  # noqa: S101 - an invariant
    return session


def ask(work: Work, session: SessionState) -> tuple[Sighting | None, str]:
    """One query: what it saw, or why it could not be asked."""
    try:
        return work.recorder.query(reference(session)), ""
    except ProviderError as error:
        return None, error.gist


def ended_session(session: SessionState, at: datetime, how: str, receipt: StopReceipt | None = None) -> EndedSession:
    """What is kept of a session that is over."""
    return EndedSession(
        address=session.address, cname=session.cname, uid=session.uid, mode=session.mode,
        resource_id=session.resource_id, sid=session.sid, started_at=session.started_at, ended_at=at, how=how,
        uploading_status=receipt.uploading_status if receipt else None, files=receipt.files if receipt else (),
    )  # fmt: skip
