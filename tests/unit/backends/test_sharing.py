"""What a team relies on: no update is lost, no zombie writes, no crash loses what was acknowledged."""

import os
import random
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, TypeVar

import pytest
from tests.object_servers import fresh_name
from tests.unit.backends.places import STORES, Place, azure, client_of, gcs, http, local, memory, objects, s3, s3_store
from tests.unit.backends.postgres_places import leased_postgres, pooled_postgres, postgres
from tests.unit.backends.samples import HALL, NOON, PAGE, entry, lock, session, snapshot

from takeup.backends.http_server import StateServer
from takeup.backends.lease import Heartbeat
from takeup.backends.objects import ObjectBackend
from takeup.backends.port import Backend
from takeup.backends.proof import prove
from takeup.backends.store import MemoryStore, Store, Stored, put_surely
from takeup.core.address import Address, Kind
from takeup.errors import StateConflictError, StateError, StateLockedError, StateUnclearError

WRITERS, TIMES = 16, 50
EVERY_STORE = [pytest.param(lambda _: MemoryStore(), id="a store in memory"), *STORES]
T = TypeVar("T")


@pytest.fixture(
    params=[
        pytest.param(local, id="a local file"),
        pytest.param(memory, id="memory"),
        pytest.param(objects, id="a store of objects"),
        pytest.param(http, id="http, at takeup state serve"),
        pytest.param(s3, id="s3, at moto"),
        pytest.param(azure, id="azure, at Azurite"),
        pytest.param(gcs, id="gcs, at a server of our own"),
        pytest.param(postgres, id="postgres"),
        pytest.param(pooled_postgres, id="postgres behind pgbouncer"),
    ]
)
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Place]:
    """Every backend."""
    with request.param(tmp_path) as made:
        yield made


