"""The WSGI face of the emulator: gateway, faults, JSON in and out, and the pages beside the service.

Use it in process (`transport.wsgi_transport`) or behind `server.serve`.
"""

import base64
import binascii
import json
import secrets
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import TYPE_CHECKING

from takeup.provider.emulator import answers, checks, patience
from takeup.provider.emulator.accidents import Accidents
from takeup.provider.emulator.answers import Answer
from takeup.provider.emulator.calls import CallLog, Entry, shortened
from takeup.provider.emulator.clock import Clock
from takeup.provider.emulator.faults import Call, Fault, Faults
from takeup.provider.emulator.limits import Limits
from takeup.provider.emulator.routes import RECEIVERS, Route, route
from takeup.provider.emulator.settings import matches
from takeup.provider.emulator.strike import Reply, Struck, carry_out, has_effect, written
from takeup.provider.emulator.world import World

if TYPE_CHECKING:
    from wsgiref.types import StartResponse, WSGIEnvironment

    from takeup.provider.emulator.sessions import Json

Extra = Callable[["WSGIEnvironment"], tuple[int, str, bytes] | None]
"""Pages beside the service: status, content type and content; None where a path is not theirs."""

MAX_BODY = 1024 * 1024
_STATUS_LINES = {status.value: f"{status.value} {status.phrase}" for status in HTTPStatus}
_PAGES = frozenset({"/", "/healthz", "/openapi.json"})
_ADMIN = "/_emulator"
_NO_ROUTE: Answer = (404, {"message": "no Route matched with those values"})
_UNAUTHORIZED: Answer = (401, {"message": "Unauthorized"})
_WRONG_CREDENTIALS: Answer = (401, {"message": "Invalid authentication credentials"})
_UNKNOWN_APP: Answer = (400, {"message": "appid is invalid"})
_TOO_LARGE: Answer = (413, {"message": "Request size limit exceeded"})
_LIMITED: dict[str, Answer] = {
    "rate": (429, {"message": "API rate limit exceeded"}),
    "concurrency": (400, {"message": "API rate limit exceeded"}),
}
_RECEIVERS: Answer = (200, {"data": {"service": {"hosts": [{"primaryIP": "127.0.0.1"}]}}})
_WRONG_HEADER = 8
"""The legacy code of a wrong header [oerr]."""
_BODY_CHECK = (400, 2)
_OK = 200


@dataclass(slots=True)
class _Call:
    """What is known of a call while it is answered, for the log."""

    route: Route | None = None
    body: "Json" = field(default_factory=dict)
    cname: str = ""
    uid: str = ""
    answer: Answer | None = None
    fault: str = ""
    notes: list[str] = field(default_factory=list)

    def knows(self, body: "Json") -> None:
        """Learn from a body whose call it is."""
        cname, uid = body.get("cname"), body.get("uid")
        self.cname = cname if isinstance(cname, str) else self.cname
        self.uid = uid if isinstance(uid, str) else self.uid


