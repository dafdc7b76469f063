"""One connection of the server: reads requests by hand, and writes each answer with one call."""

import io
import selectors
import socket
import ssl
import struct
import sys
from collections.abc import Iterable
from contextlib import suppress
from typing import TYPE_CHECKING, Any, cast
from urllib.parse import unquote_to_bytes

from werkzeug.serving import WSGIRequestHandler

from takeup.provider.emulator.patience import ENVIRON_WAIT
from takeup.provider.emulator.wsgi import MAX_BODY

if TYPE_CHECKING:
    from wsgiref.types import StartResponse, WSGIEnvironment

    from takeup.provider.emulator.server import Listener

MAX_LINE = 16 * 1024
MAX_HEADERS = 100
MAX_DRAIN = 16 * 1024 * 1024
HANDSHAKE = 10.0
"""Real seconds that a TLS handshake may take."""
_TLS_HELLO = b"\x16"
_RESET = struct.pack("ii", 1, 0)
_REFUSED = b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
_PLAIN = b"This port speaks https.\n"
_PLAIN_ON_TLS = (
    b"HTTP/1.1 400 Bad Request\r\nContent-Type: text/plain\r\nContent-Length: %d\r\nConnection: close\r\n\r\n%s"
    % (len(_PLAIN), _PLAIN)
)


class Connection(WSGIRequestHandler):
    """Serves one connection, in a thread of its own."""

    server: "Listener"
    disable_nagle_algorithm = True

    def setup(self) -> None:
        """Shake hands where TLS is wanted. Here, not where connections are accepted: a client may never speak."""
        raw = self.request
        self.server.connections.add(raw)
        self._spoken = True
        try:
            if self.server.tls is not None:
                self._spoken = self._shake_hands(raw, self.server.tls)
            super().setup()
        except BaseException:
            self.server.connections.discard(raw)
            raise
        self.server.connections.discard(raw)
        self.server.connections.add(self.connection)
        if self.server.closing.is_set():
            self._spoken = False

    def finish(self) -> None:
        """Let go of the connection."""
        self.server.connections.discard(self.connection)
        with suppress(OSError):
            super().finish()
        if self.server.tls is not None:
            self.connection.close()

    def handle(self) -> None:
        """Answer requests until one side wants to close."""
        with suppress(OSError):
            while self._spoken and self._exchange():
                pass

    def _shake_hands(self, raw: socket.socket, tls: ssl.SSLContext) -> bool:
        """Put TLS around the connection; whether requests may follow."""
        raw.settimeout(HANDSHAKE)
        try:
            if raw.recv(1, socket.MSG_PEEK) not in {_TLS_HELLO, b""}:
                self.server.tell("A client spoke plain http to this https port; it was answered 400.")
                with suppress(OSError):
                    raw.recv(MAX_LINE)
                    raw.sendall(_PLAIN_ON_TLS)
                return False
            self.request = tls.wrap_socket(raw, server_side=True)
        except OSError as error:
            what = error.reason if isinstance(error, ssl.SSLError) and error.reason else type(error).__name__
            self.server.tell(f"A TLS handshake failed ({what}); does the client trust the emulator's CA?")
            return False
        self.request.settimeout(None)
        return True

    def _exchange(self) -> bool:
        """Answer one request; whether another may follow."""
        line = self.rfile.readline(MAX_LINE)
        if not line:
            return False
        words = line.split()
        if line.startswith(_TLS_HELLO) or len(words) != 3 or not words[2].startswith(b"HTTP/1."):  # noqa: PLR2004 - a request line
            tls = "TLS on a plain http port" if line.startswith(_TLS_HELLO) else "not HTTP/1.1"
            return self._refuse(f"A client sent something else than a request: {tls}.")
        headers = self._headers()
        if headers is None:
            return self._refuse("A request with malformed or too many headers was refused.")
        method, target = words[0].decode("latin-1"), words[1].decode("latin-1")
        keep = headers.get("HTTP_CONNECTION", "").lower() != "close" and words[2] == b"HTTP/1.1"
        length = headers.get("CONTENT_LENGTH", "0")
        if "HTTP_TRANSFER_ENCODING" in headers or not (length.isascii() and length.isdigit()):
            return self._refuse("A request without a plain Content-Length was refused.")
        body, whole = self._body(int(length), expects="HTTP_EXPECT" in headers)
        return self._answer(self._environ(method, target, headers, body), keep=keep and whole)

    def _refuse(self, why: str) -> bool:
        self.server.tell(why)
        self.connection.sendall(_REFUSED)
        return False

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
                "wsgi.url_scheme": "http" if self.server.tls is None else "https",
                "wsgi.input": io.BytesIO(body),
                "wsgi.errors": sys.stderr,
                "wsgi.multithread": True,
                "wsgi.multiprocess": False,
                "wsgi.run_once": False,
                ENVIRON_WAIT: self._wait,
            }
        )
        return headers

    def _answer(self, environ: "WSGIEnvironment", *, keep: bool) -> bool:
        """Run the application and write its answer; whether another request may follow.

        What the application raises before its answer begins closes the connection; later on it resets it.
        """
        head: list[str] = []

        def start_response(status: str, headers: list[tuple[str, str]], _exc_info: object = None) -> None:
            head[:] = [f"HTTP/1.1 {status}", *(f"{name}: {value}" for name, value in headers)]

        chunks = self.server.app(environ, cast("StartResponse", start_response))
        keep = keep and any(name.startswith("Content-Length:") for name in head)
        head.append("Connection: keep-alive" if keep else "Connection: close")
        top = ("\r\n".join(head) + "\r\n\r\n").encode("latin-1")
        if environ["REQUEST_METHOD"] == "HEAD":
            self.connection.sendall(top)
        elif isinstance(chunks, list):
            self.connection.sendall(top + b"".join(chunks))
        else:
            self._stream(top, chunks)
        return keep

    def _stream(self, top: bytes, chunks: Iterable[bytes]) -> None:
        """Write an answer piece by piece."""
        self.connection.sendall(top)
        try:
            for chunk in chunks:
                self.connection.sendall(chunk)
        except ConnectionResetError:
            # Closed for good before anybody can say goodbye in good order: the client sees a reset.
            with suppress(OSError):
                self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
            self.rfile.close()
            self.connection.close()
            raise
        finally:
            close: Any = getattr(chunks, "close", None)
            if close is not None:
                close()

    def _wait(self, seconds: float) -> bool:
        """Wait real seconds; whether the client has gone or the server closes meanwhile."""
        if self.server.closing.wait(seconds):
            return True
        with selectors.DefaultSelector() as selector:
            selector.register(self.connection, selectors.EVENT_READ)
            if not selector.select(0):
                return False
        try:
            # Not the method of a TLS socket, which cannot look without taking.
            return socket.socket.recv(self.connection, 1, socket.MSG_PEEK) == b""
        except OSError:
            return True
