"""The documented rules of the emulated service, under a clock that the test moves."""

from typing import Any

import pytest
from tests.unit.provider.emulator.lab import APP, INDIVIDUAL, MIX, STORAGE, WEB, Lab, only

from takeup.provider.emulator.world import Settings, World


@pytest.mark.parametrize(
    "uid",
    [
        pytest.param("0", id="zero"),
        pytest.param("4294967296", id="beyond 32 bits"),
        pytest.param("8810546176", id="the real one of a support ticket"),
        pytest.param("", id="empty"),
        pytest.param("alice", id="a name"),
        pytest.param("-1", id="negative"),
        pytest.param("\u0667", id="digits of another script"),
        pytest.param(7, id="a number, not a string"),
    ],
)
def test_a_bad_uid_fails_the_body_check(uid: object) -> None:
    """A uid that is no decimal string of 1..2^32-1 is refused with code 2."""
    answer = Lab().world.acquire(APP, {"cname": "room", "uid": uid, "clientRequest": {}})
    assert answer == (400, {"code": 2, "reason": "post method api body check failed!"})


@pytest.mark.parametrize(
    "body",
    [
        pytest.param({}, id="nothing"),
        pytest.param({"uid": "1", "clientRequest": {}}, id="no cname"),
        pytest.param({"cname": "", "uid": "1", "clientRequest": {}}, id="empty cname"),
        pytest.param({"cname": "\ud800", "uid": "1", "clientRequest": {}}, id="cname with half a character"),
        pytest.param({"cname": "c", "uid": "1"}, id="no clientRequest"),
        pytest.param({"cname": "c", "uid": "1", "clientRequest": []}, id="clientRequest is a list"),
        pytest.param({"cname": "c", "uid": "1", "clientRequest": {"scene": "1"}}, id="scene is text"),
    ],
)
def test_an_incomplete_acquire_fails_the_body_check(body: dict[str, Any]) -> None:
    """An acquire without cname, uid or a clientRequest object is refused with code 2."""
    status, answer = Lab().world.acquire(APP, body)
    assert (status, answer["code"]) == (400, 2)


@pytest.mark.parametrize(
    "hours",
    [
        pytest.param(0, id="zero"),
        pytest.param(721, id="above 720"),
        pytest.param(1.5, id="a fraction"),
        pytest.param(True, id="a boolean"),
        pytest.param("24", id="text"),
    ],
)
def test_a_bad_resource_expired_hour_is_refused(hours: object) -> None:
    """A resourceExpiredHour outside 1..720 is refused in the documented words."""
    lab = Lab()
    answer = lab.world.acquire(APP, lab.body({"resourceExpiredHour": hours}))
    assert answer == (400, {"code": 2, "reason": "Acquire: invalid resourceExpiredHour value!"})


def test_ids_have_the_shape_of_real_ones() -> None:
    """A resourceId has 256 characters of base64url, a sid 32 lowercase hex digits."""
    _, rid, sid, _ = Lab().begin()
    assert len(rid) == 256
    assert rid.replace("-", "").replace("_", "").isalnum()
    assert len(sid) == 32
    assert set(sid) <= set("0123456789abcdef")


def test_the_status_rises_to_five_with_the_clock() -> None:
    """A session is seen at 1, 2, 3 while it starts, then 4, then 5 once it has a file."""
    lab = Lab()
    at = lab.begin()
    seen = []
    for age in (0.0, 1.0, 2.0, 3.0, 14.9, 15.0):
        lab.now = 1000.0 + age
        seen.append(lab.status(at))
    assert seen == [1, 2, 3, 4, 4, 5]


def test_a_world_without_delays_is_up_at_once() -> None:
    """With all durations zero a session is at 5 after its start and 404 after its stop."""
    lab = Lab(Settings(startup=0.0, firstFile=0.0, linger=0.0))
    at = lab.begin()
    assert lab.status(at) == 5
    assert lab.world.stop(*at, lab.body({}))[0] == 200
    assert lab.status(at) == 404


