"""takeup state rekey."""

import click

from takeup.cli.backend import open_backend
from takeup.cli.graph import this_run
from takeup.cli.held_state import read_state, state_project
from takeup.cli.inputs import input_options
from takeup.cli.main import Options
from takeup.errors import UsageError
from takeup.render.style import counted


@click.command()
@input_options
@click.pass_obj
def rekey(options: Options) -> None:
    """Encrypt the state and its earlier versions anew, with the key of spec.state.encryption.

    For a state that is not encrypted yet (allowPlaintext: true), and before a key is taken out of previousKeys.
    Nothing is asked of Agora, and nothing changes but the serial.
    """
    project = state_project(options)
    if project.keys is None:
        raise UsageError(
            "The project file names no key to encrypt with. Nothing was changed.",
            hint="Write spec.state.encryption: {key: {fromEnv: TAKEUP_STATE_KEY}}. A key: openssl rand -base64 32",
        )
    backend = open_backend(project)
    with backend.lock(this_run("state rekey")):
        backend.fold()
        snapshot = read_state(options, backend)
        if snapshot is None:
            raise UsageError("There is no state yet.", hint="The first takeup apply writes one, encrypted.")
        stored = backend.write(snapshot, previous_serial=snapshot.serial)
        earlier = backend.reseal()
    click.echo(f"{backend.describe()} is encrypted with the key {project.keys.key.id}, as serial {stored.serial}.")
    if project.state.backend == "http":
        click.echo("Earlier versions at the server were left alone: keep their keys as long as you may want them.")
    else:
        click.echo(f"Earlier versions, backup and rescued files: {counted(earlier, 'file')} encrypted anew.")
