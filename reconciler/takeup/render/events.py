"""An apply as a stream of events in the shape of Terraform's `apply -json`: one object a line, its UI schema 1.2."""

import re
from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Any

from takeup import __version__
from takeup.core.address import Address
from takeup.core.plan import Action, Change, Plan
from takeup.core.schema.attribute import Effect
from takeup.core.snapshot import Liveness
from takeup.engine.apply import Report
from takeup.engine.ports import Event
from takeup.errors import TakeupError
from takeup.render.plan_terraform import TERRAFORM_VERSION
from takeup.render.plan_text import target_text

UI_VERSION = "1.2"
_MODULE = "terraform.ui"  # always so, says the reference; readers sift lines by it
_SID = re.compile(r"\[sid=([^\]\s]+)\]$")
# What begins with a call of an earlier run is asked after first: of Terraform's words, that is a read.
_ACTIONS = {Action.FORGET.value: "remove", "recover": "read"}
_BEGIN = {
    "create": "Creating",
    "update": "Modifying",
    "replace": "Replacing",
    "delete": "Destroying",
    "remove": "Removing",
    "read": "Refreshing",
}
_NOUN = {
    "create": "Creation",
    "update": "Modifications",
    "replace": "Replacement",
    "delete": "Destruction",
    "remove": "Removal",
    "read": "Refresh",
}

Json = dict[str, Any]


def version(at: datetime) -> Json:
    """The first event of every stream."""
    more = {"takeup": __version__, "terraform": TERRAFORM_VERSION, "ui": UI_VERSION}
    return _event(at, "version", f"takeup {__version__}", **more)


def planned(plan: Plan, at: datetime) -> Iterator[Json]:
    """What the plan says: whom it goes to, drift, warnings, each recovery, each change, and how many there are."""
    yield _event(at, "log", f"{plan.project} on {target_text(plan.target)}")
    for item in plan.drift:
        if item.now == Liveness.ENDED:
            gone = {"resource": resource(item.address), "action": "delete"}
            yield _event(at, "resource_drift", f"{item.address}: Drift detected (delete)", change=gone)
    for text in plan.warnings:
        yield diagnostic(text, "", at, severity="warning")
    for recovery in plan.recovery:
        if recovery.calls:
            yield _planned(recovery.address, "recover", at)
    for change in plan.shown:
        yield _planned(change.address, change.action.value, at, **_reason(change))
    yield _summary("plan", plan.shown, "Plan: {add} to add, {change} to change, {remove} to destroy.", at)


def told(event: Event, action: str, elapsed: float, at: datetime) -> Json:
    """Something that happened while calls are made.

    Args:
        event: what the engine told.
        action: what the `begin` of this address told; nothing where there was none (the refresh).
        elapsed: seconds since then.
        at: when it happened.
    """
    if event.kind == "interrupt":
        return _event(at, "log", event.text, level="warn")
    if not action:
        return _event(at, "log", f"{event.address}: {event.text}")
    word = _ACTIONS.get(action, action)
    hook: Json = {"resource": resource(event.address), "action": word}
    if event.kind == "begin":
        return _event(at, "apply_start", f"{event.address}: {_BEGIN[word]}...", hook=hook)
    seconds = int(elapsed)
    took = {"elapsed_seconds": seconds}
    if event.kind == "done":
        sid = _SID.search(event.text)
        named = {"id_key": "sid", "id_value": sid[1]} if sid else {}
        text = f"{event.address}: {_NOUN[word]} complete after {seconds}s" + (f" [sid={sid[1]}]" if sid else "")
        return _event(at, "apply_complete", text, hook={**hook, **named, **took})
    if event.kind == "failed":
        return _event(
            at, "apply_errored", f"{event.address}: {_NOUN[word]} errored after {seconds}s", hook={**hook, **took}
        )
    what = f"calling {event.text}" if event.kind == "call" else event.text
    text = f"{event.address}: Still {_BEGIN[word].lower()}: {what} [{seconds}s elapsed]"
    return _event(at, "apply_progress", text, hook={**hook, **took})


def finished(report: Report, at: datetime, *, destroying: bool = False) -> Iterator[Json]:
    """How it ended: a diagnostic for what failed, was not begun or is LOST, and how many changes were made."""
    for item, error in report.failed:
        yield failure(error, at, item.address)
    for item in report.skipped:
        yield diagnostic("Not begun", f"{item.address} was not begun.", at, severity="warning", address=item.address)
    for address in report.lost:
        text = "It may be recording, and its sid is not known: no call can reach it."
        yield diagnostic("The session is LOST", text, at, severity="warning", address=address)
    operation = "destroy" if destroying else "apply"
    left = f"{operation.title()} incomplete: {len(report.failed)} failed, {len(report.skipped)} not begun."
    head = f"{operation.title()} complete!" if report.complete else left
    text = head + " Resources: {add} added, {change} changed, {remove} destroyed."
    yield _summary(operation, report.applied, text, at)


def failure(error: TakeupError, at: datetime, address: Address | None = None) -> Json:
    """An error and what to do next."""
    return diagnostic(error.message, error.hint, at, severity="error", address=address)


def diagnostic(summary: str, detail: str, at: datetime, *, severity: str, address: Address | None = None) -> Json:
    """A warning or an error."""
    label, level = ("Error", "error") if severity == "error" else ("Warning", "warn")
    about = {} if address is None else {"address": str(address)}
    found = {"severity": severity, "summary": summary, "detail": detail, **about}
    return _event(at, "diagnostic", f"{label}: {summary}", level=level, diagnostic=found)


def resource(address: Address) -> Json:
    """A resource as events name it."""
    return {
        "addr": str(address),
        "module": "",
        "resource": str(address),
        "implied_provider": "agora",
        "resource_type": address.kind.value,
        "resource_name": address.name,
        "resource_key": address.key or None,
    }


def _planned(address: Address, action: str, at: datetime, **reason: str) -> Json:
    word = _ACTIONS.get(action, action)
    change = {"resource": resource(address), "action": word, **reason}
    return _event(at, "planned_change", f"{address}: Plan to {word}", change=change)


def _reason(change: Change) -> dict[str, str]:
    if change.action is Action.DELETE:
        return {"reason": "delete_because_no_resource_config"}
    if change.action is Action.REPLACE:
        forced = any(item.effect is Effect.REPLACE for item in change.attributes)
        return {"reason": "cannot_update" if forced else "requested"}
    return {}


def _summary(operation: str, changes: Iterable[Change], text: str, at: datetime) -> Json:
    """How many there are; `text` has places for the counts. A replacement is added and removed."""
    actions = [change.action for change in changes]
    replaced = actions.count(Action.REPLACE)
    counts = {
        "add": actions.count(Action.CREATE) + replaced,
        "change": actions.count(Action.UPDATE),
        "import": 0,
        "remove": actions.count(Action.DELETE) + replaced,
    }
    return _event(at, "change_summary", text.format(**counts), changes={**counts, "operation": operation})


def _event(at: datetime, kind: str, message: str, *, level: str = "info", **more: Any) -> Json:  # noqa: ANN401 - JSON values
    return {
        "@level": level,
        "@message": message,
        "@module": _MODULE,
        "@timestamp": at.isoformat(timespec="microseconds"),
        **more,
        "type": kind,
    }
