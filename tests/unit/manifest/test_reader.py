"""YAML files to values, places and problems."""

import os
import time
from pathlib import Path
from typing import Any

import pytest

from takeup.manifest.problem import Mark
from takeup.manifest.reader import Document, Limits, Reference, read_file, read_text


def read(text: str, limits: Limits | None = None) -> Document:
    """Read a text that holds one document and no problem."""
    documents, problems = read_text(text.encode(), name="m.yaml", limits=limits or Limits())
    assert problems == []
    (document,) = documents
    return document


VALUES: dict[str, tuple[str, Any]] = {
    "a block mapping": ("a: 1\nb: x\n", {"a": 1, "b": "x"}),
    "a list in a list": ("- [1, []]\n- {}\n", [[1, []], {}]),
    "a root scalar": ("hello", "hello"),
    "a quoted number is a string": ("uid: '10001'", {"uid": "10001"}),
    "a double-quoted word is a string": ('a: "true"', {"a": "true"}),
    "a block text of digits is a string": ("a: |\n  12\n", {"a": "12\n"}),
    "a leading zero is decimal": ("a: 017", {"a": 17}),
    "no value is null": ("a:", {"a": None}),
    "a core tag": (
        "a: !!str 12\nb: !!int '3'\nc: !!map {}\nd: !!seq []",
        {"a": "12", "b": 3, "c": {}, "d": []},
    ),
    "a tagged key": ("!!str 1: x", {"1": "x"}),
    "a quoted << is a key": ("'<<': 1", {"<<": 1}),
    "an alias of a scalar": ("a: &x 1\nb: *x", {"a": 1, "b": 1}),
    "an alias of a mapping": ("a: &x {p: [1]}\nb: *x", {"a": {"p": [1]}, "b": {"p": [1]}}),
    "an anchor given twice": ("a: &x 1\nb: &x 2\nc: *x", {"a": 1, "b": 2, "c": 2}),
    "a byte order mark": ("\ufeffa: 1", {"a": 1}),
    "Windows line ends": ("a: 1\r\nb: 2\r\n", {"a": 1, "b": 2}),
    "letters beyond ASCII": ("naïve: 録画", {"naïve": "録画"}),
    "a tab after a value": ("a: 1\t# note", {"a": 1}),
}


@pytest.mark.parametrize(("text", "value"), VALUES.values(), ids=VALUES.keys())
def test_yaml_becomes_plain_values(text: str, value: object) -> None:
    """A YAML document becomes dicts, lists and scalars."""
    assert read(text).value == value


