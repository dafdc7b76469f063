"""`takeup state serve` as any client of the protocol sees it, and beside runs on its own host."""

import json
from base64 import b64encode
from collections.abc import Iterator, Mapping
from dataclasses import replace
from http.client import HTTPConnection
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from tests.unit.backends.places import client_of
from tests.unit.backends.samples import HALL, PAGE, entry, lock, session, snapshot

from takeup.backends.format import encode_snapshot
from takeup.backends.http import HttpBackend
from takeup.backends.http_client import Access, Answer, HttpStateClient
from takeup.backends.http_server import StateServer
from takeup.backends.http_words import lock_info
from takeup.backends.local import LocalBackend
from takeup.core.secret import Secret
from takeup.errors import StateError, StateLockedError, StateUnclearError

TERRAFORM = (
    b'{"version": 4, "terraform_version": "1.15.5", "serial": 1, "lineage": "theirs", "outputs": {}, "resources": []}'
)


class Client:
    """Sends what it is told to."""

    def __init__(self, server: StateServer) -> None:
        self.netloc = urlsplit(server.url).netloc

    def ask(
        self, method: str, path: str = "/state/default", body: bytes = b"", **headers: str
    ) -> tuple[int, bytes, dict[str, str]]:
        connection = HTTPConnection(self.netloc, timeout=20)
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        connection.request(method, path, body, named)
        answer = connection.getresponse()
        data = answer.read()
        connection.close()
        return answer.status, data, {name.lower(): value for name, value in answer.getheaders()}

    def status(self, method: str, path: str = "/state/default", body: bytes = b"", **headers: str) -> int:
        return self.ask(method, path, body, **headers)[0]


@pytest.fixture
def server(tmp_path: Path) -> Iterator[StateServer]:
    with StateServer(tmp_path / "served") as made:
        yield made


@pytest.fixture
def client(server: StateServer) -> Client:
    return Client(server)


def info(lock_id: str = "7") -> bytes:
    return json.dumps({"ID": lock_id, "Operation": "OperationTypeApply", "Who": "bob@laptop"}).encode()


def test_a_foreign_document_comes_back_byte_for_byte(client: Client) -> None:
    """A state of Terraform is stored as it was sent, whatever stands in it, and can be removed."""
    assert client.status("GET") == 404
    assert client.status("POST", body=TERRAFORM) == 200
    assert client.ask("GET")[:2] == (200, TERRAFORM)
    assert client.status("DELETE") == 200
    assert client.status("GET") == 404


def test_states_of_other_names_are_others(client: Client) -> None:
    """Each name is a state of its own; what is no name is not found, and nothing outside of the folder is."""
    client.ask("POST", body=TERRAFORM)
    assert client.status("GET", "/state/other") == 404
    for path in ("/", "/state/", "/state/../secret", "/state/.hidden", "/state/a%2Fb", "/state/a/b", "/default"):
        assert client.status("GET", path) == 404, path
        assert client.status("POST", path, TERRAFORM) == 404, path


@pytest.mark.parametrize(
    ("body", "problem"),
    [
        pytest.param(b"", "not JSON", id="nothing"),
        pytest.param(b"[1]", "not a JSON object", id="a list"),
        pytest.param(b'{"serial": 1}', "needs a serial and a lineage", id="without a lineage"),
        pytest.param(encode_snapshot(snapshot())[:-20], "not JSON", id="a state that is cut"),
        pytest.param(
            encode_snapshot(snapshot()).replace(b'"resourceId"', b'"resource"'),
            "resourceId is missing",
            id="a damaged one",
        ),
    ],
)
def test_what_is_no_state_is_refused(client: Client, body: bytes, problem: str) -> None:
    """What is no state is told to be none, and replaces nothing."""
    client.ask("POST", body=TERRAFORM)
    status, told, _ = client.ask("POST", body=body)
    assert (status, problem in told.decode()) == (400, True), told
    assert client.ask("GET")[1] == TERRAFORM


def test_a_broken_body_is_refused(client: Client) -> None:
    """A body that is not what Content-MD5 says is refused."""
    assert client.status("POST", body=TERRAFORM, Content_MD5=b64encode(b"0" * 16).decode()) == 400
    assert client.status("GET") == 404


