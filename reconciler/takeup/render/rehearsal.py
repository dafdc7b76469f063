"""A rehearsal for people, and as JSON of format takeup-test/1."""

import json
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from takeup.engine.outcome import Broken, Moment, Outcome, Rehearsal, ResourceOutcome
from takeup.render.style import Style, counted, printable

FORMAT = "takeup-test/1"
_STORY, _BROKEN_STORY = 5, 40
"""Lines of a story that the text shows, and where a promise was broken; JSON and JUnit hold them all."""
_NOTABLE = 10.0
"""Seconds of a gap from which on it is worth a story: rate limits and retries alone cost less."""
_HEAD = (
    "scenario",
    "resource",
    "wanted",
    "recorded",
    "lost min",
    "longest gap",
    "sessions",
    "doubled",
    "lost sids",
    "",
)


def clock(seconds: float) -> str:
    """A time since the beginning, as HH:MM:SS; hours go on after 24."""
    whole = int(max(0.0, seconds))
    return f"{whole // 3600:02}:{whole // 60 % 60:02}:{whole % 60:02}"


def minutes(seconds: float) -> float:
    """Minutes, to the hundredth."""
    return round(seconds / 60, 2)


# --- text -------------------------------------------------------------------------------------------------


def rehearsal_text(rehearsal: Rehearsal, style: Style) -> str:
    """The table, the stories of what went wrong, and one line of verdict."""
    blocks = ["\n".join(_table(rehearsal, style))]
    blocks += ["\n".join(_story(outcome, style)) for outcome in rehearsal.outcomes if _eventful(outcome)]
    blocks.append(_verdict(rehearsal, style))
    return "\n\n".join(blocks) + "\n"


def _table(rehearsal: Rehearsal, style: Style) -> Iterator[str]:
    rows = [row for outcome in rehearsal.outcomes for row in _rows(outcome)]
    widths = [max(len(row[n]) for row in [_HEAD, *rows]) for n in range(len(_HEAD))]
    yield style.dim(_line(_HEAD, widths))
    for row in rows:
        text = _line(row, widths)
        yield style.error(text) if row[-1].startswith("BROKEN") else style.warn(text) if row[-1] else text


def _rows(outcome: Outcome) -> Iterator[tuple[str, ...]]:
    general = [item for item in outcome.broken if item.address is None]
    if general or not outcome.resources:
        yield (printable(outcome.name), "(pipeline)", *[""] * 7, _mark(general))
    for number, item in enumerate(outcome.resources):
        yield (
            printable(outcome.name) if not number and not general else "",
            printable(str(item.address)),
            f"{item.wanted / 60:.0f}",
            f"{item.covered / 60:.1f}",
            f"{item.lost / 60:.1f}",
            f"{item.longest_gap:.0f} s" if round(item.longest_gap) else "-",
            str(item.sessions),
            f"{item.doubled:.0f} s" if item.doubled else "-",
            str(len(item.lost_sids)) if item.lost_sids else "-",
            _mark([broken for broken in outcome.broken if broken.address == item.address])
            or ("lost, and told" if item.lost_sids else ""),
        )


def _mark(broken: Sequence[Broken]) -> str:
    return "BROKEN: " + ", ".join(dict.fromkeys(item.kind for item in broken)) if broken else ""


def _line(row: Sequence[str], widths: Sequence[int]) -> str:
    cells = [
        cell.ljust(width) if n in {0, 1, len(row) - 1} else cell.rjust(width)
        for n, (cell, width) in enumerate(zip(row, widths, strict=True))
    ]
    return "  ".join(cells).rstrip()


def _eventful(outcome: Outcome) -> bool:
    return bool(outcome.broken or outcome.story or outcome.failed_runs or any(map(_troubled, outcome.resources)))


def _troubled(resource: ResourceOutcome) -> bool:
    return resource.longest_gap >= _NOTABLE or bool(resource.lost_sids) or resource.doubled > 0


