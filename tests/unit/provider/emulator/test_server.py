"""The threaded server: HTTP by hand, TLS, closing."""

import signal
import socket
import ssl
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from takeup.provider.emulator.clock import Clock
from takeup.provider.emulator.emulator import Emulator
from takeup.provider.emulator.faults import Fault
from takeup.provider.emulator.server import Server, serve
from takeup.provider.emulator.tls import Certificates, make_certificates
from takeup.provider.emulator.world import World
from takeup.provider.emulator.wsgi import MAX_BODY, EmulatorApp

if TYPE_CHECKING:
    from wsgiref.types import StartResponse, WSGIEnvironment

ACQUIRE = "/v1/apps/app/cloud_recording/acquire"
ON = "/v1/apps/app/cloud_recording/resourceid/r/sid/s/mode/mix"
BODY: dict[str, Any] = {"cname": "room", "uid": "1", "clientRequest": {}}
AUTH = ("id", "CANARY")


@pytest.fixture
def app() -> EmulatorApp:
    """Give an emulator that lets anybody in."""
    return EmulatorApp(World())


@pytest.fixture
def server(app: EmulatorApp) -> Iterator[Server]:
    """Give that emulator behind a real socket."""
    with serve(app) as running:
        yield running


@pytest.fixture(scope="module")
def certificates() -> Certificates:
    """Make a throw-away authority."""
    return make_certificates()


def raw(server: Server, content: bytes) -> bytes:
    """Send bytes and read until the server closes."""
    host, port = server.url.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port)), timeout=10) as connection:
        connection.sendall(content)
        received = b""
        while chunk := connection.recv(65536):
            received += chunk
    return received


def read_all(connection: socket.socket) -> None:
    """Read until the other side ends the connection."""
    while connection.recv(65536):
        pass


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


def test_the_access_log_has_a_line_per_call_and_no_secret() -> None:
    """A line has operation, channel and status, nothing of the headers, and no whole resourceId; pages have none."""
    lines: list[str] = []
    with Emulator(clock=Clock(speed=0)) as emulator:
        with emulator.serve(log=lines.append) as server, httpx.Client(base_url=server.url) as http:
            http.get(ON.replace("/r/", f"/{'r' * 256}/") + "/query?x=CANARY", auth=AUTH)
            http.get("/v1/" + "r" * 256, auth=AUTH)
            http.get("/healthz")
        assert [line.split()[1] for line in lines] == ["query", "no-route"]
    assert "CANARY" not in "".join(lines)
    assert "r" * 30 not in "".join(lines)


@pytest.mark.parametrize(
    ("head", "closes"),
    [
        pytest.param("GET /healthz HTTP/1.1\r\nHost: 127.0.0.1\r\n", False, id="a Host without a port"),
        pytest.param("GET /healthz HTTP/1.1\r\n", False, id="no Host"),
        pytest.param("GET /healthz HTTP/1.1\r\nConnection: Close\r\n", True, id="Connection: close"),
        pytest.param("GET /healthz HTTP/1.0\r\n", True, id="HTTP/1.0"),
    ],
)
def test_a_connection_is_kept_unless_it_is_to_close(server: Server, head: str, *, closes: bool) -> None:
    """The answer says whether the connection stays, and does what it says."""
    port = int(server.url.rpartition(":")[2])
    with socket.create_connection(("127.0.0.1", port), timeout=10) as connection:
        connection.sendall(head.encode() + b"\r\n")
        answer = connection.recv(65536)
        assert answer.startswith(b"HTTP/1.1 200 OK\r\n")
        assert (b"Connection: close\r\n" in answer) == closes
        if closes:
            assert connection.recv(1) == b""
        else:
            connection.sendall(b"GET /healthz HTTP/1.1\r\n\r\n")
            assert connection.recv(65536).startswith(b"HTTP/1.1 200 OK\r\n")


def test_a_mistake_of_the_application_is_told_without_its_words() -> None:
    """What the application raises closes the connection; the log has the place and not the message."""

    def broken(_environ: "WSGIEnvironment", _start: "StartResponse") -> list[bytes]:
        raise LookupError("CANARY")

    lines: list[str] = []
    with serve(broken, log=lines.append) as server, httpx.Client(base_url=server.url) as http:
        with pytest.raises(httpx.RemoteProtocolError):
            http.get("/")
        wait_for(lambda: bool(lines))
    assert lines[0].startswith("The emulator failed: LookupError in broken, line ")
    assert "CANARY" not in lines[0]


def wait_for(done: Callable[[], bool]) -> None:
    """Wait for another thread, at most 20 s."""
    until = time.monotonic() + 20
    while not done():
        assert time.monotonic() < until, "it did not happen"
        time.sleep(0.01)


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


def test_starting_twice_is_starting_once(app: EmulatorApp) -> None:
    """`with server.start()` starts one thread, and ends; so does closing at once, before that thread has begun."""
    for _ in range(20):
        with serve(app, tick=lambda: None).start() as server:
            pass
        assert server.start()._threads
        assert not any(thread.is_alive() for thread in server._threads)


