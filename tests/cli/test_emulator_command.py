"""`takeup emulator` as a process, and clients that reach it."""

import json
import os
import re
import signal
import socket
import sqlite3
import ssl
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from tests.cli.conftest import HALL, PROJECT, SECRETS

TAKEUP = Path(sys.executable).with_name("takeup")
_URL = re.compile(r" at (https?://\S+)$")
STORAGE = {"vendor": 1, "region": 0, "bucket": "b", "accessKey": "a", "secretKey": "s"}


class Served:
    """A running `takeup emulator`."""

    def __init__(self, process: "subprocess.Popen[str]") -> None:
        self.process = process
        self.banner: dict[str, str] = {}
        assert process.stdout is not None
        for line in process.stdout:
            found = _URL.search(line)
            if found:
                self.url = found[1]
            name, _, value = line.strip().partition(": ")
            self.banner[name] = value
            if line.startswith("Ready"):
                return
        _, err = process.communicate(timeout=10)
        raise AssertionError(err)

    def ask(self, path: str, body: Any = None, context: ssl.SSLContext | None = None) -> Any:  # noqa: ANN401 - JSON
        """GET, or POST where there is a body; the JSON of the answer."""
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(  # noqa: S310 - loopback
            self.url + path, data, {"Authorization": "Basic YTpi", "Content-Type": "application/json"}
        )
        with urllib.request.urlopen(request, timeout=10, context=context) as answer:  # noqa: S310 - loopback
            return json.load(answer)

    def start(self) -> str:
        """Start a recording; the path below which its calls are."""
        base = "/v1/apps/app/cloud_recording"
        named = {"cname": "hall", "uid": "10001"}
        resource = self.ask(f"{base}/acquire", {**named, "clientRequest": {}})["resourceId"]
        request = {"storageConfig": STORAGE}
        sid = self.ask(f"{base}/resourceid/{resource}/mode/mix/start", {**named, "clientRequest": request})["sid"]
        return f"{base}/resourceid/{resource}/sid/{sid}/mode/mix"

    def end(self, number: int = signal.SIGTERM) -> tuple[int, str]:
        """Send a signal; the exit code and what was told on stderr."""
        self.process.send_signal(number)
        _, err = self.process.communicate(timeout=10)
        return self.process.returncode, err


