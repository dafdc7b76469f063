"""Which notices a session gives rise to: their order, their times and their details."""

from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import Any, Literal

import pytest

from takeup.provider.emulator.notices import misfit, notices, notices_between, of_change, over_at
from takeup.provider.emulator.sessions import Cause, Failover, Session
from takeup.provider.emulator.settings import Settings
from takeup.provider.emulator.story import NAMES, SERVICES, Notice
from takeup.provider.emulator.switches import Switches

T = 1_700_000_000.0
HOUR = 3600.0
SETTINGS = Settings()
SID = "ab" * 16
HLS_MP4 = {"recordingFileConfig": {"avFileType": ["hls", "mp4"]}}
SNAPSHOTS = {
    "snapshotConfig": {"captureInterval": 10, "fileType": ["jpg"]},
    "recordingConfig": {"streamTypes": 1},
    "storageConfig": {"bucket": "b", "fileNamePrefix": ["shots", "hall"]},
}


def session(mode: str = "mix", request: dict[str, Any] | None = None, **more: Any) -> Session:  # noqa: ANN401 - any attribute of a session
    made = Session(
        sid=SID,
        resource_id="r",
        app_id="app",
        cname="hall",
        uid="10001",
        mode=mode,
        request=HLS_MP4 if request is None else request,
        started_at=T,
        closes_at=T + 72 * HOUR,
        published_at=T,
    )
    return replace(made, **more)


def page(ready_timeout: int = 0, **more: Any) -> Session:  # noqa: ANN401 - any attribute of a session
    parameter = {"url": "https://example.com", "maxRecordingHour": 4, "readyTimeout": ready_timeout}
    services = [{"serviceName": "web_recorder_service", "serviceParam": parameter}]
    request = {**HLS_MP4, "extensionServiceConfig": {"extensionServices": services}}
    return session("web", request, **more)


def ended(made: Session, after: float, cause: Cause = Cause.STOPPED) -> Session:
    return made.ending(T + after, cause)


def events(rows: list[Notice]) -> list[int]:
    return [row.event for row in rows]


def only(rows: list[Notice], event: int) -> Notice:
    (found,) = (row for row in rows if row.event == event)
    return found


@pytest.mark.parametrize(
    ("made", "expected"),
    [
        pytest.param(
            ended(session(), 50), [13, 40, 30, 43, 44, 42, 4, 41, 33, 31, 11], id="a mix recording that is stopped"
        ),
        pytest.param(
            ended(session("individual", {}), 50),
            [13, 40, 30, 43, 44, 42, 42, 4, 4, 41, 33, 31, 11],
            id="an individual recording: one row of files per track",
        ),
        pytest.param(
            ended(session("individual", SNAPSHOTS), 25),
            [13, 40, 30, 44, 45, 45, 41, 33, 31, 11],
            id="screenshots alone: no playlists",
        ),
        pytest.param(
            ended(session(published_at=None), 33, Cause.IDLE),
            [13, 40, 30, 41, 11],
            id="nobody was there: nothing to upload",
        ),
        pytest.param(ended(session(), 1), [11], id="stopped before the recorder was up"),
        pytest.param(
            ended(session(), 15, Cause.STORAGE_REJECTED), [13, 40, 30, 43, 44, 42, 1, 41, 11], id="wrong bucket"
        ),
        pytest.param(ended(session(), 3, Cause.TOKEN_REJECTED), [1, 41, 11], id="wrong token"),
        pytest.param(
            ended(session(), 50, Cause.TOKEN_EXPIRED),
            [13, 40, 30, 43, 44, 42, 4, 1, 41, 33, 31, 11],
            id="the token expired",
        ),
        pytest.param(ended(session(), 50, Cause.FAILOVERS), [13, 40, 30, 43, 44, 42, 4, 11], id="the fourth fault"),
        pytest.param(
            ended(session(), 50, Cause.WORKER_DIED), [13, 40, 30, 43, 44, 42, 4], id="a dead worker is silent"
        ),
        pytest.param(ended(page(), 50), [13, 70, 30, 4, 71, 33, 31, 11], id="a web page that is stopped"),
        pytest.param(
            ended(page(outputs=({"rtmpUrl": "rtmp://h/***"},)), 50),
            [100, 13, 70, 30, 100, 4, 71, 100, 33, 31, 11],
            id="a web page that is published to a CDN",
        ),
        pytest.param(
            ended(page(ready_timeout=10), 25, Cause.PAGE_FAILED),
            [13, 70, 30, 4, 73, 71, 33, 31, 11],
            id="a page that is loaded twice in vain",
        ),
    ],
)
def test_a_session_tells_its_story_in_order(made: Session, expected: list[int]) -> None:
    """Each kind of session and of end gives rise to these events, in this order."""
    assert events(notices(made, SETTINGS)) == expected


