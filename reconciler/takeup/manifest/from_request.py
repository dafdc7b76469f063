"""From a request body to the manifest that makes takeup send the same. Pure; no value of a secret comes out again."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from takeup.core.address import Address, Kind
from takeup.core.schema import names
from takeup.core.schema.table import Attribute, attributes
from takeup.core.secret import Secret
from takeup.errors import ProjectError
from takeup.manifest.emit import manifest_text
from takeup.manifest.loader import check
from takeup.manifest.problem import Mark, Problem
from takeup.manifest.reader import Document, Reference, read_text
from takeup.manifest.request_body import Body, fitting, read_body
from takeup.manifest.rules import vendor_name
from takeup.manifest.template import OPENING
from takeup.manifest.translate import Path, dotted, find

_FROM_ACQUIRE = (
    "resourceExpiredHour, region, regionAffinity and excludeResourceIds are sent to acquire, not to start: "
    "add those that your acquire was sent with."
)
_SCREENSHOTS = (
    "Without recordingFileConfig Agora takes screenshots and records nothing: ScreenshotCapture is the kind for that."
)
_STORAGE = {"accessKey": "ACCESS_KEY", "secretKey": "SECRET_KEY", "stsToken": "STS_TOKEN"}
_CAMEL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")


@dataclass(frozen=True, slots=True)
class Variable:
    """An environment variable that the manifest reads, and the path below `spec` of the attribute."""

    name: str
    path: Path

    @property
    def attribute(self) -> str:
        """The attribute, as people write it."""
        return dotted(self.path)


@dataclass(frozen=True, slots=True)
class Made:
    """A manifest, or what is wrong with the request; with an error among the problems the text is empty.

    `cname` and `uid` are what the manifest says.
    """

    problems: list[Problem]
    text: str = ""
    variables: tuple[Variable, ...] = ()
    notes: tuple[str, ...] = ()
    cname: str = ""
    uid: str = ""


@dataclass(slots=True)
class _Moved(Document):
    """A manifest whose places are those of the request that it came from."""

    request: Document
    origins: Mapping[str, Path]
    inner: Path

    def _find(self, path: Sequence[str | int]) -> tuple[Mark, Mark]:
        origin = self.inner
        if len(path) > 1 and path[0] == "spec":
            key = str(path[1])
            origin = (*self.origins.get(key, (*self.inner, key)), *path[2:])
        return self.request._find(origin)  # noqa: SLF001 - its own class


def manifest_from(
    address: Address, data: bytes, *, name: str, cname: str | None = None, uid: str | None = None
) -> Made:
    """Write the manifest of a request.

    Args:
        address: what it will be.
        data: the request as JSON (or YAML).
        name: what problems call the request.
        cname: the channel, where the request is a bare clientRequest.
        uid: the recorder's uid, likewise.
    """
    documents, problems = read_text(data, name=name)
    if problems:
        return Made(problems)
    if len(documents) != 1:
        text = "This must be exactly one request."
        return Made([Problem("error", name, 1, 1, str(address), text, "Give the body of one start.")])
    request = documents[0]
    body = read_body(request.value, cname=cname, uid=uid)
    if body.sound:
        _check_kind(address.kind, body)
    problems = [finding.problem(request, str(address), ()) for finding in body.findings]
    if not body.sound:
        return Made(problems)
    made = _make(address, request, body)
    if not problems:
        return made
    return Made(sorted((*problems, *made.problems), key=lambda item: (item.line, item.column)))


def _check_kind(kind: Kind, body: Body) -> None:
    kinds = fitting(body.spec)
    if kind not in kinds:
        text = f"This is the request of {' or '.join(item.value for item in kinds)}, not of {kind.value}."
        body.fail(body.at, text, f"Write the address {kinds[0].value}.NAME.")


def _make(address: Address, request: Document, body: Body) -> Made:
    table = attributes(address.kind)
    notes = [] if body.acquire else [_FROM_ACQUIRE]
    notes += [_SCREENSHOTS] if address.kind is Kind.INDIVIDUAL and Kind.SCREENSHOT in fitting(body.spec) else []
    spec, empty = _without_empty_secrets(body.spec, table)
    notes += [f"{dotted(path)} is empty in the request: it was left out." for path in empty]
    header = {"apiVersion": "takeup/v1", "kind": address.kind.value, "metadata": {"name": address.name}}
    moved = _Moved(
        file=request.file, line=request.line, column=request.column, value={**header, "spec": _hidden(spec, table)},
        marks=None, references=(), request=request, origins=body.origins, inner=body.at,
    )  # fmt: skip
    loaded = check(moved)
    if any(problem.severity == "error" for problem in loaded.problems):
        return Made(loaded.problems)
    variables: list[Variable] = []
    text = manifest_text(address, _written(address, spec, table, variables))
    _prove(address, text, loaded.resources[address].spec)
    return Made(loaded.problems, text, tuple(variables), tuple(notes), str(spec["cname"]), str(spec["uid"]))


def _prove(address: Address, text: str, wanted: Mapping[str, Any]) -> None:
    """Read back what was written: it must say the same, or nothing leaves."""
    documents, problems = read_text(text.encode(), name="manifest")
    read = {} if problems else check(documents[0]).resources
    if address not in read or _alike(read[address].spec) != _alike(wanted):
        raise ProjectError(
            "takeup cannot write the manifest of this request faithfully, which is a bug. Nothing was written.",
            hint="Write the manifest by hand; docs/reference/manifests.md has every attribute.",
        )


def _walk(value: Any, leaf: Callable[[Path, Any], Any], path: Path = ()) -> Any:  # noqa: ANN401 - any value of a spec
    """A copy with every single value replaced by what `leaf` makes of it."""
    if isinstance(value, dict):
        return {key: _walk(item, leaf, (*path, key)) for key, item in value.items()}
    if isinstance(value, list):
        return [_walk(item, leaf, (*path, index)) for index, item in enumerate(value)]
    return leaf(path, value)


def _alike(spec: Mapping[str, Any]) -> Any:  # noqa: ANN401 - a spec
    """The spec with all secrets alike."""
    return _walk(spec, lambda _, value: Secret(None) if isinstance(value, Secret) else value)


def _sensitive(table: Mapping[str, Attribute], path: Path) -> bool:
    attribute = find(table, path)
    return attribute is not None and attribute.sensitive


def _without_empty_secrets(spec: dict[str, Any], table: Mapping[str, Attribute]) -> tuple[dict[str, Any], list[Path]]:
    """Agora takes an empty token for none; a variable cannot be empty."""
    empty: list[Path] = []

    def kept(value: Any, path: Path) -> Any:  # noqa: ANN401 - any value of a request
        if isinstance(value, list):
            return [kept(item, (*path, index)) for index, item in enumerate(value)]
        if not isinstance(value, dict):
            return value
        gone = [key for key, item in value.items() if item == "" and _sensitive(table, (*path, key))]
        empty.extend((*path, key) for key in gone)
        return {key: kept(item, (*path, key)) for key, item in value.items() if key not in gone}

    full: dict[str, Any] = kept(spec, ())
    return full, empty


def _hidden(spec: dict[str, Any], table: Mapping[str, Attribute]) -> dict[str, Any]:
    """The spec to be validated: what is wrong with a secret can be told, the secret itself cannot."""

    def leaf(path: Path, value: Any) -> Any:  # noqa: ANN401 - any value of a request
        if not _sensitive(table, path):
            return value
        if isinstance(value, Reference):
            return Secret(None)
        return Secret(value) if isinstance(value, str) else value

    hidden: dict[str, Any] = _walk(spec, leaf)
    return hidden


def _written(
    address: Address, spec: dict[str, Any], table: Mapping[str, Attribute], variables: list[Variable]
) -> dict[str, Any]:
    """The spec as it stands in the manifest: names for numbers, references for secrets, what identifies it first."""
    storage = spec.get("storageConfig")
    vendor = _vendor(storage.get("vendor") if isinstance(storage, dict) else None)

    def leaf(path: Path, value: Any) -> Any:  # noqa: ANN401 - any value of a request
        attribute = find(table, path)
        if isinstance(value, Reference) and value.source != "env":
            return {"fromFile" if value.source == "file" else "var": value.name}
        if isinstance(value, str):
            value = value.replace(OPENING, OPENING * 2)  # a request knows no templates
        if attribute is not None and attribute.sensitive:
            name = value.name if isinstance(value, Reference) else _variable(address, path, vendor)
            variables.append(Variable(name, path))
            return {"fromEnv": name}
        if path == ("storageConfig", "region") and type(value) is int and vendor is not None:
            return names.region_name(vendor, value) or value
        if attribute is not None and attribute.named is not None and type(value) is int:
            return attribute.named.name_of(value) or value
        return value

    first = ("cname", "uid", "resourceExpiredHour", "region", "regionAffinity", "excludeResourceIds", "startParameter")
    ordered = {key: spec[key] for key in (*first, *spec) if key in spec}
    written: dict[str, Any] = _walk(ordered, leaf)
    return written


def _vendor(value: object) -> int | None:
    if isinstance(value, str):
        return names.VENDOR.get(value)
    return value if type(value) is int else None


def _variable(address: Address, path: Path, vendor: int | None) -> str:
    """A name that a shell takes: `S3_ACCESS_KEY` for what the recordings of a bucket share, else `ALL_HANDS_TOKEN`."""
    key = str(path[-1])
    if key in _STORAGE:
        return f"{_upper('storage' if vendor is None else vendor_name(vendor))}_{_STORAGE[key]}"
    prefix = _upper(address.name)
    return f"{prefix if prefix[0].isalpha() else f'TAKEUP_{prefix}'}_{_upper(key)}"


def _upper(text: str) -> str:
    return _CAMEL.sub("_", text).replace("-", "_").upper()


__all__ = ["Made", "Variable", "manifest_from"]
