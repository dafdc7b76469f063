"""YAML files to plain values with a place for each, and every fault as one problem.

The event stream is read with an explicit stack, never by `.load()`: that one can be made to exhaust memory
or to crash the process. Nothing here knows what a manifest is.
"""

import errno
import os
import stat
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, Literal, NoReturn

from ruamel.yaml import YAML
from ruamel.yaml import events as yaml_events
from ruamel.yaml.error import YAMLError

from takeup.manifest.problem import (
    COLUMN,
    ONE_BASED,
    SHIFT,
    START,
    Fault,
    Mark,
    Problem,
    pack,
    problem_at,
    quote,
    syntax_problem,
    to_mark,
    unreadable,
)
from takeup.manifest.scalars import FIRST_CHARACTERS, SCALAR_TAGS, resolve, resolve_as

_MOST_PROBLEMS = 100  # of one file: a reader has had enough, and telling duplicate keys takes time
_CORE = "tag:yaml.org,2002:"
_SOURCES: dict[str, Literal["env", "file", "var"]] = {"fromEnv": "env", "fromFile": "file", "var": "var"}


@dataclass(frozen=True, slots=True)
class Reference:
    """`{fromEnv: NAME}`, `{fromFile: PATH}` or `{var: NAME}`: the value stands elsewhere. It is not looked up here."""

    source: Literal["env", "file", "var"]
    name: str
    line: int
    column: int


@dataclass(frozen=True, slots=True)
class Limits:
    """What one file may ask of us. An alias counts as the nodes it stands for."""

    max_bytes: int = 16 * 1024 * 1024
    max_depth: int = 64
    max_nodes: int = 1_000_000


_DEFAULT_LIMITS = Limits()


@dataclass(slots=True)
class Document:
    """One YAML document as plain values, with a Reference in place of each mapping that is one.

    `marks` has the shape of `value` and is read through `mark` and `key_mark` only. Values reached through an
    alias are copies, and have the marks of the anchor. Unless `templated`, no text in it can be a template.
    """

    file: str
    line: int
    column: int
    value: Any
    marks: Any
    references: tuple[tuple[str | int, ...], ...]
    templated: bool = field(default=False, kw_only=True)

    def mark(self, path: Sequence[str | int]) -> Mark:
        """Give the place of the value at `path`, or of its deepest ancestor that exists."""
        return self._find(path)[1]

    def key_mark(self, path: Sequence[str | int]) -> Mark:
        """Give the place of the key above the value of `mark(path)`; for a list item, the item's."""
        return self._find(path)[0]

    def _find(self, path: Sequence[str | int]) -> tuple[Mark, Mark]:
        node, key = self.marks, 0
        for step in path:
            if isinstance(node, dict) and isinstance(step, str) and step in node:
                key, node = _key_at(node, step), node[step]
            elif isinstance(node, list) and isinstance(step, int) and 0 <= step < len(node) - 1:
                key, node = 0, node[step + 1]
            else:
                break
        own = node[None] if isinstance(node, dict) else node
        at = own[0] if isinstance(own, list) else own
        return to_mark(key or at), to_mark(at)


def _key_at(marks: dict[str | None, Any], key: str) -> int:
    """Give the place of a key: entry None, the first, lists the places of the mapping and of each key."""
    return int(marks[None][list(marks).index(key)])


def read_file(path: Path, *, name: str, limits: Limits = _DEFAULT_LIMITS) -> tuple[list[Document], list[Problem]]:
    """Read the documents of a file; `name` is what problems call it. See `read_text`."""
    data = read_bytes(path, name=name, limits=limits)
    return ([], [data]) if isinstance(data, Problem) else read_text(data, name=name, limits=limits)


