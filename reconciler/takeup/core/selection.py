"""Which resources a run is about, by patterns of addresses. Pure."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase

from takeup.core.address import Address


@dataclass(frozen=True, slots=True)
class Selection:
    """Which resources a plan is about; patterns with * and ? are allowed."""

    target: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()
    replace: tuple[str, ...] = ()
    override: tuple[str, ...] = ()  # of preventStop

    def takes(self, address: Address) -> bool:
        """Whether the plan is about this address."""
        text = str(address)
        return (not self.target or _any(self.target, text)) and not _any(self.exclude, text)

    def forces(self, address: Address) -> bool:
        """Whether this address is replaced although nothing demands it."""
        return _any(self.replace, str(address))

    def overrides(self, address: Address) -> bool:
        """Whether this address may be stopped although preventStop forbids it."""
        return _any(self.override, str(address))

    def as_document(self) -> dict[str, tuple[str, ...]]:
        """What was selected, by the names that a plan has for it; `from_document` reads it back."""
        named = {key: getattr(self, name) for key, name in _NAMES.items()}
        return {key: patterns for key, patterns in named.items() if patterns}

    @classmethod
    def from_document(cls, document: Mapping[str, Sequence[str]]) -> "Selection":
        """The selection of a plan.

        Raises:
            KeyError: it names something that is unknown.
        """
        return cls(**{_NAMES[key]: tuple(patterns) for key, patterns in document.items()})


_NAMES = {"target": "target", "exclude": "exclude", "replace": "replace", "overridePreventStop": "override"}


def _any(patterns: Iterable[str], text: str) -> bool:
    """Only * and ? are special: brackets stand around the key of a set's member."""
    return any(text == pattern or fnmatchcase(text, pattern.replace("[", "[[]")) for pattern in patterns)
