"""What the emulator refuses in a body, what it accepts with a warning, and what each switch changes."""

import copy
from typing import Any, Literal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from takeup.provider.emulator import checks, sessions
from takeup.provider.emulator.switches import Switches

BAD = "post method api body check failed!"
DEFAULT = Switches()
STORAGE: dict[str, Any] = {"vendor": 1, "region": 5, "bucket": "b", "accessKey": "CANARY", "secretKey": "CANARY"}
PAGE: dict[str, Any] = {
    "url": "https://page.test",
    "audioProfile": 0,
    "videoWidth": 1280,
    "videoHeight": 720,
    "maxRecordingHour": 1,
}
REGION: dict[str, Any] = {"x_axis": 0, "y_axis": 0, "width": 1, "height": 0.5}
SALT = "MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE="
MODES = ("individual", "mix", "web")
REMOVE = object()


def recorder(**changes: Any) -> dict[str, Any]:  # noqa: ANN401 - JSON values
    return {"serviceName": "web_recorder_service", "serviceParam": {**PAGE, **changes}}


def pushes(url: object) -> dict[str, Any]:
    return {"serviceName": "rtmp_publish_service", "serviceParam": {"outputs": [{"rtmpUrl": url}]}}


def services(*listed: object) -> dict[str, Any]:
    return {"storageConfig": STORAGE, "extensionServiceConfig": {"extensionServices": list(listed)}}


def channel(**config: Any) -> dict[str, Any]:  # noqa: ANN401 - JSON values
    return {"storageConfig": STORAGE, "recordingConfig": {"channelType": 1, **config}}


def mixed(**canvas: Any) -> dict[str, Any]:  # noqa: ANN401 - JSON values
    return channel(transcodingConfig=canvas)


def stored(**changes: Any) -> dict[str, Any]:  # noqa: ANN401 - JSON values
    config = {key: value for key, value in {**STORAGE, **changes}.items() if value is not REMOVE}
    return {**channel(), "storageConfig": config}


def subscribing(**lists: Any) -> dict[str, Any]:  # noqa: ANN401 - JSON values
    named = {key: ["1"] if uids is True else uids for key, uids in lists.items()}
    audio = {key: uids for key, uids in named.items() if "Audio" in key}
    video = {key: uids for key, uids in named.items() if "Video" in key}
    return {"streamSubscribe": {"audioUidList": audio, "videoUidList": video}}


def start(mode: str, request: dict[str, Any], **chosen: Any) -> str | None:  # noqa: ANN401 - switches
    return checks.start(mode, 1 if mode == "web" else 0, request, Switches(**chosen))


def path(operation: str, mode: str, request: dict[str, Any], **chosen: Any) -> str | None:  # noqa: ANN401 - switches
    """Where `why` finds the problem; None where there is none."""
    told = checks.why(operation, mode, request, Switches(**chosen))
    return None if told is None else told.partition(" ")[0]


# --- the envelope -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("changes", "accepted"),
    [
        pytest.param({}, True, id="plain"),
        pytest.param({"resourceId": ""}, True, id="an empty resourceId beside"),
        pytest.param({"uid": "4294967295"}, True, id="largest uid"),
        pytest.param({"uid": "4294967296"}, False, id="uid too large"),
        pytest.param({"uid": "0"}, False, id="uid 0"),
        pytest.param({"uid": 7}, False, id="uid is a number"),
        pytest.param({"uid": "\u0663"}, False, id="uid in other digits"),
        pytest.param({"uid": "1\n"}, False, id="uid with a line end"),
        pytest.param({"cname": ""}, False, id="empty cname"),
        pytest.param({"cname": "c" * 1025}, False, id="cname too long"),
        pytest.param({"cname": "\ud800"}, False, id="cname with half a character"),
        pytest.param({"clientRequest": []}, False, id="clientRequest is a list"),
        pytest.param({"clientRequest": None}, False, id="clientRequest is null"),
    ],
)
def test_the_envelope(changes: dict[str, Any], *, accepted: bool) -> None:
    """Every body has a cname, a uid of 32 bits and a clientRequest; the log can say which is wrong."""
    body = {"cname": "room", "uid": "7", "clientRequest": {}, **changes}
    assert checks.envelope(body, DEFAULT) == (None if accepted else BAD)
    told = checks.why_envelope(body)
    assert (told is None) is accepted
    assert told is None or told.startswith(next(iter(changes)))


def test_a_body_that_is_too_deep_is_refused() -> None:
    """Nesting that would break a reader further in is refused at the door."""
    deep: dict[str, Any] = {}
    for _ in range(5000):
        deep = {"a": [deep]}
    assert checks.envelope({"cname": "c", "uid": "1", "clientRequest": deep}, DEFAULT) == BAD


