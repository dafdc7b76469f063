"""takeup init."""

from importlib.resources import files

import click

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
@click.pass_obj
def init(options: Options) -> None:
    """Make a new project that plans and applies on the embedded emulator at once."""
    root = options.root
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
