"""What stands between a run and the server of its state, counts the requests, and lets one of them go wrong.

For S3 it is the first thing that moto's server asks; for PostgreSQL a proxy that reads the protocol as far as needed.
"""

import io
import re
import socket
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING
from urllib.parse import unquote
from xml.sax.saxutils import unescape

from tests.crash.store_requests import STATEMENTS, object_name
from tests.postgres_server import server

from takeup.backends.postgres_tables import Tables

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

MISSED = 1.0
LATE = 1.6
"""For how many seconds a client waits, and for how many a request is held that is late."""


class Harm(StrEnum):
    """What befalls a request."""

    CUT = "the connection is cut, and nothing done"
    LOST = "it is done, and the connection cut before the answer"
    BROKEN = "an error of the server (500; an ended backend), and nothing done"
    BROKEN_DONE = "the same, and it is done"
    LATE = "no answer comes for longer than the client waits; then it is done"
    AWAY = "the connection is cut, and nobody listens there any more"
    TAKEN = "its lease has ended, and another run takes it over just before"


@dataclass
class Plan:
    """Which request is harmed and how, and what was asked so far.

    Args:
        at: the number of the request, from 1.
        harm: what befalls it.
        lasting: whether it befalls all that follow as well.
        take_over: lets another run take the lease over.
        go_away: listens no more.
    """

    at: int = 0
    harm: Harm = Harm.CUT
    lasting: bool = False
    take_over: Callable[[], None] = lambda: None
    go_away: Callable[[], None] = lambda: None
    seen: list[str] = field(default_factory=list)
    mutex: threading.Lock = field(default_factory=threading.Lock)

    def meets(self, name: str) -> Harm | None:
        """Count one request, and say what befalls it."""
        with self.mutex:
            self.seen.append(name)
            count = len(self.seen)
        if not self.at or count < self.at or (count > self.at and not self.lasting):
            return None
        if self.harm is Harm.TAKEN and count == self.at:
            self.take_over()
        if self.harm is Harm.AWAY:
            self.go_away()
            return Harm.CUT
        return None if self.harm is Harm.TAKEN else self.harm

    @property
    def struck(self) -> str:
        """The request that was harmed; empty if there were fewer."""
        return self.seen[self.at - 1] if self.at and len(self.seen) >= self.at else ""


_OPERATIONS = {"PUT": "put", "HEAD": "head"}
_BROKEN = b"<Error><Code>InternalError</Code></Error>"


class ObjectFront:
    """Stands in front of moto for the requests of one access key.

    Args:
        key: of the state.
        mark: the access key whose requests are counted and harmed; others pass.
    """

    def __init__(self, key: str, mark: str) -> None:
        self.plan = Plan()
        self._key = key
        self._mark = mark

    def __call__(self, environ: "WSGIEnvironment", start: "StartResponse", app: "WSGIApplication") -> Iterable[bytes]:
        """Answer a request."""
        if self._mark not in environ.get("HTTP_AUTHORIZATION", ""):
            return app(environ, start)
        harm = self.plan.meets(self._name(environ))
        if harm is None:
            return app(environ, start)
        if harm is Harm.LATE:
            time.sleep(LATE)
        if harm in {Harm.LOST, Harm.BROKEN_DONE, Harm.LATE}:
            list(app(environ, lambda *_: None))  # type: ignore[arg-type]  # the answer that is lost
        if harm is Harm.BROKEN:  # what was sent is taken, or it would be read as the next request
            environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
        if harm in {Harm.BROKEN, Harm.BROKEN_DONE}:
            start("500 Internal Server Error", [("Content-Length", str(len(_BROKEN)))])
            return [_BROKEN]
        with suppress(OSError):
            environ["werkzeug.socket"].shutdown(socket.SHUT_RDWR)
        start("200 OK", [])
        return []

    def _name(self, environ: "WSGIEnvironment") -> str:
        method = environ["REQUEST_METHOD"]
        key = unquote(environ["PATH_INFO"]).removeprefix("/campus").removeprefix("/")
        if method == "POST":  # objects are removed by a list of them, in the body
            body = environ["wsgi.input"].read(int(environ["CONTENT_LENGTH"]))
            environ["wsgi.input"] = io.BytesIO(body)
            found = re.search(rb"<Key>(.*?)</Key>", body)
            assert found is not None, body
            return object_name("delete", unescape(found[1].decode()), self._key)
        if method == "GET" and not key:
            prefix = re.search("prefix=([^&]*)", environ["QUERY_STRING"])
            return object_name("list", unquote(prefix[1]) if prefix else "", self._key)
        return object_name(_OPERATIONS.get(method, "get"), key, self._key)


