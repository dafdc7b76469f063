"""What is PostgreSQL's own: roles, replicas, lost connections, what a server forgets, and what nobody may read."""

import os
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from tests.postgres_server import PASSWORD, Bouncer, new_schema, server
from tests.unit.backends.places import Place, in_postgres, postgres
from tests.unit.backends.samples import HALL, PAGE, entry, lock, session, snapshot

from takeup.backends.postgres import PostgresBackend
from takeup.backends.postgres_access import PostgresAccess, access_of
from takeup.backends.postgres_client import Cursor, PostgresClient, parsed
from takeup.core.address import Address
from takeup.core.secret import Secret
from takeup.errors import StateConflictError, StateError, StateLockedError, StateUnclearError

ROLE_PASSWORD = "canary-role-password"


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Place]:
    """A schema of its own."""
    with postgres(tmp_path) as made:
        yield made


def role(*grants: str) -> str:
    """The connection string of a new role that may do no more than this."""
    name = new_schema()
    server().execute(f"CREATE ROLE {name} LOGIN PASSWORD '{ROLE_PASSWORD}'")
    for grant in grants:
        server().execute(f"{grant} TO {name}", dbname="takeup")
    return server().url(user=name, password=ROLE_PASSWORD)


def name_in(url: str) -> str:
    return url.partition("//")[2].partition(":")[0]


def near() -> PostgresAccess:
    """By the socket, without a password: many connections in little time."""
    return parsed(Secret(f"host={server().folder} port={server().port} user=postgres dbname=takeup"), {})


def schema_of(backend: object) -> str:
    assert isinstance(backend, PostgresBackend)
    return backend._tables.schema


# Roles.


def test_a_role_that_may_only_read(place: Place, tmp_path: Path) -> None:
    """With SELECT alone a run reads state, journal and history; it is refused a lock and a write in a sentence."""
    held = place.backend.write(snapshot(), previous_serial=None)
    held = place.backend.write(held, previous_serial=1)
    place.backend.journal("line", 2).append(entry(PAGE))
    schema = schema_of(place.backend)
    url = role(f"GRANT USAGE ON SCHEMA {schema}", f"GRANT SELECT ON ALL TABLES IN SCHEMA {schema}")
    reader = in_postgres(tmp_path, url, schema)
    seen = reader.read()
    assert seen is not None
    assert set(seen.sessions) == {HALL, PAGE}
    assert [one.serial for one in reader.history()] == [1]
    assert reader.leftovers() == ()
    with pytest.raises(StateError, match=r"could not be locked: this role may not \(permission denied"):
        reader.lock(lock("bob")).__enter__()
    with pytest.raises(StateError, match="could not be written: this role may not"):
        reader.write(seen, previous_serial=2)
    assert place.again().read() == seen


def test_a_role_that_may_read_finds_no_tables(tmp_path: Path) -> None:
    """Where there are no tables yet, a role that may make none reads that there is no state."""
    reader = in_postgres(tmp_path, role(), new_schema())
    assert reader.read() is None
    assert reader.history() == ()
    with pytest.raises(StateError, match="is not locked"):
        reader.unlock("alice-1")


def test_a_role_that_may_not_make_the_tables(tmp_path: Path) -> None:
    """The refusal holds the statements for somebody who may; once they were run, the same role writes."""
    schema, url = new_schema(), role()
    user = name_in(url)
    backend = in_postgres(tmp_path, url, schema)
    with pytest.raises(StateError, match="this role may not make them") as caught:
        backend.lock(lock()).__enter__()
    statements = caught.value.hint.partition("\n")[2].replace("TO ROLE", f"TO {user}")
    assert "CREATE SCHEMA" in statements
    server().execute(statements, dbname="takeup")
    with backend.lock(lock()):
        stored = backend.write(snapshot(), previous_serial=None)
        backend.journal("line", 1).append(entry(PAGE))
    with backend.lock(lock()):
        backend.fold()
        assert backend.history()[0].serial == stored.serial


def test_a_role_that_may_not_see_the_schema(place: Place, tmp_path: Path) -> None:
    """A state that this role may not see is no missing state: it is told, and nothing is planned on it."""
    place.backend.write(snapshot(), previous_serial=None)
    stranger = in_postgres(tmp_path, role(), schema_of(place.backend))
    with pytest.raises(StateError, match="could not be read: this role may not"):
        stranger.read()


