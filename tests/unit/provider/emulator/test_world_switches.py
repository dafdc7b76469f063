"""Every switch that concerns an answer has its effect, in each position."""

from collections.abc import Callable
from typing import Any

import pytest
from tests.unit.provider.emulator.lab import APP, INDIVIDUAL, MIX, Lab

from takeup.provider.emulator.switches import Switches
from takeup.provider.emulator.world import Settings


def begin(lab: Lab) -> tuple[str, str, str, str]:
    """Start a session and let it have a file."""
    at = lab.begin()
    lab.now += 20
    return at


def stopped(lab: Lab) -> Any:  # noqa: ANN401 - any answer
    """Stop a session asynchronously."""
    return (
        lab.world.stop(*begin(lab), lab.body({"async_stop": True}))[1].get("serverResponse", {}).get("uploadingStatus")
    )


def repeated(lab: Lab, request: dict[str, Any] = MIX, *, ended: bool = False) -> Any:  # noqa: ANN401 - any answer
    """Start a resourceId for the second time."""
    at = begin(lab)
    if ended:
        lab.world.kill(at[2])
    status, answer = lab.world.start(APP, at[1], "mix", lab.body(request))
    return status, answer["code"], "sid" in answer


def second(lab: Lab) -> Any:  # noqa: ANN401 - any answer
    """Start a second resourceId of a live triple."""
    begin(lab)
    return lab.world.start(APP, lab.acquire(), "mix", lab.body(MIX))[0], len(lab.world.sessions())


def expired(lab: Lab) -> Any:  # noqa: ANN401 - any answer
    """Query after the end of the API window."""
    at = lab.begin(hours=1)
    lab.now += 3600
    return lab.world.query(*at)[1]["code"]


def exiting(lab: Lab) -> Any:  # noqa: ANN401 - any answer
    """Query right after a stop."""
    at = begin(lab)
    lab.world.stop(*at, lab.body({}))
    return lab.status(at)


def again(lab: Lab) -> Any:  # noqa: ANN401 - any answer
    """Start the same triple right after a stop."""
    lab.world.stop(*begin(lab), lab.body({}))
    return lab.world.start(APP, lab.acquire(), "mix", lab.body(MIX))[0]


def missing(lab: Lab) -> Any:  # noqa: ANN401 - any answer
    """Stop what is not there; the keys of the 404."""
    return sorted(lab.world.stop(APP, "r", "s", "mix", lab.body({}))[1])


def screenshots(lab: Lab) -> Any:  # noqa: ANN401 - any answer
    """Stop a session that only takes screenshots."""
    at = lab.begin({**INDIVIDUAL, "snapshotConfig": {"fileType": ["jpg"]}}, "individual")
    lab.now += 20
    return lab.world.stop(*at, lab.body({}))[0]


def listed(lab: Lab, mode: str, request: dict[str, Any], age: float) -> Any:  # noqa: ANN401 - any answer
    """Query at an age."""
    at = lab.begin(request, mode)
    lab.now += age
    return lab.world.query(*at)[1]["serverResponse"]


MP4: dict[str, Any] = {**MIX, "recordingFileConfig": {"avFileType": ["hls", "mp4"]}}
NAMED = ["cname", "code", "reason", "uid"]
NESTED = ["cname", "code", "resourceId", "serverResponse", "sid", "uid"]
UNKNOWN = {"reason": "the resourceId cannot be parsed", "code": 1001}


