"""The wire. The only module that imports httpx, so that it can be replaced here and nowhere else.

One `httpx.Client` per worker thread: measured, a shared one serves a quarter of the requests.
Nothing is ever repeated here; what may be repeated is decided per operation in `retry`.
"""

import base64
import json
import ssl
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias
from urllib.parse import urlsplit

import httpx

from takeup.core.loopback import is_loopback
from takeup.core.secret import Secret
from takeup.errors import NotSentError, OutcomeUnknownError, UsageError
from takeup.provider.agora.answers import Answer

if TYPE_CHECKING:
    from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

MAX_ANSWER = 4 * 1024 * 1024
CONNECT_TIMEOUT = 5.0
READ_TIMEOUT = 30.0
_KEPT = 256

# What httpx raises before the first byte of a request is written.
_NEVER_SENT = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.UnsupportedProtocol)

TransportFactory: TypeAlias = Callable[[], httpx.BaseTransport]


def wsgi_transport(app: "WSGIApplication") -> TransportFactory:
    """Serve every request by this WSGI app in process: the embedded emulator.

    What the app raises means what it would mean on a socket: ConnectionRefusedError, nothing was sent; any other
    ConnectionError, the connection closed; TimeoutError, no answer in time. It learns from the WSGI key
    `takeup.patience` after how many seconds the client gives up.
    """
    return lambda: _InProcess(app)


