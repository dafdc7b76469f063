"""How long a run waits for what, from the project file."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Policy:
    """The liveness settings of a project, in seconds, and how many calls run side by side."""

    first_query_after: float = 5.0
    start_within: float = 90.0
    confirm_ended_for: float = 90.0
    parallelism: int = 10
    acquires: int = 2


STEPS = (5.0, 10.0, 15.0)
"""Seconds between two questions after the same session; the last one repeats [bp]."""


def step(asked: int) -> float:
    """How long to wait after the `asked`-th question (1-based)."""
    return STEPS[min(asked, len(STEPS)) - 1]
