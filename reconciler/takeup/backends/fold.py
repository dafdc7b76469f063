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
            serial, count = content.lines[-1].serial, len({line.entry.address for line in content.lines})
            raise StateError(
                f"{source} holds a journal of serial {serial} that names {count} recording{'s' if count > 1 else ''},"
                " but its state is missing. Nothing was changed.",
                hint=f"Put the state of serial {serial} back, from a copy or from version control, and the journal is"
                " folded into it; or the .rescued file that a failed run has named, which holds the journal already."
                " Keep the journal: its lines name the resourceId and sid of each session.",
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


def told(content: JournalContent, source: str) -> tuple[str, ...]:
    """What people must learn of a journal that was read."""
    note = (
        f"The last line of the journal {source} (line {len(content.lines) + 1}) is torn or damaged and was left out:"
        " a crash interrupted it, or a run is writing it at this moment. It was never acknowledged."
    )
    return (note,) if content.torn else ()


def succeed(
    stored: Snapshot | None, snapshot: Snapshot, previous_serial: int | None, source: str, *, edited: bool = False
) -> Snapshot:
    """The snapshot to store in place of `stored`: the serial above both.

    Args:
        stored: what is there.
        snapshot: the state to be.
        previous_serial: the serial that the caller has read.
        source: where, for people.
        edited: whether what is there has another content than was read, under whatever serial.

    Raises:
        StateError: `stored` is not what the caller has read.
    """
    serial = None if stored is None else stored.serial
    if serial is None and previous_serial is not None:
        raise StateError(
            f"{source} is gone: there is no state where serial {previous_serial} was expected. Nothing was written.",
            hint="Put it back, from a copy or from version control, and plan again.",
        )
    if serial == previous_serial and edited:
        raise _edited(serial, source)
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


def check_fence(stored: Snapshot | None, mine: int | None, source: str) -> None:
    """Refuse the run that has lost its lock and does not know it yet.

    Args:
        stored: what is there.
        mine: the number that this run was given with its lock; None without one.
        source: where, for people.

    Raises:
        StateError: a run with a newer lock has written.
    """
    if stored is not None and mine is not None and stored.fence > mine:
        raise StateError(
            f"{source} was taken over: this run held lock number {mine}, and the run of lock number {stored.fence} has"
            " written since. Nothing was changed.",
            hint="This run was out of reach for longer than its lock lasts. Plan again.",
        )


def rescued(snapshot: Snapshot) -> Snapshot:
    """The snapshot to keep where the state could not be written: put in the place of the state, it goes on.

    Its serial is the next one, so that the journal, which it holds already, is not folded into it again.
    """
    return replace(snapshot, serial=snapshot.serial + 1, ended=keep_newest(snapshot.ended))


def left_over(content: JournalContent, serial: int) -> int:
    """How many entries of a journal the state of this serial does not hold yet."""
    return sum(line.serial == serial for line in content.lines)


def folded(count: int, source: str) -> str:
    """What people must learn when a journal was found that no run had folded into its state."""
    return (
        f"A run ended before it could write the state: {count} journal entr{'y' if count == 1 else 'ies'} of"
        f" {source} {'was' if count == 1 else 'were'} folded into it."
    )


def check_journal(stored: Snapshot | None, lineage: str, serial: int, source: str, *, edited: bool = False) -> None:
    """Refuse a journal that could never be folded.

    Raises:
        StateError: the stored state is not that of `lineage` and `serial`, or has another content than was read.
    """
    if stored is None or (stored.lineage, stored.serial) != (lineage, serial):
        raise StateError(
            f"{source} does not hold serial {serial} of lineage {lineage}, so nothing can be journaled on top of it.",
            hint="Another run has changed the state: plan again.",
        )
    if edited:
        raise _edited(serial, source)


def _edited(serial: int | None, source: str) -> StateError:
    return StateError(
        f"{source} was edited by hand, or by another program, since it was read: it still has {_name(serial)}, but"
        " another content. Nothing was changed.",
        hint="Plan again. If you do not know who did it, compare the file with its .backup first.",
    )


def _name(serial: int | None) -> str:
    return "no state" if serial is None else f"serial {serial}"
