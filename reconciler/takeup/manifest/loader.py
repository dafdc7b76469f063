"""All manifests of a project, as resources or as problems with a place."""

import gc
import os
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path as FilePath
from typing import Any

from pydantic import ValidationError

from takeup.core.address import Address, Kind
from takeup.core.resource import Resource
from takeup.core.schema.attribute import Model
from takeup.core.schema.kinds import PROFILE_SPEC, SPECS, STORAGE_PROFILE
from takeup.core.schema.table import Attribute, attributes, attributes_of
from takeup.manifest import rules
from takeup.manifest.files import is_folder, yaml_files
from takeup.manifest.problem import Problem
from takeup.manifest.project import Project
from takeup.manifest.reader import Document, Reference, read_file
from takeup.manifest.references import Sources, fill, overlaps
from takeup.manifest.translate import Finding, Path, did_you_mean, translate
from takeup.manifest.upkeep import take

_NAME = re.compile(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?")
_HEADER = ("apiVersion", "kind", "metadata", "spec")
_KINDS = [*(kind.value for kind in Kind), STORAGE_PROFILE]


@dataclass(frozen=True, slots=True)
class Loaded:
    """What the manifests want. With an error among the problems, nothing may be planned from it."""

    resources: dict[Address, Resource]
    problems: list[Problem]


@dataclass(frozen=True, slots=True)
class _Profile:
    """A StorageProfile: its settings (None if it is not usable), and which of them are stand-ins."""

    spec: dict[str, Any] | None
    unknown: set[Path]


@dataclass(slots=True)
class _Loading:
    sources: Sources
    resources: dict[Address, Resource] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)
    profiles: dict[str, _Profile] = field(default_factory=dict)
    places: dict[str, str] = field(default_factory=dict)
    sessions: dict[tuple[str, str], tuple[str, str]] = field(default_factory=dict)

    def tell(self, document: Document, address: str, finding: Finding, prefix: Path = ("spec",)) -> None:
        self.problems.append(finding.problem(document, address, prefix))


def load(project: Project, env: Mapping[str, str] | None, *, placeholders: bool = False) -> Loaded:
    """Read, resolve, validate and check every manifest. With `env` None no reference is read.

    With `placeholders` secrets that cannot be read stay unread (see `placeholders.filled`): for rehearsals, which
    send them nowhere.
    """
    with without_collector():
        return _load(project, Sources(project.root, env, placeholders=placeholders))


def check(document: Document) -> Loaded:
    """Validate one recording by itself and offline, as `load` does; it is changed on the way."""
    loading = _Loading(Sources(FilePath(), None))
    header = _header(loading, document)
    if header is not None and header[0] != STORAGE_PROFILE:
        _recording(loading, document, Address(Kind(header[0]), header[1]))
    return Loaded(loading.resources, loading.problems)


@contextmanager
def without_collector() -> Iterator[None]:
    """Keep the garbage collector off.

    Loading makes millions of objects that live on and no cycles to speak of: walking them again and again
    doubles the time. What was loaded is frozen, so that later collections do not walk it either.
    """
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            gc.freeze()
            gc.enable()


def _load(project: Project, sources: Sources) -> Loaded:
    loading = _Loading(sources)
    recordings: list[tuple[Document, Kind, str]] = []
    names, problem = _files(project)
    if problem is not None:
        return Loaded({}, [problem])
    for name in names:
        documents, problems = read_file(project.root / name, name=name)
        loading.problems += problems
        for document in documents:
            header = _header(loading, document)
            if header is None:
                continue
            kind, title = header
            if kind == STORAGE_PROFILE:
                loading.profiles[title] = _profile(loading, document, title)
            else:
                recordings.append((document, Kind(kind), title))
    for document, recording_kind, title in recordings:
        _recording(loading, document, Address(recording_kind, title))
    order = {"error": 0, "warning": 1}
    loading.problems.sort(key=lambda item: (item.file, item.line, item.column, order[item.severity]))
    return Loaded(loading.resources, loading.problems)


def _files(project: Project) -> tuple[list[str], Problem | None]:
    """List the manifests, relative to the project."""
    shown = os.path.relpath(project.manifests, project.root)
    found = [os.path.relpath(path, project.root) for path in yaml_files(project.manifests)]
    if found:
        return sorted(found), None
    text = f"The folder {shown} holds no manifest." if is_folder(project.manifests) else f"There is no folder {shown}."
    hint = (
        "Write manifests as .yaml files there, or name another folder in takeup.yaml: spec.manifests. "
        "To stop all that is recorded: takeup destroy."
    )
    return [], Problem("error", shown, 1, 1, "", text, hint)


