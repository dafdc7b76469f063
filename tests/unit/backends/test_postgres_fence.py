"""What a run in PostgreSQL relies on: zombies are fenced, lost answers are resolved, crashes lose nothing."""

import threading
from collections.abc import Callable, Iterator
from contextlib import nullcontext
from pathlib import Path
from typing import Any

import psycopg
import pytest
from tests.postgres_server import Bouncer, new_schema, server
from tests.unit.backends.places import Place
from tests.unit.backends.postgres_places import end_leases, in_postgres, kept_in, near, postgres, schema_of
from tests.unit.backends.samples import HALL, PAGE, entry, lock, session, snapshot

from takeup.backends.format import encode_entry
from takeup.backends.postgres import PostgresBackend
from takeup.backends.postgres_client import Cursor, PostgresClient, parsed
from takeup.backends.postgres_tables import Tables
from takeup.core.address import Address
from takeup.core.secret import Secret
from takeup.errors import StateConflictError, StateError, StateLockedError, StateUnclearError


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Place]:
    """A schema of its own."""
    with postgres(tmp_path) as made:
        yield made


# The fence, by the server alone: the clock of these zombies stands still, so that they believe in their lock for ever.


@pytest.mark.parametrize("taken", [pytest.param(True, id="taken over"), pytest.param(False, id="ended")])
def test_the_server_refuses_a_zombie(taken: bool) -> None:  # noqa: FBT001 -- a parameter of pytest
    """Neither a group of entries nor a state is taken from a run whose lease has ended, taken over or not."""
    schema = new_schema()
    zombie = kept_in(schema, clock=lambda: 0.0)
    successor = kept_in(schema)
    with zombie.lock(lock("alice")):
        stored = zombie.write(snapshot(sessions={}), previous_serial=None)
        journal = zombie.journal("line", 1)
        journal.append(entry(HALL))
        end_leases(schema)
        with successor.lock(lock("bob")) if taken else nullcontext():
            with pytest.raises(StateError, match="closed by another run"):
                journal.append(entry(PAGE))
            with pytest.raises(StateError, match=r"The lock of .* was lost"):
                zombie.write(stored, previous_serial=1)
            found = successor.read()
    assert found is not None
    assert (found.serial, set(found.sessions)) == (1, {HALL})


def test_a_renewal_revives_no_lock_that_was_taken_over() -> None:
    """A beat of a run that was taken over is a conflict, and leaves the other's lease as it is."""
    schema = new_schema()
    first, second = (kept_in(schema) for _ in range(2))
    client = PostgresClient(near())
    with first.lock(lock("alice")):
        end_leases(schema)
        first._lease.renew(client, 1)
        with pytest.raises(StateLockedError), second.lock(lock("bob")):
            pytest.fail("the lease was renewed")
        end_leases(schema)
        with second.lock(lock("bob")):
            with pytest.raises(StateConflictError):
                first._lease.renew(client, 1)
            assert first._fence == 1
            assert second._fence == 2


def test_a_take_over_waits_for_what_is_under_way() -> None:
    """A group of entries that is being committed while its lock is taken over is seen by the run that takes it."""
    schema = new_schema()
    zombie, successor = (kept_in(schema) for _ in range(2))
    with zombie.lock(lock("alice")):
        zombie.write(snapshot(sessions={}), previous_serial=None)
        with psycopg.connect(server().by_socket(), autocommit=False) as slow:
            known = {
                "name": "campus",
                "fence": 1,
                "serial": 1,
                "number": 0,
                "content": encode_entry("line", 1, entry(PAGE)),
            }
            done = slow.execute(Tables(schema).append, known).rowcount
            assert done == 1
            ending = threading.Thread(target=end_leases, args=(schema,))  # it waits for the same row
            ending.start()
            threading.Timer(0.5, slow.commit).start()
            ending.join()
            with successor.lock(lock("bob")):
                found = successor.read()
    assert found is not None
    assert set(found.sessions) == {PAGE}


# Connections that end.


