"""Coverage as one HTML page: every recording day by day, and each gap on the clock. No script, and it loads nothing.

All text is escaped here, and nothing of it stands in an attribute but class names and numbers of our own.
"""

from collections.abc import Iterator
from datetime import date, timedelta
from decimal import Decimal
from html import escape

from takeup.core.account import Cause, Segment, Sums
from takeup.core.compaction import days_of, midnight
from takeup.core.cover import Cover, Coverage, percent, worst_first
from takeup.render.coverage_words import CAUSES, heading, length, local, minutes, notes, share, shares, verdict
from takeup.render.html_page import filled, text
from takeup.render.style import counted

ROWS = 500
"""Recordings in the overview at the most."""
CLOSE = 40
"""Recordings that are drawn hour by hour at the most, the worst."""
_COLUMNS = 31  # days of the overview, the newest
_GAPS = 60  # of one recording
_WIDTH = 1000
_CLASSES = {
    Cause.NO_RUN: "untried",
    Cause.EXCLUDED: "untried",
    Cause.REFUSED: "untried",
    Cause.QUOTA: "untried",
    Cause.INTERRUPTED: "untried",
    Cause.START_FAILED: "failed",
    Cause.ENDED: "failed",
    Cause.BRAKED: "failed",
    Cause.STARTING: "between",
    Cause.REPLACED: "between",
    Cause.UNOBSERVED: "perhaps",
    Cause.UNKNOWN: "perhaps",
    Cause.LOST: "perhaps",
    Cause.COMPLETE: "excused",
}
_KEY = {
    "covered": "covered",
    "untried": "nothing tried to record it",
    "failed": "the start failed, or the session ended",
    "between": "starting, or replaced",
    "perhaps": "not known: it counts as a gap",
    "excused": "complete: it does not count",
    "track": "not wanted",
}
_STEPS = (Decimal(50), Decimal(90), Decimal(99), Decimal(100))
_HATCH = (
    '<svg class="defs" aria-hidden="true"><defs><pattern id="hatch" width="8" height="8" '
    'patternUnits="userSpaceOnUse" patternTransform="rotate(45)"><rect class="hatch-back" width="8" height="8"/>'
    '<line class="hatch-line" x1="2" x2="2" y1="0" y2="8"/></pattern></defs></svg>'
)


def coverage_html(found: Coverage, now: int) -> str:
    """The whole page."""
    return filled("coverage.html", found.project, _body(found, now))


def _body(found: Coverage, now: int) -> str:
    covers = worst_first(found.covers)
    flawed = [cover for cover in covers if cover.gaps]
    lines = [_HATCH, *_header(found, now), "<main>", *_overview(covers)]
    for cover in flawed[:CLOSE]:
        lines += _close(found, cover)
    if len(flawed) > CLOSE:
        lines.append(f"<footer>{len(flawed) - CLOSE:,} more recordings with gaps are not drawn by the hour.</footer>")
    return "\n".join([*lines, "</main>"])


def _header(found: Coverage, now: int) -> Iterator[str]:
    part = found.total
    yield f"<header><h1>takeup coverage: {text(found.project)}</h1>"
    yield f"<p>{text(heading(found, now))}</p>"
    if part.due:
        of = f"{minutes(part.covered)} of {minutes(part.due)} wanted minutes"
        yield f'<p class="total"><strong>{shares(part)}</strong> {of}, {counted(len(found.covers), "recording")}</p>'
    else:
        yield '<p class="total">Nothing was wanted.</p>'
    if found.least is not None:
        kind = "short" if found.short else "ok"
        yield f'<p><span class="gate {kind}">{escape(verdict(found))}</span></p>'
    yield "</header>"


def _overview(covers: tuple[Cover, ...]) -> Iterator[str]:
    """Every recording by day: its share of what was due."""
    days = sorted({day.day for cover in covers for day in cover.days})[-_COLUMNS:]
    yield "<section><h2>Day by day</h2>"
    yield from _key()
    if not covers:
        yield "<p>No recording is accounted for.</p></section>"
        return
    heads = "".join(f'<th scope="col">{_day_head(day)}</th>' for day in days)
    yield '<div class="scroll" tabindex="0" role="region" aria-label="Shares of all recordings by day">'
    yield '<table class="grid"><caption>Percent covered, the worst recordings first</caption>'
    yield f'<thead><tr><th scope="col">Recording</th><th scope="col">All</th>{heads}</tr></thead><tbody>'
    for cover in covers[:ROWS]:
        known = {day.day: day.sums for day in cover.days}
        cells = "".join(_cell(known.get(day)) for day in days)
        total = f'<td class="sum">{share(percent(cover.sums))}</td>'
        yield f'<tr><th scope="row">{text(str(cover.address))}</th>{total}{cells}</tr>'
    yield "</tbody></table></div>"
    if len(covers) > ROWS:
        yield f"<p>{len(covers) - ROWS:,} more recordings, none of them worse, are not shown.</p>"
    yield "</section>"


