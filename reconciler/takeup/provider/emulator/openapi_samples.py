"""Bodies and answers as they were seen on the wire, from section 12 of the facts; secrets made up."""

from typing import Any

Json = dict[str, Any]

_WHO = {"cname": "httpClient463224", "uid": "527841"}
_STORAGE: Json = {
    "vendor": 1,
    "region": 5,
    "bucket": "recordings",
    "accessKey": "an-access-key",
    "secretKey": "a-secret-key",
    "fileNamePrefix": ["video"],
}
_SID = "38f8e3cfdc474cd56fc1ceba380d7e1a"
_SESSION: Json = {**_WHO, "resourceId": "cGduVnmGSjtU", "sid": _SID}


def _body(request: Json) -> Json:
    return {**_WHO, "clientRequest": request}


_PAGE = {
    "url": "https://example.org/hall",
    "audioProfile": 0,
    "videoWidth": 1280,
    "videoHeight": 720,
    "maxRecordingHour": 1,
}
REQUESTS: dict[tuple[str, str | None], Json] = {
    ("acquire", None): _body({"scene": 0, "resourceExpiredHour": 24}),
    ("start", "individual"): _body(
        {
            "storageConfig": _STORAGE,
            "recordingConfig": {"channelType": 1, "streamTypes": 2, "subscribeUidGroup": 0},
            "recordingFileConfig": {"avFileType": ["hls"]},
        }
    ),
    ("start", "mix"): _body(
        {
            "storageConfig": _STORAGE,
            "recordingConfig": {
                "channelType": 1,
                "streamTypes": 2,
                "maxIdleTime": 30,
                "audioProfile": 1,
                "videoStreamType": 0,
                "transcodingConfig": {
                    "height": 640,
                    "width": 360,
                    "bitrate": 500,
                    "fps": 15,
                    "mixedVideoLayout": 1,
                    "backgroundColor": "#FF0000",
                },
            },
        }
    ),
    ("start", "web"): _body(
        {
            "storageConfig": _STORAGE,
            "extensionServiceConfig": {
                "errorHandlePolicy": "error_abort",
                "extensionServices": [{"serviceName": "web_recorder_service", "serviceParam": _PAGE}],
            },
        }
    ),
    ("update", "web"): _body({"webRecordingConfig": {"onhold": True}}),
    **{
        ("update", mode): _body(
            {
                "streamSubscribe": {
                    "audioUidList": {"subscribeAudioUids": ["#allstream#"]},
                    "videoUidList": {"unSubscribeVideoUids": ["444", "555"]},
                }
            }
        )
        for mode in ("individual", "mix")
    },
    ("updateLayout", "mix"): _body(
        {
            "mixedVideoLayout": 3,
            "layoutConfig": [
                {"x_axis": 0.0, "y_axis": 0.0, "width": 0.5, "height": 1.0},
                {"uid": "555", "x_axis": 0.5, "y_axis": 0.0, "width": 0.5, "height": 1.0, "render_mode": 1},
            ],
        }
    ),
    **{("stop", mode): _body({}) for mode in ("individual", "mix", "web")},
}
"""One body of each operation and mode that the service accepts [samples A, B, J]."""

_FILE = {
    "fileName": "xxx.m3u8",
    "trackType": "audio_and_video",
    "uid": "123",
    "mixedAllUser": True,
    "isPlayable": True,
    "sliceStartTime": 1562724971626,
}
ANSWERS: dict[str, Json] = {
    "Acquired": {**_WHO, "resourceId": "XVrmd0HbPT86"},
    "Session": _SESSION,
    "ChannelStatus": {
        **_SESSION,
        "serverResponse": {
            "fileListMode": "json",
            "fileList": [_FILE],
            "status": 5,
            "sliceStartTime": 1562724971626,
        },
    },
    "WebStatus": {
        **_SESSION,
        "serverResponse": {
            "extensionServiceState": [
                {
                    "payload": {"fileList": [], "onhold": False, "state": "inProgress"},
                    "serviceName": "web_recorder_service",
                },
                {
                    "payload": {"outputs": [{"rtmpUrl": "rtmp://xxx", "status": "publishing"}]},
                    "serviceName": "rtmp_publish_service",
                },
            ],
            "status": 4,
        },
    },
    "ChannelStopped": {
        **_SESSION,
        "serverResponse": {"fileList": [], "fileListMode": "json", "uploadingStatus": "backuped"},
    },
    "WebStopped": {
        **_SESSION,
        "serverResponse": {
            "extensionServiceState": [
                {"payload": {"uploadingStatus": "uploaded"}, "serviceName": "upload_service"},
            ]
        },
    },
}
"""One answer per schema [samples A, B, E, F, H, I]."""
ERRORS: dict[str, Json] = {
    "201": {"code": 7, "reason": "already started"},
    "206": {"code": 65, "reason": "request not completed"},
    "400": {"code": 2, "reason": "post method api body check failed!"},
    "401": {"message": "Invalid authentication credentials"},
    "429": {"message": "API rate limit exceeded"},
    "504": {"code": 62, "reason": "request timeout"},
}
"""One error per HTTP status [samples C, D; codes]."""
GONE: Json = {"cname": "33569888", "code": 404, "reason": "failed to find worker", "uid": "999"}
"""A session that is not there [sample G]."""
