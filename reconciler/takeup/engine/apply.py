"""Apply: resolve open calls, carry out exactly the changes of a plan, side by side, and say how each ended."""

import threading
from collections.abc import Callable, Generator, Iterator, Mapping
from dataclasses import dataclass, field

from takeup.core.address import Address
from takeup.core.plan import Action, Change, Plan, Recovery
from takeup.core.resource import Resource
from takeup.core.snapshot import Liveness
from takeup.engine.changes import carry_out
from takeup.engine.ports import Event
from takeup.engine.recovering import ADOPTED, FORGOTTEN, LOST, STARTED_ANEW, recover
from takeup.engine.scheduler import Scheduler, Task
from takeup.engine.work import Work
from takeup.errors import StateError, TakeupError

Item = Change | Recovery
_DONE = {
    Action.CREATE: "creation",
    Action.UPDATE: "update",
    Action.REPLACE: "replacement",
    Action.DELETE: "stop",
    Action.FORGET: "forgetting",
}
_FOUND = {
    ADOPTED: "its start had an outcome after all: recording",
    STARTED_ANEW: "it was never started; started now",
    FORGOTTEN: "it was never started; forgotten",
    LOST: "it records, and its sid is known to nobody: LOST",
}


def name_of(item: Item) -> str:
    """What was to be done, in one word."""
    return item.action.value if isinstance(item, Change) else "recover"


@dataclass(slots=True)
class Report:
    """How an apply ended; `failed` holds the sentence and the hint of each failure.

    `recovered` holds what each open call turned out to be; `lost` the addresses whose session no call can reach.
    """

    applied: list[Change] = field(default_factory=list)
    recovered: list[tuple[Recovery, str]] = field(default_factory=list)
    failed: list[tuple[Item, TakeupError]] = field(default_factory=list)
    skipped: list[Item] = field(default_factory=list)
    lost: list[Address] = field(default_factory=list)

    @property
    def complete(self) -> bool:
        """Whether everything that was planned was done."""
        return not self.failed and not self.skipped


def apply(
    plan: Plan,
    desired: Mapping[Address, Resource],
    work: Work,
    scheduler: Scheduler,
    known: Mapping[Address, Resource] | None = None,
) -> Report:
    """Carry out every recovery and every change; independent ones go on when one fails.

    Args:
        plan: what was announced.
        desired: what is wanted.
        work: whom to call and where to write.
        scheduler: runs the tasks.
        known: all that the manifests declare, where not all of it is desired (destroy).

    Raises:
        StateError: the journal could not be written; no further call was made.
    """
    report = Report()
    lock = threading.Lock()
    known = desired if known is None else known
    items: list[Item] = [item for item in plan.recovery if item.calls]
    items += plan.changes
    first = {id(item) for item in plan.changes if plan.stops_first and item.action is Action.DELETE}
    parts = [[item for item in items if id(item) in first], [item for item in items if id(item) not in first]]

    def task(item: Item) -> Task:
        if isinstance(item, Change):
            return _changed(item, desired.get(item.address), work, report, lock)
        return _recovered(item, known[item.address], work, report, lock, wanted=bool(item.if_never_started))

    def on_interrupt() -> None:
        work.tell(Event(items[0].address, "interrupt", "finishing what is in flight, starting nothing new"))

    for part in parts:
        if part and not scheduler.interrupted.is_set():
            scheduler.run([task(item) for item in part], on_interrupt=on_interrupt)
    order = {id(item): at for at, item in enumerate(items)}
    done = {id(item) for item in report.applied} | {id(item) for item, _ in (*report.recovered, *report.failed)}
    report.skipped.extend(item for item in items if id(item) not in done)
    report.applied.sort(key=lambda item: order[id(item)])
    report.recovered.sort(key=lambda pair: order[id(pair[0])])
    report.failed.sort(key=lambda pair: order[id(pair[0])])
    report.lost.extend(
        address for address, held in sorted(work.ledger.snapshot().sessions.items()) if held.liveness is Liveness.LOST
    )
    return report


def _changed(change: Change, resource: Resource | None, work: Work, report: Report, lock: threading.Lock) -> Task:
    def run() -> Generator[float, None, str]:
        yield from carry_out(work, change, resource)
        return _DONE[change.action] + " complete"

    def done() -> None:
        report.applied.append(change)

    return _told(change, run(), done, (work, report, lock))


def _recovered(  # noqa: PLR0913 - what a task needs
    item: Recovery, resource: Resource, work: Work, report: Report, lock: threading.Lock, *, wanted: bool
) -> Task:
    def run() -> Generator[float, None, str]:
        outcome = yield from recover(work, item, resource, wanted=wanted)
        found.append(outcome)
        return _FOUND[outcome]

    def done() -> None:
        report.recovered.append((item, found[0]))

    found: list[str] = []
    return _told(item, run(), done, (work, report, lock))


def _told(
    item: Item,
    run: Generator[float, None, str],
    done: Callable[[], None],
    shared: tuple[Work, Report, threading.Lock],
) -> Iterator[float]:
    work, report, lock = shared
    began = work.clock.elapsed()
    work.tell(Event(item.address, "begin", name_of(item)))
    try:
        text = yield from run
    except StateError:
        raise
    except TakeupError as error:
        with lock:
            report.failed.append((item, error))
        work.tell(Event(item.address, "failed", error.message))
    else:
        with lock:
            done()
        session = work.ledger.session(item.address)
        sid = f" [sid={session.sid}]" if session is not None and session.sid else ""
        work.tell(Event(item.address, "done", f"{text} after {work.clock.elapsed() - began:.0f}s{sid}"))
