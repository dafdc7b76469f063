"""takeup fmt."""

import os
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from difflib import unified_diff
from pathlib import Path

import click

from takeup.cli.graph import inputs, refuse
from takeup.cli.main import Options
from takeup.errors import ProjectError, UsageError
from takeup.manifest.environment import FOLDER as ENVIRONMENTS
from takeup.manifest.files import is_folder, yaml_files
from takeup.manifest.formatting import format_text
from takeup.manifest.key_order import ORDERS, document_order, order_of
from takeup.manifest.loader import without_collector
from takeup.manifest.problem import Problem
from takeup.manifest.project import FILE, load_project
from takeup.manifest.reader import read_bytes
from takeup.manifest.replace_file import replace_file
from takeup.provider.emulator.scenario import Scenario
from takeup.render.style import printable

_ORDERS = {**ORDERS, "Scenario": document_order(order_of(Scenario))}
_STDIN = "<stdin>"


@dataclass(frozen=True, slots=True)
class _Mode:
    """What becomes of a file that is not in the one style: it is rewritten, or only told."""

    check: bool
    diff: bool

    @property
    def writes(self) -> bool:
        return not self.check and not self.diff


@click.command()
@click.argument("paths", metavar="[PATH]...", nargs=-1)
@click.option("--check", is_flag=True, help="Change nothing; name the files that would change, and exit 1 if any.")
@click.option("--diff", is_flag=True, help="Change nothing; show what would change, and exit 1 if anything.")
@click.pass_obj
def fmt(options: Options, paths: tuple[str, ...], *, check: bool, diff: bool) -> None:
    """Rewrite the project file and the manifests in the one style, and name the files that changed.

    PATH is a file or a folder, and needs no project; `-` reads standard input and writes standard output. What the
    files say stays the same, comments and blank lines stay where they are. A file that cannot be kept so is left
    alone, and told with its place.
    """
    mode = _Mode(check, diff)
    if "-" in paths:
        if len(paths) > 1:
            raise UsageError("`-` stands alone: standard input is formatted, or files are.", hint="Leave out one.")
        left = _stdin(mode)
    else:
        files = dict.fromkeys(_named(options.root, paths) if paths else _of_the_project(options))
        with without_collector():
            left = [_file(path, mode) for path in files]
    problems = [one for one in left if isinstance(one, Problem)]
    refuse(options, problems)
    if any(left) and not mode.writes:
        raise SystemExit(1)


def _of_the_project(options: Options) -> Iterator[Path]:
    project, problems = load_project(options.root, None, inputs(options, demanded=False))
    if project is None:
        refuse(options, problems)
        return
    yield options.root / FILE
    for folder in (project.manifests, options.root / ENVIRONMENTS):
        yield from (options.root / os.path.relpath(path, options.root) for path in yaml_files(folder))


def _named(root: Path, paths: tuple[str, ...]) -> Iterator[Path]:
    for name in paths:
        path = root / name
        if is_folder(path):
            yield from yaml_files(path, nested=True)
        else:
            yield path


def _stdin(mode: _Mode) -> list[bool | Problem]:
    data = sys.stdin.buffer.read()
    text, problems = format_text(data, name=_STDIN, orders=_ORDERS)
    if text is None:
        return [*problems]
    changed = text.encode() != data
    if mode.writes:
        click.echo(text, nl=False)
    elif changed:
        _tell(_STDIN, data, text, mode)
    return [changed]


def _file(path: Path, mode: _Mode) -> bool | Problem:
    """Format one file; whether it was not in the one style, or why it is left alone."""
    name = str(path)
    data = read_bytes(path, name=name)
    if isinstance(data, Problem):
        return data
    text, problems = format_text(data, name=name, orders=_ORDERS)
    if text is None:
        return problems[0]
    if text.encode() == data:
        return False
    if mode.writes:
        try:
            replace_file(path, text.encode())
        except ProjectError as error:
            return Problem("error", name, 1, 1, "", error.message, error.hint)
    _tell(name, data, text, mode)
    return True


def _tell(name: str, data: bytes, text: str, mode: _Mode) -> None:
    if not mode.diff:
        click.echo(printable(name))
        return
    before, after = (part.splitlines(keepends=True) for part in (data.decode(), text))
    for line in unified_diff(before, after, printable(name), printable(name)):
        click.echo(line if line.endswith("\n") else f"{line}\n\\ No newline at end of file\n", nl=False)
