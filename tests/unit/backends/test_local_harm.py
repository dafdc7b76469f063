"""A full disk, a folder that cannot be written, and files that somebody touches during a run."""

import os
import re
import shutil
import stat
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from tests.unit.backends.children import child
from tests.unit.backends.samples import PAGE, entry, lock, snapshot

from takeup.backends.format import decode_snapshot
from takeup.backends.local import LocalBackend
from takeup.errors import StateError


@pytest.fixture
def open_to_all(tmp_path: Path) -> Iterator[Path]:
    """A folder that other users can enter, with all above it."""
    closed = [folder for folder in (tmp_path, *tmp_path.parents) if not folder.stat().st_mode & stat.S_IXOTH]
    modes = {folder: stat.S_IMODE(folder.stat().st_mode) for folder in closed}
    for folder in closed:
        folder.chmod(modes[folder] | stat.S_IXOTH)
    yield tmp_path
    for folder, mode in modes.items():
        folder.chmod(mode)


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 64 KiB."""
    disk = tmp_path / "disk"
    disk.mkdir()
    mounted = subprocess.run(  # noqa: S603 -- a command of the system on our own folder
        ["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", str(disk)],  # noqa: S607 -- wherever it is
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    if mounted.returncode:
        pytest.skip(f"no file system can be mounted here: {mounted.stderr.strip()}")
    yield disk
    subprocess.run(["umount", str(disk)], check=True)  # noqa: S603, S607 -- the same


def names(path: Path) -> set[str]:
    return {file.name for file in path.parent.iterdir()}


READ_ONLY = """
import os, sys
from contextlib import suppress
from pathlib import Path
from tests.unit.backends.samples import lock, snapshot
from takeup.backends.local import LocalBackend
from takeup.errors import StateError
if os.geteuid() == 0:  # root writes everywhere
    os.setgroups([])
    os.setgid(65534)
    os.setuid(65534)
backend = LocalBackend(Path(sys.argv[1]))
assert backend.read() is not None
def hold():
    with backend.lock(lock()):
        print("locked")
for step in (
    lambda: backend.write(snapshot(serial=1), previous_serial=1), lambda: backend.journal("line", 1), hold,
):
    try:
        step()
    except StateError as error:
        print(error.message)
print(backend.rescue(snapshot(serial=1)))
"""


def test_read_only_folder(backend: LocalBackend, path: Path, open_to_all: Path) -> None:
    """A folder that cannot be written can be read; the rest gets a sentence, and rescue goes elsewhere."""
    backend.write(snapshot(), previous_serial=None)
    path.chmod(0o644)
    path.parent.chmod(0o555)
    spare = open_to_all / "spare"
    spare.mkdir()
    spare.chmod(0o777)
    try:
        done = child(READ_ONLY, path, TMPDIR=str(spare))
    finally:
        path.parent.chmod(0o700)
    *refused, where = done.splitlines()
    assert [line.split(" could")[0] for line in refused] == [
        f"The state {path}",
        f"The journal {path}.journal",
        f"The lock {path}.lock",
    ]
    assert all("Permission denied" in line for line in refused)
    assert Path(where).parent == spare
    assert decode_snapshot(Path(where).read_bytes(), where) == snapshot(serial=2)


FULL_DISK = """
import resource, sys
from pathlib import Path
from tests.unit.backends.samples import HALL, PAGE, ended, entry, snapshot
from takeup.backends.local import LocalBackend
from takeup.core.address import Address, Kind
from takeup.errors import StateError
backend = LocalBackend(Path(sys.argv[1]))
many = tuple(ended(address, minute) for address in (HALL, PAGE) for minute in range(5))
backend.write(snapshot(sessions={}, ended=many), previous_serial=None)
journal = backend.journal("line", 1)
if len(sys.argv) > 2:
    resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv[2]), int(sys.argv[2])))
done = 0
try:
    while done < 1000:
        journal.append(entry(Address(Kind.COMPOSITE, f"r{done}")))
        done += 1
except StateError as error:
    print(error.message)
try:
    journal.append(entry())
except StateError as error:
    print(error.message)
known = backend.read()
try:
    backend.write(known, previous_serial=1)
    print("written")
except StateError as error:
    print(error.message)
    try:
        print(backend.rescue(known))
    except StateError as error:
        print(error.message)
