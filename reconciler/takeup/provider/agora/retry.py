"""What is repeated, how often and after how long, per operation. Nothing below repeats anything."""

import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass

from takeup.errors import NotSentError, OutcomeUnknownError
from takeup.provider.agora.answers import Answer
from takeup.provider.agora.limiter import Limiter

_AGAIN = (3.0, 6.0)
_SAFE = (1.0, 3.0, 6.0)
_OVER_QUOTA = (5.0, 10.0, 15.0)
_THROTTLED = (1.0, 2.0, 4.0, 8.0, 16.0, 32.0)
_LONGEST_PAUSE = 60.0

# Operations that may be repeated after any failure: a reservation that is not used costs nothing,
# a question changes nothing, and both updates overwrite all that they are about.
_REPEATABLE = {"acquire": _SAFE, "query": _AGAIN, "update": _AGAIN, "updateLayout": _AGAIN}

# The only answers after which start and stop are repeated, with the very same body and resourceId.
_REPEAT_AFTER = {
    "start": frozenset({(206, 65), (500, 62)}),
    "stop": frozenset({(206, 65), (504, 62)}),
}
# Answers that leave open whether the call had its effect.
_UNSURE = frozenset({(206, 65), (500, 62), (504, 62)})


@dataclass(frozen=True, slots=True)
class Outcome:
    """The last answer; `unsure` where an earlier attempt may have had its effect."""

    answer: Answer
    unsure: bool = False


class Retrier:
    """Repeats a call as the tables above say.

    Args:
        limiter: paused by a 429, for all calls of the App ID.
        sleep: waits that many seconds; may raise to interrupt the run.
        factor: scales every wait.
    """

    def __init__(self, limiter: Limiter, *, sleep: Callable[[float], None] = time.sleep, factor: float = 1.0) -> None:
        self._limiter = limiter
        self._sleep = sleep
        self._factor = factor

    def call(self, operation: str, send: Callable[[], Answer]) -> Outcome:
        """Send until there is an answer to keep.

        Args:
            operation: acquire, start, query, update, updateLayout or stop.
            send: waits for the rate limit and sends one request.

        Raises:
            NotSentError: no attempt reached the service.
            OutcomeUnknownError: the last attempt, or one before it, may have had its effect.
        """
        used: Counter[str] = Counter()
        unsure = False
        while True:
            try:
                answer = send()
            except NotSentError as error:
                if not self._wait("not sent", _SAFE, used):
                    if unsure and operation != "query":
                        raise OutcomeUnknownError(
                            f"{error.message} An earlier attempt of this {operation} got no clear answer.",
                            hint=error.hint,
                        ) from error
                    raise
                continue
            except OutcomeUnknownError:
                unsure = True
                if not self._wait("no answer", _REPEATABLE.get(operation, ()), used):
                    raise
                continue
            if answer.status == 429:  # noqa: PLR2004 - the row of the facts
                if self._pause(answer, used):
                    continue
                return Outcome(answer, unsure)
            if not self._wait(*_rule(operation, answer), used):
                return Outcome(answer, unsure)
            unsure = unsure or (answer.status, answer.code) in _UNSURE or answer.status >= 500  # noqa: PLR2004

    def _wait(self, cause: str, waits: tuple[float, ...], used: Counter[str]) -> bool:
        """Sleep before the next attempt; False where there is none left."""
        if used[cause] >= len(waits):
            return False
        seconds = waits[used[cause]] * self._factor
        used[cause] += 1
        self._sleep(seconds)
        return True

    def _pause(self, answer: Answer, used: Counter[str]) -> bool:
        if used["throttled"] >= len(_THROTTLED):
            return False
        seconds = _THROTTLED[used["throttled"]]
        if answer.retry_after is not None:
            seconds = min(answer.retry_after, _LONGEST_PAUSE)
        used["throttled"] += 1
        self._limiter.pause(seconds * self._factor)
        return True


def _rule(operation: str, answer: Answer) -> tuple[str, tuple[float, ...]]:
    """The cause and the waits for an answer; no waits: keep it."""
    key = (answer.status, answer.code)
    if operation == "acquire" and key == (400, 406):
        return "over quota", _OVER_QUOTA
    if operation in _REPEAT_AFTER:
        return "unclear", _AGAIN if key in _REPEAT_AFTER[operation] else ()
    if (answer.status >= 500 and answer.code != 2) or key == (206, 65):  # noqa: PLR2004 - HTTP's server errors
        return "failed", _REPEATABLE[operation]
    return "kept", ()
