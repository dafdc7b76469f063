"""The shapes of Agora's answers: whom they are about, and what query and stop report. Errors are in `error_table`."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, NoReturn

from takeup.errors import OutcomeUnknownError, UnavailableError
from takeup.provider.agora.slices import first_slice
from takeup.provider.port import Acquired, Identity, Sighting, Started, StopReceipt

LOOK = "Run plan again: it asks Agora how the session is."

_OK = 200
_STATUSES = frozenset({0, 1, 2, 3, 4, 5, 6, 7, 8, 20})
# A query answer names the CDN address, which holds a stream key.
_STREAM_KEY = re.compile(r"rtmps?:\\?/\\?/[^\s\"'<>]+", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Answer:
    """One HTTP answer: `body` where it is a JSON object, `text` its first 256 characters."""

    status: int
    body: Mapping[str, Any] | None
    text: str = ""
    retry_after: float | None = None

    @property
    def code(self) -> int | None:
        """The `code` of a service error; None in an answer of the gateway."""
        code = (self.body or {}).get("code")
        return code if isinstance(code, int) and not isinstance(code, bool) else None

    @property
    def gateway_message(self) -> str | None:
        """The `message` of a gateway error: the service itself never saw the call."""
        message = (self.body or {}).get("message")
        return message if isinstance(message, str) and self.code is None else None

    @property
    def reason(self) -> str:
        """What the service gives as reason, also in the nested form of older deployments."""
        body = self.body or {}
        reason = body.get("reason")
        if reason is None:
            payload = _mapping(_mapping(body.get("serverResponse")).get("payload"))
            reason = payload.get("message")
        return reason if isinstance(reason, str) else ""


def gone(answer: Answer) -> bool:
    """Whether the service says that it knows no such session. A gateway 404 does not say that."""
    return answer.status == 404 and answer.code == 404  # noqa: PLR2004 - the row of the facts


def clean(text: str, secrets: Iterable[str] = ()) -> str:
    """What may be quoted of an answer: 256 printable characters, without the secrets of the request."""
    for secret in sorted(set(secrets), key=len, reverse=True):
        if secret:
            text = text.replace(secret, "(sensitive)")
    text = _STREAM_KEY.sub("(sensitive)", text)
    return "".join(c if c.isprintable() else " " for c in text)[:256].strip()


def acquired_of(answer: Answer) -> Acquired:
    """What an acquire that was answered with 200 gave."""
    value = (answer.body or {}).get("resourceId")
    if not isinstance(value, str) or not value:
        raise UnavailableError("acquire was answered with HTTP 200 without a resourceId; nothing was started.")
    return Acquired(value, identity_of(answer))


def started_of(answer: Answer) -> Started:
    """What a start gave that was answered with 200, or with 201/7 and a sid."""
    value = (answer.body or {}).get("sid")
    if not isinstance(value, str) or not value:
        what = "something that is not JSON" if answer.body is None else "no sid"
        raise OutcomeUnknownError(
            f"start was answered with HTTP 200 and {what}: it may be recording, and cannot be addressed.",
            hint=LOOK,
        )
    return Started(value, identity_of(answer))


def names_running(answer: Answer) -> bool:
    """Whether a start that was repeated is told the sid of what runs. Documented without; a bonus where it is there."""
    sid = (answer.body or {}).get("sid")
    return (answer.status, answer.code) == (201, 7) and isinstance(sid, str) and bool(sid)


def updated_of(operation: str, answer: Answer) -> Identity:
    """Whom an update that was answered with 200 is about. It has to be readable, or something else answered it."""
    if answer.body is None:
        _unreadable(operation, answer)
    return identity_of(answer)


def identity_of(answer: Answer) -> Identity:
    """Whom an answer is about, as far as it says so. Never judged here."""
    body = answer.body or {}
    response = _mapping(body.get("serverResponse"))
    # Of the two shapes only that of a web page lists its services; an error in the old nested form has neither.
    web = "extensionServiceState" in response if response and answer.status == _OK else None
    cname, uid, resource_id, sid = (_text(body.get(key)) for key in ("cname", "uid", "resourceId", "sid"))
    return Identity(cname, uid, resource_id, sid, web)


def sighting_of(answer: Answer) -> Sighting:
    """What a query that was answered with 200 says."""
    response = _mapping((answer.body or {}).get("serverResponse"))
    status = response.get("status")
    if not isinstance(status, int) or isinstance(status, bool) or status not in _STATUSES:
        raise UnavailableError(
            f'query was answered with HTTP 200 and no known status. It begins: "{clean(answer.text)}".'
        )
    files = _files(response)
    return Sighting(status, files, identity_of(answer), first_slice((response, *files)))


def receipt_of(answer: Answer) -> StopReceipt:
    """How a stop that was answered with 200, or with what counts as success, ended."""
    who = identity_of(answer)
    if gone(answer):
        return StopReceipt(gone=True, note="Agora knows no such session (404)", identity=who)
    if (answer.status, answer.code) == (400, 49):
        return StopReceipt(exiting=True, note="the session is exiting already (400/49)", identity=who)
    if (answer.status, answer.code) == (206, 435):
        return StopReceipt(note="stopped; nothing was recorded (206/435)", identity=who)
    if answer.body is None:
        _unreadable("stop", answer)
    response = _mapping(answer.body.get("serverResponse"))
    uploading = response.get("uploadingStatus")
    for payload in _payloads(response):
        uploading = payload.get("uploadingStatus", uploading)
    status = uploading if isinstance(uploading, str) else None
    note = "" if response else "stopped; the answer names no files"
    uploaded = "unknown" if status == "unknow" else status
    return StopReceipt(uploaded, _files(response), note=note, identity=who)


def is_stopped(answer: Answer) -> bool:
    """Whether a stop is over: the answers that a destroy converges on."""
    return (answer.status, answer.code) in {(206, 435), (400, 49)} or gone(answer)


def _unreadable(operation: str, answer: Answer) -> NoReturn:
    raise OutcomeUnknownError(
        f'{operation} was answered with HTTP 200 and no JSON object. It begins: "{clean(answer.text)}".',
        hint=LOOK,
    )


def _text(value: object) -> str | None:
    """A name or an id; a uid may come as a number."""
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    return value if isinstance(value, str) else None


def _mapping(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def _payloads(response: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    services = response.get("extensionServiceState")
    entries = services if isinstance(services, list) else []
    return [_mapping(_mapping(e).get("payload") or _mapping(e).get("playload")) for e in entries]


def _files(response: Mapping[str, Any]) -> tuple[Mapping[str, Any], ...]:
    """All files, whatever the shape: a name, a list, or lists inside of web services."""
    found: list[Mapping[str, Any]] = []
    for holder in (response, *_payloads(response)):
        listed = holder.get("fileList")
        for item in listed if isinstance(listed, list) else [listed]:
            file = {"fileName": item} if isinstance(item, str) else dict(_mapping(item))
            if "filename" in file:  # web spells it so
                file = {"fileName": file.pop("filename"), **file}
            if isinstance(file.get("fileName"), str) and file["fileName"]:
                found.append(file)
    return tuple(found)
