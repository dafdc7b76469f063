"""What `takeup fmt` writes, what it keeps, and what it refuses."""

import re
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, assume, given, settings
from tests.unit.manifest.yaml_texts import yaml_texts

from takeup.manifest import formatting
from takeup.manifest.formatting import format_text
from takeup.manifest.reader import Reference, read_text

ROOT = Path(__file__).parents[3]
SHIPPED = sorted(
    path
    for folder in ("manifests", "docs/examples", "reconciler/takeup/cli/templates")
    for path in (ROOT / folder).rglob("*.yaml")
)


def formatted(text: str) -> str:
    done, problems = format_text(text.encode(), name="x.yaml")
    assert done is not None, problems
    return done


def refused(text: str | bytes) -> str:
    data = text.encode() if isinstance(text, str) else text
    done, problems = format_text(data, name="x.yaml")
    assert done is None
    assert len(problems) == 1
    return f"{problems[0].file}:{problems[0].line}:{problems[0].column}: {problems[0].message}"


def documents(text: str) -> list[Any]:
    read, problems = read_text(text.encode(), name="x.yaml")
    assert problems == []
    return [comparable(document.value) for document in read]


def comparable(value: Any) -> Any:  # noqa: ANN401  any value of a document
    """A value without the places of its references, in which 1 is not 1.0 and the order of keys is none."""
    if isinstance(value, Reference):
        return (value.source, value.name)
    if isinstance(value, dict):
        return {key: comparable(inner) for key, inner in value.items()}
    return [comparable(inner) for inner in value] if isinstance(value, list) else repr(value)


