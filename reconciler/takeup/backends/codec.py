"""States and journals as the bytes that a backend keeps: as they are, or sealed. The one seam between the two.

A sealed state keeps `version`, `serial` and `lineage` readable at its top, as servers and people need them, and a
sealed line of a journal its checksum: whether a line is torn can be told without the key.
"""

import json
from dataclasses import dataclass
from typing import Any

from takeup.backends.cipher import ALGORITHM, Label, Sealed, seal, unseal
from takeup.backends.fold import JournalContent
from takeup.backends.format import (
    Counts,
    checksum,
    decode_journal,
    decode_snapshot,
    encode_entry,
    encode_snapshot,
)
from takeup.backends.record import Record, damage, parse, refuse
from takeup.core.keyring import Keyring
from takeup.core.snapshot import JournalEntry, Snapshot
from takeup.errors import StateKeyError

SEALED_VERSION = 2
"""The version of an envelope. Plain states have the version of their own format; see `format.py`."""
_MARK = b'"sealed": '
_MARK_AT = len('{"crc": "00000000", ')
_RESTORE = "Restore it from a copy or from version control, and find out who can write there."
_SWITCH = (
    "If you are switching encryption on: write allowPlaintext: true into spec.state.encryption, run takeup state rekey,"
    " and remove it again. If not, somebody has replaced it: restore it from its earlier versions."
)


@dataclass(frozen=True, slots=True)
class Codec:
    """How a backend writes and reads; the same value for all backends of a project. Without keys nothing is sealed."""

    keys: Keyring | None = None

    def encode(self, snapshot: Snapshot) -> bytes:
        """A state as bytes."""
        data = encode_snapshot(snapshot)
        return data if self.keys is None else _envelope(self.keys, snapshot, data)

    def decode(self, data: bytes, source: str) -> Snapshot:
        """Read a state.

        Raises:
            StateError: it is none, its key is not there, or it is not sealed and must be.
        """
        if not is_sealed(data):
            if self.keys is not None and not self.keys.allow_plaintext:
                decode_snapshot(data, source)  # what is damaged is damaged, whoever may read it
                raise _not_sealed(source)
            return decode_snapshot(data, source)
        label, sealed = _opened_envelope(data, source)
        snapshot = decode_snapshot(unseal(self.keys, label, sealed, source), source)
        if (snapshot.lineage, snapshot.serial) != (label.lineage, label.serial):
            refuse(source, "holds another state than its envelope says", _RESTORE)
        return snapshot

    def past(self, data: bytes | None, source: str, serial: int) -> Snapshot | None:
        """Read an earlier state; None if it is not kept.

        Raises:
            StateError: as `decode`; or it has another serial than its name.
        """
        found = None if data is None else self.decode(data, source)
        if found is not None and found.serial != serial:
            refuse(source, f"holds serial {found.serial}, not {serial} as its name says", _RESTORE)
        return found

    def entry(self, lineage: str, serial: int, position: int, entry: JournalEntry) -> bytes:
        """An entry as one line, the `position`-th on top of this state.

        Raises:
            ValueError: as `encode_entry`.
        """
        return self.line(lineage, serial, position, encode_entry(lineage, serial, entry))

    def line(self, lineage: str, serial: int, position: int, line: bytes) -> bytes:
        """A line of `encode_entry` as it is kept."""
        if self.keys is None:
            return line
        sealed = seal(self.keys.key, Label("journal", lineage, serial, position), line)
        document = {
            "sealed": SEALED_VERSION,
            "lineage": lineage,
            "serial": serial,
            "key": sealed.key,
            "nonce": sealed.nonce,
            "ciphertext": sealed.text,
        }
        content = json.dumps(document).encode()[1:]
        return f'{{"crc": "{checksum(content)}", '.encode() + content + b"\n"

    def journal(self, data: bytes, source: str, counts: Counts | None = None) -> JournalContent:
        """Read a journal, or a part of one.

        Args:
            data: the part.
            source: where, for people.
            counts: how many lines there were on top of each state in the parts before; it is gone on with.

        Raises:
            StateError: as `decode_journal`; or a line does not open, or is not sealed and must be.
        """
        return decode_journal(data, source, self._opened_line, counts)

    def resealed(self, data: bytes, source: str) -> bytes | None:
        """A state under the key of today, with its own serial; None if it is that already.

        Raises:
            StateError: it cannot be read.
        """
        if self.keys is None:
            return None
        if is_sealed(data) and _opened_envelope(data, source)[1].key == self.keys.key.id:
            return None
        return self.encode(self.decode(data, source))

    def _opened_line(self, line: bytes, source: str, counts: Counts) -> bytes:
        """A line of a journal as `encode_entry` writes it."""
        if not line.startswith(_MARK, _MARK_AT):
            if self.keys is not None and not self.keys.allow_plaintext:
                raise _not_sealed(source)
            return line
        record = Record(parse(line, source, "journal entry"), "the line", source)
        record.text("crc")
        _check_version(record.integer("sealed"), source)
        lineage, serial = record.text("lineage"), record.serial()
        sealed = Sealed(record.text("key"), record.text("nonce"), record.text("ciphertext"))
        record.done()
        label = Label("journal", lineage, serial, counts[lineage, serial])
        return unseal(self.keys, label, sealed, source).removesuffix(b"\n")


PLAIN = Codec()


def _not_sealed(source: str) -> StateKeyError:
    return StateKeyError(
        f"{source} is not encrypted, and spec.state.encryption demands that it is. Nothing was changed.", hint=_SWITCH
    )


def is_sealed(data: bytes) -> bool:
    """Whether it says of itself that it is; what cannot be read is for the reader of plain states to refuse."""
    if b'"encryption"' not in data:  # a large plain state is parsed once
        return False
    try:
        document: Any = json.loads(data)
    except (ValueError, RecursionError):
        return False
    return isinstance(document, dict) and "encryption" in document


def _envelope(keys: Keyring, snapshot: Snapshot, data: bytes) -> bytes:
    sealed = seal(keys.key, Label("state", snapshot.lineage, snapshot.serial), data)
    document = {
        "version": SEALED_VERSION,
        "serial": snapshot.serial,
        "lineage": snapshot.lineage,
        "encryption": {"algorithm": ALGORITHM, "key": sealed.key, "nonce": sealed.nonce},
        "ciphertext": sealed.text,
    }
    return json.dumps(document, separators=(",", ":")).encode() + b"\n"


def _opened_envelope(data: bytes, source: str) -> tuple[Label, Sealed]:
    record = Record(parse(data, source, "state"), "the envelope", source)
    _check_version(record.integer("version"), source)
    label = Label("state", record.text("lineage"), record.serial())
    how = Record(record.mapping("encryption"), "encryption", source)
    algorithm = how.text("algorithm")
    if algorithm != ALGORITHM:
        refuse(source, f"is encrypted with {algorithm[:40]!r}, which this takeup does not know", "Upgrade takeup.")
    sealed = Sealed(how.text("key"), how.text("nonce"), record.text("ciphertext"))
    how.done()
    record.done()
    return label, sealed


def _check_version(version: int, source: str) -> None:
    if version > SEALED_VERSION:
        refuse(source, f"has envelope version {version}: it was written by a newer takeup", "Upgrade takeup.")
    if version < SEALED_VERSION:
        raise damage(source, f"has envelope version {version}, which no takeup has written", _RESTORE)
