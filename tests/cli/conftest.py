"""A project in a folder of its own, a threaded emulator, and the installed `takeup` as a process."""

import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from takeup.provider.emulator.calls import CallLog
from takeup.provider.emulator.faults import Faults
from takeup.provider.emulator.server import serve
from takeup.provider.emulator.settings import Settings
from takeup.provider.emulator.world import World
from takeup.provider.emulator.wsgi import EmulatorApp

TAKEUP = Path(sys.executable).parent / "takeup"
PROJECT = """\
apiVersion: takeup/v1
kind: Project
metadata: {{name: campus}}
spec:
  agora:
    endpoint: {endpoint}
    appId: {{fromEnv: APP_ID}}
    customerId: {{fromEnv: CUSTOMER_ID}}
    customerSecret: {{fromEnv: CUSTOMER_SECRET}}
    requestsPerSecond: {rate}
  liveness: {{firstQueryAfter: 0s, startWithin: 10s, confirmEndedFor: 0s}}
"""
HALL = """\
apiVersion: takeup/v1
kind: CompositeRecording
metadata: {name: hall}
spec:
  cname: hall
  uid: "10001"
  token: {fromEnv: HALL_TOKEN}
  recordingConfig: {channelType: live, subscribeAudioUids: ["7"], subscribeVideoUids: ["7"]}
  storageConfig:
    vendor: s3
    region: us-east-1
    bucket: b
    accessKey: {fromEnv: ACCESS_KEY}
    secretKey: {fromEnv: SECRET_KEY}
"""
SECRETS = {
    "CUSTOMER_ID": "canary-customer-id",
    "CUSTOMER_SECRET": "canary-customer-secret",
    "HALL_TOKEN": "canary-hall-token",
    "ACCESS_KEY": "canary-access-key",
    "SECRET_KEY": "canary-secret-key",
}
Done = subprocess.CompletedProcess[str]


@dataclass
class Project:
    """A project folder and the emulator that it points at."""

    root: Path
    world: World
    url: str
    seen: list[str]
    env: dict[str, str] = field(default_factory=lambda: {**SECRETS, "APP_ID": "app"})
    faults: Faults = field(default_factory=Faults)

    def point(self, endpoint: str, rate: str = "off") -> None:
        """Write takeup.yaml for an endpoint."""
        (self.root / "takeup.yaml").write_text(PROJECT.format(endpoint=endpoint, rate=rate), "utf-8")

    def add(self, line: str) -> None:
        """Add a line to the spec of takeup.yaml."""
        with (self.root / "takeup.yaml").open("a", encoding="utf-8") as file:
            file.write(f"{line}\n")

    def write(self, text: str, name: str = "hall.yaml") -> None:
        """Write a manifest."""
        (self.root / "manifests" / name).write_text(text, "utf-8")

    def run(self, *args: str) -> Done:
        """Run takeup here, with no terminal."""
        env = {"PATH": os.environ["PATH"], "HOME": str(self.root), **self.env}
        return subprocess.run(  # noqa: S603 - our own command
            [TAKEUP, *args],
            cwd=self.root,
            env=env,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )

    def apply(self) -> Done:
        """Apply, which must succeed."""
        done = self.run("apply", "--auto-approve")
        assert done.returncode == 0, done.stderr
        return done


@pytest.fixture
def project(tmp_path: Path) -> Iterator[Project]:
    """One composite recording, and an emulator on loopback whose sessions are up at once."""
    seen: list[str] = []
    calls = CallLog()
    calls.listen(lambda entry: seen.append(entry.operation))
    world = World(settings=Settings(startup=0))
    (tmp_path / "manifests").mkdir()
    faults = Faults()
    with serve(EmulatorApp(world, faults=faults, calls=calls)) as server:
        made = Project(tmp_path, world, server.url, seen, faults=faults)
        made.point(server.url)
        made.write(HALL)
        yield made
