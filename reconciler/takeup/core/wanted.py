"""Which of the declared recordings are wanted at a time, by their schedules. Pure, and decided here only."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime

from takeup.core.address import Address
from takeup.core.resource import Resource
from takeup.core.schedule import Schedule, Span, local_text, spans

ABANDONED = "lifecycle.abandon"


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is wanted at a time.

    `reasons` says of each declared recording that is not wanted why; `until` of each wanted one that has a schedule
    until when. `valid_until` is the first time at which any of this changes.
    """

    resources: Mapping[Address, Resource]
    reasons: Mapping[Address, str]
    until: Mapping[Address, str]
    valid_until: datetime | None


def _everything(_address: Address) -> bool:
    return True


def desired_at(
    resources: Mapping[Address, Resource], now: datetime, takes: Callable[[Address], bool] = _everything
) -> Wanted:
    """Tell what is wanted at a time.

    Args:
        resources: all that the manifests declare.
        now: the time.
        takes: whether an address counts for `valid_until`.
    """
    wanted: dict[Address, Resource] = {}
    reasons: dict[Address, str] = {}
    until: dict[Address, str] = {}
    known: dict[Schedule, Span | None] = {}  # many recordings, few schedules
    turns: set[datetime] = set()
    for address, resource in resources.items():
        schedule = resource.schedule
        if resource.lifecycle.abandon:
            reasons[address] = f"{ABANDONED}: takeup leaves it alone"
            continue
        if schedule is None:
            wanted[address] = resource
            continue
        if schedule not in known:
            known[schedule] = next(spans(schedule, now), None)
        span = known[schedule]
        turn = None
        if span is not None and span.holds(now):
            wanted[address], turn = resource, span.end
            until[address] = "" if turn is None else f"until {local_text(turn, schedule.zone)}"
        elif span is not None:
            turn = span.begin
            reasons[address] = f"outside its window until {local_text(turn, schedule.zone)}"
        else:
            reasons[address] = "outside its windows, and no other one follows"
        if turn is not None and takes(address):
            turns.add(turn)
    return Wanted(wanted, reasons, until, min(turns, default=None))
