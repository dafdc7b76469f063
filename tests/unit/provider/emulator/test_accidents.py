"""What befalls sessions by rule, each thing at its own time."""

from typing import Any

import pytest

from takeup.provider.emulator.clock import Clock
from takeup.provider.emulator.emulator import Emulator
from takeup.provider.emulator.faults import Fault, OnSession
from takeup.provider.emulator.sessions import Cause, Session

BEGAN = 1_000_000.0
STORAGE = {"vendor": 1, "region": 0, "bucket": "b", "accessKey": "a", "secretKey": "s"}
WEB = {
    "url": "https://example.test",
    "audioProfile": 0,
    "videoWidth": 1280,
    "videoHeight": 720,
    "maxRecordingHour": 10,
}


def emulator_with(*faults: Fault, seed: int = 0) -> Emulator:
    """Make an emulator whose clock stands at a round number."""
    return Emulator(clock=Clock(speed=0, start=BEGAN), faults=faults, seed=seed)


def start(emulator: Emulator, cname: str = "hall", mode: str = "mix", idle: int = 60) -> str:
    """Start a session by real calls; its sid."""
    import httpx  # noqa: PLC0415 - tests speak HTTP

    service = {"serviceName": "web_recorder_service", "errorHandlePolicy": "error_abort", "serviceParam": WEB}
    more: dict[str, Any] = {"recordingConfig": {"channelType": 1, "maxIdleTime": idle, "subscribeUidGroup": 0}}
    if mode == "web":
        more = {"extensionServiceConfig": {"extensionServices": [service]}}
    body = {"cname": cname, "uid": "1", "clientRequest": {"scene": 1 if mode == "web" else 0}}
    transport = httpx.WSGITransport(app=emulator.app)
    with httpx.Client(transport=transport, base_url="http://e/v1/apps/app/cloud_recording", auth=("i", "s")) as http:
        resource_id = http.post("/acquire", json=body).json()["resourceId"]
        path = f"/resourceid/{resource_id}/mode/{mode}/start"
        answer = http.post(path, json={**body, "clientRequest": {"storageConfig": STORAGE, **more}})
        assert answer.status_code == 200, answer.text
        return str(answer.json()["sid"])


def session(emulator: Emulator, sid: str) -> Session:
    """Find a session."""
    found = emulator.world.session(sid)
    assert found is not None
    return found


def ending(emulator: Emulator, sid: str) -> tuple[float, Cause] | None:
    """Tell when a session ends, counted from the beginning, and why."""
    end = session(emulator, sid).exit
    return None if end is None else (end.at - BEGAN, end.cause)


@pytest.mark.parametrize(
    ("do", "mode", "cause"),
    [
        pytest.param("kick", "mix", Cause.KICKED, id="kicked"),
        pytest.param("workerDeath", "mix", Cause.WORKER_DIED, id="its worker dies"),
        pytest.param("storageRejected", "individual", Cause.STORAGE_REJECTED, id="its storage is refused"),
        pytest.param("tokenRejected", "mix", Cause.TOKEN_REJECTED, id="its token is refused"),
        pytest.param("pageFailed", "web", Cause.PAGE_FAILED, id="its page fails"),
    ],
)
@pytest.mark.parametrize(
    ("when", "at"),
    [({"after": 40}, 40.0), ({"at": 40}, 40.0), ({}, 0.0)],
    ids=["after its start", "at a time", "at once"],
)
def test_a_session_ends_when_the_rule_says(
    do: OnSession, mode: str, cause: Cause, when: dict[str, Any], at: float
) -> None:
    """The session ends for that reason at that very moment, however far the clock is stepped."""
    emulator = emulator_with(Fault(do=do, **when))
    sid = start(emulator, mode=mode)
    emulator.clock.advance(1000)
    assert ending(emulator, sid) == (at, cause)
    assert emulator.faults.struck == (1,)


