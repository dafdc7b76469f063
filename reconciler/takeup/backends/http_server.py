"""`takeup state serve`: the Terraform HTTP state protocol over state files, by the standard library.

    GET, POST, DELETE   /state/NAME     the document; POST and DELETE take ?ID= of the lock
    LOCK, UNLOCK        /state/NAME     with Terraform's lock record as the body

Other methods are refused. Without a token it belongs on loopback.
"""

import hmac
import re
import socket
import ssl
import sys
import threading
from base64 import b64decode, b64encode
from collections.abc import Callable
from contextlib import suppress
from hashlib import md5
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import TracebackType
from typing import Any, Self
from urllib.parse import parse_qs, urlsplit

from takeup import __version__
from takeup.backends.codec import PLAIN, Codec
from takeup.backends.http_words import LEASE
from takeup.backends.lease import awake
from takeup.backends.served import Reply, ServedState
from takeup.core.secret import Secret
from takeup.errors import StateError, TakeupError

_NAME = re.compile(r"/state/([A-Za-z0-9][A-Za-z0-9_-]{0,63})")
_LARGEST = 256 * 1024 * 1024
_LONGEST_LEASE = 3600.0
_IDLE = 60.0


class StateServer:
    """A bound server. Serves from a thread of its own between `with` and its end.

    Args:
        folder: NAME is kept in NAME.json of it.
        host: the address to listen on.
        port: 0 takes a free one.
        token: what clients must send, as a bearer token or as the password of any user; None: nothing.
        read_token: a token that may read and nothing else.
        tls: a context with a certificate makes it https.
        tell: is told of each request, as a line without its content.
        clock: seconds, for leases.
        codec: opens what local runs have left behind in encrypted states.

    Raises:
        OSError: the address cannot be listened on.
    """

    def __init__(  # noqa: PLR0913 - the parts of one server, each by name
        self,
        folder: Path,
        *,
        host: str = "127.0.0.1",
        port: int = 0,
        token: Secret | None = None,
        read_token: Secret | None = None,
        tls: ssl.SSLContext | None = None,
        tell: Callable[[str], None] = lambda _: None,
        clock: Callable[[], float] = awake,
        codec: Codec = PLAIN,
    ) -> None:
        self._codec = codec
        self._folder = folder
        self._clock = clock
        self._states: dict[str, ServedState] = {}
        self._mutex = threading.Lock()
        self.tokens = (token, read_token)
        self.tell = tell
        self._listener = _Listener(self, host, port, tls)
        name = f"[{host}]" if ":" in host else host
        scheme = "http" if tls is None else "https"
        self.url = f"{scheme}://{name}:{self._listener.server_address[1]}"
        self._thread = threading.Thread(target=self._listener.serve_forever, args=(0.1,), daemon=True)

    def state(self, name: str) -> ServedState:
        """The state of a name."""
        with self._mutex:
            return self._states.setdefault(name, ServedState(self._folder / f"{name}.json", self._clock, self._codec))

    def tick(self) -> None:
        """End leases that have run out."""
        with self._mutex:
            states = list(self._states.values())
        for state in states:
            with suppress(TakeupError):
                state.tick()

    def close(self) -> None:
        """Answer no more. Locks that were given out stay, for the server that comes next."""
        if self._thread.is_alive():
            self._listener.shutdown()
            self._thread.join()
        self._listener.server_close()
        for state in self._states.values():
            state.close()

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


