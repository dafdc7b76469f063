"""What was really recorded in a week, by the emulator's own sessions, and why the rest was not.

The one place where anybody's books about coverage can be held against the truth: `recorded(week)` is the truth, and
`week.state` is what takeup itself knew when the week was over.
"""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from tests.golden.script import Script
from tests.golden.week import Week, whose

from takeup.core.resource import Resource
from takeup.core.schedule import spans
from takeup.engine import truth
from takeup.engine.truth import Span
from takeup.provider.emulator.sessions import Cause, Session

_LONG_BEFORE = timedelta(days=8)
_LAST_QUESTION = 15.0
_SAME = 0.001  # seconds: a time of the script as the emulator's clock has it
_CALLS = 4
"""A run asks once after each session, and acquires, starts and asks again where it starts one."""


@dataclass(frozen=True, slots=True)
class Gap:
    """A time that was wanted and not recorded (Unix seconds), why, and how long that may be at most.

    Without a cause nothing in the script explains it.
    """

    begin: float
    end: float
    cause: str
    allowed: float

    @property
    def length(self) -> float:
        """Seconds."""
        return self.end - self.begin


@dataclass(frozen=True, slots=True)
class Recorded:
    """One recording: when it was wanted and by which sessions it was recorded.

    `outside` holds what was recorded though not wanted: sessions that a run stopped late.
    """

    address: str
    wanted: tuple[Span, ...]
    sessions: tuple[Session, ...]
    gaps: tuple[Gap, ...]
    outside: tuple[Gap, ...]
    doubled: float
    beside: float
    """Seconds during which two sessions with two uids recorded, one taking over from the other."""

    @property
    def wanted_for(self) -> float:
        """Seconds."""
        return truth.length(self.wanted)

    @property
    def recorded_for(self) -> float:
        """Seconds."""
        return self.wanted_for - sum(gap.length for gap in self.gaps)


def recorded(week: Week) -> list[Recorded]:
    """The truth about every recording that was ever declared, in the order of their addresses."""
    names = whose(week.declared)
    sessions: defaultdict[str, list[Session]] = defaultdict(list)
    for session in week.sessions:
        sessions[names.get((session.cname, session.uid), "?")].append(session)
    found = [_recorded(week, str(address), sessions[str(address)]) for address in sorted(week.declared)]
    if "?" in sessions:
        week.problems.append(f"{len(sessions['?'])} sessions are nobody's")
    return found


def windows(week: Week, address: str) -> list[Span]:
    """When a recording was wanted, by what was committed at each time."""
    found: list[Span] = []
    ends = [begin for begin, _ in week.wanted[1:]] + [week.script.end]
    for (begin, desired), end in zip(week.wanted, ends, strict=True):
        item = next((item for item in desired.values() if str(item.address) == address), None)
        if item is not None:
            found += _within(item, begin, end)
    return truth.union(found)


def _within(item: Resource, begin: datetime, end: datetime) -> Iterator[Span]:
    if item.schedule is None:
        yield begin.timestamp(), end.timestamp()
        return
    for span in spans(item.schedule, begin - _LONG_BEFORE):
        if span.begin >= end:
            return
        yield max(begin, span.begin).timestamp(), (end if span.end is None else min(end, span.end)).timestamp()


def _recorded(week: Week, address: str, sessions: list[Session]) -> Recorded:
    until = week.script.end.timestamp()
    wanted = windows(week, address)
    lives = truth.union(truth.life(session, until) for session in sessions)
    surely = truth.covered(sessions, (week.script.begin.timestamp(), until))
    each = sum(end - begin for begin, end in (truth.life(session, until) for session in sessions))
    doubled = truth.doubled(sessions, until)
    return Recorded(
        address,
        tuple(wanted),
        tuple(sessions),
        tuple(_gap(week, gap, wanted, sessions) for gap in without(wanted, surely)),
        tuple(_late_stop(week, span, wanted) for span in without(lives, wanted)),
        doubled,
        each - truth.length(lives) - doubled,
    )


def without(whole: list[Span], holes: list[Span]) -> list[Span]:
    """What is left of some spans without others; both in order and without overlaps."""
    left: list[Span] = []
    for begin, end in whole:
        at = begin
        for first, last in holes:
            if last <= at or first >= end:
                continue
            if first > at:
                left.append((at, first))
            at = max(at, last)
        if at < end:
            left.append((at, end))
    return left


def _gap(week: Week, gap: Span, wanted: list[Span], sessions: list[Session]) -> Gap:
    begin, end = gap
    if (found := _in_a_storm(week, gap)) is not None:
        return found
    for session in sessions:
        for failover in session.failovers:
            if failover.at == begin and _scripted(week.script, begin, "failover"):
                return Gap(begin, end, "failover", failover.until - failover.at)
        died = session.exit is not None and session.exit.cause is Cause.WORKER_DIED and session.leaves_at == begin
        if died and _scripted(week.script, begin, "workerDeath"):
            waits, why = _until_a_run(week, begin)
            confirmed = week.project.confirm_ended_for + _LAST_QUESTION
            return Gap(begin, end, f"death{why}", waits + confirmed + _turns(week))
    if any(begin == first for first, _ in wanted):
        waits, why = _until_a_run(week, begin)
        return Gap(begin, end, why.removeprefix(", ") or "start", waits + _turns(week))
    return Gap(begin, end, "", 0.0)


def _scripted(script: Script, at: float, do: str) -> bool:
    """Whether the script has such an accident at a time."""
    return any(item.do == do and abs(item.at.timestamp() - at) < _SAME for item in script.accidents)


def _in_a_storm(week: Week, gap: Span) -> Gap | None:
    """A gap during which the service answered with errors: at the latest the first run after that closes it."""
    begin, end = gap
    for storm in week.script.storms:
        if storm.begin.timestamp() <= end and begin < storm.end.timestamp():
            calm = max(begin, storm.end.timestamp())
            return Gap(begin, end, "errors of the service", calm - begin + _until_a_run(week, calm)[0] + _turns(week))
    return None


def _late_stop(week: Week, span: Span, wanted: list[Span]) -> Gap:
    begin, end = span
    if any(begin == last for _, last in wanted):
        waits, why = _until_a_run(week, begin)
        return Gap(begin, end, why.removeprefix(", ") or "stop", waits + _turns(week))
    return Gap(begin, end, "", 0.0)


def _until_a_run(week: Week, at: float) -> tuple[float, str]:
    """How long it takes from a time to the beginning of the next run that does all it has to, and why so long."""
    slots = [run.at.timestamp() for run in week.runs if run.done and run.at.timestamp() >= at]
    first = slots[0] if slots else week.script.end.timestamp()
    missing = {_why(week.script, slot) for slot in week.script.slots() if at <= slot.timestamp() < first}
    return first - at, "".join(f", {why}" for why in sorted(missing))


def _why(script: Script, slot: datetime) -> str:
    """Why no run did its work at this time, as the script has it."""
    if slot in script.missed:
        return "missed run"
    edits = [edit for edit in script.edits if edit.at <= slot]
    return "refused plan" if edits and edits[-1].refused else "UNEXPLAINED"


def _turns(week: Week) -> float:
    """How long the calls of one run take at most under the rate limit, until the last session is up."""
    rate = week.project.requests_per_second
    assert rate is not None
    return _CALLS * len(week.declared) / rate + week.project.first_query_after


def as_day(at: float) -> str:
    """A time for people, in UTC."""
    return f"{datetime.fromtimestamp(at, UTC):%a %H:%M:%S}"
