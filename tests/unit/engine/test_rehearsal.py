"""Rehearsals: a pipeline on a stepped clock, judged by what the emulator knows."""

import time
from dataclasses import replace
from typing import Any

import pytest
from tests.recordings import resource

from takeup.core.address import Address
from takeup.core.budget import Budget
from takeup.core.secret import Secret
from takeup.core.snapshot import Snapshot
from takeup.engine import run
from takeup.engine.outcome import Outcome, ResourceOutcome
from takeup.engine.policy import Policy
from takeup.engine.rehearsal import Pipeline, rehearse
from takeup.engine.scheduler import SteppedScheduler, Task
from takeup.provider.agora.client import AgoraRecorder
from takeup.provider.emulator.clock import Clock
from takeup.provider.emulator.faults import Fault
from takeup.provider.emulator.scenario import Scenario
from takeup.provider.emulator.scenarios import BUILT_IN, Named, built_in
from takeup.provider.emulator.settings import Settings
from takeup.provider.port import Acquired, SessionRef, Started, StopReceipt
from takeup.render.junit import junit_xml
from takeup.render.rehearsal import rehearsal_json, rehearsal_text

HALL = resource("hall")
BOARD = resource("board")
START = 1_767_225_600.0
MINUTE, HOUR = 60.0, 3600.0
POLICY = Policy(parallelism=1)


@pytest.fixture(autouse=True)
def _no_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(_seconds: float) -> None:
        raise AssertionError("a rehearsal never waits for real")

    monkeypatch.setattr(time, "sleep", refuse)


def pipeline(*resources: Any, length: float = HOUR, every: float = 5 * MINUTE) -> Pipeline:  # noqa: ANN401 - resources
    desired = {item.address: item for item in resources or (HALL,)}
    return Pipeline("test", "app", desired, POLICY, None, length, every, START)


def played(*faults: Fault, of: Pipeline | None = None, settings: Settings | None = None) -> Outcome:
    scenario = Scenario(faults=list(faults), settings=settings or Settings())
    return rehearse(of or pipeline(), Named("tried", "What the test tries.", scenario))


def of(outcome: Outcome, address: Address = HALL.address) -> ResourceOutcome:
    return next(item for item in outcome.resources if item.address == address)


def words(found: ResourceOutcome) -> str:
    return "\n".join(moment.what for moment in found.story)


def kinds(outcome: Outcome) -> list[str]:
    return [item.kind for item in outcome.broken]


def test_a_calm_hour_is_recorded_from_the_first_second_to_the_last() -> None:
    """Where nothing goes wrong one session covers all, and takeup asks once a run and calls no more than planned."""
    outcome = played()
    found = of(outcome)
    assert (found.wanted, found.covered, found.longest_gap) == (HOUR, HOUR, 0)
    assert (found.sessions, found.doubled, found.lost_sids) == (1, 0, ())
    assert outcome.kept
    assert (outcome.runs, outcome.failed_runs, outcome.struck) == (13, 0, 0)
    assert outcome.calls == 3 + 11 + 2, "acquire, start and a query; a query for each run; a query and the stop"


def test_a_dead_worker_costs_the_time_until_its_death_is_believed() -> None:
    """A death is noticed by the next run and believed after confirmEndedFor; the story tells each step."""
    outcome = played(Fault(do="workerDeath", at=12 * MINUTE))
    found = of(outcome)
    assert outcome.kept
    assert found.sessions == 2
    assert found.lost == found.longest_gap == pytest.approx(3 * MINUTE + POLICY.confirm_ended_for)
    assert [moment.at for moment in found.story][:2] == [0, 12 * MINUTE]
    assert "worker died" in words(found)
    assert "recorded again" in words(found)


def test_a_failover_counts_as_not_recorded() -> None:
    """While Agora fails over data may be lost, so the window is not covered, and the session is the same one."""
    found = of(played(Fault(do="failover", at=12 * MINUTE, lasting=60.0)))
    assert (found.lost, found.longest_gap, found.sessions) == (60, 60, 1)
    assert "fails over: 60 s" in words(found)


def test_a_lost_answer_to_a_start_is_told_and_not_a_leak() -> None:
    """A session whose sid is lost records on; takeup knows its resourceId and says so, so no promise is broken."""
    outcome = played(Fault(do="lostResponse", operation=["start"], nth=[1]))
    found = of(outcome)
    assert outcome.kept
    assert outcome.leaked == ()
    assert len(found.lost_sids) == 1
    assert found.lost_sids[0].endswith("...")
    assert found.covered == HOUR
    assert "LOST" in words(found)
    assert "still records" in words(found)


def test_a_lost_start_is_sent_again_and_records() -> None:
    """Where the start itself was lost it is repeated with the same resourceId: 3 s are missing, and nothing is LOST."""
    outcome = played(Fault(do="lostRequest", operation=["start"], nth=[1]))
    assert outcome.kept
    assert of(outcome).lost == 3
    assert of(outcome).lost_sids == ()


