"""Since when each recording runs, and until when at the latest, as bars on one scale of time."""

from datetime import UTC, datetime
from html import escape

from takeup.core.plan import Plan, Running
from takeup.render.style import printable
from takeup.render.words import moment

MOST = 300  # bars that a person still looks at; the rest is counted
_WIDTH = 1000
_MINUTE, _HOUR, _DAY = 60, 3600, 86_400
_CLASSES = {"RUNNING": "sure", "LOST": "gone"}
_LAST = datetime.max.replace(tzinfo=UTC)
_KEY = (
    '<p class="key">'
    '<span><svg viewBox="0 0 22 10" aria-hidden="true"><rect class="past" width="22" height="10"/></svg>so far</span>'
    '<span><svg viewBox="0 0 22 10" aria-hidden="true"><rect class="coming" width="22" height="10"/></svg>until it ends'
    " by itself at the latest</span>"
    '<span><svg viewBox="0 0 22 10" aria-hidden="true"><rect class="open" width="22" height="10"/></svg>no end known'
    "</span>"
    '<span><svg viewBox="0 0 22 10" aria-hidden="true"><rect class="now" x="9" width="4" height="10"/></svg>when the'
    " plan was made</span></p>"
)


def timeline(plan: Plan) -> str:
    """The section with one bar for each session that runs, the first to end on top; empty where nothing runs."""
    if not plan.running:
        return ""
    items = sorted(plan.running, key=lambda item: (item.ends_at or _LAST, item.address))
    shown, now = items[:MOST], plan.created_at
    begin = min([now, *(item.since for item in shown)])
    end = max([now, *(item.ends_at for item in shown if item.ends_at is not None)])
    end += (end - begin) / 20  # so that an open end can be seen beyond the last known one
    scale = _Scale(begin, end, now)
    lines = [
        '<section class="timeline">',
        "<h2>What runs, and until when at the latest</h2>",
        _KEY,
        f'<div class="axis"><span></span><div><span>{moment(begin)}</span><span>{moment(end)}</span></div></div>',
        '<div class="lanes">',
        *(scale.lane(item) for item in shown),
        "</div>",
    ]
    if len(items) > MOST:
        lines.append(f"<p>{len(items) - MOST:,} more run and are not drawn here.</p>")
    return "\n".join([*lines, "</section>"])


class _Scale:
    """Where a time stands between the first and the last."""

    def __init__(self, begin: datetime, end: datetime, now: datetime) -> None:
        self._begin = begin
        self._length = max((end - begin).total_seconds(), 1.0)
        self._now = now

    def lane(self, item: Running) -> str:
        name, state = escape(printable(str(item.address))), escape(printable(item.liveness))
        kind = _CLASSES.get(item.liveness, "unsure")
        until = self._words(item)
        return (
            f'<div class="lane {kind}"><span><strong>{name}</strong> {state}</span>{self._bar(item, until)}'
            f'<span class="until">{escape(until)}</span></div>'
        )

    def _bar(self, item: Running, words: str) -> str:
        since, now = self._at(item.since), self._at(self._now)
        until = self._at(item.ends_at) if item.ends_at is not None else _WIDTH
        kind = "coming" if item.ends_at is not None else "open"
        bars = [
            _rect("track", 0, _WIDTH),
            _rect("past", since, max(min(now, until) - since, 2)),
            *([_rect(kind, now, until - now)] if until > now else []),
            f'<rect class="now" x="{now:.0f}" y="0" width="2" height="20"/>',
        ]
        drawn = "".join(bars)
        view = f'viewBox="0 0 {_WIDTH} 20" preserveAspectRatio="none" role="img"'
        return f'<svg {view} aria-label="{escape(words)}">{drawn}</svg>'

    def _at(self, time: datetime) -> float:
        return _WIDTH * (time - self._begin).total_seconds() / self._length

    def _words(self, item: Running) -> str:
        told = f"for {_span((self._now - item.since).total_seconds())}"
        if item.ends_at is None:
            return f"{told}; {printable(item.ends)}"
        left = (item.ends_at - self._now).total_seconds()
        end = f"ends in {_span(left)} at the latest" if left > 0 else f"should have ended {_span(-left)} ago"
        return f"{told}; {end}: {printable(item.ends)}"


def _rect(kind: str, at: float, width: float) -> str:
    return f'<rect class="{kind}" x="{at:.0f}" y="4" width="{width:.0f}" height="12"/>'


def _span(seconds: float) -> str:
    whole = max(0, round(seconds))
    if whole >= 2 * _DAY:
        return f"{whole // _DAY} d {whole % _DAY // _HOUR} h"
    if whole >= _HOUR:
        return f"{whole // _HOUR} h {whole % _HOUR // _MINUTE} min"
    return f"{whole // _MINUTE} min" if whole >= _MINUTE else f"{whole} s"


__all__ = ["MOST", "timeline"]
