"""Sets as plans: what a row, a template or a cell can do, and what none of them can."""

import csv
import io
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.recordings import plan, session
from tests.unit.manifest.test_sets import PROJECT

from takeup.core.address import Address
from takeup.core.plan import Action
from takeup.core.resource import Resource
from takeup.manifest.loader import Loaded, load
from takeup.manifest.project import load_project

_SET = """apiVersion: takeup/v1
kind: RecordingSet
metadata: {name: rooms}
spec:
  forEach: {csv: rooms.csv, key: room}
  uidRange: "1000000000-1999999999"
  template:
    kind: CompositeRecording
    metadata: {labels: {floor: "{{ floor }}"}}
    spec:
      cname: "{{ key }}"
      recordingConfig: {channelType: live, maxIdleTime: "{{ idle }}"}
      storageConfig:
        fileNamePrefix: ["{{ floor }}"]
        vendor: s3
        region: us-east-1
        bucket: b
        accessKey: {fromEnv: K}
        secretKey: {fromEnv: K}
"""
_KEYS = st.from_regex(r"[a-z0-9]([a-z0-9-]{0,8}[a-z0-9])?", fullmatch=True)
_CELLS = st.tuples(st.sampled_from(["1", "2", "ground"]), st.integers(5, 100).map(str))
_ROWS = st.dictionaries(_KEYS, _CELLS, min_size=1, max_size=8)


def project(root: Path, rows: list[list[str]], manifest: str = _SET) -> Loaded:
    (root / "manifests").mkdir(exist_ok=True)
    (root / "takeup.yaml").write_text(PROJECT, "utf-8")
    (root / "manifests" / "rooms.yaml").write_text(manifest, "utf-8")
    file = io.StringIO()
    csv.writer(file, lineterminator="\n").writerows(rows)
    (root / "rooms.csv").write_text(file.getvalue(), "utf-8")
    made, problems = load_project(root, {"K": "k"})
    assert made is not None, problems
    return load(made, {"K": "k"})


def members(root: Path, rows: dict[str, tuple[str, str]]) -> dict[Address, Resource]:
    loaded = project(root, [["room", "floor", "idle"], *([key, *cells] for key, cells in rows.items())])
    assert loaded.problems == []
    return loaded.resources


@settings(deadline=None, max_examples=60)
@given(rows=_ROWS, more=_ROWS, data=st.data())
def test_a_row_never_changes_the_plan_of_another(
    tmp_path_factory: pytest.TempPathFactory,
    rows: dict[str, tuple[str, str]],
    more: dict[str, tuple[str, str]],
    data: st.DataObject,
) -> None:
    """While all are recorded, rows that are added, wherever they are put, are created, and nothing else changes.

    Rows that go are stopped, and nothing else changes.
    """
    folder = tmp_path_factory.mktemp("sets")
    before = members(folder, rows)
    running = [session(item) for item in before.values()]
    order = data.draw(st.permutations([*rows, *(key for key in more if key not in rows)]))
    after = members(folder, {key: rows[key] if key in rows else more[key] for key in order})
    made = plan(after.values(), running)
    new = after.keys() - before.keys()
    assert {change.address: change.action for change in made.changes} == dict.fromkeys(new, Action.CREATE)
    made = plan(before.values(), [session(item) for item in after.values()])
    assert {change.address: change.action for change in made.changes} == dict.fromkeys(new, Action.DELETE)


_TEXTS = st.one_of(st.text(max_size=30), st.text(alphabet="{} .roomflkey\n\"'", max_size=30))


@settings(deadline=None, max_examples=150, suppress_health_check=[HealthCheck.too_slow])
@given(template=_TEXTS, rows=st.lists(st.lists(_TEXTS, min_size=3, max_size=3), max_size=4))
def test_loading_a_set_is_total(tmp_path_factory: pytest.TempPathFactory, template: str, rows: list[list[str]]) -> None:
    """Whatever text is the template and whatever cells hold, each member is a recording or a problem tells why not."""
    folder = tmp_path_factory.mktemp("sets")
    quoted = "".join(rf"\U{ord(letter):08x}" for letter in template if not 0xD800 <= ord(letter) <= 0xDFFF)
    manifest = _SET.replace('cname: "{{ key }}"', f'cname: "{quoted}"')
    cells = [[cell.encode("utf-8", "replace").decode() for cell in row] for row in rows]
    loaded = project(folder, [["room", "floor", "idle"], *cells], manifest)
    errors = [problem for problem in loaded.problems if problem.severity == "error"]
    assert len(loaded.resources) == len([row for row in cells if any(cell.strip() for cell in row)]) or errors
    for problem in loaded.problems:
        assert problem.message
        assert problem.line >= 1