print(done)
"""


def test_file_that_may_not_grow(backend: LocalBackend, path: Path, tmp_path: Path) -> None:
    """When the disk takes no more, nothing acknowledged is lost and every later append, and the write, is refused."""
    lines = child(FULL_DISK, path, "3000", TMPDIR=str(tmp_path)).splitlines()
    appended, later, written, rescued, done = lines
    assert appended == later
    assert f"The journal {path}.journal could not be written: File too large." in appended
    assert f"The state {path} could not be written: File too large." in written
    assert "could be kept nowhere" in rescued
    assert rescued.count("File too large") == 2
    stored = backend.read()
    assert stored is not None
    assert len(stored.sessions) == int(done) > 0
    assert [note for note in backend.notes() if "torn" in note]
    assert names(path) == {"default.json", "default.json.journal"}
    backend.fold()
    assert backend.read() == replace(stored, serial=2)


def test_full_disk(small_disk: Path, tmp_path: Path) -> None:
    """On a file system that is full the run keeps what it knows in the temporary folder of the system."""
    path = small_disk / "state" / "default.json"
    *_, written, where, done = child(FULL_DISK, path, TMPDIR=str(tmp_path)).splitlines()
    assert "No space left on device" in written
    assert Path(where).parent == tmp_path
    assert stat.S_IMODE(Path(where).stat().st_mode) == 0o600
    backend = LocalBackend(path)
    stored = backend.read()
    assert stored is not None
    assert len(stored.sessions) == int(done) > 0
    assert decode_snapshot(Path(where).read_bytes(), where) == replace(stored, serial=2)
    path.with_name("default.json.lock").write_bytes(b"")
    with pytest.raises(StateError, match=r"lock .* could not be taken: No space left on device"), backend.lock(lock()):
        pytest.fail("a lock that nobody can read")
    assert path.with_name("default.json.lock").read_bytes() == b""


def remove_journal(path: Path) -> None:
    path.with_name("default.json.journal").unlink()


def replace_journal(path: Path) -> None:
    journal = path.with_name("default.json.journal")
    copy = journal.read_bytes()
    journal.unlink()
    journal.write_bytes(copy)


def truncate_journal(path: Path) -> None:
    os.truncate(path.with_name("default.json.journal"), 0)


def remove_folder(path: Path) -> None:
    shutil.rmtree(path.parent)


@pytest.mark.parametrize(
    ("harm", "problem"),
    [
        pytest.param(remove_journal, "somebody has removed it", id="the journal removed"),
        pytest.param(replace_journal, "somebody has replaced it", id="the journal replaced by a copy"),
        pytest.param(truncate_journal, "somebody else has changed it", id="the journal truncated"),
        pytest.param(remove_folder, "somebody has removed it", id="the whole folder removed"),
    ],
)
def test_journal_harmed_during_a_run(
    backend: LocalBackend, path: Path, harm: Callable[[Path], None], problem: str
) -> None:
    """An entry that no crash would survive is not acknowledged; what the run knows is written or rescued in the end."""
    backend.write(snapshot(), previous_serial=None)
    journal = backend.journal("line", 1)
    journal.append(entry(PAGE))
    known = backend.read()
    assert known is not None
    harm(path)
    for _ in range(2):
        with pytest.raises(StateError, match=f"could not be written: {problem} during the run"):
            journal.append(entry(PAGE, sid="late"))
    if path.exists():
        assert backend.write(known, previous_serial=1) == replace(known, serial=2)
    else:
        with pytest.raises(StateError, match="is gone: there is no state where serial 1 was expected"):
            backend.write(known, previous_serial=1)
        where = Path(backend.rescue(known))
        assert where.parent == path.parent
        where.rename(path)
        assert backend.read() == replace(known, serial=2)


def truncate_state(path: Path) -> None:
    os.truncate(path, path.stat().st_size // 2)


def empty_state(path: Path) -> None:
    os.truncate(path, 0)


@pytest.mark.parametrize(
    ("harm", "problem"),
    [
        pytest.param(truncate_state, "is truncated or not JSON", id="truncated"),
        pytest.param(empty_state, "is truncated or not JSON", id="emptied"),
        pytest.param(Path.unlink, "journal of serial 1 that names 1 recording, but its state is missing", id="deleted"),
        pytest.param(lambda path: path.write_bytes(path.read_bytes() + b" "), "edited by hand", id="edited"),
    ],
)
def test_state_harmed_during_a_run(
    backend: LocalBackend, path: Path, harm: Callable[[Path], object], problem: str
) -> None:
    """A state that is not what was read is left as it is, with its journal; what the run knows is rescued beside it."""
    backend.write(snapshot(), previous_serial=None)
    known = backend.read()
    assert known is not None
    backend.journal("line", 1).append(entry(PAGE))
    harm(path)
    left = {file.name: file.read_bytes() for file in path.parent.iterdir()}
    with pytest.raises(StateError, match=problem):
        backend.write(known, previous_serial=1)
    where = Path(backend.rescue(known))
    assert re.fullmatch(r"default\.json\.rescued-\d{8}T\d{6}Z", where.name)
    assert stat.S_IMODE(where.stat().st_mode) == 0o600
    assert {file.name: file.read_bytes() for file in path.parent.iterdir() if file != where} == left
    where.replace(path)
    assert backend.read() == replace(known, serial=2)


def test_rescue_gives_way(backend: LocalBackend, path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where nothing can be written beside the state, what the run knows goes into the temporary folder."""
    path.parent.write_text("a file in the place of the folder")
    spare = tmp_path / "spare"
    spare.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(spare))
    where = Path(backend.rescue(snapshot()))
    assert where.parent == spare
    assert decode_snapshot(where.read_bytes(), str(where)) == snapshot(serial=1)
