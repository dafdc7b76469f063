"""A manifest behind those of a file, and a file replaced in one step."""

import stat
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from takeup.core.address import Address, Kind
from takeup.errors import ProjectError
from takeup.manifest.append import appended
from takeup.manifest.reader import read_text
from takeup.manifest.replace_file import replace_file

HALL = Address(Kind.COMPOSITE, "hall")
HEAD = "apiVersion: takeup/v1\nkind: CompositeRecording\nmetadata: {name: NAME}\n"
TEXT = HEAD.replace("NAME", "hall") + "spec: {cname: hall}\n"
OTHER = HEAD.replace("NAME", "attic") + "spec: {cname: attic}  # the roof\n"


@pytest.mark.parametrize(
    ("before", "documents"),
    [
        pytest.param("", 1, id="an empty file"),
        pytest.param("# nothing yet\n", 1, id="comments only"),
        pytest.param(OTHER, 2, id="one document"),
        pytest.param(OTHER.rstrip(), 2, id="no line end at its end"),
        pytest.param(OTHER + "---\n# and this\n\n\n", 2, id="an empty document at its end"),
        pytest.param(OTHER + "...\n", 2, id="a marked end"),
        pytest.param("---\n" + OTHER + "---\nkind: StorageProfile\n\n", 3, id="two documents"),
        pytest.param("\ufeff" + OTHER, 2, id="a byte order mark"),
        pytest.param(OTHER.replace("\n", "\r\n"), 2, id="line ends of Windows"),
    ],
)
def test_every_byte_before_it_is_kept(before: str, documents: int) -> None:
    """The file grows at its end, and has one document more."""
    data = before.encode()
    whole = appended(data, TEXT, HALL, name="a.yaml")
    assert whole.startswith(data)
    after, problems = read_text(whole, name="a.yaml")
    assert (len(after), problems) == (documents, [])
    assert after[-1].value["metadata"] == {"name": "hall"}
    assert ("\r\n" in before) == (b"\r\n" in whole)


@settings(max_examples=200, deadline=None)
@given(before=st.text("ab:-#|> \n[]{}'\"\t.&*%", max_size=40))
def test_a_file_is_only_changed_where_it_reads_the_same(before: str) -> None:
    """Whatever stands there: it is kept and read as before, or refused."""
    data = before.encode()
    try:
        whole = appended(data, TEXT, HALL, name="a.yaml")
    except ProjectError:
        return
    assert whole.startswith(data)
    values = [document.value for document in read_text(whole, name="a.yaml")[0]]
    assert values[:-1] == [document.value for document in read_text(data, name="a.yaml")[0]]
    assert values[-1]["metadata"] == {"name": "hall"}


def test_an_address_is_declared_once() -> None:
    """The line is named where it stands."""
    with pytest.raises(ProjectError, match=r"a\.yaml:6 declares CompositeRecording\.hall already"):
        appended((OTHER + "---\n" + TEXT).replace("# the roof\n", "\n").encode(), TEXT, HALL, name="a.yaml")


def test_a_broken_file_is_not_touched() -> None:
    """Its own problem is told first."""
    with pytest.raises(ProjectError, match=r"a\.yaml:2:1: "):
        appended(b"a: [", TEXT, HALL, name="a.yaml")


def test_a_block_text_without_a_line_end_is_not_made_longer() -> None:
    """A line end behind it would change its value."""
    with pytest.raises(ProjectError, match="would not be read as before"):
        appended(b"a: |\n  x", TEXT, HALL, name="a.yaml")


def test_a_file_is_replaced_as_a_whole(tmp_path: Path) -> None:
    """A new file in a new folder, then an old one with its permissions, through a link; nothing else is left."""
    path, link = tmp_path / "new/a.yaml", tmp_path / "link.yaml"
    replace_file(path, b"one")
    path.chmod(0o640)
    link.symlink_to(path)
    replace_file(link, b"two")
    assert path.read_bytes() == b"two"
    assert stat.S_IMODE(path.stat().st_mode) == 0o640
    assert link.is_symlink()
    assert [item.name for item in path.parent.iterdir()] == ["a.yaml"]


def test_a_file_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    """A folder in its place, or a file in the place of its folder: a sentence, and nothing is left behind."""
    (tmp_path / "file").write_bytes(b"old")
    (tmp_path / "folder").mkdir()
    for path in (tmp_path / "folder", tmp_path / "file/a.yaml"):
        with pytest.raises(ProjectError, match="cannot be written"):
            replace_file(path, b"new")
    assert sorted(item.name for item in tmp_path.iterdir()) == ["file", "folder"]
