"""The request bodies of Agora, field by field, as data: what the emulator checks and its OpenAPI document shows.

Written from Agora's reference and not from `takeup.core.schema`, so that the emulator catches takeup's own
mistakes. Rules that need more than one field are in `rules`. The names of sources are those of the fact sheet;
tests/contract/test_emulator_fields.py compares every row with it.
"""

from collections.abc import Mapping
from dataclasses import replace
from types import MappingProxyType

from takeup.provider.emulator.field import (
    ALL_MODES,
    CHANNEL,
    ENVELOPE,
    INDIVIDUAL,
    MAX_BITRATE,
    MAX_HOURS,
    MAX_SIDE,
    MIX,
    PREFIX,
    SERVICES,
    WEB,
    Field,
    layout_fields,
    uid_lists,
    within,
)

__all__ = ["ALL_MODES", "ENVELOPE", "FIELDS", "Field"]

_ACQUIRE = (
    Field("scene", "integer", allowed=(0, 1, 2), doc="0 channel, 1 web page, 2 retired.", source="acq, webm, opt"),
    Field(
        "resourceExpiredHour",
        "integer",
        low=1,
        high=MAX_HOURS,
        doc="For how many hours after start the session can be queried and changed; 72 by default.",
        source="acq",
    ),
    Field("excludeResourceIds", "strings", doc="resourceIds of tasks in whose region it is not run.", source="acq"),
    Field("region", "string", allowed=("CN", "AP", "EU", "NA"), doc="The only region to record in.", source="acq"),
    Field(
        "regionAffinity",
        "integer",
        allowed=(0, 1, 2, 3, 4),
        doc="The preferred region: 0 nearest, 1 China, 2 South-East Asia, 3 Europe, 4 North America.",
        source="zhapi, go, java",
    ),
    Field("startParameter", "object", doc="The clientRequest that start will send, word for word.", source="acq"),
)

_STORAGE = (
    Field("storageConfig", "object", required=True, doc="Where the files go.", source="start"),
    Field(
        "storageConfig.vendor",
        "integer",
        required=True,
        allowed=(1, 2, 3, 4, 5, 6, 7, 8, 11),
        doc="1 S3, 2 Alibaba, 3 Tencent, 4 Kingsoft, 5 Azure, 6 Google, 7 Huawei, 8 Baidu, 11 S3-compatible.",
        source="start, rv, o24",
    ),
    Field(
        "storageConfig.region",
        "integer",
        required=True,
        zero=True,
        low=0,
        doc="Agora's number of the vendor's region.",
        source="rv",
    ),
    Field("storageConfig.bucket", "string", required=True, doc="Name of the bucket.", source="start"),
    Field("storageConfig.accessKey", "string", required=True, doc="Access key; a secret.", source="start"),
    Field("storageConfig.secretKey", "string", required=True, doc="Secret key; a secret.", source="start"),
    Field("storageConfig.stsToken", "string", doc="Temporary credential of vendors 1, 2, 3; a secret.", source="start"),
    Field(
        "storageConfig.stsExpiration", "integer", low=0, doc="When stsToken expires, in Unix seconds.", source="start"
    ),
    Field(
        "storageConfig.fileNamePrefix",
        "strings",
        pattern=PREFIX,
        doc="Folders of the files; joined by / at most 128 characters.",
        source="start, zhapi",
    ),
    Field("storageConfig.extensionParams", "object", doc="What only some vendors have.", source="start"),
    Field(
        "storageConfig.extensionParams.sse", "string", allowed=("kms", "aes256"), doc="Encryption (S3).", source="start"
    ),
    Field("storageConfig.extensionParams.tag", "string", doc="Tag of the files (S3, Alibaba).", source="start"),
    Field(
        "storageConfig.extensionParams.endpoint", "string", doc="Host name; needed with vendor 11.", source="update, rv"
    ),
)

