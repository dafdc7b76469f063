"""takeup import: record a session that runs already, or write the manifest of its start request."""

import os
import sys
from datetime import UTC, datetime
from difflib import get_close_matches
from pathlib import Path
from typing import Any

import click

from takeup.cli.graph import inputs, open_desired, open_project, open_reader, open_world, refuse, this_run
from takeup.cli.inputs import input_options
from takeup.cli.main import Options
from takeup.cli.progress import quiet_teller
from takeup.core.address import Address, Kind
from takeup.core.resource import Resource
from takeup.engine.importing import Wanted, import_session
from takeup.errors import ProjectError, UsageError
from takeup.manifest.append import appended
from takeup.manifest.from_request import Made, manifest_from
from takeup.manifest.loader import load
from takeup.manifest.project import FILE, load_project
from takeup.manifest.replace_file import replace_file
from takeup.render.imported import manifest_json, session_json, session_text, variables_text

_LARGEST = 16 * 1024 * 1024


class _Moment(click.ParamType[datetime]):
    """Reads a time with its zone, as ISO 8601 writes it."""

    name = "time"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> datetime:  # noqa: ANN401 - click's
        """Read it, or fail as click does."""
        try:
            read = datetime.fromisoformat(value)
        except ValueError:
            self.fail(f"{value!r} is no time; write for example 2026-03-01T12:00:00Z.", param, ctx)
        if read.tzinfo is None:
            self.fail(f"{value!r} has no zone; write for example {value}Z for UTC.", param, ctx)
        if read > datetime.now(UTC):
            self.fail(f"{value!r} has not come yet.", param, ctx)
        return read.astimezone(UTC)


@click.command("import")
@click.argument("address", metavar="ADDR")
@click.option("--sid", metavar="SID", help="The sid: the answer to start had it, and Agora's notifications have it.")
@click.option("--resource-id", metavar="ID", help="The resourceId; not needed where the state holds ADDR as LOST.")
@click.option(
    "--started-at", metavar="TIME", type=_Moment(), help="When it was started, for example 2026-03-01T12:00:00Z."
)
@click.option("--from-request", "request", metavar="FILE", help="Write the manifest of this start request; - is stdin.")
@click.option("--to", metavar="FILE", type=click.Path(path_type=Path), help="Write it to FILE, behind what is there.")
@click.option("--cname", metavar="TEXT", help="The channel, where the request does not hold it.")
@click.option("--uid", metavar="UID", help="The recorder's uid, where the request does not hold it.")
@click.option("--format", "form", type=click.Choice(["text", "json"]), default="text", show_default=True)
@input_options
@click.pass_obj
def import_(  # noqa: PLR0913, PLR0917 - one argument for each flag
    options: Options,
    address: str,
    sid: str | None,
    resource_id: str | None,
    started_at: datetime | None,
    request: str | None,
    to: Path | None,
    cname: str | None,
    uid: str | None,
    form: str,
) -> None:
    """Record a session that runs already, or write the manifest of its start request.

    With --sid: ADDR stands in the manifests, and the session was started by something else, or is LOST. Agora is
    asked whether it runs, and nothing is changed there. Agora cannot read a configuration back: the manifest is
    believed, unless takeup sent the start itself.

    With --from-request: the JSON body that was sent to start (or to acquire with startParameter) becomes the
    manifest of ADDR, on stdout or in --to. Secrets become {fromEnv: NAME}; their values are written nowhere.
    """
    if request is None:
        _refuse_flags({"--to": to, "--cname": cname, "--uid": uid}, "--from-request")
        if not sid:
            raise UsageError(
                "takeup import needs the sid of the session, or its start request.",
                hint="takeup import ADDR --sid SID, or takeup import ADDR --from-request FILE",
            )
        _import_session(options, address, sid, resource_id or None, started_at, form)
    else:
        _refuse_flags({"--sid": sid, "--resource-id": resource_id, "--started-at": started_at}, "--sid")
        _refuse_member(_parsed(address))
        _write_manifest(options, _parsed(address), request, to, form, cname=cname, uid=uid)


def _refuse_flags(given: dict[str, object], owner: str) -> None:
    wrong = [name for name, value in given.items() if value is not None]
    if wrong and owner == "--sid":
        raise UsageError(
            f"--from-request writes a manifest and asks nobody; {wrong[0]} does not go with it.",
            hint="Write the manifest first, then run takeup import ADDR --sid SID.",
        )
    if wrong:
        raise UsageError(f"{wrong[0]} goes with {owner} only.")


