"""What is written as YAML is read back as the same."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from takeup.core.address import Address, Kind
from takeup.manifest.emit import manifest_text, scalar
from takeup.manifest.reader import read_text

HALL = Address(Kind.COMPOSITE, "hall")
_TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
_SINGLE = _TEXT | st.integers(-(10**20), 10**20) | st.floats(allow_nan=False) | st.booleans()
_KEYS = _TEXT.filter(lambda key: key not in {"fromEnv", "fromFile"})
_ANY = st.recursive(
    _SINGLE,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(_KEYS, inner, max_size=4),
    max_leaves=12,
)


@settings(max_examples=200, deadline=None)
@given(spec=st.dictionaries(_KEYS, _ANY, min_size=1, max_size=5))
def test_any_spec_is_read_back(spec: dict[str, Any]) -> None:
    """Texts that look like numbers, control characters, empty lists, deep mappings: nothing is changed."""
    (document,), problems = read_text(manifest_text(HALL, spec).encode(), name="made")
    assert problems == []
    assert document.value["spec"] == spec
    assert document.value["metadata"] == {"name": "hall"}


@pytest.mark.parametrize(
    ("value", "text"),
    [
        pytest.param("10001", '"10001"', id="digits are quoted"),
        pytest.param("017", '"017"', id="so are those with a zero before them"),
        pytest.param("true", '"true"', id="and words that mean something"),
        pytest.param("#allstream#", '"#allstream#"', id="and what would be a comment"),
        pytest.param("us-east-1", "us-east-1", id="a word is left alone"),
        pytest.param("https://example.org/a", "https://example.org/a", id="so is an address"),
        pytest.param('a"b\\', '"a\\"b\\\\"', id="quotes and backslashes are escaped"),
        pytest.param("\x07\u2028", '"\\u0007\\u2028"', id="and what no terminal shows"),
        pytest.param(True, "true", id="a truth"),
        pytest.param(None, "null", id="nothing"),
    ],
)
def test_single_values(value: object, text: str) -> None:
    """Quotes stand where they are needed."""
    assert scalar(value) == text


def test_an_address_is_quoted_inside_of_brackets() -> None:
    """The C parser takes no colon there."""
    assert scalar("https://example.org", flow=True) == '"https://example.org"'