def test_closing_ends_what_is_still_waiting() -> None:
    """Nobody waits for an answer that a fault holds back when the server closes."""
    with Emulator(faults=(Fault(do="timeout", lasting=3600),)) as emulator:
        server = emulator.serve().start()
        port = int(server.url.rpartition(":")[2])
        with socket.create_connection(("127.0.0.1", port), timeout=20) as connection:
            connection.sendall(f"GET {ON}/query HTTP/1.1\r\nAuthorization: Basic aTpz\r\n\r\n".encode())
            wait_for(lambda: emulator.faults.struck == (1,))
            server.close()
            server.close()
            assert connection.recv(1) == b""
        wait_for(lambda: len(emulator.calls.entries) == 1)
        assert emulator.calls.entries[0].status is None


def test_a_client_that_goes_away_ends_its_wait() -> None:
    """A held-back answer is given up when its client closes, so that no thread is left behind."""
    with Emulator(faults=(Fault(do="timeout", lasting=3600),)) as emulator, emulator.serve() as server:
        port = int(server.url.rpartition(":")[2])
        with socket.create_connection(("127.0.0.1", port), timeout=20) as connection:
            connection.sendall(f"GET {ON}/query HTTP/1.1\r\nAuthorization: Basic aTpz\r\n\r\n".encode())
            wait_for(lambda: emulator.faults.struck == (1,))
        wait_for(lambda: len(emulator.calls.entries) == 1)


def test_a_reset_is_a_reset() -> None:
    """The half answer ends with a reset of the connection, not with a polite end."""
    with Emulator(faults=(Fault(do="resetMidBody"),)) as emulator, emulator.serve() as server:
        port = int(server.url.rpartition(":")[2])
        with socket.create_connection(("127.0.0.1", port), timeout=20) as connection:
            connection.sendall(f"GET {ON}/query HTTP/1.1\r\nAuthorization: Basic aTpz\r\n\r\n".encode())
            with pytest.raises(ConnectionResetError):
                read_all(connection)


def test_what_is_due_happens_while_nobody_calls(monkeypatch: pytest.MonkeyPatch) -> None:
    """A serving emulator whose time runs carries out its scenario by itself."""
    changed: list[str] = []
    with Emulator(clock=Clock(speed=1000), faults=(Fault(do="leave", channel="hall", at=60),)) as emulator:
        leave = emulator.world.leave

        def watched(cname: str, *, at: float | None = None) -> None:
            leave(cname, at=at)
            changed.append(cname)

        monkeypatch.setattr(emulator.world, "leave", watched)
        with emulator.serve():
            wait_for(lambda: changed == ["hall"])


def trusting(certificates: Certificates) -> ssl.SSLContext:
    """Make a client's context that trusts the throw-away authority alone."""
    return ssl.create_default_context(cadata=certificates.ca_pem.decode())


def test_https_is_spoken(app: EmulatorApp, certificates: Certificates) -> None:
    """With a certificate the server speaks TLS and keeps connections."""
    with serve(app, tls=certificates.context) as server:
        assert server.url.startswith("https://127.0.0.1:")
        with httpx.Client(base_url=server.url, verify=trusting(certificates)) as http:
            for _ in range(3):
                assert http.post(ACQUIRE, json=BODY, auth=AUTH).status_code == 200


def test_strangers_on_the_https_port_disturb_nobody(app: EmulatorApp, certificates: Certificates) -> None:
    """A silent client blocks nobody, plain http is 400, and who distrusts the CA is told in the log."""
    lines: list[str] = []
    with serve(app, tls=certificates.context, log=lines.append) as server:
        port = int(server.url.rpartition(":")[2])
        with socket.create_connection(("127.0.0.1", port), timeout=20) as silent:
            assert httpx.get(f"http://127.0.0.1:{port}/healthz", trust_env=False).status_code == 400
            with pytest.raises(httpx.ConnectError):
                httpx.get(f"{server.url}/healthz", trust_env=False)
            with httpx.Client(base_url=server.url, verify=trusting(certificates)) as http:
                assert http.get("/healthz").status_code == 200
            server.close()
            assert silent.recv(1) == b""
    assert any("plain http" in line for line in lines)
    assert any("trust" in line for line in lines)


def test_tls_on_a_plain_port_is_told(app: EmulatorApp, certificates: Certificates) -> None:
    """Who speaks TLS to the plain port fails, and the log says why."""
    lines: list[str] = []
    with serve(app, log=lines.append) as server:
        port = int(server.url.rpartition(":")[2])
        with pytest.raises(httpx.ConnectError):
            httpx.get(f"https://127.0.0.1:{port}/", verify=trusting(certificates), trust_env=False)
        wait_for(lambda: bool(lines))
    assert "TLS on a plain http port" in lines[0]


SERVING = """
import signal
from takeup.provider.emulator.emulator import Emulator
server = Emulator().serve()
signal.signal(signal.SIGTERM, lambda *_: server.close())
print(server.url, flush=True)
server.serve_forever()
server.close()
print("ended", flush=True)
"""


def test_a_signal_s_handler_may_close_the_server() -> None:
    """Closing from the handler of a signal, in the very thread that serves, ends the server and does not hang."""
    with subprocess.Popen([sys.executable, "-c", SERVING], stdout=subprocess.PIPE, text=True) as process:  # noqa: S603 - our own text
        assert process.stdout is not None
        url = process.stdout.readline().strip()
        assert httpx.get(f"{url}/healthz", trust_env=False).status_code == 200
        process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=30) == 0
        assert process.stdout.read() == "ended\n"
