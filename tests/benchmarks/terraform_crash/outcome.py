"""What was seen of one case with one tool, and what it comes to."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Moment:
    """How many sessions record, how many of these the state has no sid of, and how many it tells of without one."""

    live: int
    unknown: int = 0
    told: int = 0

    def __str__(self) -> str:
        if not self.unknown:
            return f"{self.live}"
        return f"{self.live} ({self.unknown} without a sid in the state{', but told' if self.told else ''})"


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one case with one tool.

    `calls` are those that change something, from the crash to before the destroy. `kept` says that what recorded
    after the crash still did so before the destroy.
    """

    wanted: int
    crashed: Moment
    applies: tuple[int, ...]  # exit codes of the applies after the crash
    again: Moment  # after them
    calls: int
    destroy: int  # its exit code
    destroyed: Moment
    kept: bool = True
    log: str = ""

    @property
    def verdict(self) -> str:
        """The outcome in words: the worst thing that can be said of it."""
        left = f"; {self.destroyed.live} left after destroy" if self.destroyed.live else ""
        return self._then + left

    @property
    def _then(self) -> str:
        failed = any(self.applies)
        if self.again.live > self.wanted:
            return f"{self.again.live} sessions record, {self.again.unknown} of them orphaned"
        if self.again.unknown:
            says = "and tells of it" if self.again.told else "and the state does not know of it"
            return f"one session records and nobody knows its sid; apply {'fails' if failed else 'exits with 0'} {says}"
        if self.again.live < self.wanted:
            return "nothing records" + (", and the state tells of a lost session" if self.again.told else "")
        if not self.kept:
            return "as wanted, by a new session; the first was cut off"
        return "as wanted, after an error" if failed or self.destroy else "as wanted"
