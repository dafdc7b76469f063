"""Runs takeup in forked children that are killed by SIGKILL before the nth thing that leaves a trace.

A process of its own with one thread, so that forking is safe, and with takeup loaded, so that a run takes
milliseconds. One JSON request a line on stdin, one JSON answer a line on stdout:

    {"root": DIR, "args": [...], "env": {...}, "kill_at": 7}
    {"code": -9, "passed": ["write journal", ...], "out": "...", "err": "..."}

`kill_at` counts from 1; without it the run goes on to its end, and `passed` names every boundary there was.
Before each of them the process can die: writes, fsyncs, renames and removals below the folder of the project, and
calls before they are sent and after they were answered.
"""

import contextlib
import io
import json
import os
import signal
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import deepdiff  # noqa: F401 - loaded before the first fork, as everything else is
import httpx

import takeup.cli.commands.apply
import takeup.cli.commands.plan  # noqa: F401 - the same
from takeup.cli.main import main
from takeup.core.address import Kind
from takeup.core.schema.table import attributes

_ROLES = {".journal": "journal", ".lock": "lock", ".backup": "backup", ".tmp": "temporary file"}


def _role(path: str) -> str:
    if Path(path).is_dir():
        return "folder"
    return next((role for suffix, role in _ROLES.items() if path.endswith(suffix)), "state")


class Boundaries:
    """Counts the boundaries of this process, tells each to the parent, and dies before the one it was given."""

    def __init__(self, pipe: int, root: str, kill_at: int | None) -> None:
        self._pipe, self._root, self._kill_at = pipe, root, kill_at
        self._count = 0
        self._one_at_a_time = threading.Lock()

    def install(self) -> None:
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
        with self._one_at_a_time:  # two sessions are changed by two threads
            self._count += 1
            self._write(self._pipe, f"{name}\n".encode())
            if self._count == self._kill_at:
                os.kill(os.getpid(), signal.SIGKILL)


def run(request: dict[str, Any]) -> dict[str, Any]:
    """Fork, run takeup there, and say how it ended."""
    reader, writer = os.pipe()
    output = Path(request["root"]) / ".output"
    child = os.fork()
    if child == 0:
        os.close(reader)
        _child(request, writer, output)
    os.close(writer)
    with os.fdopen(reader, "rb") as pipe:
        passed = pipe.read().decode().splitlines()
    _, status = os.waitpid(child, 0)
    written = json.loads(output.read_text("utf-8")) if output.exists() else {"out": "", "err": ""}
    output.unlink(missing_ok=True)
    return {"code": os.waitstatus_to_exitcode(status), "passed": passed, **written}


def _child(request: dict[str, Any], pipe: int, output: Path) -> None:
    os.environ.clear()
    os.environ.update(request["env"])
    out, err = io.StringIO(), io.StringIO()
    sys.argv = ["takeup", "-C", request["root"], *request["args"]]
    Boundaries(pipe, request["root"], request.get("kill_at")).install()
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


if __name__ == "__main__":
    for kind in Kind:
        attributes(kind)
    with contextlib.suppress(httpx.ConnectError), httpx.Client(trust_env=False) as client:
        client.get("http://127.0.0.1:1")  # nobody listens there: only to load what httpx loads late
    for line in sys.stdin:
        print(json.dumps(run(json.loads(line))), flush=True)  # noqa: T201 - its protocol