FAULTS: dict[str, tuple[bytes, str, int, int]] = {
    "a tab before a list item": (b"a:\n\t- b", "Tabs", 2, 1),
    "a tab before a key": (b"a:\n  b: 1\n\tc: 2", "Tabs", 3, 1),
    "an unclosed list": (b"a: [1,", "value is missing", 2, 1),
    "an unclosed mapping": (b"a: {b: 1", "not closed", 2, 1),
    "an unclosed quote": (b"a: 'x", "never closed", 1, 6),
    "two values": (b"a: b: c", "no key can be", 1, 5),
    "a reserved character": (b"a: @x", "cannot begin", 1, 4),
    "wrong indentation": (b"a: b\n- c", "indentation", 2, 1),
    "a bad escape": (b'a: "\\q"', "escape", 1, 5),
    "an undefined tag handle": (b"a: !e!x 1", "tag", 1, 4),
    "a control character": (b"a: 1\nb: \x07", "U+0007", 2, 4),
    "a NUL byte": (b"a: 1\nb: \0", "binary: byte 8", 2, 4),
    "a byte that is not UTF-8": (b"a: 1\nb: \xe9t\xe9", "not UTF-8: byte 8 (0xe9)", 2, 4),
    "UTF-16, low byte first": ("a: 1".encode("utf-16"), "UTF-16", 1, 1),
    "UTF-16, high byte first": (b"\xfe\xff\0a", "UTF-16", 1, 1),
    "UTF-32": ("a: 1".encode("utf-32"), "UTF-32", 1, 1),
    "a key given twice": (b"a: 1\nb: 2\na: 3", "'a' on line 3 is already given on line 1", 3, 1),
    "an unknown tag on a scalar": (b"a: !secret x", "'!secret'", 1, 4),
    "an unknown tag on a mapping": (b"a: !x {}", "'!x'", 1, 4),
    "the tag of a date": (b"a: !!timestamp 2024-01-02", "'!!timestamp'", 1, 4),
    "a tag of Python": (b"!!python/object/apply:os.system [ls]", "python/object", 1, 1),
    "a tag that does not fit": (b"a: !!int x", "!!int", 1, 4),
    "a merge key": (b"a: &x {p: 1}\nb:\n  <<: *x", "Merge keys", 3, 3),
    "a number as a key": (b"1: x", "not a string", 1, 1),
    "null as a key": (b"a: {~: x}", "not a string", 1, 5),
    "a list as a key": (b"? [a]\n: x", "a list, a mapping or an alias", 1, 3),
    "an alias as a key": (b"a: &x b\n*x : 1", "an alias", 2, 1),
    "an alias without its anchor": (b"a: *x", "No anchor", 1, 4),
    "an alias inside its anchor": (b"a: &x [*x]", "inside its own anchor", 1, 8),
}


@pytest.mark.parametrize(("data", "words", "line", "column"), FAULTS.values(), ids=FAULTS.keys())
def test_a_fault_is_one_problem_with_a_place(data: bytes, words: str, line: int, column: int) -> None:
    """Each fault gives one error that says what is wrong, where, and what to write instead."""
    _, problems = read_text(data, name="m.yaml", limits=Limits())
    (problem,) = problems
    assert words in problem.message
    assert (problem.severity, problem.file, problem.line, problem.column) == ("error", "m.yaml", line, column)
    assert problem.message.endswith(".")
    assert problem.suggestion.endswith(".")


BOMB = "a0: &a0 [x, x]\n" + "".join(f"a{i}: &a{i} [{', '.join([f'*a{i - 1}'] * 9)}]\n" for i in range(1, 30))
EXCESSES: dict[str, tuple[str, str]] = {
    "an alias bomb": (BOMB, "more than 1000000 values"),
    "100,000 open brackets": ("[" * 100_000, "nested more than 64 deep"),
    "100,000 open braces": ("{a: " * 100_000, "nested more than 64 deep"),
    "100,000 list items in each other": ("- " * 100_000, "nested more than 64 deep"),
    "depth by aliases": (
        f"a: &a {'[' * 40}{']' * 40}\nb: {'[' * 40}*a{']' * 40}",
        "nested more than 64 deep",
    ),
    "more than 16 MiB": ("#" * (16 * 1024 * 1024 + 1), "larger than 16777216 bytes"),
}


@pytest.mark.parametrize(("text", "words"), EXCESSES.values(), ids=EXCESSES.keys())
def test_an_excess_is_refused_at_once(text: str, words: str) -> None:
    """A text made to exhaust the process is one problem, told within seconds."""
    began = time.process_time()
    _, problems = read_text(text.encode(), name="m.yaml", limits=Limits())
    assert [words in problem.message for problem in problems] == [True]
    assert time.process_time() - began < 60, "without the limits it would take hours, or all memory"


def test_the_depth_limit_itself_is_allowed() -> None:
    """Collections may be nested as deep as the limit, and no deeper."""
    assert read("[[[]]]", Limits(max_depth=3)).value == [[[]]]
    assert len(read_text(b"[[[]]]", name="m", limits=Limits(max_depth=2))[1]) == 1


