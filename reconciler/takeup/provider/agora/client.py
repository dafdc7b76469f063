"""Agora behind the port: a reader for plans, a recorder for applies."""

import threading
from collections import Counter
from collections.abc import Callable, Mapping
from typing import Any, Protocol
from urllib.parse import quote

from takeup.core.address import Mode
from takeup.errors import OutcomeUnknownError, UnavailableError
from takeup.provider.agora import answers, requests
from takeup.provider.agora.answers import Answer
from takeup.provider.agora.error_table import raise_for
from takeup.provider.agora.hosts import Hosts, Route
from takeup.provider.agora.limiter import Limiter
from takeup.provider.agora.retry import Outcome, Retrier
from takeup.provider.port import Acquired, Identity, SessionRef, Sighting, Started, StopReceipt

STOP_TIMEOUT = 75.0


class ReadingWire(Protocol):
    """What a reader needs of a transport."""

    def get(self, path: str, *, base: str = "") -> Answer:
        """GET a quoted path, from another host than the usual one if one is named."""

    def close(self) -> None:
        """Close every connection."""


class WritingWire(ReadingWire, Protocol):
    """What a recorder needs of a transport."""

    def post(self, path: str, body: Mapping[str, Any], *, base: str = "", read_timeout: float | None = None) -> Answer:
        """POST a body to a quoted path."""


class AgoraReader:
    """Asks after sessions. Implements `SessionReader`; it holds no method that changes anything.

    Args:
        transport: sends GET.
        app_id: the App ID all calls are about.
        limiter: shared by everything that uses this App ID.
        retry: repeats calls; by default one that really waits.
        hosts: where calls go; by default only to the endpoint of the transport.
    """

    def __init__(
        self,
        transport: ReadingWire,
        app_id: str,
        limiter: Limiter,
        retry: Retrier | None = None,
        hosts: Hosts | None = None,
    ) -> None:
        self._wire = transport
        self._limiter = limiter
        self._retry = retry or Retrier(limiter)
        self._hosts = hosts or Hosts()
        self._root = f"/v1/apps/{_quoted(app_id)}/cloud_recording"
        self._calls: Counter[str] = Counter()
        self._lock = threading.Lock()

    @property
    def calls(self) -> dict[str, int]:
        """Requests sent so far, by operation, repetitions included."""
        with self._lock:
            return dict(self._calls)

    def query(self, session: SessionRef) -> Sighting | None:
        """Ask after a session; None where the service answers 404 (failed to find worker)."""
        path = self._session_path(session, "query")
        outcome = self._call("query", lambda base: self._wire.get(path, base=base))
        if answers.gone(outcome.answer):
            return None
        raise_for("query", outcome.answer)
        return answers.sighting_of(outcome.answer)

    def close(self) -> None:
        """Close every connection."""
        self._wire.close()

    def _call(
        self,
        operation: str,
        send: Callable[[str], Answer],
        *,
        wait: Callable[[], None] | None = None,
        route: Route | None = None,
    ) -> Outcome:
        def counted(base: str) -> Answer:
            with self._lock:
                self._calls[operation] += 1
            return send(base)

        return self._retry.call(operation, route or self._hosts.route(), wait or self._limiter.wait, counted)

    def _session_path(self, session: SessionRef, verb: str) -> str:
        return (
            f"{self._root}/resourceid/{_quoted(session.resource_id)}/sid/{_quoted(session.sid)}"
            f"/mode/{session.mode.value}/{verb}"
        )


