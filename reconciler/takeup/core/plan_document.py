"""A plan as JSON has it: what `plan --format json` prints and every other format is made from. Pure."""

from datetime import datetime
from typing import Any

from takeup.core.cost import cost_document
from takeup.core.cut import cut_document
from takeup.core.plan import FORMAT, Action, Change, Drift, Estimate, Lost, Plan, Recovery, Running, moment_text
from takeup.core.safety import rails_document


def plan_document(plan: Plan) -> dict[str, Any]:
    """The plan as the JSON object of format takeup-plan/1, without its digest."""
    summary = {action.value: plan.count(action) for action in Action}
    return {
        "format": FORMAT,
        "project": plan.project,
        "lineage": plan.lineage,
        "serial": plan.serial,
        "createdAt": moment_text(plan.created_at),
        "validUntil": moment_text(plan.valid_until),
        "target": {"endpoint": plan.target.endpoint, "realm": plan.target.realm, "appId": plan.target.app_id},
        "selection": {name: list(values) for name, values in plan.selection.items()},
        "summary": {
            **summary,
            "noop": plan.noop,
            "unjudged": plan.unjudged,
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


def drift_document(item: Drift) -> dict[str, Any]:
    """One drift as JSON."""
    return {
        "address": str(item.address),
        "was": item.was,
        "now": item.now,
        "since": moment_text(item.since),
        "evidence": item.evidence,
    }


def lost_document(item: Lost) -> dict[str, Any]:
    """One LOST session as JSON."""
    return {
        "address": str(item.address),
        "resourceIds": list(item.resource_ids),
        "since": moment_text(item.since),
        "evidence": item.evidence,
        "endsAt": moment_text(item.ends_at),
        "ends": item.ends,
    }


def _estimate(item: Estimate) -> dict[str, Any]:
    return {"seconds": round(item.seconds, 1), "requestsPerSecond": item.requests_per_second}


def _running(item: Running) -> dict[str, Any]:
    return {
        "address": str(item.address),
        "liveness": item.liveness,
        "since": moment_text(item.since),
        "endsAt": moment_text(item.ends_at),
        "ends": item.ends,
    }


def _recovery(item: Recovery) -> dict[str, Any]:
    return {
        "address": str(item.address),
        "operation": item.operation,
        "since": moment_text(item.since),
        "resourceId": item.resource_id,
        "evidence": item.evidence,
        "how": item.how,
        "calls": list(item.calls),
        "ifNeverStarted": list(item.if_never_started),
        "after": item.after,
    }


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
    }
