"""A time on the command line."""

from datetime import UTC, datetime

import click


class _Instant(click.ParamType[datetime]):
    """A time with an offset, as UTC."""

    name = "time"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> datetime:
        """Read it."""
        if isinstance(value, datetime):
            return value
        try:
            read = datetime.fromisoformat(str(value))
        except ValueError:
            self.fail(f"{value!r} is not a time: write for example 2026-12-01T08:00+01:00.", param, ctx)
        if read.tzinfo is None:
            self.fail(f"{value!r} has no offset: write {value}Z or {value}+01:00.", param, ctx)
        return read.astimezone(UTC)


INSTANT = _Instant()