@pytest.mark.parametrize("when", [{"after": 40}, {"at": 40}], ids=["after its start", "at a time"])
def test_a_failover_begins_and_ends_on_time(when: dict[str, Any]) -> None:
    """A failover lasts 30 s where the rule does not say, and the session lives on."""
    emulator = emulator_with(Fault(do="failover", **when), Fault(do="failover", lasting=10, at=100))
    sid = start(emulator)
    emulator.clock.advance(200)
    spans = [(item.at - BEGAN, item.until - BEGAN) for item in session(emulator, sid).failovers]
    assert spans == [(40, 70), (100, 110)]
    assert ending(emulator, sid) is None


@pytest.mark.parametrize("when", ["after", "at"])
def test_people_leave_and_come_back(when: str) -> None:
    """Who comes back in time keeps the recorder; an hour in one step is the same as many small ones."""
    plan = [("leave", 100), ("join", 150), ("leave", 200)]
    rules = [Fault.model_validate({"do": do, "channel": "hall", when: at}) for do, at in plan]
    for steps in ([3600.0], [60.0] * 60):
        emulator = emulator_with(*rules)
        sid = start(emulator, idle=60)
        other = start(emulator, "yard", idle=60)
        for step in steps:
            emulator.clock.advance(step)
        assert ending(emulator, sid) == (260, Cause.IDLE)
        assert ending(emulator, other) is None


def test_only_who_lives_at_the_time_is_struck() -> None:
    """A rule with a time strikes neither who came later nor who had gone."""
    emulator = emulator_with(Fault(do="workerDeath", channel="gone", after=10), Fault(do="kick", at=50))
    gone, there = start(emulator, "gone"), start(emulator, "there")
    emulator.clock.advance(50)
    late = start(emulator, "late")
    emulator.clock.advance(50)
    assert [ending(emulator, sid) for sid in (gone, there)] == [(10, Cause.WORKER_DIED), (50, Cause.KICKED)]
    assert ending(emulator, late) is None
    assert emulator.faults.struck == (1, 1)


@pytest.mark.parametrize("began", [1_764_000_000.123456, 1_700_000_000.9999], ids=["a time", "another time"])
def test_a_time_is_reached_in_spite_of_rounding(began: float) -> None:
    """Who steps the clock by exactly the time of a rule sees it done."""
    for seconds in (0.1, 7.0, 1800.0, 1800.3):
        emulator = Emulator(clock=Clock(speed=0, start=began), faults=(Fault(do="leave", channel="a", at=seconds),))
        sid = start(emulator, "a", idle=60)
        emulator.clock.advance(seconds)
        assert session(emulator, sid).exit is not None


def test_an_empty_channel_stays_empty() -> None:
    """A leave that names a channel counts for sessions that start later, too."""
    emulator = emulator_with(Fault(do="leave", channel="hall", at=0))
    emulator.clock.advance(10)
    assert ending(emulator, start(emulator, idle=30)) == (40, Cause.IDLE)


def test_probability_is_drawn_for_each_session() -> None:
    """A rule with a time and a probability strikes some of the sessions, the same ones for the same seed."""

    def struck(seed: int) -> list[bool]:
        emulator = emulator_with(Fault(do="kick", at=5, probability=0.5), seed=seed)
        sids = [start(emulator, f"room-{n}") for n in range(40)]
        emulator.clock.advance(5)
        return [ending(emulator, sid) is not None for sid in sids]

    first = struck(1)
    assert 5 < sum(first) < 35
    assert first == struck(1) != struck(2)


def test_a_rule_added_later_does_not_strike_in_the_past() -> None:
    """A rule whose time has gone by when it is added does nothing."""
    emulator = emulator_with()
    sid = start(emulator)
    emulator.clock.advance(60)
    emulator.faults.add(Fault(do="kick", at=30), Fault(do="workerDeath", at=90))
    emulator.clock.advance(60)
    assert ending(emulator, sid) == (90, Cause.WORKER_DIED)


def test_a_reset_begins_the_scenario_anew() -> None:
    """After a reset there are no sessions and no calls, and the times of the rules count from now."""
    emulator = emulator_with(Fault(do="kick", at=30))
    start(emulator)
    emulator.clock.advance(60)
    emulator.reset()
    assert emulator.world.all_sessions() == []
    assert (emulator.calls.totals, emulator.faults.struck) == ({}, (0,))
    sid = start(emulator)
    emulator.clock.advance(60)
    assert ending(emulator, sid) == (90, Cause.KICKED)