def test_an_alias_counts_at_its_expanded_size() -> None:
    """An alias counts as all the nodes of its anchor."""
    text = "[&a [1, 2], *a]"
    assert read(text, Limits(max_nodes=7)).value == [[1, 2], [1, 2]]
    assert len(read_text(text.encode(), name="m", limits=Limits(max_nodes=6))[1]) == 1


def test_an_alias_is_a_copy() -> None:
    """No two places of a document share a dict or list."""
    value = read("a: &x {p: [1]}\nb: *x").value
    value["a"]["p"].append(2)
    assert value["b"] == {"p": [1]}


def test_problems_of_a_file_are_told_together() -> None:
    """Faults that do not stop the reading are all told, and what is at fault is left out."""
    documents, problems = read_text(b"a: 1\na: {fromEnv: X}\n2: x\nb: !x y\n---\nc: 1\n", name="m")
    assert [problem.line for problem in problems] == [2, 3, 4]
    assert [document.value for document in documents] == [{"a": 1, "b": "y"}, {"c": 1}]
    assert documents[0].references == ()


def test_documents_before_a_syntax_error_are_kept() -> None:
    """A syntax error does not take away the documents before it."""
    documents, problems = read_text(b"a: 1\n---\nb: [", name="m")
    assert ([document.value for document in documents], len(problems)) == ([{"a": 1}], 1)


def test_endless_problems_are_cut_off() -> None:
    """After a hundred problems one more says that there are others."""
    _, problems = read_text(b"a: 1\n" * 200_000, name="m")
    assert len(problems) == 101
    assert "more problems" in problems[-1].message


EMPTY = {"nothing": b"", "comments": b"# a\n# b\n", "separators": b"---\n---\n# x\n...\n"}


@pytest.mark.parametrize("data", EMPTY.values(), ids=EMPTY.keys())
def test_an_empty_document_is_none(data: bytes) -> None:
    """A document without content is left out."""
    assert read_text(data, name="m") == ([], [])


def test_references_stand_in_place_of_mappings() -> None:
    """A mapping whose only key is fromEnv or fromFile becomes a Reference, and its path is listed."""
    document = read("token: {fromEnv: T}\nlist:\n  - a\n  - {fromFile: f.txt}\n")
    assert document.value["token"] == Reference("env", "T", 1, 8)
    assert document.value["list"][1] == Reference("file", "f.txt", 4, 5)
    assert document.references == (("token",), ("list", 1))


def test_references_are_found_through_aliases() -> None:
    """A Reference that an alias repeats is listed at each path."""
    document = read("a: &x {p: [{fromEnv: T}]}\nb: [*x]\n")
    assert document.references == (("a", "p", 0), ("b", 0, "p", 0))
    assert document.value["b"][0]["p"][0] is document.value["a"]["p"][0]


NOT_REFERENCES = {
    "another key beside it": "{fromEnv: A, b: 1}",
    "a number as the name": "{fromEnv: 1}",
    "no name": "{fromEnv: }",
    "another case": "{fromenv: A}",
}


@pytest.mark.parametrize("text", NOT_REFERENCES.values(), ids=NOT_REFERENCES.keys())
def test_other_mappings_stay_mappings(text: str) -> None:
    """Only a mapping of one key and a string is a Reference."""
    document = read(text)
    assert isinstance(document.value, dict)
    assert document.references == ()


PLACED = "# note\nspec:\n  uid: 7\n  list:\n    - a\n    - {b: c}\n  token: {fromEnv: T}\n"
MARKS: dict[str, tuple[tuple[str | int, ...], Mark, Mark]] = {
    "the root": ((), Mark(2, 1), Mark(2, 1)),
    "a mapping": (("spec",), Mark(3, 3), Mark(2, 1)),
    "a scalar": (("spec", "uid"), Mark(3, 8), Mark(3, 3)),
    "a list": (("spec", "list"), Mark(5, 5), Mark(4, 3)),
    "a list item": (("spec", "list", 0), Mark(5, 7), Mark(5, 7)),
    "a value in a list item": (("spec", "list", 1, "b"), Mark(6, 11), Mark(6, 8)),
    "a reference": (("spec", "token"), Mark(7, 10), Mark(7, 3)),
    "a missing key": (("spec", "uit"), Mark(3, 3), Mark(2, 1)),
    "a missing item": (("spec", "list", 9), Mark(5, 5), Mark(4, 3)),
    "beyond a scalar": (("spec", "uid", "x", 1), Mark(3, 8), Mark(3, 3)),
    "a number in a mapping": (("spec", 0), Mark(3, 3), Mark(2, 1)),
}


