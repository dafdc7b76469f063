"""What Agora's answers mean: the error table as data, and the shapes of what query and stop report."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, NoReturn

from takeup.errors import (
    AlreadyStartedError,
    NoWorkerError,
    OutcomeUnknownError,
    ProviderError,
    RejectedError,
    TaskConflictError,
    UnavailableError,
)
from takeup.provider.port import Sighting, StopReceipt

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


@dataclass(frozen=True, slots=True)
class Row:
    """One row of the error table; None matches anything. `message` is part of a gateway message."""

    name: str
    on: frozenset[str] | None
    http: int | None
    code: int | None
    message: str | None
    error: type[ProviderError]
    meaning: str
    cause: str
    advice: str

    def matches(self, operation: str, answer: Answer) -> bool:
        """Whether this row is about that answer."""
        if self.on is not None and operation not in self.on:
            return False
        if self.http is not None and self.http != answer.status:
            return False
        if self.message is not None:
            return self.message in (answer.gateway_message or "").lower()
        return self.code == answer.code


def _row(  # noqa: PLR0913, PLR0917 - the columns of a table
    name: str,
    on: str,
    http: int | None,
    key: int | str,
    error: type[ProviderError],
    meaning: str,
    cause: str = "",
    advice: str = "",
) -> Row:
    code, message = (key, None) if isinstance(key, int) else (None, key)
    operations = frozenset(on.split()) if on else None
    return Row(name, operations, http, code, message, error, meaning, cause, advice)


_WRITES = "update updateLayout stop"
_SERVICE = "Check the App ID, and that Cloud Recording is enabled for it in the Agora console."
_FIX = "Correct the manifest; asking again changes nothing."
_ASK_LATER = "Run it again in a moment."
_LOOK = "Run plan again: it asks Agora how the session is."

# First match wins. Every row is a row of the tests.
ERROR_TABLE: tuple[Row, ...] = (
    # Gateway
    _row("gateway: app id invalid", "", 400, "appid is invalid", RejectedError,
         "the App ID is not accepted", "Cloud Recording is not enabled for it, or it is misspelt", _SERVICE),
    _row("gateway: unauthorized", "", 401, "unauthorized", RejectedError,
         "the credentials are missing", "customerId or customerSecret is empty",
         "Set customerId and customerSecret of the RESTful API."),
    _row("gateway: invalid credentials", "", 401, "invalid authentication credentials", RejectedError,
         "the credentials are wrong", "they belong to another account, or are the App Certificate",
         "Set customerId and customerSecret of the account that owns the App ID."),
    _row("gateway: no route", "", 404, "no route matched", RejectedError,
         "there is no such call at this endpoint", "the endpoint is wrong; this says nothing about a session",
         "Check spec.agora.endpoint."),
    _row("rate limit", "", 429, "", UnavailableError,
         "too many requests for this App ID", "another program uses the same App ID",
         "Lower spec.agora.requestsPerSecond."),
    # Service, acquire
    _row("acquire: app not enabled", "acquire", 400, 400, RejectedError,
         "the App ID is not accepted (invalid_appid)", "Cloud Recording is not enabled for it", _SERVICE),
    _row("acquire: bad channel name", "acquire", 400, 401, RejectedError,
         "the channel name is not accepted (invalid_channel_name)", "a character is forbidden", _FIX),
    _row("acquire: account suspended", "acquire", 400, 405, RejectedError,
         "the account is suspended (no_active_status)", "a bill is overdue",
         "Settle the account in the console."),
    _row("acquire: over quota", "acquire", 400, 406, UnavailableError,
         "the quota of concurrent recordings is used up (vendor_over_load)",
         "too many recordings run at once",
         "Look for recordings nobody needs, run it again later, or ask Agora for a larger quota."),
    _row("acquire: internal error", "acquire", 500, 500, UnavailableError,
         "Agora failed (internal_error)", "", _ASK_LATER),
    _row("acquire: no worker manager", "acquire", 500, 501, UnavailableError,
         "Agora has no capacity at hand (no_worker_manager_available)", "", _ASK_LATER),
    _row("acquire: allocation timed out", "acquire", 500, 504, UnavailableError,
         "Agora found no worker in time (allocate_timeout)", "", _ASK_LATER),
    _row("acquire: legacy not enabled", "acquire", None, 62, RejectedError,
         "Cloud Recording is not enabled (legacy code)", "the service is off for this App ID", _SERVICE),
    # Service, start
    _row("start: already started", "start", 201, 7, AlreadyStartedError,
         "this resourceId is recording already, and the answer holds no sid",
         "an earlier start reached Agora and its answer was lost",
         "Do not start it again; see the page on lost sessions."),
    _row("start: task conflict", "start", 400, 53, TaskConflictError,
         "the same App ID, cname and uid is being recorded already", "another state or program started it",
         "Find its owner, wait until it ends, or use another uid."),
    _row("start: no worker", "start", 500, 502, NoWorkerError,
         "Agora could allocate no worker", "", "Acquire a new resourceId and start again."),
    _row("start: timed out", "start", 500, 62, OutcomeUnknownError,
         "the request timed out inside Agora", "", _LOOK),
    _row("start: timed out at 504", "start", 504, 62, OutcomeUnknownError,
         "the request timed out inside Agora", "", _LOOK),
    _row("start: unexplained code 15", "start", 500, 15, OutcomeUnknownError,
         "Agora failed with a code that it documents nowhere", "often the token or the storage", _LOOK),
    # Service, running sessions
    _row("query: request not completed", "query", 206, 65, UnavailableError,
         "Agora did not complete the request in time", "", _ASK_LATER),
    _row("request not completed", "start " + _WRITES, 206, 65, OutcomeUnknownError,
         "Agora did not complete the request in time", "", _LOOK),
    _row("query: timed out", "query", 504, 62, UnavailableError,
         "the request timed out inside Agora", "", _ASK_LATER),
    _row("timed out", _WRITES, 504, 62, OutcomeUnknownError, "the request timed out inside Agora", "", _LOOK),
    _row("stop: upload not over", "stop", None, 50, OutcomeUnknownError,
         "the upload did not end in time", "much is left to upload", _LOOK),
    _row("query: legacy exiting", "query", None, 501, UnavailableError,
         "the session is exiting (legacy code)", "it was stopped a moment ago", _ASK_LATER),
    # Service, all
    _row("parameter refused", "", 400, 2, RejectedError,
         "a parameter is of the wrong type, case or range, or is missing", "", _FIX),
    _row("parameter refused at 500", "", 500, 2, RejectedError,
         "a parameter is of the wrong type, case or range, or is missing", "", _FIX),
    _row("legacy: bad request form", "", None, 8, RejectedError,
         "the headers, URL, method or JSON are not accepted (legacy code)", "a proxy changed the request",
         "Check the endpoint and what stands between."),
    _row("legacy: token expired", "", None, 109, RejectedError,
         "the token has expired", "it is older than its own lifetime", "Make a new token and run it again."),
    _row("legacy: token wrong", "", None, 110, RejectedError,
         "the token is wrong", "it was made for another App ID, cname or uid",
         "Make a token for this cname and uid."),
    _row("legacy: parameters do not match", "", None, 432, RejectedError,
         "a parameter is wrong, or App ID, cname or uid do not belong to the resourceId", "", _FIX),
    _row("legacy: resourceId expired", "", None, 433, UnavailableError,
         "the resourceId is older than 5 minutes", "start came too late after acquire", "Run it again."),
    _row("legacy: resourceId unreadable", "", None, 1001, RejectedError,
         "the resourceId cannot be read", "the state was edited, or belongs to another deployment",
         "Compare the state with its backup."),
    _row("legacy: session does not match", "", None, 1003, RejectedError,
         "App ID or sid do not belong to the resourceId", "the state was edited, or appId was changed",
         "Compare appId and the state with their backup."),
    _row("legacy: bad channel name", "", None, 1013, RejectedError,
         "the channel name is not accepted", "it is too long or holds a forbidden character", _FIX),
    _row("legacy: bad layout", "", None, 1028, RejectedError,
         "the layout is not accepted", "a region is out of range or an attribute is missing", _FIX),
)  # fmt: skip

# Where a failed call may all the same have had its effect.
_MAY_HAVE_ACTED = frozenset({"start", "update", "updateLayout", "stop"})
_TIMEOUTS = frozenset({408, 499})


def gone(answer: Answer) -> bool:
    """Whether the service says that it knows no such session. A gateway 404 does not say that."""
    return answer.status == 404 and answer.code == 404  # noqa: PLR2004 - the row of the facts


def find(operation: str, answer: Answer) -> Row | None:
    """The row of the error table for an answer."""
    return next((row for row in ERROR_TABLE if row.matches(operation, answer)), None)


def raise_for(operation: str, answer: Answer, *, secrets: Iterable[str] = (), unsure: bool = False) -> None:
    """Return where the answer is a success; else raise what it means.

    Args:
        operation: acquire, start, query, update, updateLayout or stop.
        answer: what came back.
        secrets: values of the request, cut out of anything that is quoted.
        unsure: an earlier attempt of the same call may have had its effect, so that nothing short of a
            success can say that it had none.

    Raises:
        ProviderError: the class that the error table names.
    """
    if answer.status == 200:  # noqa: PLR2004 - the one status of success
        return
    row = find(operation, answer)
    error = row.error if row else _unknown(operation, answer)
    sentence = f"{operation} was answered with {_label(answer)}"
    hint = row.advice if row else ""
    if row:
        sentence += f": {row.meaning}." + (f" Likely: {row.cause}." if row.cause else "")
        quoted = answer.reason or answer.gateway_message or ""
        name = "Its reason"
    else:
        sentence += ", which is not in the error table."
        quoted, name = answer.text, "It begins"
    if quoted := _clean(quoted, secrets):
        sentence += f' {name}: "{quoted}".'
    if unsure and operation in _MAY_HAVE_ACTED and not issubclass(error, OutcomeUnknownError):
        sentence += " An earlier attempt of this call got no clear answer and may have had its effect."
        error, hint = OutcomeUnknownError, _LOOK
    raise error(sentence, hint=hint)


def _unknown(operation: str, answer: Answer) -> type[ProviderError]:
    if 300 <= answer.status < 500 and answer.status not in _TIMEOUTS:  # noqa: PLR2004 - HTTP classes
        return RejectedError
    return OutcomeUnknownError if operation in _MAY_HAVE_ACTED else UnavailableError


def _label(answer: Answer) -> str:
    code = "" if answer.code is None else f", code {answer.code}"
    return f"HTTP {answer.status}{code}"


def _clean(text: str, secrets: Iterable[str] = ()) -> str:
    for secret in sorted(set(secrets), key=len, reverse=True):
        if secret:
            text = text.replace(secret, "(sensitive)")
    text = _STREAM_KEY.sub("(sensitive)", text)
    return "".join(c if c.isprintable() else " " for c in text)[:256].strip()


def resource_id_of(answer: Answer) -> str:
    """The resourceId of an acquire that was answered with 200."""
    value = (answer.body or {}).get("resourceId")
    if not isinstance(value, str) or not value:
        raise UnavailableError("acquire was answered with HTTP 200 without a resourceId; nothing was started.")
    return value


def sid_of(answer: Answer) -> str:
    """The sid of a start that was answered with 200."""
    value = (answer.body or {}).get("sid")
    if not isinstance(value, str) or not value:
        what = "something that is not JSON" if answer.body is None else "no sid"
        raise OutcomeUnknownError(
            f"start was answered with HTTP 200 and {what}: it may be recording, and cannot be addressed.",
            hint=_LOOK,
        )
    return value


def check_done(operation: str, answer: Answer) -> None:
    """An update that was answered with 200 has to be readable, or something else answered it."""
    if answer.body is None:
        _unreadable(operation, answer)


def sighting_of(answer: Answer) -> Sighting:
    """What a query that was answered with 200 says."""
    response = _mapping((answer.body or {}).get("serverResponse"))
    status = response.get("status")
    if not isinstance(status, int) or isinstance(status, bool) or status not in _STATUSES:
        raise UnavailableError(
            f'query was answered with HTTP 200 and no known status. It begins: "{_clean(answer.text)}".'
        )
    return Sighting(status, _files(response))


def receipt_of(answer: Answer) -> StopReceipt:
    """How a stop that was answered with 200, or with what counts as success, ended."""
    if gone(answer):
        return StopReceipt(gone=True, note="Agora knows no such session (404)")
    if (answer.status, answer.code) == (400, 49):
        return StopReceipt(exiting=True, note="the session is exiting already (400/49)")
    if (answer.status, answer.code) == (206, 435):
        return StopReceipt(note="stopped; nothing was recorded (206/435)")
    if answer.body is None:
        _unreadable("stop", answer)
    response = _mapping(answer.body.get("serverResponse"))
    uploading = response.get("uploadingStatus")
    for payload in _payloads(response):
        uploading = payload.get("uploadingStatus", uploading)
    status = uploading if isinstance(uploading, str) else None
    note = "" if response else "stopped; the answer names no files"
    return StopReceipt("unknown" if status == "unknow" else status, _files(response), note=note)


def is_stopped(answer: Answer) -> bool:
    """Whether a stop is over: the answers that a destroy converges on."""
    return (answer.status, answer.code) in {(206, 435), (400, 49)} or gone(answer)


def _unreadable(operation: str, answer: Answer) -> NoReturn:
    raise OutcomeUnknownError(
        f'{operation} was answered with HTTP 200 and no JSON object. It begins: "{_clean(answer.text)}".',
        hint=_LOOK,
    )


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
