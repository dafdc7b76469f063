"""Who may work on a state at the same time, with real processes."""

import json
import os
import re
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from tests.cli.conftest import TAKEUP

if TYPE_CHECKING:
    from tests.cli.conftest import Project


@contextmanager
def frozen_apply(project: "Project") -> Iterator[subprocess.Popen[str]]:
    """An apply that has started its recording, and is stopped in the middle of its work with the lock in its hand."""
    takeup = (project.root / "takeup.yaml").read_text("utf-8")
    (project.root / "takeup.yaml").write_text(takeup.replace("firstQueryAfter: 0s", "firstQueryAfter: 3s"), "utf-8")
    journal = project.root / "state/default.json.journal"
    with subprocess.Popen(  # noqa: S603 - our own command
        [TAKEUP, "apply", "--auto-approve"],
        cwd=project.root,
        env={"PATH": os.environ["PATH"], "HOME": str(project.root), **project.env},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        try:
            deadline = time.monotonic() + 30
            while not (journal.exists() and b'"sid"' in journal.read_bytes()):
                assert time.monotonic() < deadline, "the session never started"
                time.sleep(0.02)
            process.send_signal(signal.SIGSTOP)
            yield process
        finally:
            process.kill()


def lock_file(project: "Project") -> Path:
    return project.root / "state/default.json.lock"


def test_readers_and_a_second_apply(project: "Project") -> None:
    """While an apply is at work others can look, and a second apply is told who works and starts nothing."""
    with frozen_apply(project) as first:
        for command in (
            ["plan"],
            ["show"],
            ["state", "list"],
            ["state", "show", "CompositeRecording.hall"],
        ):
            looked = project.run(*command)
            assert looked.returncode == 0, looked.stderr
            assert "CompositeRecording.hall" in looked.stdout or "No changes" in looked.stdout
        record = json.loads(lock_file(project).read_bytes())
        for command in (["apply", "--auto-approve"], ["destroy", "--auto-approve"], ["state", "rm", "x"]):
            refused = project.run(*command)
            assert refused.returncode == 1
            assert re.search(
                rf"is locked by .+ \(takeup apply, process {first.pid} on .+\) since .+ UTC, lock ID {record['id']}",
                refused.stderr,
            )
        unlocked = project.run("state", "unlock", record["id"], "--force")
        assert unlocked.returncode == 1
        assert f"process {first.pid}" in unlocked.stderr
        assert "--force does not help" in unlocked.stderr
        first.send_signal(signal.SIGCONT)
        out, err = first.communicate(timeout=30)
        assert first.returncode == 0, err
        assert "1 added" in out
    assert lock_file(project).read_bytes() == b""
    assert project.seen.count("start") == 1
    assert project.run("plan", "--detailed-exitcode").returncode == 0


def test_a_killed_apply_is_in_nobodys_way(project: "Project") -> None:
    """After kill -9 the next apply goes on by itself, from what the journal says, and starts no second recorder."""
    with frozen_apply(project) as first:
        first.kill()
        first.wait()
    killed = json.loads(lock_file(project).read_bytes())
    assert killed["pid"] == first.pid
    project.apply()
    assert lock_file(project).read_bytes() == b""
    assert project.seen.count("start") == 1
    assert len(project.world.sessions()) == 1


def test_the_lock_of_another_host(project: "Project") -> None:
    """A record of another host is a lock until `state unlock` with its ID; a wrong ID is told the right one."""
    project.apply()
    record = {
        "id": "1a2b3c4d", "holder": "alice", "pid": 7, "host": f"not-{socket.gethostname()}",
        "since": "2026-11-24T18:01:02Z", "command": "takeup apply",
    }  # fmt: skip
    lock_file(project).write_text(json.dumps(record), "utf-8")
    refused = project.run("apply", "--auto-approve")
    assert refused.returncode == 1
    assert "locked by alice (takeup apply, process 7 on not-" in refused.stderr
    assert "takeup state unlock 1a2b3c4d" in refused.stderr
    assert project.run("plan").returncode == 0
    wrong = project.run("state", "unlock", "ffffffff")
    assert wrong.returncode == 1
    assert "1a2b3c4d" in wrong.stderr
    right = project.run("state", "unlock", "1a2b3c4d")
    assert right.returncode == 0, right.stderr
    assert "it was locked by alice (takeup apply, process 7" in right.stdout
    project.apply()
    again = project.run("state", "unlock", "1a2b3c4d")
    assert again.returncode == 1
    assert "is not locked" in again.stderr


def test_a_torn_journal_is_told(project: "Project") -> None:
    """A torn last line of the journal is told on stderr by what reads the state; the rest of the journal counts."""
    with frozen_apply(project) as first:
        first.kill()
        first.wait()
    journal = project.root / "state/default.json.journal"
    with journal.open("ab") as file:
        file.write(b'{"crc": "0000')
    listed = project.run("state", "list")
    assert listed.stdout == "CompositeRecording.hall\n"
    assert "is torn or damaged and was left out" in listed.stderr
