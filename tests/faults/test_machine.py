"""Whatever happens in whatever order: hypothesis looks for a way to lose or double a session, and finds none."""

import os
from dataclasses import replace
from typing import ClassVar

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import run_state_machine_as_test
from tests.faults.machine import Campaign, PromiseBrokenError
from tests.faults.remote import DISKS
from tests.faults.stage import POLICY

from takeup.core.snapshot import JournalEntry
from takeup.engine import starting
from takeup.engine.ledger import Ledger, Step
from takeup.engine.policy import Policy

NIGHTLY = os.environ.get("TAKEUP_NIGHTLY") == "1"
QUIET = [HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much]
EXAMPLES = 1000 if NIGHTLY else 40
STORED = 200 if NIGHTLY else 3
settings.register_profile(
    "campaign",
    max_examples=EXAMPLES,
    stateful_step_count=50,
    deadline=None,
    database=None,
    derandomize=not NIGHTLY,
    suppress_health_check=QUIET,
)


def test_no_way_is_found_to_lose_or_double_a_session() -> None:
    """Edits, deaths, failovers, kills, lost calls, imports, a second process: each promise holds after each step.

    And once all is quiet, exactly what is declared records, or is told as LOST. TAKEUP_NIGHTLY=1 tries 1,000 ways.
    """
    run_state_machine_as_test(Campaign, settings=settings.get_profile("campaign"))


IN = {"s3": "in a bucket", "postgres": "in PostgreSQL"}


@pytest.mark.parametrize("place", DISKS, ids=IN.values())
def test_no_way_is_found_where_the_state_is_in_a_store(place: str) -> None:
    """The same with requests in place of files: each is a moment at which a process may die, and its lease stays.

    TAKEUP_NIGHTLY=1 tries 200 ways.
    """
    stored = type("Stored", (Campaign,), {"disk": lambda _, folder: DISKS[place](folder)})
    run_state_machine_as_test(stored, settings=settings(settings.get_profile("campaign"), max_examples=STORED))


class Impatient(Campaign):
    """Believes the first 404."""

    policy: ClassVar[Policy] = replace(POLICY, confirm_ended_for=0.0)


def _drops_the_intent(self: Ledger, _first: Step, second: Step) -> None:
    """Hold the start that is about to be sent, and write nothing down."""
    operation, phase, session = second
    assert session is not None
    self._hold([JournalEntry(self._now(), session.address, operation, phase, session)])


def _without_sid(done: JournalEntry) -> JournalEntry:
    """What would be written down after an update that forgot the sid."""
    if done.operation != "update" or done.phase != "done" or done.session is None:
        return done
    return replace(done, session=replace(done.session, sid=None))


def _fails(machine: type[Campaign], words: str) -> None:
    """Demand that the machine finds a broken promise; the same examples each time, and no time for the smallest."""
    chosen = settings(
        settings.get_profile("campaign"),
        max_examples=300,
        derandomize=True,
        phases=[Phase.generate],
        report_multiple_bugs=False,
    )
    with pytest.raises(PromiseBrokenError, match=words):
        run_state_machine_as_test(machine, settings=chosen)


def test_it_finds_that_the_first_404_is_believed() -> None:
    """A failover would be taken for an end, and a second recorder be started, or the first one forgotten."""
    _fails(Impatient, "recorded twice|does not know it")


def test_it_finds_that_the_intent_to_start_is_not_written_down(monkeypatch: pytest.MonkeyPatch) -> None:
    """A process that dies after its start would leave a session that nobody knows."""
    monkeypatch.setattr(Ledger, "record_both", _drops_the_intent)
    _fails(Campaign, "does not know it")


def test_it_finds_that_a_start_without_an_answer_is_forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    """What may be recording would be taken for nothing."""
    monkeypatch.setattr(starting, "_lost", lambda *_: None)
    _fails(Campaign, "does not know it")


def test_it_finds_that_a_sid_is_forgotten_by_an_update(monkeypatch: pytest.MonkeyPatch) -> None:
    """A session without its sid can never be stopped."""
    real = Ledger._append
    monkeypatch.setattr(Ledger, "_append", lambda self, *entries: real(self, *map(_without_sid, entries)))
    _fails(Campaign, "crashed|does not know it|not as declared|was recorded twice")