def _header(loading: _Loading, document: Document) -> tuple[str, str] | None:
    """Check everything but the spec; give kind and name, or None if they cannot be told."""
    value = document.value
    if not isinstance(value, dict):
        finding = Finding((), "A manifest is a mapping.", "Begin with apiVersion: takeup/v1.")
        loading.tell(document, "", finding, ())
        return None
    kind = value.get("kind")
    metadata = value.get("metadata")
    findings = [*_api(value), *_kind(value), *_metadata(metadata)]
    if not isinstance(value.get("spec"), dict):
        findings.append(Finding(("spec",), "spec is required and a mapping.", "Add spec:."))
    name = metadata.get("name") if isinstance(metadata, dict) else None
    known = isinstance(kind, str) and kind in _KINDS
    address = f"{kind}.{name}" if known and isinstance(name, str) else ""
    for finding in findings:
        loading.tell(document, address, finding, ())
    if not known or not isinstance(name, str) or not isinstance(value.get("spec"), dict):
        return None
    place = f"{document.file}:{document.line}"
    first = loading.places.setdefault(address, place)
    if first != place:
        text = f"{address} is declared twice: {first} and {place}."
        loading.tell(document, address, Finding(("metadata", "name"), text, "Rename one of the two."), ())
        return None
    return str(kind), name


def _api(value: dict[str, Any]) -> Iterator[Finding]:
    for key in value.keys() - set(_HEADER):
        hint = did_you_mean(key, _HEADER, "Remove it; settings stand below spec.")
        yield Finding((key,), f"There is no key {key[:60]} in a manifest.", hint, at_key=True)
    if value.get("apiVersion") != "takeup/v1":
        text = "apiVersion must be takeup/v1."
        yield Finding(("apiVersion",), text, "Write apiVersion: takeup/v1.")


def _kind(value: dict[str, Any]) -> Iterator[Finding]:
    kind = value.get("kind")
    allowed = f"Use one of {', '.join(_KINDS)}."
    if kind == "Project":
        text = "A Project stands in takeup.yaml, not among the manifests."
        yield Finding(("kind",), text, allowed)
    elif not isinstance(kind, str):
        yield Finding(("kind",), "kind is required and a text.", allowed)
    elif kind not in _KINDS:
        yield Finding(("kind",), f"There is no kind {kind[:60]!r}.", did_you_mean(kind, _KINDS, allowed))


def _metadata(metadata: object) -> Iterator[Finding]:
    if not isinstance(metadata, dict):
        yield Finding(("metadata",), "metadata is required and a mapping.", "Add metadata: {name: ...}.")
        return
    for key in metadata.keys() - {"name", "labels"}:
        hint = did_you_mean(key, ["name", "labels"], "Put it below labels.")
        yield Finding(("metadata", key), f"There is no key {key[:60]} in metadata.", hint, at_key=True)
    name = metadata.get("name")
    if not isinstance(name, str) or not _NAME.fullmatch(name):
        text = "metadata.name must be lower-case letters, digits and hyphens, at most 63."
        yield Finding(("metadata", "name"), text, "Write for example: name: all-hands")
    labels = metadata.get("labels", {})
    if isinstance(labels, Reference) or not isinstance(labels, dict):
        yield Finding(("metadata", "labels"), "metadata.labels must be a mapping.", "Write {team: comms}.")
        return
    for key, label in labels.items():
        if not isinstance(label, str):
            text = f"The label {key[:60]} must be a text."
            yield Finding(("metadata", "labels", key), text, "Quote its value.")


def _validated(
    model: type[Model], spec: dict[str, Any], table: Mapping[str, Attribute], kind: Kind | None
) -> tuple[dict[str, Any] | None, list[Finding]]:
    try:
        made = model.__pydantic_validator__.validate_python(spec)
    except ValidationError as error:
        return None, translate(error.errors(include_url=False), table, kind)
    return model.__pydantic_serializer__.to_python(made, exclude_unset=True), []


_PROFILE_TABLE = attributes_of(PROFILE_SPEC)


