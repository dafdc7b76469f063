"""Every operation under every fault: one session for each recording, or a LOST one that is told, and nothing else."""

import pytest
from tests.faults.matrix import SECTIONS, TRIES, Accident, accidents, play, section
from tests.faults.page import PAGE, table, title, told_by
from tests.faults.sessions import BEFALL, WHEN, befall, befallen

from takeup.engine import starting
from takeup.provider.emulator.faults import ANSWERS, ON_SESSION, OnCall


@pytest.mark.parametrize(("operation", "scenario"), SECTIONS, ids=[f"{one}, {other}" for one, other in SECTIONS])
def test_every_fault_of_an_operation_ends_well(operation: str, scenario: str) -> None:
    """No promise is broken on the way, all converges within a few runs, and the page of the docs says how."""
    cells = section(operation, scenario)
    assert [cell for cell in cells if cell.problems] == []
    assert len(cells) == len(list(accidents())) * len(TRIES)
    assert table(cells) == told_by(PAGE.read_text("utf-8"), title(operation, scenario)), "make matrices renews the page"


def test_the_matrix_knows_every_fault() -> None:
    """A fault that the emulator learns is in the matrix, too."""
    made = list(accidents())
    assert {item.do for item in made} == set(OnCall.__args__)  # type: ignore[attr-defined]  # a Literal
    assert {item.answer for item in made} == {*ANSWERS, None}
    assert {rule["do"] for rules in BEFALL.values() for rule in rules} == ON_SESSION


@pytest.mark.parametrize("name", BEFALL)
@pytest.mark.parametrize("after", WHEN.values(), ids=WHEN)
def test_every_fault_of_a_session_ends_well(name: str, after: float) -> None:
    """Whatever befalls a session, whenever: it goes on, or exactly one takes its place."""
    assert befall(name, after)[1] == []


def test_the_page_says_what_befalls_sessions() -> None:
    """Its last table is what the emulator shows."""
    assert befallen(BEFALL) == told_by(PAGE.read_text("utf-8"), "## What befalls sessions")


def test_the_matrix_sees_a_leak(monkeypatch: pytest.MonkeyPatch) -> None:
    """Were a start of unknown outcome forgotten, the matrix would tell it: the harness is not blind."""
    monkeypatch.setattr(starting, "_lost", lambda *_: None)
    cell = play("start", "create", Accident("lostResponse"), "both")
    assert any("is not in the state" in problem for problem in cell.problems)
