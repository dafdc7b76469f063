"""Sets: many recordings from one template."""

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from takeup.core.address import Address, Kind
from takeup.core.resource import Resource
from takeup.core.secret import Secret
from takeup.manifest.loader import Loaded, load
from takeup.manifest.members import allocated
from takeup.manifest.project import load_project

PROJECT = "apiVersion: takeup/v1\nkind: Project\nmetadata: {name: p}\nspec: {agora: {endpoint: emulator}}\n"
SET = """apiVersion: takeup/v1
kind: RecordingSet
metadata: {name: rooms}
spec:
  forEach: FOREACH
  template:
    kind: CompositeRecording
    spec:
      cname: "{{ key }}"
      uid: "10001"
      token: {fromFile: "tokens/{{ key }}.txt"}
      recordingConfig: {channelType: live, maxIdleTime: "{{ idle }}"}
      storageConfig: {vendor: s3, region: us-east-1, bucket: b, accessKey: {fromEnv: K}, secretKey: {fromEnv: K}}
"""
CSV = "{csv: rooms.csv, key: room}"
MAP = "{map: {a: {idle: 60}, b: {idle: 70}}}"
ROWS = "room,idle\na-101,60\nb-102,70\n"


def run(root: Path, manifest: str, rows: str = ROWS, env: dict[str, str] | None = None) -> Loaded:
    (root / "manifests").mkdir(exist_ok=True)
    (root / "takeup.yaml").write_text(PROJECT, "utf-8")
    (root / "manifests" / "rooms.yaml").write_text(manifest, "utf-8")
    (root / "rooms.csv").write_text(rows, "utf-8")
    project, problems = load_project(root, env)
    assert project is not None, problems
    return load(project, env)


def a_set(source: str = CSV, more: str = "", **changes: str) -> str:
    text = SET.replace("FOREACH", source)
    for old, new in changes.items():
        assert old in text
        text = text.replace(old, new)
    return text + more


@pytest.mark.parametrize(
    ("source", "keys"),
    [
        pytest.param(CSV, ["a-101", "b-102"], id="a CSV file"),
        pytest.param(MAP, ["a", "b"], id="a map"),
        pytest.param("{list: [{room: x, idle: 60}], key: room}", ["x"], id="a list of mappings"),
    ],
)
def test_members_have_addresses_with_their_keys(tmp_path: Path, source: str, keys: list[str]) -> None:
    """Each row is a recording with the set's name and its own key."""
    loaded = run(tmp_path, a_set(source))
    assert loaded.problems == []
    assert list(loaded.resources) == [Address(Kind.COMPOSITE, "rooms", key) for key in keys]
    assert [item.cname for item in loaded.resources.values()] == keys


def test_a_list_of_keys_needs_no_columns(tmp_path: Path) -> None:
    """Texts and numbers are keys themselves."""
    loaded = run(tmp_path, a_set("{list: [x, 7]}").replace('"{{ idle }}"', "60"))
    assert loaded.problems == []
    assert [address.key for address in loaded.resources] == ["x", "7"]


def test_texts_become_what_the_attribute_wants(tmp_path: Path) -> None:
    """A column is a number where one is wanted; names of files may hold columns; the origin is the row."""
    (tmp_path / "tokens").mkdir()
    for key in ("a-101", "b-102"):
        (tmp_path / "tokens" / f"{key}.txt").write_text(f"token-{key}", "utf-8")
    loaded = run(tmp_path, a_set(), env={"K": "k"})
    assert loaded.problems == []
    first = loaded.resources[Address(Kind.COMPOSITE, "rooms", "a-101")]
    assert first.spec["recordingConfig"]["maxIdleTime"] == 60
    assert first.spec["token"] == Secret("token-a-101")
    assert first.origin == "rooms.csv:2"


