"""Counts the calls that reach the emulator, and finds those that no plan announced."""

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from takeup.core.address import Address
from takeup.core.plan import Plan
from takeup.provider.emulator.calls import Entry

Who = tuple[str, str]
"""cname and uid: whose call it is."""
_NOBODY: Who = ("", "")

_QUIET = frozenset({(404, 404), (400, 53), (400, 49), (206, 435)})
"""Answers that say something of a session, and nothing against the service."""
_UNCLEAR = frozenset({(206, 65), (201, 7)})
_HARMLESS = "slow"
"""The one accident after which a call is answered as if nothing had been."""


def clean(call: Entry) -> bool:
    """Whether the caller knows that it succeeded, and has no reason to repeat it."""
    if call.status is None or call.fault not in {"", _HARMLESS} or (call.status, call.code) in _UNCLEAR:
        return False
    return 200 <= call.status < 300  # noqa: PLR2004 - HTTP's successes


def trouble(call: Entry) -> bool:
    """Whether the service was not well."""
    return not clean(call) and (call.fault != "" or (call.status, call.code) not in _QUIET)


@dataclass(slots=True)
class Tally:
    """The calls of one run, and since when each resource has been served well.

    `total` goes on over all runs; questions (query) are free, and only looked at for trouble, while `watching`.
    `spare` names the recorder whose second uid it is.
    """

    total: int = 0
    watching: bool = True
    spare: Mapping[Who, Who] = field(default_factory=dict)
    _made: defaultdict[Who, Counter[str]] = field(default_factory=lambda: defaultdict(Counter))
    _repeatable: set[Who] = field(default_factory=set)
    _trouble: dict[Who, float] = field(default_factory=dict)

    def begin(self) -> None:
        """Forget the calls of the last run."""
        self._made.clear()
        self._repeatable.clear()

    def see(self, call: Entry) -> None:
        """Count a call."""
        who = self.spare.get((call.cname, call.uid), (call.cname, call.uid))
        self.total += 1
        if self.watching and trouble(call):
            self._trouble[who] = call.at
        if call.operation == "query":
            return
        self._made[who][call.operation] += 1
        if not clean(call):
            self._repeatable.add(who)

    def last_trouble(self, who: Who) -> float:
        """When the service last failed a call for this resource; minus infinity where it never did."""
        return max(self._trouble.get(who, float("-inf")), self._trouble.get(_NOBODY, float("-inf")))

    def undeclared(self, plan: Plan, whose: Mapping[Address, Who]) -> Iterator[tuple[Address | None, str]]:
        """Find calls of this run beyond those of its plan; calls that failed may be repeated."""
        announced: defaultdict[Who, Counter[str]] = defaultdict(Counter)
        for address, who in whose.items():
            for one in {address} | ({address.partner} - whose.keys()):
                announced[who].update(plan.announced(one))
        names = {who: address for address, who in whose.items()}
        for who, made in self._made.items():
            for operation, count in made.items():
                allowed = announced[who][operation]
                if count > allowed and not (allowed and who in self._repeatable):
                    yield names.get(who), f"{operation} was called {_times(count)}, and announced {_times(allowed)}"


def _times(count: int) -> str:
    return "once" if count == 1 else f"{count} times" if count else "not at all"
