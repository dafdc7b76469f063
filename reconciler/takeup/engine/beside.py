"""Two sessions of one resource, while one takes over from the other: asked after separately, kept as one. Pure."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import datetime

from takeup.core.address import Address
from takeup.core.snapshot import EndedSession, Liveness, SessionState

Slot = tuple[Address, bool]
"""One session: of this address, and whether it is the one that records beside the newer one."""


def spread(sessions: Iterable[SessionState]) -> dict[Slot, SessionState]:
    """Every session by itself."""
    slots: dict[Slot, SessionState] = {}
    for session in sessions:
        slots[session.address, False] = session
        if session.overlapping is not None:
            slots[session.address, True] = session.overlapping
    return slots


def joined(
    slots: Mapping[Slot, SessionState], now: datetime
) -> tuple[dict[Address, SessionState], tuple[EndedSession, ...]]:
    """The sessions by address again, and those that are over because the other one outlived them."""
    sessions: dict[Address, SessionState] = {}
    over: list[EndedSession] = []
    for (address, beside), session in slots.items():
        if beside:
            continue
        left, gone = outlived(session, slots.get((address, True)))
        sessions[address] = left
        over.extend([gone.ended(now, gone.evidence or "ended")] if gone is not None else [])
    return sessions, tuple(over)


def outlived(session: SessionState, beside: SessionState | None) -> tuple[SessionState, SessionState | None]:
    """Which of two sessions is held from now on, with the other one in it; or else without it, for it is over.

    Args:
        session: the newer one.
        beside: the one it takes over from, as it is by now; None where there is none.

    Returns:
        What is held, and the one of the two that is over.
    """
    if beside is None:
        return session, None
    if beside.liveness is Liveness.ENDED:
        return replace(session, overlapping=None), beside
    if session.liveness is Liveness.ENDED:
        return beside, session
    return (session if beside is session.overlapping else replace(session, overlapping=beside)), None
