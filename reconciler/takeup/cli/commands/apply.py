"""takeup apply and takeup destroy: plan, ask, carry out, report."""

import signal
import sys
from collections.abc import Mapping
from typing import Any

import click

from takeup.cli.commands.plan import selection_options
from takeup.cli.graph import for_destroy, holder, open_desired, open_project, open_recorder, open_world, style
from takeup.cli.main import Options
from takeup.cli.permit import must_ask
from takeup.cli.progress import Progress
from takeup.core.address import Address
from takeup.core.plan import Action, Change
from takeup.core.planner import Selection
from takeup.core.resource import Resource
from takeup.engine.apply import Report
from takeup.engine.run import Prepared, carry_through, prepare
from takeup.errors import UsageError
from takeup.manifest.project import Project
from takeup.render.plan_text import plan_text
from takeup.render.report import apply_json
from takeup.render.style import Style, counted

_FORMAT = click.option("--format", "form", type=click.Choice(["text", "json"]), default="text", show_default=True)
_APPROVE = click.option("--auto-approve", is_flag=True, help="Do not ask.")
_FORCE = click.option("--force", is_flag=True, help="Go on although more is stopped than spec.safety allows.")


@click.command()
@_APPROVE
@_FORCE
@_FORMAT
@selection_options
@click.pass_obj
def apply(  # noqa: PLR0913 - one argument for each flag
    options: Options,
    form: str,
    *,
    auto_approve: bool,
    force: bool,
    target: tuple[str, ...],
    exclude: tuple[str, ...],
    replace: tuple[str, ...],
) -> None:
    """Make exactly the calls of the plan, after it was approved."""
    _refuse_unattended("apply", approved=auto_approve)
    project = open_project(options)
    desired = open_desired(options, project)
    _run(options, project, desired, Selection(target, exclude, replace), form, approved=auto_approve, force=force)


@click.command()
@_APPROVE
@_FORCE
@_FORMAT
@selection_options
@click.pass_obj
def destroy(  # noqa: PLR0913 - one argument for each flag
    options: Options,
    form: str,
    *,
    auto_approve: bool,
    force: bool,
    target: tuple[str, ...],
    exclude: tuple[str, ...],
    replace: tuple[str, ...],
) -> None:
    """Stop every recorded session and forget it. The files stay in the bucket."""
    _refuse_unattended("destroy", approved=auto_approve)
    project = for_destroy(open_project(options))
    _run(options, project, {}, Selection(target, exclude, replace), form, approved=auto_approve, force=force)


def _refuse_unattended(command: str, *, approved: bool) -> None:
    if not approved and not sys.stdin.isatty():
        raise UsageError(
            f"takeup {command} asks before it calls, and here is no terminal to answer in.",
            hint=f"Review takeup plan, then run: takeup {command} --auto-approve",
        )


def _run(  # noqa: PLR0913 - the one path of two commands
    options: Options,
    project: Project,
    desired: Mapping[Address, Resource],
    selection: Selection,
    form: str,
    *,
    approved: bool,
    force: bool,
) -> None:
    signal.signal(signal.SIGTERM, _as_interrupt)
    progress = Progress()
    world = open_world(project, progress.tell)
    recorder = open_recorder(project)
    try:
        with world.backend.lock(holder()):
            prepared = prepare(world, recorder, desired, selection=selection)
            plan = prepared.plan
            # In JSON, stdout belongs to the report; the plan is still announced before the first call.
            click.echo(plan_text(plan, style(options, err=form == "json")), nl=False, err=form == "json")
            if plan.changes and must_ask(plan, approved=approved, force=force):
                _ask(destroying=not desired)
            progress.total = len(plan.changes)
            with progress:
                report = carry_through(world, prepared, desired, recorder)
            made = sum(count for operation, count in recorder.calls.items() if operation != "query")
    finally:
        recorder.close()
    click.echo(_json(report, made) if form == "json" else _text(prepared, report, made, style(options)), nl=False)
    if report.failed or report.skipped:
        raise SystemExit(1)
    if not desired and prepared.plan.unjudged:
        left = counted(prepared.plan.unjudged, "session")
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


def _text(prepared: Prepared, report: Report, made: int, look: Style) -> str:
    if not prepared.plan.changes:
        return ""
    lines = [""]
    for change, error in report.failed:
        lines.append(look.error(f"Error: {change.address}: {change.action.value} failed: {error.message}"))
        if error.hint:
            lines.append(f"  {error.hint}")
    lines.extend(f"Not begun: {change.address} ({change.action.value})" for change in report.skipped)
    added = _count(report.applied, Action.CREATE, Action.REPLACE)
    changed = _count(report.applied, Action.UPDATE)
    gone = _count(report.applied, Action.DELETE, Action.REPLACE)
    head = (
        f"Apply incomplete: {len(report.failed)} failed, {len(report.skipped)} not begun."
        if report.failed or report.skipped
        else "Apply complete!"
    )
    head = look.error(head) if report.failed or report.skipped else look.bold(head)
    lines.append(f"{head} Recordings: {added} added, {changed} changed, {gone} destroyed. {counted(made, 'API call')}.")
    return "\n".join(lines) + "\n"


def _count(changes: list[Change], *actions: Action) -> int:
    return sum(change.action in actions for change in changes)


def _json(report: Report, made: int) -> str:
    def row(change: Change, **more: Any) -> dict[str, Any]:  # noqa: ANN401 - JSON values
        return {"address": str(change.address), "action": change.action.value, **more}

    return apply_json(
        [row(change, calls=list(change.calls)) for change in report.applied],
        [row(change, error=error.message, hint=error.hint) for change, error in report.failed],
        [row(change) for change in report.skipped],
        made,
    )
