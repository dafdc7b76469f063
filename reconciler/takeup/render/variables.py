"""The variables of a run, their values and where these come from. Pure."""

import json
from collections.abc import Iterable, Sequence
from typing import Any, Protocol

from takeup.core.secret import Secret
from takeup.render.style import Style, printable

_LONGEST = 60


class Known(Protocol):
    """What is rendered of a variable; its value is None where it is not known."""

    @property
    def name(self) -> str:
        """The name."""

    @property
    def type(self) -> str:
        """The type, as takeup.yaml writes it."""

    @property
    def value(self) -> Any:  # noqa: ANN401 - of the variable's type
        """The value."""

    @property
    def sensitive(self) -> bool:
        """Whether it is a secret."""

    @property
    def source(self) -> str:
        """Where the value comes from."""

    @property
    def description(self) -> str:
        """What it is for, or nothing."""


def variables_text(variables: Iterable[Known], precedence: Sequence[str], title: str, style: Style) -> str:
    """A table, and the order in which values win."""
    rows = [
        (item.name, item.type, _shown(item.value), printable(item.source), printable(item.description))
        for item in variables
    ]
    lines = [style.bold(f"Variables of {printable(title)}"), ""]
    if rows:
        head = ("Name", "Type", "Value", "From", "What it is for")
        widths = [max(len(row[column]) for row in [head, *rows]) for column in range(len(head))]
        cells = [[cell.ljust(width) for cell, width in zip(row, widths, strict=True)] for row in (head, *rows)]
        lines += ["  " + "  ".join(row).rstrip() for row in cells]
    else:
        lines.append("  takeup.yaml declares none (spec.variables).")
    lines += ["", f"Which value wins, the first one given: {', '.join(precedence)}."]
    return "\n".join(lines) + "\n"


def variables_json(variables: Iterable[Known], precedence: Sequence[str]) -> str:
    """The same as one JSON object; a sensitive value is null."""
    found = [
        {
            "name": item.name,
            "type": item.type,
            "value": None if isinstance(item.value, Secret) else item.value,
            "sensitive": item.sensitive,
            "source": item.source,
            "description": item.description,
        }
        for item in variables
    ]
    return json.dumps({"variables": found, "precedence": list(precedence)}, indent=2, ensure_ascii=False) + "\n"


def _shown(value: object) -> str:
    if value is None:
        return "(not known)"
    if isinstance(value, Secret):
        return "(sensitive)"
    text = printable(json.dumps(value, ensure_ascii=False))
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 3]}..."
