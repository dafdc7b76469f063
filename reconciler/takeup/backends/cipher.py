"""AES-256-GCM, and the sentences about keys. The only module that knows `cryptography`, and imports it when needed.

What is sealed is bound to its label: the purpose, the lineage, the serial, the position and the ID of the key are
authenticated with it, so nothing can be passed off as something else.
"""

import base64
import json
from dataclasses import dataclass
from secrets import token_bytes
from typing import Any

from takeup.core.keyring import Keyring, StateKey
from takeup.errors import StateError, StateKeyError

ALGORITHM = "AES-256-GCM"
_NONCE = 12
_TAG = 16
_LONGEST_ID = 32


@dataclass(frozen=True, slots=True)
class Label:
    """What a sealed content is. `position` is the place of a journal's line, and 0 elsewhere."""

    purpose: str  # state, journal, plan
    lineage: str
    serial: int
    position: int = 0

    def bound(self, key_id: str) -> bytes:
        """What is authenticated beside the content; it must never change."""
        values = ["takeup", 1, ALGORITHM, key_id, self.purpose, self.lineage, self.serial, self.position]
        return json.dumps(values, separators=(",", ":")).encode()


@dataclass(frozen=True, slots=True)
class Sealed:
    """A content that only its key opens: the key's ID, the nonce, and the ciphertext with its tag, in base64."""

    key: str
    nonce: str
    text: str


def seal(key: StateKey, label: Label, content: bytes) -> Sealed:
    """Encrypt. The nonce is random: one key may seal 2^32 contents."""
    nonce = token_bytes(_NONCE)
    text = _aead(key).encrypt(nonce, content, label.bound(key.id))
    return Sealed(key.id, _text(nonce), _text(text))


def unseal(keys: Keyring | None, label: Label, sealed: Sealed, source: str) -> bytes:
    """Decrypt.

    Args:
        keys: those that are configured.
        label: what the content must be.
        sealed: what is there.
        source: where, for people.

    Raises:
        StateKeyError: there is no such key.
        StateError: the content is not what was sealed under this label.
    """
    if keys is None:
        raise StateKeyError(
            f"{source} is encrypted with the key {_shown(sealed.key)}, and no key is configured. Nothing was changed.",
            hint="Write spec.state.encryption into the project file: encryption: {key: {fromEnv: TAKEUP_STATE_KEY}}.",
        )
    key = keys.find(sealed.key)
    if key is None:
        raise StateKeyError(
            f"{source} is encrypted with the key {_shown(sealed.key)}, and that is none of those configured: {keys}."
            " Nothing was changed.",
            hint="Give that key as key, or in previousKeys, of spec.state.encryption. Keys are named by their IDs.",
        )
    try:
        return _opened(key, _bytes(sealed.nonce), _bytes(sealed.text), label.bound(key.id))
    except ValueError:
        # not chained: the error's frames hold the key
        raise StateError(
            f"{source} does not fit its seal: it was changed after it was written, or is the content of another state,"
            " serial or place. Nothing was changed.",
            hint="Restore it from a copy or from its earlier versions, and find out who can write there.",
        ) from None


def demand_cipher() -> None:
    """Make sure that there is a cipher.

    Raises:
        StateError: it is not installed.
    """
    try:
        import cryptography.hazmat.primitives.ciphers.aead  # noqa: F401, PLC0415 - an extra, and slow
    except ImportError as error:
        raise StateError(
            "spec.state.encryption needs the package cryptography, which is not installed. Nothing was changed.",
            hint="Install it: pip install 'takeup[encryption]'",
        ) from error


def _opened(key: StateKey, nonce: bytes, text: bytes, bound: bytes) -> bytes:
    cipher = _aead(key)
    if len(nonce) != _NONCE or len(text) < _TAG:
        raise ValueError("it is too short")
    from cryptography.exceptions import InvalidTag  # noqa: PLC0415 - an extra, and slow

    try:
        return bytes(cipher.decrypt(nonce, text, bound))
    except InvalidTag:
        raise ValueError("it does not fit its tag") from None


def _aead(key: StateKey) -> Any:  # noqa: ANN401 - of an extra
    demand_cipher()
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM  # noqa: PLC0415 - an extra, and slow

    return AESGCM(key.reveal())


def _shown(key_id: str) -> str:
    """An ID that came from outside."""
    return key_id if key_id.isalnum() and len(key_id) <= _LONGEST_ID else repr(key_id[:_LONGEST_ID])


def _text(data: bytes) -> str:
    return base64.b64encode(data).decode()


def _bytes(text: str) -> bytes:
    """Strict base64: what was decoded must be written in the same way again.

    Raises:
        ValueError: it is not.
    """
    data = base64.b64decode(text, validate=True)
    if _text(data) != text:
        raise ValueError("it is not written as base64 is")
    return data
