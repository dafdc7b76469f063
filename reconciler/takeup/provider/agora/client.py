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
from takeup.provider.agora.limiter import Limiter
from takeup.provider.agora.retry import Outcome, Retrier
from takeup.provider.port import SessionRef, Sighting, StopReceipt

STOP_TIMEOUT = 75.0


class ReadingWire(Protocol):
    """What a reader needs of a transport."""

    def get(self, path: str) -> Answer:
        """GET a quoted path."""

    def close(self) -> None:
        """Close every connection."""


class WritingWire(ReadingWire, Protocol):
    """What a recorder needs of a transport."""

    def post(self, path: str, body: Mapping[str, Any], *, read_timeout: float | None = None) -> Answer:
        """POST a body to a quoted path."""


class AgoraReader:
    """Asks after sessions. Implements `SessionReader`; it holds no method that changes anything.

    Args:
        transport: sends GET.
        app_id: the App ID all calls are about.
        limiter: shared by everything that uses this App ID.
        retry: repeats calls; by default one that really waits.
    """

    def __init__(self, transport: ReadingWire, app_id: str, limiter: Limiter, retry: Retrier | None = None) -> None:
        self._wire = transport
        self._limiter = limiter
        self._retry = retry or Retrier(limiter)
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
        outcome = self._call("query", lambda: self._wire.get(path), self._limiter.wait)
        if answers.gone(outcome.answer):
            return None
        answers.raise_for("query", outcome.answer)
        return answers.sighting_of(outcome.answer)

    def close(self) -> None:
        """Close every connection."""
        self._wire.close()

    def _call(self, operation: str, send: Callable[[], Answer], wait: Callable[[], None]) -> Outcome:
        def attempt() -> Answer:
            wait()
            with self._lock:
                self._calls[operation] += 1
            return send()

        return self._retry.call(operation, attempt)

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
    """

    def __init__(self, transport: WritingWire, app_id: str, limiter: Limiter, retry: Retrier | None = None) -> None:
        super().__init__(transport, app_id, limiter, retry)
        self._writing = transport
        self._granted = threading.local()

    def pair(self) -> None:
        """Reserve an acquire and its start side by side, for the next two calls on this thread."""
        self._granted.left = self._limiter.due(self._limiter.reserve(2))

    def acquire(self, *, cname: str, uid: str, mode: Mode, spec: Mapping[str, Any]) -> str:
        """Reserve a resourceId. What became of a reservation is never unknown: unused, it costs nothing."""
        body = requests.acquire_body(cname, uid, mode, spec)
        try:
            outcome = self._post("acquire", f"{self._root}/acquire", body, wait=self._wait_granted)
        except OutcomeUnknownError as error:
            raise UnavailableError(f"{error.message} Nothing was started.", hint=error.hint) from error
        answers.raise_for("acquire", outcome.answer, secrets=requests.secrets_in(spec))
        return answers.resource_id_of(outcome.answer)

    def start(self, *, cname: str, uid: str, mode: Mode, resource_id: str, spec: Mapping[str, Any]) -> str:
        """Start recording; the sid."""
        body = requests.start_body(cname, uid, mode, spec)
        path = f"{self._root}/resourceid/{_quoted(resource_id)}/mode/{mode.value}/start"
        outcome = self._post("start", path, body, wait=self._wait_granted)
        self._raise_for("start", outcome, spec)
        return answers.sid_of(outcome.answer)

    def update(self, session: SessionRef, *, spec: Mapping[str, Any], groups: frozenset[str]) -> bool:
        """Send the update groups; False where the session is gone (404)."""
        return self._change("update", session, requests.update_body(session.cname, session.uid, spec, groups), spec)

    def update_layout(self, session: SessionRef, *, spec: Mapping[str, Any]) -> bool:
        """Overwrite the whole layout; False where the session is gone (404)."""
        return self._change("updateLayout", session, requests.layout_body(session.cname, session.uid, spec), spec)

    def stop(self, session: SessionRef) -> StopReceipt:
        """Stop and wait for the upload."""
        body = requests.stop_body(session.cname, session.uid)
        outcome = self._post("stop", self._session_path(session, "stop"), body, read_timeout=STOP_TIMEOUT)
        if not answers.is_stopped(outcome.answer):
            self._raise_for("stop", outcome, {})
        return answers.receipt_of(outcome.answer)

    def _change(self, operation: str, session: SessionRef, body: Mapping[str, Any], spec: Mapping[str, Any]) -> bool:
        outcome = self._post(operation, self._session_path(session, operation), body)
        if answers.gone(outcome.answer):
            return False
        self._raise_for(operation, outcome, spec)
        answers.check_done(operation, outcome.answer)
        return True

    def _post(
        self,
        operation: str,
        path: str,
        body: Mapping[str, Any],
        *,
        wait: Callable[[], None] | None = None,
        read_timeout: float | None = None,
    ) -> Outcome:
        def send() -> Answer:
            return self._writing.post(path, body, read_timeout=read_timeout)

        return self._call(operation, send, wait or self._limiter.wait)

    def _wait_granted(self) -> None:
        """Use a grant of this thread's pair; a repetition, or a call without a pair, waits for its own."""
        left: tuple[float, ...] = getattr(self._granted, "left", ())
        if left:
            self._granted.left = self._limiter.due(left)[1:]
        else:
            self._limiter.wait()

    @staticmethod
    def _raise_for(operation: str, outcome: Outcome, spec: Mapping[str, Any]) -> None:
        secrets = requests.secrets_in(spec)
        answers.raise_for(operation, outcome.answer, secrets=secrets, unsure=outcome.unsure)


def _quoted(segment: str) -> str:
    """One path segment. Dots are quoted too where they would walk up the path."""
    return quote(segment, safe="") if segment.strip(".") else segment.replace(".", "%2E")
