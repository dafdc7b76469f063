"""Every backend walks through this suite."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from tests.unit.backends.samples import FULL, HALL, PAGE, ended, entry, session, snapshot

from takeup.backends.format import encode_entry
from takeup.backends.local import LocalBackend
from takeup.backends.memory import MemoryBackend
from takeup.backends.port import Backend
from takeup.errors import StateError, StateLockedError


@dataclass(frozen=True)
class Place:
    """A backend, and ways to put foreign bytes where it keeps its own."""

    backend: Backend
    plant_state: Callable[[bytes], object]
    plant_journal: Callable[[bytes], object]


def local(folder: Path) -> Place:
    path = folder / "state" / "default.json"
    path.parent.mkdir()
    return Place(LocalBackend(path), path.write_bytes, path.with_name("default.json.journal").write_bytes)


def memory(_: Path) -> Place:
    backend = MemoryBackend()

    def plant_journal(data: bytes) -> None:
        backend.log[:] = data

    return Place(backend, lambda data: setattr(backend, "state", data), plant_journal)


@pytest.fixture(params=[pytest.param(local, id="a local file"), pytest.param(memory, id="memory")])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Place:
    make: Callable[[Path], Place] = request.param
    return make(tmp_path)


@pytest.fixture
def backend(place: Place) -> Backend:
    return place.backend


def test_nothing_is_an_answer(backend: Backend) -> None:
    """Where nothing was written, read returns None."""
    assert backend.read() is None


def test_what_is_written_is_read(backend: Backend) -> None:
    """A written state comes back whole, with the next serial."""
    stored = backend.write(FULL, previous_serial=None)
    assert stored == replace(FULL, serial=8)
    assert backend.read() == stored
    assert backend.bytes_written > 0


@pytest.mark.parametrize(
    "previous",
    [
        pytest.param(None, id="read before there was a state"),
        pytest.param(0, id="read before the last write"),
        pytest.param(2, id="a serial never stored"),
    ],
)
def test_moved_serial_is_refused(backend: Backend, previous: int | None) -> None:
    """A write on top of another serial than the stored one is refused and changes nothing."""
    stored = backend.write(snapshot(), previous_serial=None)
    with pytest.raises(StateError, match="changed by another run"):
        backend.write(snapshot(sessions={}), previous_serial=previous)
    assert backend.read() == stored


def test_vanished_state_is_refused(backend: Backend) -> None:
    """A write on top of a state that is gone is refused."""
    with pytest.raises(StateError, match="no state where serial 3"):
        backend.write(snapshot(serial=3), previous_serial=3)


def test_foreign_lineage_is_refused(backend: Backend) -> None:
    """A state is never replaced by that of another lineage."""
    backend.write(snapshot(), previous_serial=None)
    with pytest.raises(StateError, match="lineage"):
        backend.write(snapshot(lineage="other", serial=1), previous_serial=1)


def test_journal_is_folded(backend: Backend) -> None:
    """Read applies the journal in its order: sessions replaced and removed, ended ones added."""
    backend.write(snapshot(), previous_serial=None)
    journal = backend.journal("line", 1)
    journal.append(entry(PAGE, sid=None))
    journal.append(entry(PAGE, sid="late"))
    journal.append(replace(entry(HALL, gone=True), ended=ended()))
    expected = snapshot(serial=1, sessions={PAGE: session(PAGE, sid="late")}, ended=(ended(),))
    assert backend.read() == expected
    assert journal.bytes_written > 0
    journal.close()
    assert backend.read() == expected


def test_journal_goes_on(backend: Backend) -> None:
    """A journal opened again keeps the entries it has."""
    backend.write(snapshot(), previous_serial=None)
    backend.journal("line", 1).append(entry(PAGE))
    backend.journal("line", 1).append(entry(HALL, gone=True))
    assert backend.read() == snapshot(serial=1, sessions={PAGE: session(PAGE)})


def test_write_drops_the_journal(backend: Backend) -> None:
    """After a write the journal is empty, and its open handle takes nothing more."""
    backend.write(snapshot(), previous_serial=None)
    journal = backend.journal("line", 1)
    journal.append(entry(PAGE))
    stored = backend.write(snapshot(serial=1), previous_serial=1)
    assert backend.read() == stored == snapshot(serial=2)
    with pytest.raises(StateError, match="closed"):
        journal.append(entry(PAGE))
    journal.close()


@pytest.mark.parametrize(
    ("lineage", "serial"),
    [
        pytest.param("line", 0, id="an older serial"),
        pytest.param("line", 2, id="a serial to come"),
        pytest.param("other", 1, id="another lineage"),
    ],
)
def test_journal_needs_its_state(backend: Backend, lineage: str, serial: int) -> None:
    """A journal is opened only on top of the stored state."""
    backend.write(snapshot(), previous_serial=None)
    with pytest.raises(StateError, match="nothing can be journaled"):
        backend.journal(lineage, serial)


def test_older_journal_is_ignored(place: Place) -> None:
    """A journal that a crash left beside the state it was folded into has no effect."""
    backend = place.backend
    backend.write(snapshot(), previous_serial=None)
    stored = backend.write(snapshot(serial=1), previous_serial=1)
    place.plant_journal(encode_entry("line", 1, entry(PAGE)))
    assert backend.read() == stored
    backend.journal("line", 2).append(entry(HALL, gone=True))
    assert backend.read() == snapshot(serial=2, sessions={})


@pytest.mark.parametrize(
    ("lineage", "serial"),
    [pytest.param("line", 2, id="a newer serial"), pytest.param("other", 1, id="another lineage")],
)
def test_foreign_journal_is_refused(place: Place, lineage: str, serial: int) -> None:
    """A journal of another state is an error for reading and for writing, and is kept."""
    place.backend.write(snapshot(), previous_serial=None)
    place.plant_journal(encode_entry(lineage, serial, entry()))
    for _ in range(2):
        with pytest.raises(StateError, match="holds a journal of"):
            place.backend.read()
        with pytest.raises(StateError, match="holds a journal of"):
            place.backend.write(snapshot(serial=1), previous_serial=1)


def test_orphan_journal_is_refused(place: Place) -> None:
    """A journal without a state is an error: it may name running sessions."""
    place.plant_journal(encode_entry("line", 1, entry()))
    with pytest.raises(StateError, match="its state is missing"):
        place.backend.read()


@pytest.mark.parametrize("cut", [pytest.param(1, id="its line end"), pytest.param(9, id="nine bytes")])
def test_torn_journal_is_mended(place: Place, cut: int) -> None:
    """A last line that lacks its end does not disturb the entries before and after it."""
    backend = place.backend
    backend.write(snapshot(), previous_serial=None)
    first, torn = (encode_entry("line", 1, entry(PAGE, sid=sid)) for sid in ("first", "torn"))
    place.plant_journal(first + torn[:-cut])
    expected = session(PAGE, sid="torn" if cut == 1 else "first")
    assert backend.read() == snapshot(serial=1, sessions={HALL: session(), PAGE: expected})
    backend.journal("line", 1).append(entry(HALL, gone=True))
    assert backend.read() == snapshot(serial=1, sessions={PAGE: expected})


def test_damaged_state_is_kept(place: Place) -> None:
    """A state that cannot be read is not overwritten."""
    place.plant_state(b'{"version": 1, "ser')
    with pytest.raises(StateError, match="truncated"):
        place.backend.read()
    with pytest.raises(StateError, match="truncated"):
        place.backend.write(snapshot(), previous_serial=None)


def test_lock_names_its_holder(backend: Backend) -> None:
    """A second run is told who is in, and may come when it has left, even by an error."""

    def fail_inside() -> None:
        with backend.lock("alice"):
            with (
                pytest.raises(StateLockedError, match=r"locked by alice.* since \d{4}-"),
                backend.lock("bob"),
            ):
                pytest.fail("two runs hold the lock")
            raise RuntimeError("boom")

    with pytest.raises(RuntimeError, match="boom"):
        fail_inside()
    with backend.lock("bob"):
        pass


def test_old_ended_sessions_are_dropped(backend: Backend) -> None:
    """A write keeps the newest 5 ended sessions of each address and returns what it kept."""
    many = (*(ended(HALL, minute) for minute in range(8, 0, -1)), ended(PAGE))
    stored = backend.write(snapshot(ended=many), previous_serial=None)
    assert stored.ended == (*many[:5], many[-1])
    assert backend.read() == stored
