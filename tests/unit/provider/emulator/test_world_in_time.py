"""What time and other people do to sessions: failovers, ends, channels that empty, stops that take time."""

from pathlib import Path
from typing import Any

import pytest
from tests.unit.provider.emulator.lab import APP, MIX, PAGE, RECORDER, STORAGE, WEB, Lab, only

from takeup.provider.emulator import answers
from takeup.provider.emulator.clock import Clock
from takeup.provider.emulator.sessions import Cause, Exit
from takeup.provider.emulator.store import SqliteStore
from takeup.provider.emulator.switches import Switches
from takeup.provider.emulator.world import Settings, World


def test_a_web_page_started_on_hold_records_once_it_is_resumed() -> None:
    """A page that begins on hold has no file until it is resumed."""
    lab = Lab()
    held = {**RECORDER, "serviceParam": {**PAGE, "onhold": True}}
    at = lab.begin({**WEB, "extensionServiceConfig": {"extensionServices": [held]}}, "web")
    lab.now += 600
    assert lab.status(at) == 4
    lab.world.update(*at, lab.body({"webRecordingConfig": {"onhold": False}}))
    lab.now += 15
    assert lab.status(at) == 5


@pytest.mark.parametrize(
    ("age", "state", "stream"),
    [
        pytest.param(0, "init", "connecting", id="while it starts"),
        pytest.param(5, "inProgress", "publishing", id="while it runs"),
        pytest.param(7200, "exit", "disconnected", id="while it exits"),
    ],
)
def test_a_stream_to_a_cdn_follows_its_session(age: int, state: str, stream: str) -> None:
    """The output of a web page recording connects, publishes and disconnects with it."""
    lab = Lab()
    at = lab.begin(WEB, "web")
    lab.now += age
    services = lab.world.query(*at)[1]["serverResponse"]["extensionServiceState"]
    assert [service["payload"]["state"] for service in services] == [state, state]
    assert services[1]["payload"]["outputs"] == [{"rtmpUrl": "rtmp://h/***", "status": stream}]


def test_a_session_lives_on_after_a_failover() -> None:
    """For the time of a failover all four calls are 404 and the triple is taken; then the session goes on."""
    lab = Lab()
    at = lab.begin()
    lab.now += 20
    assert lab.world.fail_over(at[2], 45.0)
    for age in (0.0, 44.9):
        lab.now = 1020.0 + age
        assert lab.status(at) == 404
        assert lab.world.update(*at, lab.body({"storageConfig": STORAGE}))[0] == 404
        assert lab.world.update_layout(*at, lab.body({"mixedVideoLayout": 0}))[0] == 404
        assert lab.world.stop(*at, lab.body({}))[0] == 404
        assert lab.world.start(APP, lab.acquire(), "mix", lab.body(MIX))[1]["code"] == 53
    lab.now = 1065.0
    assert lab.status(at) == 5
    assert only(lab).moved(lab.now) == 1
    assert lab.world.stop(*at, lab.body({}))[0] == 200


def test_a_failover_is_over_after_ninety_seconds() -> None:
    """However long a failover is said to last, after 90 s the session answers; the fourth fault ends it."""
    lab = Lab()
    at = lab.begin()
    for _ in range(3):
        assert lab.world.fail_over(at[2], 10_000.0)
        lab.now += 89.9
        assert lab.status(at) == 404
        lab.now += 0.1
        assert lab.status(at) in {4, 5}
    lab.world.fail_over(at[2], 10.0)
    lab.now += 90
    assert lab.status(at) == 404
    assert lab.world.sessions() == []


@pytest.mark.parametrize(
    ("cause", "seen"),
    [
        pytest.param(Cause.KICKED, 6, id="kicked"),
        pytest.param(Cause.TOKEN_EXPIRED, 6, id="its token expired"),
        pytest.param(Cause.MAX_HOURS, 6, id="its hours are over"),
        pytest.param(Cause.PAGE_FAILED, 20, id="its page failed"),
        pytest.param(Cause.STORAGE_REJECTED, 404, id="its storage is refused"),
        pytest.param(Cause.TOKEN_REJECTED, 404, id="its token is refused"),
        pytest.param(Cause.WORKER_DIED, 404, id="its worker died"),
    ],
)
def test_a_cause_decides_what_of_an_end_is_seen(cause: Cause, seen: int) -> None:
    """Orderly exits show 6, others 20, and those that leave nobody to answer are 404 at once; all are 404 soon."""
    lab = Lab()
    at = lab.begin()
    assert lab.world.end(at[2], cause, after=30.0)
    lab.now += 29
    assert lab.status(at) == 5
    lab.now += 1
    assert lab.status(at) == seen
    lab.now += 2
    assert lab.status(at) == 404
    assert not lab.world.end(at[2], cause)


