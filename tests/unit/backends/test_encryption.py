"""What is sealed is opened by its key, in its place, and as it was; or not at all."""

import base64
import json
import pickle
import re
import subprocess
import sys
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.unit.backends.samples import FULL, HALL, NOON, PAGE, entry, lock, session, snapshot

from takeup.backends import cipher
from takeup.backends.cipher import Label, Sealed, demand_cipher, seal, unseal
from takeup.backends.codec import PLAIN, Codec
from takeup.backends.format import checksum, decode_journal
from takeup.backends.fsck import examine
from takeup.backends.http_words import tag_of
from takeup.backends.local import LocalBackend
from takeup.backends.memory import MemoryBackend
from takeup.backends.objects import ObjectBackend
from takeup.backends.plan_seal import is_sealed_plan, open_plan, seal_plan
from takeup.backends.served import ServedState
from takeup.backends.store import MemoryStore
from takeup.core.keyring import Keyring, StateKey
from takeup.errors import PlanFileError, StateError, StateKeyError

GOLDEN = Path(__file__).parent / "golden"
KEY = StateKey(bytes(range(32)))  # the golden files are sealed with it, for ever
OTHER = StateKey(b"canary-key-that-nobody-may-see-1")
CODEC = Codec(Keyring(KEY))
ROTATED = Codec(Keyring(OTHER, (KEY,)))
STATE = CODEC.encode(FULL)
JOURNAL = [CODEC.entry("line", 1, at, entry(PAGE, sid=f"sid-{at}")) for at in range(3)]

# McGrew and Viega, "The Galois/Counter Mode of Operation (GCM)", appendix B, AES-256 with additional data
GCM_KEY = bytes.fromhex("feffe9928665731c6d6a8f9467308308" * 2)
GCM_NONCE = bytes.fromhex("cafebabefacedbaddecaf888")
GCM_TEXT = bytes.fromhex(
    "d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a721c3c0c95956809532fcf0e2449a6b525b16aedf5aa0de657ba637b39"
)
GCM_AAD = bytes.fromhex("feedfacedeadbeeffeedfacedeadbeefabaddad2")
GCM_SEALED = bytes.fromhex(
    "522dc1f099567d07f47f37a32a84427d643a8cdcbfe5c0c97598a2bd2555d1aa8cb08e48590dbb3da7b08b1056828838c5f61e6393ba7a0abcc9f662"
    "76fc6ece0f4e1768cddf8853bb2d551b"
)


def with_header(data: bytes, **changes: Any) -> bytes:  # noqa: ANN401 -- any JSON
    return json.dumps(json.loads(data) | changes).encode()


def with_how(data: bytes, **changes: Any) -> bytes:  # noqa: ANN401 -- any JSON
    return with_header(data, encryption=json.loads(data)["encryption"] | changes)


def relined(line: bytes, **changes: Any) -> bytes:  # noqa: ANN401 -- any JSON
    """A line that was changed by somebody who reckons its checksum anew."""
    document = json.loads(line) | changes
    del document["crc"]
    content = json.dumps(document).encode()[1:]
    return f'{{"crc": "{checksum(content)}", '.encode() + content + b"\n"


def test_the_cipher_is_the_published_one() -> None:
    """Key, nonce, content and additional data of a published test vector give its ciphertext and tag, and back."""
    aead = cipher._aead(StateKey(GCM_KEY))
    assert aead.encrypt(GCM_NONCE, GCM_TEXT, GCM_AAD) == GCM_SEALED
    assert aead.decrypt(GCM_NONCE, GCM_SEALED, GCM_AAD) == GCM_TEXT


def test_an_envelope_can_be_opened_without_takeup() -> None:
    """Ten lines with any AES-256-GCM open a state: the format page says what is authenticated, and that is it."""
    document = json.loads(STATE)
    how = document["encryption"]
    bound = f'["takeup",1,"AES-256-GCM","{how["key"]}","state","line",7,0]'.encode()
    nonce, text = base64.b64decode(how["nonce"]), base64.b64decode(document["ciphertext"])
    plain = AESGCM(bytes(range(32))).decrypt(nonce, text, bound)
    assert PLAIN.decode(plain, "plain") == FULL


