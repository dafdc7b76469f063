"""Values that stand elsewhere, `{fromEnv: NAME}` and `{fromFile: PATH}`, put in their places.

What is left of `{var: NAME}` here is a variable whose value is not known.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path as FilePath
from typing import Any

from takeup.core.schema.table import Attribute
from takeup.core.secret import Secret
from takeup.manifest.reader import Document, Reference
from takeup.manifest.scalars import resolve
from takeup.manifest.translate import Finding, Path, dotted, find

_MAX_BYTES = 64 * 1024
_URL = "https://example.org"
_SAMPLES: dict[str, Any] = {
    "uid": "1",
    "spareUid": "2",
    "maxResolutionUid": "1",
    "subscribeAudioUids": "1",
    "unSubscribeAudioUids": "1",
    "subscribeVideoUids": "1",
    "unSubscribeVideoUids": "1",
    "url": _URL,
    "image_url": _URL,
    "backgroundImage": _URL,
    "defaultUserBackgroundImage": _URL,
    "endpoint": _URL,
    "sse": "kms",
    "cron": "0 0 * * *",
    "duration": "1h",
    "from": "2030-01-01T00:00",
    "to": "2030-01-02T00:00",
    "except": "2030-01-01",
}


@dataclass(slots=True)
class Sources:
    """Where references are read from. With `env` None nothing is read: `validate` needs no secrets.

    With `placeholders` a secret that cannot be read stays unread instead of being a problem. With `only` nothing is
    read but what stands below that key of spec.
    """

    root: FilePath
    env: Mapping[str, str] | None = field(repr=False)
    folder: str = "the project folder"
    placeholders: bool = False
    only: str = ""
    _files: dict[str, "str | _Miss"] = field(default_factory=dict, repr=False)

    def read(self, reference: Reference) -> "str | _Miss":
        """Read a reference; only when online."""
        if reference.source == "env":
            value = (self.env or {}).get(reference.name)
            return value or self._unset(reference.name, empty=value is not None)
        known = self._files.get(reference.name)
        if known is None:
            known = self._files[reference.name] = self._read_file(reference.name)
        return known

    @staticmethod
    def _unset(name: str, *, empty: bool) -> "_Miss":
        state = "empty" if empty else "not set"
        return _Miss(f"Environment variable {name} is {state}.", f"Set it: export {name}=...")

    def _read_file(self, name: str) -> "str | _Miss":
        try:
            path = self.root / name
            if not path.is_file():
                return _Miss(f"There is no file {name}.", f"The path is relative to {self.folder}.")
            with path.open("rb") as file:
                data = file.read(_MAX_BYTES + 1)
            text = data.decode()
        except UnicodeDecodeError:
            return _Miss(f"The file {name} is not UTF-8.", "Save it as UTF-8 text.")
        except (OSError, ValueError):
            return _Miss(f"The file {name} cannot be read.", "Check its path and its permissions.")
        if len(data) > _MAX_BYTES:
            return _Miss(f"The file {name} is larger than 64 KiB.", "A value is a short text.")
        text = text.removesuffix("\n").removesuffix("\r")
        return text or _Miss(f"The file {name} is empty.", "Write the value into it.")


@dataclass(frozen=True, slots=True)
class _Miss:
    message: str
    suggestion: str


def fill(document: Document, table: Mapping[str, Attribute], sources: Sources) -> tuple[list[Finding], set[Path]]:
    """Put values in the places of the references below `spec`, in the document itself.

    Returns:
        What is wrong, and the paths (below spec) whose values are stand-ins: nothing may be concluded
        from them.
    """
    findings: list[Finding] = []
    unknown: set[Path] = set()
    for full in document.references:
        path = full[1:]
        if not path or full[0] != "spec":
            continue  # the header's own checks tell that it must be written out
        attribute = find(table, path)
        parent = node_at(document.value, full[:-1])
        reference = node_at(parent, full[-1:])
        if not isinstance(reference, Reference):
            continue  # another value was put in its place
        if attribute is not None and reference.source == "var" and _is_list(attribute, path):
            parent[full[-1]] = [stand_in(attribute)]
            unknown.add(path)
            continue
        if attribute is None or not _is_single(attribute, path):
            continue  # left in its place, and told of by validation
        read = not sources.only or path[0] == sources.only
        value, miss = _value(reference, attribute, sources) if read else (None, None)
        if miss is not None:
            message = f"{dotted(path)}: {miss.message}"
            findings.append(Finding(path, message, miss.suggestion))
        if value is None:
            value = stand_in(attribute)
            if not attribute.sensitive:  # rules ask whether a secret is there, and know an unread one
                unknown.add(path)
        parent[full[-1]] = value
    return findings, unknown


def node_at(value: Any, path: Path) -> Any:  # noqa: ANN401 - any value of a document
    """Give the value at a path, or None."""
    for step in path:
        holds = step in value if isinstance(value, dict) else isinstance(value, list) and step in range(len(value))
        if not holds:
            return None
        value = value[step]
    return value


def _is_single(attribute: Attribute, path: Path) -> bool:
    return not attribute.is_object and path[-1] != "profile" and not _is_list(attribute, path)


def _is_list(attribute: Attribute, path: Path) -> bool:
    """Whether a whole list of plain values stands at the path."""
    return attribute.type.startswith("list of") and not attribute.is_object and not isinstance(path[-1], int)


def _value(reference: Reference, attribute: Attribute, sources: Sources) -> tuple[Any, _Miss | None]:
    """Give the value, or None where there is none."""
    if sources.env is None or reference.source == "var":  # a variable that has no value is told of elsewhere
        return None, None
    text = sources.read(reference)
    if isinstance(text, _Miss):
        return None, None if sources.placeholders and attribute.sensitive else text
    if attribute.sensitive:
        return Secret(text), None
    return (text if attribute.type in {"string", "list of string"} else resolve(text)), None


def stand_in(attribute: Attribute) -> Any:  # noqa: ANN401 - of the attribute's type
    """Give a value that the attribute takes."""
    name = attribute.path.rsplit(".", 1)[-1]
    if attribute.sensitive:
        return Secret(None)
    if attribute.default is not None and not isinstance(attribute.default, list):
        return attribute.default
    if attribute.named is not None:
        return next(iter(attribute.named.names.values()))
    if attribute.allowed:
        return attribute.allowed[0]
    if attribute.low is not None:
        return attribute.low if attribute.type == "number" else int(attribute.low)
    plain = {"integer": 1, "number": 1.0, "boolean": False, "string or integer": 0}
    return _SAMPLES.get(name, plain.get(attribute.type, "x"))


def overlaps(paths: tuple[Path, ...], unknown: set[Path]) -> bool:
    """Whether one of the paths stands at, above or below one whose value is not known."""
    return any(path[: len(other)] == other[: len(path)] for path in paths for other in unknown)
