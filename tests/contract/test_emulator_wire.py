"""The emulator against the documented wire samples: status, shape and order of the keys."""

import json
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from takeup.provider.emulator.world import Settings, World
from takeup.provider.emulator.wsgi import EmulatorApp

SID = "38f8e3cfdc474cd56fc1ceba380d7e1a"
ROOT = "/v1/apps/app/cloud_recording"
CNAME, UID = "httpClient463224", "527841"
STORAGE = {
    "vendor": 1,
    "region": 5,
    "bucket": "b",
    "accessKey": "a",
    "secretKey": "s",
    "fileNamePrefix": ["video"],
}
CHANNEL: dict[str, Any] = {
    "token": "t",
    "storageConfig": STORAGE,
    "recordingConfig": {"channelType": 1, "streamTypes": 2, "maxIdleTime": 30, "videoStreamType": 0},
}
WEB: dict[str, Any] = {
    "storageConfig": STORAGE,
    "extensionServiceConfig": {
        "errorHandlePolicy": "error_abort",
        "extensionServices": [
            {
                "serviceName": "web_recorder_service",
                "serviceParam": {"url": "https://x", "maxRecordingHour": 1},
            },
            {
                "serviceName": "rtmp_publish_service",
                "serviceParam": {"outputs": [{"rtmpUrl": "rtmp://xxx/key"}]},
            },
        ],
    },
}
IDENTITY = {"cname": CNAME, "resourceId": "RID", "sid": SID, "uid": UID}


class Wire:
    """An emulator reached over HTTP, with ids and times that are known."""

    def __init__(self) -> None:
        self.now = 1562724968.626
        world = World(clock=lambda: self.now, ids=lambda kind: SID if kind == "sid" else "RID", settings=Settings())
        self.http = httpx.Client(
            transport=httpx.WSGITransport(app=EmulatorApp(world)),
            base_url="http://emulator",
            auth=("id", "secret"),
        )

    def post(self, path: str, request: object, uid: str = UID) -> tuple[int, str]:
        """Send a POST; status and text."""
        body = {"cname": CNAME, "uid": uid, "clientRequest": request}
        answer = self.http.post(ROOT + path, json=body)
        return answer.status_code, answer.text

    def start(self, mode: str, request: object) -> tuple[int, str]:
        """Acquire and start."""
        self.post("/acquire", {"scene": 1 if mode == "web" else 0})
        return self.post(f"/resourceid/RID/mode/{mode}/start", request)

    def query(self, mode: str) -> tuple[int, str]:
        """Query the session once it has files."""
        self.now += 20
        answer = self.http.get(f"{ROOT}/resourceid/RID/sid/{SID}/mode/{mode}/query")
        return answer.status_code, answer.text

    def on(self, mode: str, operation: str, request: object) -> tuple[int, str]:
        """Call an operation on the session."""
        return self.post(f"/resourceid/RID/sid/{SID}/mode/{mode}/{operation}", request)


@pytest.fixture
def wire() -> Iterator[Wire]:
    """Give a fresh emulator."""
    made = Wire()
    yield made
    made.http.close()


def same(answer: tuple[int, str], status: int, body: dict[str, Any]) -> None:
    """Compare status and text, order of the keys included."""
    assert answer == (status, json.dumps(body, separators=(",", ":")))


def test_a_acquire(wire: Wire) -> None:
    """Sample A: an acquire answers cname, resourceId, uid."""
    same(
        wire.post("/acquire", {"scene": 0, "resourceExpiredHour": 24}),
        200,
        {"cname": CNAME, "resourceId": "RID", "uid": UID},
    )


def test_b_start(wire: Wire) -> None:
    """Sample B: a start answers cname, resourceId, sid, uid."""
    same(wire.start("mix", CHANNEL), 200, IDENTITY)


def test_c_already_started(wire: Wire) -> None:
    """Sample C: a repeated start is 201 with code 7 and no sid."""
    wire.start("mix", CHANNEL)
    same(wire.post("/resourceid/RID/mode/mix/start", CHANNEL), 201, {"code": 7, "reason": "already started"})


