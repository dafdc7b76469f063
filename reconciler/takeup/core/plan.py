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
from takeup.core.schema.attribute import Effect

FORMAT = "takeup-plan/1"


class Action(StrEnum):
    """What happens to a resource."""

    CREATE = "create"
    UPDATE = "update"
    REPLACE = "replace"
    DELETE = "delete"
    FORGET = "forget"


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
    """What happens to one resource. `reason` is shown and never branched on."""

    address: Address
    action: Action
    reason: str
    calls: tuple[str, ...]
    attributes: tuple[AttributeChange, ...] = ()

    @property
    def groups(self) -> frozenset[str]:
        """The parts of the update request that this change needs."""
        return frozenset(change.group for change in self.attributes if change.effect is Effect.UPDATE)


@dataclass(frozen=True, slots=True)
class Drift:
    """One session that is not as the previous state says."""

    address: Address
    was: str
    now: str
    evidence: str


@dataclass(frozen=True, slots=True)
class Target:
    """Whom the calls go to. `realm` is agora, loopback or embedded."""

    endpoint: str
    realm: str
    app_id: str


@dataclass(frozen=True, slots=True)
class Plan:
    """All that an apply would do."""

    project: str
    target: Target
    lineage: str
    serial: int
    created_at: datetime
    changes: tuple[Change, ...]
    drift: tuple[Drift, ...] = ()
    warnings: tuple[str, ...] = ()
    noop: int = 0
    unjudged: int = 0  # of the no-ops: sessions that are not surely running or ended
    selection: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    @property
    def calls(self) -> dict[str, int]:
        """How many calls of each operation, in the order of a session's life."""
        count = Counter(call for change in self.changes for call in change.calls)
        return {operation: count[operation] for operation in OPERATIONS if count[operation]}

    def count(self, action: Action) -> int:
        """How many resources see this action."""
        return sum(change.action is action for change in self.changes)

    @property
    def digest(self) -> str:
        """SHA-256 over all that would be done and to whom; the time of planning is not part of it."""
        content = {name: value for name, value in plan_document(self).items() if name not in {"digest", "createdAt"}}
        return "sha256:" + sha256(json.dumps(content, sort_keys=True, separators=(",", ":")).encode()).hexdigest()


def plan_document(plan: Plan) -> dict[str, Any]:
    """The plan as the JSON object of format takeup-plan/1, without its digest."""
    summary = {action.value: plan.count(action) for action in Action}
    return {
        "format": FORMAT,
        "project": plan.project,
        "lineage": plan.lineage,
        "serial": plan.serial,
        "createdAt": plan.created_at.strftime("%Y-%m-%dT%H:%M:%SZ"),
        "target": {"endpoint": plan.target.endpoint, "realm": plan.target.realm, "appId": plan.target.app_id},
        "selection": {name: list(values) for name, values in plan.selection.items()},
        "summary": {
            **summary,
            "noop": plan.noop,
            "calls": sum(plan.calls.values()),
            "callsByOperation": plan.calls,
        },
        "changes": [_change(change) for change in plan.changes],
        "drift": [
            {"address": str(drift.address), "was": drift.was, "now": drift.now, "evidence": drift.evidence}
            for drift in plan.drift
        ],
        "warnings": list(plan.warnings),
    }


def _change(change: Change) -> dict[str, Any]:
    return {
        "address": str(change.address),
        "kind": change.address.kind.value,
        "action": change.action.value,
        "reason": change.reason,
        "calls": list(change.calls),
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
    }