_RECORDING = (
    Field("recordingConfig", "object", CHANNEL, doc="What is recorded of the channel.", source="start"),
    *within(
        "recordingConfig",
        Field(
            "channelType",
            "integer",
            CHANNEL,
            required=True,
            zero=True,
            allowed=(0, 1),
            doc="0 communication, 1 live.",
            source="start",
        ),
        Field(
            "decryptionMode", "integer", CHANNEL, allowed=tuple(range(9)), doc="0 none; see the SDK.", source="start"
        ),
        Field("secret", "string", CHANNEL, doc="Key of the encryption; a secret.", source="start"),
        Field(
            "salt", "string", CHANNEL, doc="32 bytes in base64, for decryptionMode 7 and 8; a secret.", source="start"
        ),
        Field(
            "maxIdleTime",
            "integer",
            CHANNEL,
            low=5,
            high=2_592_000,
            doc="Seconds in an empty channel before the recorder leaves; 30 by default.",
            source="start, bp",
        ),
        Field("streamTypes", "integer", CHANNEL, allowed=(0, 1, 2), doc="0 audio, 1 video, 2 both.", source="start"),
        Field("videoStreamType", "integer", CHANNEL, allowed=(0, 1), doc="0 high, 1 low stream.", source="start"),
        Field(
            "subscribeUidGroup",
            "integer",
            INDIVIDUAL,
            required=True,
            zero=True,
            allowed=tuple(range(6)),
            doc="How many users at most: 0 two, 1 seven, 2 twelve, 3 seventeen, 4 thirty-two, 5 forty-nine.",
            source="start, go",
        ),
        Field(
            "streamMode",
            "string",
            INDIVIDUAL,
            allowed=("default", "standard", "original"),
            doc="Form of the files; original takes effect with streamTypes 0.",
            source="start",
        ),
        Field(
            "audioProfile",
            "integer",
            MIX,
            allowed=(0, 1, 2),
            doc="48 kHz: 0 mono 48, 1 mono 128, 2 stereo 192 kbps.",
            source="start",
        ),
        Field("privateParams", "string", CHANNEL, doc="JSON as a text.", source="files"),
        Field("transcodingConfig", "object", MIX, doc="The mixed video.", source="start, o24"),
    ),
    *uid_lists(("recordingConfig", "recordingConfig"), "start, sub, zhapi"),
    *within(
        "recordingConfig.transcodingConfig",
        Field(
            "width",
            "integer",
            MIX,
            low=0,
            high=MAX_SIDE,
            doc="Pixels; width x height <= 2073600.",
            source="start, zhapi",
        ),
        Field(
            "height",
            "integer",
            MIX,
            low=0,
            high=MAX_SIDE,
            doc="Pixels; width x height <= 2073600.",
            source="start, zhapi",
        ),
        Field(
            "fps", "integer", MIX, doc="1, 7, 10, 15, 24, 30 or 60; any other is taken for 15.", source="start, prof"
        ),
        Field("bitrate", "integer", MIX, low=0, high=MAX_BITRATE, doc="kbps; 500 by default.", source="start, prof"),
    ),
    *layout_fields("recordingConfig.transcodingConfig."),
)

_FILES = (
    Field("recordingFileConfig", "object", doc="Left out where only screenshots are taken.", source="start, shot"),
    Field(
        "recordingFileConfig.avFileType",
        "strings",
        allowed=("hls", "mp4"),
        doc="[hls], or [hls, mp4] in mix and web.",
        source="start, o24",
    ),
    Field("snapshotConfig", "object", INDIVIDUAL, doc="Screenshots; streamTypes is 1 or 2 then.", source="start"),
    Field(
        "snapshotConfig.captureInterval",
        "integer",
        INDIVIDUAL,
        low=5,
        high=3600,
        doc="Seconds between screenshots; 10 by default.",
        source="start, shot, zhrel",
    ),
    Field(
        "snapshotConfig.fileType", "strings", INDIVIDUAL, required=True, allowed=("jpg",), doc="[jpg].", source="start"
    ),
)