def test_a_stopped_session_is_seen_exiting_and_then_gone() -> None:
    """After a stop 6, 7, 8 are seen, a second stop is 400/49, and then everything is 404."""
    lab = Lab(Settings(linger=3.0))
    at = lab.begin()
    lab.now += 20
    assert lab.world.stop(*at, lab.body({}))[0] == 200
    seen = []
    for _ in range(3):
        seen.append(lab.status(at))
        lab.now += 1
    assert seen == [6, 7, 8]
    lab.now -= 1
    assert lab.world.stop(*at, lab.body({})) == (400, {"code": 49, "reason": "invalid operation"})
    lab.now += 1
    assert lab.status(at) == 404
    assert lab.world.stop(*at, lab.body({}))[0] == 404


def test_a_triple_is_free_at_once_after_a_stop() -> None:
    """A stop lets the same channel and uid be started again while the old one still exits."""
    lab = Lab()
    at = lab.begin()
    lab.world.stop(*at, lab.body({}))
    assert lab.begin()[2] != at[2]


def test_a_live_triple_cannot_be_started_twice() -> None:
    """A second resourceId for a live (appId, cname, uid) starts nothing: 400/53."""
    lab = Lab()
    lab.begin()
    rid = lab.acquire()
    assert lab.world.start(APP, rid, "mix", lab.body(MIX)) == (400, {"code": 53, "reason": "task conflict"})
    assert len(lab.world.sessions()) == 1


def test_a_repeated_start_is_told_without_a_sid() -> None:
    """Starting a used resourceId answers 201/7 while its session lives, and 433 afterwards."""
    lab = Lab()
    at = lab.begin()
    assert lab.world.start(APP, at[1], "mix", lab.body(MIX)) == (
        201,
        {"code": 7, "reason": "already started"},
    )
    lab.world.kill(at[2])
    status, answer = lab.world.start(APP, at[1], "mix", lab.body(MIX))
    assert (status, answer["code"]) == (400, 433)


@pytest.mark.parametrize(
    ("age", "code"),
    [pytest.param(300, None, id="at five minutes"), pytest.param(301, 433, id="after five minutes")],
)
def test_a_resource_id_lives_five_minutes(age: int, code: int | None) -> None:
    """A resourceId can be started until it is five minutes old."""
    lab = Lab()
    rid = lab.acquire()
    lab.now += age
    assert lab.world.start(APP, rid, "mix", lab.body(MIX))[1].get("code") == code


@pytest.mark.parametrize(
    ("app", "cname", "uid"),
    [
        pytest.param("other", "room", "7", id="another App ID"),
        pytest.param(APP, "other", "7", id="another channel"),
        pytest.param(APP, "room", "8", id="another uid"),
    ],
)
def test_a_start_must_match_its_acquire(app: str, cname: str, uid: str) -> None:
    """A start that differs from its acquire in App ID, cname or uid is refused with 432."""
    lab = Lab()
    rid = lab.acquire()
    status, answer = lab.world.start(app, rid, "mix", lab.body(MIX, cname=cname, uid=uid))
    assert (status, answer["code"]) == (400, 432)


def test_an_unknown_resource_id_cannot_be_parsed() -> None:
    """A start with a made-up resourceId is refused with 1001."""
    lab = Lab()
    status, answer = lab.world.start(APP, "made-up", "mix", lab.body(MIX))
    assert (status, answer["code"]) == (400, 1001)


def test_a_start_parameter_binds_the_start() -> None:
    """An acquire with startParameter lets only that request start."""
    lab = Lab()
    rid = lab.acquire({"startParameter": MIX})
    other = lab.world.start(APP, rid, "mix", lab.body({**MIX, "token": "other"}))
    assert other == (400, {"code": 2, "reason": "request_hash mismatch!"})
    assert lab.world.start(APP, rid, "mix", lab.body(dict(reversed(MIX.items()))))[0] == 200