# What is there.


def test_tables_of_a_newer_takeup(place: Place) -> None:
    """Tables of a newer version are neither read nor written, whatever has become of the ones that are known here."""
    place.backend.write(snapshot(), previous_serial=None)
    schema = schema_of(place.backend)
    server().execute(f"INSERT INTO {schema}.layout VALUES (2); DROP TABLE {schema}.states", dbname="takeup")
    for use in (place.again().read, lambda: place.again().lock(lock()).__enter__()):
        with pytest.raises(StateError, match="have version 2, and this takeup knows version 1"):
            use()


def test_a_lost_table_is_no_missing_state(place: Place) -> None:
    """Where one of the tables is gone, nothing is read as if there had never been a state."""
    place.backend.write(snapshot(), previous_serial=None)
    server().execute(f"DROP TABLE {schema_of(place.backend)}.journal", dbname="takeup")
    with pytest.raises(StateError, match="a table is missing"):
        place.again().read()


def test_two_runs_make_the_tables_at_once(tmp_path: Path) -> None:
    """Eight first runs at once all find the tables made, and no one fails on another's."""
    schema = new_schema()
    backends = [in_postgres(tmp_path, server().url(), schema) for _ in range(8)]
    failures: list[BaseException] = []

    def prove(backend: PostgresBackend) -> None:
        try:
            backend.prove()
        except StateError as error:
            failures.append(error)

    threads = [threading.Thread(target=prove, args=(backend,)) for backend in backends]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    assert server().execute(f"SELECT count(*) FROM {schema}.leases", dbname="takeup") == [(0,)]


def test_two_states_in_one_schema(place: Place, tmp_path: Path) -> None:
    """States of two names know nothing of each other."""
    place.backend.write(snapshot(), previous_serial=None)
    client = PostgresClient(parsed(Secret(server().url()), {}))
    other = PostgresBackend(client, schema_of(place.backend), "other", str)
    assert other.read() is None
    with place.backend.lock(lock("alice")), other.lock(lock("bob")):
        other.write(snapshot(lineage="other"), previous_serial=None)
    assert place.again().read() == snapshot(serial=1)
    assert tmp_path.exists()


def test_what_folding_left_is_swept(place: Place) -> None:
    """A journal row of an older serial is a leftover, and sweeping removes it."""
    backend = place.backend
    held = backend.write(snapshot(), previous_serial=None)
    backend.write(held, previous_serial=1)
    place.plant_journal(b"whatever")
    (left,) = backend.leftovers()
    assert "0000000001/0000000000" in left
    backend.sweep()
    assert backend.leftovers() == ()


def test_an_unreadable_lock_is_removed_by_force_alone(place: Place) -> None:
    """A record that cannot be read is told, and `--force` removes it."""
    place.plant_lock(b"{")
    with pytest.raises(StateError, match="truncated"):
        place.backend.unlock("alice-1")
    assert place.backend.unlock("alice-1", force=True) is None
    with place.backend.lock(lock("bob")):
        pass


def test_unlocking_what_has_ended_and_what_has_not(place: Place) -> None:
    """The lock of a run that is alive stays; one that has ended is removed by its ID, and only by it."""
    schema = schema_of(place.backend)
    other = place.again()
    with place.backend.lock(lock("alice")):
        with pytest.raises(StateLockedError, match="which is alive"):
            other.unlock("alice-1", force=True)
        server().execute(f"UPDATE {schema}.leases SET expires_at = now() - interval '1 hour'", dbname="takeup")
        with pytest.raises(StateError, match="not locked by bob-1 but by alice"):
            other.unlock("bob-1")
        removed = other.unlock("alice-1")
        assert removed is not None
        assert removed.holder == "alice"
        with pytest.raises(StateError, match="was lost"):
            place.backend.write(snapshot(), previous_serial=None)


# What the server promises.


