"""A plan as one HTML file to search and filter; it loads nothing, and runs only its own script.

All text is escaped here, and nothing of it stands in an attribute but class names and numbers of our own; whatever
got through would still be stopped by the page's policy.
"""

from collections.abc import Iterable, Iterator
from datetime import datetime
from html import escape

from takeup.core.plan import Action, Change, Drift, Lost, Plan, Recovery
from takeup.render.cost_text import cost_section, cut_text
from takeup.render.formats import RenderOptions
from takeup.render.html_page import filled, text
from takeup.render.plan_text import lost_facts, recovery_facts
from takeup.render.rows import FORCES, Row, hidden, rows
from takeup.render.style import Style, counted, printable
from takeup.render.timeline import timeline
from takeup.render.values import middle_out
from takeup.render.words import HEADINGS, explained, moment, restrictions, sessions, target_text, totals, valid_until

_VALUE = 2_000  # characters of a value
_ID = 24  # of a resourceId that nobody needs to type
_OPEN = 25  # changes that are unfolded from the start; of more, none is


def render(plan: Plan, _options: RenderOptions) -> str:
    """The format `html`."""
    return plan_html(plan)


def plan_html(plan: Plan) -> str:
    """The whole page."""
    return filled("plan.html", plan.project, body(plan))


def body(plan: Plan) -> str:
    """What stands between the body's tags: the header, then each section that has something to say."""
    sections = [
        _warnings(plan.warnings),
        _recovery(plan.recovery),
        _lost(plan.lost),
        _drift(plan.drift),
        _tools(plan),
        _changes(plan),
        _cost(plan),
        timeline(plan),
        f"<footer>Digest <code>{text(plan.digest)}</code></footer>",
    ]
    return "\n".join([_header(plan), "<main>", *(section for section in sections if section), "</main>"])


def _header(plan: Plan) -> str:
    head, resources, calls = totals(plan)
    restricted = restrictions(plan)
    lines = [
        "<header>",
        f"<h1>takeup plan: {text(plan.project)}</h1>",
        f"<p>On {escape(target_text(plan.target))}, made {moment(plan.created_at)}</p>",
        *([f"<p>Restricted by {escape(', '.join(restricted))}</p>"] if restricted else []),
        *(f"<p>{escape(line)}</p>" for line in valid_until(plan)),
        f'<p class="total"><strong>{escape(head)}</strong> {escape(resources)} {escape(calls)}</p>',
        "</header>",
    ]
    return "\n".join(lines)


def _section(title: str, kind: str, lines: Iterable[str]) -> str:
    return "\n".join([f'<section class="{kind}">', f"<h2>{escape(title)}</h2>", *lines, "</section>"])


def _warnings(warnings: tuple[str, ...]) -> str:
    if not warnings:
        return ""
    items = [f"<li>{text(warning)}</li>" for warning in warnings]
    return _section(counted(len(warnings), "warning").capitalize(), "warn", ["<ul>", *items, "</ul>"])


def _recovery(items: tuple[Recovery, ...]) -> str:
    if not items:
        return ""
    lines = []
    for item in items:
        facts = [("resourceId", printable(middle_out(item.resource_id, _ID))), *recovery_facts(item)]
        told = f"{text(item.operation)} sent {moment(item.since)}"
        lines += [f"<div><strong>{text(str(item.address))}</strong>: {told}</div>", *_facts(facts)]
    return _section("Recovery: calls of an earlier run whose outcome is not known", "warn", lines)


def _lost(items: tuple[Lost, ...]) -> str:
    if not items:
        return ""
    lines = []
    for item in items:
        lines.append(f"<div><strong>{text(str(item.address))}</strong> since {moment(item.since)}</div>")
        lines += _facts(lost_facts(item))
    return _section("LOST: sessions that may be recording and that no call can reach", "bad", lines)


def _facts(facts: Iterable[tuple[str, str]]) -> Iterator[str]:
    yield "<dl>"
    yield from (f"<dt>{escape(name)}</dt><dd>{escape(value)}</dd>" for name, value in facts)
    yield "</dl>"


