"""A plan as Markdown for a comment on a pull request: what matters first, the rest folded, never too long.

Nothing that people or servers write can become markup: inside a line it stands in `<code>` with every character
escaped that is not a letter, a digit or harmless; blocks of it stand in a fence that is longer than any in it. Both
also keep GitHub and GitLab from notifying people (@name) and from linking (#1), which they do in other text.
"""

import re
import textwrap
from collections.abc import Callable, Iterable, Iterator
from datetime import datetime

from takeup.core.plan import Change, Plan
from takeup.render.cost_text import cost_section, cut_text
from takeup.render.formats import RenderOptions
from takeup.render.marker import marker
from takeup.render.plan_text import lost_facts, recovery_facts
from takeup.render.rows import Row, hidden, rows
from takeup.render.style import Style, counted, printable
from takeup.render.values import middle_out
from takeup.render.words import HEADINGS, moment, restrictions, target_text, totals, valid_until

_VALUE = 160  # characters of a value
_NAME = 80  # of a name where the whole must stay short
_COLUMN = 96  # where sentences in fences are wrapped
_HARMFUL = re.compile(r"[^0-9A-Za-z .,;()/+=-]|(?<=www)\.", re.IGNORECASE)


def render(plan: Plan, options: RenderOptions) -> str:
    """The format `markdown`."""
    return plan_markdown(plan, options.max_chars)


def plan_markdown(plan: Plan, max_chars: int) -> str:
    """The whole plan if it fits into so many characters, else its addresses, else its counts.

    `max_chars` is kept where it is at least `formats.LEAST_CHARS`.
    """
    head = _head(plan)
    for body, missing in (
        (_full, ""),
        (_summary, "The attributes do not fit into a comment"),
        (_counts, "The list of changes does not fit into a comment"),
    ):
        text = _within([*head, *body(plan), *_note(missing), *_totals(plan)], max_chars)
        if text is not None:
            return text
    return (
        "\n\n".join([head[0], "### takeup plan", *_note("Next to nothing fits into a comment"), *_totals(plan)]) + "\n"
    )


def _within(parts: Iterable[str], max_chars: int) -> str | None:
    """The parts as one text, or None as soon as they are too long: 10,000 changes need not all be written for that."""
    kept, size = [], 0
    for part in parts:
        size += _size(part) + 2
        if size > max_chars:
            return None
        kept.append(part)
    return "\n\n".join(kept) + "\n"


def _size(text: str) -> int:
    """Characters as the web counts them: one beyond the basic plane is two."""
    return len(text) + sum(character > "\uffff" for character in text)


def _head(plan: Plan) -> list[str]:
    project = middle_out(printable(plan.project), _NAME)
    target = middle_out(target_text(plan.target), 2 * _NAME)
    return [
        marker(plan.digest, plan.project),
        f"### takeup plan: {code(project)}",
        f"On {code(target)}",
        *valid_until(plan),
    ]


def _full(plan: Plan) -> Iterator[str]:
    yield from _alerts(plan)
    yield from _table(plan, "| | Recording | Action | Calls | Reason |", _line)
    for change in plan.changes:
        if change.attributes:
            yield _details(change, plan.created_at)
    yield from _cost(plan)


def _summary(plan: Plan) -> Iterator[str]:
    yield from _alerts(plan)
    yield from _table(plan, "| | Recording | Calls |", _short_line)
    yield from _cost(plan)


def _counts(plan: Plan) -> Iterator[str]:
    told = (
        (counted(len(plan.warnings), "warning"), plan.warnings),
        (f"{counted(len(plan.recovery), 'call')} of an earlier run to recover", plan.recovery),
        (f"{counted(len(plan.lost), 'session')} LOST", plan.lost),
        (f"{counted(len(plan.drift), 'session')} changed outside of takeup", plan.drift),
    )
    lines = [f"- {text}" for text, items in told if items]
    lines += [f"- {plan.count(action)} {words}" for action, (_, words) in HEADINGS.items() if plan.count(action)]
    if lines:
        yield "\n".join(lines)


