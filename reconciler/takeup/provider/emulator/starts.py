"""A start: what it is refused for, and the session it makes. Sources: facts, sections 2, 3 and 3.10."""

from collections.abc import Callable
from typing import NamedTuple

from takeup.provider.emulator import answers, checks, fate
from takeup.provider.emulator.answers import Answer, bad_body, error, resource_error
from takeup.provider.emulator.records import Records
from takeup.provider.emulator.sessions import Cause, Json, Reservation, Session, web_service, without_secrets
from takeup.provider.emulator.settings import Settings

RESERVATION_LIFETIME = 300.0
"""For which a resourceId can be started, in seconds [acq]."""


class Attempt(NamedTuple):
    """One start: of which reservation, in which mode, with which `clientRequest`, at which time."""

    reservation: Reservation
    mode: str
    request: Json
    now: float
    settings: Settings


def refusal(records: Records, attempt: Attempt) -> Answer | None:
    """Decide whether a reservation may (still) be started with this request; None where it may.

    The triple is looked at separately, by `rival`.
    """
    reservation, mode, request, now, settings = attempt
    switches = settings.switches
    given = checks.request_hash(request, reservation.resource_id)
    if reservation.sid is not None:
        return _used(records, reservation.sid, given, attempt)
    if now - reservation.acquired_at > RESERVATION_LIFETIME:
        return resource_error(433, switches)
    if reservation.start_parameter_hash not in {None, given}:
        return bad_body("request_hash mismatch!", switches)
    reason = checks.start(mode, reservation.scene, request, switches)
    return None if reason is None else bad_body(reason, switches)


def _used(records: Records, sid: str, given: str, attempt: Attempt) -> Answer:
    """Answer a start whose resourceId was good for one start already."""
    switches = attempt.settings.switches
    session = records.session(sid)
    running = session is not None and session.live(attempt.now)
    if not running and switches.usedResource == "resourceExpired":
        return resource_error(433, switches)
    if running and given != attempt.reservation.body_hash and switches.otherBody == "mismatch":
        return bad_body("request_hash mismatch!", switches)
    return answers.already_started(attempt.reservation, switches)


def rival(records: Records, attempt: Attempt) -> Answer | Session | None:
    """Look for another session of the same triple.

    Returns:
        None where the triple is free; the refusal where it is not; or, where a second recorder may join, the first
        one with its end: two recorders with one uid kick each other out of the channel [t36812].
    """
    reservation, now, settings = attempt.reservation, attempt.now, attempt.settings
    other = records.latest((reservation.app_id, reservation.cname, reservation.uid))
    if other is None:
        return None
    free = not other.live(now)
    if settings.switches.tripleFree == "afterExit":
        free = other.gone(now, settings.linger)
    if free:
        return None
    if settings.switches.sameTriple == "conflict" or not other.live(now):
        return error(400, 53, "task conflict")
    return other.ending(now + settings.startup, Cause.KICKED)


def session_of(attempt: Attempt, ids: Callable[[str], str], *, empty: bool) -> Session:
    """Build the session, its ends foreseen. `empty` tells whether nobody is in the channel."""
    reservation, mode, request, now, settings = attempt
    web = mode == "web"
    recorder = (web_service(request, "web_recorder_service") or {}) if web else {}
    rtmp = checks.outputs(web_service(request, "rtmp_publish_service")) if web else None
    onhold = recorder.get("onhold") is True
    triple = (reservation.app_id, reservation.cname, reservation.uid)
    ends = fate.exits(mode, request, triple, now, settings)
    # A page that is on hold, or never loads, shows nothing to record; nor does an empty channel.
    silent = onhold or any(end.cause is Cause.PAGE_FAILED for end in ends) if web else empty
    session = Session(
        sid=ids("sid"),
        resource_id=reservation.resource_id,
        app_id=reservation.app_id,
        cname=reservation.cname,
        uid=reservation.uid,
        mode=mode,
        request=without_secrets(request),
        started_at=now,
        closes_at=now + reservation.resource_expired_hour * fate.HOUR,
        exits=ends,
        published_at=None if silent else now,
        upload=settings.upload,
        onhold=onhold,
        outputs=tuple(without_secrets(rtmp or [])),
        region=reservation.region,
    )
    return session.ending(now + fate.idle_time(session), Cause.IDLE) if empty and not web else session
