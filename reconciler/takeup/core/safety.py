"""Safety rails: how many recorded sessions one plan may stop or replace without --force. Pure."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

FLAG = "--force"


@dataclass(frozen=True, slots=True)
class Rails:
    """What a project allows.

    `share` is a percentage of the recorded sessions, counted once there are `share_from` of them; `most` is a
    number, None for no limit. `destroying` tells that the run is asked to stop everything: only `most` counts then.
    """

    share: Decimal = Decimal(30)
    share_from: int = 10
    most: int | None = None
    destroying: bool = False

    def for_destroy(self) -> "Rails":
        """The same for a run that is asked to stop everything."""
        return replace(self, destroying=True)


_DEFAULT = Rails()


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the rails say of a plan.

    `recorded` are the sessions that had not ended when it was made; `stops` and `replacements` are those of them
    that it stops for good, and for a new one.
    """

    rails: Rails
    stops: int
    replacements: int
    recorded: int
    declared: int

    @property
    def cut(self) -> int:
        """How many sessions are cut off."""
        return self.stops + self.replacements

    @property
    def above_share(self) -> bool:
        """Whether it is a larger share of the recorded sessions than allowed."""
        counts = not self.rails.destroying and self.recorded >= self.rails.share_from
        return counts and self.cut * 100 > self.rails.share * self.recorded

    @property
    def above_most(self) -> bool:
        """Whether it is a larger number than allowed."""
        return self.rails.most is not None and self.cut > self.rails.most

    @property
    def refused(self) -> bool:
        """Whether it takes --force."""
        return self.above_share or self.above_most

    @property
    def empties(self) -> bool:
        """Whether it stops what is recorded because nothing is declared any more."""
        return not self.rails.destroying and not self.declared and self.stops > 0

    @property
    def refusal(self) -> str:
        """Why it is refused, with the numbers; empty where it is not."""
        return " ".join(self._reasons())

    @property
    def emptied(self) -> str:
        """What emptying a project means, with the number."""
        return (
            f"No manifest declares a recording any more, and this plan stops {_sessions(self.stops)}. "
            "An apply that empties a project asks, even with --auto-approve."
        )

    @property
    def line(self) -> str:
        """The line for `spec:` of takeup.yaml that allows this plan, with all other settings of the rails."""
        rails, stops = self.rails, []
        if self.above_share or rails.share != _DEFAULT.share:
            stops.append(f"share: {-(-self.cut * 100 // self.recorded) if self.above_share else rails.share}%")
        if rails.share_from != _DEFAULT.share_from:
            stops.append(f"shareFrom: {rails.share_from}")
        if rails.most is not None:
            stops.append(f"most: {max(self.cut, rails.most)}")
        return f"safety: {{stops: {{{', '.join(stops)}}}}}"

    @property
    def warning(self) -> str:
        """What a plan says of it; empty where there is nothing to say."""
        told = [f"{self.refusal} It is refused without {FLAG}."] if self.refused else []
        if self.empties:
            told.append(self.emptied)
        return " ".join(told)

    def _reasons(self) -> Iterator[str]:
        parts = [f"{self.stops} stopped"] if self.stops else []
        parts += [f"{self.replacements} replaced"] if self.replacements else []
        cut = f"This plan cuts off {self.cut} of {_sessions(self.recorded)} ({', '.join(parts)})"
        if self.above_share:
            percent = (Decimal(self.cut * 100) / self.recorded).quantize(Decimal("0.1"), ROUND_HALF_UP)
            yield (
                f"{cut}: {percent} %, more than the {self.rails.share} % that spec.safety.stops allows "
                f"from {_sessions(self.rails.share_from)} on."
            )
        if self.above_most:
            yield f"{cut}: more than the {self.rails.most} that spec.safety.stops.most allows."


def _sessions(number: int) -> str:
    return f"{number} recorded session" if number == 1 else f"{number} recorded sessions"


def rails_document(verdict: Verdict) -> dict[str, Any]:
    """The verdict as JSON."""
    rails = verdict.rails
    return {
        "refused": verdict.refused,
        "empties": verdict.empties,
        "stops": verdict.stops,
        "replacements": verdict.replacements,
        "recorded": verdict.recorded,
        "share": f"{rails.share}%",
        "shareFrom": rails.share_from,
        "most": rails.most,
        "reason": verdict.warning,
        "flag": FLAG if verdict.refused or verdict.empties else None,
        "line": verdict.line if verdict.refused else None,
    }
