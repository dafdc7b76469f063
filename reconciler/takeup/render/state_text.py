"""What the state holds, as text and as JSON. No secret, no fingerprint and no key of one is ever shown."""

import json
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

from takeup.core.snapshot import EndedSession, SessionState, Snapshot
from takeup.core.whole import SENSITIVE, hidden
from takeup.render.style import printable, quoted
from takeup.render.values import value_text

_UNKNOWN = "(not known)"


def state_list(snapshot: Snapshot) -> str:
    """Every resource of the state, one a line, however many sessions it has; empty for an empty state."""
    return "".join(f"{printable(str(address))}\n" for address in sorted({one.resource for one in snapshot.sessions}))


def session_text(session: SessionState, ended: Iterable[EndedSession] = ()) -> str:
    """One recording of the state.

    Args:
        session: what the state holds of it.
        ended: its ended sessions; those of other addresses are left out.
    """
    address = printable(str(session.address))
    past = [item for item in ended if item.address == session.address]
    parts = [
        _rows(_facts(session)),
        "\n".join(_applied(session)),
        *("\n".join(_ended(item)) for item in past),
    ]
    heading = f"# {address}: {session.liveness}" + (f" ({printable(session.evidence)})" if session.evidence else "")
    return f"{heading}\n{address} {{\n" + "\n\n".join(parts) + "\n}\n"


def session_json(session: SessionState, ended: Iterable[EndedSession] = (), second: SessionState | None = None) -> str:
    """One recording of the state as JSON, with its ended sessions, and its second session where it has two."""
    addresses = {session.address} | (set() if second is None else {second.address})
    past = [_ended_document(item) for item in ended if item.address in addresses]
    more = {} if second is None else {"second": _document(second)}
    return _dump({**_document(session), **more, "ended": past})


def state_text(snapshot: Snapshot) -> str:
    """The whole state: each recording with its ended sessions, then the ended sessions of what is gone."""
    head = f"takeup state: lineage {printable(snapshot.lineage)}, serial {snapshot.serial}\n"
    recordings = [session_text(session, snapshot.ended) for _, session in sorted(snapshot.sessions.items())]
    gone = [item for item in snapshot.ended if item.address not in snapshot.sessions]
    orphans = [
        f"# {printable(str(item.address))}: no longer recorded\n"
        f"{printable(str(item.address))} {{\n" + "\n".join(_ended(item)) + "\n}\n"
        for item in sorted(gone, key=lambda item: (item.address, item.ended_at))
    ]
    return "\n".join([head, *(recordings or ["The state holds no recordings.\n"]), *orphans])


def snapshot_json(snapshot: Snapshot) -> str:
    """The whole state as JSON for reading; it is no state file and cannot be pushed as one."""
    return _dump(
        {
            "lineage": snapshot.lineage,
            "serial": snapshot.serial,
            "resources": {str(address): _document(session) for address, session in sorted(snapshot.sessions.items())},
            "ended": [_ended_document(item) for item in snapshot.ended],
        }
    )


def given_up_text(session: SessionState) -> str:
    """What was just forgotten, with all that is needed to look for it at Agora."""
    lines = [f"Gave up {printable(str(session.address))}. It was not stopped, and nothing was asked of Agora."]
    held = session
    while True:
        since = held.since or held.started_at
        lines.append(
            f"  {held.liveness} since {time_text(since)}: resourceId {quoted(held.resource_id)},"
            f" sid {_or_unknown(held.sid)}, cname {quoted(held.cname)}, uid {quoted(held.uid)},"
            f" started {time_text(held.started_at)}"
        )
        lines += [f"  an earlier try of its start: resourceId {quoted(one)}, sid {_UNKNOWN}" for one in held.former]
        before = held.overlapping or held.predecessor
        if before is None:
            return "\n".join(lines) + "\n"
        how = "records on under another uid" if held.overlapping else "was believed to have ended"
        held = before
        lines.append(f"  and the session before it, which {how}:")


def _facts(session: SessionState) -> Iterator[tuple[str, str]]:
    yield "liveness", session.liveness.value
    yield "evidence", quoted(session.evidence) if session.evidence else "(none)"
    yield "realm", quoted(session.realm)
    yield "appId", quoted(session.app_id)
    yield "cname", quoted(session.cname)
    yield "uid", quoted(session.uid)
    yield "mode", session.mode.value
    yield "resourceId", quoted(session.resource_id)
    yield "sid", _or_unknown(session.sid)
    yield "startedAt", time_text(session.started_at)
    if session.confirmed_at is not None:
        yield "confirmedAt", time_text(session.confirmed_at)
    if session.seen_at is not None:
        yield "seenAt", time_text(session.seen_at)
    if session.suspect_since is not None:
        yield "suspectSince", time_text(session.suspect_since)
    if session.token_expires_at is not None:
        yield "tokenExpiresAt", time_text(session.token_expires_at)
    if session.apart_from:
        yield "apartFrom", ", ".join(map(quoted, session.apart_from))
    old = session.overlapping
    if old is not None:
        ids = f"uid {quoted(old.uid)}, resourceId {quoted(old.resource_id)}, sid {_or_unknown(old.sid)}"
        yield "takesOverFrom", f"{old.liveness} {ids}"
    if session.prevent_stop:
        yield "preventStop", "true"
    if session.short_lives:
        yield "shortLives", str(session.short_lives)
    if session.exited:
        yield "exited", session.exited


