"""The fixture in this suite, and in foreign projects that run in a process of their own."""

import hmac
import json
import re
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import pytest

from takeup.core.secret import Secret

if TYPE_CHECKING:
    from wsgiref.types import StartResponse

    from takeup.provider.emulator.harness import AgoraEmulator

pytest_plugins = ["pytester"]

BASE = "/v1/apps/app/cloud_recording"
NAMED = {"cname": "hall", "uid": "10001"}
STORAGE = {"vendor": 1, "region": 0, "bucket": "b", "accessKey": "a", "secretKey": "s"}
FOREIGN = '''
import json, urllib.error, urllib.request
import pytest

def post(emulator, path, body):
    request = urllib.request.Request(
        emulator.url + "/v1/apps/app/cloud_recording/" + path,
        json.dumps({"cname": "hall", "uid": "1", "clientRequest": body}).encode(),
        {"Authorization": "Basic YTpi", "Content-Type": "application/json"},
    )
    with urllib.request.urlopen(request, timeout=10) as answer:
        return json.load(answer)

def start(emulator):
    rid = post(emulator, "acquire", {})["resourceId"]
    storage = {"vendor": 1, "region": 0, "bucket": "b", "accessKey": "a", "secretKey": "s"}
    return post(emulator, f"resourceid/{rid}/mode/mix/start", {"storageConfig": storage})["sid"]

@pytest.mark.parametrize("n", range(4))
def test_each_test_has_its_own(agora_emulator, n):
    """The triple is free again in every test."""
    assert [session.sid for session in agora_emulator.sessions()] == []
    sid = start(agora_emulator)
    assert [session.sid for session in agora_emulator.sessions()] == [sid]

@pytest.mark.agora_emulator(settings={"quota": 0})
def test_marked(agora_emulator):
    with pytest.raises(urllib.error.HTTPError) as caught:
        start(agora_emulator)
    assert json.load(caught.value)["code"] == 406
'''


def call(emulator: "AgoraEmulator", path: str, body: Mapping[str, Any] | None = None) -> Any:  # noqa: ANN401 - JSON
    """What a user's client does."""
    data = None if body is None else json.dumps({**NAMED, "clientRequest": body}).encode()
    request = urllib.request.Request(  # noqa: S310 - loopback
        f"{emulator.url}{BASE}{path}", data, {"Authorization": "Basic YTpi", "Content-Type": "application/json"}
    )
    with urllib.request.urlopen(request, timeout=10) as answer:  # noqa: S310 - loopback
        return json.load(answer)


def start(emulator: "AgoraEmulator") -> str:
    """Start a recording; the path below which its calls are."""
    resource = call(emulator, "/acquire", {})["resourceId"]
    sid = call(emulator, f"/resourceid/{resource}/mode/mix/start", {"storageConfig": STORAGE})["sid"]
    return f"/resourceid/{resource}/sid/{sid}/mode/mix"


def test_time_stands_still_until_it_is_stepped(agora_emulator: "AgoraEmulator") -> None:
    """A session is at its first step until the test lets time pass; 72 hours pass at once."""
    path = start(agora_emulator)
    assert call(agora_emulator, f"{path}/query")["serverResponse"]["status"] < 4
    agora_emulator.advance(60)
    assert call(agora_emulator, f"{path}/query")["serverResponse"]["status"] == 5
    agora_emulator.advance(72 * 3600)
    with pytest.raises(urllib.error.HTTPError) as caught:
        call(agora_emulator, f"{path}/query")
    caught.value.close()
    assert caught.value.code == 404
    assert [session.cname for session in agora_emulator.sessions()] == ["hall"]


def test_a_lost_response_has_its_effect(agora_emulator: "AgoraEmulator") -> None:
    """A fault strikes the call that it names, and the test sees what the client cannot."""
    agora_emulator.fault(do="lostResponse", operation=["start"])
    with pytest.raises((urllib.error.URLError, ConnectionError)):
        start(agora_emulator)
    assert len(agora_emulator.sessions()) == 1
    assert agora_emulator.faults.struck == (1,)


def test_calls_are_listed(agora_emulator: "AgoraEmulator") -> None:
    """The test can look at each call, in order, with its channel and status."""
    start(agora_emulator)
    entries = agora_emulator.calls.entries
    assert [(entry.operation, entry.cname, entry.status) for entry in entries] == [
        ("acquire", "hall", 200),
        ("start", "hall", 200),
    ]


def test_the_app_needs_no_server(agora_emulator: "AgoraEmulator") -> None:
    """`app` answers in process; no socket is opened before `url` is looked at."""
    statuses: list[str] = []
    environ = {"REQUEST_METHOD": "GET", "PATH_INFO": "/healthz"}
    start_response = cast("StartResponse", lambda status, *_: statuses.append(status))
    answer = agora_emulator.app(environ, start_response)
    assert json.loads(b"".join(answer)) == {"status": "ok"}
    assert statuses == ["200 OK"]
    assert agora_emulator._server is None
    assert agora_emulator.url is agora_emulator.url


@pytest.mark.agora_emulator(settings={"startup": "30s"}, clock="wall", credentials=("id", "secret"))
def test_a_marker_sets_it_up(agora_emulator: "AgoraEmulator") -> None:
    """Settings, clock and credentials come from the marker."""
    assert agora_emulator.world.settings.startup == 30
    assert agora_emulator.clock.speed == 1
    with pytest.raises(urllib.error.HTTPError) as caught:
        call(agora_emulator, "/acquire", {})
    caught.value.close()
    assert caught.value.code == 401


