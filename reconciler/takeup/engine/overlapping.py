"""A replacement without a gap: the new session is up before the old one is stopped. Both are known at any moment.

The new session is the one that is held, with the old one in it (`overlapping`). Until the new one is up, whatever
fails leaves the old one as it was; from then on all that is left to do is to stop the old one.
"""

from collections.abc import Iterator

from takeup.core.address import Address
from takeup.core.resource import Resource
from takeup.core.snapshot import SessionState
from takeup.engine.confirming import confirm
from takeup.engine.starting import create
from takeup.engine.stopping import stop_beside
from takeup.engine.work import Work, held


def take_over(work: Work, resource: Resource, old: SessionState) -> Iterator[float]:
    """Start under the other uid, confirm, then stop what records under the old one.

    Raises:
        TakeupError: the new one does not record, and the old one goes on; or the old one may still record. The
            ledger holds what is known.
    """
    yield from create(work, resource, beside=old)
    yield from stop_beside(work, resource.address)


def finish(work: Work, address: Address) -> Iterator[float]:
    """Carry an overlap to its end that an earlier run began: is the new one up, then stop the old one.

    Raises:
        TakeupError: the new one is not up, or the old one may still record; the ledger holds both.
    """
    session = held(work, address)
    if session.overlapping is None:
        return
    if session.confirmed_at is None:
        yield from confirm(work, session)
    yield from stop_beside(work, address)
