"""A YAML text as a tree that keeps what a value forgets: comments, blank lines, flow or block, how a scalar is written.

It is built from the same bounded event stream that the reader uses; comments are found between the events. The tree
holds all that a formatter may keep, and what cannot be kept is a Fault. See `formatting` for what is promised.
"""

import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, Literal, NamedTuple, NoReturn

from ruamel.yaml import YAML
from ruamel.yaml import events as yaml_events
from ruamel.yaml.error import YAMLError

from takeup.manifest.problem import SHIFT, Fault, Problem, problem_at, syntax_problem

_BLOCK_HEADER = re.compile(r"[|>]([-+]?)([1-9]?)([-+]?)([ \t]*)(#[^\n]*)?")
_SIGNS = re.compile(r"[ \n:,-]*")  # what may stand between events beside comments


class Comment(NamedTuple):
    """A comment at the end of a line: its column and the blanks before it, both as they were."""

    column: int
    gap: int
    text: str


@dataclass(slots=True)
class Node:
    """One value or key. Lines of comments are without indentation, and a blank line is an empty one."""

    shape: Literal["scalar", "map", "list"]
    column: int
    flow: bool = False
    text: str = ""  # of a scalar: its value, and below how it was written
    source: str = ""
    style: str = ""  # '"', "'", "|", ">", or nothing for a plain one
    block: list[str] = field(default_factory=list)  # of a block scalar: header, then its lines without indentation
    spread: bool = False  # of a flow collection: it stands on several lines
    entries: list[tuple["Node | None", "Node"]] = field(default_factory=list)  # keys are None in a list
    above: list[str] = field(default_factory=list)
    beside: Comment | None = None  # at the end of its first line
    foot: list[str] = field(default_factory=list)  # below its last entry
    after: Comment | None = None  # of a spread flow collection: after the closing bracket

    @property
    def opens_block(self) -> bool:
        """Whether its entries stand on lines of their own, below."""
        return self.shape != "scalar" and not self.flow

    @property
    def is_empty(self) -> bool:
        """Whether nothing at all is written for it."""
        return self.shape == "scalar" and not self.source


@dataclass(slots=True)
class Page:
    """One document of a file."""

    explicit: bool  # it begins with ---
    before: list[str] = field(default_factory=list)  # above the ---
    beside: Comment | None = None  # beside the ---
    head: list[str] = field(default_factory=list)  # above its first line; stays there when keys move
    root: Node | None = None
    foot: list[str] = field(default_factory=list)


@dataclass(slots=True)
class Layout:
    """A file: its documents, or only comments, and how often each comment stands in it."""

    pages: list[Page] = field(default_factory=list)
    only_comments: list[str] = field(default_factory=list)
    comments: Counter[str] = field(default_factory=Counter)


class _Gap(NamedTuple):
    """What stands between two events: lines before a dash, the comment beside that dash, lines after it."""

    before: list[str]
    dash: list[Comment]
    after: list[str]


def layout_of(text: str, name: str) -> Layout:
    """Build the tree of a text.

    Raises:
        Fault: something in it is no YAML, or cannot be kept.
    """
    builder = _Builder(text, name)
    data = text.encode()
    try:
        builder.run(YAML(typ="safe", pure=False).parse(data))
    except YAMLError as error:  # the reader had a byte order mark or other line ends before it, which can matter
        raise Fault(syntax_problem(error, data, name)) from error
    return builder.layout


