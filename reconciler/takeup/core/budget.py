"""How often a call is sent, and for how long: the defaults are what Agora advises."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

RESOURCE_ID_LIVES = 300.0
"""Seconds from acquire within which a resourceId can be started."""
ACQUIRES = 2
"""How many acquires, each with its start, one change may use."""


@dataclass(frozen=True, slots=True)
class Budget:
    """What one call of an operation may use.

    Args:
        attempts: how often it is sent at most, the first time included. What never reached the service, or was
            turned away by the rate limit, does not count.
        give_up_after: seconds from the first time it is sent after which it is not sent again.
    """

    attempts: int
    give_up_after: float


# 3 s and 6 s between three attempts, 1, 3 and 6 s between four acquires [bp, codes]. Giving up leaves room for
# answers that never come: 30 s for most calls, 75 s for a stop, which waits for the upload.
BUDGETS: Mapping[str, Budget] = MappingProxyType(
    {
        "acquire": Budget(4, 120.0),
        "start": Budget(3, 120.0),
        "query": Budget(3, 120.0),
        "update": Budget(3, 120.0),
        "updateLayout": Budget(3, 120.0),
        "stop": Budget(3, 240.0),
    }
)
"""The budget of each operation where the project file says nothing."""
