"""The example projects, each through a week: the fewest calls, and no gap but those that the accidents explain."""

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from tests.golden.page import PAGE, page, section, summary, told_by
from tests.golden.projects import ALL, COURT
from tests.golden.script import Script
from tests.golden.truth import recorded
from tests.golden.verdict import broken
from tests.golden.week import play


def test_the_page_says_nothing_else() -> None:
    """Its words are those of the generator, around the line and the section of each project."""
    text = PAGE.read_text("utf-8")
    told = [told_by(text, script.name) for script in ALL]
    assert text == page([line for line, _ in told], [section for _, section in told]), "run: make golden"


def test_the_judge_is_not_lenient(tmp_path: Path) -> None:
    """A day of the court, judged as if its accident and its windows had been others: each promise counts as broken."""
    day = replace(COURT, end=COURT.begin + timedelta(hours=13), edits=(), accidents=COURT.accidents[:1])
    week = play(day, tmp_path)
    assert broken(week, recorded(week)) == []
    week.script = replace(day, accidents=())
    assert any("nothing explains a gap of" in text for text in broken(week, recorded(week)))
    week.script = day
    week.clean["start"] += 1
    assert broken(week, recorded(week)) == ["start was called 5 times, at least 4 are needed (+0)"]
    week.clean["start"] -= 1
    week.wanted = [(day.begin, {address: replace(item, schedule=None) for address, item in week.declared.items()})]
    assert len(broken(week, recorded(week))) > 9


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
