"""A threaded HTTP/1.1 server for the emulator: keep-alive, one segment per answer, loopback only.

werkzeug accepts the connections and gives each its thread. Its request parsing is replaced: it goes through
the email parser and closes each connection after one answer.
"""

import io
import ipaddress
import socket
import sys
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self, cast
from urllib.parse import unquote_to_bytes

from werkzeug.serving import ThreadedWSGIServer, WSGIRequestHandler

from takeup.provider.emulator.wsgi import MAX_BODY

if TYPE_CHECKING:
    from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

MAX_LINE = 16 * 1024
MAX_HEADERS = 100
MAX_DRAIN = 16 * 1024 * 1024
_REFUSED = b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
_SHOWN = 24


class _Listener(ThreadedWSGIServer):
    """werkzeug's server, knowing its open connections so that closing ends them."""

    def __init__(self, bound: socket.socket, app: "WSGIApplication", log: Callable[[str], None] | None) -> None:
        self.access_log = log
        self.connections: set[socket.socket] = set()
        host, port = bound.getsockname()[:2]
        super().__init__(host, port, cast("Any", app), _Handler, fd=bound.fileno())

    def handle_error(self, request: Any, client_address: Any) -> None:  # noqa: ANN401 - as inherited
        """Say nothing: what the application raises is a connection that closes without an answer."""


class _Handler(WSGIRequestHandler):
    """Reads requests by hand and writes each answer with one call."""

    server: _Listener
    disable_nagle_algorithm = True

    def setup(self) -> None:
        super().setup()
        self.server.connections.add(self.connection)

    def finish(self) -> None:
        self.server.connections.discard(self.connection)
        with suppress(OSError):
            super().finish()

    def handle(self) -> None:
        """Answer requests until one side wants to close."""
        with suppress(OSError):
            while self._exchange():
                pass

    def _exchange(self) -> bool:
        """Answer one request; whether another may follow."""
        line = self.rfile.readline(MAX_LINE)
        if not line:
            return False
        began = time.perf_counter()
        words = line.split()
        headers = self._headers()
        if len(words) != 3 or not words[2].startswith(b"HTTP/1.") or headers is None:  # noqa: PLR2004 - a request line
            self.connection.sendall(_REFUSED)
            return False
        method, target = words[0].decode("latin-1"), words[1].decode("latin-1")
        keep = headers.get("HTTP_CONNECTION", "").lower() != "close" and words[2] == b"HTTP/1.1"
        length = headers.get("CONTENT_LENGTH", "0")
        if "HTTP_TRANSFER_ENCODING" in headers or not (length.isascii() and length.isdigit()):
            self.connection.sendall(_REFUSED)
            return False
        body, whole = self._body(int(length), expects="HTTP_EXPECT" in headers)
        status, answer = self._answer(self._environ(method, target, headers, body), keep=keep and whole)
        self.connection.sendall(answer)
        if self.server.access_log is not None:
            took = (time.perf_counter() - began) * 1000
            self.server.access_log(f"{method} {_shown(target)} {status} {took:.1f}ms")
        return keep and whole

    def _headers(self) -> "WSGIEnvironment | None":
        """Read the header lines as WSGI names them; None where they are malformed or too many."""
        headers: WSGIEnvironment = {}
        for _ in range(MAX_HEADERS):
            line = self.rfile.readline(MAX_LINE)
            if line in (b"\r\n", b"\n"):
                return headers
            name, colon, value = line.decode("latin-1").partition(":")
            if not colon or "_" in name or not line.endswith(b"\n"):
                return None
            key = name.upper().replace("-", "_")
            if key not in ("CONTENT_TYPE", "CONTENT_LENGTH"):
                key = f"HTTP_{key}"
            if key == "CONTENT_LENGTH" and key in headers:
                return None
            headers[key] = value.strip()
        return None

    def _body(self, length: int, *, expects: bool) -> tuple[bytes, bool]:
        """Read the body; one above the cap is drained so that the client gets to read the refusal."""
        if expects:
            self.connection.sendall(b"HTTP/1.1 100 Continue\r\n\r\n")
        if length <= MAX_BODY:
            return (self.rfile.read(length) if length else b""), True
        left = min(length, MAX_DRAIN)
        while left > 0 and (chunk := self.rfile.read(min(left, 65536))):
            left -= len(chunk)
        return b"", False

    def _environ(self, method: str, target: str, headers: "WSGIEnvironment", body: bytes) -> "WSGIEnvironment":
        path, _, query = target.partition("?")
        if "%" in path:
            path = unquote_to_bytes(path).decode("latin-1")
        headers.update(
            {
                "REQUEST_METHOD": method,
                "SCRIPT_NAME": "",
                "PATH_INFO": path,
                "QUERY_STRING": query,
                "SERVER_NAME": self.server.host,
                "SERVER_PORT": str(self.server.port),
                "SERVER_PROTOCOL": "HTTP/1.1",
                "REMOTE_ADDR": str(self.client_address[0]),
                "wsgi.version": (1, 0),
                "wsgi.url_scheme": "http",
                "wsgi.input": io.BytesIO(body),
                "wsgi.errors": sys.stderr,
                "wsgi.multithread": True,
                "wsgi.multiprocess": False,
                "wsgi.run_once": False,
            }
        )
        return headers

    def _answer(self, environ: "WSGIEnvironment", *, keep: bool) -> tuple[str, bytes]:
        """Run the application; its status and the whole answer as it goes onto the wire."""
        head: list[str] = []

        def start_response(status: str, headers: list[tuple[str, str]], _exc_info: object = None) -> None:
            head[:] = [f"HTTP/1.1 {status}", *(f"{name}: {value}" for name, value in headers)]

        content = b"".join(self.server.app(environ, cast("StartResponse", start_response)))
        status = head[0][9:12]
        head.append("Connection: keep-alive" if keep else "Connection: close")
        top = ("\r\n".join(head) + "\r\n\r\n").encode("latin-1")
        return status, top if environ["REQUEST_METHOD"] == "HEAD" else top + content


