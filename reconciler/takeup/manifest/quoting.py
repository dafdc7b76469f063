"""How a text is written: plain where no reader can take it for anything else, and else in double quotes."""

import re

from takeup.manifest.scalars import resolve

# What YAML 1.1 reads as true, false or null, though YAML 1.2 reads a text; many tools still read YAML 1.1.
_WORDS = frozenset(["y", "n", "yes", "no", "on", "off", "true", "false", "null"])
_LIKE_A_NUMBER = re.compile(
    r"[-+]?\.?[0-9][0-9_.,:/+-]*(?:[eE][-+0-9_]*)?"  # 10001, 1_000, 1.5e3, 12:30, 8-12, 206/65
    r"|[-+]?0[xXoObB][0-9a-fA-F_]*"
    r"|[0-9]{4}-[0-9]{1,2}-[0-9]{1,2}.*"  # a day, or a time of a day
)
# Letters of any script, digits, and signs that mean nothing in YAML; `.` and `/` begin paths.
_BEGIN = re.compile(r"[^\W]|[$(]|/|\.{0,2}/|\.[^\W\d]")
_NOT_IN_FLOW = re.compile(r"[,\[\]{}:?]")
_ESCAPES = {'"': '\\"', "\\": "\\\\", "\n": "\\n", "\t": "\\t", "\r": "\\r"}


def written(text: str, *, flow: bool) -> str:
    """Write a string on one line; `flow`: between brackets, where less can stand without quotes.

    >>> written("s3", flow=True), written("10001", flow=True), written("a: b", flow=False)
    ('s3', '"10001"', '"a: b"')
    """
    return text if _can_be_plain(text, flow=flow) else double_quoted(text)


def _can_be_plain(text: str, *, flow: bool) -> bool:
    if not _BEGIN.match(text) or not text.isprintable() or text[-1] in " :" or ": " in text or " #" in text:
        return False
    if flow and _NOT_IN_FLOW.search(text):
        return False
    if "*" in text:
        return False  # a pattern: at its beginning the star would be an alias, and one pattern is written as the next
    if text.lower() in _WORDS or _LIKE_A_NUMBER.fullmatch(text):
        return False
    return isinstance(resolve(text), str)


def double_quoted(text: str) -> str:
    """Write a string in double quotes, with every character escaped that cannot be seen."""
    if text.isprintable() and '"' not in text and "\\" not in text:
        return f'"{text}"'
    return f'"{"".join(map(_escaped, text))}"'


def _escaped(character: str) -> str:
    if character in _ESCAPES:
        return _ESCAPES[character]
    if character.isprintable():
        return character
    code = ord(character)
    return f"\\x{code:02x}" if code <= 0xFF else f"\\u{code:04x}" if code <= 0xFFFF else f"\\U{code:08x}"  # noqa: PLR2004  the widths of YAML's escapes
