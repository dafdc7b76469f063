"""A plan: frozen data. It holds no function, no client, no open file and no secret."""

import json
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from hashlib import sha256
from typing import Any

from takeup.core.address import Address
from takeup.core.cost import Cost
from takeup.core.cut import Cut
from takeup.core.safety import Verdict
from takeup.core.schema.attribute import Effect

FORMAT = "takeup-plan/1"


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


@dataclass(frozen=True, slots=True)
class Drift:
    """One session that is not as the previous state says, since when, and by what evidence.

    `before` is the whole spec of a session that ended, secrets replaced.
    """

    address: Address
    was: str
    now: str
    evidence: str
    since: datetime | None = None
    before: Mapping[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class Recovery:
    """A call of an earlier run whose outcome is not known, and how apply finds it out.

    `calls` are made to find out; `if_never_started` follow only where the answer shows that nothing was started.
    `how` is a sentence, shown and never branched on. `after` is the whole spec that may be started by it, secrets
    replaced; None where nothing is.
    """

    address: Address
    operation: str  # start | update | updateLayout | stop
    since: datetime
    resource_id: str
    evidence: str
    how: str
    calls: tuple[str, ...] = ()
    if_never_started: tuple[str, ...] = ()
    after: Mapping[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class Lost:
    """A session that may be recording and that no call can reach, for its sid is not known.

    `ends_at` is when it has ended by itself at the latest, None where nothing says so; `ends` says why.
    """

    address: Address
    resource_ids: tuple[str, ...]
    since: datetime
    evidence: str
    ends_at: datetime | None
    ends: str


@dataclass(frozen=True, slots=True)
class Running:
    """A session as it is before the plan is carried out; for people to look at, and no part of the digest.

    `ends_at` is when it has ended by itself at the latest, None where nothing says so; `ends` says why.
    """

    address: Address
    liveness: str
    since: datetime
    ends_at: datetime | None
    ends: str


@dataclass(frozen=True, slots=True)
class Move:
    """A session that the state holds under a new address from now on; it costs no call."""

    old: Address
    new: Address


@dataclass(frozen=True, slots=True)
class Estimate:
    """How many seconds an apply takes at least, for calls are spaced by the rate limit."""

    seconds: float
    requests_per_second: float


@dataclass(frozen=True, slots=True)
class Target:
    """Whom the calls go to. `realm` is agora, loopback or embedded."""

    endpoint: str
    realm: str
    app_id: str


@dataclass(frozen=True, slots=True)
class Plan:
    """All that an apply would do.

    `origins` are the places in the manifests, file:line, of what the plan speaks of; no part of the digest.
    `waiting` counts the no-ops that are held back before they are started again, `complete` those that ended for
    good, `outside` those that are outside their windows and not recorded.
    `estimate` is None where nothing limits the calls; `stops_first` tells that all stops are over before anything else
    begins, for there would be no room.
    `valid_until` is when a schedule, or a pause, makes another plan of it; None where none does.
    """

    project: str
    target: Target
    lineage: str
    serial: int
    created_at: datetime
    changes: tuple[Change, ...]
    recovery: tuple[Recovery, ...] = ()
    lost: tuple[Lost, ...] = ()
    drift: tuple[Drift, ...] = ()
    warnings: tuple[str, ...] = ()
    noop: int = 0
    unjudged: int = 0  # of the no-ops: sessions that are not surely running or ended
    selection: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    cost: Cost | None = None
    rails: Verdict | None = None
    origins: Mapping[Address, str] = field(default_factory=dict)
    running: tuple[Running, ...] = ()
    moves: tuple[Move, ...] = ()
    waiting: int = 0
    complete: int = 0
    outside: int = 0
    valid_until: datetime | None = None
    estimate: Estimate | None = None
    stops_first: bool = False

    @property
    def calls(self) -> dict[str, int]:
        """How many calls of each operation, in the order of a session's life."""
        items: tuple[Change | Recovery, ...] = (*self.changes, *self.recovery)
        count = Counter(call for item in items for call in item.calls)
        return {operation: count[operation] for operation in OPERATIONS if count[operation]}

    @property
    def empty(self) -> bool:
        """Whether an apply would make no call and change nothing in the state."""
        return not self.changes and not any(item.calls for item in self.recovery)

    def announced(self, address: Address) -> Counter[str]:
        """How often each call is made for a resource at the most, repetitions of one that failed left out."""
        count: Counter[str] = Counter()
        for change in self.changes:
            if change.address == address:
                count.update(change.calls)
        for item in self.recovery:
            if item.address == address:
                count.update((*item.calls, *item.if_never_started))
        return count

    def count(self, action: Action) -> int:
        """How many resources see this action."""
        return sum(change.action is action for change in self.changes)

    @property
    def destroying(self) -> bool:
        """Whether it was asked to stop everything, whatever the manifests declare."""
        return self.rails is not None and self.rails.rails.destroying

    @property
    def digest(self) -> str:
        """SHA-256 over all that would be done and to whom: what is approved with it.

        The same commit, state and world give the same digest again, whatever time it is. The values of secrets are
        not part of it.
        """
        content = _to_approve(self)
        return "sha256:" + sha256(json.dumps(content, sort_keys=True, separators=(",", ":")).encode()).hexdigest()


def _to_approve(plan: Plan) -> dict[str, Any]:
    """What somebody approves who approves this plan: whom it is about, and every change and call.

    Nothing that differs between two plans of the same commit, state and world: no time of planning, no evidence, no
    prices. The start of a session that is cut off stands for that session: its successor is another one.
    """
    return {
        "format": FORMAT,
        "project": plan.project,
        "lineage": plan.lineage,
        "target": [plan.target.endpoint, plan.target.realm, plan.target.app_id],
        "destroying": plan.destroying,
        "selection": {name: list(values) for name, values in plan.selection.items()},
        "recovery": [
            [str(item.address), item.operation, item.resource_id, item.calls, item.if_never_started, item.after]
            for item in plan.recovery
            if item.calls
        ],
        "moves": [[str(item.old), str(item.new)] for item in plan.moves],
        "changes": [
            {
                "address": str(change.address),
                "action": change.action.value,
                "calls": change.calls,
                "repeats": change.repeats,
                "attributes": [[item.path, item.before, item.after] for item in change.attributes],
                "after": change.after,
                "cutsOff": None if change.cuts_off is None else moment_text(change.cuts_off.since),
            }
            for change in plan.changes
        ],
    }


def moment_text(time: datetime | None) -> str | None:
    """A time as documents have it."""
    return None if time is None else time.strftime("%Y-%m-%dT%H:%M:%SZ")
