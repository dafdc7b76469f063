"""takeup state serve."""

import os
import signal
import ssl
import threading
from pathlib import Path

import click

from takeup.backends.http_server import StateServer
from takeup.cli.backend import codec_of
from takeup.cli.held_state import state_project
from takeup.cli.main import Options
from takeup.core.loopback import is_loopback
from takeup.core.secret import Secret
from takeup.errors import UsageError

_TOKEN = "TAKEUP_STATE_TOKEN"  # noqa: S105 - the name of a variable
_READ_TOKEN = "TAKEUP_STATE_READ_TOKEN"  # noqa: S105 - the same
_FILE = click.Path(path_type=Path)


@click.command()
@click.option("--port", type=click.IntRange(0, 65535), default=0, help="Port; 0 takes a free one.")
@click.option("--host", default="127.0.0.1", show_default=True, help="Address; other than loopback needs a token.")
@click.option("--tls", is_flag=True, help="Serve https, with a throw-away certificate (pip install 'takeup[tls]').")
@click.option("--ca-file", type=_FILE, help="With --tls: where to write the certificate that clients have to trust.")
@click.option("--cert", type=_FILE, help="Serve https with this certificate (PEM, with its chain).")
@click.option("--key", type=_FILE, help="The key of --cert.")
@click.option("--log/--no-log", default=True, help="One line for each request on stderr.")
@click.pass_obj
def serve(  # noqa: PLR0913 - one argument for each flag
    options: Options,
    port: int,
    host: str,
    *,
    tls: bool,
    ca_file: Path | None,
    cert: Path | None,
    key: Path | None,
    log: bool,
) -> None:
    """Serve the state to a team, over Terraform's HTTP state protocol, until Ctrl-C.

    It serves the folder of spec.state.path: NAME.json is at /state/NAME, and the state of this project among them.
    Runs on this host and remote ones exclude each other. TAKEUP_STATE_TOKEN is the token that clients must send, as
    a bearer token or as the password of any user; TAKEUP_STATE_READ_TOKEN is one that may read and nothing else.
    """
    project = state_project(options)
    if project.state.backend != "local":
        raise UsageError(
            f"spec.state.backend is {project.state.backend}: only a local state can be served.",
            hint="Run takeup state serve where the state file is.",
        )
    if project.state_path.suffix != ".json":
        raise UsageError(
            f"{project.state_path.name} cannot be served: the state NAME is kept in NAME.json.",
            hint="Give it a name that ends in .json, in spec.state.path and on the disk.",
        )
    tokens = [Secret(os.environ[name]) if os.environ.get(name) else None for name in (_TOKEN, _READ_TOKEN)]
    if not is_loopback(host) and tokens[0] is None:
        raise UsageError(
            f"{host} can be reached by others, and nothing would keep them out.",
            hint=f"Set a token: export {_TOKEN}=... Or leave --host away.",
        )
    context, trusted = _context(options, host, tls=tls, ca_file=ca_file, files=(cert, key))
    try:
        server = StateServer(
            project.state_path.parent, host=host, port=port, token=tokens[0], read_token=tokens[1], tls=context,
            tell=_line if log else lambda _: None, codec=codec_of(project),
        )  # fmt: skip
    except OSError as error:
        raise UsageError(
            f"Port {port} on {host} cannot be listened on: {error.strerror or error}.",
            hint="Take another --port, or 0 for a free one.",
        ) from error
    ended = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: ended.set())
    with server:
        _tell(f"{server.url}/state/{project.state_path.stem}", tokens[0], trusted)
        if context is None and not is_loopback(host):
            _line("Warning: without https, the token and the state can be read on the network.")
        while not ended.wait(1):
            pass
    _line("Ended.")


def _line(text: str) -> None:
    click.echo(text, err=True)


def _tell(address: str, token: Secret | None, trusted: Path | None) -> None:
    credential = "" if token is None else f", token: {{fromEnv: {_TOKEN}}}"
    click.echo(f'In takeup.yaml:  state: {{backend: http, address: "{address}"{credential}}}')
    click.echo(f'In Terraform:    backend "http" with address, lock_address and unlock_address = "{address}"')
    if trusted is not None:
        click.echo(f"Certificate to trust:  export SSL_CERT_FILE={trusted}")
    click.echo("Ready. Ctrl-C ends it.")


def _context(
    options: Options, host: str, *, tls: bool, ca_file: Path | None, files: tuple[Path | None, Path | None]
) -> tuple[ssl.SSLContext | None, Path | None]:
    """What https needs, and the certificate that clients have to trust, where it was made here."""
    cert, key = files
    if (cert is None) != (key is None):
        raise UsageError("--cert and --key belong together.")
    if (ca_file is not None) != tls or (tls and cert is not None):
        raise UsageError("--tls makes a certificate and needs --ca-file FILE to write it to; --cert brings its own.")
    if tls and ca_file is not None:
        from takeup.provider.emulator.tls import make_certificates  # noqa: PLC0415 - optional

        made = make_certificates(host)
        path = options.root / ca_file
        try:
            path.write_bytes(made.ca_pem)
        except OSError as error:
            raise UsageError(f"The certificate cannot be written to {path}: {error.strerror}.") from error
        return made.context, path.absolute()
    if cert is None:
        return None, None
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    try:
        context.load_cert_chain(options.root / cert, None if key is None else options.root / key)
    except (OSError, ssl.SSLError) as error:
        raise UsageError(f"--cert and --key cannot be used: {error}.", hint="Both are PEM files.") from error
    return context, None
