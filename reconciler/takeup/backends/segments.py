"""A journal where nothing can be appended to: numbered objects, one for each group of entries, never written twice.

The number after the last one is free for exactly one writer. So whoever takes a lock over closes the journal of the
run before by taking that number itself (a seal): whatever that run still tries to write down is refused, and the call
that it announces is not made.
"""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence

from takeup.backends.codec import Codec
from takeup.backends.fold import JournalContent, JournalLine
from takeup.backends.format import Counts  # noqa: TC001 - as everywhere here
from takeup.backends.group import GroupJournal
from takeup.backends.record import damage
from takeup.core.snapshot import JournalEntry
from takeup.errors import StateConflictError, StateError

SEAL = b"sealed"
_DIGITS = 10


def segment(serial: int, number: int) -> str:
    """The name of a segment of the journal on top of a serial; names sort as they were written."""
    return f"{serial:0{_DIGITS}d}/{number:0{_DIGITS}d}"


def place_of(name: str) -> tuple[int, int]:
    """Serial and number of a segment.

    Raises:
        ValueError: it is none.
    """
    serial, _, number = name.partition("/")
    return int(serial), int(number)


def next_number(names: Sequence[str], serial: int) -> int:
    """The number that is free on top of a serial."""
    return max((number for at, number in map(place_of, names) if at == serial), default=-1) + 1


def joined(segments: Mapping[str, bytes], source: str, codec: Codec) -> JournalContent:
    """The journal that these segments are, seals left out.

    Raises:
        StateError: a segment is missing or damaged. None can be torn, for each was written as a whole.
    """
    lines: list[JournalLine] = []
    counts: Counts = Counter()
    expected = (-1, 0)
    for name in sorted(segments):
        serial, number = place_of(name)
        if serial != expected[0]:
            expected = (serial, 0)
        if number != expected[1]:
            raise damage(f"{source}{name}", "follows a segment that is missing", _LOST)
        expected = (serial, number + 1)
        if segments[name] == SEAL:
            continue
        content = codec.journal(segments[name], f"{source}{name}", counts)
        if content.torn:
            raise damage(f"{source}{name}, line {len(content.lines) + 1},", "is damaged", _LOST)
        lines += content.lines
    return JournalContent(tuple(lines), 0, torn=False)


_LOST = "It may hold the only trace of a session: bring it back from the versions that the store keeps."


class SegmentJournal(GroupJournal):
    """Writes each group of entries as one segment.

    Args:
        name: the journal, for people.
        put: writes a segment that must not be there yet; returns when it is durable.
        first: the number of its first segment.
        lineage: that of the state that it stands on.
        serial: the same.
        codec: how lines are kept.
        position: how many entries there are on top of that state already.
    """

    def __init__(  # noqa: PLR0913 - what a group journal takes, and its place
        self,
        name: str,
        put: Callable[[str, bytes], object],
        first: int,
        lineage: str,
        serial: int,
        *,
        codec: Codec,
        position: int,
    ) -> None:
        super().__init__(name, lineage, serial, codec=codec, position=position)
        self._put = put
        self._serial = serial
        self._number = first

    def _commit(self, entries: Sequence[JournalEntry], lines: bytes) -> int:  # noqa: ARG002 - their lines are enough
        try:
            self._put(segment(self._serial, self._number), lines)
        except StateConflictError as error:
            raise StateError(
                f"the journal was closed by another run, which has taken the lock over (segment {self._number})",
                hint="This run was out of reach for longer than its lock lasts. Plan again.",
            ) from error
        self._number += 1
        return len(lines)
