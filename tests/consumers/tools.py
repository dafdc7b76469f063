"""Where the consumers are installed, and how they are run. `make consumers` installs them and runs these tests."""

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

HOME = Path(sys.prefix) / "consumers"
"""An environment of their own: they bring 60 packages, some of them old, that nothing else here should meet."""
NODE = HOME / "node" / "node_modules"
HERE = Path(__file__).parent
_NOT_NAME = re.compile(r"\W+")


def require() -> None:
    """Skip the module where the consumers are not installed; with CI=true its tests run into that and fail."""
    if not (HOME / ".installed").exists() and os.environ.get("CI") != "true":
        text = "the consumers are not installed: make consumers (with CI=true this is a failure)"
        pytest.skip(text, allow_module_level=True)


def require_node() -> str:
    """Node, or a skip: it is no part of what takeup needs."""
    node = shutil.which("node")
    if node is None:
        pytest.skip("node is not installed")
    return node


@dataclass(frozen=True, slots=True)
class Ran:
    """How one consumer took one file: its exit code, and all that it printed or wrote."""

    code: int
    text: str


def write(folder: Path, documents: Mapping[str, str], suffix: str) -> dict[str, Path]:
    """Write each document into a file named after its plan."""
    files = {name: folder / f"{_NOT_NAME.sub('-', name)}{suffix}" for name in documents}
    assert len({*files.values()}) == len(documents), "two plans have one name"
    for name, file in files.items():
        file.write_text(documents[name], encoding="utf-8")
    return files


def run_each(preload: str, script: str, files: Mapping[str, Path], out: Path, *arguments: str) -> dict[str, Ran]:
    """Run a console script once for each file, and read back what it printed and wrote."""
    command = [str(HOME / "bin" / "python"), str(HERE / "each.py"), preload, str(HOME / "bin" / script), str(out)]
    codes = json.loads(_run([*command, *arguments], "\n".join(map(str, files.values()))).splitlines()[-1])
    return {name: Ran(codes[file.stem], _all_text(out / file.stem)) for name, file in files.items()}


def run_script(script: str, files: Mapping[str, Path]) -> dict[str, Any]:
    """Run one of the small programs beside this file over all files; it prints a JSON object by file."""
    found = json.loads(_run([str(HOME / "bin" / "python"), str(HERE / script), *map(str, files.values())], ""))
    return {name: found[file.stem] for name, file in files.items()}


def run_node(node: str, script: Path, file: Path) -> Ran:
    """Run a program of node."""
    done = subprocess.run(  # noqa: S603 - an installed program and a file of ours
        [node, str(script), str(file)], capture_output=True, text=True, check=False
    )
    return Ran(done.returncode, done.stdout + done.stderr)


def _run(command: list[str], stdin: str) -> str:
    # They are to see neither our sources nor a secret of this machine.
    env = {"PATH": os.environ["PATH"], "HOME": str(HOME), "LANG": "C.UTF-8", "NO_COLOR": "1", "COLUMNS": "200"}
    done = subprocess.run(command, input=stdin, capture_output=True, text=True, check=False, env=env)  # noqa: S603 - ours
    assert done.returncode == 0, done.stderr
    return done.stdout


def _all_text(folder: Path) -> str:
    files: Iterable[Path] = sorted(item for item in folder.rglob("*") if item.is_file())
    return "\n".join(item.read_bytes().decode(errors="replace") for item in files)
