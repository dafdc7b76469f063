"""Whether a request has the shape of its field table: types, ranges, values, what must be there.

The table is compiled once per operation, mode and choice of switches into a tree, which a request is then walked
along. Only keys that the table knows are looked into, so that no depth of a body matters.
"""

import math
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, NamedTuple

from takeup.provider.emulator.answers import BODY_CHECK_FAILED
from takeup.provider.emulator.field import ALL_MODES, Field
from takeup.provider.emulator.fields import FIELDS
from takeup.provider.emulator.sessions import Json
from takeup.provider.emulator.switches import Switches

KINGSOFT = 4
WEB_BITRATE = (50, 8000)
ACROSS_MODES = frozenset({"token"})
"""Keys that official samples show in a mode which has no use for them [webm]."""
_SHOWN_KEY = 40


class Problem(NamedTuple):
    """What is wrong with a request: where, what would be right, and what the wire says. It holds no value."""

    path: str
    right: str
    reason: str = BODY_CHECK_FAILED


class Choice(NamedTuple):
    """What of the switches changes the table."""

    spelling: str = "ignored"
    strict: bool = False
    capture_from: int = 5
    side_from: int = 240
    bitrate_range: bool = False
    old_vendors: bool = True


def choice(switches: Switches) -> Choice:
    """Pick the switches that change the table."""
    return Choice(
        switches.unsubscribeSpelling,
        switches.inapplicableKeys == "refused",
        switches.captureIntervalFrom,
        switches.webSideFrom,
        switches.webBitrateRange,
        switches.oldVendors,
    )


@dataclass(slots=True)
class Node:
    """One place in a request, and what may stand there."""

    right: str
    fits: Callable[[Any], bool]
    children: dict[str, "Node"] = field(default_factory=dict)
    required: tuple[tuple[str, "Node"], ...] = ()
    element: "Node | None" = None
    variants: dict[str, "Node"] = field(default_factory=dict)
    strict: bool = False
    retired: bool = False
    alias: bool = False
    elsewhere: frozenset[str] = frozenset()


@lru_cache(maxsize=256)
def tree(operation: str, mode: str, chosen: Choice) -> Node:
    """Compile the table of an operation for a mode."""
    root = Node("must be an object", _is_object, strict=chosen.strict)
    for row in FIELDS[operation]:
        if mode in row.modes or row.modes == ALL_MODES or row.path in ACROSS_MODES:
            _plant(root, row, chosen)
        else:
            _plant_elsewhere(root, row)
    _finish(root, chosen)
    return root


def _plant(root: Node, row: Field, chosen: Choice) -> None:
    *folders, last = row.path.split(".")
    place = root
    for folder in folders:
        name = re.sub(r"\[.*", "", folder)
        if name not in place.children:  # only retired objects have no row of their own
            place.children[name] = Node("", _anything, retired=True)
        if place.children[name].retired:
            return
        place = _inside(place.children[name], folder[len(name) :])
    node = _node(_chosen(row, chosen), strict=chosen.strict)
    place.children[last] = node
    if row.must_be_sent:
        place.required = (*place.required, (last, node))


def _plant_elsewhere(root: Node, row: Field) -> None:
    """Note the name of a key that other modes have, where its object exists in this one."""
    *folders, last = row.path.split(".")
    place = root
    for folder in folders:
        name = re.sub(r"\[.*", "", folder)
        if name not in place.children:
            place.elsewhere |= {name}
            return
        place = _inside(place.children[name], folder[len(name) :])
    place.elsewhere |= {last}


def _inside(node: Node, index: str) -> Node:
    """Step into the elements of a list; `[name]` is the extension service of that name."""
    if not index:
        return node
    if node.element is None:
        node.element = Node("must be an object", _is_object, strict=node.strict)
    name = index[1:-1]
    if not name:
        return node.element
    return node.variants.setdefault(name, Node("must be an object", _is_object, strict=node.strict))


