"""Where a recording stands: its kind, its address, and the triple that identifies it at Agora."""

from dataclasses import dataclass
from enum import StrEnum


class Mode(StrEnum):
    """The recording mode in Agora's URLs."""

    INDIVIDUAL = "individual"
    MIX = "mix"
    WEB = "web"


class Kind(StrEnum):
    """The kinds of manifest that declare a recording."""

    INDIVIDUAL = "IndividualRecording"
    COMPOSITE = "CompositeRecording"
    SCREENSHOT = "ScreenshotCapture"
    WEB_PAGE = "WebPageRecording"

    @property
    def mode(self) -> Mode:
        """The mode that a recording of this kind is started in."""
        return _MODES[self]


_MODES = {
    Kind.INDIVIDUAL: Mode.INDIVIDUAL,
    Kind.COMPOSITE: Mode.MIX,
    Kind.SCREENSHOT: Mode.INDIVIDUAL,
    Kind.WEB_PAGE: Mode.WEB,
}


@dataclass(frozen=True, slots=True, order=True)
class Address:
    """The address of a resource: `Kind.name`."""

    kind: Kind
    name: str

    @classmethod
    def parse(cls, text: str) -> "Address":
        """Read `Kind.name`.

        Raises:
            ValueError: there is no such kind, or no name.
        """
        kind, dot, name = text.partition(".")
        if not dot or not name:
            raise ValueError(f"{text!r} is not an address: write Kind.name")
        return cls(Kind(kind), name)

    def __str__(self) -> str:
        return f"{self.kind.value}.{self.name}"
