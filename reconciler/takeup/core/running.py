"""What runs before a plan is carried out, and until when at the latest. Pure."""

from collections.abc import Callable

from takeup.core.address import Address
from takeup.core.ending import latest_end
from takeup.core.plan import Running
from takeup.core.snapshot import Liveness, SessionState, Snapshot


def running(prior: Snapshot, takes: Callable[[Address], bool]) -> tuple[Running, ...]:
    """Every session that may be recording, by address.

    Args:
        prior: the state after the refresh.
        takes: whether the plan is about an address.
    """
    sessions = (session for address, session in sorted(prior.sessions.items()) if takes(address))
    return tuple(_running(session) for session in sessions if session.liveness is not Liveness.ENDED)


def _running(session: SessionState) -> Running:
    ends_at, ends = latest_end(session)
    return Running(session.address, session.liveness.value, session.started_at, ends_at, ends)
