"""takeup next."""

from datetime import UTC, datetime
from itertools import islice

import click

from takeup.cli.graph import inputs, refuse
from takeup.cli.inputs import input_options
from takeup.cli.instant import INSTANT
from takeup.cli.main import Options
from takeup.core.schedule import boundaries, wanted
from takeup.manifest.loader import load
from takeup.manifest.project import load_project
from takeup.render.agenda import Next, next_json, next_text


@click.command("next")
@click.option("--count", type=click.IntRange(1, 1000), default=2, show_default=True, help="How many of each recording.")
@click.option("--at", type=INSTANT, help="As if it were that time: 2026-12-01T08:00+01:00.")
@click.option("--format", "form", type=click.Choice(["text", "json"]), default="text", show_default=True)
@input_options
@click.pass_obj
def next_(options: Options, form: str, *, count: int, at: datetime | None) -> None:
    """Show when the windows of each recording open and close next: offline, without credentials and without state."""
    project, problems = load_project(options.root, None, inputs(options, demanded=False))
    refuse(options, problems)
    assert project is not None, "a project without errors is a project"  # noqa: S101 - the loader's contract
    loaded = load(project, None)
    refuse(options, loaded.problems)
    now = at or datetime.now(UTC)
    found = [
        Next(resource, wanted(resource.schedule, now), tuple(islice(boundaries(resource.schedule, now), count)))
        for _, resource in sorted(loaded.resources.items())
        if resource.schedule is not None and resource.address.leg == 1  # both sessions of a recording have one
    ]
    click.echo(next_json(found) if form == "json" else next_text(found), nl=False)
