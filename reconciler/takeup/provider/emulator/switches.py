"""What Agora's documentation leaves open, (U), or answers in two ways, (C): one named switch each.

Every switch says what can be chosen, what is the default and which sources speak of it; the page
docs/reference/emulator-switches.md is generated from here, and the facts' sections 14 and 15 are the source.
"""

from typing import Annotated, Literal

from takeup.core.schema.attribute import Attr, Model

OnOff = bool


class Switches(Model):
    """The choices. Two emulators with the same switches answer alike."""

    acquireAnswer: Annotated[
        Literal["full", "resourceIdOnly"],
        Attr("What acquire answers: cname, uid and resourceId, or the resourceId alone.", source="acq, o24"),
    ] = "full"
    errorBody: Annotated[
        Literal["named", "minimal", "nested"],
        Attr("The 404 of a session: with cname and uid, without, or in the old nested form.", source="codes, t36773"),
    ] = "named"
    bodyCheckStatus: Annotated[
        Literal[400, 500], Attr("(C) The HTTP status of a failed body check.", source="codes, t34495")
    ] = 400
    resourceErrorStatus: Annotated[
        Literal[400, 404, 500], Attr("(U) The HTTP status of the codes 432, 433, 1001, 1003 and 8.", source="oerr")
    ] = 400
    expiredWindow: Annotated[
        Literal["notFound", "resourceExpired"],
        Attr("(U) The answer to a call after resourceExpiredHour: 404/404, or 433.", source="o24"),
    ] = "notFound"
    alreadyStartedSid: Annotated[
        OnOff, Attr("(U) Whether 201/7 carries the sid; the documentation shows none.", source="codes, start")
    ] = False
    otherBody: Annotated[
        Literal["alreadyStarted", "mismatch"],
        Attr("(U) A repeated start with the same resourceId and another body.", source="start"),
    ] = "alreadyStarted"
    usedResource: Annotated[
        Literal["resourceExpired", "alreadyStarted"],
        Attr("(U) A start with a resourceId whose session has ended: 433, or 201/7.", source="oerr"),
    ] = "resourceExpired"
    sameTriple: Annotated[
        Literal["conflict", "secondRecorder"],
        Attr(
            "(C) A start while cname and uid are being recorded: 400/53, or a second recorder that kicks the first.",
            source="codes, zhf-crash",
        ),
    ] = "conflict"
    tripleFree: Annotated[
        Literal["atStop", "afterExit"],
        Attr("(U) From when cname and uid may be started again: the stop, or the end of the exit.", source="stop"),
    ] = "atStop"
    exitingQuery: Annotated[
        Literal["status", "exiting"],
        Attr("(C) A query of an exiting session: status 6, 7, 8, or the legacy error 501.", source="query, oerr"),
    ] = "status"
    noData: Annotated[
        Literal["noRecordedData", "emptyList"],
        Attr("A stop before anything was recorded: 206/435, or 200 with an empty list.", source="codes, t36441"),
    ] = "noRecordedData"
    snapshotStop: Annotated[
        Literal["uploaded", "noRecordedData"],
        Attr("(C) A stop of a session that only takes screenshots.", source="stop, t34195"),
    ] = "uploaded"
    slowUpload: Annotated[
        Literal["uploadTimeout", "notCompleted"],
        Attr("(C) A stop whose upload takes more than 20 s: code 50, or 206/65.", source="stop, zhapi"),
    ] = "notCompleted"
    asyncStopBody: Annotated[
        Literal["full", "identity"], Attr("(U) What an async stop answers at once.", source="stop")
    ] = "full"
    individualList: Annotated[
        Literal["json", "string"],
        Attr("(C) fileListMode of an individual recording with HLS alone.", source="query, o24"),
    ] = "json"
    sliceTime: Annotated[Literal["ms", "s"], Attr("(C) The unit of sliceStartTime.", source="query, zhapi")] = "ms"
    mp4Hours: Annotated[
        Literal[2, 3], Attr("(C) After how many hours a new MP4 begins.", unit="h", source="start, files")
    ] = 2
    cnameBytes: Annotated[
        Literal[64, 128, 1024], Attr("(C) The longest cname of a web page recording, in bytes.", source="acq, zhapi")
    ] = 1024
    channelCharacters: Annotated[
        OnOff,
        Attr("Whether acquire checks the characters and length of a channel name (400/401).", source="codes, oerr"),
    ] = True
    unsubscribeSpelling: Annotated[
        Literal["ignored", "accepted", "refused"],
        Attr("(C) The keys unsubscribeAudioUids and unsubscribeVideoUids (small s).", source="start, zhapi, sub"),
    ] = "ignored"
    inapplicableKeys: Annotated[
        Literal["ignored", "refused"],
        Attr("(U) Keys that do not exist or are of another mode.", source="start, zhapi"),
    ] = "ignored"
    contentType: Annotated[
        Literal["any", "json"], Attr("(C) Which Content-Type is accepted; another one is code 8.", source="oerr, start")
    ] = "any"
    transcodingTogether: Annotated[
        OnOff, Attr("(C) Whether width, height, fps and bitrate must come together.", source="start, o24")
    ] = False
    captureIntervalFrom: Annotated[
        Literal[5, 1], Attr("(C) The shortest captureInterval.", unit="s", source="start, shot")
    ] = 5
    webSideFrom: Annotated[
        Literal[240, 480], Attr("(C) The smallest videoWidth and videoHeight of a web page.", unit="px", source="start")
    ] = 240
    webBitrateRange: Annotated[
        OnOff, Attr("(C) Whether videoBitrate must lie in 50..8000, as the 2024 text says.", source="o24")
    ] = False
    imageUrls: Annotated[
        Literal["https", "http"], Attr("(C) Schemes of image URLs: https alone, or http too.", source="start, zhapi")
    ] = "http"
    extensionParamsComplete: Annotated[
        OnOff, Attr("(C) Whether extensionParams must hold sse and tag.", source="start, zhapi")
    ] = False
    oldVendors: Annotated[
        OnOff, Attr("Whether vendor 4 and the storage regions of the 2024 text exist.", source="o24")
    ] = True
    fileConfigRequired: Annotated[
        OnOff, Attr("(C) Whether recordingFileConfig must be there unless only screenshots are taken.", source="start")
    ] = False
    oneListDropsOther: Annotated[
        OnOff,
        Attr("(U) Whether an update with a list of one medium unsubscribes the other one.", source="sub, update"),
    ] = True
    rateLimitPer: Annotated[
        Literal["appId", "account"], Attr("(C) What requestsPerSecond counts.", source="bp, zhquota")
    ] = "appId"
    concurrencyRule: Annotated[
        OnOff,
        Attr("(C) Whether more calls per second than a tenth of the quota are 400 (zh).", source="zhquota"),
    ] = False
    ipVersions: Annotated[
        Literal["v1", "v2", "both"],
        Attr("(C) The path of the receiver addresses, /v1/ncs/ip or /v2/ncs/ip.", source="ov, zhapi"),
    ] = "both"
    recordingMode: Annotated[
        Literal["en", "zh"], Attr("(C) recordingMode in event 3: 0 is individual (en) or mix (zh).", source="ncse")
    ] = "en"
    queryFilesAt: Annotated[
        Literal["firstFile", "atOnce"],
        Attr("(C) When a query names files: with the first one, or from the beginning.", source="bp, zhrel"),
    ] = "firstFile"
