"""Runs takeup in forked children that are killed by SIGKILL before the nth thing that leaves a trace.

A process of its own with one thread, so that forking is safe, and with takeup loaded, so that a run takes
milliseconds. One JSON request a line on stdin, one JSON answer a line on stdout:

    {"root": DIR, "args": [...], "env": {...}, "kill_at": 7, "state": KEY, "schema": NAME}
    {"code": -9, "passed": ["write journal", ...], "out": "...", "err": "..."}

`kill_at` counts from 1; without it the run goes on to its end, and `passed` names every boundary there was.
Before each of them the process can die: writes, fsyncs, renames and removals below the folder of the project, calls
before they are sent and after they were answered, and the same of each request to a store.

With `stop_at` the run is stopped there (SIGSTOP) and not killed; its answer names its `pid`, and {"go_on": PID} lets it
go on to its end. `clock` names a file with the seconds by which its clock goes on meanwhile; with it PostgreSQL ends
its transaction after 200 ms of silence: else each run that stops in the middle of one costs the next one 5 s.
"""

import contextlib
import io
import itertools
import json
import os
import signal
import sys
import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import deepdiff  # noqa: F401 - loaded before the first fork, as everything else is
import httpx
from tests.crash import store_requests

import takeup.backends.clouds
import takeup.cli.commands.apply
import takeup.cli.commands.plan  # noqa: F401 - the same
from takeup.backends import postgres_client
from takeup.backends.lease import awake
from takeup.backends.objects import ObjectBackend
from takeup.backends.postgres import PostgresBackend
from takeup.backends.postgres_tables import SETTINGS
from takeup.cli.main import main
from takeup.core.address import Kind
from takeup.core.schema.table import attributes

_ROLES = {".journal": "journal", ".lock": "lock", ".backup": "backup", ".tmp": "temporary file"}


def _role(path: str) -> str:
    if Path(path).is_dir():
        return "folder"
    return next((role for suffix, role in _ROLES.items() if path.endswith(suffix)), "state")


class Boundaries:
    """Counts the boundaries of this process, tells each to the parent, and ends or stops at the one it was given."""

    def __init__(self, pipe: int, root: str, at: int | None, fate: signal.Signals) -> None:
        self._pipe, self._root, self._at, self._fate = pipe, root, at, fate
        self._count = 0
        self._mutex = threading.Lock()  # a store is asked by many threads

    def install(self, state: str, schema: str) -> None:
        """Put the boundaries around everything that leaves a trace."""
        self._write, self._fsync = os.write, os.fsync
        os.write = self._wrapped("write", os.write, self._of_descriptor)
        os.fsync = self._wrapped("fsync", os.fsync, self._of_descriptor)
        os.rename = self._wrapped("rename to", os.rename, lambda _, to: self._of_path(to))
        os.replace = self._wrapped("rename to", os.replace, lambda _, to: self._of_path(to))
        os.unlink = self._wrapped("remove", os.unlink, self._of_path)
        send = httpx.Client.send

        def sent(client: httpx.Client, request: httpx.Request, **more: Any) -> httpx.Response:  # noqa: ANN401 - httpx's own
            name = request.url.path.rpartition("/")[2]
            self._pass(f"send {name}")
            response = send(client, request, **more)
            self._pass(f"answer of {name}")
            return response

        httpx.Client.send = sent  # type: ignore[method-assign, assignment] # the same method with a boundary
        store_requests.install(self._pass, state=state, schema=schema)

    def _wrapped(self, what: str, call: Callable[..., Any], target: Callable[..., str]) -> Callable[..., Any]:
        def with_boundary(*args: Any, **more: Any) -> Any:  # noqa: ANN401 - the same call
            name = target(*args[:2] if "rename" in what else args[:1])
            if name:
                self._pass(f"{what} {name}")
            return call(*args, **more)

        return with_boundary

    def _of_descriptor(self, descriptor: int) -> str:
        try:
            return self._of_path(Path(f"/proc/self/fd/{descriptor}").readlink())
        except OSError:
            return ""

    def _of_path(self, path: Any) -> str:  # noqa: ANN401 - whatever names a file
        text = os.fspath(path)
        return _role(text) if isinstance(text, str) and text.startswith(self._root) else ""

    def _pass(self, name: str) -> None:
        with self._mutex:
            self._count += 1
            self._write(self._pipe, f"{name}\n".encode())
            if self._count == self._at:
                # to this thread: given to the process, another thread may take it, and this one goes on for a moment
                signal.pthread_kill(threading.get_ident(), self._fate)


