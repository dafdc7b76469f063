"""What can be made to go wrong, and when: rules over calls, sessions and time.

A rule is data; `Faults` decides which one strikes. What it does to an answer on the wire is in `strike`.
"""

import random
import threading
from collections.abc import Callable
from fnmatch import fnmatchcase
from typing import Annotated, Literal, NamedTuple

from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from takeup.core.schema.attribute import Attr, Model
from takeup.provider.emulator.settings import Duration

Operation = Literal["acquire", "start", "query", "update", "updateLayout", "stop"]
OPERATIONS: tuple[Operation, ...] = ("acquire", "start", "query", "update", "updateLayout", "stop")
OnCall = Literal[
    "answer",
    "lostRequest",
    "lostResponse",
    "timeout",
    "slow",
    "resetMidBody",
    "malformed",
    "oversized",
    "gzipBomb",
    "emptyBody",
]
OnSession = Literal["failover", "kick", "workerDeath", "storageRejected", "tokenRejected", "pageFailed", "leave", "join"]
ON_SESSION: frozenset[str] = frozenset(
    {"failover", "kick", "workerDeath", "storageRejected", "tokenRejected", "pageFailed", "leave", "join"}
)


class Fault(Model):
    """One rule: what goes wrong, for which calls or sessions, and when.

    Faults of a call strike a call that matches; faults of a session strike `after` a matching start, or `at` a
    time since the scenario began, all matching sessions that live then.
    """

    do: Annotated[OnCall | OnSession, Attr("What goes wrong.")]
    operation: Annotated[list[Operation], Attr("Of which operations; all, where empty.")] = Field(default_factory=list)
    channel: Annotated[str, Attr("Of which channels (cname); * and ? match.")] = "*"
    uid: Annotated[str, Attr("Of which recorder uids; * and ? match.")] = "*"
    nth: Annotated[list[Annotated[int, Field(ge=1)]], Attr("Only the nth calls that match, counted from 1.")] = Field(
        default_factory=list
    )
    every: Annotated[int | None, Field(ge=1), Attr("Only every nth call that matches.")] = None
    probability: Annotated[float, Field(gt=0, le=1), Attr("How likely it strikes; the seed makes it repeatable.")] = 1.0
    times: Annotated[int | None, Field(ge=1), Attr("How often it strikes at most.")] = None
    answer: Annotated[
        str | None, Attr("For `answer`: HTTP status and code, for example 206/65, 500/62, 504/62, 429 or 400/406.")
    ] = None
    effect: Annotated[bool | None, Attr("Whether the call has its effect all the same; lostResponse always.")] = None
    retryAfter: Annotated[int | None, Field(ge=0), Attr("Retry-After of a 429, in whole seconds.", unit="s")] = None
    lasting: Annotated[Duration | None, Attr("How long it takes: slow, timeout, failover.", unit="s")] = None
    size: Annotated[int | None, Field(ge=1), Attr("Bytes of an oversized answer or of an unpacked bomb.", unit="B")] = (
        None
    )
    after: Annotated[Duration | None, Attr("Of a session: how long after its start.", unit="s")] = None
    at: Annotated[Duration | None, Attr("Of sessions: when, counted from the scenario's beginning.", unit="s")] = None

    @model_validator(mode="after")
    def _fits(self) -> "Fault":
        problem = _misfit(self)
        if problem is not None:
            raise PydanticCustomError("sentence", "{message}", {"message": problem, "suggestion": ""})
        return self

    @property
    def on_session(self) -> bool:
        """Whether it befalls a session, not a call."""
        return self.do in ON_SESSION


def _misfit(fault: Fault) -> str | None:
    """Tell which keys do not go together."""
    if (fault.do == "answer") != (fault.answer is not None):
        return "answer belongs to do: answer, and do: answer needs it."
    if fault.answer is not None and fault.answer not in ANSWERS:
        return f"answer must be one of {', '.join(ANSWERS)}."
    if fault.on_session:
        if fault.nth or fault.every or fault.operation or fault.effect is not None:
            return f"{fault.do} befalls sessions: operation, nth, every and effect are for calls."
        if fault.after is not None and fault.at is not None:
            return "after and at exclude each other."
    elif fault.after is not None or fault.at is not None:
        return f"{fault.do} strikes calls: after and at are for sessions."
    return None