def test_wrong_storage_is_accepted_and_found_out_later() -> None:
    """A start with a refused bucket answers 200, shows 4, and is 404 when the first file should have been there."""
    lab = Lab(Settings(rejectedStorage=["b"]))
    at = lab.begin()
    lab.now += 14
    assert lab.status(at) == 4
    lab.now += 1
    assert lab.status(at) == 404


def test_an_unreachable_page_records_nothing() -> None:
    """A page that never loads is waited for twice, has no file meanwhile, and ends with status 20."""
    lab = Lab(Settings(unreachablePages=["https://page.test/*"]))
    slow = {**RECORDER, "serviceParam": {**PAGE, "readyTimeout": 20}}
    at = lab.begin({**WEB, "extensionServiceConfig": {"extensionServices": [slow]}}, "web")
    seen = []
    for age in (44, 45, 47):
        lab.now = 1000.0 + age
        seen.append(lab.status(at))
    assert seen == [4, 20, 404]


def test_a_channel_that_empties_ends_its_recordings_after_max_idle_time() -> None:
    """When everybody leaves, recorders of that channel go after maxIdleTime, unless somebody comes back."""
    lab = Lab()
    left, back, other = lab.begin(cname="a"), lab.begin(cname="b"), lab.begin(cname="c")
    lab.now += 20
    lab.world.leave("a")
    lab.world.leave("b")
    lab.now += 29
    lab.world.join("b")
    lab.now += 1
    assert [lab.status(at) for at in (left, back, other)] == [6, 5, 5]
    assert lab.status(lab.begin(cname="a")) == 1
    lab.now += 29
    assert [session.cname for session in lab.world.sessions()] == ["b", "c", "a"]
    lab.now += 1
    assert [session.cname for session in lab.world.sessions()] == ["b", "c"]


def test_somebody_who_joins_gives_a_recorder_something_to_record() -> None:
    """In an idle channel there is no file until somebody joined, and the recorder stays then."""
    lab = Lab(Settings(idleChannels=["room"]))
    at = lab.begin()
    lab.now += 20
    assert lab.status(at) == 4
    lab.world.join("room")
    lab.now += 11
    assert lab.status(at) == 4
    lab.now += 1
    assert lab.status(at) == 5
    lab.now += 3600
    assert len(lab.world.sessions()) == 1
    assert lab.begin(uid="8")
    lab.now += 31
    assert len(lab.world.sessions()) == 2


def test_what_was_due_earlier_happens_at_its_time() -> None:
    """An end, a departure and a return told of late count from when they were, not from now."""
    lab = Lab()
    ended, left, back = lab.begin(cname="a"), lab.begin(cname="b"), lab.begin(cname="c")
    lab.now += 100
    assert lab.world.end(ended[2], Cause.KICKED, at=1050.0)
    lab.world.leave("b", at=1060.0)
    lab.world.leave("c", at=1060.0)
    lab.world.join("c", at=1080.0)
    exits = [session.exit for session in lab.world.all_sessions()]
    assert exits == [Exit(1050.0, Cause.KICKED), Exit(1090.0, Cause.IDLE), None]
    assert [lab.status(at) for at in (ended, left, back)] == [404, 404, 5]


def test_who_is_in_a_channel_outlives_the_process(tmp_path: Path) -> None:
    """With a file, a channel that emptied is still empty for the next emulator on it."""
    first = Lab(store=SqliteStore(tmp_path / "emulator.db"))
    first.world.leave("room")
    first.store.close()
    second = Lab(store=SqliteStore(tmp_path / "emulator.db"))
    second.begin()
    assert only(second).exit == Exit(1030.0, Cause.IDLE)
    second.store.close()


def test_a_quota_counts_the_sessions_of_one_app_id() -> None:
    """An acquire beyond the quota is 400/406, other App IDs are not concerned, and a stop makes room."""
    lab = Lab(Settings(quota=2))
    at = lab.begin(uid="1")
    lab.begin(uid="2")
    assert lab.world.acquire(APP, lab.body({})) == (400, {"code": 406, "reason": "vendor_over_load"})
    assert lab.world.acquire("other", lab.body({}))[0] == 200
    lab.world.stop(*at, lab.body({}, uid="1"))
    assert lab.world.acquire(APP, lab.body({}))[0] == 200


def test_a_suspended_account_reserves_nothing() -> None:
    """An App ID of a suspended account is told so by acquire: 400/405."""
    lab = Lab(Settings(suspendedAppIds=["ap?"]))
    assert lab.world.acquire(APP, lab.body({})) == (400, {"code": 405, "reason": "no_active_status"})


