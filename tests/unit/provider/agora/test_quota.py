"""One pause for all acquires while the quota of recordings is used up."""

import pytest

from takeup.core.budget import Budget
from takeup.provider.agora.answers import Answer
from takeup.provider.agora.hosts import Route
from takeup.provider.agora.limiter import Limiter
from takeup.provider.agora.quota import Quota
from takeup.provider.agora.retry import Retrier

FULL = Answer(400, {"code": 406, "reason": "vendor_over_load"})
GOOD = Answer(200, {"resourceId": "r"})


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


def test_nothing_is_held_back_before_a_refusal() -> None:
    """A fresh quota lets acquires out at once."""
    clock = SteppedClock()
    quota = Quota(clock, clock.sleep)
    assert not quota.used_up
    assert quota.wait(0.0) is None
    assert clock.now == 100


def test_the_longest_pause_holds() -> None:
    """A later and shorter refusal does not shorten it."""
    clock = SteppedClock()
    quota = Quota(clock, clock.sleep)
    quota.refused(FULL, 10)
    quota.refused(FULL, 5)
    assert quota.used_up
    assert quota.wait(200.0) is None
    assert clock.now == pytest.approx(110)
    assert not quota.used_up


def test_a_pause_beyond_the_deadline_is_answered_at_once() -> None:
    """Whoever may not wait that long is told what the others were told."""
    clock = SteppedClock()
    quota = Quota(clock, clock.sleep)
    quota.refused(FULL, 10)
    assert quota.wait(109.0) is FULL
    assert clock.now == 100


def test_a_refusal_while_another_one_waits_for_the_rate_limit() -> None:
    """An acquire that already has its grant when somebody is refused waits with the others."""
    clock = SteppedClock()
    limiter = Limiter(None, clock, clock.sleep)
    retrier = Retrier(limiter, {"acquire": Budget(1, 60)}, sleep=clock.sleep)
    sent: list[float] = []
    waits: list[float] = []

    def wait() -> None:
        waits.append(clock.now)
        if len(waits) == 1:
            assert retrier.call("acquire", Route(""), lambda: None, lambda _: FULL).answer is FULL

    def send(_base: str) -> Answer:
        sent.append(clock.now)
        return GOOD

    assert retrier.call("acquire", Route(""), wait, send).answer is GOOD
    assert waits == [100, 105]
    assert sent == [105]
