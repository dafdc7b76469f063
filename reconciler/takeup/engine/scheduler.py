"""Runs many changes over a few threads; a change that waits occupies none."""

import heapq
import itertools
import threading
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator

Task = Iterator[float]
"""A change: it works, then yields how many seconds it wants to wait, until it is done."""

_SHORTEST_STEP = 1e-3  # seconds: a step that a float of Unix seconds cannot hold would never end a wait


class Scheduler:
    """Resumes tasks when they are due: those that waited before those that have not begun.

    Args:
        workers: how many threads.
        on_skip: told of each task that was not begun because of an interruption.
    """

    def __init__(self, workers: int, *, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._workers = workers
        self._monotonic = monotonic
        self._ready = threading.Condition()
        self._fresh: deque[Task] = deque()
        self._waiting: list[tuple[float, int, Task]] = []
        self._number = itertools.count()
        self._open = 0
        self._failure: BaseException | None = None
        self.interrupted = threading.Event()

    def interrupt(self) -> None:
        """Begin nothing new, and resume what waits at once (tasks look at `interrupted`)."""
        with self._ready:
            self.interrupted.set()
            self._open -= len(self._fresh)
            self._fresh.clear()
            self._ready.notify_all()

    def run(self, tasks: Iterable[Task], *, on_interrupt: Callable[[], None]) -> None:
        """Run all tasks to their end. The first Ctrl-C interrupts, the second is raised.

        Raises:
            BaseException: whatever a task let out; the others were finished first.
        """
        self._begin(tasks)
        threads = [threading.Thread(target=self._work, daemon=True, name=f"apply-{n}") for n in range(self._workers)]
        for thread in threads:
            thread.start()
        try:
            self._join(threads)
        except KeyboardInterrupt:
            on_interrupt()
            self.interrupt()
            self._join(threads)
        self._raise_failure()

    def _begin(self, tasks: Iterable[Task]) -> None:
        self._fresh.extend(tasks)
        self._open = len(self._fresh)

    def _raise_failure(self) -> None:
        if self._failure is not None:
            raise self._failure

    @staticmethod
    def _join(threads: list[threading.Thread]) -> None:
        for thread in threads:
            while thread.is_alive():
                thread.join(0.2)

    def _work(self) -> None:
        while (task := self._next()) is not None:
            try:
                delay = next(task)
            except StopIteration:
                self._finished(None)
            except BaseException as failure:  # noqa: BLE001 - carried to the caller's thread by run()
                self._finished(failure)
            else:
                self._park(task, delay)

    def _finished(self, failure: BaseException | None) -> None:
        with self._ready:
            self._failure = self._failure or failure
            self._open -= 1
            self._ready.notify_all()

    def _park(self, task: Task, delay: float) -> None:
        with self._ready:
            heapq.heappush(self._waiting, (self._monotonic() + delay, next(self._number), task))
            self._ready.notify()

    def _next(self) -> Task | None:
        with self._ready:
            while self._open > 0:
                due = self._waiting[0][0] - self._monotonic() if self._waiting else None
                if due is not None and (due <= 0 or self.interrupted.is_set()):
                    return heapq.heappop(self._waiting)[2]
                if self._fresh:
                    return self._fresh.popleft()
                self._idle(due)
            return None

    def _idle(self, seconds: float | None) -> None:
        """Wait until a task is due, or until another thread has news."""
        self._ready.wait(seconds)


class SteppedScheduler(Scheduler):
    """Runs the same tasks in the caller's thread, on a clock that is stepped: for rehearsals.

    Args:
        monotonic: seconds of that clock.
        sleep: steps it.
    """

    def __init__(self, monotonic: Callable[[], float], sleep: Callable[[float], None]) -> None:
        super().__init__(1, monotonic=monotonic)
        self._sleep = sleep

    def run(self, tasks: Iterable[Task], *, on_interrupt: Callable[[], None]) -> None:  # noqa: ARG002 - never interrupted
        """Run all tasks to their end.

        Raises:
            BaseException: whatever a task let out; the others were finished first.
        """
        self._begin(tasks)
        self._work()
        self._raise_failure()

    def _idle(self, seconds: float | None) -> None:
        assert seconds is not None, "with one thread, what is open is fresh or waits"  # noqa: S101 - an invariant
        self._sleep(max(seconds, _SHORTEST_STEP))
