"""What the commands that look into the state, or change it by hand, have in common."""

import os
from collections.abc import Iterable
from difflib import get_close_matches

import click

from takeup.backends.port import Backend
from takeup.cli.backend import open_backend
from takeup.cli.graph import inputs, refuse, style
from takeup.cli.main import Options
from takeup.core.address import Address
from takeup.core.snapshot import EndedSession, SessionState, Snapshot
from takeup.errors import UsageError
from takeup.manifest.project import FILE, Project, load_project

NOTHING = Snapshot(lineage="", serial=0, fingerprint_key=b"")
form_option = click.option("--format", "form", type=click.Choice(["text", "json"]), default="text", show_default=True)


def state_project(options: Options, file: str = FILE) -> Project:
    """The project with the credentials of its state, and no others."""
    project, problems = load_project(options.root, os.environ, inputs(options, secrets=False), only="state", file=file)
    refuse(options, problems)
    if project is None:
        raise SystemExit(1)
    return project


def state_backend(options: Options) -> Backend:
    """Where the project keeps its state."""
    return open_backend(state_project(options))


def read_state(options: Options, backend: Backend) -> Snapshot | None:
    """The state, with what there is to tell of it told."""
    snapshot = backend.read()
    tell_notes(options, backend.notes())
    return snapshot


def tell_notes(options: Options, notes: Iterable[str]) -> None:
    """Warnings, on stderr."""
    for note in notes:
        click.echo(f"{style(options, err=True).warn('Warning:')} {note}", err=True)


def find(snapshot: Snapshot, text: str) -> tuple[list[SessionState], list[EndedSession]]:
    """What the state holds of an address: one session, or both of a resource; and the ended ones of these.

    Raises:
        UsageError: nothing.
    """
    try:
        address = Address.parse(text)
    except ValueError:
        address = None
    found = [session for one, session in sorted(snapshot.sessions.items()) if address in {one, one.resource}]
    if not found:
        near = get_close_matches(text, [str(known) for known in snapshot.sessions], 1)
        raise UsageError(
            f"The state holds no {text}.",
            hint=f"Did you mean {near[0]}?" if near else "takeup state list names what it holds.",
        )
    return found, [ended for ended in snapshot.ended if address in {ended.address, ended.address.resource}]
