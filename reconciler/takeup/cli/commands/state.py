"""takeup show and takeup state."""

from dataclasses import replace
from pathlib import Path
from types import MappingProxyType

import click

from takeup.cli.commands.plan import max_chars_option
from takeup.cli.graph import style, terminal_width, this_run
from takeup.cli.held_state import NOTHING, find, form_option, read_state, state_backend, state_project
from takeup.cli.inputs import input_options
from takeup.cli.lazy import LazyGroup
from takeup.cli.main import Options
from takeup.cli.plan_files import made_text, read
from takeup.core.address import Address
from takeup.core.moving import moved
from takeup.errors import UsageError
from takeup.render.formats import FORMATS, RenderOptions
from takeup.render.state_text import given_up_text, session_json, session_text, snapshot_json, state_list, state_text

_COMMANDS = "takeup.cli.commands"


@click.command()
@click.argument("planfile", required=False, metavar="[PLANFILE]", type=click.Path(path_type=Path))
@click.option("--format", "form", type=click.Choice(list(FORMATS)), default="text", show_default=True)
@max_chars_option
@input_options
@click.pass_obj
def show(options: Options, planfile: Path | None, form: str, max_chars: int) -> None:
    """Show what is recorded, as the state says, and the files of what ended; or a saved plan.

    A plan is shown in any format of takeup plan; the state as text or json.
    """
    if planfile is not None:
        file = read(planfile, lambda: state_project(options).keys)
        click.echo(made_text(file), err=True)
        click.echo(
            FORMATS[form](file.plan, RenderOptions(style(options).colour, terminal_width(), max_chars)), nl=False
        )
        return
    if form not in {"text", "json"}:
        raise UsageError(f"The state is shown as text or json; {form} is for plans.", hint="takeup show PLANFILE")
    snapshot = read_state(options, state_backend(options)) or NOTHING
    click.echo(snapshot_json(snapshot) if form == "json" else state_text(snapshot), nl=False)


@click.group(
    cls=LazyGroup,
    lazy={
        "list": (f"{_COMMANDS}.state:list_", "List the addresses of all recorded sessions."),
        "show": (f"{_COMMANDS}.state:show_one", "Show all that is recorded of ADDRESS."),
        "why": (f"{_COMMANDS}.state_check:why", "Show where each value of ADDRESS comes from, and how old it is."),
        "mv": (f"{_COMMANDS}.state:move", "Rename OLD to NEW in the state, without a call."),
        "rm": (f"{_COMMANDS}.state:remove", "Give up ADDRESS without stopping it."),
        "pull": (f"{_COMMANDS}.state_copies:pull", "Print the state file, with its journal folded in."),
        "push": (f"{_COMMANDS}.state_copies:push", "Replace the state by FILE."),
        "history": (f"{_COMMANDS}.state_copies:history", "List the earlier states that are kept."),
        "restore": (f"{_COMMANDS}.state_copies:restore", "Put the earlier state SERIAL in place again."),
        "migrate": (f"{_COMMANDS}.state_copies:migrate", "Copy the state to where another project file says."),
        "rekey": (f"{_COMMANDS}.state_rekey:rekey", "Encrypt the state and its earlier versions with the key of now."),
        "fsck": (f"{_COMMANDS}.state_check:fsck", "Look for damage in the state and beside it."),
        "unlock": (f"{_COMMANDS}.state:unlock", "Remove the lock ID of a run that has surely died."),
        "serve": (f"{_COMMANDS}.state_serve:serve", "Serve the state to a team, over Terraform's HTTP protocol."),
    },
)
def state() -> None:
    """Look into the state, or change it by hand."""


@click.command("list")
@input_options
@click.pass_obj
def list_(options: Options) -> None:
    """List the addresses of all recorded sessions."""
    click.echo(state_list(read_state(options, state_backend(options)) or NOTHING), nl=False)


@click.command("show")
@click.argument("address")
@form_option
@input_options
@click.pass_obj
def show_one(options: Options, address: str, form: str) -> None:
    """Show all that is recorded of ADDRESS."""
    snapshot = read_state(options, state_backend(options)) or NOTHING
    sessions, ended = find(snapshot, address)
    if form == "json":
        click.echo(session_json(sessions[0], ended, sessions[1] if sessions[1:] else None), nl=False)
    else:
        click.echo("\n".join(session_text(session, ended) for session in sessions), nl=False)


@click.command("mv")
@click.argument("old")
@click.argument("new")
@input_options
@click.pass_obj
def move(options: Options, old: str, new: str) -> None:
    """Rename OLD to NEW in the state, without a call: the recording goes on.

    For a manifest whose name was changed. Both are addresses of the same kind, and NEW must be free.
    """
    backend = state_backend(options)
    with backend.lock(this_run("state mv")):
        snapshot = read_state(options, backend) or NOTHING
        (session, *_), _ = find(snapshot, old)
        try:
            wanted = Address.parse(new)
        except ValueError as error:
            raise UsageError(f"{new} is no address.", hint="Write for example CompositeRecording.all-hands.") from error
        if wanted.kind is not session.address.kind:
            raise UsageError(
                f"{old} is a {session.address.kind.value}, and cannot become a {wanted.kind.value}.",
                hint="A recording of another kind is another session: change the manifest, and apply.",
            )
        given = Address.parse(old)
        if wanted.leg != given.leg:
            raise UsageError(
                f"{old} and {new} are not the same session of a recording.",
                hint=f"Both sessions move with the recording: takeup state mv {given.resource} {wanted.resource}",
            )
        if snapshot.sessions.keys() & {wanted, wanted.partner if wanted.leg == 1 else wanted}:
            raise UsageError(
                f"The state holds a {new} already. Nothing was changed.",
                hint=f"When that one is of no more use: takeup state rm {new}",
            )
        backend.write(moved(snapshot, given, wanted), previous_serial=snapshot.serial)
    click.echo(f"{old} is now {new}. Nothing was asked of Agora.")


@click.command("rm")
@click.argument("address")
@input_options
@click.pass_obj
def remove(options: Options, address: str) -> None:
    """Give up ADDRESS without stopping it: takeup forgets the session, Agora goes on.

    For a session that is LOST and has surely ended. One that still runs goes on being billed.
    """
    backend = state_backend(options)
    with backend.lock(this_run("state rm")):
        snapshot = read_state(options, backend) or NOTHING
        sessions, _ = find(snapshot, address)
        gone = {session.address for session in sessions}
        left = {key: value for key, value in snapshot.sessions.items() if key not in gone}
        backend.write(replace(snapshot, sessions=MappingProxyType(left)), previous_serial=snapshot.serial)
    click.echo("".join(map(given_up_text, sessions)), nl=False)


@click.command("unlock")
@click.argument("lock_id", metavar="ID")
@click.option("--force", is_flag=True, help="Remove a record that cannot be read, and so has no ID.")
@input_options
@click.pass_obj
def unlock(options: Options, lock_id: str, *, force: bool) -> None:
    """Remove the lock ID of a run that has surely died on another host.

    The refusal of another run names the ID. A run that is alive on this host cannot be unlocked, and one that
    died on this host need not be: the next run takes its lock over.
    """
    backend = state_backend(options)
    lock = backend.unlock(lock_id, force=force)
    click.echo(f"Unlocked {backend.describe()}: it was locked by {lock or 'a run whose record could not be read'}.")