def _profile(loading: _Loading, document: Document, name: str) -> _Profile:
    findings, unknown = fill(document, _PROFILE_TABLE, loading.sources)
    raw = document.value["spec"]
    findings += rules.literal_secrets(raw, rules.PROFILE_SECRETS)
    spec, invalid = _validated(PROFILE_SPEC, raw, _PROFILE_TABLE, None)
    findings += invalid
    if spec is not None and "vendor" in spec and "region" in spec and not unknown & {("vendor",), ("region",)}:
        for finding in rules.region(spec):
            findings.append(replace(finding, path=finding.path[1:]))
    for finding in findings:
        loading.tell(document, f"{STORAGE_PROFILE}.{name}", finding)
    usable = not any(finding.severity == "error" for finding in findings)
    return _Profile(spec if usable else None, unknown)


def _recording(loading: _Loading, document: Document, address: Address) -> None:
    kind, raw, label = address.kind, document.value["spec"], str(address)
    table = attributes(kind)
    findings, unknown = fill(document, table, loading.sources)
    upkeep, wrong = take(document, kind, address.name)
    findings += wrong
    findings += rules.literal_secrets(raw, kind)
    usable = _merge(loading, raw, findings, unknown)
    spec, invalid = _validated(SPECS[kind], raw, table, kind)
    findings += invalid
    if spec is not None:
        found = rules.check(kind, spec, storage=usable)
        if unknown:
            found = (item for item in found if not overlaps((item.path, *item.uses), unknown))
        findings += found
    for finding in findings:
        loading.tell(document, label, finding)
    if spec is not None:
        _unique(loading, document, label, spec, unknown)
        if not any(finding.severity == "error" for finding in findings):
            _finish(spec["storageConfig"])
            loading.resources[address] = Resource(
                address,
                spec,
                f"{document.file}:{document.line}",
                schedule=upkeep.schedule,
                lifecycle=upkeep.lifecycle,
            )


def _merge(loading: _Loading, raw: dict[str, Any], findings: list[Finding], unknown: set[Path]) -> bool:
    """Put the profile below the recording's own storage settings; False if there is no usable one."""
    own = raw.get("storageConfig")
    if not isinstance(own, dict) or not isinstance(own.get("profile"), str):
        return True
    profile = loading.profiles.get(own["profile"])
    if profile is None:
        others = ", ".join(sorted(loading.profiles)[:10])
        hint = did_you_mean(
            own["profile"],
            loading.profiles,
            f"There are {others}." if others else "Write a manifest of kind StorageProfile.",
        )
        text = f"There is no StorageProfile {own['profile'][:60]!r}."
        findings.append(Finding(("storageConfig", "profile"), text, hint))
        return False
    if profile.spec is None:
        text = f"The StorageProfile {own['profile'][:60]!r} has errors of its own."
        findings.append(Finding(("storageConfig", "profile"), text, "Correct them first."))
        return False
    merged = {**profile.spec, **own}
    theirs, ours = profile.spec.get("extensionParams"), own.get("extensionParams")
    if isinstance(theirs, dict) and isinstance(ours, dict):
        merged["extensionParams"] = {**theirs, **ours}
    raw["storageConfig"] = merged
    unknown |= {("storageConfig", *path) for path in profile.unknown if path[0] not in own}
    return True


def _finish(storage: dict[str, Any]) -> None:
    """Bring the storage settings into the form that is compared and sent."""
    storage.pop("profile", None)
    if not storage.get("extensionParams", True):
        del storage["extensionParams"]
    region = rules.resolve_region(storage["vendor"], storage.get("region", 0))
    storage["region"] = 0 if region is None else region


def _unique(loading: _Loading, document: Document, label: str, spec: dict[str, Any], unknown: set[Path]) -> None:
    if unknown & {("cname",), ("uid",)}:
        return
    place = f"{document.file}:{document.line}"
    first = loading.sessions.setdefault((spec["cname"], spec["uid"]), (label, place))
    if first[1] != place:
        text = (
            f"{label} ({place}) and {first[0]} ({first[1]}) both use uid {spec['uid']} in {spec['cname']!r}: "
            "two recorders with one uid throw each other out. A channel and a web page are two sessions with two uids."
        )
        loading.tell(document, label, Finding(("uid",), text, "Give each recorder a uid of its own."))