class _Builder:
    """Takes events; `pos` is where the last one ended, `slot` who owns a comment on the rest of that line."""

    def __init__(self, text: str, name: str) -> None:
        self.layout = Layout()
        self._text, self._name = text, name
        self._pos = 0
        self._slot: tuple[Any, str] | None = None
        self._stack: list[Node] = []  # the open collections
        self._pending: list[str] = []  # lines for the first entry of the collection that was just opened
        self._closed: list[tuple[Node, int]] = []  # what ended since the last gap, with the column of its lines
        self._key: Node | None = None

    def run(self, events: Iterable[Any]) -> None:
        """Take all events of a text."""
        handlers = {
            yaml_events.ScalarEvent: self._scalar,
            yaml_events.MappingStartEvent: lambda event: self._open(event, "map"),
            yaml_events.SequenceStartEvent: lambda event: self._open(event, "list"),
            yaml_events.MappingEndEvent: self._close,
            yaml_events.SequenceEndEvent: self._close,
            yaml_events.AliasEvent: self._alias,
            yaml_events.DocumentStartEvent: self._begin,
            yaml_events.DocumentEndEvent: self._end,
            yaml_events.StreamEndEvent: self._finish,
        }
        for event in events:
            handler = handlers.get(event.__class__)
            if handler is not None:
                handler(event)

    def _begin(self, event: Any) -> None:  # noqa: ANN401  events have no useful types
        if event.version or event.tags:
            self._fail(event.start_mark.index, "A line that begins with % cannot be kept.", "Remove it.")
        lines = self._gap(event.start_mark.index, -1).before
        page = Page(explicit=bool(event.explicit))
        if not page.explicit:
            self._pending = lines
        elif self.layout.pages:
            self.layout.pages[-1].foot += lines
        else:
            page.before = lines
        self.layout.pages.append(page)
        self._slot = (page, "beside")
        self._pos = event.end_mark.index

    def _end(self, event: Any) -> None:  # noqa: ANN401
        page = self.layout.pages[-1]
        page.foot = self._pending + self._gap(event.start_mark.index, -1).before
        self._pending, self._slot = [], None
        self._pos = event.end_mark.index

    def _finish(self, _event: object) -> None:
        lines = self._gap(len(self._text), -1).before
        if self.layout.pages:
            self.layout.pages[-1].foot += lines
        else:
            self.layout.only_comments = lines

    def _alias(self, event: Any) -> NoReturn:  # noqa: ANN401
        self._fail(event.start_mark.index, f"The alias *{event.anchor} cannot be kept.", "Write the value out.")

    def _scalar(self, event: Any) -> None:  # noqa: ANN401
        self._refuse_anchor(event)
        start = event.start_mark
        node = Node("scalar", start.column, text=event.value, style=event.style or "")
        node.source = self._text[start.index : event.end_mark.index]
        end = int(event.end_mark.index)
        if event.tag is not None and node.source.startswith("!"):
            node.style = "!"
            if "\n" in node.source:
                self._fail(start.index, "A tag before a text of several lines cannot be kept.", "Remove the tag.")
        elif node.style in {"|", ">"}:
            end = self._block_scalar(node, start)
        self._add(node, start)
        self._pos = end
        self._slot = (node, "beside")
        if node.beside is not None:
            self._slot = None
        if node.is_empty and self._key is not node and not self._in_flow():
            self._closed.append((node, self._stack[-1].column + 1 if self._stack else 0))

    def _block_scalar(self, node: Node, start: Any) -> int:  # noqa: ANN401
        """Take a block scalar apart; give where it ends, for trailing blank lines may not be part of it."""
        header, _, rest = node.source.partition("\n")
        match = _BLOCK_HEADER.match(header)
        if match is None or match[2]:
            text = "A block text that gives its indentation as a number cannot be kept."
            self._fail(start.index, text, "Begin the text without blanks, and remove the number; or quote it.")
        chomping = match[1] or match[3]
        lines = rest.removesuffix("\n").split("\n") if rest else []
        first = next((line for line in lines if line.strip(" ")), "")
        indent = len(first) - len(first.lstrip(" "))
        end = int(start.index) + len(node.source)
        if chomping != "+":
            while lines and not lines[-1].strip(" ") and (not first or len(lines[-1]) <= indent):
                end -= len(lines.pop()) + 1
        if end > start.index and self._text[end - 1 : end] == "\n":
            end -= 1  # the end of its last line belongs to the gap
        if not node.text.endswith("\n") and node.text:
            chomping = "-"  # also where the file ends without a line end, for it gets one
        node.block = [node.style + chomping, *(line[indent:] if first else "" for line in lines)]
        if match[5]:
            node.beside = Comment(start.column + match.start(5), len(match[4]), match[5].rstrip())
            self.layout.comments[node.beside.text] += 1
        return max(end, int(start.index) + len(header))

    def _open(self, event: Any, shape: Literal["map", "list"]) -> None:  # noqa: ANN401
        self._refuse_anchor(event)
        start, end = event.start_mark, event.end_mark
        if event.tag is not None:
            self._fail(start.index, "A tag before a list or a mapping cannot be kept.", "Remove the tag.")
        node = Node(shape, start.column, flow=bool(event.flow_style))
        self._add(node, start)
        self._stack.append(node)
        if node.flow:
            self._pos = end.index
            self._slot = (node, "beside")

    def _close(self, event: Any) -> None:  # noqa: ANN401
        node = self._stack[-1]
        if node.flow:
            node.foot = self._pending + self._gap(event.start_mark.index, -1).before
            self._pending = []
            self._pos = event.end_mark.index
            self._slot = (node, "after")
            self._stack.pop()
            return
        self._stack.pop()
        # a list may stand level with its key: a comment in that column is then about the next key
        level = bool(self._stack) and self._stack[-1].shape == "map" and self._stack[-1].column == node.column
        self._closed.append((node, node.column + level))

    def _add(self, node: Node, start: Any) -> None:  # noqa: ANN401
        """Put a node where it belongs, and the comments before it to the nearest owner."""
        gap = self._gap(start.index, start.column)
        lines = [*self._pending, *gap.before]
        self._pending = []
        if not self._stack:
            page = self.layout.pages[-1]
            page.root, page.head = node, [*lines, *gap.after]
            return
        parent = self._stack[-1]
        if parent.shape == "list":
            self._add_item(parent, node, lines, gap)
        elif self._key is None:
            node.above = lines
            self._key = node
        else:
            self._add_value(parent, self._key, node, lines)
            self._key = None

    def _add_item(self, parent: Node, node: Node, lines: list[str], gap: _Gap) -> None:
        node.above = lines
        if node.opens_block:
            node.beside = gap.dash[0] if gap.dash else None
            node.above += [comment.text for comment in gap.dash[1:]]
            self._pending = gap.after
        else:
            node.above += [comment.text for comment in gap.dash] + gap.after
        parent.entries.append((None, node))

    def _add_value(self, parent: Node, key: Node, node: Node, lines: list[str]) -> None:
        if node.opens_block:
            node.beside = key.beside
            self._pending = lines
        else:
            key.above += ([key.beside.text] if key.beside else []) + [line for line in lines if line]
        key.beside = None
        parent.entries.append((key, node))

    def _in_flow(self) -> bool:
        return bool(self._stack) and self._stack[-1].flow

    def _gap(self, end: int, column: int) -> _Gap:
        """Take what stands before the event at `end`, and give to those that have ended what is theirs."""
        text = self._text[self._pos : end]
        closed, self._closed = self._closed, []
        offset, self._pos = self._pos, end
        if "\n" not in text and "#" not in text:
            if text:
                self._only_signs(text, offset)
            return _Gap([], [], [])
        for node in self._stack:
            node.spread |= node.flow
        found, dash, after, next_column = self._read_gap(text, offset, column)
        for node, level in closed:
            taken = 0
            for place, (at, line) in enumerate(found, 1):
                if line and (at < level or at <= next_column):
                    break
                taken = place if line else taken
            node.foot += [line for _, line in found[:taken]]
            del found[:taken]
        return _Gap([line for _, line in found], dash, after)

    def _read_gap(
        self, text: str, offset: int, column: int
    ) -> tuple[list[tuple[int, str]], list[Comment], list[str], int]:
        """Give the lines before a dash with their columns, the comment beside it, lines after it, its column."""
        found: list[tuple[int, str]] = []
        dash: list[Comment] = []
        after: list[str] = []
        dashed = False
        begin = offset - (self._text.rfind("\n", 0, offset) + 1)
        lines = text.split("\n")
        for number, line in enumerate(lines):
            signs, hashed, rest = line.partition("#")
            self._only_signs(signs, offset)
            here = "-" in signs and not self._in_flow()
            if here and not dashed:
                dashed, column = True, begin + signs.index("-")
            if hashed:
                comment = Comment(begin + len(signs), len(signs) - len(signs.rstrip()), f"#{rest}".rstrip())
                self.layout.comments[comment.text] += 1
                if here:
                    dash.append(comment)
                elif number == 0 and self._slot is not None:
                    setattr(*self._slot, comment)
                elif dashed:
                    after.append(comment.text)
                else:
                    found.append((comment.column, comment.text))
            elif 0 < number < len(lines) - 1 and not signs.strip():
                if dashed:
                    after.append("")
                else:
                    found.append((0, ""))
            offset, begin = offset + len(line) + 1, 0
        return found, dash, after, column

    def _only_signs(self, text: str, offset: int) -> None:
        """Refuse what a formatter does not write again."""
        match = _SIGNS.match(text)
        place = match.end() if match else 0
        if place == len(text):
            return
        if text[place] == "?":
            self._fail(offset + place, "A key that begins with '?' cannot be kept.", "Write `key: value`.")
        if text[place] == "\t":
            self._fail(offset + place, "A tab stands between the values.", "Write blanks instead.")
        self._fail(offset + place, f"The character {text[place]!a} cannot be kept here.", "Remove it.")

    def _refuse_anchor(self, event: Any) -> None:  # noqa: ANN401
        if event.anchor is not None:
            text = f"The anchor &{event.anchor} cannot be kept."
            self._fail(event.start_mark.index, text, "Remove it, and write the value out where it is used.")

    def _fail(self, index: int, message: str, suggestion: str) -> NoReturn:
        raise Fault(fault_at(self._text, index, self._name, message, suggestion))


def fault_at(text: str, index: int, name: str, message: str, suggestion: str) -> Problem:
    """Make a problem of the place of a character."""
    line, begin = text.count("\n", 0, index) + 1, text.rfind("\n", 0, index) + 1
    return problem_at(name, (line << SHIFT) | (index - begin + 1), message, suggestion)
