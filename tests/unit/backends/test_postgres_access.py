"""The way to a PostgreSQL server: encrypted, and no password in sight."""

import os

import pytest
from tests.postgres_server import PASSWORD, new_schema, server

from takeup.backends.postgres import PostgresBackend
from takeup.backends.postgres_access import access_of
from takeup.backends.postgres_client import PostgresClient, parsed
from takeup.core.secret import Secret
from takeup.errors import StateError

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
