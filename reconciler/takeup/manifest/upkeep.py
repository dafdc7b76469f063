"""What a manifest says beside Agora's own keys: taken out of its spec, which holds only Agora's keys afterwards."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from pydantic import ValidationError

from takeup.core.address import Address, Kind
from takeup.core.lifecycle import PLAIN, Lifecycle, Restart
from takeup.core.resource import Resource
from takeup.core.schedule import CronWindow, Schedule, Span, instants
from takeup.core.schema.attribute import Effect, Model
from takeup.core.schema.table import attributes, attributes_of
from takeup.core.schema.upkeep import LifecycleSpec, UpkeepSpec
from takeup.core.snapshot import DEFAULT_WINDOW_HOURS
from takeup.manifest.handover import PLAIN_HANDOVER, Handover, handover, literal_certificate
from takeup.manifest.reader import Document
from takeup.manifest.references import Sources, fill, overlaps
from takeup.manifest.translate import Finding, Path, did_you_mean, translate

_KEYS = ("schedule", "lifecycle", "token")
_TABLE = attributes_of(UpkeepSpec)
_KINDS = (("cron", "duration"), ("from", "to"))


@dataclass(frozen=True, slots=True)
class Upkeep:
    """When a recording is wanted, what holds for its sessions and how they are handed over, as `Resource` has it."""

    schedule: Schedule | None = None
    lifecycle: Lifecycle = PLAIN
    handover: Handover = PLAIN_HANDOVER

    def resource(self, address: Address, spec: Mapping[str, Any], origin: str) -> Resource:
        """The recording that has these keys beside Agora's."""
        own = self.handover
        return Resource(
            address, spec, origin, own.spare_uid, own.overlap, own.token_build, self.schedule, self.lifecycle
        )


def take(document: Document, address: Address, sources: Sources, unknown: set[Path]) -> tuple[Upkeep, list[Finding]]:
    """Take the keys out of a document's spec; tell what is wrong with them.

    Args:
        document: the manifest; its spec loses the keys.
        address: of the recording.
        sources: where its references are read from.
        unknown: the paths whose values are stand-ins; those below the keys are added.
    """
    raw, kind = document.value["spec"], address.kind
    keys = [key for key in _KEYS if key in raw and (key != "token" or isinstance(raw[key], dict))]
    if not keys:
        return Upkeep(), []
    findings, missing = fill(document, _TABLE, sources)
    unknown |= missing
    own = {key: raw.pop(key) for key in keys}
    findings += literal_certificate(own)
    try:
        spec = UpkeepSpec.model_validate(own)
    except ValidationError as error:
        return Upkeep(), [*findings, *translate(error.errors(include_url=False), _TABLE)]
    schedule, lifecycle = None, spec.lifecycle or LifecycleSpec()
    told: list[Finding] = []
    if spec.schedule is not None:
        schedule = _schedule(_values(spec.schedule), told)
    told += _lifecycle_findings(lifecycle, address)
    told += _too_long(schedule, raw)
    findings += (item for item in told if not overlaps((item.path, *item.uses), missing))
    mark = document.mark(("spec", "lifecycle", "preventStop"))
    line = f"{document.file}:{mark.line}"
    return Upkeep(schedule, _lifecycle(lifecycle, kind, line), handover(spec.token, lifecycle)), findings


def _values(model: Model) -> dict[str, Any]:
    """The attributes of a model as they are; some have names that Python has taken."""
    return {name: getattr(model, name) for name in type(model).model_fields}


def _schedule(spec: Mapping[str, Any], findings: list[Finding]) -> Schedule:
    zone: ZoneInfo = spec["timeZone"]
    windows: list[CronWindow] = []
    single: list[Span] = []
    for index, made in enumerate(spec["windows"]):
        window = _values(made)
        path: Path = ("schedule", "windows", index)
        given = {key for key, value in window.items() if value is not None}
        if given not in map(set, _KINDS):
            text = "A window has cron and duration, or from and to."
            findings.append(Finding(path, text, 'Write {cron: "0 8 * * 1-5", duration: 8h}.'))
        elif "cron" in given:
            windows.append(CronWindow(window["cron"], window["duration"]))
        else:
            span = Span(_utc(window["from"], zone), _utc(window["to"], zone))
            single.append(span)
            if span.end is not None and span.end <= span.begin:
                text = "to is not later than from."
                findings.append(Finding((*path, "to"), text, "Write a later time.", uses=((*path, "from"),)))
    return Schedule(tuple(windows), tuple(single), zone, tuple(spec["except"] or ()))


