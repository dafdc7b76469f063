"""What is kept of how far a scheduled recording was covered: its account. Pure, frozen data; times are Unix seconds.

Whole seconds are enough, and sums of them are exact. `docs/decisions/what-counts-as-covered.md` says what counts.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from math import ceil, floor
from types import MappingProxyType

from takeup.core.schedule import Schedule

DETAIL_CHARS = 80
"""Of the evidence that a gap keeps."""


class Cause(StrEnum):
    """Why a wanted second is not known to have been recorded."""

    NO_RUN = "noRun"  # no run came in its window, or none that was carried through
    EXCLUDED = "excluded"  # runs came that were told to leave it out
    REFUSED = "refused"  # a run came, and its plan was refused as a whole
    QUOTA = "quota"  # there was no room for it
    INTERRUPTED = "interrupted"  # a run was stopped before its turn
    START_FAILED = "startFailed"
    STARTING = "starting"  # from the beginning of the run that started it until it was seen to record
    ENDED = "ended"  # its session ended by itself, until the next one was seen to record
    REPLACED = "replaced"  # takeup stopped its session, until the next one was seen to record
    BRAKED = "braked"  # sessions died one after the other, and the next start waits
    COMPLETE = "complete"  # its session ended, and lifecycle.restart wants no other one
    UNOBSERVED = "unobserved"  # between the last time it was seen to record and the first time it was not
    UNKNOWN = "unknown"  # its session could not be asked, or gave no answer that says
    LOST = "lost"  # it may have been recorded by a session whose sid is not known


PERHAPS = frozenset({Cause.UNOBSERVED, Cause.UNKNOWN, Cause.LOST})
"""These seconds may have been recorded; nothing shows it, so they are not covered."""
EXCUSED = frozenset({Cause.COMPLETE})
"""These seconds are not held against a recording: its manifest wants it so."""


@dataclass(frozen=True, slots=True)
class Segment:
    """Wanted time of one sort. `cause` is None where it was recorded; `detail` is the evidence, shortened."""

    begin: int
    end: int
    cause: Cause | None = None
    detail: str = ""

    @property
    def length(self) -> int:
        """In seconds."""
        return self.end - self.begin


@dataclass(frozen=True, slots=True)
class Sums:
    """Wanted time added up, in seconds."""

    covered: int = 0
    causes: Mapping[Cause, int] = field(default_factory=lambda: MappingProxyType({}))

    @property
    def gaps(self) -> int:
        """What was wanted and is not covered."""
        return sum(self.causes.values())

    @property
    def wanted(self) -> int:
        """All of it."""
        return self.covered + self.gaps

    @property
    def due(self) -> int:
        """What counts: the wanted time without what is excused."""
        return self.wanted - sum(self.causes.get(cause, 0) for cause in EXCUSED)

    @property
    def perhaps(self) -> int:
        """What may have been recorded, though nothing shows it."""
        return sum(self.causes.get(cause, 0) for cause in PERHAPS)

    def plus(self, other: "Sums") -> "Sums":
        """Both together."""
        causes = dict(self.causes)
        for cause, seconds in other.causes.items():
            causes[cause] = causes.get(cause, 0) + seconds
        return Sums(self.covered + other.covered, MappingProxyType(causes))


def sums(segments: Iterable[Segment]) -> Sums:
    """Segments added up."""
    covered, causes = 0, dict[Cause, int]()
    for segment in segments:
        if segment.cause is None:
            covered += segment.length
        else:
            causes[segment.cause] = causes.get(segment.cause, 0) + segment.length
    return Sums(covered, MappingProxyType(causes))


def total(parts: Iterable[Sums]) -> Sums:
    """Sums added up."""
    result = Sums()
    for part in parts:
        result = result.plus(part)
    return result


@dataclass(frozen=True, slots=True)
class Day:
    """The sums of one day, by the calendar of the schedule's zone: 2026-03-23."""

    day: str
    sums: Sums


@dataclass(frozen=True, slots=True)
class Standing:
    """Why a recording is not recorded from the end of a run on, though it is wanted.

    It holds from `at` on in the window of that time, and no longer than `until`.
    """

    cause: Cause
    at: int
    until: int | None = None
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Account:
    """The coverage of one recording, from `since` until `until`.

    `schedule` is the one that holds from `until` on; a `closed` account has none any more. `segments` are the newest
    days in detail, `days` the sums of those before, `earlier` those of everything before these, up to and with the
    day `earlier_until`. `realm` is whom its sessions were started at: minutes of an emulator are no minutes.
    """

    realm: str
    schedule: Schedule
    since: int
    until: int
    closed: bool = False
    standing: Standing | None = None
    segments: tuple[Segment, ...] = ()
    days: tuple[Day, ...] = ()
    earlier: Sums = Sums()
    earlier_until: str = ""

    @property
    def sums(self) -> Sums:
        """Of everything."""
        return total([self.earlier, *(day.sums for day in self.days), sums(self.segments)])


def joined(segments: Iterable[Segment]) -> tuple[Segment, ...]:
    """The same segments in order, those one that follow each other and are alike. They do not overlap."""
    result: list[Segment] = []
    for segment in sorted(segments, key=lambda item: item.begin):
        if segment.end <= segment.begin:
            continue
        last = result[-1] if result else None
        if last is not None and last.end == segment.begin and _alike(last, segment):
            result[-1] = Segment(last.begin, segment.end, last.cause, last.detail)
        else:
            result.append(segment)
    return tuple(result)


def _alike(one: Segment, other: Segment) -> bool:
    """Whether they have one cause; the evidence of the first is kept, for it is the oldest."""
    return one.cause is other.cause


def down(at: datetime) -> int:
    """A time as a whole second, rounded to the past."""
    return floor(at.timestamp())


def up(at: datetime) -> int:
    """A time as a whole second, rounded to the future."""
    return ceil(at.timestamp())


def as_time(second: int) -> datetime:
    """A second as a time in UTC."""
    return datetime.fromtimestamp(second, UTC)


def short(text: str) -> str:
    """Evidence on one line, as much of it as is kept."""
    line = " ".join(text.split())
    return line if len(line) <= DETAIL_CHARS else f"{line[: DETAIL_CHARS - 3]}..."


__all__ = [
    "DETAIL_CHARS", "EXCUSED", "PERHAPS", "Account", "Cause", "Day", "Segment", "Standing", "Sums", "as_time", "down",
    "joined", "short", "sums", "total", "up",
]  # fmt: skip
