"""The state machine of the emulator: acquire, start, query, update, updateLayout and stop.

Nothing runs in the background: what happens by itself (start-up, idle exit, maxRecordingHour, the end of the
API window) is derived from the clock whenever somebody looks.
"""

import secrets
import threading
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase
from typing import NamedTuple

from takeup.provider.emulator import answers, checks
from takeup.provider.emulator.answers import bad_body, error, identity, not_found
from takeup.provider.emulator.sessions import Json, Reservation, Session, without_secrets
from takeup.provider.emulator.store import MemoryStore, Records, Store

Answer = tuple[int, Json]

RESERVATION_LIFETIME = 300.0
HOUR = 3600.0
MODES = ("individual", "mix", "web")


@dataclass(frozen=True, slots=True)
class Settings:
    """How the emulated world behaves; durations in seconds.

    `startup` until status 4, `first_file` until status 5, `linger` for which 6, 7, 8 are seen before 404;
    `idle_channels` are fnmatch patterns of channels with nobody in them.
    """

    startup: float = 3.0
    first_file: float = 15.0
    linger: float = 2.0
    idle_channels: tuple[str, ...] = ()


def random_id(kind: str) -> str:
    """Make a `resourceId` (256 characters of base64url) or a `sid` (32 lowercase hex digits)."""
    return secrets.token_hex(16) if kind == "sid" else secrets.token_urlsafe(192)


class _At(NamedTuple):
    """Where a call says that its session is."""

    app_id: str
    resource_id: str
    sid: str
    mode: str