class Gate:
    """Hands connections on to a port of this machine, until it is shut.

    Args:
        port: whose.
    """

    def __init__(self, port: int) -> None:
        self.closed = False
        self._port = port
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._open: list[socket.socket] = []
        threading.Thread(target=self._accept, daemon=True).start()

    @property
    def url(self) -> str:
        """Where it listens."""
        return f"http://127.0.0.1:{self._listener.getsockname()[1]}"

    def shut(self) -> None:
        """Cut all, and listen no more."""
        self.closed = True
        for one in (self._listener, *self._open):
            _close(one)

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                client, _ = self._listener.accept()
                server_end = socket.create_connection(("127.0.0.1", self._port))
                self._open += [client, server_end]
                for ends in ((client, server_end), (server_end, client)):
                    threading.Thread(target=_pump, args=ends, daemon=True).start()


def _pump(source: socket.socket, target: socket.socket) -> None:
    with suppress(OSError):
        while part := source.recv(1 << 16):
            target.sendall(part)
    _close(target)


class TableFront:
    """A proxy in front of PostgreSQL, for the runs whose state is in one schema."""

    def __init__(self, schema: str) -> None:
        self.plan = Plan(go_away=self.close)
        self._names = _statements(schema)
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._open: list[socket.socket] = []
        threading.Thread(target=self._accept, daemon=True).start()

    @property
    def port(self) -> int:
        """Where it listens."""
        return int(self._listener.getsockname()[1])

    def close(self) -> None:
        """End all, and listen no more."""
        for one in (self._listener, *self._open):
            _close(one)

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                client, _ = self._listener.accept()
                self._open.append(client)
                threading.Thread(target=self._serve, args=(client,), daemon=True).start()

    def _serve(self, client: socket.socket) -> None:
        with suppress(OSError, EOFError):
            harm = self.plan.meets("connect")
            if harm is Harm.LATE:
                time.sleep(LATE)
            if harm is not None:
                raise EOFError
            upstream = socket.create_connection(("127.0.0.1", server().port))
            self._open.append(upstream)
            _Session(self, client, upstream).run()
        _close(client)

    def name(self, text: str) -> str:
        """A statement in words."""
        word = text.split(maxsplit=1)[0] if text else ""
        return word if word in {"BEGIN", "COMMIT", "ROLLBACK"} else self._names(text)


