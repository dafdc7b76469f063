"""The emulator's remote control below `/_emulator`: look at everything, change what may happen, move the clock.

Only this machine may use it, and no web page of somebody else: a request must name a loopback host, and what
changes something must be JSON and come from no foreign origin (DNS rebinding, cross-site requests).
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Annotated, Any, TypeVar
from urllib.parse import urlsplit

from pydantic import Field, TypeAdapter, ValidationError

from takeup.core.loopback import is_loopback
from takeup.core.schema.attribute import Attr, Model
from takeup.provider.emulator import overview
from takeup.provider.emulator.faults import Fault
from takeup.provider.emulator.refusal import Refusal, of_validation
from takeup.provider.emulator.scenario import Scenario
from takeup.provider.emulator.sessions import Cause
from takeup.provider.emulator.settings import Duration, Settings

if TYPE_CHECKING:
    from wsgiref.types import WSGIEnvironment

    from takeup.provider.emulator.emulator import Emulator

ROOT = "/_emulator"
MAX_BODY = 1024 * 1024
_JSON = "application/json; charset=utf-8"
_TEN_YEARS = 10 * 365 * 86_400.0
_FAULTS = TypeAdapter(list[Fault])
T = TypeVar("T")
Response = tuple[int, str, bytes]

CAUSES = {
    "kick": Cause.KICKED,
    "kill": Cause.WORKER_DIED,
    "tokenExpired": Cause.TOKEN_EXPIRED,
    "tokenRejected": Cause.TOKEN_REJECTED,
    "storageRejected": Cause.STORAGE_REJECTED,
    "pageFailed": Cause.PAGE_FAILED,
}
"""Ends of a session by the last part of the path; `failover` is the one that is no end."""


class Advance(Model):
    """Body of `POST clock`."""

    advance: Annotated[Duration, Field(le=_TEN_YEARS), Attr("How much time passes at once.", unit="s")]


class Befall(Model):
    """Body of `POST sessions/SID/...`."""

    after: Annotated[Duration, Field(le=_TEN_YEARS), Attr("From now until it happens.", unit="s")] = 0.0
    lasting: Annotated[Duration, Field(le=90), Attr("How long a failover takes.", unit="s")] = 30.0


class Nothing(Model):
    """Body of what needs to be told nothing more."""


@dataclass(frozen=True, slots=True)
class Request:
    """What was asked: the parts of the path below the root, and the JSON of the body ({} where it is empty)."""

    parts: tuple[str, ...]
    body: Any = field(default_factory=dict, repr=False)


class Admin:
    """The remote control of one emulator. It never raises: what it cannot do it says.

    Args:
        emulator: what is looked at and changed.
    """

    def __init__(self, emulator: "Emulator") -> None:
        self._emulator = emulator

    def __call__(self, environ: "WSGIEnvironment") -> Response | None:
        """Answer a WSGI request; None where the path is not below the root."""
        path = _path(environ)
        if not mine(path):
            return None
        headers = {
            "host": environ.get("HTTP_HOST", ""),
            "origin": environ.get("HTTP_ORIGIN", ""),
            "content-type": environ.get("CONTENT_TYPE", ""),
        }
        length = environ.get("CONTENT_LENGTH") or "0"
        size = int(length) if length.isascii() and length.isdigit() and len(length) < 10 else MAX_BODY + 1  # noqa: PLR2004 - digits of a size
        body = environ["wsgi.input"].read(size) if size <= MAX_BODY else b"x" * (MAX_BODY + 1)
        return self.answer(environ["REQUEST_METHOD"], path, environ.get("QUERY_STRING", ""), headers, body)

    def answer(self, method: str, path: str, query: str, headers: Mapping[str, str], body: bytes) -> Response | None:  # noqa: ARG002 - a request; no endpoint has a query
        """Answer one request.

        Args:
            method: in capitals.
            path: decoded, from the root of the server on.
            query: not looked at.
            headers: by their names in small letters.
            body: at most 1 MiB is accepted.

        Returns:
            Status, content type and body; None where the path is not below the root.
        """
        if not mine(path):
            return None
        path = path.encode("utf-8", "replace").decode()  # a lone surrogate can be kept nowhere
        try:
            refuse_strangers(method, headers)
            act, parts = self._route(method, path)
            return _written(200, act(Request(parts, _parsed(method, body))))
        except Refusal as refusal:
            return _written(refusal.status, refusal.told())

    # --- routes -------------------------------------------------------------------------------------------

    def _route(self, method: str, path: str) -> "tuple[Callable[[Request], Any], tuple[str, ...]]":
        parts = tuple(path.removeprefix(ROOT).strip("/").split("/"))
        methods = self._methods(parts)
        if methods is None:
            raise Refusal(404, f"There is nothing here. Try {ROOT}/state.")
        act = methods.get("GET" if method == "HEAD" else method)
        if act is None:
            allowed = ", ".join(methods)
            raise Refusal(405, f"This path takes {allowed} only.", more={"allow": list(methods)})
        return act, parts

    def _methods(self, parts: tuple[str, ...]) -> "Mapping[str, Callable[[Request], Any]] | None":
        match parts:
            case ("state",):
                return {"GET": self._state}
            case ("faults",):
                return {
                    "GET": self._faults,
                    "PUT": self._replace_faults,
                    "POST": self._add_faults,
                    "DELETE": self._no_faults,
                }
            case ("settings",):
                return {"GET": self._settings, "PUT": self._merge_settings}
            case ("scenario",):
                return {"PUT": self._scenario}
            case ("clock",):
                return {"GET": self._clock, "POST": self._advance}
            case ("reset",):
                return {"POST": self._reset}
            case ("sessions", _, what) if what in CAUSES or what == "failover":
                return {"POST": self._befall}
            case ("channels", *_, "leave" | "join") if len(parts) > 2:  # noqa: PLR2004 - a cname may hold slashes
                return {"POST": self._channel}
            case _:
                return None

    # --- looking ------------------------------------------------------------------------------------------

    def _state(self, _: Request) -> Any:  # noqa: ANN401 - JSON
        return overview.state(self._emulator)

    def _faults(self, _: Request) -> Any:  # noqa: ANN401 - JSON
        return overview.faults(self._emulator)

    def _settings(self, _: Request) -> Any:  # noqa: ANN401 - JSON
        return overview.settings(self._emulator)

    def _clock(self, _: Request) -> Any:  # noqa: ANN401 - JSON
        return overview.clock(self._emulator)

    # --- changing -----------------------------------------------------------------------------------------

    def _replace_faults(self, request: Request) -> Any:  # noqa: ANN401 - JSON
        rules = _valid(_FAULTS, request.body)
        self._emulator.faults.replace(tuple(rules))
        return overview.faults(self._emulator)

    def _add_faults(self, request: Request) -> Any:  # noqa: ANN401 - JSON
        given = request.body if isinstance(request.body, list) else [request.body]
        self._emulator.faults.add(*_valid(_FAULTS, given))
        return overview.faults(self._emulator)

    def _no_faults(self, _: Request) -> Any:  # noqa: ANN401 - JSON
        self._emulator.faults.replace(())
        return overview.faults(self._emulator)

    def _merge_settings(self, request: Request) -> Any:  # noqa: ANN401 - JSON
        if not isinstance(request.body, dict):
            raise Refusal(400, "Settings are a JSON object.")
        world = self._emulator.world
        merged = {**world.settings.model_dump(), **request.body}
        switches = request.body.get("switches", {})
        if isinstance(switches, dict):
            merged["switches"] = {**world.settings.switches.model_dump(), **switches}
        world.settings = _valid(TypeAdapter(Settings), merged)
        return overview.settings(self._emulator)

    def _scenario(self, request: Request) -> Any:  # noqa: ANN401 - JSON
        self._emulator.apply(_valid(TypeAdapter(Scenario), request.body))
        return overview.state(self._emulator)

    def _advance(self, request: Request) -> Any:  # noqa: ANN401 - JSON
        self._emulator.clock.advance(_valid(TypeAdapter(Advance), request.body).advance)
        return overview.clock(self._emulator)

    def _reset(self, request: Request) -> Any:  # noqa: ANN401 - JSON
        _valid(TypeAdapter(Nothing), request.body)
        self._emulator.reset()
        return overview.state(self._emulator)

    def _befall(self, request: Request) -> Any:  # noqa: ANN401 - JSON
        _, sid, what = request.parts
        body = _valid(TypeAdapter(Befall), request.body)
        world = self._emulator.world
        session = world.session(sid)
        if session is None:
            raise Refusal(404, "There is no session with this sid.")
        if not session.live(world.now):
            raise Refusal(409, "This session is over.")
        if what == "failover":
            world.fail_over(sid, body.lasting, after=body.after)
        else:
            world.end(sid, CAUSES[what], after=body.after)
        return overview.session(self._emulator, world.session(sid) or session)

    def _channel(self, request: Request) -> Any:  # noqa: ANN401 - JSON
        _valid(TypeAdapter(Nothing), request.body)
        _, *cname, what = request.parts
        world = self._emulator.world
        (world.leave if what == "leave" else world.join)("/".join(cname))
        return {"channel": "/".join(cname), "did": what}


def _path(environ: "WSGIEnvironment") -> str:
    """Read the path as text: WSGI has its UTF-8 bytes as Latin-1, but not every test client keeps to that."""
    path: str = environ.get("PATH_INFO", "")
    try:
        return path.encode("latin-1").decode()
    except UnicodeError:
        return path


def mine(path: str) -> bool:
    """Whether a path is below the root."""
    return path == ROOT or path.startswith(f"{ROOT}/")


def refuse_strangers(method: str, headers: Mapping[str, str]) -> None:
    """Let nobody in but this machine.

    Raises:
        Refusal: 403 where the host is no loopback name or the origin is foreign, 415 where a change is no JSON.
    """
    host = headers.get("host", "")
    if not _loopback(host):
        raise Refusal(403, "The emulator answers to loopback names only: 127.0.0.1, [::1] or localhost.")
    if method in {"GET", "HEAD"}:
        return
    origin = headers.get("origin", "")
    if origin and origin.lower() not in {f"http://{host}".lower(), f"https://{host}".lower()}:
        raise Refusal(403, "A web page of another origin may not drive the emulator.")
    if headers.get("content-type", "").partition(";")[0].strip().lower() != "application/json":
        raise Refusal(415, "Send Content-Type: application/json, an empty body too.")


def _loopback(host: str) -> bool:
    try:
        return is_loopback(urlsplit(f"//{host}").hostname or "")
    except ValueError:
        return False


def _parsed(method: str, body: bytes) -> Any:  # noqa: ANN401 - JSON
    if len(body) > MAX_BODY:
        raise Refusal(413, "The body is larger than 1 MiB.")
    if method in {"GET", "HEAD", "DELETE"} or not body.strip():
        return {}
    try:
        return json.loads(body, parse_constant=_no_number)
    except (ValueError, RecursionError):
        raise Refusal(400, "The body is not JSON.") from None  # its text may hold a secret


def _no_number(name: str) -> float:
    raise ValueError(f"{name} is no JSON")


def _valid(adapter: TypeAdapter[T], value: object) -> T:
    try:
        return adapter.validate_python(value)
    except ValidationError as error:
        raise of_validation(error) from None  # pydantic's text quotes what was written


def _written(status: int, answer: object) -> Response:
    return status, _JSON, json.dumps(answer, allow_nan=False).encode() + b"\n"
