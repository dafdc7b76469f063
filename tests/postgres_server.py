"""A real PostgreSQL, and a pgbouncer in front of it, started by the tests that need them: one of each in a process."""

import atexit
import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import Any
from uuid import uuid4

import psycopg
import pytest

PASSWORD = "canary-postgres-password"
DATABASE = "takeup"
_FOLDERS = [str(path) for path in sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)]
_PATH = os.pathsep.join([*_FOLDERS, os.environ.get("PATH", ""), "/usr/sbin"])
_WITHIN = 30.0
_ROOM = 1 << 30


def _tool(name: str) -> str:
    """A program of Debian's packages. Where it is missing, the test is skipped, but with CI=true it fails."""
    found = shutil.which(name, path=_PATH)
    if found is None:
        if os.environ.get("CI") != "true":
            pytest.skip(f"{name} is not installed; with CI=true this is a failure")
        pytest.fail(f"{name} is not installed: apt-get install postgresql pgbouncer")
    return found


def _as_nobody_special(command: list[str]) -> list[str]:
    """Both refuse to be run by root. They end with the process that has started them, whatever ends it."""
    setpriv = [_tool("setpriv"), "--pdeathsig", "KILL"]
    if os.geteuid() == 0:
        setpriv += ["--reuid", "postgres", "--regid", "postgres", "--clear-groups"]
    return [*setpriv, *command]


def _make_folder(prefix: str, *, on_disk: bool = False) -> Path:
    # in memory where there is room: fsync is called as ever, and does not wait for a disk
    roomy = not on_disk and Path("/dev/shm").is_dir() and shutil.disk_usage("/dev/shm").free > _ROOM  # noqa: S108 -- not predictable
    folder = Path(tempfile.mkdtemp(prefix=f"{prefix}{os.getpid()}-", dir="/dev/shm" if roomy else None))  # noqa: S108 -- the same
    if os.geteuid() == 0:
        shutil.chown(folder, "postgres", "postgres")
    return folder


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class PostgresServer:
    """One cluster on loopback, with password authentication; its durability is what a server has by default."""

    def __init__(self, *, on_disk: bool = False) -> None:
        self.folder = _make_folder("takeup-postgres-", on_disk=on_disk)
        self.port = free_port()
        self._process: subprocess.Popen[bytes] | None = None
        secret = self.folder / "password"
        secret.write_text(PASSWORD, "utf-8")
        secret.chmod(0o644)
        self.data = self.folder / "data"
        made = subprocess.run(  # noqa: S603 -- Debian's own program
            _as_nobody_special(
                [_tool("initdb"), "-D", str(self.data), "-U", "postgres", "--pwfile", str(secret), "--no-sync",
                 "-E", "UTF8", "--locale=C", "--auth-host=scram-sha-256", "--auth-local=trust"]
            ),
            capture_output=True, text=True, check=False, cwd=self.folder,
        )  # fmt: skip
        assert made.returncode == 0, made.stderr

    def start(self, *settings: str) -> None:
        """Start it, and wait until it answers; `settings` are NAME=VALUE."""
        options = [part for setting in settings for part in ("-c", setting)]
        command = [
            _tool("postgres"), "-D", str(self.data), "-p", str(self.port), "-k", str(self.folder),
            "-c", "listen_addresses=127.0.0.1", "-c", "max_connections=60", "-c", "shared_buffers=16MB",
            "-c", "max_wal_size=128MB", *options,
        ]  # fmt: skip
        until = time.monotonic() + _WITHIN
        while True:
            with (self.folder / "log").open("ab") as log:
                self._process = subprocess.Popen(  # noqa: S603 -- Debian's own program
                    _as_nobody_special(command), stdout=log, stderr=log, cwd=self.folder
                )
            while self._process.poll() is None and time.monotonic() < until:
                with suppress(psycopg.OperationalError):
                    self.execute("SELECT 1")
                    return
                time.sleep(0.05)
            # ended at once: after a SIGKILL, children of the one before may still be about to end
            assert time.monotonic() < until, (self.folder / "log").read_text("utf-8")[-2000:]
            time.sleep(0.1)

    def own(self, *paths: Path) -> None:
        """Give files to the user that the server runs as; readable by nobody else."""
        for path in paths:
            path.chmod(0o600)
            if os.geteuid() == 0:
                shutil.chown(path, "postgres", "postgres")

    def kill(self) -> None:
        """End it as a power cut would: SIGKILL to the postmaster."""
        assert self._process is not None
        self._process.kill()
        self._process.wait()
        self._process = None

    def stop(self) -> None:
        """End it in order."""
        if self._process is not None:
            self._process.send_signal(signal.SIGINT)  # at once, whoever is still connected
            with suppress(subprocess.TimeoutExpired):
                self._process.wait(timeout=5)
            if self._process.poll() is None:
                self._process.kill()
                self._process.wait()
        self._process = None

    def close(self) -> None:
        """End it, and remove what it has written."""
        self.stop()
        shutil.rmtree(self.folder, ignore_errors=True)

    def execute(self, statement: str, *, dbname: str = "postgres") -> list[tuple[Any, ...]]:
        """Run a statement as the superuser, by the socket."""
        with psycopg.connect(
            host=str(self.folder), port=self.port, user="postgres", dbname=dbname, autocommit=True
        ) as connection:
            cursor = connection.execute(statement.encode())
            return cursor.fetchall() if cursor.description else []

    def by_socket(self) -> str:
        """A connection string, by the socket and without a password: many connections in little time."""
        return f"host={self.folder} port={self.port} user=postgres dbname={DATABASE}"

    def url(self, user: str = "postgres", password: str = PASSWORD, dbname: str = DATABASE, port: int = 0) -> str:
        """A connection string, by loopback."""
        return f"postgresql://{user}:{password}@127.0.0.1:{port or self.port}/{dbname}"


