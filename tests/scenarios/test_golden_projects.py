"""The example projects, each through a week: the fewest calls, and no gap but those that the accidents explain."""

from pathlib import Path

import pytest
from tests.golden.page import PAGE, page, section, summary, told_by
from tests.golden.projects import ALL
from tests.golden.script import Script
from tests.golden.truth import recorded
from tests.golden.verdict import broken
from tests.golden.week import play


def test_the_page_says_nothing_else() -> None:
    """Its words are those of the generator, around the line and the section of each project."""
    text = PAGE.read_text("utf-8")
    told = [told_by(text, script.name) for script in ALL]
    assert text == page([line for line, _ in told], [section for _, section in told]), "run: make golden"


@pytest.mark.parametrize("script", [pytest.param(script, id=script.name) for script in ALL])
def test_a_week_costs_the_fewest_calls_and_leaves_no_gap_unexplained(script: Script, tmp_path: Path) -> None:
    """What `tests.golden.minimum` reckons was called; what was wanted and not recorded has a cause, and a bound.

    The page of the docs says the same.
    """
    week = play(script, tmp_path)
    truth = recorded(week)
    print(section(week, truth))  # noqa: T201 - with `pytest -s`, or where it fails
    assert broken(week, truth) == []
    assert (summary(week, truth), section(week, truth)) == told_by(PAGE.read_text("utf-8"), script.name)
