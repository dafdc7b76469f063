"""Calls are evenly spaced, pairs stay together, a 429 stops everything."""

import itertools
import threading

import pytest

from takeup.provider.agora.limiter import Limiter


class SteppedClock:
    """Time moves only while somebody sleeps."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        """The time."""
        return self.now

    def sleep(self, seconds: float) -> None:
        """Let time pass."""
        self.now += seconds


def limited(rate: float | None) -> tuple[Limiter, SteppedClock]:
    clock = SteppedClock()
    return Limiter(rate, clock, clock.sleep), clock


def test_calls_are_evenly_spaced() -> None:
    """After an idle minute there is no burst: ten calls take nine intervals."""
    limiter, clock = limited(10)
    clock.now += 60
    times = []
    for _ in range(10):
        limiter.wait()
        times.append(clock.now)
    gaps = [b - a for a, b in itertools.pairwise(times)]
    assert gaps == pytest.approx([0.1] * 9)


def test_a_pair_is_granted_side_by_side() -> None:
    """Nobody else's call comes between the two of a pair."""
    limiter, _ = limited(10)
    assert limiter.reserve(2) == pytest.approx((100.0, 100.1))
    assert limiter.reserve() == pytest.approx((100.2,))


def test_a_pause_stops_new_calls() -> None:
    """After a 429 the next call waits for the end of the pause."""
    limiter, clock = limited(10)
    limiter.pause(4)
    limiter.wait()
    assert clock.now == pytest.approx(104)


def test_grants_inside_of_a_pause_are_spaced_anew() -> None:
    """Those that were already waiting do not come out as a burst when the pause ends."""
    limiter, clock = limited(10)
    waiting = [limiter.reserve() for _ in range(3)]
    limiter.pause(4)
    times = []
    for grants in waiting:
        limiter.due(grants)
        times.append(clock.now)
    assert times == pytest.approx([104, 104.1, 104.2])


def test_a_grant_that_is_too_old_is_reserved_anew() -> None:
    """Grants that nobody used do not add up."""
    limiter, clock = limited(1)
    old = limiter.reserve(1)
    clock.now += 10
    limiter.wait()
    limiter.due(old)
    assert clock.now == pytest.approx(111)


def test_without_a_rate_nothing_waits() -> None:
    """A limiter that is off never sleeps, and still obeys a pause."""
    limiter, clock = limited(None)
    for _ in range(1000):
        limiter.wait()
    assert clock.now == 100
    limiter.pause(2)
    limiter.wait()
    assert clock.now == 102


@pytest.mark.parametrize("rate", [0, -1, float("inf"), float("nan")])
def test_a_rate_is_positive(rate: float) -> None:
    """A rate that is no rate is refused."""
    with pytest.raises(ValueError, match="positive"):
        Limiter(rate)


def test_sleep_can_be_interrupted() -> None:
    """What the injected sleep raises ends the wait."""

    def sleep(_seconds: float) -> None:
        raise KeyboardInterrupt

    limiter = Limiter(1, lambda: 0.0, sleep)
    limiter.wait()
    with pytest.raises(KeyboardInterrupt):
        limiter.wait()


def test_threads_never_share_a_grant() -> None:
    """Grants reserved by many threads at once are all different."""
    limiter = Limiter(1000, lambda: 0.0, lambda _s: None)
    grants: list[float] = []
    threads = [
        threading.Thread(target=lambda: grants.extend(g for _ in range(100) for g in limiter.reserve(2)))
        for _ in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len({round(g, 6) for g in grants}) == 1600
