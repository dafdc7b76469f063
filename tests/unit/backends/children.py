"""Processes of their own for the tests of the backends."""

import os
import subprocess
import sys
from pathlib import Path


def environment(**more: str) -> dict[str, str]:
    """What a child needs to find the samples."""
    paths = [str(Path(__file__).parents[3]), *filter(None, [os.environ.get("PYTHONPATH")])]
    return {**os.environ, "PYTHONPATH": os.pathsep.join(paths), **more}


def child(script: str, *arguments: object, **variables: str) -> str:
    """The output of a script in a process of its own."""
    done = subprocess.run(  # noqa: S603 -- our own interpreter and text
        [sys.executable, "-c", script, *map(str, arguments)],
        capture_output=True, text=True, check=False, env=environment(**variables),
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return done.stdout
