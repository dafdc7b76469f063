"""A RecordingSet made into its members: one document for each row, as if somebody had written them all."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from hashlib import blake2b
from pathlib import Path as FilePath
from typing import Any

from pydantic import ValidationError

from takeup.core.address import Address, Kind
from takeup.core.schema.scalars import MAX_UID
from takeup.core.schema.sets import RECORDING_SET, RecordingSetSpec
from takeup.core.schema.table import attributes, attributes_of
from takeup.manifest.merge import merged, merged_marks
from takeup.manifest.problem import Problem
from takeup.manifest.reader import Document, Reference
from takeup.manifest.rows import Row, Rows, rows_of
from takeup.manifest.substitute import Substitution, filled
from takeup.manifest.translate import Finding, Path, did_you_mean, translate
from takeup.manifest.variables import Variable

_TABLE = attributes_of(RecordingSetSpec)
_SPEC = ("spec", "template", "spec")
_MOST_TOLD = 20
_TWICE = 2


@dataclass(frozen=True, slots=True)
class Member:
    """One member of a set: its manifest, its address, and file:line of its row."""

    document: Document
    address: Address
    place: str


@dataclass(frozen=True, slots=True)
class _Compiled:
    """A part of a member's spec with holes, the places of it, and the paths of the references in it."""

    value: dict[str, Any]
    marks: Any
    references: tuple[Path, ...]


@dataclass(slots=True)
class _Expanding:
    document: Document
    name: str
    variables: Mapping[str, Variable]
    problems: list[Problem] = field(default_factory=list)

    @property
    def address(self) -> str:
        return f"{RECORDING_SET}.{self.name}"

    def tell(self, finding: Finding, prefix: Path = ()) -> None:
        self.problems.append(finding.problem(self.document, self.address, prefix))


def expand(
    document: Document, name: str, variables: Mapping[str, Variable], root: FilePath
) -> tuple[Iterator[Member], list[Problem]]:
    """Make the members of a set, and tell what is wrong with the set itself."""
    expanding = _Expanding(document, name, variables)
    spec = _settings(expanding)
    if spec is None:
        return iter(()), expanding.problems
    if any(isinstance(value, Reference) for value in spec["forEach"].values()):
        return iter(()), expanding.problems  # a variable that is not known: there is nothing to be concluded
    found = rows_of(document, spec["forEach"], root, expanding.address)
    expanding.problems += found.problems
    if not found.rows and any(problem.severity == "error" for problem in found.problems):
        return iter(()), expanding.problems  # what the columns are is not known
    kind = Kind(spec["template"]["kind"])
    template = _compiled(expanding, spec["template"]["spec"], kind, found.columns, _SPEC)
    overrides = _overrides(expanding, spec.get("overrides", {}), kind, found)
    uids = _range(expanding, spec, len(found.rows))
    rest = {"apiVersion": "takeup/v1", "kind": kind.value, "metadata": {"name": name}}
    return _members(expanding, found.rows, (rest, template, overrides, uids)), expanding.problems


def _settings(expanding: _Expanding) -> dict[str, Any] | None:
    """The spec of the set, with variables put into all but what is compiled for the members."""
    document = expanding.document
    spec = document.value["spec"]
    later = {"template", "overrides"}
    substitution = Substitution(document, expanding.variables, _TABLE)
    early = substitution.compiled({key: value for key, value in spec.items() if key not in later}, ("spec",))
    for finding in substitution.findings:
        expanding.tell(finding)
    spec = {**spec, **early}
    known = dict(spec)
    if isinstance(spec.get("forEach"), dict):
        known["forEach"] = {key: item for key, item in spec["forEach"].items() if not _unknown(item)}
    if _unknown(spec.get("uidRange")):
        del known["uidRange"]
    try:
        RecordingSetSpec.model_validate(known)
    except ValidationError as error:
        for finding in translate(error.errors(include_url=False), _TABLE):
            expanding.tell(finding, ("spec",))
        return None
    return spec


def _unknown(value: object) -> bool:
    return isinstance(value, Reference) and value.source == "var"


def _compiled(
    expanding: _Expanding, value: dict[str, Any], kind: Kind, columns: tuple[str, ...], at: Path
) -> _Compiled:
    document = expanding.document
    substitution = Substitution(document, expanding.variables, attributes(kind), columns, at)
    made = substitution.compiled(value, at)
    for finding in substitution.findings:
        expanding.tell(finding)
    marks = document.marks
    for step in at:
        marks = marks[step]
    return _Compiled(made, marks, tuple(("spec", *path[len(at) :]) for path in substitution.references))


