"""What happens in the week of a golden project: its runs, what people edit, and what goes wrong. Data only."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Literal

from takeup.provider.emulator.faults import Fault
from takeup.provider.emulator.settings import Settings

_SATURDAY = 5
EXAMPLES = Path(__file__).parents[2] / "manifests" / "examples"
CERTIFICATE = "0123456789abcdef0123456789abcdef"
DEMO: Mapping[str, str] = {
    "S3_ACCESS_KEY": "demo-access",
    "S3_SECRET_KEY": "demo-secret",
    "RTMP_URL": "rtmp://live.example.org/demo",
    "AGORA_APP_CERTIFICATE": CERTIFICATE,
}
"""What the examples read from the environment; the emulator takes any value."""


@dataclass(frozen=True, slots=True)
class Accident:
    """What befalls all sessions of the channels that live at a time. `lasting`: seconds of a failover."""

    at: datetime
    do: Literal["workerDeath", "failover"]
    channel: str
    words: str
    lasting: float | None = None

    def rule(self, begin: datetime) -> Fault:
        """The emulator's rule for it."""
        return Fault(do=self.do, channel=self.channel, at=(self.at - begin).total_seconds(), lasting=self.lasting)


@dataclass(frozen=True, slots=True)
class Storm:
    """While it lasts, so many of all calls are answered by an error, and have no effect."""

    begin: datetime
    end: datetime
    probability: float
    answer: str
    words: str

    def rule(self) -> Fault:
        """The emulator's rule for it."""
        return Fault(do="answer", answer=self.answer, probability=self.probability)


@dataclass(frozen=True, slots=True)
class Edit:
    """A commit: before the run of this time, a text in a file is replaced by another.

    `calls` are those that it costs; `refused`: the runs from then on do nothing, until the next edit.
    """

    at: datetime
    file: str
    before: str
    after: str
    words: str
    calls: Mapping[str, int] = field(default_factory=dict)
    refused: bool = False


@dataclass(frozen=True, slots=True)
class Script:
    """The week of one project. With `office_hours` (UTC) its cron runs from Monday to Friday in these hours only."""

    name: str
    words: str
    begin: datetime
    end: datetime
    every: timedelta
    environment: str = ""
    settings: Settings = field(default_factory=Settings)
    accidents: tuple[Accident, ...] = ()
    storms: tuple[Storm, ...] = ()
    edits: tuple[Edit, ...] = ()
    missed: frozenset[datetime] = frozenset()
    office_hours: tuple[int, int] | None = None
    seed: int = 7

    @property
    def folder(self) -> Path:
        """Where the project is."""
        return EXAMPLES / self.name

    def slots(self) -> Iterator[datetime]:
        """When the cron of the project begins a run."""
        slot = self.begin
        while slot <= self.end:
            if self.office_hours is None or self._in_office(slot, *self.office_hours):
                yield slot
            slot += self.every

    @staticmethod
    def _in_office(slot: datetime, first: int, last: int) -> bool:
        return slot.weekday() < _SATURDAY and first <= slot.hour <= last


def utc(text: str) -> datetime:
    """A time of a script, in UTC."""
    return datetime.fromisoformat(text).replace(tzinfo=UTC)
