"""The keys that a state is encrypted with, as values that nobody can read by accident. Pure: no cipher is here."""

import base64
import hashlib
import hmac
import re
from dataclasses import dataclass
from typing import NoReturn

KEY_BYTES = 32
_HEX = re.compile(r"[0-9A-Fa-f]{64}")
_ID_OF = b"takeup key id 1"


class StateKey:
    """32 random bytes. Its `repr` is its ID, and it cannot be pickled.

    The ID is half of an HMAC under the key itself: it names the key in every envelope and every error, and tells
    nothing of it.
    """

    __slots__ = ("_secret", "id")

    def __init__(self, secret: bytes) -> None:
        if len(secret) != KEY_BYTES:
            raise ValueError(f"a key has {KEY_BYTES} bytes")
        self._secret = secret
        self.id = hmac.new(secret, _ID_OF, hashlib.sha256).hexdigest()[:16]

    def reveal(self) -> bytes:
        """The key itself, for the cipher alone."""
        return self._secret

    def __eq__(self, other: object) -> bool:
        return isinstance(other, StateKey) and hmac.compare_digest(self._secret, other._secret)

    def __hash__(self) -> int:
        return hash(self.id)

    def __repr__(self) -> str:
        return f"StateKey({self.id})"

    def __reduce__(self) -> NoReturn:
        raise TypeError("a key is never pickled")


@dataclass(frozen=True, slots=True)
class Keyring:
    """What a project encrypts its state with.

    Args:
        key: everything is written with it.
        previous: what was written with these is still read.
        allow_plaintext: whether what is not encrypted is read too, while encryption is being switched on.
    """

    key: StateKey
    previous: tuple[StateKey, ...] = ()
    allow_plaintext: bool = False

    def find(self, key_id: str) -> StateKey | None:
        """The key of an ID, if it is one of these."""
        return next((key for key in (self.key, *self.previous) if key.id == key_id), None)

    def __str__(self) -> str:
        names = [f"{self.key.id} (key)"]
        names += [f"{key.id} (previousKeys[{index}])" for index, key in enumerate(self.previous)]
        return ", ".join(names)


def read_key(text: str) -> StateKey:
    """A key as people keep it: 32 bytes in base64, or in hexadecimal.

    Raises:
        ValueError: it is none; the sentence holds nothing of what was given.
    """
    given = text.strip()
    if _HEX.fullmatch(given):
        return StateKey(bytes.fromhex(given))
    try:
        found = base64.b64decode(given.replace("-", "+").replace("_", "/"), validate=True)
    except ValueError:
        # not chained: its frames hold the text
        raise ValueError("is neither base64 nor 64 hexadecimal digits; a password is no key") from None
    if len(found) != KEY_BYTES:
        raise ValueError(f"holds {len(found)} bytes, not {KEY_BYTES}")
    return StateKey(found)