def _story(outcome: Outcome, style: Style) -> Iterator[str]:
    runs = f"{counted(outcome.runs, 'run')}, {outcome.failed_runs} failed, {counted(outcome.calls, 'call')}"
    yield style.bold(f"{printable(outcome.name)}: {runs}")
    for broken in outcome.broken:
        whose = f"{broken.address}: " if broken.address is not None else ""
        yield style.error(f"  Broken promise ({broken.kind}): {printable(whose + broken.text)}")
    yield from _moments(outcome.story, "  ", _STORY, style)
    blamed = {broken.address for broken in outcome.broken}
    for resource in outcome.resources:
        if _troubled(resource) or resource.address in blamed:
            lost = f": {resource.lost / 60:.1f} of {resource.wanted / 60:.0f} min lost"
            yield f"  {printable(str(resource.address))}{lost}"
            most = _BROKEN_STORY if resource.address in blamed else _STORY
            yield from _moments(resource.story, "    ", most, style)


def _moments(story: Sequence[Moment], indent: str, most: int, style: Style) -> Iterator[str]:
    shown = len(story) if len(story) <= most + 1 else most  # a line that says "1 more line" would save none
    for moment in story[:shown]:
        yield f"{indent}{style.dim(clock(moment.at))} {printable(moment.what)}"
    if shown < len(story):
        yield style.dim(f"{indent}... {counted(len(story) - shown, 'more line')}; --format json has them all")


def _verdict(rehearsal: Rehearsal, style: Style) -> str:
    outcomes = rehearsal.outcomes
    broken = [item for outcome in outcomes for item in outcome.broken]
    scenarios = counted(len(outcomes), "scenario")
    idle = [outcome.name for outcome in outcomes if outcome.rules and not outcome.struck]
    note = f" Too short for {', '.join(map(printable, idle))}: no fault struck." if idle else ""
    if broken:
        names = ", ".join(printable(outcome.name) for outcome in outcomes if not outcome.kept)
        text = f"{counted(len(broken), 'broken promise')} in {names}, of {scenarios}."
        return style.error(text) + note
    lost = sum(resource.lost for outcome in outcomes for resource in outcome.resources)
    return style.add(f"All promises kept in {scenarios}; {lost / 60:.1f} minutes were not recorded.") + note


def scenarios_text(scenarios: Iterable[tuple[str, str]], style: Style) -> str:
    """The names of scenarios with a sentence each."""
    rows = list(scenarios)
    width = max((len(name) for name, _ in rows), default=0)
    return "".join(f"{style.bold(name)}{' ' * (width - len(name))}  {sentence}\n" for name, sentence in rows)


# --- JSON -------------------------------------------------------------------------------------------------


def rehearsal_json(rehearsal: Rehearsal) -> str:
    """The whole rehearsal as one JSON object; `for` and `every` in seconds."""
    document = {
        "format": FORMAT,
        "verdict": _word(rehearsal.kept),
        "for": rehearsal.length,
        "every": rehearsal.every,
        "scenarios": [_scenario(outcome) for outcome in rehearsal.outcomes],
    }
    return json.dumps(document, indent=2) + "\n"


def _word(kept: bool) -> str:  # noqa: FBT001 - the whole argument
    return "kept" if kept else "broken"


def _scenario(outcome: Outcome) -> dict[str, Any]:
    return {
        "name": outcome.name,
        "verdict": _word(outcome.kept),
        "runs": outcome.runs,
        "failedRuns": outcome.failed_runs,
        "calls": outcome.calls,
        "faultsStruck": outcome.struck,
        "resources": [_resource(resource) for resource in outcome.resources],
        "story": _told(outcome.story),
        "leaked": [
            {"address": _address(leak.address), "sid": leak.sid, "startedAt": clock(leak.started)}
            for leak in outcome.leaked
        ],
        "brokenPromises": [
            {"kind": item.kind, "address": _address(item.address), "text": item.text} for item in outcome.broken
        ],
    }


def _resource(resource: ResourceOutcome) -> dict[str, Any]:
    return {
        "address": str(resource.address),
        "wantedMinutes": minutes(resource.wanted),
        "coveredMinutes": minutes(resource.covered),
        "lostMinutes": minutes(resource.lost),
        "longestGapSeconds": round(resource.longest_gap, 1),
        "sessions": resource.sessions,
        "doubledSeconds": round(resource.doubled, 1),
        "lostSids": list(resource.lost_sids),
        "story": _told(resource.story),
    }


def _told(story: Sequence[Moment]) -> list[dict[str, str]]:
    return [{"at": clock(moment.at), "what": moment.what} for moment in story]


def _address(address: object) -> str | None:
    return None if address is None else str(address)
