"""The state and its journal as bytes. Pure: whoever calls owns the file.

Every error names the file and says what to do. No secret passes through here: `applied` holds fingerprints.
"""

import json
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any, NoReturn

from takeup import __version__
from takeup.backends.fold import JournalContent, JournalLine, keep_newest
from takeup.core.address import Address, Mode
from takeup.core.snapshot import EndedSession, JournalEntry, Liveness, OpenCall, SessionState, Snapshot
from takeup.errors import StateError

VERSION = 1
_RESTORE = "Restore the file from its .backup or from version control."


def encode_snapshot(snapshot: Snapshot, *, writer: str = __version__) -> bytes:
    """Write a state as JSON, one line per resource so that versions of it compare well.

    The newest 5 ended sessions of each address are kept.
    """
    head = {
        "version": VERSION,
        "serial": snapshot.serial,
        "lineage": snapshot.lineage,
        "takeup": writer,
        "fingerprintKey": snapshot.fingerprint_key.hex(),
    }
    lines = [f" {_dump(key)}: {_dump(value)}," for key, value in head.items()]
    resources = sorted((str(address), session) for address, session in snapshot.sessions.items())
    rows = [f"  {_dump(address)}: {_dump(_session_out(session))}" for address, session in resources]
    ended = [f"  {_dump(_ended_out(session))}" for session in keep_newest(snapshot.ended)]
    lines += [_block(' "resources": {', rows, "},"), _block(' "ended": [', ended, "]")]
    return ("{\n" + "\n".join(lines) + "\n}\n").encode()


def decode_snapshot(data: bytes, source: str) -> Snapshot:
    """Read a state.

    Raises:
        StateError: it is none, or none that this version may touch.
    """
    document = _parse(data, source, "state")
    if "terraform_version" in document:
        _refuse(source, "is a Terraform state, not a state of takeup", "Give takeup a state path of its own.")
    record = _Record(document, "the state", source)
    version = record.integer("version")
    if version > VERSION:
        _refuse(source, f"has format version {version}: it was written by a newer takeup", "Upgrade takeup.")
    if version < VERSION:
        _refuse(source, f"has format version {version}, which no takeup has written")
    serial, lineage, _ = record.serial(), record.text("lineage"), record.text("takeup")
    key = record.text("fingerprintKey")
    try:
        fingerprint_key = bytes.fromhex(key)
    except ValueError:
        # not chained: the error's frames hold the key
        raise _error(source, "has a fingerprintKey that is not hexadecimal") from None
    sessions = {}
    for name, value in record.mapping("resources").items():
        where = f"resources[{name}]"
        address = _address(name, where, source)
        sessions[address] = _session_in(_Record(value, where, source), address)
    ended = tuple(
        _ended_in(_Record(value, f"ended[{index}]", source)) for index, value in enumerate(record.sequence("ended"))
    )
    record.done()
    return Snapshot(lineage, serial, fingerprint_key, sessions, ended)


def encode_entry(lineage: str, serial: int, entry: JournalEntry) -> bytes:
    """Write a journal entry as one line.

    Raises:
        ValueError: the entry holds the session of another address.
    """
    if entry.session is not None and entry.session.address != entry.address:
        raise ValueError(f"an entry of {entry.address} cannot hold the session of {entry.session.address}")
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
    return f"{_dump(_without_nulls(line))}\n".encode()


def decode_journal(data: bytes, source: str) -> JournalContent:
    """Read a journal; a torn last line is cut and reported.

    A last line that is whole but for its line end counts: it may hold the only copy of a sid.

    Raises:
        StateError: a line that is not the torn last one cannot be read.
    """
    *whole, rest = data.split(b"\n")
    lines = [_line_in(line, number, source) for number, line in enumerate(whole, 1)]
    if not rest:
        return JournalContent(tuple(lines), len(data), torn=False)
    try:
        json.loads(rest)
    except (ValueError, RecursionError):
        return JournalContent(tuple(lines), len(data) - len(rest), torn=True)
    lines.append(_line_in(rest, len(lines) + 1, source))
    return JournalContent(tuple(lines), len(data), torn=False)