_SERVICE_LIST = "extensionServiceConfig.extensionServices"
_PAGE = f"{_SERVICE_LIST}[web_recorder_service].serviceParam"
_RTMP = f"{_SERVICE_LIST}[rtmp_publish_service].serviceParam"
_SERVICE = (
    Field(
        "extensionServiceConfig", "object", WEB, required=True, doc="What is done with the web page.", source="start"
    ),
    Field(
        "extensionServiceConfig.errorHandlePolicy",
        "string",
        WEB,
        allowed=("error_abort",),
        doc="error_abort.",
        source="start",
    ),
    Field("extensionServiceConfig.apiVersion", "string", WEB, retired=True, doc="v1; of the 2024 text.", source="o24"),
    Field(_SERVICE_LIST, "objects", WEB, required=True, doc="web_recorder_service is one of them.", source="start"),
    Field(
        f"{_SERVICE_LIST}[].serviceName",
        "string",
        WEB,
        required=True,
        allowed=SERVICES,
        doc="The service.",
        source="start",
    ),
    Field(
        f"{_SERVICE_LIST}[].errorHandlePolicy",
        "string",
        WEB,
        allowed=("error_abort", "error_ignore"),
        doc="error_abort for the recorder, error_ignore for rtmp.",
        source="start, zhapi",
    ),
    Field(_PAGE, "object", WEB, required=True, doc="How the page is recorded.", source="start"),
    *within(
        _PAGE,
        Field("url", "string", WEB, required=True, doc="The page.", source="start"),
        Field(
            "audioProfile",
            "integer",
            WEB,
            required=True,
            zero=True,
            allowed=(0, 1, 2),
            doc="As in recordingConfig.",
            source="start",
        ),
        Field(
            "videoWidth", "integer", WEB, required=True, low=240, high=MAX_SIDE, doc="Pixels.", source="start, zhapi"
        ),
        Field(
            "videoHeight", "integer", WEB, required=True, low=240, high=MAX_SIDE, doc="Pixels.", source="start, zhapi"
        ),
        Field(
            "maxRecordingHour",
            "integer",
            WEB,
            required=True,
            low=1,
            high=MAX_HOURS,
            doc="Hours until it ends.",
            source="start",
        ),
        Field("videoBitrate", "integer", WEB, low=0, doc="kbps; 2000 from 1280x720, else 1500.", source="start, o24"),
        Field("videoFps", "integer", WEB, low=5, high=60, doc="15 by default.", source="start"),
        Field("mobile", "boolean", WEB, doc="Whether the page is shown as on a telephone.", source="start"),
        Field(
            "maxVideoDuration",
            "integer",
            WEB,
            low=30,
            high=240,
            doc="Minutes of an MP4; 120 by default.",
            source="start",
        ),
        Field("onhold", "boolean", WEB, doc="Whether it begins paused.", source="start, update"),
        Field(
            "readyTimeout",
            "integer",
            WEB,
            low=0,
            high=60,
            doc="Seconds for the page to load; 0 is off.",
            source="start, wlt",
        ),
    ),
    Field(_RTMP, "object", WEB, required=True, doc="Where the recording is pushed to.", source="zhapi, update"),
    Field(f"{_RTMP}.outputs", "objects", WEB, max_items=1, doc="At most one.", source="zhapi, update"),
    Field(
        f"{_RTMP}.outputs[].rtmpUrl", "string", WEB, required=True, doc="rtmp:// or rtmps://; a secret.", source="zhapi"
    ),
)


def _retired(path: str, *allowed: str) -> Field:
    return Field(path, "string", INDIVIDUAL, allowed=allowed, retired=True, doc="Retired.", source="opt, zhapi")


_RETIRED = (
    _retired("appsCollection.combinationPolicy", "default", "postpone_transcoding"),
    _retired("transcodeOptions.transConfig.transMode", "postponeTranscoding", "audioMix"),
    _retired("transcodeOptions.container.format", "mp4", "mp3", "m4a", "aac"),
    _retired("transcodeOptions.audio.sampleRate", "48000", "32000", "16000"),
    _retired("transcodeOptions.audio.bitrate"),
    _retired("transcodeOptions.audio.channels", "1", "2"),
)
"""Accepted and ignored as a whole: their values are not looked at, and the objects that hold them have no row."""

_START = (
    Field("token", "string", CHANNEL, doc="RTC token of this cname and uid; a secret.", source="start"),
    *_STORAGE,
    *_RECORDING,
    *_FILES,
    *_SERVICE,
    *_RETIRED,
)

_LISTS = ("streamSubscribe.audioUidList", "streamSubscribe.videoUidList")
_UPDATE = (
    Field("streamSubscribe", "object", CHANNEL, doc="Replaces the subscription.", source="update, o24"),
    Field(_LISTS[0], "object", CHANNEL, doc="Whose audio is recorded.", source="update"),
    Field(_LISTS[1], "object", CHANNEL, doc="Whose video is recorded.", source="update"),
    *uid_lists(_LISTS, "update, zhapi, go"),
    Field("webRecordingConfig", "object", WEB, doc="Pauses and resumes.", source="update"),
    Field("webRecordingConfig.onhold", "boolean", WEB, doc="Whether the recording is paused.", source="update"),
    Field("rtmpPublishConfig", "object", WEB, doc="Where the recording is pushed to.", source="update"),
    Field("rtmpPublishConfig.outputs", "objects", WEB, max_items=1, doc="At most one.", source="update"),
    Field("rtmpPublishConfig.outputs[].rtmpUrl", "string", WEB, doc="rtmp:// or rtmps://; a secret.", source="update"),
    replace(_STORAGE[0], required=False, doc="The whole object again, to renew credentials.", source="update"),
    *_STORAGE[1:],
)

_STOP = (Field("async_stop", "boolean", doc="Whether to answer before the upload is over.", source="stop, zhapi"),)

FIELDS: Mapping[str, tuple[Field, ...]] = MappingProxyType(
    {"acquire": _ACQUIRE, "start": _START, "update": _UPDATE, "updateLayout": layout_fields(""), "stop": _STOP}
)
"""The rows of each POST operation; query has no body."""
