"""Plain values as the YAML of a manifest, in the style of the examples. Pure; what it writes, `reader` reads back."""

import math
import re
from collections.abc import Iterator, Mapping
from typing import Any

from takeup.core.address import Address
from takeup.manifest.scalars import resolve

_WIDTH = 100
_PLAIN = re.compile(r"[A-Za-z](?:[A-Za-z0-9_./:-]*[A-Za-z0-9_/])?")
_ESCAPES = {"\\": "\\\\", '"': '\\"', "\n": "\\n", "\t": "\\t", "\r": "\\r"}


def manifest_text(address: Address, spec: Mapping[str, Any]) -> str:
    """One document, without the line that parts it from others."""
    lines = [
        "apiVersion: takeup/v1",
        f"kind: {address.kind.value}",
        f"metadata: {_flow({'name': address.name})}",
        "spec:",
        *_mapping(spec, 2),
    ]
    return "\n".join(lines) + "\n"


def _mapping(value: Mapping[str, Any], indent: int) -> Iterator[str]:
    for key, item in value.items():
        yield from _entry(f"{' ' * indent}{scalar(key)}:", item, indent + 2)


def _entry(head: str, item: Any, indent: int) -> Iterator[str]:  # noqa: ANN401 - any value of a spec
    """A key with its value: on one line where all of it is plain and it fits."""
    line = f"{head} {_flow(item) if isinstance(item, dict | list) else scalar(item)}"
    if not isinstance(item, dict | list) or not item or (_flat(item) and len(line) <= _WIDTH):
        yield line
    elif isinstance(item, dict):
        yield head
        yield from _mapping(item, indent)
    else:
        yield head
        for element in item:
            yield from _element(element, indent)


def _element(element: Any, indent: int) -> Iterator[str]:  # noqa: ANN401 - any value of a spec
    line = f"{' ' * indent}- {_flow(element) if isinstance(element, dict | list) else scalar(element)}"
    if not isinstance(element, dict) or not element or (_flat(element) and len(line) <= _WIDTH):
        yield line
        return
    first, *others = _mapping(element, indent + 2)
    yield f"{' ' * indent}- {first.lstrip()}"
    yield from others


def _flat(value: dict[str, Any] | list[Any]) -> bool:
    """Whether no mapping stands inside of it."""
    inner = value.values() if isinstance(value, dict) else value
    return not any(isinstance(item, dict) or (isinstance(item, list) and not _flat(item)) for item in inner)


def _flow(value: Any) -> str:  # noqa: ANN401 - any value of a spec
    if isinstance(value, dict):
        return "{" + ", ".join(f"{scalar(key)}: {_flow(item)}" for key, item in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(_flow, value)) + "]"
    return scalar(value, flow=True)


def scalar(value: object, *, flow: bool = False) -> str:
    """A single value; a text is quoted unless it is surely read as the same text.

    Inside of brackets the C parser takes no colon in a plain text.
    """
    if value is None:
        return "null"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, float) and not math.isfinite(value):
        return repr(value).replace("inf", ".inf").replace("nan", ".nan")
    if isinstance(value, int | float):
        return repr(value)
    text = str(value)
    if _PLAIN.fullmatch(text) and resolve(text) == text and not (flow and ":" in text):
        return text
    return '"' + "".join(map(_escaped, text)) + '"'


def _escaped(character: str) -> str:
    if character in _ESCAPES:
        return _ESCAPES[character]
    if character.isprintable():
        return character
    code = ord(character)
    return f"\\u{code:04x}" if code < 0x1_0000 else f"\\U{code:08x}"  # noqa: PLR2004 - four hexadecimal digits
