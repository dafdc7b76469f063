"""Scenario files: what they hold, and every problem at its place."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from takeup.cli.scenario_file import load_scenario
from takeup.core.secret import Secret
from takeup.manifest.problem import Problem
from takeup.provider.emulator.faults import Fault
from takeup.provider.emulator.scenario import Scenario
from takeup.provider.emulator.settings import Settings
from takeup.provider.emulator.switches import Switches

ROOT = Path(__file__).parents[2]
EXAMPLES = sorted((ROOT / "docs" / "examples" / "scenarios").glob("*.yaml"))
CANARY = "canary-4711"
HEAD = "apiVersion: takeup/v1\nkind: Scenario\nmetadata: {name: bad-night}\nspec:\n"


def _load(folder: Path, text: str, env: dict[str, str] | None = None) -> tuple[Scenario | None, list[Problem]]:
    path = folder / "night.yaml"
    path.write_text(text, "utf-8")
    return load_scenario(path, env or {})


def test_a_scenario_file_becomes_a_scenario(tmp_path: Path) -> None:
    """Settings, switches, durations with units and rules arrive as they were written."""
    text = (
        HEAD + "  seed: 7\n"
        '  settings: {startup: 500ms, quota: 50, idleChannels: ["empty-*"], switches: {tripleFree: afterExit}}\n'
        "  faults:\n"
        '    - {do: lostResponse, operation: [start], channel: "room-*", nth: [1]}\n'
        "    - {do: failover, channel: hall, after: 10m, lasting: 45s}\n"
    )
    scenario, problems = _load(tmp_path, text)
    assert problems == []
    assert scenario == Scenario(
        seed=7,
        settings=Settings(startup=0.5, quota=50, idleChannels=["empty-*"], switches=Switches(tripleFree="afterExit")),
        faults=[
            Fault(do="lostResponse", operation=["start"], channel="room-*", nth=[1]),
            Fault(do="failover", channel="hall", after=600.0, lasting=45.0),
        ],
    )


def test_one_operation_and_one_nth_need_no_brackets(tmp_path: Path) -> None:
    """`operation: start` is `operation: [start]`, and `nth: 2` is `nth: [2]`."""
    scenario, problems = _load(tmp_path, HEAD + "  faults: [{do: emptyBody, operation: start, nth: 2}]\n")
    assert problems == []
    assert scenario is not None
    assert scenario.faults == [Fault(do="emptyBody", operation=["start"], nth=[2])]


def test_an_empty_spec_is_a_world_without_faults(tmp_path: Path) -> None:
    """Everything has a default."""
    assert _load(tmp_path, HEAD.rstrip() + " {}\n") == (Scenario(), [])


def test_secrets_come_from_the_environment_and_from_files(tmp_path: Path) -> None:
    """A reference in a secret place becomes a Secret; the path of a file is relative to the scenario's folder."""
    (tmp_path / "cert").write_text(CANARY, "utf-8")
    for reference in ("{fromEnv: CERT}", "{fromFile: cert}"):
        text = HEAD + f"  settings: {{appCertificate: {reference}}}\n"
        scenario, problems = _load(tmp_path, text, {"CERT": CANARY})
        assert problems == []
        assert scenario is not None
        assert scenario.settings.appCertificate == Secret(CANARY)
        assert CANARY not in repr(scenario)


def test_other_single_values_may_stand_elsewhere_too(tmp_path: Path) -> None:
    """A duration and a number are read from the environment as if they were written in the file."""
    text = HEAD + "  settings: {startup: {fromEnv: STARTUP}, quota: {fromEnv: QUOTA}}\n"
    scenario, problems = _load(tmp_path, text, {"STARTUP": "2m", "QUOTA": "3"})
    assert problems == []
    assert scenario == Scenario(settings=Settings(startup=120.0, quota=3))


@pytest.mark.parametrize("path", [pytest.param(path, id=path.stem) for path in EXAMPLES])
def test_every_example_of_the_documentation_loads(path: Path) -> None:
    """The files of docs/examples/scenarios are free of problems."""
    scenario, problems = load_scenario(path, {"APP_CERTIFICATE": CANARY})
    assert problems == []
    assert scenario is not None


def test_there_are_examples() -> None:
    """The test above has files to look at."""
    assert len(EXAMPLES) >= 3


