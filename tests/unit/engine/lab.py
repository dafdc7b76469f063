"""A scripted recorder, a stepped clock and a journal that keeps the order of everything."""

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any, TypeVar

from tests.recordings import KEY, NOON, TARGET, snapshot

from takeup.core.address import Mode
from takeup.core.plan import Action, Change, Recovery
from takeup.core.resource import Fingerprints, Resource
from takeup.core.snapshot import JournalEntry, SessionState
from takeup.engine.changes import carry_out
from takeup.engine.ledger import Ledger
from takeup.engine.policy import Policy
from takeup.engine.ports import Clock, Event
from takeup.engine.recovering import recover
from takeup.engine.work import Work
from takeup.errors import TakeupError
from takeup.provider.port import Acquired, Identity, SessionRef, Sighting, Started, StopReceipt

UP = Sighting(4)
STARTING = Sighting(2)
Script = Mapping[str, list[Any]]
T = TypeVar("T", Acquired, Started)


class Lab:
    """Plays a script per operation; the last answer of a list repeats. An exception is raised.

    `log` holds calls and journal entries in the order in which they happened.
    """

    def __init__(self, *sessions: SessionState, policy: Policy | None = None, **script: list[Any]) -> None:
        self.at = NOON
        self.log: list[str] = []
        self.waits: list[float] = []
        self.entries: list[JournalEntry] = []
        self.events: list[Event] = []
        self.script = {name: list(answers) for name, answers in script.items()}
        self.interrupted = False
        self.bytes_written = 0
        self.clock = Clock(now=lambda: self.at, sleep=self.sleep)
        self.ledger = Ledger(snapshot(*sessions), self, self.clock.now)
        self.work = Work(
            recorder=self,
            ledger=self.ledger,
            fingerprints=Fingerprints(KEY),
            policy=policy or Policy(parallelism=1),
            clock=self.clock,
            target=TARGET,
            tell=self.events.append,
            interrupted=lambda: self.interrupted,
        )

    def now(self) -> datetime:
        """The time of the lab."""
        return self.at

    def sleep(self, seconds: float) -> None:
        """Let the time jump."""
        self.waits.append(seconds)
        self.at += timedelta(seconds=seconds)

    def run(self, change: Change, wanted: Resource | None = None) -> TakeupError | None:
        """Carry a change out, letting the clock jump over each wait; the error it ended with."""
        return self._play_out(carry_out(self.work, change, wanted))

    def recover(self, item: Recovery, resource: Resource, *, wanted: bool = True) -> TakeupError | str | None:
        """Find out what became of a start; the outcome, or the error it ended with."""
        outcome: list[str] = []

        def task() -> Iterator[float]:
            outcome.append((yield from recover(self.work, item, resource, wanted=wanted)))

        return self._play_out(task()) or outcome[0]

    def _play_out(self, task: Iterator[float]) -> TakeupError | None:
        try:
            for wait in task:
                self.sleep(wait)
        except TakeupError as error:
            return error
        return None

    def append(self, *entries: JournalEntry) -> None:
        """Keep entries, and their place among the calls."""
        self.entries.extend(entries)
        self.log.extend(f"journal {entry.operation} {entry.phase}" for entry in entries)

    def close(self) -> None:
        """Nothing to close."""
        self.log.append("close")

    def pair(self) -> None:
        """Reserve two calls."""
        self.log.append("pair")

    def acquire(self, *, cname: str, uid: str, mode: Mode, spec: Mapping[str, Any]) -> Acquired:
        """Play an acquire."""
        return self._as(Acquired, self._play("acquire", "rid", cname, uid, mode, spec))

    def start(self, *, cname: str, uid: str, mode: Mode, resource_id: str, spec: Mapping[str, Any]) -> Started:
        """Play a start."""
        return self._as(Started, self._play("start", "sid", cname, uid, mode, resource_id, spec))

    def query(self, session: SessionRef) -> Sighting | None:
        """Play a query."""
        answer: Sighting | None = self._play("query", UP, session)
        return answer

    def update(self, session: SessionRef, *, spec: Mapping[str, Any], groups: frozenset[str]) -> Identity | None:
        """Play an update."""
        answer: Identity | None = self._play("update", Identity(), session, spec, groups)
        return answer

    def update_layout(self, session: SessionRef, *, spec: Mapping[str, Any]) -> Identity | None:
        """Play an updateLayout."""
        answer: Identity | None = self._play("updateLayout", Identity(), session, spec)
        return answer

    def stop(self, session: SessionRef) -> StopReceipt:
        """Play a stop."""
        receipt: StopReceipt = self._play("stop", StopReceipt("uploaded"), session)
        return receipt

    @staticmethod
    def _as(kind: type[T], answer: Any) -> T:  # noqa: ANN401 - an id, or the whole answer
        return answer if isinstance(answer, kind) else kind(answer)

    def _play(self, operation: str, default: object, *_sent: object) -> Any:  # noqa: ANN401 - any answer
        self.log.append(operation)
        answers = self.script.get(operation, [default])
        answer = answers.pop(0) if len(answers) > 1 else answers[0]
        if isinstance(answer, Exception):
            raise answer
        return answer


def change(action: Action, of: Resource, *calls: str) -> Change:
    return Change(of.address, action, "asked", calls)
