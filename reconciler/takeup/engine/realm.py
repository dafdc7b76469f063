"""Keeps sessions of one service from being judged by another."""

from dataclasses import replace
from types import MappingProxyType

from takeup.core.plan import Target
from takeup.core.snapshot import Snapshot
from takeup.errors import StateError

SHOWN = 5  # names in a warning


def sessions_of(snapshot: Snapshot, target: Target) -> tuple[Snapshot, tuple[str, ...]]:
    """The state without sessions of the embedded emulator when the project has moved on from it.

    A session of a real recorder asked after at another service would answer 404, be believed to have ended, and
    record on with nobody able to stop it; so anything else that does not match is refused.

    Raises:
        StateError: the state holds sessions of another service or another App ID.
    """
    kept, dropped = {}, []
    for address, session in snapshot.sessions.items():
        if session.realm == "embedded" and target.realm != "embedded":
            dropped.append(str(address))
        elif session.realm != target.realm or session.app_id != target.app_id:
            raise StateError(
                f"{address} was started at {session.realm} under App ID {session.app_id}, but this project points at "
                f"{target.endpoint} with App ID {target.app_id}. Asked there, it would look as if it had ended.",
                hint="Run takeup destroy with the former endpoint and App ID first, or give this project another "
                "state path (spec.state.path).",
            )
        else:
            kept[address] = session
    if not dropped:
        return snapshot, ()
    names = ", ".join(dropped[:SHOWN]) + (", ..." if len(dropped) > SHOWN else "")
    told = (
        f"{len(dropped)} session(s) of the embedded emulator are dropped from the state, "
        f"since the project now points at {target.endpoint}: {names}"
    )
    return replace(snapshot, sessions=MappingProxyType(kept)), (told,)
