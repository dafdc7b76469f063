"""takeup state fsck and takeup state why."""

from contextlib import suppress
from datetime import UTC, datetime

import click

from takeup.backends.fsck import examine, repair
from takeup.cli.graph import this_run
from takeup.cli.held_state import NOTHING, find, form_option, read_state, state_backend
from takeup.cli.inputs import input_options
from takeup.cli.main import Options
from takeup.errors import StateError
from takeup.render.state_why import why as reasons_of
from takeup.render.state_why import why_json, why_text


@click.command()
@click.option("--repair", "mend", is_flag=True, help="Mend what can be mended without losing a session.")
@input_options
@click.pass_obj
def fsck(options: Options, *, mend: bool) -> None:
    """Look for damage in the state, its journal and its earlier versions, and for sessions held twice.

    Exits 1 when something is wrong. Each flaw says what --repair does about it, or what you can do.
    """
    backend = state_backend(options)
    flaws = examine(backend)
    for flaw in flaws:
        click.echo(flaw.problem)
        if flaw.advice:
            click.echo(f"  {flaw.advice}")
        if flaw.mended:
            click.echo(f"  --repair: {flaw.mended}")
    if mend and any(flaw.mended for flaw in flaws):
        fresh = state_backend(options)
        with fresh.lock(this_run("state fsck")):
            for done in repair(fresh):
                click.echo(done)
        flaws = tuple(flaw for flaw in flaws if not flaw.mended)
    if flaws:
        raise SystemExit(1)
    click.echo(f"{backend.describe()}: nothing{' else' if mend else ''} is wrong.")


@click.command()
@click.argument("address")
@form_option
@input_options
@click.pass_obj
def why(options: Options, address: str, form: str) -> None:
    """Show where each value of ADDRESS comes from, and how old it is.

    The age of what the manifest said is told by the earlier states that are kept. Secrets are not shown.
    """
    backend = state_backend(options)
    snapshot = read_state(options, backend) or NOTHING
    sessions, _ = find(snapshot, address)
    earlier = []
    with suppress(StateError):  # this place keeps none, or one of them is damaged: what is known is told
        for version in backend.history():
            found = backend.past(version.serial)
            if found is not None:
                earlier.append(found)
    reasons = [(session, reasons_of(session, snapshot.serial, earlier)) for session in sessions]
    if form == "json":
        click.echo(why_json(*reasons[0], *reasons[1:]), nl=False)
    else:
        now = datetime.now(UTC)
        click.echo("".join(why_text(session, found, now) for session, found in reasons), nl=False)