def test_every_notice_is_named_and_sorted() -> None:
    """A notice carries the msgName and serviceType of its event, and no notice is older than the one before."""
    rows = notices(ended(session("individual", {**SNAPSHOTS, **HLS_MP4}), 200), SETTINGS)
    assert all(row.details["msgName"] == NAMES[row.event] for row in rows)
    assert all(row.service == SERVICES.get(row.event, 0) for row in rows)
    assert all(one.at <= other.at for one, other in pairwise(rows))


@pytest.mark.parametrize(
    ("cause", "leave", "status"),
    [
        pytest.param(Cause.STOPPED, 16, 0, id="stop: left the channel"),
        pytest.param(Cause.KICKED, 16, 0, id="kicked"),
        pytest.param(Cause.IDLE, 4, 0, id="nobody there"),
        pytest.param(Cause.TOKEN_REJECTED, 0, 1, id="could not get in"),
        pytest.param(Cause.STORAGE_REJECTED, 2, 1, id="ended by a signal"),
    ],
)
def test_the_end_tells_its_cause(cause: Cause, leave: int, status: int) -> None:
    """The leaveCode and exitStatus follow from why the session is over."""
    rows = notices(ended(session(), 40, cause), SETTINGS)
    assert only(rows, 41).details["leaveCode"] == leave
    assert only(rows, 11).details["exitStatus"] == status


def test_storage_error_is_that_of_the_table() -> None:
    """A refused bucket is event 1, module 1 (uploader), code 32, fatal."""
    details = only(notices(ended(session(), 15, Cause.STORAGE_REJECTED), SETTINGS), 1).details
    assert {key: details[key] for key in ("module", "errorLevel", "errorCode")} == {
        "module": 1,
        "errorLevel": 5,
        "errorCode": 32,
    }
    assert set(details) == {"msgName", "module", "errorLevel", "errorCode", "stat", "errorMsg"}


@pytest.mark.parametrize(
    ("cause", "ready_timeout", "code", "message"),
    [
        pytest.param(Cause.STOPPED, 0, 0, "ok", id="stopped"),
        pytest.param(Cause.MAX_HOURS, 0, 1, "max_recording_hour", id="maxRecordingHour"),
        pytest.param(Cause.PAGE_FAILED, 10, 4, "page_load_timeout", id="page not ready"),
        pytest.param(Cause.PAGE_FAILED, 0, 5, "access_url_failed", id="page not to be opened"),
        pytest.param(Cause.KICKED, 0, 6, "recorder_error", id="anything else"),
    ],
)
def test_web_end_has_the_code_of_its_cause(cause: Cause, ready_timeout: int, code: int, message: str) -> None:
    """Event 71 tells by code and message why a web page recording is over."""
    details = only(notices(ended(page(ready_timeout), 100, cause), SETTINGS), 71).details
    assert (details["code"], details["message"]) == (code, message)