def test_the_example_of_the_reference_page_loads(tmp_path: Path) -> None:
    """The YAML in docs/reference/scenarios.md is free of problems."""
    page = (ROOT / "docs" / "reference" / "scenarios.md").read_text("utf-8")
    text = page.partition("```yaml\n")[2].partition("```")[0]
    scenario, problems = _load(tmp_path, text, {"APP_CERTIFICATE": CANARY, "HOOK_SECRET": CANARY})
    assert problems == []
    assert scenario is not None
    assert scenario.webhooks is not None
    assert CANARY not in repr(scenario)
    assert len(scenario.faults) == 3


@pytest.mark.parametrize(
    ("spec", "line", "column", "message", "suggestion"),
    [
        pytest.param("  fault: []", 5, 3, "There is no attribute fault.", "'faults'", id="misspelt key of the spec"),
        pytest.param(
            "  settings: {quotas: 1}", 5, 14, "no attribute settings.quotas", "'quota'", id="misspelt setting"
        ),
        pytest.param(
            "  settings: {switches: {tripleFre: atStop}}",
            5,
            25,
            "switches.tripleFre",
            "'tripleFree'",
            id="misspelt switch",
        ),
        pytest.param(
            "  settings: {switches: {tripleFree: afterexit}}",
            5,
            37,
            "cannot be 'afterexit'",
            "Did you mean 'afterExit'?",
            id="misspelt value of a switch",
        ),
        pytest.param(
            "  settings: {startup: 3}",
            5,
            23,
            "settings.startup: This is not a duration.",
            "5s",
            id="duration without unit",
        ),
        pytest.param("  settings: {quota: many}", 5, 21, "settings.quota must be", "", id="text for a number"),
        pytest.param("  settings: {quota: -1}", 5, 21, "out of range", "at least 0", id="negative quota"),
        pytest.param("  seed: ", 5, 8, "has no value", "", id="nothing written"),
        pytest.param(
            "  settings: {idleChannels: hall}", 5, 28, "must be a list", "brackets", id="list without brackets"
        ),
        pytest.param(
            "  faults: [{do: lostRespons}]", 5, 17, "cannot be 'lostRespons'", "lostResponse", id="misspelt do"
        ),
        pytest.param("  faults: [{nth: 1}]", 5, 12, "faults[0].do is required", "", id="rule that does nothing"),
        pytest.param(
            "  faults: [{do: slow, operation: [sart]}]", 5, 35, "cannot be 'sart'", "'start'", id="misspelt operation"
        ),
        pytest.param(
            "  faults: [{do: kick, nth: 1}]", 5, 12, "faults[0]: kick befalls sessions", "", id="call key of a kick"
        ),
        pytest.param("  faults: [{do: answer, answer: 206/66}]", 5, 12, "206/65", "", id="unknown answer"),
        pytest.param(
            "  faults: [{do: answer, answer: 429}]", 5, 33, "not a number", 'Quote it: "429"', id="unquoted 429"
        ),
        pytest.param(
            '  webhooks: {url: "https://hook.example"}', 5, 19, "webhooks.url", "", id="webhooks to another machine"
        ),
        pytest.param(
            "  webhooks: {lost: 0.5}", 5, 14, "no attribute webhooks.lost", "'loss'", id="misspelt webhook key"
        ),
        pytest.param("  faults: [kick]", 5, 12, "must be a mapping", "list of mappings", id="rule that is a text"),
        pytest.param(
            "  faults: {do: kick}", 5, 11, "must be a list of values", "list of mappings", id="no list of rules"
        ),
        pytest.param("  seed: {fromEnv: NOPE}", 5, 9, "NOPE is not set", "export NOPE", id="unset variable"),
        pytest.param(
            "  settings: {appCertificate: {fromFile: nope}}",
            5,
            30,
            "no file nope",
            "the scenario file",
            id="missing file",
        ),
        pytest.param(
            "  faults: {fromEnv: CERT}", 5, 11, "cannot be read from elsewhere", "", id="reference for a list"
        ),
        pytest.param("  seed: 1\n  seed: 2", 6, 3, "already given on line 5", "", id="duplicate key"),
    ],
)
def test_a_problem_is_told_at_its_place(  # noqa: PLR0913, PLR0917 - one row per problem
    tmp_path: Path, spec: str, line: int, column: int, message: str, suggestion: str
) -> None:
    """One fault in the spec is one problem, with line, column, what is wrong and what would be right."""
    scenario, problems = _load(tmp_path, HEAD + spec + "\n", {"CERT": CANARY})
    assert scenario is None
    assert [(problem.line, problem.column) for problem in problems] == [(line, column)]
    assert message in problems[0].message
    assert suggestion in problems[0].suggestion
    assert problems[0].severity == "error"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        pytest.param("", "exactly one document", id="empty file"),
        pytest.param(
            HEAD.rstrip() + " {}\n---\n" + HEAD.rstrip() + " {}\n", "exactly one document", id="two documents"
        ),
        pytest.param("- 1\n", "must be a mapping", id="list"),
        pytest.param(HEAD.replace("v1", "v2").rstrip() + " {}", "apiVersion must be takeup/v1", id="other version"),
        pytest.param(HEAD.replace("Scenario", "Project").rstrip() + " {}", "kind must be Scenario", id="other kind"),
        pytest.param(HEAD.replace("name", "nam").rstrip() + " {}", "metadata.name is required", id="nameless"),
        pytest.param(
            HEAD.replace("bad-night", "a, owner: b").rstrip() + " {}", "no key metadata.owner", id="more metadata"
        ),
        pytest.param(HEAD.rstrip() + " {}\nspecs: {}", "no key specs", id="more keys"),
        pytest.param(HEAD, "spec is required", id="no spec"),
        pytest.param(HEAD + "  [", "A value is missing here.", id="no YAML"),
        pytest.param("\0", "binary", id="binary file"),
    ],
)
def test_a_file_that_is_no_scenario_says_so(tmp_path: Path, text: str, message: str) -> None:
    """What is around the spec is checked too."""
    scenario, problems = _load(tmp_path, text)
    assert scenario is None
    assert message in " ".join(problem.message for problem in problems)


