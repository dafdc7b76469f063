"""The rules that every backend keeps: how a journal joins its state, and which write is refused. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from types import MappingProxyType

from takeup.core.snapshot import EndedSession, JournalEntry, Snapshot
from takeup.errors import StateError

KEPT_PER_ADDRESS = 5


@dataclass(frozen=True, slots=True)
class JournalLine:
    """One entry, and the state that it was written on top of."""

    lineage: str
    serial: int
    entry: JournalEntry


@dataclass(frozen=True, slots=True)
class JournalContent:
    """What a journal holds.

    `intact` counts the bytes of whole lines; `torn` tells that what follows them was cut, the rest of a line
    that a crash interrupted and that nobody was told to be durable.
    """

    lines: tuple[JournalLine, ...]
    intact: int
    torn: bool


def fold(snapshot: Snapshot, entries: Iterable[JournalEntry]) -> Snapshot:
    """The state after these entries, in their order. The serial stays."""
    sessions, ended = dict(snapshot.sessions), list(snapshot.ended)
    for entry in entries:
        if entry.session is None:
            sessions.pop(entry.address, None)
        else:
            sessions[entry.address] = entry.session
        if entry.ended is not None:
            ended.append(entry.ended)
    return replace(snapshot, sessions=MappingProxyType(sessions), ended=tuple(ended))


def keep_newest(ended: tuple[EndedSession, ...]) -> tuple[EndedSession, ...]:
    """The newest 5 ended sessions of each address, in the order given."""
    by_age = sorted(range(len(ended)), key=lambda index: (ended[index].ended_at, index), reverse=True)
    counts: dict[str, int] = {}
    kept = set()
    for index in by_age:
        address = str(ended[index].address)
        counts[address] = counts.get(address, 0) + 1
        if counts[address] <= KEPT_PER_ADDRESS:
            kept.add(index)
    return tuple(session for index, session in enumerate(ended) if index in kept)


def join(state: Snapshot | None, content: JournalContent, source: str) -> Snapshot | None:
    """Fold a journal into its state.

    An entry of an older serial is in the state already: a run ended before it could drop its journal.

    Raises:
        StateError: the journal is not that of this state.
    """
    if state is None:
        if content.lines:
            raise StateError(
                f"{source} holds a journal, but its state is missing. Nothing was changed.",
                hint="Restore the state from its .backup; the journal may hold the only trace of sessions.",
            )
        return None
    for line in content.lines:
        if line.lineage != state.lineage or line.serial > state.serial:
            what = "another lineage" if line.lineage != state.lineage else f"serial {line.serial}"
            raise StateError(
                f"{source} holds a journal of {what}, but the state has serial {state.serial} of lineage"
                f" {state.lineage}. Nothing was changed.",
                hint="The state was replaced by an older or foreign one: restore the one that the journal belongs to.",
            )
    return fold(state, (line.entry for line in content.lines if line.serial == state.serial))


def succeed(stored: Snapshot | None, snapshot: Snapshot, previous_serial: int | None, source: str) -> Snapshot:
    """The snapshot to store in place of `stored`: the serial above both.

    Raises:
        StateError: `stored` is not what the caller has read.
    """
    serial = None if stored is None else stored.serial
    if serial != previous_serial:
        raise StateError(
            f"{source} was changed by another run: it has {_name(serial)} where {_name(previous_serial)} was"
            " expected. Nothing was changed.",
            hint="Plan again, and apply the new plan.",
        )
    if stored is not None and stored.lineage != snapshot.lineage:
        raise StateError(
            f"{source} has lineage {stored.lineage}, not {snapshot.lineage}: it is the state of something"
            " else. Nothing was changed.",
            hint="Give each project a state path of its own.",
        )
    return replace(snapshot, serial=max(snapshot.serial, serial or 0) + 1, ended=keep_newest(snapshot.ended))


def check_journal(stored: Snapshot | None, lineage: str, serial: int, source: str) -> None:
    """Refuse a journal that could never be folded.

    Raises:
        StateError: the stored state is not that of `lineage` and `serial`.
    """
    if stored is None or (stored.lineage, stored.serial) != (lineage, serial):
        raise StateError(
            f"{source} does not hold serial {serial} of lineage {lineage}, so nothing can be journaled on top of it.",
            hint="Another run has changed the state: plan again.",
        )


def _name(serial: int | None) -> str:
    return "no state" if serial is None else f"serial {serial}"
