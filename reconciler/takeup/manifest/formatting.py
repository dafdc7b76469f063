"""`takeup fmt`: a YAML text in the one style, or the reason why it is left alone.

What is promised, and checked on each text that would be changed: the reader gives exactly the same documents
afterwards, and each comment is still there as often as it was.
"""

import re
from collections.abc import Mapping
from typing import Any

from takeup.manifest.emitting import arrange, emit
from takeup.manifest.key_order import ORDERS, UNKNOWN_KIND, Order
from takeup.manifest.layout import Layout, Page, fault_at, layout_of
from takeup.manifest.problem import SHIFT, START, Fault, Problem, problem_at
from takeup.manifest.reader import Document, Reference, read_text

# YAML 1.1 ends a line at these, YAML 1.2 does not: what they mean depends on who reads.
_DOUBTFUL = re.compile("[\x85\u2028\u2029]")


def format_text(data: bytes, *, name: str, orders: Mapping[str, Order] = ORDERS) -> tuple[str | None, list[Problem]]:
    """Format a text; `name` is what problems call it, `orders` the order of keys by kind.

    Returns:
        The text, with LF at the end of each line and without a byte order mark; or None, and why it is refused.
    """
    documents, problems = read_text(data, name=name)
    if problems:
        return None, problems
    text = data.decode().removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n")
    try:
        _refuse_doubtful(text, name)
        before = layout_of(text, name)
        for page in before.pages:
            _arrange(page, orders)
        formatted = emit(before)
        if formatted != text:
            _check(documents, before, formatted, name)
    except Fault as fault:
        return None, [fault.problem]
    return formatted, []


def _refuse_doubtful(text: str, name: str) -> None:
    found = _DOUBTFUL.search(text)
    if found is not None:
        code = f"U+{ord(found[0]):04X}"
        message = f"The character {code} stands in the text: for some readers it ends the line."
        raise Fault(fault_at(text, found.start(), name, message, r'Remove it, or write "\u...." in quotes.'))


def _arrange(page: Page, orders: Mapping[str, Order]) -> None:
    if page.root is None:
        return
    kinds = [value.text for key, value in page.root.entries if key is not None and key.text == "kind"]
    arrange(page.root, orders.get(kinds[0], UNKNOWN_KIND) if kinds else UNKNOWN_KIND)


def _check(documents: list[Document], before: Layout, formatted: str, name: str) -> None:
    """Hold a formatted text against the promise.

    Raises:
        Fault: it is broken.
    """
    after, problems = read_text(formatted.encode(), name=name)
    place = START
    same = not problems and len(after) == len(documents)
    if same:
        changed = [old for old, new in zip(documents, after, strict=True) if _plain(old.value) != _plain(new.value)]
        if changed:
            same, place = False, (changed[0].line << SHIFT) | changed[0].column
    if not same or layout_of(formatted, name).comments != before.comments:
        text = "This file cannot be formatted without changing what it says; it is left as it was."
        raise Fault(problem_at(name, place, text, "Write unusual keys, texts and comments in it more simply."))


def _plain(value: Any) -> Any:  # noqa: ANN401  any value of a document
    """Give what two equal values have in common: types count (1 is not 1.0), NaN is NaN, places do not count."""
    if isinstance(value, dict):
        return {key: _plain(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [_plain(inner) for inner in value]
    if isinstance(value, Reference):
        return value.source, value.name
    return value if isinstance(value, str) else (type(value), repr(value))
