"""The lock of the local backend between real processes."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from tests.unit.backends.children import environment
from tests.unit.backends.samples import lock, snapshot

from takeup.backends.local import LocalBackend
from takeup.backends.lock import encode_lock
from takeup.errors import StateError, StateLockedError

HOLD = """
import sys
from pathlib import Path
from tests.unit.backends.samples import lock
from takeup.backends.local import LocalBackend
with LocalBackend(Path(sys.argv[1])).lock(lock("the other run")):
    print("held", flush=True)
    sys.stdin.read()
"""


@contextmanager
def holding(path: Path) -> Iterator[subprocess.Popen[str]]:
    """Another process that holds the lock until it is ended."""
    with subprocess.Popen(  # noqa: S603 -- our own interpreter and text
        [sys.executable, "-c", HOLD, str(path)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env=environment(),
    ) as other:
        try:
            assert other.stdout is not None
            assert other.stdout.readline() == "held\n"
            yield other
        finally:
            other.kill()


def test_lock_between_processes(backend: LocalBackend, path: Path) -> None:
    """A lock held by another process is refused with its name; once it dies, it is taken over and told."""
    record = path.with_name("default.json.lock")
    with holding(path) as other:
        who = rf"the other run \(takeup apply, process {other.pid} on .*\) since "
        with pytest.raises(StateLockedError, match=who), backend.lock(lock("this run")):
            pytest.fail("two runs hold the lock")
        with pytest.raises(StateLockedError, match=rf"{who}.*which is alive") as caught:
            backend.unlock("the other run-1", force=True)
        assert f"process {other.pid}" in caught.value.hint
        other.kill()
        other.wait()
        assert json.loads(record.read_bytes())["pid"] == other.pid
        with backend.lock(lock("this run")):
            who_now = json.loads(record.read_bytes())
            assert (who_now["holder"], who_now["pid"]) == ("this run", os.getpid())
            (note,) = backend.notes()
            assert f"The run of the other run (takeup apply, process {other.pid}) died at some time after" in note
    assert record.read_bytes() == b""


def test_reading_needs_no_lock(backend: LocalBackend, path: Path) -> None:
    """While another process holds the lock, the state and its journal can be read."""
    stored = backend.write(snapshot(), previous_serial=None)
    with holding(path):
        assert backend.read() == stored


def test_dead_run_can_be_unlocked(backend: LocalBackend, path: Path) -> None:
    """The lock of a killed process of this host may be unlocked, though nobody must."""
    with holding(path) as other:
        other.kill()
        other.wait()
        removed = backend.unlock("the other run-1")
        assert removed is not None
        assert removed.pid == other.pid
        with backend.lock(lock()):
            pass
    assert backend.notes() == ()


@pytest.mark.parametrize(
    "record",
    [
        pytest.param(b"alice", id="a word"),
        pytest.param(b'{"id": "x", "holder"', id="half a record"),
        pytest.param(b'{"id": "x"}', id="a record that lacks a key"),
        pytest.param(encode_lock(lock())[:-1] + b', "more": 1}', id="a record of a newer takeup"),
    ],
)
def test_unreadable_record(backend: LocalBackend, path: Path, record: bytes) -> None:
    """A record that cannot be read may be that of a run on another host: it stays until it is removed by force."""
    file = path.with_name("default.json.lock")
    path.parent.mkdir()
    file.write_bytes(record)
    with pytest.raises(StateError, match="cannot be told which run holds the state") as caught, backend.lock(lock()):
        pytest.fail("nobody knows who holds it")
    assert "takeup state unlock --force" in caught.value.hint
    with pytest.raises(StateError, match="cannot be told"):
        backend.unlock("x")
    assert file.read_bytes() == record
    assert backend.unlock("x", force=True) is None
    with backend.lock(lock()):
        pass


def test_zeros_are_no_record(backend: LocalBackend, path: Path) -> None:
    """A lock file of zeros, as a power cut leaves one, holds nobody off."""
    path.parent.mkdir()
    path.with_name("default.json.lock").write_bytes(bytes(200))
    with backend.lock(lock()):
        pass
    assert backend.notes() == ()


def test_a_lock_taken_away_is_not_given_up(backend: LocalBackend, path: Path) -> None:
    """A run that ends leaves the record of another run alone, even where that has got in its place."""
    file = path.with_name("default.json.lock")
    with backend.lock(lock()):
        file.write_bytes(encode_lock(lock("bob", host="elsewhere")))
    assert file.read_bytes() == encode_lock(lock("bob", host="elsewhere"))
