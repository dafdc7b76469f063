"""Every row of the error table, and what is not in it."""

from typing import Any

import pytest

from takeup.errors import (
    AlreadyStartedError,
    NeverStartedError,
    NotCompletedError,
    NoWorkerError,
    OutcomeUnknownError,
    ProviderError,
    RejectedError,
    TaskConflictError,
    UnavailableError,
)
from takeup.provider.agora import error_table
from takeup.provider.agora.answers import Answer
from takeup.provider.agora.error_table import ERROR_TABLE, Row

OPERATIONS = ("acquire", "start", "query", "update", "updateLayout", "stop")


def made(status: int, body: dict[str, Any] | None, text: str = "") -> Answer:
    return Answer(status, body, text or str(body))


def answer_of(row: Row) -> Answer:
    body: dict[str, Any] = {"code": row.code, "reason": "because"}
    if row.message is not None:
        body = {"message": row.message.capitalize()}
    return made(row.http.start if row.http else 400, body)


@pytest.mark.parametrize("row", ERROR_TABLE, ids=lambda row: row.name)
def test_every_row_raises_its_class(row: Row) -> None:
    """Each row, for each operation it is about, raises its class with its sentence and advice."""
    for operation in row.on or OPERATIONS:
        found = error_table.find(operation, answer_of(row))
        assert found is not None
        if row.on is not None:
            assert found is row, f"an earlier row hides it on {operation}"
        with pytest.raises(ProviderError) as caught:
            error_table.raise_for(operation, answer_of(row))
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
        pytest.param("start", 206, {"code": 99}, OutcomeUnknownError, id="start with an unknown 206"),
        pytest.param("start", 418, {"code": 99}, RejectedError, id="start refused with an unknown code"),
        pytest.param("start", 408, None, OutcomeUnknownError, id="start timed out at a proxy"),
        pytest.param("start", 302, None, RejectedError, id="a redirect"),
        pytest.param("acquire", 500, {"code": 99}, UnavailableError, id="acquire with an unknown 500"),
        pytest.param("stop", 500, {"code": 99}, NotCompletedError, id="stop with an unknown 500"),
    ],
)
def test_what_is_not_in_the_table(
    operation: str, status: int, body: dict[str, Any] | None, error: type[ProviderError]
) -> None:
    """An unknown answer gets the careful class, and its first characters are kept."""
    with pytest.raises(ProviderError) as caught:
        error_table.raise_for(operation, made(status, body, "x" * 1000))
    assert type(caught.value) is error
    assert "not in the error table" in caught.value.message
    assert caught.value.message.count("x") < 260


def test_a_success_raises_nothing() -> None:
    """HTTP 200 is the one success."""
    error_table.raise_for("start", made(200, None))


CODE_7 = made(201, {"code": 7})
MISMATCH = made(400, {"code": 2, "reason": "request_hash mismatch!"})


@pytest.mark.parametrize(
    ("answer", "alone", "after"),
    [
        pytest.param(CODE_7, AlreadyStartedError, AlreadyStartedError, id="201/7"),
        pytest.param(made(400, {"code": 53}), TaskConflictError, TaskConflictError, id="400/53"),
        pytest.param(made(500, {"code": 502}), NoWorkerError, NoWorkerError, id="500/502"),
        pytest.param(made(400, {"code": 432}), NeverStartedError, NeverStartedError, id="432"),
        pytest.param(made(400, {"code": 433}), NeverStartedError, NeverStartedError, id="433"),
        pytest.param(made(404, {"code": 1001}), NeverStartedError, NeverStartedError, id="1001"),
        pytest.param(made(206, {"code": 65}), NotCompletedError, NotCompletedError, id="206/65"),
        pytest.param(made(500, {"code": 62}), NotCompletedError, NotCompletedError, id="500/62"),
        pytest.param(
            made(503, {"code": 99}), NotCompletedError, NotCompletedError, id="a server error with a new code"
        ),
        pytest.param(made(503, {"message": "x"}), OutcomeUnknownError, OutcomeUnknownError, id="503 of a gateway"),
        pytest.param(MISMATCH, RejectedError, OutcomeUnknownError, id="another body than acquire announced"),
        pytest.param(made(400, {"code": 2}), RejectedError, OutcomeUnknownError, id="a parameter refused"),
        pytest.param(made(429, {"message": "x"}), UnavailableError, OutcomeUnknownError, id="throttled"),
    ],
)
def test_what_a_start_ends_with(answer: Answer, alone: type[ProviderError], after: type[ProviderError]) -> None:
    """After an unclear attempt a refusal proves nothing, but for those that tell what became of this resourceId."""
    for unsure, error in ((False, alone), (True, after)):
        with pytest.raises(ProviderError) as caught:
            error_table.raise_for("start", answer, unsure=unsure)
        assert type(caught.value) is error
        assert ("may have had its effect" in caught.value.message) is (unsure and alone is not after)


def test_a_refused_update_after_an_unclear_one_is_unknown() -> None:
    """The first attempt may have been taken."""
    with pytest.raises(OutcomeUnknownError, match="may have had its effect"):
        error_table.raise_for("update", made(400, {"code": 432}), unsure=True)


@pytest.mark.parametrize(
    ("operation", "status", "body", "unclear"),
    [
        pytest.param("start", 206, {"code": 65}, True, id="not completed"),
        pytest.param("start", 504, {"code": 62}, True, id="timed out"),
        pytest.param("start", 500, {"code": 15}, True, id="code 15"),
        pytest.param("start", 502, None, True, id="a gateway in between"),
        pytest.param("stop", 499, None, True, id="timed out at a proxy"),
        pytest.param("start", 500, {"code": 502}, False, id="no worker"),
        pytest.param("start", 500, {"code": 433}, False, id="an expired resourceId, told as a server error"),
        pytest.param("query", 500, {"code": 2}, False, id="a parameter refused, told as a server error"),
        pytest.param("acquire", 500, {"code": 62}, False, id="service off"),
        pytest.param("stop", 206, {"code": 435}, False, id="nothing recorded"),
        pytest.param("start", 400, {"code": 53}, False, id="conflict"),
    ],
)
def test_what_is_sent_again(operation: str, status: int, body: dict[str, Any] | None, unclear: bool) -> None:  # noqa: FBT001 - a row
    """The same call is sent again where it was not completed, never where it was refused."""
    assert error_table.is_unclear(operation, made(status, body)) is unclear


def test_secrets_are_cut_out_of_what_is_quoted() -> None:
    """A server that echoes the request does not make a secret public."""
    body = {"code": 2, "reason": "bad key canary-1 for rtmp://live/canary-2 \x1b[31m"}
    with pytest.raises(RejectedError) as caught:
        error_table.raise_for("start", made(400, body), secrets=["canary-1"])
    assert "canary" not in caught.value.message
    assert "\x1b" not in caught.value.message
