"""All manifests of a project, as resources or as problems with a place."""

import gc
import os
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path as FilePath
from typing import Any

from pydantic import ValidationError

from takeup.core.address import Address, Kind
from takeup.core.resource import Resource
from takeup.core.schema.attribute import Model
from takeup.core.schema.kinds import PROFILES, SPECS
from takeup.core.schema.scalars import MAX_UID
from takeup.core.schema.sets import RECORDING_SET
from takeup.core.schema.table import Attribute, attributes, attributes_of
from takeup.core.token import HAND_OVER
from takeup.manifest import rules
from takeup.manifest.files import is_folder, yaml_files
from takeup.manifest.handover import check_handover
from takeup.manifest.members import Folded, expand
from takeup.manifest.merge import merged
from takeup.manifest.problem import Problem
from takeup.manifest.project import Project
from takeup.manifest.reader import Document, Reference, read_file
from takeup.manifest.references import Sources, fill, node_at, overlaps
from takeup.manifest.substitute import Substitution, has_variables, substitute
from takeup.manifest.translate import Finding, Path, did_you_mean, translate
from takeup.manifest.upkeep import take
from takeup.manifest.variables import Variable

_NAME = re.compile(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?")
_HEADER = ("apiVersion", "kind", "metadata", "spec")
_KINDS = [*(kind.value for kind in Kind), RECORDING_SET, *PROFILES]


@dataclass(frozen=True, slots=True)
class Loaded:
    """What the manifests want. With an error among the problems, nothing may be planned from it."""

    resources: dict[Address, Resource]
    problems: list[Problem]


@dataclass(frozen=True, slots=True)
class _Profile:
    """A profile: its settings (None if it is not usable), and which of them are stand-ins."""

    spec: dict[str, Any] | None
    unknown: set[Path]


@dataclass(slots=True)
class _Loading:
    sources: Sources
    variables: Mapping[str, Variable] = field(default_factory=dict)
    resources: dict[Address, Resource] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)
    profiles: dict[tuple[str, str], _Profile] = field(default_factory=dict)
    places: dict[str, str] = field(default_factory=dict)
    sessions: dict[tuple[str, str], tuple[str, str]] = field(default_factory=dict)
    hand_over: timedelta = HAND_OVER

    def tell(self, document: Document, address: str, finding: Finding, prefix: Path = ("spec",)) -> None:
        self.problems.append(finding.problem(document, address, prefix))


def load(project: Project, env: Mapping[str, str] | None, *, placeholders: bool = False) -> Loaded:
    """Read, resolve, validate and check every manifest. With `env` None no reference is read.

    With `placeholders` secrets that cannot be read stay unread (see `placeholders.filled`): for rehearsals, which
    send them nowhere.
    """
    with without_collector():
        return _load(
            project,
            _Loading(
                Sources(project.root, env, placeholders=placeholders), project.variables, hand_over=project.hand_over
            ),
        )


def check(document: Document) -> Loaded:
    """Validate one recording by itself and offline, as `load` does; it is changed on the way."""
    loading = _Loading(Sources(FilePath(), None))
    header = _header(loading, document)
    if header is not None and header[0] in SPECS:
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


def _load(project: Project, loading: _Loading) -> Loaded:
    recordings: list[tuple[Document, str, str]] = []
    names, problem = _files(project)
    if problem is not None:
        return Loaded({}, [problem])
    for name in names:
        documents, problems = read_file(project.root / name, name=name)
        loading.problems += problems
        for document in documents:
            _put_variables(loading, document)
            header = _header(loading, document)
            if header is None:
                continue
            kind, title = header
            if kind in PROFILES:
                loading.profiles[header] = _profile(loading, document, kind, title)
            else:
                recordings.append((document, kind, title))
    for document, kind, title in recordings:
        if kind == RECORDING_SET:
            _set(loading, document, title)
        else:
            _recording(loading, document, Address(Kind(kind), title))
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


_PROFILE_TABLES = {kind: attributes_of(model) for kind, (_, model) in PROFILES.items()}


def _put_variables(loading: _Loading, document: Document) -> None:
    """Put variables into a document; those of a set's spec wait until its columns are known."""
    if not has_variables(document):
        return
    value, kind = document.value, node_at(document.value, ("kind",))
    if kind == RECORDING_SET:
        substitution = Substitution(document, loading.variables, {})
        head = {key: item for key, item in value.items() if key != "spec"}
        document.value = {**value, **substitution.compiled(head, ())}
        findings = substitution.findings
    else:
        recording = isinstance(kind, str) and kind in SPECS
        table = attributes(Kind(kind)) if recording else _PROFILE_TABLES.get(str(kind), {})
        findings = substitute(document, loading.variables, table)
    name = node_at(document.value, ("metadata", "name"))
    for finding in findings:
        loading.tell(document, f"{kind}.{name}" if isinstance(name, str) else "", finding, ())


def _set(loading: _Loading, document: Document, name: str) -> None:
    members, problems = expand(document, name, loading.variables, loading.sources.root)
    folded = Folded()
    for member in members:
        before = len(loading.problems)
        _recording(loading, member.document, member.address, member.place)
        folded.add(member, loading.problems[before:])
        del loading.problems[before:]
    loading.problems += problems
    loading.problems += folded.problems()