class _Session:
    """One connection: what the client sends goes on a request at a time, and so does each answer."""

    def __init__(self, front: TableFront, client: socket.socket, upstream: socket.socket) -> None:
        self._front, self._client, self._upstream = front, _End(client), _End(upstream)
        self._pid = 0

    def run(self) -> None:
        length = self._client.take(4)
        self._upstream.send(length + self._client.take(int.from_bytes(length, "big") - 4))
        self._answer(silent=False, until=b"RZE")
        while True:
            sent, text, whole = self._request()
            if not whole:  # a part of the authentication
                self._upstream.send(sent)
                self._answer(silent=False, until=b"RZE")
                continue
            harm = self._front.plan.meets(self._front.name(text))
            if harm is Harm.LATE:
                time.sleep(LATE)
            if harm is Harm.CUT:
                self._upstream.close()
                raise EOFError
            if harm in {Harm.BROKEN, Harm.BROKEN_DONE}:
                self._terminate(first=harm is Harm.BROKEN, sent=sent)
            self._upstream.send(sent)
            self._answer(silent=harm in {Harm.LOST, Harm.LATE}, until=b"Z")
            if harm in {Harm.LOST, Harm.LATE}:
                self._upstream.close()
                raise EOFError

    def _terminate(self, *, first: bool, sent: bytes) -> None:
        """The server ends the connection, with words, before the request is done or after."""
        if not first:
            self._upstream.send(sent)
            self._answer(silent=True, until=b"Z")
        server().execute(f"SELECT pg_terminate_backend({self._pid})")
        with suppress(EOFError):
            self._answer(silent=False, until=b"Z")
        raise EOFError

    def _request(self) -> tuple[bytes, str, bool]:
        sent, text = b"", ""
        while True:
            kind, body = self._client.message()
            sent += kind + (len(body) + 4).to_bytes(4, "big") + body
            if kind == b"P":
                text = body.split(b"\0")[1].decode()
            if kind == b"Q":
                text = body.rstrip(b"\0").decode()
            if kind == b"X":
                self._upstream.send(sent)
                raise EOFError
            if kind in b"QS":
                return sent, text, True
            if kind == b"p":
                return sent, text, False

    def _answer(self, *, silent: bool, until: bytes) -> None:
        """Pass on what the server says, up to a message of one of these kinds."""
        said, ended = b"", False
        try:
            while not ended:
                kind, body = self._upstream.message()
                if kind == b"K":
                    self._pid = int.from_bytes(body[:4], "big")
                said += kind + (len(body) + 4).to_bytes(4, "big") + body
                ended = kind in until and not (kind == b"R" and body[:4] in {b"\0\0\0\0", b"\0\0\0\x0c"})
        finally:  # the last words of a server that ends the connection are passed on, too
            if not silent:
                self._client.send(said)


class _End:
    """One end of a connection, read through a buffer."""

    def __init__(self, connection: socket.socket) -> None:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._connection = connection
        self._buffer = bytearray()

    def take(self, count: int) -> bytes:
        """So many bytes."""
        while len(self._buffer) < count:
            part = self._connection.recv(1 << 16)
            if not part:
                raise EOFError
            self._buffer += part
        taken = bytes(self._buffer[:count])
        del self._buffer[:count]
        return taken

    def message(self) -> tuple[bytes, bytes]:
        """One message: its kind and its body."""
        head = self.take(5)
        return head[:1], self.take(int.from_bytes(head[1:], "big") - 4)

    def send(self, data: bytes) -> None:
        """Send it all."""
        self._connection.sendall(data)

    def close(self) -> None:
        """End it."""
        _close(self._connection)


def _close(end: socket.socket) -> None:
    with suppress(OSError):
        end.shutdown(socket.SHUT_RDWR)
    end.close()


def _statements(schema: str) -> Callable[[str], str]:
    """Gives the words for a statement as it is sent: with $1 for the first of its parameters."""
    tables, told = Tables(schema), {}
    for name, words in STATEMENTS.items():
        found = getattr(tables, name)
        for statement in (text.encode() for text in found) if isinstance(found, tuple) else (found,):
            told[_as_sent(statement.decode(), percent=name != "create")] = words

    def words_of(text: str) -> str:
        return "set durability" if text.startswith("SELECT set_config") else told[text]

    return words_of


def _as_sent(text: str, *, percent: bool) -> str:
    if not percent or "%(" not in text:
        return text
    numbers: dict[str, int] = {}

    def number(found: re.Match[str]) -> str:
        return f"${numbers.setdefault(found[1], len(numbers) + 1)}"

    return re.sub(r"%\((\w+)\)s", number, text).replace("%%", "%")


@contextmanager
def table_front(schema: str) -> Iterator[TableFront]:
    """A proxy, until the end of the block."""
    front = TableFront(schema)
    try:
        yield front
    finally:
        front.close()
