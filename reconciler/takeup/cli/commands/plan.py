"""takeup plan."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import click

from takeup.cli.graph import (
    for_destroy,
    inputs,
    open_desired,
    open_known,
    open_project,
    open_reader,
    open_world,
    refuse,
    style,
    terminal_width,
)
from takeup.cli.inputs import input_options
from takeup.cli.instant import INSTANT
from takeup.cli.main import EXIT_CHANGES, EXIT_LOST, Options
from takeup.cli.plan_files import check_out, save, saved_text
from takeup.cli.progress import quiet_teller
from takeup.core.agenda import agenda
from takeup.core.guard import FLAG
from takeup.core.selection import Selection
from takeup.engine.run import prepare
from takeup.errors import UsageError
from takeup.manifest.project import load_project
from takeup.manifest.settling import PRECEDENCE
from takeup.render.agenda import agenda_json, agenda_text
from takeup.render.formats import FORMATS, GITHUB_COMMENT, LEAST_CHARS, RenderOptions
from takeup.render.variables import variables_json, variables_text
from takeup.render.words import moment, target_text

Command = Callable[..., Any]
_FARTHEST = timedelta(days=366)


def selection_options(command: Command) -> Command:
    """--target, --exclude, --replace and --override-prevent-stop."""
    command = click.option(
        FLAG,
        "override",
        metavar="ADDR",
        multiple=True,
        help="Stop or replace ADDR although preventStop forbids it. May be repeated; * and ? match.",
    )(command)
    for name, text in (
        ("replace", "Replace ADDR although nothing demands it."),
        ("exclude", "Leave ADDR alone."),
        ("target", "Plan for ADDR only."),
    ):
        command = click.option(
            f"--{name}", metavar="ADDR", multiple=True, help=f"{text} May be repeated; * and ? match."
        )(command)
    return command


max_chars_option = click.option(
    "--max-chars",
    type=click.IntRange(min=LEAST_CHARS),
    default=GITHUB_COMMENT,
    show_default=True,
    help="Never write more characters than this (markdown).",
)


def explain(options: Options, form: str) -> None:
    """Print the variables as a table, or as JSON; no secret is read, and nobody is asked."""
    project, problems = load_project(options.root, None, inputs(options, demanded=False))
    refuse(options, problems)
    assert project is not None, "a project without errors is a project"  # noqa: S101 - the loader's contract
    found = project.variables.values()
    text = (
        variables_json(found, PRECEDENCE)
        if form == "json"
        else variables_text(found, PRECEDENCE, project.title, style(options))
    )
    click.echo(text, nl=False)


wait_option = click.option(
    "--no-wait",
    is_flag=True,
    help="Do not wait for sessions that answer 404: a later run goes on counting, since the state knows since when.",
)


@click.command()
@click.option("--format", "form", type=click.Choice(list(FORMATS)), default="text", show_default=True)
@max_chars_option
@click.option("--detailed-exitcode", is_flag=True, help="Exit 2 when there are changes, 3 when a session is LOST.")
@click.option("--destroy", is_flag=True, help="Plan to stop every recorded session.")
@click.option(
    "--explain-vars", "explaining", is_flag=True, help="Show each variable, its value and its source, and leave."
)
@click.option("--no-refresh", is_flag=True, help="Trust the state; ask after no session.")
@click.option(
    "--out",
    metavar="FILE",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Save the plan too, for: takeup show FILE, takeup apply FILE.",
)
@click.option(
    "--at", type=INSTANT, help="Plan as if it were that time (2026-12-01T08:00+01:00), sessions as they are now."
)
@click.option(
    "--until", type=INSTANT, help="Show all that is to be done up to that time, as a timeline (text or json)."
)
@wait_option
@selection_options
@input_options
@click.pass_obj
def plan(  # noqa: PLR0913 - one argument for each flag
    options: Options, form: str, out: Path | None, *, max_chars: int, detailed_exitcode: bool, destroy: bool,
    explaining: bool, no_refresh: bool, no_wait: bool,
    target: tuple[str, ...], exclude: tuple[str, ...], replace: tuple[str, ...], override: tuple[str, ...],
    at: datetime | None, until: datetime | None,
) -> None:  # fmt: skip
    """Show what apply would do, and every call that it would make. Changes nothing anywhere."""
    if explaining:
        explain(options, form)
        return
    _check_times(form, out, at, until)
    if out is not None:
        check_out(out)
    project = for_destroy(open_project(options)) if destroy else open_project(options)
    desired = {} if destroy else open_desired(options, project)
    known = open_known(project) if destroy else desired
    world = open_world(project, quiet_teller(), wait=not no_wait)
    reader = None if no_refresh else open_reader(project)
    if form != "text" and project.realm != "agora":
        click.echo(f"takeup plan: {target_text(world.target)}", err=True)
    try:
        selection = Selection(target, exclude, replace, override)
        notes = [] if at is None else [f"Planned as if it were {moment(at)}: sessions are taken as they are now."]
        prepared = prepare(world, reader, desired, selection=selection, notes=notes, known=known, at=at)
        made = prepared.plan
    finally:
        if reader is not None:
            reader.close()
    if until is not None:
        about = {address: resource for address, resource in desired.items() if selection.takes(address)}
        timeline = agenda(made, prepared.prior, about, until)
        click.echo(agenda_json(timeline) if form == "json" else agenda_text(timeline, style(options)), nl=False)
    else:
        click.echo(FORMATS[form](made, RenderOptions(style(options).colour, terminal_width(), max_chars)), nl=False)
    if out is not None:
        click.echo(saved_text(options, out, save(out, made, project)), err=True)
    if detailed_exitcode and made.lost:
        raise SystemExit(EXIT_LOST)
    if detailed_exitcode and not made.empty:
        raise SystemExit(EXIT_CHANGES)


def _check_times(form: str, out: Path | None, at: datetime | None, until: datetime | None) -> None:
    if out is not None and (at is not None or until is not None):
        flag = "--at" if at is not None else "--until"
        raise UsageError(f"A plan for another time cannot be applied, so {flag} saves none.", hint="Leave out --out.")
    if until is None:
        return
    begin = at or datetime.now(UTC)
    if form not in {"text", "json"}:
        raise UsageError(f"A timeline has no format {form}.", hint="Use --format text or json with --until.")
    if not begin < until <= begin + _FARTHEST:
        raise UsageError("--until must be later than now (or --at), and at most a year later.")
