"""Sample coverages for the tests of what is made of them."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

from takeup.core.account import Account, Cause, Segment, Standing, down
from takeup.core.address import Address, Kind
from takeup.core.compaction import compacted
from takeup.core.cover import Coverage, Days, coverage
from takeup.core.schedule import CronWindow, Schedule
from takeup.core.snapshot import Snapshot

NOW = down(datetime(2026, 3, 27, 16, tzinfo=UTC))
HOSTILE = "<b>\x1b[31m&\u202e"
_LESSON = Schedule((CronWindow("0 8 * * 1-5", timedelta(hours=2)),), (), ZoneInfo("Europe/Berlin"))
_DAYS = range(23, 28)


def _at(day: int, hour: int, minute: int = 0) -> int:
    return down(datetime(2026, 3, day, hour, minute, tzinfo=UTC))


def _account(*gaps: Segment, standing: Standing | None = None, closed: bool = False) -> Account:
    """Five lessons of two hours, 07:00-09:00 UTC, with gaps in them; each gap lies within one lesson."""
    segments: list[Segment] = []
    for day in _DAYS:
        at = _at(day, 7)
        for gap in gaps:
            if at <= gap.begin < _at(day, 9):
                segments += [Segment(at, gap.begin), gap]
                at = gap.end
        segments.append(Segment(at, _at(day, 9)))
    kept = tuple(segment for segment in segments if segment.length)
    return Account("agora", _LESSON, _at(23, 0), _at(27, 15), closed=closed, standing=standing, segments=kept)


def every_cause() -> Account:
    """A gap of every cause, six minutes each, one after the other from Tuesday on."""
    gaps = [
        Segment(_at(24 + at // 10, 7, at % 10 * 6), _at(24 + at // 10, 7, at % 10 * 6) + 360, cause, f"why {at}")
        for at, cause in enumerate(Cause)
    ]
    return _account(*gaps, standing=Standing(Cause.BRAKED, _at(27, 15), detail="404"))


def old() -> Account:
    """One that has been kept for a year."""
    begin = _at(27, 7) - 365 * 86_400
    segments = tuple(
        Segment(begin + day * 86_400, begin + day * 86_400 + 7200, None if day % 7 else Cause.ENDED)
        for day in range(366)
    )
    until = segments[-1].end
    return compacted(Account("agora", _LESSON, begin, until, segments=segments))


def state(**accounts: Account) -> Snapshot:
    """A state with accounts by name."""
    return Snapshot(
        "lineage", 1, b"k", accounts={Address(Kind.COMPOSITE, name): account for name, account in accounts.items()}
    )


def told(snapshot: Snapshot, least: str | None = None, first: date | None = None, last: date | None = None) -> Coverage:
    """What is told of a state."""
    return coverage(
        snapshot,
        project="campus",
        takes=lambda _: True,
        days=Days(first, last),
        now=NOW,
        least=None if least is None else Decimal(least),
    )


WHOLE = _account()
LATE = _account(
    Segment(_at(24, 7), _at(24, 7, 30), Cause.NO_RUN), Segment(_at(26, 8), _at(26, 8, 1), Cause.ENDED, "404")
)
UNSEEN = _account(Segment(_at(25, 8), _at(25, 9), Cause.UNOBSERVED, "404 for 90 s"))
EXCUSED = _account(Segment(_at(25, 8), _at(25, 9), Cause.COMPLETE, "restart: never"))

COVERAGES = {
    "whole": told(state(hall=WHOLE)),
    "gaps": told(state(hall=WHOLE, late=LATE, unseen=UNSEEN, excused=EXCUSED)),
    "a gate that is passed": told(state(hall=WHOLE), "99.9"),
    "a gate that is not": told(state(hall=WHOLE, late=LATE, unseen=UNSEEN), "99.9"),
    "every cause": told(state(every=every_cause()), "50"),
    "old": told(state(old=old()), first=date(2025, 6, 1)),
    "closed": told(state(gone=_account(closed=True))),
    "nothing wanted": told(state(hall=WHOLE), first=date(2026, 3, 21), last=date(2026, 3, 22)),
    "nothing at all": told(state()),
    "hostile": told(
        Snapshot(
            "lineage", 1, b"k",
            accounts={
                Address(Kind.COMPOSITE, f"a{HOSTILE}"): _account(
                    Segment(_at(24, 7), _at(24, 7, 30), Cause.START_FAILED, HOSTILE)
                )
            },
        ),
        "100",
    ),
    "400 rooms": told(
        state(**{f"room-{at:03}": LATE if at % 10 == 3 else UNSEEN if at % 100 == 7 else WHOLE for at in range(400)}),
        "99.9",
    ),
}  # fmt: skip
