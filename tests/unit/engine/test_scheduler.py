"""Many changes over few threads; one that waits occupies none."""

import threading
import time
from collections.abc import Iterator

import pytest

from takeup.engine.scheduler import Scheduler


def never() -> None:
    raise AssertionError("nobody interrupts")


def test_more_waiting_tasks_than_workers_wait_together() -> None:
    """Twenty tasks that wait 0.1 s each on two workers take nothing like twenty times as long."""
    done: list[int] = []

    def task(number: int) -> Iterator[float]:
        yield 0.1
        done.append(number)

    began = time.monotonic()
    Scheduler(2).run([task(number) for number in range(20)], on_interrupt=never)
    assert sorted(done) == list(range(20))
    assert time.monotonic() - began < 1


def test_no_more_tasks_run_at_a_time_than_there_are_workers() -> None:
    """The workers are the bound of parallelism."""
    lock = threading.Lock()
    running, most = 0, 0

    def task() -> Iterator[float]:
        nonlocal running, most
        with lock:
            running += 1
            most = max(most, running)
        time.sleep(0.01)
        with lock:
            running -= 1
        yield from ()

    Scheduler(3).run([task() for _ in range(12)], on_interrupt=never)
    assert 1 <= most <= 3


def test_a_failure_comes_out_after_the_others_finished() -> None:
    """What a task lets out is raised in the caller's thread; no other task is cut off."""
    done: list[str] = []

    def fails() -> Iterator[float]:
        yield 0
        raise ValueError("broken")

    def works() -> Iterator[float]:
        yield 0.05
        done.append("works")

    with pytest.raises(ValueError, match="broken"):
        Scheduler(2).run([fails(), works()], on_interrupt=never)
    assert done == ["works"]


def test_an_interruption_begins_nothing_new_and_wakes_what_waits() -> None:
    """A task that waits an hour is resumed at once; one that was not begun never is."""
    log: list[str] = []
    scheduler = Scheduler(1)

    def first() -> Iterator[float]:
        log.append("first")
        scheduler.interrupt()
        yield 3600
        log.append("resumed")

    def second() -> Iterator[float]:
        log.append("second")
        yield 0

    began = time.monotonic()
    scheduler.run([first(), second()], on_interrupt=never)
    assert log == ["first", "resumed"]
    assert time.monotonic() - began < 5


def test_nothing_to_do_ends_at_once() -> None:
    """An empty plan needs no thread to wait for."""
    Scheduler(4).run([], on_interrupt=never)
