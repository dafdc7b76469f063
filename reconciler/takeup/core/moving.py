"""What happens to a state as a whole: an address that moves, and sessions that would be forgotten. Pure."""

from collections.abc import Iterable
from dataclasses import replace
from types import MappingProxyType

from takeup.core.address import Address
from takeup.core.snapshot import SessionState, Snapshot


def moved(snapshot: Snapshot, old: Address, new: Address) -> Snapshot:
    """The same state with all that it holds of one address under another one of the same kind."""
    sessions = {
        (new if address == old else address): named(session, new) if address == old else session
        for address, session in snapshot.sessions.items()
    }
    ended = tuple(replace(item, address=new) if item.address == old else item for item in snapshot.ended)
    return replace(snapshot, sessions=MappingProxyType(sessions), ended=ended)


def named(session: SessionState, address: Address) -> SessionState:
    """The same session, and those that it keeps beside it, under another address."""
    before, beside = session.predecessor, session.overlapping
    return replace(
        session,
        address=address,
        predecessor=None if before is None else named(before, address),
        overlapping=None if beside is None else named(beside, address),
    )


def forgotten(held: Snapshot, instead: Snapshot) -> tuple[SessionState, ...]:
    """The sessions of a state that another one in its place would know nothing of, and nobody could stop."""
    known = set(_sessions(instead.sessions.values()))
    known |= {(item.resource_id, item.sid) for item in instead.ended}
    known |= {(resource_id, None) for resource_id, _ in known}  # a resourceId is of one session: its sid says more
    return tuple(
        session for _, session in sorted(held.sessions.items()) if any(one not in known for one in _sessions([session]))
    )


def _sessions(sessions: Iterable[SessionState]) -> Iterable[tuple[str, str | None]]:
    for session in sessions:
        yield session.resource_id, session.sid
        yield from _sessions(item for item in (session.predecessor, session.overlapping) if item is not None)