class EmulatorApp:
    """Agora Cloud Recording as a WSGI application.

    Args:
        world: the service.
        credentials: the only (customerId, customerSecret) let in; None lets in any well-formed pair.
        faults: what goes wrong.
        clock: lets time pass where an answer takes some; give the world's own. The wall clock, where it is None.
        calls: remembers the calls.
        extra: pages below `/_emulator`, and `/`, `/healthz`, `/openapi.json`.
        before: called before every request; by default it carries out the faults that have become due.
    """

    def __init__(  # noqa: PLR0913 - keyword-only parts of one object
        self,
        world: World,
        credentials: tuple[str, str] | None = None,
        *,
        faults: Faults | None = None,
        clock: Clock | None = None,
        calls: CallLog | None = None,
        extra: Extra | None = None,
        before: Callable[[], None] | None = None,
    ) -> None:
        self.world = world
        self.faults = Faults() if faults is None else faults
        self.calls = CallLog() if calls is None else calls
        self.limits = Limits()
        self.accidents = Accidents(world, self.faults)
        self.extra = extra
        self.before = self.accidents.tick if before is None else before
        self.closed = False
        self._clock = Clock() if clock is None else clock
        self._credentials = credentials

    def __call__(self, environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        """Answer one request.

        Raises:
            ConnectionRefusedError: the emulator is closed.
            ConnectionResetError: a fault closes the connection without an answer.
            TimeoutError: a fault lets nobody answer in time.
        """
        if self.closed:
            raise ConnectionRefusedError("the emulator is closed")
        self.before()
        reply = self._page(environ) or self._served(environ)
        length = len(reply.content) if reply.stream is None else reply.length
        headers = [
            ("Content-Type", reply.content_type),
            *([("Content-Length", str(length))] if length is not None else []),
            ("X-Request-Id", secrets.token_hex(16)),
            # The status page has buttons: no other page may frame it.
            *((("X-Frame-Options", "DENY"),) if reply.content_type.startswith("text/html") else ()),
            *reply.headers,
        ]
        start_response(_STATUS_LINES.get(reply.status) or f"{reply.status} Unknown", headers)
        return [reply.content] if reply.stream is None else reply.stream

    def _page(self, environ: "WSGIEnvironment") -> Reply | None:
        """Answer what stands beside the service; None where the path is the service's."""
        path = environ.get("PATH_INFO", "")
        if path not in _PAGES and not path.startswith(_ADMIN):
            return None
        pages = self.extra
        found = None if pages is None else pages(environ)
        if found is not None:
            status, content_type, content = found
            return Reply(status, content, content_type=content_type)
        if path == "/healthz" and environ["REQUEST_METHOD"] == "GET":
            return written((200, {"status": "ok"}))
        return None

    def _served(self, environ: "WSGIEnvironment") -> Reply:
        """Answer as the service, and remember the call."""
        began, at = time.perf_counter(), self.world.now
        call = _Call()
        reply = None
        try:
            reply = self._reply(environ, call)
            return reply
        finally:
            self._remember(call, reply, at, (time.perf_counter() - began) * 1000)

    def _reply(self, environ: "WSGIEnvironment", call: _Call) -> Reply:
        """Pass gateway and body check, then let a fault or the world answer."""
        refusal = self._gateway(environ, call)
        if refusal is not None or call.route is None:
            call.answer = refusal or _NO_ROUTE
            return written(call.answer)
        if call.route.operation == RECEIVERS:
            call.answer = _RECEIVERS
            return written(_RECEIVERS)
        wait = patience.of(environ, self._clock)
        refusal = self._read(environ, call)
        if refusal is not None:
            self.world.count(call.route.operation)
            call.answer = refusal
            return written(refusal)
        rule = self.faults.of_call(self._named(call)) if self.faults.strike_calls else None
        if rule is None:
            return written(self._act(call.route, call, wait))
        return self._struck(call.route, call, rule, wait)

    def _gateway(self, environ: "WSGIEnvironment", call: _Call) -> Answer | None:
        """Do what the gateway does before the service sees a call [codes, section 7]."""
        method, path = environ["REQUEST_METHOD"], environ.get("PATH_INFO", "")
        settings = self.world.settings
        found = route(method, path, settings.switches.ipVersions)
        if found is None:
            call.notes.append(f"{method} {shortened(path)}")
            return _NO_ROUTE
        call.route = found
        account = self._account(environ.get("HTTP_AUTHORIZATION"))
        if not isinstance(account, str):
            return account
        if found.operation == RECEIVERS:
            return None
        if settings.appIds is not None and not matches(found.app_id, settings.appIds):
            return _UNKNOWN_APP
        verdict = self.limits.refuse(found.app_id, account, self.world.now, settings)
        return None if verdict is None else _LIMITED[verdict]

    def _account(self, header: str | None) -> str | Answer:
        """Check HTTP Basic credentials; the customer ID, or the refusal."""
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
        return user

    def _read(self, environ: "WSGIEnvironment", call: _Call) -> Answer | None:
        """Read the body of a POST; the refusal, where it will not do."""
        if environ["REQUEST_METHOD"] != "POST":
            return None
        length = environ.get("CONTENT_LENGTH") or "0"
        size = int(length) if length.isascii() and length.isdigit() else 0
        if size > MAX_BODY:
            return _TOO_LARGE
        content = environ["wsgi.input"].read(size)
        switches = self.world.settings.switches
        if switches.contentType == "json" and not _is_json(environ.get("CONTENT_TYPE", "")):
            call.notes.append("Content-Type must be application/json")
            return answers.resource_error(_WRONG_HEADER, switches)
        try:
            body = json.loads(content)
        except (ValueError, RecursionError):
            body = None
        if not isinstance(body, dict):
            call.notes.append("the body is no JSON object")
            return answers.bad_body(answers.BODY_CHECK_FAILED, switches)
        call.body = body
        call.knows(body)
        return None

    def _named(self, call: _Call) -> Call:
        """Tell whose call it is; a query says it by its path alone."""
        found = call.route
        if found is not None and found.operation == "query":
            known = self.world.session(found.sid) or self.world.reservation(found.resource_id)
            if known is not None:
                call.cname, call.uid = known.cname, known.uid
        return Call("" if found is None else found.operation, call.cname, call.uid)

    def _struck(self, found: Route, call: _Call, rule: Fault, wait: Callable[[float], None]) -> Reply:
        """Let a fault strike a call. What the world did and nobody gets to hear stands in the log."""
        call.fault = rule.do
        if not has_effect(rule):
            self.world.count(found.operation)
        struck = Struck(call.cname, call.uid, found.resource_id, self.world.settings.switches)
        return carry_out(rule, struck, lambda: self._act(found, call, wait), wait)

    def _act(self, found: Route, call: _Call, wait: Callable[[float], None]) -> Answer:
        """Let the world answer; a start then meets what will befall it, a stop waits for its upload."""
        answer = self._ask(found, call.body)
        status, body = answer
        call.answer = answer
        if found.operation == "start" and status == _OK:
            befall = self.accidents.started(body["cname"], body["uid"], found.mode, body["sid"])
            call.notes.extend(f"{kind} will befall it" for kind in befall)
        elif found.operation == "stop":
            request = call.body.get("clientRequest")
            waits = isinstance(request, dict) and not request.get("async_stop", False)
            if seconds := answers.stop_takes(self.world.settings, waits, answer):
                wait(seconds)
        return answer

    def _ask(self, found: Route, body: "Json") -> Answer:
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

    def _remember(self, call: _Call, reply: Reply | None, at: float, took: float) -> None:
        """Write the call into the log."""
        found = call.route
        status, body = call.answer or (None, {})
        if call.fault:
            seen = f"carried it out: {status}" if call.answer is not None else "never saw it"
            call.notes.append(f"the service {seen}")
            status = None if reply is None else reply.status
            body = _json(reply.content) if reply is not None and reply.stream is None else {}
        call.knows(body)
        code, reason = body.get("code"), body.get("reason") or body.get("message") or ""
        if found is not None and call.body:
            self._look_closer(found, call, refused=(status, code) == _BODY_CHECK)
        self.calls.add(
            Entry(
                at=at,
                operation="" if found is None else found.operation,
                cname=call.cname,
                uid=call.uid,
                status=status,
                code=code if isinstance(code, int) else None,
                reason=reason,
                fault=call.fault,
                ms=took,
                notes=tuple(call.notes),
            )
        )

    def _look_closer(self, found: Route, call: _Call, *, refused: bool) -> None:
        """Note what a person should know of a body: why it was refused, and what is odd in it."""
        switches = self.world.settings.switches
        request = call.body.get("clientRequest")
        why = checks.why_envelope(call.body) if refused else None
        if isinstance(request, dict):
            if refused and why is None:
                known = self.world.reservation(found.resource_id) if found.operation == "start" else None
                scene = None if known is None else known.scene
                why = checks.why(found.operation, found.mode, request, switches, scene)
            call.notes.extend(checks.oddities(found.operation, found.mode, request, switches))
        if why is not None:
            call.notes.append(why)


def _is_json(content_type: str) -> bool:
    return content_type.partition(";")[0].strip().lower() == "application/json"


def _json(content: bytes) -> "Json":
    """Read back what a fault answered."""
    try:
        body = json.loads(content)
    except ValueError:
        return {}
    return body if isinstance(body, dict) else {}