def test_the_budgets_of_a_project_are_those_of_its_rehearsal() -> None:
    """Where a project sends a start only once, a lost one waits for the next run, which asks with its resourceId."""
    once = replace(pipeline(), budgets={"start": Budget(1, 120.0)})
    outcome = played(Fault(do="lostRequest", operation=["start"], nth=[1]), of=once)
    assert outcome.kept
    assert of(outcome).lost_sids
    assert of(outcome).lost > 3


def test_a_run_that_fails_is_told_and_the_next_one_goes_on() -> None:
    """A service that refuses to be asked fails that run alone."""
    outcome = played(Fault(do="answer", operation=["query"], answer="401", nth=[3, 4]))
    assert outcome.kept
    assert outcome.failed_runs == 2
    assert "the run failed" in outcome.story[0].what
    assert of(outcome).covered == HOUR


def test_a_destroy_that_fails_is_run_again() -> None:
    """A stop that was lost on its way, all repetitions included, is sent again by the next destroy."""
    outcome = played(Fault(do="lostRequest", operation=["stop"], nth=[1, 2, 3]))
    assert outcome.kept
    assert outcome.failed_runs == 1
    assert outcome.runs == 14
    assert "stopped by takeup" in words(of(outcome))


def test_a_session_that_nobody_knows_is_leaked(monkeypatch: pytest.MonkeyPatch) -> None:
    """A recorder that runs after the destroy and stands in no state breaks a promise."""
    monkeypatch.setattr(AgoraRecorder, "stop", lambda _self, _session: StopReceipt("uploaded"))
    outcome = played()
    assert kinds(outcome) == ["leaked"]
    assert outcome.leaked[0].address == HALL.address
    assert outcome.leaked[0].started == 0


def test_a_session_that_is_recorded_twice_is_doubled(monkeypatch: pytest.MonkeyPatch) -> None:
    """A second recorder for the same cname and uid, while the first one runs, breaks a promise."""
    real = AgoraRecorder.start

    def twice(self: AgoraRecorder, **sent: Any) -> Started:  # noqa: ANN401 - what start takes
        real(self, **sent)
        other = self.acquire(**{name: sent[name] for name in ("cname", "uid", "mode", "spec")})
        return real(self, **sent | {"resource_id": other.resource_id})

    monkeypatch.setattr(AgoraRecorder, "start", twice)
    settings = Settings(startup=7.0)
    settings = settings.model_copy(
        update={"switches": settings.switches.model_copy(update={"sameTriple": "secondRecorder"})}
    )
    outcome = played(settings=settings)
    assert {"doubled", "undeclaredCall"} <= set(kinds(outcome))
    assert of(outcome).doubled > 0
    assert of(outcome).doubled % 7 == 0, "each first recorder stays for 7 s beside the second"


def test_a_call_that_no_plan_announced_is_undeclared(monkeypatch: pytest.MonkeyPatch) -> None:
    """Calls beyond those of the plan break a promise, unless a call failed and was repeated."""
    real = AgoraRecorder.acquire

    def wasteful(self: AgoraRecorder, **sent: Any) -> Acquired:  # noqa: ANN401 - what acquire takes
        real(self, **sent)
        return real(self, **sent)

    monkeypatch.setattr(AgoraRecorder, "acquire", wasteful)
    outcome = played()
    assert kinds(outcome) == ["undeclaredCall"]
    assert outcome.broken[0].address == HALL.address
    assert "acquire was called 2 times, and announced once" in outcome.broken[0].text


def test_retries_are_no_undeclared_calls() -> None:
    """A call that was answered by an error may be repeated."""
    outcome = played(Fault(do="answer", operation=["acquire"], answer="500/500", nth=[1]))
    assert outcome.kept
    assert outcome.struck == 1


def test_a_recording_that_does_not_come_back_breaks_a_promise(monkeypatch: pytest.MonkeyPatch) -> None:
    """Not recorded at the end, though the service was well for more than two runs: takeup did not do its work."""

    def blind(snapshot: Snapshot, *_others: object) -> Snapshot:
        return snapshot

    monkeypatch.setattr(run, "refresh", blind)
    outcome = played(Fault(do="workerDeath", at=12 * MINUTE))
    assert kinds(outcome) == ["notRecorded"]
    assert "48 minutes" in outcome.broken[0].text


def test_a_death_just_before_the_end_is_nobodys_fault() -> None:
    """Two runs are granted to bring a recording back."""
    outcome = played(Fault(do="workerDeath", at=57 * MINUTE))
    assert outcome.kept
    assert of(outcome).lost == 3 * MINUTE