# --- acquire ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("request_", "reason"),
    [
        pytest.param({}, None, id="nothing"),
        pytest.param({"scene": 1, "resourceExpiredHour": 720}, None, id="longest window"),
        pytest.param({"startParameter": {"storageConfig": "nonsense"}}, None, id="a bad startParameter"),
        pytest.param({"startParameter": 1}, BAD, id="startParameter is a number"),
        pytest.param({"resourceExpiredHour": 0}, checks.BAD_HOUR, id="no hour"),
        pytest.param({"resourceExpiredHour": 721}, checks.BAD_HOUR, id="too many hours"),
        pytest.param({"resourceExpiredHour": "24"}, checks.BAD_HOUR, id="hours as a text"),
        pytest.param({"resourceExpiredHour": True}, checks.BAD_HOUR, id="hours are true"),
        pytest.param({"scene": 3}, BAD, id="unknown scene"),
        pytest.param({"region": "eu"}, BAD, id="region in small letters"),
        pytest.param({"regionAffinity": 5}, BAD, id="unknown affinity"),
        pytest.param({"excludeResourceIds": [1]}, BAD, id="a number among resourceIds"),
    ],
)
def test_acquire(request_: dict[str, Any], reason: str | None) -> None:
    """An acquire is refused in the documented words, and its startParameter is not looked into."""
    assert checks.acquire({"cname": "c", "uid": "1", "clientRequest": request_}, DEFAULT) == reason


