"""Plain scalars, by the core schema of YAML 1.2."""

import math

import pytest

from takeup.manifest.scalars import FIRST_CHARACTERS, resolve, resolve_as

VALUES = {
    "nothing is null": ("", None),
    "a tilde is null": ("~", None),
    "null": ("null", None),
    "capitalised null": ("Null", None),
    "upper-case null": ("NULL", None),
    "oddly cased null is a string": ("nUll", "nUll"),
    "true": ("true", True),
    "upper-case true": ("TRUE", True),
    "capitalised false": ("False", False),
    "yes is a string": ("yes", "yes"),
    "on is a string": ("on", "on"),
    "n is a string": ("n", "n"),
    "zero": ("0", 0),
    "a leading zero is decimal": ("017", 17),
    "a signed whole number": ("-12", -12),
    "a plus sign": ("+12", 12),
    "octal": ("0o17", 15),
    "hexadecimal": ("0xFf", 255),
    "signed hexadecimal is a string": ("-0xff", "-0xff"),
    "binary is a string": ("0b11", "0b11"),
    "underscores make a string": ("1_000", "1_000"),
    "a number in base 60 is a string": ("1:30", "1:30"),
    "a date is a string": ("2024-01-02", "2024-01-02"),
    "digits of another script are a string": ("\u0661", "\u0661"),
    "a digit of another script within a number is a string": ("1\u0661", "1\u0661"),
    "a float": ("1.5", 1.5),
    "a float without a fraction": ("1.", 1.0),
    "a float without a whole part": ("-.5", -0.5),
    "an exponent": ("1e3", 1000.0),
    "a signed exponent": ("1.5E-1", 0.15),
    "infinity": (".inf", math.inf),
    "negative infinity": ("-.INF", -math.inf),
    "inf without its dot is a string": ("inf", "inf"),
    "a dot is a string": (".", "."),
    "a sign is a string": ("-", "-"),
    "a version is a string": ("1.2.3", "1.2.3"),
    "a number before a line feed is a string": ("1\n", "1\n"),
    "a word": ("hls", "hls"),
    "more digits than Python converts": ("9" * 5000, "9" * 5000),
    "more hexadecimal digits than Python prints": ("0x" + "f" * 5000, "0x" + "f" * 5000),
}


@pytest.mark.parametrize(("text", "value"), VALUES.values(), ids=VALUES.keys())
def test_a_plain_scalar_has_its_core_schema_value(text: str, value: object) -> None:
    """A plain scalar has the value, and the type, that the core schema gives it."""
    found = resolve(text)
    assert (found, type(found)) == (value, type(value))


def test_nan_is_a_float() -> None:
    """`.nan` is the float that is not a number."""
    found = resolve(".nan")
    assert isinstance(found, float)
    assert math.isnan(found)


@pytest.mark.parametrize(("text", "value"), VALUES.values(), ids=VALUES.keys())
def test_the_first_character_rules_values_out(text: str, value: object) -> None:
    """A text with none of the first characters is always a string, so callers need not resolve it."""
    assert text[:1] in FIRST_CHARACTERS or value == text


TAGGED = {
    "a string of digits": ("str", "12", "12"),
    "a whole number": ("int", "12", 12),
    "a whole number as a float": ("float", "12", 12.0),
    "a boolean": ("bool", "true", True),
    "null": ("null", "", None),
}


@pytest.mark.parametrize(("tag", "text", "value"), TAGGED.values(), ids=TAGGED.keys())
def test_a_tag_gives_the_type(tag: str, text: str, value: object) -> None:
    """A scalar with a core tag has a value of the tag's type."""
    found = resolve_as(tag, text)
    assert (found, type(found)) == (value, type(value))


MISFITS = {
    "a word is no int": ("int", "many"),
    "a float is no int": ("int", "1.5"),
    "a boolean is no int": ("int", "true"),
    "a number is no bool": ("bool", "1"),
    "a word is not null": ("null", "x"),
    "a whole number too large for a float": ("float", "9" * 400),
}


@pytest.mark.parametrize(("tag", "text"), MISFITS.values(), ids=MISFITS.keys())
def test_a_text_that_does_not_fit_its_tag_is_refused(tag: str, text: str) -> None:
    """A scalar whose text is no value of its tag's type raises ValueError."""
    with pytest.raises(ValueError, match="!!"):
        resolve_as(tag, text)
