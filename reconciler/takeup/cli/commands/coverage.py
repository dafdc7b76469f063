"""takeup coverage."""

from datetime import UTC, date, datetime
from decimal import Decimal, InvalidOperation

import click

from takeup.cli.commands.state import _backend, _tell_notes
from takeup.cli.graph import style, terminal_width
from takeup.cli.main import Options
from takeup.core.address import Address
from takeup.core.cover import Coverage, Days, coverage
from takeup.core.planner import Selection
from takeup.core.snapshot import Snapshot
from takeup.errors import TakeupError, UsageError
from takeup.render.coverage_html import coverage_html
from takeup.render.coverage_json import coverage_json
from takeup.render.coverage_junit import coverage_junit
from takeup.render.coverage_text import coverage_text
from takeup.render.coverage_words import verdict

_NOTHING = Snapshot(lineage="", serial=0, fingerprint_key=b"")
_STALE = 24 * 3600
_MOST = Decimal(100)


class _Day(click.ParamType[date]):
    """A day of the calendar."""

    name = "day"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> date:
        """Read it."""
        if isinstance(value, date):
            return value
        try:
            return datetime.strptime(str(value), "%Y-%m-%d").date()  # noqa: DTZ007 - a day, of whatever zone
        except ValueError:
            self.fail(f"{value!r} is not a day: write for example 2026-12-01.", param, ctx)


class _Percent(click.ParamType[Decimal]):
    """A percentage, exactly."""

    name = "percent"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> Decimal:
        """Read it."""
        try:
            read = Decimal(str(value))
        except InvalidOperation:
            self.fail(f"{value!r} is not a percentage: write for example 99.9.", param, ctx)
        if not read.is_finite() or not 0 <= read <= _MOST:
            self.fail(f"{value!r} is not a percentage from 0 to 100: write for example 99.9.", param, ctx)
        return read


@click.command()
@click.argument("addresses", nargs=-1, metavar="[ADDR]...")
@click.option("--since", metavar="DAY", type=_Day(), help="From this day on: 2026-12-01, in each recording's zone.")
@click.option("--until", metavar="DAY", type=_Day(), help="Up to and with this day, or now: also what no run looked at.")
@click.option("--min", "least", metavar="PERCENT", type=_Percent(), help="Exit 1 if a recording is covered less: 99.9.")
@click.option("--top", type=click.IntRange(0), default=20, show_default=True, help="Tell so many as text; 0: all.")
@click.option(
    "--format", "form", type=click.Choice(["text", "json", "junit", "html"]), default="text", show_default=True
)
@click.pass_obj
def coverage_(  # noqa: PLR0913 - one argument for each flag
    options: Options,
    addresses: tuple[str, ...],
    since: date | None,
    until: date | None,
    least: Decimal | None,
    top: int,
    form: str,
) -> None:
    """Show how much of what the schedules wanted was recorded, and why the rest was not.

    ADDR is an address, or a pattern with * and ?. It reads the accounts that apply keeps in the state: it makes no
    call, takes no lock, and knows nothing later than the last run. Only what is known to have been recorded counts.
    """
    if since is not None and until is not None and since > until:
        raise UsageError(f"--since {since} is after --until {until}.", hint="Both days are included.")
    backend = _backend(options)
    snapshot = backend.read() or _NOTHING
    _tell_notes(options, backend)
    _refuse_unknown(snapshot, addresses)
    now = int(datetime.now(UTC).timestamp())
    found = coverage(
        snapshot,
        project=_project(options),
        takes=Selection(target=addresses).takes,
        days=Days(since, until),
        now=now,
        least=least,
    )
    click.echo(_rendered(options, found, form, now, top), nl=False)
    if found.as_of is not None and now - found.as_of > _STALE and until is None:
        days = (now - found.as_of) // _STALE
        told = f"no run has been made for more than {days * 24} hours; --until DAY counts them as gaps."
        click.echo(f"{style(options, err=True).warn('Warning:')} {told}", err=True)
    if found.short:
        raise TakeupError(verdict(found), hint=f"The worst: {_worst(found)}")


def _rendered(options: Options, found: Coverage, form: str, now: int, top: int) -> str:
    match form:
        case "json":
            return coverage_json(found)
        case "junit":
            return coverage_junit(found)
        case "html":
            return coverage_html(found, now)
        case _:
            return coverage_text(found, now, style(options), width=terminal_width(), top=top)