def _key() -> Iterator[str]:
    yield '<p class="key">'
    for kind, words in _KEY.items():
        yield f"<span>{_swatch(kind, '0 0 22 10', '22')}{words}</span>"
    yield "</p>"


def _swatch(kind: str, view: str, width: str) -> str:
    return f'<svg viewBox="{view}" aria-hidden="true"><rect class="{kind}" width="{width}" height="10"/></svg>'


def _day_head(day: str) -> str:
    return f"{date.fromisoformat(day):%a}<br>{day[5:]}"


def _cell(part: Sums | None) -> str:
    value = None if part is None else percent(part)
    if value is None:
        return '<td class="none">·</td>'
    step = sum(value >= limit for limit in _STEPS)
    return f'<td class="s{step}">{"100" if value == _STEPS[-1] else f"{value:.1f}"}</td>'


def _close(found: Coverage, cover: Cover) -> Iterator[str]:
    """One recording hour by hour, and its gaps as a table."""
    below = ' class="below"' if found.below(cover) else ""
    yield f'<section{below}><h2>{text(str(cover.address))}<span class="share">{shares(cover.sums)}</span></h2>'
    yield '<div class="lanes">'
    yield f'<div class="lane"><span class="day">{text(cover.zone.key)}</span>{_HOURS}<span></span></div>'
    yield from _lanes(cover)
    yield "</div>"
    yield from _table(cover)
    yield from (f"<p>{text(note[0].upper() + note[1:])}.</p>" for note in notes(cover))
    yield "</section>"


_HOURS = (
    '<span class="hours" aria-hidden="true">' + "".join(f"<span>{hour}</span>" for hour in range(0, 25, 4)) + "</span>"
)


def _lanes(cover: Cover) -> Iterator[str]:
    parts: dict[date, list[Segment]] = {}
    for segment in cover.segments:
        for day, part in days_of(segment, cover.zone):
            parts.setdefault(day, []).append(part)
    sums = {day.day: day.sums for day in cover.days}
    for day, items in sorted(parts.items()):
        total = sums.get(day.isoformat())
        told = share(None if total is None else percent(total))
        yield f'<div class="lane"><span class="day">{day:%a %Y-%m-%d}</span>{_bar(cover, day, items, told)}'
        yield f'<span class="part">{told}</span></div>'


def _bar(cover: Cover, day: date, items: list[Segment], told: str) -> str:
    """A day from midnight to midnight; on the days of a change of the clock it has 23 or 25 hours."""
    begin, end = midnight(day, cover.zone), midnight(day + timedelta(days=1), cover.zone)
    scale = _WIDTH / (end - begin)
    bars = [f'<rect class="track" width="{_WIDTH}" height="18"/>']
    # What is too short to be seen is drawn a little longer, over its neighbours: gaps come last.
    for item in sorted(items, key=lambda item: item.cause is not None):
        kind = "covered" if item.cause is None else _CLASSES[item.cause]
        least = 0 if item.cause is None else 3
        at, width = (item.begin - begin) * scale, max(item.length * scale, least)
        bars.append(f'<rect class="{kind}" x="{at:.1f}" y="1" width="{width:.1f}" height="16"/>')
    view = f'viewBox="0 0 {_WIDTH} 18" preserveAspectRatio="none" role="img"'
    return f'<svg {view} aria-label="{day.isoformat()}: {told} covered">{"".join(bars)}</svg>'


def _table(cover: Cover) -> Iterator[str]:
    gaps = cover.gaps
    if not gaps:
        return
    yield '<table class="gaps"><caption>Gaps</caption><thead><tr>'
    yield "<th>Begin</th><th>Length</th><th>Cause</th><th>Evidence</th></tr></thead><tbody>"
    for gap in gaps[-_GAPS:]:
        cause = gap.cause
        assert cause is not None, "a gap has a cause"  # noqa: S101 - an invariant of `gaps`
        yield (
            f'<tr><td class="when">{local(gap.begin, cover.zone):%a %Y-%m-%d %H:%M:%S}</td>'
            f'<td class="long">{length(gap.length)}</td>'
            f"<td>{_swatch(_CLASSES[cause], '0 0 10 10', '10')}{cause.value}: {escape(CAUSES[cause])}</td>"
            f"<td>{text(gap.detail)}</td></tr>"
        )
    yield "</tbody></table>"
    if len(gaps) > _GAPS:
        yield f"<p>{len(gaps) - _GAPS:,} earlier gaps are not listed.</p>"


__all__ = ["CLOSE", "ROWS", "coverage_html"]
