"""Tells receivers what happens to sessions: in order of time, signed, and as unreliably as it is asked to.

What is told when is decided in `notices`; how it is signed and sent, in `hook`. Sources: envelope [ncsh], payload
[ncse], acknowledgement and resends [ncs], duplicates, losses and order [bp].
"""

import hashlib
import heapq
import json
import random
import threading
import uuid
from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from math import inf

from takeup.provider.emulator.answers import status_of
from takeup.provider.emulator.clock import Clock
from takeup.provider.emulator.hook import RECEIVED, Poster, WebhookSettings, sign
from takeup.provider.emulator.notices import misfit, notices_between, of_change, over_at
from takeup.provider.emulator.sessions import Json, Session
from takeup.provider.emulator.settings import Settings
from takeup.provider.emulator.story import Notice, ms

__all__ = ["Delivery", "Notifier", "WebhookSettings", "sign"]

CLOUD_RECORDING = 3
"""productId of Cloud Recording [ncsh]."""
REMEMBERED = 500
_JOIN = 15.0

Send = Callable[[str, dict[str, str], bytes], str]
OnNotice = Callable[[dict[str, str], bytes], None]


@dataclass(frozen=True, slots=True)
class Delivery:
    """One attempt to deliver a notice: when (Unix seconds), what, and what became of it in a few words.

    `attempt` counts from 1; 0 is a notice that was lost on purpose. `status` is `received` where all went well.
    """

    at: float
    event: int
    sid: str
    notice_id: str
    attempt: int
    status: str


