"""Money and what a stop cuts off, as text for people. Amounts are rounded to cents; the JSON has them exactly."""

import textwrap
from collections.abc import Iterator
from datetime import datetime
from decimal import ROUND_HALF_UP, Decimal

from takeup.core.cost import FREE, Cost, CostRow, Exposure, hourly
from takeup.core.cut import Cut
from takeup.core.plan import Plan
from takeup.core.price import Rate, Tier
from takeup.render.style import Style, counted, printable

_CENT = Decimal("0.01")
_TIERS = {
    Tier.AUDIO: "audio",
    Tier.HD: "HD video",
    Tier.FULL_HD: "Full HD video",
    Tier.TWO_K: "2K video",
    Tier.TWO_K_PLUS: "2K+ video",
    Tier.SCREENSHOTS: "screenshots only",
    Tier.WEB_PAGE_HD: "web page, HD",
    Tier.WEB_PAGE_FULL_HD: "web page, Full HD",
}


def cost_section(plan: Plan, style: Style, width: int | None = None) -> Iterator[str]:
    """The section of a plan about money, its sentences not wider than that; none where nothing is billed."""
    if plan.cost is not None:
        lines = [*_lines(plan.cost, plan.created_at, style)]
        if plan.changes:  # without any, nobody has to decide by these figures
            sentences = (*plan.cost.assumptions, FREE)
            lines += [style.dim(line) for text in sentences for line in _sentence(printable(text), width)]
        yield "\n".join(lines)


def _sentence(text: str, width: int | None) -> list[str]:
    if width is None:
        return [f"  {text}"]
    return textwrap.wrap(text, max(width, 40), initial_indent="  ", subsequent_indent="    ", break_long_words=False)


def _lines(cost: Cost, now: datetime, style: Style) -> Iterator[str]:
    currency = cost.table.currency
    changed = [row for row in cost.rows if row.before != row.after]
    yield f"{style.bold('Cost per hour:')} {_total(cost)}"
    names = [printable(str(row.address)) for row in changed]
    width = max(map(len, names), default=0)
    for name, row in zip(names, changed, strict=True):
        yield f"  {name:<{width}}  {_row(row, currency)}"
    if changed and (left := len(cost.rows) - len(changed)):
        same = sum((hourly(row.after) for row in cost.rows if row.before == row.after), Decimal(0))
        yield f"  unchanged: {counted(left, 'recording')}, {money(same, currency)}"
    for item in cost.exposure:
        yield f"  {style.warn('Exposed:')} {_exposure(item, cost, now)}"


def _total(cost: Cost) -> str:
    currency, difference = cost.table.currency, cost.after - cost.now
    if cost.now == cost.after:
        return f"{money(cost.now, currency)}, unchanged"
    sign = "+" if difference > 0 else "-"
    change = f"{sign}{money(abs(difference), currency)}"
    return f"{money(cost.now, currency)} now -> {money(cost.after, currency)} after ({change})"


def _row(row: CostRow, currency: str) -> str:
    before, after = money(hourly(row.before), currency), money(hourly(row.after), currency)
    if row.before is None or row.after is None:
        told = _rate(row.after or row.before)
    else:
        told = f"{_rate(row.before)} -> {_rate(row.after)}"
    return f"{before} -> {after}  {told}"


def _rate(rate: Rate | None) -> str:
    if rate is None:
        return "not billed"
    streams = f" ({counted(rate.streams, 'stream')} {'listed' if rate.listed else 'expected'})" if rate.streams else ""
    return _TIERS[rate.tier] + streams


def _exposure(item: Exposure, cost: Cost, now: datetime) -> str:
    currency = cost.table.currency
    most = item.at_most(cost.table)
    end = (
        f"at most {money(most, currency)} until {item.ends_at:%Y-%m-%d %H:%M} UTC"
        if most is not None
        else "and nothing says when it ends"
    )
    return (
        f"{printable(str(item.address))} is {item.liveness} since {item.since:%Y-%m-%d %H:%M} UTC and may cost "
        f"{money(hourly(item.rate), currency)} an hour: {money(item.so_far(cost.table, now), currency)} so far, {end}"
    )


def money(amount: Decimal, currency: str) -> str:
    """An amount in cents, or exactly where it is less than one."""
    small = 0 < amount < _CENT
    text = f"{amount.normalize():f}" if small else f"{amount.quantize(_CENT, ROUND_HALF_UP):,}"
    return f"${text}" if currency == "USD" else f"{currency} {text}"


def cut_text(cut: Cut, now: datetime) -> str:
    """What a stop cuts off, in minutes."""
    running = f"recording for {spoken(cut.running_for(now))}"
    remaining = cut.remaining(now)
    left = "" if remaining is None else f", {spoken(remaining)} before maxRecordingHour ends it"
    gap = "" if cut.gap is None else f"; about {cut.gap} s are not recorded, until the next session is up"
    gap = "; the other session of it records on" if cut.beside else gap
    return f"{running if cut.sure else f'perhaps still {running}'}; it is cut off{left}{gap}"


def spoken(seconds: int) -> str:
    """A duration in hours and minutes."""
    hours, minutes = divmod(seconds // 60, 60)
    if hours:
        return f"{hours} h {minutes} min" if minutes else f"{hours} h"
    return f"{minutes} min" if minutes else f"{seconds} s"


__all__ = ["cost_section", "cut_text", "money", "spoken"]