def test_no_increment_is_lost(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    """16 writers that each add 1 to the same value 50 times, under the lock, end at 800."""
    monkeypatch.setattr(os, "fsync", lambda _: None)  # what a power cut would leave is not asked here
    place.backend.write(snapshot(sessions={HALL: session(evidence="0")}), previous_serial=None)
    turn = threading.Semaphore(2)  # two at a time contend for the lock; all 16 would only wait longer

    def write(number: int) -> None:
        backend = place.again()
        for _ in range(TIMES):
            done = False
            while not done:
                with turn, suppress(StateLockedError), backend.lock(lock(f"writer-{number}")):
                    held = backend.read()
                    assert held is not None
                    count = int(held.sessions[HALL].evidence) + 1
                    new = replace(held, sessions={HALL: session(evidence=str(count))})
                    backend.write(new, previous_serial=held.serial)
                    done = True
                if not done:
                    time.sleep(random.random() / 50)  # noqa: S311 - no secret

    with ThreadPoolExecutor(WRITERS) as pool:
        list(pool.map(write, range(WRITERS)))
    after = place.again().read()
    assert after is not None
    assert after.sessions[HALL].evidence == str(WRITERS * TIMES)


def test_a_large_state_comes_back(place: Place) -> None:
    """A state of 10 MB is written and read whole."""
    many = {
        address: session(address, evidence="x" * 2000)
        for address in (Address(Kind.COMPOSITE, f"room-{number}") for number in range(4_500))
    }
    stored = place.backend.write(snapshot(sessions=many), previous_serial=None)
    assert place.backend.bytes_written > 10_000_000
    assert place.again().read() == stored


def test_two_runs_exclude_each_other(place: Place) -> None:
    """A second run with a connection of its own is refused while the first is in, and may come afterwards."""
    first, second = place.again(), place.again()
    with first.lock(lock("alice")):
        with pytest.raises(StateLockedError, match=r"locked by alice \(takeup apply"), second.lock(lock("bob")):
            pytest.fail("two runs hold the lock")
        first.write(snapshot(), previous_serial=None)
    with second.lock(lock("bob")):
        held = second.read()
        assert held is not None
        second.write(held, previous_serial=held.serial)


def test_readers_need_no_lock(place: Place) -> None:
    """While a run is in and journals, others read what it has acknowledged."""
    writer = place.again()
    with writer.lock(lock("alice")):
        stored = writer.write(snapshot(), previous_serial=None)
        writer.journal(stored.lineage, stored.serial).append(entry(PAGE))
        seen = place.again().read()
    assert seen is not None
    assert set(seen.sessions) == {HALL, PAGE}


def test_earlier_states_are_kept(place: Place) -> None:
    """Earlier states are listed, the newest first, and each comes back; no more than 20 are kept."""
    if place.backend.describe().startswith("http"):
        with pytest.raises(StateError, match="where this protocol cannot ask for them"):
            place.backend.history()
        return
    held = place.backend.write(snapshot(), previous_serial=None)
    for count in range(24):
        changed = replace(held, sessions={HALL: session(evidence=str(count))})
        held = place.backend.write(changed, previous_serial=held.serial)
    versions = place.backend.history()
    assert [one.serial for one in versions] == list(range(24, 4, -1))
    past = place.again().past(24)
    assert past is not None
    assert (past.serial, past.sessions[HALL].evidence) == (24, "22")
    assert place.backend.past(1) is None


# The fence and the lease.


class Hand:
    """A clock that is set by hand."""

    def __init__(self) -> None:
        self.at = NOON

    def __call__(self) -> datetime:
        return self.at

    def seconds(self) -> float:
        return (self.at - NOON).total_seconds()

    def pass_by(self, seconds: float) -> None:
        self.at += timedelta(seconds=seconds)


class Around:
    """A store that is another one, until a part of it is replaced."""

    def __init__(self, store: Store) -> None:
        self.store = store

    def describe(self) -> str:
        return self.store.describe()

    def get(self, key: str) -> Stored | None:
        return self.store.get(key)

    def put(self, key: str, data: bytes, *, after: str | None) -> str:
        return self.store.put(key, data, after=after)

    def delete(self, key: str) -> None:
        self.store.delete(key)

    def list(self, prefix: str) -> tuple[str, ...]:
        return self.store.list(prefix)

    def now(self) -> datetime:
        return self.store.now()


class Timed(Around):
    """A store whose clock is set by hand."""

    def __init__(self, store: Store, hand: Hand) -> None:
        super().__init__(store)
        self._hand = hand

    def now(self) -> datetime:
        return self._hand()


@contextmanager
def leased_objects(_: Path, hand: Hand) -> Iterator[Callable[[], Backend]]:
    store = MemoryStore(now=hand)
    yield lambda: ObjectBackend(store, "campus", lease=60, clock=hand.seconds)


def leased_bucket(make: Callable[[str], Store]) -> Any:  # noqa: ANN401 -- as its neighbours
    @contextmanager
    def leased(_: Path, hand: Hand) -> Iterator[Callable[[], Backend]]:
        name = fresh_name()
        store = Timed(make(name), hand)
        yield lambda: ObjectBackend(store, name, lease=60, clock=hand.seconds)

    return leased


@contextmanager
def leased_http(folder: Path, hand: Hand) -> Iterator[Callable[[], Backend]]:
    with StateServer(folder / "served", clock=hand.seconds) as server:
        yield lambda: client_of(f"{server.url}/state/default", folder)


@pytest.fixture(
    params=[
        pytest.param(leased_objects, id="a store of objects"),
        *(pytest.param(leased_bucket(one.values[0]), id=str(one.id)) for one in STORES),  # type: ignore[arg-type]  # a callable
        pytest.param(leased_http, id="http, at takeup state serve"),
        pytest.param(leased_postgres, id="postgres"),
    ]
)
def leased(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[tuple[Hand, Callable[[], Backend]]]:
    """Backends whose locks end by themselves, and the clock that ends them."""
    hand = Hand()
    with request.param(tmp_path, hand) as make:
        yield hand, make


def test_a_zombie_is_fenced(leased: tuple[Hand, Callable[[], Backend]]) -> None:
    """A run that slept through its lease can neither journal nor write, what it journaled before is kept, and told."""
    hand, make = leased
    zombie, successor = make(), make()
    with zombie.lock(lock("alice")):
        stored = zombie.write(snapshot(), previous_serial=None)
        journal = zombie.journal("line", stored.serial)
        journal.append(entry(PAGE))
        with pytest.raises(StateLockedError, match="alice"), successor.lock(lock("bob")):
            pytest.fail("the lease has not ended")
        hand.pass_by(63)
        with successor.lock(lock("bob")):
            assert any("The run of alice" in note and "taken over" in note for note in successor.notes())
            held = successor.read()
            assert held is not None
            assert set(held.sessions) == {HALL, PAGE}
            with pytest.raises(StateError, match="No more calls are made"):
                journal.append(entry(PAGE, sid="of the zombie"))
            new = successor.write(held, previous_serial=held.serial)
            assert new.fence > stored.fence > 0
            with pytest.raises(StateError, match="taken over: this run held lock number 1"):
                zombie.write(stored, previous_serial=stored.serial)
            assert make().read() == new


def test_a_zombie_that_has_not_journaled_yet(leased: tuple[Hand, Callable[[], Backend]]) -> None:
    """A run that lost its lease before its first call makes none, although its successor has written nothing else."""
    hand, make = leased
    zombie, successor = make(), make()
    with zombie.lock(lock("alice")):
        stored = zombie.write(snapshot(), previous_serial=None)
        hand.pass_by(63)
        with successor.lock(lock("bob")), pytest.raises(StateError):
            zombie.journal("line", stored.serial).append(entry(PAGE))
    held = make().read()
    assert held is not None
    assert set(held.sessions) == {HALL}


def test_a_numbered_lock_is_newer_each_time(leased: tuple[Hand, Callable[[], Backend]]) -> None:
    """Each lock has a greater number than the one before, released or not."""
    _, make = leased
    numbers = []
    for count in range(3):
        backend = make()
        with backend.lock(lock(f"run-{count}")):
            held = backend.read()
            new = backend.write(held or snapshot(), previous_serial=None if held is None else held.serial)
            numbers.append(new.fence)
    assert numbers == [1, 2, 3]


# Writes of which nobody knows whether they were done.


class Shaky(Around):
    """A store whose answers get lost, before or after the write was done."""

    def __init__(self, store: Store, *, done: bool) -> None:
        super().__init__(store)
        self.done = done
        self.losing = 0

    def put(self, key: str, data: bytes, *, after: str | None) -> str:
        if not self.losing:
            return super().put(key, data, after=after)
        self.losing -= 1
        if self.done:
            super().put(key, data, after=after)
        raise StateUnclearError("no answer came")


@pytest.mark.parametrize("done", [pytest.param(True, id="it was done"), pytest.param(False, id="it was not done")])
@pytest.mark.parametrize("make", EVERY_STORE)
def test_an_unclear_write_is_resolved(make: Callable[[str], Store], done: bool) -> None:  # noqa: FBT001 -- a parameter of pytest
    """Where the answer to a write is lost, the write counts once: for the state, and for the journal."""
    name = fresh_name()
    store = Shaky(make(name), done=done)
    backend = ObjectBackend(store, name)
    with backend.lock(lock("alice")):
        store.losing = 2
        stored = backend.write(snapshot(), previous_serial=None)
        journal = backend.journal("line", 1)
        store.losing = 2
        journal.append(entry(PAGE))
        journal.append(entry(HALL, gone=True))
        assert backend.read() == replace(stored, sessions={PAGE: session(PAGE)})
        store.losing = 2
        backend.write(replace(stored, sessions={}), previous_serial=1)
    assert store.losing == 0
    found = ObjectBackend(store, name).read()
    assert found is not None
    assert found.sessions == {}


def test_an_unclear_write_that_somebody_else_overtook() -> None:
    """Where another writer was faster, an unclear write is a refused one."""
    memory_store = MemoryStore()
    store = Shaky(memory_store, done=False)
    store.losing = 1

    def overtaken(key: str) -> Stored | None:
        memory_store.objects[key] = Stored(b"theirs", "theirs")
        return memory_store.get(key)

    store.get = overtaken  # type: ignore[method-assign]  # the other writer
    with pytest.raises(StateConflictError, match="written by somebody else"):
        put_surely(store, "key", b"mine", after=None)


# Crashes.


class CrashError(BaseException):
    """The process is gone."""


class Mortal(Timed):
    """A store whose client dies at a change, before or after it is done."""

    def __init__(self, store: Store, hand: Hand) -> None:
        super().__init__(store, hand)
        self._mutex = threading.Lock()
        self.changes = 0
        self.dies_at: int | None = None
        self.after = False

    def put(self, key: str, data: bytes, *, after: str | None) -> str:
        return self._live(lambda: self.store.put(key, data, after=after))

    def delete(self, key: str) -> None:
        self._live(lambda: self.store.delete(key))

    def _live(self, change: Callable[[], T]) -> T:
        with self._mutex:  # removals come from several threads
            self.changes += 1
            if self.dies_at is not None and self.changes >= self.dies_at:
                if self.after and self.changes == self.dies_at:
                    change()
                raise CrashError
            return change()


def _run(backend: Backend, told: list[Address]) -> None:
    """One run that starts two recordings; `told` are those whose entries it was told to be durable."""
    with backend.lock(lock("alice")):
        backend.fold()
        held = backend.read()
        if held is None:
            held = backend.write(snapshot(sessions={}), previous_serial=None)
        journal = backend.journal(held.lineage, held.serial)
        known = dict(held.sessions)
        for address in (HALL, PAGE):
            journal.append(entry(address))
            told.append(address)
            known[address] = session(address)
        backend.write(replace(held, sessions=known), previous_serial=held.serial)


@pytest.mark.parametrize("after", [pytest.param(False, id="before it"), pytest.param(True, id="after it")])
@pytest.mark.parametrize("make", EVERY_STORE)
def test_a_crash_at_every_change(make: Callable[[str], Store], after: bool) -> None:  # noqa: FBT001 -- a parameter of pytest
    """Killed at any change of the store, a run loses nothing it was told to be durable, and the next one completes."""
    name = fresh_name()
    whole = Mortal(make(name), Hand())
    _run(ObjectBackend(whole, name), [])
    assert whole.changes > 10
    for dies_at in range(1, whole.changes + 1):
        hand, name = Hand(), fresh_name()
        store = Mortal(make(name), hand)
        store.dies_at, store.after = dies_at, after
        told: list[Address] = []
        with pytest.raises(CrashError):
            _run(ObjectBackend(store, name, clock=hand.seconds), told)
        store.dies_at = None
        found = ObjectBackend(store, name).read()
        assert set(told) <= set(found.sessions if found is not None else ()), f"change {dies_at}"
        hand.pass_by(100)
        _run(ObjectBackend(store, name, clock=hand.seconds), [])
        after_all = ObjectBackend(store, name).read()
        assert after_all is not None
        assert set(after_all.sessions) == {HALL, PAGE}, f"change {dies_at}"
        assert store.get(f"{name}.tflock") is None, f"change {dies_at}"
        left = [store.get(key) for key in store.list(f"{name}.journal/")]
        assert not [one for one in left if one is None or one.data != b"sealed"]


# Proof.


class Careless(MemoryStore):
    """A store that takes conditional writes for ordinary ones, as some servers do; or only some of its conditions."""

    def __init__(self, ignores: str) -> None:
        super().__init__()
        self.ignores = ignores

    def put(self, key: str, data: bytes, *, after: str | None) -> str:
        found = self.get(key)
        here = None if found is None else found.tag
        if self.ignores == "every condition" or (self.ignores == "that nothing is there") == (after is None):
            return super().put(key, data, after=here)
        return super().put(key, data, after=after)


@pytest.mark.parametrize(
    "ignores", [pytest.param(name, id=name) for name in ("every condition", "that nothing is there", "what is there")]
)
def test_a_store_that_ignores_conditions_is_refused(ignores: str) -> None:
    """A store that takes a write under a wrong condition is refused before any lock, and left as it was."""
    store = Careless(ignores)
    with pytest.raises(StateError, match="ignores conditions"), ObjectBackend(store, "campus").lock(lock("alice")):
        pytest.fail("it was used")
    assert store.objects == {}


@pytest.mark.parametrize("make", EVERY_STORE)
def test_a_good_store_proves_itself(make: Callable[[str], Store]) -> None:
    """A store that honours conditions passes, and nothing of the proof is left."""
    name = fresh_name()
    store = make(name)
    prove(store, name)
    assert store.list(f"{name}.proof/") == ()


def test_a_lock_that_was_given_back_within_a_moment() -> None:
    """A run that meets another one which takes the lock and gives it back at that moment is told of a lock."""
    store = MemoryStore()
    with ObjectBackend(store, "campus").lock(lock("alice")):
        pass
    real, other = store.put, ObjectBackend(store, "campus")

    def overtaken(key: str, data: bytes, *, after: str | None) -> str:
        if key == "campus.lock":
            store.put = real  # type: ignore[method-assign]  # only once
            with other.lock(lock("bob")):
                pass
        return real(key, data, after=after)

    store.put = overtaken  # type: ignore[method-assign]  # the other run
    with (
        pytest.raises(StateLockedError, match="by another run, which has left"),
        ObjectBackend(store, "campus").lock(lock("carol")),
    ):
        pytest.fail("its condition did not hold")


def test_a_lease_ends_by_the_clock_of_the_server(monkeypatch: pytest.MonkeyPatch) -> None:
    """The lock of a run that is not heard of is taken over when it has ended by the clock of the server."""
    name = fresh_name()
    monkeypatch.setattr(Heartbeat, "beat", lambda _: None)
    with ObjectBackend(s3_store(name), name, lease=1).lock(lock("alice")):
        follower = ObjectBackend(s3_store(name), name)
        taken = False
        while not taken:
            with suppress(StateLockedError), follower.lock(lock("bob")):
                taken = True
            time.sleep(0.1)
        assert any("The run of alice" in note for note in follower.notes())


def test_a_missing_segment_is_refused() -> None:
    """A journal with a hole is an error that names it, for reading and for writing."""
    store = MemoryStore()
    backend = ObjectBackend(store, "campus")
    backend.write(snapshot(), previous_serial=None)
    journal = backend.journal("line", 1)
    journal.append(entry(PAGE))
    journal.append(entry(PAGE, sid="late"))
    store.delete("campus.journal/0000000001/0000000000")
    with pytest.raises(StateError, match="0000000001 follows a segment that is missing"):
        backend.read()
    with pytest.raises(StateError, match="follows a segment that is missing"):
        backend.write(snapshot(serial=1), previous_serial=1)