def test_the_script_on_the_format_page_opens_a_state(tmp_path: Path) -> None:
    """What the reference says of an envelope is run as it stands there."""
    page = (Path(__file__).parents[3] / "docs/reference/formats.md").read_text("utf-8")
    (script,) = re.findall(r"```python\n(.*?AESGCM.*?)```", page, re.DOTALL)
    (tmp_path / "state.json").write_bytes(STATE)
    (tmp_path / "key").write_bytes(base64.b64encode(KEY.reveal()) + b"\n")
    command = [sys.executable, "-c", script, "state.json", "key"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, check=True)  # noqa: S603 - our own page
    assert PLAIN.decode(done.stdout, "printed") == FULL


def test_the_golden_files_are_read_for_ever() -> None:
    """A sealed state and a sealed journal of envelope version 2 are read to the same sessions by every later takeup."""
    assert CODEC.decode((GOLDEN / "sealed-state-v2.json").read_bytes(), "golden") == FULL
    plain = decode_journal((GOLDEN / "journal-v1.jsonl").read_bytes(), "plain")
    sealed = CODEC.journal((GOLDEN / "sealed-journal-v2.jsonl").read_bytes(), "golden")
    assert (sealed.lines, sealed.torn) == (plain.lines, False)


def test_what_can_be_read_without_the_key() -> None:
    """Version, serial and lineage stand at the top, as state servers want them; no name and no session can be seen."""
    assert list(json.loads(STATE)) == ["version", "serial", "lineage", "encryption", "ciphertext"]
    for data in (STATE, *JOURNAL):
        for hidden in (b"all-hands", b"board", b"resource", b"sid-", b"0102"):
            assert hidden not in data


def test_no_two_envelopes_are_the_same() -> None:
    """The nonce is new each time, so that equal states cannot be recognised."""
    assert len({CODEC.encode(FULL) for _ in range(50)}) == 50


def test_any_changed_byte_of_a_state_is_refused() -> None:
    """Whichever byte of the file has another low bit, it is refused; not one position is read."""
    for at in range(len(STATE)):
        harmed = STATE[:at] + bytes([STATE[at] ^ 1]) + STATE[at + 1 :]
        with pytest.raises(StateError):
            CODEC.decode(harmed, "state")


@settings(deadline=None, max_examples=300)
@given(st.data())
def test_any_other_byte_in_a_state_is_refused(data: st.DataObject) -> None:
    """Any byte replaced by any other is refused, but for white space in place of the last line end."""
    at = data.draw(st.integers(0, len(STATE) - 1))
    byte = data.draw(st.integers(0, 255).filter(lambda value: value != STATE[at]))
    harmed = STATE[:at] + bytes([byte]) + STATE[at + 1 :]
    if at == len(STATE) - 1 and byte in b" \t\r":
        assert CODEC.decode(harmed, "state") == FULL
    else:
        with pytest.raises(StateError):
            CODEC.decode(harmed, "state")


@pytest.mark.parametrize("mended", [False, True], ids=["as it is", "with its checksum reckoned anew"])
def test_any_changed_byte_of_a_journal_is_refused(*, mended: bool) -> None:
    """A line of which one byte is another is refused, or cut as torn where it is the last; it never counts."""
    first, second = JOURNAL[:2]
    for at in range(20, len(second) - 1):
        harmed = second[:at] + bytes([second[at] ^ 1]) + second[at + 1 :]
        if mended:
            harmed = f'{{"crc": "{checksum(harmed[20:-1])}", '.encode() + harmed[20:]
        try:
            content = CODEC.journal(first + harmed, "journal")
        except StateError:
            continue
        assert not mended
        assert (len(content.lines), content.torn) == (1, True)


@pytest.mark.parametrize(
    "order",
    [
        pytest.param([1, 0, 2], id="two lines change places"),
        pytest.param([0, 2], id="a line in the middle is taken out"),
        pytest.param([1, 2], id="the first line is taken out"),
        pytest.param([0, 0, 1], id="a line is repeated"),
        pytest.param([0, 1, 2, 0], id="an old line is added at the end"),
    ],
)
def test_lines_keep_their_places(order: list[int]) -> None:
    """A line counts in its own place of its own journal, and nowhere else."""
    assert len(CODEC.journal(b"".join(JOURNAL), "journal").lines) == 3
    with pytest.raises(StateError, match="does not fit its seal"):
        CODEC.journal(b"".join(JOURNAL[at] for at in order), "journal")


