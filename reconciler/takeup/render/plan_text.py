"""A plan as text for people: what would be done, why, and which calls it takes."""

import re
from collections.abc import Iterator, Mapping
from datetime import datetime

from takeup.core.address import Kind
from takeup.core.plan import Action, AttributeChange, Change, Plan, Target
from takeup.core.schema.attribute import Effect
from takeup.core.schema.names import region_name
from takeup.core.schema.table import attributes
from takeup.core.secret import Secret
from takeup.render.cost_text import cost_section, cut_text
from takeup.render.style import Style, counted, printable, quoted

SENSITIVE = "(sensitive)"
_INDEX = re.compile(r"\[\d+\]")
_APP_ID_SHOWN = 4
_HEADINGS = {
    Action.CREATE: ("+", "will be created"),
    Action.UPDATE: ("~", "will be updated in place"),
    Action.REPLACE: ("-/+", "must be replaced"),
    Action.DELETE: ("-", "will be destroyed"),
    Action.FORGET: (".", "will be forgotten"),
}


def plan_text(plan: Plan, style: Style) -> str:
    """The whole plan: title, warnings, drift, one block per change, summary. Ends with a line end."""
    sections = [
        _title(plan, style),
        *(f"{style.warn('Warning:')} {printable(warning)}" for warning in plan.warnings),
        *_drift(plan, style),
        *_changes(plan, style),
        *cost_section(plan, style),
        _summary(plan, style),
    ]
    return "\n\n".join(sections) + "\n"


def _title(plan: Plan, style: Style) -> str:
    title = style.bold(f"takeup plan: {printable(plan.project)} on {target_text(plan.target)}")
    restrictions = [
        f"--{name} {printable(value)}" for name in ("target", "exclude") for value in plan.selection.get(name, ())
    ]
    return f"{title}\nRestricted by {', '.join(restrictions)}" if restrictions else title


def target_text(target: Target) -> str:
    """Whom the calls go to, in words that tell a real recorder from an emulator."""
    match target.realm:
        case "embedded":
            return "the embedded emulator (no real recorder is reached)"
        case "loopback":
            return f"{printable(target.endpoint)} (an emulator or proxy on this machine)"
        case _:
            return f"{printable(target.endpoint)}, App ID {shortened(target.app_id)}"


def shortened(app_id: str) -> str:
    """An App ID with its middle left out."""
    short = len(app_id) <= 3 * _APP_ID_SHOWN
    return printable(app_id if short else f"{app_id[:_APP_ID_SHOWN]}...{app_id[-_APP_ID_SHOWN:]}")


def _drift(plan: Plan, style: Style) -> Iterator[str]:
    if not plan.drift:
        return
    lines = [style.bold("Changed outside of takeup:")]
    for item in plan.drift:
        evidence = f" ({printable(item.evidence)})" if item.evidence else ""
        states = f"{printable(item.was)} -> {printable(item.now)}"
        lines.append(f"  {style.change('~')} {printable(str(item.address))}: {states}{evidence}")
    yield "\n".join(lines)


def _changes(plan: Plan, style: Style) -> Iterator[str]:
    if plan.changes:
        yield style.bold("takeup will perform the following actions:")
    for change in plan.changes:
        yield "\n".join(_block(change, plan.created_at, style))


def _block(change: Change, now: datetime, style: Style) -> Iterator[str]:
    symbol, words = _HEADINGS[change.action]
    address = printable(str(change.address))
    # An update is explained by its attributes; why anything starts or stops is always told.
    reason = f" ({printable(change.reason)})" if change.reason and change.action is not Action.UPDATE else ""
    mark = _painted(style, symbol, f"{symbol:>3}")
    if change.action is Action.FORGET:
        yield f"{mark} {address} {words}{reason}"
        return
    yield f"  {style.bold(f'# {address} {words}')}{reason}"
    yield f"{mark} {address} {{"
    yield from _attributes(change, style)
    if change.cuts_off is not None:
        yield f"        {style.remove(cut_text(change.cuts_off, now))}"
    calls = ", ".join(change.calls) or "none"
    yield f"        {style.dim(f'calls: {calls}')}"
    yield "    }"


