"""Runs one console script for many files, in the environment of the consumers.

Called as `each.py PRELOAD SCRIPT OUT ARGUMENT...`. Names of files come on stdin; `{}` in an argument is the file. Each
run is a process of its own, in a folder of its own below OUT that also gets what it printed and its temporary files;
forking from a process that has imported PRELOAD saves most of its time. The exit codes by file are printed as JSON, on
the last line. Imports nothing of takeup or pytest: neither is installed there.
"""

import json
import os
import runpy
import sys
import tempfile
from importlib import import_module
from pathlib import Path


def main() -> None:
    preload, script, out, *arguments = sys.argv[1:]
    import_module(preload)
    codes = {}
    for file in map(Path, sys.stdin.read().splitlines()):
        folder = Path(out) / file.stem
        folder.mkdir(parents=True)
        child = os.fork()
        if not child:
            run(script, [argument.format(file) for argument in arguments], folder)
        codes[file.stem] = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    print(json.dumps(codes))  # noqa: T201 - read by the test


def run(script: str, arguments: list[str], folder: Path) -> None:
    os.chdir(folder)
    os.environ["TMPDIR"] = str(folder)
    tempfile.tempdir = None
    with Path("printed.txt").open("wb") as file:
        os.dup2(file.fileno(), 1)
        os.dup2(file.fileno(), 2)
    sys.argv = [script, *arguments]
    code: object = 1
    try:
        runpy.run_path(script, run_name="__main__")
        code = 0
    except SystemExit as ending:
        code = ending.code
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code if isinstance(code, int) else 0 if code is None else 1)


main()
