"""Where each value of a recorded session comes from, and how old it is; and lists of earlier states and flaws."""

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from takeup.core.snapshot import SessionState, Snapshot
from takeup.core.whole import SENSITIVE, hidden
from takeup.render.state_text import leaves, time_text
from takeup.render.style import printable, quoted
from takeup.render.values import value_text


@dataclass(frozen=True, slots=True)
class Reason:
    """One value. `at` is when it was learnt or sent, `serial` the earliest kept state that has it."""

    name: str
    value: str
    source: str
    at: datetime | None
    serial: int | None


def why(session: SessionState, serial: int, earlier: Sequence[Snapshot]) -> tuple[Reason, ...]:
    """Every value that the state holds of a session.

    Args:
        session: as it is held now.
        serial: that of the state.
        earlier: the earlier states that are kept, the newest first.
    """
    before = [(one.serial, one.sessions.get(session.address)) for one in earlier]

    def since(same: Callable[[SessionState], bool]) -> int:
        oldest = serial
        for at, held in before:
            if held is None or held.resource_id != session.resource_id or not same(held):
                break
            oldest = at
        return oldest

    facts = [Reason(name, value, source, at, since(same)) for name, value, source, at, same in _facts(session)]
    shown = dict(leaves("", hidden(session.address.kind, session.applied)))
    raw = dict(leaves("", session.applied))
    rows = []
    for path in sorted(raw):
        text = shown.get(path, SENSITIVE)
        value = SENSITIVE if text == SENSITIVE else value_text(session.address.kind, path, text)
        rows.append(Reason(f"applied.{path}", value, "manifest, as last sent", None, since(_has(path, raw[path]))))
    return (*facts, *rows)


def _has(path: str, value: object) -> Callable[[SessionState], bool]:
    return lambda held: dict(leaves("", held.applied)).get(path) == value


_Fact = tuple[str, str, str, datetime | None, Callable[[SessionState], bool]]


def _facts(session: SessionState) -> Iterator[_Fact]:
    known = session.confirmed_at or session.started_at
    yield (
        "liveness", session.liveness.value, session.evidence or "answer of Agora", session.since or known,
        lambda held: held.liveness is session.liveness,
    )  # fmt: skip
    yield (
        "resourceId", quoted(session.resource_id), "answer of acquire", session.started_at,
        lambda held: held.resource_id == session.resource_id,
    )  # fmt: skip
    sid = "(not known)" if session.sid is None else quoted(session.sid)
    source = "no answer of start has named it" if session.sid is None else "answer of start, query or import"
    yield "sid", sid, source, session.started_at, lambda held: held.sid == session.sid
    for name, value in (("cname", session.cname), ("uid", session.uid)):
        yield name, quoted(value), "manifest, fixed by start", session.started_at, lambda _: True
    yield "appId", quoted(session.app_id), "project file, fixed by start", session.started_at, lambda _: True
    if session.confirmed_at is not None:
        at = session.confirmed_at
        yield "confirmedAt", time_text(at), "query", at, lambda held: held.confirmed_at == session.confirmed_at
    if session.seen_at is not None:
        yield (
            "seenAt",
            time_text(session.seen_at),
            "query",
            session.seen_at,
            lambda held: held.seen_at == session.seen_at,
        )
    if session.open is not None:
        text = f"{session.open.operation}, outcome not known"
        yield (
            "open call",
            text,
            "written down before it was sent",
            session.open.at,
            lambda held: held.open == session.open,
        )


def why_text(session: SessionState, reasons: Sequence[Reason], now: datetime) -> str:
    """One line for each value: what, where from, how old."""
    rows = [(printable(one.name), one.value, _origin(one, now)) for one in reasons]
    names = max(len(name) for name, _, _ in rows)
    values = min(48, max(len(value) for _, value, _ in rows))
    lines = [f"  {name:<{names}} = {value:<{values}}  # {origin}" for name, value, origin in rows]
    return f"{printable(str(session.address))}\n" + "\n".join(lines) + "\n"


def why_json(
    session: SessionState, reasons: Sequence[Reason], second: tuple[SessionState, Sequence[Reason]] | None = None
) -> str:
    """The same as JSON; the second session of the recording stands in `second`."""
    more = {} if second is None else {"second": _why_document(*second)}
    return _dump({**_why_document(session, reasons), **more})


def _why_document(session: SessionState, reasons: Sequence[Reason]) -> dict[str, object]:
    values: list[dict[str, object]] = [
        {
            "name": one.name,
            "value": one.value,
            "source": one.source,
            "at": None if one.at is None else time_text(one.at),
            "sinceSerial": one.serial,
        }
        for one in reasons
    ]
    return {"address": str(session.address), "values": values}


def history_text(rows: Sequence[tuple[int, int, str]]) -> str:
    """One line for each state: serial, size, and what became of it."""
    return "".join(f"serial {serial:>6}  {size:>12,} bytes  {when}".rstrip() + "\n" for serial, size, when in rows)


def history_json(rows: Sequence[tuple[int, int, str]]) -> str:
    """The same as JSON."""
    return _dump([{"serial": serial, "bytes": size, "when": when} for serial, size, when in rows])


def _origin(one: Reason, now: datetime) -> str:
    text = printable(one.source)
    if one.at is not None:
        text += f"; {time_text(one.at)}, {_age(now - one.at)}"
    return f"{text}; since serial {one.serial} or earlier" if one.serial is not None else text


def _age(age: timedelta) -> str:
    seconds = max(0, int(age.total_seconds()))
    for size, unit in ((86400, "day"), (3600, "hour"), (60, "minute"), (1, "second")):
        if seconds >= size or size == 1:
            count = seconds // size
            return f"{count} {unit}{'' if count == 1 else 's'} ago"
    return ""


def _dump(document: object) -> str:
    return json.dumps(document, indent=2) + "\n"
