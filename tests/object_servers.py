"""Servers of object stores on loopback: moto for S3, Azurite for Azure, and a small one for Google.

Each is told to misbehave by `between`: it stands between the client and the server, and sees every request.
"""

import base64
import hashlib
import hmac
import http.client
import os
import re
import shutil
import socket
import subprocess
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import format_datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, unquote
from uuid import uuid4
from xml.sax.saxutils import escape

from werkzeug.serving import make_server

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

    Between = Callable[[WSGIEnvironment, StartResponse, WSGIApplication], Iterable[bytes]]

ROOT = Path(__file__).parents[1]
AZURITE = ROOT / ".venv/azurite/node_modules/azurite/dist/src/blob/main.js"
SECRETS = {"accessKey": "CANARYACCESSKEY", "secretKey": "canary-secret-key", "token": "canary-token"}
ACCOUNT = "acme"
ACCOUNT_KEY = base64.b64encode(b"canary-account-key").decode()
_GONE = "Skip it with a reason, but not in CI: .ci/run installs it with make .venv/azurite/.installed"


@dataclass
class Server:
    """A server that runs, and how many requests it has had by method."""

    url: str
    between: "Between | None" = None
    seen: list[str] = field(default_factory=list)

    def writes(self) -> int:
        """How many objects were written and removed."""
        return sum(not line.startswith(("GET", "HEAD")) for line in self.seen)


@contextmanager
def _served(app: "WSGIApplication") -> Iterator[Server]:
    """Serve an application whose requests are answered one after another: neither moto nor ours is made for more."""
    turn = threading.Lock()

    def alone(environ: "WSGIEnvironment", start: "StartResponse") -> Iterable[bytes]:
        with turn:
            return list(app(environ, start))

    def outer(environ: "WSGIEnvironment", start: "StartResponse") -> Iterable[bytes]:
        made.seen.append(f"{environ['REQUEST_METHOD']} {environ['PATH_INFO']}")
        return alone(environ, start) if made.between is None else made.between(environ, start, alone)

    server = make_server("127.0.0.1", 0, outer, threaded=True, request_handler=_quiet())
    made = Server(f"http://127.0.0.1:{server.port}")
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield made
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def _quiet() -> Any:  # noqa: ANN401 - a class of werkzeug's
    from werkzeug.serving import WSGIRequestHandler  # noqa: PLC0415

    class Quiet(WSGIRequestHandler):
        protocol_version = "HTTP/1.1"

        def log(self, *_: Any) -> None:  # noqa: ANN401 - whatever it would say
            """Nothing."""

    return Quiet


@contextmanager
def s3_server(*buckets: str) -> Iterator[Server]:
    """Moto with these buckets."""
    from moto.backends import get_backend  # noqa: PLC0415 - seconds to import
    from moto.moto_server.werkzeug_app import create_backend_app  # noqa: PLC0415 - the same

    with _served(create_backend_app("s3")) as server:
        for bucket in buckets:
            host = server.url.removeprefix("http://")
            connection = http.client.HTTPConnection(host)
            connection.request("PUT", f"/{bucket}", headers={"Authorization": _SIGNED, "Content-Length": "0"})
            assert connection.getresponse().status == 200
            connection.close()
        server.seen.clear()
        yield server
        get_backend("s3").reset()


_SIGNED = (
    "AWS4-HMAC-SHA256 Credential=x/20260101/us-east-1/s3/aws4_request, SignedHeaders=host, Signature=x"  # moto believes
)


def azurite_command() -> list[str] | None:
    """How Azurite is started; None where it is not installed.

    Raises:
        AssertionError: in CI, where it must be.
    """
    found = AZURITE.exists() and shutil.which("node") is not None
    assert found or os.environ.get("CI") != "true", f"Azurite is missing. {_GONE}"
    return ["node", str(AZURITE)] if found else None


