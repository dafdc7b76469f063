"""Two sessions of one recording, on the emulator with its faults: the end of one is no gap, for the other records."""

from collections.abc import Iterator
from typing import Any

import pytest
from tests.faults.stage import CANARY, Desired, Run, Stage
from tests.recordings import resource

from takeup.core.address import Address, Kind
from takeup.core.secret import Secret
from takeup.core.snapshot import Liveness, SessionState
from takeup.provider.emulator.faults import Fault
from takeup.provider.emulator.sessions import Session

FIRST = Address(Kind.COMPOSITE, "hall")
SECOND = FIRST.partner
_STORAGE = {"vendor": 1, "region": 0, "bucket": "b", "accessKey": Secret(f"{CANARY}-a"), "secretKey": Secret(CANARY)}


def hall(redundancy: int = 2, *, idle: int = 300, layout: int = 1, **more: Any) -> Desired:  # noqa: ANN401 - any attribute
    """The recording with so many sessions."""
    config = {"channelType": 1, "maxIdleTime": idle, "transcodingConfig": {"mixedVideoLayout": layout}}
    made = resource("hall", storageConfig=_STORAGE, recordingConfig=config, **more)
    return {item.address: item for item in made.sessions("10002", redundancy)}


def fault(do: str, uid: str, **more: Any) -> Fault:  # noqa: ANN401 - any key of a fault
    """Something that befalls one of the two."""
    return Fault.model_validate({"do": do, "channel": "hall", "uid": uid, **more})


@pytest.fixture
def stage() -> Iterator[Stage]:
    """A project, a service, a clock that is stepped."""
    with Stage() as made:
        yield made
        assert made.problems == []


def applied(stage: Stage, wanted: Desired) -> Run:
    """One apply, five minutes after the last one."""
    stage.clock.advance(300.0)
    return stage.apply(wanted)


def calls(run: Run) -> dict[str, int]:
    """What its plan announced."""
    assert run.plan is not None
    return run.plan.calls


def live(stage: Stage) -> dict[str, Session]:
    """Who records, by uid."""
    return {item.uid: item for item in stage.live()}


def held(stage: Stage, address: Address) -> SessionState:
    """What the state holds of a session."""
    return stage.held()[address]


def gap(stage: Stage) -> float:
    """For how many seconds neither recorded since the first start."""
    ours = sorted((item for item in stage.emulator.world.all_sessions() if item.cname == "hall"), key=_begin)
    ours = [item for item in ours if item.sid not in stage.foreign]
    end, lost = ours[0].started_at, 0.0
    for item in ours:
        lost += max(0.0, item.started_at - end)
        end = max(end, item.leaves_at)
    return lost


def left(stage: Stage, session: Session) -> float:
    """When a session was over."""
    found = stage.emulator.world.session(session.sid)
    assert found is not None
    return found.leaves_at


def _begin(session: Session) -> float:
    return session.started_at


def test_the_second_session_is_told_to_avoid_the_region_of_the_first(stage: Stage) -> None:
    """Its acquire names the first one's resourceId; each has a uid of its own, and they run in two regions."""
    run = applied(stage, hall())
    assert calls(run) == {"acquire": 2, "start": 2}
    both = live(stage)
    assert both.keys() == {"10001", "10002"}
    assert both["10001"].region != both["10002"].region
    assert held(stage, FIRST).apart_from == ()
    assert held(stage, SECOND).apart_from == (held(stage, FIRST).resource_id,)
    assert calls(applied(stage, hall())) == {}


@pytest.mark.parametrize(("uid", "lost", "stays"), [("10001", FIRST, SECOND), ("10002", SECOND, FIRST)])
def test_what_ended_is_restored_apart_from_what_records(stage: Stage, uid: str, lost: Address, stays: Address) -> None:
    """Two calls; the other one is not touched, and is what the new one avoids."""
    applied(stage, hall())
    before = held(stage, stays)
    assert stage.emulator.world.kill(live(stage)[uid].sid)
    run = applied(stage, hall())
    assert calls(run) == {"acquire": 1, "start": 1}
    assert held(stage, stays) == before
    assert held(stage, lost).apart_from == (before.resource_id,)
    assert len({item.region for item in stage.live()}) == 2
    assert gap(stage) == 0


def test_a_region_that_fails_takes_one_of_the_two(stage: Stage) -> None:
    """Everything in the region dies at once, and the recording has no gap."""
    applied(stage, hall())
    failing = live(stage)["10001"].region
    for item in stage.live():
        if item.region == failing:
            stage.emulator.world.kill(item.sid)
    assert live(stage).keys() == {"10002"}
    assert applied(stage, hall()).errors == []
    assert live(stage).keys() == {"10001", "10002"}
    assert gap(stage) == 0


@pytest.mark.parametrize("operation", ["acquire", "start"])
def test_the_first_one_failing_does_not_keep_the_second_from_starting(stage: Stage, operation: str) -> None:
    """The run fails and says so; the second one records, and the first one avoids its region later."""
    stage.fault(fault("answer", "10001", operation=[operation], answer="400/406"))
    run = applied(stage, hall())
    assert len(run.errors) == 1
    assert live(stage).keys() == {"10002"}
    assert held(stage, SECOND).apart_from == ()
    stage.fault()
    assert calls(applied(stage, hall())) == {"acquire": 1, "start": 1}
    assert held(stage, FIRST).apart_from == (held(stage, SECOND).resource_id,)
    assert len({item.region for item in stage.live()}) == 2


