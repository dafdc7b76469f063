"""takeup apply and takeup destroy: plan, ask, carry out, report."""

import re
import signal
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
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
from takeup.cli.inputs import input_options
from takeup.cli.main import EXIT_LOST, EXIT_STALE, Options
from takeup.cli.permit import must_ask
from takeup.cli.plan_files import expired, read_to_apply
from takeup.cli.progress import Progress
from takeup.core.address import Address
from takeup.core.approval import hold_against
from takeup.core.guard import FLAG
from takeup.core.plan import Plan
from takeup.core.plan_file import PlanFile
from takeup.core.resource import Resource
from takeup.core.selection import Selection
from takeup.engine.run import World, carry_through, note_refusal, prepare
from takeup.errors import PlanFileError, TakeupError, UsageError
from takeup.manifest.project import Project
from takeup.render.plan_text import plan_text
from takeup.render.report import apply_json, apply_text
from takeup.render.stale import STALE, stale_json, stale_text
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
    file: PlanFile | None = None
    digest: str = ""


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
@click.argument("planfile", required=False, metavar="[PLANFILE]", type=click.Path(path_type=Path))
@click.option(
    "--approve-digest",
    metavar="sha256:...",
    default="",
    help="Go on without asking if the plan of this moment (or PLANFILE) has this digest; else do nothing and exit 4.",
)
@_run_options
@selection_options
@input_options
@click.pass_obj
def apply(  # noqa: PLR0913 - one argument for each flag
    options: Options,
    planfile: Path | None,
    approve_digest: str,
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
    """Make exactly the calls of the plan, after it was approved.

    PLANFILE is a plan that was saved by takeup plan --out and reviewed: the world is looked at again, and what was
    approved is done, or a safe part of it. If more would have to be done now, nothing is, and the exit code is 4.
    """
    selection = Selection(target, exclude, replace, override)
    file = None
    if planfile is not None and selection != Selection():
        raise UsageError(
            f"A saved plan has its own --target, --exclude, --replace and {FLAG}.", hint="Leave the flags out."
        )
    if approve_digest:
        _check_digest(approve_digest)
    approved = auto_approve or planfile is not None or bool(approve_digest)
    _refuse_unattended("apply", approved=approved)
    project = open_project(options)
    if planfile is not None:
        file = read_to_apply(planfile, project.keys)
        selection = Selection.from_document(file.plan.selection)
        _check_approved(approve_digest, file)
    destroying = file is not None and file.destroy
    project = for_destroy(project) if destroying else project
    known = open_known(project) if destroying else open_desired(options, project)
    desired = {} if destroying else known
    _carry_out(
        options,
        _Run("apply", project, desired, known, selection, form, approved, force, not no_wait, file, approve_digest),
    )


def _check_digest(digest: str) -> None:
    if not re.fullmatch("sha256:[0-9a-f]{64}", digest):
        raise UsageError(
            "--approve-digest takes sha256: and 64 hexadecimal digits.",
            hint="takeup plan --format json has it as digest; a comment in Markdown has it in its first line.",
        )


def _check_approved(digest: str, file: PlanFile) -> None:
    if digest and file.plan.digest != digest:
        raise PlanFileError(
            f"The plan file has the digest {file.plan.digest}, which is not the approved one. Nothing was done.",
            hint="Somebody made or changed it after the approval: have this one reviewed, or find the approved one.",
        )


@click.command()
@_run_options
@selection_options
@input_options
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
            with _noted(world, run):
                prepared = prepare(
                    world, recorder, run.desired, selection=run.selection, known=run.known, by_hand=run.file is None
                )
                plan = prepared.plan
                _refuse_stale(options, run, plan, progress)
                _announce(options, plan, run.form, progress)
                asks = not plan.empty and must_ask(plan, approved=run.approved, force=run.force)
            if asks:
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


@contextmanager
def _noted(world: World, run: _Run) -> Iterator[None]:
    """Keep in the accounts of coverage that the plan of this run was refused."""
    try:
        yield
    except TakeupError as error:
        if run.desired:
            with suppress(TakeupError):  # the refusal is what has to be told
                note_refusal(world, run.desired, error)
        raise


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


def _refuse_stale(options: Options, run: _Run, plan: Plan, progress: Progress | EventStream) -> None:
    """Leave with EXIT_STALE where a plan was approved that is not, and does not contain, this one."""
    if run.file is not None:
        verdict = hold_against(run.file.plan, plan)
        reasons = tuple(text for text in (expired(run.file), *verdict.beyond) if text)
        if not reasons:
            _tell_moved(run.file.plan, plan, verdict.left)
    elif run.digest and run.digest != plan.digest:
        reasons = (f"approved was the digest {run.digest}",)
    else:
        return
    if not reasons:
        return
    approved = None if run.file is None else run.file.plan
    if isinstance(progress, EventStream):
        progress.ended(PlanFileError(STALE, hint="\n".join(reasons)))
    elif run.form == "text":
        click.echo(stale_text(reasons, approved, plan, style(options)), nl=False)
    else:
        digest = run.digest if approved is None else approved.digest
        click.echo(stale_json(reasons, digest, plan), nl=False)
    raise SystemExit(EXIT_STALE)


def _tell_moved(approved: Plan, plan: Plan, left: tuple[str, ...]) -> None:
    """What has happened since the approval that does not void it."""
    if approved.lineage == plan.lineage and approved.serial > plan.serial:
        click.echo(
            f"Warning: the state is older than this plan: serial {approved.serial} then, {plan.serial} now. Unless you"
            " have put an earlier one back, somebody else has.",
            err=True,
        )
    elif approved.lineage and approved.serial != plan.serial:
        click.echo(
            f"Note: the state was written since this plan was made (serial {approved.serial}, now {plan.serial}).",
            err=True,
        )
    for text in left:
        click.echo(f"Note: {text}", err=True)


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
