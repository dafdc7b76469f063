"""Every row of the error table, and every shape of query and stop."""

from typing import Any

import pytest

from takeup.errors import (
    AlreadyStartedError,
    OutcomeUnknownError,
    ProviderError,
    RejectedError,
    UnavailableError,
)
from takeup.provider.agora import answers
from takeup.provider.agora.answers import ERROR_TABLE, Answer, Row

OPERATIONS = ("acquire", "start", "query", "update", "updateLayout", "stop")
FILE = {"fileName": "a.m3u8", "trackType": "audio"}


def made(status: int, body: dict[str, Any] | None, text: str = "") -> Answer:
    return Answer(status, body, text or str(body))


def answer_of(row: Row) -> Answer:
    body: dict[str, Any] = {"code": row.code, "reason": "because"}
    if row.message is not None:
        body = {"message": row.message.capitalize()}
    return made(row.http or 400, body)


@pytest.mark.parametrize("row", ERROR_TABLE, ids=lambda row: row.name)
def test_every_row_raises_its_class(row: Row) -> None:
    """Each row, for each operation it is about, raises its class with its sentence and advice."""
    for operation in row.on or OPERATIONS:
        found = answers.find(operation, answer_of(row))
        assert found is not None
        if row.on is not None:
            assert found is row, f"an earlier row hides it on {operation}"
        with pytest.raises(ProviderError) as caught:
            answers.raise_for(operation, answer_of(row))
        assert type(caught.value) is found.error
        assert found.meaning in caught.value.message
        assert caught.value.hint == found.advice
        assert row.message is not None or 'reason: "because"' in caught.value.message


def test_row_names_are_unique() -> None:
    """No two rows share a name."""
    assert len({row.name for row in ERROR_TABLE}) == len(ERROR_TABLE)


@pytest.mark.parametrize(
    ("operation", "status", "body", "error"),
    [
        pytest.param("query", 404, None, RejectedError, id="a 404 that is not JSON"),
        pytest.param("query", 503, None, UnavailableError, id="a query through a broken gateway"),
        pytest.param("start", 502, {"message": "bad"}, OutcomeUnknownError, id="start behind a bad gateway"),
        pytest.param("start", 206, {"code": 99}, OutcomeUnknownError, id="start with an unknown 206"),
        pytest.param("start", 418, {"code": 99}, RejectedError, id="start refused with an unknown code"),
        pytest.param("start", 408, None, OutcomeUnknownError, id="start timed out at a proxy"),
        pytest.param("start", 302, None, RejectedError, id="a redirect"),
        pytest.param("acquire", 500, {"code": 99}, UnavailableError, id="acquire with an unknown 500"),
        pytest.param("stop", 500, None, OutcomeUnknownError, id="stop with an unknown 500"),
    ],
)
def test_what_is_not_in_the_table(
    operation: str, status: int, body: dict[str, Any] | None, error: type[ProviderError]
) -> None:
    """An unknown answer gets the careful class, and its first characters are kept."""
    with pytest.raises(ProviderError) as caught:
        answers.raise_for(operation, made(status, body, "x" * 1000))
    assert type(caught.value) is error
    assert "not in the error table" in caught.value.message
    assert caught.value.message.count("x") < 260


def test_a_success_raises_nothing() -> None:
    """HTTP 200 is the one success."""
    answers.raise_for("start", made(200, None))


def test_after_an_unclear_attempt_nothing_is_certain() -> None:
    """A start refused after an unclear attempt may be recording: its conflict may be with itself."""
    conflict = made(400, {"code": 53, "reason": "task conflict"})
    with pytest.raises(OutcomeUnknownError, match="may have had its effect"):
        answers.raise_for("start", conflict, unsure=True)
    with pytest.raises(AlreadyStartedError):
        answers.raise_for("start", made(201, {"code": 7}), unsure=True)


def test_secrets_are_cut_out_of_what_is_quoted() -> None:
    """A server that echoes the request does not make a secret public."""
    body = {"code": 2, "reason": "bad key canary-1 for rtmp://live/canary-2 \x1b[31m"}
    with pytest.raises(RejectedError) as caught:
        answers.raise_for("start", made(400, body), secrets=["canary-1"])
    assert "canary" not in caught.value.message
    assert "\x1b" not in caught.value.message


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        pytest.param({"code": 404, "reason": "failed to find worker"}, True, id="the service"),
        pytest.param(
            {"code": 404, "serverResponse": {"payload": {"message": "failed to find worker"}}},
            True,
            id="the old nested form",
        ),
        pytest.param({"message": "no Route matched with those values"}, False, id="the gateway"),
        pytest.param(None, False, id="not JSON"),
    ],
)
def test_gone_is_said_by_the_service_alone(body: dict[str, Any] | None, expected: bool) -> None:  # noqa: FBT001 - a row
    """Only 404 with code 404 is an answer about a session."""
    assert answers.gone(made(404, body)) is expected


