"""takeup emulator."""

import signal

import click

from takeup.errors import UsageError


@click.command()
@click.option("--port", type=click.IntRange(0, 65535), default=0, help="Port on 127.0.0.1; 0 takes a free one.")
@click.option("--credentials", metavar="ID:SECRET", help="The only customer ID and secret that are accepted.")
@click.option(
    "--idle",
    "idle",
    metavar="CHANNEL",
    multiple=True,
    help="A channel with nobody in it: its recorder leaves after maxIdleTime. * and ? match.",
)
@click.option(
    "--startup",
    type=click.FloatRange(0, 90),
    default=3.0,
    show_default=True,
    help="Seconds until a session is up (status 4).",
)
@click.option("--log/--no-log", default=True, help="One line per call on stderr.")
def emulator(port: int, credentials: str | None, idle: tuple[str, ...], startup: float, *, log: bool) -> None:
    """Serve the emulator of Agora Cloud Recording on 127.0.0.1, until Ctrl-C.

    It accepts any App ID, and any credentials unless --credentials names them. Nothing is recorded.
    """
    from takeup.provider.emulator.server import serve  # noqa: PLC0415 - werkzeug is slow to import
    from takeup.provider.emulator.world import Settings, World  # noqa: PLC0415 - the same
    from takeup.provider.emulator.wsgi import EmulatorApp  # noqa: PLC0415 - the same

    pair = None
    if credentials is not None:
        name, colon, secret = credentials.partition(":")
        if not (name and colon and secret):
            raise UsageError("--credentials wants ID:SECRET, both not empty.")
        pair = (name, secret)
    world = World(settings=Settings(startup=startup, idle_channels=idle))
    try:
        server = serve(
            EmulatorApp(world, pair),
            port=port,
            log=(lambda line: click.echo(line, err=True)) if log else None,
        )
    except OSError as error:
        raise UsageError(
            f"Port {port} cannot be listened on: {error.strerror}.",
            hint="Take another --port, or 0 for a free one.",
        ) from error
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    click.echo(f"Emulator of Agora Cloud Recording (nothing is recorded) at {server.url}")
    click.echo(f"In takeup.yaml: endpoint: {server.url}   Ctrl-C ends it.")
    try:
        server.serve_forever()
    except KeyboardInterrupt:
        click.echo("Ended.", err=True)
    finally:
        server.close()