def test_a_missing_file_is_a_problem(tmp_path: Path) -> None:
    """There is no traceback where there is no file."""
    scenario, problems = load_scenario(tmp_path / "none.yaml", {})
    assert scenario is None
    assert problems[0].message == "The file does not exist."


def test_all_problems_are_told_in_the_order_of_the_file(tmp_path: Path) -> None:
    """One reading tells everything."""
    text = HEAD.replace("bad-night", "a, owner: b") + "  settings: {startup: 3, quotas: 1}\n  faults: [{do: kik}]\n"
    _, problems = _load(tmp_path, text)
    assert [(problem.line, problem.column) for problem in problems] == [(3, 21), (5, 23), (5, 26), (6, 17)]


@pytest.mark.parametrize(
    "spec",
    [
        pytest.param("settings: {startup: {fromEnv: CERT}}", id="duration"),
        pytest.param("settings: {switches: {noData: {fromEnv: CERT}}}", id="switch"),
        pytest.param("settings: {quota: {fromEnv: CERT}}", id="number"),
        pytest.param("settings: {rejectedTokens: {fromEnv: CERT}}", id="list"),
        pytest.param("faults: [{do: {fromEnv: CERT}}]", id="kind of fault"),
        pytest.param("webhooks: {url: {fromEnv: CERT}}", id="address of webhooks"),
        pytest.param("webhooks: {secret: [canary-4711]}", id="secret of webhooks"),
        pytest.param("faults: [{do: slow, operation: [{fromEnv: CERT}]}]", id="operation"),
        pytest.param("faults: [{do: answer, answer: {fromEnv: CERT}}]", id="answer"),
        pytest.param("settings: {appCertificate: [canary-4711]}", id="literal of a wrong type"),
        pytest.param("settings: {appCertificate: canary-4711, rejectedTokens: canary-4711}", id="literal tokens"),
    ],
)
def test_no_problem_tells_a_secret(tmp_path: Path, spec: str) -> None:
    """A value that a reference stands for, or that is a secret, is in no message, even where it does not fit."""
    scenario, problems = _load(tmp_path, f"{HEAD}  {spec}\n", {"CERT": CANARY})
    assert scenario is None
    assert problems
    assert CANARY not in repr(problems)


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(max_size=8),
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(
                st.sampled_from(["settings", "faults", "switches", "do", "at", "quota", "x"]), inner, max_size=4
            )
        ),
        max_leaves=12,
    )
)
def test_whatever_a_spec_holds_it_is_a_scenario_or_problems(
    tmp_path_factory: pytest.TempPathFactory, spec: object
) -> None:
    """Nothing raises, and there is no scenario exactly where there are problems."""
    import json  # noqa: PLC0415 - JSON is YAML

    folder = tmp_path_factory.mktemp("fuzz")
    scenario, problems = _load(folder, HEAD.rstrip() + f" {json.dumps(spec)}\n")
    assert (scenario is None) == bool(problems)