@dataclass
class Child:
    """A run that was forked."""

    pid: int
    pipe: int
    output: Path
    passed: bytes = b""

    def wait(self) -> dict[str, Any]:
        """Wait until it has ended, or has stopped, and say how."""
        _, status = os.waitpid(self.pid, os.WUNTRACED)
        stopped = os.WIFSTOPPED(status)
        with contextlib.suppress(BlockingIOError):
            while part := os.read(self.pipe, 1 << 16):
                self.passed += part
        passed = self.passed.decode().splitlines()
        if stopped:
            return {"pid": self.pid, "passed": passed, "code": None, "out": "", "err": ""}
        os.close(self.pipe)
        written = json.loads(self.output.read_text("utf-8")) if self.output.exists() else {"out": "", "err": ""}
        self.output.unlink(missing_ok=True)
        return {"code": os.waitstatus_to_exitcode(status), "passed": passed, **written}


_stopped: dict[int, Child] = {}


def run(request: dict[str, Any]) -> dict[str, Any]:
    """Fork, run takeup there, and say how it ended; or let one go on that has stopped."""
    if "go_on" in request:
        child = _stopped.pop(request["go_on"])
        os.kill(child.pid, signal.SIGCONT)
    else:
        child = _forked(request)
    answer = child.wait()
    if answer["code"] is None:
        _stopped[child.pid] = child
    return answer


def _forked(request: dict[str, Any]) -> Child:
    reader, writer = os.pipe()
    os.set_blocking(reader, False)
    # a run that has stopped must not find what another one in this folder has written
    output = Path(request["root"]) / f".output-{next(_numbers)}"
    child = os.fork()
    if child == 0:
        os.close(reader)
        _child(request, writer, output)
    os.close(writer)
    return Child(child, reader, output)


_numbers = itertools.count()


def _child(request: dict[str, Any], pipe: int, output: Path) -> None:
    os.environ.clear()
    os.environ.update(request["env"])
    out, err = io.StringIO(), io.StringIO()
    sys.argv = ["takeup", "-C", request["root"], *request["args"]]
    stop_at = request.get("stop_at")
    fate = signal.SIGKILL if stop_at is None else signal.SIGSTOP
    boundaries = Boundaries(pipe, request["root"], request.get("kill_at") if stop_at is None else stop_at, fate)
    boundaries.install(request.get("state", ""), request.get("schema", ""))
    if request.get("clock"):
        _sleep_by(Path(request["clock"]))
    code = 70
    try:
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
            main()
    except SystemExit as end:
        code = end.code if isinstance(end.code, int) else 1
    finally:
        with output.open("w", encoding="utf-8") as file:
            json.dump({"out": out.getvalue(), "err": err.getvalue()}, file)
        os._exit(code)


def _sleep_by(clock: Path) -> None:
    for backend in (ObjectBackend, PostgresBackend):
        defaults: Any = backend.__init__.__kwdefaults__
        defaults["clock"] = lambda: awake() + float(clock.read_bytes())
    brief = SETTINGS.replace(b"'5s'", b"'200ms'")
    assert brief != SETTINGS
    postgres_client.SETTINGS = brief  # type: ignore[attr-defined]  # what it has imported


if __name__ == "__main__":
    for kind in Kind:
        attributes(kind)
    with contextlib.suppress(httpx.ConnectError), httpx.Client(trust_env=False) as client:
        client.get("http://127.0.0.1:1")  # nobody listens there: only to load what httpx loads late
    for line in sys.stdin:
        print(json.dumps(run(json.loads(line))), flush=True)  # noqa: T201 - its protocol
