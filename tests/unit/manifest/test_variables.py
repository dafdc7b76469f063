"""Variables and environments: where values come from, and where they go."""

from pathlib import Path

import pytest

from takeup.core.secret import Secret
from takeup.errors import ProjectError
from takeup.manifest.loader import load
from takeup.manifest.problem import Problem
from takeup.manifest.project import Project, load_project
from takeup.manifest.settling import Given

HEAD = "apiVersion: takeup/v1\nkind: {kind}\nmetadata: {{name: {name}}}\nspec:\n"
HALL = HEAD.format(kind="CompositeRecording", name='"hall-{{ var.term }}"') + (
    "  cname: '{{ var.term }}-hall'\n  uid: '1'\n  recordingConfig: {channelType: live, maxIdleTime: {var: idle},"
    " subscribeAudioUids: {var: uids}, subscribeVideoUids: {var: uids}}\n"
    "  storageConfig: {vendor: s3, region: us-east-1, bucket: b, accessKey: {var: key}, secretKey: '{{ var.key }}!'}\n"
)
VARIABLES = (
    "  variables:\n    term: {default: ws26, pattern: '[sw]s[0-9]+'}\n"
    "    idle: {type: integer, default: 60, max: 900}\n"
    "    uids: {type: list of string, default: ['7']}\n    key: {sensitive: true}\n"
)
ALL = "  agora: {endpoint: emulator}\n"


def read(
    root: Path, given: Given, env: dict[str, str] | None = None, spec: str = VARIABLES + ALL
) -> tuple[Project | None, list[Problem]]:
    (root / "takeup.yaml").write_text(HEAD.format(kind="Project", name="p") + spec, "utf-8")
    return load_project(root, env, given)


def environment(root: Path, spec: str, name: str = "prod") -> None:
    (root / "environments").mkdir(exist_ok=True)
    text = HEAD.format(kind="Environment", name=name) + spec
    (root / "environments" / f"{name}.yaml").write_text(text, "utf-8")


def test_the_precedence_is_the_documented_one(tmp_path: Path) -> None:
    """A flag wins over files, the last file over the first, files over the environment's variables, and so on."""
    environment(tmp_path, "  variables: {term: ss4, idle: 4, uids: ['4'], key: k4}\n")
    for name, text in (("a.yaml", "term: ss2\nidle: 2\nuids: ['2']\n"), ("b.yaml", "term: ss1\nidle: 1\n")):
        (tmp_path / name).write_text(text, "utf-8")
    env = {"TAKEUP_VAR_term": "ss3", "TAKEUP_VAR_idle": "3", "TAKEUP_VAR_uids": "[3]", "TAKEUP_VAR_key": "k3"}
    files = tuple((name, tmp_path / name) for name in ("a.yaml", "b.yaml"))
    given = Given("prod", (("term", "ws9"), ("term", "ws0")), files, env)
    project, problems = read(tmp_path, given, {})
    assert project is not None, problems
    found = {name: (item.value, item.source) for name, item in project.variables.items()}
    assert found == {
        "term": ("ws0", "--var"),
        "idle": (1, "b.yaml:2"),
        "uids": (["2"], "a.yaml:3"),
        "key": (Secret("k3"), "TAKEUP_VAR_key"),
    }
    fewer, _ = read(tmp_path, Given("prod"), {})
    assert fewer is not None
    assert {item.source for item in fewer.variables.values()} == {"environments/prod.yaml:5"}


def test_variables_are_put_everywhere(tmp_path: Path) -> None:
    """Into names, texts, numbers and lists of manifests; a sensitive one becomes a secret there."""
    (tmp_path / "manifests").mkdir()
    (tmp_path / "manifests" / "hall.yaml").write_text(HALL, "utf-8")
    project, _ = read(tmp_path, Given(flags=(("key", "canary"),)), {})
    assert project is not None
    loaded = load(project, {})
    assert loaded.problems == []
    ((address, resource),) = loaded.resources.items()
    assert (str(address), resource.cname) == ("CompositeRecording.hall-ws26", "ws26-hall")
    assert resource.spec["recordingConfig"]["maxIdleTime"] == 60
    assert resource.spec["recordingConfig"]["subscribeAudioUids"] == ["7"]
    assert resource.spec["storageConfig"]["accessKey"] == Secret("canary")
    assert resource.spec["storageConfig"]["secretKey"] == Secret("canary!")
    assert "canary" not in repr(loaded) + repr(project)


def test_validate_demands_no_value(tmp_path: Path) -> None:
    """Offline a variable without a value is no problem, and nothing is concluded from it."""
    (tmp_path / "manifests").mkdir()
    (tmp_path / "manifests" / "hall.yaml").write_text(HALL, "utf-8")
    spec = (VARIABLES + ALL).replace("default: ws26, ", "").replace("default: 60, ", "").replace(", default: ['7']", "")
    project, problems = read(tmp_path, Given(demanded=False), None, spec)
    assert problems == []
    assert project is not None
    loaded = load(project, None)
    assert loaded.problems == []
    assert len(loaded.resources) == 1


def test_an_environment_has_its_own_settings_and_state(tmp_path: Path) -> None:
    """What it names wins, the rest is takeup.yaml's; its state is a file of its name, and titles show it."""
    environment(tmp_path, "  variables: {key: k}\n  agora: {parallelism: 3}\n")
    project, _ = read(tmp_path, Given("prod"), {}, VARIABLES + "  agora: {endpoint: emulator, requestsPerSecond: 5}\n")
    assert project is not None
    assert (project.parallelism, project.requests_per_second) == (3, 5.0)
    assert project.state_path == tmp_path / "state" / "prod.json"
    assert project.title == "p (prod)"