def test_sample_k_of_the_facts() -> None:
    """Event 71 after maxRecordingHour has the shape and the words of Agora's sample."""
    made = ended(page(), 4 * HOUR, Cause.MAX_HOURS)
    details = only(notices(made, SETTINGS), 71).details
    start = round((T + SETTINGS.startup) * 1000)
    assert details == {
        "msgName": "web_recorder_stopped",
        "code": 1,
        "message": "max_recording_hour",
        "details": "max recording hour is 4",
        "fileList": details["fileList"],
    }
    assert details["fileList"][:2] == [
        {"filename": f"{SID}_hall.m3u8", "sliceStartTime": start},
        {"filename": f"{SID}_hall_0.mp4", "sliceStartTime": start},
    ]


def test_uploaded_lists_objects_even_where_a_query_has_text() -> None:
    """Event 31 of a mix recording with HLS alone lists an object, though fileListMode of a query is string."""
    start = round((T + SETTINGS.startup) * 1000)
    details = only(notices(ended(session(request={}), 50), SETTINGS), 31).details
    assert details["fileList"] == [
        {
            "fileName": f"{SID}_hall.m3u8",
            "trackType": "audio_and_video",
            "uid": "0",
            "mixedAllUser": True,
            "isPlayable": True,
            "sliceStartTime": start,
        }
    ]


def test_unreachable_bucket_goes_to_the_backup() -> None:
    """Files that cannot reach the bucket are event 32 with warning 2/32, never event 31."""
    settings = Settings(unreachableStorage=["far"])
    rows = notices(ended(session(request={"storageConfig": {"bucket": "far"}}), 50), settings)
    assert events(rows)[-5:] == [41, 2, 33, 32, 11]
    assert only(rows, 2).details == {"msgName": "cloud_recording_warning", "module": 1, "warnCode": 32}


def test_upload_delays_the_end() -> None:
    """A slow upload moves 31 and 11 behind 41, and 11 is never before 31."""
    rows = notices(replace(ended(session(), 50), upload=15.0), SETTINGS)
    assert [only(rows, event).at - T for event in (41, 31, 11)] == [50, 65, 65]
    assert events(rows)[-2:] == [31, 11]


def test_failover_tells_the_new_uid_and_repeats_the_beginning() -> None:
    """After a failover come 12 with newUid and the beginning again, under the new uid; progress pauses meanwhile."""
    made = replace(ended(session(), 300), failovers=(Failover(T + 60, T + 90, "777"),))
    rows = notices(made, SETTINGS)
    assert only(rows, 12).details["newUid"] == 777
    assert only(rows, 12).uid == "10001"
    assert [(row.event, row.uid) for row in rows if row.at == T + 90][1:] == [(n, "777") for n in (13, 40, 30, 42)]
    assert [row.details["discontinueUtcMs"] for row in rows if row.event == 42] == [
        round((T + 3) * 1000),
        round((T + 60) * 1000),
    ]
    assert T + 63 not in {row.at for row in rows if row.event == 33}
    assert only(rows, 41).uid == "777"


def test_progress_grows_and_ends_at_ten_thousand() -> None:
    """uploading_progress comes once a minute, only grows, and is 10,000 at the end alone."""
    rows = [row for row in notices(ended(session(), 600), SETTINGS) if row.event == 33]
    values = [row.details["progress"] for row in rows]
    assert len(values) == 10
    assert all(one < other for one, other in pairwise(values))
    assert values[-1] == 10_000


def test_a_window_of_a_long_session_is_told_without_its_past() -> None:
    """The notices of one minute after 70 hours are found at once, though 25,000 screenshots came before."""
    made = session("individual", SNAPSHOTS)
    since = T + SETTINGS.startup + 70 * HOUR
    rows = list(notices_between(made, SETTINGS, since, since + 60))
    assert events(rows) == [45] * 7
    assert rows[0].details["fileName"].startswith(f"shots/hall/{SID}_hall__uid_s_")
    assert rows[0].nth == 25_200


def test_two_windows_are_the_whole() -> None:
    """A story cut in two anywhere is the story: nothing is lost or told differently at the seam."""
    made = replace(ended(session(), 200), failovers=(Failover(T + 60, T + 90, "777"),))
    whole = notices(made, SETTINGS)
    for cut in {row.at for row in whole}:
        first = list(notices_between(made, SETTINGS, T, cut))
        rest = [row for row in notices_between(made, SETTINGS, cut, T + 999) if row not in first]
        assert first + rest == whole