def _line_in(line: bytes, number: int, source: str) -> JournalLine:
    where = f"line {number}"
    record = _Record(_parse(line, f"{source}, {where},", "journal entry"), where, source)
    lineage, serial = record.text("lineage"), record.serial()
    address = _address(record.text("address"), where, source)
    session, ended = record.optional_mapping("session"), record.optional_mapping("ended")
    entry = JournalEntry(
        at=record.time("at"),
        address=address,
        operation=record.text("operation"),
        phase=record.text("phase"),
        session=None if session is None else _session_in(_Record(session, f"{where}: session", source), address),
        ended=None if ended is None else _ended_in(_Record(ended, f"{where}: ended", source)),
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
            "suspectSince": _time_out(session.suspect_since),
            "since": _time_out(session.since),
            "evidence": session.evidence or None,
            "open": None if session.open is None else _open_out(session.open),
            "tokenExpiresAt": _time_out(session.token_expires_at),
            "formerResourceIds": list(session.former) or None,
            "predecessor": None if session.predecessor is None else _session_out(session.predecessor),
            "brokenPromises": list(session.broken) or None,
        }
    )


def _session_in(record: "_Record", address: Address) -> SessionState:
    call, predecessor = record.optional_mapping("open"), record.optional_mapping("predecessor")
    session = SessionState(
        address=address,
        realm=record.text("realm"),
        app_id=record.text("appId"),
        cname=record.text("cname"),
        uid=record.text("uid"),
        mode=Mode(record.choice("mode", Mode)),
        applied=record.mapping("applied"),
        resource_id=record.text("resourceId"),
        sid=record.optional_text("sid"),
        liveness=Liveness(record.choice("liveness", Liveness)),
        started_at=record.time("startedAt"),
        confirmed_at=record.optional_time("confirmedAt"),
        suspect_since=record.optional_time("suspectSince"),
        since=record.optional_time("since"),
        evidence=record.optional_text("evidence") or "",
        open=None if call is None else _open_in(_Record(call, f"{record.where}: open", record.source)),
        token_expires_at=record.optional_time("tokenExpiresAt"),
        former=record.texts("formerResourceIds"),
        predecessor=None
        if predecessor is None
        else _session_in(_Record(predecessor, f"{record.where}: predecessor", record.source), address),
        broken=record.texts("brokenPromises"),
    )
    record.done()
    if session.liveness is Liveness.LOST and session.open is None:  # written before open calls were kept
        return replace(session, open=OpenCall("start", session.started_at))
    return session


def _open_out(call: OpenCall) -> dict[str, Any]:
    return _without_nulls({"operation": call.operation, "at": _time_out(call.at), "groups": list(call.groups) or None})


def _open_in(record: "_Record") -> OpenCall:
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
            "how": ended.how,
            "uploadingStatus": ended.uploading_status,
            "files": ended.files,
        }
    )


def _ended_in(record: "_Record") -> EndedSession:
    ended = EndedSession(
        address=_address(record.text("address"), record.where, record.source),
        cname=record.text("cname"),
        uid=record.text("uid"),
        mode=Mode(record.choice("mode", Mode)),
        resource_id=record.text("resourceId"),
        sid=record.optional_text("sid"),
        started_at=record.time("startedAt"),
        ended_at=record.time("endedAt"),
        how=record.text("how"),
        uploading_status=record.optional_text("uploadingStatus"),
        files=tuple(record.mappings("files")),
    )
    record.done()
    return ended