class Cut(PostgresClient):
    """A client whose connection ends at a transaction: before the server has done it, or after."""

    def __init__(self, url: str, *, after: bool, patience: float = 5) -> None:
        super().__init__(parsed(Secret(url), {}), patience=patience)
        self.after = after
        self.cutting: dict[str, int] = {}

    def run(self, what: str, work: Callable[[Cursor, bool], Any], **more: Any) -> Any:  # noqa: ANN401 -- the client's
        def cut(cursor: Cursor, again: bool) -> Any:  # noqa: ANN401, FBT001 -- the client's contract
            if not self.cutting.get(what) or not self.after:
                self._end(cursor, what)
            result = work(cursor, again)
            if more.get("alone") and self.after:
                self._end(cursor, what)
            return result

        if self.after and not more.get("alone") and self.cutting.get(what):
            self.cutting[what] -= 1
            super().run(what, work, **more)  # it is done, and then no answer comes
            return super().run(what, lambda cursor, _: work(cursor, True), **more)
        return super().run(what, cut, **more)

    def _end(self, cursor: Cursor, what: str) -> None:
        """The server ends the connection, as an administrator or a crash does."""
        if self.cutting.get(what):
            self.cutting[what] -= 1
            process = cursor.connection.info.backend_pid
            server().execute(f"SELECT pg_terminate_backend({process}, 5000)")


@pytest.mark.parametrize("after", [pytest.param(True, id="it was done"), pytest.param(False, id="it was not done")])
@pytest.mark.parametrize("what", ["locked", "written", "journaled"])
def test_an_unclear_transaction_is_resolved(what: str, after: bool) -> None:  # noqa: FBT001 -- a parameter of pytest
    """Where the connection ends before the answer, the transaction counts once: for lock, state and journal."""
    schema = new_schema()
    client = Cut(server().url(), after=after)
    backend = PostgresBackend(client, schema, "campus", str)
    backend.prove()
    client.cutting = {what: 2}
    with backend.lock(lock("alice")):
        stored = backend.write(snapshot(), previous_serial=None)
        journal = backend.journal("line", 1)
        journal.append(entry(PAGE))
        journal.append(entry(HALL, gone=True))
        assert backend.read() == snapshot(serial=1, sessions={PAGE: session(PAGE)}, fence=stored.fence)
        stored = backend.write(snapshot(serial=1, sessions={}), previous_serial=1)
    assert client.cutting[what] == 0
    assert stored.fence == 1
    found = kept_in(schema).read()
    assert found == stored
    assert found.serial == 2


def test_a_connection_that_stays_away(place: Place, tmp_path: Path) -> None:
    """Where the server does not come back, the journal takes no more, and what it had acknowledged is there."""
    schema = schema_of(place.backend)
    gate = Bouncer(server())
    client = PostgresClient(parsed(Secret(server().url(port=gate.port)), {}), patience=0.5)
    backend = PostgresBackend(client, schema, "campus", in_postgres(tmp_path, server().url(), schema)._rescue)
    with backend.lock(lock("alice")):
        backend.write(snapshot(sessions={}), previous_serial=None)
        journal = backend.journal("line", 1)
        journal.append(entry(PAGE))
        gate.close()
        with pytest.raises(StateError, match="No more calls are made"):
            journal.append(entry(HALL))
        with pytest.raises(StateError, match="No more calls are made"):
            journal.append(entry(HALL))
        with pytest.raises(StateError, match="no connection"):
            backend.write(snapshot(), previous_serial=1)
        assert Path(backend.rescue(snapshot())).exists()
    found = place.again().read()
    assert found is not None
    assert set(found.sessions) == {PAGE}


class Lingering(PostgresClient):
    """A client whose connection ends while the server goes on: the commit comes half a second later."""

    lingering = ""

    def run(self, what: str, work: Callable[[Cursor, bool], Any], **more: Any) -> Any:  # noqa: ANN401 -- the client's
        if what != self.lingering:
            return super().run(what, work, **more)
        self.lingering = ""
        slow = psycopg.connect(server().by_socket(), autocommit=False)
        work(slow.cursor(binary=True), False)
        finishing = threading.Timer(0.5, slow.commit)
        finishing.start()

        def repeated(cursor: Cursor, _again: bool) -> Any:  # noqa: ANN401, FBT001 -- the client's contract
            return work(cursor, True)

        try:
            return super().run(what, repeated, **more)
        finally:
            finishing.join()
            slow.close()


