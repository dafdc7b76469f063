"""Earlier states: what is kept of them, and for how long."""

from dataclasses import dataclass
from datetime import datetime

KEPT = 20
"""How many earlier states a backend keeps."""


@dataclass(frozen=True, slots=True)
class Version:
    """One earlier state. `replaced_at` is when the next one took its place, where that is known."""

    serial: int
    size: int
    replaced_at: datetime | None = None
