"""How many calls per second get through."""

from typing import Literal

import pytest

from takeup.provider.emulator.limits import Limits
from takeup.provider.emulator.settings import Settings
from takeup.provider.emulator.switches import Switches


def through(times: list[float], settings: Settings, limits: Limits | None = None) -> list[bool]:
    """Make a call at each of these times, and tell which got through."""
    limits = limits or Limits()
    return [limits.refuse("app", "customer", at, settings) is None for at in times]


@pytest.mark.parametrize(
    ("rate", "times", "wanted"),
    [
        pytest.param(2, [0, 0, 0], [True, True, False], id="the third in a second"),
        pytest.param(2, [0, 0.9, 1.0, 1.1], [True, True, True, False], id="the second slides"),
        pytest.param(2, [0, 0, 0.5, 1.0, 1.0], [True, True, False, True, True], id="a refused call is not counted"),
        pytest.param(0.5, [0, 1, 2], [True, False, True], id="one in two seconds"),
        pytest.param(2.5, [0, 0, 0.7, 0.8], [True, True, False, True], id="five in two seconds"),
        pytest.param(None, [0] * 50, [True] * 50, id="no limit"),
    ],
)
def test_no_more_calls_than_the_rate_in_any_second(rate: float | None, times: list[float], wanted: list[bool]) -> None:
    """A call gets through where fewer than the rate lie in the time before it."""
    assert through(times, Settings(requestsPerSecond=rate)) == wanted


@pytest.mark.parametrize(
    ("per", "calls", "wanted"),
    [
        pytest.param("appId", [("a", "x"), ("b", "x")], [None, None], id="two App IDs of one account"),
        pytest.param("account", [("a", "x"), ("b", "x")], [None, "rate"], id="one account with two App IDs"),
        pytest.param("account", [("a", "x"), ("a", "y")], [None, None], id="two accounts"),
        pytest.param("appId", [("a", "x"), ("a", "y")], [None, "rate"], id="one App ID of two accounts"),
    ],
)
def test_what_is_counted(
    per: Literal["appId", "account"], calls: list[tuple[str, str]], wanted: list[str | None]
) -> None:
    """The switch says whether calls are counted per App ID or per account."""
    limits, settings = Limits(), Settings(requestsPerSecond=1, switches=Switches(rateLimitPer=per))
    assert [limits.refuse(app_id, account, 0, settings) for app_id, account in calls] == wanted


def test_a_tenth_of_the_quota() -> None:
    """With the rule of the Chinese documentation more calls than a tenth of the quota are told apart from the rate."""
    settings = Settings(quota=30, switches=Switches(concurrencyRule=True))
    limits = Limits()
    assert [limits.refuse("app", "x", 0, settings) for _ in range(4)] == [None, None, None, "concurrency"]
    assert limits.refuse("app", "x", 0, Settings(quota=30)) is None


def test_forgetting_frees_the_way() -> None:
    """After clear nothing is counted."""
    limits, settings = Limits(), Settings(requestsPerSecond=1)
    assert through([0, 0], settings, limits) == [True, False]
    limits.clear()
    assert through([0], settings, limits) == [True]