def test_c_task_conflict(wire: Wire) -> None:
    """Sample C: a second resourceId of a live triple is 400 with code 53."""
    wire.start("mix", CHANNEL)
    same(wire.start("mix", CHANNEL), 400, {"code": 53, "reason": "task conflict"})


def test_c_request_hash_mismatch(wire: Wire) -> None:
    """Sample C: a start unlike its startParameter is 400 with code 2."""
    wire.post("/acquire", {"startParameter": {}})
    same(
        wire.post("/resourceid/RID/mode/mix/start", CHANNEL),
        400,
        {"code": 2, "reason": "request_hash mismatch!"},
    )


def test_c_services_not_selected(wire: Wire) -> None:
    """Sample C: a web start without services is 400 with code 2."""
    same(wire.start("web", CHANNEL), 400, {"code": 2, "reason": "services not selected!"})


def test_d_bad_uid(wire: Wire) -> None:
    """Sample D: the uid of the support ticket fails the body check."""
    same(
        wire.post("/acquire", {}, uid="8810546176"),
        400,
        {"code": 2, "reason": "post method api body check failed!"},
    )


def test_d_bad_hour(wire: Wire) -> None:
    """Sample D: a bad resourceExpiredHour is told in the documented words."""
    same(
        wire.post("/acquire", {"resourceExpiredHour": 0}),
        400,
        {"code": 2, "reason": "Acquire: invalid resourceExpiredHour value!"},
    )


def test_d_wrong_credentials(wire: Wire) -> None:
    """Sample D: credentials that are none are the gateway's 401."""
    answer = wire.http.post(f"{ROOT}/acquire", headers={"Authorization": "x"}, auth=lambda request: request)
    same((answer.status_code, answer.text), 401, {"message": "Invalid authentication credentials"})


def test_e_query_of_a_mix_with_mp4(wire: Wire) -> None:
    """Sample E: mix with hls and mp4 lists its files as objects, times in milliseconds."""
    wire.start("mix", {**CHANNEL, "recordingFileConfig": {"avFileType": ["hls", "mp4"]}})
    at = 1562724971626
    rest = {
        "isPlayable": True,
        "mixedAllUser": True,
        "sliceStartTime": at,
        "trackType": "audio_and_video",
        "uid": "0",
    }
    files = [{"fileName": f"{SID}_{CNAME}{end}", **rest} for end in (".m3u8", "_0.mp4")]
    response = {"fileList": files, "fileListMode": "json", "sliceStartTime": at, "status": 5}
    same(
        wire.query("mix"),
        200,
        {"cname": CNAME, "resourceId": "RID", "serverResponse": response, "sid": SID, "uid": UID},
    )


def test_e_query_of_a_mix_with_hls(wire: Wire) -> None:
    """Sample E: mix with hls alone names its one file as text."""
    wire.start("mix", CHANNEL)
    response = json.loads(wire.query("mix")[1])["serverResponse"]
    assert response["fileListMode"] == "string"
    assert response["fileList"] == f"{SID}_{CNAME}.m3u8"
    assert list(response) == ["fileList", "fileListMode", "sliceStartTime", "status"]


def test_e_query_of_an_individual_recording(wire: Wire) -> None:
    """Sample E: an individual recording lists one file per track."""
    wire.start("individual", CHANNEL)
    response = json.loads(wire.query("individual")[1])["serverResponse"]
    assert response["fileListMode"] == "json"
    assert [(file["trackType"], file["mixedAllUser"]) for file in response["fileList"]] == [
        ("audio", False),
        ("video", False),
    ]


def test_e_query_of_a_screenshot_capture(wire: Wire) -> None:
    """Sample E: with screenshots a query tells status and sliceStartTime only."""
    wire.start("individual", {**CHANNEL, "snapshotConfig": {"fileType": ["jpg"]}})
    response = json.loads(wire.query("individual")[1])["serverResponse"]
    assert response == {"sliceStartTime": 1562724971626, "status": 5}


