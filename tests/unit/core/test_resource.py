"""Fingerprints: how a spec is kept without its secrets."""

import json

from tests.recordings import KEY, resource

from takeup.core.resource import Fingerprints
from takeup.core.secret import Secret

CANARY = "canary-77c0"


def test_no_secret_is_left_at_any_depth() -> None:
    """Secrets in objects, and in objects inside lists, become fingerprints; the rest stays as it is."""
    spec = {
        "token": Secret(CANARY),
        "a": {"b": Secret(CANARY), "n": 1, "f": 0.5, "t": True},
        "outputs": [{"rtmpUrl": Secret(CANARY)}],
        "uids": ["1", "2"],
    }
    applied = Fingerprints(KEY).applied(spec)
    text = json.dumps(applied)
    assert CANARY not in text
    assert text.count("hmac-sha256:") == 3
    assert applied["a"]["n"] == 1
    assert applied["uids"] == ["1", "2"]


def test_a_fingerprint_depends_on_key_path_and_value() -> None:
    """The same secret in another place, or under another key, has another fingerprint."""
    one = Fingerprints(KEY).applied({"a": Secret("x"), "b": Secret("x")})
    assert one["a"] != one["b"]
    assert Fingerprints(KEY).applied({"a": Secret("x")})["a"] == one["a"]
    assert Fingerprints(KEY).applied({"a": Secret("y")})["a"] != one["a"]
    assert Fingerprints(b"other").applied({"a": Secret("x")})["a"] != one["a"]


def test_the_key_and_the_secrets_are_not_in_the_repr() -> None:
    """Showing the fingerprints in a traceback tells nothing."""
    prints = Fingerprints(b"canary-key")
    prints.applied({"token": Secret(CANARY)})
    assert "canary" not in repr(prints)


def test_a_resource_knows_its_triple() -> None:
    """Cname and uid come from the spec."""
    assert (resource("hall").cname, resource("hall").uid) == ("hall", "10001")