def _applied(session: SessionState) -> Iterator[str]:
    kind = session.address.kind
    storage = session.applied.get("storageConfig")
    vendor = storage.get("vendor") if isinstance(storage, Mapping) else None
    shown = hidden(kind, session.applied)
    rows = [
        (path, SENSITIVE if value == SENSITIVE else value_text(kind, path, value, vendor=vendor))
        for path, value in sorted(leaves("", shown), key=lambda leaf: leaf[0])
    ]
    yield "    applied {"
    if rows:
        yield _rows(((printable(path), value) for path, value in rows), indent=8)
    yield "    }"


def _ended(item: EndedSession) -> Iterator[str]:
    facts = [
        ("how", quoted(item.how)),
        ("cname", quoted(item.cname)),
        ("uid", quoted(item.uid)),
        ("mode", item.mode.value),
        ("resourceId", quoted(item.resource_id)),
        ("sid", _or_unknown(item.sid)),
        ("startedAt", time_text(item.started_at)),
        ("endedAt", time_text(item.ended_at)),
        ("uploadingStatus", _or_unknown(item.uploading_status)),
    ]
    yield "    ended {"
    yield _rows(facts, indent=8)
    if item.files:
        yield "        files {"
        yield from (f"            {_file(file)}" for file in item.files)
        yield "        }"
    yield "    }"


def _file(file: Mapping[str, Any]) -> str:
    details = ", ".join(f"{printable(name)} {quoted(value)}" for name, value in file.items() if name != "fileName")
    name = quoted(file["fileName"]) if "fileName" in file else "(no name)"
    return f"{name} ({details})" if details else name


def _rows(rows: Iterable[tuple[str, str]], indent: int = 4) -> str:
    kept = list(rows)
    width = max(len(name) for name, _ in kept)
    return "\n".join(f"{' ' * indent}{name:<{width}} = {value}" for name, value in kept)


def leaves(path: str, value: object) -> Iterator[tuple[str, object]]:
    """Every value inside a value, by its path."""
    if isinstance(value, Mapping):
        for name, item in value.items():
            yield from leaves(f"{path}.{name}" if path else name, item)
    elif isinstance(value, list) and value and isinstance(value[0], Mapping):
        for at, item in enumerate(value):
            yield from leaves(f"{path}[{at}]", item)
    else:
        yield path, value


def _document(session: SessionState) -> dict[str, Any]:
    return {
        "address": str(session.address),
        "kind": session.address.kind.value,
        "liveness": session.liveness.value,
        "evidence": session.evidence,
        "realm": session.realm,
        "appId": session.app_id,
        "cname": session.cname,
        "uid": session.uid,
        "mode": session.mode.value,
        "resourceId": session.resource_id,
        "sid": session.sid,
        "startedAt": time_text(session.started_at),
        "confirmedAt": None if session.confirmed_at is None else time_text(session.confirmed_at),
        **({} if session.seen_at is None else {"seenAt": time_text(session.seen_at)}),
        "suspectSince": None if session.suspect_since is None else time_text(session.suspect_since),
        "tokenExpiresAt": None if session.token_expires_at is None else time_text(session.token_expires_at),
        **({"apartFrom": list(session.apart_from)} if session.apart_from else {}),
        "takesOverFrom": None if session.overlapping is None else _document(session.overlapping),
        "applied": hidden(session.address.kind, session.applied),
    }


def _ended_document(item: EndedSession) -> dict[str, Any]:
    return {
        "address": str(item.address),
        "cname": item.cname,
        "uid": item.uid,
        "mode": item.mode.value,
        "resourceId": item.resource_id,
        "sid": item.sid,
        "startedAt": time_text(item.started_at),
        "endedAt": time_text(item.ended_at),
        "how": item.how,
        "uploadingStatus": item.uploading_status,
        "files": [dict(file) for file in item.files],
    }


def _or_unknown(text: str | None) -> str:
    return _UNKNOWN if text is None else quoted(text)


def time_text(at: datetime) -> str:
    """A time in UTC, to the second."""
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _dump(document: object) -> str:
    return json.dumps(document, indent=2) + "\n"


__all__ = [
    "given_up_text",
    "leaves",
    "session_json",
    "session_text",
    "snapshot_json",
    "state_list",
    "state_text",
    "time_text",
]