class _Record:
    """A JSON object whose keys are taken one by one; what is left over at the end is foreign."""

    def __init__(self, value: object, where: str, source: str) -> None:
        self.where = where
        self.source = source
        if not isinstance(value, dict):
            _refuse(source, f"is damaged: {where} is not an object")
        self._left: dict[str, Any] = dict(value)

    def _take(self, key: str, kind: type, what: str, *, optional: bool = False) -> Any:  # noqa: ANN401 -- JSON
        value = self._left.pop(key, None)
        if value is None and optional:
            return None
        if not isinstance(value, kind) or isinstance(value, bool):
            found = "is missing" if value is None else f"is not {what}"
            _refuse(self.source, f"is damaged: in {self.where}, {key} {found}")
        return value

    def integer(self, key: str) -> int:
        return int(self._take(key, int, "a whole number"))

    def serial(self) -> int:
        serial = self.integer("serial")
        if serial < 0:
            _refuse(self.source, f"is damaged: in {self.where}, serial is negative")
        return serial

    def text(self, key: str) -> str:
        return str(self._take(key, str, "a string"))

    def optional_text(self, key: str) -> str | None:
        value = self._take(key, str, "a string", optional=True)
        return None if value is None else str(value)

    def choice(self, key: str, among: type[Mode | Liveness]) -> str:
        value = self.text(key)
        if value not in list(among):
            _refuse(self.source, f"is damaged: in {self.where}, {key} is none of {', '.join(among)}")
        return value

    def mapping(self, key: str) -> dict[str, Any]:
        return dict(self._take(key, dict, "an object"))

    def optional_mapping(self, key: str) -> dict[str, Any] | None:
        value = self._take(key, dict, "an object", optional=True)
        return None if value is None else dict(value)

    def sequence(self, key: str) -> list[Any]:
        return list(self._take(key, list, "a list"))

    def mappings(self, key: str) -> list[dict[str, Any]]:
        values = self.sequence(key)
        if not all(isinstance(value, dict) for value in values):
            _refuse(self.source, f"is damaged: in {self.where}, {key} is not a list of objects")
        return values

    def texts(self, key: str) -> tuple[str, ...]:
        """Strings; none where the key is missing."""
        values = self._take(key, list, "a list", optional=True) or []
        if not all(isinstance(value, str) for value in values):
            _refuse(self.source, f"is damaged: in {self.where}, {key} is not a list of strings")
        return tuple(values)

    def time(self, key: str) -> datetime:
        return self._as_time(key, self.text(key))

    def optional_time(self, key: str) -> datetime | None:
        value = self.optional_text(key)
        return None if value is None else self._as_time(key, value)

    def _as_time(self, key: str, text: str) -> datetime:
        try:
            # "z" makes a text without the Z of UTC unreadable
            return datetime.fromisoformat(text if text.endswith("Z") else "z").astimezone(UTC)
        except (ValueError, OverflowError) as error:
            raise _error(
                self.source, f"is damaged: in {self.where}, {key} is not a UTC time like 2026-01-31T08:00:00Z"
            ) from error

    def done(self) -> None:
        """Refuse what nobody took: the next write would lose it."""
        if self._left:
            keys = ", ".join(sorted(self._left))
            _refuse(self.source, f"holds what this takeup does not know: {keys} in {self.where}")


def _parse(data: bytes, source: str, what: str) -> dict[str, Any]:
    try:
        value = json.loads(data, object_pairs_hook=_no_twins, parse_constant=_no_constant)
    except (ValueError, RecursionError) as error:
        raise _error(source, f"is truncated or not JSON ({error})") from error
    if not isinstance(value, dict):
        _refuse(source, f"is no {what}: it is not a JSON object")
    return value


def _no_twins(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    result = dict(pairs)
    if len(result) != len(pairs):
        raise ValueError("a key stands twice in one object")
    return result


def _no_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not JSON")


def _address(text: str, where: str, source: str) -> Address:
    try:
        return Address.parse(text)
    except ValueError as error:
        raise _error(source, f"is damaged: in {where}, {text!r} is not an address") from error


def _error(source: str, problem: str, hint: str = _RESTORE) -> StateError:
    return StateError(f"{source} {problem}. Nothing was changed.", hint=hint)


def _refuse(source: str, problem: str, hint: str = _RESTORE) -> NoReturn:
    raise _error(source, problem, hint)


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
