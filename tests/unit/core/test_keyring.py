"""Keys as people keep them."""

import base64

import pytest

from takeup.core.keyring import Keyring, StateKey, read_key

RAW = bytes(range(200, 232))


@pytest.mark.parametrize(
    "text",
    [
        pytest.param(base64.b64encode(RAW).decode(), id="base64"),
        pytest.param(base64.b64encode(RAW).decode() + "\n", id="base64 with a line end"),
        pytest.param(base64.urlsafe_b64encode(RAW).decode(), id="base64 for addresses"),
        pytest.param(RAW.hex(), id="hexadecimal"),
        pytest.param(RAW.hex().upper(), id="hexadecimal in capitals"),
    ],
)
def test_a_key_is_read(text: str) -> None:
    """32 bytes in base64 or hexadecimal are a key, however a tool has written them."""
    assert read_key(text) == StateKey(RAW)


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        pytest.param("correct horse battery staple", "a password is no key", id="a password"),
        pytest.param("", "holds 0 bytes", id="nothing"),
        pytest.param(base64.b64encode(RAW[:16]).decode(), "holds 16 bytes, not 32", id="a key of 128 bits"),
        pytest.param(base64.b64encode(RAW + RAW).decode(), "holds 64 bytes, not 32", id="a key of 512 bits"),
        pytest.param(RAW.hex()[:-1], "neither base64", id="hexadecimal that is cut"),
        pytest.param("ключ", "neither base64", id="another script"),
    ],
)
def test_what_is_no_key(text: str, problem: str) -> None:
    """It is refused, and the sentence holds nothing of it."""
    with pytest.raises(ValueError, match=problem) as caught:
        read_key(text)
    assert not text or text not in str(caught.value)
    assert caught.value.__cause__ is None


def test_a_key_has_the_length_of_aes_256() -> None:
    """No other length can be made."""
    with pytest.raises(ValueError, match="32 bytes"):
        StateKey(b"short")


def test_an_id_names_a_key_and_tells_nothing_of_it() -> None:
    """The ID is always the same for a key, differs between keys, and is no part of it."""
    key = StateKey(RAW)
    assert key.id == StateKey(RAW).id == "27c9625d362c8c83"
    assert key.id != StateKey(RAW[::-1]).id
    assert key.id not in RAW.hex()


def test_a_keyring_finds_by_id() -> None:
    """The key and the previous ones are found, and no other."""
    key, previous, other = (StateKey(bytes([number]) * 32) for number in range(3))
    ring = Keyring(key, (previous,))
    assert (ring.find(key.id), ring.find(previous.id), ring.find(other.id)) == (key, previous, None)
