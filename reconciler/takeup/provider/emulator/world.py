"""The state machine of the emulator: acquire, start, query, update, updateLayout and stop.

Nothing runs in the background: what happens by itself (start-up, idle exit, maxRecordingHour, token expiry,
failover, the end of the API window) is derived from the clock whenever somebody looks.
"""

import secrets
import threading
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from typing import NamedTuple

from takeup.provider.emulator import answers, checks, fate
from takeup.provider.emulator.answers import Answer, bad_body, error, identity, not_found, resource_error
from takeup.provider.emulator.clock import Clock
from takeup.provider.emulator.sessions import Cause, Exit, Json, Reservation, Session, without_secrets
from takeup.provider.emulator.settings import Settings
from takeup.provider.emulator.store import MemoryStore, Records, Store

RESERVATION_LIFETIME = 300.0
MODES = ("individual", "mix", "web")


def random_id(kind: str) -> str:
    """Make a `resourceId` (256 characters of base64url), a `sid` (32 lowercase hex digits) or a `uid`."""
    if kind == "uid":
        return str(1 + secrets.randbelow(2**32 - 1))
    return secrets.token_hex(16) if kind == "sid" else secrets.token_urlsafe(192)


class _At(NamedTuple):
    """Where a call says that its session is."""

    app_id: str
    resource_id: str
    sid: str
    mode: str