def _attributes(change: Change, style: Style) -> Iterator[str]:
    paths = [printable(item.path) for item in change.attributes]
    width = max(map(len, paths), default=0)
    siblings = {item.path: item for item in change.attributes}
    for path, item in zip(paths, change.attributes, strict=True):
        symbol, value = _difference(change.address.kind, item, siblings)
        forces = change.action is Action.REPLACE and item.effect is Effect.REPLACE
        note = f" {style.remove('# forces replacement')}" if forces else ""
        yield f"      {_painted(style, symbol, symbol)} {path:<{width}} = {value}{note}"


def _difference(kind: Kind, item: AttributeChange, siblings: Mapping[str, AttributeChange]) -> tuple[str, str]:
    vendor = siblings.get(_vendor_path(item.path))
    vendors = (vendor.before, vendor.after) if vendor is not None else (None, None)
    before, after = (
        SENSITIVE if item.sensitive else value_text(kind, item.path, value, vendor=by)
        for value, by in zip((item.before, item.after), vendors, strict=True)
    )
    if item.before is None:
        return "+", after
    if item.after is None:
        return "-", before
    return "~", SENSITIVE if item.sensitive else f"{before} -> {after}"


def _vendor_path(path: str) -> str:
    return path.removesuffix("region") + "vendor" if path.endswith(".region") else ""


def value_text(kind: Kind, path: str, value: object, *, vendor: object = None) -> str:
    """One value of a spec: JSON, with the name before a number that has one.

    Args:
        kind: the kind that declares the attribute.
        path: the attribute's path, list indices included.
        value: what it is.
        vendor: the number of the storage vendor beside a region, where it is known.
    """
    if is_secret(kind, path, value):
        return SENSITIVE
    if type(value) is int:
        attribute = attributes(kind).get(general(path))
        name = attribute.named.name_of(value) if attribute is not None and attribute.named is not None else None
        if type(vendor) is int and path == "storageConfig.region":
            name = region_name(vendor, value)
        if name is not None:
            return f"{name} ({value})"
    return quoted(value)


def general(path: str) -> str:
    """The path as the schema writes it: without the indices of list elements."""
    return _INDEX.sub("[]", path)


def is_secret(kind: Kind, path: str, value: object) -> bool:
    """Whether a value must not be shown: declared so, a secret, or a secret's fingerprint."""
    attribute = attributes(kind).get(general(path))
    declared = attribute is not None and attribute.sensitive
    return declared or isinstance(value, Secret) or (isinstance(value, str) and value.startswith("hmac-sha256:"))


def _summary(plan: Plan, style: Style) -> str:
    return "\n".join(_totals(plan, style) if plan.changes else _nothing(plan, style))


def _totals(plan: Plan, style: Style) -> Iterator[str]:
    replaced, forgotten = plan.count(Action.REPLACE), plan.count(Action.FORGET)
    parts = [
        f"{plan.count(Action.CREATE) + replaced} to add",
        f"{plan.count(Action.UPDATE)} to change",
        f"{plan.count(Action.DELETE) + replaced} to destroy",
    ]
    if forgotten:
        parts.append(f"{forgotten} to forget")
    yield f"{style.bold('Plan:')} {', '.join(parts)}."
    calls = plan.calls
    by_operation = ", ".join(f"{number} {operation}" for operation, number in calls.items())
    yield counted(sum(calls.values()), "API call") + (f": {by_operation}" if by_operation else "")


def _nothing(plan: Plan, style: Style) -> Iterator[str]:
    if plan.unjudged:
        told = f"{counted(plan.unjudged, 'recording')} cannot be judged (see the warnings)"
        yield f"{style.warn('No changes can be made now:')} {told}."
    else:
        yield f"{style.bold('No changes.')} Recordings match the manifests."
    yield f"{counted(plan.noop, 'recording')}, 0 API calls"


def _painted(style: Style, symbol: str, text: str) -> str:
    paint = {"+": style.add, "~": style.change, "-": style.remove, "-/+": style.replace}.get(symbol, style.dim)
    return paint(text)


__all__ = ["SENSITIVE", "general", "is_secret", "plan_text", "shortened", "target_text", "value_text"]
