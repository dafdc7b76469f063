"""The entry point: global options, the commands, and what becomes of errors."""

import os
import sys
from dataclasses import replace
from pathlib import Path

import click

from takeup import __version__
from takeup.cli.inputs import Options, input_options
from takeup.cli.lazy import LazyGroup
from takeup.errors import TakeupError

__all__ = ["EXIT_CHANGES", "EXIT_LOST", "Options", "cli", "main"]

_COMMANDS = "takeup.cli.commands"
EXIT_CHANGES = 2
EXIT_LOST = 3
"""A session may be recording that no call can reach: a person has to look."""
EXIT_STALE = 4
"""What was approved is not what would be done now; nothing was done."""


@click.group(
    cls=LazyGroup,
    lazy={
        "init": (
            f"{_COMMANDS}.init:init",
            "Make a new project that plans and applies on the emulator at once.",
        ),
        "validate": (f"{_COMMANDS}.validate:validate", "Check the project file and the manifests, offline."),
        "fmt": (f"{_COMMANDS}.fmt:fmt", "Rewrite the project file and the manifests in the one style."),
        "plan": (f"{_COMMANDS}.plan:plan", "Show what apply would do, and every call that it would make."),
        "apply": (f"{_COMMANDS}.apply:apply", "Make exactly the calls of the plan."),
        "drift": (f"{_COMMANDS}.drift:drift", "Show what changed outside of takeup, since when, and by what evidence."),
        "ci": (f"{_COMMANDS}.ci:ci", "Run a step of a pipeline: validate, plan, apply or drift."),
        "coverage": (
            f"{_COMMANDS}.coverage:coverage_",
            "Show how much of what the schedules wanted was recorded, and why the rest was not.",
        ),
        "next": (f"{_COMMANDS}.next_:next_", "Show when the windows of each recording open and close next."),
        "destroy": (f"{_COMMANDS}.apply:destroy", "Stop every recorded session."),
        "import": (f"{_COMMANDS}.import_:import_", "Record a session that runs already, or write its manifest."),
        "show": (f"{_COMMANDS}.state:show", "Show what is recorded, and the files of what ended."),
        "state": (f"{_COMMANDS}.state:state", "Look into the state, or change it by hand."),
        "schema": (f"{_COMMANDS}.schema:schema", "Print the JSON Schema of the manifests."),
        "test": (f"{_COMMANDS}.rehearse:rehearse", "Rehearse failures with these manifests, on a stepped clock."),
        "emulator": (
            f"{_COMMANDS}.emulator:emulator",
            "Serve the emulator of Agora Cloud Recording on this machine.",
        ),
    },
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)
@click.version_option(__version__, message="takeup %(version)s")
@click.option(
    "-C",
    "root",
    metavar="DIR",
    type=click.Path(path_type=Path),
    default=Path(),
    help="Run in DIR instead of here.",
)
@click.option("--no-color", is_flag=True, help="No colours (NO_COLOR does the same).")
@input_options
@click.pass_context
def cli(ctx: click.Context, root: Path, *, no_color: bool) -> None:
    """Terraform for Agora Cloud Recording: declare recordings in YAML, plan, apply."""
    ctx.obj = replace(ctx.obj or Options(), root=root, color=False if no_color or os.environ.get("NO_COLOR") else None)


def main() -> None:
    """Run takeup. Exit 0: done; 1: any error; 2: changes (--detailed-exitcode); 3: a session is LOST; 4: stale."""
    try:
        code = cli.main(standalone_mode=False)
    except click.ClickException as error:
        error.show()
        code = 1
    except click.Abort:
        click.echo("\nInterrupted.", err=True)
        code = 1
    except TakeupError as error:
        _tell(error)
        code = 1
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        code = 1
    except KeyboardInterrupt:
        click.echo("\nInterrupted.", err=True)
        code = 1
    sys.exit(code if isinstance(code, int) else 0)


def _tell(error: TakeupError) -> None:
    label = (
        click.style("Error:", fg="red", bold=True)
        if sys.stderr.isatty() and not os.environ.get("NO_COLOR")
        else "Error:"
    )
    click.echo(f"{label} {error.message}", err=True)
    if error.hint:
        click.echo(f"  {error.hint}", err=True)
