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

from takeup.provider.emulator import answers, checks, fate, starts
from takeup.provider.emulator.answers import Answer, bad_body, error, identity, not_found, resource_error
from takeup.provider.emulator.clock import Clock
from takeup.provider.emulator.placing import placed
from takeup.provider.emulator.records import MemoryStore, Records, Store
from takeup.provider.emulator.sessions import Cause, Json, Reservation, Session, without_secrets
from takeup.provider.emulator.settings import Settings, matches

__all__ = ["MODES", "Answer", "Settings", "World", "random_id"]

MODES = ("individual", "mix", "web")
LEFT, JOINED = "left", "joined"


def random_id(kind: str) -> str:
    """Make a `resourceId` (256 characters of base64url), a `sid` (32 lowercase hex digits) or a `uid`."""
    if kind == "uid":
        return str(1 + secrets.randbelow(2**32 - 1))
    return secrets.token_hex(16) if kind == "sid" else secrets.token_urlsafe(192)


class _At(NamedTuple):
    """What a call wants, and where it says that its session is."""

    operation: str
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
        self.on_misfit: Callable[[Session], None] = lambda _: None
        """Told of the session that a second start was meant for, inside the transaction [ncse, event 3]."""
        self._counting = threading.Lock()
        self._calls: Counter[str] = Counter()

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
        with self._store.reading() as records:
            return records.live(self._clock())

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

    def end(self, sid: str, cause: Cause, *, after: float = 0.0, at: float | None = None) -> bool:
        """Let a session end for a reason, now, `after` seconds from now or `at` a time; False where it is over."""

        def change(session: Session, now: float) -> Session:
            return session.ending(now + after, cause)

        return self._befall(sid, change, at)

    def fail_over(self, sid: str, lasting: float, *, after: float = 0.0, at: float | None = None) -> bool:
        """Let a worker fall out for at most 90 s of nothing but 404; the fourth time ends the session."""

        def change(session: Session, now: float) -> Session:
            return fate.failing_over(session, now + after, lasting, self._ids("uid"))

        return self._befall(sid, change, at)

    def leave(self, cname: str, *, at: float | None = None) -> None:
        """Let everybody leave a channel, now or `at` a time gone by: its recorders go after maxIdleTime."""

        def change(session: Session, now: float) -> Session:
            return session.ending(now + fate.idle_time(session), Cause.IDLE)

        self._in_channel(cname, LEFT, change, at)

    def join(self, cname: str, *, at: float | None = None) -> None:
        """Let somebody publish in a channel, now or `at` a time: its recorders stay, and have something to record."""

        def change(session: Session, now: float) -> Session:
            since = now if session.published_at is None else session.published_at
            return replace(session.without(Cause.IDLE), published_at=since)

        self._in_channel(cname, JOINED, change, at)

    def reset(self) -> None:
        """Forget all sessions, reservations and calls."""
        with self._store.writing() as records:
            records.clear()
        with self._counting:
            self._calls.clear()

    def _in_channel(
        self, cname: str, presence: str, change: Callable[[Session, float], Session], at: float | None
    ) -> None:
        """Note who is in a channel, and change its recorders that lived at that time."""
        with self._store.writing() as records:
            now = self._clock() if at is None else at
            records.put_meta(_presence(cname), presence)
            for session in records.sessions() if at is not None else records.live(now):
                if session.cname == cname and session.mode != "web" and session.started_at <= now < session.leaves_at:
                    self._put(records, change(session, now))

    def _is_empty(self, records: Records, cname: str) -> bool:
        known = records.meta(_presence(cname))
        return bool(known == LEFT) if known else matches(cname, self.settings.idleChannels)

    def _befall(self, sid: str, change: Callable[[Session, float], Session], at: float | None = None) -> bool:
        with self._store.writing() as records:
            now = self._clock() if at is None else at
            session = records.session(sid)
            if session is None or not session.live(now):
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
            named = map(records.reservation, request.get("excludeResourceIds", ()))
            avoided = {other.region for other in named if other is not None and other.app_id == app_id}
            reservation = replace(reservation, region=placed(request, avoided))
            records.put_reservation(reservation)
            records.prune(reservation.acquired_at - settings.retention)
        return 200, answers.acquired(reservation, settings.switches)

    def _refuse_customer(self, app_id: str, body: Json) -> Answer | None:
        """Decide whether this App ID may reserve at all."""
        settings = self.settings
        if matches(app_id, settings.suspendedAppIds):
            return error(400, 405, "no_active_status")
        if body["clientRequest"].get("scene", 0) != 1 and not checks.channel_name(body["cname"], settings.switches):
            return error(400, 401, "invalid_channel_name")
        if settings.quota is None:
            return None
        with self._store.reading() as records:
            full = records.count_live(app_id, self._clock()) >= settings.quota
        return error(400, 406, "vendor_over_load") if full else None

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
            attempt = starts.Attempt(reservation, mode, body["clientRequest"], now, self.settings)
            refused = starts.refusal(records, attempt)
            if refused is not None:
                running = records.session(reservation.sid) if reservation.sid is not None else None
                if running is not None and running.live(now):
                    self.on_misfit(running)
                return refused
            rival = starts.rival(records, attempt)
            if isinstance(rival, Session):
                self._put(records, rival)
            elif rival is not None:
                return rival
            session = starts.session_of(attempt, self._ids, empty=self._is_empty(records, reservation.cname))
            self._put(records, session)
            body_hash = checks.request_hash(attempt.request, resource_id)
            records.put_reservation(replace(reservation, sid=session.sid, body_hash=body_hash))
            return 200, identity(session)

    def query(self, app_id: str, resource_id: str, sid: str, mode: str) -> Answer:
        """Tell the status and the files of a session. Writes nothing."""
        self.count("query")
        settings = self.settings
        at = _At("query", app_id, resource_id, sid, mode)
        with self._store.reading() as records:
            now = self._clock()
            session, refused = self._reachable(records, at, now)
            if session is None:
                known = records.reservation(resource_id)
                mine = known if known is not None and known.app_id == app_id else None
                return refused or self._gone(at, mine.cname if mine else None, mine.uid if mine else None)
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

        def change(session: Session, now: float) -> Session:
            storage = request.get("storageConfig", session.storage)
            if mode != "web":
                started, sent = session.request.get("recordingConfig"), request.get("streamSubscribe")
                subscription = checks.subscription(session.subscription, sent, switches, started)
                return replace(session, storage=storage, subscription=subscription)
            onhold = request.get("webRecordingConfig", {}).get("onhold", session.onhold)
            rtmp = request.get("rtmpPublishConfig")
            outputs = session.outputs if rtmp is None else tuple(rtmp.get("outputs", ()))
            resumed = session.onhold and not onhold
            since = now if resumed and session.published_at is None else session.published_at
            return replace(session, storage=storage, onhold=onhold, outputs=outputs, published_at=since)

        return self._change(_At("update", app_id, resource_id, sid, mode), body, change)

    def update_layout(self, app_id: str, resource_id: str, sid: str, mode: str, body: Json) -> Answer:
        """Overwrite the whole layout; only in mix."""
        self.count("updateLayout")
        switches = self.settings.switches
        refusal = checks.envelope(body, switches) or checks.layout(mode, body["clientRequest"], switches)
        if refusal is not None:
            return bad_body(refusal, switches)
        layout = without_secrets(body["clientRequest"])
        at = _At("updateLayout", app_id, resource_id, sid, mode)
        return self._change(at, body, lambda session, _: replace(session, layout=layout))

    def stop(self, app_id: str, resource_id: str, sid: str, mode: str, body: Json) -> Answer:
        """Stop a session. Where the upload takes time, the front waits before it answers (`stop_takes`)."""
        self.count("stop")
        settings = self.settings
        refusal = checks.envelope(body, settings.switches) or checks.stop(body["clientRequest"], settings.switches)
        if refusal is not None:
            return bad_body(refusal, settings.switches)
        at = _At("stop", app_id, resource_id, sid, mode)
        with self._store.writing() as records:
            now = self._clock()
            session, refused = self._named(records, at, body, now)
            if session is None:
                return refused or self._gone(at, body["cname"], body["uid"])
            if not session.live(now):
                return error(400, 49, "invalid operation")
            session = session.ending(now, Cause.STOPPED)
            self._put(records, session)
        return answers.stop_answer(session, now, settings, wait=not body["clientRequest"].get("async_stop", False))

    def _change(self, at: _At, body: Json, change: Callable[[Session, float], Session]) -> Answer:
        """Read, modify and write one live session; an exiting one is answered like an ended one."""
        with self._store.writing() as records:
            now = self._clock()
            session, refused = self._named(records, at, body, now)
            if session is None or not session.live(now):
                return refused or self._gone(at, body["cname"], body["uid"])
            self._put(records, change(session, now))
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
        if session is None or at[1:] != (session.app_id, session.resource_id, session.sid, session.mode):
            return None, None
        if now >= session.closes_at and switches.expiredWindow == "resourceExpired":
            return None, resource_error(433, switches)
        if now >= session.closes_at or session.gone(now, self.settings.linger) or session.failing_over(now):
            return None, None
        return session, None

    def _gone(self, at: _At, cname: str | None, uid: str | None) -> Answer:
        """Build the 404 of a call."""
        address = (at.resource_id, at.sid)
        return not_found(cname, uid, self.settings.switches, operation=at.operation, at=address)


def _presence(cname: str) -> str:
    return f"presence/{cname}"
