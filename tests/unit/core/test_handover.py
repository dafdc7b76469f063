"""Rows of the decision table for overlaps and for tokens that end."""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from tests.recordings import KEY, NOON, plan, resource, session

from takeup.core.consequences import with_consequences
from takeup.core.plan import Action, Plan
from takeup.core.price import price_table
from takeup.core.resource import Fingerprints, Resource
from takeup.core.safety import Rails
from takeup.core.secret import Secret
from takeup.core.selection import Selection
from takeup.core.snapshot import Liveness, OpenCall, SessionState, Snapshot
from takeup.core.token import TokenBuild

FIRST, SPARE = "10001", "10002"
STOP_FIRST = ("stop", "acquire", "start")
OVERLAP = ("acquire", "start", "stop")
CHANGED: dict[str, Any] = {"recordingConfig": {"channelType": 1, "maxIdleTime": 60}}
LISTS: dict[str, Any] = {
    "recordingConfig": {"channelType": 1, "subscribeAudioUids": ["7"], "subscribeVideoUids": ["7"]}
}
BUILD = TokenBuild(Secret("canary-certificate"), timedelta(hours=24))
SOON, LATER = NOON + timedelta(minutes=59), NOON + timedelta(minutes=61)
Row = tuple[Action, tuple[str, ...]] | None


def hall(*, overlap: bool = True, spare: str = SPARE, build: TokenBuild | None = None, **spec: Any) -> Resource:  # noqa: ANN401 - any attribute
    """A recording with a second uid."""
    return replace(resource(**spec), spare_uid=spare, overlap=overlap, token_build=build)


def running(uid: str = FIRST, **more: Any) -> SessionState:  # noqa: ANN401 - any attribute
    """A session under one of its uids."""
    return session(resource(uid=uid), sid=f"sid-{uid}", resource_id=f"rid-{uid}", **more)


def both(liveness: Liveness = Liveness.RUNNING, **more: Any) -> SessionState:  # noqa: ANN401 - any attribute
    """The spare uid that takes over from the first one."""
    sid = None if liveness is Liveness.LOST else f"sid-{SPARE}"
    known = {"uid": SPARE, "sid": sid, "resource_id": f"rid-{SPARE}", "overlapping": running(), **more}
    return session(resource(uid=SPARE), liveness, **known)


def token(ends: datetime) -> Secret:
    """A token for whoever, until then."""
    build = TokenBuild(Secret("c"), timedelta(hours=1))
    return build.token(("app", "hall", "0"), ends - timedelta(hours=1), 1)


def row(made: Plan) -> Row:
    """The action and the calls of the only change."""
    return next(((change.action, change.calls) for change in made.changes), None)


@pytest.mark.parametrize(
    ("wanted", "recorded", "expected"),
    [
        pytest.param(hall(), running(), None, id="under the first uid, no difference: no-op"),
        pytest.param(hall(), running(SPARE), None, id="under the spare uid, no difference: no-op"),
        pytest.param(hall(**CHANGED), running(), (Action.REPLACE, OVERLAP), id="replace attribute: overlap"),
        pytest.param(hall(**CHANGED), running(SPARE), (Action.REPLACE, OVERLAP), id="under the spare uid: overlap too"),
        pytest.param(
            hall(overlap=False, **CHANGED), running(), (Action.REPLACE, STOP_FIRST), id="a spare uid alone: stop first"
        ),
        pytest.param(hall(**LISTS), running(SPARE), (Action.UPDATE, ("update",)), id="lists differ: updated in place"),
        pytest.param(
            hall(uid="7", spare="8"), running(), (Action.REPLACE, OVERLAP), id="both uids are others by now: overlap"
        ),
        pytest.param(
            hall(spare="", overlap=False),
            running(SPARE),
            (Action.REPLACE, STOP_FIRST),
            id="the spare uid was taken away while it records: replaced",
        ),
        pytest.param(
            hall(**CHANGED),
            session(resource(), Liveness.SUSPECT, open=OpenCall("stop", NOON)),
            (Action.REPLACE, STOP_FIRST),
            id="a stop was sent already: there is nothing to overlap with",
        ),
        pytest.param(hall(), both(), (Action.UPDATE, ("stop",)), id="an overlap that was not finished: finished"),
        pytest.param(hall(**LISTS), both(), (Action.UPDATE, ("stop", "update")), id="the same, and lists differ: both"),
        pytest.param(hall(**CHANGED), both(), (Action.REPLACE, ("stop", *OVERLAP)), id="the same, and replaced again"),
        pytest.param(
            hall(overlap=False, **CHANGED), both(), (Action.REPLACE, ("stop", *STOP_FIRST)), id="the same, stop first"
        ),
        pytest.param(hall(**CHANGED), both(Liveness.SUSPECT), None, id="the new one is suspect: nothing is done"),
        pytest.param(hall(**CHANGED), both(Liveness.LOST), None, id="the new one is LOST: nothing is done"),
    ],
)
def test_a_recording_with_two_uids(wanted: Resource, recorded: SessionState, expected: Row) -> None:
    """Each row of the table: the session is the recording under either uid, and an overlap starts before it stops."""
    assert row(plan([wanted], [recorded])) == expected


