"""What is wrong in the manifests, as text and as JSON."""

import json
from collections.abc import Iterator, Sequence
from typing import Protocol

from takeup.render.style import Style, counted, printable


class Finding(Protocol):
    """What is rendered of a problem; `address` and `suggestion` may be empty."""

    @property
    def severity(self) -> str:
        """Either error or warning."""

    @property
    def file(self) -> str:
        """The file it stands in."""

    @property
    def line(self) -> int:
        """The line, from 1."""

    @property
    def column(self) -> int:
        """The column, from 1."""

    @property
    def address(self) -> str:
        """The resource, or nothing."""

    @property
    def message(self) -> str:
        """What is wrong."""

    @property
    def suggestion(self) -> str:
        """What would be right, or nothing."""


def problems_text(problems: Sequence[Finding], style: Style) -> str:
    """Every problem with its place, what would be right, and how many there are."""
    errors, warnings = _count(problems)
    lines = [line for problem in problems for line in _lines(problem, style)]
    verdict = style.error("Not valid:") if errors else style.bold("Valid:")
    return "\n".join([*lines, f"{verdict} {counted(errors, 'error')}, {counted(warnings, 'warning')}."]) + "\n"


def problems_json(problems: Sequence[Finding]) -> str:
    """The same as one JSON object."""
    errors, warnings = _count(problems)
    document = {
        "valid": not errors,
        "errors": errors,
        "warnings": warnings,
        "problems": [
            {
                "severity": problem.severity,
                "file": problem.file,
                "line": problem.line,
                "column": problem.column,
                "address": problem.address,
                "message": problem.message,
                "suggestion": problem.suggestion,
            }
            for problem in problems
        ],
    }
    return json.dumps(document, indent=2) + "\n"


def _count(problems: Sequence[Finding]) -> tuple[int, int]:
    """Errors and warnings; what is not surely a warning counts as an error."""
    warnings = sum(problem.severity == "warning" for problem in problems)
    return len(problems) - warnings, warnings


def _lines(problem: Finding, style: Style) -> Iterator[str]:
    paint = style.warn if problem.severity == "warning" else style.error
    place = f"{printable(problem.file)}:{problem.line}:{problem.column}:"
    address = f" {printable(problem.address)}:" if problem.address else ""
    yield f"{paint(f'{printable(problem.severity)}:')} {place}{address} {printable(problem.message)}"
    for line in problem.suggestion.split("\n") if problem.suggestion else ():
        yield f"  {style.dim(printable(line))}"


__all__ = ["Finding", "problems_json", "problems_text"]