@pytest.mark.parametrize(
    ("switches", "ask", "answer"),
    [
        pytest.param(
            {},
            lambda lab: sorted(lab.world.acquire(APP, lab.body({}))[1]),
            ["cname", "resourceId", "uid"],
            id="acquireAnswer: full",
        ),
        pytest.param(
            {"acquireAnswer": "resourceIdOnly"},
            lambda lab: list(lab.world.acquire(APP, lab.body({}))[1]),
            ["resourceId"],
            id="acquireAnswer: resourceIdOnly",
        ),
        pytest.param({}, missing, NAMED, id="errorBody: named"),
        pytest.param({"errorBody": "minimal"}, missing, ["code", "reason"], id="errorBody: minimal"),
        pytest.param({"errorBody": "nested"}, missing, NESTED, id="errorBody: nested"),
        pytest.param({}, lambda lab: lab.world.acquire(APP, {})[0], 400, id="bodyCheckStatus: 400"),
        pytest.param(
            {"bodyCheckStatus": 500}, lambda lab: lab.world.acquire(APP, {})[0], 500, id="bodyCheckStatus: 500"
        ),
        pytest.param(
            {},
            lambda lab: lab.world.start(APP, "r", "mix", lab.body(MIX)),
            (400, UNKNOWN),
            id="resourceErrorStatus: 400",
        ),
        pytest.param(
            {"resourceErrorStatus": 404},
            lambda lab: lab.world.start(APP, "r", "mix", lab.body(MIX)),
            (404, UNKNOWN),
            id="resourceErrorStatus: 404",
        ),
        pytest.param({}, expired, 404, id="expiredWindow: notFound"),
        pytest.param({"expiredWindow": "resourceExpired"}, expired, 433, id="expiredWindow: resourceExpired"),
        pytest.param({}, repeated, (201, 7, False), id="alreadyStartedSid: off"),
        pytest.param({"alreadyStartedSid": True}, repeated, (201, 7, True), id="alreadyStartedSid: on"),
        pytest.param({}, lambda lab: repeated(lab, MP4), (201, 7, False), id="otherBody: alreadyStarted"),
        pytest.param(
            {"otherBody": "mismatch"}, lambda lab: repeated(lab, MP4), (400, 2, False), id="otherBody: mismatch"
        ),
        pytest.param({}, lambda lab: repeated(lab, ended=True), (400, 433, False), id="usedResource: resourceExpired"),
        pytest.param(
            {"usedResource": "alreadyStarted"},
            lambda lab: repeated(lab, ended=True),
            (201, 7, False),
            id="usedResource: alreadyStarted",
        ),
        pytest.param({}, second, (400, 1), id="sameTriple: conflict"),
        pytest.param({"sameTriple": "secondRecorder"}, second, (200, 2), id="sameTriple: secondRecorder"),
        pytest.param({}, again, 200, id="tripleFree: atStop"),
        pytest.param({"tripleFree": "afterExit"}, again, 400, id="tripleFree: afterExit"),
        pytest.param({}, exiting, 6, id="exitingQuery: status"),
        pytest.param({"exitingQuery": "exiting"}, exiting, 400, id="exitingQuery: exiting"),
        pytest.param({}, screenshots, 200, id="snapshotStop: uploaded"),
        pytest.param({"snapshotStop": "noRecordedData"}, screenshots, 206, id="snapshotStop: noRecordedData"),
        pytest.param({}, stopped, "unknown", id="asyncStopBody: full"),
        pytest.param({"asyncStopBody": "identity"}, stopped, None, id="asyncStopBody: identity"),
        pytest.param(
            {}, lambda lab: listed(lab, "individual", INDIVIDUAL, 20)["fileListMode"], "json", id="individualList: json"
        ),
        pytest.param(
            {"individualList": "string"},
            lambda lab: listed(lab, "individual", INDIVIDUAL, 20)["fileListMode"],
            "string",
            id="individualList: string",
        ),
        pytest.param({}, lambda lab: listed(lab, "mix", MIX, 20)["sliceStartTime"], 1_003_000, id="sliceTime: ms"),
        pytest.param(
            {"sliceTime": "s"}, lambda lab: listed(lab, "mix", MIX, 20)["sliceStartTime"], 1003, id="sliceTime: s"
        ),
        pytest.param({}, lambda lab: len(listed(lab, "mix", MP4, 6 * 3600 + 10)["fileList"]), 5, id="mp4Hours: 2"),
        pytest.param(
            {"mp4Hours": 3}, lambda lab: len(listed(lab, "mix", MP4, 6 * 3600 + 10)["fileList"]), 4, id="mp4Hours: 3"
        ),
        pytest.param({}, lambda lab: listed(lab, "mix", MIX, 0)["fileList"], "", id="queryFilesAt: firstFile"),
        pytest.param(
            {"queryFilesAt": "atOnce"},
            lambda lab: listed(lab, "mix", MIX, 0)["fileList"][-10:],
            "_room.m3u8",
            id="queryFilesAt: atOnce",
        ),
    ],
)
def test_every_switch_has_its_effect(switches: dict[str, Any], ask: Callable[[Lab], object], answer: object) -> None:
    """What the documentation leaves open is answered as the switch says."""
    assert ask(Lab(Settings(switches=Switches(**switches)))) == answer


def test_a_second_recorder_kicks_the_first() -> None:
    """Where two recorders may meet in a channel, the first one leaves and the second one stays."""
    lab = Lab(Settings(switches=Switches(sameTriple="secondRecorder")))
    first, other = lab.begin(), lab.begin()
    lab.now += 3
    assert [lab.status(at) for at in (first, other)] == [6, 4]
    assert lab.world.stop(*first, lab.body({}))[1]["code"] == 49
