"""What is repeated, how often and after how long, per operation. Nothing below repeats anything."""

import time
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TypeAlias

from takeup.core.budget import BUDGETS, Budget
from takeup.errors import NotSentError, OutcomeUnknownError
from takeup.provider.agora.answers import Answer
from takeup.provider.agora.error_table import is_unclear
from takeup.provider.agora.hosts import Route
from takeup.provider.agora.limiter import Limiter
from takeup.provider.agora.quota import Quota

# Seconds before each repetition; the last one goes on where a budget allows more of them.
_AGAIN = (3.0, 6.0)
_ACQUIRE_AGAIN = (1.0, 3.0, 6.0)
_OVER_QUOTA = (5.0, 10.0, 15.0)
# These two are as long as they are, whatever the budget: nothing was sent, or nothing taken.
_ANOTHER_HOST = (1.0, 3.0, 6.0)
_THROTTLED = (1.0, 2.0, 4.0, 8.0, 16.0, 32.0)
_LONGEST_PAUSE = 60.0

Result: TypeAlias = Answer | NotSentError | OutcomeUnknownError


@dataclass(frozen=True, slots=True)
class Outcome:
    """The last answer; `unsure` where an attempt before it may have had its effect."""

    answer: Answer
    unsure: bool = False


class Retrier:
    """Repeats a call as the tables above say, within the budget of its operation.

    The clock is the limiter's, for both count from the same moment.

    Args:
        limiter: paused by a 429, for all calls of the App ID.
        budgets: of each operation; those that are left out have their default.
        sleep: waits that many seconds; may raise to interrupt the run.
    """

    def __init__(
        self,
        limiter: Limiter,
        budgets: Mapping[str, Budget] | None = None,
        *,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._limiter = limiter
        self._budgets = {**BUDGETS, **(budgets or {})}
        self._sleep = sleep
        self._quota = Quota(limiter.now, limiter.sleep)

    def call(self, operation: str, route: Route, wait: Callable[[], None], send: Callable[[str], Answer]) -> Outcome:
        """Send until there is an answer to keep.

        Args:
            operation: acquire, start, query, update, updateLayout or stop.
            route: the hosts it may go to.
            wait: waits for the rate limit.
            send: sends one request to a host.

        Raises:
            NotSentError: no attempt reached the service.
            OutcomeUnknownError: the last attempt, or one before it, may have had its effect.
        """
        call = _Call(operation, self._budgets[operation])
        call.deadline = self._limiter.now() + call.budget.give_up_after
        while True:
            if operation == "acquire":
                refusal = self._quota.wait(call.deadline)
                if refusal is not None:
                    return Outcome(refusal, call.unsure)
            wait()
            if operation == "acquire" and self._quota.used_up:
                continue  # another thread was refused while this one waited for the rate limit
            if call.last is None:
                call.deadline = self._limiter.now() + call.budget.give_up_after
            elif self._limiter.now() > call.deadline:
                return _end(operation, call.last, unsure=call.unsure)
            result = call.last = _sent(operation, send, route)
            call.unsure = call.unsure or _may_have_acted(operation, result)
            if not self._goes_on(call, result):
                return _end(operation, result, unsure=call.unsure)
            if not isinstance(result, Answer):
                route.failed(result)

    def _goes_on(self, call: "_Call", result: Result) -> bool:
        """Wait before the next attempt; False where there is none."""
        if isinstance(result, NotSentError):
            return self._wait(call, "not sent", _ANOTHER_HOST, len(_ANOTHER_HOST))
        repetitions = call.budget.attempts - 1
        if isinstance(result, Answer):
            if result.status == 429:  # noqa: PLR2004 - the row of the facts
                return self._throttled(call, result)
            if call.operation == "acquire" and (result.status, result.code) == (400, 406):
                seconds, goes_on = self._next(call, "sent", _OVER_QUOTA, repetitions)
                self._quota.refused(result, seconds)  # waited for at the next attempt, by all
                return goes_on
            if not is_unclear(call.operation, result):
                return False
        return self._wait(call, "sent", _ACQUIRE_AGAIN if call.operation == "acquire" else _AGAIN, repetitions)

    def _wait(self, call: "_Call", cause: str, waits: tuple[float, ...], repetitions: int) -> bool:
        seconds, goes_on = self._next(call, cause, waits, repetitions)
        if goes_on:
            self._sleep(seconds)
        return goes_on

    def _throttled(self, call: "_Call", answer: Answer) -> bool:
        """Pause the whole App ID; the `wait` of the next attempt waits for the end of it."""
        waits = _THROTTLED if answer.retry_after is None else (min(answer.retry_after, _LONGEST_PAUSE),)
        seconds, goes_on = self._next(call, "throttled", waits, len(_THROTTLED))
        self._limiter.pause(seconds)
        return goes_on

    def _next(self, call: "_Call", cause: str, waits: tuple[float, ...], repetitions: int) -> tuple[float, bool]:
        """How long to wait for the next attempt, and whether there is one."""
        seconds = waits[min(call.used[cause], len(waits) - 1)]
        call.used[cause] += 1
        return seconds, call.used[cause] <= repetitions and self._limiter.now() + seconds <= call.deadline


@dataclass(slots=True)
class _Call:
    """One call while it is made; `used` counts what went wrong, by cause."""

    operation: str
    budget: Budget
    deadline: float = 0.0
    used: Counter[str] = field(default_factory=Counter)
    unsure: bool = False
    last: Result | None = None


def _sent(operation: str, send: Callable[[str], Answer], route: Route) -> Result:
    """Send once. What may have started something is never started on another host."""
    try:
        result: Result = send(route.base)
    except (NotSentError, OutcomeUnknownError) as error:
        result = error
    if operation == "start" and not isinstance(result, NotSentError):
        route.pin()
    if isinstance(result, Answer) and result.status < 500:  # noqa: PLR2004 - HTTP's server errors: no host to stay with
        route.worked()
    return result


def _may_have_acted(operation: str, result: Result) -> bool:
    return is_unclear(operation, result) if isinstance(result, Answer) else isinstance(result, OutcomeUnknownError)


def _end(operation: str, last: Result, *, unsure: bool) -> Outcome:
    if isinstance(last, Answer):
        return Outcome(last, unsure)
    if isinstance(last, NotSentError) and unsure and operation != "query":
        text = f"{last.message} An earlier attempt of this {operation} got no clear answer."
        raise OutcomeUnknownError(text, hint=last.hint) from last
    raise last
