"""The emulator's HTTP face: routes, gateway answers, the seam for tests, and the threaded server."""

import json
import socket
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from takeup.provider.emulator.server import Server, serve
from takeup.provider.emulator.world import World
from takeup.provider.emulator.wsgi import MAX_BODY, EmulatorApp

ACQUIRE = "/v1/apps/app/cloud_recording/acquire"
ON = "/v1/apps/app/cloud_recording/resourceid/r/sid/s/mode/mix"
BODY: dict[str, Any] = {"cname": "room", "uid": "1", "clientRequest": {}}
AUTH = ("id", "CANARY")


def client(app: EmulatorApp) -> httpx.Client:
    """Make a client that calls the application in process."""
    return httpx.Client(transport=httpx.WSGITransport(app=app), base_url="http://emulator")


@pytest.fixture
def app() -> EmulatorApp:
    """Give an emulator that lets anybody in."""
    return EmulatorApp(World())


@pytest.fixture
def server(app: EmulatorApp) -> Iterator[Server]:
    """Give that emulator behind a real socket."""
    with serve(app) as running:
        yield running


@pytest.mark.parametrize(
    ("header", "message"),
    [
        pytest.param(None, "Unauthorized", id="no header"),
        pytest.param("Bearer abc", "Invalid authentication credentials", id="another scheme"),
        pytest.param("Basic", "Invalid authentication credentials", id="nothing after the scheme"),
        pytest.param("Basic %%%", "Invalid authentication credentials", id="no base64"),
        pytest.param("Basic YWJj", "Invalid authentication credentials", id="no colon"),
        pytest.param("Basic /////w==", "Invalid authentication credentials", id="no text"),
    ],
)
def test_bad_authorization_is_a_gateway_401(app: EmulatorApp, header: str | None, message: str) -> None:
    """A call without well-formed Basic credentials is 401 and reaches no world."""
    headers = {} if header is None else {"Authorization": header}
    with client(app) as http:
        answer = http.post(ACQUIRE, json=BODY, headers=headers)
    assert (answer.status_code, answer.json()) == (401, {"message": message})
    assert not app.world.calls


@pytest.mark.parametrize(
    ("auth", "status"),
    [
        pytest.param(AUTH, 200, id="the right pair"),
        pytest.param(("id", "other"), 401, id="another secret"),
        pytest.param(("other", "CANARY"), 401, id="another id"),
    ],
)
def test_given_credentials_are_the_only_ones(auth: tuple[str, str], status: int) -> None:
    """An emulator with credentials lets in that pair and no other."""
    with client(EmulatorApp(World(), AUTH)) as http:
        assert http.post(ACQUIRE, json=BODY, auth=auth).status_code == status


@pytest.mark.parametrize(
    ("method", "path"),
    [
        pytest.param("POST", "/", id="root"),
        pytest.param("GET", ACQUIRE, id="acquire by GET"),
        pytest.param("POST", f"{ON}/query", id="query by POST"),
        pytest.param("GET", f"{ON}/stop", id="stop by GET"),
        pytest.param("POST", f"{ON}/explode", id="unknown operation"),
        pytest.param("POST", ACQUIRE.upper(), id="wrong case"),
        pytest.param("POST", f"{ACQUIRE}/", id="trailing slash"),
        pytest.param("POST", f"/mars{ACQUIRE}", id="unknown region"),
        pytest.param("POST", "/v1/apps//cloud_recording/acquire", id="empty App ID"),
        pytest.param("GET", f"{ON.replace('mix', 'mixed')}/query", id="unknown mode"),
        pytest.param("POST", "/healthz", id="health by POST"),
    ],
)
def test_a_wrong_url_or_method_is_a_gateway_404(app: EmulatorApp, method: str, path: str) -> None:
    """What the gateway has no route for is its own 404, not the service's."""
    with client(app) as http:
        answer = http.request(method, path, auth=AUTH)
    assert (answer.status_code, answer.json()) == (404, {"message": "no Route matched with those values"})


@pytest.mark.parametrize("region", ["na", "eu", "ap", "cn", "us"])
def test_region_prefixes_are_routed(app: EmulatorApp, region: str) -> None:
    """The path-region form reaches the same service."""
    with client(app) as http:
        assert http.post(f"/{region}{ACQUIRE}", json=BODY, auth=AUTH).status_code == 200


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(b"", id="empty"),
        pytest.param(b"{", id="cut off"),
        pytest.param(b"[]", id="a list"),
        pytest.param(b"\xff", id="no UTF-8"),
        pytest.param(b"[" * 100_000, id="nested too deep"),
    ],
)
def test_a_body_that_is_no_json_object_fails_the_body_check(app: EmulatorApp, content: bytes) -> None:
    """A POST whose body is no JSON object is 400 with code 2."""
    with client(app) as http:
        answer = http.post(ACQUIRE, content=content, auth=AUTH)
    assert answer.status_code == 400
    assert answer.json() == {"code": 2, "reason": "post method api body check failed!"}


def test_health_needs_no_credentials(app: EmulatorApp) -> None:
    """GET /healthz answers anybody."""
    with client(app) as http:
        assert http.get("/healthz").json() == {"status": "ok"}


def test_answers_are_compact_and_carry_a_request_id(app: EmulatorApp) -> None:
    """Each answer is compact JSON with a request id of its own."""
    with client(app) as http:
        first, second = (http.get(f"{ON}/query", auth=AUTH) for _ in range(2))
    assert first.text == '{"code":404,"reason":"failed to find worker"}'
    assert first.headers["Content-Type"] == "application/json; charset=utf-8"
    assert first.headers["X-Request-Id"] != second.headers["X-Request-Id"]