def test_f_query_of_a_web_page_recording(wire: Wire) -> None:
    """Sample F: a web page recording tells the state of its two services."""
    wire.start("web", WEB)
    response = json.loads(wire.query("web")[1])["serverResponse"]
    recorder, rtmp = response["extensionServiceState"]
    assert list(response) == ["extensionServiceState", "status"]
    assert list(recorder) == list(rtmp) == ["payload", "serviceName"]
    assert recorder["serviceName"] == "web_recorder_service"
    assert recorder["payload"] == {
        "fileList": [{"filename": f"{SID}_{CNAME}.m3u8", "sliceStartTime": 1562724971626}],
        "onhold": False,
        "state": "inProgress",
    }
    assert rtmp["serviceName"] == "rtmp_publish_service"
    assert rtmp["payload"]["outputs"] == [{"rtmpUrl": "rtmp://xxx/***", "status": "publishing"}]


def test_g_gone(wire: Wire) -> None:
    """Sample G: a stop of nothing is 404, naming channel and uid."""
    same(
        wire.on("mix", "stop", {}),
        404,
        {"cname": CNAME, "code": 404, "reason": "failed to find worker", "uid": UID},
    )


def test_h_stop_with_nothing_in_the_list(wire: Wire) -> None:
    """Sample H: a stop before the first file has an empty list."""
    wire.start("individual", CHANNEL)
    response = {"fileList": [], "fileListMode": "json", "uploadingStatus": "uploaded"}
    same(
        wire.on("individual", "stop", {}),
        200,
        {"cname": CNAME, "resourceId": "RID", "serverResponse": response, "sid": SID, "uid": UID},
    )


def test_h_stop_of_a_mix(wire: Wire) -> None:
    """Sample H: a mix with hls names its file as text."""
    wire.start("mix", CHANNEL)
    wire.now += 20
    response = json.loads(wire.on("mix", "stop", {"async_stop": False})[1])["serverResponse"]
    assert response == {
        "fileList": f"{SID}_{CNAME}.m3u8",
        "fileListMode": "string",
        "uploadingStatus": "uploaded",
    }


def test_h_stop_of_a_screenshot_capture(wire: Wire) -> None:
    """Sample H: screenshots alone tell only the uploading status."""
    wire.start("individual", {**CHANNEL, "snapshotConfig": {"fileType": ["jpg"]}})
    response = json.loads(wire.on("individual", "stop", {})[1])["serverResponse"]
    assert response == {"uploadingStatus": "uploaded"}


def test_i_stop_of_a_web_page_recording(wire: Wire) -> None:
    """Sample I: a web stop begins with the upload service."""
    wire.start("web", WEB)
    states = json.loads(wire.on("web", "stop", {})[1])["serverResponse"]["extensionServiceState"]
    assert states[0] == {"payload": {"uploadingStatus": "uploaded"}, "serviceName": "upload_service"}
    assert states[1]["serviceName"] == "web_recorder_service"
    assert list(states[1]["payload"]) == ["fileList", "onhold", "state"]


def test_j_update(wire: Wire) -> None:
    """Sample J: an update answers the four names."""
    wire.start("mix", CHANNEL)
    lists = {
        "audioUidList": {"subscribeAudioUids": ["#allstream#"]},
        "videoUidList": {"unSubscribeVideoUids": ["444", "555"]},
    }
    same(wire.on("mix", "update", {"streamSubscribe": lists}), 200, IDENTITY)


def test_j_update_layout(wire: Wire) -> None:
    """Sample J: an updateLayout answers the four names."""
    wire.start("mix", CHANNEL)
    regions = [{"x_axis": x, "y_axis": 0.0, "width": 0.5, "height": 1.0, "alpha": 1.0} for x in (0.0, 0.5)]
    same(wire.on("mix", "updateLayout", {"mixedVideoLayout": 3, "layoutConfig": regions}), 200, IDENTITY)
