"""takeup coverage."""

from datetime import UTC, date, datetime
from decimal import Decimal, InvalidOperation
from difflib import get_close_matches

import click

from takeup.cli.backend import open_backend
from takeup.cli.graph import style, terminal_width
from takeup.cli.held_state import NOTHING, read_state, state_project
from takeup.cli.inputs import input_options
from takeup.cli.main import Options
from takeup.core.cover import Cover, Coverage, Days, coverage, worst_first
from takeup.core.selection import Selection
from takeup.core.snapshot import Snapshot
from takeup.errors import ForbiddenError, UsageError
from takeup.render.coverage_html import coverage_html
from takeup.render.coverage_json import coverage_json
from takeup.render.coverage_junit import coverage_junit
from takeup.render.coverage_text import coverage_text
from takeup.render.coverage_words import length, shares, verdict

_STALE = 3600
_MOST = Decimal(100)
_SHOWN = 3
_FORMATS = click.Choice(["text", "json", "junit", "html"])


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
            read = Decimal(str(value).removesuffix("%"))
        except InvalidOperation:
            self.fail(f"{value!r} is not a percentage: write for example 99.9.", param, ctx)
        if not read.is_finite() or not 0 <= read <= _MOST:
            self.fail(f"{value!r} is not a percentage from 0 to 100: write for example 99.9.", param, ctx)
        return read


@click.command("coverage")
@click.argument("addresses", nargs=-1, metavar="[ADDR]...")
@click.option("--since", metavar="DAY", type=_Day(), help="From this day on: 2026-12-01.")
@click.option("--until", metavar="DAY", type=_Day(), help="Up to and with this day, but not beyond this moment.")
@click.option("--min", "least", metavar="PERCENT", type=_Percent(), help="Exit 1 if a recording is covered less: 99.9.")
@click.option("--top", type=click.IntRange(0), default=20, show_default=True, help="Text: list so many; 0 is all.")
@click.option("--format", "form", type=_FORMATS, default="text", show_default=True)
@input_options
@click.pass_obj
def coverage_(  # noqa: PLR0913 - one argument for each flag
    options: Options,
    addresses: tuple[str, ...],
    *,
    since: date | None,
    until: date | None,
    least: Decimal | None,
    top: int,
    form: str,
) -> None:
    """Show how much of what the schedules wanted was recorded, and why the rest was not.

    ADDR is an address, or a pattern with * and ?. Days are those of each recording's time zone. It reads the accounts
    that apply keeps in the state: it makes no call and takes no lock. It is as of the last run; with --until, what no
    run has looked at since counts as a gap. Only what is known to have been recorded is covered.
    """
    if since is not None and until is not None and since > until:
        raise UsageError(f"--since {since} is after --until {until}.", hint="Both days are included.")
    project = state_project(options)
    snapshot = read_state(options, open_backend(project)) or NOTHING
    _refuse_unknown(snapshot, addresses)
    now = int(datetime.now(UTC).timestamp())
    found = coverage(
        snapshot,
        project=project.name,
        takes=Selection(target=addresses).takes,
        days=Days(since, until),
        now=now,
        least=least,
    )
    click.echo(_rendered(options, found, form, now, top), nl=False)
    _warn_if_old(options, found)
    _hold_to_least(found)


def _refuse_unknown(snapshot: Snapshot, addresses: tuple[str, ...]) -> None:
    known = [str(address) for address in snapshot.accounts]
    for text in addresses:
        if any(Selection(target=(text,)).takes(address) for address in snapshot.accounts):
            continue
        near = get_close_matches(text, known, 1)
        raise UsageError(
            f"No run has kept an account of {text}.",
            hint=f"Did you mean {near[0]}?"
            if near
            else "Recordings with a schedule have one, from the first apply on: takeup coverage lists them.",
        )


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


def _warn_if_old(options: Options, found: Coverage) -> None:
    """A gate that looks at an old state passes though nothing was recorded since."""
    if found.open_for <= _STALE or found.days.last is not None:
        return
    told = f"{length(found.open_for)} of wanted time have passed that no run has looked at. To count them: --until DAY"
    click.echo(f"{style(options, err=True).warn('Warning:')} {told}", err=True)


def _hold_to_least(found: Coverage) -> None:
    """The gate.

    Raises:
        ForbiddenError: a recording is below it.
        UsageError: there is nothing to hold to it.
    """
    if found.least is None:
        return
    if not found.covers:
        raise UsageError(
            "There is no account that --min could be held against.",
            hint="takeup apply keeps one of each recording with a schedule.",
        )
    if not found.short:
        return
    worst = worst_first(found.short)
    names = [_missing(cover) for cover in worst]
    more = f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else ""
    raise ForbiddenError(f"{verdict(found).removesuffix('.')}: {', '.join(names[:_SHOWN])}{more}.")


def _missing(cover: Cover) -> str:
    part = cover.sums
    return f"{cover.address} ({shares(part)}, {length(part.due - part.covered)} missing)"
