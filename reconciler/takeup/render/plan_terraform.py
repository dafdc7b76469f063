"""A plan as Terraform prints one with `terraform show -json`: format 1.2, for the tools that read it.

Secrets are redacted here and not by their readers: most of them print what is marked sensitive.
"""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from takeup import __version__
from takeup.core.address import Address, Kind
from takeup.core.plan import Action, AttributeChange, Change, Plan
from takeup.core.schema.attribute import Effect
from takeup.core.schema.table import attribute_at
from takeup.core.snapshot import Liveness
from takeup.core.whole import SENSITIVE, hidden
from takeup.render.strict_json import one_line

FORMAT_VERSION = "1.2"
TERRAFORM_VERSION = "1.15.5"
"""The version whose output was the pattern; readers refuse a plan without one. `generator` says who made it."""

PROVIDER = "takeup.invalid/takeup/agora"
"""Nothing is ever fetched from there: .invalid is reserved for names that lead nowhere."""

CHANGED = "(sensitive, changed)"
"""The new value of a secret that changed: where both sides look the same, readers see no change."""

_COMPUTED = ("resourceId", "sid")
_ACTIONS = {
    Action.CREATE: ["create"],
    Action.UPDATE: ["update"],
    Action.REPLACE: ["delete", "create"],
    Action.DELETE: ["delete"],
}
_STEP = re.compile(r"[^.\[\]]+")

Json = dict[str, Any]


def render(plan: Plan, _options: object = None) -> str:
    """The document on one line, as Terraform writes it."""
    return one_line(terraform_document(plan))


def terraform_document(plan: Plan) -> Json:
    """The plan as Terraform's object; what neither changes nor drifted is not in it, for it is not in the plan.

    A recording that ended and is not wanted any more is drift and no change, as in Terraform, whose refresh forgets
    what is gone. (Terraform's action "forget" is for what goes on without it; there are readers that it crashes.)
    """
    changes = [change for change in plan.shown if change.action is not Action.FORGET]
    rows = [(change, _before(change), _after(change)) for change in changes]
    known = [(change.address, before) for change, before, _ in rows if before is not None]
    wanted = [(change.address, after) for change, _, after in rows if after is not None]
    live = {item.address for item in plan.running}
    # A resource is not gone while the other one of its two sessions records.
    gone = {
        item.address.resource: item.before
        for item in plan.drift
        if item.now == Liveness.ENDED and item.address.partner not in live
    }
    gone |= {change.address: change.before for change in plan.shown if change.action is Action.FORGET}
    prior = {"root_module": _module(_values(address, before) for address, before in known)}
    return {
        "format_version": FORMAT_VERSION,
        "terraform_version": TERRAFORM_VERSION,
        "generator": {"name": "takeup", "version": __version__, "plan": plan.digest},
        "planned_values": {"root_module": _module(_values(address, after) for address, after in wanted)},
        **(
            {
                "resource_drift": [
                    _drift(address, before) for address, before in sorted(gone.items(), key=lambda item: item[0])
                ]
            }
            if gone
            else {}
        ),
        "resource_changes": [_change(*row) for row in rows],
        **({"prior_state": _state(prior)} if known else {}),
        "configuration": {
            "provider_config": {"agora": {"name": "agora", "full_name": PROVIDER}},
            "root_module": _module(_configured(address, after) for address, after in wanted),
        },
        "timestamp": plan.created_at.strftime("%Y-%m-%dT%H:%M:%SZ"),
        "applyable": not plan.empty,
        "complete": not plan.unjudged and not plan.selection.keys() & {"target", "exclude"},
        "errored": False,
    }


def _module(resources: Iterator[Json]) -> Json:
    found = list(resources)
    return {"resources": found} if found else {}


def _state(values: Json) -> Json:
    return {"format_version": "1.0", "terraform_version": TERRAFORM_VERSION, "values": values}


def _identity(address: Address) -> Json:
    """The takeup address is a valid Terraform address, so it is the same in both."""
    made = {"address": str(address), "mode": "managed", "type": address.kind.value, "name": address.name}
    return {**made, "index": address.key} if address.key else made


def _values(address: Address, values: Json) -> Json:
    return {
        **_identity(address),
        "provider_name": PROVIDER,
        "schema_version": 0,
        "values": values,
        "sensitive_values": _sensitive(address.kind, values),
    }


