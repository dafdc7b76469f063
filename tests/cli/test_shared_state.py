"""The state as a team shares it: over http, between commands, and with credentials that are split."""

import json
import os
import re
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest
from tests.cli.conftest import TAKEUP

from takeup.backends.http_server import StateServer
from takeup.core.secret import Secret

if TYPE_CHECKING:
    from tests.cli.conftest import Project

HALL = "CompositeRecording.hall"


@pytest.fixture
def server(project: "Project") -> Iterator[StateServer]:
    """A state server with a token for writers and one for readers, and a project that keeps its state there."""
    with StateServer(project.root / "served", token=Secret("canary-token"), read_token=Secret("canary-reader")) as made:
        project.add(f'  state: {{backend: http, address: "{made.url}/state/campus", token: {{fromEnv: STATE_TOKEN}}}}')
        project.env["STATE_TOKEN"] = "canary-token"
        yield made


@pytest.mark.usefixtures("server")
def test_a_recording_from_beginning_to_end_over_http(project: "Project") -> None:
    """Apply, plan, list and destroy work with a state at a server, and nothing of it is kept here."""
    project.apply()
    document = json.loads((project.root / "served/campus.json").read_bytes())
    assert document["resources"][HALL]["sid"]
    assert "No changes" in project.run("plan").stdout
    assert project.run("state", "list").stdout == f"{HALL}\n"
    assert project.run("destroy", "--auto-approve").returncode == 0
    assert project.world.sessions() == []
    assert project.run("state", "list").stdout == ""
    assert not (project.root / "state").exists()


@pytest.mark.usefixtures("server")
def test_looking_into_the_state_needs_no_credentials_of_agora(project: "Project") -> None:
    """With nothing but the token of the state, the commands that look work; no output holds a secret."""
    project.apply()
    project.env = {"STATE_TOKEN": "canary-reader"}
    for command in (["state", "list"], ["show"], ["state", "show", HALL], ["state", "why", HALL], ["state", "pull"]):
        done = project.run(*command)
        assert done.returncode == 0, done.stderr
        assert HALL in done.stdout
        assert "canary" not in done.stdout + done.stderr


def test_a_plan_needs_credentials_that_read_and_no_others(project: "Project", server: StateServer) -> None:
    """With a state that can only be read, plan works, asks Agora nothing but queries, and writes nothing."""
    project.apply()
    before = {path: path.read_bytes() for path in project.root.rglob("*") if path.is_file()}
    project.env["STATE_TOKEN"] = "canary-reader"
    project.seen.clear()
    asked: list[str] = []
    server.tell = asked.append
    for command in ("plan", "drift"):
        done = project.run(command)
        assert done.returncode == 0, done.stderr
    assert set(project.seen) == {"query"}
    assert {line.partition(" ")[0] for line in asked} == {"GET"}
    assert {path: path.read_bytes() for path in project.root.rglob("*") if path.is_file()} == before
    refused = project.run("apply", "--auto-approve")
    assert refused.returncode == 1
    assert "refuses these credentials" in refused.stderr
    assert set(project.seen) == {"query"}


def test_a_plan_with_a_local_state_that_cannot_be_written(project: "Project") -> None:
    """Where the folder of the state is read-only, plan works."""
    project.apply()
    folder = project.root / "state"
    before = {path: (path.stat().st_mtime_ns, path.stat().st_ino) for path in folder.rglob("*")}
    folder.chmod(0o500)
    try:
        done = project.run("plan")
    finally:
        folder.chmod(0o700)
    assert done.returncode == 0, done.stderr
    assert {path: (path.stat().st_mtime_ns, path.stat().st_ino) for path in folder.rglob("*")} == before


def test_moving_an_address(project: "Project") -> None:
    """After mv the manifest of the new name plans no change; other kinds and taken names are refused."""
    project.apply()
    for wrong, problem in (
        ("WebPageRecording.aula", "cannot become"),
        (HALL, "already"),
        ("aula", "no address"),
    ):
        done = project.run("state", "mv", HALL, wrong)
        assert (done.returncode, problem in done.stderr) == (1, True), done.stderr
    assert project.run("state", "mv", HALL, "CompositeRecording.aula").returncode == 0
    manifest = project.root / "manifests/hall.yaml"
    manifest.write_text(manifest.read_text("utf-8").replace("{name: hall}", "{name: aula}"), "utf-8")
    assert "No changes" in project.run("plan").stdout
    assert {"stop", "start"} & set(project.seen[2:]) == set()