@pytest.mark.parametrize(("path", "value", "key"), MARKS.values(), ids=MARKS.keys())
def test_a_path_has_a_place(path: tuple[str | int, ...], value: Mark, key: Mark) -> None:
    """A path gives the place of its value and of its key, or those of the deepest ancestor there is."""
    document = read(PLACED)
    assert (document.mark(path), document.key_mark(path)) == (value, key)


def test_a_document_knows_its_place() -> None:
    """Each document of a file has the place of its first content."""
    documents, _ = read_text(b"a: 1\n---\n# note\n  b: 2\n", name="m.yaml")
    assert [(d.file, d.line, d.column) for d in documents] == [("m.yaml", 1, 1), ("m.yaml", 4, 3)]


def test_a_file_is_read(tmp_path: Path) -> None:
    """A regular file is read as its text."""
    (tmp_path / "m.yaml").write_text("a: 1\n")
    documents, problems = read_file(tmp_path / "m.yaml", name="shown.yaml")
    assert ([(d.file, d.value) for d in documents], problems) == ([("shown.yaml", {"a": 1})], [])


def test_a_missing_file_is_a_problem(tmp_path: Path) -> None:
    """A file that does not exist is told by its shown name."""
    _, (problem,) = read_file(tmp_path / "m.yaml", name="m.yaml")
    assert (problem.file, problem.message) == ("m.yaml", "The file does not exist.")


def test_a_folder_is_a_problem(tmp_path: Path) -> None:
    """A folder is not read."""
    _, (problem,) = read_file(tmp_path, name="m.yaml")
    assert "a folder" in problem.message


def test_a_pipe_is_never_waited_for(tmp_path: Path) -> None:
    """A FIFO without a writer is refused at once."""
    os.mkfifo(tmp_path / "m.yaml")
    _, (problem,) = read_file(tmp_path / "m.yaml", name="m.yaml")
    assert "pipe" in problem.message


def test_an_endless_device_is_refused() -> None:
    """A device that never ends is not read."""
    _, (problem,) = read_file(Path("/dev/zero"), name="m.yaml")
    assert "device" in problem.message


def test_a_file_without_the_right_to_read_is_a_problem(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file that this user may not read is told as that."""

    def refuse(*_: object) -> int:
        raise PermissionError(13, "Permission denied")

    (tmp_path / "m.yaml").write_text("a: 1\n")
    monkeypatch.setattr(os, "open", refuse)
    _, (problem,) = read_file(tmp_path / "m.yaml", name="m.yaml")
    assert "may not be read" in problem.message


def test_a_huge_file_is_not_read_whole(tmp_path: Path) -> None:
    """A file of 1 GB is refused after the first bytes beyond the limit."""
    with (tmp_path / "m.yaml").open("wb") as file:
        file.truncate(10**9)
    began = time.process_time()
    _, (problem,) = read_file(tmp_path / "m.yaml", name="m.yaml")
    assert "larger than" in problem.message
    assert time.process_time() - began < 20, "a gigabyte was not read"


def test_no_problem_quotes_a_value() -> None:
    """A value, which could be a secret, is not in the text of a problem."""
    data = b"a: !!int canary\na: canary\nb: !x canary\nc: 'canary\n"
    _, problems = read_text(data, name="m")
    assert len(problems) == 4
    assert "canary" not in repr(problems)