def test_a_lock_keeps_others_out(client: Client) -> None:
    """Only the holder writes and unlocks; everybody else is told who that is, in Terraform's own record."""
    assert client.status("LOCK", body=info()) == 200
    for method, path in (("LOCK", "/state/default"), ("POST", "/state/default"), ("POST", "/state/default?ID=8")):
        body = info("8") if method == "LOCK" else TERRAFORM
        status, told, _ = client.ask(method, path, body)
        assert (status, json.loads(told)) == (423, json.loads(info()))
    assert client.status("DELETE", "/state/default?ID=8") == 423
    assert client.status("GET") == 404
    assert client.status("POST", "/state/default?ID=7", TERRAFORM) == 200
    assert client.ask("UNLOCK", body=info("8"))[:2] == (409, info())
    assert client.status("LOCK", body=info()) == 200, "the holder may lock again: its answer may have been lost"
    assert client.status("UNLOCK", body=info()) == 200
    assert client.status("UNLOCK", body=info()) == 409
    assert client.status("POST", "/state/default?ID=7", TERRAFORM) == 409, "a lock that is gone opens nothing"
    assert client.status("LOCK", body=b"no record") == 400


def test_conditions_hold(client: Client) -> None:
    """A write under a condition that does not hold is refused."""
    tag = client.ask("POST", body=TERRAFORM)[2]["etag"]
    newer = TERRAFORM.replace(b'"serial": 1', b'"serial": 2')
    assert client.status("POST", body=newer, If_None_Match="*") == 412
    assert client.status("POST", body=newer, If_Match='"another"') == 412
    assert client.ask("GET")[2]["etag"] == tag
    assert client.status("POST", body=newer, If_Match=tag) == 200
    assert client.status("POST", body=newer, If_Match=tag) == 412


@pytest.mark.parametrize(
    ("authorization", "reads", "writes"),
    [
        pytest.param("", 401, 401, id="none"),
        pytest.param("Bearer wrong", 401, 401, id="a wrong token"),
        pytest.param("Bearer canary-token", 404, 200, id="the token"),
        pytest.param("Basic " + b64encode(b"any:canary-token").decode(), 404, 200, id="the token as a password"),
        pytest.param("Basic no-base64!", 401, 401, id="what is no credential"),
        pytest.param("Bearer canary-reader", 404, 403, id="the token that may read"),
    ],
)
def test_tokens(tmp_path: Path, authorization: str, reads: int, writes: int) -> None:
    """With tokens, who sends none is refused, the one for reading reads, and no line of the log holds either."""
    lines: list[str] = []
    token, reader = Secret("canary-token"), Secret("canary-reader")
    with StateServer(tmp_path, tell=lines.append, token=token, read_token=reader) as server:
        client = Client(server)
        assert client.status("GET", Authorization=authorization) == reads
        assert client.status("POST", body=TERRAFORM, Authorization=authorization) == writes
        for method in ("LOCK", "UNLOCK", "DELETE"):
            assert (client.status(method, body=info(), Authorization=authorization) in {401, 403}) == (writes != 200)
    assert lines
    assert "canary" not in "".join(lines)


def test_runs_on_this_host_and_remote_ones_exclude_each_other(server: StateServer, tmp_path: Path) -> None:
    """A remote lock keeps a local run out, and the other way round, with the holder named on both sides."""
    path = tmp_path / "served" / "default.json"
    local, remote = LocalBackend(path), client_of(f"{server.url}/state/default", tmp_path)
    with remote.lock(lock("alice")), pytest.raises(StateLockedError, match="alice"), local.lock(lock("bob")):
        pytest.fail("both are in")
    with local.lock(lock("bob")), pytest.raises(StateLockedError, match="bob"), remote.lock(lock("alice")):
        pytest.fail("both are in")
    with local.lock(lock("bob")):
        assert Client(server).status("POST", body=TERRAFORM) == 423


def test_the_journal_of_a_local_run_is_served(server: StateServer, tmp_path: Path) -> None:
    """A remote run gets the state with the journal that a local run has left, and its write drops that journal."""
    path = tmp_path / "served" / "default.json"
    local, remote = LocalBackend(path), client_of(f"{server.url}/state/default", tmp_path)
    local.write(snapshot(), previous_serial=None)
    local.journal("line", 1).append(entry(PAGE))
    with remote.lock(lock("alice")):
        held = remote.read()
        assert held == snapshot(serial=1, sessions={HALL: session(), PAGE: session(PAGE)})
        stored = remote.write(held, previous_serial=1)
    assert LocalBackend(path).read() == stored
    assert not path.with_name("default.json.journal").exists()


