"""Coverage as text: the worst recordings first, what is whole counted, a total at the end."""

from collections.abc import Iterator

from takeup.core.account import Sums
from takeup.core.cover import Cover, Coverage, percent, worst_first
from takeup.render.coverage_words import causes, gap_text, heading, minutes, notes, share, shares, verdict
from takeup.render.style import Style, counted, printable

GAPS = 10
"""So many gaps of one recording are listed, the newest."""
_NAME = 48  # columns that an address takes on a terminal at the most


def coverage_text(found: Coverage, now: int, style: Style, *, width: int | None, top: int) -> str:
    """The whole text.

    Args:
        found: what is told.
        now: this moment.
        style: of the stream.
        width: columns of the terminal; None where lines may be as long as they are.
        top: how many recordings are told one by one; 0 for all.
    """
    lines = [style.bold(printable(heading(found, now)))]
    if found.as_of is not None and not found.covers:
        lines.append("No recording with a schedule has such an address, or none was accounted for on these days.")
    if found.covers:
        lines += ["", *_table(found, style, width, top), *_listed(found, style, width, top)]
        lines += ["", f"Total of {counted(len(found.covers), 'recording')}: {_total(found.total)}"]
    if found.least is not None and found.covers:
        lines.append((style.error if found.short else style.add)(verdict(found)))
    return "\n".join(lines) + "\n"


def _total(part: Sums) -> str:
    told = f"{minutes(part.covered)} of {minutes(part.due)} min, {shares(part)}." if part.due else "nothing was wanted."
    return f"{told} Gaps: {causes(part)}." if part.gaps else told


def _shown(found: Coverage, top: int) -> tuple[list[Cover], list[Cover], list[Cover]]:
    """Those told one by one, the other ones with gaps, and those without."""
    flawed = [cover for cover in worst_first(found.covers) if cover.sums.gaps or found.below(cover)]
    whole = [cover for cover in found.covers if cover not in flawed]
    if not top or len(found.covers) <= top:
        return [*flawed, *whole], [], []
    return flawed[:top], flawed[top:], whole


def _table(found: Coverage, style: Style, width: int | None, top: int) -> Iterator[str]:
    shown, more, whole = _shown(found, top)
    name = max(len("Recording"), *(len(printable(str(cover.address))) for cover in shown), 0)
    name = min(name, _NAME) if width is not None else name
    rows = [("Recording", "Wanted min", "Covered min", "Share", "Gaps")]
    rows += [_row(cover) for cover in shown]
    sizes = [max(len(row[index]) for row in rows) for index in (1, 2, 3)]
    for index, row in enumerate(rows):
        numbers = "  ".join(f"{text:>{size}}" for text, size in zip(row[1:4], sizes, strict=True))
        line = _fit(f"{_middle(row[0], name):<{name}}  {numbers}  {row[4]}".rstrip(), width)
        yield style.dim(line) if index == 0 else _coloured(line, shown[index - 1], found, style)
    if more:
        worst = percent(more[0].sums)
        yield f"... and {counted(len(more), 'more recording')} with gaps, the worst at {share(worst)} (--top 0: all)"
    if whole:
        yield f"... and {counted(len(whole), 'recording')} without a gap"


def _row(cover: Cover) -> tuple[str, str, str, str, str]:
    part = cover.sums
    name = printable(str(cover.address))
    return name, minutes(part.due), minutes(part.covered), share(percent(part)), causes(part)


def _coloured(line: str, cover: Cover, found: Coverage, style: Style) -> str:
    if found.below(cover):
        return style.remove(line)
    return style.change(line) if cover.sums.gaps else line


def _listed(found: Coverage, style: Style, width: int | None, top: int) -> Iterator[str]:
    """The gaps of those that are told one by one."""
    for cover in _shown(found, top)[0]:
        gaps, told = cover.gaps, notes(cover)
        if not gaps and not told:
            continue
        yield ""
        yield style.bold(f"{printable(str(cover.address))} ({cover.zone.key})")
        if len(gaps) > GAPS:
            yield f"  ... {counted(len(gaps) - GAPS, 'earlier gap')} (--format json: all)"
        yield from (_fit(f"  {printable(gap_text(gap, cover.zone))}", width) for gap in gaps[-GAPS:])
        yield from (_fit(f"  {printable(note)}", width) for note in told)


def _fit(line: str, width: int | None) -> str:
    return line if width is None or len(line) <= width else f"{line[: max(width - 3, 1)]}..."


def _middle(text: str, width: int) -> str:
    """A name without its middle where it is too long: both ends tell names apart."""
    if len(text) <= width:
        return text
    half = (width - 3) // 2
    return f"{text[: width - 3 - half]}...{text[-half:]}"


__all__ = ["GAPS", "coverage_text"]
