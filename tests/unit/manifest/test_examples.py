"""The files that are shipped as examples do what they say."""

import json
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator
from ruamel.yaml import YAML

from takeup.manifest.jsonschema import manifest_schema
from takeup.manifest.loader import load
from takeup.manifest.project import load_project

ROOT = Path(__file__).parents[3]


def test_the_shipped_manifests_are_valid() -> None:
    """The manifests beside takeup.yaml have no error and no warning."""
    project, problems = load_project(ROOT, None)
    assert project is not None
    assert problems == []
    loaded = load(project, None)
    assert loaded.problems == []
    assert len(loaded.resources) == 6


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


@pytest.mark.parametrize("path", sorted((ROOT / "manifests").glob("*.yaml")), ids=lambda path: path.stem)
def test_every_example_satisfies_the_schema(path: Path) -> None:
    """An editor that checks an example against the JSON Schema finds nothing."""
    validator = Draft202012Validator(manifest_schema())
    for document in YAML(typ="safe").load_all(path.read_text("utf-8")):
        assert [error.message for error in validator.iter_errors(document)] == []
