"""What only the local file has: durability, permissions, locks between processes."""

import os
import stat
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from tests.unit.backends.samples import HALL, PAGE, entry, lock, session, snapshot

from takeup.backends.format import encode_entry
from takeup.backends.local import LocalBackend
from takeup.core.address import Address, Kind
from takeup.errors import StateError


def names(path: Path) -> set[str]:
    return {file.name for file in path.parent.iterdir()}


def test_reading_writes_nothing(backend: LocalBackend, path: Path) -> None:
    """Read makes no folder and no file."""
    assert backend.read() is None
    assert not path.parent.exists()
    assert backend.describe() == str(path)


def test_backup_and_modes(backend: LocalBackend, path: Path) -> None:
    """The file before the last write is kept; all files are for their owner only."""
    backend.write(snapshot(), previous_serial=None)
    first = path.read_bytes()
    backend.write(snapshot(serial=1), previous_serial=1)
    backend.journal("line", 2).close()
    with backend.lock(lock()):
        pass
    assert path.with_name("default.json.backup").read_bytes() == first
    assert names(path) == {"default.json" + end for end in ("", ".backup", ".history", ".journal", ".lock")}
    assert {stat.S_IMODE(file.stat().st_mode) for file in path.parent.rglob("*") if file.is_file()} == {0o600}


