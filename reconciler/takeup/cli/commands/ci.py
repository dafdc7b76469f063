"""takeup ci: a step of a pipeline, with everything that its system shows written in one go."""

import io
import json
import os
from collections.abc import Callable, Mapping
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path
from typing import Any

import click

from takeup.cli.ci_job import OUT, PLAN_FILE, CiJob, ci_job
from takeup.cli.ci_system import detect
from takeup.cli.graph import open_project, open_reader, open_world, origins_of
from takeup.cli.main import EXIT_CHANGES, EXIT_LOST, EXIT_STALE, Options
from takeup.cli.plan_files import save
from takeup.cli.progress import quiet_teller
from takeup.core.address import Address
from takeup.core.plan import Plan
from takeup.core.resource import Resource
from takeup.engine.run import find_drift, prepare
from takeup.errors import UsageError
from takeup.manifest.loader import load
from takeup.manifest.project import Project, load_project
from takeup.render.ci_pages import COMMENT_FOOT, apply_page, drift_page, findings_page, foot
from takeup.render.drift import drift_json, drift_text, of_found
from takeup.render.findings import Level, Noted, of_plan, of_problems
from takeup.render.formats import FORMATS, GITHUB_COMMENT, RenderOptions
from takeup.render.marker import PlanComment, plan_comment
from takeup.render.plan_text import plan_text
from takeup.render.problems import problems_text
from takeup.render.style import Style, counted

Command = Callable[..., Any]
BOT = "github-actions[bot]"
_PLAN_FILES = {"plan.json": "json", "plan.html": "html", "gitlab-terraform.json": "gitlab"}

out_option = click.option(
    "--out",
    metavar="DIR",
    type=click.Path(path_type=Path),
    help=f"Write the artifacts there instead of into {OUT} in the project's folder.",
)


def _comments_options(command: Command) -> Command:
    """Where the comments of a pull request are, and whose to believe."""
    author = click.option(
        "--comment-author", metavar="LOGIN", default=BOT, show_default=True, help="Who posts the plans."
    )
    comments = click.option(
        "--comments",
        metavar="FILE",
        type=click.Path(path_type=Path),
        help="The comments of the pull request, as GitHub's API lists them.",
    )
    return comments(author(command))


@click.group()
def ci() -> None:
    """Run a step of a pipeline: comment, summary, annotations, reports and outputs are written in one go.

    GitHub Actions and GitLab CI are known by their variables. Everywhere else the files are written all the same.
    """


@ci.command()
@out_option
@click.pass_obj
def validate(options: Options, out: Path | None) -> None:
    """Check the manifests: offline, without credentials and without state, so for pull requests from outside too."""
    with ci_job("validate", detect(os.environ), options.root, out or options.root / OUT) as job:
        project, _ = _load(options, job, None)
        count = len({address.resource for address in load(project, None).resources})
        job.log(f"Success! The manifests are valid: {counted(count, 'recording')}.\n")


@ci.command()
@_comments_options
@out_option
@click.pass_obj
def plan(options: Options, out: Path | None, comments: Path | None, comment_author: str) -> None:
    """Plan for a pull request. Changes nothing anywhere; exits 0 whether there are changes or not.

    With --comments the output comment-id tells which of them shows an earlier plan of this project.
    """
    with ci_job("plan", detect(os.environ), options.root, out or options.root / OUT) as job:
        project, desired = _load(options, job, os.environ)
        made = _plan(project, desired)
        _told(job, project, made)
        last = _last_comment(project, comments, comment_author)
        job.outputs["comment-id"] = "" if last is None else str(last.id)


@ci.command()
@click.argument("planfile", required=False, metavar="[PLANFILE]", type=click.Path(path_type=Path))
@click.option(
    "--approve-digest", metavar="sha256:...", default="", help="Apply the plan that has this digest, or none."
)
@click.option("--force", is_flag=True, help="Do it although the safety rails refuse it.")
@_comments_options
@out_option
@click.pass_context
def apply(  # noqa: PLR0913 - one argument for each flag
    context: click.Context, planfile: Path | None, approve_digest: str, *, force: bool, out: Path | None,
    comments: Path | None, comment_author: str,
) -> None:  # fmt: skip
    """Apply the plan that was approved, and no other.

    It is PLANFILE, or the plan with the digest that is given, or with that of the last plan among the comments of the
    pull request: whoever merges approves that plan. Without any of these the plan is shown, and refused where it has
    changes. Where more would have to be done now than was approved, nothing is, and the exit code is 4.
    """
    options: Options = context.obj
    with ci_job("apply", detect(os.environ), options.root, out or options.root / OUT) as job:
        project, desired = _load(options, job, os.environ)
        last = _last_comment(project, comments, comment_author)
        digest = approve_digest or ("" if last is None or planfile else last.digest)
        if not digest and planfile is None:
            _refuse_unapproved(job, project, desired)
            return
        try:
            _apply(context, job, planfile=planfile, approve_digest=digest, force=force)
        except SystemExit as leave:
            if leave.code != EXIT_STALE or _tell_stale(job, project, desired, digest):
                raise