@pytest.mark.parametrize(
    ("own", "spec", "path"),
    [
        pytest.param("  state: {path: s/p.json}\n", "", "s/p.json", id="the environment's own"),
        pytest.param(
            "  variables: {term: ws1}\n",
            "  state: {path: 's/{{ var.term }}.json'}\n",
            "s/ws1.json",
            id="a variable in takeup.yaml's",
        ),
    ],
)
def test_the_state_may_be_named(tmp_path: Path, own: str, spec: str, path: str) -> None:
    """A state that the environment names, or that takeup.yaml makes from variables, is taken as it is."""
    environment(tmp_path, own)
    project, problems = read(tmp_path, Given("prod", flags=(("key", "k"),)), {}, VARIABLES + ALL + spec)
    assert project is not None, problems
    assert project.state_path == tmp_path / path


def test_an_environment_never_shares_the_state_of_none(tmp_path: Path) -> None:
    """One whose derived state would be the project's own is refused."""
    environment(tmp_path, "  variables: {key: k}\n", "default")
    project, problems = read(tmp_path, Given("default"), {})
    assert project is None
    assert any("state of the environment default" in problem.message for problem in problems)


def test_an_unknown_environment_is_refused_with_a_suggestion(tmp_path: Path) -> None:
    """Also a name that leads out of the folder."""
    environment(tmp_path, "  variables: {}\n")
    with pytest.raises(ProjectError) as caught:
        read(tmp_path, Given("prd"), {})
    assert "'prod'" in caught.value.hint
    with pytest.raises(ProjectError):
        read(tmp_path, Given("../takeup"), {})


@pytest.mark.parametrize(
    ("flag", "words"),
    [
        pytest.param(("term", "x"), "does not match its pattern", id="pattern"),
        pytest.param(("idle", "901"), "too large", id="max"),
        pytest.param(("idle", "many"), "must be a whole number", id="type"),
        pytest.param(("uids", "7"), "must be a list of texts", id="list"),
        pytest.param(("tern", "x"), "does not declare", id="unknown name"),
    ],
)
def test_a_value_that_does_not_fit_is_told_at_the_declaration(
    tmp_path: Path, flag: tuple[str, str], words: str
) -> None:
    """The place is that of the variable in takeup.yaml."""
    project, problems = read(tmp_path, Given(flags=(("key", "k"), flag)), {})
    assert project is None
    (problem,) = problems
    assert words in problem.message
    assert (problem.file, problem.line >= 5) == ("takeup.yaml", True)


@pytest.mark.parametrize(
    ("declared", "words"),
    [
        pytest.param("{type: text}", "type", id="unknown type"),
        pytest.param("{pattern: '('}", "no regular expression", id="broken pattern"),
        pytest.param("{min: 1}", "min is for type", id="min of a text"),
        pytest.param("{type: integer, oneOf: [a]}", "A value of oneOf", id="choice of another type"),
        pytest.param("{type: integer, default: a}", "must be a whole number", id="default of another type"),
        pytest.param("{type: integer, sensitive: true}", "can be sensitive", id="sensitive number"),
        pytest.param("{defualt: a}", "defualt", id="unknown key"),
        pytest.param("{default: {var: b}}", "by another variable", id="variable of a variable"),
    ],
)
def test_a_wrong_declaration_is_told(tmp_path: Path, declared: str, words: str) -> None:
    """With what is wrong, and nothing else about it."""
    project, problems = read(tmp_path, Given(demanded=False), {}, f"  variables: {{a: {declared}}}\n{ALL}")
    assert project is None
    assert [words in problem.message for problem in problems] == [True], problems


@pytest.mark.parametrize(
    ("value", "words"),
    [
        pytest.param("{var: buckt}", "no variable 'buckt'", id="unknown reference"),
        pytest.param('"{{ var.buckt }}"', "no variable 'buckt'", id="unknown name"),
        pytest.param('"{{ bucket }}"', "no name 'bucket'", id="a name without var."),
        pytest.param('"{{ var.bucket"', "not closed", id="not closed"),
        pytest.param("{var: key}", "cannot be a secret", id="a secret where all is shown"),
        pytest.param('"{{ var.uids }}"', "is a list", id="a list in a text"),
    ],
)
def test_a_wrong_use_is_told(tmp_path: Path, value: str, words: str) -> None:
    """At the place of the use, and once."""
    (tmp_path / "manifests").mkdir()
    (tmp_path / "manifests" / "hall.yaml").write_text(HALL.replace("bucket: b", f"bucket: {value}"), "utf-8")
    spec = VARIABLES + "    bucket: {default: b}\n" + ALL
    project, problems = read(tmp_path, Given(flags=(("key", "canary"),)), {}, spec)
    assert project is not None, problems
    (problem,) = load(project, {}).problems
    assert words in problem.message
    assert "canary" not in problem.message + problem.suggestion
    assert (problem.file, problem.line) == ("manifests/hall.yaml", 8)


def test_a_secret_never_stands_in_a_message(tmp_path: Path) -> None:
    """A sensitive value that does not fit is told without itself."""
    spec = "  variables: {key: {sensitive: true, pattern: '[0-9]+'}}\n" + ALL
    _, problems = read(tmp_path, Given(flags=(("key", "canary"),)), {}, spec)
    assert len(problems) == 1
    assert "canary" not in str(problems)
