"""takeup apply and takeup destroy: plan, ask, carry out, report."""

import signal
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import click

from takeup.cli.commands.plan import selection_options, wait_option
from takeup.cli.event_stream import EventStream
from takeup.cli.graph import (
    for_destroy,
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
from takeup.cli.permit import must_ask
from takeup.cli.progress import Progress
from takeup.core.address import Address
from takeup.core.plan import Plan
from takeup.core.planner import Selection
from takeup.core.resource import Resource
from takeup.engine.run import carry_through, prepare
from takeup.errors import TakeupError, UsageError
from takeup.manifest.project import Project
from takeup.render.plan_text import plan_text
from takeup.render.report import apply_json, apply_text
from takeup.render.style import counted

Command = Callable[..., Any]
_FORMATS = click.Choice(["text", "json", "events"])


@dataclass(frozen=True, slots=True)
class _Run:
    """One apply or destroy: what it is about, and how it was called.

    `desired` is what is to be recorded, `known` all that the manifests declare.
    """

    command: str
    project: Project
    desired: Mapping[Address, Resource]
    known: Mapping[Address, Resource]
    selection: Selection
    form: str
    approved: bool
    force: bool
    wait: bool


def _run_options(command: Command) -> Command:
    """What apply and destroy have in common."""
    for option in (
        wait_option,
        click.option("--format", "form", type=_FORMATS, default="text", show_default=True),
        click.option("--force", is_flag=True, help="Do it although the safety rails refuse it."),
        click.option("--auto-approve", is_flag=True, help="Do not ask."),
    ):
        command = option(command)
    return command


@click.command()
@_run_options
@selection_options
@click.pass_obj
def apply(  # noqa: PLR0913 - one argument for each flag
    options: Options,
    form: str,
    *,
    auto_approve: bool,
    force: bool,
    no_wait: bool,
    target: tuple[str, ...],
    exclude: tuple[str, ...],
    replace: tuple[str, ...],
    override: tuple[str, ...],
) -> None:
    """Make exactly the calls of the plan, after it was approved."""
    _refuse_unattended("apply", approved=auto_approve)
    project = open_project(options)
    desired = open_desired(options, project)
    selection = Selection(target, exclude, replace, override)
    _carry_out(options, _Run("apply", project, desired, desired, selection, form, auto_approve, force, not no_wait))


@click.command()
@_run_options
@selection_options
@click.pass_obj
def destroy(  # noqa: PLR0913 - one argument for each flag
    options: Options,
    form: str,
    *,
    auto_approve: bool,
    force: bool,
    no_wait: bool,
    target: tuple[str, ...],
    exclude: tuple[str, ...],
    replace: tuple[str, ...],
    override: tuple[str, ...],
) -> None:
    """Stop every recorded session and forget it. The files stay in the bucket."""
    _refuse_unattended("destroy", approved=auto_approve)
    project = for_destroy(open_project(options))
    selection = Selection(target, exclude, replace, override)
    known = open_known(project)
    _carry_out(options, _Run("destroy", project, {}, known, selection, form, auto_approve, force, not no_wait))


def _refuse_unattended(command: str, *, approved: bool) -> None:
    if not approved and not sys.stdin.isatty():
        raise UsageError(
            f"takeup {command} asks before it calls, and here is no terminal to answer in.",
            hint=f"Review takeup plan, then run: takeup {command} --auto-approve",
        )


def _carry_out(options: Options, run: _Run) -> None:
    signal.signal(signal.SIGTERM, _as_interrupt)
    progress = _teller(run.form, approved=run.approved)
    world = open_world(run.project, progress.tell, wait=run.wait)
    recorder = open_recorder(run.project)
    try:
        with world.backend.lock(this_run(run.command)):
            world.backend.fold()
            prepared = prepare(world, recorder, run.desired, selection=run.selection, known=run.known)
            plan = prepared.plan
            _announce(options, plan, run.form, progress)
            if not plan.empty and must_ask(plan, approved=run.approved, force=run.force):
                _ask(destroying=not run.desired)
            progress.total = len(plan.changes) + sum(bool(item.calls) for item in plan.recovery)
            with progress:
                report = carry_through(world, prepared, run.desired, recorder, run.known)
            made = sum(count for operation, count in recorder.calls.items() if operation != "query")
    except TakeupError as error:
        progress.ended(error)
        raise
    finally:
        recorder.close()
    if isinstance(progress, EventStream):
        progress.finished(report, destroying=not run.desired)
    elif run.form == "json" or not plan.empty:
        text = apply_json(report, made) if run.form == "json" else apply_text(report, made, style(options))
        click.echo(text, nl=False)
    if not report.complete:
        raise SystemExit(1)
    if report.lost:
        raise SystemExit(EXIT_LOST)
    if not run.desired and plan.unjudged:
        left = counted(plan.unjudged, "session")
        raise UsageError(f"{left} could not be stopped (see the warnings) and may go on recording.")


def _teller(form: str, *, approved: bool) -> Progress | EventStream:
    if form != "events":
        return Progress()
    if not approved:
        raise UsageError("A stream of events leaves no room for a question.", hint="Add --auto-approve.")
    return EventStream()


def _announce(options: Options, plan: Plan, form: str, progress: Progress | EventStream) -> None:
    """Tell the plan before the first call; in JSON, stdout belongs to the report."""
    if isinstance(progress, EventStream):
        progress.planned(plan)
    else:
        err = form == "json"
        click.echo(plan_text(plan, style(options, err=err), terminal_width(err=err)), nl=False, err=err)


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
