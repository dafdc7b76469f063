"""How text is made safe and, where wanted, coloured. Colour only repeats what the symbols already say."""

import json
from dataclasses import dataclass

_RESET = "\x1b[0m"


@dataclass(frozen=True, slots=True)
class Style:
    """Wraps text in ANSI codes, or leaves it alone.

    The text must have passed `printable` or `quoted`: what is wrapped here is not escaped again.
    """

    colour: bool

    def add(self, text: str) -> str:
        """What comes up."""
        return self._wrap("32", text)

    def change(self, text: str) -> str:
        """What is changed in place."""
        return self._wrap("33", text)

    def remove(self, text: str) -> str:
        """What goes away."""
        return self._wrap("31", text)

    def replace(self, text: str) -> str:
        """What is stopped and started anew."""
        return self._wrap("35", text)

    def dim(self, text: str) -> str:
        """What matters less."""
        return self._wrap("2", text)

    def bold(self, text: str) -> str:
        """What is read first."""
        return self._wrap("1", text)

    def warn(self, text: str) -> str:
        """The mark of a warning."""
        return self._wrap("1;33", text)

    def error(self, text: str) -> str:
        """The mark of an error."""
        return self._wrap("1;31", text)

    def _wrap(self, code: str, text: str) -> str:
        return f"\x1b[{code}m{text}{_RESET}" if self.colour and text else text


def printable(text: str) -> str:
    r"""The text on one line, with every character escaped that a terminal would not simply show.

    Line ends, escape sequences and characters that turn the reading direction come out as `\u....`, so that
    no manifest and no answer of a server can forge a line of output.
    """
    return text if text.isprintable() else "".join(map(_escaped, text))


def quoted(value: object) -> str:
    """A value as JSON that a terminal shows as it is."""
    return printable(json.dumps(value, ensure_ascii=False))


def _escaped(character: str) -> str:
    return character if character.isprintable() else json.dumps(character)[1:-1].replace("\x7f", "\\u007f")


def counted(number: int, noun: str) -> str:
    """A number with its noun: "1 error", "2 errors"."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


__all__ = ["Style", "counted", "printable", "quoted"]