def test_what_is_under_way_is_waited_for() -> None:
    """A repeat that comes while the first attempt is still being committed waits, and finds that it was done."""
    client = Lingering(near())
    backend = PostgresBackend(client, new_schema(), "campus", str)
    backend.prove()
    with backend.lock(lock("alice")):
        for serial, what in ((None, "written"), (1, "written")):
            client.lingering = what
            stored = backend.write(snapshot(serial=serial or 0), previous_serial=serial)
            assert backend.read() == stored
        journal = backend.journal("line", 2)
        for number, address in enumerate((HALL, PAGE)):
            client.lingering = "journaled"
            journal.append(entry(address, sid=f"late-{number}"))
    found = kept_in(schema_of(backend)).read()
    assert found is not None
    assert {one.sid for one in found.sessions.values()} == {"late-0", "late-1"}
    assert [one.serial for one in backend.history()] == [1]


def test_two_writers_on_the_same_number(place: Place) -> None:
    """The number behind the last group of entries is free for one writer only."""
    place.backend.write(snapshot(sessions={}), previous_serial=None)
    first, second = (place.again().journal("line", 1) for _ in range(2))
    first.append(entry(PAGE))
    with pytest.raises(StateError, match="closed by another run"):
        second.append(entry(HALL))


# Crashes.


class CrashError(BaseException):
    """The process is gone."""


class Mortal(PostgresClient):
    """A client that dies at a transaction, before or after it is done."""

    def __init__(self, *, dies_at: int | None, after: bool) -> None:
        super().__init__(near(), patience=0)
        self.count = 0
        self.dies_at = dies_at
        self.after = after

    def run(self, what: str, work: Callable[[Cursor, bool], Any], **more: Any) -> Any:  # noqa: ANN401 -- the client's
        self.count += 1
        if self.dies_at is None or self.count < self.dies_at:
            return super().run(what, work, **more)
        if self.after and self.count == self.dies_at:
            super().run(what, work, **more)
        raise CrashError


def _run(backend: PostgresBackend, told: list[Address]) -> None:
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
        backend.write(snapshot(serial=held.serial, sessions=known, fence=held.fence), previous_serial=held.serial)


@pytest.mark.parametrize("after", [pytest.param(False, id="before it"), pytest.param(True, id="after it")])
def test_a_crash_at_every_transaction(after: bool) -> None:  # noqa: FBT001 -- a parameter of pytest
    """Killed at any transaction, a run loses nothing it was told to be durable, and the next one completes."""
    whole = Mortal(dies_at=None, after=after)
    schema = new_schema()
    kept_in(schema, "first").prove()
    _run(PostgresBackend(whole, schema, "whole", str), [])
    assert whole.count > 10
    for dies_at in range(1, whole.count + 1):
        name = f"crash-{dies_at}"
        told: list[Address] = []
        with pytest.raises(CrashError):
            _run(PostgresBackend(Mortal(dies_at=dies_at, after=after), schema, name, str), told)
        again = kept_in(schema, name)
        found = again.read()
        assert set(told) <= set(found.sessions if found is not None else ()), name
        server().execute(f"UPDATE {schema}.leases SET expires_at = now() - interval '1 hour'", dbname="takeup")
        _run(again, [])
        after_all = again.read()
        assert after_all is not None
        assert set(after_all.sessions) == {HALL, PAGE}, name
        assert again.leftovers() == ()


def test_errors_keep_their_kinds(place: Place) -> None:
    """A taken key is a conflict and a lost connection is unclear, for the rules above to tell them apart."""
    place.backend.write(snapshot(), previous_serial=None)
    client = PostgresClient(parsed(Secret(server().url()), {}), patience=0)
    schema = schema_of(place.backend)

    def twice(cursor: Cursor, _again: bool) -> None:  # noqa: FBT001 -- the client's contract
        cursor.execute(f"INSERT INTO {schema}.layout VALUES (1)".encode())

    def ended(cursor: Cursor, _again: bool) -> None:  # noqa: FBT001 -- the client's contract
        cursor.execute(b"SELECT pg_terminate_backend(pg_backend_pid())")

    with pytest.raises(StateConflictError, match="holds something else"):
        client.run("written", twice)
    with pytest.raises(StateUnclearError, match="may not have been written"):
        client.run("written", ended)
    with pytest.raises(StateError, match="no connection"):
        client.run("read", ended, writes=False)