@contextmanager
def serving(folder: Path, *args: str) -> Iterator[Served]:
    env = {"PATH": os.environ["PATH"], "HOME": str(folder), "TMPDIR": str(folder)}
    with subprocess.Popen(  # noqa: S603 - our own command
        [TAKEUP, "emulator", *args], cwd=folder, env=env, text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as process:
        try:
            yield Served(process)
        finally:
            process.kill()


def refused(folder: Path, *args: str) -> str:
    """Run it where it must not start; what it says."""
    done = subprocess.run(  # noqa: S603 - our own command
        [TAKEUP, "emulator", *args], cwd=folder, capture_output=True, text=True, timeout=30, check=False
    )
    assert done.returncode == 1
    assert done.stdout == ""
    assert "Traceback" not in done.stderr
    return done.stderr


def test_the_banner_says_what_is_served(tmp_path: Path) -> None:
    """URL, status page and clock stand on stdout; nothing is said of what was not asked for."""
    with serving(tmp_path) as served:
        assert served.banner["Status page"] == served.url + "/"
        assert served.banner["Clock"] == "as on the wall"
        assert {"State", "Scenario", "Certificate to trust"} & served.banner.keys() == set()
        assert served.ask("/healthz") == {"status": "ok"}


@pytest.mark.parametrize(
    "number", [pytest.param(signal.SIGTERM, id="SIGTERM"), pytest.param(signal.SIGINT, id="Ctrl-C")]
)
def test_a_signal_ends_it_in_good_order(tmp_path: Path, number: int) -> None:
    """A signal is no error, and the port is free afterwards."""
    with serving(tmp_path) as served:
        port = int(served.url.rpartition(":")[2])
        code, err = served.end(number)
    assert (code, err) == (0, "Ended.\n")
    with socket.create_server(("127.0.0.1", port)):
        pass


def test_each_call_is_one_line_on_stderr(tmp_path: Path) -> None:
    """The access log names channel, uid and status; neither a secret nor a whole resourceId."""
    with serving(tmp_path) as served:
        path = served.start()
        _, err = served.end()
    lines = err.splitlines()
    assert [line.split()[1:4] for line in lines[:2]] == [
        ["acquire", "hall/10001", "200"],
        ["start", "hall/10001", "200"],
    ]
    assert path.split("/")[5] not in err
    assert "YTpi" not in err


def test_without_a_log_it_says_nothing(tmp_path: Path) -> None:
    """--no-log leaves stderr empty until the end."""
    with serving(tmp_path, "--no-log") as served:
        served.start()
        assert served.end() == (0, "Ended.\n")


def test_other_loopback_addresses_may_be_listened_on(tmp_path: Path) -> None:
    """127.0.0.2 is loopback as well."""
    with serving(tmp_path, "--host", "127.0.0.2") as served:
        assert served.url.startswith("http://127.0.0.2:")


def test_takeup_works_over_https(tmp_path: Path) -> None:
    """Plan, apply and destroy reach `takeup emulator --tls` once SSL_CERT_FILE names the written certificate."""
    (tmp_path / "manifests").mkdir()
    (tmp_path / "manifests/hall.yaml").write_text(HALL)
    with serving(tmp_path, "--tls", "--ca-file", "ca.pem", "--startup", "0") as served:
        assert served.url.startswith("https://127.0.0.1:")
        assert served.banner["Certificate to trust"] == str(tmp_path / "ca.pem")
        assert served.banner[f"export SSL_CERT_FILE={tmp_path / 'ca.pem'}"] == ""
        (tmp_path / "takeup.yaml").write_text(PROJECT.format(endpoint=served.url, rate="off"))
        env = {**SECRETS, "PATH": os.environ["PATH"], "APP_ID": "app", "SSL_CERT_FILE": "ca.pem"}
        for args in (
            ["plan"],
            ["apply", "--auto-approve"],
            ["plan", "--detailed-exitcode"],
            ["destroy", "--auto-approve"],
        ):
            done = subprocess.run(  # noqa: S603 - our own command
                [TAKEUP, *args], cwd=tmp_path, env=env, capture_output=True, text=True, timeout=60, check=False
            )
            assert done.returncode == 0, (args, done.stderr)
        _, log = served.end()
    called = [line.split()[1] for line in log.splitlines()[:-1]]
    assert called[:2] == ["acquire", "start"]
    assert called[-1] == "stop"


def test_without_the_certificate_takeup_sends_nothing(tmp_path: Path) -> None:
    """Who was not told to trust the emulator makes no call, and says that nothing was sent."""
    (tmp_path / "manifests").mkdir()
    (tmp_path / "manifests/hall.yaml").write_text(HALL)
    with serving(tmp_path, "--tls") as served:
        (tmp_path / "takeup.yaml").write_text(PROJECT.format(endpoint=served.url, rate="off"))
        env = {**SECRETS, "PATH": os.environ["PATH"], "APP_ID": "app"}
        done = subprocess.run(  # noqa: S603 - our own command
            [TAKEUP, "apply", "--auto-approve"], cwd=tmp_path, env=env, capture_output=True, text=True, check=False
        )
        assert done.returncode == 1
        assert "nothing was sent" in done.stdout + done.stderr
        code, log = served.end()
    assert code == 0
    assert log.splitlines()[-1] == "Ended."
    assert [line for line in log.splitlines()[:-1] if "handshake" not in line] == []


def test_a_missing_file_of_certificates_is_told(tmp_path: Path) -> None:
    """SSL_CERT_FILE naming no file is one sentence, before anything is sent."""
    (tmp_path / "manifests").mkdir()
    (tmp_path / "manifests/hall.yaml").write_text(HALL)
    (tmp_path / "takeup.yaml").write_text(PROJECT.format(endpoint="https://127.0.0.1:1", rate="off"))
    env = {**SECRETS, "PATH": os.environ["PATH"], "APP_ID": "app", "SSL_CERT_FILE": "gone.pem"}
    done = subprocess.run(  # noqa: S603 - our own command
        [TAKEUP, "plan"], cwd=tmp_path, env=env, capture_output=True, text=True, check=False
    )
    assert done.returncode == 1
    assert "gone.pem cannot be read: No such file or directory." in done.stderr
    assert "Traceback" not in done.stderr


def test_the_certificate_goes_with_the_emulator(tmp_path: Path) -> None:
    """A file that nobody named lies in the temporary folder, works, and is gone afterwards."""
    with serving(tmp_path, "--tls") as served:
        path = Path(served.banner["Certificate to trust"])
        assert path.parent == tmp_path
        context = ssl.create_default_context(cafile=path)
        assert served.ask("/healthz", context=context) == {"status": "ok"}
        served.end()
        assert not path.exists()


def test_sessions_and_the_time_outlive_the_process(tmp_path: Path) -> None:
    """With --state and a clock that is stepped, a second emulator goes on at the same moment with the same session."""
    args = ("--state", "kept.db", "--clock", "step")
    with serving(tmp_path, *args) as served:
        path = served.start()
        served.ask("/_emulator/clock", {"advance": 3600.0})
        now = served.ask("/_emulator/clock")["now"]
        served.end()
    with serving(tmp_path, *args) as served:
        assert served.banner["State"] == "kept.db (sessions that live: 1)"
        assert served.ask("/_emulator/clock")["now"] == now
        assert served.ask(f"{path}/query")["serverResponse"]["status"] == 5


def test_a_step_is_kept_at_once(tmp_path: Path) -> None:
    """An emulator that is killed outright has lost no step of its clock."""
    args = ("--state", "kept.db", "--clock", "step")
    with serving(tmp_path, *args) as served:
        served.ask("/_emulator/clock", {"advance": 3600.0})
        now = served.ask("/_emulator/clock")["now"]
        served.end(signal.SIGKILL)
    with serving(tmp_path, *args) as served:
        assert served.ask("/_emulator/clock")["now"] == now


def test_a_scenario_goes_wrong_as_written(tmp_path: Path) -> None:
    """Faults and settings of the file are in force, and flags win over its settings."""
    scenario = tmp_path / "bad.yaml"
    scenario.write_text(
        "apiVersion: takeup/v1\nkind: Scenario\nmetadata: {name: bad}\n"
        "spec:\n  settings: {startup: 60s}\n"
        '  faults:\n    - {do: answer, answer: "500/501", operation: [acquire], nth: [1]}\n'
    )
    with serving(tmp_path, "--scenario", "bad.yaml", "--startup", "0") as served:
        assert served.banner["Scenario"] == "bad.yaml (1 fault in it)"
        with pytest.raises(urllib.error.HTTPError) as caught:
            served.start()
        assert caught.value.code == 500
        caught.value.close()
        assert served.ask(f"{served.start()}/query")["serverResponse"]["status"] >= 4


def test_a_taken_port_is_told(tmp_path: Path) -> None:
    """The sentence names the port and what to do."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        said = refused(tmp_path, "--port", port)
    assert f"Port {port} on 127.0.0.1 cannot be listened on" in said
    assert "0 for a free one" in said


@pytest.mark.parametrize(
    ("args", "says"),
    [
        pytest.param(["--host", "0.0.0.0"], "loopback", id="an address that others reach"),  # noqa: S104 - refused
        pytest.param(["--host", "::1%no-such-link"], "", id="an address of no interface"),
        pytest.param(["--clock", "x0"], "a clock is wall, step, or x and a speed", id="a clock that is none"),
        pytest.param(["--credentials", "name-only"], "ID:SECRET", id="half of the credentials"),
        pytest.param(["--ca-file", "ca.pem"], "--tls", id="a certificate without https"),
        pytest.param(["--tls", "--ca-file", "missing/ca.pem"], "No such file", id="a folder that is missing"),
        pytest.param(["--state", "missing/kept.db"], "No such file", id="a state in a folder that is missing"),
        pytest.param(["--state", "foreign.json"], "foreign.json", id="a state that is no database"),
        pytest.param(["--state", "foreign.db"], "foreign.db", id="a state that is another program's database"),
        pytest.param(["--scenario", "missing.yaml"], "missing.yaml", id="a scenario that is missing"),
        pytest.param(["--scenario", "foreign.json"], "apiVersion", id="a scenario that is something else"),
        pytest.param(["--startup", "91"], "--startup", id="a flag out of range"),
    ],
)
def test_wrong_input_is_one_sentence(tmp_path: Path, args: list[str], says: str) -> None:
    """Whatever is wrong is told without a traceback, exit 1, and no file is changed."""
    (tmp_path / "foreign.json").write_text('{"serial": 1}')
    database = sqlite3.connect(tmp_path / "foreign.db")
    database.execute("CREATE TABLE theirs (x)")
    database.commit()
    database.close()
    before = {path: path.read_bytes() for path in tmp_path.iterdir()}
    said = refused(tmp_path, *args)
    assert says in said
    assert {path: path.read_bytes() for path in tmp_path.iterdir()} == before