def test_a_channel_name_with_a_foreign_character_is_refused() -> None:
    """A channel name outside Agora's characters is 400/401; for a web page it is but a label."""
    lab = Lab()
    refused = lab.world.acquire(APP, lab.body({}, cname="r\u00f6\u00f6m"))
    assert refused == (400, {"code": 401, "reason": "invalid_channel_name"})
    assert lab.world.acquire(APP, lab.body({"scene": 1}, cname="r\u00f6\u00f6m"))[0] == 200


def test_what_is_old_is_forgotten_by_and_by() -> None:
    """Ended sessions and unused reservations are forgotten after the retention, live sessions never."""
    lab = Lab(Settings(retention=3600.0))
    lab.begin(uid="1", hours=720)
    at = lab.begin(uid="2")
    unused = lab.acquire()
    lab.world.stop(*at, lab.body({}, uid="2"))
    lab.now += 3601
    last = lab.acquire()
    assert [session.uid for session in lab.world.all_sessions()] == ["1"]
    assert (lab.world.reservation(unused), lab.world.reservation(at[1])) == (None, None)
    assert lab.world.reservation(last) is not None


def test_seventy_two_hours_pass_at_once() -> None:
    """With a clock that is stepped, a recording of three days is stopped a moment later, with all its pieces."""
    clock = Clock(speed=0)
    lab = Lab()
    lab.world = World(clock=clock)
    at = lab.begin({**MIX, "recordingFileConfig": {"avFileType": ["hls", "mp4"]}}, hours=73)
    clock.advance(72 * 3600)
    assert lab.status(at) == 5
    status, answer = lab.world.stop(*at, lab.body({}))
    names = [file["fileName"] for file in answer["serverResponse"]["fileList"]]
    assert status == 200
    assert names == [f"{at[2]}_room.m3u8", *[f"{at[2]}_room_{index}.mp4" for index in range(36)]]


@pytest.mark.parametrize(
    ("switches", "request_", "age", "status", "code"),
    [
        pytest.param({}, {}, 5, 206, 435, id="before the first file"),
        pytest.param({"noData": "emptyList"}, {}, 5, 200, None, id="before the first file, an empty list"),
        pytest.param({}, {}, 20, 206, 65, id="an upload that takes too long"),
        pytest.param({"slowUpload": "uploadTimeout"}, {}, 20, 206, 50, id="an upload that takes too long, code 50"),
        pytest.param({}, {"async_stop": True}, 20, 200, None, id="without waiting for the upload"),
    ],
)
def test_a_stop_tells_how_it_went(
    switches: dict[str, Any], request_: dict[str, Any], age: int, status: int, code: int | None
) -> None:
    """A stop ends the session in any case; nothing recorded and a slow upload are told with 206."""
    lab = Lab(Settings(upload=21.0, switches=Switches(**switches)))
    at = lab.begin()
    lab.now += age
    answer = lab.world.stop(*at, lab.body(request_))
    assert (answer[0], answer[1].get("code")) == (status, code)
    assert lab.world.sessions() == []


@pytest.mark.parametrize(
    ("upload", "wait", "answer", "seconds"),
    [
        pytest.param(7.0, True, (200, {}), 7.0, id="uploaded in time"),
        pytest.param(60.0, True, (206, {"code": 65}), 20.0, id="at most twenty seconds"),
        pytest.param(60.0, False, (200, {}), 0.0, id="nobody waits"),
        pytest.param(60.0, True, (206, {"code": 435}), 0.0, id="nothing to upload"),
        pytest.param(60.0, True, (404, {"code": 404}), 0.0, id="nothing to stop"),
    ],
)
def test_a_stop_takes_as_long_as_its_upload(upload: float, wait: bool, answer: Any, seconds: float) -> None:  # noqa: ANN401, FBT001 - a row
    """A synchronous stop keeps its caller waiting for the upload, at most 20 s; other answers come at once."""
    assert answers.stop_takes(Settings(upload=upload), wait, answer) == seconds


@pytest.mark.parametrize(
    ("settings", "request_", "told"),
    [
        pytest.param({}, {}, "uploaded", id="all is well"),
        pytest.param({"unreachableStorage": ["b"]}, {}, "backuped", id="the bucket is out of reach"),
        pytest.param({}, {"async_stop": True}, "unknown", id="nobody waited"),
    ],
)
def test_a_stop_tells_where_the_files_are(settings: dict[str, Any], request_: dict[str, Any], told: str) -> None:
    """The uploadingStatus says whether the files are in the bucket, in Agora's backup, or not known yet."""
    lab = Lab(Settings(**settings))
    at = lab.begin()
    lab.now += 20
    assert lab.world.stop(*at, lab.body(request_))[1]["serverResponse"]["uploadingStatus"] == told
