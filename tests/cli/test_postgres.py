"""`backend: postgres`, from the project file to the server and back, with whole commands."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from tests.cli.test_bad_moments import apply_in
from tests.postgres_server import DATABASE, PASSWORD, PostgresServer, bouncer, new_schema, server
from tests.unit.backends.samples import lock

from takeup.backends.postgres import PostgresBackend
from takeup.backends.postgres_client import PostgresClient, parsed
from takeup.core.secret import Secret

if TYPE_CHECKING:
    from tests.cli.conftest import Project

HALL = "CompositeRecording.hall"


def keep_in(project: "Project", url: str, schema: str) -> None:
    """Write the state of this project into takeup.yaml, and its connection into the environment."""
    project.add(f"  state: {{backend: postgres, connection: {{fromEnv: DATABASE_URL}}, schemaName: {schema}}}")
    project.env["DATABASE_URL"] = url


@pytest.fixture
def schema(project: "Project") -> str:
    """A project that keeps its state in a schema of its own."""
    made = new_schema()
    keep_in(project, server().url(), made)
    return made


@pytest.fixture
def own(project: "Project") -> Iterator[PostgresServer]:
    """A server that only this test uses, and may end."""
    made = PostgresServer()
    try:
        made.start()
        made.execute(f"CREATE DATABASE {DATABASE}")
        keep_in(project, made.url(), "takeup")
        yield made
    finally:
        made.close()


def stored(schema: str, of: PostgresServer | None = None) -> dict[str, object]:
    """The document in the table."""
    rows = (of or server()).execute(f"SELECT content FROM {schema}.states WHERE name = 'campus'", dbname=DATABASE)
    return dict(json.loads(bytes(rows[0][0]))["resources"])


def role(*grants: str) -> str:
    """The connection string of a new role that may do no more than this."""
    name = new_schema()
    server().execute(f"CREATE ROLE {name} LOGIN PASSWORD 'canary-role'")
    for grant in grants:
        server().execute(f"{grant} TO {name}", dbname=DATABASE)
    return server().url(user=name, password="canary-role")


def test_a_recording_from_beginning_to_end(project: "Project", schema: str) -> None:
    """Apply, plan, list, history, restore and destroy work with a state in tables, and nothing of it is kept here."""
    planned = project.run("plan", "--detailed-exitcode")
    assert planned.returncode == 2, planned.stderr
    project.apply()
    assert HALL in stored(schema)
    assert "No changes" in project.run("plan").stdout
    assert project.run("state", "list").stdout == f"{HALL}\n"
    assert project.run("state", "rm", HALL).returncode == 0
    rows = json.loads(project.run("state", "history", "--format", "json").stdout)
    assert project.run("state", "restore", str(rows[1]["serial"])).returncode == 0
    assert project.run("state", "list").stdout == f"{HALL}\n"
    assert "nothing is wrong" in project.run("state", "fsck").stdout
    assert "is not locked" in project.run("state", "unlock", "alice-1").stderr
    assert project.run("destroy", "--auto-approve").returncode == 0
    assert project.world.sessions() == []
    assert stored(schema) == {}
    assert not (project.root / "state").exists()
    assert project.seen.count("start") == 1


def test_behind_a_transaction_pooler(project: "Project") -> None:
    """The same behind pgbouncer, where each transaction may have another connection of the server."""
    keep_in(project, server().url(port=bouncer().port), new_schema())
    project.apply()
    assert "No changes" in project.run("plan").stdout
    assert project.run("destroy", "--auto-approve").returncode == 0
    assert project.world.sessions() == []


def test_the_environment_of_libpq_is_enough(project: "Project") -> None:
    """Without a connection string the variables that psql reads say where the server is."""
    project.add(f"  state: {{backend: postgres, schemaName: {new_schema()}, name: prod}}")
    project.env |= {"PGHOST": "127.0.0.1", "PGPORT": str(server().port), "PGUSER": "postgres"}
    project.env |= {"PGDATABASE": DATABASE, "PGPASSWORD": PASSWORD}
    project.apply()
    assert project.run("state", "list").stdout == f"{HALL}\n"


def test_moving_there_and_back(project: "Project") -> None:
    """A local state is copied to tables and verified, then back into another file; no plan finds a change."""
    plain = (project.root / "takeup.yaml").read_text("utf-8")
    project.apply()
    here = (project.root / "state/default.json").read_bytes()
    keep_in(project, server().url(), new_schema())
    (project.root / "takeup.yaml").rename(project.root / "new.yaml")
    (project.root / "takeup.yaml").write_text(plain, "utf-8")
    done = project.run("state", "migrate", "--to", "new.yaml")
    assert done.returncode == 0, done.stderr
    assert "verified" in done.stdout
    assert "holds a state already" in project.run("state", "migrate", "--to", "new.yaml").stderr
    (project.root / "new.yaml").rename(project.root / "takeup.yaml")
    assert "No changes" in project.run("plan").stdout
    (project.root / "back.yaml").write_text(f"{plain}  state: {{path: state/back.json}}\n", "utf-8")
    back = project.run("state", "migrate", "--to", "back.yaml")
    assert back.returncode == 0, back.stderr
    (project.root / "back.yaml").rename(project.root / "takeup.yaml")
    assert "No changes" in project.run("plan").stdout
    assert (project.root / "state/default.json").read_bytes() == here
    assert project.seen.count("start") == 1


def test_a_plan_needs_a_role_that_reads(project: "Project", schema: str) -> None:
    """With SELECT alone plan, drift and the commands that look work; apply is refused before a call."""
    project.apply()
    rows = f"SELECT s.xmin, l.xmin, s.*, l.* FROM {schema}.states s, {schema}.leases l"
    before = server().execute(rows, dbname=DATABASE)
    grants = (f"GRANT USAGE ON SCHEMA {schema}", f"GRANT SELECT ON ALL TABLES IN SCHEMA {schema}")
    project.env["DATABASE_URL"] = role(*grants)
    project.seen.clear()
    for command in (["plan"], ["drift"], ["show"], ["state", "list"], ["state", "history"], ["state", "why", HALL]):
        done = project.run(*command)
        assert done.returncode == 0, done.stderr
        assert "canary" not in done.stdout + done.stderr
    refused = project.run("apply", "--auto-approve")
    assert refused.returncode == 1
    assert "this role may not" in refused.stderr
    assert set(project.seen) == {"query"}
    assert server().execute(rows, dbname=DATABASE) == before


@pytest.mark.parametrize(
    ("url", "problem", "hint"),
    [
        pytest.param("postgresql://u:canary-x@127.0.0.1:1/db", "Connection refused", "that the server runs", id="down"),
        pytest.param("postgresql://postgres:canary-x@127.0.0.1:{port}/takeup", "password authentication failed",
                     "Check user and password", id="a wrong password"),
        pytest.param("postgresql://postgres:{password}@127.0.0.1:{port}/nowhere", '"nowhere" does not exist',
                     "Create it", id="no such database"),
        pytest.param("postgresql://u:canary-x@nowhere.invalid/db", "nowhere.invalid", "Check state.connection",
                     id="no such host"),
        pytest.param("host=127.0.0.1 canary-x", "is no connection string", "Write postgresql://", id="a slip"),
        pytest.param("postgresql://u:canary-x@192.0.2.1/db?sslmode=disable", "readably over the network",
                     "sslmode=verify-full", id="in plain text"),
    ],
)  # fmt: skip
def test_what_stands_in_the_way(project: "Project", url: str, problem: str, hint: str) -> None:
    """A server that cannot be used is told in a sentence with what to do, no secret in it, and no call is made."""
    keep_in(project, url.format(port=server().port, password=PASSWORD), "takeup")
    for command in (["plan"], ["apply", "--auto-approve"]):
        done = project.run(*command)
        assert done.returncode == 1
        assert problem in done.stderr
        assert hint in done.stderr
        assert "Traceback" not in done.stderr
        assert "canary" not in done.stdout + done.stderr
    assert project.seen == []


def test_a_role_that_may_not_make_the_tables(project: "Project") -> None:
    """The statements that somebody else is to run are printed, no call is made, and once they were run, apply works."""
    schema = new_schema()
    url = role()
    keep_in(project, url, schema)
    refused = project.run("apply", "--auto-approve")
    assert refused.returncode == 1
    assert project.seen == []
    user = url.partition("//")[2].partition(":")[0]
    lines = [line.strip() for line in refused.stderr.splitlines()]
    statements = " ".join(lines[lines.index(f'CREATE SCHEMA IF NOT EXISTS "{schema}";') :])
    server().execute(statements.replace("TO ROLE", f"TO {user}"), dbname=DATABASE)
    project.apply()


def test_without_the_package(project: "Project", schema: str) -> None:
    """Where psycopg is not installed, what to install is told; validate does without it."""
    (project.root / "none").mkdir()
    (project.root / "none/psycopg.py").write_text("raise ImportError('no psycopg')", "utf-8")
    project.env["PYTHONPATH"] = str(project.root / "none")
    done = project.run("plan")
    assert done.returncode == 1
    assert "needs the package psycopg" in done.stderr
    assert "pip install 'takeup[postgres]'" in done.stderr
    assert "Traceback" not in done.stderr
    assert project.run("validate").returncode == 0
    assert schema


def test_the_lock_of_another_run(project: "Project", schema: str) -> None:
    """An apply is told who is in; a living run is not unlocked, and one that has died is taken over, and told."""
    project.apply()
    other = PostgresBackend(PostgresClient(parsed(Secret(server().url()), {})), schema, "campus", str)
    with other.lock(lock("alice")):
        locked = project.run("apply", "--auto-approve")
        assert locked.returncode == 1
        assert "is locked by alice (takeup apply" in locked.stderr
        assert "which is alive" in project.run("state", "unlock", "alice-1").stderr
        assert "No changes" in project.run("plan").stdout
        ended = f"UPDATE {schema}.leases SET expires_at = now() - interval '1 hour'"
        server().execute(ended, dbname=DATABASE)
        taken = project.run("destroy", "--auto-approve")
        assert taken.returncode == 0, taken.stderr
        assert "The run of alice" in taken.stderr + taken.stdout


# Servers that end.


def test_the_server_is_killed_and_comes_back(project: "Project", own: PostgresServer) -> None:
    """SIGKILL to the postmaster while a start is under way: the run waits for it to come back, and completes."""
    with apply_in(project, "start") as process:
        own.kill()
        own.start()
        _, err = process.communicate(timeout=50)
    assert process.returncode == 0, err
    assert HALL in stored("takeup", own)
    assert "No changes" in project.run("plan").stdout
    assert (project.seen.count("acquire"), project.seen.count("start")) == (1, 1)


def test_the_server_is_killed_and_stays_away(project: "Project", own: PostgresServer) -> None:
    """Where it does not come back in time, the run keeps what it knows here, and that can be pushed afterwards."""
    with apply_in(project, "start") as process:
        own.kill()
        _, err = process.communicate(timeout=120)
    assert process.returncode == 1, err
    rescued = re.search(r"was written to (\S+) instead", err)
    assert rescued is not None, err
    assert "Traceback" not in err
    assert "canary" not in err
    own.start()
    own.execute("UPDATE takeup.leases SET expires_at = now() - interval '1 hour'", dbname=DATABASE)
    assert project.run("state", "push", rescued[1]).returncode == 0
    assert "No changes" in project.run("plan").stdout
    assert (project.seen.count("acquire"), project.seen.count("start")) == (1, 1)
    (live,) = project.world.sessions()
    assert live.sid in json.dumps(stored("takeup", own))


def test_an_administrator_ends_the_connections(project: "Project", own: PostgresServer) -> None:
    """pg_terminate_backend while a start is under way costs nothing but a new connection."""
    with apply_in(project, "start") as process:
        ended = own.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'takeup'")
        assert ended
        _, err = process.communicate(timeout=50)
    assert process.returncode == 0, err
    assert HALL in stored("takeup", own)
    assert "No changes" in project.run("plan").stdout
    assert project.seen.count("start") == 1


def test_over_tls(project: "Project", tmp_path: Path) -> None:
    """A server with a certificate is verified with sslmode=verify-full, and another one's certificate is refused."""
    import trustme  # noqa: PLC0415 - only here

    made = PostgresServer()
    try:
        authority, other = trustme.CA(), trustme.CA()
        certificate = authority.issue_cert("localhost", "127.0.0.1")
        key = made.folder / "key.pem"
        certificate.private_key_pem.write_to_path(key)
        certificate.cert_chain_pems[0].write_to_path(made.folder / "cert.pem")
        made.own(key, made.folder / "cert.pem")
        authority.cert_pem.write_to_path(tmp_path / "ca.pem")
        other.cert_pem.write_to_path(tmp_path / "other.pem")
        made.start("ssl=on", f"ssl_cert_file={made.folder}/cert.pem", f"ssl_key_file={key}")
        made.execute(f"CREATE DATABASE {DATABASE}")
        tls = f"{made.url()}?sslmode=verify-full&sslrootcert="
        keep_in(project, f"{tls}{tmp_path}/other.pem", "takeup")
        refused = project.run("plan")
        assert refused.returncode == 1
        assert "certificate verify failed" in refused.stderr
        assert "sslrootcert" in refused.stderr
        project.env["DATABASE_URL"] = f"{tls}{tmp_path}/ca.pem"
        project.apply()
        assert HALL in stored("takeup", made)
    finally:
        made.close()
