"""What Agora's error answers mean, as data: one row for each, and the error that it becomes."""

from collections.abc import Iterable
from dataclasses import dataclass

from takeup.errors import (
    AlreadyStartedError,
    NeverStartedError,
    NotCompletedError,
    NoWorkerError,
    OutcomeUnknownError,
    ProviderError,
    RejectedError,
    TaskConflictError,
    UnavailableError,
)
from takeup.provider.agora.answers import LOOK, Answer, clean


@dataclass(frozen=True, slots=True)
class Row:
    """One row of the error table.

    `on` and `http` match anything where they are None. `message` is part of a gateway message; without one, the
    code has to be that of the answer, and None stands for an answer without a code.
    """

    name: str
    on: frozenset[str] | None
    http: range | None
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
        if self.http is not None and answer.status not in self.http:
            return False
        if self.message is not None:
            return self.message in (answer.gateway_message or "").lower()
        return self.code == answer.code


def _row(  # noqa: PLR0913, PLR0917 - the columns of a table
    name: str,
    on: str,
    http: int | range | None,
    key: int | str | None,
    error: type[ProviderError],
    meaning: str,
    cause: str = "",
    advice: str = "",
) -> Row:
    code, message = (None, key) if isinstance(key, str) else (key, None)
    http = range(http, http + 1) if isinstance(http, int) else http
    operations = frozenset(on.split()) if on else None
    return Row(name, operations, http, code, message, error, meaning, cause, advice)


_WRITES = "update updateLayout stop"
_SERVICE = "Check the App ID, and that Cloud Recording is enabled for it in the Agora console."
_FIX = "Correct the manifest; asking again changes nothing."
_ANEW = "Run it again: a new resourceId is acquired."
_SERVER_ERROR = range(500, 600)
_ASK_LATER = "Run it again in a moment."

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
    _row("start: timed out", "start", 500, 62, NotCompletedError,
         "the request timed out inside Agora", "", LOOK),
    _row("start: timed out at 504", "start", 504, 62, NotCompletedError,
         "the request timed out inside Agora", "", LOOK),
    _row("start: unexplained code 15", "start", 500, 15, NotCompletedError,
         "Agora failed with a code that it documents nowhere", "often the token or the storage", LOOK),
    _row("start: legacy resourceId of another", "start", None, 432, NeverStartedError,
         "App ID, cname or uid do not belong to the resourceId (legacy code)", "", _ANEW),
    _row("start: legacy resourceId expired", "start", None, 433, NeverStartedError,
         "the resourceId is older than 5 minutes (legacy code)", "start came too late after acquire", _ANEW),
    _row("start: legacy resourceId unreadable", "start", None, 1001, NeverStartedError,
         "the resourceId cannot be read (legacy code)", "it belongs to another deployment", _ANEW),
    # Service, running sessions
    _row("query: request not completed", "query", 206, 65, UnavailableError,
         "Agora did not complete the request in time", "", _ASK_LATER),
    _row("request not completed", "start " + _WRITES, 206, 65, NotCompletedError,
         "Agora did not complete the request in time", "", LOOK),
    _row("query: timed out", "query", 504, 62, UnavailableError,
         "the request timed out inside Agora", "", _ASK_LATER),
    _row("timed out", _WRITES, 504, 62, NotCompletedError, "the request timed out inside Agora", "", LOOK),
    _row("stop: upload not over", "stop", None, 50, OutcomeUnknownError,
         "the upload did not end in time", "much is left to upload", LOOK),
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
    # What stands between failed, or the service in a form of its own: nobody says how far the call came.
    _row("server error without a code", "acquire query", _SERVER_ERROR, None, UnavailableError,
         "a gateway or server failed on the way", "", _ASK_LATER),
    _row("server error without a code, on a change", "start " + _WRITES, _SERVER_ERROR, None, OutcomeUnknownError,
         "a gateway or server failed on the way, so it is not known what the call did", "", LOOK),
)  # fmt: skip

_TIMEOUTS = frozenset({408, 499})
# What settles a start, whatever became of the attempts before it: their resourceId is that of all attempts.
_SETTLES = (TaskConflictError, NoWorkerError, NeverStartedError)
# Where a failed call may all the same have had its effect.
_MAY_HAVE_ACTED = frozenset({"start", "update", "updateLayout", "stop"})


def find(operation: str, answer: Answer) -> Row | None:
    """The row of the error table for an answer."""
    return next((row for row in ERROR_TABLE if row.matches(operation, answer)), None)


def error_of(operation: str, answer: Answer) -> type[ProviderError]:
    """The class of an answer that is no success."""
    row = find(operation, answer)
    return row.error if row else _unknown(operation, answer)


def is_unclear(operation: str, answer: Answer) -> bool:
    """Whether the call may be sent again as it is: it was not completed, or not by anybody who could tell."""
    failed = answer.status in _SERVER_ERROR or answer.status in _TIMEOUTS or (answer.status, answer.code) == (206, 65)
    return failed and not issubclass(error_of(operation, answer), (RejectedError, NoWorkerError, NeverStartedError))


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
    error = error_of(operation, answer)
    sentence = f"{operation} was answered with {_label(answer)}"
    hint = row.advice if row else ""
    if row:
        sentence += f": {row.meaning}." + (f" Likely: {row.cause}." if row.cause else "")
        quoted = answer.reason or answer.gateway_message or (answer.text if answer.code is None else "")
        name = "Its reason"
    else:
        sentence += ", which is not in the error table."
        quoted, name = answer.text, "It begins"
    if quoted := clean(quoted, secrets):
        sentence += f' {name}: "{quoted}".'
    known = issubclass(error, OutcomeUnknownError) or (operation == "start" and issubclass(error, _SETTLES))
    if unsure and operation in _MAY_HAVE_ACTED and not known:
        sentence += " An earlier attempt of this call got no clear answer and may have had its effect."
        error, hint = OutcomeUnknownError, LOOK
    raise error(sentence, hint=hint)


def _unknown(operation: str, answer: Answer) -> type[ProviderError]:
    if 300 <= answer.status < 500 and answer.status not in _TIMEOUTS:  # noqa: PLR2004 - HTTP classes
        return RejectedError
    if operation not in _MAY_HAVE_ACTED:
        return UnavailableError
    # With a code, it is the service itself that failed; without one, something on the way may have.
    return NotCompletedError if answer.status in _SERVER_ERROR and answer.code is not None else OutcomeUnknownError


def _label(answer: Answer) -> str:
    code = "" if answer.code is None else f", code {answer.code}"
    return f"HTTP {answer.status}{code}"
