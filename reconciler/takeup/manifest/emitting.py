"""A layout as text, in the one style of `takeup fmt`."""

from takeup.manifest.key_order import Order
from takeup.manifest.layout import Comment, Layout, Node, Page
from takeup.manifest.quoting import written
from takeup.manifest.scalars import resolve

_STEP = 2
_CLOSE = 2  # a comment at most this many blanks away was not put into a column of comments


def emit(layout: Layout) -> str:
    """Write a layout down; its keys are written in the order that they have (see `arrange`)."""
    writer = _Writer()
    writer.own(layout.only_comments, 0)
    for number, page in enumerate(layout.pages):
        writer.page(page, first=number == 0)
    return writer.text()


def arrange(node: Node, order: Order) -> None:
    """Put the keys below a node into their order."""
    if node.shape == "map":
        node.entries.sort(key=lambda entry: order.rank(entry[0].text) if entry[0] else 0)
    for key, value in node.entries:
        if value.entries:
            arrange(value, order.below(key.text) if key else order)


class _Writer:
    """Collects lines. `head` is what a value's first line begins with, `n` the indentation of that line."""

    def __init__(self) -> None:
        self._lines: list[str] = []
        self._keeps = False  # the last line belongs to a text that keeps the blank lines after it

    def text(self) -> str:
        """Everything, with one line end at the end."""
        while self._lines and not self._lines[-1] and not self._keeps:
            self._lines.pop()
        return "".join(f"{line}\n" for line in self._lines)

    def page(self, page: Page, *, first: bool) -> None:
        """Write a document."""
        self.own(page.before, 0)
        if page.explicit or not first:
            self._push("---", page.beside)
        self.own(page.head, 0)
        if page.root is not None and page.root.opens_block:
            self._body(page.root, 0)
        elif page.root is not None and not page.root.is_empty:
            self._put("", page.root, 0)
        self.own(page.foot, 0)

    def own(self, lines: list[str], n: int) -> None:
        """Write comments on lines of their own, and blank lines: never two, and none at the beginning."""
        for line in lines:
            if line:
                self._push(" " * n + line)
            elif self._lines and self._lines[-1] and not self._keeps:
                self._lines.append("")

    def _push(self, line: str, comment: Comment | None = None) -> None:
        if comment is not None:
            blanks = comment.gap if comment.gap <= _CLOSE else comment.column - len(line)
            line += " " * max(1, blanks) + comment.text
        self._lines.append(line)
        self._keeps = False

    def _body(self, node: Node, n: int, lead: str | None = None) -> None:
        """Write the entries of a block; the first begins with `lead`, and then what is above it is written."""
        for key, value in node.entries:
            head = " " * n if lead is None else lead
            if lead is None:
                self.own((key or value).above, n)
            if key is not None:
                self._put(f"{head}{_one_line(key, flow=False)}:", value, n)
            elif not value.opens_block:
                self._put(f"{head}-", value, n)
            elif value.beside is not None:
                self._push(f"{head}-", value.beside)
                self._body(value, n + _STEP)
            else:
                if lead is None:
                    self.own(_above_first(value), n)
                self._body(value, n + _STEP, f"{head}- ")
            lead = None
        self.own(node.foot, n)

    def _put(self, head: str, node: Node, n: int, tail: str = "") -> None:
        """Write a value behind its key or dash; `tail` is a comma between brackets."""
        if node.opens_block:
            self._push(head, node.beside)
            self._body(node, n + _STEP)
        elif node.flow:
            self._put_flow(head, node, n, tail)
        elif node.block:
            header, *lines = node.block
            self._push(_join(head, header), node.beside)
            self._lines += (" " * (n + _STEP) + line if line else "" for line in lines)
            self._keeps = header.endswith("+")
        else:
            flow = bool(tail)
            first, *more = _on_lines(node, flow=flow) if "\n" in node.source else [_one_line(node, flow=flow)]
            texts = [_join(head, first), *(" " * (n + _STEP) + line if line else "" for line in more)]
            self._lines += texts[:-1]
            self._push(texts[-1] + tail, node.beside)
            self.own(node.foot, n + _STEP)

    def _put_flow(self, head: str, node: Node, n: int, tail: str) -> None:
        opening, closing = "{}" if node.shape == "map" else "[]"
        if not node.spread or not (node.entries or node.foot or node.beside):
            self._push(_join(head, _inline(node)) + tail, node.after)
            return
        self._push(_join(head, opening), node.beside)
        deeper = " " * (n + _STEP)
        for key, value in node.entries:
            self.own((key or value).above, n + _STEP)
            begin = deeper if key is None else f"{deeper}{_one_line(key, flow=True)}:"
            self._put(begin, value, n + _STEP, ",")
        self.own(node.foot, n + _STEP)
        self._push(" " * n + closing + tail, node.after)


def _above_first(node: Node) -> list[str]:
    """Give the lines above the first entry of a block that begins on the line of its dash."""
    lines: list[str] = []
    while node.opens_block:
        key, value = node.entries[0]
        lines += (key or value).above
        if key is not None or value.beside is not None:
            break
        node = value
    return lines


def _join(head: str, text: str) -> str:
    return head + text if not head or head.isspace() or not text else f"{head} {text}"


def _inline(node: Node) -> str:
    """Write a flow collection, or what is inside one, on one line."""
    if node.shape == "scalar":
        return _one_line(node, flow=True)
    if node.shape == "list":
        return f"[{', '.join(_inline(value) for _, value in node.entries)}]"
    pairs = (f"{_one_line(key, flow=True)}: {_inline(value)}" for key, value in node.entries if key is not None)
    return f"{{{', '.join(pairs)}}}"


def _one_line(node: Node, *, flow: bool) -> str:
    if node.style == "!":
        return node.source
    if not node.source:
        return "null" if flow else ""
    if not node.style and not isinstance(resolve(node.text), str):
        return node.source  # a number, true, null: as the author wrote it
    return written(node.text, flow=flow)


def _on_lines(node: Node, *, flow: bool) -> list[str]:
    r"""Give a text that was written on several lines with its lines as they were, for its author chose them.

    A blank at the end of a line that is escaped (`\ `) would be lost with the other blanks there: then one line.
    """
    lines = [line.lstrip(" \t") for line in node.source.split("\n")]
    kept = [line.rstrip(" \t") for line in lines]
    if node.style == '"' and any(new.endswith("\\") and new != old for new, old in zip(kept, lines, strict=True)):
        return [written(node.text, flow=flow)]
    return kept
