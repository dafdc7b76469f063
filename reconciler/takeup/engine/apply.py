"""Apply: carry out exactly the changes of a plan, side by side, and say how each ended."""

import threading
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from takeup.core.address import Address
from takeup.core.plan import Action, Change, Plan
from takeup.core.resource import Resource
from takeup.engine.changes import Work, carry_out
from takeup.engine.ports import Event
from takeup.engine.scheduler import Scheduler, Task
from takeup.errors import StateError, TakeupError

_DONE = {
    Action.CREATE: "creation",
    Action.UPDATE: "update",
    Action.REPLACE: "replacement",
    Action.DELETE: "stop",
    Action.FORGET: "forgetting",
}


@dataclass(slots=True)
class Report:
    """How an apply ended; `failed` holds the sentence and the hint of each failure."""

    applied: list[Change] = field(default_factory=list)
    failed: list[tuple[Change, TakeupError]] = field(default_factory=list)
    skipped: list[Change] = field(default_factory=list)


def apply(plan: Plan, desired: Mapping[Address, Resource], work: Work, scheduler: Scheduler) -> Report:
    """Carry out every change; independent changes go on when one fails.

    Raises:
        StateError: the journal could not be written; no further call was made.
    """
    report = Report()
    lock = threading.Lock()

    def task(change: Change) -> Task:
        return _told(change, desired.get(change.address), work, report, lock)

    def on_interrupt() -> None:
        work.tell(Event(plan.changes[0].address, "interrupt", "finishing what is in flight, starting nothing new"))

    scheduler.run([task(change) for change in plan.changes], on_interrupt=on_interrupt)
    ended = {change.address for change in report.applied} | {change.address for change, _ in report.failed}
    report.skipped.extend(change for change in plan.changes if change.address not in ended)
    order = {change.address: at for at, change in enumerate(plan.changes)}
    report.applied.sort(key=lambda change: order[change.address])
    report.failed.sort(key=lambda pair: order[pair[0].address])
    return report


def _told(
    change: Change, resource: Resource | None, work: Work, report: Report, lock: threading.Lock
) -> Iterator[float]:
    began = work.clock.now()
    work.tell(Event(change.address, "begin", change.action.value))
    try:
        yield from carry_out(work, change, resource)
    except StateError:
        raise
    except TakeupError as error:
        with lock:
            report.failed.append((change, error))
        work.tell(Event(change.address, "failed", error.message))
    else:
        with lock:
            report.applied.append(change)
        took = (work.clock.now() - began).total_seconds()
        session = work.ledger.session(change.address)
        sid = f" [sid={session.sid}]" if session is not None else ""
        work.tell(Event(change.address, "done", f"{_DONE[change.action]} complete after {took:.0f}s{sid}"))
