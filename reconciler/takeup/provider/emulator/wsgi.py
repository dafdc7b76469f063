"""The WSGI face of the emulator: routes, gateway answers, JSON in and out.

Use it in process (`httpx.WSGITransport`) or behind `server.serve`.
"""

import base64
import binascii
import json
import secrets
from collections.abc import Callable, Iterable
from http import HTTPStatus
from typing import TYPE_CHECKING, NamedTuple

from takeup.provider.emulator.answers import bad_body
from takeup.provider.emulator.world import MODES, Answer, World

if TYPE_CHECKING:
    from wsgiref.types import StartResponse, WSGIEnvironment

    from takeup.provider.emulator.sessions import Json

Before = Callable[[str, "Json"], Answer | None]

MAX_BODY = 1024 * 1024
REGIONS = frozenset({"na", "eu", "ap", "cn", "us"})
_STATUS_LINES = {status.value: f"{status.value} {status.phrase}" for status in HTTPStatus}
_ON_SESSION = {"query": "GET", "update": "POST", "updateLayout": "POST", "stop": "POST"}
_NO_ROUTE: Answer = (404, {"message": "no Route matched with those values"})
_UNAUTHORIZED: Answer = (401, {"message": "Unauthorized"})
_WRONG_CREDENTIALS: Answer = (401, {"message": "Invalid authentication credentials"})
_TOO_LARGE: Answer = (413, {"message": "Request size limit exceeded"})


class Route(NamedTuple):
    """What a URL means."""

    operation: str
    app_id: str
    resource_id: str = ""
    mode: str = ""
    sid: str = ""


def route(method: str, path: str) -> Route | None:
    """Read method and path; None where the gateway has no route."""
    parts = path.split("/")[1:]
    if parts and parts[0] in REGIONS:
        parts = parts[1:]
    match parts:
        case ["v1", "apps", app_id, "cloud_recording", *rest] if app_id:
            return _route(method, app_id, rest)
        case _:
            return None


def _route(method: str, app_id: str, rest: list[str]) -> Route | None:
    match rest:
        case ["acquire"] if method == "POST":
            return Route("acquire", app_id)
        case ["resourceid", rid, "mode", mode, "start"] if method == "POST" and rid and mode in MODES:
            return Route("start", app_id, rid, mode)
        case ["resourceid", rid, "sid", sid, "mode", mode, operation] if (
            rid and sid and mode in MODES and _ON_SESSION.get(operation) == method
        ):
            return Route(operation, app_id, rid, mode, sid)
        case _:
            return None


class EmulatorApp:
    """Agora Cloud Recording as a WSGI application.

    `credentials` are the only (customerId, customerSecret) let in; None lets in any well-formed pair.
    `before` sees every call that reached the service (operation, body; a query has an empty one): what it
    returns is the answer and the world is left alone; what it raises goes through to the server, which
    closes the connection without an answer. It is a seam for tests, not a fault model.
    """

    def __init__(
        self, world: World, credentials: tuple[str, str] | None = None, *, before: Before | None = None
    ) -> None:
        self.world = world
        self.before = before
        self._credentials = credentials

    def __call__(self, environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        """Answer one request."""
        status, body = self._answer(environ)
        content = json.dumps(body, separators=(",", ":"), sort_keys=True).encode()
        headers = [
            ("Content-Type", "application/json; charset=utf-8"),
            ("Content-Length", str(len(content))),
            ("X-Request-Id", secrets.token_hex(16)),
        ]
        start_response(_STATUS_LINES.get(status) or f"{status} Unknown", headers)
        return [content]

    def _answer(self, environ: "WSGIEnvironment") -> Answer:
        method, path = environ["REQUEST_METHOD"], environ.get("PATH_INFO", "")
        if path == "/healthz" and method == "GET":
            return 200, {"status": "ok"}
        found = route(method, path)
        if found is None:
            return _NO_ROUTE
        refusal = self._refuse(environ.get("HTTP_AUTHORIZATION"))
        if refusal is not None:
            return refusal
        body: Json | None = {}
        if method == "POST":
            length = environ.get("CONTENT_LENGTH") or "0"
            size = int(length) if length.isascii() and length.isdigit() else 0
            if size > MAX_BODY:
                return _TOO_LARGE
            body = _parsed(environ["wsgi.input"].read(size))
        if body is None:
            self.world.count(found.operation)
            return bad_body()
        if self.before is not None and (injected := self.before(found.operation, body)) is not None:
            self.world.count(found.operation)
            return injected
        return self._call(found, body)

    def _refuse(self, header: str | None) -> Answer | None:
        """Check HTTP Basic credentials."""
        if header is None:
            return _UNAUTHORIZED
        scheme, _, encoded = header.partition(" ")
        try:
            user, colon, secret = base64.b64decode(encoded, validate=True).decode().partition(":")
        except (binascii.Error, ValueError):
            return _WRONG_CREDENTIALS
        if scheme.lower() != "basic" or not colon or not user:
            return _WRONG_CREDENTIALS
        if self._credentials is not None and not secrets.compare_digest(
            f"{user}:{secret}".encode(), ":".join(self._credentials).encode()
        ):
            return _WRONG_CREDENTIALS
        return None

    def _call(self, found: Route, body: "Json") -> Answer:
        world = self.world
        operation, app_id, rid, mode, sid = found
        if operation == "acquire":
            return world.acquire(app_id, body)
        if operation == "start":
            return world.start(app_id, rid, mode, body)
        if operation == "query":
            return world.query(app_id, rid, sid, mode)
        act = {"update": world.update, "updateLayout": world.update_layout, "stop": world.stop}[operation]
        return act(app_id, rid, sid, mode, body)


def _parsed(content: bytes) -> "Json | None":
    """Read a JSON object; None where it is none."""
    try:
        body = json.loads(content)
    except (ValueError, RecursionError):
        return None
    return body if isinstance(body, dict) else None