class Bouncer:
    """pgbouncer in front of a server: each transaction gets a connection of the server, whichever is free."""

    def __init__(self, server: PostgresServer, mode: str = "transaction") -> None:
        self.folder = _make_folder("takeup-pgbouncer-")
        self.port = free_port()
        (self.folder / "users.txt").write_text(f'"postgres" "{PASSWORD}"\n', "utf-8")
        (self.folder / "pgbouncer.ini").write_text(
            f"[databases]\n* = host=127.0.0.1 port={server.port} user=postgres password={PASSWORD}\n"
            f"[pgbouncer]\nlisten_addr = 127.0.0.1\nlisten_port = {self.port}\nunix_socket_dir =\n"
            f"auth_type = plain\nauth_file = {self.folder}/users.txt\npool_mode = {mode}\n"
            "default_pool_size = 4\nserver_round_robin = 1\nmax_client_conn = 100\nlogfile =\n",
            "utf-8",
        )
        with (self.folder / "log").open("ab") as log:
            self._process = subprocess.Popen(  # noqa: S603 -- Debian's own program
                _as_nobody_special([_tool("pgbouncer"), str(self.folder / "pgbouncer.ini")]), stdout=log, stderr=log
            )
        until = time.monotonic() + _WITHIN
        while True:
            with suppress(psycopg.OperationalError), psycopg.connect(server.url(port=self.port)):
                return
            assert time.monotonic() < until, (self.folder / "log").read_text("utf-8")[-2000:]
            time.sleep(0.05)

    def close(self) -> None:
        """End it."""
        self._process.terminate()
        self._process.wait()
        shutil.rmtree(self.folder, ignore_errors=True)


_shared: list[Callable[[], None]] = []


@atexit.register
def close_shared() -> None:
    """End what `server` and `bouncer` have started."""
    while _shared:
        _shared.pop()()


@cache
def server() -> PostgresServer:
    """The one that the tests of this process share; each takes a schema of its own."""
    made = PostgresServer()
    _shared.append(made.close)
    made.start()
    made.execute(f"CREATE DATABASE {DATABASE}")
    return made


@cache
def bouncer() -> Bouncer:
    """The one in front of it."""
    made = Bouncer(server())
    _shared.append(made.close)
    return made


def new_schema() -> str:
    """A name that no other test has."""
    return f"takeup_{uuid4().hex[:12]}"
