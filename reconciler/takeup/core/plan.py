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
from takeup.core.cost import Cost, cost_document
from takeup.core.cut import Cut, cut_document
from takeup.core.safety import Verdict, rails_document
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
    `how` is a sentence, shown and never branched on.
    """

    address: Address
    operation: str  # start | update | updateLayout | stop
    since: datetime
    resource_id: str
    evidence: str
    how: str
    calls: tuple[str, ...] = ()
    if_never_started: tuple[str, ...] = ()


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
    def digest(self) -> str:
        """SHA-256 over all that would be done and to whom; what changes with time alone is not part of it."""
        content = _lasting(plan_document(self))
        return "sha256:" + sha256(json.dumps(content, sort_keys=True, separators=(",", ":")).encode()).hexdigest()


def plan_document(plan: Plan) -> dict[str, Any]:
    """The plan as the JSON object of format takeup-plan/1, without its digest."""
    summary = {action.value: plan.count(action) for action in Action}
    return {
        "format": FORMAT,
        "project": plan.project,
        "lineage": plan.lineage,
        "serial": plan.serial,
        "createdAt": _time(plan.created_at),
        "validUntil": _time(plan.valid_until),
        "target": {"endpoint": plan.target.endpoint, "realm": plan.target.realm, "appId": plan.target.app_id},
        "selection": {name: list(values) for name, values in plan.selection.items()},
        "summary": {
            **summary,
            "noop": plan.noop,
            "calls": sum(plan.calls.values()),
            "callsByOperation": plan.calls,
        },
        "moves": [{"from": str(item.old), "to": str(item.new)} for item in plan.moves],
        "stopsFirst": plan.stops_first,
        "estimate": None if plan.estimate is None else _estimate(plan.estimate),
        "recovery": [_recovery(item) for item in plan.recovery],
        "lost": [lost_document(item) for item in plan.lost],
        "changes": [_change(change, plan.created_at) for change in plan.changes],
        "drift": [{**drift_document(item), "before": item.before} for item in plan.drift],
        "warnings": list(plan.warnings),
        "cost": None if plan.cost is None else cost_document(plan.cost, plan.created_at),
        "rails": None if plan.rails is None else rails_document(plan.rails),
        "origins": {str(address): origin for address, origin in plan.origins.items()},
        "running": [_running(item) for item in plan.running],
    }


_PASSING = frozenset({"createdAt", "validUntil", "runningFor", "remaining", "soFar", "origins", "running"})
"""Keys whose values change with time alone, or with the lines of a file, and what runs besides."""


def _lasting(document: Mapping[str, Any]) -> dict[str, Any]:
    """The plan as JSON without what changes with time alone."""

    def kept(row: Mapping[str, Any]) -> dict[str, Any]:
        return {name: value for name, value in row.items() if name not in _PASSING}

    lasting = kept(document)
    lasting["changes"] = [{**row, "cutsOff": row["cutsOff"] and kept(row["cutsOff"])} for row in document["changes"]]
    if document["cost"] is not None:
        exposure = [kept(row) for row in document["cost"]["exposure"]]
        lasting["cost"] = {**document["cost"], "exposure": exposure}
    return lasting


def drift_document(item: Drift) -> dict[str, Any]:
    """One drift as JSON."""
    return {
        "address": str(item.address),
        "was": item.was,
        "now": item.now,
        "since": _time(item.since),
        "evidence": item.evidence,
    }


def lost_document(item: Lost) -> dict[str, Any]:
    """One LOST session as JSON."""
    return {
        "address": str(item.address),
        "resourceIds": list(item.resource_ids),
        "since": _time(item.since),
        "evidence": item.evidence,
        "endsAt": _time(item.ends_at),
        "ends": item.ends,
    }


def _estimate(item: Estimate) -> dict[str, Any]:
    return {"seconds": round(item.seconds, 1), "requestsPerSecond": item.requests_per_second}


def _running(item: Running) -> dict[str, Any]:
    return {
        "address": str(item.address),
        "liveness": item.liveness,
        "since": _time(item.since),
        "endsAt": _time(item.ends_at),
        "ends": item.ends,
    }


def _recovery(item: Recovery) -> dict[str, Any]:
    return {
        "address": str(item.address),
        "operation": item.operation,
        "since": _time(item.since),
        "resourceId": item.resource_id,
        "evidence": item.evidence,
        "how": item.how,
        "calls": list(item.calls),
        "ifNeverStarted": list(item.if_never_started),
    }


def _time(time: datetime | None) -> str | None:
    return None if time is None else time.strftime("%Y-%m-%dT%H:%M:%SZ")


def _change(change: Change, now: datetime) -> dict[str, Any]:
    return {
        "address": str(change.address),
        "kind": change.address.kind.value,
        "action": change.action.value,
        "reason": change.reason,
        "calls": list(change.calls),
        "cutsOff": cut_document(change.cuts_off, now),
        "attributes": [
            {
                "path": item.path,
                "before": item.before,
                "after": item.after,
                "sensitive": item.sensitive,
                "effect": item.effect.value,
            }
            for item in change.attributes
        ],
        "before": change.before,
        "after": change.after,
        "unchanged": change.unchanged,
    }
