"""recordingConfig and snapshotConfig: what is recorded of a channel."""

from typing import Annotated, Literal

from pydantic import AfterValidator, Field
from pydantic_core import PydanticCustomError

from takeup.core.schema import names
from takeup.core.schema.attribute import UNSET, Attr, Effect, Model, Named
from takeup.core.schema.scalars import Colour, HttpUrl, SecretText, StreamUidList, Text, Uid, UidList

_SUBSCRIPTION = {"effect": Effect.UPDATE, "group": "subscription", "set_like": True}
_LAYOUT = {"effect": Effect.UPDATE_LAYOUT, "source": "start, ul"}
_SPELLING = "(C) the English reference of 2026 spells `unsubscribe...`; the OpenAPI document and SDKs spell it so."
Share = Annotated[float, Field(ge=0, le=1)]


class LayoutRegion(Model):
    """One region of a custom layout."""

    uid: Annotated[Uid, Attr("Who is shown; without it regions fill in the order of joining.", **_LAYOUT)] = UNSET
    x_axis: Annotated[Share, Attr("Left edge, as a share of the width.", **_LAYOUT)]
    y_axis: Annotated[Share, Attr("Upper edge, as a share of the height.", **_LAYOUT)]
    width: Annotated[Share, Attr("Width, as a share of the canvas.", **_LAYOUT)]
    height: Annotated[Share, Attr("Height, as a share of the canvas.", **_LAYOUT)]
    alpha: Annotated[Share, Attr("Opacity.", **_LAYOUT)] = 1.0
    render_mode: Annotated[int, Named(names.RENDER_MODE), Attr("How the picture fills the region.", **_LAYOUT)] = 0


class Background(Model):
    """The background of one user."""

    uid: Annotated[Uid, Attr("Whose background.", **_LAYOUT)]
    image_url: Annotated[
        HttpUrl,
        Attr(
            "A JPG or BMP of at most 6 MB.",
            note="(C) https only (English) or http too (Chinese): both accepted.",
            **_LAYOUT,
        ),
    ]
    render_mode: Annotated[int, Named(names.RENDER_MODE), Attr("How the picture fills the region.", **_LAYOUT)] = 0


def _by_uid(values: list[Background]) -> list[Background]:
    if len({value.uid for value in values}) != len(values):
        raise PydanticCustomError("twice", "names the same uid twice", {})
    return sorted(values, key=lambda value: int(value.uid))


class TranscodingConfig(Model):
    """The picture that a composite recording mixes."""

    width: Annotated[int, Field(ge=1, le=1920), Attr("Width; width x height at most 2,073,600.", unit="px")] = 360
    height: Annotated[int, Field(ge=1, le=1920), Attr("Height; width x height at most 2,073,600.", unit="px")] = 640
    fps: Annotated[Literal[1, 7, 10, 15, 24, 30, 60], Attr("Frames per second.", source="start, prof")] = 15
    bitrate: Annotated[
        int,
        Field(ge=1, le=6500),
        Attr("Bitrate; above 6,500 Agora answers with an error.", unit="Kbps", source="start, prof"),
    ] = 500
    mixedVideoLayout: Annotated[
        int, Named(names.MIXED_VIDEO_LAYOUT), Attr("How the pictures are arranged.", **_LAYOUT)
    ] = 0
    maxResolutionUid: Annotated[Uid, Attr("Who is shown large (vertical layout only).", **_LAYOUT)] = UNSET
    backgroundColor: Annotated[Colour, Attr("Colour of the canvas, #RRGGBB.", **_LAYOUT)] = "#000000"
    backgroundImage: Annotated[HttpUrl, Attr("Picture behind everything.", **_LAYOUT)] = UNSET
    defaultUserBackgroundImage: Annotated[HttpUrl, Attr("Picture of users who send no video.", **_LAYOUT)] = UNSET
    layoutConfig: Annotated[
        list[LayoutRegion],
        Field(min_length=1, max_length=17),
        Attr("Regions of the custom layout; required there, forbidden elsewhere.", **_LAYOUT),
    ] = UNSET
    backgroundConfig: Annotated[
        list[Background],
        Field(min_length=1),
        AfterValidator(_by_uid),
        Attr("Backgrounds by user.", set_like=True, **_LAYOUT),
    ] = UNSET


