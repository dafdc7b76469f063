"""The spec of each kind."""

from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from takeup.core.address import Kind
from takeup.core.schema import names
from takeup.core.schema.attribute import UNSET, Attr, Effect, Model, Named
from takeup.core.schema.channel import CompositeConfig, IndividualConfig, RecordingProfileSpec, SnapshotConfig
from takeup.core.schema.scalars import Cname, SecretText, Text, Uid, WebCname
from takeup.core.schema.storage import StorageConfig, StorageProfileSpec
from takeup.core.schema.web import RtmpPublish, WebRecorder


def _ordered(values: list[str]) -> list[str]:
    return sorted(set(values))


class HlsOnly(Model):
    """recordingFileConfig of the kinds that write HLS alone."""

    avFileType: Annotated[
        list[Literal["hls"]],
        Field(min_length=1, max_length=1),
        AfterValidator(_ordered),
        Attr("File formats: [hls].", set_like=True, source="start, o24"),
    ] = ["hls"]  # noqa: RUF012 - pydantic copies defaults


class HlsMp4(Model):
    """recordingFileConfig of the kinds that can write MP4 too."""

    avFileType: Annotated[
        list[Literal["hls", "mp4"]],
        Field(min_length=1, max_length=2),
        AfterValidator(_ordered),
        Attr("File formats: [hls] or [hls, mp4].", set_like=True, source="start, o24"),
    ] = ["hls"]  # noqa: RUF012 - pydantic copies defaults


class RecordingSpec(Model):
    """What every recording has."""

    cname: Annotated[
        Cname,
        Attr("The channel.", source="acq", note="(C) 64, 128 or 1,024 bytes: takeup keeps to less than 64."),
    ]
    uid: Annotated[
        Uid,
        Attr(
            "The recorder's own uid: a quoted decimal, 1..4294967295, used by nobody else in the channel.",
            source="acq",
        ),
    ]
    resourceExpiredHour: Annotated[
        int,
        Field(ge=1, le=720),
        Attr(
            "How long the session can be queried, updated and stopped; the recording itself goes on.",
            unit="h",
            source="acq",
        ),
    ] = 72
    region: Annotated[
        Literal["CN", "AP", "EU", "NA"],
        Attr(
            "Region that the recorder must not leave.",
            source="acq",
            note="(C) English reference; the Chinese one has regionAffinity. One of the two.",
        ),
    ] = UNSET
    regionAffinity: Annotated[
        int,
        Named(names.REGION_AFFINITY),
        Attr(
            "Region that the recorder prefers.",
            source="zhapi",
            note="(C) Chinese reference and SDKs; the English one has region.",
        ),
    ] = 0
    excludeResourceIds: Annotated[
        list[Text],
        Field(min_length=1),
        AfterValidator(_ordered),
        Attr("resourceIds of other sessions whose region is avoided.", set_like=True, source="acq, bp"),
    ] = UNSET
    startParameter: Annotated[
        bool,
        Attr(
            "Whether acquire already carries the whole start request; takeup fills it in.",
            source="acq, zhapi",
            note="At Agora an object equal to start's clientRequest; support advises against it.",
        ),
    ] = False
    storageConfig: Annotated[StorageConfig, Attr("Where the files go.", effect=Effect.UPDATE, group="storage")]


class ChannelSpec(RecordingSpec):
    """What every recording of a channel has."""

    token: Annotated[
        SecretText,
        Attr(
            "RTC token for this channel and uid; needed with an App Certificate, at most 24 h, cannot be renewed.",
            effect=Effect.NONE,
        ),
    ] = UNSET


class IndividualSpec(ChannelSpec):
    """spec of IndividualRecording: each user in files of their own."""

    recordingConfig: Annotated[IndividualConfig, Attr("What is recorded.")]
    recordingFileConfig: Annotated[HlsOnly, Attr("In which files.", implied=True)] = UNSET
    snapshotConfig: Annotated[SnapshotConfig, Attr("Screenshots beside the recording, free of charge.")] = UNSET


class CompositeSpec(ChannelSpec):
    """spec of CompositeRecording: all users mixed into one picture."""

    recordingConfig: Annotated[CompositeConfig, Attr("What is recorded.")]
    recordingFileConfig: Annotated[HlsMp4, Attr("In which files.", implied=True)] = UNSET


class ScreenshotSpec(ChannelSpec):
    """spec of ScreenshotCapture: screenshots and no recording."""

    recordingConfig: Annotated[IndividualConfig, Attr("What is captured.")]
    snapshotConfig: Annotated[SnapshotConfig, Attr("How often.")]


class WebPageSpec(RecordingSpec):
    """spec of WebPageRecording: a web page as a browser shows it."""

    cname: Annotated[
        WebCname,
        Attr(
            "A label of the recording; no channel.",
            source="acq, zhapi",
            note="(C) 1,024 or 128 bytes: takeup keeps to 128.",
        ),
    ]
    webRecorder: Annotated[WebRecorder, Attr("The page and how it is recorded.")]
    rtmpPublish: Annotated[
        RtmpPublish,
        Attr("Push the picture to a live platform as well; adding or removing it replaces the session."),
    ] = UNSET
    recordingFileConfig: Annotated[HlsMp4, Attr("In which files.", implied=True)] = UNSET


SPECS: dict[Kind, type[RecordingSpec]] = {
    Kind.INDIVIDUAL: IndividualSpec,
    Kind.COMPOSITE: CompositeSpec,
    Kind.SCREENSHOT: ScreenshotSpec,
    Kind.WEB_PAGE: WebPageSpec,
}

STORAGE_PROFILE = "StorageProfile"
RECORDING_PROFILE = "RecordingProfile"
PROFILES: dict[str, tuple[str, type[Model]]] = {
    STORAGE_PROFILE: ("storageConfig", StorageProfileSpec),
    RECORDING_PROFILE: ("recordingConfig", RecordingProfileSpec),
}
"""By kind of profile: the attribute of a recording that names it and is filled in by it, and its spec."""

# What takeup sends without being told, because each kind leaves only one value.
FIXED = {
    "clientRequest.scene": "0; 1 for WebPageRecording",
    "clientRequest.extensionServiceConfig.errorHandlePolicy": "error_abort",
    "clientRequest.extensionServiceConfig.apiVersion": "not sent: legacy, v1 is its only value",
    "clientRequest.extensionServiceConfig.extensionServices[].serviceName": (
        "web_recorder_service, and rtmp_publish_service with rtmpPublish"
    ),
    "clientRequest.extensionServiceConfig.extensionServices[].errorHandlePolicy": (
        "error_abort for the recorder, error_ignore for rtmp_publish_service"
    ),
}
