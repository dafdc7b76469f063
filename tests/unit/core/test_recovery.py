"""How an open call is found out, and when a session that no call can reach has ended at the latest."""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from tests.recordings import KEY, NOON, resource, session

from takeup.core.address import Kind
from takeup.core.ending import SLACK, latest_end
from takeup.core.recovery import Way, lost_of, recovery_of, settles_at, way
from takeup.core.resource import Fingerprints, Resource
from takeup.core.secret import Secret
from takeup.core.snapshot import Liveness, OpenCall

HALL = resource()
SENT = session(HALL, Liveness.LOST, open=OpenCall("start", NOON))
YOUNG = NOON + timedelta(minutes=1)
OLD = NOON + timedelta(minutes=6)


@pytest.mark.parametrize(
    ("declared", "wanted", "now", "expected"),
    [
        pytest.param(HALL, True, YOUNG, Way.REPLAY, id="young, wanted, the same body: sent again"),
        pytest.param(HALL, True, OLD, Way.ASK, id="old: it can only answer"),
        pytest.param(HALL, False, YOUNG, Way.WAIT, id="young, not wanted: it could start, so it waits"),
        pytest.param(HALL, False, OLD, Way.ASK, id="old, not wanted: it can only answer"),
        pytest.param(resource(resourceExpiredHour=5), True, YOUNG, Way.WAIT, id="young, another body: it waits"),
        pytest.param(resource(resourceExpiredHour=5), True, OLD, Way.ASK, id="old, another body: it can only answer"),
        pytest.param(resource(token=Secret("new")), True, YOUNG, Way.REPLAY, id="young, another token: sent again"),
        pytest.param(resource(uid="2"), True, OLD, Way.NONE, id="another uid: another recorder"),
        pytest.param(None, False, OLD, Way.NONE, id="not declared: there is no body"),
    ],
)
def test_how_a_start_is_found_out(declared: Resource | None, now: datetime, expected: Way, *, wanted: bool) -> None:
    """A start that could start something is sent only with the same body, and only for what is wanted."""
    assert way(SENT, declared, Fingerprints(KEY), wanted=wanted, now=now) is expected


def test_a_token_matters_where_acquire_was_told_the_body() -> None:
    """With startParameter Agora compares the whole body, so another token is another body."""
    before, now = resource(startParameter=True, token=Secret("a")), resource(startParameter=True, token=Secret("b"))
    sent = session(before, Liveness.LOST, open=OpenCall("start", NOON))
    assert way(sent, now, Fingerprints(KEY), wanted=True, now=YOUNG) is Way.WAIT


def test_old_is_older_than_a_resource_id_lives() -> None:
    """Five minutes, and a little more for clocks that differ."""
    assert settles_at(SENT) - NOON > timedelta(minutes=5)


@pytest.mark.parametrize(
    ("operation", "calls"),
    [
        pytest.param("start", ("start",), id="start is sent again"),
        pytest.param("stop", (), id="stop is asked by query"),
        pytest.param("update", (), id="update is a change of its own"),
    ],
)
def test_what_a_plan_says_of_an_open_call(operation: str, calls: tuple[str, ...]) -> None:
    """Operation, since when, resourceId and evidence, and the calls that find it out."""
    liveness = Liveness.LOST if operation == "start" else Liveness.RUNNING
    opened = session(HALL, liveness, open=OpenCall(operation, NOON))
    item = recovery_of(opened, HALL, Fingerprints(KEY), wanted=True, now=OLD)
    assert item is not None
    assert (item.operation, item.since, item.resource_id, item.calls) == (operation, NOON, "resource-id", calls)


def test_nothing_open_nothing_said() -> None:
    """A session without an open call is not in the section."""
    assert recovery_of(session(HALL), HALL, Fingerprints(KEY), wanted=True, now=OLD) is None


@pytest.mark.parametrize(
    ("kind", "changes", "ends_at", "words"),
    [
        pytest.param(Kind.WEB_PAGE, {}, NOON + timedelta(hours=2) + SLACK, "maxRecordingHour (2 h)", id="web page"),
        pytest.param(Kind.COMPOSITE, {}, None, "maxIdleTime (30 s)", id="channel: nothing sets an end"),
        pytest.param(
            Kind.COMPOSITE,
            {"token_expires_at": NOON + timedelta(hours=1)},
            NOON + timedelta(hours=1) + SLACK,
            "token expires",
            id="channel with a token that tells",
        ),
    ],
)
def test_when_it_has_ended_at_the_latest(
    kind: Kind, changes: dict[str, Any], ends_at: datetime | None, words: str
) -> None:
    """MaxRecordingHour for a web page; the token for a channel; an empty channel has no clock."""
    found, why = latest_end(session(resource(kind=kind), Liveness.LOST, **changes))
    assert found == ends_at
    assert words in why


def test_every_resource_id_that_may_run_is_told() -> None:
    """The newest first: import needs the one that the sid belongs to."""
    assert lost_of(replace(SENT, former=("older",))).resource_ids == ("resource-id", "older")