def _utc(value: datetime, zone: ZoneInfo) -> datetime:
    return instants(value, zone)[0] if value.tzinfo is None else value.astimezone(UTC)


def _lifecycle(spec: LifecycleSpec, kind: Kind, line: str) -> Lifecycle:
    return Lifecycle(
        restart=Restart(spec.restart),
        prevent_stop=line if spec.preventStop else "",
        ignore_changes=tuple(spec.ignoreChanges or ()),
        replace_on_change=tuple(spec.replaceOnChange or ()),
        moved_from=tuple(found for moved in spec.moved or () if (found := _former(kind, moved)) is not None),
        abandon=spec.abandon,
    )


def _lifecycle_findings(spec: LifecycleSpec, address: Address) -> Iterator[Finding]:
    kind = address.kind
    for index, path in enumerate(spec.ignoreChanges or ()):
        yield from _path(kind, path, ("lifecycle", "ignoreChanges", index), ignored=True)
    for index, path in enumerate(spec.replaceOnChange or ()):
        yield from _path(kind, path, ("lifecycle", "replaceOnChange", index), ignored=False)
    for index, moved in enumerate(spec.moved or ()):
        at: Path = ("lifecycle", "moved", index, "from")
        name, former = getattr(moved, "from"), _former(kind, moved)
        if former == address:
            yield Finding(at, "moved names the recording itself.", "Write the name that it had.")
        elif name.split(".", 1)[0] in {other.value for other in Kind if other is not kind}:
            text = f"A session keeps its kind: {name[:60]} cannot have become a {kind.value}."
            yield Finding(at, text, "Remove it, and let the old one be stopped.")
        elif former is None:
            yield Finding(at, f"{name[:60]} is no name.", 'Write hall, or rooms["a-101"] for a member of a set.')


def _former(kind: Kind, moved: Model) -> Address | None:
    """The address that a recording had; None where its text is none."""
    name = str(getattr(moved, "from")).removeprefix(f"{kind.value}.")
    try:
        return Address.parse(f"{kind.value}.{name}")
    except ValueError:
        return None


def _path(kind: Kind, path: str, at: Path, *, ignored: bool) -> Iterator[Finding]:
    table = attributes(kind)
    names = [name for name in table if "[]" not in name]
    found = table.get(path) if path in names else None
    key = at[1]
    if found is None:
        hint = did_you_mean(path, names, "Write a path below spec, for example recordingConfig.maxIdleTime.")
        yield Finding(at, f"lifecycle.{key} names no attribute of {kind.value}: {path[:60]}.", hint)
        return
    below = [item for name, item in table.items() if name == path or name.startswith((f"{path}.", f"{path}["))]
    secret = next((item.path for item in below if item.sensitive), "")
    if ignored and path in {"cname", "uid"}:
        yield Finding(at, f"{path} is what its session is known by.", "Remove it.")
    elif ignored and secret:
        text = f"lifecycle.ignoreChanges cannot hold {secret}: the state does not know secrets, so it cannot keep one."
        yield Finding(at, text, "Name the attributes beside it.")
    elif all(item.attr.effect is Effect.NONE for item in below):
        yield Finding(at, f"A change of {path} does nothing to a running session.", "Remove it.")


def _too_long(schedule: Schedule | None, raw: Mapping[str, Any]) -> Iterator[Finding]:
    given = raw.get("resourceExpiredHour", DEFAULT_WINDOW_HOURS)
    if schedule is None or type(given) is not int:
        return
    spans = [window.duration for window in schedule.windows]
    spans += [span.end - span.begin for span in schedule.single if span.end is not None]
    if max(spans, default=timedelta(0)) >= timedelta(hours=given):
        text = (
            f"A window is as long as the {given} hours for which a session can be stopped, or longer: what was started "
            "at its beginning may record beyond its end."
        )
        yield Finding(("schedule", "windows"), text, "Raise resourceExpiredHour.", "warning")
