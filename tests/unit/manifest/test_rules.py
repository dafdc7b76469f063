"""Rules that tie attributes to each other."""

# ruff: noqa: ANN401 - values of manifests are of any type

from base64 import b64encode
from typing import Any

import pytest

from takeup.core.address import Kind
from takeup.core.secret import Secret
from takeup.manifest import rules
from takeup.manifest.translate import dotted

KEYS = {"accessKey": Secret("a"), "secretKey": Secret("b")}
S3 = {"vendor": 1, "region": "us-east-1", "bucket": "b", **KEYS}
ALL = ["#allstream#"]
SALT = Secret(b64encode(bytes(32)).decode())


def stored(**changes: Any) -> dict[str, Any]:
    storage = {key: value for key, value in {**S3, **changes}.items() if value is not None}
    return {"cname": "c", "uid": "7", "recordingConfig": {"channelType": 1}, "storageConfig": storage}


def config(more: dict[str, Any] | None = None, **changes: Any) -> dict[str, Any]:
    return {**stored(), "recordingConfig": {"channelType": 1, **changes}, **(more or {})}


def mixed(**changes: Any) -> dict[str, Any]:
    return config(transcodingConfig=changes)


def web(more: dict[str, Any] | None = None, **changes: Any) -> dict[str, Any]:
    given = {"videoWidth": 1280, "videoHeight": 720, "maxRecordingHour": 4, **changes}
    spec = {**stored(), "webRecorder": given, **(more or {})}
    del spec["recordingConfig"]
    return spec