def _overrides(expanding: _Expanding, given: Mapping[str, Any], kind: Kind, found: Rows) -> dict[str, _Compiled]:
    keys = {row.key for row in found.rows}
    overrides = {}
    for key, value in given.items():
        at = ("spec", "overrides", key)
        if key not in keys:
            hint = did_you_mean(key, keys, "Remove it, or add the row.")
            expanding.tell(Finding(at, f"The set has no member {key[:60]!r}.", hint, at_key=True))
        elif not isinstance(value, dict):
            expanding.tell(Finding(at, "An override is a part of a spec.", 'Write for example {uid: "10002"}.'))
        else:
            overrides[key] = _compiled(expanding, value, kind, found.columns, at)
    return overrides


def _range(expanding: _Expanding, spec: Mapping[str, Any], count: int) -> tuple[int, int] | None:
    given, path = spec.get("uidRange"), ("spec", "uidRange")
    if not isinstance(given, str):
        return None
    low, high = map(int, given.split("-"))
    if "uid" in spec["template"]["spec"]:
        text = "uidRange and the uid of the template exclude each other."
        expanding.tell(Finding(path, text, "Remove one of the two."))
    elif not low <= high <= MAX_UID:
        text = f"uidRange must rise, and end at {MAX_UID} at most."
        expanding.tell(Finding(path, text, 'Write for example "1000000000-1999999999".'))
    elif high - low + 1 < count:
        expanding.tell(Finding(path, f"uidRange holds fewer uids than the set's {count} members.", "Make it larger."))
    return (low, max(low, high))


def _members(
    expanding: _Expanding,
    rows: list[Row],
    parts: tuple[dict[str, Any], _Compiled, Mapping[str, _Compiled], tuple[int, int] | None],
) -> Iterator[Member]:
    rest, template, overrides, uids = parts
    document = expanding.document
    root = document.marks[None][0]
    plain = {None: [root, root], "spec": template.marks}
    kind = Kind(rest["kind"])
    for row in rows:
        own = overrides.get(row.key)
        spec, marks, references = filled(template.value, row.columns), plain, template.references
        if own is not None:
            spec = merged(spec, filled(own.value, row.columns))
            marks = {None: [root, root], "spec": merged_marks(template.marks, own.marks)}
            references = (*references, *own.references)
        if uids is not None and "uid" not in spec:
            spec["uid"] = allocated(expanding.name, row.key, uids)
        if uids is not None and spec.get("redundancy") == _TWICE and "secondUid" not in spec:
            spec["secondUid"] = allocated(expanding.name, f"{row.key}\0second", uids)
        made = Document(document.file, document.line, document.column, {**rest, "spec": spec}, marks, references)
        yield Member(made, Address(kind, expanding.name, row.key), row.place)


def allocated(name: str, key: str, uids: tuple[int, int]) -> str:
    """The uid of a member: a hash of its set and key, so it depends on no other row."""
    low, high = uids
    digest = blake2b(f"{name}\0{key}".encode("utf-8", "surrogatepass"), digest_size=8).digest()
    return str(low + int.from_bytes(digest, "big") % (high - low + 1))


class Folded:
    """The problems of a set's members: what is wrong with many of them alike is told once."""

    def __init__(self) -> None:
        self._found: dict[tuple[Any, ...], tuple[Problem, str]] = {}
        self._counts: dict[tuple[Any, ...], int] = {}

    def add(self, member: Member, problems: list[Problem]) -> None:
        """Take the problems of one member."""
        for problem in problems:
            alike = (problem.severity, problem.line, problem.column, problem.message, problem.suggestion)
            self._found.setdefault(alike, (problem, f"{member.address.key!r}, {member.place}"))
            self._counts[alike] = self._counts.get(alike, 0) + 1

    def problems(self) -> Iterator[Problem]:
        """The problems, each with its member, and a limited number of them."""
        for number, (alike, (problem, who)) in enumerate(self._found.items()):
            if number >= _MOST_TOLD:
                severities = [first[0].severity for first in list(self._found.values())[number:]]
                text = f"{len(severities)} more problems in members of this set."
                severity = "error" if "error" in severities else "warning"
                place = (problem.file, problem.line, problem.column, problem.address)
                yield Problem("error" if severity == "error" else "warning", *place, text, "Correct those told first.")
                return
            more = self._counts[alike] - 1
            others = f", and {more:,} more like it" if more else ""
            yield Problem(
                problem.severity, problem.file, problem.line, problem.column, problem.address,
                f"{problem.message} (member {who}{others})", problem.suggestion,
            )  # fmt: skip
