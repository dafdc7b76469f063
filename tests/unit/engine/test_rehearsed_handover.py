"""Two days of a recording whose tokens last for hours: what is really recorded, whatever goes wrong meanwhile."""

from dataclasses import replace
from datetime import timedelta

import pytest
from tests.recordings import resource

from takeup.core.resource import Resource
from takeup.core.secret import Secret
from takeup.core.token import TokenBuild
from takeup.engine.outcome import Outcome
from takeup.engine.policy import Policy
from takeup.engine.rehearsal import Pipeline, rehearse
from takeup.provider.emulator.faults import Fault
from takeup.provider.emulator.scenario import Scenario
from takeup.provider.emulator.scenarios import Named
from takeup.provider.emulator.settings import Settings

START = 1_767_225_600.0
HOUR = 3600.0
CERTIFICATE = Secret("canary-certificate")
HALL = replace(resource(), token_build=TokenBuild(CERTIFICATE, timedelta(hours=6)))
OVERLAPPED = replace(HALL, spare_uid="10002")


def played(recording: Resource, *faults: Fault, every: float = HOUR / 2) -> Outcome:
    """Two days in a channel that lets nobody in without a token that can be checked."""
    pipeline = Pipeline(
        "test", "app", {recording.address: recording}, Policy(parallelism=1), None, 48 * HOUR, every, START
    )
    scenario = Scenario(faults=list(faults), settings=Settings(appCertificate=CERTIFICATE))
    return rehearse(pipeline, Named("tried", "What the test tries.", scenario))


def test_with_a_spare_uid_not_a_second_is_missing() -> None:
    """Sessions hand over to each other before their tokens end, and no promise is broken."""
    outcome = played(OVERLAPPED)
    (found,) = outcome.resources
    assert outcome.kept, outcome.broken
    assert found.covered == found.wanted == 48 * HOUR
    assert found.longest_gap == 0
    assert found.sessions == 10, "one every 5 hours: the window opens 1 h before the end of a token of 6 h"


def test_without_one_a_few_seconds_are_missing_at_each_hand_over() -> None:
    """The recorder leaves before the next one is started, but never for as long as the plan says."""
    outcome = played(HALL)
    (found,) = outcome.resources
    assert outcome.kept, outcome.broken
    assert found.sessions == 10
    assert found.longest_gap <= 25


@pytest.mark.parametrize(
    "fault",
    [
        pytest.param(
            Fault(do="answer", operation=["acquire"], answer="500/501", nth=[2, 3, 4]), id="no worker manager"
        ),
        pytest.param(Fault(do="answer", operation=["start"], answer="500/502", nth=[2, 3]), id="no worker"),
        pytest.param(Fault(do="failover", at=5.6 * HOUR, lasting=60.0), id="a failover beside the hand-over"),
        pytest.param(Fault(do="workerDeath", at=7 * HOUR), id="the new one dies later"),
        pytest.param(Fault(do="kick", at=7 * HOUR), id="the new one is kicked"),
    ],
)
def test_no_promise_is_broken_whatever_happens_at_a_hand_over(fault: Fault) -> None:
    """Nothing is leaked, doubled, undeclared or given up."""
    outcome = played(OVERLAPPED, fault)
    assert outcome.kept, outcome.broken
    assert outcome.struck > 0


def test_a_lost_answer_to_the_new_start_leaves_the_old_one_recording() -> None:
    """What hides its sid is told as LOST, and what can be controlled is not stopped for it."""
    outcome = played(OVERLAPPED, Fault(do="lostResponse", operation=["start"], nth=[2, 3, 4]))
    (found,) = outcome.resources
    assert outcome.leaked == ()
    assert found.lost_sids or outcome.kept
    assert found.longest_gap == 0