def test_the_second_one_does_not_wait_until_the_first_one_is_up(stage: Stage) -> None:
    """It is started as soon as it can be told what to avoid, though the first one never comes up."""
    stage.fault(fault("storageRejected", "10001", after=0.0))
    began = stage.clock.now() + 300.0
    assert len(applied(stage, hall()).errors) == 1
    assert stage.clock.now() - began > 60
    assert live(stage)["10002"].started_at - began < 5


def test_the_second_one_failing_leaves_the_first_one_alone(stage: Stage) -> None:
    """It records on, and the next run restores the second one."""
    stage.fault(fault("answer", "10002", operation=["start"], answer="400/2"))
    assert len(applied(stage, hall()).errors) == 1
    assert live(stage).keys() == {"10001"}
    stage.fault()
    assert calls(applied(stage, hall())) == {"acquire": 1, "start": 1}


def test_a_start_that_is_not_answered_is_avoided_all_the_same(stage: Stage) -> None:
    """Its resourceId is known before the start is sent, and it may be recording."""
    stage.fault(fault("lostResponse", "10001", operation=["start"]))
    applied(stage, hall())
    assert held(stage, FIRST).liveness is Liveness.LOST
    assert held(stage, SECOND).apart_from == (held(stage, FIRST).resource_id,)
    assert len({item.region for item in stage.live()}) == 2


def test_an_update_is_sent_to_both(stage: Stage) -> None:
    """One call each."""
    applied(stage, hall())
    run = applied(stage, hall(layout=2))
    assert calls(run) == {"updateLayout": 2}
    assert [item.layout and item.layout["mixedVideoLayout"] for item in stage.live()] == [2, 2]
    assert calls(applied(stage, hall(layout=2))) == {}


def test_both_are_replaced_in_turn_without_a_gap(stage: Stage) -> None:
    """The second one is stopped only once the new first one is up."""
    applied(stage, hall())
    old = live(stage)["10002"]
    run = applied(stage, hall(idle=60))
    assert run.errors == []
    assert left(stage, old) > live(stage)["10001"].started_at
    assert calls(run) == {"acquire": 2, "start": 2, "stop": 2}
    assert [item.request["recordingConfig"]["maxIdleTime"] for item in stage.live()] == [60, 60]
    assert len({item.region for item in stage.live()}) == 2
    assert gap(stage) == 0


def test_where_the_first_replacement_fails_the_second_session_records_on(stage: Stage) -> None:
    """What the manifest wants does not come up: the old second session is left as it is, and the error says so."""
    applied(stage, hall())
    stage.fault(fault("storageRejected", "10001", after=0.0))
    run = applied(stage, hall(idle=60))
    assert any(
        "the other session of the recording did not come up, and this one records" in text for text in run.errors
    )
    assert live(stage).keys() == {"10002"}
    assert live(stage)["10002"].request["recordingConfig"]["maxIdleTime"] == 300
    stage.fault()
    for _ in range(2):
        run = applied(stage, hall(idle=60))
    assert {item.request["recordingConfig"]["maxIdleTime"] for item in stage.live()} == {60}
    assert gap(stage) == 0


def test_what_ended_is_restored_before_the_other_one_is_replaced(stage: Stage) -> None:
    """The one that records is stopped when the restored one is up."""
    applied(stage, hall())
    assert stage.emulator.world.kill(live(stage)["10002"].sid)
    (old,) = stage.live()
    run = applied(stage, hall(idle=60))
    assert calls(run) == {"acquire": 2, "start": 2, "stop": 1}
    assert left(stage, old) > live(stage)["10002"].started_at


def test_redundancy_is_given_and_taken_without_touching_the_first_session(stage: Stage) -> None:
    """1 to 2: acquire and start; 2 to 1: stop."""
    applied(stage, hall(1))
    first = held(stage, FIRST)
    assert calls(applied(stage, hall())) == {"acquire": 1, "start": 1}
    assert calls(applied(stage, hall(1))) == {"stop": 1}
    assert live(stage).keys() == {"10001"}
    assert held(stage, FIRST) == first


def test_stopping_stops_both(stage: Stage) -> None:
    """Whether the manifest is gone, or everything is destroyed."""
    applied(stage, hall())
    assert calls(applied(stage, {})) == {"stop": 2}
    assert (stage.live(), stage.held()) == ([], {})


def test_destroy_stops_the_second_one_while_the_first_one_is_found_out(stage: Stage) -> None:
    """A start of unknown outcome that nobody wants keeps nothing from being stopped."""
    stage.fault(fault("lostRequest", "10001", operation=["start"]))
    applied(stage, hall())
    assert live(stage).keys() == {"10002"}
    stage.clock.advance(600.0)
    run = stage.apply({}, known=hall())
    assert len(run.errors) == 1, "what became of the first one is still not known"
    assert stage.live() == []


def test_what_the_manifest_excludes_is_excluded_too(stage: Stage) -> None:
    """The list of the manifest is compared and kept as it stands; the other session is added to it only on the wire."""
    wanted = hall(excludeResourceIds=["somebody"])
    applied(stage, wanted)
    for address in (FIRST, SECOND):
        assert held(stage, address).applied["excludeResourceIds"] == ["somebody"]
    assert held(stage, SECOND).apart_from == (held(stage, FIRST).resource_id,)
    assert calls(applied(stage, wanted)) == {}


def test_a_session_of_the_second_uid_in_the_way_is_told_and_the_first_one_records(stage: Stage) -> None:
    """400/53: somebody else records there."""
    stage.fault(fault("answer", "10002", operation=["start"], answer="400/53"))
    run = applied(stage, hall())
    assert len(run.errors) == 1
    assert live(stage).keys() == {"10001"}