def test_order_of_a_write(backend: LocalBackend, path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Bytes are synced before any rename, the backup comes first, and the journal goes last."""
    backend.write(snapshot(), previous_serial=None)
    backend.journal("line", 1).append(entry())
    steps: list[str] = []
    fsync, rename, unlink = os.fsync, Path.replace, Path.unlink

    def spy_fsync(descriptor: int) -> None:
        steps.append("sync folder" if stat.S_ISDIR(os.fstat(descriptor).st_mode) else "sync file")
        fsync(descriptor)

    def spy_replace(self: Path, target: Path) -> Path:
        steps.append(f"rename to {target.name}")
        return rename(self, target)

    def spy_unlink(self: Path, missing_ok: bool = False) -> None:  # noqa: FBT001, FBT002 -- pathlib's signature
        if self.exists():
            steps.append(f"unlink {self.name}")
        unlink(self, missing_ok=missing_ok)

    monkeypatch.setattr(os, "fsync", spy_fsync)
    monkeypatch.setattr(Path, "replace", spy_replace)
    monkeypatch.setattr(Path, "unlink", spy_unlink)
    backend.write(snapshot(serial=1), previous_serial=1)
    assert steps == [
        "sync file",
        "sync file",
        "rename to default.json.backup",
        "rename to default.json",
        "sync folder",
        "unlink default.json.journal",
        "sync folder",
    ]
    assert "default.json.journal" not in names(path)


@pytest.mark.parametrize(
    "step",
    [
        pytest.param("default.json.backup", id="the backup fails"),
        pytest.param("default.json", id="the rename fails"),
        pytest.param("fsync", id="the disk is full"),
    ],
)
def test_failed_write_changes_nothing(
    backend: LocalBackend, path: Path, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    """A write that fails leaves state and journal as they were and no temporary file."""
    backend.write(snapshot(), previous_serial=None)
    backend.journal("line", 1).append(entry())
    before, seen = backend.read(), names(path)
    rename = Path.replace

    def fail(*_: object) -> None:
        raise OSError(28, "No space left on device")

    def fail_at_step(self: Path, target: Path) -> Path:
        if target.name == step:
            fail()
        return rename(self, target)

    with monkeypatch.context() as patch:
        if step == "fsync":
            patch.setattr(os, "fsync", fail)
        patch.setattr(Path, "replace", fail_at_step)
        with pytest.raises(StateError, match="No space left on device") as caught:
            backend.write(snapshot(serial=1), previous_serial=1)
    assert isinstance(caught.value.__cause__, OSError)
    assert backend.read() == before
    assert names(path) - {"default.json.backup"} == seen


def make_folder(path: Path) -> None:
    path.mkdir(parents=True)


def make_link(path: Path) -> None:
    path.parent.mkdir()
    path.symlink_to("elsewhere")


def make_fifo(path: Path) -> None:
    path.parent.mkdir()
    os.mkfifo(path)


def make_file_for_folder(path: Path) -> None:
    path.parent.write_text("")


@pytest.mark.parametrize(
    ("make", "problem"),
    [
        pytest.param(make_folder, "not a regular file", id="a folder"),
        pytest.param(make_link, "not a regular file", id="a symbolic link"),
        pytest.param(make_fifo, "not a regular file", id="a FIFO"),
        pytest.param(make_file_for_folder, "Not a directory", id="a file in place of the folder"),
    ],
)
def test_strange_paths(backend: LocalBackend, path: Path, make: Callable[[Path], None], problem: str) -> None:
    """What is not a regular file is refused in a sentence, for reading and for writing."""
    make(path)
    with pytest.raises(StateError, match=problem):
        backend.read()
    with pytest.raises(StateError, match=problem):
        backend.write(snapshot(), previous_serial=None)


def test_group_commit(backend: LocalBackend, path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """16 threads share fsyncs, and each entry is on the disk when its append returns."""
    backend.write(snapshot(sessions={}), previous_serial=None)
    journal = backend.journal("line", 1)
    fsync = os.fsync
    synced: list[int] = []  # the size of the file that each fsync was sure to cover

    def slow(descriptor: int) -> None:
        size = os.fstat(descriptor).st_size
        threading.Event().wait(0.002)
        fsync(descriptor)
        synced.append(size)

    monkeypatch.setattr(os, "fsync", slow)
    addresses = [Address(Kind.COMPOSITE, f"r{number}") for number in range(160)]

    def append(address: Address) -> bool:
        journal.append(entry(address))
        durable = path.with_name("default.json.journal").read_bytes()[: synced[-1]]
        return encode_entry("line", 1, entry(address)) in durable

    with ThreadPoolExecutor(16) as pool:
        assert all(pool.map(append, addresses))
    journal.close()
    stored = backend.read()
    assert stored is not None
    assert set(stored.sessions) == set(addresses)
    assert len(synced) < len(addresses) / 2
    assert synced[-1] == journal.bytes_written
    assert journal.syncs == len(synced)


def test_interrupted_leader_leaves_nobody_waiting(backend: LocalBackend, monkeypatch: pytest.MonkeyPatch) -> None:
    """An interrupt while syncing passes through its own thread, and the others get an error, not a hang."""
    backend.write(snapshot(), previous_serial=None)
    journal = backend.journal("line", 1)
    syncing, waiting = threading.Event(), threading.Event()

    def interrupt(_: int) -> None:
        syncing.set()
        waiting.wait(5)
        raise KeyboardInterrupt

    monkeypatch.setattr(os, "fsync", interrupt)
    with ThreadPoolExecutor(2) as pool:
        leader = pool.submit(journal.append, entry())
        assert syncing.wait(5)
        follower = pool.submit(journal.append, entry())
        waiting.set()
        with pytest.raises(KeyboardInterrupt):
            leader.result(5)
        with pytest.raises(StateError, match="interrupted"):
            follower.result(5)
    journal.close()


def test_failed_sync_reaches_every_waiter(backend: LocalBackend, monkeypatch: pytest.MonkeyPatch) -> None:
    """When a group cannot be synced, all its threads are told, and no later entry is taken."""
    backend.write(snapshot(), previous_serial=None)
    journal = backend.journal("line", 1)

    def fail(_: int) -> None:
        threading.Event().wait(0.05)
        raise OSError(5, "Input/output error")

    def append(_: int) -> str:
        try:
            journal.append(entry())
        except StateError as error:
            return error.message
        return "appended"

    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", fail)
        with ThreadPoolExecutor(16) as pool:
            messages = list(pool.map(append, range(16)))
    assert all("Input/output error" in message for message in messages)
    with pytest.raises(StateError, match="Input/output error"):
        journal.append(entry())
    journal.close()


def test_crash_before_the_journal_is_dropped(
    backend: LocalBackend, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A journal that could not be dropped is ignored afterwards."""
    backend.write(snapshot(sessions={}), previous_serial=None)
    backend.journal("line", 1).append(entry(PAGE))

    def fail(_: Path, *, missing_ok: bool = False) -> None:
        if not missing_ok:
            raise PermissionError

    with monkeypatch.context() as patch:
        patch.setattr(Path, "unlink", fail)
        backend.write(snapshot(serial=1), previous_serial=1)
    assert "default.json.journal" in names(path)
    assert backend.read() == snapshot(serial=2, sessions={HALL: session()})