class AgoraRecorder(AgoraReader):
    """Changes sessions too. Implements `Recorder`.

    Args:
        transport: sends GET and POST.
        app_id: the App ID all calls are about.
        limiter: shared by everything that uses this App ID.
        retry: repeats calls; by default one that really waits.
        hosts: where calls go; by default only to the endpoint of the transport.
    """

    def __init__(
        self,
        transport: WritingWire,
        app_id: str,
        limiter: Limiter,
        retry: Retrier | None = None,
        hosts: Hosts | None = None,
    ) -> None:
        super().__init__(transport, app_id, limiter, retry, hosts)
        self._writing = transport
        self._granted = threading.local()

    def pair(self) -> None:
        """Reserve an acquire and its start side by side, for the next two calls on this thread."""
        self._granted.left = self._limiter.due(self._limiter.reserve(2))

    def acquire(self, *, cname: str, uid: str, mode: Mode, spec: Mapping[str, Any]) -> Acquired:
        """Reserve a resourceId. What became of a reservation is never unknown: unused, it costs nothing."""
        body = requests.acquire_body(cname, uid, mode, spec)
        try:
            outcome = self._post("acquire", f"{self._root}/acquire", body, wait=self._wait_for_acquire)
        except OutcomeUnknownError as error:
            raise UnavailableError(f"{error.message} Nothing was started.", hint=error.hint) from error
        raise_for("acquire", outcome.answer, secrets=requests.secrets_in(spec))
        acquired = answers.acquired_of(outcome.answer)
        self._hosts.acquired(acquired.resource_id)
        return acquired

    def start(self, *, cname: str, uid: str, mode: Mode, resource_id: str, spec: Mapping[str, Any]) -> Started:
        """Start recording, or send the same start again."""
        body = requests.start_body(cname, uid, mode, spec)
        path = f"{self._root}/resourceid/{_quoted(resource_id)}/mode/{mode.value}/start"
        route = self._hosts.route_of_start(resource_id)
        outcome = self._post("start", path, body, wait=self._wait_for_start, route=route)
        if not answers.names_running(outcome.answer):
            self._raise_for("start", outcome, spec)
        return answers.started_of(outcome.answer)

    def update(self, session: SessionRef, *, spec: Mapping[str, Any], groups: frozenset[str]) -> Identity | None:
        """Send the update groups; None where the session is gone (404)."""
        return self._change("update", session, requests.update_body(session.cname, session.uid, spec, groups), spec)

    def update_layout(self, session: SessionRef, *, spec: Mapping[str, Any]) -> Identity | None:
        """Overwrite the whole layout; None where the session is gone (404)."""
        return self._change("updateLayout", session, requests.layout_body(session.cname, session.uid, spec), spec)

    def stop(self, session: SessionRef) -> StopReceipt:
        """Stop and wait for the upload."""
        body = requests.stop_body(session.cname, session.uid)
        outcome = self._post("stop", self._session_path(session, "stop"), body, read_timeout=STOP_TIMEOUT)
        if not answers.is_stopped(outcome.answer):
            self._raise_for("stop", outcome, {})
        return answers.receipt_of(outcome.answer)

    def _change(
        self, operation: str, session: SessionRef, body: Mapping[str, Any], spec: Mapping[str, Any]
    ) -> Identity | None:
        outcome = self._post(operation, self._session_path(session, operation), body)
        if answers.gone(outcome.answer):
            return None
        self._raise_for(operation, outcome, spec)
        return answers.updated_of(operation, outcome.answer)

    def _post(  # noqa: PLR0913 - the keyword-only ones are for some operations each
        self,
        operation: str,
        path: str,
        body: Mapping[str, Any],
        *,
        wait: Callable[[], None] | None = None,
        route: Route | None = None,
        read_timeout: float | None = None,
    ) -> Outcome:
        def send(base: str) -> Answer:
            return self._writing.post(path, body, base=base, read_timeout=read_timeout)

        return self._call(operation, send, wait=wait, route=route)

    def _wait_for_acquire(self) -> None:
        """Use the first grant of this thread's pair.

        A repetition takes a new pair: with a grant of its own alone, its start would queue behind everybody else.
        """
        left: tuple[float, ...] | None = getattr(self._granted, "left", None)
        if left is None:
            self._limiter.wait()
            return
        self._granted.left = self._limiter.due(left if len(left) > 1 else self._limiter.reserve(2))[1:]

    def _wait_for_start(self) -> None:
        """Use the other grant; a repetition, or a start without a pair, waits for its own."""
        left: tuple[float, ...] = getattr(self._granted, "left", ())
        if left:
            self._granted.left = self._limiter.due(left)[1:]
        else:
            self._limiter.wait()

    @staticmethod
    def _raise_for(operation: str, outcome: Outcome, spec: Mapping[str, Any]) -> None:
        secrets = requests.secrets_in(spec)
        raise_for(operation, outcome.answer, secrets=secrets, unsure=outcome.unsure)


def _quoted(segment: str) -> str:
    """One path segment. Dots are quoted too where they would walk up the path."""
    return quote(segment, safe="") if segment.strip(".") else segment.replace(".", "%2E")
