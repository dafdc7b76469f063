"""What a fault does to a call: the answer in its place, the damaged answer, or none at all.

A WSGI application can only answer or raise. What it raises means, in process (`transport.wsgi_transport`) and on
a socket (`server`) alike: ConnectionResetError, the connection closes (in the middle of a body: is reset);
TimeoutError, nobody answered in time.
"""

import json
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import NamedTuple

from takeup.provider.emulator.answers import Answer, not_found
from takeup.provider.emulator.faults import ANSWERS, Fault
from takeup.provider.emulator.sessions import Json
from takeup.provider.emulator.switches import Switches

TIMEOUT, SLOW = 120.0, 3.0
"""Seconds that `timeout` and `slow` take where the rule does not say."""
OVERSIZED, BOMB = 16 * 1024 * 1024, 256 * 1024 * 1024
"""Bytes of an oversized answer and of an unpacked bomb where the rule does not say."""
_CHUNK = 256 * 1024
_EFFECT = frozenset({"lostResponse", "slow", "resetMidBody", "malformed", "oversized", "gzipBomb", "emptyBody"})
"""The kinds whose call has its effect where the rule does not say."""
_NO_SID = 15
_JSON = "application/json; charset=utf-8"
_RETRY_AFTER = "Retry-After"

Header = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Reply:
    """An HTTP answer before it is written. `stream` replaces `content`, and `length` is then its size, if known."""

    status: int
    content: bytes = b""
    headers: tuple[Header, ...] = ()
    stream: Iterator[bytes] | None = None
    length: int | None = None
    content_type: str = _JSON


class Struck(NamedTuple):
    """The call that a fault strikes."""

    cname: str
    uid: str
    resource_id: str
    switches: Switches


def written(answer: Answer) -> Reply:
    """Write an answer: compact, keys in alphabetical order [T-36441, T-36773]."""
    status, body = answer
    return Reply(status, dump(body))


def dump(body: Json) -> bytes:
    """Write JSON the way the service does."""
    return json.dumps(body, separators=(",", ":"), sort_keys=True).encode()


def has_effect(rule: Fault) -> bool:
    """Tell whether the call is carried out although the fault strikes it."""
    return rule.do in _EFFECT if rule.effect is None else rule.effect


def carry_out(rule: Fault, struck: Struck, act: Callable[[], Answer], wait: Callable[[float], None]) -> Reply:
    """Let a fault strike a call.

    Args:
        rule: a rule of calls.
        struck: the call.
        act: lets the world carry it out.
        wait: lets seconds of the emulator's clock pass; may raise TimeoutError where the client gives up.

    Raises:
        ConnectionResetError: the connection closes without an answer, or (while the answer is being written) is reset.
        TimeoutError: nobody answered in time.
    """
    answer = act() if has_effect(rule) else (200, {"cname": struck.cname, "uid": struck.uid})
    match rule.do:
        case "answer":
            return _answer(rule, struck)
        case "slow":
            wait(SLOW if rule.lasting is None else rule.lasting)
            return written(answer)
        case "timeout":
            wait(TIMEOUT if rule.lasting is None else rule.lasting)
            raise TimeoutError("timeout")
        case "lostRequest" | "lostResponse":
            raise ConnectionResetError(rule.do)
        case _:
            return _damaged(rule, *answer)


def _damaged(rule: Fault, status: int, body: Json) -> Reply:
    """Spoil an answer on its way."""
    content = dump(body)
    half = content[: max(1, len(content) // 2)]
    match rule.do:
        case "resetMidBody":
            return Reply(status, stream=_reset(half), length=len(content))
        case "malformed":
            return Reply(status, half)
        case "oversized":
            head, tail = _around(body)
            size = max(rule.size or OVERSIZED, len(head) + len(tail))
            return Reply(status, stream=_padded(head, tail, size), length=size)
        case "gzipBomb":
            head, tail = _around(body)
            size = max(rule.size or BOMB, len(head) + len(tail))
            return Reply(status, headers=(("Content-Encoding", "gzip"),), stream=_packed(_padded(head, tail, size)))
        case _:
            return Reply(status)


def _answer(rule: Fault, struck: Struck) -> Reply:
    """Answer in the service's place, or in the gateway's."""
    status, code, reason = ANSWERS[rule.answer or ""]
    if code is None:
        headers = () if rule.retryAfter is None else ((_RETRY_AFTER, str(rule.retryAfter)),)
        return Reply(status, dump({"message": reason}), headers)
    if code == _NO_SID:
        return written((status, {"resourceId": struck.resource_id, "sid": "", "code": code}))
    if (status, code) == (404, 404):
        return written(not_found(struck.cname, struck.uid, struck.switches))
    return written((status, {"code": code, "reason": reason}))


def _reset(half: bytes) -> Iterator[bytes]:
    yield half
    raise ConnectionResetError("resetMidBody")


def _around(body: Json) -> tuple[bytes, bytes]:
    """Cut a JSON object open behind its last key, for a padding."""
    content = dump(body)
    return content[:-1] + (b"," if body else b"") + b'"padding":"', b'"}'


def _padded(head: bytes, tail: bytes, size: int) -> Iterator[bytes]:
    """Write a valid JSON object of so many bytes without ever holding it."""
    yield head
    left = size - len(head) - len(tail)
    blanks = b" " * min(_CHUNK, left)
    while left > 0:
        yield blanks[:left]
        left -= len(blanks)
    yield tail


def _packed(chunks: Iterator[bytes]) -> Iterator[bytes]:
    """Pack chunks with gzip as they come."""
    packer = zlib.compressobj(level=9, wbits=31)
    for chunk in chunks:
        if packed := packer.compress(chunk):
            yield packed
    yield packer.flush()
