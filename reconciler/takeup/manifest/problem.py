"""What is wrong in a file of YAML, and where: the data, and how a parser's findings become sentences.

The parser itself is not imported here: its errors are known by their shape, so renderers can import this.
"""

from dataclasses import dataclass
from typing import Any, Literal

# While reading, a place is one integer, line << 24 | column: a million tuples cost time and memory.
SHIFT = 24
COLUMN = (1 << SHIFT) - 1
ONE_BASED = (1 << SHIFT) + 1
START = ONE_BASED
_SYNTAX: dict[str, tuple[str, str]] = {
    "mapping values are not allowed": (
        "A ': ' stands where no key can be.",
        "Put each key on its own line, level with its siblings, and quote a value that holds ': '.",
    ),
    "cannot start any token": (
        "A value cannot begin with this character.",
        'Quote the value: "...".',
    ),
    "expected key": (
        "A key is expected here: the indentation does not fit, or a bracket or quote is out of place.",
        "Indent this line like its siblings.",
    ),
    "expected '-' indicator": (
        "A list item is expected here.",
        "Begin the line with '- ', level with its siblings.",
    ),
    "could not find expected ':'": ("A key here has no ':' after it.", "Write `key: value`."),
    "expected ',' or": (
        "A '[' or '{' is not closed, or a ',' is missing.",
        "Write `[a, b]` or `{a: 1, b: 2}`.",
    ),
    "expected node content": ("A value is missing here.", "Write the value, or close the bracket."),
    "unexpected end of stream": ("A quoted text is never closed.", "Add the closing quote."),
    "unexpected document indicator": (
        "A quoted text is not closed before the next document.",
        "Add the closing quote.",
    ),
    "unknown escape": (
        "A backslash in double quotes begins an escape that YAML does not have.",
        r"Write '...' in single quotes, or \\ for a backslash.",
    ),
    "undefined tag handle": ("This tag is not known.", "Remove the tag."),
    "incompatible YAML document": ("This version of YAML is not supported.", "Remove the %YAML line."),
    "<document start>": ("A new document begins without '---'.", "Write '---' on a line of its own."),
    "alphabetic or numeric": ("An '&' or '*' has no name after it.", "Quote the value if it is a text."),
}


@dataclass(frozen=True, slots=True, order=True)
class Mark:
    """A place in a file. Line and column count from 1; the column counts characters."""

    line: int
    column: int


@dataclass(frozen=True, slots=True)
class Problem:
    """One finding about one place in one file.

    The message never quotes a value, for it could be a secret; keys, tags and anchors may be named.
    `address` and `suggestion` are empty where there is none. A problem of a whole file stands at 1:1.
    """

    severity: Literal["error", "warning"]
    file: str
    line: int
    column: int
    address: str
    message: str
    suggestion: str


class Fault(Exception):  # noqa: N818  it carries a problem and never leaves the reader
    """The rest of the file cannot be read."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(problem.message)
        self.problem = problem


def quote(text: str) -> str:
    """Quote a key, tag or anchor for a message, shortened to fit a line."""
    return repr(text if len(text) <= 60 else text[:57] + "...")  # noqa: PLR2004  what fits a line


def problem_at(name: str, at: int, message: str, suggestion: str) -> Problem:
    """Make an error of the file `name` at a packed place."""
    return Problem("error", name, at >> SHIFT, at & COLUMN, "", message, suggestion)


def to_mark(at: int) -> Mark:
    """Unpack a place."""
    return Mark(at >> SHIFT, at & COLUMN)


def pack(mark: Any) -> int:  # noqa: ANN401  the C parser's Mark has no stub
    """Pack a place that the parser counts from 0."""
    return ((int(mark.line) << SHIFT) | int(mark.column)) + ONE_BASED


def unreadable(data: bytes, name: str, max_bytes: int) -> Problem | None:
    """Tell what keeps these bytes from being YAML text at all."""
    if len(data) > max_bytes:
        text = f"The file is larger than {max_bytes} bytes."
        return problem_at(name, START, text, "Split it into several files.")
    for encoding, begins in (("UTF-32", b"\xff\xfe\0\0"), ("UTF-16", b"\xff\xfe"), ("UTF-16", b"\xfe\xff")):
        if data.startswith(begins):
            return problem_at(name, START, f"The file is encoded as {encoding}.", "Save it as UTF-8.")
    zero = data.find(b"\0")
    if zero >= 0:
        text = f"The file is binary: byte {zero} is NUL."
        return problem_at(name, _at_byte(data, zero), text, "Give a YAML text, saved as UTF-8.")
    try:
        data.decode()
    except UnicodeDecodeError as error:
        text = f"The file is not UTF-8: byte {error.start} (0x{data[error.start]:02x}) does not fit."
        return problem_at(name, _at_byte(data, error.start), text, "Save it as UTF-8.")
    return None


def _at_byte(data: bytes, offset: int) -> int:
    """Give the place of a byte; the column is in characters as far as they can be told."""
    line = data.count(b"\n", 0, offset) + 1
    before = data[data.rfind(b"\n", 0, offset) + 1 : offset].decode(errors="replace").removeprefix("\ufeff")
    return (line << SHIFT) | (len(before) + 1)


def syntax_problem(error: Exception, data: bytes, name: str) -> Problem:
    """Say in a sentence what the parser found."""
    position = getattr(error, "position", None)
    if position is not None:
        code = getattr(error, "character", 0)
        text = f"The control character U+{code:04X} stands in the text."
        return problem_at(name, _at_byte(data, position), text, r'Remove it, or write "\u...." in quotes.')
    mark = getattr(error, "problem_mark", None) or getattr(error, "context_mark", None)
    at = pack(mark) if mark is not None else START
    found = str(getattr(error, "problem", None) or "it is not valid")
    lines = data.split(b"\n", at >> SHIFT)
    line = lines[(at >> SHIFT) - 1] if at >> SHIFT <= len(lines) else b""
    if "tab character" in found or b"\t" in line[: len(line) - len(line.lstrip(b" \t"))]:
        return problem_at(name, at, "Tabs are used for indentation.", "Indent with spaces.")
    for words, (message, suggestion) in _SYNTAX.items():
        if words in found:
            return problem_at(name, at, message, suggestion)
    return problem_at(name, at, f"This is not valid YAML: {found}.", "Check indentation, quotes and brackets here.")
