"""Every backend walks through this suite."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from tests.unit.backends.places import Place, azure, gcs, http, local, memory, objects, s3
from tests.unit.backends.postgres_places import pooled_postgres, postgres
from tests.unit.backends.samples import FULL, HALL, NOON, PAGE, ended, entry, lock, session, snapshot

from takeup.backends.codec import Codec
from takeup.backends.lock import Lock, encode_lock
from takeup.backends.port import Backend
from takeup.core.keyring import Keyring, StateKey
from takeup.core.snapshot import Snapshot
from takeup.errors import StateError, StateLockedError

LOCAL = pytest.param(local, id="a local file")
MEMORY = pytest.param(memory, id="memory")
OBJECTS = pytest.param(objects, id="a store of objects")
HTTP = pytest.param(http, id="http, at takeup state serve")
SEALED = Codec(Keyring(StateKey(bytes(range(32)))))


def sealed(param: Any) -> Any:  # noqa: ANN401 - what pytest.param returns
    """The same place, encrypted."""
    (make,) = param.values
    return pytest.param(partial(make, codec=SEALED), id=f"{param.id}, encrypted")


def both(*params: Any) -> list[Any]:  # noqa: ANN401 - the same
    """Each place as it is, and encrypted."""
    return [*params, *map(sealed, params)]


BUCKETS = [
    pytest.param(s3, id="s3, at moto"),
    pytest.param(azure, id="azure, at Azurite"),
    pytest.param(gcs, id="gcs, at a server of our own"),
]
POSTGRES = pytest.param(postgres, id="postgres")
POOLED = pytest.param(pooled_postgres, id="postgres behind pgbouncer")


@pytest.fixture(params=[*both(LOCAL, MEMORY, OBJECTS, HTTP, POSTGRES), POOLED, *BUCKETS])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Place]:
    """Every backend."""
    with request.param(tmp_path) as made:
        yield made


@pytest.fixture(params=[*both(LOCAL, MEMORY, OBJECTS, POSTGRES), POOLED, *BUCKETS])
def journaled(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Place]:
    """Every backend that keeps its journal beside the state, and not in it."""
    with request.param(tmp_path) as made:
        yield made


@pytest.fixture(params=both(LOCAL, MEMORY))
def appended(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Place]:
    """Every backend whose journal can be torn, and that sees whether the holder of a lock lives."""
    with request.param(tmp_path) as made:
        yield made


def assert_same(found: Snapshot | None, expected: Snapshot) -> None:
    """The same content; where a journal is written as whole states, each of them has moved the serial."""
    assert found is not None
    assert found.serial >= expected.serial
    assert replace(found, serial=expected.serial) == expected


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
    edited = place.codec.encode(snapshot(serial=1, sessions={}))
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
    with pytest.raises(StateError, match=r"its state is missing|is gone"):
        backend.write(known, previous_serial=1)
    rescued = place.rescued(backend.rescue(known))
    assert place.codec.decode(rescued, "rescued") == replace(known, serial=known.serial + 1)
    place.plant_state(rescued)
    assert backend.read() == replace(known, serial=known.serial + 1)


def test_rescuing_changes_nothing_else(backend: Backend) -> None:
    """Rescuing twice in a second keeps both, and leaves the state and its journal alone."""
    backend.write(snapshot(), previous_serial=None)
    backend.journal("line", 1).append(entry(PAGE))
    before = backend.read()
    assert backend.rescue(snapshot()) != backend.rescue(snapshot())
    assert backend.read() == before


def test_a_left_journal_is_folded(journaled: Place) -> None:
    """The journal of a run that ended early becomes part of the state, and is told; without one nothing is written."""
    backend = journaled.backend
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
    assert_same(backend.read(), expected)
    assert journal.bytes_written > 0
    journal.close()
    assert_same(backend.read(), expected)


def test_entries_of_one_append_stand_together(journaled: Place) -> None:
    """Several entries go into one append, in their order; none are none."""
    backend = journaled.backend
    backend.write(snapshot(), previous_serial=None)
    journal = backend.journal("line", 1)
    journal.append()
    assert journal.bytes_written == 0
    entries = (entry(PAGE, sid=None), entry(PAGE, sid="late"))
    journal.append(*entries)
    assert journal.bytes_written == sum(len(journaled.codec.entry("line", 1, 0, one)) for one in entries)
    assert backend.read() == snapshot(serial=1, sessions={HALL: session(), PAGE: session(PAGE, sid="late")})


def test_journal_goes_on(backend: Backend) -> None:
    """A journal opened again keeps the entries it has."""
    backend.write(snapshot(), previous_serial=None)
    backend.journal("line", 1).append(entry(PAGE))
    backend.journal("line", 1).append(entry(HALL, gone=True))
    assert_same(backend.read(), snapshot(serial=1, sessions={PAGE: session(PAGE)}))


def test_write_drops_the_journal(backend: Backend) -> None:
    """After a write the journal is empty, and its open handle takes nothing more."""
    backend.write(snapshot(), previous_serial=None)
    journal = backend.journal("line", 1)
    journal.append(entry(PAGE))
    stored = backend.write(snapshot(serial=1), previous_serial=1)
    assert backend.read() == stored
    assert_same(stored, snapshot(serial=2))
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


def test_older_journal_is_ignored(journaled: Place) -> None:
    """A journal that a crash left beside the state it was folded into has no effect."""
    backend = journaled.backend
    backend.write(snapshot(), previous_serial=None)
    stored = backend.write(snapshot(serial=1), previous_serial=1)
    journaled.plant_journal(journaled.codec.entry("line", 1, 0, entry(PAGE)))
    assert backend.read() == stored
    backend.journal("line", 2).append(entry(HALL, gone=True))
    assert backend.read() == snapshot(serial=2, sessions={})


@pytest.mark.parametrize(
    ("lineage", "serial"),
    [pytest.param("line", 2, id="a newer serial"), pytest.param("other", 1, id="another lineage")],
)
def test_foreign_journal_is_refused(journaled: Place, lineage: str, serial: int) -> None:
    """A journal of another state is an error for reading and for writing, and is kept."""
    journaled.backend.write(snapshot(), previous_serial=None)
    journaled.plant_journal(journaled.codec.entry(lineage, serial, 0, entry()))
    for _ in range(2):
        with pytest.raises(StateError, match="holds a journal of"):
            journaled.backend.read()
        with pytest.raises(StateError, match="holds a journal of"):
            journaled.backend.write(snapshot(serial=1), previous_serial=1)


def test_orphan_journal_is_refused(journaled: Place) -> None:
    """A journal without a state is an error: it may name running sessions."""
    journaled.plant_journal(journaled.codec.entry("line", 1, 0, entry()))
    with pytest.raises(
        StateError, match="journal of serial 1 that names 1 recording, but its state is missing"
    ) as caught:
        journaled.backend.read()
    assert "state of serial 1 back" in caught.value.hint


@pytest.mark.parametrize("cut", [pytest.param(1, id="its line end"), pytest.param(9, id="nine bytes")])
def test_torn_journal_is_mended(appended: Place, cut: int) -> None:
    """A last line that lacks its end does not disturb the entries before and after it."""
    backend = appended.backend
    backend.write(snapshot(), previous_serial=None)
    first, torn = (
        appended.codec.entry("line", 1, at, entry(PAGE, sid=sid)) for at, sid in enumerate(["first", "torn"])
    )
    appended.plant_journal(first + torn[:-cut])
    expected = session(PAGE, sid="torn" if cut == 1 else "first")
    assert backend.read() == snapshot(serial=1, sessions={HALL: session(), PAGE: expected})
    backend.journal("line", 1).append(entry(HALL, gone=True))
    assert backend.read() == snapshot(serial=1, sessions={PAGE: expected})
    assert ["line 2" in note and "never acknowledged" in note for note in backend.notes()] == [True] * (cut != 1)


def test_damaged_last_line_is_told(appended: Place) -> None:
    """A last line that is whole but does not fit its checksum is left out and told, like a torn one."""
    appended.backend.write(snapshot(), previous_serial=None)
    line, other = (appended.codec.entry("line", 1, at, entry(PAGE)) for at in range(2))
    appended.plant_journal(line + other.replace(b"lineage", b"LINEAGE"))
    assert appended.backend.read() == snapshot(serial=1, sessions={HALL: session(), PAGE: session(PAGE)})
    (note,) = appended.backend.notes()
    assert "torn or damaged" in note


def test_damaged_line_is_refused(journaled: Place) -> None:
    """Another line than the last that does not fit its checksum is an error that names it, whoever asks."""
    journaled.backend.write(snapshot(), previous_serial=None)
    line, other, last = (journaled.codec.entry("line", 1, at, entry(PAGE)) for at in range(3))
    journaled.plant_journal(line + other.replace(b"lineage", b"LINEAGE") + last)
    with pytest.raises(StateError, match="line 2, is damaged") as caught:
        journaled.backend.read()
    assert "put the journal back" in caught.value.hint
    with pytest.raises(StateError, match="line 2, is damaged"):
        journaled.backend.write(snapshot(serial=1), previous_serial=1)
    with pytest.raises(StateError, match="line 2, is damaged"):
        journaled.backend.journal("line", 1)


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
def test_dead_run_is_followed(appended: Place, since: datetime) -> None:
    """The record that a dead run of this host left is taken over, and told once."""
    appended.plant_lock(encode_lock(lock("alice", since=since, pid=1234)))
    with appended.backend.lock(lock("bob")):
        (note,) = appended.backend.notes()
        assert "The run of alice (takeup apply, process 1234) died at some time after" in note
        assert f"{since:%Y-%m-%d}" in note
    with appended.backend.lock(lock("carol")):
        assert appended.backend.notes() == (note,)


@pytest.mark.parametrize(
    "since",
    [
        pytest.param(NOON - timedelta(days=9000), id="long ago"),
        pytest.param(NOON + timedelta(days=9000), id="in the future: the clock has jumped"),
    ],
)
def test_other_host_is_believed(appended: Place, since: datetime) -> None:
    """A record of another host is a lock, however old, until it is unlocked by its ID."""
    foreign = lock("alice", host="elsewhere", since=since)
    appended.plant_lock(encode_lock(foreign))
    with (
        pytest.raises(StateLockedError, match=r"alice.*elsewhere.*another host") as caught,
        appended.backend.lock(lock("bob")),
    ):
        pytest.fail("two runs hold the lock")
    assert "takeup state unlock alice-1" in caught.value.hint
    with pytest.raises(StateError, match="not locked by alice-2 but by alice") as wrong:
        appended.backend.unlock("alice-2", force=True)
    assert "takeup state unlock alice-1" in wrong.value.hint
    assert appended.backend.unlock("alice-1") == foreign
    with appended.backend.lock(lock("bob")):
        pass
    assert appended.backend.notes() == ()


def test_nothing_to_unlock(backend: Backend) -> None:
    """Unlocking what is not locked says so: before any run, and after one."""
    for _ in range(2):
        with pytest.raises(StateError, match="is not locked"):
            backend.unlock("alice-1")
        with backend.lock(lock("alice")):
            pass


@pytest.mark.parametrize("force", [pytest.param(False, id="plainly"), pytest.param(True, id="by force")])
def test_living_run_is_not_unlocked(appended: Place, force: bool) -> None:  # noqa: FBT001 -- a parameter of pytest
    """The lock of a run that is alive stays, by its right ID and by force."""
    backend = appended.backend
    with backend.lock(lock("alice")):
        with pytest.raises(StateLockedError, match=f"locked by {WHO}, which is alive") as caught:
            backend.unlock("alice-1", force=force)
        assert "--force does not help" in caught.value.hint
        with pytest.raises(StateLockedError), backend.lock(lock("bob")):
            pytest.fail("two runs hold the lock")


def test_lock_record_round_trip(appended: Place) -> None:
    """A record says all of its run, down to the microsecond."""
    wanted = lock("älice", host="elsewhere", since=NOON + timedelta(microseconds=7), command="takeup state rm")
    appended.plant_lock(encode_lock(wanted))
    removed: Lock | None = appended.backend.unlock(wanted.id)
    assert removed == wanted


def test_old_ended_sessions_are_dropped(backend: Backend) -> None:
    """A write keeps the newest 5 ended sessions of each address and returns what it kept."""
    many = (*(ended(HALL, minute) for minute in range(8, 0, -1)), ended(PAGE))
    stored = backend.write(snapshot(ended=many), previous_serial=None)
    assert stored.ended == (*many[:5], many[-1])
    assert backend.read() == stored
