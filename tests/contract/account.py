"""The account that cassettes are recorded from, and what is recorded with it; without one, canaries."""

import os
from typing import Any

from takeup.core.secret import Secret

PUBLIC = "https://api.sd-rtn.com"
ENDPOINT = os.environ.get("TAKEUP_RECORD_ENDPOINT")
CNAME, UID = "takeup-cassettes", "527841"
CANARY = "canary"


def secret(name: str) -> Secret:
    """Take a secret of the environment, or a canary that must not be found in a cassette."""
    scheme = "rtmp://" if name.endswith("RTMP_URL") else ""
    return Secret(os.environ.get(f"TAKEUP_RECORD_SECRET_{name}", f"{scheme}{CANARY}-{name}".lower()))


def storage() -> dict[str, Any]:
    """Where the files go."""
    return {
        "vendor": int(os.environ.get("TAKEUP_RECORD_VENDOR", "1")),
        "region": int(os.environ.get("TAKEUP_RECORD_REGION", "5")),
        "bucket": os.environ.get("TAKEUP_RECORD_SECRET_BUCKET", f"{CANARY}-bucket"),
        "accessKey": secret("ACCESS_KEY"),
        "secretKey": secret("SECRET_KEY"),
        "fileNamePrefix": ["cassettes"],
    }


def channel(**more: object) -> dict[str, Any]:
    """A recording of the channel."""
    config = {"channelType": 1, "streamTypes": 2, "maxIdleTime": 300}
    return {"token": secret("TOKEN"), "storageConfig": storage(), "recordingConfig": config, **more}


def spec_of(kind: str) -> dict[str, Any]:
    """What a resource of this kind declares, without cname and uid."""
    if kind == "web":
        outputs = [{"rtmpUrl": secret("RTMP_URL")}]
        page = {"url": "https://example.com", "audioProfile": 0, "videoWidth": 640, "videoHeight": 360}
        recorder = {**page, "maxRecordingHour": 1}
        return {"storageConfig": storage(), "webRecorder": recorder, "rtmpPublish": {"outputs": outputs}}
    if kind == "screenshot":
        return channel(snapshotConfig={"captureInterval": 10, "fileType": ["jpg"]})
    spec = channel()
    if kind == "mix":
        spec["recordingFileConfig"] = {"avFileType": ["hls", "mp4"]}
        spec["recordingConfig"]["transcodingConfig"] = {"mixedVideoLayout": 1, "backgroundColor": "#000000"}
    return spec