def test_an_override_changes_one_member(tmp_path: Path) -> None:
    """It is merged over the template; the others stay as they are."""
    more = '  overrides:\n    b-102: {recordingConfig: {maxIdleTime: 900}, uid: "7", token: {fromEnv: T}}\n'
    loaded = run(tmp_path, a_set(more=more))
    assert loaded.problems == []
    one, other = loaded.resources.values()
    assert (one.uid, one.spec["recordingConfig"]["maxIdleTime"]) == ("10001", 60)
    assert (other.uid, other.spec["recordingConfig"]) == ("7", {"channelType": 1, "maxIdleTime": 900})


def test_a_problem_of_an_override_is_told_at_its_place(tmp_path: Path) -> None:
    """Line and column are those of the override, not of the template."""
    loaded = run(tmp_path, a_set(more="  overrides:\n    b-102: {recordingConfig: {maxIdleTime: 1}}\n"))
    (problem,) = loaded.problems
    assert (problem.line, problem.address) == (15, 'CompositeRecording.rooms["b-102"]')


def test_a_problem_of_a_member_names_template_and_row(tmp_path: Path) -> None:
    """It stands at the template's line; the member, its row and the number of others like it are told."""
    loaded = run(tmp_path, a_set(), "room,idle\na-101,1\nb-102,1\nc-103,60\n")
    (problem,) = loaded.problems
    assert (problem.file, problem.line) == ("manifests/rooms.yaml", 12)
    assert problem.address == 'CompositeRecording.rooms["a-101"]'
    assert problem.message.endswith("(member 'a-101', rooms.csv:2, and 1 more like it)")


def test_many_different_problems_are_cut(tmp_path: Path) -> None:
    """A set of a thousand wrong rows is told in a page."""
    rows = "room,idle\n" + "".join(f"r{number},-{number + 1}\n" for number in range(1000))
    loaded = run(tmp_path, a_set(), rows)
    assert len(loaded.problems) == 21
    assert "980 more problems" in loaded.problems[-1].message


@pytest.mark.parametrize(
    ("rows", "line", "words"),
    [
        pytest.param("room,idle\na,1\na,2\n", 3, "rooms.csv:2 and rooms.csv:3", id="a key twice"),
        pytest.param("room,idle\n,60\n", 2, "is empty", id="an empty key"),
        pytest.param("room,idle\na,60,7\n", 2, "3 cells, the header 2", id="a cell too many"),
        pytest.param("room;idle\na;60\n", 1, "no column 'room'", id="semicolons"),
        pytest.param("room,room\na,60\n", 1, "twice", id="a column twice"),
        pytest.param("", 1, "no header", id="an empty file"),
        pytest.param('room,idle\n"a,60\n', 2, "not valid CSV", id="an open quote"),
        pytest.param("room,var.x\na,60\n", 1, "'var.x'", id="a column that means a variable"),
    ],
)
def test_a_wrong_row_is_told_where_it_stands(tmp_path: Path, rows: str, line: int, words: str) -> None:
    """File and line are those of the CSV."""
    first = run(tmp_path, a_set(), rows).problems[-1]
    assert (first.file, first.line) == ("rooms.csv", line)
    assert words in first.message


@pytest.mark.parametrize(
    ("manifest", "words"),
    [
        pytest.param(a_set("{csv: ../rooms.csv, key: room}"), "not inside of the project", id="a path out"),
        pytest.param(a_set("{csv: none.csv, key: room}"), "does not exist", id="no file"),
        pytest.param(a_set("{csv: rooms.csv}"), "forEach.key is required", id="no key column"),
        pytest.param(a_set("{csv: rooms.csv, list: [a], key: room}"), "exactly one of", id="two sources"),
        pytest.param(a_set(more="  overrides: {b-103: {uid: '7'}}\n"), "no member 'b-103'", id="unknown member"),
        pytest.param(a_set(more='  uidRange: "1-9"\n'), "exclude each other", id="uid and uidRange"),
        pytest.param(a_set("{map: {a: {idle: 60}, b: {}}}"), "'b' has no idle", id="a column that is missing"),
        pytest.param(a_set().replace("{{ idle }}", "{{ idel }}"), "no name 'idel'", id="unknown column"),
        pytest.param(a_set().replace("kind: Comp", "kind: Kompo"), "template.kind", id="unknown kind"),
    ],
)
def test_a_wrong_set_is_told(tmp_path: Path, manifest: str, words: str) -> None:
    """Once, with the set's address."""
    (problem,) = run(tmp_path, manifest).problems
    assert words in problem.message
    assert problem.address == "RecordingSet.rooms"