@ci.command()
@out_option
@click.pass_obj
def drift(options: Options, out: Path | None) -> None:
    """Show what changed outside of takeup. Exits 2 when something did, 3 when a session is LOST: the job fails then."""
    with ci_job("drift", detect(os.environ), options.root, out or options.root / OUT) as job:
        project = open_project(options)
        reader = open_reader(project)
        try:
            found = find_drift(open_world(project, quiet_teller()), reader)
        finally:
            reader.close()
        job.log(drift_text(found, Style(colour=False)))
        job.artifact("drift.json", drift_json(found))
        job.summarize(drift_page(found))
        job.found(of_found(found, origins_of(project)))
        job.outputs["changes"] = _boolean(found.drift)
        job.outputs["lost"] = str(len(found.lost))
        if found.lost:
            raise SystemExit(EXIT_LOST)
        if found.drift:
            raise SystemExit(EXIT_CHANGES)


def _load(options: Options, job: CiJob, env: Mapping[str, str] | None) -> tuple[Project, Mapping[Address, Resource]]:
    """The project and what it wants, or an exit with every problem told at its line."""
    project, problems = load_project(options.root, env)
    resources: Mapping[Address, Resource] = {}
    if project is not None:
        loaded = load(project, env)
        problems, resources = [*problems, *loaded.problems], loaded.resources
    job.found(of_problems(problems))
    if problems:
        job.log(problems_text(problems, Style(colour=False)))
    if any(problem.severity == "error" for problem in problems):
        job.summarize(findings_page(job.command, of_problems(problems)))
        raise SystemExit(1)
    assert project is not None, "a project without errors is a project"  # noqa: S101 - the loader's contract
    return project, resources


def _plan(project: Project, desired: Mapping[Address, Resource]) -> Plan:
    reader = open_reader(project)
    try:
        return prepare(open_world(project, quiet_teller()), reader, desired).plan
    finally:
        reader.close()


def _told(job: CiJob, project: Project, made: Plan) -> None:
    """Everything that shows a plan."""
    job.log(plan_text(made, Style(colour=False)))
    for name, form in _PLAN_FILES.items():
        job.artifact(name, FORMATS[form](made, RenderOptions()))
    save(job.out / PLAN_FILE, made, project)
    page = FORMATS["markdown"](made, RenderOptions(max_chars=GITHUB_COMMENT - COMMENT_FOOT))
    job.artifact("comment.md", f"{page}\n{foot(made.digest)}\n")
    job.summarize(page)
    job.found(of_plan(made))
    job.outputs["digest"] = made.digest
    job.outputs["changes"] = _boolean(not made.empty)
    job.outputs["lost"] = str(len(made.lost))


def _last_comment(project: Project, comments: Path | None, author: str) -> PlanComment | None:
    if comments is None:
        return None
    try:
        return plan_comment(comments.read_text("utf-8"), project.name, author)
    except (OSError, ValueError) as error:
        raise UsageError(
            f"{comments} holds no comments as GitHub's API lists them.",
            hint="Fetch them anew: gh api --paginate repos/OWNER/NAME/issues/NUMBER/comments",
        ) from error


def _apply(context: click.Context, job: CiJob, **flags: Any) -> None:  # noqa: ANN401 - flags of takeup apply
    """Run `takeup apply`, whose report becomes the summary."""
    from takeup.cli.commands.apply import apply as apply_command  # noqa: PLC0415 - the only step that calls

    report, log = io.StringIO(), io.StringIO()
    try:
        with redirect_stdout(report), redirect_stderr(log):
            context.invoke(apply_command, form="json", **flags)
    finally:
        job.log(log.getvalue() or "Nothing was done.\n")
        if report.getvalue():
            job.artifact("apply.json", report.getvalue())
            _reported(job, json.loads(report.getvalue()))


def _reported(job: CiJob, document: dict[str, Any]) -> None:
    if document.get("stale"):
        return
    job.summarize(apply_page(document))
    job.outputs["calls"] = str(document["calls"])
    job.outputs["lost"] = str(len(document["lost"]))
    job.found(
        Noted("failed", Level.ERROR, f"{row['address']}: {row['error']}", row["address"]) for row in document["failed"]
    )
    job.found(Noted("lost", Level.ERROR, f"{address} is LOST", address) for address in document["lost"])


def _tell_stale(job: CiJob, project: Project, desired: Mapping[Address, Resource], digest: str) -> bool:
    """Show the plan of this moment, so that somebody can approve it instead; False if it has nothing to do.

    So a job that is run once more after it has done all does not fail.
    """
    now = _plan(project, desired)
    _told(job, project, now)
    if now.empty:
        job.log("Nothing is to be done any more.\n")
        return False
    text = (
        f"Stale: what was approved{f' ({digest})' if digest else ''} is not what would be done now. Nothing was done.\n"
        f"Look at the plan of this moment; to approve it: takeup ci apply --approve-digest {now.digest}"
    )
    job.found([Noted("failed", Level.ERROR, text)])
    click.echo(f"Error: {text}", err=True)
    return True


def _refuse_unapproved(job: CiJob, project: Project, desired: Mapping[Address, Resource]) -> None:
    made = _plan(project, desired)
    _told(job, project, made)
    if not made.empty:
        raise UsageError(
            "Nobody approved this plan: no comment of a pull request shows one, and no digest was given. "
            "Nothing was done.",
            hint=f"To do what the plan says: takeup ci apply --approve-digest {made.digest}",
        )


def _boolean(value: object) -> str:
    return "true" if value else "false"