def _shown(target: str) -> str:
    """Shorten long path segments (a resourceId has 256 characters) and escape what a terminal would obey."""
    path = target.partition("?")[0]
    parts = [part if len(part) <= _SHOWN else f"{part[:8]}..." for part in path.split("/")]
    return "/".join(parts).encode("unicode_escape").decode("ascii")


class Server:
    """A bound server. `serve_forever` blocks; `start` (or `with`) serves from a thread."""

    def __init__(self, listener: _Listener) -> None:
        self._listener = listener
        self._thread: threading.Thread | None = None
        self._serving = False
        host = f"[{listener.host}]" if ":" in listener.host else listener.host
        self.url = f"http://{host}:{listener.port}"

    def serve_forever(self) -> None:
        """Serve until `close` is called from another thread, or Ctrl-C."""
        self._serving = True
        self._listener.serve_forever(poll_interval=0.05)

    def start(self) -> Self:
        """Serve from a thread of its own."""
        self._serving = True
        self._thread = threading.Thread(target=self.serve_forever, name="emulator", daemon=True)
        self._thread.start()
        return self

    def close(self) -> None:
        """Stop accepting and end every open connection."""
        if self._serving:
            self._serving = False
            self._listener.shutdown()
        self._listener.server_close()
        for connection in list(self._listener.connections):
            with suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
        if self._thread is not None:
            self._thread.join()

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def serve(
    app: "WSGIApplication",
    host: str = "127.0.0.1",
    port: int = 0,
    *,
    log: Callable[[str], None] | None = None,
) -> Server:
    """Bind a server to a loopback address; port 0 takes a free one.

    `log` is given one line per request: method, shortened path, status, time; never a header.

    Raises:
        ValueError: the host is no loopback address. The emulator lets anybody in.
        OSError: the port cannot be bound.
    """
    address = "127.0.0.1" if host == "localhost" else host
    try:
        loopback = ipaddress.ip_address(address).is_loopback
    except ValueError:
        loopback = False
    if not loopback:
        raise ValueError(f"the emulator binds to loopback addresses only, not to {host!r}")
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    # Bound here, not by werkzeug: that prints and calls sys.exit where a port is taken.
    with socket.create_server((address, port), family=family, backlog=128) as bound:
        return Server(_Listener(bound, app, log))
