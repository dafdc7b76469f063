"""Where a recording stands: its kind, its address, and the triple that identifies it at Agora."""

import json
import re
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


_ADDRESS = re.compile(r'([A-Za-z]+)\.([^\s\["]+)(\["(?:[^"\\]|\\.)+"\])?')


@dataclass(frozen=True, slots=True, order=True)
class Address:
    """The address of a resource: `Kind.name`, or `Kind.name["key"]` for a member of a set.

    `key` is empty unless the resource is a member.
    """

    kind: Kind
    name: str
    key: str = ""

    @classmethod
    def parse(cls, text: str) -> "Address":
        """Read `Kind.name` or `Kind.name["key"]`, the key escaped as in JSON.

        Raises:
            ValueError: there is no such kind, no name, or a key that is not written so.
        """
        found = _ADDRESS.fullmatch(text)
        address = None if found is None else _made(found)
        if address is None or str(address) != text:
            raise ValueError(f'{text!r} is not an address: write Kind.name, or Kind.name["key"]')
        return address

    @classmethod
    def leading(cls, text: str) -> "Address | None":
        """The address that a sentence begins with."""
        found = _ADDRESS.match(text)
        try:
            return None if found is None else _made(found)
        except ValueError:
            return None

    def __str__(self) -> str:
        if not self.key:
            return f"{self.kind.value}.{self.name}"
        return f"{self.kind.value}.{self.name}[{json.dumps(self.key, ensure_ascii=False)}]"


def _made(found: re.Match[str]) -> Address:
    kind, name, key = found.groups()
    return Address(Kind(kind), name.rstrip(":"), json.loads(key)[0] if key else "")
