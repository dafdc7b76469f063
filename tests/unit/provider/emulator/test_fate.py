"""What becomes of a session by itself is foreseen when it starts."""

from typing import Any

import pytest
from tests.unit.provider.emulator.test_tokens import APP, CERTIFICATE, CHANNEL, FOR_UID, ISSUED, LASTING, UID

from takeup.core.secret import Secret
from takeup.provider.emulator import fate
from takeup.provider.emulator.sessions import Cause, Exit, Session
from takeup.provider.emulator.settings import Settings

NOW = float(ISSUED)
TRIPLE = (APP, CHANNEL, UID)
STORAGE = {"bucket": "archive-7", "accessKey": "key-7"}
SESSION = Session("sid", "rid", APP, CHANNEL, UID, "mix", {}, NOW, NOW + 1)


def web(**parameter: object) -> dict[str, Any]:
    """Build the request of a web page recording."""
    service = {"serviceName": "web_recorder_service", "serviceParam": {"url": "https://page.test/a", **parameter}}
    return {"storageConfig": STORAGE, "extensionServiceConfig": {"extensionServices": [service]}}


@pytest.mark.parametrize(
    ("mode", "request_", "settings", "expected"),
    [
        pytest.param("mix", {"storageConfig": STORAGE}, {}, [], id="nothing in sight"),
        pytest.param(
            "mix",
            {"storageConfig": STORAGE},
            {"rejectedStorage": ["archive-*"]},
            [Exit(NOW + 15, Cause.STORAGE_REJECTED)],
            id="a bucket that is refused",
        ),
        pytest.param(
            "individual",
            {"storageConfig": STORAGE},
            {"rejectedStorage": ["key-?"], "firstFile": 1.0, "startup": 4.0},
            [Exit(NOW + 4, Cause.STORAGE_REJECTED)],
            id="an access key that is refused",
        ),
        pytest.param(
            "mix",
            {"storageConfig": STORAGE, "token": "wrong"},
            {"rejectedTokens": ["wrong"]},
            [Exit(NOW + 3, Cause.TOKEN_REJECTED)],
            id="a token that is refused",
        ),
        pytest.param(
            "mix",
            {"storageConfig": STORAGE},
            {"appCertificate": CERTIFICATE},
            [Exit(NOW + 3, Cause.TOKEN_REJECTED)],
            id="no token, where the project has a certificate",
        ),
        pytest.param(
            "mix",
            {"storageConfig": STORAGE, "token": FOR_UID},
            {"appCertificate": CERTIFICATE},
            [Exit(ISSUED + LASTING, Cause.TOKEN_EXPIRED)],
            id="a token that expires",
        ),
        pytest.param(
            "mix",
            {"storageConfig": STORAGE, "token": FOR_UID},
            {"appCertificate": Secret("another")},
            [Exit(NOW + 3, Cause.TOKEN_REJECTED)],
            id="a token of another project",
        ),
        pytest.param(
            "web",
            web(maxRecordingHour=2),
            {"appCertificate": CERTIFICATE, "rejectedTokens": ["*"]},
            [Exit(NOW + 7200, Cause.MAX_HOURS)],
            id="the hours of a page, which needs no token",
        ),
        pytest.param(
            "web",
            web(maxRecordingHour=1, readyTimeout=10),
            {"unreachablePages": ["https://page.test/*"]},
            [Exit(NOW + 3600, Cause.MAX_HOURS), Exit(NOW + 25, Cause.PAGE_FAILED)],
            id="a page that cannot be loaded, tried twice",
        ),
    ],
)
def test_ends_are_foreseen(mode: str, request_: dict[str, Any], settings: dict[str, Any], expected: list[Exit]) -> None:
    """A request brings the ends with it that the settings make of it, and no others."""
    assert list(fate.exits(mode, request_, TRIPLE, NOW, Settings(**settings))) == expected


def test_a_token_that_expired_before_lets_nobody_in() -> None:
    """An expired token is no later end of the session, but the reason why it never gets going."""
    request = {"storageConfig": STORAGE, "token": FOR_UID}
    [end] = fate.exits("mix", request, TRIPLE, NOW + LASTING, Settings(appCertificate=CERTIFICATE))
    assert end == Exit(NOW + LASTING + 3, Cause.TOKEN_REJECTED)


@pytest.mark.parametrize(
    ("request_", "seconds"),
    [
        pytest.param({}, 30.0, id="not sent"),
        pytest.param({"recordingConfig": {"channelType": 1}}, 30.0, id="not among what was sent"),
        pytest.param({"recordingConfig": {"maxIdleTime": 300}}, 300.0, id="sent"),
    ],
)
def test_a_recorder_waits_max_idle_time(request_: dict[str, Any], seconds: float) -> None:
    """An empty channel is left after maxIdleTime, which is 30 s by default."""
    session = Session("sid", "rid", APP, CHANNEL, UID, "mix", request_, NOW, NOW + 1)
    assert fate.idle_time(session) == seconds


def test_the_fourth_fault_ends_a_session() -> None:
    """Three failovers are survived, each with a uid of its own and at most 90 s long; the fourth is the end."""
    session = SESSION
    for number in range(3):
        session = fate.failing_over(session, NOW + 1000 * number, 500.0, str(number))
    assert [(item.at - NOW, item.until - item.at, item.new_uid) for item in session.failovers] == [
        (0.0, 90.0, "0"),
        (1000.0, 90.0, "1"),
        (2000.0, 90.0, "2"),
    ]
    assert session.exit is None
    last = fate.failing_over(session, NOW + 3000, 10.0, "3")
    assert last.exit == Exit(NOW + 3000, Cause.FAILOVERS)
    assert last.failovers == session.failovers