def _chosen(row: Field, chosen: Choice) -> Field:
    """The row as the switches want it."""
    last = row.path.rpartition(".")[2]
    low, high, allowed = row.low, row.high, row.allowed
    if last == "captureInterval":
        low = chosen.capture_from
    elif last in {"videoWidth", "videoHeight"}:
        low = chosen.side_from
    elif last == "videoBitrate" and chosen.bitrate_range:
        low, high = WEB_BITRATE
    elif last == "vendor" and not chosen.old_vendors:
        allowed = tuple(value for value in allowed if value != KINGSOFT)
    return Field(
        row.path, row.type, row.modes, row.required, low, high, allowed, row.max_items, row.pattern, retired=row.retired
    )


def _finish(node: Node, chosen: Choice) -> None:
    """Add `unsubscribe...` as the switch wants it, and to each kind of element what all elements have."""
    if not node.children:
        node.strict = False  # startParameter: its content does not fail acquire [zhapi]
    for variant in node.variants.values():
        assert node.element is not None  # noqa: S101 - _inside makes it first
        variant.children = {**node.element.children, **variant.children}
        variant.required = (*node.element.required, *variant.required)
    for key, child in list(node.children.items()):
        if key.startswith("unSubscribe"):
            node.children[key.replace("unSubscribe", "unsubscribe")] = {
                "accepted": child,
                "ignored": Node("", _anything, alias=True),
                "refused": Node(f"is not known; write {key}", _nothing, alias=True),
            }[chosen.spelling]
        _finish(child, chosen)
    if node.element is not None:
        _finish(node.element, chosen)


# --- one value ------------------------------------------------------------------------------------------


def _node(row: Field, *, strict: bool) -> Node:
    if row.retired:
        return Node("", _anything, retired=True)
    if row.type == "object":
        return Node("must be an object", _is_object, strict=strict)
    if row.type == "objects":
        element = Node("must be an object", _is_object, strict=strict)
        return Node(f"must be a list{_at_most(row)} of objects", _list(row), element=element, strict=strict)
    if row.type == "strings":
        return Node(f"must be a list{_at_most(row)} of texts{_values(row)}", _strings(row))
    if row.type == "string":
        return Node(f"must be a text{_values(row)}{' that is not empty' if row.required else ''}", _string(row))
    if row.type == "boolean":
        return Node("must be true or false", _is_boolean)
    word = "an integer" if row.type == "integer" else "a number"
    return Node(f"must be {word}{_bounds(row)}{_values(row)}", _number(row))


def _at_most(row: Field) -> str:
    return "" if row.max_items is None else f" (at most {row.max_items})"


def _values(row: Field) -> str:
    if row.allowed:
        return f", of {', '.join(map(str, row.allowed))}"
    return f" that matches {row.pattern}" if row.pattern else ""


def _bounds(row: Field) -> str:
    return ("" if row.low is None else f" from {row.low}") + ("" if row.high is None else f" to {row.high}")


def _anything(_: object) -> bool:
    return True


def _nothing(_: object) -> bool:
    return False


def _is_object(value: object) -> bool:
    return isinstance(value, dict)


def _is_boolean(value: object) -> bool:
    return isinstance(value, bool)


def _list(row: Field) -> Callable[[Any], bool]:
    longest = math.inf if row.max_items is None else row.max_items
    return lambda value: isinstance(value, list) and len(value) <= longest


def _strings(row: Field) -> Callable[[Any], bool]:
    longest = math.inf if row.max_items is None else row.max_items
    one = _text(row)
    return lambda value: isinstance(value, list) and len(value) <= longest and all(map(one, value))


def _string(row: Field) -> Callable[[Any], bool]:
    one = _text(row)
    if row.required:
        return lambda value: value != "" and one(value)
    return lambda value: value == "" or one(value)


