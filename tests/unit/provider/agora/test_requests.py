"""The bodies on the wire, from specs."""

import json
from typing import Any

import pytest

from takeup.core.address import Mode
from takeup.core.secret import Secret
from takeup.provider.agora import requests

STORAGE = {"vendor": 1, "region": 0, "bucket": "b", "accessKey": Secret("AK"), "secretKey": Secret("SK")}
STORAGE_WIRE = {"vendor": 1, "region": 0, "bucket": "b", "accessKey": "AK", "secretKey": "SK"}
MIX = {
    "cname": "c",
    "uid": "1",
    "token": Secret("T"),
    "resourceExpiredHour": 24,
    "startParameter": True,
    "storageConfig": STORAGE,
    "recordingConfig": {"channelType": 1, "subscribeVideoUids": [], "transcodingConfig": {"width": 1}},
    "recordingFileConfig": {"avFileType": ["hls"]},
}
WEB = {
    "storageConfig": STORAGE,
    "webRecorder": {"url": "https://x", "onhold": True},
    "rtmpPublish": {"outputs": [{"rtmpUrl": Secret("rtmp://k")}]},
}
BOTH = {
    "audioUidList": {"subscribeAudioUids": ["#allstream#"]},
    "videoUidList": {"subscribeVideoUids": ["#allstream#"]},
}


def test_start_of_a_channel() -> None:
    """Start carries what is declared, with secrets and without empty lists or acquire's attributes."""
    assert requests.start_body("c", "1", Mode.MIX, MIX) == {
        "cname": "c",
        "uid": "1",
        "clientRequest": {
            "token": "T",
            "storageConfig": STORAGE_WIRE,
            "recordingConfig": {"channelType": 1, "transcodingConfig": {"width": 1}},
            "recordingFileConfig": {"avFileType": ["hls"]},
        },
    }


def test_start_of_a_web_page() -> None:
    """A web page is recorded by extension services."""
    request = requests.start_body("c", "1", Mode.WEB, WEB)["clientRequest"]
    assert request == {
        "storageConfig": STORAGE_WIRE,
        "extensionServiceConfig": {
            "errorHandlePolicy": "error_abort",
            "extensionServices": [
                {
                    "serviceName": "web_recorder_service",
                    "errorHandlePolicy": "error_abort",
                    "serviceParam": {"url": "https://x", "onhold": True},
                },
                {
                    "serviceName": "rtmp_publish_service",
                    "errorHandlePolicy": "error_ignore",
                    "serviceParam": {"outputs": [{"rtmpUrl": "rtmp://k"}]},
                },
            ],
        },
    }


def test_acquire_carries_the_request_of_start() -> None:
    """With startParameter, acquire holds byte for byte what start will send."""
    acquire = requests.acquire_body("c", "1", Mode.MIX, MIX)["clientRequest"]
    start = requests.start_body("c", "1", Mode.MIX, MIX)["clientRequest"]
    assert json.dumps(acquire.pop("startParameter")) == json.dumps(start)
    assert acquire == {"scene": 0, "resourceExpiredHour": 24}


def test_acquire_of_a_web_page_sets_the_scene() -> None:
    """Web recording has scene 1, and the other attributes of acquire are sent as declared."""
    spec = {"region": "EU", "excludeResourceIds": ["r"], "regionAffinity": None}
    assert requests.acquire_body("c", "1", Mode.WEB, spec)["clientRequest"] == {
        "scene": 1,
        "region": "EU",
        "excludeResourceIds": ["r"],
    }


@pytest.mark.parametrize(
    ("config", "lists"),
    [
        pytest.param({}, BOTH, id="nothing declared"),
        pytest.param({"streamTypes": 0}, {"audioUidList": BOTH["audioUidList"]}, id="audio only"),
        pytest.param({"streamTypes": 1}, {"videoUidList": BOTH["videoUidList"]}, id="video only"),
        pytest.param(
            {"streamTypes": 2, "subscribeAudioUids": ["7"], "unSubscribeVideoUids": ["8"]},
            {
                "audioUidList": {"subscribeAudioUids": ["7"]},
                "videoUidList": {"unSubscribeVideoUids": ["8"]},
            },
            id="both declared",
        ),
        pytest.param(
            {"subscribeVideoUids": ["7"], "subscribeAudioUids": []},
            {"videoUidList": {"subscribeVideoUids": ["7"]}},
            id="one declared, the other empty",
        ),
    ],
)
def test_subscription(config: dict[str, Any], lists: dict[str, Any]) -> None:
    """An update sends the lists as declared, everything where none is, and never an empty list."""
    body = requests.update_body("c", "1", {"recordingConfig": config}, frozenset({"subscription"}))
    assert body["clientRequest"] == {"streamSubscribe": lists}


def test_the_other_update_groups() -> None:
    """Storage goes as a whole; onhold and outputs as their own objects."""
    groups = frozenset({"storage", "onhold", "rtmp"})
    assert requests.update_body("c", "1", WEB, groups)["clientRequest"] == {
        "storageConfig": STORAGE_WIRE,
        "webRecordingConfig": {"onhold": True},
        "rtmpPublishConfig": {"outputs": [{"rtmpUrl": "rtmp://k"}]},
    }
    body = requests.update_body("c", "1", {"webRecorder": {}}, frozenset({"onhold"}))
    assert body["clientRequest"] == {"webRecordingConfig": {"onhold": False}}


@pytest.mark.parametrize("groups", [frozenset[str](), frozenset({"token"})])
def test_an_unknown_group_is_refused(groups: frozenset[str]) -> None:
    """There is no update of nothing, nor of a group that Agora does not know."""
    with pytest.raises(ValueError, match="update groups"):
        requests.update_body("c", "1", MIX, groups)


def test_layout_is_sent_as_a_whole() -> None:
    """All layout attributes that are declared go out, and the default layout where none is."""
    layout = {"mixedVideoLayout": 3, "backgroundColor": "#FF0000", "layoutConfig": [{"x_axis": 0.0}]}
    spec = {"recordingConfig": {"transcodingConfig": {"width": 1, **layout}}}
    assert requests.layout_body("c", "1", spec)["clientRequest"] == layout
    assert requests.layout_body("c", "1", {})["clientRequest"] == {"mixedVideoLayout": 0}


def test_stop_is_synchronous() -> None:
    """Stop asks for nothing special."""
    assert requests.stop_body("c", "1") == {"cname": "c", "uid": "1", "clientRequest": {}}


def test_all_secrets_are_found() -> None:
    """Secrets are found at any depth."""
    assert set(requests.secrets_in({"a": MIX, "b": WEB})) == {"T", "AK", "SK", "rtmp://k"}
