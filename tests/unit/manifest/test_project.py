"""takeup.yaml."""

from pathlib import Path

import pytest

from takeup.core.budget import BUDGETS, Budget
from takeup.errors import ProjectError
from takeup.manifest.problem import Problem
from takeup.manifest.project import Project, load_project

HEAD = "apiVersion: takeup/v1\nkind: Project\nmetadata: {name: campus}\nspec:\n"
AGORA = "appId: {fromEnv: APP}, customerId: {fromEnv: ID}, customerSecret: {fromEnv: SECRET}"
ENV = {"APP": "app", "ID": "canary-id", "SECRET": "canary-secret"}


def read(tmp_path: Path, spec: str, env: dict[str, str] | None = None) -> tuple[Project | None, list[Problem]]:
    (tmp_path / "takeup.yaml").write_text(HEAD + spec)
    return load_project(tmp_path, env)


def test_a_missing_file_tells_what_to_do(tmp_path: Path) -> None:
    """Without takeup.yaml the error names `takeup init` and -C."""
    with pytest.raises(ProjectError) as caught:
        load_project(tmp_path, None)
    assert "takeup init" in caught.value.hint
    assert "-C" in caught.value.hint


def test_the_emulator_needs_no_credentials(tmp_path: Path) -> None:
    """`emulator` alone is a whole project, with the documented defaults."""
    project, problems = read(tmp_path, "  agora: {endpoint: emulator}\n", {})
    assert problems == []
    assert project is not None
    assert (project.realm, project.app_id, project.requests_per_second) == ("embedded", "emulator", 10.0)
    assert (project.first_query_after, project.start_within, project.confirm_ended_for) == (5.0, 90.0, 90.0)
    assert (project.budgets, project.acquires, project.failover) == (BUDGETS, 2, True)
    assert project.state_path == tmp_path / "state" / "default.json"
    assert project.manifests == tmp_path / "manifests"


def test_references_are_read_only_online(tmp_path: Path) -> None:
    """With an environment the secrets are known, without one they stay unresolved, and never show."""
    spec = f"  agora: {{endpoint: 'https://api.sd-rtn.com', {AGORA}}}\n"
    online, _ = read(tmp_path, spec, ENV)
    offline, problems = read(tmp_path, spec)
    assert problems == []
    assert online is not None
    assert offline is not None
    assert (online.realm, online.app_id, online.customer_secret.reveal()) == ("agora", "app", "canary-secret")
    assert not offline.customer_secret.resolved
    assert "canary" not in repr(online)


def test_an_unset_variable_is_named(tmp_path: Path) -> None:
    """The problem names the variable and its place."""
    _, problems = read(tmp_path, f"  agora: {{endpoint: 'https://api.sd-rtn.com', {AGORA}}}\n", {"APP": "a"})
    assert [problem.message for problem in problems] == [
        "agora.customerId: Environment variable ID is not set.",
        "agora.customerSecret: Environment variable SECRET is not set.",
    ]
    assert {problem.line for problem in problems} == {5}


BAD = {
    "plain http elsewhere": ("{endpoint: 'http://api.agora.io', appId: a}", "Plain http"),
    "no address": ("{endpoint: nonsense}", "endpoint must be"),
    "no credentials": ("{endpoint: 'https://api.agora.io'}", "agora.appId is required"),
    "rate of zero": ("{endpoint: emulator, requestsPerSecond: 0}", "above 0"),
    "no limiter at Agora": (
        f"{{endpoint: 'https://api.agora.io', requestsPerSecond: off, {AGORA}}}",
        "emulator only",
    ),
    "parallelism": ("{endpoint: emulator, parallelism: 257}", "agora.parallelism is 257"),
    "no attempt": ("{endpoint: emulator, retries: {stop: {attempts: 0}}}", "agora.retries.stop.attempts is 0"),
    "acquires of a stop": (
        "{endpoint: emulator, retries: {stop: {acquires: 2}}}",
        "no attribute agora.retries.stop.acq",
    ),
    "no such operation": (
        "{endpoint: emulator, retries: {layout: {attempts: 2}}}",
        "no attribute agora.retries.layout",
    ),
    "give up without a unit": ("{endpoint: emulator, retries: {query: {giveUpAfter: 60}}}", "not a duration"),
    "a start after its resourceId": ("{endpoint: emulator, retries: {start: {giveUpAfter: 5m}}}", "below 5m"),
    "failover as a word": ("{endpoint: emulator, failover: maybe}", "agora.failover"),
    "misspelt key": ("{endpoint: emulator, paralelism: 2}", "no attribute agora.paralelism"),
}


@pytest.mark.parametrize(("agora", "words"), BAD.values(), ids=BAD.keys())
def test_what_is_wrong_is_told(tmp_path: Path, agora: str, words: str) -> None:
    """Each fault has a sentence with a place, and there is no project."""
    project, problems = read(tmp_path, f"  agora: {agora}\n", ENV)
    assert project is None
    assert any(words in problem.message for problem in problems), problems
    assert all(problem.line == 5 and problem.suggestion for problem in problems)


@pytest.mark.parametrize(("text", "seconds"), [("0s", 0), ("500ms", 0.5), ("5s", 5), ("2m", 120), ("8h", 28800)])
def test_durations(tmp_path: Path, text: str, seconds: float) -> None:
    """Durations become seconds."""
    spec = f"  agora: {{endpoint: 'http://127.0.0.1:8080', requestsPerSecond: off, {AGORA}}}\n"
    project, _ = read(tmp_path, f"{spec}  liveness: {{startWithin: {text}}}\n", ENV)
    assert project is not None
    assert project.start_within == seconds
    assert (project.realm, project.requests_per_second) == ("loopback", None)


def test_budgets(tmp_path: Path) -> None:
    """What is written replaces the default, each number by itself."""
    retries = (
        "{acquire: {attempts: 6, giveUpAfter: 5m}, start: {acquires: 1}, query: {giveUpAfter: 0s}, stop: {attempts: 1}}"
    )
    project, problems = read(tmp_path, f"  agora: {{endpoint: emulator, failover: false, retries: {retries}}}\n", {})
    assert problems == []
    assert project is not None
    assert project.budgets == {
        **BUDGETS,
        "acquire": Budget(6, 300),
        "query": Budget(BUDGETS["query"].attempts, 0),
        "stop": Budget(1, BUDGETS["stop"].give_up_after),
    }
    assert (project.acquires, project.failover) == (1, False)


def test_a_wrong_duration(tmp_path: Path) -> None:
    """A number without unit is refused."""
    _, problems = read(tmp_path, "  agora: {endpoint: emulator}\n  liveness: {startWithin: 90}\n")
    assert [problem.suggestion for problem in problems] == ["Write for example 500ms, 5s, 2m or 8h."]


def test_offline_any_value_may_be_a_reference(tmp_path: Path) -> None:
    """An endpoint or a duration that is not read is no fault."""
    spec = "  agora: {endpoint: {fromEnv: HOST}}\n  liveness: {startWithin: {fromEnv: PATIENCE}}\n"
    assert read(tmp_path, spec)[1] == []
    project, _ = read(tmp_path, spec, {"HOST": "emulator", "PATIENCE": "2m"})
    assert project is not None
    assert project.start_within == 120


def test_a_number_without_unit_is_no_duration(tmp_path: Path) -> None:
    """Neither 90 nor 90.5 says what it counts."""
    _, problems = read(tmp_path, "  agora: {endpoint: emulator}\n  liveness: {startWithin: 90.5}\n")
    assert [problem.message for problem in problems] == ["This is not a duration."]
