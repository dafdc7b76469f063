"""takeup emulator."""

import os
import signal
import tempfile
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from takeup.cli.main import Options
from takeup.errors import UsageError

if TYPE_CHECKING:
    from takeup.provider.emulator import Certificates, Clock, Emulator, Server, SqliteStore
    from takeup.provider.emulator.scenario import Scenario

_FILE = click.Path(path_type=Path)


@click.command()
@click.option("--port", type=click.IntRange(0, 65535), default=0, help="Port; 0 takes a free one.")
@click.option("--host", default="127.0.0.1", show_default=True, help="A loopback address; no other one is listened on.")
@click.option("--tls", is_flag=True, help="Serve https, with a throw-away certificate (pip install 'takeup[tls]').")
@click.option("--ca-file", type=_FILE, help="With --tls: where to write the certificate that clients have to trust.")
@click.option("--scenario", type=_FILE, help="A file that says how the world behaves and what goes wrong.")
@click.option("--clock", default="wall", show_default=True, help="wall, step (stands still) or x60 (60 times as fast).")
@click.option("--state", type=_FILE, help="A file that keeps the sessions and the time between two runs.")
@click.option("--credentials", metavar="ID:SECRET", help="The only customer ID and secret that are accepted.")
@click.option(
    "--idle",
    metavar="CHANNEL",
    multiple=True,
    help="A channel with nobody in it: its recorder leaves after maxIdleTime. * and ? match.",
)
@click.option("--startup", type=click.FloatRange(0, 90), help="Seconds until a session is up (status 4).  [default: 3]")
@click.option("--log/--no-log", default=True, help="One line per call on stderr.")
@click.pass_obj
def emulator(  # noqa: PLR0913 - one argument for each flag
    options: Options,
    port: int,
    host: str,
    *,
    tls: bool,
    ca_file: Path | None,
    scenario: Path | None,
    clock: str,
    state: Path | None,
    credentials: str | None,
    idle: tuple[str, ...],
    startup: float | None,
    log: bool,
) -> None:
    """Serve the emulator of Agora Cloud Recording on this machine, until Ctrl-C.

    It accepts any App ID, and any credentials unless --credentials names them. Nothing is recorded.
    Flags win over what the scenario says.
    """
    if ca_file is not None and not tls:
        raise UsageError("--ca-file belongs to --tls: plain http has no certificate.")
    pair = _pair(credentials)
    _check_clock(clock)
    played = _scenario(options, scenario, idle, startup)
    certificates = _certificates(host) if tls else None
    with _store(None if state is None else options.root / state) as store:
        made = _emulator(played, clock, store, pair)
        server = _serve(made, host, port, certificates, _line if log else None)
        try:
            with _trust(certificates, None if ca_file is None else options.root / ca_file) as trusted:
                told = _banner(server.url, made, scenario, state, trusted)
                _run(made, server, store, told)
        finally:
            server.close()
            made.close()


def _line(text: str) -> None:
    click.echo(text, err=True)


def _pair(credentials: str | None) -> tuple[str, str] | None:
    if credentials is None:
        return None
    name, _, secret = credentials.partition(":")
    if not (name and secret):
        raise UsageError("--credentials wants ID:SECRET, both not empty.")
    return name, secret


def _check_clock(text: str) -> None:
    from takeup.provider.emulator.clock import Clock  # noqa: PLC0415 - commands load what they need

    try:
        Clock.parse(text)
    except ValueError as error:
        raise UsageError(f"--clock {text!r} will not do: {error}.") from error


def _scenario(options: Options, path: Path | None, idle: tuple[str, ...], startup: float | None) -> "Scenario":
    """Read the scenario file, if there is one, and lay the flags over it; or leave with every problem told."""
    from takeup.provider.emulator.scenario import Scenario  # noqa: PLC0415 - pydantic is slow to import

    played = Scenario() if path is None else _read(options, path)
    changed: dict[str, Any] = {} if startup is None else {"startup": startup}
    if idle:
        changed["idleChannels"] = [*played.settings.idleChannels, *idle]
    return played.model_copy(update={"settings": played.settings.model_copy(update=changed)})


def _read(options: Options, path: Path) -> "Scenario":
    from takeup.cli.graph import refuse  # noqa: PLC0415 - the graph is slow to import
    from takeup.cli.scenario_file import load_scenario  # noqa: PLC0415 - the same

    found, problems = load_scenario(options.root / path, os.environ)
    refuse(options, problems)
    assert found is not None, "a file without errors is a scenario"  # noqa: S101 - the loader's contract
    return found