class World:
    """Agora Cloud Recording, emulated. Safe for several threads; several processes share a `SqliteStore`.

    Args:
        store: where reservations and sessions are kept; in memory, where it is None.
        clock: Unix seconds.
        settings: how the world behaves; may be replaced while it runs.
        ids: makes resourceIds, sids and uids, by the kind it is given.
        on_change: told of each session that was started or changed, inside the transaction.
    """

    def __init__(
        self,
        store: Store | None = None,
        *,
        clock: Callable[[], float] | None = None,
        settings: Settings | None = None,
        ids: Callable[[str], str] = random_id,
        on_change: Callable[[Session], None] = lambda _: None,
    ) -> None:
        self._store = MemoryStore() if store is None else store
        self._clock = Clock() if clock is None else clock
        self.settings = settings or Settings()
        self._ids = ids
        self.on_change = on_change
        self._counting = threading.Lock()
        self._calls: Counter[str] = Counter()
        self._empty: dict[str, float] = {}
        self._joined: dict[str, float] = {}

    # --- looking on ---------------------------------------------------------------------------------------

    @property
    def now(self) -> float:
        """The time in this world."""
        return self._clock()

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
        return [session for session in self.all_sessions() if session.live(now)]

    def all_sessions(self) -> list[Session]:
        """List all sessions that are remembered, ended ones included, oldest first."""
        with self._store.reading() as records:
            return records.sessions()

    def session(self, sid: str) -> Session | None:
        """Find a session, ended ones included."""
        with self._store.reading() as records:
            return records.session(sid)

    def reservation(self, resource_id: str) -> Reservation | None:
        """Find a reservation."""
        with self._store.reading() as records:
            return records.reservation(resource_id)

    # --- what happens to sessions from outside ------------------------------------------------------------

    def kill(self, sid: str) -> bool:
        """Let a worker die (404 from now on); False where the session was not alive."""
        return self.end(sid, Cause.WORKER_DIED)

    def end(self, sid: str, cause: Cause, *, after: float = 0.0) -> bool:
        """Let a session end for a reason, now or `after` seconds from now; False where it was not alive."""

        def change(session: Session, now: float) -> Session:
            return session.ending(now + after, cause)

        return self._befall(sid, change)

    def fail_over(self, sid: str, lasting: float, *, after: float = 0.0) -> bool:
        """Let a worker fall out for at most 90 s of nothing but 404; the fourth time ends the session."""

        def change(session: Session, now: float) -> Session:
            return fate.failing_over(session, now + after, lasting, self._ids("uid"))

        return self._befall(sid, change)

    def leave(self, cname: str) -> None:
        """Let everybody leave a channel: its recorders go after maxIdleTime."""
        self._empty[cname] = now = self._clock()
        self._joined.pop(cname, None)
        for session in self._in_channel(cname):
            gone = Exit(now + fate.idle_time(session), Cause.IDLE)
            self._befall(session.sid, lambda item, _, gone=gone: replace(item, exits=(*item.exits, gone)))  # type: ignore[misc]

    def join(self, cname: str) -> None:
        """Let somebody publish in a channel: its recorders stay, and have something to record."""
        self._joined[cname] = self._clock()
        self._empty.pop(cname, None)
        for session in self._in_channel(cname):
            self._befall(
                session.sid,
                lambda item, now: replace(
                    item.without(Cause.IDLE), published_at=item.published_at if item.published_at is not None else now
                ),
            )

    def _in_channel(self, cname: str) -> list[Session]:
        return [session for session in self.sessions() if session.cname == cname and session.mode != "web"]

    def _befall(self, sid: str, change: Callable[[Session, float], Session]) -> bool:
        with self._store.writing() as records:
            now = self._clock()
            session = records.session(sid)
            if session is None or session.gone(now, self.settings.linger):
                return False
            self._put(records, change(session, now))
            return True

    def _put(self, records: Records, session: Session) -> None:
        records.put_session(session)
        self.on_change(session)

    # --- the six operations -------------------------------------------------------------------------------

    def acquire(self, app_id: str, body: Json) -> Answer:
        """Reserve a resourceId."""
        self.count("acquire")
        settings = self.settings
        refusal = checks.envelope(body, settings.switches) or checks.acquire(body, settings.switches)
        if refusal is not None:
            return bad_body(refusal, settings.switches)
        refused = self._refuse_customer(app_id, body)
        if refused is not None:
            return refused
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
            records.prune(reservation.acquired_at - settings.retention)
        return 200, answers.acquired(reservation, settings.switches)

    def _refuse_customer(self, app_id: str, body: Json) -> Answer | None:
        """Decide whether this App ID may reserve at all."""
        settings = self.settings
        if fate.matches(app_id, settings.suspendedAppIds):
            return error(400, 405, "no_active_status")
        if body["clientRequest"].get("scene", 0) != 1 and not checks.channel_name(body["cname"], settings.switches):
            return error(400, 401, "invalid_channel_name")
        if settings.quota is None:
            return None
        now = self._clock()
        live = sum(1 for session in self.sessions() if session.app_id == app_id and session.live(now))
        return error(400, 406, "vendor_over_load") if live >= settings.quota else None

    def start(self, app_id: str, resource_id: str, mode: str, body: Json) -> Answer:
        """Start the session that a resourceId is good for."""
        self.count("start")
        switches = self.settings.switches
        refusal = checks.envelope(body, switches)
        if refusal is not None:
            return bad_body(refusal, switches)
        with self._store.writing() as records:
            now = self._clock()
            reservation = records.reservation(resource_id)
            if reservation is None:
                return resource_error(1001, switches)
            if (reservation.app_id, reservation.cname, reservation.uid) != (app_id, body["cname"], body["uid"]):
                return resource_error(432, switches)
            request = body["clientRequest"]
            refused = self._refuse_start(records, reservation, mode, request, now)
            if refused is not None:
                return refused
            session = self._new_session(reservation, mode, request, now)
            self._put(records, session)
            body_hash = checks.request_hash(request, resource_id)
            records.put_reservation(replace(reservation, sid=session.sid, body_hash=body_hash))
            return 200, identity(session)

    def _refuse_start(
        self, records: Records, reservation: Reservation, mode: str, request: Json, now: float
    ) -> Answer | None:
        """Decide whether a reservation may (still) be started with this request."""
        switches = self.settings.switches
        given = checks.request_hash(request, reservation.resource_id)
        if reservation.sid is not None:
            session = records.session(reservation.sid)
            running = session is not None and session.live(now)
            if not running and switches.usedResource == "resourceExpired":
                return resource_error(433, switches)
            if running and given != reservation.body_hash and switches.otherBody == "mismatch":
                return bad_body("request_hash mismatch!", switches)
            return answers.already_started(reservation, switches)
        if now - reservation.acquired_at > RESERVATION_LIFETIME:
            return resource_error(433, switches)
        if reservation.start_parameter_hash not in {None, given}:
            return bad_body("request_hash mismatch!", switches)
        refusal = checks.start(mode, reservation.scene, request, switches)
        if refusal is not None:
            return bad_body(refusal, switches)
        return self._refuse_second(records, reservation, now)

    def _refuse_second(self, records: Records, reservation: Reservation, now: float) -> Answer | None:
        """Decide whether the triple is free; a second recorder kicks the first one out of the channel."""
        settings = self.settings
        other = records.latest((reservation.app_id, reservation.cname, reservation.uid))
        if other is None:
            return None
        free = not other.live(now)
        if settings.switches.tripleFree == "afterExit":
            free = other.gone(now, settings.linger)
        if free:
            return None
        if settings.switches.sameTriple == "conflict":
            return error(400, 53, "task conflict")
        self._put(records, other.ending(now + settings.startup, Cause.KICKED))
        return None

    def _new_session(self, reservation: Reservation, mode: str, request: Json, now: float) -> Session:
        """Build the session, its ends foreseen."""
        settings = self.settings
        recorder = (checks.web_service(request, "web_recorder_service") or {}) if mode == "web" else {}
        rtmp = checks.outputs(checks.web_service(request, "rtmp_publish_service")) if mode == "web" else None
        triple = (reservation.app_id, reservation.cname, reservation.uid)
        session = Session(
            sid=self._ids("sid"),
            resource_id=reservation.resource_id,
            app_id=reservation.app_id,
            cname=reservation.cname,
            uid=reservation.uid,
            mode=mode,
            request=without_secrets(request),
            started_at=now,
            closes_at=now + reservation.resource_expired_hour * fate.HOUR,
            exits=fate.exits(mode, request, triple, now, settings),
            published_at=now if mode == "web" or not self._is_empty(reservation.cname) else None,
            upload=settings.upload,
            onhold=recorder.get("onhold") is True,
            outputs=tuple(without_secrets(rtmp or [])),
        )
        if session.published_at is None:
            return session.ending(now + fate.idle_time(session), Cause.IDLE)
        return session

    def _is_empty(self, cname: str) -> bool:
        if cname in self._joined:
            return False
        return cname in self._empty or fate.matches(cname, self.settings.idleChannels)

    def query(self, app_id: str, resource_id: str, sid: str, mode: str) -> Answer:
        """Tell the status and the files of a session. Writes nothing."""
        self.count("query")
        settings = self.settings
        with self._store.reading() as records:
            now = self._clock()
            session, refused = self._reachable(records, _At(app_id, resource_id, sid, mode), now)
            if session is None:
                known = records.reservation(resource_id)
                mine = known if known is not None and known.app_id == app_id else None
                return refused or not_found(mine.cname if mine else None, mine.uid if mine else None, settings.switches)
        if not session.live(now) and settings.switches.exitingQuery == "exiting":
            return error(400, 501, "service is exiting")
        return 200, answers.query_answer(session, now, settings)

    def update(self, app_id: str, resource_id: str, sid: str, mode: str, body: Json) -> Answer:
        """Overwrite the groups that are sent: subscription, storage, onhold, rtmp outputs."""
        self.count("update")
        switches = self.settings.switches
        refusal = checks.envelope(body, switches) or checks.update(mode, body["clientRequest"], switches)
        if refusal is not None:
            return bad_body(refusal, switches)
        request = without_secrets(body["clientRequest"])

        def change(session: Session) -> Session:
            storage = request.get("storageConfig", session.storage)
            if mode != "web":
                subscription = checks.subscription(session.subscription, request.get("streamSubscribe"), switches)
                return replace(session, storage=storage, subscription=subscription)
            onhold = request.get("webRecordingConfig", {}).get("onhold", session.onhold)
            rtmp = request.get("rtmpPublishConfig")
            outputs = session.outputs if rtmp is None else tuple(rtmp.get("outputs", ()))
            return replace(session, storage=storage, onhold=onhold, outputs=outputs)

        return self._change(_At(app_id, resource_id, sid, mode), body, change)

    def update_layout(self, app_id: str, resource_id: str, sid: str, mode: str, body: Json) -> Answer:
        """Overwrite the whole layout; only in mix."""
        self.count("updateLayout")
        switches = self.settings.switches
        refusal = checks.envelope(body, switches) or checks.layout(mode, body["clientRequest"], switches)
        if refusal is not None:
            return bad_body(refusal, switches)
        layout = without_secrets(body["clientRequest"])
        return self._change(_At(app_id, resource_id, sid, mode), body, lambda session: replace(session, layout=layout))

    def stop(self, app_id: str, resource_id: str, sid: str, mode: str, body: Json) -> Answer:
        """Stop a session. Where the upload takes time, the front waits before it answers (`stop_takes`)."""
        self.count("stop")
        settings = self.settings
        refusal = checks.envelope(body, settings.switches) or checks.stop(body["clientRequest"])
        if refusal is not None:
            return bad_body(refusal, settings.switches)
        with self._store.writing() as records:
            now = self._clock()
            session, refused = self._named(records, _At(app_id, resource_id, sid, mode), body, now)
            if session is None:
                return refused or not_found(body["cname"], body["uid"], settings.switches)
            if not session.live(now):
                return error(400, 49, "invalid operation")
            session = session.ending(now, Cause.STOPPED)
            self._put(records, session)
        return answers.stop_answer(session, now, settings, wait=not body["clientRequest"].get("async_stop", False))

    def _change(self, at: _At, body: Json, change: Callable[[Session], Session]) -> Answer:
        """Read, modify and write one live session; an exiting one is answered like an ended one."""
        with self._store.writing() as records:
            now = self._clock()
            session, refused = self._named(records, at, body, now)
            if session is None or not session.live(now):
                return refused or not_found(body["cname"], body["uid"], self.settings.switches)
            self._put(records, change(session))
            return 200, identity(session)

    def _named(self, records: Records, at: _At, body: Json, now: float) -> tuple[Session | None, Answer | None]:
        """Find a session whose cname and uid are those of the body."""
        session, refused = self._reachable(records, at, now)
        if session is not None and (session.cname, session.uid) != (body["cname"], body["uid"]):
            return None, None
        return session, refused

    def _reachable(self, records: Records, at: _At, now: float) -> tuple[Session | None, Answer | None]:
        """Find a session that still answers; None with the answer, where that is not the usual 404."""
        switches = self.settings.switches
        session = records.session(at.sid)
        if session is None or at != (session.app_id, session.resource_id, session.sid, session.mode):
            return None, None
        if now >= session.closes_at and switches.expiredWindow == "resourceExpired":
            return None, resource_error(433, switches)
        if now >= session.closes_at or session.gone(now, self.settings.linger) or session.failing_over(now):
            return None, None
        return session, None
