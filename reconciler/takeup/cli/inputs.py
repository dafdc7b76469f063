"""The options that say which environment and which values a run is about: on every command, or before it."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import click

Command = Callable[..., Any]


@dataclass(frozen=True, slots=True)
class Options:
    """The global options, and those that `input_options` adds to a command."""

    root: Path = Path()
    color: bool | None = None
    environment: str = ""
    flags: tuple[str, ...] = field(default=(), repr=False)
    files: tuple[Path, ...] = ()


def _environment(ctx: click.Context, _param: click.Parameter, value: str | None) -> None:
    if value is not None:
        _keep(ctx, environment=value)


def _flags(ctx: click.Context, param: click.Parameter, values: tuple[str, ...]) -> None:
    for value in values:
        name, equals, _ = value.partition("=")
        if not equals or not name:
            raise click.BadParameter(f"{name[:60]!r} has no value; write --var term=ws26.", ctx, param)
    if values:
        _keep(ctx, flags=values)


def _files(ctx: click.Context, _param: click.Parameter, values: tuple[Path, ...]) -> None:
    if values:
        _keep(ctx, files=values)


def _keep(ctx: click.Context, **given: Any) -> None:  # noqa: ANN401 - what the options hold
    """Note it in the options of this command; what stands before the command comes first."""
    options: Options = ctx.obj or Options()
    if "environment" not in given:
        given = {name: (*getattr(options, name), *values) for name, values in given.items()}
    ctx.obj = replace(options, **given)


def input_options(command: Command) -> Command:
    """-e, --var and --var-file; they become part of the options."""
    for option in (
        click.option(
            "--var-file",
            metavar="FILE",
            type=click.Path(path_type=Path),
            multiple=True,
            expose_value=False,
            callback=_files,
            help="Take variables from FILE, a YAML mapping; may be repeated, the last one wins.",
        ),
        click.option(
            "--var",
            metavar="NAME=VALUE",
            multiple=True,
            expose_value=False,
            callback=_flags,
            help="Give a variable; may be repeated.",
        ),
        click.option(
            "-e",
            "--env",
            metavar="NAME",
            expose_value=False,
            callback=_environment,
            help="Select the environment environments/NAME.yaml, which has a state of its own.",
        ),
    ):
        command = option(command)
    return command
