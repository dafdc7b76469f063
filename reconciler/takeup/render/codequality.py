"""Findings as GitLab's code quality report, which its merge requests show beside the code."""

from collections.abc import Iterable
from hashlib import sha256
from typing import Any

from takeup.render.findings import Level, Noted
from takeup.render.strict_json import indented

_SEVERITY = {Level.ERROR: "critical", Level.WARNING: "major", Level.NOTE: "info"}


def code_quality(findings: Iterable[Noted]) -> str:
    """One entry for each finding; GitLab keeps only one of those whose fingerprint is the same."""
    return indented([_entry(item) for item in findings])


def _entry(item: Noted) -> dict[str, Any]:
    # Without the line: what stays is known again after an edit above it.
    told = f"{item.rule}\0{item.file}\0{item.address}\0{item.message}"
    return {
        "description": item.message,
        "check_name": f"takeup/{item.rule}",
        "fingerprint": sha256(told.encode("utf-8", "replace")).hexdigest(),
        "severity": _SEVERITY[item.level],
        "location": {"path": item.file, "lines": {"begin": item.line}},
    }
