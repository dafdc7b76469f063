"""A plan as text for people: what would be done, why, and which calls it takes.

Colour only repeats what symbols and words say. Where the width of the terminal is known, nothing is wider if it can
be helped; where it is not (a pipe, a file), lines are as long as they are.
"""

import textwrap
from collections.abc import Iterable, Iterator
from datetime import datetime

from takeup.core.plan import Action, Change, Lost, Plan, Recovery
from takeup.render.cost_text import cost_section, cut_text
from takeup.render.formats import RenderOptions
from takeup.render.rows import Row, hidden, rows
from takeup.render.style import Style, printable
from takeup.render.values import SENSITIVE, general, is_secret, middle_out, value_text
from takeup.render.words import (
    HEADINGS,
    explained,
    later_calls,
    moment,
    restrictions,
    shortened,
    target_text,
    totals,
    valid_until,
)

_NARROW = 24  # no value is cut below this
_LONG = 160  # what a value may have where the width is not known
_INDENT = " " * 10  # of values that stand below their attribute
_ARROW = " -> "
_ID = 24  # what is shown of a resourceId that nobody needs to type


def render(plan: Plan, options: RenderOptions) -> str:
    """The format `text`."""
    return plan_text(plan, Style(colour=options.colour), options.width)


def plan_text(plan: Plan, style: Style, width: int | None = None) -> str:
    """The whole plan: title, warnings, recovery, lost, drift, changes, cost, addresses, totals, a line end."""
    page = _Page(style, width)
    sections = [
        page.title(plan),
        *(page.labelled("Warning:", warning) for warning in plan.warnings),
        *page.moves(plan),
        *page.recovery(plan),
        *page.lost(plan),
        *page.drift(plan),
        *page.changes(plan),
        *cost_section(plan, style, width),
        *page.addresses(plan),
        page.totals(plan),
    ]
    return "\n\n".join(sections) + "\n"


