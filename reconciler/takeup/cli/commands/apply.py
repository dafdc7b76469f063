"""takeup apply and takeup destroy: plan, ask, carry out, report."""

import signal
import sys
from collections.abc import Mapping

import click

from takeup.cli.commands.plan import selection_options, wait_option
from takeup.cli.graph import (
    open_desired,
    open_known,
    open_project,
    open_recorder,
    open_world,
    style,
    terminal_width,
    this_run,
)
from takeup.cli.main import EXIT_LOST, Options
from takeup.cli.progress import Progress
from takeup.core.address import Address
from takeup.core.planner import Selection
from takeup.core.resource import Resource
from takeup.engine.run import carry_through, prepare
from takeup.errors import UsageError
from takeup.manifest.project import Project
from takeup.render.plan_text import plan_text
from takeup.render.report import apply_json, apply_text
from takeup.render.style import counted

_FORMAT = click.option("--format", "form", type=click.Choice(["text", "json"]), default="text", show_default=True)
_APPROVE = click.option("--auto-approve", is_flag=True, help="Do not ask.")


@click.command()
@_APPROVE
@_FORMAT
@wait_option
@selection_options
@click.pass_obj
def apply(  # noqa: PLR0913 - one argument for each flag
    options: Options,
    form: str,
    *,
    auto_approve: bool,
    no_wait: bool,
    target: tuple[str, ...],
    exclude: tuple[str, ...],
    replace: tuple[str, ...],
) -> None:
    """Make exactly the calls of the plan, after it was approved."""
    _refuse_unattended("apply", approved=auto_approve)
    project = open_project(options)
    desired = open_desired(options, project)
    _run(
        options,
        project,
        (desired, desired),
        Selection(target, exclude, replace),
        form,
        approved=auto_approve,
        wait=not no_wait,
    )


@click.command()
@_APPROVE
@_FORMAT
@wait_option
@selection_options
@click.pass_obj
def destroy(  # noqa: PLR0913 - one argument for each flag
    options: Options,
    form: str,
    *,
    auto_approve: bool,
    no_wait: bool,
    target: tuple[str, ...],
    exclude: tuple[str, ...],
    replace: tuple[str, ...],
) -> None:
    """Stop every recorded session and forget it. The files stay in the bucket."""
    _refuse_unattended("destroy", approved=auto_approve)
    project = open_project(options)
    _run(
        options,
        project,
        ({}, open_known(project)),
        Selection(target, exclude, replace),
        form,
        approved=auto_approve,
        wait=not no_wait,
    )


def _refuse_unattended(command: str, *, approved: bool) -> None:
    if not approved and not sys.stdin.isatty():
        raise UsageError(
            f"takeup {command} asks before it calls, and here is no terminal to answer in.",
            hint=f"Review takeup plan, then run: takeup {command} --auto-approve",
        )


def _run(  # noqa: PLR0913 - the one path of two commands
    options: Options,
    project: Project,
    wanted: tuple[Mapping[Address, Resource], Mapping[Address, Resource]],
    selection: Selection,
    form: str,
    *,
    approved: bool,
    wait: bool,
) -> None:
    """Plan, ask, carry out, report. `wanted` is what is desired, and all that the manifests declare."""
    signal.signal(signal.SIGTERM, _as_interrupt)
    desired, known = wanted
    progress = Progress()
    world = open_world(project, progress.tell, wait=wait)
    recorder = open_recorder(project)
    try:
        with world.backend.lock(this_run(click.get_current_context().info_name or "apply")):
            world.backend.fold()
            prepared = prepare(world, recorder, desired, selection=selection, known=known)
            plan = prepared.plan
            # In JSON, stdout belongs to the report; the plan is still announced before the first call.
            look, width = style(options, err=form == "json"), terminal_width(err=form == "json")
            click.echo(plan_text(plan, look, width), nl=False, err=form == "json")
            if not plan.empty and not approved:
                _ask(destroying=not desired)
            progress.total = len(plan.changes) + sum(bool(item.calls) for item in plan.recovery)
            with progress:
                report = carry_through(world, prepared, desired, recorder, known)
            made = sum(count for operation, count in recorder.calls.items() if operation != "query")
    finally:
        recorder.close()
    if form == "json":
        click.echo(apply_json(report, made), nl=False)
    elif not plan.empty:
        click.echo(apply_text(report, made, style(options)), nl=False)
    if not report.complete:
        raise SystemExit(1)
    if report.lost:
        raise SystemExit(EXIT_LOST)
    if not desired and plan.unjudged:
        left = counted(plan.unjudged, "session")
        raise UsageError(f"{left} could not be stopped (see the warnings) and may go on recording.")


def _as_interrupt(_number: int, _frame: object) -> None:
    raise KeyboardInterrupt


def _ask(*, destroying: bool) -> None:
    click.echo()
    if destroying:
        click.echo("Do you really want to stop these recordings? What is not recorded now can never be recorded again.")
    else:
        click.echo("Do you want takeup to make these calls?")
    answer = click.prompt("  Only 'yes' is taken as a yes", default="", show_default=False, err=False)
    if answer != "yes":
        raise UsageError("Not approved: nothing was done.")
    click.echo()