class _InProcess(httpx.BaseTransport):
    """Calls a WSGI app as if it stood behind a connection that can break."""

    def __init__(self, app: "WSGIApplication") -> None:
        self._app = app

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        patience = request.extensions.get("timeout", {}).get("read")

        def patient(environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
            environ["takeup.patience"] = patience
            return self._app(environ, start_response)

        with _as_on_a_socket():
            response = httpx.WSGITransport(app=patient).handle_request(request)
        if not isinstance(response.stream, httpx.SyncByteStream):
            raise TypeError("a WSGI answer is read piece by piece")
        response.stream = _Breakable(response.stream)
        return response


class _Breakable(httpx.SyncByteStream):
    """A body whose connection can break while it is read."""

    def __init__(self, stream: httpx.SyncByteStream) -> None:
        self._stream = stream

    def __iter__(self) -> Iterator[bytes]:
        with _as_on_a_socket():
            yield from self._stream

    def close(self) -> None:
        self._stream.close()


@contextmanager
def _as_on_a_socket() -> Iterator[None]:
    """Raise what httpx raises where a socket fails in that way."""
    try:
        yield
    except ConnectionRefusedError as error:
        raise httpx.ConnectError(str(error)) from error
    except ConnectionError as error:
        raise httpx.ReadError(str(error)) from error
    except TimeoutError as error:
        raise httpx.ReadTimeout(str(error)) from error


def check_base_url(base_url: str) -> str:
    """The endpoint without a trailing slash.

    Raises:
        UsageError: it is not `https://HOST[:PORT]`, nor plain http on loopback.
    """
    hint = "Write https://api.sd-rtn.com, https://api.agora.io, or http://127.0.0.1:PORT for an emulator."
    shown = "(not shown: it holds credentials)" if "@" in base_url else repr(base_url)
    if any(c.isspace() or not c.isprintable() for c in base_url):
        raise UsageError(f"The endpoint {shown} holds blanks or control characters.", hint=hint)
    try:
        parts = urlsplit(base_url)
        host, port = parts.hostname or "", parts.port
    except ValueError:
        raise UsageError(f"The endpoint {shown} is not a URL.", hint=hint) from None
    if "@" in parts.netloc or parts.username is not None:
        raise UsageError("The endpoint must not hold credentials.", hint=hint)
    if not host or port == 0 or parts.path not in {"", "/"} or "?" in base_url or "#" in base_url:
        raise UsageError(f"The endpoint {shown} must be a host, with nothing behind it.", hint=hint)
    if parts.scheme != "https" and not (parts.scheme == "http" and is_loopback(host)):
        raise UsageError(f"The endpoint {shown} must use https; plain http is for loopback only.", hint=hint)
    return f"{parts.scheme}://{parts.netloc}"


class Transport:
    """Sends GET and returns what came back. A plan holds this class, which can change nothing.

    Args:
        base_url: `https://HOST[:PORT]`, or plain http on loopback.
        customer_id: of the RESTful API; None sends no `Authorization` (emulator).
        customer_secret: belongs to it.
        transport: makes the layer below, one per thread; see `wsgi_transport`.
        ca_file: the certificates (PEM) that are trusted instead of the usual ones, as OpenSSL's SSL_CERT_FILE
            means it. Looked at for https only.
        connect_timeout: seconds until a connection stands.
        read_timeout: seconds without a byte, and at most twice that for a whole answer.
        max_answer: the largest answer that is read, in bytes.

    Raises:
        UsageError: the base URL will not do, only one half of the credentials is there, or `ca_file` holds no
            certificate.
    """

    def __init__(  # noqa: PLR0913 - keyword-only settings of one connection
        self,
        base_url: str,
        *,
        customer_id: str | Secret | None = None,
        customer_secret: Secret | None = None,
        transport: TransportFactory | None = None,
        ca_file: Path | None = None,
        connect_timeout: float = CONNECT_TIMEOUT,
        read_timeout: float = READ_TIMEOUT,
        max_answer: int = MAX_ANSWER,
    ) -> None:
        self.base_url = check_base_url(base_url)
        if (customer_id is None) != (customer_secret is None):
            raise UsageError("customerId and customerSecret belong together: only one of them is set.")
        self._factory = transport
        self._connect_timeout = connect_timeout
        self._read_timeout = read_timeout
        self._max_answer = max_answer
        headers = {"Accept": "application/json", "Accept-Encoding": "identity", "User-Agent": "takeup"}
        if customer_id is not None and customer_secret is not None:
            name = customer_id.reveal() if isinstance(customer_id, Secret) else customer_id
            pair = f"{name}:{customer_secret.reveal()}".encode()
            headers["Authorization"] = "Basic " + base64.b64encode(pair).decode()
        self._common_headers = httpx.Headers(headers)  # its repr hides Authorization
        self._headers: dict[tuple[str, bool], httpx.Headers] = {}
        self._ssl = _ssl_context(self.base_url, ca_file, embedded=transport is not None)
        self._local = threading.local()
        self._lock = threading.Lock()
        self._clients: list[httpx.Client] = []
        self._closed = False

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.base_url!r})"

    def get(self, path: str, *, base: str = "") -> Answer:
        """GET a path that begins with a slash and is already quoted; `base` replaces the endpoint.

        Raises:
            NotSentError: nothing reached the server.
            OutcomeUnknownError: it may have been reached, and no whole answer came back.
        """
        return self._send("GET", base or self.base_url, path, None, self._read_timeout)

    def close(self) -> None:
        """Close the connections of all threads; nothing can be sent afterwards."""
        with self._lock:
            self._closed = True
            clients, self._clients = self._clients, []
        for client in clients:
            client.close()

    def _client(self) -> httpx.Client:
        client: httpx.Client | None = getattr(self._local, "client", None)
        if client is not None and not client.is_closed:
            return client
        with self._lock:
            if self._closed:
                raise NotSentError("The connection to the recorder is already closed.")
            client = httpx.Client(
                verify=self._ssl,
                transport=self._factory() if self._factory else None,
                follow_redirects=False,
                trust_env=False,
            )
            self._clients.append(client)
        self._local.client = client
        return client

    def _headers_for(self, base: str, content: bytes | None) -> httpx.Headers:
        """Kept: building them takes longer than all the rest of a request."""
        key = (base, content is not None)
        if key not in self._headers:
            headers = self._common_headers.copy()
            headers["Host"] = urlsplit(base).netloc
            if content is not None:
                headers["Content-Type"] = "application/json"
            self._headers[key] = headers
        return self._headers[key]

    def _send(self, method: str, base: str, path: str, content: bytes | None, read_timeout: float) -> Answer:
        client = self._client()
        connect = self._connect_timeout
        # Built by hand: `Client.get` spends more on merging URL, headers and cookies than is added here.
        request = httpx.Request(
            method,
            base + path,
            headers=self._headers_for(base, content),
            content=content,
            extensions={"timeout": {"connect": connect, "read": read_timeout, "write": read_timeout, "pool": connect}},
        )
        deadline = time.monotonic() + connect + 2 * read_timeout
        try:
            response = client.send(request, stream=True, auth=None)
            try:
                return _answer(response, self._read(base, response, deadline))
            finally:
                response.close()
        except _NEVER_SENT as error:
            raise NotSentError(
                f"{base} could not be reached, nothing was sent: {_what(error)}.",
                hint="Check the endpoint, DNS, the firewall and the certificates of this machine.",
            ) from error
        except (httpx.HTTPError, httpx.StreamError) as error:
            raise OutcomeUnknownError(
                f"{base} gave no whole answer to {method}, so it is not known what it did: {_what(error)}.",
            ) from error

    def _read(self, base: str, response: httpx.Response, deadline: float) -> bytes:
        chunks: list[bytes] = []
        size = 0
        for chunk in response.iter_raw():
            size += len(chunk)
            if size > self._max_answer:
                raise OutcomeUnknownError(
                    f"The answer of {base} is larger than {self._max_answer} bytes and was not read."
                )
            if time.monotonic() > deadline:
                raise OutcomeUnknownError(f"The answer of {base} did not end in time.")
            chunks.append(chunk)
        return b"".join(chunks)


