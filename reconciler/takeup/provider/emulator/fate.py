"""What becomes of a session by itself: foreseen when it starts, so that nothing has to run in the background.

Pure. Sources: storage and token [zhf-404, start], page [webm, wlt], idle and hours [start], failover [bp, haq].
"""

from collections.abc import Iterator
from dataclasses import replace

from takeup.provider.emulator import tokens
from takeup.provider.emulator.checks import MAX_HOURS
from takeup.provider.emulator.sessions import Cause, Exit, Failover, Json, Session, web_service
from takeup.provider.emulator.settings import Settings, matches

HOUR = 3600.0
MAX_FAILOVERS = 3
"""After three failovers the fourth fault ends the session [haq]."""
LONGEST_FAILOVER = 90.0
"""A failover is over after at most 90 s [codes, bp]."""
DEFAULT_IDLE = 30
"""maxIdleTime where none is sent, in seconds [start]."""
PAGE_GIVES_UP = 5.0
"""An unreachable page ends the session this long after its start, in seconds [webm]."""


def exits(mode: str, request: Json, triple: tuple[str, str, str], now: float, settings: Settings) -> tuple[Exit, ...]:
    """Foresee every end that the request itself brings with it; idling is the channel's."""
    return tuple(_exits(mode, request, triple, now, settings))


def _exits(mode: str, request: Json, triple: tuple[str, str, str], now: float, settings: Settings) -> Iterator[Exit]:
    storage = request.get("storageConfig", {})
    if any(matches(storage.get(key), settings.rejectedStorage) for key in ("bucket", "accessKey")):
        yield Exit(now + max(settings.firstFile, settings.startup), Cause.STORAGE_REJECTED)
    if mode == "web":
        recorder = web_service(request, "web_recorder_service") or {}
        yield Exit(now + recorder.get("maxRecordingHour", MAX_HOURS) * HOUR, Cause.MAX_HOURS)
        if matches(recorder.get("url"), settings.unreachablePages):
            yield Exit(now + PAGE_GIVES_UP + 2 * recorder.get("readyTimeout", 0), Cause.PAGE_FAILED)
        return
    until = tokens.valid_until(request.get("token"), triple, settings.appCertificate)
    if until is None or until <= now or matches(request.get("token"), settings.rejectedTokens):
        # Also one that had expired before: it lets nobody in, so nobody is kicked out of the channel.
        yield Exit(now + settings.startup, Cause.TOKEN_REJECTED)
    elif until != tokens.FOREVER:
        yield Exit(until, Cause.TOKEN_EXPIRED)


def idle_time(session: Session) -> float:
    """For how long a recorder waits in an empty channel, in seconds."""
    config = session.request.get("recordingConfig")
    return float(config.get("maxIdleTime", DEFAULT_IDLE)) if isinstance(config, dict) else DEFAULT_IDLE


def failing_over(session: Session, at: float, lasting: float, new_uid: str) -> Session:
    """The session with one more failover, or with its end where it has had three."""
    if len(session.failovers) >= MAX_FAILOVERS:
        return session.ending(at, Cause.FAILOVERS)
    until = at + min(lasting, LONGEST_FAILOVER)
    return replace(session, failovers=(*session.failovers, Failover(at, until, new_uid)))
