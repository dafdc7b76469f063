"""takeup show and takeup state."""

import os
from dataclasses import replace
from difflib import get_close_matches
from types import MappingProxyType

import click

from takeup.backends.port import Backend
from takeup.cli.backend import open_backend
from takeup.cli.graph import refuse, style, this_run
from takeup.cli.main import Options
from takeup.core.address import Address
from takeup.core.snapshot import EndedSession, SessionState, Snapshot
from takeup.errors import UsageError
from takeup.manifest.project import load_project
from takeup.render.state_text import given_up_text, session_json, session_text, snapshot_json, state_list, state_text

_FORMAT = click.option("--format", "form", type=click.Choice(["text", "json"]), default="text", show_default=True)
_NOTHING = Snapshot(lineage="", serial=0, fingerprint_key=b"")


def _backend(options: Options) -> Backend:
    project, problems = load_project(options.root, os.environ, only="state")
    if project is None:
        refuse(options, problems)
        raise SystemExit(1)
    return open_backend(project)


def _read(options: Options) -> Snapshot:
    backend = _backend(options)
    snapshot = backend.read()
    _tell_notes(options, backend)
    return snapshot or _NOTHING


@click.command()
@_FORMAT
@click.pass_obj
def show(options: Options, form: str) -> None:
    """Show what is recorded, as the state says, and the files of what ended."""
    snapshot = _read(options)
    click.echo(snapshot_json(snapshot) if form == "json" else state_text(snapshot), nl=False)


@click.group()
def state() -> None:
    """Look into the state, or give up a part of it."""


@state.command("list")
@click.pass_obj
def list_(options: Options) -> None:
    """List the addresses of all recorded sessions."""
    click.echo(state_list(_read(options)), nl=False)


@state.command("show")
@click.argument("address")
@_FORMAT
@click.pass_obj
def show_one(options: Options, address: str, form: str) -> None:
    """Show all that is recorded of ADDRESS."""
    snapshot = _read(options)
    session, ended = _find(snapshot, address)
    click.echo(session_json(session, ended) if form == "json" else session_text(session, ended), nl=False)


@state.command("rm")
@click.argument("address")
@click.pass_obj
def remove(options: Options, address: str) -> None:
    """Give up ADDRESS without stopping it: takeup forgets the session, Agora goes on.

    For a session that is LOST and has surely ended. One that still runs goes on being billed.
    """
    backend = _backend(options)
    with backend.lock(this_run("state rm")):
        snapshot = backend.read()
        _tell_notes(options, backend)
        session, _ = _find(snapshot or _NOTHING, address)
        assert snapshot is not None, "a session was found in it"  # noqa: S101 - an invariant
        left = {key: value for key, value in snapshot.sessions.items() if key != session.address}
        backend.write(replace(snapshot, sessions=MappingProxyType(left)), previous_serial=snapshot.serial)
    click.echo(given_up_text(session), nl=False)


@state.command("unlock")
@click.argument("lock_id", metavar="ID")
@click.option("--force", is_flag=True, help="Remove a record that cannot be read, and so has no ID.")
@click.pass_obj
def unlock(options: Options, lock_id: str, *, force: bool) -> None:
    """Remove the lock ID of a run that has surely died on another host.

    The refusal of another run names the ID. A run that is alive on this host cannot be unlocked, and one that
    died on this host need not be: the next run takes its lock over.
    """
    backend = _backend(options)
    lock = backend.unlock(lock_id, force=force)
    click.echo(f"Unlocked {backend.describe()}: it was locked by {lock or 'a run whose record could not be read'}.")


def _tell_notes(options: Options, backend: Backend) -> None:
    for note in backend.notes():
        click.echo(f"{style(options, err=True).warn('Warning:')} {note}", err=True)


def _find(snapshot: Snapshot, text: str) -> tuple[SessionState, list[EndedSession]]:
    try:
        address = Address.parse(text)
    except ValueError:
        address = None
    if address is None or address not in snapshot.sessions:
        near = get_close_matches(text, [str(known) for known in snapshot.sessions], 1)
        raise UsageError(
            f"The state holds no {text}.",
            hint=f"Did you mean {near[0]}?" if near else "takeup state list names what it holds.",
        )
    return snapshot.sessions[address], [ended for ended in snapshot.ended if ended.address == address]
