"""The files that are shipped as examples do what they say."""

import json
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator
from ruamel.yaml import YAML

from takeup.manifest.jsonschema import manifest_schema
from takeup.manifest.loader import load
from takeup.manifest.project import load_project
from takeup.manifest.settling import Given

ROOT = Path(__file__).parents[3]


def test_the_shipped_manifests_are_valid() -> None:
    """The manifests beside takeup.yaml have no error and no warning."""
    project, problems = load_project(ROOT, None)
    assert project is not None
    assert problems == []
    loaded = load(project, None)
    assert loaded.problems == []
    assert len(loaded.resources) == 6


GOLDEN = {"school": 400, "court": 9, "broadcaster": 3, "contact-centre": 15}


def test_every_example_project_is_known_here() -> None:
    """Each folder of manifests/examples is one of those that the tests look at."""
    assert {path.name for path in (ROOT / "manifests/examples").iterdir() if path.is_dir()} == GOLDEN.keys()


@pytest.mark.parametrize(
    ("name", "environment"),
    [
        *(pytest.param(name, "", id=name) for name in GOLDEN),
        pytest.param("school", "staging", id="the school in staging"),
        pytest.param("school", "prod", id="the school in production"),
    ],
)
def test_an_example_project_is_valid(name: str, environment: str) -> None:
    """It has no error and no warning, with and without its environments, and as many recordings as its page says."""
    project, problems = load_project(ROOT / "manifests/examples" / name, None, Given(environment, demanded=False))
    assert project is not None
    assert problems == []
    loaded = load(project, None)
    assert loaded.problems == []
    assert len(loaded.resources) == GOLDEN[name]


def test_one_uid_twice_is_refused() -> None:
    """The example with one uid used twice in a channel is refused, naming both places."""
    project, _ = load_project(ROOT / "docs/examples/one-uid-twice", None)
    assert project is not None
    errors = [problem for problem in load(project, None).problems if problem.severity == "error"]
    assert len(errors) == 1
    assert "40001" in errors[0].message
    assert "manifests/webinar.yaml" in errors[0].message


def test_the_committed_schema_is_fresh() -> None:
    """manifests/schema/v1.json is what `takeup schema` prints; `make schema` renews it."""
    committed = json.loads((ROOT / "manifests/schema/v1.json").read_text("utf-8"))
    assert committed == manifest_schema()


EXAMPLES = [
    *sorted((ROOT / "manifests").glob("*.yaml")),
    *sorted((ROOT / "manifests/examples").glob("*/manifests/*.yaml")),
]


@pytest.mark.parametrize("path", [pytest.param(path, id=str(path.relative_to(ROOT))) for path in EXAMPLES])
def test_every_example_satisfies_the_schema(path: Path) -> None:
    """An editor that checks an example against the JSON Schema finds nothing."""
    validator = Draft202012Validator(manifest_schema())
    for document in YAML(typ="safe").load_all(path.read_text("utf-8")):
        assert [error.message for error in validator.iter_errors(document)] == []
