"""Where notices go: the settings of the webhook, the signature, and one POST over loopback.

Sources: signatures and headers [ncsh, ncssig], acknowledgement and resends [ncs].
"""

import hashlib
import hmac
import http.client
import json
import socket
import ssl
import time
from contextlib import suppress
from typing import Annotated, Final
from urllib.parse import SplitResult, urlsplit

from pydantic import AfterValidator, Field

from takeup.core.loopback import is_loopback
from takeup.core.schema.attribute import Attr, Model
from takeup.core.schema.scalars import SecretText
from takeup.core.schema.sentence import sentence
from takeup.core.secret import Secret
from takeup.provider.emulator.settings import Duration

PATIENCE: Final = 10.0
"""For which a receiver may think before a notice counts as not received, in seconds [ncs]."""
MAX_ANSWER: Final = 65_536
"""How much of a receiver's answer is read, in bytes."""
RECEIVED: Final = "received"
"""The status of a delivery that was acknowledged."""


def _loopback(url: str) -> str:
    """Accept an address on this machine and nothing else: made-up notices must not leave it."""
    if _split(url) is None:
        raise sentence(
            "The emulator sends notices to this machine only.", "Write for example http://127.0.0.1:9000/hook."
        )
    return url


def _split(url: str) -> SplitResult | None:
    try:
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port
    except ValueError:
        return None
    plain = url.isascii() and url.isprintable() and " " not in url and "@" not in parts.netloc
    return parts if is_loopback(host) and plain and port != 0 and parts.scheme in {"http", "https"} else None


class WebhookSettings(Model):
    """Where notices are sent, and how unreliably. The real service promises neither order nor arrival [bp]."""

    url: Annotated[
        Annotated[str, AfterValidator(_loopback)] | None,
        Attr("Where notices are POSTed: http or https on a loopback address.", source="ncsen"),
    ] = None
    secret: Annotated[SecretText | None, Attr("Signs the notices; unsigned, where not given.", source="ncssig")] = None
    events: Annotated[list[int], Attr("The event types subscribed to; all, where empty.", source="ncse")] = Field(
        default_factory=list
    )
    duplicates: Annotated[float, Field(ge=0, le=1), Attr("How likely a notice comes twice.", source="bp")] = 0.0
    shuffle: Annotated[
        Duration,
        Attr("Each notice is late by a random time up to this: they overtake each other.", unit="s", source="bp"),
    ] = 0.0
    loss: Annotated[float, Field(ge=0, le=1), Attr("How likely a notice never comes.", source="bp")] = 0.0
    retries: Annotated[int, Field(ge=0, le=3), Attr("How often a notice is sent again.", source="ncs")] = 3
    retryAfter: Annotated[  # noqa: N815 - the case of scenario files and of takeup.yaml
        Duration,
        Attr("Before the second resend; doubles after it. The first resend is immediate.", unit="s", source="ncs"),
    ] = 5.0

    def wants(self, event: int) -> bool:
        """Whether an event is subscribed to."""
        return not self.events or event in self.events


def sign(secret: Secret | None, body: bytes) -> dict[str, str]:
    """Make the signature headers: hex HMACs of the raw body, SHA1 and SHA256 (V2) [ncsh]; none without a secret."""
    if secret is None:
        return {}
    key = secret.reveal().encode()
    return {
        "Agora-Signature": hmac.new(key, body, hashlib.sha1).hexdigest(),
        "Agora-Signature-V2": hmac.new(key, body, hashlib.sha256).hexdigest(),
    }


class Poster:
    """Sends notices by HTTP/1.1 and keeps its connection. Not safe for several threads."""

    def __init__(self, patience: float = PATIENCE) -> None:
        self._patience = patience
        self._to: tuple[str, str] | None = None
        self._connection: http.client.HTTPConnection | None = None
        self._over = False

    def __call__(self, url: str, headers: dict[str, str], body: bytes) -> str:
        """Send one notice, and tell what became of it: `received`, or why it was not, in a few words. Never raises."""
        parts = _split(url)
        if parts is None:
            return "not on this machine"
        if self._over:
            return "the emulator is closing"
        target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        try:
            try:
                return self._send(parts, target, headers, body)
            except (http.client.RemoteDisconnected, ConnectionResetError, BrokenPipeError):
                # A kept connection may have been closed by the receiver in the meantime; a new one tells the truth.
                if self._connection is None or self._over:
                    raise
                self.close()
                return self._send(parts, target, headers, body)
        except TimeoutError:
            problem = "no answer in time"
        except ConnectionRefusedError:
            problem = "nobody listens"
        except ssl.SSLError:
            problem = "certificate or TLS refused"
        except (OSError, http.client.HTTPException, ValueError):
            problem = "connection broken"
        self.close()
        return problem

    def abort(self) -> None:
        """Send nothing any more, and end the wait for an answer; for another thread."""
        self._over = True
        connection = self._connection
        sock = None if connection is None else connection.sock
        if sock is not None:
            with suppress(OSError):
                sock.shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        """Close the connection."""
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.close()

    def _send(self, parts: SplitResult, target: str, headers: dict[str, str], body: bytes) -> str:
        until = time.monotonic() + self._patience
        connection, kept = self._connect(parts)
        if connection.sock is not None:
            connection.sock.settimeout(self._patience)
        try:
            connection.request("POST", target, body, headers)
            answer = connection.getresponse()
            text = self._read(answer, connection.sock, until)
        except BaseException:
            if not kept:
                self.close()
            raise
        if answer.will_close:
            self.close()
        if answer.status != http.client.OK:
            return f"HTTP {answer.status}"
        return RECEIVED if _is_json(text) else "answer is not JSON"

    def _connect(self, parts: SplitResult) -> tuple[http.client.HTTPConnection, bool]:
        """Give the kept connection, or a new one; and tell whether it was kept."""
        if self._connection is not None and self._to == (parts.scheme, parts.netloc):
            return self._connection, True
        self.close()
        host = parts.hostname or ""
        if parts.scheme == "https":
            self._connection = http.client.HTTPSConnection(host, parts.port, timeout=self._patience)
        else:
            self._connection = http.client.HTTPConnection(host, parts.port, timeout=self._patience)
        self._to = (parts.scheme, parts.netloc)
        return self._connection, False

    @staticmethod
    def _read(answer: http.client.HTTPResponse, sock: socket.socket | None, until: float) -> bytes:
        """Read the answer as long as patience lasts, for a receiver may send one byte a second."""
        text = b""
        while len(text) <= MAX_ANSWER:
            left = until - time.monotonic()
            if left <= 0:
                raise TimeoutError
            if sock is not None and not answer.isclosed():
                sock.settimeout(left)
            chunk = answer.read1(MAX_ANSWER)
            if not chunk:
                if answer.length:
                    raise http.client.IncompleteRead(text, answer.length)
                answer.close()  # read1 does not, and the connection could not be used again
                return text
            text += chunk
        raise http.client.HTTPException("answer too long")


def _is_json(text: bytes) -> bool:
    try:
        json.loads(text)
    except (ValueError, RecursionError):
        return False
    return True
