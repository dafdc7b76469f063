"""Sample states for the tests of the backends."""

import os
import socket
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from takeup.backends.lock import Lock
from takeup.core.account import Account, Cause, Day, Segment, Standing, Sums
from takeup.core.address import Address, Kind, Mode
from takeup.core.schedule import CronWindow, Days, Schedule, Span
from takeup.core.snapshot import EndedSession, JournalEntry, Liveness, OpenCall, SessionState, Snapshot

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
HALL = Address(Kind.COMPOSITE, "all-hands")
PAGE = Address(Kind.WEB_PAGE, "board")


def session(address: Address = HALL, **changes: Any) -> SessionState:  # noqa: ANN401 -- any attribute
    known: dict[str, Any] = {
        "address": address,
        "realm": "embedded",
        "app_id": "app",
        "cname": address.name,
        "uid": "10001",
        "mode": address.kind.mode,
        "applied": {"recordingConfig": {"channelType": 1}, "token": "fp:1f2e"},
        "resource_id": "resource",
        "sid": "sid",
        "liveness": Liveness.RUNNING,
        "started_at": NOON,
    }
    return SessionState(**(known | changes))


def ended(address: Address = HALL, minutes: int = 1) -> EndedSession:
    return EndedSession(
        address=address,
        cname="all-hands",
        uid="10001",
        mode=Mode.MIX,
        resource_id="resource",
        sid=f"sid-{minutes}",
        started_at=NOON,
        ended_at=NOON + timedelta(minutes=minutes),
        how="stopped",
        uploading_status="uploaded",
        files=({"fileName": "a.m3u8"},),
    )


def snapshot(**changes: Any) -> Snapshot:  # noqa: ANN401 -- any attribute
    known: dict[str, Any] = {
        "lineage": "line",
        "serial": 0,
        "fingerprint_key": b"\x01\x02",
        "sessions": {HALL: session()},
    }
    return Snapshot(**(known | changes))


def entry(address: Address = PAGE, *, gone: bool = False, **changes: Any) -> JournalEntry:  # noqa: ANN401 -- any attribute
    return JournalEntry(NOON, address, "start", "done", None if gone else session(address, **changes))


def lock(holder: str = "alice", **changes: Any) -> Lock:  # noqa: ANN401 -- any attribute
    known: dict[str, Any] = {
        "id": f"{holder}-1",
        "holder": holder,
        "pid": os.getpid(),
        "host": socket.gethostname(),
        "since": NOON,
        "command": "takeup apply",
    }
    return Lock(**(known | changes))


def covered() -> dict[Address, Account]:
    """Accounts with all that can stand in one."""
    noon = int(NOON.timestamp())
    lessons = Schedule(
        (CronWindow("0 8 * * 1-5", timedelta(hours=8)), CronWindow("0 20 * * 6", timedelta(minutes=90, seconds=0.5))),
        (Span(NOON, NOON + timedelta(hours=1)),),
        ZoneInfo("Europe/Berlin"),
        (Days(date(2026, 4, 3), date(2026, 4, 6)),),
    )
    full = Account(
        "agora",
        lessons,
        since=noon - 9_000_000,
        until=noon + 3600,
        standing=Standing(Cause.BRAKED, noon + 3600, noon + 4000, "404 for 90 s"),
        segments=(Segment(noon, noon + 3000), Segment(noon + 3000, noon + 3600, Cause.ENDED, "404 for 90 s")),
        days=(Day("2026-02-01", Sums(28_793, {Cause.STARTING: 7})), Day("2026-02-02", Sums(28_800))),
        earlier=Sums(500_000, {Cause.NO_RUN: 400}),
        earlier_until="2026-01-31",
    )
    return {HALL: full, PAGE: Account("embedded", lessons, since=noon, until=noon, closed=True)}


FULL = snapshot(
    serial=7,
    sessions={
        HALL: session(confirmed_at=NOON, suspect_since=NOON + timedelta(microseconds=5), evidence="404 once"),
        PAGE: session(
            PAGE,
            sid=None,
            liveness=Liveness.LOST,
            since=NOON,
            open=OpenCall("start", NOON),
            former=("resource-0",),
            predecessor=session(PAGE, liveness=Liveness.ENDED, open=OpenCall("update", NOON, ("onhold", "rtmp"))),
            token_expires_at=NOON + timedelta(days=1),
            broken=("the answer named another sid",),
        ),
    },
    ended=(ended(), ended(PAGE, 2)),
)