ANSWERS: dict[str, tuple[int, int | None, str]] = {
    "206/65": (206, 65, "request not completed"),
    "500/62": (500, 62, "request timeout"),
    "504/62": (504, 62, "request timeout"),
    "500/502": (500, 502, "Failed to allocate worker"),
    "500/500": (500, 500, "internal_error"),
    "500/501": (500, 501, "no_worker_manager_available"),
    "500/504": (500, 504, "allocate_timeout"),
    "500/15": (500, 15, ""),
    "201/7": (201, 7, "already started"),
    "206/435": (206, 435, "no recorded data"),
    "400/2": (400, 2, "post method api body check failed!"),
    "400/49": (400, 49, "invalid operation"),
    "400/53": (400, 53, "task conflict"),
    "400/400": (400, 400, "invalid_appid"),
    "400/401": (400, 401, "invalid_channel_name"),
    "400/405": (400, 405, "no_active_status"),
    "400/406": (400, 406, "vendor_over_load"),
    "404/404": (404, 404, "failed to find worker"),
    "401": (401, None, "Invalid authentication credentials"),
    "404": (404, None, "no Route matched with those values"),
    "429": (429, None, "API rate limit exceeded"),
    "502": (502, None, "Bad Gateway"),
    "503": (503, None, "Service Unavailable"),
}
"""Every error of the facts' section 7 by its name; without a code it is the gateway's."""


class Call(NamedTuple):
    """What a rule looks at."""

    operation: str
    cname: str
    uid: str


class Faults:
    """The rules that are in force. Safe for several threads.

    Args:
        rules: in order; the first that strikes a call is carried out.
        seed: makes probabilities repeatable.
    """

    def __init__(self, rules: tuple[Fault, ...] = (), seed: int = 0) -> None:
        self._lock = threading.Lock()
        self.replace(rules, seed)

    @property
    def rules(self) -> tuple[Fault, ...]:
        """The rules, in order."""
        with self._lock:
            return self._rules

    @property
    def struck(self) -> tuple[int, ...]:
        """How often each rule has struck, in the order of the rules."""
        with self._lock:
            return tuple(self._struck)

    def replace(self, rules: tuple[Fault, ...], seed: int | None = None) -> None:
        """Put other rules in force; all counts begin anew."""
        with self._lock:
            self._rules = tuple(rules)
            self._seen = [0] * len(self._rules)
            self._struck = [0] * len(self._rules)
            if seed is not None:
                self._random = random.Random(seed)  # noqa: S311 - no secret: a repeatable accident

    def add(self, *rules: Fault) -> None:
        """Put more rules in force, behind the others."""
        with self._lock:
            self._rules = (*self._rules, *rules)
            self._seen += [0] * len(rules)
            self._struck += [0] * len(rules)

    def of_call(self, call: Call) -> Fault | None:
        """Count a call, and tell which rule strikes it, if any."""
        return self._first(lambda rule: not rule.on_session and (not rule.operation or call.operation in rule.operation), call)

    def of_start(self, call: Call) -> tuple[Fault, ...]:
        """Tell which rules will befall a session that has just been started: those without a time of their own."""
        with self._lock:
            wanted = [n for n, rule in enumerate(self._rules) if rule.on_session and rule.at is None]
            return tuple(self._rules[n] for n in wanted if self._matches(self._rules[n], call) and self._strikes(n))

    def of_time(self, since: float, until: float) -> tuple[Fault, ...]:
        """Tell which rules have their time in (since, until], counted from the scenario's beginning."""
        with self._lock:
            due = [n for n, rule in enumerate(self._rules) if rule.at is not None and since < rule.at <= until]
            return tuple(self._rules[n] for n in due if self._strikes(n))

    def _first(self, wanted: Callable[[Fault], bool], call: Call) -> Fault | None:
        with self._lock:
            for n, rule in enumerate(self._rules):
                if wanted(rule) and self._matches(rule, call) and self._strikes(n):
                    return rule
        return None

    @staticmethod
    def _matches(rule: Fault, call: Call) -> bool:
        return fnmatchcase(call.cname, rule.channel) and fnmatchcase(call.uid, rule.uid)

    def _strikes(self, n: int) -> bool:
        """Count a match of the nth rule, and decide."""
        rule = self._rules[n]
        self._seen[n] += 1
        if rule.times is not None and self._struck[n] >= rule.times:
            return False
        if rule.nth and self._seen[n] not in rule.nth:
            return False
        if rule.every is not None and self._seen[n] % rule.every:
            return False
        if rule.probability < 1 and self._random.random() >= rule.probability:
            return False
        self._struck[n] += 1
        return True
