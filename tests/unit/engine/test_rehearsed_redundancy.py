"""A day of a recording by two sessions, whatever befalls one of them: what is really recorded."""

import pytest
from tests.recordings import resource

from takeup.engine.outcome import Outcome
from takeup.engine.policy import Policy
from takeup.engine.rehearsal import Pipeline, rehearse
from takeup.provider.emulator.faults import Fault
from takeup.provider.emulator.scenario import Scenario
from takeup.provider.emulator.scenarios import Named

START = 1_767_225_600.0
HOUR = 3600.0


def played(redundancy: int, *faults: Fault) -> Outcome:
    """A day with a run every five minutes."""
    desired = {item.address: item for item in resource().sessions("10002", redundancy)}
    pipeline = Pipeline("test", "app", desired, Policy(parallelism=1), None, 24 * HOUR, HOUR / 12, START)
    return rehearse(pipeline, Named("tried", "What the test tries.", Scenario(faults=list(faults))))


BEFALL = [
    pytest.param(Fault(do="workerDeath", uid="10001", at=2.02 * HOUR), id="the first one's worker dies"),
    pytest.param(Fault(do="workerDeath", uid="10002", at=2.02 * HOUR), id="the second one's worker dies"),
    pytest.param(Fault(do="failover", uid="10001", at=2.02 * HOUR, lasting=80.0), id="the first one fails over"),
    pytest.param(Fault(do="kick", uid="10001", at=2.02 * HOUR), id="the first one is kicked"),
]


@pytest.mark.parametrize("fault", BEFALL)
def test_whatever_befalls_one_of_them_not_a_second_is_missing(fault: Fault) -> None:
    """It is one recording in the outcome, and no promise is broken."""
    outcome = played(2, fault)
    (found,) = outcome.resources
    assert outcome.kept, outcome.broken
    assert outcome.struck == 1
    assert (found.covered, found.longest_gap, found.doubled) == (24 * HOUR, 0, 0)


@pytest.mark.parametrize("fault", [BEFALL[0], BEFALL[2], BEFALL[3]])
def test_a_single_session_has_a_gap(fault: Fault) -> None:
    """The same accidents cost minutes where nobody records beside it."""
    (found,) = played(1, fault).resources
    assert found.longest_gap > 60


def test_on_a_quiet_day_there_are_two_sessions_and_no_call_beyond_theirs() -> None:
    """Calls are held against what the plans announced for both."""
    outcome = played(2)
    (found,) = outcome.resources
    assert (found.sessions, outcome.broken) == (2, ())
