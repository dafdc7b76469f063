"""What all formats of coverage say alike: causes in words, lengths, shares, times."""

from datetime import datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

from takeup.core.account import Cause, Segment, Sums, as_time
from takeup.core.cover import Cover, Coverage, at_most, percent

CAUSES = {
    Cause.NO_RUN: "no run came in time",
    Cause.EXCLUDED: "the runs left it out",
    Cause.REFUSED: "the plan was refused",
    Cause.QUOTA: "there was no room for it",
    Cause.INTERRUPTED: "the run was interrupted",
    Cause.START_FAILED: "the start failed",
    Cause.STARTING: "it was being started",
    Cause.ENDED: "the session had ended",
    Cause.REPLACED: "it was stopped to be started anew",
    Cause.BRAKED: "its sessions died one after the other, so the next one waits",
    Cause.COMPLETE: "its manifest wants no other session (lifecycle.restart)",
    Cause.UNOBSERVED: "not seen: it ended, or no run has looked since",
    Cause.UNKNOWN: "the session gave no answer that says",
    Cause.LOST: "by a session whose sid is not known, if at all",
}
_MINUTE, _HOUR = 60, 3600


def minutes(seconds: int) -> str:
    """For a column: minutes with one digit behind the point, or whole ones."""
    return f"{seconds // _MINUTE:,}" if seconds % _MINUTE == 0 else f"{seconds / _MINUTE:,.1f}"


def length(seconds: int) -> str:
    """For a sentence: 2 h 5 min, 5 min, 90 s."""
    hours, rest = divmod(seconds, _HOUR)
    whole, left = divmod(rest, _MINUTE)
    if not hours and seconds < 2 * _MINUTE:
        return f"{seconds} s"
    parts = [f"{hours:,} h" if hours else "", f"{whole} min" if whole else "", f"{left} s" if left else ""]
    return " ".join(part for part in parts if part)


def share(value: Decimal | None) -> str:
    """A percentage, or that there is none."""
    return "-" if value is None else f"{value:.2f} %"


def shares(part: Sums) -> str:
    """What is covered for sure, and what may be."""
    sure, most = percent(part), at_most(part)
    if sure is None:
        return "nothing was wanted"
    return f"{sure:.2f} %" if sure == most else f"{sure:.2f} %, at most {most:.2f} %"


def causes(part: Sums) -> str:
    """Every cause with its time, the longest first."""
    found = sorted(part.causes.items(), key=lambda item: (-item[1], item[0].value))
    return ", ".join(f"{cause.value} {length(seconds)}" for cause, seconds in found)


def local(second: int, zone: ZoneInfo) -> datetime:
    """A second on the wall clock of a zone."""
    return as_time(second).astimezone(zone)


def gap_text(segment: Segment, zone: ZoneInfo) -> str:
    """One gap: when, how long, why, and the evidence."""
    begin, end = local(segment.begin, zone), local(segment.end, zone)
    until = f"{end:%H:%M:%S}" if begin.date() == end.date() else f"{end:%Y-%m-%d %H:%M:%S}"
    why = "" if segment.cause is None else f"{segment.cause.value}: {CAUSES[segment.cause]}"
    detail = f" ({segment.detail})" if segment.detail else ""
    return f"{begin:%a %Y-%m-%d %H:%M:%S} - {until}  {length(segment.length)}  {why}{detail}"


def heading(found: Coverage, now: int) -> str:
    """Of when it is, and of which days."""
    days = found.days
    which = (
        f" from {days.first}" if days.first is not None else "",
        f" until {days.last}" if days.last is not None else "",
    )
    if found.as_of is None:
        return f"Coverage of {found.project}: no run has kept an account yet."
    age = max(0, now - found.as_of)
    return (
        f"Coverage of {found.project}{''.join(which)}, as of {as_time(found.as_of):%Y-%m-%d %H:%M:%S} UTC"
        f" ({length(age)} ago)."
    )


def verdict(found: Coverage) -> str:
    """Whether the gate is passed, as a sentence; empty without one."""
    if found.least is None:
        return ""
    short = len(found.short)
    if not short:
        return f"Every recording reaches {found.least} %."
    of = f"{short} of {len(found.covers)} recordings are" if len(found.covers) > 1 else "The recording is"
    return f"{of} below {found.least} %."


def notes(cover: Cover) -> tuple[str, ...]:
    """What there is to say of one recording beside its numbers."""
    told = []
    if cover.closed:
        since = f"{local(cover.until, cover.zone):%Y-%m-%d %H:%M}"
        told.append(f"not accounted for since {since}: no schedule wants it any more")
    if cover.earlier_until:
        told.append(f"up to {cover.earlier_until} there are totals only")
    if cover.missing_until:
        told.append(f"the days up to {cover.missing_until} are left out: only their total is kept")
    if cover.standing is not None:
        told.append(f"not recorded at the last run: {CAUSES[cover.standing.cause]}")
    return tuple(told)


__all__ = [
    "CAUSES", "causes", "gap_text", "heading", "length", "local", "minutes", "notes", "share", "shares", "verdict",
]  # fmt: skip
