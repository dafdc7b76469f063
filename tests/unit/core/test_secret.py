"""A secret that cannot be read by accident."""

import json
import pickle

import pytest

from takeup.core.secret import Secret

CANARY = "canary-41ab"


@pytest.mark.parametrize("show", [repr, str, "{}".format, "{!r}".format], ids=["repr", "str", "format", "format !r"])
def test_no_text_form_shows_it(show: object) -> None:
    """Whatever turns a secret into text gets a placeholder."""
    assert callable(show)
    assert show(Secret(CANARY)) == "(sensitive)"
    assert CANARY not in repr({"a": [Secret(CANARY)]})


def test_it_cannot_be_pickled_or_written_as_json() -> None:
    """Both ways out of a process are closed."""
    with pytest.raises(TypeError):
        pickle.dumps(Secret(CANARY))
    with pytest.raises(TypeError):
        json.dumps(Secret(CANARY))


def test_it_is_revealed_on_purpose_only() -> None:
    """`reveal` gives it; one that was never read says so."""
    assert Secret(CANARY).reveal() == CANARY
    assert not Secret(None).resolved
    with pytest.raises(ValueError, match="not been read"):
        Secret(None).reveal()


def test_equality_is_by_value_and_the_hash_tells_nothing() -> None:
    """Equal secrets are equal; the hash of two different ones is the same."""
    assert Secret("a") == Secret("a")
    assert Secret("a") != Secret("b")
    assert Secret("a") != "a"
    assert hash(Secret("a")) == hash(Secret("b"))
