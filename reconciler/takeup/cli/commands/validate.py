"""takeup validate."""

import click

from takeup.cli.graph import inputs, style
from takeup.cli.inputs import input_options
from takeup.cli.main import Options
from takeup.manifest.loader import load
from takeup.manifest.project import load_project
from takeup.render.findings import of_problems
from takeup.render.findings_junit import findings_junit
from takeup.render.problems import problems_json, problems_text
from takeup.render.sarif import sarif
from takeup.render.style import counted


@click.command()
@click.option(
    "--format", "form", type=click.Choice(["text", "json", "sarif", "junit"]), default="text", show_default=True
)
@input_options
@click.pass_obj
def validate(options: Options, form: str) -> None:
    """Check the project file and the manifests: offline, without credentials and without state.

    Every problem is told, with file:line:column, address, what is wrong and what would be right.
    """
    project, problems = load_project(options.root, None, inputs(options, demanded=False))
    addresses: list[str] = []
    if project is not None:
        loaded = load(project, None)
        problems = [*problems, *loaded.problems]
        addresses = [str(address) for address in loaded.resources if address == address.resource]
    failed = any(problem.severity == "error" for problem in problems)
    if form == "json":
        click.echo(problems_json(problems), nl=False)
    elif form == "sarif":
        click.echo(sarif(of_problems(problems)), nl=False)
    elif form == "junit":
        click.echo(findings_junit("validate", of_problems(problems), addresses), nl=False)
    else:
        if problems:
            click.echo(problems_text(problems, style(options)).rstrip("\n"))
        if not failed:
            click.echo(f"Success! The manifests are valid: {counted(len(addresses), 'recording')}.")
    if failed:
        raise SystemExit(1)
