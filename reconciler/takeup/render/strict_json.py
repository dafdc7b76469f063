"""JSON that strict readers take: UTF-8, without the lone halves of surrogate pairs that Python lets pass."""

import json
import re

_LONE = re.compile("[\ud800-\udfff]")


def one_line(document: object) -> str:
    """The document on a line of its own."""
    return _clean(json.dumps(document, ensure_ascii=False, separators=(",", ":")))


def indented(document: object) -> str:
    """The document on many lines."""
    return _clean(json.dumps(document, ensure_ascii=False, indent=2))


def _clean(text: str) -> str:
    return _LONE.sub("\ufffd", text) + "\n"
