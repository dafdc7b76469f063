"""What is PostgreSQL's own: roles, tables, replicas, and what a server forgets."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from tests.postgres_server import Bouncer, PostgresServer, new_schema, server
from tests.unit.backends.places import Place
from tests.unit.backends.postgres_places import in_postgres, name_in, near, postgres, role, schema_of, writer
from tests.unit.backends.samples import HALL, PAGE, entry, lock, session, snapshot

from takeup.backends.postgres import PostgresBackend
from takeup.backends.postgres_client import PostgresClient, parsed
from takeup.backends.postgres_layout import make_tables
from takeup.backends.postgres_tables import Tables
from takeup.core.secret import Secret
from takeup.errors import StateError, StateLockedError


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Place]:
    """A schema of its own."""
    with postgres(tmp_path) as made:
        yield made


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


def test_the_tables_are_documented() -> None:
    """Each table has a row in the reference, with its columns in their order."""
    page = (Path(__file__).parents[3] / "docs/reference/formats.md").read_text("utf-8")
    made = new_schema()
    make_tables(PostgresClient(near()), Tables(made))
    columns = server().execute(
        "SELECT table_name, string_agg('`' || column_name || '`', ', ' ORDER BY ordinal_position)"
        f" FROM information_schema.columns WHERE table_schema = '{made}' GROUP BY 1",
        dbname="takeup",
    )
    assert len(columns) == 5
    assert [name for name, those in columns if f"| `{name}` | {those} |" not in page] == []


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
    user = writer(schema_of(place.backend))
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
