"""What happens to one resource: frozen data, and no secret in it."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from takeup.core.address import Address
from takeup.core.cut import Cut
from takeup.core.schema.attribute import Effect


class Action(StrEnum):
    """What happens to a resource."""

    CREATE = "create"
    UPDATE = "update"
    REPLACE = "replace"
    DELETE = "delete"
    FORGET = "forget"


LAYOUT = "layout"
"""The group of everything that updateLayout overwrites; the others are groups of update."""

OPERATIONS = ("acquire", "start", "update", "updateLayout", "stop")


@dataclass(frozen=True, slots=True)
class AttributeChange:
    """One attribute before and after; None where it is absent, "(sensitive)" where it is a secret."""

    path: str
    before: Any
    after: Any
    sensitive: bool
    effect: Effect
    group: str = ""


@dataclass(frozen=True, slots=True)
class Change:
    """What happens to one resource. `reason` is shown and never branched on.

    `repeats` are the update groups (and `layout`) that are sent although nothing differs, for it is not known
    whether they were overwritten.
    `before` and `after` are the whole specs, defaults filled in and secrets replaced; None where there is no session
    before, or none after.
    `unchanged` counts the declared attributes of an update or a replacement that `attributes` does not list.
    `renewal` tells that a token which ends is the only reason.
    `parts` are the changes of the two sessions of one resource, where this one stands for both (`pairs.paired`); the
    changes of a plan itself have none.
    """

    address: Address
    action: Action
    reason: str
    calls: tuple[str, ...]
    attributes: tuple[AttributeChange, ...] = ()
    repeats: tuple[str, ...] = ()
    cuts_off: Cut | None = None
    before: Mapping[str, Any] | None = None
    after: Mapping[str, Any] | None = None
    unchanged: int = 0
    renewal: bool = False
    parts: tuple["Change", ...] = ()

    @property
    def overlap(self) -> bool:
        """Whether the new session is up before the old one is stopped."""
        return self.action is Action.REPLACE and self.calls[-1:] == ("stop",)

    @property
    def uid(self) -> str | None:
        """Under which uid it records after the change; None where it does not, or the change holds no spec."""
        return None if self.after is None else self.after.get("uid")

    @property
    def groups(self) -> frozenset[str]:
        """The parts of the update request that this change needs."""
        changed = {change.group for change in self.attributes if change.effect is Effect.UPDATE}
        return frozenset(changed | set(self.repeats) - {LAYOUT})