def _text(row: Field) -> Callable[[Any], bool]:
    if row.allowed:
        allowed = frozenset(row.allowed)
        return lambda value: isinstance(value, str) and value in allowed
    if row.pattern:
        match = re.compile(row.pattern).fullmatch
        return lambda value: isinstance(value, str) and match(value) is not None
    return lambda value: isinstance(value, str)


def _number(row: Field) -> Callable[[Any], bool]:
    """Check a number; true is none, and neither is what JSON does not know (nan, infinity)."""
    types = (int,) if row.type == "integer" else (int, float)
    if row.allowed:
        allowed = frozenset(row.allowed)
        return lambda value: type(value) in types and value in allowed
    low = -math.inf if row.low is None else row.low
    high = math.inf if row.high is None else row.high
    return lambda value: type(value) in types and low <= value <= high


# --- a whole request ------------------------------------------------------------------------------------


def problem(operation: str, mode: str, request: Json, switches: Switches) -> Problem | None:
    """Find the first thing that is not as the table says; None where all is."""
    found = _first(tree(operation, mode, choice(switches)), request)
    return None if found is None else Problem(found[0] or "clientRequest", found[1])


def _first(node: Node, value: Any) -> tuple[str, str] | None:  # noqa: ANN401 - any JSON value
    """Walk one value; the path is put together on the way back, for most requests have no problem."""
    if not node.fits(value):
        return "", node.right
    if node.children:
        found = _in_object(node, value)
        if found is not None:
            return found
    if node.element is not None:
        for index, item in enumerate(value):
            inner = _first(_element(node, node.element, item), item)
            if inner is not None:
                return joined(f"[{index}]", inner[0]), inner[1]
    return None


def _element(node: Node, element: Node, item: object) -> Node:
    """The node of an element: that of its extension service, where it names one."""
    name = item.get("serviceName") if node.variants and isinstance(item, dict) else None
    return node.variants.get(name, element) if isinstance(name, str) else element


def _in_object(node: Node, value: Json) -> tuple[str, str] | None:
    for key, item in value.items():
        child = node.children.get(key)
        if child is None:
            if node.strict:
                return shown(key), "is not known here; leave it out"
            continue
        found = _first(child, item)
        if found is not None:
            return joined(key, found[0]), found[1]
    for key, child in node.required:
        if key not in value:
            return key, f"is missing; it {child.right}"
    return None


def joined(key: str, rest: str) -> str:
    """Put a key before a path."""
    return f"{key}{rest}" if not rest or rest.startswith("[") else f"{key}.{rest}"


def shown(key: str) -> str:
    """A key that somebody made up, for a log: short, and without anything that a terminal obeys."""
    return ascii(key[:_SHOWN_KEY])[1:-1]


def strange(operation: str, mode: str, request: Json, switches: Switches) -> Iterator[str]:
    """Tell what is accepted and has no effect: keys that are unknown, retired or of another mode, empty lists."""
    yield from _strange(tree(operation, mode, choice(switches)), request, "")


def _strange(node: Node, value: Any, path: str) -> Iterator[str]:  # noqa: ANN401 - any JSON value
    if isinstance(value, dict) and node.children:
        known = {key.lower(): key for key, child in node.children.items() if not child.alias}
        for key, item in value.items():
            at = f"{path}.{shown(key)}".lstrip(".")
            child = node.children.get(key)
            if child is None or child.alias:
                yield f"{at} {_unknown(node, key, known)}"
            elif child.retired:
                yield f"{at} is retired; it is ignored."
            else:
                yield from _strange(child, item, at)
    elif isinstance(value, list):
        if not value:
            yield f"{path} is an empty list; leave it out."
        for index, item in enumerate(value):
            if node.element is not None:
                yield from _strange(_element(node, node.element, item), item, f"{path}[{index}]")


def _unknown(node: Node, key: str, known: dict[str, str]) -> str:
    if key in node.elsewhere:
        return "belongs to another mode; it is ignored."
    meant = known.get(key.lower().replace("unsunscribe", "unsubscribe"))
    return f"is not {meant}; it is ignored." if meant else "is not known; it is ignored."
