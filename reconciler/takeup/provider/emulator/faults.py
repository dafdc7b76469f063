"""What can be made to go wrong, and when: rules over calls, sessions and time.

A rule is data; `Faults` decides which one strikes. What it does to an answer on the wire is in `strike`.
"""

import random
import threading
from fnmatch import fnmatchcase
from typing import Annotated, Literal, NamedTuple, get_args

from pydantic import BeforeValidator, Field, model_validator

from takeup.core.schema.attribute import Attr, Model
from takeup.core.schema.sentence import sentence
from takeup.provider.emulator.settings import Duration

Operation = Literal["acquire", "start", "query", "update", "updateLayout", "stop"]
OPERATIONS: tuple[Operation, ...] = get_args(Operation)
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
OnSession = Literal[
    "failover", "kick", "workerDeath", "storageRejected", "tokenRejected", "pageFailed", "leave", "join"
]
ON_SESSION: frozenset[str] = frozenset(get_args(OnSession))


def _listed(value: object) -> object:
    """Take one operation or number without brackets."""
    return [value] if isinstance(value, (str, int)) else value


class Fault(Model):
    """One rule: what goes wrong, for which calls or sessions, and when.

    Faults of a call strike a call that matches; faults of a session strike `after` a matching start, or `at` a
    time since the scenario began, all matching sessions that live then.
    """

    do: Annotated[Literal[OnCall, OnSession], Attr("What goes wrong.")]
    operation: Annotated[list[Operation], BeforeValidator(_listed), Attr("Of which operations; all, where empty.")] = (
        Field(default_factory=list)
    )
    channel: Annotated[str, Attr("Of which channels (cname); * and ? match.")] = "*"
    uid: Annotated[str, Attr("Of which recorder uids; * and ? match.")] = "*"
    nth: Annotated[
        list[Annotated[int, Field(ge=1)]],
        BeforeValidator(_listed),
        Attr("Only the nth calls that match, counted from 1."),
    ] = Field(default_factory=list)
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
            raise sentence(problem)
        return self

    @property
    def on_session(self) -> bool:
        """Whether it befalls a session, not a call."""
        return self.do in ON_SESSION


_KEYS_OF: dict[str, frozenset[str]] = {
    "answer": frozenset({"answer"}),
    "effect": frozenset({"answer", "timeout", "resetMidBody", "malformed", "oversized", "gzipBomb", "emptyBody"}),
    "lasting": frozenset({"slow", "timeout", "failover"}),
    "size": frozenset({"oversized", "gzipBomb"}),
}
"""Which kinds a key is for; it means nothing to the others."""


def _misfit(fault: Fault) -> str | None:
    """Tell which keys do not go together."""
    for key, kinds in _KEYS_OF.items():
        if getattr(fault, key) is not None and fault.do not in kinds:
            return f"{key} belongs to do: {', '.join(sorted(kinds))}; {fault.do} has none."
    if fault.do == "answer" and fault.answer not in ANSWERS:
        return f"do: answer needs an answer, one of {', '.join(ANSWERS)}."
    if fault.retryAfter is not None and fault.answer != "429":
        return "retryAfter belongs to answer: 429."
    if fault.on_session:
        if fault.nth or fault.every or fault.operation:
            return f"{fault.do} befalls sessions: operation, nth and every are for calls."
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
    "400": (400, None, "appid is invalid"),
    "401": (401, None, "Invalid authentication credentials"),
    "404": (404, None, "no Route matched with those values"),
    "429": (429, None, "API rate limit exceeded"),
    "502": (502, None, "Bad Gateway"),
    "503": (503, None, "Service Unavailable"),
}
"""Every error of the facts' section 7 by its name; without a code it is the gateway's."""


class Call(NamedTuple):
    """What a rule looks at. `mode` decides only whether a session can suffer from a page or a token."""

    operation: str
    cname: str
    uid: str
    mode: str = ""


class Faults:
    """The rules that are in force. Safe for several threads.

    Args:
        rules: in order; the first that strikes a call is carried out.
        seed: makes probabilities repeatable.
    """

    def __init__(self, rules: tuple[Fault, ...] = (), seed: int = 0) -> None:
        self._lock = threading.Lock()
        self._random = random.Random(seed)  # noqa: S311 - no secret: a repeatable accident
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

    @property
    def strike_calls(self) -> bool:
        """Whether any rule is about calls: where none is, nobody needs to look whose call it is."""
        return self._on_calls

    @property
    def have_times(self) -> bool:
        """Whether any rule has a time of its own."""
        return self._timed

    def replace(self, rules: tuple[Fault, ...], seed: int | None = None) -> None:
        """Put other rules in force; all counts begin anew, and with a seed the probabilities too."""
        with self._lock:
            self._seen: list[int] = []
            self._struck: list[int] = []
            self._rules: tuple[Fault, ...] = ()
            self._extend(tuple(rules))
            if seed is not None:
                self._random.seed(seed)

    def add(self, *rules: Fault) -> None:
        """Put more rules in force, behind the others."""
        with self._lock:
            self._extend(rules)

    def of_call(self, call: Call) -> Fault | None:
        """Count a call for every rule that it matches, and tell which one strikes it, if any."""
        if not self._on_calls:
            return None
        found = None
        with self._lock:
            for n, rule in enumerate(self._rules):
                if rule.on_session or (rule.operation and call.operation not in rule.operation):
                    continue
                if _matches(rule, call):
                    self._seen[n] += 1
                    if found is None and self._strikes(n):
                        found = rule
        return found

    def of_start(self, call: Call) -> tuple[Fault, ...]:
        """Tell which rules will befall a session that has just been started: those without a time of their own."""
        if not self._on_starts:
            return ()
        with self._lock:
            wanted = [n for n, rule in enumerate(self._rules) if rule.on_session and rule.at is None]
            return tuple(self._rules[n] for n in wanted if _matches(self._rules[n], call) and self._strikes(n))

    def of_time(self, since: float, until: float) -> tuple[Fault, ...]:
        """Tell which rules have their time in (since, until], the earliest first; nothing is counted yet.

        Args:
            since: seconds since the scenario began; a negative number includes its very beginning.
            until: seconds since the scenario began.
        """
        with self._lock:
            due = [rule for rule in self._rules if rule.at is not None and since < rule.at <= until]
        return tuple(sorted(due, key=lambda rule: rule.at or 0.0))

    def strikes(self, rule: Fault, call: Call) -> bool:
        """Decide whether a rule of `of_time` strikes a session, and count it."""
        with self._lock:
            n = next((n for n, known in enumerate(self._rules) if known is rule), None)
            return n is not None and _matches(rule, call) and self._strikes(n)

    def _extend(self, rules: tuple[Fault, ...]) -> None:
        self._rules = (*self._rules, *rules)
        self._seen += [0] * len(rules)
        self._struck += [0] * len(rules)
        self._on_calls = any(not rule.on_session for rule in self._rules)
        self._on_starts = any(rule.on_session and rule.at is None for rule in self._rules)
        self._timed = any(rule.at is not None for rule in self._rules)

    def _strikes(self, n: int) -> bool:
        """Decide whether the nth rule strikes what it has just matched."""
        rule = self._rules[n]
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


_ONLY_IN = {"pageFailed": frozenset({"web", ""}), "tokenRejected": frozenset({"individual", "mix", ""})}
"""Only a web recording has a page; only the others join a channel with a token."""


def _matches(rule: Fault, call: Call) -> bool:
    if call.mode not in _ONLY_IN.get(rule.do, (call.mode,)):
        return False
    return fnmatchcase(call.cname, rule.channel) and fnmatchcase(call.uid, rule.uid)