def test_pull_and_push(project: "Project") -> None:
    """What was pulled can be pushed with a newer serial; an older one, a foreign one and a damaged one are refused."""
    project.apply()
    pulled = project.run("state", "pull").stdout
    document = json.loads(pulled)
    file = project.root / "mine.json"

    def push(*flags: str, **changes: object) -> tuple[int, str]:
        file.write_text(json.dumps({**document, **changes}), "utf-8")
        done = project.run("state", "push", *flags, "mine.json")
        return done.returncode, done.stderr

    assert push() == (1, push()[1])
    assert "not newer" in push()[1]
    assert "another project" in push(lineage="other", serial=99)[1]
    assert "would be forgotten" in push(serial=99, resources={})[1]
    assert json.loads(project.run("state", "pull").stdout) == document
    assert push(serial=99)[0] == 0
    assert json.loads(project.run("state", "pull").stdout) == {**document, "serial": 100}
    assert push("--force", serial=1, resources={})[0] == 0
    assert project.run("state", "list").stdout == ""
    file.write_text(pulled[:-30], "utf-8")
    assert "truncated" in project.run("state", "push", "mine.json").stderr


def test_history_and_restore(project: "Project") -> None:
    """An earlier state is listed and comes back under a new serial, unless it would forget what runs."""
    project.apply()
    before = json.loads(project.run("state", "pull").stdout)
    assert project.run("state", "rm", HALL).returncode == 0
    rows = json.loads(project.run("state", "history", "--format", "json").stdout)
    assert [row["serial"] for row in rows[:2]] == [before["serial"] + 1, before["serial"]]
    assert "is not kept" in project.run("state", "restore", "77").stderr
    assert project.run("state", "restore", str(before["serial"])).returncode == 0
    assert project.run("state", "list").stdout == f"{HALL}\n"
    refused = project.run("state", "restore", str(before["serial"] + 1))
    assert "would be forgotten" in refused.stderr
    assert "--force" in refused.stderr
    assert project.run("state", "list").stdout == f"{HALL}\n"


def test_migrating_to_a_server(project: "Project") -> None:
    """A state is copied to a server and verified, what was here is kept, and the next plan there finds no change."""
    project.apply()
    here = (project.root / "state/default.json").read_bytes()
    text = (project.root / "takeup.yaml").read_text("utf-8")
    with StateServer(project.root / "served") as server:
        state = f'  state: {{backend: http, address: "{server.url}/state/campus"}}\n'
        (project.root / "new.yaml").write_text(text + state, "utf-8")
        done = project.run("state", "migrate", "--to", "new.yaml")
        assert done.returncode == 0, done.stderr
        assert "verified" in done.stdout
        again = project.run("state", "migrate", "--to", "new.yaml")
        assert "holds a state already" in again.stderr
        (project.root / "new.yaml").rename(project.root / "takeup.yaml")
        assert "No changes" in project.run("plan").stdout
    assert (project.root / "state/default.json").read_bytes() == here


def test_fsck(project: "Project") -> None:
    """Damage is named with what is to be done; a torn journal and leftovers are mended, and then nothing is wrong."""
    project.apply()
    assert "nothing is wrong" in project.run("state", "fsck").stdout
    folder = project.root / "state"
    (folder / "default.json.journal").write_bytes(b'{"crc": "0000')
    (folder / ".default.json.abc.tmp").write_bytes(b"half")
    found = project.run("state", "fsck")
    assert found.returncode == 1
    assert "torn" in found.stdout
    assert "--repair: Removes them." in found.stdout
    mended = project.run("state", "fsck", "--repair")
    assert mended.returncode == 0, mended.stdout + mended.stderr
    assert "nothing is wrong" in project.run("state", "fsck").stdout
    assert not (folder / ".default.json.abc.tmp").exists()
    whole = json.loads((folder / "default.json").read_bytes())
    whole["resources"]["CompositeRecording.twin"] = whole["resources"][HALL]
    (folder / "default.json").write_text(json.dumps(whole), "utf-8")
    twins = project.run("state", "fsck", "--repair")
    assert twins.returncode == 1
    assert f"{HALL} and CompositeRecording.twin are the same recorder" in twins.stdout
    (folder / "default.json").write_text("{", "utf-8")
    damaged = project.run("state", "fsck", "--repair")
    assert damaged.returncode == 1
    assert "truncated" in damaged.stdout
    assert (folder / "default.json").read_text("utf-8") == "{"


