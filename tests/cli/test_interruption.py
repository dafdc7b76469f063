"""Ctrl-C and SIGTERM in the middle of an apply, with real signals."""

import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

TAKEUP = Path(sys.executable).with_name("takeup")
PROJECT = """\
apiVersion: takeup/v1
kind: Project
metadata: {name: interrupted}
spec:
  agora: {endpoint: emulator}
"""
MANIFEST = """\
apiVersion: takeup/v1
kind: CompositeRecording
metadata: {name: lesson}
spec:
  cname: lesson
  uid: "10001"
  recordingConfig: {channelType: live}
  storageConfig: {vendor: s3, region: us-east-1, bucket: b, accessKey: {fromEnv: KEY}, secretKey: {fromEnv: KEY}}
"""


@pytest.mark.parametrize(
    ("number", "times"),
    [
        pytest.param(signal.SIGINT, 1, id="one Ctrl-C finishes what is in flight"),
        pytest.param(signal.SIGTERM, 1, id="SIGTERM does the same"),
        pytest.param(signal.SIGINT, 2, id="a second Ctrl-C leaves at once"),
        pytest.param(signal.SIGKILL, 1, id="killed outright"),
    ],
)
def test_no_session_is_lost_by_an_interruption(tmp_path: Path, number: int, times: int) -> None:
    """Whatever ends an apply after the start, the next plan knows the session and starts no second one."""
    (tmp_path / "manifests").mkdir()
    (tmp_path / "takeup.yaml").write_text(PROJECT)
    (tmp_path / "manifests/lesson.yaml").write_text(MANIFEST)
    env = {"KEY": "canary", "PATH": "/usr/bin:/bin"}
    with subprocess.Popen(  # noqa: S603 - the installed takeup, nothing else
        [TAKEUP, "apply", "--auto-approve"], cwd=tmp_path, env=env, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as process:
        journal = tmp_path / "state/default.json.journal"
        deadline = time.monotonic() + 20
        while not (journal.exists() and b'"sid"' in journal.read_bytes()):
            assert time.monotonic() < deadline, "the session never started"
            time.sleep(0.02)
        for _ in range(times):
            process.send_signal(number)
            time.sleep(0.05)
        _, err = process.communicate(timeout=30)
    assert process.returncode != 0
    assert b"Traceback" not in err
    planned = subprocess.run(  # noqa: S603 - the same
        [TAKEUP, "plan", "--detailed-exitcode"], cwd=tmp_path, env=env, capture_output=True, text=True, check=False
    )
    assert "No changes." in planned.stdout, planned.stdout + planned.stderr
    assert planned.returncode == 0
