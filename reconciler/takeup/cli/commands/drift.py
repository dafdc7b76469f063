"""takeup drift."""

import click

from takeup.cli.commands.plan import wait_option
from takeup.cli.graph import open_project, open_reader, open_world, origins_of, style
from takeup.cli.inputs import input_options
from takeup.cli.main import EXIT_CHANGES, EXIT_LOST, Options
from takeup.cli.progress import quiet_teller
from takeup.engine.run import find_drift
from takeup.render.drift import drift_json, drift_text, of_found
from takeup.render.findings_junit import findings_junit
from takeup.render.sarif import sarif


@click.command()
@click.option(
    "--format", "form", type=click.Choice(["text", "json", "sarif", "junit"]), default="text", show_default=True
)
@click.option("--detailed-exitcode", is_flag=True, help="Exit 2 when something changed, 3 when a session is LOST.")
@wait_option
@input_options
@click.pass_obj
def drift(options: Options, form: str, *, detailed_exitcode: bool, no_wait: bool) -> None:
    """Show what changed outside of takeup, since when, and by what evidence. Changes nothing anywhere.

    It compares what the state says of each session with what the service answers. What the manifests want is the
    affair of takeup plan: SARIF and JUnit look into them for file and line alone, and do without where they cannot.
    """
    project = open_project(options)
    world = open_world(project, quiet_teller(), wait=not no_wait)
    reader = open_reader(project)
    try:
        found = find_drift(world, reader)
    finally:
        reader.close()
    if form in {"sarif", "junit"}:
        findings = of_found(found, origins_of(project))
        text = sarif(findings) if form == "sarif" else findings_junit("drift", findings)
    else:
        text = drift_json(found) if form == "json" else drift_text(found, style(options))
    click.echo(text, nl=False)
    if detailed_exitcode and found.lost:
        raise SystemExit(EXIT_LOST)
    if detailed_exitcode and found.drift:
        raise SystemExit(EXIT_CHANGES)