class _Listener(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False

    def __init__(self, server: StateServer, host: str, port: int, tls: ssl.SSLContext | None) -> None:
        self.server = server
        self._tls = tls
        self.address_family = socket.AF_INET6 if ":" in host else socket.AF_INET
        super().__init__((host, port), _Handler)

    def finish_request(self, request: Any, client_address: Any) -> None:  # noqa: ANN401 - as inherited
        """Shake hands in the thread of the connection: a client that does not must not stop the others."""
        request.settimeout(_IDLE)
        if self._tls is not None:
            request = self._tls.wrap_socket(request, server_side=True)
        super().finish_request(request, client_address)

    def service_actions(self) -> None:
        self.server.tick()

    def handle_error(self, request: Any, client_address: Any) -> None:  # noqa: ANN401, ARG002 - as inherited
        """A connection that breaks is the client's affair; anything else is a mistake of ours, told without content."""
        error = sys.exception()
        if error is not None and not isinstance(error, OSError):
            self.server.tell(f"The server failed: {type(error).__name__}. Please report it.")


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server_version = f"takeup/{__version__}"
    sys_version = ""
    server: _Listener

    def do_GET(self) -> None:
        self._answer(lambda state, _: state.get(), reads=True)

    def do_POST(self) -> None:
        self._answer(self._put)

    do_PUT = do_POST  # noqa: N815 - named by the library

    def do_DELETE(self) -> None:
        self._answer(lambda state, _: state.delete(self._lock_id()))

    def do_LOCK(self) -> None:
        self._answer(lambda state, body: state.lock(body, self._lease()))

    def do_UNLOCK(self) -> None:
        self._answer(lambda state, body: state.unlock(body))

    def _put(self, state: ServedState, body: bytes) -> Reply:
        digest = self.headers.get("Content-MD5")
        if digest and digest != b64encode(md5(body, usedforsecurity=False).digest()).decode():
            return Reply(400, b"The body is not what Content-MD5 says.")
        return state.put(body, self._lock_id(), self.headers.get("If-Match", ""), self.headers.get("If-None-Match", ""))

    def _answer(self, act: Callable[[ServedState, bytes], Reply], *, reads: bool = False) -> None:
        reply = self._refusal(reads=reads)
        if reply is None:
            body = self._body()
            name = _NAME.fullmatch(urlsplit(self.path).path)
            if body is None:
                reply = Reply(413, b"A body needs a Content-Length, of at most 256 MiB.")
                self.close_connection = True
            elif name is None:
                reply = Reply(404, b"States are at /state/NAME.")
            else:
                try:
                    reply = act(self.server.server.state(name[1]), body)
                except (StateError, OSError) as error:
                    reply = Reply(500, str(error).encode())
        self._send(reply)

    def _refusal(self, *, reads: bool) -> Reply | None:
        token, read_token = self.server.server.tokens
        if token is None and read_token is None:
            return None
        given = _credential(self.headers.get("Authorization", ""))
        if token is not None and _same(given, token):
            return None
        self.close_connection = True  # the body was not read
        if read_token is not None and _same(given, read_token):
            if reads:
                self.close_connection = False
                return None
            return Reply(403, b"This token may read and nothing else.")
        return Reply(401, b"The token is missing or wrong.")

    def _body(self) -> bytes | None:
        text = self.headers.get("Content-Length", "0")
        if not text.isdecimal() or int(text) > _LARGEST or "Transfer-Encoding" in self.headers:
            return None
        return self.rfile.read(int(text))

    def _lock_id(self) -> str:
        return parse_qs(urlsplit(self.path).query).get("ID", [""])[0]

    def _lease(self) -> float | None:
        try:
            lease = float(self.headers.get(LEASE, ""))
        except ValueError:
            return None
        return lease if 0 < lease <= _LONGEST_LEASE else None

    def _send(self, reply: Reply) -> None:
        self.send_response(reply.status)
        if reply.status == 401:  # noqa: PLR2004 - a status
            self.send_header("WWW-Authenticate", 'Basic realm="takeup state"')
        if reply.tag:
            self.send_header("ETag", reply.tag)
        if reply.lease is not None:
            self.send_header(LEASE, f"{reply.lease:g}")
        self.send_header("Content-Type", "application/json" if reply.body[:1] == b"{" else "text/plain; charset=utf-8")
        self.send_header("Content-Length", str(len(reply.body)))
        if self.close_connection:
            self.send_header("Connection", "close")
        self.end_headers()
        self.wfile.write(reply.body)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002, ANN401 - as inherited
        """One line for each request: no body, no header, no lock ID."""
        path = urlsplit(getattr(self, "path", "")).path
        status = next((str(int(part)) for part in args if str(part).isdecimal()), "-") if args else format
        self.server.server.tell(f"{getattr(self, 'command', None) or '-'} {path[:100]!a} {status}")


def _credential(header: str) -> str:
    kind, _, value = header.partition(" ")
    if kind.lower() == "bearer":
        return value.strip()
    if kind.lower() == "basic":
        with suppress(ValueError):
            return b64decode(value.strip(), validate=True).decode().partition(":")[2]
    return ""


def _same(given: str, token: Secret) -> bool:
    return hmac.compare_digest(given.encode(), token.reveal().encode())
