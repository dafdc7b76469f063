"""The fewest calls that a week can be done with, reckoned without takeup: from the script, the schedules and the truth.

- **start**: one for each window in which a run took place, one for each death that a run found while the recording was
  wanted, one for each hand-over before the end of a token. 24/7 is one window.
- **acquire**: one before each start.
- **stop**: one for each window that ended, one for each hand-over.
- **update, updateLayout**: what the commits of the week cost by the table of attributes.
- **query**: in each run one for each session of the state, and one after each start that tells that it is up.

Nobody can do with fewer. More queries are made after a session that answers 404, for it may be failing over.
"""

from collections import Counter
from datetime import timedelta
from itertools import pairwise

from tests.golden.truth import Recorded
from tests.golden.week import Week

from takeup.provider.emulator.sessions import Cause

MOST_QUESTIONS = 9
"""How often one suspect is asked: at once, after 5, 10, 15, 15 ... s, and at last after 90 s or a little more."""


def deaths(week: Week, item: Recorded) -> list[float]:
    """When its sessions died, as far as a run found it while it was wanted."""
    times = [
        session.leaves_at
        for session in item.sessions
        if session.exit is not None and session.exit.cause is Cause.WORKER_DIED
    ]
    return [at for at in times if any(begin <= at < end and _runs(week, at, end) for begin, end in item.wanted)]


def hand_overs(week: Week, item: Recorded) -> int:
    """How often its token ends while it is wanted: the first run in the last hour of a token hands it over."""
    resource = next(one for address, one in week.declared.items() if str(address) == item.address)
    if resource.token_build is None:
        return 0
    lasts = resource.token_build.ttl - week.project.hand_over + week.script.every
    count = 0
    for begin, end in item.wanted:
        starts = [begin, *(at for at in deaths(week, item) if begin <= at < end), end]
        count += sum(int(timedelta(seconds=last - first) / lasts) for first, last in pairwise(starts))
    return count


def minimum(week: Week, truth: list[Recorded]) -> Counter[str]:
    """The fewest calls, by operation."""
    opened = [(begin, end) for item in truth for begin, end in item.wanted if _runs(week, begin, end)]
    closed = sum(end < week.script.end.timestamp() for _, end in opened)
    died = sum(len(deaths(week, item)) for item in truth)
    handed = sum(hand_overs(week, item) for item in truth)
    starts = len(opened) + died + handed
    fewest = Counter(acquire=starts, start=starts, stop=closed + handed)
    for edit in week.script.edits:
        fewest.update(edit.calls)
    fewest["query"] = sum(run.held for run in week.runs) + starts
    return fewest


def suspicions(week: Week) -> int:
    """How many times a session answered 404 to a run, or may have: at each death and each failover."""
    ended = sum(session.exit is not None and session.exit.cause is Cause.WORKER_DIED for session in week.sessions)
    return ended + sum(len(session.failovers) for session in week.sessions)


def _runs(week: Week, begin: float, end: float) -> bool:
    return any(begin <= run.at.timestamp() < end for run in week.runs)