@pytest.mark.parametrize("limit", [64, 128, 1024], ids="{} bytes".format)
def test_switch_cname_bytes(limit: Literal[64, 128, 1024]) -> None:
    """The switch cnameBytes bounds the label of a web page, counted in bytes."""
    switches = Switches(cnameBytes=limit)

    def reason(cname: str, scene: int) -> str | None:
        return checks.acquire({"cname": cname, "uid": "1", "clientRequest": {"scene": scene}}, switches)

    assert reason("\u00e9" * (limit // 2), 1) is None
    assert reason("\u00e9" * (limit // 2) + "c", 1) == BAD
    assert reason("c" * (limit + 1), 0) is None


def test_switch_channel_characters() -> None:
    """The switch channelCharacters decides whether 63 bytes and the documented characters are asked for."""
    on, off = Switches(), Switches(channelCharacters=False)
    every = "azAZ09 !#$%&()+-:;<=.>?@[]^_{}|~,"
    assert checks.channel_name(every, on)
    assert checks.channel_name("c" * 63, on)
    for wrong in ("c" * 64, "a/b", 'a"b', "a\n", "\u00e9"):
        assert not checks.channel_name(wrong, on)
        assert checks.channel_name(wrong, off)


# --- start --------------------------------------------------------------------------------------------

WEB = services(recorder())
ACCEPTED = [
    pytest.param("mix", {"storageConfig": STORAGE}, id="storage alone"),
    pytest.param("individual", channel(), id="individual without subscribeUidGroup"),
    pytest.param("mix", {"storageConfig": STORAGE, "recordingConfig": {}}, id="no channelType"),
    pytest.param("mix", stored(region=REMOVE), id="no region counts as 0"),
    pytest.param("mix", stored(extensionParams={"sse": "", "tag": ""}), id="empty sse and tag"),
    pytest.param("mix", stored(vendor=5, region=99), id="region of a vendor without regions"),
    pytest.param(
        "mix", stored(vendor=11, region=0, extensionParams={"endpoint": "s3.test"}), id="vendor 11 with endpoint"
    ),
    pytest.param("mix", stored(stsToken="t", stsExpiration=2_000_000_000), id="sts of vendor 1"),
    pytest.param("mix", stored(fileNamePrefix=["a" * 64, "b" * 63]), id="prefix of 128 characters"),
    pytest.param("mix", mixed(fps=17), id="unusual fps"),
    pytest.param("mix", mixed(width=1920, height=1080, bitrate=6500), id="largest video"),
    pytest.param("mix", mixed(mixedVideoLayout=3, layoutConfig=[REGION]), id="custom layout"),
    pytest.param("mix", mixed(mixedVideoLayout=3, layoutConfig=[{"width": 1, "height": 1}]), id="region at 0, 0"),
    pytest.param("mix", mixed(mixedVideoLayout=2, maxResolutionUid="5"), id="vertical layout"),
    pytest.param("mix", mixed(backgroundConfig=[{"uid": "1", "image_url": "http://i.test/a.bmp"}]), id="user picture"),
    pytest.param("mix", channel(subscribeAudioUids=["#allstream#"], unSubscribeVideoUids=["1"]), id="two lists"),
    pytest.param("mix", channel(subscribeAudioUids=[]), id="empty list"),
    pytest.param("mix", channel(decryptionMode=8, secret="CANARY", salt=SALT), id="encrypted with salt"),
    pytest.param("mix", {**channel(), "recordingFileConfig": {"avFileType": ["hls", "mp4"]}}, id="mp4 in mix"),
    pytest.param("mix", {**channel(), "snapshotConfig": "ignored"}, id="a key of another mode"),
    pytest.param("mix", {**channel(), "nonsense": {"a": 1}}, id="an unknown key"),
    pytest.param("individual", channel(streamMode="original"), id="original without effect"),
    pytest.param("individual", {**channel(), "snapshotConfig": {"fileType": ["jpg"]}}, id="screenshots alone"),
    pytest.param("individual", {**channel(), "transcodeOptions": {"audio": 7}}, id="retired key"),
    pytest.param("web", WEB, id="page"),
    pytest.param("web", {**WEB, "token": "CANARY", "recordingFileConfig": {"avFileType": ["hls"]}}, id="page, token"),
    pytest.param("web", services(recorder(VideoBitrate=10**9)), id="capital VideoBitrate"),
    pytest.param("web", services(recorder(readyTimeout=60), pushes("RTMPS://live.test/app")), id="page and rtmps"),
]


@pytest.mark.parametrize(("mode", "request_"), ACCEPTED)
def test_a_start_that_is_accepted(mode: str, request_: dict[str, Any]) -> None:
    """What the documentation allows, or official clients send, is accepted and left as it was."""
    before = copy.deepcopy(request_)
    assert (start(mode, request_), path("start", mode, request_)) == (None, None)
    assert request_ == before


_R, _T, _S = "recordingConfig.", "recordingConfig.transcodingConfig.", "storageConfig."
_E = "extensionServiceConfig.extensionServices[0].serviceParam."
REFUSED = [
    pytest.param("mix", {}, "storageConfig", id="no storageConfig"),
    pytest.param("mix", stored(vendor=REMOVE), f"{_S}vendor", id="no vendor"),
    pytest.param("mix", stored(vendor=9), f"{_S}vendor", id="vendor that does not exist"),
    pytest.param("mix", stored(vendor="1"), f"{_S}vendor", id="vendor as a text"),
    pytest.param("mix", stored(vendor=True), f"{_S}vendor", id="vendor is true"),
    pytest.param("mix", stored(vendor=1.0), f"{_S}vendor", id="vendor with a fraction"),
    pytest.param("mix", stored(region=26), f"{_S}region", id="region of no vendor"),
    pytest.param("mix", stored(vendor=3, region=20), f"{_S}region", id="region of another vendor"),
    pytest.param("mix", stored(bucket=""), f"{_S}bucket", id="empty bucket"),
    pytest.param("mix", stored(accessKey=REMOVE), f"{_S}accessKey", id="no accessKey"),
    pytest.param("mix", stored(secretKey=None), f"{_S}secretKey", id="secretKey is null"),
    pytest.param("mix", stored(vendor=7, stsToken="CANARY"), f"{_S}stsToken", id="sts of vendor 7"),
    pytest.param("mix", stored(stsExpiration=-1), f"{_S}stsExpiration", id="sts before 1970"),
    pytest.param("mix", stored(fileNamePrefix=["a_b"]), f"{_S}fileNamePrefix", id="underscore in prefix"),
    pytest.param("mix", stored(fileNamePrefix=["a" * 64, "b" * 64]), f"{_S}fileNamePrefix", id="prefix too long"),
    pytest.param("mix", stored(fileNamePrefix="a"), f"{_S}fileNamePrefix", id="prefix is a text"),
    pytest.param("mix", stored(extensionParams={"sse": "AES"}), f"{_S}extensionParams.sse", id="unknown sse"),
    pytest.param("mix", stored(vendor=11), f"{_S}extensionParams.endpoint", id="vendor 11 without endpoint"),
    pytest.param("mix", channel(channelType=2), f"{_R}channelType", id="unknown channelType"),
    pytest.param("mix", channel(maxIdleTime=4), f"{_R}maxIdleTime", id="idle time too short"),
    pytest.param("mix", channel(maxIdleTime=2_592_001), f"{_R}maxIdleTime", id="idle time too long"),
    pytest.param("mix", channel(decryptionMode=1), f"{_R}secret", id="encrypted without secret"),
    pytest.param("mix", channel(decryptionMode=7, secret="s", salt="CANARY"), f"{_R}salt", id="salt of no 32 bytes"),
    pytest.param("mix", channel(decryptionMode=7, secret="s", salt="\u00e9"), f"{_R}salt", id="salt of no base64"),
    pytest.param("mix", channel(subscribeAudioUids=["1"] * 33), f"{_R}subscribeAudioUids", id="33 uids"),
    pytest.param("mix", channel(subscribeAudioUids=[1]), f"{_R}subscribeAudioUids", id="uid as a number"),
    pytest.param(
        "mix",
        channel(subscribeVideoUids=["1"], unSubscribeVideoUids=["2"]),
        f"{_R}unSubscribeVideoUids",
        id="both lists of a medium",
    ),
    pytest.param(
        "mix", channel(streamTypes=1, subscribeAudioUids=["1"]), f"{_R}subscribeAudioUids", id="audio list of video"
    ),
    pytest.param(
        "mix", channel(streamTypes=0, unSubscribeVideoUids=["1"]), f"{_R}unSubscribeVideoUids", id="video list of audio"
    ),
    pytest.param("individual", channel(subscribeUidGroup=6), f"{_R}subscribeUidGroup", id="unknown uid group"),
    pytest.param("individual", channel(streamMode="raw"), f"{_R}streamMode", id="unknown stream mode"),
    pytest.param("mix", mixed(width=1921), f"{_T}width", id="too wide"),
    pytest.param("mix", mixed(width=1920, height=1920), f"{_T}width", id="too many pixels"),
    pytest.param("mix", mixed(bitrate=6501), f"{_T}bitrate", id="bitrate too high"),
    pytest.param("mix", mixed(mixedVideoLayout=4), f"{_T}mixedVideoLayout", id="unknown layout"),
    pytest.param("mix", mixed(mixedVideoLayout=3), f"{_T}layoutConfig", id="custom layout without regions"),
    pytest.param("mix", mixed(layoutConfig=[REGION]), f"{_T}layoutConfig", id="regions without custom layout"),
    pytest.param(
        "mix", mixed(mixedVideoLayout=3, layoutConfig=[REGION] * 18), f"{_T}layoutConfig", id="eighteen regions"
    ),
    pytest.param(
        "mix",
        mixed(mixedVideoLayout=3, layoutConfig=[REGION, {**REGION, "alpha": 1.5}]),
        f"{_T}layoutConfig[1].alpha",
        id="second region too opaque",
    ),
    pytest.param(
        "mix",
        mixed(mixedVideoLayout=3, layoutConfig=[{"x_axis": 0, "y_axis": 0, "width": 1}]),
        f"{_T}layoutConfig[0].height",
        id="region without height",
    ),
    pytest.param(
        "mix",
        mixed(mixedVideoLayout=3, layoutConfig=[{**REGION, "width": float("nan")}]),
        f"{_T}layoutConfig[0].width",
        id="region of no width",
    ),
    pytest.param("mix", mixed(maxResolutionUid="5"), f"{_T}maxResolutionUid", id="large picture without layout 2"),
    pytest.param(
        "mix",
        mixed(mixedVideoLayout=2, maxResolutionUid="4294967296"),
        f"{_T}maxResolutionUid",
        id="large picture of no uid",
    ),
    pytest.param("mix", mixed(backgroundColor="red"), f"{_T}backgroundColor", id="colour as a word"),
    pytest.param("mix", mixed(backgroundImage="ftp://i.test/a"), f"{_T}backgroundImage", id="picture by ftp"),
    pytest.param(
        "mix", mixed(backgroundConfig=[{"uid": "1"}]), f"{_T}backgroundConfig[0].image_url", id="picture without URL"
    ),
    pytest.param(
        "mix",
        {**channel(), "recordingFileConfig": {"avFileType": ["mp4"]}},
        "recordingFileConfig.avFileType",
        id="mp4 alone",
    ),
    pytest.param(
        "individual",
        {**channel(), "recordingFileConfig": {"avFileType": ["hls", "mp4"]}},
        "recordingFileConfig.avFileType",
        id="mp4 in individual",
    ),
    pytest.param(
        "mix",
        {**channel(), "recordingFileConfig": {"avFileType": ["avi"]}},
        "recordingFileConfig.avFileType",
        id="unknown file type",
    ),
    pytest.param(
        "individual", {**channel(), "snapshotConfig": {}}, "snapshotConfig.fileType", id="screenshots without type"
    ),
    pytest.param(
        "individual",
        {**channel(streamTypes=0), "snapshotConfig": {"fileType": ["jpg"]}},
        f"{_R}streamTypes",
        id="screenshots of audio",
    ),
    pytest.param(
        "individual",
        {**channel(subscribeAudioUids=["1"]), "snapshotConfig": {"fileType": ["jpg"]}},
        f"{_R}subscribeVideoUids",
        id="screenshots without video list",
    ),
    pytest.param("web", services(recorder(url="")), f"{_E}url", id="page without address"),
    pytest.param("web", services(recorder(videoWidth=1921)), f"{_E}videoWidth", id="page too wide"),
    pytest.param(
        "web", services(recorder(videoWidth=1920, videoHeight=1920)), f"{_E}videoWidth", id="page of too many pixels"
    ),
    pytest.param("web", services(recorder(maxRecordingHour=721)), f"{_E}maxRecordingHour", id="page for too long"),
    pytest.param("web", services(recorder(readyTimeout=1.5)), f"{_E}readyTimeout", id="readyTimeout with a fraction"),
    pytest.param("web", services(recorder(readyTimeout=-1)), f"{_E}readyTimeout", id="negative readyTimeout"),
    pytest.param("web", services(recorder(onhold="false")), f"{_E}onhold", id="onhold as a text"),
    pytest.param("web", services(recorder(maxVideoDuration=29)), f"{_E}maxVideoDuration", id="short MP4s"),
    pytest.param(
        "web",
        services({**recorder(), "errorHandlePolicy": "error_ignore"}),
        "extensionServiceConfig.extensionServices[0].errorHandlePolicy",
        id="recorder that ignores errors",
    ),
    pytest.param(
        "web",
        services(recorder(), pushes("https://live.test/CANARY")),
        "extensionServiceConfig.extensionServices[1].serviceParam.outputs[0].rtmpUrl",
        id="push by https",
    ),
    pytest.param(
        "web",
        services(recorder(), {"serviceName": "CANARY"}),
        "extensionServiceConfig.extensionServices[1].serviceName",
        id="unknown service",
    ),
    pytest.param(
        "web",
        {**WEB, "extensionServiceConfig": "CANARY"},
        "extensionServiceConfig",
        id="services are a text",
    ),
]


@pytest.mark.parametrize(("mode", "request_", "where"), REFUSED)
def test_a_start_that_is_refused(mode: str, request_: dict[str, Any], where: str) -> None:
    """A start is refused in the one sentence of the wire, and the log names the field, never its value."""
    assert start(mode, request_) == BAD
    told = checks.why("start", mode, request_, DEFAULT) or ""
    assert told.startswith(f"{where} ")
    assert "CANARY" not in told


@pytest.mark.parametrize(
    "request_",
    [
        pytest.param(channel(), id="no extensionServiceConfig"),
        pytest.param(services(), id="no service"),
        pytest.param(services(pushes("rtmp://live.test/a")), id="no recorder"),
    ],
)
def test_a_web_start_without_a_page(request_: dict[str, Any]) -> None:
    """A web start that selects no web_recorder_service has a reason of its own."""
    assert start("web", request_) == "services not selected!"


@pytest.mark.parametrize(("mode", "scene"), [("web", 0), ("mix", 1), ("individual", 1)])
def test_the_scene_fits_the_mode(mode: str, scene: int) -> None:
    """An acquire for a web page is good for no channel, and the other way round."""
    request = WEB if mode == "web" else channel()
    assert checks.start(mode, scene, request, DEFAULT) == BAD
    assert (checks.why("start", mode, request, DEFAULT, scene) or "").startswith("mode ")


# --- update, updateLayout, stop -----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("mode", "request_", "where"),
    [
        pytest.param("mix", subscribing(subscribeAudioUids=True, unSubscribeVideoUids=True), None, id="two lists"),
        pytest.param("mix", {**subscribing(subscribeAudioUids=True), "storageConfig": STORAGE}, None, id="two groups"),
        pytest.param("mix", subscribing(unsunscribeVideoUids=True), None, id="a client's typing error"),
        pytest.param("web", {"webRecordingConfig": {"onhold": True}}, None, id="pause"),
        pytest.param("web", {"rtmpPublishConfig": {"outputs": [{"rtmpUrl": "rtmp://l.test/a"}]}}, None, id="push"),
        pytest.param("web", subscribing(subscribeAudioUids=[]), None, id="lists of another mode"),
        pytest.param("mix", {}, "clientRequest", id="nothing"),
        pytest.param(
            "mix",
            subscribing(subscribeAudioUids=[]),
            "streamSubscribe.audioUidList.subscribeAudioUids",
            id="empty list",
        ),
        pytest.param(
            "individual",
            subscribing(subscribeVideoUids=True, unSubscribeVideoUids=True),
            "streamSubscribe.videoUidList.unSubscribeVideoUids",
            id="both lists of a medium",
        ),
        pytest.param(
            "mix",
            subscribing(subscribeAudioUids=["1"] * 33),
            "streamSubscribe.audioUidList.subscribeAudioUids",
            id="33 uids",
        ),
        pytest.param("mix", {"storageConfig": {"vendor": 1}}, "storageConfig.bucket", id="half a storageConfig"),
        pytest.param("web", {"storageConfig": {**STORAGE, "region": 99}}, "storageConfig.region", id="unknown region"),
        pytest.param("web", {"webRecordingConfig": {"onhold": 1}}, "webRecordingConfig.onhold", id="onhold is 1"),
        pytest.param(
            "web",
            {"rtmpPublishConfig": {"outputs": [{"rtmpUrl": "http://l.test"}]}},
            "rtmpPublishConfig.outputs[0].rtmpUrl",
            id="push by http",
        ),
        pytest.param("web", {"rtmpPublishConfig": {"outputs": [{}, {}]}}, "rtmpPublishConfig.outputs", id="two pushes"),
    ],
)
def test_update(mode: str, request_: dict[str, Any], where: str | None) -> None:
    """An update takes the groups of its mode, whole and not empty."""
    assert checks.update(mode, request_, DEFAULT) == (None if where is None else BAD)
    assert path("update", mode, request_) == where


@pytest.mark.parametrize(
    ("mode", "request_", "where"),
    [
        pytest.param("mix", {}, None, id="everything back to its default"),
        pytest.param("mix", {"mixedVideoLayout": 3, "layoutConfig": [REGION]}, None, id="custom"),
        pytest.param("mix", {"mixedVideoLayout": 2, "maxResolutionUid": "5"}, None, id="vertical"),
        pytest.param("mix", {"mixedVideoLayout": 2}, None, id="vertical without large picture"),
        pytest.param("mix", {"layoutConfig": [REGION]}, "layoutConfig", id="regions without layout"),
        pytest.param("mix", {"backgroundColor": "#12345"}, "backgroundColor", id="half a colour"),
        pytest.param("individual", {}, "mode", id="individual has none"),
        pytest.param("web", {}, "mode", id="web has none"),
    ],
)
def test_layout(mode: str, request_: dict[str, Any], where: str | None) -> None:
    """A layout is checked as at start, and exists in mix only."""
    assert checks.layout(mode, request_, DEFAULT) == (None if where is None else BAD)
    assert path("updateLayout", mode, request_) == where


@pytest.mark.parametrize(
    ("request_", "reason"),
    [
        pytest.param({}, None, id="nothing"),
        pytest.param({"async_stop": True}, None, id="asynchronous"),
        pytest.param({"other": 1}, None, id="unknown key"),
        pytest.param({"async_stop": "true"}, BAD, id="async_stop as a text"),
    ],
)
def test_stop(request_: dict[str, Any], reason: str | None) -> None:
    """A stop takes async_stop as a boolean, and anything else beside it."""
    assert checks.stop(request_) == reason


# --- switches -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("chosen", "mode", "request_", "accepted"),
    [
        pytest.param({}, "mix", mixed(width=640), True, id="transcoding keys alone"),
        pytest.param({"transcodingTogether": True}, "mix", mixed(width=640), False, id="transcoding keys together"),
        pytest.param(
            {"transcodingTogether": True},
            "mix",
            mixed(width=640, height=360, fps=15, bitrate=500),
            True,
            id="all transcoding keys",
        ),
        pytest.param({}, "web", services(recorder(videoBitrate=9000)), True, id="bitrate without range"),
        pytest.param(
            {"webBitrateRange": True}, "web", services(recorder(videoBitrate=9000)), False, id="bitrate with range"
        ),
        pytest.param({}, "web", services(recorder(videoWidth=240)), True, id="page of 240"),
        pytest.param({"webSideFrom": 480}, "web", services(recorder(videoWidth=240)), False, id="page from 480"),
        pytest.param(
            {},
            "individual",
            {**channel(), "snapshotConfig": {"fileType": ["jpg"], "captureInterval": 1}},
            False,
            id="screenshots from 5 s",
        ),
        pytest.param(
            {"captureIntervalFrom": 1},
            "individual",
            {**channel(), "snapshotConfig": {"fileType": ["jpg"], "captureInterval": 1}},
            True,
            id="screenshots from 1 s",
        ),
        pytest.param({}, "mix", mixed(backgroundImage="http://i.test/a"), True, id="picture by http"),
        pytest.param(
            {"imageUrls": "https"}, "mix", mixed(backgroundImage="http://i.test/a"), False, id="pictures by https only"
        ),
        pytest.param({}, "mix", stored(extensionParams={"sse": "kms"}), True, id="sse without tag"),
        pytest.param(
            {"extensionParamsComplete": True}, "mix", stored(extensionParams={"sse": "kms"}), False, id="sse and tag"
        ),
        pytest.param({}, "mix", stored(vendor=4, region=1), True, id="Kingsoft of old"),
        pytest.param({"oldVendors": False}, "mix", stored(vendor=4, region=1), False, id="Kingsoft no more"),
        pytest.param({}, "mix", stored(region=17), True, id="region of old"),
        pytest.param({"oldVendors": False}, "mix", stored(region=17), False, id="region no more"),
        pytest.param({"fileConfigRequired": True}, "mix", channel(), False, id="recordingFileConfig required"),
        pytest.param(
            {"fileConfigRequired": True},
            "individual",
            {**channel(), "snapshotConfig": {"fileType": ["jpg"]}},
            True,
            id="screenshots alone need no recordingFileConfig",
        ),
        pytest.param({"inapplicableKeys": "refused"}, "mix", {**channel(), "x": 1}, False, id="unknown key"),
        pytest.param(
            {"inapplicableKeys": "refused"}, "mix", channel(streamMode="default"), False, id="key of another mode"
        ),
        pytest.param({"inapplicableKeys": "refused"}, "web", {**WEB, "token": "t"}, True, id="token of a page"),
        pytest.param(
            {"inapplicableKeys": "refused"}, "web", services(recorder(VideoBitrate=1)), False, id="capital V refused"
        ),
        pytest.param(
            {"inapplicableKeys": "refused"},
            "mix",
            channel(unsubscribeAudioUids=["1"]),
            True,
            id="the small s has a switch of its own",
        ),
        pytest.param({}, "mix", channel(unsubscribeAudioUids=7), True, id="small s ignored"),
        pytest.param(
            {"unsubscribeSpelling": "accepted"}, "mix", channel(unsubscribeAudioUids=7), False, id="small s looked at"
        ),
        pytest.param(
            {"unsubscribeSpelling": "accepted"},
            "mix",
            channel(unsubscribeAudioUids=["1"], subscribeAudioUids=["2"]),
            False,
            id="small s excludes the other list",
        ),
        pytest.param(
            {"unsubscribeSpelling": "refused"}, "mix", channel(unsubscribeAudioUids=["1"]), False, id="small s refused"
        ),
    ],
)
def test_a_switch_decides(chosen: dict[str, Any], mode: str, request_: dict[str, Any], *, accepted: bool) -> None:
    """Each switch of the bodies changes what is accepted."""
    assert start(mode, request_, **chosen) == (None if accepted else BAD)


def test_an_acquire_is_not_looked_into_where_unknown_keys_are_refused() -> None:
    """A made-up key of an acquire or a stop is refused then, but nothing inside startParameter."""
    strict = Switches(inapplicableKeys="refused")
    assert checks.acquire({"cname": "c", "clientRequest": {"startParameter": {"x": 1}}}, strict) is None
    assert checks.acquire({"cname": "c", "clientRequest": {"x": 1}}, strict) == BAD
    assert checks.stop({"x": 1}, strict) == BAD


AUDIO = {"audioUidList": {"subscribeAudioUids": ["1"]}}
VIDEO = {"videoUidList": {"unSubscribeVideoUids": ["2"]}}
EVERY_VIDEO = {"videoUidList": {"subscribeVideoUids": ["#allstream#"]}}


@pytest.mark.parametrize(
    ("drops", "before", "started", "sent", "after"),
    [
        pytest.param(True, VIDEO, None, AUDIO, AUDIO, id="the other medium is dropped"),
        pytest.param(False, VIDEO, None, AUDIO, {**VIDEO, **AUDIO}, id="the other medium stays"),
        pytest.param(False, None, {}, AUDIO, {**EVERY_VIDEO, **AUDIO}, id="all of the other medium stays"),
        pytest.param(
            False, None, {"unSubscribeVideoUids": ["2"]}, AUDIO, {**VIDEO, **AUDIO}, id="the start's list stays"
        ),
        pytest.param(False, None, {"subscribeAudioUids": ["5"]}, AUDIO, AUDIO, id="what was not recorded is not now"),
        pytest.param(True, VIDEO, None, None, VIDEO, id="an update of something else"),
        pytest.param(True, VIDEO, None, {"audioUidList": {}}, VIDEO, id="no list at all"),
        pytest.param(
            True, VIDEO, None, {"audioUidList": {"unsubscribeAudioUids": ["1"]}}, VIDEO, id="an ignored spelling"
        ),
    ],
)
def test_what_an_update_makes_of_the_subscription(
    *,
    drops: bool,
    before: dict[str, Any] | None,
    started: dict[str, Any] | None,
    sent: dict[str, Any] | None,
    after: dict[str, Any],
) -> None:
    """The switch oneListDropsOther decides what a list of one medium does to the other."""
    assert checks.subscription(before, sent, Switches(oneListDropsOther=drops), started) == after


def test_an_accepted_spelling_is_kept_in_the_usual_one() -> None:
    """Where unsubscribe... is accepted, whoever reads the subscription finds unSubscribe..."""
    sent = {"audioUidList": {"unsubscribeAudioUids": ["1"]}}
    kept = checks.subscription(None, sent, Switches(unsubscribeSpelling="accepted"))
    assert kept == {"audioUidList": {"unSubscribeAudioUids": ["1"]}}


# --- what is odd --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("operation", "mode", "request_", "where", "what"),
    [
        pytest.param("start", "mix", {**channel(), "CANARY\n": 1}, "CANARY", "not known", id="unknown key"),
        pytest.param("start", "mix", channel(streamMode="default"), f"{_R}streamMode", "another mode", id="other mode"),
        pytest.param(
            "start", "web", services(recorder(VideoBitrate=1)), f"{_E}VideoBitrate", "not videoBitrate", id="capital V"
        ),
        pytest.param(
            "start",
            "mix",
            channel(unsubscribeAudioUids=["1"]),
            f"{_R}unsubscribeAudioUids",
            "not unSubscribeAudioUids",
            id="small s",
        ),
        pytest.param(
            "update",
            "mix",
            subscribing(unsunscribeVideoUids=True),
            "streamSubscribe.videoUidList.unsunscribeVideoUids",
            "not unSubscribeVideoUids",
            id="typing error",
        ),
        pytest.param(
            "start", "individual", {**channel(), "appsCollection": {}}, "appsCollection", "retired", id="retired"
        ),
        pytest.param(
            "start", "mix", channel(subscribeAudioUids=[]), f"{_R}subscribeAudioUids", "empty", id="empty list"
        ),
        pytest.param("start", "mix", mixed(fps=17), f"{_T}fps", "15 is taken", id="fps"),
        pytest.param(
            "updateLayout", "mix", {"mixedVideoLayout": 2}, "maxResolutionUid", "layout 2", id="no large picture"
        ),
        pytest.param("acquire", "", {"scenes": 1}, "scenes", "not known", id="unknown key of an acquire"),
    ],
)
def test_what_is_odd(operation: str, mode: str, request_: dict[str, Any], where: str, what: str) -> None:
    """What is accepted without effect is told in one line, which names the field."""
    [line] = checks.oddities(operation, mode, request_, DEFAULT)
    assert line.startswith(where)
    assert what in line
    assert line.isprintable()


@pytest.mark.parametrize(("mode", "request_"), [("mix", mixed(width=640)), ("web", WEB)])
def test_a_good_request_has_nothing_odd(mode: str, request_: dict[str, Any]) -> None:
    """The log of a correct client holds no warning."""
    assert checks.oddities("start", mode, request_, DEFAULT) == []


# --- robustness ---------------------------------------------------------------------------------------

_KEYS = st.sampled_from(
    [
        "cname",
        "uid",
        "clientRequest",
        "storageConfig",
        "vendor",
        "region",
        "recordingConfig",
        "transcodingConfig",
        "layoutConfig",
        "streamTypes",
        "subscribeAudioUids",
        "unSubscribeAudioUids",
        "unsubscribeAudioUids",
        "extensionServiceConfig",
        "extensionServices",
        "serviceName",
        "serviceParam",
        "outputs",
        "rtmpUrl",
        "recordingFileConfig",
        "avFileType",
        "snapshotConfig",
        "streamSubscribe",
        "audioUidList",
        "scene",
        "rtmpPublishConfig",
        "startParameter",
        "resourceExpiredHour",
        "appsCollection",
    ]
)
_JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.just(10**400)
    | st.floats()
    | st.text(st.characters(), max_size=8)
    | st.sampled_from(["\ud800", "web_recorder_service", "rtmp_publish_service", "mp4", "1"]),
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(_KEYS | st.text(st.characters(), max_size=4), inner, max_size=6)
    ),
    max_leaves=20,
)
_STRICT = Switches(inapplicableKeys="refused", unsubscribeSpelling="accepted", transcodingTogether=True)