def test_places_go_on_over_parts() -> None:
    """A journal that is kept in parts counts through all of them."""
    counts: Counter[tuple[str, int]] = Counter()
    for line in JOURNAL:
        assert len(CODEC.journal(line, "part", counts).lines) == 1
    with pytest.raises(StateError, match="does not fit its seal"):
        CODEC.journal(JOURNAL[1], "part")


@pytest.mark.parametrize(
    ("harmed", "problem"),
    [
        pytest.param(with_header(STATE, serial=8), "does not fit its seal", id="a newer serial"),
        pytest.param(with_header(STATE, serial=6), "does not fit its seal", id="an older serial"),
        pytest.param(with_header(STATE, lineage="other"), "does not fit its seal", id="another lineage"),
        pytest.param(with_header(STATE, version=3), "written by a newer takeup", id="a newer envelope"),
        pytest.param(with_header(STATE, version=1), "no takeup has written", id="an envelope of version 1"),
        pytest.param(with_header(STATE, takeup="0.1.0"), "does not know: takeup", id="a key more"),
        pytest.param(with_header(STATE, ciphertext=""), "does not fit its seal", id="no content"),
        pytest.param(with_header(STATE, ciphertext="AA=="), "does not fit its seal", id="hardly a content"),
        pytest.param(with_header(STATE, ciphertext="%"), "does not fit its seal", id="a content that is not base64"),
        pytest.param(with_header(STATE, encryption=1), "encryption is not an object", id="a number for an envelope"),
        pytest.param(with_how(STATE, nonce="AAAA"), "does not fit its seal", id="a short nonce"),
        pytest.param(with_how(STATE, algorithm="AES-256-SIV"), "which this takeup does not know", id="another cipher"),
        pytest.param(with_how(STATE, key=OTHER.id), "none of those configured", id="another key ID"),
        pytest.param(with_how(STATE, key="\x1b[31m" * 9), r"'\\x1b\[31m", id="a key ID with control characters"),
        pytest.param(with_how(STATE, salt=""), "does not know: salt", id="a key of the envelope more"),
        pytest.param(STATE[:-9], "truncated or not JSON", id="a file that is cut"),
    ],
)
def test_a_state_that_is_not_what_was_sealed(harmed: bytes, problem: str) -> None:
    """It is refused in a sentence that names the file, says that nothing was changed, and what to do."""
    with pytest.raises(StateError, match=problem) as caught:
        CODEC.decode(harmed, "state/default.json")
    assert caught.value.message.startswith("state/default.json")
    assert caught.value.message.endswith("Nothing was changed.")
    assert caught.value.hint


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        pytest.param({"serial": 2}, "does not fit its seal", id="another serial"),
        pytest.param({"lineage": "other"}, "does not fit its seal", id="another lineage"),
        pytest.param({"key": OTHER.id}, "none of those configured", id="another key"),
        pytest.param({"sealed": 3}, "written by a newer takeup", id="a newer envelope"),
        pytest.param({"more": 1}, "does not know: more", id="a key more"),
    ],
)
def test_a_line_that_is_not_what_was_sealed(changes: dict[str, Any], problem: str) -> None:
    """It is refused by its number, although its checksum fits, and although it is the last one."""
    with pytest.raises(StateError, match=problem) as caught:
        CODEC.journal(JOURNAL[0] + relined(JOURNAL[1], **changes), "journal")
    assert caught.value.message.startswith("journal, line 2,")


@pytest.mark.parametrize("purpose", ["journal", "plan"])
def test_purposes_are_kept_apart(purpose: str) -> None:
    """What was sealed as a state cannot be opened as anything else."""
    sealed = seal(KEY, Label("state", "line", 1), b"content")
    assert unseal(CODEC.keys, Label("state", "line", 1), sealed, "it") == b"content"
    with pytest.raises(StateError, match="does not fit its seal"):
        unseal(CODEC.keys, Label(purpose, "line", 1), sealed, "it")


