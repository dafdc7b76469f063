"""webRecorder and rtmpPublish: what is recorded of a web page, and where it is pushed to."""

from typing import Annotated

from pydantic import Field

from takeup.core.schema import names
from takeup.core.schema.attribute import UNSET, Attr, Effect, Model, Named
from takeup.core.schema.scalars import HttpUrl, RtmpUrl


class WebRecorder(Model):
    """The serviceParam of web_recorder_service."""

    url: Annotated[HttpUrl, Attr("The page.")]
    audioProfile: Annotated[int, Named(names.AUDIO_PROFILE), Attr("Sampling rate, channels and bitrate of the audio.")]
    videoWidth: Annotated[
        int,
        Field(ge=240, le=1920),
        Attr("Width; width x height at most 2,073,600.", unit="px", note="(C) 480 before May 2022."),
    ]
    videoHeight: Annotated[int, Field(ge=240, le=1920), Attr("Height; width x height at most 2,073,600.", unit="px")]
    maxRecordingHour: Annotated[int, Field(ge=1, le=720), Attr("When the recording ends by itself.", unit="h")]
    videoBitrate: Annotated[
        int,
        Field(ge=50, le=8000),
        Attr(
            "Bitrate; 2,000 from 1280x720 upwards, else 1,500.",
            unit="Kbps",
            source="start, o24",
            note="(C) the range stands in the 2024 docs only.",
        ),
    ] = UNSET
    videoFps: Annotated[int, Field(ge=5, le=60), Attr("Frames per second.")] = 15
    mobile: Annotated[bool, Attr("Whether the page is opened as on a phone.")] = False
    maxVideoDuration: Annotated[int, Field(ge=30, le=240), Attr("Length of one MP4 file.", unit="min")] = 120
    onhold: Annotated[
        bool,
        Attr(
            "Whether the recording is paused.",
            effect=Effect.UPDATE,
            group="onhold",
            source="start, update",
            wire="webRecordingConfig.onhold",
        ),
    ] = False
    readyTimeout: Annotated[
        int,
        Field(ge=0, le=60),
        Attr(
            "How long the page may take to say that it is ready; 0: not waited for.",
            unit="s",
            source="start, wlt",
        ),
    ] = 0


class RtmpOutput(Model):
    """One address that the page is pushed to."""

    rtmpUrl: Annotated[
        RtmpUrl,
        Attr(
            "rtmp:// or rtmps:// address; treated as a secret.",
            effect=Effect.UPDATE,
            group="rtmp",
            source="zhapi, update",
            wire="rtmpPublishConfig.outputs[].rtmpUrl",
        ),
    ]


class RtmpPublish(Model):
    """The serviceParam of rtmp_publish_service."""

    outputs: Annotated[
        list[RtmpOutput],
        Field(min_length=1, max_length=1),
        Attr("Exactly one output.", effect=Effect.UPDATE, group="rtmp"),
    ]
