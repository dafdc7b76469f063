"""The state and its journal as bytes. Pure: whoever calls owns the file.

Every error names the file and says what to do. No secret passes through here: `applied` holds fingerprints.
"""

import json
import re
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any
from zlib import crc32

from takeup import __version__
from takeup.backends.accounts import accounts_in, accounts_out
from takeup.backends.fold import JournalContent, JournalLine, keep_newest
from takeup.backends.record import Record, damage, parse, refuse, to_address
from takeup.core.address import Address, Mode
from takeup.core.snapshot import EndedSession, JournalEntry, Liveness, OpenCall, SessionState, Snapshot

VERSION = 1
PHASES = ("intent", "done", "failed")
_CHECKED = re.compile(rb'\{"crc": "([0-9a-f]{8})", (.*)', re.DOTALL)
_DAMAGED_LINE = (
    "The line may hold the only trace of a session: put the journal back from a copy. Without one, note the resourceId"
    " and sid that the line names, and remove the line."
)


def encode_snapshot(snapshot: Snapshot, *, writer: str = __version__) -> bytes:
    """Write a state as JSON, one line per resource so that versions of it compare well.

    The newest 5 ended sessions of each address are kept.
    """
    head: dict[str, object] = {
        "version": VERSION,
        "serial": snapshot.serial,
        "lineage": snapshot.lineage,
        "takeup": writer,
        "fingerprintKey": snapshot.fingerprint_key.hex(),
    }
    if snapshot.fence:
        head["fence"] = snapshot.fence
    lines = [f" {_dump(key)}: {_dump(value)}," for key, value in head.items()]
    resources = sorted((str(address), session) for address, session in snapshot.sessions.items())
    rows = [f"  {_dump(address)}: {_dump(_session_out(session))}" for address, session in resources]
    ended = [f"  {_dump(_ended_out(session))}" for session in keep_newest(snapshot.ended)]
    lines += [_block(' "resources": {', rows, "},"), _block(' "ended": [', ended, "]")]
    if snapshot.accounts:
        schedules, accounts = accounts_out(snapshot.accounts)
        rows = [f"  {_dump(address)}: {_dump(account)}" for address, account in accounts]
        lines[-1] += ","
        lines += [_block(' "schedules": [', [f"  {_dump(schedule)}" for schedule in schedules], "],")]
        lines += [_block(' "accounts": {', rows, "}")]
    return ("{\n" + "\n".join(lines) + "\n}\n").encode()


def decode_snapshot(data: bytes, source: str) -> Snapshot:
    """Read a state.

    Raises:
        StateError: it is none, or none that this version may touch.
    """
    document = parse(data, source, "state")
    if "terraform_version" in document:
        refuse(source, "is a Terraform state, not a state of takeup", "Give takeup a state path of its own.")
    record = Record(document, "the state", source)
    version = record.integer("version")
    if version > VERSION:
        refuse(source, f"has format version {version}: it was written by a newer takeup", "Upgrade takeup.")
    if version < VERSION:
        refuse(source, f"has format version {version}, which no takeup has written")
    serial, lineage, _ = record.serial(), record.text("lineage"), record.text("takeup")
    key = record.text("fingerprintKey")
    try:
        fingerprint_key = bytes.fromhex(key)
    except ValueError:
        # not chained: the error's frames hold the key
        raise damage(source, "has a fingerprintKey that is not hexadecimal") from None
    fence = record.optional_integer("fence") or 0
    sessions = {}
    for name, value in record.mapping("resources").items():
        where = f"resources[{name}]"
        address = to_address(name, where, source)
        sessions[address] = _session_in(Record(value, where, source), address)
    ended = tuple(
        _ended_in(Record(value, f"ended[{index}]", source)) for index, value in enumerate(record.sequence("ended"))
    )
    accounts = accounts_in(record)
    record.done()
    return Snapshot(lineage, serial, fingerprint_key, sessions, ended, fence, accounts)


def checksum(data: bytes) -> str:
    """Tells that bytes are no longer what they were; no protection against somebody who means it."""
    return f"{crc32(data):08x}"