def test_a_hook_can_answer_in_the_service_s_place(app: EmulatorApp) -> None:
    """What `before` returns is the answer; the call is counted and the world not asked."""
    seen = []

    def before(operation: str, body: dict[str, Any]) -> tuple[int, dict[str, Any]] | None:
        seen.append((operation, body))
        return (429, {"message": "API rate limit exceeded"}) if operation == "query" else None

    app.before = before
    with client(app) as http:
        assert http.get(f"{ON}/query", auth=AUTH).status_code == 429
        assert http.post(ACQUIRE, json=BODY, auth=AUTH).status_code == 200
    assert seen == [("query", {}), ("acquire", BODY)]
    assert app.world.calls == {"query": 1, "acquire": 1}


def test_a_hook_that_raises_closes_the_connection(app: EmulatorApp, server: Server) -> None:
    """What `before` raises is a connection that closes without an answer, and the server goes on."""

    def before(operation: str, body: dict[str, Any]) -> None:
        raise RuntimeError(f"seeded for {operation} {len(body)}")

    app.before = before
    with httpx.Client(base_url=server.url) as http:
        with pytest.raises(httpx.RemoteProtocolError):
            http.post(ACQUIRE, json=BODY, auth=AUTH)
        assert http.get("/healthz").status_code == 200


def raw(server: Server, content: bytes) -> bytes:
    """Send bytes and read until the server closes."""
    host, port = server.url.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port)), timeout=10) as connection:
        connection.sendall(content)
        received = b""
        while chunk := connection.recv(65536):
            received += chunk
    return received


def test_a_connection_is_kept_and_pipelined_requests_are_answered(server: Server) -> None:
    """Two requests in one segment get two answers on one connection."""
    get = b"GET /healthz HTTP/1.1\r\nHost: x\r\n"
    received = raw(server, get + b"\r\n" + get + b"Connection: close\r\n\r\n")
    assert received.count(b'{"status":"ok"}') == 2
    assert received.count(b"Content-Length: 15\r\n") == 2


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(b"nonsense\r\n\r\n", id="no request line"),
        pytest.param(b"GET / HTTP/1.1\r\nno colon\r\n\r\n", id="a header without a colon"),
        pytest.param(b"GET / HTTP/1.1\r\n" + b"A: b\r\n" * 101 + b"\r\n", id="too many headers"),
        pytest.param(b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n", id="a chunked body"),
        pytest.param(b"POST / HTTP/1.1\r\nContent-Length: -1\r\n\r\n", id="a negative length"),
        pytest.param(b"POST / HTTP/1.1\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n", id="two lengths"),
    ],
)
def test_malformed_http_is_refused(server: Server, content: bytes) -> None:
    """What is no plain HTTP/1.1 request is 400 and closes the connection."""
    assert raw(server, content).startswith(b"HTTP/1.1 400 Bad Request\r\n")


def test_a_body_above_the_cap_is_refused(server: Server) -> None:
    """A body of more than 1 MiB is 413, and the connection closes."""
    with httpx.Client(base_url=server.url) as http:
        answer = http.post(ACQUIRE, content=b"x" * (MAX_BODY + 1), auth=AUTH)
    assert answer.status_code == 413
    assert answer.headers["Connection"] == "close"


def test_the_access_log_is_short_and_holds_no_secret(app: EmulatorApp) -> None:
    """An access line has method, shortened path and status, and nothing of the headers."""
    lines: list[str] = []
    with serve(app, log=lines.append) as server, httpx.Client(base_url=server.url) as http:
        http.get(ON.replace("/r/", f"/{'r' * 256}/") + "/query?x=CANARY", auth=AUTH)
        http.get("/healthz")
    assert "CANARY" not in "".join(lines)
    assert lines[0].startswith("GET /v1/apps/app/cloud_recording/resourceid/rrrrrrrr.../sid/s/mode/mix/query 404 ")


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.0.2.1", "emulator.test", ""])  # noqa: S104 - it is refused
def test_only_loopback_is_bound(app: EmulatorApp, host: str) -> None:
    """A host that others can reach is refused."""
    with pytest.raises(ValueError, match="loopback"):
        serve(app, host)


def test_a_taken_port_is_an_os_error(app: EmulatorApp, server: Server) -> None:
    """A port in use raises; it does not end the process."""
    with pytest.raises(OSError, match="in use"):
        serve(app, port=int(server.url.rpartition(":")[2]))


def test_closing_ends_kept_connections(app: EmulatorApp) -> None:
    """After close an idle kept connection is closed and no new one is accepted."""
    server = serve(app).start()
    with httpx.Client(base_url=server.url) as http:
        assert http.get("/healthz").status_code == 200
        server.close()
        with pytest.raises(httpx.TransportError):
            http.get("/healthz")


def test_a_server_that_never_served_can_be_closed(app: EmulatorApp) -> None:
    """Closing a server that was only bound returns."""
    serve(app).close()


def test_the_wire_is_json_with_sorted_keys(app: EmulatorApp) -> None:
    """An injected answer, too, leaves with its keys in alphabetical order."""
    app.before = lambda _operation, _body: (206, {"reason": "request not completed", "code": 65})
    with client(app) as http:
        answer = http.post(ACQUIRE, json=BODY, auth=AUTH)
    assert answer.status_code == 206
    assert list(json.loads(answer.text)) == ["code", "reason"]
