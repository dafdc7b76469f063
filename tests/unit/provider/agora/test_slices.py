"""When a recording began, as answers tell it."""

from datetime import UTC, datetime
from typing import Any

import pytest

from takeup.provider.agora.answers import Answer, sighting_of
from takeup.provider.agora.slices import first_slice

SECOND = datetime(2019, 7, 10, 2, 15, 24, tzinfo=UTC)
STAMP = 1562724924


@pytest.mark.parametrize(
    ("holders", "expected"),
    [
        pytest.param([{"sliceStartTime": STAMP * 1000}], SECOND, id="milliseconds"),
        pytest.param([{"sliceStartTime": STAMP}], SECOND, id="seconds"),
        pytest.param([{"sliceStartTime": (STAMP + 9) * 1000}, {"sliceStartTime": STAMP * 1000}], SECOND, id="earliest"),
        pytest.param([{"sliceStartTime": 0}], None, id="nothing recorded yet"),
        pytest.param([{"sliceStartTime": -5}, {"sliceStartTime": True}, {"sliceStartTime": "1"}], None, id="no times"),
        pytest.param([{"sliceStartTime": 10**20}], None, id="beyond all times"),
        pytest.param([{"fileName": "a"}], None, id="not told"),
    ],
)
def test_the_earliest_slice(holders: list[dict[str, Any]], expected: datetime | None) -> None:
    """Both units are read, and what is no time is none."""
    assert first_slice(holders) == expected


@pytest.mark.parametrize(
    "response",
    [
        pytest.param({"status": 5, "fileList": "a.m3u8", "sliceStartTime": STAMP * 1000}, id="beside the files"),
        pytest.param({"status": 5, "fileList": [{"fileName": "a", "sliceStartTime": STAMP * 1000}]}, id="in a file"),
        pytest.param(
            {
                "status": 5,
                "extensionServiceState": [
                    {"payload": {"fileList": [{"filename": "a", "sliceStartTime": STAMP * 1000}]}}
                ],
            },
            id="in a file of a web page",
        ),
    ],
)
def test_a_query_tells_since_when_it_records(response: dict[str, Any]) -> None:
    """Wherever the answer has it."""
    assert sighting_of(Answer(200, {"serverResponse": response})).recording_since == SECOND