def test_a_commit_is_durable_whatever_the_default(place: Place) -> None:
    """State, journal and lease are written with synchronous_commit=on where the server's default is off; more stays."""
    place.backend.prove()
    schema = schema_of(place.backend)
    server().execute(
        f"""
        CREATE TABLE {schema}.seen (what text);
        CREATE FUNCTION {schema}.note() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
          INSERT INTO {schema}.seen VALUES (TG_TABLE_NAME || ' ' || current_setting('synchronous_commit')); RETURN NEW;
        END $$;
        CREATE TRIGGER note AFTER INSERT OR UPDATE ON {schema}.states FOR EACH ROW EXECUTE FUNCTION {schema}.note();
        CREATE TRIGGER note AFTER INSERT OR UPDATE ON {schema}.leases FOR EACH ROW EXECUTE FUNCTION {schema}.note();
        CREATE TRIGGER note AFTER INSERT OR UPDATE ON {schema}.journal FOR EACH ROW EXECUTE FUNCTION {schema}.note();
        """,
        dbname="takeup",
    )
    for default, effective in (("off", "on"), ("local", "on"), ("remote_apply", "remote_apply")):
        client = PostgresClient(parsed(Secret(server().url()), {"PGOPTIONS": ""}))
        client.access.parameters["options"] = f"-c synchronous_commit={default}"  # type: ignore[index]  # a dict
        backend = PostgresBackend(client, schema, default, str)
        with backend.lock(lock()):
            stored = backend.write(snapshot(), previous_serial=None)
            backend.journal("line", stored.serial).append(entry(PAGE))
        seen = {row[0] for row in server().execute(f"DELETE FROM {schema}.seen RETURNING what", dbname="takeup")}
        assert seen == {f"{table} {effective}" for table in ("states", "leases", "journal")}


@contextmanager
def own_server(*settings: str) -> Iterator[Any]:
    from tests.postgres_server import PostgresServer  # noqa: PLC0415 - few tests need one more

    made = PostgresServer()
    try:
        made.start(*settings)
        made.execute("CREATE DATABASE takeup")
        yield made
    finally:
        made.close()


def test_a_server_that_may_forget_is_told(tmp_path: Path) -> None:
    """fsync=off and full_page_writes=off are told at each lock, for a power cut there loses what was acknowledged."""
    with own_server("fsync=off", "full_page_writes=off") as careless:
        backend = in_postgres(tmp_path, careless.url(), "takeup")
        with backend.lock(lock()):
            pass
    assert [name in note for name, note in zip(("fsync", "full_page_writes"), backend.notes(), strict=True)] == [
        True,
        True,
    ]