def read_bytes(path: Path, *, name: str, limits: Limits = _DEFAULT_LIMITS) -> bytes | Problem:
    """Read a file, or say why that cannot be done."""
    try:
        return _bytes_of(path, limits)
    except FileNotFoundError:
        why = ("The file does not exist.", "Check the path.")
    except PermissionError:
        why = ("The file may not be read.", "Give this user the right to read it.")
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or "the path is not valid"
        why = (f"The file cannot be read: {reason}.", "Give the path of a regular file.")
    return problem_at(name, START, *why)


def read_text(data: bytes, *, name: str, limits: Limits = _DEFAULT_LIMITS) -> tuple[list[Document], list[Problem]]:
    """Read the documents of a YAML text.

    After a fault of syntax or size nothing more is read, but the documents before it are returned; what has
    another fault is left out of its document. So the documents are complete only if no problem is an error.
    """
    if fault := unreadable(data, name, limits.max_bytes):
        return [], [fault]
    builder = _Builder(name, limits, templated=b"{{" in data)
    try:
        builder.run(YAML(typ="safe", pure=False).parse(data))
    except Fault as error:
        builder.problems.append(error.problem)
    except YAMLError as error:
        builder.problems.append(syntax_problem(error, data, name))
    return builder.documents, builder.problems


def _bytes_of(path: Path, limits: Limits) -> bytes:
    """Read a regular file, at most one byte more than is allowed, without ever waiting as for a FIFO."""
    status = path.stat()  # before the open: opening a device can do things
    if not stat.S_ISREG(status.st_mode):
        kind = "folder" if stat.S_ISDIR(status.st_mode) else "pipe, socket or device"
        raise OSError(errno.EINVAL, f"it is a {kind}")
    handle = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    with open(handle, "rb", buffering=0) as file:  # noqa: PTH123  a descriptor, not a path
        wanted, piece = limits.max_bytes + 1, max(status.st_size + 1, 4096)
        chunks = []
        while chunk := file.read(min(wanted, piece)):
            chunks.append(chunk)
            wanted -= len(chunk)
    return b"".join(chunks)


class _Dropped:
    """The key of a refused entry: its value is read, for the problems in it, and then left out."""


_ITEM: Final = object()  # in place of a key: the open collection is a list
# values, marks and key, then of the collection opened in it: its place, its anchor, the nodes before it
_Frame = tuple[Any, Any, Any, int, str | None, int]


