"""No gap, and a token for each session: through the command line, against an emulator that checks signatures."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.cli.conftest import HALL, Project

from takeup.core.secret import Secret
from takeup.provider.emulator.server import serve
from takeup.provider.emulator.settings import Settings
from takeup.provider.emulator.world import World
from takeup.provider.emulator.wsgi import EmulatorApp

CERTIFICATE = "canary-app-certificate"
TOKEN = "  token: {fromEnv: HALL_TOKEN}\n"
LIFECYCLE = "  lifecycle: {spareUid: '10002', replace: overlap}\n"
TOKENS_BEGIN = b"007eJ"


def built(ttl: str = "24h", lifecycle: str = LIFECYCLE) -> str:
    """The recording, its tokens built."""
    return HALL.replace(TOKEN, f"  token: {{build: {{appCertificate: {{fromEnv: CERTIFICATE}}, ttl: {ttl}}}}}\n") + (
        lifecycle
    )


@pytest.fixture
def strict(tmp_path: Path) -> Iterator[Project]:
    """An emulator that lets nobody in without a token signed with the certificate."""
    world = World(settings=Settings(startup=0, appCertificate=Secret(CERTIFICATE)))
    (tmp_path / "manifests").mkdir()
    with serve(EmulatorApp(world)) as server:
        made = Project(tmp_path, world, server.url, [])
        made.env["CERTIFICATE"] = CERTIFICATE
        made.point(server.url)
        made.write(built())
        yield made


def uids(project: Project) -> list[str]:
    """Who records."""
    return sorted(session.uid for session in project.world.sessions())


def planned(project: Project) -> list[dict[str, Any]]:
    """The changes of a plan."""
    done = project.run("plan", "--format", "json")
    assert done.returncode == 0, done.stderr
    assert "canary" not in done.stdout + done.stderr
    changes: list[dict[str, Any]] = json.loads(done.stdout)["changes"]
    return changes


def clean(project: Project) -> None:
    """Neither the certificate nor a token stands in any file."""
    for path in project.root.rglob("*"):
        if path.is_file():
            data = path.read_bytes()
            assert b"canary" not in data, path
            assert TOKENS_BEGIN not in data, path


def test_a_built_token_lets_the_recorder_in_and_is_kept_nowhere(strict: Project) -> None:
    """It records, the next plan is empty, and only the time at which the token ends is known."""
    done = strict.apply()
    assert uids(strict) == ["10001"]
    assert planned(strict) == []
    shown = strict.run("state", "show", "CompositeRecording.hall")
    assert "tokenExpiresAt" in shown.stdout
    assert "canary" not in done.stdout + done.stderr + shown.stdout
    clean(strict)


def test_a_token_for_the_wrong_certificate_is_told(strict: Project) -> None:
    """The session does not come up, and the error names the token among the causes; no secret is in it."""
    strict.env["CERTIFICATE"] = "canary-another-certificate"
    done = strict.run("apply", "--auto-approve")
    assert done.returncode == 1
    assert "token" in done.stderr + done.stdout
    assert "canary" not in done.stdout + done.stderr
    clean(strict)


def test_a_replacement_overlaps_and_the_uids_take_turns(strict: Project) -> None:
    """The plan names uids and calls in their order; apply makes exactly these; and back again the next time."""
    strict.apply()
    for idle, uid in ((60, "10002"), (90, "10001")):
        strict.write(built().replace("channelType: live", f"channelType: live, maxIdleTime: {idle}"))
        (change,) = planned(strict)
        assert (change["action"], change["calls"]) == ("replace", ["acquire", "start", "stop"])
        assert f"uid {uid} takes over" in change["reason"]
        assert change["cutsOff"] is None
        assert change["after"]["uid"] == uid
        strict.apply()
        assert uids(strict) == [uid]
        assert planned(strict) == []
    first, second, third = sorted(strict.world.all_sessions(), key=lambda session: session.started_at)
    assert first.leaves_at >= second.started_at
    assert second.leaves_at >= third.started_at
    clean(strict)


def test_a_session_whose_token_ends_is_handed_over_once(strict: Project) -> None:
    """In the window the next apply starts under the spare uid with a new token; then there is nothing to do."""
    strict.add("  tokens: {handOver: 10m}")
    strict.write(built("1h"))
    strict.apply()
    assert planned(strict) == []
    text = (strict.root / "takeup.yaml").read_text("utf-8")
    (strict.root / "takeup.yaml").write_text(text.replace("10m", "23h"), "utf-8")
    strict.write(built("24h"))
    (change,) = planned(strict)
    assert change["reason"].startswith("its token expires at ")
    assert change["calls"] == ["acquire", "start", "stop"]
    strict.apply()
    assert uids(strict) == ["10002"]
    assert planned(strict) == []


def test_without_a_spare_uid_the_plan_says_the_gap(strict: Project) -> None:
    """Stop, then start: the default, and the plan says for how long nothing is recorded."""
    strict.write(built(lifecycle=""))
    strict.apply()
    strict.write(built(lifecycle="").replace("channelType: live", "channelType: live, maxIdleTime: 60"))
    (change,) = planned(strict)
    assert (change["calls"], change["cutsOff"]["gap"]) == (["stop", "acquire", "start"], 25)
    assert "about 25 s are not recorded" in strict.run("plan").stdout
    strict.apply()
    assert uids(strict) == ["10001"]


def test_destroy_stops_what_records_under_the_spare_uid(strict: Project) -> None:
    """Whichever uid has its turn."""
    strict.apply()
    assert strict.run("apply", "--auto-approve", "--replace", "*").returncode == 0
    assert uids(strict) == ["10002"]
    assert strict.run("destroy", "--auto-approve").returncode == 0
    assert uids(strict) == []
