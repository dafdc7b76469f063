"""Plain YAML scalars to Python values, by the core schema of YAML 1.2.2 (section 10.3.2).

ruamel.yaml's own resolver is not used: it reads `1_000` as 1000, which the core schema calls a string.
"""

import re

FIRST_CHARACTERS = frozenset(["", *"~nNtTfF+-.0123456789"])
"""`text[:1]` of every text that can be anything but a string. Callers in a hurry test it before they call."""

_WORDS: dict[str, float | bool | None] = {
    **dict.fromkeys(["", "~", "null", "Null", "NULL"]),
    **dict.fromkeys(["true", "True", "TRUE"], True),
    **dict.fromkeys(["false", "False", "FALSE"], False),
    **{sign + word: float("inf") for sign in ("", "+") for word in (".inf", ".Inf", ".INF")},
    **{f"-{word}": float("-inf") for word in (".inf", ".Inf", ".INF")},
    **dict.fromkeys([".nan", ".NaN", ".NAN"], float("nan")),
}
_DECIMAL = re.compile(r"[-+]?[0-9]+")
_OCTAL = re.compile(r"0o[0-7]+")
_HEXADECIMAL = re.compile(r"0x[0-9a-fA-F]+")
_FLOAT = re.compile(r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?")

# Python refuses to turn more than 4300 digits (640, if so configured) into a number, and such a number, had
# it been given in base 16, back into text. Nothing needs a tenth of that: a longer text stays a text.
_LONGEST_NUMBER = 500


def resolve(text: str) -> str | int | float | bool | None:
    """Give the value of a plain (unquoted) scalar.

    >>> resolve("017"), resolve("1_000"), resolve("yes"), resolve("")
    (17, '1_000', 'yes', None)
    """
    if text[:1] not in FIRST_CHARACTERS:
        return text
    if text in _WORDS:
        return _WORDS[text]
    if text[0].isalpha() or len(text) > _LONGEST_NUMBER:
        return text
    return _number(text)


def _number(text: str) -> str | int | float:
    """Give the number that a short text stands for, or the text."""
    if _DECIMAL.fullmatch(text):
        return int(text)
    if _FLOAT.fullmatch(text):
        return float(text)
    if _OCTAL.fullmatch(text):
        return int(text, 8)
    if _HEXADECIMAL.fullmatch(text):
        return int(text, 16)
    return text


_TAGS: dict[str, tuple[type, ...]] = {
    "int": (int,),
    "float": (float, int),
    "bool": (bool,),
    "null": (type(None),),
}
SCALAR_TAGS = frozenset(["str", *_TAGS])
"""The tags of the core schema that a scalar can have, without their `!!`."""


def resolve_as(tag: str, text: str) -> str | int | float | bool | None:
    """Give the value of a scalar that has one of `SCALAR_TAGS`, quoted or not.

    Raises:
        ValueError: the text is no value of that type.
    """
    if tag == "str":
        return text
    value = resolve(text)
    if type(value) not in _TAGS[tag]:
        raise ValueError(f"not a value of !!{tag}")
    if tag == "float" and isinstance(value, int):
        try:
            return float(value)
        except OverflowError as error:
            raise ValueError("too large for !!float") from error
    return value
