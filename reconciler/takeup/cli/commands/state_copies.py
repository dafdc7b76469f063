"""takeup state pull, push, history, restore and migrate: whole states, from one place to another."""

import sys
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path

import click

from takeup.backends.codec import Codec
from takeup.backends.format import encode_snapshot
from takeup.backends.port import Backend
from takeup.cli.backend import codec_of, open_backend
from takeup.cli.graph import this_run
from takeup.cli.held_state import form_option, read_state, state_backend, state_project, tell_notes
from takeup.cli.inputs import input_options
from takeup.cli.main import Options
from takeup.core.moving import forgotten
from takeup.core.snapshot import Snapshot
from takeup.errors import StateError, UsageError
from takeup.render.state_text import time_text
from takeup.render.state_why import history_json, history_text

_force = click.option("--force", is_flag=True, help="Do it although sessions would be forgotten, or it is older.")


@click.command()
@input_options
@click.pass_obj
def pull(options: Options) -> None:
    """Print the state file, with its journal folded in. It holds the key of the secrets' fingerprints: keep it private.

    A state that is encrypted is printed readably, for push to take. Needs no lock, and changes nothing.
    """
    snapshot = read_state(options, state_backend(options))
    if snapshot is None:
        raise UsageError("There is no state yet.", hint="The first takeup apply writes one.")
    sys.stdout.buffer.write(encode_snapshot(snapshot))
    sys.stdout.buffer.flush()


@click.command()
@click.argument("file", type=click.Path(path_type=Path, allow_dash=True))
@_force
@input_options
@click.pass_obj
def push(options: Options, file: Path, *, force: bool) -> None:
    """Replace the state by FILE (- is standard input): of the same lineage, and with a newer serial.

    Refused where FILE does not know a session that the state holds, for nobody could stop it any more.
    --force takes an older serial, another lineage, and such a FILE. The lineage stays that of the state.
    """
    project = state_project(options)
    pushed = _decoded(options, file, codec_of(project))
    backend = open_backend(project)
    with backend.lock(this_run("state push")):
        held = read_state(options, backend)
        if held is not None and not force:
            _check_push(held, pushed)
        stored = _put(backend, held, pushed, force=force)
    click.echo(f"Wrote serial {stored.serial} to {backend.describe()}.")


@click.command()
@form_option
@input_options
@click.pass_obj
def history(options: Options, form: str) -> None:
    """List the earlier states that are kept, the newest first: 20 of them."""
    project = state_project(options)
    backend = open_backend(project)
    snapshot = read_state(options, backend)
    rows = [] if snapshot is None else [(snapshot.serial, len(codec_of(project).encode(snapshot)), "stored now")]
    rows += [
        (one.serial, one.size, "" if one.replaced_at is None else f"replaced {time_text(one.replaced_at)}")
        for one in backend.history()
    ]
    click.echo(history_json(rows) if form == "json" else history_text(rows), nl=False)


@click.command()
@click.argument("serial", type=int)
@_force
@input_options
@click.pass_obj
def restore(options: Options, serial: int, *, force: bool) -> None:
    """Put the earlier state SERIAL in place again, under a new serial.

    Refused where it does not know a session that the state holds, for nobody could stop it any more.
    """
    backend = state_backend(options)
    with backend.lock(this_run("state restore")):
        held = read_state(options, backend)
        earlier = backend.past(serial)
        if earlier is None:
            raise UsageError(f"Serial {serial} is not kept.", hint="takeup state history lists what is kept.")
        stored = _put(backend, held, earlier, force=force)
    click.echo(f"Serial {serial} is in place again, as serial {stored.serial}.")


@click.command()
@click.option("--to", "file", metavar="FILE", required=True, help="A project file, of which spec.state is read.")
@input_options
@click.pass_obj
def migrate(options: Options, file: str) -> None:
    """Copy the state to where another project file says, and verify the copy. What is here is kept.

    Both places are locked. The other one must be empty, and proves first that it keeps what takeup relies on.
    """
    source = state_backend(options)
    target = open_backend(state_project(options, file))
    run = this_run("state migrate")
    with ExitStack() as stack:
        stack.enter_context(source.lock(run))
        source.fold()
        snapshot = read_state(options, source)
        if snapshot is None:
            raise UsageError(f"There is no state in {source.describe()}.", hint="Nothing needs to be copied.")
        target.prove()
        stack.enter_context(target.lock(run))
        if target.read() is not None:
            raise UsageError(
                f"{target.describe()} holds a state already. Nothing was copied.", hint="Name an empty place."
            )
        stored = target.write(snapshot, previous_serial=None)
        copied = target.read()
        if copied is None or replace(copied, serial=0, fence=0) != replace(snapshot, serial=0, fence=0):
            raise StateError(
                f"{target.describe()} does not give back what was written to it. What is in {source.describe()} is"
                " as it was.",
                hint="Do not use the copy.",
            )
        tell_notes(options, target.notes())
    click.echo(f"Copied {source.describe()} to {target.describe()}, serial {stored.serial}, and verified it.")
    click.echo(f"What is in {source.describe()} is kept. Now put spec.state of {file} into takeup.yaml.")


def _decoded(options: Options, file: Path, codec: Codec) -> Snapshot:
    """A state that somebody gives: readable, as pull prints it, or encrypted with a key of the project."""
    try:
        data = sys.stdin.buffer.read() if str(file) == "-" else (options.root / file).read_bytes()
    except OSError as error:
        raise UsageError(f"{file} cannot be read: {error.strerror}.") from error
    return replace(codec, keys=codec.keys and replace(codec.keys, allow_plaintext=True)).decode(data, str(file))


def _check_push(held: Snapshot, pushed: Snapshot) -> None:
    if pushed.lineage != held.lineage:
        raise UsageError(
            f"The file has lineage {pushed.lineage}, the state {held.lineage}: it is of another project, or of a state"
            " begun anew. Nothing was changed.",
            hint="When you are sure: --force",
        )
    if pushed.serial <= held.serial:
        raise UsageError(
            f"The file has serial {pushed.serial}, which is not newer than that of the state, {held.serial}. Nothing"
            " was changed.",
            hint="Pull the state, and make your change in that. When you are sure: --force",
        )


def _put(backend: Backend, held: Snapshot | None, instead: Snapshot, *, force: bool) -> Snapshot:
    """Write a state in place of what is held.

    Raises:
        UsageError: sessions would be forgotten, and `force` is not given.
    """
    if held is None:
        return backend.write(instead, previous_serial=None)
    gone = forgotten(held, instead)
    if gone and not force:
        names = ", ".join(f"{session.address} (sid {session.sid or 'not known'})" for session in gone)
        raise UsageError(
            f"What the state holds would be forgotten, and could never be stopped again: {names}. Nothing was changed.",
            hint="Stop it first (takeup destroy --target), or give it up (takeup state rm). When you are sure: --force",
        )
    return backend.write(replace(instead, lineage=held.lineage), previous_serial=held.serial)