@pytest.mark.parametrize(
    ("mode", "scene", "request_", "reason"),
    [
        pytest.param("mix", 0, {}, "post method api body check failed!", id="no storageConfig"),
        pytest.param("web", 1, {"storageConfig": STORAGE}, "services not selected!", id="web without services"),
        pytest.param("web", 0, WEB, "post method api body check failed!", id="web acquired for a channel"),
        pytest.param("mix", 1, MIX, "post method api body check failed!", id="channel acquired for the web"),
        pytest.param(
            "mix",
            0,
            {**MIX, "recordingFileConfig": {"avFileType": ["mp4"]}},
            "post method api body check failed!",
            id="mp4 alone",
        ),
        pytest.param(
            "mix",
            0,
            {**MIX, "recordingConfig": {"maxIdleTime": 4}},
            "post method api body check failed!",
            id="idle time too short",
        ),
    ],
)
def test_a_bad_start_is_refused(mode: str, scene: int, request_: dict[str, Any], reason: str) -> None:
    """A start that lacks what its mode needs is refused with code 2 and starts nothing."""
    lab = Lab()
    rid = lab.acquire({"scene": scene})
    assert lab.world.start(APP, rid, mode, lab.body(request_)) == (400, {"code": 2, "reason": reason})
    assert lab.world.sessions() == []


def test_an_idle_channel_ends_by_itself() -> None:
    """A recording of a channel with nobody in it exits after maxIdleTime, is seen exiting, then 404."""
    lab = Lab(Settings(idleChannels=["empty-*"]))
    at = lab.begin({**MIX, "recordingConfig": {"maxIdleTime": 60}}, cname="empty-1")
    lab.now += 59
    assert lab.status(at) == 4
    lab.now += 1
    assert lab.status(at) == 6
    assert lab.world.stop(*at, lab.body({}, cname="empty-1"))[1]["code"] == 49
    assert lab.world.update(*at, lab.body({"storageConfig": STORAGE}, cname="empty-1"))[0] == 404
    lab.now += 2
    assert lab.status(at) == 404
    assert lab.world.sessions() == []


def test_a_web_recording_ends_after_its_hours() -> None:
    """A web page recording exits after maxRecordingHour, even where its channel name is idle."""
    lab = Lab(Settings(idleChannels=["*"]))
    at = lab.begin(WEB, "web")
    lab.now += 2 * 3600 - 1
    assert lab.status(at) == 5
    lab.now += 1
    assert lab.status(at) == 6


def test_the_api_window_closes_while_the_session_lives_on() -> None:
    """After resourceExpiredHour every call is 404, and the triple stays taken."""
    lab = Lab()
    at = lab.begin(hours=1)
    lab.now += 3600
    assert lab.status(at) == 404
    assert lab.world.stop(*at, lab.body({}))[0] == 404
    assert len(lab.world.sessions()) == 1
    assert lab.world.start(APP, lab.acquire(), "mix", lab.body(MIX))[1]["code"] == 53


def test_a_killed_session_is_gone_at_once() -> None:
    """After kill every call answers 404, naming channel and uid, and a second kill finds nothing."""
    lab = Lab()
    at = lab.begin()
    assert lab.world.kill(at[2])
    gone = (404, {"cname": "room", "code": 404, "reason": "failed to find worker", "uid": "7"})
    assert lab.world.query(*at) == gone
    assert lab.world.stop(*at, lab.body({})) == gone
    assert lab.world.update(*at, lab.body({"storageConfig": STORAGE})) == gone
    assert lab.world.update_layout(*at, lab.body({})) == gone
    assert not lab.world.kill(at[2])


@pytest.mark.parametrize(
    ("position", "value"),
    [
        pytest.param(0, "other", id="another App ID"),
        pytest.param(1, "other", id="another resourceId"),
        pytest.param(2, "other", id="another sid"),
        pytest.param(3, "individual", id="another mode"),
    ],
)
def test_a_session_answers_to_its_whole_address_only(position: int, value: str) -> None:
    """A query or a stop with one wrong part of the address is 404 and changes nothing."""
    lab = Lab()
    at = list(lab.begin())
    at[position] = value
    wrong = (at[0], at[1], at[2], at[3])
    assert lab.status(wrong) == 404
    assert lab.world.stop(*wrong, lab.body({}))[0] == 404
    assert len(lab.world.sessions()) == 1