def test_a_refusal_to_the_end_is_nobodys_fault() -> None:
    """A service that refuses every start is not well, however long it lasts."""
    outcome = played(Fault(do="answer", operation=["acquire"], answer="400/405"))
    assert outcome.kept
    assert of(outcome).covered == 0
    assert "no_active_status" in words(of(outcome)) or "400" in words(of(outcome))


def test_a_crash_is_told_by_its_kind_and_place_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    """A crash ends the scenario and breaks a promise; the text of the error may hold anything, and is left out."""

    def crash(_self: AgoraRecorder, _session: SessionRef) -> None:
        raise RuntimeError("canary-in-a-crash")

    monkeypatch.setattr(AgoraRecorder, "query", crash)
    outcome = played()
    assert kinds(outcome) == ["crash"]
    assert "RuntimeError in test_rehearsal.py:" in outcome.broken[0].text
    assert "canary" not in repr(outcome)


def test_the_same_seed_plays_the_same_accidents() -> None:
    """Two rehearsals with one seed agree in everything; another seed may not."""
    fault = Fault(do="workerDeath", after=7 * MINUTE, probability=0.5)
    named = Named("dice", "Half of them die.", Scenario(faults=[fault]))
    several = pipeline(*(resource(f"hall-{n}") for n in range(6)))
    assert rehearse(several, named, 1) == rehearse(several, named, 1)
    assert len({rehearse(several, named, seed).struck for seed in range(5)}) > 1


def test_resources_are_told_apart() -> None:
    """Each resource has its own sessions, minutes and story."""
    outcome = played(Fault(do="workerDeath", channel="board", at=12 * MINUTE), of=pipeline(HALL, BOARD))
    assert of(outcome, HALL.address).lost == 0
    assert of(outcome, BOARD.address).lost > 0
    assert (of(outcome, HALL.address).sessions, of(outcome, BOARD.address).sessions) == (1, 2)


def test_no_secret_gets_into_what_is_told() -> None:
    """Secrets of the manifests stay out of outcome, text, JSON and JUnit, even where every start is refused."""
    from takeup.engine.outcome import Rehearsal  # noqa: PLC0415 - used here only
    from takeup.render.style import Style  # noqa: PLC0415 - used here only

    storage = {**HALL.spec["storageConfig"], "secretKey": Secret("canary-key"), "accessKey": Secret("canary-access")}
    secret = replace(HALL, spec={**HALL.spec, "storageConfig": storage, "token": Secret("canary-token")})
    outcome = played(Fault(do="answer", operation=["start"], answer="400/2", every=2), of=pipeline(secret, BOARD))
    whole = Rehearsal(HOUR, MINUTE, (outcome,))
    told = rehearsal_json(whole) + rehearsal_text(whole, Style(colour=False)) + junit_xml(whole).decode() + repr(whole)
    assert "canary" not in told


@pytest.mark.parametrize("name", [pytest.param(item.name, id=item.name) for item in BUILT_IN])
def test_takeup_keeps_its_promises_in_every_built_in_scenario(name: str) -> None:
    """No built-in accident makes takeup leak, double, overspend, give up or crash, and each one happens in 6 hours."""
    named = built_in(name)
    assert named is not None
    outcome = rehearse(pipeline(HALL, BOARD, length=6 * HOUR, every=15 * MINUTE), named)
    assert outcome.broken == ()
    assert bool(outcome.struck) == bool(named.scenario.faults)
    assert named.sentence.endswith(".")


def test_names_of_built_in_scenarios_are_unique_and_others_unknown() -> None:
    """A scenario is found by its name, and a wrong name finds none."""
    assert len({item.name for item in BUILT_IN}) == len(BUILT_IN)
    assert built_in("calm") is BUILT_IN[0]
    assert built_in("storm") is None


def test_a_stepped_scheduler_waits_by_stepping_the_clock() -> None:
    """Tasks are resumed in the order in which they are due, in the caller's thread, on the clock's time."""
    clock = Clock(0, START)
    seen: list[tuple[str, float]] = []

    def task(name: str, wait: float) -> Task:
        yield wait
        seen.append((name, clock.now() - START))

    scheduler = SteppedScheduler(clock.now, clock.sleep)
    scheduler.run([task("late", 90), task("early", 5)], on_interrupt=lambda: None)
    assert seen == [("early", 5), ("late", 90)]


def test_a_stepped_scheduler_lets_out_what_a_task_raised() -> None:
    """An error of one task is raised when the others are finished."""
    clock = Clock(0, START)
    done: list[str] = []

    def failing() -> Task:
        yield 1.0
        raise ValueError("broken")

    def working() -> Task:
        yield 2.0
        done.append("done")

    with pytest.raises(ValueError, match="broken"):
        SteppedScheduler(clock.now, clock.sleep).run([failing(), working()], on_interrupt=lambda: None)
    assert done == ["done"]