SHARED = a_set('{list: ["a", "b", "c"]}').replace('"{{ idle }}"', "60").replace('"{{ key }}"', "shared")


def test_a_clash_of_uids_names_both_members_and_the_line_to_write(tmp_path: Path) -> None:
    """Two members of one channel with one uid are refused; nothing is renumbered."""
    loaded = run(tmp_path, SHARED.replace('["a", "b", "c"]', '["a", "b"]'))
    (problem,) = loaded.problems
    assert 'rooms["b"]' in problem.message
    assert 'rooms["a"]' in problem.message
    assert 'overrides: {"b": {uid: "10002"}}' in problem.suggestion


def test_a_recording_profile_stands_below_the_recordings_own_settings(tmp_path: Path) -> None:
    """The recording's own attributes win, mappings are merged, `profile` goes."""
    profile = (
        "---\napiVersion: takeup/v1\nkind: RecordingProfile\nmetadata: {name: lecture}\n"
        "spec: {channelType: live, maxIdleTime: 5, transcodingConfig: {width: 1280, height: 720}}\n"
    )
    own = "{profile: lecture, maxIdleTime: 60, transcodingConfig: {fps: 30}}"
    text = a_set("{list: [x]}").replace('{channelType: live, maxIdleTime: "{{ idle }}"}', own)
    loaded = run(tmp_path, text + profile)
    assert loaded.problems == []
    (resource,) = loaded.resources.values()
    picture = {"width": 1280, "height": 720, "fps": 30}
    assert resource.spec["recordingConfig"] == {"channelType": 1, "maxIdleTime": 60, "transcodingConfig": picture}
    (problem,) = run(tmp_path, text.replace("lecture", "lectur") + profile).problems
    assert ("no RecordingProfile 'lectur'" in problem.message, "'lecture'" in problem.suggestion) == (True, True)


_KEYS = st.lists(st.from_regex(r"[a-z0-9]([a-z0-9 \"\\.-]{0,8}[a-z0-9])?", fullmatch=True), min_size=1, unique=True)


@settings(deadline=None, max_examples=60)
@given(keys=_KEYS, new=st.integers(0, 20), data=st.data())
def test_a_row_never_changes_the_recording_of_another(
    tmp_path_factory: pytest.TempPathFactory, keys: list[str], new: int, data: st.DataObject
) -> None:
    """Rows added, removed or put into another order leave each other member as it was, its uid too."""
    folder = tmp_path_factory.mktemp("sets")
    template = a_set().replace('uid: "10001"', "resourceExpiredHour: 5")
    template += '  uidRange: "1000000000-1999999999"\n'

    def members(rows: list[str]) -> dict[Address, Resource]:
        quoted = "".join('"' + row.replace('"', '""') + '",60\n' for row in rows)
        loaded = run(folder, template.replace('cname: "{{ key }}"', "cname: shared"), f"room,idle\n{quoted}")
        assert loaded.problems == []
        return loaded.resources

    before = members(keys)
    changed = data.draw(st.permutations([*keys, f"new {new}!"]))[: len(keys)]
    after = members(changed)
    for address in before.keys() & after.keys():
        assert before[address].spec == after[address].spec
    assert {address.key for address in after} == set(changed)


@given(st.text(), st.text(), st.integers(1, 2**32 - 1), st.integers(1, 2**32 - 1))
def test_a_uid_lies_in_its_range(name: str, key: str, one: int, other: int) -> None:
    """Whatever the set and the key are called."""
    low, high = min(one, other), max(one, other)
    assert low <= int(allocated(name, key, (low, high))) <= high


def test_uids_stay_what_they_are() -> None:
    """The hash is a promise: another one would replace every recorder of every set."""
    assert allocated("rooms", "a-101", (1_000_000_000, 1_999_999_999)) == "1475675839"