class _Builder:
    """Builds documents from events, with the open collection in attributes and those around it on a stack.

    The outermost one is a list that the root value of the document is put into.
    """

    def __init__(self, name: str, limits: Limits, *, templated: bool) -> None:
        self.documents: list[Document] = []
        self.problems: list[Problem] = []
        self._name, self._templated = name, templated
        self._max_depth = limits.max_depth
        self._max_nodes = limits.max_nodes
        self._nodes = 0
        self._known_keys: dict[str, str] = {}  # one string object for all equal keys
        self._begin(None)

    def run(self, events: Iterable[Any]) -> None:
        """Take all events of a file, or raise Fault when the rest cannot be read."""
        handlers: dict[type, Callable[[Any], None]] = {
            yaml_events.MappingStartEvent: self._open_mapping,
            yaml_events.MappingEndEvent: self._close,
            yaml_events.SequenceStartEvent: self._open_sequence,
            yaml_events.SequenceEndEvent: self._close,
            yaml_events.AliasEvent: self._alias,
            yaml_events.DocumentStartEvent: self._begin,
            yaml_events.DocumentEndEvent: self._end,
        }
        scalar_event, scalar = yaml_events.ScalarEvent, self._scalar
        for event in events:
            kind = event.__class__
            if kind is scalar_event:  # most of them are
                scalar(event)
            elif kind in handlers:
                handlers[kind](event)

    def _begin(self, _event: object) -> None:
        self._values: Any = []
        self._marks: Any = [START]
        self._key: Any = _ITEM  # None: in a mapping, a key comes next
        self._stack: list[_Frame] = []
        # value, marks and nodes; None while the anchor's own collection is open
        self._anchors: dict[str, tuple[Any, Any, int] | None] = {}
        self._references: list[tuple[Any, ...]] = []
        self._dropped = False

    def _end(self, _event: object) -> None:
        value, marks = self._values[0], self._marks[1]
        if value is None:
            return
        references = self._references
        if self._dropped:
            references = [path for path in references if not any(isinstance(step, _Dropped) for step in path)]
        document = Document(self._name, 1, 1, value, marks, tuple(references), templated=self._templated)
        document.line, document.column = (place := document.mark(())).line, place.column
        self.documents.append(document)

    def _scalar(self, event: Any) -> None:  # noqa: ANN401  events have no useful types
        mark = event.start_mark
        at = ((mark.line << SHIFT) | mark.column) + ONE_BASED
        value = event.value
        if event.ctag is not None:
            value = self._tagged(event, at)
        elif value[:1] in FIRST_CHARACTERS and event.implicit[0]:
            value = resolve(value)
        if event.anchor is not None:
            self._anchors[event.anchor] = (value, at, 1)
        self._nodes += 1
        if self._nodes > self._max_nodes:
            self._count(0, at)
        key = self._key
        if key is None:
            self._take_key(value, event, at)
        elif key is _ITEM:
            self._values.append(value)
            self._marks.append(at)
        else:
            self._values[key] = value
            self._marks[key] = at
            self._key = None

    def _take_key(self, key: Any, event: Any, at: int) -> None:  # noqa: ANN401
        if key.__class__ is not str:
            quoted = f'Quote it: "{event.value[:60]}".' if event.value else "Write a key before the ':'."
            key = self._drop(at, "A key is not a string.", quoted)
        elif key == "<<" and event.implicit[0]:
            key = self._drop(at, "Merge keys (<<) are not supported.", "Write the keys out.")
        elif key in self._values:
            first = _key_at(self._marks, key) >> SHIFT
            text = f"The key {quote(key)} on line {at >> SHIFT} is already given on line {first}."
            key = self._drop(at, text, "Remove one of the two.")
        else:
            key = self._known_keys.setdefault(key, key)
        self._marks[None].append(at)
        self._key = key

    def _drop(self, at: int, message: str, suggestion: str) -> _Dropped:
        self._tell(at, message, suggestion)
        self._dropped = True
        return _Dropped()

    def _tagged(self, event: Any, at: int) -> Any:  # noqa: ANN401
        """Give the value of a scalar with an explicit tag."""
        tag = event.tag
        kind = tag.removeprefix(_CORE)
        if kind == tag or kind not in SCALAR_TAGS:
            self._unknown_tag(tag, at)
            return event.value if event.style else resolve(event.value)
        try:
            return resolve_as(kind, event.value)
        except ValueError:
            self._tell(at, f"The value does not fit its tag !!{kind}.", "Remove the tag.")
            return None

    def _unknown_tag(self, tag: str, at: int) -> None:
        shown = "!!" + tag.removeprefix(_CORE) if tag.startswith(_CORE) else tag
        self._tell(at, f"The tag {quote(shown)} is not supported here.", "Write the value without it.")

    def _open_mapping(self, event: Any) -> None:  # noqa: ANN401
        at = self._open(event, "map")
        self._values, self._marks, self._key = {}, {None: [at]}, None

    def _open_sequence(self, event: Any) -> None:  # noqa: ANN401
        at = self._open(event, "seq")
        self._values, self._marks, self._key = [], [at], _ITEM

    def _open(self, event: Any, tag: str) -> int:  # noqa: ANN401
        at = pack(event.start_mark)
        self._demand_value(at)
        if len(self._stack) >= self._max_depth:
            self._too_deep(at)
        if event.tag is not None and event.tag != _CORE + tag:
            self._unknown_tag(event.tag, at)
        if event.anchor is not None:
            self._anchors[event.anchor] = None
        self._stack.append((self._values, self._marks, self._key, at, event.anchor, self._nodes))
        self._count(1, at)
        return at

    def _close(self, _event: object) -> None:
        value, marks = self._values, self._marks
        self._values, self._marks, self._key, at, anchor, nodes = self._stack.pop()
        if self._dropped and value.__class__ is dict:
            value = {key: inner for key, inner in value.items() if key.__class__ is str}
        if len(value) == 1 and value.__class__ is dict:
            value = self._reference(value, at)
        if anchor is not None:
            self._anchors[anchor] = (value, marks, self._nodes - nodes)
        self._put(value, marks)

    def _put(self, value: Any, marks: Any) -> None:  # noqa: ANN401
        if self._key is _ITEM:
            self._values.append(value)
            self._marks.append(marks)
        else:
            self._values[self._key] = value
            self._marks[self._key] = marks
            self._key = None

    def _reference(self, value: dict[str, Any], at: int) -> dict[str, Any] | Reference:
        ((key, name),) = value.items()
        source = _SOURCES.get(key)
        if source is None or name.__class__ is not str:
            return value
        self._references.append(self._path())
        return Reference(source, name, at >> SHIFT, at & COLUMN)

    def _path(self) -> tuple[Any, ...]:
        """Give the path of the value that is put next."""
        frames = [*((values, key) for values, _, key, *_ in self._stack), (self._values, self._key)]
        return tuple(len(values) if key is _ITEM else key for values, key in frames[1:])

    def _alias(self, event: Any) -> None:  # noqa: ANN401
        at = pack(event.start_mark)
        self._demand_value(at)
        found, name = self._anchors.get(event.anchor, ()), quote(f"*{event.anchor}")
        if found is None:
            self._fail(at, f"The alias {name} stands inside its own anchor.", "Write the value out.")
        if not found:
            self._tell(at, f"No anchor stands before the alias {name}.", "Write the value out.")
            found = (None, at, 1)
        value, marks, nodes = found
        self._count(nodes, at)
        self._put(self._copy(value, at), marks)

    def _copy(self, value: Any, at: int) -> Any:  # noqa: ANN401
        """Copy an anchor's value, so that no two places share a dict or list."""
        holder = [value]
        # Paths are chained (outer, step): written out, those of a wide and deep value would fill the memory.
        todo: list[tuple[Any, Any, Any, int]] = [(holder, 0, None, len(self._stack))]
        while todo:
            target, step, chain, depth = todo.pop()
            item = target[step]
            if isinstance(item, Reference):
                self._references.append(self._path() + _unchain(chain))
            elif isinstance(item, (dict, list)):
                if depth >= self._max_depth:
                    self._too_deep(at)
                target[step] = copied = item.copy()
                steps = copied if isinstance(copied, dict) else range(len(copied))
                todo.extend((copied, inner, (chain, inner), depth + 1) for inner in steps)
        return holder[0]

    def _demand_value(self, at: int) -> None:
        if self._key is None:
            self._fail(at, "A key is a list, a mapping or an alias.", "Write the key as a plain string.")

    def _count(self, nodes: int, at: int) -> None:
        self._nodes += nodes
        if self._nodes > self._max_nodes:
            text = f"The file holds more than {self._max_nodes} values, each alias counted in full."
            self._fail(at, text, "Split the file, or write the values without aliases.")

    def _too_deep(self, at: int) -> NoReturn:
        self._fail(at, f"The values are nested more than {self._max_depth} deep.", "Nest less, or close brackets.")

    def _tell(self, at: int, message: str, suggestion: str) -> None:
        if len(self.problems) >= _MOST_PROBLEMS:
            self._fail(at, "The file has more problems than are told.", "Correct those told first.")
        self.problems.append(problem_at(self._name, at, message, suggestion))

    def _fail(self, at: int, message: str, suggestion: str) -> NoReturn:
        raise Fault(problem_at(self._name, at, message, suggestion))


def _unchain(chain: Any) -> tuple[Any, ...]:  # noqa: ANN401
    steps = []
    while chain is not None:
        chain, step = chain
        steps.append(step)
    return tuple(reversed(steps))