def test_an_envelope_around_another_state_is_refused() -> None:
    """Even the holder of the key cannot give a state another serial on its envelope than inside."""
    outer = seal(KEY, Label("state", "line", 9), PLAIN.encode(FULL))
    data = with_how(with_header(STATE, serial=9, ciphertext=outer.text), nonce=outer.nonce)
    with pytest.raises(StateError, match="holds another state than its envelope says"):
        CODEC.decode(data, "state")


@pytest.mark.parametrize(
    ("codec", "needed"),
    [
        pytest.param(Codec(Keyring(OTHER)), f"{OTHER.id} (key).", id="another key"),
        pytest.param(Codec(Keyring(OTHER, (OTHER,))), f"{OTHER.id} (previousKeys[0]).", id="another previous key"),
        pytest.param(PLAIN, "no key is configured", id="no key"),
    ],
)
def test_a_wrong_key_says_so(codec: Codec, needed: str) -> None:
    """The sentence names the key that is needed and those that there are, by their IDs; no key is in it."""
    for read in (
        lambda: codec.decode(STATE, "the state"),
        lambda: codec.journal(JOURNAL[0], "the journal"),
        lambda: codec.resealed(STATE, "the state") or codec.decode(STATE, "the state"),
    ):
        with pytest.raises(StateKeyError) as caught:
            read()
        text = f"{caught.value.message} {caught.value.hint}"
        assert KEY.id in text
        assert needed in text
        assert "canary" not in text
        assert base64.b64encode(OTHER.reveal()).decode() not in text


def test_a_plain_state_is_refused_where_encryption_is_demanded() -> None:
    """Who replaces the state or a line of the journal by a readable one is told of; allowPlaintext takes it."""
    data, line = PLAIN.encode(FULL), PLAIN.entry("line", 1, 0, entry())
    for read in (lambda: CODEC.decode(data, "the state"), lambda: CODEC.journal(line, "the journal")):
        with pytest.raises(StateKeyError, match="is not encrypted") as caught:
            read()
        assert "allowPlaintext" in caught.value.hint
    with pytest.raises(StateError, match="truncated"):
        CODEC.decode(data[:-9], "the state")
    lenient = Codec(Keyring(KEY, allow_plaintext=True))
    assert lenient.decode(data, "the state") == FULL
    assert lenient.journal(line, "the journal") == PLAIN.journal(line, "the journal")
    assert b"all-hands" not in lenient.encode(FULL)


def test_an_attribute_called_encryption_makes_no_envelope() -> None:
    """A plain state that holds the word somewhere inside is read as the plain state that it is."""
    state = snapshot(sessions={HALL: session(applied={"encryption": {"key": "x"}})})
    assert PLAIN.decode(PLAIN.encode(state), "state") == state


def test_keys_are_rotated_without_downtime() -> None:
    """What the old key has sealed is read under the new one, and what is written needs the new one alone."""
    assert ROTATED.decode(STATE, "state") == FULL
    assert len(ROTATED.journal(b"".join(JOURNAL), "journal").lines) == 3
    only = Codec(Keyring(OTHER))
    assert only.decode(ROTATED.encode(FULL), "state") == FULL
    newer = ROTATED.resealed(STATE, "state")
    assert newer is not None
    assert only.decode(newer, "state") == FULL
    assert ROTATED.resealed(newer, "state") is None
    assert PLAIN.resealed(PLAIN.encode(FULL), "state") is None


def test_a_journal_goes_on_under_the_next_key(tmp_path: Path) -> None:
    """A run that ended early under the old key is folded by one with the new key; its journal may be gone on with."""
    path = tmp_path / "default.json"
    backend = LocalBackend(path, codec=CODEC)
    backend.write(snapshot(), previous_serial=None)
    backend.journal("line", 1).append(entry(PAGE))
    newer = LocalBackend(path, codec=ROTATED)
    newer.journal("line", 1).append(entry(HALL, gone=True))
    assert newer.read() == snapshot(serial=1, sessions={PAGE: session(PAGE)})
    newer.fold()
    assert LocalBackend(path, codec=Codec(Keyring(OTHER))).read() == snapshot(serial=2, sessions={PAGE: session(PAGE)})


