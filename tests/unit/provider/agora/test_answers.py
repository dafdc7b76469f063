"""Every shape of query and stop, and whom an answer is about."""

from typing import Any

import pytest

from takeup.errors import OutcomeUnknownError, UnavailableError
from takeup.provider.agora import answers
from takeup.provider.agora.answers import Answer
from takeup.provider.port import SILENT, Identity

FILE = {"fileName": "a.m3u8", "trackType": "audio"}


def made(status: int, body: dict[str, Any] | None, text: str = "") -> Answer:
    return Answer(status, body, text or str(body))


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
        answers.updated_of("update", made(200, None, "<html>"))


@pytest.mark.parametrize("body", [None, {}, {"sid": ""}, {"sid": 7}, {"sid": None}])
def test_a_start_without_a_sid_is_unknown(body: dict[str, Any] | None) -> None:
    """A 200 without a usable sid may be recording."""
    with pytest.raises(OutcomeUnknownError):
        answers.started_of(made(200, body))


@pytest.mark.parametrize("body", [None, {}, {"resourceId": ""}, {"resourceId": []}])
def test_an_acquire_without_a_resource_id_is_unavailable(body: dict[str, Any] | None) -> None:
    """A 200 without a usable resourceId started nothing."""
    with pytest.raises(UnavailableError):
        answers.acquired_of(made(200, body))


WHO = {"cname": "c", "uid": "1", "resourceId": "r", "sid": "s"}


@pytest.mark.parametrize(
    ("status", "body", "expected"),
    [
        pytest.param(200, WHO, Identity("c", "1", "r", "s"), id="an answer without a server response"),
        pytest.param(200, {"resourceId": "r"}, Identity(resource_id="r"), id="an old acquire"),
        pytest.param(200, {"uid": 7, "cname": ["c"], "sid": None}, Identity(uid="7"), id="values of other types"),
        pytest.param(
            200, {**WHO, "serverResponse": {"status": 5}}, Identity("c", "1", "r", "s", web=False), id="channel"
        ),
        pytest.param(200, {"serverResponse": web({})}, Identity(web=True), id="web page"),
        pytest.param(200, {"serverResponse": {}}, SILENT, id="an empty server response"),
        pytest.param(
            404,
            {"cname": "c", "serverResponse": {"command": "Stop"}},
            Identity(cname="c"),
            id="an error in the old form",
        ),
        pytest.param(200, None, SILENT, id="not JSON"),
    ],
)
def test_whom_an_answer_is_about(status: int, body: dict[str, Any] | None, expected: Identity) -> None:
    """An identity holds what the answer says, and nothing that it does not say."""
    assert answers.identity_of(made(status, body)) == expected


def test_every_result_carries_its_identity() -> None:
    """Acquire, start, the updates, query and each way a stop ends name whom the answer is about."""
    good = made(200, {**WHO, "serverResponse": {"status": 5}})
    who = Identity("c", "1", "r", "s", web=False)
    assert answers.acquired_of(good).identity == who
    assert answers.started_of(good).identity == who
    assert answers.sighting_of(good).identity == who
    assert answers.receipt_of(good).identity == who
    assert answers.updated_of("update", good) == who
    for status, code in ((404, 404), (400, 49), (206, 435)):
        assert answers.receipt_of(made(status, {**WHO, "code": code})).identity == Identity("c", "1", "r", "s")
