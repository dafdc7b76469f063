"""Where a recording stands: its kind, its address, and the triple that identifies it at Agora."""

import json
import re
from dataclasses import dataclass, replace
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


_MEMBER = re.compile(r'([^\[]+)(\["(?:[^"\\]|\\.)+"\])', re.DOTALL)
_LEADING = re.compile(r'[A-Za-z]+\.[^\s\["]+(\["(?:[^"\\]|\\.)+"\](/2)?)?')
_SECOND = "/2"


@dataclass(frozen=True, slots=True, order=True)
class Address:
    """The address of a resource: `Kind.name`, or `Kind.name["key"]` for a member of a set.

    `key` is empty unless the resource is a member. A resource with `redundancy: 2` has two sessions: the first stands
    under the address of the resource, the second (`leg` 2) under the same with `/2` behind it.
    """

    kind: Kind
    name: str
    key: str = ""
    leg: int = 1

    @property
    def resource(self) -> "Address":
        """The address of the resource that the session is of: what people declare and count."""
        return self if self.leg == 1 else replace(self, leg=1)

    @property
    def partner(self) -> "Address":
        """Where the other session of the same resource stands, if there is one."""
        return replace(self, leg=3 - self.leg)

    @classmethod
    def parse(cls, text: str) -> "Address":
        """Read `Kind.name` or `Kind.name["key"]`, the key escaped as in JSON, or one of them with `/2` behind it.

        Raises:
            ValueError: there is no such kind, no name, or a key that is not written so.
        """
        kind, dot, name = text.partition(".")
        if not dot or not name:
            raise ValueError(f'{text!r} is not an address: write Kind.name, or Kind.name["key"]')
        leg = 2 if name.endswith(_SECOND) else 1
        name = name.removesuffix(_SECOND)
        member = _MEMBER.fullmatch(name)
        if member is None and name:
            return cls(Kind(kind), name, leg=leg)
        if member is None:
            raise ValueError(f"{text!r} is not an address: it has no name")
        address = cls(Kind(kind), member[1], str(json.loads(member[2])[0]), leg)
        if str(address) != text:
            raise ValueError(f"{text!r} is not an address as takeup writes it: {address}")
        return address

    @classmethod
    def leading(cls, text: str) -> "Address | None":
        """The address that a sentence begins with."""
        found = _LEADING.match(text)
        try:
            return None if found is None else cls.parse(found[0].rstrip(":"))
        except ValueError:
            return None

    def __str__(self) -> str:
        leg = "" if self.leg == 1 else _SECOND
        if not self.key:
            return f"{self.kind.value}.{self.name}{leg}"
        return f"{self.kind.value}.{self.name}[{json.dumps(self.key, ensure_ascii=False)}]{leg}"
