"""Addresses, with and without the key of a member."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from takeup.core.address import Address, Kind
from takeup.core.selection import Selection

_KEYS = st.text(min_size=1)


@given(st.sampled_from(Kind), st.from_regex(r"[a-z0-9-]{1,9}", fullmatch=True), st.one_of(st.just(""), _KEYS))
def test_an_address_comes_back(kind: Kind, name: str, key: str) -> None:
    """Its text is read as the same address, whatever the key."""
    address = Address(kind, name, key)
    assert Address.parse(str(address)) == address


@pytest.mark.parametrize(
    "text",
    [
        "hall",
        "CompositeRecording.",
        "Recording.hall",
        'CompositeRecording.rooms["\\q"]',
        'CompositeRecording.r["\\u0061"]',
    ],
    ids=["no kind", "no name", "unknown kind", "no JSON", "escaped without need"],
)
def test_what_is_no_address_is_refused(text: str) -> None:
    """There is one way to write each address."""
    with pytest.raises(ValueError):  # noqa: PT011 - Kind and JSON raise it with words of their own
        Address.parse(text)


def test_a_sentence_may_begin_with_an_address() -> None:
    """Blanks in the key are part of it; a colon behind it is none."""
    room = Address(Kind.COMPOSITE, "rooms", 'room "1"')
    assert Address.leading(f"{room}: gone") == room
    assert Address.leading("CompositeRecording.hall: gone") == Address(Kind.COMPOSITE, "hall")
    assert Address.leading("The state is new.") is None


@pytest.mark.parametrize(
    ("pattern", "taken"),
    [
        pytest.param('CompositeRecording.rooms["a-101"]', True, id="the address itself"),
        pytest.param('CompositeRecording.rooms["a-*"]', True, id="a pattern of keys"),
        pytest.param("CompositeRecording.rooms[*]", True, id="all members"),
        pytest.param('CompositeRecording.rooms["b-*"]', False, id="other keys"),
        pytest.param("CompositeRecording.rooms", False, id="a recording of the same name"),
    ],
)
def test_patterns_match_members(pattern: str, taken: bool) -> None:  # noqa: FBT001 - a row of the table
    """Brackets in a pattern stand for themselves."""
    assert Selection(target=(pattern,)).takes(Address(Kind.COMPOSITE, "rooms", "a-101")) is taken