class _Page:
    """The sections of one plan, in one style and width."""

    def __init__(self, style: Style, width: int | None) -> None:
        self._style = style
        self._width = width

    def title(self, plan: Plan) -> str:
        title = self._style.bold(f"takeup plan: {printable(plan.project)} on {target_text(plan.target)}")
        restricted = restrictions(plan)
        lines = [title, f"Restricted by {', '.join(restricted)}"] if restricted else [title]
        return "\n".join([*lines, *valid_until(plan)])

    def labelled(self, label: str, text: str) -> str:
        wrapped = self._wrap(f"{label} {printable(text)}", "  ")
        return self._style.warn(label) + wrapped.removeprefix(label)

    def moves(self, plan: Plan) -> Iterator[str]:
        if not plan.moves:
            return
        lines = [self._style.bold("Renamed: sessions that the state holds under another address from now on")]
        lines += [f"  {printable(str(move.old))} -> {printable(str(move.new))}" for move in plan.moves]
        yield "\n".join(lines)

    def recovery(self, plan: Plan) -> Iterator[str]:
        if not plan.recovery:
            return
        lines = [self._style.bold("Recovery: calls of an earlier run whose outcome is not known")]
        for item in plan.recovery:
            mark = self._style.warn("?")
            lines.append(f"  {mark} {printable(str(item.address))}: {item.operation} sent {moment(item.since)}")
            lines += self._facts(_recovery_facts(item))
        yield "\n".join(lines)

    def lost(self, plan: Plan) -> Iterator[str]:
        if not plan.lost:
            return
        lines = [self._style.bold("LOST: sessions that may be recording and that no call can reach")]
        for item in plan.lost:
            lines.append(f"  {self._style.error('!')} {printable(str(item.address))} since {moment(item.since)}")
            lines += self._facts(lost_facts(item))
        yield "\n".join(lines)

    def drift(self, plan: Plan) -> Iterator[str]:
        if not plan.drift:
            return
        lines = [self._style.bold("Changed outside of takeup:")]
        for item in plan.drift:
            since = f" since {moment(item.since)}" if item.since is not None else ""
            evidence = f" ({printable(item.evidence)})" if item.evidence else ""
            states = f"{printable(item.was)} -> {printable(item.now)}"
            line = self._wrap(f"  ~ {printable(str(item.address))}: {states}{since}{evidence}", "    ")
            lines.append(f"  {self._style.change('~')}{line.removeprefix('  ~')}")
        yield "\n".join(lines)

    def changes(self, plan: Plan) -> Iterator[str]:
        if plan.changes:
            yield self._style.bold("takeup will perform the following actions:")
        for change in plan.changes:
            yield "\n".join(self._block(change, plan.created_at))

    def addresses(self, plan: Plan) -> Iterator[str]:
        lines = [
            *(f"  {self._mark(change.action)} {printable(str(change.address))}" for change in plan.changes),
            *(f"  {self._style.warn('  ?')} {printable(str(item.address))}" for item in plan.recovery),
            *(f"  {self._style.error('  !')} {printable(str(item.address))}" for item in plan.lost),
        ]
        if lines:
            legend = "+ create, ~ update, -/+ replace, - destroy, . forget, ? recover, ! LOST"
            yield "\n".join([f"{self._style.bold('Summary')} ({legend}):", *lines])

    def totals(self, plan: Plan) -> str:
        head, resources, calls = totals(plan)
        paint = self._style.warn if plan.empty and plan.unjudged else self._style.bold
        return f"{paint(head)} {resources}\n{calls}"

    def _mark(self, action: Action) -> str:
        symbol = HEADINGS[action][0]
        return self._painted(symbol, f"{symbol:>3}")

    def _block(self, change: Change, now: datetime) -> Iterator[str]:
        words = HEADINGS[change.action][1]
        address = printable(str(change.address))
        reason = f" ({printable(change.reason)})" if explained(change) else ""
        if change.action is Action.FORGET:
            yield f"{self._mark(change.action)} {address} {words}{reason}"
            return
        heading = f"# {address} {words}"
        yield f"  {self._style.bold(heading)}" + self._wrap(f"  {heading}{reason}", "    ").removeprefix(f"  {heading}")
        yield f"{self._mark(change.action)} {address} {{"
        yield from self._attributes(change)
        if hidden(change):
            yield f"        {self._style.dim(f'# {hidden(change)}')}"
        if change.cuts_off is not None:
            yield f"        {self._style.remove(cut_text(change.cuts_off, now))}"
        calls = ", ".join(printable(call) for call in change.calls) or "none"
        yield f"        {self._style.dim(f'calls: {calls}')}"
        yield "    }"

    def _attributes(self, change: Change) -> Iterator[str]:
        found = rows(change, _LONG if self._width is None else max(_NARROW, self._width - len(_INDENT) - len("-> ")))
        widest = max((len(row.path) for row in found), default=0)
        column = widest if self._width is None or widest <= self._width // 2 else 0
        for row in found:
            yield from self._row(row, column)

    def _row(self, row: Row, column: int) -> Iterator[str]:
        """One attribute: on one line, else with its values on the next, else with each of them on its own."""
        mark = f"      {self._painted(row.symbol, row.symbol)} "
        note = f" {self._style.remove(f'# {row.note}')}" if row.note else ""
        ending = len(f" # {row.note}") if row.note else 0
        pieces, glue = _pieces(row)
        values = glue.join(pieces)
        for head in (f"{row.path:<{column}} = ", f"{row.path} = "):
            if self._fits(len("      ~ ") + len(head) + len(values) + ending):
                yield f"{mark}{head}{values}{note}"
                return
        yield f"{mark}{row.path} ="
        if self._fits(len(_INDENT) + len(values) + ending):
            yield f"{_INDENT}{values}{note}"
            return
        last = len(pieces) - 1
        for at, piece in enumerate(pieces):
            start = glue.lstrip() if at and glue == _ARROW else ""
            yield f"{_INDENT}{start}{piece}" + (note if at == last else "" if start or glue == _ARROW else ",")

    def _fits(self, columns: int) -> bool:
        return self._width is None or columns <= self._width

    def _facts(self, facts: Iterable[tuple[str, str]]) -> Iterator[str]:
        for name, text in facts:
            line = f"      {name + ':':<12} {text}"
            yield self._wrap(line, " " * 19) if " " in text else line  # what is copied stays in one piece

    def _wrap(self, text: str, indent: str) -> str:
        if self._width is None or len(text) <= self._width:
            return text
        return textwrap.fill(
            text,
            max(self._width, 40),
            subsequent_indent=indent,
            break_long_words=False,
            break_on_hyphens=False,
        )

    def _painted(self, symbol: str, text: str) -> str:
        style = self._style
        paint = {"+": style.add, "~": style.change, "-": style.remove, "-/+": style.replace}.get(symbol, style.dim)
        return paint(text)


def _pieces(row: Row) -> tuple[list[str], str]:
    """What stands behind the path, and what stands between two of it."""
    if row.gone or row.come:
        return [f"{sign} {text}" for sign, text in row.pieces], ", "
    return [text for _, text in row.pieces], _ARROW


def _recovery_facts(item: Recovery) -> Iterator[tuple[str, str]]:
    yield "resourceId", printable(middle_out(item.resource_id, _ID))
    yield from recovery_facts(item)


def recovery_facts(item: Recovery) -> Iterator[tuple[str, str]]:
    """What there is to say of a call whose outcome is not known, its resourceId left out."""
    if item.evidence:
        yield "evidence", printable(item.evidence)
    yield "how", printable(item.how)
    yield "calls", ", ".join(printable(call) for call in item.calls) or "none"
    if later_calls(item):
        yield "if it never started", later_calls(item)


def lost_facts(item: Lost) -> Iterator[tuple[str, str]]:
    """What there is to say of a LOST session; the resourceIds in full, for an import needs them."""
    for resource_id in item.resource_ids:
        yield "resourceId", printable(resource_id)
    if item.evidence:
        yield "evidence", printable(item.evidence)
    by = f"by {moment(item.ends_at)} at the latest: " if item.ends_at is not None else ""
    yield "ends", by + printable(item.ends)


__all__ = [
    "SENSITIVE",
    "general",
    "is_secret",
    "lost_facts",
    "plan_text",
    "recovery_facts",
    "render",
    "shortened",
    "target_text",
    "value_text",
]
