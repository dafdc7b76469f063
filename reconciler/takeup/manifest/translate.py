"""What pydantic found, as sentences of our own: none of its texts, and no value of a secret, goes further."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any, Literal

from takeup.core.address import Kind
from takeup.core.schema.table import Attribute, attributes
from takeup.core.secret import Secret
from takeup.manifest.problem import Problem, quote
from takeup.manifest.reader import Document, Reference

Path = tuple[str | int, ...]


@dataclass(frozen=True, slots=True)
class Finding:
    """Something wrong at a path; it becomes a Problem when its document gives it a place.

    `uses` are further paths that the finding rests on: it is not told when one of them is not known.
    """

    path: Path
    message: str
    suggestion: str = ""
    severity: Literal["error", "warning"] = "error"
    uses: tuple[Path, ...] = ()
    at_key: bool = False

    def problem(self, document: Document, address: str, prefix: Path = ("spec",)) -> Problem:
        """Give it the place that it has in the document."""
        path = (*prefix, *self.path)
        mark = document.key_mark(path) if self.at_key else document.mark(path)
        return Problem(self.severity, document.file, mark.line, mark.column, address, self.message, self.suggestion)


def dotted(path: Path) -> str:
    """Write a path as people do: `outputs[0].rtmpUrl`."""
    text = ""
    for step in path:
        text += f"[{step}]" if isinstance(step, int) else f".{step}" if text else step
    return text


def table_path(path: Path) -> str:
    """Write a path as the schema's table does: `outputs[].rtmpUrl`."""
    text = ""
    for step in path:
        text += "[]" if isinstance(step, int) else f".{step}" if text else step
    return text


def find(table: Mapping[str, Attribute], path: Path) -> Attribute | None:
    """Find the attribute at a path; a list of plain values stands for its elements."""
    text = table_path(path)
    return table.get(text) or table.get(text.removesuffix("[]"))


def did_you_mean(word: str, allowed: Iterable[str], otherwise: str = "") -> str:
    """Suggest the nearest of the allowed words."""
    by_lower = {name.lower(): name for name in allowed}
    close = get_close_matches(word.lower(), by_lower, n=1, cutoff=0.6)
    return f"Did you mean {by_lower[close[0]]!r}?" if close else otherwise


def translate(
    errors: Iterable[Mapping[str, Any]], table: Mapping[str, Attribute], kind: Kind | None = None
) -> list[Finding]:
    """Turn pydantic's error dicts into findings, one for each path."""
    found: dict[Path, Finding] = {}
    for error in errors:
        path = _known_part(error["loc"], table, error["type"])
        found.setdefault(path, _sentence(error, path, table, kind))
    return list(found.values())


def _known_part(loc: Path, table: Mapping[str, Attribute], code: str) -> Path:
    """Cut the tags off that pydantic adds for members of a union."""
    if code == "extra_forbidden":
        return loc
    while len(loc) > 1 and find(table, loc) is None:
        loc = loc[:-1]
    return loc


def _sentence(error: Mapping[str, Any], path: Path, table: Mapping[str, Attribute], kind: Kind | None) -> Finding:
    code, context, value, name = error["type"], error.get("ctx", {}), error.get("input"), dotted(path)
    attribute = find(table, path)
    if code == "extra_forbidden":
        return _extra(path, table, kind)
    if code == "missing":
        return Finding(path, f"{name} is required.", _add(attribute))
    if code == "sentence":
        return Finding(path, context["message"], context["suggestion"])
    if isinstance(value, Secret) and attribute is not None and not attribute.sensitive:
        text = f"{name} cannot be a secret: plans show it, and the state keeps it."
        return Finding(path, text, "Use a variable that is not sensitive.")
    if isinstance(value, Reference):
        text = f"{name} cannot be read from elsewhere: only single values can."
        return Finding(path, text, "Write it out here.")
    if value is None:
        return Finding(path, f"{name} has no value.", "Write a value, or remove the key.")
    if attribute is None:
        return Finding(path, f"{name} is not valid.", "See the reference page.")
    if attribute.sensitive:
        return _secret(path, name, code)
    return _plain(code, context, value, Finding(path, name), attribute)


def _add(attribute: Attribute | None) -> str:
    if attribute is None:
        return "Add it."
    return f"Add {describe(attribute)}." if attribute.named or attribute.allowed else f"Add it: {attribute.attr.doc}"


def _secret(path: Path, name: str, code: str) -> Finding:
    if code == "rtmp":
        return Finding(path, f"{name} is not an RTMP address.", "Begin it with rtmp:// or rtmps://.")
    return Finding(
        path,
        f"{name} must be a text that is not empty.",
        f"Write {name.rpartition('.')[2]}: {{fromEnv: NAME}}.",
    )


def _plain(code: str, context: Mapping[str, Any], value: object, at: Finding, attribute: Attribute) -> Finding:
    path, name = at.path, at.message
    shown = _shown(value)
    what = describe(attribute, element=bool(path) and isinstance(path[-1], int))
    if code in _LENGTHS:
        message, suggestion = _LENGTHS[code]
        return Finding(path, f"{name} {message.format(**context)}", suggestion)
    if code in {"greater_than_equal", "less_than_equal", "finite_number"}:
        return Finding(path, f"{name} is {shown}, which is out of range.", f"Write {what}.")
    if code in {"named", "literal_error"}:
        names = attribute.named.names if attribute.named else [str(item) for item in attribute.allowed]
        close = did_you_mean(value, names) if isinstance(value, str) else ""
        hint = f"{close} It is {what}." if close else f"Write {what}."
        return Finding(path, f"{name} cannot be {shown}.", hint)
    if code == "uid":
        return _uid(path, name, value)
    if code in _FORMATS:
        message, suggestion = _FORMATS[code]
        return Finding(path, f"{name} {message}", suggestion)
    if code == "cname":
        message = f"{name} has a character that no channel name may have: {context['bad']}."
        return Finding(path, message, "Use letters, digits, spaces and !#$%&()+-:;<=.>?@[]^_{}|~, only.")
    if code == "string_pattern_mismatch":
        hint = "Write kms or aes256." if name.endswith("sse") else "Use letters and digits only, no slash."
        return Finding(path, f"{name} cannot be {shown}.", hint)
    return Finding(path, f"{name} must be {what}, not {_type_of(value)}.", _retype(path, value, attribute))


