"""The one form in which a text is put together: `{{ name }}` inside of it. Pure.

There are no loops, no conditions, no functions and no I/O, so filling in is total: with a text for each name there
is always a result, and it takes time in proportion to its length.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass

OPENING = "{{"
_MARK = re.compile(r"\{\{\{\{|\{\{([^{}]*)\}\}|\{\{")


class TemplateFaultError(ValueError):
    """A text that is no template; the message is a sentence."""


@dataclass(frozen=True, slots=True)
class Template:
    """Texts, each followed by a name; the last one by none (an empty name)."""

    parts: tuple[tuple[str, str], ...]

    @property
    def names(self) -> list[str]:
        """The names in it, in their order."""
        return [name for _, name in self.parts if name]

    def filled(self, texts: Mapping[str, str]) -> str:
        """The text, with a text for each name."""
        return "".join([text + texts[name] if name else text for text, name in self.parts])

    def partly(self, known: Callable[[str], str | None]) -> "Template":
        """The same with the texts of those names that are known already."""
        parts: list[tuple[str, str]] = []
        before = ""
        for text, name in self.parts:
            value = known(name) if name else None
            if value is None:
                parts.append((before + text, name))
                before = ""
            else:
                before += text + value
        return Template(tuple(parts))


def parse(text: str) -> Template:
    """Read a template. `{{{{` stands for two opening braces that begin no name.

    Raises:
        TemplateFaultError: a name is missing, or never closed.
    """
    parts: list[tuple[str, str]] = []
    literal, end = "", 0
    for found in _MARK.finditer(text):
        literal += text[end : found.start()]
        end = found.end()
        if found[0] == OPENING * 2:
            literal += OPENING
            continue
        if found[1] is None:
            raise TemplateFaultError("{{ is not closed by }}.")
        name = found[1].strip()
        if not name:
            raise TemplateFaultError("There is no name between {{ and }}.")
        parts.append((literal, name))
        literal = ""
    parts.append((literal + text[end:], ""))
    return Template(tuple(parts))
