"""Sessions of one service are never judged by another."""

import pytest
from tests.recordings import TARGET, resource, session, snapshot

from takeup.core.plan import Target
from takeup.engine.realm import sessions_of
from takeup.errors import StateError

AGORA = Target("https://api.sd-rtn.com", "agora", "app")
LOOPBACK = Target("http://127.0.0.1:1", "loopback", "app")


def test_the_same_service_keeps_everything() -> None:
    """Nothing is dropped and nothing is told."""
    state = snapshot(session(resource()))
    assert sessions_of(state, TARGET) == (state, ())


@pytest.mark.parametrize("target", [AGORA, LOOPBACK], ids=["to Agora", "to a server on this machine"])
def test_sessions_of_the_embedded_emulator_are_left_behind(target: Target) -> None:
    """They never were real: they are dropped, and that is told."""
    kept, told = sessions_of(snapshot(session(resource())), target)
    assert kept.sessions == {}
    assert "1 session(s) of the embedded emulator" in told[0]


@pytest.mark.parametrize(
    ("realm", "app_id", "target"),
    [
        pytest.param("agora", "app", TARGET, id="Agora's, asked at the emulator"),
        pytest.param("agora", "app", LOOPBACK, id="Agora's, asked on this machine"),
        pytest.param("loopback", "app", AGORA, id="this machine's, asked at Agora"),
        pytest.param("agora", "other", AGORA, id="of another App ID"),
    ],
)
def test_a_session_of_another_service_is_refused(realm: str, app_id: str, target: Target) -> None:
    """Asked there, it would answer 404 and be believed to have ended."""
    with pytest.raises(StateError, match="look as if it had ended"):
        sessions_of(snapshot(session(resource(), realm=realm, app_id=app_id)), target)
