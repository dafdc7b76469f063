"""What there is to see of an emulator, as JSON: for the remote control and the status page. No secret gets in."""

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from takeup.core.secret import Secret
from takeup.provider.emulator import answers
from takeup.provider.emulator.sessions import Json, Session

if TYPE_CHECKING:
    from takeup.provider.emulator.emulator import Emulator

MOST_ENDED = 200
"""Ended sessions that are listed; the latest ones."""
MOST_CALLS = 100
"""Calls that are listed; the latest ones."""
_HIDDEN = ("rejectedStorage", "rejectedTokens")
_UNTIL = datetime.max.replace(tzinfo=UTC).timestamp() - 1


def state(emulator: "Emulator") -> Json:
    """Everything at once."""
    return {
        "clock": clock(emulator),
        "sessions": sessions(emulator),
        "calls": calls(emulator),
        "faults": faults(emulator),
        "settings": settings(emulator),
        "deliveries": deliveries(emulator),
    }


def clock(emulator: "Emulator") -> Json:
    """The time, and how fast it runs: 0 stands still, 1 is the wall clock."""
    return {"now": iso(emulator.clock.now()), "speed": emulator.clock.speed}


def sessions(emulator: "Emulator") -> list[Json]:
    """All live sessions and the latest ended ones, in the order they were started in."""
    now = emulator.world.now
    every = emulator.world.all_sessions()
    ended = sorted((item for item in every if not item.live(now)), key=lambda item: item.leaves_at)
    shown = {item.sid for item in ended[-MOST_ENDED:]}
    return [session(emulator, item) for item in every if item.live(now) or item.sid in shown]


def session(emulator: "Emulator", item: Session) -> Json:
    """One session. `endsAt` and `cause` of a live one tell the end that is in sight."""
    world = emulator.world
    now, end = world.now, item.exit
    gone = item.gone(now, world.settings.linger)
    return {
        "sid": item.sid,
        "cname": item.cname,
        "uid": item.uid,
        "mode": item.mode,
        "region": item.region,
        "status": None if gone else answers.status_of(item, now, world.settings),
        "startedAt": iso(item.started_at),
        "endsAt": None if end is None else iso(end.at),
        "cause": None if end is None else end.cause.value,
        "failovers": len(item.failovers),
        "live": item.live(now),
    }


def calls(emulator: "Emulator") -> Json:
    """How many calls there were, and the latest ones."""
    log = emulator.calls
    return {"totals": dict(log.totals), "last": [entry.as_json() for entry in log.last(MOST_CALLS)]}


def faults(emulator: "Emulator") -> list[Json]:
    """The rules in force, each as it was written, and how often it struck."""
    rules = zip(emulator.faults.rules, emulator.faults.struck, strict=False)  # another thread may change them
    return [{"rule": rule.model_dump(exclude_defaults=True), "struck": struck} for rule, struck in rules]


def settings(emulator: "Emulator") -> Json:
    """How the world behaves. Storage keys and tokens that it rejects are secrets too, so they are only counted."""
    shown: Json = _plain(emulator.world.settings.model_dump())
    return {**shown, **{name: ["(sensitive)"] * len(shown[name]) for name in _HIDDEN}}


def deliveries(emulator: "Emulator") -> list[Json]:
    """The latest webhooks and how they were answered."""
    return [
        {"at": iso(item.at), "event": item.event, "sid": item.sid, "attempt": item.attempt, "status": item.status}
        for item in emulator.notifier.deliveries
    ]


def iso(at: float) -> str | None:
    """Write Unix seconds as people do; None beyond the year 9999."""
    if not -_UNTIL < at < _UNTIL:
        return None
    return datetime.fromtimestamp(at, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _plain(value: Any) -> Any:  # noqa: ANN401 - a dumped model
    if isinstance(value, Secret):
        return "(sensitive)"
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    return [_plain(item) for item in value] if isinstance(value, list) else value