@contextmanager
def azure_server(command: list[str]) -> Iterator[Server]:
    """Azurite with one account, whose data is kept in memory."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    flags = ["--blobHost", "127.0.0.1", "--blobPort", str(port), "--inMemoryPersistence", "--silent"]
    environment = {**os.environ, "AZURITE_ACCOUNTS": f"{ACCOUNT}:{ACCOUNT_KEY}"}
    process = subprocess.Popen(  # noqa: S603 - what we installed
        [*command, *flags, "--skipApiVersionCheck", "--disableTelemetry"],
        env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    try:
        _wait_for(port, process)
        yield Server(f"http://127.0.0.1:{port}/{ACCOUNT}")
    finally:
        process.terminate()
        process.wait(20)


def _wait_for(port: int, process: "subprocess.Popen[bytes]") -> None:
    until = time.monotonic() + 60
    while time.monotonic() < until and process.poll() is None:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.05)
    raise AssertionError("Azurite did not start")


def make_container(server: Server, name: str) -> None:
    """Make a container, with a request signed by the key of the account."""
    path, date = f"/{ACCOUNT}/{name}", format_datetime(datetime.now(UTC), usegmt=True)
    headers = f"x-ms-date:{date}\nx-ms-version:2021-10-04"
    text = "PUT" + "\n" * 12 + f"{headers}\n/{ACCOUNT}{path}\nrestype:container"
    digest = hmac.new(base64.b64decode(ACCOUNT_KEY), text.encode(), hashlib.sha256).digest()
    sent = dict(line.split(":", 1) for line in headers.splitlines())
    sent |= {"Authorization": f"SharedKey {ACCOUNT}:{base64.b64encode(digest).decode()}", "Content-Length": "0"}
    connection = http.client.HTTPConnection(server.url.removeprefix("http://").partition("/")[0])
    connection.request("PUT", f"{path}?restype=container", headers=sent)
    assert connection.getresponse().status == 201
    connection.close()


@contextmanager
def gcs_server(*buckets: str) -> Iterator[Server]:
    """What the XML API of Google's store promises of generations, as its reference says it.

    Our own, for no other server that a registry has knows conditional writes in that API.
    """
    with _served(_Generations(buckets)) as server:
        yield server


class _Generations:
    def __init__(self, buckets: Iterable[str]) -> None:
        self.objects: dict[str, dict[str, tuple[bytes, int, datetime]]] = {bucket: {} for bucket in buckets}
        self.count = int(time.time() * 1e6)

    def __call__(self, environ: "WSGIEnvironment", start: "StartResponse") -> Iterable[bytes]:
        _, bucket, key = (unquote(str(environ.get("RAW_URI", environ["PATH_INFO"]))).partition("?")[0] + "/").split(
            "/", 2
        )
        if bucket not in self.objects:
            return self._refused(start, "404 Not Found", "NoSuchBucket")
        if environ.get("HTTP_AUTHORIZATION") != f"Bearer {SECRETS['token']}":
            return self._refused(start, "401 Unauthorized", "AuthenticationRequired")
        method, objects = environ["REQUEST_METHOD"], self.objects[bucket]
        key = key.removesuffix("/")
        if not key:
            return self._listed(start, objects, parse_qs(environ["QUERY_STRING"]).get("prefix", [""])[0])
        here = objects.get(key)
        if method == "PUT":
            condition = environ.get("HTTP_X_GOOG_IF_GENERATION_MATCH")
            if condition is not None and not condition.isdecimal():
                return self._refused(start, "400 Bad Request", "InvalidArgument")
            if condition is not None and int(condition) != (0 if here is None else here[1]):
                return self._refused(start, "412 Precondition Failed", "PreconditionFailed")
            self.count += 1
            data = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
            objects[key] = here = (data, self.count, datetime.now(UTC).replace(microsecond=0))
            start("200 OK", [*self._headers(here), ("Content-Length", "0")])
            return [b""]
        if here is None:
            return self._refused(start, "404 Not Found", "NoSuchKey")
        if method == "DELETE":
            del objects[key]
            start("204 No Content", [])
            return [b""]
        start("200 OK", [*self._headers(here), ("Content-Length", str(len(here[0])))])
        return [b"" if method == "HEAD" else here[0]]

    def _headers(self, here: tuple[bytes, int, datetime]) -> list[tuple[str, str]]:
        data, generation, at = here
        tag = hashlib.md5(data, usedforsecurity=False).hexdigest()
        return [
            ("ETag", f'"{tag}"'),
            ("x-goog-generation", str(generation)),
            ("Last-Modified", format_datetime(at, usegmt=True)),
        ]

    def _listed(
        self, start: "StartResponse", objects: dict[str, tuple[bytes, int, datetime]], prefix: str
    ) -> Iterable[bytes]:
        rows = "".join(
            f"<Contents><Key>{escape(key)}</Key><Generation>{generation}</Generation><Size>{len(data)}</Size>"
            f"<LastModified>{at:%Y-%m-%dT%H:%M:%SZ}</LastModified><ETag>x</ETag></Contents>"
            for key, (data, generation, at) in sorted(objects.items())
            if key.startswith(prefix)
        )
        body = f"<ListBucketResult><IsTruncated>false</IsTruncated>{rows}</ListBucketResult>".encode()
        start("200 OK", [("Content-Type", "application/xml"), ("Content-Length", str(len(body)))])
        return [body]

    def _refused(self, start: "StartResponse", status: str, code: str) -> Iterable[bytes]:
        body = f"<Error><Code>{code}</Code></Error>".encode()
        start(status, [("Content-Type", "application/xml"), ("Content-Length", str(len(body)))])
        return [body]


def careless(environ: "WSGIEnvironment", start: "StartResponse", app: "WSGIApplication") -> Iterable[bytes]:
    """A server that takes conditional writes for ordinary ones."""
    for name in [name for name in environ if re.match("HTTP_(IF_|X_GOOG_IF_)", name)]:
        del environ[name]
    return app(environ, start)


def losing_answers(times: int, *, done: bool, of: str = "") -> "Between":
    """A server whose answers to writes get lost, after they were done or before; `times` of them, of such keys."""
    left = [times]

    def between(environ: "WSGIEnvironment", start: "StartResponse", app: "WSGIApplication") -> Iterable[bytes]:
        if environ["REQUEST_METHOD"] != "PUT" or not left[0] or not environ["PATH_INFO"].endswith(of):
            return app(environ, start)
        left[0] -= 1
        if done:
            list(app(environ, lambda *_: None))  # type: ignore[arg-type]  # the answer that is lost
        environ["werkzeug.socket"].shutdown(socket.SHUT_RDWR)
        start("200 OK", [])
        return [b""]

    return between


def fresh_name() -> str:
    """A name that no other test uses."""
    return f"campus-{uuid4().hex[:12]}"
