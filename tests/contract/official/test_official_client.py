"""Agora's own Python client, which nobody here wrote, runs all operations in all modes against the emulator."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from random import SystemRandom
from typing import Any

import pytest

from takeup.provider.emulator.emulator import Emulator
from takeup.provider.emulator.settings import Settings
from takeup.provider.emulator.tls import AGORA_HOSTS, make_certificates

CHILD = Path(__file__).with_name("client_run.py")
ALL_CALLS = {"acquire": 3, "start": 3, "query": 3, "update": 3, "updateLayout": 1, "stop": 3}


def run(*command: str | Path, **env: str) -> dict[str, Any]:
    """Run the client in a process of its own, to its end."""
    environ = {name: value for name, value in os.environ.items() if "proxy" not in name.lower()}
    done = subprocess.run(  # noqa: S603 - our own script
        command, env={**environ, **env}, capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 0, done.stderr
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def check(answers: dict[str, Any], emulator: Emulator) -> None:
    """Every operation of every mode was understood on both sides, and nothing records any more."""
    assert set(answers) == {"mix", "individual", "web"}
    for mode, calls in answers.items():
        sid = calls["started"]["sid"]
        assert len(sid) == 32, mode
        assert calls["updated"]["sid"] == sid, mode
        assert calls["seen"]["serverResponse"]["status"] == 5, mode
        assert calls["stopped"]["sid"] == sid, mode
    assert answers["mix"]["laidOut"]["sid"] == answers["mix"]["started"]["sid"]
    assert answers["mix"]["stopped"]["serverResponse"]["uploadingStatus"] == "uploaded"
    assert answers["web"]["seen"]["serverResponse"]["extensionServiceState"][0]["payload"]["onhold"] is True
    assert emulator.world.calls == ALL_CALLS
    assert emulator.world.sessions() == []


def fresh() -> Emulator:
    """An emulator whose sessions have files at once."""
    return Emulator(Settings(startup=0, firstFile=0))


def test_the_client_with_its_url_hook_overridden() -> None:
    """Over plain http on loopback, with the path prefixes that the client puts in front."""
    emulator = fresh()
    with emulator.serve() as server:
        check(run(sys.executable, CHILD, server.url), emulator)


@contextmanager
def own_hosts(folder: Path, address: str) -> Iterator[list[str]]:
    """A command prefix under which Agora's host names are this machine: a view of /etc/hosts of its own."""
    hosts = folder / "hosts"
    hosts.write_text("127.0.0.1 localhost\n" + "".join(f"{address} {name}\n" for name in AGORA_HOSTS), "utf-8")
    unshare = shutil.which("unshare")
    prefix = [
        unshare or "unshare",
        "--mount",
        "sh",
        "-c",
        f'mount --bind "{hosts}" /etc/hosts && exec "$@"',
        "sh",
    ]
    probe = None
    if unshare is not None:
        probe = subprocess.run([*prefix, "true"], capture_output=True, check=False)  # noqa: S603 - as above
    if probe is None or probe.returncode != 0:
        reason = "a mount namespace needs root"
        (pytest.fail if os.environ.get("CI") else pytest.skip)(reason)
    yield prefix


def test_the_client_unmodified(tmp_path: Path) -> None:
    """Over TLS, under Agora's own host names: it trusts the throw-away CA, and nothing of it is changed."""
    emulator = fresh()
    certificates = make_certificates()
    authority = tmp_path / "ca.pem"
    authority.write_bytes(certificates.ca_pem)
    dice = SystemRandom()
    address = f"127.{dice.randint(2, 250)}.{dice.randint(2, 250)}.1"
    with own_hosts(tmp_path, address) as prefix:
        try:
            server = emulator.serve(port=443, host=address, tls=certificates.context)
        except PermissionError:
            (pytest.fail if os.environ.get("CI") else pytest.skip)("port 443 needs root")
        with server:
            answers = run(*prefix, sys.executable, CHILD, REQUESTS_CA_BUNDLE=str(authority))
    check(answers, emulator)