def encode_entry(lineage: str, serial: int, entry: JournalEntry) -> bytes:
    """Write a journal entry as one line that begins with the checksum of what follows it.

    Raises:
        ValueError: the entry holds the session of another address, or a phase that there is not.
    """
    if entry.session is not None and entry.session.address != entry.address:
        raise ValueError(f"an entry of {entry.address} cannot hold the session of {entry.session.address}")
    if entry.phase not in PHASES:
        raise ValueError(f"the phase of an entry is one of {', '.join(PHASES)}, not {entry.phase}")
    line: dict[str, Any] = {
        "lineage": lineage,
        "serial": serial,
        "at": _time_out(entry.at),
        "address": str(entry.address),
        "operation": entry.operation,
        "phase": entry.phase,
        "session": None if entry.session is None else _session_out(entry.session),
        "ended": None if entry.ended is None else _ended_out(entry.ended),
    }
    content = _dump(_without_nulls(line)).encode()[1:]
    return f'{{"crc": "{checksum(content)}", '.encode() + content + b"\n"


Counts = Counter[tuple[str, int]]
"""How many lines a journal holds on top of each (lineage, serial)."""


def _as_it_is(line: bytes, _source: str, _counts: Counts) -> bytes:
    return line


def decode_journal(
    data: bytes,
    source: str,
    opened: Callable[[bytes, str, Counts], bytes] = _as_it_is,
    counts: Counts | None = None,
) -> JournalContent:
    """Read a journal; a last line that is torn or does not fit its checksum is cut and reported.

    A last line that is whole but for its line end counts: it may hold the only copy of a sid.

    Args:
        data: the journal, or a part of one.
        source: where it is, for people.
        opened: makes a plain line of one that fits its checksum.
        counts: how many lines there were before this part; it is gone on with.

    Raises:
        StateError: another line does not fit its checksum, or a line cannot be understood.
    """
    raw = data.split(b"\n")
    if not raw[-1]:
        raw.pop()
    lines: list[JournalLine] = []
    intact = 0
    counts = Counter() if counts is None else counts
    for number, line in enumerate(raw, 1):
        if not _fits(line, number, source):
            if number == len(raw):
                return JournalContent(tuple(lines), intact, torn=True)
            refuse(f"{source}, line {number},", "is damaged: it does not fit its checksum", _DAMAGED_LINE)
        lines.append(_line_in(opened(line, f"{source}, line {number},", counts), number, source))
        counts[lines[-1].lineage, lines[-1].serial] += 1
        intact = min(intact + len(line) + 1, len(data))
    return JournalContent(tuple(lines), intact, torn=False)


def _fits(line: bytes, number: int, source: str) -> bool:
    """Whether a line is what was written.

    Raises:
        StateError: it never had a checksum.
    """
    found = _CHECKED.fullmatch(line)
    if found is not None:
        return checksum(found[2]) == found[1].decode()
    if line.startswith(b'{"lineage": '):
        refuse(
            f"{source}, line {number},",
            "has no checksum: it was written by a takeup from before 0.1.0, which this one cannot read",
            "Let that takeup finish: its next apply folds the journal into the state.",
        )
    return False


def _line_in(line: bytes, number: int, source: str) -> JournalLine:
    where = f"line {number}"
    record = Record(parse(line, f"{source}, {where},", "journal entry"), where, source)
    record.text("crc")
    lineage, serial = record.text("lineage"), record.serial()
    address = to_address(record.text("address"), where, source)
    session, ended = record.optional_mapping("session"), record.optional_mapping("ended")
    entry = JournalEntry(
        at=record.time("at"),
        address=address,
        operation=record.text("operation"),
        phase=record.choice("phase", PHASES),
        session=None if session is None else _session_in(Record(session, f"{where}: session", source), address),
        ended=None if ended is None else _ended_in(Record(ended, f"{where}: ended", source)),
    )
    record.done()
    return JournalLine(lineage, serial, entry)


def _session_out(session: SessionState) -> dict[str, Any]:
    return _without_nulls(
        {
            "realm": session.realm,
            "appId": session.app_id,
            "cname": session.cname,
            "uid": session.uid,
            "mode": session.mode.value,
            "applied": session.applied,
            "resourceId": session.resource_id,
            "sid": session.sid,
            "liveness": session.liveness.value,
            "startedAt": _time_out(session.started_at),
            "confirmedAt": _time_out(session.confirmed_at),
            "seenAt": _time_out(session.seen_at),
            "suspectSince": _time_out(session.suspect_since),
            "since": _time_out(session.since),
            "evidence": session.evidence or None,
            "open": None if session.open is None else _open_out(session.open),
            "tokenExpiresAt": _time_out(session.token_expires_at),
            "formerResourceIds": list(session.former) or None,
            "predecessor": None if session.predecessor is None else _session_out(session.predecessor),
            "brokenPromises": list(session.broken) or None,
            "overlapping": None if session.overlapping is None else _session_out(session.overlapping),
            "excludedResourceIds": list(session.apart_from) or None,
            "preventStop": session.prevent_stop or None,
            "shortLives": session.short_lives or None,
            "exited": session.exited or None,
        }
    )


