"""Looks for what is wrong with a state, its journal and its earlier versions, and mends what can be mended safely.

Nothing is mended that would make a session unknown: what is damaged is told, and left for a person.
"""

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass

from takeup.backends.port import Backend
from takeup.core.snapshot import Liveness, Snapshot
from takeup.errors import StateError, StateKeyError


@dataclass(frozen=True, slots=True)
class Flaw:
    """One thing that is wrong, and what to do about it. `mended` tells what a repair does; empty: nothing."""

    problem: str
    advice: str = ""
    mended: str = ""


def examine(backend: Backend) -> tuple[Flaw, ...]:
    """Everything that is wrong. Writes nothing."""
    return tuple(_flaws(backend))


def repair(backend: Backend) -> tuple[str, ...]:
    """Mend what can be mended; the caller holds the lock. Returns what was done.

    Raises:
        StateError: the state cannot be read or written.
    """
    done = []
    snapshot = backend.read()
    if snapshot is not None and backend.notes():
        stored = backend.write(snapshot, previous_serial=snapshot.serial)
        done.append(f"The state was written anew as serial {stored.serial}, with its journal folded in.")
    names = backend.leftovers()
    if names:
        backend.sweep()
        done.append(f"Removed: {', '.join(names)}.")
    return tuple(done)


def _flaws(backend: Backend) -> Iterator[Flaw]:
    try:
        snapshot = backend.read()
    except StateError as error:
        yield Flaw(error.message, error.hint)
    else:
        for note in backend.notes():
            yield Flaw(note, mended="Writes the state anew, with the whole lines of the journal folded in.")
        if snapshot is not None:
            yield from _inside(snapshot)
    names: tuple[str, ...] = ()
    with suppress(StateError):  # told above
        names = backend.leftovers()
    if names:
        yield Flaw(f"Left behind by runs that ended early: {', '.join(names)}.", mended="Removes them.")
    yield from _earlier(backend)


def _inside(snapshot: Snapshot) -> Iterator[Flaw]:
    seen: dict[tuple[str, str, str, str], str] = {}
    sids: dict[str, str] = {}
    for address, session in sorted(snapshot.sessions.items()):
        recorder = (session.realm, session.app_id, session.cname, session.uid)
        first = seen.setdefault(recorder, str(address))
        if first != str(address):
            yield Flaw(
                f"{first} and {address} are the same recorder: channel {session.cname}, uid {session.uid}.",
                f"Ask after both with: takeup drift. Then give up the wrong one: takeup state rm {address}",
            )
        if session.sid is not None and sids.setdefault(session.sid, str(address)) != str(address):
            yield Flaw(
                f"{sids[session.sid]} and {address} hold the same session, sid {session.sid}.",
                f"Give up the wrong one: takeup state rm {address}",
            )
        if session.liveness is Liveness.LOST:
            yield Flaw(
                f"{address} is LOST: it may be recording, and no call can reach it.",
                "takeup drift tells more; docs/how-to/when-a-session-is-lost.md says what to do.",
            )


def _earlier(backend: Backend) -> Iterator[Flaw]:
    try:
        versions = backend.history()
    except StateError:
        return  # this place keeps none
    for version in versions:
        try:
            backend.past(version.serial)
        except StateKeyError as error:  # a key may come back
            yield Flaw(f"An earlier state cannot be read: {error.message}", error.hint)
        except StateError as error:
            yield Flaw(f"An earlier state cannot be read: {error.message}", "It is of no use; remove it.")
