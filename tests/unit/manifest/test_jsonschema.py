"""The JSON Schema that editors check manifests by."""

# ruff: noqa: ANN401 - values of manifests are of any type

from pathlib import Path
from typing import Any

import jsonschema
import pytest

from takeup.core.address import Kind
from takeup.core.schema.table import attributes
from takeup.manifest.jsonschema import manifest_schema
from takeup.manifest.reader import Reference, read_file

ROOT = Path(__file__).parents[3]
EXAMPLES = sorted((ROOT / "manifests").glob("*.yaml"))


def plain(value: Any) -> Any:
    if isinstance(value, Reference):
        return {"fromEnv": value.name}
    if isinstance(value, dict):
        return {key: plain(item) for key, item in value.items()}
    return [plain(item) for item in value] if isinstance(value, list) else value


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.name)
def test_examples_are_valid(path: Path) -> None:
    """Every document of every example manifest satisfies the schema."""
    schema = manifest_schema()
    jsonschema.Draft202012Validator.check_schema(schema)
    documents, problems = read_file(path, name=path.name)
    assert problems == []
    for document in documents:
        jsonschema.Draft202012Validator(schema).validate(plain(document.value))


def test_unknown_keys_and_numbers_out_of_range_are_refused() -> None:
    """The schema is as strict as the models."""
    validator = jsonschema.Draft202012Validator(manifest_schema())
    (document,), _ = read_file(ROOT / "manifests" / "board.yaml", name="board.yaml")
    good = plain(document.value)
    assert validator.is_valid(good)
    assert not validator.is_valid({**good, "spec": {**good["spec"], "mode": 1}})
    assert not validator.is_valid({**good, "spec": {**good["spec"], "resourceExpiredHour": 0}})
    assert validator.is_valid({**good, "spec": {**good["spec"], "resourceExpiredHour": {"fromEnv": "H"}}})


def test_every_attribute_is_described() -> None:
    """Each attribute of each kind brings its sentence."""
    text = str(manifest_schema())
    for kind in Kind:
        assert all(
            attribute.attr.doc in text or repr(attribute.attr.doc)[1:-1] in text
            for attribute in attributes(kind).values()
        )


_SET = {
    "apiVersion": "takeup/v1",
    "kind": "RecordingSet",
    "metadata": {"name": "rooms"},
    "spec": {
        "forEach": {"csv": "rooms.csv", "key": "room"},
        "uidRange": "1000-1999",
        "template": {
            "kind": "CompositeRecording",
            "spec": {
                "cname": "{{ room }}",
                "recordingConfig": {"profile": "lecture", "maxIdleTime": "{{ idle }}"},
                "storageConfig": {"profile": "archive", "bucket": {"var": "bucket"}},
            },
        },
    },
}


def test_sets_variables_and_templates_are_known() -> None:
    """A template needs no uid, a profile stands for what is required, and texts may be templates."""
    validator = jsonschema.Draft202012Validator(manifest_schema())
    assert validator.is_valid(_SET)
    spec = _SET["spec"]
    assert isinstance(spec, dict)
    wrong = {**spec["template"], "spec": {**spec["template"]["spec"], "mode": 1}}
    assert not validator.is_valid({**_SET, "spec": {**spec, "template": wrong}})
    assert not validator.is_valid({**_SET, "spec": {**spec, "forEach": {"cvs": "x"}}})