def _refuse_member(address: Address) -> None:
    if address != address.resource:
        raise UsageError(
            f"{address} is the second session of {address.resource}, and has no manifest of its own.",
            hint=f"Write redundancy: 2 and secondUid into the manifest, then takeup import {address} --sid SID.",
        )
    if address.key:
        raise UsageError(
            f"{address} is a member of a set, and has no manifest of its own.",
            hint=f"Add the row {address.key!r} to the RecordingSet {address.name}, then takeup import ADDR --sid SID.",
        )


def _import_session(  # noqa: PLR0913, PLR0917 - the flags of this form
    options: Options, address: str, sid: str, resource_id: str | None, started_at: datetime | None, form: str
) -> None:
    project = open_project(options)
    resource = _declared(dict(open_desired(options, project)), address)
    world = open_world(project, quiet_teller())
    reader = open_reader(project)
    try:
        with world.backend.lock(this_run("import")):
            done = import_session(world, reader, Wanted(resource, sid, resource_id, started_at))
    finally:
        reader.close()
    click.echo(session_json(done) if form == "json" else session_text(done, world.target), nl=False)


def _declared(desired: dict[Address, Resource], text: str) -> Resource:
    found = next((resource for address, resource in desired.items() if str(address) == text), None)
    if found is None:
        near = get_close_matches(text, [str(address) for address in desired], 1)
        write = f"Write its manifest first, or let takeup write it: takeup import {text} --from-request FILE"
        raise UsageError(
            f"The manifests declare no {text}. Nothing was recorded.",
            hint=f"Did you mean {near[0]}? Otherwise: {write[0].lower()}{write[1:]}" if near else write,
        )
    return found


def _parsed(text: str) -> Address:
    try:
        return Address.parse(text)
    except ValueError:
        kinds = [kind.value for kind in Kind]
        kind, _, name = text.partition(".")
        near = get_close_matches(kind, kinds, 1)
        raise UsageError(
            f"{text!r} is no address.",
            hint=f"Did you mean {near[0]}.{name or 'NAME'}?"
            if near
            else f"Write KIND.NAME, KIND one of {', '.join(kinds)}.",
        ) from None


def _write_manifest(  # noqa: PLR0913 - the flags of this form
    options: Options,
    address: Address,
    request: str,
    to: Path | None,
    form: str,
    *,
    cname: str | None,
    uid: str | None,
) -> None:
    data, name = _request(options, request)
    made = manifest_from(address, data, name=name, cname=cname, uid=uid)
    refuse(options, made.problems)
    notes = list(made.notes)
    variables = [(variable.name, variable.attribute) for variable in made.variables]
    if to is not None:
        path = options.root / to
        whole = appended(_bytes(path), made.text, address, name=str(to))
        notes += _check_project(options, address, made, path)
        replace_file(path, whole)
    if form == "json":
        click.echo(manifest_json(address, None if to is None else str(to), made.text, variables, notes), nl=False)
        return
    click.echo(made.text if to is None else f"Wrote {address} to {to}.\n", nl=False)
    click.echo(variables_text(variables, notes), nl=False, err=to is None)


def _request(options: Options, name: str) -> tuple[bytes, str]:
    if name == "-":
        return sys.stdin.buffer.read(_LARGEST + 1), "stdin"
    path = options.root / name
    if not path.is_file():
        raise UsageError(f"There is no file {name}.", hint="It holds the JSON body that was sent to start; - is stdin.")
    return _bytes(path), name


def _bytes(path: Path) -> bytes:
    """A file, or nothing where there is none."""
    try:
        with path.open("rb") as file:
            return file.read(_LARGEST + 1)
    except FileNotFoundError:
        return b""
    except OSError as error:
        raise ProjectError(f"{path} cannot be read: {error.strerror}. Nothing was written.") from error


def _check_project(options: Options, address: Address, made: Made, path: Path) -> list[str]:
    """The manifest must not clash with the project's others; told as well: a file that the project does not read.

    Raises:
        ProjectError: the address or the session is declared already.
    """
    if not (options.root / FILE).exists():
        return []
    project, _ = load_project(options.root, None, inputs(options, demanded=False))
    if project is None:
        return []
    for other in load(project, None).resources.values():
        if other.address == address:
            raise ProjectError(
                f"{other.origin} declares {address} already. Nothing was written.", hint="Name another address."
            )
        if (other.cname, other.uid) == (made.cname, made.uid):
            raise ProjectError(
                f"{other.origin} declares a recording of cname {made.cname!r} with uid {made.uid} already: "
                f"{other.address}. Nothing was written.",
                hint="Two recorders with one uid throw each other out; give each a uid of its own.",
            )
    inside = path.resolve().is_relative_to(project.manifests.resolve())
    if inside and path.suffix in {".yaml", ".yml"} and not path.name.startswith("."):
        return []
    folder = os.path.relpath(project.manifests, project.root)
    return [f"takeup reads the .yaml files in the folder {folder}: not this one."]
