"""A plan: frozen data. It holds no function, no client, no open file and no secret."""

import json
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import sha256
from typing import Any

from takeup.core.address import Address
from takeup.core.change import LAYOUT, OPERATIONS, Action, AttributeChange, Change
from takeup.core.cost import Cost, cost_document
from takeup.core.cut import cut_document
from takeup.core.pairs import paired
from takeup.core.safety import Verdict, rails_document

FORMAT = "takeup-plan/1"

__all__ = [
    "LAYOUT",
    "OPERATIONS",
    "Action",
    "AttributeChange",
    "Change",
    "Drift",
    "Lost",
    "Plan",
    "Recovery",
    "Running",
    "Target",
    "drift_document",
    "lost_document",
    "plan_document",
]


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
class Target:
    """Whom the calls go to. `realm` is agora, loopback or embedded."""

    endpoint: str
    realm: str
    app_id: str


@dataclass(frozen=True, slots=True)
class Plan:
    """All that an apply would do.

    `changes`, `recovery`, `lost`, `drift` and `running` are about sessions: a resource may have two.
    `origins` are the places in the manifests, file:line, of what the plan speaks of; no part of the digest.
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

    @property
    def shown(self) -> tuple[Change, ...]:
        """The changes by resource, as people count them: `changes` are by session."""
        return paired(self.changes, {item.address for item in self.running})

    def count(self, action: Action) -> int:
        """How many resources see this action."""
        return sum(change.action is action for change in self.shown)

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


def plan_document(plan: Plan) -> dict[str, Any]:
    """The plan as the JSON object of format takeup-plan/1, without its digest."""
    summary = {action.value: plan.count(action) for action in Action}
    return {
        "format": FORMAT,
        "project": plan.project,
        "lineage": plan.lineage,
        "serial": plan.serial,
        "createdAt": _time(plan.created_at),
        "target": {"endpoint": plan.target.endpoint, "realm": plan.target.realm, "appId": plan.target.app_id},
        "selection": {name: list(values) for name, values in plan.selection.items()},
        "summary": {
            **summary,
            "noop": plan.noop,
            "unjudged": plan.unjudged,
            "calls": sum(plan.calls.values()),
            "callsByOperation": plan.calls,
        },
        "recovery": [_recovery(item) for item in plan.recovery],
        "lost": [lost_document(item) for item in plan.lost],
        "changes": [_change(change, plan.created_at) for change in plan.shown],
        "drift": [{**drift_document(item), "before": item.before} for item in plan.drift],
        "warnings": list(plan.warnings),
        "cost": None if plan.cost is None else cost_document(plan.cost, plan.created_at),
        "rails": None if plan.rails is None else rails_document(plan.rails),
        "origins": {str(address): origin for address, origin in plan.origins.items()},
        "running": [_running(item) for item in plan.running],
    }


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
        "changes": [
            {
                "address": str(change.address),
                "action": change.action.value,
                "calls": change.calls,
                "repeats": change.repeats,
                "attributes": [[item.path, item.before, item.after] for item in change.attributes],
                "after": change.after,
                "cutsOff": None if change.cuts_off is None else _time(change.cuts_off.since),
            }
            for change in plan.changes
        ],
    }


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
        "after": item.after,
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
        "repeats": list(change.repeats),
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
        **({"sessions": [_part(part, now) for part in change.parts]} if change.parts else {}),
    }


def _part(part: Change, now: datetime) -> dict[str, Any]:
    """What happens to one of two sessions."""
    return {
        "address": str(part.address),
        "uid": part.uid or (part.before or {}).get("uid"),
        "action": part.action.value,
        "reason": part.reason,
        "calls": list(part.calls),
        "cutsOff": cut_document(part.cuts_off, now),
    }