@pytest.mark.parametrize(
    "setting",
    [
        pytest.param("default_transaction_isolation=serializable", id="every transaction is serializable"),
        pytest.param("default_transaction_isolation=repeatable read", id="every transaction is repeatable read"),
    ],
)
def test_a_stricter_isolation_changes_nothing(place: Place, setting: str, tmp_path: Path) -> None:
    """Where a server begins stricter transactions, conflicts are resolved, and no increment is lost."""
    place.backend.write(snapshot(sessions={HALL: session(evidence="0")}), previous_serial=None)
    name, _, value = setting.partition("=")
    user = role(
        f"GRANT USAGE ON SCHEMA {schema_of(place.backend)}",
        f"GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA {schema_of(place.backend)}",
    )
    server().execute(f"ALTER ROLE {name_in(user)} SET {name} = '{value}'")

    def write(_: int) -> None:
        backend = in_postgres(tmp_path, user, schema_of(place.backend))
        done = 0
        while done < 5:
            try:
                with backend.lock(lock()):
                    held = backend.read()
                    assert held is not None
                    count = int(held.sessions[HALL].evidence) + 1
                    changed = snapshot(serial=held.serial, sessions={HALL: session(evidence=str(count))})
                    backend.write(changed, previous_serial=held.serial)
                    done += 1
            except StateLockedError:
                continue

    threads = [threading.Thread(target=write, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    after = place.again().read()
    assert after is not None
    assert after.sessions[HALL].evidence == "20"


def test_a_standby_takes_no_lock(tmp_path: Path) -> None:
    """A read replica is refused for locking and writing in a sentence, before and after tables, and still read from."""
    with own_server() as made:
        in_postgres(tmp_path, made.url(), "takeup").write(snapshot(), previous_serial=None)
        made.stop()
        (made.data / "standby.signal").touch()
        made.start()
        standby = in_postgres(tmp_path, made.url(), "takeup")
        with pytest.raises(StateError, match="read replica takes no writes") as caught:
            standby.lock(lock()).__enter__()
        assert "primary" in caught.value.hint
        with pytest.raises(StateError, match="read replica"):
            standby.prove()
        with pytest.raises(StateError, match="this server takes no writes"):
            standby.write(snapshot(), previous_serial=1)
        with pytest.raises(StateError, match="this server takes no writes"):
            in_postgres(tmp_path, made.url(), "other").lock(lock()).__enter__()
        assert standby.read() == snapshot(serial=1)


def test_a_pooler_by_statement_is_refused(tmp_path: Path) -> None:
    """Behind a pooler that tears transactions apart, the first run writes nothing and is told why."""
    torn = Bouncer(server(), mode="statement")
    try:
        client = PostgresClient(parsed(Secret(server().url(port=torn.port)), {}), patience=0)
        backend = PostgresBackend(client, new_schema(), "campus", str)
        with pytest.raises(StateError, match="statement pooling"):
            backend.lock(lock()).__enter__()
    finally:
        torn.close()
    assert tmp_path.exists()


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
    found = PostgresBackend(PostgresClient(parsed(Secret(server().url()), {})), schema, "campus", str).read()
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


def test_what_is_under_way_is_waited_for(place: Place) -> None:
    """A repeat that comes while the first attempt is still being committed waits, and finds that it was done."""
    place.backend.write(snapshot(sessions={}), previous_serial=None)
    schema = schema_of(place.backend)
    backend = place.again()
    backend.read()
    journal = backend.journal("line", 1)
    import psycopg  # noqa: PLC0415 - the server process that still works on it

    with psycopg.connect(server().url(), autocommit=False) as slow:
        from takeup.backends.format import encode_entry  # noqa: PLC0415 - the bytes of the first attempt

        line = encode_entry("line", 1, entry(PAGE))
        slow.execute(f"INSERT INTO {schema}.journal VALUES ('campus', 1, 0, %s)".encode(), (line,))
        threading.Timer(0.5, slow.commit).start()
        with pytest.raises(StateError, match="closed by another run"):  # nobody knows that it was this run's
            journal.append(entry(PAGE))
    found = place.again().read()
    assert found is not None
    assert set(found.sessions) == {PAGE}


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
    PostgresBackend(PostgresClient(near()), schema, "first", str).prove()
    _run(PostgresBackend(whole, schema, "whole", str), [])
    assert whole.count > 10
    for dies_at in range(1, whole.count + 1):
        name = f"crash-{dies_at}"
        told: list[Address] = []
        with pytest.raises(CrashError):
            _run(PostgresBackend(Mortal(dies_at=dies_at, after=after), schema, name, str), told)
        again = PostgresBackend(PostgresClient(near()), schema, name, str)
        found = again.read()
        assert set(told) <= set(found.sessions if found is not None else ()), name
        server().execute(f"UPDATE {schema}.leases SET expires_at = now() - interval '1 hour'", dbname="takeup")
        _run(again, [])
        after_all = again.read()
        assert after_all is not None
        assert set(after_all.sessions) == {HALL, PAGE}, name
        assert again.leftovers() == ()


# The way there.


@pytest.mark.parametrize(
    ("given", "env", "sslmode", "near"),
    [
        pytest.param({}, {}, None, True, id="nothing: the socket of this machine"),
        pytest.param({"host": "/run/postgresql"}, {}, None, True, id="a socket"),
        pytest.param({"host": "localhost"}, {}, None, True, id="loopback by name"),
        pytest.param({"host": "::1"}, {"PGSSLMODE": "disable"}, None, True, id="loopback in plain text"),
        pytest.param({"host": "db.example.org"}, {}, "require", False, id="a host: encrypted unless told more"),
        pytest.param({}, {"PGHOST": "db.example.org"}, "require", False, id="a host of the environment"),
        pytest.param({"host": "db", "sslmode": "verify-full"}, {}, "verify-full", False, id="a verified host"),
        pytest.param({"host": "db"}, {"PGSSLMODE": "verify-ca"}, None, False, id="verified by the environment"),
        pytest.param({"host": "localhost", "hostaddr": "192.0.2.7"}, {}, "require", False, id="an address that counts"),
        pytest.param({"host": "db", "hostaddr": "127.0.0.1"}, {}, None, True, id="a tunnel that ends here"),
        pytest.param({"host": "localhost,db"}, {}, "require", False, id="two hosts, one of them elsewhere"),
        pytest.param({"service": "campus", "sslmode": "disable"}, {}, "disable", False, id="a service that says so"),
    ],
)
def test_the_way_there_is_encrypted(
    given: dict[str, str],
    env: dict[str, str],
    sslmode: str | None,
    near: bool,  # noqa: FBT001 -- a parameter of pytest
) -> None:
    """Whoever is not on this machine is spoken to encrypted, although libpq's own default would do without."""
    access = access_of(given, env)
    assert (access.parameters.get("sslmode"), access.near) == (sslmode, near)


@pytest.mark.parametrize(
    ("given", "env", "problem"),
    [
        pytest.param({"host": "db", "sslmode": "prefer"}, {}, "over the network to postgresql://db/", id="prefer"),
        pytest.param({"host": "db"}, {"PGSSLMODE": "allow"}, "sslmode=allow would send", id="by the environment"),
        pytest.param({"host": "/run,192.0.2.7", "sslmode": "disable"}, {}, "readably over", id="one host of two"),
        pytest.param({"service": "campus"}, {}, "does not say whether it is encrypted", id="a service"),
        pytest.param({}, {"PGSERVICE": "campus"}, "does not say whether", id="a service by environment"),
    ],
)
def test_plain_text_over_a_network_is_refused(given: dict[str, str], env: dict[str, str], problem: str) -> None:
    """A connection that others could read is refused before it is made, and what to write instead is told."""
    with pytest.raises(StateError, match=problem) as caught:
        access_of(given, env)
    assert "sslmode=verify-full" in caught.value.hint


def test_a_service_that_leads_elsewhere_in_plain_text(monkeypatch: pytest.MonkeyPatch) -> None:
    """A connection that turns out to be readable is closed before anything is sent."""
    monkeypatch.setattr("takeup.backends.postgres_client.on_this_machine", lambda _: False)
    client = PostgresClient(parsed(Secret(server().url()), {}))
    with pytest.raises(StateError, match="is not encrypted"):
        PostgresBackend(client, new_schema(), "campus", str).read()
    assert client._kept is None


CANARY = "canary-conninfo-4711"


@pytest.mark.parametrize(
    "connection",
    [
        pytest.param(f"host=127.0.0.1 password={CANARY} nonsense", id="no key and no value"),
        pytest.param(f"postgresql://u:{CANARY}%zz@127.0.0.1/db", id="a wrong escape"),
        pytest.param(f"host=127.0.0.1 port=1 user=u password={CANARY}", id="nobody there"),
        pytest.param(f"postgresql://u:{CANARY}@127.0.0.1:nan/db", id="no port"),
        pytest.param(f"postgresql://u:{CANARY}@127.0.0.1:{{port}}/takeup", id="a wrong password"),
        pytest.param(f"{CANARY}", id="a password alone"),
        pytest.param(f"postgresql://u:{CANARY}@db.example.org/db?sslmode=disable", id="in plain text"),
    ],
)
def test_no_password_is_told(connection: str) -> None:
    """Whatever is wrong with a connection string, no part of it that may be a password is in message, hint or repr."""
    text = connection.replace("{port}", str(server().port))
    with pytest.raises(StateError) as caught:
        PostgresBackend(PostgresClient(parsed(Secret(text), dict(os.environ))), "takeup", "campus", str).read()
    error: BaseException | None = caught.value
    while error is not None:
        assert CANARY not in f"{error} {error!r} {vars(error)}"
        error = error.__cause__


def test_nothing_prints_the_password() -> None:
    """Neither the access nor the client nor the backend shows it; host and database are shown."""
    access = parsed(Secret(server().url()), {})
    backend = PostgresBackend(PostgresClient(access), "takeup", "campus", str)
    shown = f"{access} {access!r} {backend.describe()} {vars(backend)}"
    assert PASSWORD not in shown
    assert f"postgresql://127.0.0.1:{server().port}/takeup (takeup, campus)" == backend.describe()
    assert access.conceal(f"FATAL:  no entry for {PASSWORD}\n") == "no entry for (sensitive)"


def test_names_that_need_quoting(tmp_path: Path) -> None:
    """A schema and a name with signs that mean something to SQL and to placeholders are names like any other."""
    client = PostgresClient(parsed(Secret(server().url()), {}))
    backend = PostgresBackend(client, f'{new_schema()} "%s" %(name)s', "it's; --", str)
    with backend.lock(lock()):
        stored = backend.write(snapshot(), previous_serial=None)
        backend.journal("line", 1).append(entry(PAGE))
    assert backend.read() is not None
    assert stored.serial == 1
    assert tmp_path.exists()


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