def test_a_server_that_comes_back_goes_on_with_its_locks(tmp_path: Path) -> None:
    """A lock outlives the server: the next one knows its holder, and no run on the host takes it for a dead one."""
    folder = tmp_path / "served"
    with StateServer(folder) as first:
        assert Client(first).status("LOCK", body=lock_info(lock("alice"))) == 200
    with (
        pytest.raises(StateLockedError, match="through takeup state serve"),
        LocalBackend(folder / "default.json").lock(lock("bob")),
    ):
        pytest.fail("the lock is gone")
    with StateServer(folder) as second:
        client = Client(second)
        status, told, _ = client.ask("LOCK", body=info("8"))
        assert (status, json.loads(told)["ID"]) == (423, "alice-1")
        assert client.status("POST", "/state/default?ID=alice-1", TERRAFORM) == 200
        assert client.status("UNLOCK", body=lock_info(lock("alice"))) == 200
        assert client.status("LOCK", body=info("8")) == 200


def test_a_run_is_one_step_of_the_history(server: StateServer, tmp_path: Path) -> None:
    """However many states a run writes as its journal, the history keeps the one from before it."""
    remote = client_of(f"{server.url}/state/default", tmp_path)
    stored = remote.write(snapshot(), previous_serial=None)
    for _ in range(2):
        with remote.lock(lock("alice")):
            held = remote.read()
            assert held is not None
            journal = remote.journal(held.lineage, held.serial)
            for count in range(5):
                journal.append(entry(PAGE, sid=f"sid-{count}"))
            remote.write(held, previous_serial=held.serial)
    kept = LocalBackend(tmp_path / "served" / "default.json").history()
    assert [one.serial for one in kept] == [stored.serial + 6, stored.serial]


# The client, against servers that do it in other ways.


class Lenient(HttpStateClient):
    """A server that answers every lock with 200, as some do."""

    def lock(self, info: bytes, headers: Mapping[str, str]) -> Answer:
        return replace(super().lock(info, headers), status=200, headers={})


class Deaf(HttpStateClient):
    """A server whose answer to the next write is lost, after or before it is done."""

    def __init__(self, access: Access, *, done: bool) -> None:
        super().__init__(access)
        self.done = done
        self.losing = 0

    def post(self, data: bytes, lock_id: str, condition: Mapping[str, str]) -> Answer:
        if not self.losing:
            return super().post(data, lock_id, condition)
        self.losing -= 1
        if self.done:
            super().post(data, lock_id, condition)
        raise StateUnclearError("no answer came")


@pytest.mark.parametrize("done", [pytest.param(True, id="it was done"), pytest.param(False, id="it was not done")])
def test_an_unclear_write_is_resolved(server: StateServer, done: bool) -> None:  # noqa: FBT001 -- a parameter of pytest
    """Where the answer to a write is lost, the write counts once: for the state, and for the journal."""
    url = f"{server.url}/state/default"
    client = Deaf(Access(url, url, url), done=done)
    backend = HttpBackend(client, str)
    with backend.lock(lock("alice")):
        client.losing = 2
        stored = backend.write(snapshot(), previous_serial=None)
        assert stored.serial == 1
        journal = backend.journal("line", 1)
        client.losing = 2
        journal.append(entry(PAGE))
        client.losing = 1
        final = backend.write(stored, previous_serial=1)
    assert (client.losing, final.serial) == (0, 3)
    assert backend.read() == final


def test_a_server_that_locks_twice_is_refused(server: StateServer) -> None:
    """A server that gives one lock to two holders is refused before anything is written."""
    url = f"{server.url}/state/default"
    backend = HttpBackend(Lenient(Access(url, url, url)), str)
    with pytest.raises(StateError, match="gave the same lock to two holders"):
        backend.prove()
    with pytest.raises(StateError, match="gave the same lock to two holders"), backend.lock(lock("alice")):
        pytest.fail("it was used")


@pytest.mark.parametrize(
    ("path", "token", "problem"),
    [
        pytest.param("/state/default", "wrong", "refuses these credentials", id="wrong credentials"),
        pytest.param("/elsewhere", "right", "is no", id="a wrong address"),
    ],
)
def test_a_server_that_cannot_be_used(tmp_path: Path, path: str, token: str, problem: str) -> None:
    """What a server refuses is told in a sentence, without the token."""
    with StateServer(tmp_path, token=Secret("right")) as server:
        url = server.url + path
        backend = HttpBackend(HttpStateClient(Access(url, url, url, token=Secret(token))), str)
        if problem != "is no":
            with pytest.raises(StateError, match=problem) as caught:
                backend.read()
            assert "wrong" not in str(caught.value)
        else:
            with pytest.raises(StateError, match="could not be locked: HTTP 404"), backend.lock(lock()):
                pytest.fail("there is nothing to lock")


def test_nobody_listens() -> None:
    """A server that is not there is told in a sentence."""
    url = "http://127.0.0.1:9/state/default"
    with pytest.raises(StateError, match=r"no connection to 127\.0\.0\.1"):
        HttpBackend(HttpStateClient(Access(url, url, url, timeout=2)), str).read()