def check_everything(body: Any, switches: Switches) -> None:  # noqa: ANN401 - any JSON value
    checks.envelope(body, switches)
    checks.why_envelope(body)
    if not isinstance(body, dict):
        return
    checks.acquire(body, switches)
    checks.acquire({"cname": "c", "clientRequest": body}, switches)
    checks.stop(body, switches)
    checks.subscription(None, body, switches, body)
    checks.request_hash(body, "rid")
    checks.outputs(body)
    sessions.web_service(body, "web_recorder_service")
    for mode in MODES:
        refusals = {
            "start": checks.start(mode, 1 if mode == "web" else 0, body, switches),
            "update": checks.update(mode, body, switches),
            "updateLayout": checks.layout(mode, body, switches),
        }
        for operation, refusal in refusals.items():
            assert (checks.why(operation, mode, body, switches) is None) is (refusal is None)
            checks.oddities(operation, mode, body, switches)


@settings(max_examples=150, deadline=None)
@given(_JSON, st.sampled_from([DEFAULT, _STRICT]))
def test_no_json_raises(body: Any, switches: Switches) -> None:  # noqa: ANN401 - any JSON value
    """Whatever is sent is accepted or refused; nothing raises, and `why` agrees with the check."""
    check_everything(body, switches)


@settings(max_examples=150, deadline=None)
@given(st.sampled_from([row.values for row in ACCEPTED]), st.data())
def test_no_json_in_a_good_request_raises(accepted: tuple[str, dict[str, Any]], data: st.DataObject) -> None:
    """Neither does any value in the place of any one value of a good request."""
    request = copy.deepcopy(accepted[1])
    place: Any = request
    while True:
        keys = list(place) if isinstance(place, dict) else range(len(place))
        key = data.draw(st.sampled_from(keys))
        if not isinstance(place[key], (dict, list)) or not place[key] or data.draw(st.booleans()):
            place[key] = data.draw(_JSON)
            break
        place = place[key]
    check_everything(request, data.draw(st.sampled_from([DEFAULT, _STRICT])))


def test_a_number_too_long_to_write_does_not_raise() -> None:
    """A number of more digits than Python writes is refused where a field wants one, and ignored elsewhere."""
    check_everything({"storageConfig": {"vendor": 10**5000}, "other": 10**5000}, DEFAULT)
    assert path("start", "mix", stored(vendor=10**5000)) == "storageConfig.vendor"


def test_a_fingerprint_needs_the_same_request_and_resource() -> None:
    """The order of keys does not matter to the fingerprint; a value, and the resourceId, do."""
    one, other = {"a": 1, "b": 2}, {"b": 2, "a": 1}
    assert checks.request_hash(one, "rid") == checks.request_hash(other, "rid")
    assert checks.request_hash(one, "rid") != checks.request_hash({"a": 1, "b": 3}, "rid")
    assert checks.request_hash(one, "rid") != checks.request_hash(one, "other")