ChannelType = Annotated[int, Named(names.CHANNEL_TYPE), Attr("Must match the SDK's channel profile.")]
SubscribeUidGroup = Annotated[
    int,
    Named(names.SUBSCRIBE_UID_GROUP),
    Attr(
        "How many users are subscribed at most.",
        note="(C) only the first 17 to join are recorded, though group 33-49 exists.",
    ),
]
StreamMode = Annotated[
    Literal["default", "standard", "original"],
    Attr("Output of the streams; original needs streamTypes audio."),
]
AudioProfile = Annotated[int, Named(names.AUDIO_PROFILE), Attr("Sampling rate, channels and bitrate of the audio.")]
MixedPicture = Annotated[
    TranscodingConfig,
    Attr(
        "The mixed picture.",
        implied=True,
        note="(C) the 2024 docs want width, height, fps and bitrate together; today's schema does not.",
    ),
]


class ChannelConfig(Model):
    """What the modes that join a channel have in common."""

    channelType: ChannelType
    streamTypes: Annotated[int, Named(names.STREAM_TYPES), Attr("Which media are recorded.")] = 2
    videoStreamType: Annotated[int, Named(names.VIDEO_STREAM_TYPE), Attr("Which of a sender's two video streams.")] = 0
    maxIdleTime: Annotated[
        int,
        Field(ge=5, le=2_592_000),
        Attr(
            "How long the channel may be empty before the recorder leaves; Agora advises 300.",
            unit="s",
            source="start, bp",
        ),
    ] = 30
    decryptionMode: Annotated[int, Named(names.DECRYPTION_MODE), Attr("How the channel is encrypted.")] = 0
    secret: Annotated[SecretText, Attr("Password of the encryption; required unless decryptionMode is none.")] = UNSET
    salt: Annotated[SecretText, Attr("Base64 of 32 bytes; required with the two GCM2 modes.")] = UNSET
    subscribeAudioUids: Annotated[
        StreamUidList,
        Attr(
            "Whose audio is recorded.",
            source="start, sub",
            **_SUBSCRIPTION,
            wire="streamSubscribe.audioUidList.subscribeAudioUids",
        ),
    ] = UNSET
    unSubscribeAudioUids: Annotated[
        UidList,
        Attr(
            "Whose audio is not recorded.",
            source="sub, zhapi",
            note=_SPELLING,
            **_SUBSCRIPTION,
            wire="streamSubscribe.audioUidList.unSubscribeAudioUids",
        ),
    ] = UNSET
    subscribeVideoUids: Annotated[
        StreamUidList,
        Attr(
            "Whose video is recorded.",
            source="start, sub",
            **_SUBSCRIPTION,
            wire="streamSubscribe.videoUidList.subscribeVideoUids",
        ),
    ] = UNSET
    unSubscribeVideoUids: Annotated[
        UidList,
        Attr(
            "Whose video is not recorded.",
            source="sub, zhapi",
            note=_SPELLING,
            **_SUBSCRIPTION,
            wire="streamSubscribe.videoUidList.unSubscribeVideoUids",
        ),
    ] = UNSET
    privateParams: Annotated[Text, Attr("JSON inside a string, as Agora's support names it.", source="files")] = UNSET


class RecordingProfileSpec(ChannelConfig):
    """The spec of a RecordingProfile: settings of recordingConfig that recordings share."""

    channelType: ChannelType = UNSET
    subscribeUidGroup: SubscribeUidGroup = UNSET
    streamMode: StreamMode = "default"
    audioProfile: AudioProfile = 0
    transcodingConfig: MixedPicture = UNSET


class ProfiledConfig(ChannelConfig):
    """recordingConfig of a recording: its own attributes over those of a profile."""

    profile: Annotated[
        Text,
        Attr("The RecordingProfile that fills in what is not written here.", source="takeup", effect=Effect.NONE),
    ] = UNSET


class IndividualConfig(ProfiledConfig):
    """recordingConfig of IndividualRecording and ScreenshotCapture."""

    subscribeUidGroup: SubscribeUidGroup
    streamMode: StreamMode = "default"


class CompositeConfig(ProfiledConfig):
    """recordingConfig of CompositeRecording."""

    audioProfile: AudioProfile = 0
    transcodingConfig: MixedPicture = UNSET


class SnapshotConfig(Model):
    """snapshotConfig: screenshots of each video stream."""

    captureInterval: Annotated[
        int,
        Field(ge=5, le=3600),
        Attr("Time between screenshots.", unit="s", note="(C) lower bound 5 (reference) or 1 (guide): 5."),
    ] = 10
    fileType: Annotated[list[Literal["jpg"]], Field(min_length=1, max_length=1), Attr("Always [jpg].", set_like=True)]
