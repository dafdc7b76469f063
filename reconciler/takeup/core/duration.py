"""Durations as people write them: 500ms, 5s, 2m, 8h."""

import re

EXAMPLES = "Write for example 500ms, 5s, 2m or 8h."
_FORM = re.compile(r"([0-9]{1,9}(?:\.[0-9]{1,3})?)(ms|s|m|h)")
_SECONDS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0}


def seconds(text: object) -> float | None:
    """Read a duration as seconds; None where it is none (a number has no unit)."""
    match = _FORM.fullmatch(text) if isinstance(text, str) else None
    return None if match is None else float(match[1]) * _SECONDS[match[2]]
