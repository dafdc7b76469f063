"""The built-in scenarios of `takeup test`: accidents that happen to recordings, as data."""

from dataclasses import dataclass

from takeup.provider.emulator.faults import Fault
from takeup.provider.emulator.scenario import Scenario

_MINUTE = 60.0
_HOUR = 3600.0


@dataclass(frozen=True, slots=True)
class Named:
    """A scenario with a name, and with a sentence that says what happens in it."""

    name: str
    sentence: str
    scenario: Scenario


def _named(name: str, sentence: str, *faults: Fault) -> Named:
    return Named(name, sentence, Scenario(faults=list(faults)))


BUILT_IN: tuple[Named, ...] = (
    _named("calm", "Nothing goes wrong."),
    _named(
        "deaths",
        "The worker of every session dies: the first ones after 20 minutes, all others after 3 hours.",
        Fault(do="workerDeath", at=20 * _MINUTE),
        Fault(do="workerDeath", after=3 * _HOUR),
    ),
    _named(
        "failover",
        "Workers fall out for 60 s half an hour after a start, and for 90 s after 4 hours.",
        Fault(do="failover", after=30 * _MINUTE, lasting=60.0),
        Fault(do="failover", after=4 * _HOUR, lasting=90.0),
    ),
    _named(
        "kicked",
        "Somebody joins with the recorder's uid and kicks it out: after 30 minutes, later sessions after 5 hours.",
        Fault(do="kick", at=30 * _MINUTE),
        Fault(do="kick", after=5 * _HOUR),
    ),
    _named(
        "lost-responses",
        "The first start, the first stop, the first update and every tenth query take effect, "
        "but the answer never arrives.",
        Fault(do="lostResponse", operation=["acquire"], nth=[2]),
        Fault(do="lostResponse", operation=["start"], nth=[1]),
        Fault(do="lostResponse", operation=["update"], nth=[1]),
        Fault(do="lostResponse", operation=["updateLayout"], nth=[1]),
        Fault(do="lostResponse", operation=["stop"], nth=[1]),
        Fault(do="lostResponse", operation=["query"], every=10),
    ),
    _named(
        "lost-requests",
        "The same calls are lost on their way: nothing happens, and no answer arrives.",
        Fault(do="lostRequest", operation=["acquire"], nth=[2]),
        Fault(do="lostRequest", operation=["start"], nth=[1]),
        Fault(do="lostRequest", operation=["update"], nth=[1]),
        Fault(do="lostRequest", operation=["updateLayout"], nth=[1]),
        Fault(do="lostRequest", operation=["stop"], nth=[1]),
        Fault(do="lostRequest", operation=["query"], every=10),
    ),
    _named(
        "outage",
        "The first 40 acquires are answered by 503, later 60 queries and 4 starts by 500/500.",
        Fault(do="answer", operation=["acquire"], answer="503", times=40),
        Fault(do="answer", operation=["query"], answer="500/500", nth=list(range(40, 100))),
        Fault(do="answer", operation=["start"], answer="500/500", nth=[2, 3, 5, 6]),
        Fault(do="workerDeath", after=2 * _HOUR),
    ),
    _named(
        "throttled",
        "Every third call is answered by 429, and asks for 5 seconds of silence.",
        Fault(do="answer", answer="429", every=3, retryAfter=5),
    ),
    _named(
        "quota",
        "The first 20 acquires find the quota used up (400/406).",
        Fault(do="answer", operation=["acquire"], answer="400/406", times=20),
    ),
    _named(
        "unclear",
        "Starts and stops are answered by 206/65 or 504/62, with and without effect.",
        Fault(do="answer", operation=["start"], answer="206/65", effect=False, nth=[1]),
        Fault(do="answer", operation=["start"], answer="206/65", effect=True, nth=[2]),
        Fault(do="answer", operation=["stop"], answer="504/62", effect=True, nth=[1]),
        Fault(do="answer", operation=["stop"], answer="206/65", effect=False, nth=[2]),
    ),
    _named(
        "wrong-storage",
        "The cloud storage refuses the first 40 recordings: a start succeeds, and the session dies 15 s later.",
        Fault(do="storageRejected", after=15.0, times=40),
    ),
    _named(
        "empty-channel",
        "Everybody leaves two hours after a start, and recorders give up after maxIdleTime; "
        "to every fourth new recorder people come back.",
        Fault(do="leave", after=2 * _HOUR),
        Fault(do="join", after=4.0, probability=0.25),
    ),
    _named(
        "slow",
        "Every second call takes 8 s, and every ninth query has no answer within 2 minutes.",
        Fault(do="timeout", operation=["query"], every=9, lasting=120.0),
        Fault(do="slow", every=2, lasting=8.0),
    ),
)


def built_in(name: str) -> Named | None:
    """Find a built-in scenario by its name."""
    return next((item for item in BUILT_IN if item.name == name), None)
