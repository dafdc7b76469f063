"""The example projects, each through a week: the fewest calls, and no gap but those that the accidents explain."""

from pathlib import Path

import pytest
from tests.golden.page import PAGE, section, summary, told_by
from tests.golden.projects import ALL
from tests.golden.script import Script
from tests.golden.truth import recorded
from tests.golden.verdict import broken
from tests.golden.week import play


@pytest.mark.parametrize("script", [pytest.param(script, id=script.name) for script in ALL])
def test_a_week_costs_the_fewest_calls_and_leaves_no_gap_unexplained(script: Script, tmp_path: Path) -> None:
    """What `tests.golden.minimum` reckons is what was called; what was wanted and not recorded has a cause, and a bound.

    The page of the docs says the same.
    """
    week = play(script, tmp_path)
    truth = recorded(week)
    print(section(week, truth))
    assert broken(week, truth) == []
    assert (summary(week, truth), section(week, truth)) == told_by(PAGE.read_text("utf-8"), script.name)