@pytest.mark.parametrize(
    ("recorded", "expected"),
    [
        pytest.param(running(SPARE), (Action.DELETE, ("stop",)), id="one session"),
        pytest.param(both(), (Action.DELETE, ("stop", "stop")), id="two sessions: both are stopped"),
        pytest.param(both(Liveness.SUSPECT), (Action.DELETE, ("stop", "stop")), id="the new one is suspect: both"),
        pytest.param(both(Liveness.LOST), (Action.DELETE, ("stop",)), id="the new one is LOST: the other is stopped"),
    ],
)
def test_a_recording_with_two_uids_that_is_not_wanted_any_more(recorded: SessionState, expected: Row) -> None:
    """All that can be stopped is stopped."""
    assert row(plan([], [recorded])) == expected


def test_the_plan_says_which_uid_takes_over_and_what_that_costs() -> None:
    """The change names both uids, cuts nothing off, and says for how long both are billed and how much that is."""
    wanted, recorded = hall(**CHANGED), running(SPARE)
    made = plan([wanted], [recorded])
    prior = Snapshot("lineage", 3, KEY, {recorded.address: recorded})
    full = with_consequences(made, {wanted.address: wanted}, prior, price_table(), Rails())
    (change,) = full.changes
    assert (change.uid, change.overlap, change.cuts_off) == (FIRST, True, None)
    assert [(item.path, item.before, item.after) for item in change.attributes if item.path == "uid"] == [
        ("uid", SPARE, FIRST)
    ]
    assert f"uid {FIRST} takes over from uid {SPARE}" in change.reason
    assert "usually for 5 s and at most for 90 s, which adds at most 0.01 USD" in change.reason
    assert full.rails is not None
    assert full.rails.cut == 0


def test_a_stop_before_a_start_says_its_gap() -> None:
    """The plan of a replacement without a spare uid says for how long nothing is recorded."""
    wanted, recorded = resource(**CHANGED), running()
    prior = Snapshot("lineage", 3, KEY, {recorded.address: recorded})
    made = with_consequences(plan([wanted], [recorded]), {wanted.address: wanted}, prior, None, None)
    (change,) = made.changes
    assert change.cuts_off is not None
    assert change.cuts_off.gap == 25


def test_a_forced_replacement_overlaps_too() -> None:
    """--replace keeps the promise of no gap."""
    made = plan([hall()], [running()], selection=Selection(replace=("*",)))
    assert row(made) == (Action.REPLACE, OVERLAP)
    assert made.changes[0].reason.startswith("asked for by --replace; uid 10002 takes over")


def test_what_took_over_is_named_while_nothing_is_done() -> None:
    """A warning about the new session says that the old one goes on, and under which sid."""
    for liveness in (Liveness.SUSPECT, Liveness.LOST):
        (warning,) = plan([hall()], [both(liveness)]).warnings
        assert "Its session under uid 10001 (sid sid-10001), which it takes over from, goes on." in warning


def test_an_overlap_whose_old_session_cannot_be_stopped_is_left_alone() -> None:
    """After its control window the old one is reached by no call, and is never forgotten for that."""
    late = NOON + timedelta(hours=73)
    recorded = both(started_at=late)
    for wanted in ([hall(**CHANGED)], []):
        made = plan(wanted, [recorded], at=late)
        assert made.changes == ()
        assert made.warnings