@dataclass(slots=True)
class _Tracked:
    """A session, up to where it has been told, and the highest `nth` told of each event."""

    session: Session
    since: float
    turn: int = 0
    sequence: int = 0
    told: dict[int, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class _Look:
    """Look at a session again; void where the session has changed since (`turn`)."""

    sid: str
    turn: int


@dataclass(frozen=True, slots=True)
class _Parcel:
    """A notice on its way, its envelope complete but for `notifyMs`."""

    envelope: Json
    attempt: int
    sent_ms: int = 0


class Notifier:
    """Follows the sessions of a world and delivers their notices. Safe for several threads.

    Where the clock stands still, everything due is delivered inside `pump`, so inside `Clock.advance`: a test sees
    the same notices in the same order each time. Between `start` and `close` a thread delivers instead, and nobody
    waits for a slow receiver. Only sessions that change through this process are followed.

    Args:
        settings: where notices go; None follows nothing until `on_notice` is set.
        clock: the world's time.
        send: delivers (url, headers, body) and tells `received` or what was wrong; HTTP over loopback by default.
        seed: makes losses, duplicates and the order repeatable.
        world: gives the settings of the world.
    """

    def __init__(
        self,
        settings: WebhookSettings | None,
        clock: Clock,
        send: Send | None = None,
        seed: int = 0,
        *,
        world: Callable[[], Settings] = Settings,
    ) -> None:
        self.on_notice: OnNotice | None = None
        """Is told the headers and the body of every attempt, in this process; it must not raise."""
        self._settings = settings
        self._clock = clock
        self._poster = Poster()
        self._send = send or self._poster
        self._seed = seed
        self._world = world
        self._lock = threading.Lock()
        self._working = threading.Lock()
        self._until = -inf
        self._wake = threading.Event()
        self._stopping = threading.Event()
        self._thread: threading.Thread | None = None
        self._deliveries: deque[Delivery] = deque(maxlen=REMEMBERED)
        self._forget()

    def _forget(self) -> None:
        self._tracked: dict[str, _Tracked] = {}
        self._queue: list[tuple[float, int, _Look | _Parcel]] = []
        self._pushed = 0

    # --- looking on, and setting up -------------------------------------------------------------------------

    @property
    def settings(self) -> WebhookSettings | None:
        """Where notices go."""
        return self._settings

    @property
    def deliveries(self) -> tuple[Delivery, ...]:
        """The last 500 attempts, oldest first."""
        with self._lock:
            return tuple(self._deliveries)

    @property
    def followed(self) -> int:
        """How many sessions are remembered: those that have notices to come."""
        return len(self._tracked)

    def replace(self, settings: WebhookSettings | None, seed: int | None = None) -> None:
        """Send notices elsewhere from now on; sessions are followed on, deliveries under way are made there."""
        with self._lock:
            self._settings = settings
            self._seed = self._seed if seed is None else seed
            if not self._active:
                self._forget()
            for tracked in list(self._tracked.values()):
                self._schedule(tracked)

    def clear(self) -> None:
        """Forget all sessions, all notices under way, and the past deliveries."""
        with self._lock:
            self._forget()
            self._deliveries.clear()

    def start(self) -> None:
        """Deliver in a thread of its own from now on, whenever `pump` says so; not where the clock stands still."""
        if self._thread is None and self._clock.speed > 0 and not self._stopping.is_set():
            self._thread = threading.Thread(target=self._run, name="takeup-webhooks", daemon=True)
            self._thread.start()

    def close(self) -> None:
        """End the thread and the connection, for good. What is not delivered by then is lost."""
        self._stopping.set()
        self._poster.abort()
        self._wake.set()
        thread, self._thread = self._thread, None
        if thread is not None:
            thread.join(_JOIN)
        with self._working:
            self._poster.close()

    # --- what happens to sessions ---------------------------------------------------------------------------

    @property
    def _active(self) -> bool:
        return self._settings is not None or self.on_notice is not None

    def _wants(self, event: int) -> bool:
        return self._settings is None or self._settings.wants(event)

    def changed(self, session: Session) -> None:
        """Take note of a session that was started or changed (`World.on_change`). Sends nothing itself."""
        if not self._active:
            return
        now, settings = self._clock.now(), self._world()
        with self._lock:
            tracked = self._tracked.get(session.sid)
            if tracked is None:
                if over_at(session, settings) < self._until:
                    return
                tracked = self._tracked[session.sid] = _Tracked(session, session.started_at)
            else:
                for notice in of_change(tracked.session, session, now, settings):
                    self._emit(tracked, notice)
                # An end may lie before what was told last: the thread may have been faster than the caller.
                tracked.since = min(tracked.since, session.leaves_at)
                tracked.session = session
            self._schedule(tracked)

    def follow(self, sessions: Iterable[Session]) -> None:
        """Follow sessions that began in another process (a kept state); what they have told before is not repeated."""
        if not self._active:
            return
        now, settings = self._clock.now(), self._world()
        with self._lock:
            for session in sessions:
                if session.sid not in self._tracked and over_at(session, settings) >= now:
                    tracked = self._tracked[session.sid] = _Tracked(session, now)
                    self._schedule(tracked)

    def misfit(self, session: Session) -> None:
        """Tell event 3: a call did not fit the state of this session (`World.on_misfit`)."""
        now, settings = self._clock.now(), self._world()
        with self._lock:
            tracked = self._tracked.get(session.sid)
            if tracked is not None:
                self._emit(tracked, misfit(session, status_of(session, now, settings), now, settings))

    def _schedule(self, tracked: _Tracked) -> None:
        """Look at a session when it has its next notice, or else when it can be forgotten."""
        tracked.turn += 1
        session, settings = tracked.session, self._world()
        coming = notices_between(session, settings, tracked.since, inf, wanted=self._wants)
        at = next((item.at for item in coming if self._is_new(tracked, item)), over_at(session, settings))
        if at < inf:
            self._push(at, _Look(session.sid, tracked.turn))

    @staticmethod
    def _is_new(tracked: _Tracked, notice: Notice) -> bool:
        return notice.nth > tracked.told.get(notice.event, -1)

    def _push(self, at: float, what: _Look | _Parcel) -> None:
        self._pushed += 1
        heapq.heappush(self._queue, (at, self._pushed, what))

    # --- delivering -----------------------------------------------------------------------------------------

    def pump(self, now: float) -> None:
        """Deliver everything due by now, oldest first; or let the thread do it, where there is one."""
        with self._lock:
            self._until = max(self._until, now)
        if self._thread is None:
            self._work()
        elif self._is_due():
            self._wake.set()

    def _run(self) -> None:
        while not self._stopping.is_set():
            self._wake.wait()
            self._wake.clear()
            self._work()

    def _work(self) -> None:
        # A receiver may call the emulator while it is told something: that call must not wait for itself.
        while self._is_due() and self._working.acquire(blocking=False):
            try:
                while (due := self._next()) is not None:
                    self._deliver(*due)
            finally:
                self._working.release()

    def _is_due(self) -> bool:
        with self._lock:
            return bool(self._queue) and self._queue[0][0] <= self._until and not self._stopping.is_set()

    def _next(self) -> tuple[float, _Parcel, WebhookSettings] | None:
        """Take the next parcel that is due; None where there is none."""
        with self._lock:
            while self._queue and self._queue[0][0] <= self._until and not self._stopping.is_set():
                at, _, what = heapq.heappop(self._queue)
                if isinstance(what, _Parcel):
                    return at, what, self._settings or WebhookSettings()
                self._look(what, at)
        return None

    def _look(self, look: _Look, at: float) -> None:
        """Emit what a session tells at this moment, and look for what comes next."""
        tracked = self._tracked.get(look.sid)
        if tracked is None or tracked.turn != look.turn:
            return
        session, settings = tracked.session, self._world()
        for notice in list(notices_between(session, settings, tracked.since, at, wanted=self._wants)):
            if self._is_new(tracked, notice):
                tracked.told[notice.event] = notice.nth
                self._emit(tracked, notice)
        tracked.since = max(tracked.since, at)
        if over_at(session, settings) <= at:
            del self._tracked[look.sid]
        else:
            self._schedule(tracked)

    def _emit(self, tracked: _Tracked, notice: Notice) -> None:
        """Number a notice, and send it on its way: late, twice or never, as chance will have it."""
        settings = self._settings or WebhookSettings()
        if not settings.wants(notice.event):
            return
        envelope = _envelope(tracked, notice, self._seed)
        tracked.sequence += 1
        # Chance hangs on the notice alone, so that it does not matter what other sessions do.
        chance = random.Random(f"{self._seed}:{envelope['noticeId']}")  # noqa: S311 - no secret: a repeatable accident
        lost, twice = chance.random() < settings.loss, chance.random() < settings.duplicates
        if lost:
            sid = tracked.session.sid
            self._deliveries.append(Delivery(notice.at, notice.event, sid, envelope["noticeId"], 0, "lost"))
            return
        for _ in range(2 if twice else 1):
            self._push(notice.at + chance.random() * settings.shuffle, _Parcel(envelope, 1))

    def _deliver(self, at: float, parcel: _Parcel, settings: WebhookSettings) -> None:
        """Make one attempt; where it fails, try again at once, then after a growing time [ncs]."""
        moment = at if self._clock.speed == 0 else max(at, self._clock.now())
        sent_ms = max(ms(moment), parcel.sent_ms + 1)
        envelope = parcel.envelope
        body = _json({**envelope, "notifyMs": sent_ms})
        headers = {"Content-Type": "application/json", **sign(settings.secret, body)}
        listener = self.on_notice
        if listener is not None:
            listener(headers, body)
        status = RECEIVED if settings.url is None else self._send(settings.url, headers, body)
        sid, notice_id = envelope["payload"]["sid"], envelope["noticeId"]
        with self._lock:
            self._deliveries.append(Delivery(moment, envelope["eventType"], sid, notice_id, parcel.attempt, status))
            if status != RECEIVED and parcel.attempt <= settings.retries:
                wait = 0.0 if parcel.attempt == 1 else settings.retryAfter * 2.0 ** (parcel.attempt - 2)
                self._push(moment + wait, _Parcel(envelope, parcel.attempt + 1, sent_ms))


def _envelope(tracked: _Tracked, notice: Notice, seed: int) -> Json:
    """Build the body of a notice without `notifyMs`. `eventMs`, which older bodies had, is left out [ncsh]."""
    session = tracked.session
    name = f"{seed}:{session.sid}:{tracked.sequence}:{notice.event}"
    return {
        "noticeId": str(uuid.UUID(bytes=hashlib.sha256(name.encode()).digest()[:16])),
        "productId": CLOUD_RECORDING,
        "eventType": notice.event,
        "payload": {
            "cname": session.cname,
            "uid": notice.uid,
            "sid": session.sid,
            "sequence": tracked.sequence,
            "sendts": ms(notice.at),
            "serviceType": notice.service,
            "details": notice.details,
        },
    }


def _json(value: Json) -> bytes:
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()
