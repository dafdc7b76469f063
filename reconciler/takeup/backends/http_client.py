"""One request after another to a Terraform HTTP state server, by the standard library; statuses become sentences.

Each request has a connection of its own: a kept one that the server has closed meanwhile would make every write after
a pause an unclear one.
"""

import ssl
from base64 import b64encode
from collections.abc import Mapping
from dataclasses import dataclass, field
from hashlib import md5
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from pathlib import Path
from urllib.parse import quote, urlsplit

from takeup import __version__
from takeup.backends.files import reason
from takeup.core.secret import Secret
from takeup.errors import StateError, StateUnclearError

_LARGEST = 256 * 1024 * 1024
_SHOWN = 256
DONE = frozenset({200, 201, 202, 204})
REFUSED = frozenset({409, 423})
CONDITION = 412
_DENIED = frozenset({401, 403})
_BROKEN = 500


@dataclass(frozen=True, slots=True)
class Access:
    """Where a state is, and how it is asked for."""

    address: str
    lock_address: str
    unlock_address: str
    update_method: str = "POST"
    lock_method: str = "LOCK"
    unlock_method: str = "UNLOCK"
    username: str = ""
    password: Secret | None = None
    token: Secret | None = None
    timeout: float = 30.0
    ca_file: Path | None = None


@dataclass(frozen=True, slots=True)
class Answer:
    """What a server said; the names of headers in lower case."""

    status: int
    headers: Mapping[str, str]
    body: bytes = field(repr=False)


class HttpStateClient:
    """The five requests of the protocol."""

    def __init__(self, access: Access) -> None:
        self._access = access

    def describe(self) -> str:
        """The address, without what follows the path."""
        return self._access.address.partition("?")[0]

    def get(self) -> Answer:
        """Read; status 200, 204 or 404.

        Raises:
            StateError: it could not be read.
        """
        answer = self._ask("GET", self._access.address, what="read", writes=False)
        if answer.status not in {200, 204, 404}:
            raise self.refused("read", answer)
        return answer

    def post(self, data: bytes, lock_id: str, condition: Mapping[str, str]) -> Answer:
        """Write; the status is done, refused or that of a condition.

        Raises:
            StateUnclearError: it may or may not have been written.
            StateError: it was not.
        """
        digest = b64encode(md5(data, usedforsecurity=False).digest()).decode()
        headers = {"Content-Type": "application/json", "Content-MD5": digest, **condition}
        return self._ask(self._access.update_method, self._url(lock_id), data, headers, what="written")

    def delete(self, lock_id: str) -> Answer:
        """Remove the state.

        Raises:
            StateError: as `post`.
        """
        return self._ask("DELETE", self._url(lock_id), what="removed")

    def lock(self, info: bytes, headers: Mapping[str, str]) -> Answer:
        """Lock; the status is done or refused.

        Raises:
            StateUnclearError: it may or may not be locked now.
            StateError: it is not.
        """
        return self._ask(self._access.lock_method, self._access.lock_address, info, headers, what="locked")

    def unlock(self, info: bytes) -> Answer:
        """Unlock; the status is done or refused.

        Raises:
            StateError: as `lock`.
        """
        return self._ask(self._access.unlock_method, self._access.unlock_address, info, what="unlocked")

    def refused(self, what: str, answer: Answer) -> StateError:
        """An answer that the protocol does not have, as an error."""
        if answer.status in _DENIED:
            return StateError(
                f"The state at {self.describe()} could not be {what}: the server refuses these credentials"
                f" (HTTP {answer.status}).",
                hint="Check username and password, or token, in spec.state, and what they may do.",
            )
        shown = answer.body[:_SHOWN].decode("utf-8", "replace").strip()
        return StateError(
            f"The state at {self.describe()} could not be {what}: HTTP {answer.status}"
            + (f", {shown}" if shown else "."),
            hint="Check spec.state.address, and that a Terraform HTTP state server answers there.",
        )

    def _url(self, lock_id: str) -> str:
        address = self._access.address
        if not lock_id:
            return address
        return f"{address}{'&' if '?' in address else '?'}ID={quote(lock_id, safe='')}"

    def _ask(  # noqa: PLR0913 - one request, each part by its name
        self,
        method: str,
        address: str,
        body: bytes | None = None,
        headers: Mapping[str, str] | None = None,
        *,
        what: str,
        writes: bool = True,
    ) -> Answer:
        answer = self._send(method, address, body, {**self._headers(), **(headers or {})}, what=what, writes=writes)
        known = answer.status in DONE | REFUSED | {CONDITION}
        if writes and answer.status >= _BROKEN:
            raise StateUnclearError(self.refused(what, answer).message, hint="Plan again: it is read first.")
        if writes and not known:
            raise self.refused(what, answer)
        return answer

    def _send(  # noqa: PLR0913 - one request, each part by its name
        self, method: str, address: str, body: bytes | None, headers: Mapping[str, str], *, what: str, writes: bool
    ) -> Answer:
        url = urlsplit(address)
        connection = self._connection(url.hostname or "", url.port, secure=url.scheme == "https")
        try:
            try:
                connection.connect()
            except OSError as error:
                raise StateError(
                    f"The state at {self.describe()} could not be {what}: no connection to {url.hostname}"
                    f" ({reason(error)}).",
                    hint="Check spec.state.address, the network, and the certificate (SSL_CERT_FILE).",
                ) from error
            try:
                target = (url.path or "/") + (f"?{url.query}" if url.query else "")
                connection.request(method, target, body=body, headers=dict(headers))
                response = connection.getresponse()
                data = response.read(_LARGEST + 1)
            except (OSError, HTTPException) as error:
                kind = StateUnclearError if writes else StateError
                raise kind(
                    f"The state at {self.describe()} may not have been {what}: the connection failed before an answer"
                    f" came ({reason(error) or type(error).__name__}).",
                    hint="Try again: what is there is read first.",
                ) from error
        finally:
            connection.close()
        if len(data) > _LARGEST:
            raise StateError(f"{self.describe()} answers with more than 256 MiB: that is no state.")
        return Answer(response.status, {key.lower(): value for key, value in response.getheaders()}, data)

    def _connection(self, host: str, port: int | None, *, secure: bool) -> HTTPConnection:
        if not secure:
            return HTTPConnection(host, port, timeout=self._access.timeout)
        ca_file = self._access.ca_file
        context = ssl.create_default_context(cafile=None if ca_file is None else str(ca_file))
        return HTTPSConnection(host, port, timeout=self._access.timeout, context=context)

    def _headers(self) -> dict[str, str]:
        headers = {"User-Agent": f"takeup/{__version__}", "Accept": "application/json", "Accept-Encoding": "identity"}
        access = self._access
        if access.token is not None:
            headers["Authorization"] = f"Bearer {access.token.reveal()}"
        elif access.password is not None:
            pair = f"{access.username}:{access.password.reveal()}".encode()
            headers["Authorization"] = f"Basic {b64encode(pair).decode()}"
        return headers
