"""The wire against a real server on loopback: what fails how, and what never leaves it."""

import http.server
import socket
import struct
import threading
import time
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, ClassVar

import pytest

from takeup.core.secret import Secret
from takeup.errors import NotSentError, OutcomeUnknownError, UsageError
from takeup.provider.agora.hosts import is_dns
from takeup.provider.agora.transport import Transport, WritingTransport, check_base_url, wsgi_transport

if TYPE_CHECKING:
    from collections.abc import Iterable
    from wsgiref.types import StartResponse, WSGIEnvironment

CANARY = "canary-91bc"


ANSWERS = {
    "/large": (200, b"x" * 5000, ""),
    "/moved": (302, b"", "Location: /ok\r\n"),
    "/busy": (429, b'{"message":"API rate limit exceeded"}', "Retry-After: 7\r\n"),
    "/list": (200, b"[1]", ""),
    "/deep": (200, b"[" * 3000, ""),
}


class Handler(http.server.BaseHTTPRequestHandler):
    """Behaves as the path asks."""

    protocol_version = "HTTP/1.1"
    seen: ClassVar[list[tuple[str, dict[str, str], bytes, int]]] = []

    def do_GET(self) -> None:
        """Answer, or fail."""
        body = self.rfile.read(int(self.headers.get("Content-Length", "0")))
        headers = {name.lower(): value for name, value in self.headers.items()}
        self.seen.append((self.path, headers, body, self.client_address[1]))
        match self.path:
            case "/slow":
                time.sleep(0.6)
                self._answer(200, b"{}", "")
            case "/reset":
                self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                self.connection.close()
                self.close_connection = True
            case "/nonsense":
                self.wfile.write(b"this is not HTTP\r\n\r\n")
                self.close_connection = True
            case "/cut":
                self.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{")
                self.close_connection = True
            case "/drip":
                self.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n")
                self._drip()
                self.close_connection = True
            case path:
                self._answer(*ANSWERS.get(path, (200, b'{"sid":"s"}', "")))

    do_POST = do_GET  # noqa: N815 - the base class calls it so

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class names it so
        """Say nothing."""

    def _drip(self) -> None:
        try:
            for _ in range(20):
                time.sleep(0.1)
                self.wfile.write(b" ")
                self.wfile.flush()
        except OSError:
            pass

    def _answer(self, status: int, body: bytes, header: str) -> None:
        head = f"HTTP/1.1 {status} X\r\n{header}Content-Length: {len(body)}\r\n\r\n"
        self.wfile.write(head.encode() + body)


class Server(http.server.ThreadingHTTPServer):
    """A server that is quiet about clients that leave."""

    def handle_error(self, request: object, client_address: object) -> None:
        """Say nothing."""


@pytest.fixture(name="url")
def fixture_url() -> Iterator[str]:
    """A server on loopback."""
    Handler.seen.clear()
    with Server(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


@pytest.fixture(name="wire")
def fixture_wire(url: str) -> Iterator[WritingTransport]:
    """A transport with small limits."""
    wire = WritingTransport(url, customer_id="id", customer_secret=Secret(CANARY), read_timeout=0.3, max_answer=4096)
    yield wire
    wire.close()


def test_get_and_post(wire: WritingTransport) -> None:
    """Both reach the server over one connection, with the headers of the facts and nothing compressed."""
    assert wire.get("/ok?a=%2F").body == {"sid": "s"}
    assert wire.post("/ok", {"cname": "é"}).status == 200
    (path, get, _, port), (_, post, body, port_again) = Handler.seen
    assert path == "/ok?a=%2F"
    assert port == port_again
    assert get["accept-encoding"] == "identity"
    assert get["authorization"] == "Basic aWQ6Y2FuYXJ5LTkxYmM="
    assert "content-type" not in get
    assert post["content-type"] == "application/json"
    assert post["host"] == wire.base_url.removeprefix("http://")
    assert body == b'{"cname":"\\u00e9"}'


@pytest.mark.parametrize("path", ["/slow", "/reset", "/nonsense", "/cut", "/drip", "/large"])
def test_after_sending_the_outcome_is_unknown(wire: WritingTransport, path: str) -> None:
    """Timeouts, resets, broken protocol and oversize leave open what the server did."""
    with pytest.raises(OutcomeUnknownError) as caught:
        wire.post(path, {"token": CANARY})
    assert CANARY not in f"{caught.value!r} {caught.value.__cause__!r} {wire!r} {vars(wire)!r}"
    assert wire.get("/ok").status == 200


def test_a_longer_read_timeout_can_be_asked_for(wire: WritingTransport) -> None:
    """A stop waits longer than other calls."""
    assert wire.post("/slow", {}, read_timeout=5).status == 200


def test_nothing_listens() -> None:
    """A refused connection means that nothing was sent."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        wire = Transport(f"http://127.0.0.1:{free.getsockname()[1]}")
        with pytest.raises(NotSentError, match="could not be reached") as caught:
            wire.get("/")
    wire.close()
    assert not is_dns(caught.value)


def test_a_name_that_cannot_be_looked_up(monkeypatch: pytest.MonkeyPatch) -> None:
    """It is told apart from a network that fails, for other hosts are tried after it; nothing was sent."""

    def fail(*_args: object, **_kwargs: object) -> None:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", fail)
    wire = Transport("https://api.sd-rtn.com")
    with pytest.raises(NotSentError) as caught:
        wire.get("/")
    wire.close()
    assert is_dns(caught.value)


def test_tls_that_fails_sends_nothing(url: str) -> None:
    """A server that does not speak TLS never sees the request."""
    wire = Transport(url.replace("http:", "https:"))
    with pytest.raises(NotSentError):
        wire.get("/secret")
    wire.close()
    assert Handler.seen == []


def test_redirects_are_not_followed(wire: WritingTransport) -> None:
    """A redirect is an answer like any other."""
    assert wire.get("/moved").status == 302
    assert len(Handler.seen) == 1


def test_retry_after_is_kept(wire: WritingTransport) -> None:
    """The one header that is looked at."""
    assert wire.get("/busy").retry_after == 7
    assert wire.get("/ok").retry_after is None


@pytest.mark.parametrize("path", ["/list", "/deep"])
def test_what_is_no_json_object_has_no_body(wire: WritingTransport, path: str) -> None:
    """Lists and endless nesting are text, of which 256 characters are kept."""
    answer = wire.get(path)
    assert answer.body is None
    assert 0 < len(answer.text) <= 256


def test_each_thread_has_its_own_connection(wire: WritingTransport) -> None:
    """Two threads use two clients, and close closes both."""
    wire.get("/ok")
    thread = threading.Thread(target=wire.get, args=("/ok",))
    thread.start()
    thread.join()
    assert len({seen[3] for seen in Handler.seen}) == 2
    clients = list(wire._clients)
    wire.close()
    assert len(clients) == 2
    assert all(client.is_closed for client in clients)
    with pytest.raises(NotSentError, match="closed"):
        wire.get("/ok")


def test_an_app_in_process() -> None:
    """The embedded emulator is served without a socket and without credentials."""

    def app(environ: "WSGIEnvironment", start_response: "StartResponse") -> "Iterable[bytes]":
        assert "HTTP_AUTHORIZATION" not in environ
        start_response("200 OK", [("Content-Type", "application/json")])
        return [b'{"sid":"s"}']

    wire = WritingTransport("http://127.0.0.1", transport=wsgi_transport(app))
    assert wire.post("/x", {"a": 1}).body == {"sid": "s"}
    wire.close()


@pytest.mark.parametrize("half", [{"customer_id": "id"}, {"customer_secret": Secret(CANARY)}])
def test_half_of_the_credentials_is_refused(half: dict[str, Any]) -> None:
    """An id without its secret is a mistake, not a call without credentials."""
    with pytest.raises(UsageError, match="belong together"):
        Transport("https://h", **half)


@pytest.mark.parametrize(
    "url",
    ["https://api.sd-rtn.com", "https://h:8443", "http://127.9.9.9:1", "http://[::1]:80", "http://localhost"],
)
def test_endpoints_that_will_do(url: str) -> None:
    """Https anywhere, plain http on loopback."""
    assert check_base_url(url) == check_base_url(url + "/") == url


@pytest.mark.parametrize(
    "url",
    [
        pytest.param("http://api.agora.io", id="plain http"),
        pytest.param("http://localhost.evil.com", id="a name that begins like loopback"),
        pytest.param("http://10.0.0.1", id="private is not loopback"),
        pytest.param("https://h/v1", id="a path"),
        pytest.param("https://h?x=1", id="a query"),
        pytest.param("https://h/#x", id="a fragment"),
        pytest.param(f"https://u:{CANARY}@h", id="credentials"),
        pytest.param("https://h:99999", id="a port out of range"),
        pytest.param("https://", id="no host"),
        pytest.param("ftp://127.0.0.1", id="another scheme"),
        pytest.param("https://h\n.com", id="a line break"),
        pytest.param("emulator", id="a word"),
    ],
)
def test_endpoints_that_will_not_do(url: str) -> None:
    """Anything else is refused without showing credentials."""
    with pytest.raises(UsageError) as caught:
        Transport(url)
    assert CANARY not in caught.value.message
