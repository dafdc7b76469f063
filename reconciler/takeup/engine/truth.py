"""What really was recorded, reckoned from the emulator's sessions. Pure: sessions in, seconds and words out.

All times are Unix seconds until they are put into a `Moment`.
"""

from collections.abc import Iterable, Iterator, Sequence

from takeup.engine.outcome import Moment
from takeup.provider.emulator.sessions import Cause, Session

Span = tuple[float, float]

_WORDS = {
    Cause.STOPPED: "stopped by takeup",
    Cause.IDLE: "left the empty channel (maxIdleTime)",
    Cause.MAX_HOURS: "ended by itself (maxRecordingHour)",
    Cause.KICKED: "was kicked out of the channel",
    Cause.TOKEN_EXPIRED: "left: its token expired",
    Cause.TOKEN_REJECTED: "died: the channel refused its token",
    Cause.STORAGE_REJECTED: "died: the cloud storage refused its files",
    Cause.PAGE_FAILED: "ended: the web page could not be loaded",
    Cause.FAILOVERS: "died: one failover too many",
    Cause.WORKER_DIED: "died: its worker died",
}
_SID = 8


def short(sid: str) -> str:
    """As much of a sid as a person compares."""
    return sid[:_SID]


def life(session: Session, until: float) -> Span:
    """From when to when a session lived, as far as `until`."""
    return session.started_at, max(session.started_at, min(session.leaves_at, until))


def recorded(session: Session, until: float) -> Iterator[Span]:
    """The parts of its life that surely were recorded: a failover may lose its whole window [bp]."""
    begin, end = life(session, until)
    for failover in sorted(session.failovers, key=lambda item: item.at):
        if failover.at >= end:
            break
        yield begin, max(begin, failover.at)
        begin = max(begin, min(failover.until, end))
    yield begin, end


def union(spans: Iterable[Span]) -> list[Span]:
    """The same time without overlaps, in order."""
    merged: list[Span] = []
    for begin, end in sorted(spans):
        if end <= begin:
            continue
        if merged and begin <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(merged[-1][1], end))
        else:
            merged.append((begin, end))
    return merged


def length(spans: Iterable[Span]) -> float:
    """How many seconds spans without overlaps last."""
    return sum(end - begin for begin, end in spans)


def covered(sessions: Iterable[Session], window: Span) -> list[Span]:
    """When at least one of these sessions recorded, within a window."""
    first, last = window
    spans = (span for session in sessions for span in recorded(session, last))
    return union((max(begin, first), min(end, last)) for begin, end in spans)


def gaps(spans: Sequence[Span], window: Span) -> list[float]:
    """How long each hole in a window is, its edges included."""
    first, last = window
    edges = [first, *(edge for span in spans for edge in span), last]
    return [end - begin for begin, end in zip(edges[::2], edges[1::2], strict=True)]


def doubled(sessions: Iterable[Session], until: float) -> float:
    """How many seconds one uid recorded twice: two of its sessions at a time count once, three count twice.

    Two uids of one resource that record at the same time hand over to each other, which is wanted.
    """
    by_uid: dict[str, list[Span]] = {}
    for session in sessions:
        by_uid.setdefault(session.uid, []).append(life(session, until))
    return sum(sum(end - begin for begin, end in lives) - length(union(lives)) for lives in by_uid.values())


def story(sessions: Iterable[Session], began: float, until: float) -> Iterator[Moment]:
    """What befell the sessions of one resource."""
    for number, session in enumerate(sorted(sessions, key=lambda item: item.started_at)):
        sid = short(session.sid)
        yield Moment(session.started_at - began, f"{'recorded again' if number else 'started'}, session {sid}")
        for failover in session.failovers:
            if failover.at < min(session.leaves_at, until):
                text = f"{sid} fails over: {failover.until - failover.at:.0f} s of nothing but 404"
                yield Moment(failover.at - began, text)
        end = session.exit
        if end is not None and end.at <= until:
            yield Moment(end.at - began, f"{sid} {_WORDS[end.cause]}")
        else:
            yield Moment(until - began, f"{sid} still records")


def last_accident(sessions: Iterable[Session], until: float) -> float:
    """When something last befell these sessions that takeup did not do; minus infinity where nothing did."""
    times = [float("-inf")]
    for session in sessions:
        end = session.exit
        if end is not None and end.cause is not Cause.STOPPED:
            times.append(end.at)
        times += [failover.until for failover in session.failovers]
    return max(time for time in times if time <= until)


def folded(moments: Iterable[Moment]) -> tuple[Moment, ...]:
    """A story in order of time, in which the same line is told once where it repeats itself."""
    kept: list[Moment] = []
    again = 0
    for moment in sorted(moments, key=lambda item: item.at):
        if kept and kept[-1].what == moment.what:
            again += 1
            continue
        if again:
            kept[-1] = _counted(kept[-1], again)
        kept.append(moment)
        again = 0
    if again:
        kept[-1] = _counted(kept[-1], again)
    return tuple(kept)


def _counted(moment: Moment, again: int) -> Moment:
    return Moment(moment.at, f"{moment.what} (and {again} more time{'s' if again > 1 else ''} in a row)")