@settings(max_examples=250, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(yaml_texts())
def test_any_text_keeps_its_values_and_comments_and_is_formatted_once(made: tuple[str, list[str]]) -> None:
    """Whatever the layout: the same documents, each comment once, and nothing to do the second time."""
    text, comments = made
    assume(not read_text(text.encode(), name="x.yaml")[1])
    done = formatted(text)
    assert formatted(done) == done
    assert documents(done) == documents(text)
    kept = [len(re.findall(f"{re.escape(comment)}$", done, re.MULTILINE)) for comment in comments]
    assert kept == [1] * len(comments)


@pytest.mark.parametrize("path", SHIPPED, ids=[str(path.relative_to(ROOT)) for path in SHIPPED])
def test_what_is_shipped_is_in_the_style(path: Path) -> None:
    """The manifests, examples and templates are as fmt writes them."""
    assert formatted(path.read_text("utf-8")) == path.read_text("utf-8")


def test_keys_stand_in_the_order_of_the_schema_and_unknown_ones_last() -> None:
    """Header first; the spec as the models declare it, with the token beside the uid and the storage last."""
    text = (
        "spec:\n  storageConfig: {bucket: b, profile: p}\n  mine: 1\n"
        "  recordingConfig: {maxIdleTime: 9, channelType: live}\n  also: 2\n"
        "  token: {fromEnv: T}\n  uid: '7'\n  cname: c\n"
        "metadata: {labels: {z: a, b: c}, name: hall}\n"
        "kind: CompositeRecording\napiVersion: takeup/v1\n"
    )
    assert formatted(text) == (
        "apiVersion: takeup/v1\nkind: CompositeRecording\nmetadata: {name: hall, labels: {z: a, b: c}}\nspec:\n"
        '  cname: c\n  uid: "7"\n  token: {fromEnv: T}\n  recordingConfig: {channelType: live, maxIdleTime: 9}\n'
        "  storageConfig: {profile: p, bucket: b}\n  mine: 1\n  also: 2\n"
    )


@pytest.mark.parametrize(
    ("before", "after"),
    [
        pytest.param("'plain'", "plain", id="needless quotes"),
        pytest.param("'10001'", '"10001"', id="a uid"),
        pytest.param("10001", "10001", id="a number stays one"),
        pytest.param("0x1F", "0x1F", id="a number as it was written"),
        pytest.param("yes", '"yes"', id="a truth value of YAML 1.1"),
        pytest.param("1_000", '"1_000"', id="a number of YAML 1.1"),
        pytest.param("12:30", '"12:30"', id="a number to the base of 60"),
        pytest.param("2026-11-24", '"2026-11-24"', id="a date"),
        pytest.param("'~'", '"~"', id="a text that looks like null"),
        pytest.param("''", '""', id="an empty text"),
        pytest.param("'a: b'", '"a: b"', id="a colon and a blank"),
        pytest.param("'a #b'", '"a #b"', id="what would begin a comment"),
        pytest.param("'#allstream#'", '"#allstream#"', id="a number sign"),
        pytest.param("'it''s'", "it's", id="an apostrophe"),
        pytest.param("room-*", '"room-*"', id="a pattern"),
        pytest.param('"a\\tb\\u202e"', '"a\\tb\\u202e"', id="what cannot be seen"),
        pytest.param("https://example.org/?a=b#c", "https://example.org/?a=b#c", id="an address"),
        pytest.param("['https://example.org']", '["https://example.org"]', id="an address between brackets"),
        pytest.param("[a,'b,c' , {d: }]", '[a, "b,c", {d: null}]', id="a list between brackets"),
        pytest.param("!!str 5", "!!str 5", id="a tag that says what is meant"),
    ],
)
def test_quotes_stand_where_a_value_could_be_misread(before: str, after: str) -> None:
    """Texts are plain where every reader takes them for texts."""
    assert formatted(f"a:   {before}\n") == f"a: {after}\n"


@pytest.mark.parametrize(
    ("before", "after"),
    [
        pytest.param("a: 1   \n\n\n\nb: 2\n\n\n", "a: 1\n\nb: 2\n", id="blank lines"),
        pytest.param("a: 1", "a: 1\n", id="no line end at the end"),
        pytest.param("\ufeffa: 1\r\nb: |\r\n  x\r\n", "a: 1\nb: |\n  x\n", id="a byte order mark and CRLF"),
        pytest.param("a:\n- b\n-   - c\n    - d\n", "a:\n  - b\n  - - c\n    - d\n", id="lists are indented"),
        pytest.param("a:\n     b:\n          c: 1\n", "a:\n  b:\n    c: 1\n", id="two blanks a step"),
        pytest.param("a: [b,\n c]\n", "a: [\n  b,\n  c,\n]\n", id="brackets over several lines"),
        pytest.param("a: >-\n     b\n      c\n\nd: 1\n", "a: >-\n  b\n   c\n\nd: 1\n", id="a block text"),
        pytest.param("a: |+\n  b\n\n\n\nc: 1\n", "a: |+\n  b\n\n\n\nc: 1\n", id="blank lines that are a value"),
        pytest.param("a: |+\n \n  \nb: 1\n", "a: |+\n\n\nb: 1\n", id="a block text of blank lines"),
        pytest.param("a: |\n  b", "a: |-\n  b\n", id="a block text without a line end"),
        pytest.param("a: b\n      c\n", "a: b\n  c\n", id="a text over several lines"),
        pytest.param('a: "b \\ \n  c"\n', "a: b   c\n", id="an escaped blank at the end of a line"),
        pytest.param("a: 1\n...\n---\nb: 2\n", "a: 1\n---\nb: 2\n", id="documents"),
        pytest.param("--- # c\na: 1\n", "--- # c\na: 1\n", id="a first document that begins with dashes"),
        pytest.param("", "", id="nothing"),
        pytest.param("\n\n# c\n\n\n", "# c\n", id="nothing but a comment"),
    ],
)
def test_layout(before: str, after: str) -> None:
    """Indentation, blank lines and line ends are the same everywhere; flow and block stay as they were."""
    assert formatted(before) == after
    assert formatted(after) == after


@pytest.mark.parametrize(
    ("before", "after"),
    [
        pytest.param(
            "# head\nkind: Project\n# about the version\napiVersion: v1 # one\n",
            "# head\n# about the version\napiVersion: v1 # one\nkind: Project\n",
            id="with its key; what begins the document stays there",
        ),
        pytest.param(
            "a:\n    b: 1\n    # in a\n  # too\n# of c\nc: 2\n",
            "a:\n  b: 1\n  # in a\n# too\n# of c\nc: 2\n",
            id="below the last key of a mapping",
        ),
        pytest.param("a:\n    # b: 1\nc: 2\n", "a:\n  # b: 1\nc: 2\n", id="instead of a value"),
        pytest.param("a: # c\n    b: 1\n", "a: # c\n  b: 1\n", id="beside a key"),
        pytest.param("a: # c\n    b\n", "# c\na: b\n", id="between a key and its value"),
        pytest.param("a:    'b'     # c\nd: e      # f\n", "a: b          # c\nd: e      # f\n", id="in a column"),
        pytest.param("a:\n- # c\n  b: 1\n", "a:\n  - # c\n    b: 1\n", id="beside a dash"),
        pytest.param("a:\n-\n  # c\n  b: 1\n", "a:\n  # c\n  - b: 1\n", id="between a dash and its value"),
        pytest.param(
            "a: [ # c\n b, # d\n # e\n c # f\n # g\n ] # h\n",
            "a: [ # c\n  b, # d\n  # e\n  c, # f\n  # g\n] # h\n",
            id="between brackets",
        ),
        pytest.param("a: |  # c\n   # text\n  # d\n", "a: |  # c\n  # text\n# d\n", id="beside and below a block text"),
    ],
)
def test_comments_stay_with_what_they_are_about(before: str, after: str) -> None:
    """A comment moves with the key below it or beside it, and keeps its depth."""
    assert formatted(before) == after
    assert formatted(after) == after


@pytest.mark.parametrize(
    ("text", "told"),
    [
        pytest.param("a: &b 1\n", "x.yaml:1:4: The anchor &b cannot be kept.", id="an anchor"),
        pytest.param("a: &b {c: 1}\n", "x.yaml:1:4: The anchor &b cannot be kept.", id="an anchor of a mapping"),
        pytest.param("a: 1\n<<: {b: 2}\n", "x.yaml:2:1: Merge keys (<<) are not supported.", id="a merge key"),
        pytest.param("a: !mine 1\n", "x.yaml:1:4: The tag '!mine' is not supported here.", id="an unknown tag"),
        pytest.param(
            "a: !!map {b: 1}\n", "x.yaml:1:4: A tag before a list or a mapping cannot be kept.", id="a tag of a mapping"
        ),
        pytest.param("a: 1\na: 2\n", "x.yaml:2:1: The key 'a' on line 2 is already given on line 1.", id="a key twice"),
        pytest.param("? a\n: 1\n", "x.yaml:1:1: A key that begins with '?' cannot be kept.", id="an explicit key"),
        pytest.param("a:\t1\n", "x.yaml:1:3: A tab stands between the values.", id="a tab"),
        pytest.param("a:\n\tb: 1\n", "x.yaml:2:1: Tabs are used for indentation.", id="a tab as indentation"),
        pytest.param(
            "%YAML 1.2\n---\na: 1\n", "x.yaml:1:1: A line that begins with % cannot be kept.", id="a directive"
        ),
        pytest.param(
            "a: |2\n   b\n",
            "x.yaml:1:4: A block text that gives its indentation as a number cannot be kept.",
            id="an indentation as a number",
        ),
        pytest.param(
            "a: 1 # b\u2028\n",
            "x.yaml:1:9: The character U+2028 stands in the text: for some readers it ends the line.",
            id="a line separator",
        ),
        pytest.param(b"\xff\xfea\0", "x.yaml:1:1: The file is encoded as UTF-16.", id="UTF-16"),
        pytest.param("a: [", "x.yaml:2:1: A value is missing here.", id="no YAML"),
    ],
)
def test_what_cannot_be_kept_is_refused(text: str | bytes, told: str) -> None:
    """Nothing is guessed: the place is told, and why."""
    assert refused(text) == told


@pytest.mark.parametrize(
    "broken",
    [
        pytest.param("a: 2 # c\n", id="a value changed"),
        pytest.param("a: 1.0 # c\n", id="a whole number became a fraction"),
        pytest.param("a: 1\n", id="a comment is lost"),
        pytest.param("a: 1 # c\n# c\n", id="a comment stands there twice"),
        pytest.param("a: 1 # c\n---\nb: 1\n", id="a document more"),
        pytest.param("a: [1 # c\n", id="no YAML"),
    ],
)
def test_a_mistake_of_the_formatter_changes_no_file(broken: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """What would not say the same is refused, whoever is to blame."""
    monkeypatch.setattr(formatting, "emit", lambda _layout: broken)
    assert "without changing what it says" in refused("a: 1 # c\n")