def test_why(project: "Project") -> None:
    """Each value is told with its source and the earliest kept state that has it; secrets are not shown."""
    project.apply()
    manifest = project.root / "manifests/hall.yaml"
    manifest.write_text(
        manifest.read_text("utf-8").replace('subscribeVideoUids: ["7"]', 'subscribeVideoUids: ["8"]'), "utf-8"
    )
    serial = json.loads(project.run("state", "pull").stdout)["serial"]
    project.apply()
    text = project.run("state", "why", HALL).stdout
    assert "canary" not in text
    assert re.search(r"applied\.recordingConfig\.subscribeVideoUids += .*8.*manifest, as last sent", text)
    values = json.loads(project.run("state", "why", HALL, "--format", "json").stdout)["values"]
    since = {row["name"]: row["sinceSerial"] for row in values}
    assert since["applied.cname"] <= serial < since["applied.recordingConfig.subscribeVideoUids"]
    assert {row["name"]: row["source"] for row in values}["resourceId"] == "answer of acquire"


# takeup state serve


@contextmanager
def serving(project: "Project", *flags: str, **env: str) -> Iterator[str]:
    """The command itself; gives the address of the state."""
    with subprocess.Popen(  # noqa: S603 - our own command
        [TAKEUP, "state", "serve", *flags],
        cwd=project.root,
        env={"PATH": os.environ["PATH"], "HOME": str(project.root), **env},
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    ) as process:
        try:
            assert process.stdout is not None
            found = re.search(r'address: "(\S+?)"', process.stdout.readline())
            assert found is not None
            yield found[1]
        finally:
            process.terminate()


def test_serving_the_state_of_a_project(project: "Project") -> None:
    """What one project serves, without any credential of Agora, another one plans and applies on."""
    project.apply()
    with serving(project, TAKEUP_STATE_TOKEN="canary-token") as address:
        project.add(f'  state: {{backend: http, address: "{address}", token: {{fromEnv: STATE_TOKEN}}}}')
        refused = project.run("plan")
        assert "STATE_TOKEN is not set" in refused.stderr
        project.env["STATE_TOKEN"] = "canary-token"
        assert "No changes" in project.run("plan").stdout
        assert project.run("destroy", "--auto-approve").returncode == 0
    assert project.world.sessions() == []


@pytest.mark.parametrize(
    ("flags", "problem"),
    [
        pytest.param(["--host", "0.0.0.0"], "nothing would keep them out", id="open to others without a token"),  # noqa: S104 -- refused
        pytest.param(["--cert", "a.pem"], "belong together", id="a certificate without its key"),
        pytest.param(["--cert", "a.pem", "--key", "b.pem"], "cannot be used", id="no certificate"),
        pytest.param(["--tls"], "--ca-file", id="a certificate that nobody could trust"),
    ],
)
def test_what_cannot_be_served(project: "Project", flags: list[str], problem: str) -> None:
    """What would be open to others, or cannot be https, is refused in a sentence."""
    done = project.run("state", "serve", *flags)
    assert done.returncode == 1
    assert problem in done.stderr


def test_serving_over_https(project: "Project") -> None:
    """With --tls, a client that trusts the certificate works, and one that does not is told so."""
    project.apply()
    with serving(project, "--tls", "--ca-file", "ca.pem") as address:
        assert address.startswith("https://")
        project.add(f'  state: {{backend: http, address: "{address}"}}')
        refused = project.run("state", "list")
        assert "SSL_CERT_FILE" in refused.stderr
        project.env["SSL_CERT_FILE"] = str(project.root / "ca.pem")
        assert project.run("state", "list").stdout == f"{HALL}\n"
