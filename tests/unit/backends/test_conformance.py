"""Every backend walks through this suite."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from tests.unit.backends.samples import FULL, HALL, NOON, PAGE, ended, entry, lock, session, snapshot

from takeup.backends.format import decode_snapshot, encode_entry, encode_snapshot
from takeup.backends.local import LocalBackend
from takeup.backends.lock import Lock, encode_lock
from takeup.backends.memory import MemoryBackend
from takeup.backends.port import Backend
from takeup.errors import StateError, StateLockedError


@dataclass(frozen=True)
class Place:
    """A backend, and ways to put foreign bytes where it keeps its own."""

    backend: Backend
    plant_state: Callable[[bytes], object]
    plant_journal: Callable[[bytes], object]
    plant_lock: Callable[[bytes], object]
    remove_state: Callable[[], object]
    rescued: Callable[[str], bytes]  # what stands where `rescue` says


def local(folder: Path) -> Place:
    path = folder / "state" / "default.json"
    path.parent.mkdir()
    return Place(
        LocalBackend(path),
        path.write_bytes,
        path.with_name("default.json.journal").write_bytes,
        path.with_name("default.json.lock").write_bytes,
        path.unlink,
        lambda where: Path(where).read_bytes(),
    )


def memory(_: Path) -> Place:
    backend = MemoryBackend()

    def plant_journal(data: bytes) -> None:
        backend.log[:] = data

    return Place(
        backend,
        lambda data: setattr(backend, "state", data),
        plant_journal,
        lambda data: setattr(backend, "record", data),
        lambda: setattr(backend, "state", None),
        lambda _: backend.rescued[-1],
    )


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
    with pytest.raises(StateError, match="is gone: there is no state where serial 3"):
        backend.write(snapshot(serial=3), previous_serial=3)


def test_edited_state_is_refused(place: Place) -> None:
    """A state that somebody edited during the run, with its serial left alone, is neither journaled on nor replaced."""
    place.backend.write(snapshot(), previous_serial=None)
    place.backend.read()
    edited = encode_snapshot(snapshot(serial=1, sessions={}))
    place.plant_state(edited)
    with pytest.raises(StateError, match="edited by hand"):
        place.backend.journal("line", 1)
    with pytest.raises(StateError, match="edited by hand"):
        place.backend.write(snapshot(serial=1), previous_serial=1)
    assert place.backend.read() == snapshot(serial=1, sessions={})
    place.backend.write(snapshot(serial=1), previous_serial=1)


def test_rescue_goes_on_from_there(place: Place) -> None:
    """What was rescued, put in the place of the state, is what the state should have been."""
    backend = place.backend
    backend.write(snapshot(), previous_serial=None)
    over = replace(entry(HALL, gone=True), ended=ended())
    backend.journal("line", 1).append(over, entry(PAGE))
    known = backend.read()
    assert known is not None
    place.remove_state()
    with pytest.raises(StateError, match="its state is missing"):
        backend.write(known, previous_serial=1)
    rescued = place.rescued(backend.rescue(known))
    assert decode_snapshot(rescued, "rescued") == replace(known, serial=2)
    place.plant_state(rescued)
    assert backend.read() == replace(known, serial=2)


def test_rescuing_changes_nothing_else(backend: Backend) -> None:
    """Rescuing twice in a second keeps both, and leaves the state and its journal alone."""
    backend.write(snapshot(), previous_serial=None)
    backend.journal("line", 1).append(entry(PAGE))
    before = backend.read()
    assert backend.rescue(snapshot()) != backend.rescue(snapshot())
    assert backend.read() == before


def test_a_left_journal_is_folded(backend: Backend) -> None:
    """The journal of a run that ended early becomes part of the state, and is told; without one nothing is written."""
    backend.fold()
    backend.write(snapshot(), previous_serial=None)
    backend.fold()
    assert (backend.read(), backend.notes()) == (snapshot(serial=1), ())
    backend.journal("line", 1).append(entry(PAGE), entry(HALL, gone=True))
    backend.fold()
    assert backend.read() == snapshot(serial=2, sessions={PAGE: session(PAGE)})
    (note,) = backend.notes()
    assert "2 journal entries" in note
    backend.fold()
    assert backend.read() == snapshot(serial=2, sessions={PAGE: session(PAGE)})


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


def test_entries_of_one_append_stand_together(backend: Backend) -> None:
    """Several entries go into one append, in their order; none are none."""
    backend.write(snapshot(), previous_serial=None)
    journal = backend.journal("line", 1)
    journal.append()
    assert journal.bytes_written == 0
    entries = (entry(PAGE, sid=None), entry(PAGE, sid="late"))
    journal.append(*entries)
    assert journal.bytes_written == sum(len(encode_entry("line", 1, one)) for one in entries)
    assert backend.read() == snapshot(serial=1, sessions={HALL: session(), PAGE: session(PAGE, sid="late")})


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
    with pytest.raises(
        StateError, match="journal of serial 1 that names 1 recording, but its state is missing"
    ) as caught:
        place.backend.read()
    assert "state of serial 1 back" in caught.value.hint


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
    assert ["line 2" in note and "never acknowledged" in note for note in backend.notes()] == [True] * (cut != 1)


def test_damaged_last_line_is_told(place: Place) -> None:
    """A last line that is whole but does not fit its checksum is left out and told, like a torn one."""
    place.backend.write(snapshot(), previous_serial=None)
    line = encode_entry("line", 1, entry(PAGE))
    place.plant_journal(line + line.replace(b"board", b"bored"))
    assert place.backend.read() == snapshot(serial=1, sessions={HALL: session(), PAGE: session(PAGE)})
    (note,) = place.backend.notes()
    assert "torn or damaged" in note


def test_damaged_line_is_refused(place: Place) -> None:
    """Another line than the last that does not fit its checksum is an error that names it, whoever asks."""
    place.backend.write(snapshot(), previous_serial=None)
    line = encode_entry("line", 1, entry(PAGE))
    place.plant_journal(line + line.replace(b"board", b"bored") + line)
    with pytest.raises(StateError, match="line 2, is damaged") as caught:
        place.backend.read()
    assert "put the journal back" in caught.value.hint
    with pytest.raises(StateError, match="line 2, is damaged"):
        place.backend.write(snapshot(serial=1), previous_serial=1)
    with pytest.raises(StateError, match="line 2, is damaged"):
        place.backend.journal("line", 1)


def test_damaged_state_is_kept(place: Place) -> None:
    """A state that cannot be read is not overwritten."""
    place.plant_state(b'{"version": 1, "ser')
    with pytest.raises(StateError, match="truncated"):
        place.backend.read()
    with pytest.raises(StateError, match="truncated"):
        place.backend.write(snapshot(), previous_serial=None)


WHO = r"alice \(takeup apply, process \d+ on .+\) since 2026-03-01 12:00:00 UTC, lock ID alice-1"


def test_lock_names_its_holder(backend: Backend) -> None:
    """A second run is told who is in, and may come when it has left, even by an error."""

    def fail_inside() -> None:
        with backend.lock(lock("alice")):
            with pytest.raises(StateLockedError, match=f"locked by {WHO}") as caught, backend.lock(lock("bob")):
                pytest.fail("two runs hold the lock")
            assert "Wait for that run" in caught.value.hint
            raise RuntimeError("boom")

    with pytest.raises(RuntimeError, match="boom"):
        fail_inside()
    with backend.lock(lock("bob")):
        pass
    assert backend.notes() == ()


@pytest.mark.parametrize(
    "since",
    [
        pytest.param(NOON - timedelta(days=9000), id="long ago"),
        pytest.param(NOON + timedelta(days=9000), id="in the future: the clock has jumped"),
    ],
)
def test_dead_run_is_followed(place: Place, since: datetime) -> None:
    """The record that a dead run of this host left is taken over, and told once."""
    place.plant_lock(encode_lock(lock("alice", since=since, pid=1234)))
    with place.backend.lock(lock("bob")):
        (note,) = place.backend.notes()
        assert "The run of alice (takeup apply, process 1234) died at some time after" in note
        assert f"{since:%Y-%m-%d}" in note
    with place.backend.lock(lock("carol")):
        assert place.backend.notes() == (note,)


@pytest.mark.parametrize(
    "since",
    [
        pytest.param(NOON - timedelta(days=9000), id="long ago"),
        pytest.param(NOON + timedelta(days=9000), id="in the future: the clock has jumped"),
    ],
)
def test_other_host_is_believed(place: Place, since: datetime) -> None:
    """A record of another host is a lock, however old, until it is unlocked by its ID."""
    foreign = lock("alice", host="elsewhere", since=since)
    place.plant_lock(encode_lock(foreign))
    with (
        pytest.raises(StateLockedError, match=r"alice.*elsewhere.*another host") as caught,
        place.backend.lock(lock("bob")),
    ):
        pytest.fail("two runs hold the lock")
    assert "takeup state unlock alice-1" in caught.value.hint
    with pytest.raises(StateError, match="not locked by alice-2 but by alice") as wrong:
        place.backend.unlock("alice-2", force=True)
    assert "takeup state unlock alice-1" in wrong.value.hint
    assert place.backend.unlock("alice-1") == foreign
    with place.backend.lock(lock("bob")):
        pass
    assert place.backend.notes() == ()


def test_nothing_to_unlock(backend: Backend) -> None:
    """Unlocking what is not locked says so: before any run, and after one."""
    for _ in range(2):
        with pytest.raises(StateError, match="is not locked"):
            backend.unlock("alice-1")
        with backend.lock(lock("alice")):
            pass


@pytest.mark.parametrize("force", [pytest.param(False, id="plainly"), pytest.param(True, id="by force")])
def test_living_run_is_not_unlocked(backend: Backend, force: bool) -> None:  # noqa: FBT001 -- a parameter of pytest
    """The lock of a run that is alive stays, by its right ID and by force."""
    with backend.lock(lock("alice")):
        with pytest.raises(StateLockedError, match=f"locked by {WHO}, which is alive") as caught:
            backend.unlock("alice-1", force=force)
        assert "--force does not help" in caught.value.hint
        with pytest.raises(StateLockedError), backend.lock(lock("bob")):
            pytest.fail("two runs hold the lock")


def test_lock_record_round_trip(place: Place) -> None:
    """A record says all of its run, down to the microsecond."""
    wanted = lock("älice", host="elsewhere", since=NOON + timedelta(microseconds=7), command="takeup state rm")
    place.plant_lock(encode_lock(wanted))
    removed: Lock | None = place.backend.unlock(wanted.id)
    assert removed == wanted


def test_old_ended_sessions_are_dropped(backend: Backend) -> None:
    """A write keeps the newest 5 ended sessions of each address and returns what it kept."""
    many = (*(ended(HALL, minute) for minute in range(8, 0, -1)), ended(PAGE))
    stored = backend.write(snapshot(ended=many), previous_serial=None)
    assert stored.ended == (*many[:5], many[-1])
    assert backend.read() == stored