@pytest.mark.agora_emulator(webhooks={"secret": "canary", "events": [40, 41]})
def test_notices_are_collected(agora_emulator: "AgoraEmulator") -> None:
    """Each notice that a receiver would get is there, with its signature, in order of time."""
    start(agora_emulator)
    assert agora_emulator.webhooks.notices == []
    agora_emulator.advance(agora_emulator.world.settings.startup)
    assert [notice["eventType"] for notice in agora_emulator.webhooks.notices] == [40]
    agora_emulator.world.leave("hall")
    agora_emulator.advance(60)
    assert [notice["eventType"] for notice in agora_emulator.webhooks.notices] == [40, 41]
    for headers, body in agora_emulator.webhooks.raw:
        assert headers["Agora-Signature-V2"] == hmac.new(b"canary", body, "sha256").hexdigest()
    agora_emulator.webhooks.clear()
    assert agora_emulator.webhooks.notices == []


class TestOverridden:
    """Settings for all tests of a class, and one of them laid over for one test."""

    @pytest.fixture
    def agora_emulator_settings(self) -> dict[str, Any]:
        return {"quota": 3, "startup": 1}

    def test_the_fixture_of_settings_is_used(self, agora_emulator: "AgoraEmulator") -> None:
        """Overriding `agora_emulator_settings` is enough."""
        assert (agora_emulator.world.settings.quota, agora_emulator.world.settings.startup) == (3, 1)

    @pytest.mark.agora_emulator(settings={"quota": 5})
    def test_a_marker_is_laid_over_it(self, agora_emulator: "AgoraEmulator") -> None:
        """The marker wins, attribute by attribute."""
        assert (agora_emulator.world.settings.quota, agora_emulator.world.settings.startup) == (5, 1)


def test_a_wrong_setting_is_told_without_its_value() -> None:
    """The error names the attribute; a certificate beside it does not show."""
    from takeup.provider.emulator.harness import AgoraEmulator  # noqa: PLC0415 - as the fixture does

    with pytest.raises(ValueError, match="startUp") as caught:
        AgoraEmulator(settings={"startUp": 3, "appCertificate": Secret("canary"), "bucket": "canary"})
    assert "canary" not in str(caught.value)


def test_it_works_in_a_foreign_project(pytester: pytest.Pytester) -> None:
    """A project that only installed takeup has the fixture and its marker, under --strict-markers."""
    pytester.makepyfile(FOREIGN)
    done = pytester.runpytest_subprocess("--strict-markers", "-W", "error", "-p", "no:cacheprovider")
    done.assert_outcomes(passed=5)


def test_it_works_with_xdist(pytester: pytest.Pytester) -> None:
    """Two workers at a time do not meet."""
    pytester.makepyfile(FOREIGN)
    done = pytester.runpytest_subprocess("-n", "2", "-W", "error", "-p", "no:cacheprovider")
    done.assert_outcomes(passed=5)


def test_it_can_be_left_out(pytester: pytest.Pytester) -> None:
    """`-p no:takeup` unloads the plugin, and nothing else breaks."""
    pytester.makepyfile("def test_nothing(): pass\ndef test_absent(agora_emulator): pass")
    done = pytester.runpytest_subprocess("-p", "no:takeup", "-p", "no:cacheprovider")
    done.assert_outcomes(passed=1, errors=1)
    done.stdout.fnmatch_lines(["*fixture 'agora_emulator' not found*"])


def test_a_wrong_marker_is_told(pytester: pytest.Pytester) -> None:
    """What is wrong with a marker is an error of that test, in words: misspelt, by position, no clock, no setting."""
    marks = ('setting={"quota": 1}', '{"quota": 1}', 'clock="slow"', 'settings={"quotas": 1}')
    tests = [f"@pytest.mark.agora_emulator({mark})\ndef test_{n}(agora_emulator): pass" for n, mark in enumerate(marks)]
    pytester.makepyfile("\n".join(["import pytest", *tests]))
    done = pytester.runpytest_subprocess("-p", "no:cacheprovider")
    done.assert_outcomes(errors=4)
    said = [
        "*not setting.*",
        "*nothing by position.*",
        "*a clock is wall, step*",
        "*Settings that will not do: quotas:*",
    ]
    done.stdout.fnmatch_lines(said)


def test_the_example_of_the_documentation_runs(pytester: pytest.Pytester) -> None:
    """The code and the tests of docs/how-to/test-your-own-code.md are copied from the page, and pass."""
    page = Path(__file__).parents[4] / "docs/how-to/test-your-own-code.md"
    code, tests = re.findall(r"^```python\n(.*?)^```", page.read_text("utf-8"), re.MULTILINE | re.DOTALL)[:2]
    pytester.makepyfile(recorder=code, test_recorder=tests)
    done = pytester.runpytest_subprocess("--strict-markers", "-W", "error", "-p", "no:cacheprovider")
    done.assert_outcomes(passed=6)


def test_a_suite_that_does_not_use_it_pays_nothing() -> None:
    """Loading the plugin imports neither pydantic nor werkzeug, nor the emulator."""
    code = "import sys, takeup.provider.emulator.pytest_plugin; print(*sorted(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)  # noqa: S603 - our own
    loaded = done.stdout.split()
    assert "pytest" in loaded
    assert {"pydantic", "werkzeug", "httpx", "takeup.provider.emulator.world"} & set(loaded) == set()