class World:
    """Agora Cloud Recording, emulated. Safe for several threads; several processes share a `SqliteStore`."""

    def __init__(
        self,
        store: Store | None = None,
        *,
        clock: Callable[[], float] = time.time,
        settings: Settings | None = None,
        ids: Callable[[str], str] = random_id,
    ) -> None:
        self._store = MemoryStore() if store is None else store
        self._clock = clock
        self._settings = settings or Settings()
        self._ids = ids
        self._counting = threading.Lock()
        self._calls: Counter[str] = Counter()

    @property
    def calls(self) -> Counter[str]:
        """Count the calls of this process per operation, refused ones included; a copy."""
        with self._counting:
            return self._calls.copy()

    def count(self, operation: str) -> None:
        """Count one call; for a front that answers in the world's place."""
        with self._counting:
            self._calls[operation] += 1

    def sessions(self) -> list[Session]:
        """List the sessions that record at this moment, oldest first."""
        now = self._clock()
        with self._store.reading() as records:
            return [session for session in records.sessions() if session.live(now)]

    def kill(self, sid: str) -> bool:
        """Let a session die at once (404 from now on); False where it was not alive."""
        now = self._clock()
        with self._store.writing() as records:
            session = records.session(sid)
            if session is None or session.gone(now, self._settings.linger):
                return False
            records.put_session(replace(session, ended_at=now))
            return True

    def acquire(self, app_id: str, body: Json) -> Answer:
        """Reserve a resourceId."""
        self.count("acquire")
        reason = checks.envelope(body) or checks.acquire(body["clientRequest"])
        if reason:
            return bad_body(reason)
        request = body["clientRequest"]
        resource_id = self._ids("resourceId")
        expected = request.get("startParameter")
        reservation = Reservation(
            resource_id=resource_id,
            app_id=app_id,
            cname=body["cname"],
            uid=body["uid"],
            acquired_at=self._clock(),
            scene=request.get("scene", 0),
            resource_expired_hour=request.get("resourceExpiredHour", 72),
            start_parameter_hash=checks.request_hash(expected, resource_id) if expected is not None else None,
        )
        with self._store.writing() as records:
            records.put_reservation(reservation)
        return 200, {"cname": reservation.cname, "resourceId": resource_id, "uid": reservation.uid}

    def start(self, app_id: str, resource_id: str, mode: str, body: Json) -> Answer:
        """Start the session that a resourceId is good for."""
        self.count("start")
        reason = checks.envelope(body)
        if reason:
            return bad_body(reason)
        with self._store.writing() as records:
            now = self._clock()
            reservation = records.reservation(resource_id)
            if reservation is None:
                return error(400, 1001, "resourceId cannot be parsed")
            if (reservation.app_id, reservation.cname, reservation.uid) != (
                app_id,
                body["cname"],
                body["uid"],
            ):
                return error(400, 432, "appId, cname or uid does not match the resourceId")
            refusal = self._refuse_start(records, reservation, mode, body["clientRequest"], now)
            if refusal is not None:
                return refusal
            session = self._new_session(reservation, mode, body["clientRequest"], now)
            records.put_session(session)
            records.put_reservation(replace(reservation, sid=session.sid))
            return 200, identity(session)

    def _refuse_start(
        self, records: Records, reservation: Reservation, mode: str, request: Json, now: float
    ) -> Answer | None:
        """Decide whether a reservation may (still) be started with this request."""
        expired = error(400, 433, "resourceId has expired")
        if reservation.sid is not None:
            session = records.session(reservation.sid)
            running = session is not None and session.live(now)
            return error(201, 7, "already started") if running else expired
        if now - reservation.acquired_at > RESERVATION_LIFETIME:
            return expired
        expected = reservation.start_parameter_hash
        if expected is not None and expected != checks.request_hash(request, reservation.resource_id):
            return bad_body("request_hash mismatch!")
        reason = checks.start(mode, reservation.scene, request)
        if reason:
            return bad_body(reason)
        other = records.latest((reservation.app_id, reservation.cname, reservation.uid))
        return error(400, 53, "task conflict") if other is not None and other.live(now) else None

    def _new_session(self, reservation: Reservation, mode: str, request: Json, now: float) -> Session:
        """Build the session, its exit foreseen."""
        exits_at, publishers, outputs, onhold = None, True, [], False
        if mode == "web":
            recorder = checks.web_service(request, "web_recorder_service") or {}
            exits_at = now + recorder.get("maxRecordingHour", checks.MAX_HOURS) * HOUR
            onhold = recorder.get("onhold") is True
            outputs = checks.outputs(checks.web_service(request, "rtmp_publish_service")) or []
        elif any(fnmatchcase(reservation.cname, pattern) for pattern in self._settings.idle_channels):
            publishers = False
            exits_at = now + request.get("recordingConfig", {}).get("maxIdleTime", 30)
        return Session(
            sid=self._ids("sid"),
            resource_id=reservation.resource_id,
            app_id=reservation.app_id,
            cname=reservation.cname,
            uid=reservation.uid,
            mode=mode,
            request=without_secrets(request),
            started_at=now,
            closes_at=now + reservation.resource_expired_hour * HOUR,
            exits_at=exits_at,
            publishers=publishers,
            onhold=onhold,
            outputs=tuple(without_secrets(outputs)),
        )

    def query(self, app_id: str, resource_id: str, sid: str, mode: str) -> Answer:
        """Tell the status and the files of a session. Writes nothing."""
        self.count("query")
        with self._store.reading() as records:
            now = self._clock()
            session = self._reachable(records, _At(app_id, resource_id, sid, mode), now)
            if session is None:
                known = records.reservation(resource_id)
                mine = known if known is not None and known.app_id == app_id else None
                return not_found(mine.cname, mine.uid) if mine else not_found(None, None)
        settings = self._settings
        status = answers.status_of(
            session, now, startup=settings.startup, first_file=settings.first_file, linger=settings.linger
        )
        files = self._has_files(session, now)
        return 200, answers.query_answer(session, status, files=files, slice_ms=self._slice_ms(session))

    def update(self, app_id: str, resource_id: str, sid: str, mode: str, body: Json) -> Answer:
        """Overwrite the groups that are sent: subscription, storage, onhold, rtmp outputs."""
        self.count("update")
        reason = checks.envelope(body) or checks.update(mode, body["clientRequest"])
        if reason:
            return bad_body(reason)
        request = without_secrets(body["clientRequest"])

        def change(session: Session) -> Session:
            storage = request.get("storageConfig", session.storage)
            if mode != "web":
                subscription = request.get("streamSubscribe", session.subscription)
                return replace(session, storage=storage, subscription=subscription)
            onhold = request.get("webRecordingConfig", {}).get("onhold", session.onhold)
            rtmp = request.get("rtmpPublishConfig")
            outputs = session.outputs if rtmp is None else tuple(rtmp.get("outputs", ()))
            return replace(session, storage=storage, onhold=onhold, outputs=outputs)

        return self._change(_At(app_id, resource_id, sid, mode), body, change)

    def update_layout(self, app_id: str, resource_id: str, sid: str, mode: str, body: Json) -> Answer:
        """Overwrite the whole layout; only in mix."""
        self.count("updateLayout")
        reason = checks.envelope(body) or checks.layout(body["clientRequest"])
        if reason or mode != "mix":
            return bad_body(reason or "updateLayout is for mix only!")
        layout = without_secrets(body["clientRequest"])
        return self._change(_At(app_id, resource_id, sid, mode), body, lambda session: replace(session, layout=layout))

    def stop(self, app_id: str, resource_id: str, sid: str, mode: str, body: Json) -> Answer:
        """Stop a session; its triple is free at once."""
        self.count("stop")
        reason = checks.envelope(body)
        if reason:
            return bad_body(reason)
        with self._store.writing() as records:
            now = self._clock()
            session = self._named(records, _At(app_id, resource_id, sid, mode), body, now)
            if session is None:
                return not_found(body["cname"], body["uid"])
            if not session.live(now):
                return error(400, 49, "invalid operation")
            records.put_session(replace(session, stopped_at=now))
        files = self._has_files(session, now)
        return 200, answers.stop_answer(session, files=files, slice_ms=self._slice_ms(session))

    def _change(self, at: _At, body: Json, change: Callable[[Session], Session]) -> Answer:
        """Read, modify and write one live session; an exiting one is answered like an ended one."""
        with self._store.writing() as records:
            now = self._clock()
            session = self._named(records, at, body, now)
            if session is None or not session.live(now):
                return not_found(body["cname"], body["uid"])
            records.put_session(change(session))
            return 200, identity(session)

    def _named(self, records: Records, at: _At, body: Json, now: float) -> Session | None:
        """Find a session whose cname and uid are those of the body."""
        session = self._reachable(records, at, now)
        matches = session is not None and (session.cname, session.uid) == (body["cname"], body["uid"])
        return session if matches else None

    def _reachable(self, records: Records, at: _At, now: float) -> Session | None:
        """Find a session that still answers: not gone, inside its API window, addressed rightly."""
        session = records.session(at.sid)
        if session is None or now >= session.closes_at or session.gone(now, self._settings.linger):
            return None
        return session if at == (session.app_id, session.resource_id, session.sid, session.mode) else None

    def _has_files(self, session: Session, now: float) -> bool:
        """Tell whether the first file came before the session left."""
        first = session.started_at + max(self._settings.first_file, self._settings.startup)
        return session.publishers and min(now, session.leaves_at) >= first

    def _slice_ms(self, session: Session) -> int:
        return int((session.started_at + self._settings.startup) * 1000)