def _local(folder: Path) -> tuple[Callable[[Codec], Any], Callable[[], list[bytes]]]:
    path = folder / "default.json"

    def kept() -> list[bytes]:
        return [file.read_bytes() for file in sorted(folder.rglob("*")) if file.is_file() and file.suffix != ".lock"]

    return lambda codec: LocalBackend(path, codec=codec), kept


def _objects(_: Path) -> tuple[Callable[[Codec], Any], Callable[[], list[bytes]]]:
    store = MemoryStore()

    def kept() -> list[bytes]:
        return [one.data for key, one in store.objects.items() if key not in {"campus.lock", "campus.proven"}]

    return lambda codec: ObjectBackend(store, "campus", codec=codec), kept


def _memory(_: Path) -> tuple[Callable[[Codec], Any], Callable[[], list[bytes]]]:
    backend = MemoryBackend()

    def kept() -> list[bytes]:
        return [backend.state or b"", *backend.kept.values()]

    def made(codec: Codec) -> MemoryBackend:
        backend._codec = codec
        return backend

    return made, kept


@pytest.mark.parametrize(
    "place",
    [
        pytest.param(_local, id="a local file"),
        pytest.param(_objects, id="a store of objects"),
        pytest.param(_memory, id="memory"),
    ],
)
@pytest.mark.parametrize(
    ("before", "after"),
    [
        pytest.param(CODEC, ROTATED, id="from key to key"),
        pytest.param(PLAIN, Codec(Keyring(OTHER, allow_plaintext=True)), id="from readable to encrypted"),
    ],
)
def test_everything_that_is_kept_is_sealed_anew(
    tmp_path: Path, place: Callable[[Path], Any], before: Codec, after: Codec
) -> None:
    """After a write and `reseal` the state and all earlier ones need the new key alone; a second time does nothing."""
    make, kept = place(tmp_path)
    backend = make(before)
    with backend.lock(lock()):
        for serial in (None, 1, 2):
            backend.write(snapshot(serial=serial or 0), previous_serial=serial)
        if place is not _memory:
            backend.rescue(snapshot(serial=3))
    backend = make(after)
    with backend.lock(lock()):
        backend.write(backend.read(), previous_serial=3)
        assert backend.reseal() >= 3
        assert backend.reseal() == 0
    for data in kept():
        assert json.loads(data)["encryption"]["key"] == OTHER.id
    backend = make(Codec(Keyring(OTHER)))
    assert [version.serial for version in backend.history()] == [3, 2, 1]
    for serial in (1, 2, 3):
        assert replace(backend.past(serial), fence=0) == snapshot(serial=serial)
    assert examine(backend) == ()


def test_an_earlier_state_keeps_its_number(tmp_path: Path) -> None:
    """An earlier state under the name of another serial is refused: it would be restored for what it is not."""
    backend = LocalBackend(tmp_path / "default.json", codec=CODEC)
    for serial in (None, 1, 2):
        backend.write(snapshot(serial=serial or 0), previous_serial=serial)
    folder = tmp_path / "default.json.history"
    (folder / "2.json").unlink()
    (folder / "2.json").write_bytes((folder / "1.json").read_bytes())
    with pytest.raises(StateError, match="holds serial 1, not 2"):
        backend.past(2)


def test_fsck_never_advises_to_remove_what_another_key_opens(tmp_path: Path) -> None:
    """Earlier states whose key is not configured may be whole: what is told is to give the key."""
    path = tmp_path / "default.json"
    backend = LocalBackend(path, codec=CODEC)
    backend.write(snapshot(), previous_serial=None)
    backend.write(snapshot(serial=1), previous_serial=1)
    flaws = examine(LocalBackend(path, codec=Codec(Keyring(OTHER))))
    assert len(flaws) == 2
    for flaw in flaws:
        assert KEY.id in flaw.problem
        assert "previousKeys" in flaw.advice
        assert "remove" not in flaw.advice
        assert not flaw.mended