def _drift(items: tuple[Drift, ...]) -> str:
    if not items:
        return ""
    lines = ["<ul>"]
    for item in items:
        since = f" since {moment(item.since)}" if item.since is not None else ""
        evidence = f" ({text(item.evidence)})" if item.evidence else ""
        states = f"{text(item.was)} → {text(item.now)}"
        lines.append(f"<li><strong>{text(str(item.address))}</strong>: {states}{since}{evidence}</li>")
    return _section("Changed outside of takeup", "plain", [*lines, "</ul>"])


def _tools(plan: Plan) -> str:
    if not plan.shown:
        return ""
    boxes = [
        f'<label><input type="checkbox" value="{action.value}" checked> {action.value} {plan.count(action)}</label>'
        for action in Action
        if plan.count(action)
    ]
    return "\n".join(
        [
            '<div class="tools" hidden>',
            '<input type="search" id="search" placeholder="Search recordings, attributes, values" aria-label="Search">',
            '<fieldset class="actions" aria-label="Actions shown">',
            *boxes,
            "</fieldset>",
            '<button type="button" id="unfold">Unfold all</button>',
            '<button type="button" id="fold">Fold all</button>',
            '<p id="shown" role="status"></p>',
            "</div>",
        ]
    )


def _cost(plan: Plan) -> str:
    lines = [f"<pre>{escape(section)}</pre>" for section in cost_section(plan, Style(colour=False))]
    return _section("Cost", "plain", lines) if lines else ""


def _changes(plan: Plan) -> str:
    if not plan.shown:
        return ""
    unfolded, many = (" open", "") if len(plan.shown) <= _OPEN else ("", " many")
    blocks = (_change(change, unfolded, plan.created_at) for change in plan.shown)
    return "\n".join([f'<div class="changes{many}">', *blocks, "</div>"])


def _change(change: Change, unfolded: str, now: datetime) -> str:
    symbol, words = HEADINGS[change.action]
    action = change.action.value
    address = text(str(change.address))
    lines = [
        f'<details class="change {action}" data-action="{action}"{unfolded}>',
        f'<summary><span class="name">{address}</span> <span class="tag">{escape(symbol)} {words}</span>',
        *([f'<span class="why">{text(change.reason)}</span>'] if explained(change) else []),
        "</summary>",
        '<div class="inside">',
        *_table(change),
        *([f"<p>{escape(hidden(change))}</p>"] if hidden(change) else []),
        *([f"<p>{escape(cut_text(change.cuts_off, now))}</p>"] if change.cuts_off is not None else []),
        *(f"<p>{escape(line)}</p>" for line in sessions(change)),
        f"<p>Calls: {text(', '.join(change.calls) or 'none')}</p>",
        "</div>",
        "</details>",
    ]
    return "\n".join(lines)


def _table(change: Change) -> Iterator[str]:
    found = rows(change, _VALUE)
    if found:
        yield '<table class="mono"><caption>Attributes</caption><tbody>'
        yield from map(_row, found)
        yield "</tbody></table>"


def _row(row: Row) -> str:
    value = " ".join(_piece(sign or row.symbol, piece) for sign, piece in row.pieces)
    if row.before is not None and row.after is not None:
        before, after = (escape(piece) for _, piece in row.pieces)
        value = f"<del>{before}</del> → <ins>{after}</ins>"
    elif row.gone or row.come:
        value = " ".join(_piece(sign, f"{sign} {piece}") for sign, piece in row.pieces)
    calm = "" if FORCES in row.note else " calm"
    note = f' <span class="note{calm}">{escape(row.note)}</span>' if row.note else ""
    path = escape(row.path)
    return f'<tr><td class="sign">{row.symbol}</td><th scope="row">{path}</th><td class="value">{value}{note}</td></tr>'


def _piece(sign: str, piece: str) -> str:
    tag = {"+": "ins", "-": "del"}.get(sign, "span")
    return f"<{tag}>{escape(piece)}</{tag}>"


__all__ = ["body", "plan_html", "render", "text"]
