"""takeup init."""

from importlib.resources import files

import click

from takeup.backends.port import Backend
from takeup.cli.backend import open_backend
from takeup.cli.held_state import state_project
from takeup.cli.inputs import input_options
from takeup.cli.main import Options
from takeup.errors import ProjectError, UsageError

_FILES = {
    "takeup.yaml": "takeup.yaml",
    "manifests/lesson.yaml": "lesson.yaml",
    "manifests/emulator-access-key.txt": "key.txt",
    "manifests/emulator-secret-key.txt": "key.txt",
    ".gitignore": "gitignore",
}


@click.command()
@input_options
@click.pass_obj
def init(options: Options) -> None:
    """Make a new project that plans and applies on the embedded emulator at once.

    In a project whose state is kept elsewhere, let that place prove that it keeps runs apart; no file is written then.
    """
    root = options.root
    if (root / "takeup.yaml").exists():
        project = state_project(options)
        if project.state.backend != "local":
            _prove(options, open_backend(project))
            return
    taken = [name for name in _FILES if (root / name).exists() and name != ".gitignore"]
    if taken:
        raise UsageError(
            f"{root / taken[0]} exists already; nothing was written.",
            hint="Run takeup init in an empty folder, or -C DIR.",
        )
    templates = files("takeup.cli") / "templates"
    try:
        for name, template in _FILES.items():
            path = root / name
            if path.exists():
                continue
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text((templates / template).read_text("utf-8"), "utf-8")
            click.echo(f"Wrote {path}")
    except OSError as error:
        raise ProjectError(f"{root} cannot be written: {error.strerror}.") from error
    click.echo("\nNext: takeup plan, then takeup apply.")
    click.echo("It runs on the embedded emulator until takeup.yaml names another endpoint.")


def _prove(options: Options, backend: Backend) -> None:
    backend.prove()
    click.echo(f"{options.root / 'takeup.yaml'} exists already; no file was written.")
    click.echo(f"The state is kept in {backend.describe()}, which has proved that it keeps runs apart.")