_LENGTHS = {
    "too_short": ("is an empty list.", "Remove the key, or write a value into it."),
    "too_long": ("has more than {max_length} values.", "Remove some."),
    "string_too_short": ("is empty.", "Write a value, or remove the key."),
    "string_too_long": ("is longer than {max_length} characters.", "Shorten it."),
}
_FORMATS = {
    "colour": ("is not a colour.", 'Write "#RRGGBB", in quotes.'),
    "http_url": ("is not a web address.", "Write one that begins with https:// and holds no space."),
    "allstream": ('has "#allstream#" beside other uids.', 'Write ["#allstream#"] alone, or the uids alone.'),
    "twice": ("names the same uid twice.", "Remove one of the two."),
}


def _uid(path: Path, name: str, value: object) -> Finding:
    if type(value) is int and 1 <= value < 2**32:
        key = next((step for step in reversed(path) if isinstance(step, str)), name)
        shown = f'["{value}"]' if isinstance(path[-1], int) else f'"{value}"'
        return Finding(path, f"{name} is a number; a uid is a text.", f"Quote it: {key}: {shown}")
    hint = 'Write a quoted decimal from "1" to "4294967295", without leading zeros.'
    return Finding(path, f"{name} is not a uid.", hint)


def _shown(value: object) -> str:
    if isinstance(value, str):
        return quote(value)
    if isinstance(value, bool):
        return str(value).lower()
    return str(value)[:60] if isinstance(value, (int, float)) else _type_of(value)


def _type_of(value: object) -> str:
    kinds = ((bool, "true or false"), (float, "a fraction"), (int, "a number"), (str, "a text"), (list, "a list"))
    return next((name for kind, name in kinds if isinstance(value, kind)), "a mapping")


def _retype(path: Path, value: object, attribute: Attribute) -> str:
    of_list = bool(path) and isinstance(path[-1], int)
    if attribute.type == "list of object":
        return "Write a list of mappings: [{...}]."
    if attribute.path == "forEach":
        return "Write forEach: {list: [...]}, {map: {...}} or {csv: PATH, key: COLUMN}."
    if attribute.type.startswith("list of") and isinstance(value, (str, int)) and not of_list:
        return "Put it into brackets: [...]."
    if attribute.type in {"string", "list of string"} and isinstance(value, (int, float)):
        return f'Quote it: "{_shown(value)}".'
    if isinstance(value, str) and attribute.type in {"integer", "number", "boolean"}:
        return "Write it without quotes."
    return f"Write {describe(attribute)}."


def _number(value: float) -> str:
    return f"{value:.0f}" if value == int(value) else f"{value}"


def describe(attribute: Attribute, *, element: bool = False) -> str:
    """Say what an attribute takes."""
    if attribute.named is not None:
        return "one of " + ", ".join(f"{name} ({number})" for name, number in attribute.named.names.items())
    if attribute.allowed and (element or not attribute.type.startswith("list")):
        return "one of " + ", ".join(map(str, attribute.allowed))
    name = attribute.type.removeprefix("list of ") if element else attribute.type
    what = _WHAT.get(name) or ("a list of values" if name.startswith("list") else "a text")
    if attribute.low is not None and attribute.high is not None:
        return f"{what} from {_number(attribute.low)} to {_number(attribute.high)}"
    return what if attribute.low is None else f"{what}, at least {_number(attribute.low)}"


_WHAT = {
    "integer": "a whole number",
    "number": "a number",
    "boolean": "true or false",
    "object": "a mapping",
    "string or integer": "a name or a number",
}


def _extra(path: Path, table: Mapping[str, Attribute], kind: Kind | None) -> Finding:
    name, text = str(path[-1]), dotted(path)
    parent = table_path(path[:-1])
    before = f"{parent}." if parent else ""
    siblings = [
        other.removeprefix(before)
        for other in table
        if other.startswith(before) and not set(".[") & set(other.removeprefix(before))
    ]
    same = next((other for other in siblings if other.lower() == name.lower()), None)
    if same is not None:
        return Finding(path, f"{text} is not spelled like this.", f"Did you mean {same!r}?", at_key=True)
    others = [other.value for other in Kind if kind and other is not kind and find_exact(other, path)]
    if others and kind:
        message = f"{text} applies to {', '.join(others)}, not to {kind.value}."
        return Finding(path, message, f"Remove it, or write kind: {others[0]}.", at_key=True)
    hint = f"Use one of {', '.join(siblings)}." if siblings else "Remove it."
    return Finding(path, f"There is no attribute {text}.", did_you_mean(name, siblings, hint), at_key=True)


def find_exact(kind: Kind, path: Path) -> Attribute | None:
    """Find the attribute that another kind has at the same path."""
    return attributes(kind).get(table_path(path))
