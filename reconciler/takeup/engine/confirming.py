"""After a start was accepted: ask until the session is up, or tell why it is not."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime

from takeup.core.snapshot import Liveness, SessionState
from takeup.engine.beside import outlived
from takeup.engine.judging import EXITED, judge
from takeup.engine.policy import step
from takeup.engine.referee import broken_promises, marked
from takeup.engine.work import Work, ask
from takeup.errors import BrokenPromiseError, TakeupError
from takeup.provider.port import Sighting

UP = frozenset({4, 5})


def confirm(work: Work, session: SessionState) -> Iterator[float]:
    """`start` answering 200 means accepted: ask until status is 4 or 5, at most `start_within` seconds [bp].

    Raises:
        TakeupError: it is not up, or it is not what was asked for; it stays in the ledger with its sid.
    """
    began = work.clock.elapsed()
    yield work.policy.first_query_after
    asked, silent_since = 0, None
    while True:
        sighting, trouble = ask(work, session)
        now = work.clock.now()
        asked += 1
        if sighting is None and not trouble:
            silent_since = silent_since or now
        if sighting is not None and sighting.status in UP:
            _is_up(work, session, sighting, now)
            return
        left = work.policy.start_within - (work.clock.elapsed() - began)
        exited = sighting is not None and sighting.status in EXITED
        if exited or left <= 0 or work.interrupted():
            raise _not_up(work, session, sighting, silent_since, trouble)
        yield max(0.02, min(step(asked), left))


def _is_up(work: Work, session: SessionState, sighting: Sighting, now: datetime) -> None:
    broken = marked(session, broken_promises("query", session, sighting.identity))
    up = replace(session.found(Liveness.RUNNING, f"status {sighting.status}", now), confirmed_at=now, broken=broken)
    work.ledger.record(session.address, "confirm", "done", up)
    if broken:
        raise BrokenPromiseError(
            f"It runs (sid {session.sid}), but not as planned: {'; '.join(broken)}.",
            hint="Look at it in Agora's console. takeup keeps this in the state and goes on telling it.",
        )


def _not_up(
    work: Work, session: SessionState, sighting: Sighting | None, silent_since: datetime | None, trouble: str
) -> TakeupError:
    now = work.clock.now()
    if trouble:
        seen, kept = trouble, session.found(session.liveness, f"started, not confirmed: {trouble}", now)
    else:
        kept = judge(
            replace(session, suspect_since=silent_since if sighting is None else None),
            sighting,
            now,
            work.policy.confirm_ended_for,
        )
        seen = kept.evidence
    left, gone = outlived(kept, kept.overlapping)
    over = gone.ended(now, gone.evidence or "ended") if gone is not None else None
    work.ledger.record(session.address, "confirm", "failed", left, over)
    if work.interrupted() and kept.liveness is not Liveness.ENDED:
        return TakeupError(
            f"started (sid {session.sid}), not confirmed because of the interruption; the last answer was: {seen}",
            hint="It is in the state; the next plan asks after it.",
        )
    waited = (now - session.started_at).total_seconds()
    return TakeupError(
        f"start was accepted (sid {session.sid}), but the session did not come up within {waited:.0f} s: {seen}",
        hint="Likely causes: a wrong storage key, bucket or region; a token that is missing, expired or for another "
        "channel or uid; a uid that somebody in the channel already uses. "
        "It stays in the state; the next plan judges it.",
    )