def test_a_wrong_key_takes_no_lock_over() -> None:
    """Who cannot read the state leaves the lock of a run out of reach alone: its journal must be closed first."""
    time = [NOON]
    store = MemoryStore(now=lambda: time[0])
    asleep, wrong, right = (
        ObjectBackend(store, "campus", codec=one) for one in (CODEC, Codec(Keyring(OTHER)), ROTATED)
    )
    with asleep.lock(lock("alice")):
        asleep.write(snapshot(), previous_serial=None)
        journal = asleep.journal("line", 1)
        journal.append(entry(PAGE))
        time[0] += timedelta(hours=1)
        before = dict(store.objects)
        with pytest.raises(StateKeyError), wrong.lock(lock("bob")):
            pass
        assert store.objects == before
        with right.lock(lock("carol")), pytest.raises(StateError, match="closed by another run"):
            journal.append(entry(HALL))
    assert right.read() == snapshot(serial=2, fence=2, sessions={HALL: session(), PAGE: session(PAGE)})


def test_a_served_state_keeps_its_form_and_its_tag(tmp_path: Path) -> None:
    """A server folds what a local run has left into an encrypted state, under one tag; without the key it refuses."""
    path = tmp_path / "default.json"
    backend = LocalBackend(path, codec=CODEC)
    backend.write(snapshot(), previous_serial=None)
    served = ServedState(path, lambda: 0.0)
    assert served.get().body == path.read_bytes()
    backend.journal("line", 1).append(entry(PAGE))
    with pytest.raises(StateKeyError, match="no key is configured"):
        served.get()
    served = ServedState(path, lambda: 0.0, CODEC)
    first = served.get()
    assert first == served.get()
    assert first.tag == tag_of(first.body)
    assert CODEC.decode(first.body, "served") == backend.read()
    assert served.put(CODEC.encode(snapshot(serial=2)), "", first.tag, "").status == 200
    assert backend.read() == snapshot(serial=2)


def test_a_readable_state_is_served_by_a_server_with_a_key(tmp_path: Path) -> None:
    """The server's own key changes nothing in the states of others."""
    path = tmp_path / "default.json"
    backend = LocalBackend(path)
    backend.write(snapshot(), previous_serial=None)
    backend.journal("line", 1).append(entry(PAGE))
    assert PLAIN.decode(ServedState(path, lambda: 0.0, CODEC).get().body, "served") == backend.read()


def test_a_plan_is_sealed() -> None:
    """A plan file is opened with its key, and refused when it was changed, in sentences about plans."""
    data = seal_plan(Keyring(KEY), "line", 3, b"a plan")
    assert is_sealed_plan(data)
    assert b"a plan" not in data
    assert open_plan(ROTATED.keys, data, "p.plan") == b"a plan"
    for keys, problem in ((Keyring(OTHER), "none of those configured"), (None, "no key is configured")):
        with pytest.raises(PlanFileError, match=problem) as caught:
            open_plan(keys, data, "p.plan")
        assert "takeup plan --out" in caught.value.hint
    for at in range(len(data) - 1):
        with pytest.raises(PlanFileError):
            open_plan(CODEC.keys, data[:at] + bytes([data[at] ^ 1]) + data[at + 1 :], "p.plan")


def test_a_missing_extra_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without cryptography an encrypted state is refused in a sentence."""
    monkeypatch.setitem(sys.modules, "cryptography.hazmat.primitives.ciphers.aead", None)
    for use in (demand_cipher, lambda: CODEC.encode(FULL), lambda: CODEC.decode(STATE, "state")):
        with pytest.raises(StateError, match="needs the package cryptography") as caught:
            use()
        assert "takeup[encryption]" in caught.value.hint


def test_a_key_is_not_seen_by_accident() -> None:
    """No repr, no pickle and no failed opening holds a key."""
    ring = Keyring(OTHER, (KEY,))
    for text in (repr(ring), str(ring), repr(Codec(ring)), f"{OTHER}"):
        assert "canary" not in text
        assert OTHER.id in text
    with pytest.raises(TypeError, match="never pickled"):
        pickle.dumps(ring)
    with pytest.raises(StateError) as caught:
        unseal(ring, Label("state", "line", 1), Sealed(OTHER.id, "AAAA", "AAAA"), "it")
    assert caught.value.__cause__ is None
    assert replace(ring, key=KEY) != ring
