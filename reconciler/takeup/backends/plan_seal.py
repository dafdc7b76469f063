"""Saved plans, sealed as states are: only the format, the lineage and the serial can be read without the key."""

import json

from takeup.backends.cipher import ALGORITHM, Label, Sealed, seal, unseal
from takeup.backends.record import Record, parse
from takeup.core.keyring import Keyring
from takeup.errors import PlanFileError, StateError

FORMAT = "takeup-sealed-plan-file/1"
BEGINNING = f'{{"format":"{FORMAT}",'.encode()
"""How every sealed plan begins."""
_ANEW = "Make it anew: takeup plan --out FILE"


def seal_plan(keys: Keyring, lineage: str, serial: int, content: bytes) -> bytes:
    """A plan file that only its key opens."""
    sealed = seal(keys.key, Label("plan", lineage, serial), content)
    document = {
        "format": FORMAT,
        "serial": serial,
        "lineage": lineage,
        "encryption": {"algorithm": ALGORITHM, "key": sealed.key, "nonce": sealed.nonce},
        "ciphertext": sealed.text,
    }
    return json.dumps(document, separators=(",", ":")).encode() + b"\n"


def is_sealed_plan(data: bytes) -> bool:
    """Whether a file says of itself that it is one."""
    return data.startswith(BEGINNING)


def open_plan(keys: Keyring | None, data: bytes, source: str) -> bytes:
    """The plan file that was sealed.

    Raises:
        PlanFileError: it is damaged, or its key is not there.
    """
    try:
        record = Record(parse(data, source, "sealed plan"), "the envelope", source)
        record.choice("format", (FORMAT,))
        label = Label("plan", record.text("lineage"), record.serial())
        how = Record(record.mapping("encryption"), "encryption", source)
        how.choice("algorithm", (ALGORITHM,))
        sealed = Sealed(how.text("key"), how.text("nonce"), record.text("ciphertext"))
        how.done()
        record.done()
    except StateError as error:
        raise PlanFileError(error.message, hint=_ANEW) from error
    try:
        return unseal(keys, label, sealed, source)
    except StateError as error:
        raise PlanFileError(
            error.message, hint=f"{error.hint} Or make the plan anew: takeup plan --out FILE"
        ) from error
