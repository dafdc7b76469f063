"""What a rehearsal found out: frozen values, rendered as text, JSON and JUnit. Times are seconds from its beginning."""

from dataclasses import dataclass

from takeup.core.address import Address


@dataclass(frozen=True, slots=True)
class Moment:
    """One line of a story: what happened, and when."""

    at: float
    what: str


@dataclass(frozen=True, slots=True)
class Broken:
    """A promise that takeup did not keep.

    `kind` is leaked, doubled, undeclaredCall, notRecorded or crash; `address` is None where no resource is to blame.
    """

    kind: str
    address: Address | None
    text: str


@dataclass(frozen=True, slots=True)
class Leak:
    """A session that still recorded at the end, and of which takeup's state knows nothing."""

    address: Address | None
    sid: str
    started: float


@dataclass(frozen=True, slots=True)
class ResourceOutcome:
    """How one resource fared in one scenario, in seconds.

    `lost_sids` are the resourceIds, shortened, of sessions that the state held as LOST.
    """

    address: Address
    wanted: float
    covered: float
    longest_gap: float
    sessions: int
    doubled: float
    lost_sids: tuple[str, ...] = ()
    story: tuple[Moment, ...] = ()

    @property
    def lost(self) -> float:
        """What was wanted and not recorded."""
        return self.wanted - self.covered


@dataclass(frozen=True, slots=True)
class Outcome:
    """One scenario, played to its end.

    `struck` counts how often a rule of the scenario struck: 0 tells that the rehearsal was too short for it.
    """

    name: str
    resources: tuple[ResourceOutcome, ...]
    leaked: tuple[Leak, ...] = ()
    broken: tuple[Broken, ...] = ()
    story: tuple[Moment, ...] = ()
    runs: int = 0
    failed_runs: int = 0
    calls: int = 0
    struck: int = 0
    rules: int = 0

    @property
    def kept(self) -> bool:
        """Whether takeup kept all its promises."""
        return not self.broken


@dataclass(frozen=True, slots=True)
class Rehearsal:
    """All scenarios of one `takeup test`; `length` and `every` in seconds."""

    length: float
    every: float
    outcomes: tuple[Outcome, ...]

    @property
    def kept(self) -> bool:
        """Whether all promises were kept in all scenarios."""
        return all(outcome.kept for outcome in self.outcomes)