def _session_in(record: Record, address: Address) -> SessionState:
    call = record.optional_mapping("open")
    session = SessionState(
        address=address,
        realm=record.text("realm"),
        app_id=record.text("appId"),
        cname=record.text("cname"),
        uid=record.text("uid"),
        mode=Mode(record.choice("mode", list(Mode))),
        applied=record.mapping("applied"),
        resource_id=record.text("resourceId"),
        sid=record.optional_text("sid"),
        liveness=Liveness(record.choice("liveness", list(Liveness))),
        started_at=record.time("startedAt"),
        confirmed_at=record.optional_time("confirmedAt"),
        seen_at=record.optional_time("seenAt"),
        suspect_since=record.optional_time("suspectSince"),
        since=record.optional_time("since"),
        evidence=record.optional_text("evidence") or "",
        open=None if call is None else _open_in(Record(call, f"{record.where}: open", record.source)),
        token_expires_at=record.optional_time("tokenExpiresAt"),
        former=record.texts("formerResourceIds"),
        predecessor=_inner(record, "predecessor", address),
        broken=record.texts("brokenPromises"),
        overlapping=_inner(record, "overlapping", address),
        apart_from=record.texts("excludedResourceIds"),
        prevent_stop=record.flag("preventStop"),
        short_lives=record.count("shortLives"),
        exited=record.optional_text("exited") or "",
    )
    record.done()
    if session.liveness is Liveness.LOST and session.open is None:  # written before open calls were kept
        return replace(session, open=OpenCall("start", session.started_at))
    return session


def _inner(record: Record, name: str, address: Address) -> SessionState | None:
    """Another session of the same resource."""
    found = record.optional_mapping(name)
    return None if found is None else _session_in(Record(found, f"{record.where}: {name}", record.source), address)


def _open_out(call: OpenCall) -> dict[str, Any]:
    return _without_nulls({"operation": call.operation, "at": _time_out(call.at), "groups": list(call.groups) or None})


def _open_in(record: Record) -> OpenCall:
    call = OpenCall(record.text("operation"), record.time("at"), record.texts("groups"))
    record.done()
    return call


def _ended_out(ended: EndedSession) -> dict[str, Any]:
    return _without_nulls(
        {
            "address": str(ended.address),
            "cname": ended.cname,
            "uid": ended.uid,
            "mode": ended.mode.value,
            "resourceId": ended.resource_id,
            "sid": ended.sid,
            "startedAt": _time_out(ended.started_at),
            "endedAt": _time_out(ended.ended_at),
            "confirmedAt": _time_out(ended.confirmed_at),
            "seenAt": _time_out(ended.seen_at),
            "goneAt": _time_out(ended.gone_at),
            "how": ended.how,
            "uploadingStatus": ended.uploading_status,
            "files": ended.files,
        }
    )


def _ended_in(record: Record) -> EndedSession:
    ended = EndedSession(
        address=to_address(record.text("address"), record.where, record.source),
        cname=record.text("cname"),
        uid=record.text("uid"),
        mode=Mode(record.choice("mode", list(Mode))),
        resource_id=record.text("resourceId"),
        sid=record.optional_text("sid"),
        started_at=record.time("startedAt"),
        ended_at=record.time("endedAt"),
        how=record.text("how"),
        uploading_status=record.optional_text("uploadingStatus"),
        files=tuple(record.mappings("files")),
        confirmed_at=record.optional_time("confirmedAt"),
        seen_at=record.optional_time("seenAt"),
        gone_at=record.optional_time("goneAt"),
    )
    record.done()
    return ended


def _dump(value: object) -> str:
    return json.dumps(value, allow_nan=False, default=_plain)


def _plain(value: object) -> object:
    """Frozen mappings are objects too; anything else foreign is a bug of the caller."""
    if isinstance(value, Mapping):
        return dict(value)
    raise TypeError(f"{type(value).__name__} cannot stand in the state")


def _block(opening: str, rows: list[str], closing: str) -> str:
    return "\n".join([opening, ",\n".join(rows), f" {closing}"]) if rows else f"{opening}{closing}"


def _without_nulls(record: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in record.items() if value is not None}


def _time_out(time: datetime | None) -> str | None:
    if time is None:
        return None
    if time.tzinfo is None:
        raise ValueError("a time without a zone cannot stand in the state")
    return time.astimezone(UTC).replace(tzinfo=None).isoformat() + "Z"
