"""What an apply has done, as JSON."""

import json
from typing import Any


def apply_json(
    applied: list[dict[str, Any]], failed: list[dict[str, Any]], skipped: list[dict[str, Any]], calls: int
) -> str:
    """The report of an apply.

    Args:
        applied: address, action and calls of each change that was made.
        failed: address, action and error of each that was not.
        skipped: those that were not tried.
        calls: how many calls were made in all.
    """
    return json.dumps({"applied": applied, "failed": failed, "skipped": skipped, "calls": calls}, indent=2) + "\n"