def _configured(address: Address, after: Json) -> Json:
    return {
        **_identity(address),
        "provider_config_key": "agora",
        "expressions": {
            # Terraform writes {} for an expression whose value it does not tell.
            name: {} if value in (SENSITIVE, CHANGED) else {"constant_value": value}
            for name, value in after.items()
        },
        "schema_version": 0,
    }


def _change(change: Change, before: Json | None, after: Json | None) -> Json:
    kind = change.address.kind
    return {
        **_identity(change.address),
        "provider_name": PROVIDER,
        "change": {
            "actions": _ACTIONS[change.action][:: -1 if change.overlap else 1],
            "before": before,
            "after": after,
            "after_unknown": _unknown(change, after),
            "before_sensitive": before is not None and _sensitive(kind, before),
            "after_sensitive": after is not None and _sensitive(kind, after),
            **_replace_paths(change),
        },
        **_action_reason(change),
    }


def _drift(address: Address, spec: Mapping[str, Any] | None) -> Json:
    """A session that ended by itself is what Terraform calls deleted outside of it."""
    before = hidden(address.kind, spec or {})
    return {
        **_identity(address),
        "provider_name": PROVIDER,
        "change": {
            "actions": ["delete"],
            "before": before,
            "after": None,
            "after_unknown": {},
            "before_sensitive": _sensitive(address.kind, before),
            "after_sensitive": False,
        },
    }


def _before(change: Change) -> Json | None:
    found: Json | None = None if change.before is None else hidden(change.address.kind, change.before)
    return found


def _after(change: Change) -> Json | None:
    if change.after is None:
        return None
    after: Json = hidden(change.address.kind, change.after)
    for item in change.attributes:
        if item.sensitive and item.before is not None and item.after is not None:
            _put(after, _steps(item.path), CHANGED)
    return after


def _put(holder: Any, steps: list[str | int], value: str) -> None:  # noqa: ANN401 - any part of a spec
    """Put a value at a path; a path that is not there is left alone, for the mark is not worth a failure."""
    try:
        for step in steps[:-1]:
            holder = holder[step]
        if holder[steps[-1]] == SENSITIVE:
            holder[steps[-1]] = value
    except (KeyError, IndexError, TypeError):
        return


def _steps(path: str) -> list[str | int]:
    return [int(step) if step.isdecimal() else step for step in _STEP.findall(path)]


def _replace_paths(change: Change) -> Json:
    paths = [_steps(item.path) for item in _forcing(change)]
    return {"replace_paths": paths} if paths else {}


def _action_reason(change: Change) -> Json:
    if change.action is Action.DELETE:
        return {"action_reason": "delete_because_no_resource_config"}
    if change.action is Action.REPLACE:
        return {"action_reason": "replace_because_cannot_update" if _forcing(change) else "replace_by_request"}
    return {}


def _forcing(change: Change) -> list[AttributeChange]:
    return [item for item in change.attributes if change.action is Action.REPLACE and item.effect is Effect.REPLACE]


def _unknown(change: Change, after: Json | None) -> Json:
    """What is known only after the apply: the ids of a session that is yet to be started."""
    starts = change.action in {Action.CREATE, Action.REPLACE}
    return {**_marks(after or {}), **(dict.fromkeys(_COMPUTED, True) if starts else {})}


def _marks(value: Any) -> Any:  # noqa: ANN401 - any part of a spec
    """The shape of a value in which nothing is marked: objects without their plain values, and false in lists."""
    if isinstance(value, Mapping):
        return {name: _marks(item) for name, item in value.items() if isinstance(item, Mapping | list)}
    return [_marks(item) for item in value] if isinstance(value, list) else False


def _sensitive(kind: Kind, value: object, path: tuple[str | int, ...] = ()) -> Any:  # noqa: ANN401 - true, false or a shape
    """The same shape with true where a secret stands."""
    attribute = attribute_at(kind, path)
    if (attribute is not None and attribute.sensitive) or value in (SENSITIVE, CHANGED):
        return True
    if isinstance(value, Mapping):
        marks = {name: _sensitive(kind, item, (*path, name)) for name, item in value.items()}
        return {name: mark for name, mark in marks.items() if mark is not False}
    if isinstance(value, list):
        return [_sensitive(kind, item, (*path, at)) for at, item in enumerate(value)]
    return False