SHOT = {"snapshotConfig": {"fileType": ["jpg"]}}
C, W, I = Kind.COMPOSITE, Kind.WEB_PAGE, Kind.INDIVIDUAL  # noqa: E741 - a table reads better with short words
REGION = [{"uid": "1"}]
VALID = {
    "plain s3": (C, stored()),
    "region by number": (C, stored(region=14)),
    "azure without region": (C, stored(vendor=5, region=None)),
    "s3Compatible with endpoint": (C, stored(vendor=11, region=None, extensionParams={"endpoint": "h"})),
    "sts with expiration": (C, stored(stsToken=Secret("t"), stsExpiration=5)),
    "sse on s3": (C, stored(extensionParams={"sse": "kms", "tag": "A=1"})),
    "tag on alibaba": (C, stored(vendor=2, region="cn-hangzhou", extensionParams={"tag": "A=1"})),
    "prefix of 128": (C, stored(fileNamePrefix=["a" * 63, "b" * 64])),
    "encrypted": (C, config(decryptionMode=1, secret=Secret("s"))),
    "encrypted with salt": (C, config(decryptionMode=7, secret=Secret("s"), salt=SALT)),
    "salt that is not read": (C, config(decryptionMode=8, secret=Secret(None), salt=Secret(None))),
    "audio alone with its list": (C, config(streamTypes=0, subscribeAudioUids=ALL)),
    "both lists": (C, config(subscribeAudioUids=ALL, subscribeVideoUids=ALL)),
    "original audio": (I, config(streamTypes=0, streamMode="original")),
    "snapshots of all": (I, config(SHOT, subscribeAudioUids=ALL, subscribeVideoUids=ALL)),
    "hls and mp4": (C, config({"recordingFileConfig": {"avFileType": ["hls", "mp4"]}})),
    "custom layout": (C, mixed(mixedVideoLayout=3, layoutConfig=REGION)),
    "vertical with a large one": (C, mixed(mixedVideoLayout=2, maxResolutionUid="1")),
    "vertical without": (C, mixed(mixedVideoLayout=2)),
    "full hd": (C, mixed(width=1920, height=1080)),
    "web page": (W, web()),
}
INVALID = {
    "no vendor": (C, stored(vendor=None), "storageConfig.vendor", "error"),
    "no bucket": (C, stored(bucket=None), "storageConfig.bucket", "error"),
    "no access key": (C, stored(accessKey=None), "storageConfig.accessKey", "error"),
    "no secret key": (C, stored(secretKey=None), "storageConfig.secretKey", "error"),
    "no region": (C, stored(region=None), "storageConfig.region", "error"),
    "region of another vendor": (C, stored(region="cn-hangzhou"), "storageConfig.region", "error"),
    "unknown region number": (C, stored(region=99), "storageConfig.region", "error"),
    "region of 2024": (C, stored(region="us-gov-west-1"), "storageConfig.region", "warning"),
    "kingsoft": (C, stored(vendor=4, region="cn-beijing"), "storageConfig.vendor", "warning"),
    "sts with gcs": (
        C,
        stored(vendor=6, stsToken=Secret("t"), stsExpiration=5),
        "storageConfig.stsToken",
        "error",
    ),
    "sts without expiration": (C, stored(stsToken=Secret("t")), "storageConfig.stsExpiration", "error"),
    "expiration without sts": (C, stored(stsExpiration=5), "storageConfig.stsExpiration", "error"),
    "sse on gcs": (
        C,
        stored(vendor=6, extensionParams={"sse": "kms"}),
        "storageConfig.extensionParams.sse",
        "error",
    ),
    "tag on gcs": (
        C,
        stored(vendor=6, extensionParams={"tag": "A"}),
        "storageConfig.extensionParams.tag",
        "error",
    ),
    "endpoint on s3": (
        C,
        stored(extensionParams={"endpoint": "h"}),
        "storageConfig.extensionParams.endpoint",
        "error",
    ),
    "no endpoint": (C, stored(vendor=11, region=None), "storageConfig.extensionParams.endpoint", "error"),
    "prefix of 129": (
        C,
        stored(fileNamePrefix=["a" * 64, "b" * 64]),
        "storageConfig.fileNamePrefix",
        "error",
    ),
    "no secret": (C, config(decryptionMode=1), "recordingConfig.secret", "error"),
    "secret for nothing": (C, config(secret=Secret("s")), "recordingConfig.secret", "error"),
    "no salt": (C, config(decryptionMode=7, secret=Secret("s")), "recordingConfig.salt", "error"),
    "salt for nothing": (
        C,
        config(decryptionMode=1, secret=Secret("s"), salt=SALT),
        "recordingConfig.salt",
        "error",
    ),
    "short salt": (
        C,
        config(decryptionMode=7, secret=Secret("s"), salt=Secret("YWJj")),
        "recordingConfig.salt",
        "error",
    ),
    "audio list, video only": (
        C,
        config(streamTypes=1, subscribeAudioUids=ALL),
        "recordingConfig.subscribeAudioUids",
        "error",
    ),
    "video list, audio only": (
        C,
        config(streamTypes=0, unSubscribeVideoUids=["1"]),
        "recordingConfig.unSubscribeVideoUids",
        "error",
    ),
    "both ways": (
        C,
        config(streamTypes=0, subscribeAudioUids=["1"], unSubscribeAudioUids=["2"]),
        "recordingConfig.unSubscribeAudioUids",
        "error",
    ),
    "video not recorded": (
        C,
        config(subscribeAudioUids=ALL),
        "recordingConfig.subscribeAudioUids",
        "warning",
    ),
    "audio not recorded": (
        C,
        config(subscribeVideoUids=ALL),
        "recordingConfig.subscribeVideoUids",
        "warning",
    ),
    "records itself": (
        C,
        config(streamTypes=0, subscribeAudioUids=["7"]),
        "recordingConfig.subscribeAudioUids",
        "error",
    ),
    "original video": (I, config(streamMode="original"), "recordingConfig.streamMode", "error"),
    "snapshots of audio": (I, config(SHOT, streamTypes=0), "recordingConfig.streamTypes", "error"),
    "mp4 alone": (
        C,
        config({"recordingFileConfig": {"avFileType": ["mp4"]}}),
        "recordingFileConfig.avFileType",
        "error",
    ),
    "custom without regions": (
        C,
        mixed(mixedVideoLayout=3),
        "recordingConfig.transcodingConfig.layoutConfig",
        "error",
    ),
    "regions without custom": (
        C,
        mixed(layoutConfig=REGION),
        "recordingConfig.transcodingConfig.layoutConfig",
        "error",
    ),
    "large one without vertical": (
        C,
        mixed(maxResolutionUid="1"),
        "recordingConfig.transcodingConfig.maxResolutionUid",
        "error",
    ),
    "too many pixels": (
        C,
        mixed(width=1920, height=1920),
        "recordingConfig.transcodingConfig.width",
        "error",
    ),
    "too many pixels of a page": (
        W,
        web(videoWidth=1920, videoHeight=1920),
        "webRecorder.videoWidth",
        "error",
    ),
    "two regions": (C, config({"region": "EU", "regionAffinity": 3}), "regionAffinity", "error"),
    "idle for too long": (
        C,
        config({"resourceExpiredHour": 1}, maxIdleTime=3601),
        "recordingConfig.maxIdleTime",
        "warning",
    ),
    "recorded for too long": (W, web(maxRecordingHour=73), "webRecorder.maxRecordingHour", "warning"),
}


@pytest.mark.parametrize(("kind", "spec"), VALID.values(), ids=VALID.keys())
def test_what_fits_is_not_told_of(kind: Kind, spec: dict[str, Any]) -> None:
    """A spec that fits together yields nothing."""
    assert list(rules.check(kind, spec)) == []


@pytest.mark.parametrize(("kind", "spec", "path", "severity"), INVALID.values(), ids=INVALID.keys())
def test_what_does_not_fit_is_told(kind: Kind, spec: dict[str, Any], path: str, severity: str) -> None:
    """Each rule tells its one finding, at its path, with a suggestion."""
    found = list(rules.check(kind, spec))
    assert [(dotted(finding.path), finding.severity) for finding in found] == [(path, severity)]
    assert found[0].message
    assert found[0].suggestion


def test_snapshots_need_the_video_that_the_audio_list_leaves_out() -> None:
    """With subscribeAudioUids alone, screenshots would show nothing."""
    found = list(rules.check(I, config(SHOT, subscribeAudioUids=ALL)))
    assert [(dotted(finding.path), finding.severity) for finding in found] == [
        ("recordingConfig.subscribeAudioUids", "warning"),
        ("snapshotConfig", "error"),
    ]


def test_a_region_is_suggested() -> None:
    """A misspelt region is answered with the nearest."""
    (found,) = rules.check(C, stored(region="us-east1"))
    assert found.suggestion == "Did you mean 'us-east-1'?"
