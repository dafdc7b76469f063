"""Runs and servers that fall silent in the middle of a transaction."""

import subprocess
import sys
from pathlib import Path

import psycopg
import pytest
from tests.postgres_server import DATABASE, new_schema, server
from tests.store_fronts import Harm, table_front
from tests.unit.backends.postgres_places import in_postgres
from tests.unit.backends.samples import lock, snapshot

from takeup.backends.postgres_client import PostgresClient, parsed
from takeup.backends.postgres_tables import SETTINGS, Tables
from takeup.core.secret import Secret
from takeup.errors import StateError


def test_a_run_that_stops_in_a_transaction_keeps_others_out_for_seconds_only(tmp_path: Path) -> None:
    """Its rows are free again though its connection is up: it may be stopped, or its machine be gone."""
    schema = new_schema()
    backend = in_postgres(tmp_path, server().url(), schema)
    backend.write(snapshot(), previous_serial=None)
    with backend.lock(lock()):
        pass
    assert b"'idle_in_transaction_session_timeout', '5s'" in SETTINGS
    with psycopg.connect(server().url(dbname=DATABASE)) as stopped:
        stopped.execute(SETTINGS.replace(b"'5s'", b"'300ms'"))
        stopped.execute(Tables(schema).lease, {"name": "campus"})
        with backend.lock(lock()):
            pass
        with pytest.raises(psycopg.errors.IdleInTransactionSessionTimeout):
            stopped.execute("SELECT 1")


def test_what_psycopg_logs_is_not_told_to_people() -> None:
    """That a rollback failed on a connection that was lost is no news; the run has a sentence of its own."""
    code = "import logging, takeup.backends.postgres_client; logging.getLogger('psycopg').warning('rollback failed')"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)  # noqa: S603 - our own
    assert (done.stdout, done.stderr) == ("", "")


@pytest.mark.parametrize("writes", [pytest.param(False, id="a read"), pytest.param(True, id="a write")])
def test_a_server_that_never_answers_is_given_up(*, writes: bool) -> None:
    """Libpq would wait for ever, and with it the pipeline."""
    with table_front(new_schema()) as front:
        url = f"{server().url(port=front.port)}?sslmode=disable&gssencmode=disable"
        client = PostgresClient(parsed(Secret(url), {}), patience=0, limit=0.3)
        front.plan.at, front.plan.harm = 2, Harm.LATE
        with pytest.raises(StateError, match="connection was lost" if writes else "no connection"):
            client.run("read", lambda cursor, _: cursor.execute(SETTINGS), alone=True, writes=writes)
        assert front.plan.struck == "set durability"
