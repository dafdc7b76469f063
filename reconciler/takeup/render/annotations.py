"""Findings as annotations of GitHub Actions: lines of a log that its runner shows beside the code.

The runner takes any line that begins with `::`, and anything behind `##[` wherever it stands, for a command: what
people or servers wrote must be escaped inside an annotation, and fenced off everywhere else.
"""

from collections.abc import Iterable

from takeup.render.findings import Level, Noted

_COMMANDS = {Level.ERROR: "error", Level.WARNING: "warning", Level.NOTE: "notice"}
_ORDER = list(Level)


def annotations(findings: Iterable[Noted]) -> str:
    """One line for each finding, the worst first: GitHub shows ten of each level and leaves the rest in the log."""
    return "".join(map(_line, sorted(findings, key=lambda item: _ORDER.index(item.level))))


def fenced_off(text: str, token: str) -> str:
    """Text for the log in which the runner is to see no command.

    Args:
        text: whole lines.
        token: what ends it; nobody who wrote any of the text may have known it.
    """
    return f"::stop-commands::{token}\n{text.rstrip()}\n::{token}::\n"


def _line(item: Noted) -> str:
    title = f"takeup: {item.address}" if item.address else "takeup"
    places = {"file": item.file, "line": str(item.line), "col": str(item.column), "title": title}
    properties = ",".join(f"{name}={_property(value)}" for name, value in places.items())
    return f"::{_COMMANDS[item.level]} {properties}::{_data(item.message)}\n"


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
