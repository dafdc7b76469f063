"""A threaded HTTP/1.1 server for the emulator: keep-alive, one segment per answer, loopback only, TLS if wanted.

werkzeug accepts the connections and gives each its thread. Its request parsing is replaced: it goes through
the email parser and closes each connection after one answer.
"""

import socket
import ssl
import sys
import threading
import traceback
from collections.abc import Callable
from contextlib import suppress
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self, cast

from werkzeug.serving import ThreadedWSGIServer

from takeup.core.loopback import is_loopback
from takeup.provider.emulator.connection import Connection

if TYPE_CHECKING:
    from wsgiref.types import WSGIApplication

Log = Callable[[str], None]
_TICK = 0.1
"""Real seconds between two looks at what has become due."""


class Listener(ThreadedWSGIServer):
    """werkzeug's server, knowing its open connections so that closing ends them."""

    def __init__(self, bound: socket.socket, app: "WSGIApplication", tls: ssl.SSLContext | None, log: Log) -> None:
        self.tls = tls
        self.tell = log
        self.closing = threading.Event()
        self.connections: set[socket.socket] = set()
        host, port = bound.getsockname()[:2]
        super().__init__(host, port, cast("Any", app), cast("Any", Connection), fd=bound.fileno())

    def handle_error(self, request: Any, client_address: Any) -> None:  # noqa: ANN401, ARG002 - as inherited
        """Say nothing where the application closed the connection; anything else is a mistake of the emulator."""
        error = sys.exception()
        if error is None or isinstance(error, OSError):
            return
        # The place, not the message: that one may hold what a client sent.
        place = traceback.extract_tb(error.__traceback__)[-1]
        self.tell(
            f"The emulator failed: {type(error).__name__} in {place.name}, line {place.lineno}. Please report it."
        )


class Server:
    """A bound server. `serve_forever` blocks; `start` (or `with`) serves from a thread."""

    def __init__(self, listener: Listener, tick: Callable[[], None] | None = None) -> None:
        self._listener = listener
        self._tick = tick
        self._threads: list[threading.Thread] = []
        self._serving: int | None = None
        host = f"[{listener.host}]" if ":" in listener.host else listener.host
        self.url = f"{'http' if listener.tls is None else 'https'}://{host}:{listener.port}"

    def serve_forever(self) -> None:
        """Serve until `close` is called (from another thread or a signal's handler), or Ctrl-C."""
        if self._serving is None and self._listener.closing.is_set():
            return  # closed before it served; one that was started goes on, for `close` waits for its end
        if self._tick is not None:
            self._run(self._keep_ticking, "emulator clock")
        self._serving = threading.get_ident()
        try:
            self._listener.serve_forever(poll_interval=0.05)
        finally:
            self._serving = None

    def start(self) -> Self:
        """Serve from a thread of its own; a second call changes nothing."""
        if not self._threads and not self._listener.closing.is_set():
            self._serving = 0
            self._run(self.serve_forever, "emulator")
        return self

    def close(self) -> None:
        """Stop accepting, end every open connection, and wait no longer for any answer."""
        self._listener.closing.set()
        if self._serving == threading.get_ident():
            # In a signal's handler: the loop below us ends when we return, so nobody must wait for it.
            threading.Thread(target=self._listener.shutdown, daemon=True).start()
        elif self._serving is not None:
            self._listener.shutdown()
        self._listener.server_close()
        for connection in list(self._listener.connections):
            with suppress(OSError):
                # Not the method of a TLS socket: that one also takes the session away from the thread that reads.
                socket.socket.shutdown(connection, socket.SHUT_RDWR)
        for thread in self._threads:
            if thread is not threading.current_thread():
                thread.join()

    def _run(self, target: Callable[[], None], name: str) -> None:
        thread = threading.Thread(target=target, name=name, daemon=True)
        self._threads.append(thread)
        thread.start()

    def _keep_ticking(self) -> None:
        while self._tick is not None and not self._listener.closing.wait(_TICK):
            self._tick()

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def serve(  # noqa: PLR0913 - keyword-only parts of one server
    app: "WSGIApplication",
    host: str = "127.0.0.1",
    port: int = 0,
    *,
    tls: ssl.SSLContext | None = None,
    log: Log | None = None,
    tick: Callable[[], None] | None = None,
) -> Server:
    """Bind a server to a loopback address; port 0 takes a free one.

    Args:
        app: answers the requests. What it raises closes the connection without an answer; in the middle of a body
            the connection is reset.
        host: a loopback address, or `localhost`.
        port: to listen on.
        tls: a context that holds a certificate makes it https.
        log: is told of connections that hold no request at all (calls stand in the application's `CallLog`).
        tick: called ten times a second while it serves.

    Raises:
        ValueError: the host is no loopback address. The emulator lets anybody in.
        OSError: the port cannot be bound.
    """
    address = "127.0.0.1" if host == "localhost" else host
    if not is_loopback(address):
        raise ValueError(f"the emulator binds to loopback addresses only, not to {host!r}")
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    # Bound here, not by werkzeug: that prints and calls sys.exit where a port is taken.
    with socket.create_server((address, port), family=family, backlog=128) as bound:
        return Server(Listener(bound, app, tls, log or (lambda _: None)), tick)
