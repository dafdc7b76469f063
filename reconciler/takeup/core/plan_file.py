"""A plan as a file: what was decided, by whom, and until when it holds. Pure. No secret is in it: none is in a plan.

The digest is that of the plan, and says what was approved. The checksum is over the whole file, and tells that it was
changed by accident; against somebody who means to, the digest has to come from elsewhere (`apply --approve-digest`).
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, fields, is_dataclass, replace
from datetime import UTC, datetime
from decimal import Decimal
from functools import cache
from hashlib import sha256
from typing import Any, NoReturn

from takeup.core.address import Address
from takeup.core.plan import Plan
from takeup.errors import PlanFileError

FORMAT = "takeup-plan-file/1"
BEGINNING = f'{{\n "format": "{FORMAT}",'
"""How every file begins; `plan --out` writes over nothing else."""
_SELECTIONS = frozenset({"target", "exclude", "replace", "overridePreventStop"})
_ANEW = "Make it anew: takeup plan --out FILE"


@dataclass(frozen=True, slots=True)
class PlanFile:
    """A plan, and where it came from.

    `by` is user@host, `commit` the git commit of the project's folder ("" where there is none; with "+" behind it
    where the project file or manifests differed from it).
    """

    plan: Plan
    valid_until: datetime
    by: str
    commit: str
    takeup: str

    @property
    def destroy(self) -> bool:
        """Whether it is a plan to stop everything."""
        return self.plan.destroying


def encode(file: PlanFile) -> str:
    """The file as JSON text."""
    document = _written(file)
    return json.dumps({**document, "checksum": _checksum(document)}, indent=1) + "\n"


def _written(file: PlanFile) -> dict[str, Any]:
    """All of the file but its checksum."""
    return {
        "format": FORMAT,
        "takeup": file.takeup,
        "digest": file.plan.digest,
        "createdAt": _plain(file.plan.created_at),
        "validUntil": _plain(file.valid_until),
        "createdBy": file.by,
        "git": file.commit,
        "destroy": file.destroy,
        "plan": _plain(file.plan),
    }


def decode(data: bytes, source: str) -> PlanFile:
    """Read a file.

    Raises:
        PlanFileError: it is none, of another version, or was changed after it was made.
    """
    document = _document(data, source)
    try:
        checksum = document.pop("checksum", None)
        if checksum != _checksum(document):
            _refuse(source, "was changed after it was made: its checksum does not fit")
        file = _read(document)
        if file.plan.digest != document["digest"]:
            _refuse(source, "was made by a takeup that reckons the digest in another way")
        same = _written(file) == document and file.plan.selection.keys() <= _SELECTIONS
    except (ValueError, AttributeError, KeyError, TypeError, RecursionError):
        same = False
    if not same:
        _refuse(source, "holds a plan that this takeup cannot read")
    return file


def _read(document: Mapping[str, Any]) -> PlanFile:
    if not all(isinstance(document[name], str) for name in ("createdBy", "git", "takeup")):
        raise ValueError("they are texts")
    told = dict(document["plan"])
    origins = {Address.parse(address): origin for address, origin in told.pop("origins").items()}
    plan = replace(_adapter(Plan).validate_python(told), origins=origins)
    valid_until = datetime.fromisoformat(document["validUntil"])
    return PlanFile(plan, valid_until, document["createdBy"], document["git"], document["takeup"])


def _document(data: bytes, source: str) -> dict[str, Any]:
    try:
        document = json.loads(data)
    except (ValueError, RecursionError):
        _refuse(source, "is no plan: it is not JSON, or truncated")
    if not isinstance(document, dict) or "format" not in document:
        terraform = isinstance(document, dict) and "terraform_version" in document
        _refuse(source, "is a plan of Terraform, not of takeup" if terraform else "is no plan of takeup")
    if document["format"] == "takeup-plan/1":
        _refuse(source, "is the output of plan --format json, which is for reading")
    if document["format"] != FORMAT:
        _refuse(source, f"has the format {str(document['format'])[:40]!r}, which this takeup does not know")
    return document


def _refuse(source: str, what: str) -> NoReturn:
    raise PlanFileError(f"{source} {what}. Nothing was done.", hint=_ANEW)


def _plain(value: Any) -> Any:  # noqa: ANN401 - any value of a plan
    """Frozen data as JSON has it; `_adapter` reads it back by the types of the fields."""
    if is_dataclass(value):
        return {item.name: _plain(getattr(value, item.name)) for item in fields(value)}
    if isinstance(value, Mapping):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, tuple | list):
        return [_plain(item) for item in value]
    if isinstance(value, frozenset):
        return sorted(value)
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat()
    return str(value) if isinstance(value, Decimal) else value


def _checksum(document: Mapping[str, Any]) -> str:
    return sha256(json.dumps(document, sort_keys=True, separators=(",", ":")).encode()).hexdigest()


@cache
def _adapter(kind: Any) -> Any:  # noqa: ANN401 - pydantic's adapter of any type
    from pydantic import TypeAdapter  # noqa: PLC0415 - slow, and only for plans in files

    return TypeAdapter(kind)