def test_an_endless_session_has_no_list() -> None:
    """Asking for all notices of a session without an end in sight is an error, not a loop."""
    with pytest.raises(ValueError, match="until when"):
        notices(session(), SETTINGS)


def test_unwanted_events_are_left_out() -> None:
    """Only the events asked for are told."""
    rows = notices_between(ended(session(), 200), SETTINGS, T, T + 999, wanted={40, 11}.__contains__)
    assert events(list(rows)) == [40, 11]


def test_streams_come_and_go_with_the_people() -> None:
    """43 and 44 tell state 1 when everybody leaves, at the time they left, and state 0 when somebody joins."""
    before = session(request={"recordingConfig": {"maxIdleTime": 30}})
    empty = before.ending(T + 130, Cause.IDLE)
    gone = of_change(before, empty, T + 110, SETTINGS)
    assert [(row.at, row.event, row.details["state"]) for row in gone] == [(T + 100, 43, 1), (T + 100, 44, 1)]
    back = of_change(empty, before, T + 110, SETTINGS)
    assert [(row.at, row.event, row.details["state"]) for row in back] == [(T + 110, 43, 0), (T + 110, 44, 0)]


def test_onhold_and_new_outputs_are_told() -> None:
    """100 tells onhold, a removed output and a new one."""
    one, two = {"rtmpUrl": "rtmp://one/***"}, {"rtmpUrl": "rtmp://two/***"}
    before = page(outputs=(one,))
    held = of_change(before, replace(before, onhold=True), T + 20, SETTINGS)
    assert [row.details["status"] for row in held] == ["onhold"]
    moved = of_change(before, replace(before, outputs=(two,)), T + 20, SETTINGS)
    assert [(row.details["rtmpUrl"], row.details["status"]) for row in moved] == [
        ("rtmp://one/***", "disconnected"),
        ("rtmp://two/***", "connecting"),
        ("rtmp://two/***", "publishing"),
    ]


@pytest.mark.parametrize(
    ("reading", "mode", "number"),
    [
        pytest.param("en", "individual", 0, id="English: individual is 0"),
        pytest.param("en", "mix", 1, id="English: mix is 1"),
        pytest.param("zh", "individual", 1, id="Chinese: individual is 1"),
        pytest.param("zh", "mix", 0, id="Chinese: mix is 0"),
    ],
)
def test_recording_mode_follows_the_switch(reading: Literal["en", "zh"], mode: str, number: int) -> None:
    """Event 3 tells recordingMode as the chosen documentation does."""
    settings = Settings(switches=Switches(recordingMode=reading))
    details = misfit(session(mode, {}), 5, T + 20, settings).details
    assert (details["recordingMode"], details["status"]) == (number, 5)
    assert details["fileList"].endswith(".m3u8")


@pytest.mark.parametrize(
    ("made", "after"),
    [
        pytest.param(session(), float("inf"), id="no end in sight"),
        pytest.param(ended(session(), 10), 12, id="an orderly end lingers"),
        pytest.param(ended(session(), 10, Cause.WORKER_DIED), 10, id="an abrupt one does not"),
        pytest.param(replace(ended(session(), 10), upload=60.0), 70, id="a slow upload"),
    ],
)
def test_a_story_is_over_after_its_last_notice(made: Session, after: float) -> None:
    """The moment after which a session can be forgotten is that of its last notice."""
    assert over_at(made, SETTINGS) == T + after


def test_every_event_is_documented() -> None:
    """The how-to page has a row for each event that can come, with its name, and names those that never do."""
    page = Path(__file__).parents[4] / "docs" / "how-to" / "receive-webhooks.md"
    table = page.read_text("utf-8").partition("## What is sent when")[2]
    missing = [event for event, name in NAMES.items() if f"`{name}`" not in table or str(event) not in table]
    assert missing == []
    assert "| 60, 61, 72, 80, 81, 90, 1001 |" in table