def _profile(loading: _Loading, document: Document, kind: str, name: str) -> _Profile:
    table = _PROFILE_TABLES[kind]
    findings, unknown = fill(document, table, loading.sources)
    raw = document.value["spec"]
    findings += rules.literal_secrets(raw, rules.PROFILE_SECRETS[kind])
    spec, invalid = _validated(PROFILES[kind][1], raw, table, None)
    findings += invalid
    if spec is not None and "vendor" in spec and "region" in spec and not unknown & {("vendor",), ("region",)}:
        for finding in rules.region(spec):
            findings.append(replace(finding, path=finding.path[1:]))
    for finding in findings:
        loading.tell(document, f"{kind}.{name}", finding)
    usable = not any(finding.severity == "error" for finding in findings)
    return _Profile(spec if usable else None, unknown)


def _recording(loading: _Loading, document: Document, address: Address, place: str = "") -> None:
    kind, raw, label = address.kind, document.value["spec"], str(address)
    place = place or f"{document.file}:{document.line}"
    table = attributes(kind)
    findings, unknown = fill(document, table, loading.sources)
    upkeep, told = take(document, address, loading.sources, unknown)
    own = upkeep.handover
    findings += told
    findings += rules.literal_secrets(raw, kind)
    open_ended = {attribute for used in PROFILES for attribute in _merge(loading, raw, used, findings, unknown)}
    spec, invalid = _validated(SPECS[kind], raw, table, kind)
    findings += (item for item in invalid if item.path[0] not in open_ended or node_at(raw, item.path) is not None)
    if spec is not None:
        findings += (
            item for item in check_handover(kind, spec, own, loading.hand_over) if not _rests_on(item, unknown)
        )
        found = rules.check(kind, spec, storage="storageConfig" not in open_ended)
        findings += (item for item in found if not _rests_on(item, unknown))
    for finding in findings:
        loading.tell(document, label, finding)
    if spec is not None:
        who = (label, place)
        _unique(loading, document, who, spec, unknown)
        if own.spare_uid and ("lifecycle", "spareUid") not in unknown and own.spare_uid != spec["uid"]:
            _unique(loading, document, who, {**spec, "uid": own.spare_uid}, unknown, at=("lifecycle", "spareUid"))
        if not any(finding.severity == "error" for finding in findings):
            _finish(spec)
            loading.resources[address] = upkeep.resource(address, spec, place)


def _rests_on(finding: Finding, unknown: set[Path]) -> bool:
    """Whether a finding rests on a value that is not known."""
    return bool(unknown) and overlaps((finding.path, *finding.uses), unknown)


def _merge(
    loading: _Loading, raw: dict[str, Any], kind: str, findings: list[Finding], unknown: set[Path]
) -> Iterator[str]:
    """Put a profile below the recording's own settings; gives their attribute if there is no usable one."""
    attribute = PROFILES[kind][0]
    own = raw.get(attribute)
    name = own.get("profile") if isinstance(own, dict) else None
    if not isinstance(own, dict) or not (
        isinstance(name, str) or (isinstance(name, Reference) and name.source == "var")
    ):
        return
    path = (attribute, "profile")
    profile = loading.profiles.get((kind, name)) if isinstance(name, str) else None
    if profile is not None and profile.spec is not None:
        raw[attribute] = merged(profile.spec, own)
        unknown |= {(attribute, *at) for at in profile.unknown if node_at(own, at) is None}
        return
    yield attribute
    unknown.add((attribute,))
    if isinstance(name, Reference):  # a variable that is not known
        raw[attribute] = {**own, "profile": "x"}
    elif profile is None:
        known = [other for of_kind, other in loading.profiles if of_kind == kind]
        others = ", ".join(sorted(known)[:10])
        hint = did_you_mean(name, known, f"There are {others}." if others else f"Write a manifest of kind {kind}.")
        findings.append(Finding(path, f"There is no {kind} {name[:60]!r}.", hint))
    else:
        findings.append(Finding(path, f"The {kind} {name[:60]!r} has errors of its own.", "Correct them first."))


def _finish(spec: dict[str, Any]) -> None:
    """Bring the settings into the form that is compared and sent: no profile, and the region as a number."""
    for attribute, _ in PROFILES.values():
        if attribute in spec:
            spec[attribute].pop("profile", None)
    storage = spec["storageConfig"]
    if not storage.get("extensionParams", True):
        del storage["extensionParams"]
    region = rules.resolve_region(storage["vendor"], storage.get("region", 0))
    storage["region"] = 0 if region is None else region


def _unique(  # noqa: PLR0913 - what a finding needs
    loading: _Loading,
    document: Document,
    who: tuple[str, str],
    spec: dict[str, Any],
    unknown: set[Path],
    *,
    at: Path = ("uid",),
) -> None:
    """Refuse a second recorder of one session; `who` is an address, and where it is declared."""
    if unknown & {("cname",), ("uid",)}:
        return
    first = loading.sessions.setdefault((spec["cname"], spec["uid"]), who)
    label, place = who
    if first[0] == label:
        return
    text = (
        f"{label} ({place}) and {first[0]} ({first[1]}) both use uid {spec['uid']} in {spec['cname']!r}: "
        "two recorders with one uid throw each other out. A channel and a web page are two sessions with two uids."
    )
    hint = "Give each recorder a uid of its own."
    _, bracket, key = label[:-1].partition("[")
    if bracket:
        hint = f'{hint} In the set, for the newer of the two: overrides: {{{key}: {{uid: "{_free(loading, spec)}"}}}}'
    loading.tell(document, label, Finding(at, text, hint))


def _free(loading: _Loading, spec: Mapping[str, Any]) -> str:
    """The next uid that nothing in the channel has so far."""
    following = (str((int(spec["uid"]) + step) % MAX_UID + 1) for step in range(len(loading.sessions) + 1))
    return next(uid for uid in following if (spec["cname"], uid) not in loading.sessions)
