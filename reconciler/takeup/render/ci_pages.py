"""Pages of Markdown that a CI system shows with a job, and what stands below a plan in a comment."""

from collections.abc import Iterable, Iterator
from typing import Any

from takeup.engine.run import Found
from takeup.render.drift import drift_text
from takeup.render.findings import Noted
from takeup.render.plan_markdown import fenced
from takeup.render.style import Style, counted, printable

COMMENT_FOOT = 200
"""Characters to keep free below a plan."""


def foot(digest: str) -> str:
    """What merging means."""
    return f"Whoever merges this approves this plan and no other: `{digest}`"


def findings_page(command: str, findings: Iterable[Noted]) -> str:
    """What is wrong with the manifests."""
    lines = [f"{item.file}:{item.line}:{item.column}: {printable(item.message)}" for item in findings]
    return f"### takeup {command}: not valid\n\n{fenced(map(printable, lines), 'text')}\n"


def drift_page(found: Found) -> str:
    """What changed outside of takeup."""
    text = drift_text(found, Style(colour=False)).rstrip("\n")
    return f"### takeup drift\n\n{fenced(text.splitlines(), 'text')}\n"


def apply_page(report: dict[str, Any]) -> str:
    """What an apply has done, from its JSON report."""
    return f"### takeup apply\n\n{fenced(_apply_lines(report), 'text')}\n"


def _apply_lines(report: dict[str, Any]) -> Iterator[str]:
    for row in report["applied"]:
        yield printable(f"{row['address']}: {row['action']} ({', '.join(row['calls']) or 'no call'})")
    for row in report["recovered"]:
        yield printable(f"{row['address']}: recovered, {row['outcome']}")
    for row in report["failed"]:
        yield printable(f"{row['address']}: {row['action']} FAILED: {row['error']}")
        if row["hint"]:
            yield f"  {printable(row['hint'])}"
    yield from (printable(f"{row['address']}: {row['action']} not begun") for row in report["skipped"])
    yield from (f"{printable(address)}: LOST" for address in report["lost"])
    yield f"{counted(len(report['applied']), 'change')} made, {len(report['failed'])} failed, " + counted(
        report["calls"], "API call"
    )