def test_nothing_secret_is_kept() -> None:
    """Neither start nor update leaves a secret in the store."""
    lab = Lab()
    at = lab.begin()
    lab.world.update(*at, lab.body({"storageConfig": STORAGE}))
    web = lab.begin(WEB, "web", uid="8")
    lab.world.update(*web, lab.body({"rtmpPublishConfig": {"outputs": [{"rtmpUrl": "rtmp://h/CANARY"}]}}, uid="8"))
    lab.acquire({"startParameter": MIX})
    assert "CANARY" not in repr(vars(lab.store))


def test_update_overwrites_what_it_is_sent() -> None:
    """An update of one group replaces that group whole and leaves the others."""
    lab = Lab()
    at = lab.begin()
    first = {"audioUidList": {"subscribeAudioUids": ["1"]}}
    second = {"videoUidList": {"subscribeVideoUids": ["2"]}}
    lab.world.update(*at, lab.body({"streamSubscribe": first, "storageConfig": STORAGE}))
    lab.world.update(*at, lab.body({"streamSubscribe": second}))
    assert only(lab).subscription == second
    assert only(lab).storage == {"vendor": 1, "region": 0, "bucket": "b"}


@pytest.mark.parametrize(
    "uids",
    [
        pytest.param([], id="an empty list"),
        pytest.param([str(uid) for uid in range(1, 34)], id="more than 32"),
        pytest.param([1], id="numbers"),
    ],
)
def test_bad_uid_lists_are_refused(uids: list[object]) -> None:
    """An update with an empty, a long or a mistyped uid list is refused with code 2."""
    lab = Lab()
    at = lab.begin()
    request = {"streamSubscribe": {"audioUidList": {"subscribeAudioUids": uids}}}
    assert lab.world.update(*at, lab.body(request))[1]["code"] == 2
    assert only(lab).subscription is None


def test_update_layout_overwrites_the_whole_layout() -> None:
    """A second updateLayout keeps nothing of the first."""
    lab = Lab()
    at = lab.begin()
    assert lab.world.update_layout(*at, lab.body({"mixedVideoLayout": 1, "backgroundColor": "#FF0000"}))[0] == 200
    lab.world.update_layout(*at, lab.body({"mixedVideoLayout": 0}))
    assert only(lab).layout == {"mixedVideoLayout": 0}


def test_update_layout_is_for_mix_only() -> None:
    """An updateLayout in another mode is refused with code 2."""
    lab = Lab()
    at = lab.begin(INDIVIDUAL, mode="individual")
    assert lab.world.update_layout(*at, lab.body({}))[1]["code"] == 2


def test_onhold_and_outputs_show_in_a_web_query() -> None:
    """A web page recording put on hold says so, and so does its stream."""
    lab = Lab()
    at = lab.begin(WEB, "web")
    lab.now += 5
    lab.world.update(*at, lab.body({"webRecordingConfig": {"onhold": True}}))
    recorder, rtmp = lab.world.query(*at)[1]["serverResponse"]["extensionServiceState"]
    assert recorder["payload"] == {"fileList": [], "onhold": True, "state": "inProgress"}
    assert rtmp["payload"]["outputs"] == [{"rtmpUrl": "rtmp://h/***", "status": "onhold"}]


def test_calls_are_counted() -> None:
    """Every call counts under its operation, refused ones too."""
    lab = Lab()
    lab.begin()
    lab.world.acquire(APP, {})
    assert lab.world.calls == {"acquire": 2, "start": 1}


def test_ids_can_be_given() -> None:
    """A test can make the ids predictable."""
    world = World(ids=lambda kind: f"my-{kind}")
    body = {"cname": "room", "uid": "1", "clientRequest": {}}
    assert world.acquire(APP, body)[1]["resourceId"] == "my-resourceId"
