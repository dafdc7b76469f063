"""Signals while a call is under way, a full disk, a folder that cannot be written, a state that vanishes: processes."""

import os
import re
import resource
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from tests.cli.conftest import SECRETS, TAKEUP

from takeup.provider.emulator.faults import Fault

if TYPE_CHECKING:
    from tests.cli.conftest import Project

SLOW = 1.5
"""Seconds that a call is under way: long enough to meet it there on a busy machine, too."""


@contextmanager
def apply_in(project: "Project", operation: str) -> Iterator[subprocess.Popen[str]]:
    """An apply whose call of this operation is under way: it has reached the service, and is not answered yet."""
    project.faults.replace((Fault.model_validate({"do": "slow", "operation": operation, "times": 1, "lasting": SLOW}),))
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
            while not project.faults.struck[0]:
                assert time.monotonic() < deadline, f"no {operation} was sent"
                time.sleep(0.02)
            yield process
        finally:
            process.kill()


def clean(told: str) -> None:
    """No traceback and no secret is told."""
    assert "Traceback" not in told
    assert not any(secret in told for secret in SECRETS.values())


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM], ids=["Ctrl-C", "SIGTERM"])
@pytest.mark.parametrize("operation", ["acquire", "start"])
def test_one_signal_lets_the_call_end_and_what_was_begun_be_written(
    project: "Project", operation: str, number: signal.Signals
) -> None:
    """Between acquire and start or in the midst of one: the session is in the state, and no second one is started."""
    with apply_in(project, operation) as process:
        process.send_signal(number)
        _, err = process.communicate(timeout=30)
    clean(err)
    assert process.returncode in {0, 1}, err
    assert "finishing what is in flight" in err
    assert project.run("plan", "--detailed-exitcode").returncode == 0
    assert (project.seen.count("acquire"), project.seen.count("start")) == (1, 1)
    assert len(project.world.sessions()) == 1


@pytest.mark.parametrize(
    ("operation", "code"),
    [
        pytest.param("acquire", 0, id="acquire: nothing was started, the next apply does it"),
        pytest.param("start", 3, id="start: its sid is lost, and the next apply tells it"),
    ],
)
def test_a_second_ctrl_c_leaves_at_once_and_the_next_apply_knows(project: "Project", operation: str, code: int) -> None:
    """The process does not wait for the answer; what it had written down is enough to never record twice."""
    with apply_in(project, operation) as process:
        began = time.monotonic()
        process.send_signal(signal.SIGINT)
        time.sleep(0.1)
        process.send_signal(signal.SIGINT)
        _, err = process.communicate(timeout=30)
        assert time.monotonic() - began < SLOW, "it did not wait"
    clean(err)
    assert process.returncode not in {0, 2}
    done = project.run("apply", "--auto-approve")
    clean(done.stderr)
    assert done.returncode == code, done.stderr
    assert len(project.world.sessions()) == 1
    (live,) = project.world.sessions()
    state = (project.root / "state/default.json").read_text("utf-8")
    assert live.resource_id in state
    assert (live.sid in state) == (code == 0)


@pytest.mark.parametrize(
    ("size", "live"),
    [
        pytest.param(100, 0, id="no room for the lock"),
        pytest.param(700, 0, id="no room for the intent to start"),
        pytest.param(2500, 1, id="no room for the sid"),
    ],
)
def test_a_full_disk_never_costs_a_session(project: "Project", size: int, live: int) -> None:
    """However much room is left, what records is known to the next apply, and nothing is recorded twice."""
    env = {"PATH": os.environ["PATH"], "HOME": str(project.root), **project.env}

    def small_disk() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (size, size))  # no file may grow beyond it

    done = subprocess.run(  # noqa: S603 - our own command
        [TAKEUP, "apply", "--auto-approve"], cwd=project.root, env=env, stdin=subprocess.DEVNULL,
        capture_output=True, text=True, timeout=60, check=False, preexec_fn=small_disk,
    )  # fmt: skip
    clean(done.stderr)
    assert done.returncode == 1
    assert "could not be" in done.stderr
    assert len(project.world.sessions()) == live
    if live:
        rescued = re.search(r"was written to (\S+) instead", done.stderr)
        if rescued:
            (project.root / rescued[1]).replace(project.root / "state/default.json")
    project.run("apply", "--auto-approve")
    assert project.run("plan", "--detailed-exitcode").returncode == 0
    assert len(project.world.sessions()) == 1
    assert project.seen.count("start") == 1


@contextmanager
def read_only(folder: Path) -> Iterator[None]:
    """A folder in which nothing can be written, not by root either."""
    folder.mkdir(exist_ok=True)
    if os.geteuid() != 0:
        folder.chmod(0o555)
        yield
        folder.chmod(0o755)
        return
    command = ["mount", "-t", "tmpfs", "-o", "ro", "tmpfs", str(folder)]
    mounted = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603 - our own folder
    if mounted.returncode:
        pytest.skip(f"no file system can be mounted here: {mounted.stderr.strip()}")
    yield
    subprocess.run(["umount", str(folder)], check=True)  # noqa: S603, S607 - the same


def test_nothing_is_called_where_the_state_cannot_be_written(project: "Project") -> None:
    """A state folder that is read-only: the run says so before its first call."""
    with read_only(project.root / "state"):
        done = project.run("apply", "--auto-approve")
    clean(done.stderr)
    assert done.returncode == 1
    assert "state" in done.stderr
    assert project.seen == []
    project.apply()
    assert project.seen.count("start") == 1


def test_a_state_that_vanishes_during_a_run_is_rescued(project: "Project") -> None:
    """The error names a file that holds the session; put in the place of the state, a plan has nothing to do."""
    with apply_in(project, "start") as process:
        (project.root / "state/default.json").unlink()
        _, err = process.communicate(timeout=30)
    clean(err)
    assert process.returncode == 1
    named = re.search(r"was written to (\S+) instead", err)
    assert named, err
    (project.root / named[1]).replace(project.root / "state/default.json")
    assert project.run("plan", "--detailed-exitcode").returncode == 0
    assert len(project.world.sessions()) == 1