class WritingTransport(Transport):
    """Sends GET and POST. Only an apply holds this class."""

    def post(self, path: str, body: Mapping[str, Any], *, base: str = "", read_timeout: float | None = None) -> Answer:
        """POST a body; `base` replaces the endpoint, `read_timeout` the usual one (a stop waits for the upload).

        Raises:
            NotSentError: nothing reached the server.
            OutcomeUnknownError: it may have been reached, and no whole answer came back.
        """
        content = json.dumps(body, separators=(",", ":"), allow_nan=False).encode()
        timeout = self._read_timeout if read_timeout is None else read_timeout
        return self._send("POST", base or self.base_url, path, content, timeout)


def _ssl_context(base_url: str, ca_file: Path | None, *, embedded: bool) -> ssl.SSLContext:
    """One for all threads: loading the certificates takes longer than many requests."""
    if embedded or base_url.startswith("http://"):
        return ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)  # trusts nobody, and is not asked
    if ca_file is None:
        return httpx.create_ssl_context(trust_env=False)
    hint = "Name a file of certificates in PEM form, or unset SSL_CERT_FILE to trust the usual authorities."
    try:
        return ssl.create_default_context(cafile=ca_file)
    except ssl.SSLError as error:
        raise UsageError(f"The file of trusted certificates {ca_file} holds no certificate.", hint=hint) from error
    except OSError as error:
        text = f"The file of trusted certificates {ca_file} cannot be read: {error.strerror}."
        raise UsageError(text, hint=hint) from error


def _what(error: Exception) -> str:
    return f"{type(error).__name__} {error}".strip().rstrip(".")[:_KEPT]


def _answer(response: httpx.Response, raw: bytes) -> Answer:
    try:
        body = json.loads(raw)
    except (ValueError, RecursionError):
        body = None
    return Answer(
        status=response.status_code,
        body=body if isinstance(body, dict) else None,
        text=raw[: 4 * _KEPT].decode("utf-8", "replace")[:_KEPT],
        retry_after=_seconds(response.headers.get("Retry-After")),
    )


def _seconds(value: str | None) -> float | None:
    """Whole seconds only; the date form is not worth a clock here."""
    return float(value) if value is not None and value.isascii() and value.isdigit() else None