def web(*payloads: dict[str, Any]) -> dict[str, Any]:
    return {"extensionServiceState": [{"payload": payload} for payload in payloads]}


@pytest.mark.parametrize(
    ("response", "files"),
    [
        pytest.param({"fileListMode": "json", "fileList": [FILE]}, (FILE,), id="json"),
        pytest.param({"fileListMode": "string", "fileList": "b.m3u8"}, ({"fileName": "b.m3u8"},), id="string"),
        pytest.param({"fileListMode": "string", "fileList": ""}, (), id="empty string"),
        pytest.param({}, (), id="snapshots only"),
        pytest.param(
            web({"state": "inProgress", "fileList": [{"filename": "w.mp4", "sliceStartTime": 1}]}, {}),
            ({"fileName": "w.mp4", "sliceStartTime": 1},),
            id="web",
        ),
        pytest.param({"fileList": [7, None, {"uid": "1"}]}, (), id="nonsense"),
    ],
)
def test_query_shapes(response: dict[str, Any], files: tuple[dict[str, Any], ...]) -> None:
    """Every mode's file list comes out as dicts with a fileName."""
    sighting = answers.sighting_of(made(200, {"serverResponse": {"status": 5, **response}}))
    assert sighting.status == 5
    assert sighting.files == files


@pytest.mark.parametrize("status", [None, "5", True, 9, -1])
def test_a_query_without_a_known_status_is_no_answer(status: object) -> None:
    """An unknown status is never taken for a state of the session."""
    with pytest.raises(UnavailableError):
        answers.sighting_of(made(200, {"serverResponse": {"status": status}}))


def test_a_query_that_is_not_json_is_no_answer() -> None:
    """A captive portal's page says nothing about a session."""
    with pytest.raises(UnavailableError, match="<html>"):
        answers.sighting_of(made(200, None, "<html>"))


@pytest.mark.parametrize(
    ("status", "body", "expected"),
    [
        pytest.param(
            200,
            {"serverResponse": {"fileListMode": "json", "fileList": [FILE], "uploadingStatus": "uploaded"}},
            ("uploaded", (FILE,), False, False),
            id="uploaded",
        ),
        pytest.param(
            200,
            {"serverResponse": {"fileList": "x.m3u8", "uploadingStatus": "unknow"}},
            ("unknown", ({"fileName": "x.m3u8"},), False, False),
            id="old spelling",
        ),
        pytest.param(
            200,
            {"serverResponse": web({"uploadingStatus": "backuped"}, {"fileList": [{"filename": "w.mp4"}]})},
            ("backuped", ({"fileName": "w.mp4"},), False, False),
            id="web",
        ),
        pytest.param(200, {"sid": "1"}, (None, (), False, False), id="no server response"),
        pytest.param(206, {"code": 435}, (None, (), False, False), id="nothing was recorded"),
        pytest.param(400, {"code": 49}, (None, (), False, True), id="already exiting"),
        pytest.param(404, {"code": 404}, (None, (), True, False), id="gone"),
    ],
)
def test_stop_shapes(status: int, body: dict[str, Any], expected: tuple[object, ...]) -> None:
    """Every way a stop converges becomes a receipt."""
    answer = made(status, body)
    assert answers.is_stopped(answer) is (status != 200)
    receipt = answers.receipt_of(answer)
    assert (receipt.uploading_status, receipt.files, receipt.gone, receipt.exiting) == expected


def test_an_unreadable_stop_is_unknown() -> None:
    """HTTP 200 without JSON may come from something other than Agora."""
    with pytest.raises(OutcomeUnknownError):
        answers.receipt_of(made(200, None, "<html>"))
    with pytest.raises(OutcomeUnknownError):
        answers.check_done("update", made(200, None, "<html>"))


@pytest.mark.parametrize("body", [None, {}, {"sid": ""}, {"sid": 7}, {"sid": None}])
def test_a_start_without_a_sid_is_unknown(body: dict[str, Any] | None) -> None:
    """A 200 without a usable sid may be recording."""
    with pytest.raises(OutcomeUnknownError):
        answers.sid_of(made(200, body))


@pytest.mark.parametrize("body", [None, {}, {"resourceId": ""}, {"resourceId": []}])
def test_an_acquire_without_a_resource_id_is_unavailable(body: dict[str, Any] | None) -> None:
    """A 200 without a usable resourceId started nothing."""
    with pytest.raises(UnavailableError):
        answers.resource_id_of(made(200, body))