def _certificates(host: str) -> "Certificates":
    from takeup.provider.emulator.tls import make_certificates  # noqa: PLC0415 - optional

    return make_certificates(host)


@contextmanager
def _store(path: Path | None) -> "Iterator[SqliteStore | None]":
    """Open the file of sessions; without one they are kept in memory."""
    if path is None:
        yield None
        return
    from takeup.provider.emulator.store import SqliteStore  # noqa: PLC0415 - only with --state

    store = SqliteStore(path)
    try:
        yield store
    finally:
        store.close()


def _emulator(
    played: "Scenario", clock: str, store: "SqliteStore | None", credentials: tuple[str, str] | None
) -> "Emulator":
    from takeup.provider.emulator import Clock, Emulator  # noqa: PLC0415 - werkzeug is slow to import
    from takeup.provider.emulator.kept import resume_clock  # noqa: PLC0415 - the same

    time = Clock.parse(clock) if store is None else resume_clock(clock, store)
    made = Emulator(clock=time, store=store, credentials=credentials)
    made.apply(played)
    return made


def _serve(
    made: "Emulator", host: str, port: int, certificates: "Certificates | None", log: Callable[[str], None] | None
) -> "Server":
    try:
        return made.serve(port, host, None if certificates is None else certificates.context, log)
    except ValueError as error:
        raise UsageError(f"{str(error).capitalize()}.", hint="Leave --host away, or name 127.0.0.1 or ::1.") from error
    except OSError as error:
        raise UsageError(
            f"Port {port} on {host} cannot be listened on: {error.strerror}.",
            hint="Take another --port, or 0 for a free one.",
        ) from error


@contextmanager
def _trust(certificates: "Certificates | None", path: Path | None) -> Iterator[Path | None]:
    """Write the authority's certificate for clients; a file that nobody named goes when the emulator ends."""
    if certificates is None:
        yield None
        return
    if path is not None:
        try:
            path.write_bytes(certificates.ca_pem)
        except OSError as error:
            raise UsageError(f"The certificate cannot be written to {path}: {error.strerror}.") from error
        yield path.absolute()
        return
    with tempfile.NamedTemporaryFile(prefix="takeup-emulator-ca-", suffix=".pem") as file:
        file.write(certificates.ca_pem)
        file.flush()
        yield Path(file.name)


def _banner(url: str, made: "Emulator", scenario: Path | None, state: Path | None, trusted: Path | None) -> str:
    lines = [
        f"Emulator of Agora Cloud Recording (nothing is recorded) at {url}",
        f"In takeup.yaml: endpoint: {url}",
        f"Status page: {url}/",
        f"Clock: {_clock_text(made.clock)}",
    ]
    if scenario is not None:
        count = len(made.faults.rules)
        lines.append(f"Scenario: {scenario} ({count} fault{'' if count == 1 else 's'} in it)")
    if state is not None:
        lines.append(f"State: {state} (sessions that live: {len(made.world.sessions())})")
    if trusted is not None:
        lines += [
            f"Certificate to trust: {trusted}",
            f"  export SSL_CERT_FILE={trusted}",
            f"  export REQUESTS_CA_BUNDLE={trusted}",
        ]
    return "\n".join([*lines, "Ready. Ctrl-C ends it."])


def _clock_text(clock: "Clock") -> str:
    if clock.speed == 1:
        return "as on the wall"
    if clock.speed == 0:
        return "stands still until it is stepped, on the status page or by POST /_emulator/clock"
    return f"{clock.speed:g} times as fast as on the wall"


def _run(made: "Emulator", server: "Server", store: "SqliteStore | None", told: str) -> None:
    """Serve until SIGTERM or Ctrl-C. A second signal leaves at once."""
    from takeup.provider.emulator.kept import keep_time  # noqa: PLC0415 - commands load what they need

    ended = threading.Event()

    def end(*_: object) -> None:
        ended.set()
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, signal.default_int_handler)

    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, end)
    if store is not None:
        made.clock.watch(lambda: keep_time(made.clock, store))
    server.start()
    click.echo(told)
    while not ended.wait(1):
        if store is not None and made.clock.speed > 0:
            keep_time(made.clock, store)
    if store is not None:
        keep_time(made.clock, store)
    click.echo("Ended.", err=True)