def _alerts(plan: Plan) -> Iterator[str]:
    """What must not be overlooked: never folded."""
    if plan.warnings:
        yield _titled(f"⚠️ {counted(len(plan.warnings), 'warning')}", _sentences(map(printable, plan.warnings)))
    if plan.recovery:
        lines = []
        for item in plan.recovery:
            lines.append(f"? {printable(str(item.address))}: {printable(item.operation)} sent {moment(item.since)}")
            lines += _facts([("resourceId", printable(middle_out(item.resource_id, 24))), *recovery_facts(item)])
        yield _titled("❓ Recovery: calls of an earlier run whose outcome is not known", lines)
    if plan.lost:
        lines = []
        for lost in plan.lost:
            lines.append(f"! {printable(str(lost.address))} since {moment(lost.since)}")
            lines += _facts(lost_facts(lost))
        yield _titled("🚨 LOST: sessions that may be recording and that no call can reach", lines)
    if plan.drift:
        lines = []
        for drift in plan.drift:
            since = f" since {moment(drift.since)}" if drift.since is not None else ""
            evidence = f" ({printable(drift.evidence)})" if drift.evidence else ""
            states = f"{printable(drift.was)} -> {printable(drift.now)}"
            lines.append(f"{printable(str(drift.address))}: {states}{since}{evidence}")
        yield _titled("Changed outside of takeup", lines)


def _table(plan: Plan, heading: str, line: Callable[[Change], str]) -> Iterator[str]:
    restricted = restrictions(plan)
    if restricted:
        yield f"Restricted by {', '.join(code(flag) for flag in restricted)}"
    if plan.changes:
        yield "\n".join([heading, "| --- " * (heading.count("|") - 1) + "|", *map(line, plan.changes)])


def _line(change: Change) -> str:
    reason = code(middle_out(printable(change.reason), _VALUE)) if change.reason else ""
    return _cells(*_who(change), change.action.value, _calls(change), reason)


def _short_line(change: Change) -> str:
    return _cells(*_who(change), _calls(change))


def _who(change: Change) -> tuple[str, str]:
    return code(HEADINGS[change.action][0]), code(printable(str(change.address)))


def _calls(change: Change) -> str:
    return code(", ".join(map(printable, change.calls)) or "none")


def _cells(*cells: str) -> str:
    return f"| {' | '.join(cells)} |"


def _cost(plan: Plan) -> Iterator[str]:
    yield from (_titled("Cost", section.splitlines()) for section in cost_section(plan, Style(colour=False)))


def _details(change: Change, now: datetime) -> str:
    title = f"<summary>{' '.join(_who(change))} {HEADINGS[change.action][1]}</summary>"
    lines = [line for row in rows(change, _VALUE) for line in _row(row)]
    if hidden(change):
        lines.append(f"  # {hidden(change)}")
    if change.cuts_off is not None:
        lines.append(f"  {cut_text(change.cuts_off, now)}")
    lines.append(f"  calls: {', '.join(map(printable, change.calls)) or 'none'}")
    return f"<details>{title}\n\n{fenced(lines, 'diff')}\n\n</details>"


def _row(row: Row) -> Iterator[str]:
    """In a diff, the first character of a line chooses its colour: a change is a line that goes and one that comes."""
    note = f" # {row.note}" if row.note else ""
    if row.symbol != "~":
        yield f"{row.symbol} {row.path} = {row.pieces[0][1]}{note}"
    elif row.gone or row.come or (row.before is not None and row.after is not None):
        yield f"  {row.path}{note}"
        yield from (f"{sign}   {text}" for sign, text in row.pieces)
    else:
        yield f"! {row.path} = {row.after}{note}"


def _note(missing: str) -> Iterator[str]:
    if missing:
        yield f"**{missing}.** `takeup plan` has it all, and so has `takeup plan --format html`."


def _totals(plan: Plan) -> Iterator[str]:
    head, resources, calls = totals(plan)
    yield f"**{head}** {resources} {calls}."


def _titled(title: str, lines: Iterable[str]) -> str:
    return f"#### {title}\n\n{fenced(lines, 'text')}"


def _facts(facts: Iterable[tuple[str, str]]) -> Iterator[str]:
    yield from (f"    {name}: {text}" for name, text in facts)


def _sentences(texts: Iterable[str]) -> Iterator[str]:
    for text in texts:
        yield textwrap.fill(
            text, _COLUMN, initial_indent="- ", subsequent_indent="  ", break_long_words=False, break_on_hyphens=False
        )


def code(text: str) -> str:
    """Printable text inside a line or a cell, as itself and nothing else."""
    return f"<code>{_HARMFUL.sub(_entity, text)}</code>"


def _entity(match: re.Match[str]) -> str:
    return f"&#{ord(match[0])};"


def fenced(lines: Iterable[str], language: str) -> str:
    """Printable lines as a block of code, whatever backticks they hold."""
    body = "\n".join(lines)
    longest = max((len(run) for run in re.findall("`+", body)), default=0)
    fence = "`" * max(3, longest + 1)
    return f"{fence}{language}\n{body}\n{fence}"


__all__ = ["code", "fenced", "plan_markdown", "render"]
