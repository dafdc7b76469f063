"""What pydantic found, in sentences of our own."""

# ruff: noqa: ANN401 - values of manifests are of any type

import re
from typing import Any

import pytest
from pydantic import ValidationError

from takeup.core.address import Kind
from takeup.core.schema.attribute import Model
from takeup.core.schema.kinds import SPECS
from takeup.core.schema.table import attributes, model_in
from takeup.manifest.translate import Finding, dotted, translate

CANARY = "canary-4711"
PYDANTIC = re.compile(
    r"Input should|Value error|pydantic|valid (string|integer)|Extra inputs|Field required", re.IGNORECASE
)
WRONG: tuple[Any, ...] = (
    None,
    5,
    -1,
    10**9,
    1.5,
    float("nan"),
    "",
    CANARY,
    True,
    [],
    ["?"],
    [1],
    {},
    {"x": 1},
    ["1"] * 40,
)


def findings(kind: Kind, spec: Any) -> list[Finding]:
    try:
        SPECS[kind].model_validate(spec)
    except ValidationError as error:
        return translate(error.errors(include_url=False), attributes(kind), kind)
    return []


def nested(model: type[Model], name: str, value: Any) -> Any:
    """Put a value at a dotted path of a model."""
    head, _, rest = name.partition(".")
    if not rest:
        return {head: value}
    inner, many = model_in(model.model_fields[head.removesuffix("[]")].annotation)
    assert inner is not None
    made = nested(inner, rest, value)
    return {head.removesuffix("[]"): [made] if many else made}


@pytest.mark.parametrize("kind", list(Kind))
def test_no_text_of_pydantic_and_no_secret_leaks(kind: Kind) -> None:
    """Whatever is written at whatever attribute, the sentences are our own and quote no secret."""
    for path, attribute in attributes(kind).items():
        for value in WRONG:
            for finding in findings(kind, nested(SPECS[kind], path, value)):
                text = finding.message + finding.suggestion
                assert not PYDANTIC.search(text), text
                assert finding.message
                assert finding.suggestion, finding
                assert "reference page" not in finding.suggestion, finding
                if attribute.sensitive:
                    assert CANARY not in text


ROWS: dict[str, tuple[Kind, dict[str, Any], str, str]] = {
    "misspelt key": (Kind.COMPOSITE, {"cnam": "x"}, "There is no attribute cnam.", "Did you mean 'cname'?"),
    "attribute of another kind": (
        Kind.INDIVIDUAL,
        {"recordingConfig": {"transcodingConfig": {}}},
        "recordingConfig.transcodingConfig applies to CompositeRecording, not to IndividualRecording.",
        "Remove it, or write kind: CompositeRecording.",
    ),
    "documented misspelling": (
        Kind.COMPOSITE,
        {"recordingConfig": {"unsubscribeAudioUids": ["1"]}},
        "recordingConfig.unsubscribeAudioUids is not spelled like this.",
        "Did you mean 'unSubscribeAudioUids'?",
    ),
    "unquoted uid": (
        Kind.COMPOSITE,
        {"uid": 10001},
        "uid is a number; a uid is a text.",
        'Quote it: uid: "10001"',
    ),
    "empty list": (
        Kind.COMPOSITE,
        {"recordingConfig": {"subscribeAudioUids": []}},
        "recordingConfig.subscribeAudioUids is an empty list.",
        "Remove the key, or write a value into it.",
    ),
    "range": (
        Kind.COMPOSITE,
        {"resourceExpiredHour": 721},
        "resourceExpiredHour is 721, which is out of range.",
        "Write a whole number from 1 to 720.",
    ),
    "misspelt name": (
        Kind.COMPOSITE,
        {"recordingConfig": {"channelType": "life"}},
        "recordingConfig.channelType cannot be 'life'.",
        "Did you mean 'live'? It is one of communication (0), live (1).",
    ),
    "a number among texts": (
        Kind.COMPOSITE,
        {"storageConfig": {"fileNamePrefix": ["lessons", 2027]}},
        "storageConfig.fileNamePrefix[1] must be a text, not a number.",
        'Quote it: "2027".',
    ),
    "a text in place of a list": (
        Kind.COMPOSITE,
        {"storageConfig": {"fileNamePrefix": "lessons"}},
        "storageConfig.fileNamePrefix must be a list of values, not a text.",
        "Put it into brackets: [...].",
    ),
    "region of a wrong type": (
        Kind.COMPOSITE,
        {"storageConfig": {"region": True}},
        "storageConfig.region must be a name or a number, not true or false.",
        "Write a name or a number.",
    ),
}


@pytest.mark.parametrize(("kind", "spec", "message", "suggestion"), ROWS.values(), ids=ROWS.keys())
def test_sentences(kind: Kind, spec: dict[str, Any], message: str, suggestion: str) -> None:
    """Each fault has a sentence and says what would be right."""
    found = {finding.message: finding.suggestion for finding in findings(kind, spec)}
    assert found.get(message) == suggestion, found


def test_missing_attributes_are_all_told() -> None:
    """All required attributes are named at once."""
    told = {dotted(item.path) for item in findings(Kind.COMPOSITE, {})}
    assert told == {"cname", "uid", "recordingConfig", "storageConfig"}