@pytest.mark.parametrize(
    ("phase", "wanted", "calls"),
    [
        pytest.param("young", True, ("start", "stop"), id="wanted: found out, then the old one is stopped"),
        pytest.param("young", False, (), id="not wanted: the old one is stopped first"),
        pytest.param("old", False, (), id="not wanted, and the resourceId is too old to start anything: the same"),
    ],
)
def test_a_start_that_takes_over_and_was_not_answered(phase: str, calls: tuple[str, ...], *, wanted: bool) -> None:
    """The plan announces the stop that follows where the start turns out to record."""
    sent = both(Liveness.LOST, open=OpenCall("start", NOON))
    at = NOON + timedelta(minutes=1 if phase == "young" else 6)
    made = plan([hall()] if wanted else [], [sent], known=[hall()], at=at)
    assert [item.calls for item in made.recovery] == [calls]
    assert row(made) == (None if wanted else (Action.DELETE, ("stop",)))


@pytest.mark.parametrize(
    ("wanted", "ends", "expected", "warns"),
    [
        pytest.param(hall(build=BUILD), SOON, (Action.REPLACE, OVERLAP), False, id="built, a spare uid: overlap"),
        pytest.param(
            hall(build=BUILD, overlap=False), SOON, (Action.REPLACE, OVERLAP), False, id="the spare uid is enough"
        ),
        pytest.param(
            hall(build=BUILD, overlap=False, spare=""), SOON, (Action.REPLACE, STOP_FIRST), False, id="no spare uid"
        ),
        pytest.param(hall(build=BUILD), LATER, None, False, id="built, before the window: no-op"),
        pytest.param(hall(build=BUILD), None, None, False, id="built, the end is not known: no-op"),
        pytest.param(hall(token=token(LATER)), SOON, (Action.REPLACE, OVERLAP), False, id="given, a newer one"),
        pytest.param(hall(token=token(SOON)), SOON, None, True, id="given, the same: warned"),
        pytest.param(
            hall(token=token(SOON)), NOON, None, True, id="given, a newer one that ends in the window too: warned"
        ),
        pytest.param(hall(token=Secret("opaque")), SOON, None, True, id="given, and not to be read: warned"),
        pytest.param(hall(), SOON, None, True, id="none any more: warned"),
    ],
)
def test_a_session_whose_token_ends(wanted: Resource, ends: datetime | None, expected: Row, *, warns: bool) -> None:
    """Within the window it is handed over where there is a token that lasts, else people are warned."""
    made = plan([wanted], [running(token_expires_at=ends)])
    assert row(made) == expected
    assert bool(made.warnings) is warns
    assert made.unjudged == 0
    if expected:
        assert "its token expires at 2026-03-01 12:59:00 UTC" in made.changes[0].reason


@pytest.mark.parametrize(
    ("wanted", "ends", "valid"),
    [
        pytest.param(hall(build=BUILD), LATER, LATER - timedelta(hours=1), id="a token that takeup builds"),
        pytest.param(hall(build=BUILD), SOON, None, id="renewed by this very plan"),
        pytest.param(hall(), LATER, None, id="a token of the manifest"),
        pytest.param(hall(build=BUILD), None, None, id="a token that does not end"),
    ],
)
def test_a_plan_is_valid_until_a_token_is_renewed(
    wanted: Resource, ends: datetime | None, valid: datetime | None
) -> None:
    """A saved plan without the renewal of a token ends when the renewal is due."""
    assert plan([wanted], [running(token_expires_at=ends)]).valid_until == valid


def test_a_built_token_is_no_difference() -> None:
    """The token that was built into a session never shows as a change, whatever the fingerprint of it."""
    sent = Fingerprints(KEY).applied({**resource().spec, "token": token(LATER)})
    assert row(plan([hall(build=BUILD)], [running(applied=sent)])) is None


def test_the_renewal_of_tokens_is_no_mistake() -> None:
    """The safety rails stop no hand-over, for it is refused at the price of the recordings."""
    names = [f"r{at}" for at in range(20)]
    wanted = [replace(resource(name), token_build=BUILD) for name in names]
    recorded = [session(item, token_expires_at=SOON) for item in wanted]
    made = plan(wanted, recorded)
    prior = Snapshot("lineage", 3, KEY, {item.address: item for item in recorded})
    judged = with_consequences(made, {item.address: item for item in wanted}, prior, None, Rails())
    assert len(judged.changes) == 20
    assert judged.rails is not None
    assert judged.rails.cut == 0
