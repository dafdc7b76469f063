"""Holds a week against what takeup promises: the fewest calls, each gap explained and short, nothing twice."""

from collections.abc import Iterator

from tests.golden import minimum
from tests.golden.truth import Recorded, as_day
from tests.golden.week import Week

from takeup.core.account import Sums

_SLACK = 1.0


def broken(week: Week, truth: list[Recorded]) -> list[str]:
    """Every promise that was broken, in words."""
    return [
        *week.problems,
        *_calls(week, truth),
        *(text for item in truth for text in (*_time(week, item), *_account(week, item))),
    ]


def _calls(week: Week, truth: list[Recorded]) -> Iterator[str]:
    fewest, made = minimum.minimum(week, truth), week.clean
    for operation in sorted({*fewest, *made}):
        # An acquire whose start was never answered well is lost: its resourceId is good for one start.
        # A suspect is asked again.
        more = {
            "acquire": week.struck["start"],
            "query": minimum.MOST_QUESTIONS * minimum.suspicions(week) + week.struck.total(),
        }.get(operation, 0)
        if not fewest[operation] <= made[operation] <= fewest[operation] + more:
            yield f"{operation} was called {made[operation]} times, at least {fewest[operation]} are needed (+{more})"
    if week.struck and not week.script.storms:
        yield f"calls were refused, and there was no storm: {dict(week.struck)}"


def _account(week: Week, item: Recorded) -> Iterator[str]:
    """The account of coverage that takeup keeps claims no second that was not recorded, and knows all that was wanted.

    A failover that took place between two answers of a session is counted as covered (what-counts-as-covered.md).
    """
    sums = accounts(week).get(item.address)
    if sums is None:
        return
    unseen = sum(gap.length for gap in item.gaps if gap.cause == "failover")
    if sums.covered > item.recorded_for + unseen + _SLACK:
        yield f"{item.address}: the account claims {sums.covered} s, and {item.recorded_for:.0f} s were recorded"
    if sums.wanted > item.wanted_for + _SLACK:
        yield f"{item.address}: the account wanted {sums.wanted} s, and {item.wanted_for:.0f} s were wanted"


def accounts(week: Week) -> dict[str, Sums]:
    """What takeup says of its own coverage, by address; of recordings without a schedule nothing."""
    state = week.state
    return {} if state is None else {str(address): account.sums for address, account in state.accounts.items()}


def _time(week: Week, item: Recorded) -> Iterator[str]:
    for gap in item.gaps:
        if not gap.cause or "UNEXPLAINED" in gap.cause:
            yield f"{item.address}: nothing explains a gap of {gap.length:.0f} s from {as_day(gap.begin)} on"
        elif gap.length > gap.allowed + _SLACK:
            yield f"{item.address}: {gap.cause} may cost {gap.allowed:.0f} s, and cost {gap.length:.0f} s"
    for late in item.outside:
        if not late.cause or late.length > late.allowed + _SLACK:
            yield f"{item.address}: recorded {late.length:.0f} s outside its windows, from {as_day(late.begin)} on"
    if item.doubled:
        yield f"{item.address}: two sessions of one uid recorded for {item.doubled:.0f} s"
    handed = minimum.hand_overs(week, item)
    if item.beside > handed * week.project.start_within:
        yield f"{item.address}: two uids recorded for {item.beside:.0f} s in {handed} hand-overs"
