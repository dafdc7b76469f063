"""The emulator's HTTP face: routes, gateway answers, limits, the log of calls, and the pages beside the service."""

import json
from typing import TYPE_CHECKING, Any, Literal

import httpx
import pytest

from takeup.provider.emulator.clock import Clock
from takeup.provider.emulator.emulator import Emulator
from takeup.provider.emulator.settings import Settings
from takeup.provider.emulator.switches import Switches
from takeup.provider.emulator.world import World
from takeup.provider.emulator.wsgi import MAX_BODY, EmulatorApp

if TYPE_CHECKING:
    from wsgiref.types import WSGIEnvironment

ACQUIRE = "/v1/apps/app/cloud_recording/acquire"
ON = "/v1/apps/app/cloud_recording/resourceid/r/sid/s/mode/mix"
BODY: dict[str, Any] = {"cname": "room", "uid": "1", "clientRequest": {}}
AUTH = ("id", "CANARY")


def client(app: EmulatorApp) -> httpx.Client:
    """Make a client that calls the application in process."""
    return httpx.Client(transport=httpx.WSGITransport(app=app), base_url="http://emulator")


@pytest.fixture
def app() -> EmulatorApp:
    """Give an emulator that lets anybody in."""
    return EmulatorApp(World())


@pytest.mark.parametrize(
    ("header", "message"),
    [
        pytest.param(None, "Unauthorized", id="no header"),
        pytest.param("Bearer abc", "Invalid authentication credentials", id="another scheme"),
        pytest.param("Basic", "Invalid authentication credentials", id="nothing after the scheme"),
        pytest.param("Basic %%%", "Invalid authentication credentials", id="no base64"),
        pytest.param("Basic YWJj", "Invalid authentication credentials", id="no colon"),
        pytest.param("Basic /////w==", "Invalid authentication credentials", id="no text"),
    ],
)
def test_bad_authorization_is_a_gateway_401(app: EmulatorApp, header: str | None, message: str) -> None:
    """A call without well-formed Basic credentials is 401 and reaches no world."""
    headers = {} if header is None else {"Authorization": header}
    with client(app) as http:
        answer = http.post(ACQUIRE, json=BODY, headers=headers)
    assert (answer.status_code, answer.json()) == (401, {"message": message})
    assert not app.world.calls


@pytest.mark.parametrize(
    ("auth", "status"),
    [
        pytest.param(AUTH, 200, id="the right pair"),
        pytest.param(("id", "other"), 401, id="another secret"),
        pytest.param(("other", "CANARY"), 401, id="another id"),
    ],
)
def test_given_credentials_are_the_only_ones(auth: tuple[str, str], status: int) -> None:
    """An emulator with credentials lets in that pair and no other."""
    with client(EmulatorApp(World(), AUTH)) as http:
        assert http.post(ACQUIRE, json=BODY, auth=auth).status_code == status


@pytest.mark.parametrize(
    ("method", "path"),
    [
        pytest.param("POST", "/", id="root"),
        pytest.param("GET", ACQUIRE, id="acquire by GET"),
        pytest.param("POST", f"{ON}/query", id="query by POST"),
        pytest.param("GET", f"{ON}/stop", id="stop by GET"),
        pytest.param("POST", f"{ON}/explode", id="unknown operation"),
        pytest.param("POST", ACQUIRE.upper(), id="wrong case"),
        pytest.param("POST", f"{ACQUIRE}/", id="trailing slash"),
        pytest.param("POST", f"/mars{ACQUIRE}", id="unknown region"),
        pytest.param("POST", "/v1/apps//cloud_recording/acquire", id="empty App ID"),
        pytest.param("GET", f"{ON.replace('mix', 'mixed')}/query", id="unknown mode"),
        pytest.param("POST", "/healthz", id="health by POST"),
    ],
)
def test_a_wrong_url_or_method_is_a_gateway_404(app: EmulatorApp, method: str, path: str) -> None:
    """What the gateway has no route for is its own 404, not the service's."""
    with client(app) as http:
        answer = http.request(method, path, auth=AUTH)
    assert (answer.status_code, answer.json()) == (404, {"message": "no Route matched with those values"})


@pytest.mark.parametrize("region", ["na", "eu", "ap", "cn", "us"])
def test_region_prefixes_are_routed(app: EmulatorApp, region: str) -> None:
    """The path-region form reaches the same service."""
    with client(app) as http:
        assert http.post(f"/{region}{ACQUIRE}", json=BODY, auth=AUTH).status_code == 200


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(b"", id="empty"),
        pytest.param(b"{", id="cut off"),
        pytest.param(b"[]", id="a list"),
        pytest.param(b"\xff", id="no UTF-8"),
        pytest.param(b"[" * 100_000, id="nested too deep"),
    ],
)
def test_a_body_that_is_no_json_object_fails_the_body_check(app: EmulatorApp, content: bytes) -> None:
    """A POST whose body is no JSON object is 400 with code 2."""
    with client(app) as http:
        answer = http.post(ACQUIRE, content=content, auth=AUTH)
    assert answer.status_code == 400
    assert answer.json() == {"code": 2, "reason": "post method api body check failed!"}


def test_health_needs_no_credentials(app: EmulatorApp) -> None:
    """GET /healthz answers anybody."""
    with client(app) as http:
        assert http.get("/healthz").json() == {"status": "ok"}


def test_answers_are_compact_and_carry_a_request_id(app: EmulatorApp) -> None:
    """Each answer is compact JSON with a request id of its own."""
    with client(app) as http:
        first, second = (http.get(f"{ON}/query", auth=AUTH) for _ in range(2))
    assert first.text == '{"code":404,"reason":"failed to find worker"}'
    assert first.headers["Content-Type"] == "application/json; charset=utf-8"
    assert first.headers["X-Request-Id"] != second.headers["X-Request-Id"]


def emulator_with(**settings: Any) -> Emulator:  # noqa: ANN401 - the attributes of Settings
    """Make an emulator on a clock that stands still."""
    return Emulator(Settings(**settings), clock=Clock(speed=0))


def test_an_app_id_that_is_not_enabled_is_a_gateway_400() -> None:
    """Where App IDs are named, any other one is refused before the service sees the call [T-37092]."""
    emulator = emulator_with(appIds=["ap*"])
    with client(emulator.app) as http:
        assert http.post(ACQUIRE, json=BODY, auth=AUTH).status_code == 200
        answer = http.post(ACQUIRE.replace("/app/", "/other/"), json=BODY, auth=AUTH)
    assert (answer.status_code, answer.json()) == (400, {"message": "appid is invalid"})
    assert emulator.world.calls == {"acquire": 1}


def test_too_many_calls_are_a_gateway_429() -> None:
    """More calls in a second than the limit are refused until the clock has gone on."""
    emulator = emulator_with(requestsPerSecond=2)
    with client(emulator.app) as http:
        answers = [http.post(ACQUIRE, json=BODY, auth=AUTH) for _ in range(3)]
        emulator.clock.advance(1)
        again = http.post(ACQUIRE, json=BODY, auth=AUTH)
    assert [answer.status_code for answer in (*answers, again)] == [200, 200, 429, 200]
    assert answers[2].json() == {"message": "API rate limit exceeded"}
    assert "Retry-After" not in answers[2].headers


def test_the_rule_about_concurrency_is_a_400() -> None:
    """With the Chinese rule more calls per second than a tenth of the quota are HTTP 400 [zhquota]."""
    emulator = emulator_with(quota=10, switches=Switches(concurrencyRule=True))
    with client(emulator.app) as http:
        answers = [http.post(ACQUIRE, json=BODY, auth=AUTH) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [200, 400]


@pytest.mark.parametrize(
    ("content_type", "accepted"),
    [
        pytest.param("application/json", True, id="plain"),
        pytest.param("application/json;charset=utf-8", True, id="with a charset"),
        pytest.param("Application/JSON ; charset=UTF-8", True, id="in other letters"),
        pytest.param("text/plain", False, id="another one"),
        pytest.param(None, False, id="none"),
    ],
)
def test_the_content_type_matters_by_a_switch(content_type: str | None, *, accepted: bool) -> None:
    """Another Content-Type than JSON is code 8 where the switch says so, and accepted by default."""
    headers = {} if content_type is None else {"Content-Type": content_type}
    content = json.dumps(BODY).encode()
    with client(emulator_with().app) as http:
        assert http.post(ACQUIRE, content=content, headers=headers, auth=AUTH).status_code == 200
    with client(emulator_with(switches=Switches(contentType="json")).app) as http:
        answer = http.post(ACQUIRE, content=content, headers=headers, auth=AUTH)
        assert http.get(f"{ON}/query", headers=headers, auth=AUTH).status_code == 404
    assert (answer.status_code, answer.json().get("code")) == ((200, None) if accepted else (400, 8))


@pytest.mark.parametrize(
    ("versions", "statuses"),
    [
        pytest.param("v1", [200, 404], id="the first version"),
        pytest.param("v2", [404, 200], id="the second version"),
        pytest.param("both", [200, 200], id="both"),
    ],
)
def test_the_receiver_addresses_are_told(versions: Literal["v1", "v2", "both"], statuses: list[int]) -> None:
    """The addresses that webhooks come from are listed by the path that the switch names."""
    with client(emulator_with(switches=Switches(ipVersions=versions)).app) as http:
        answers = [http.get(f"/{version}/ncs/ip", auth=AUTH) for version in ("v1", "v2")]
    assert [answer.status_code for answer in answers] == statuses
    for answer in answers:
        if answer.status_code == 200:
            assert answer.json() == {"data": {"service": {"hosts": [{"primaryIP": "127.0.0.1"}]}}}


def test_pages_stand_beside_the_service() -> None:
    """What `extra` knows it answers, without credentials and without a line in the log; the rest is the service's."""
    asked = []

    def extra(environ: "WSGIEnvironment") -> tuple[int, str, bytes] | None:
        asked.append(environ["PATH_INFO"])
        return (201, "text/plain", b"hello") if environ["PATH_INFO"] != "/" else None

    app = EmulatorApp(World(), extra=extra)
    with client(app) as http:
        page, root, call = http.get("/_emulator/x"), http.get("/"), http.post(ACQUIRE, json=BODY, auth=AUTH)
    assert (page.status_code, page.text, page.headers["Content-Type"]) == (201, "hello", "text/plain")
    assert (root.status_code, call.status_code) == (404, 200)
    assert asked == ["/_emulator/x", "/"]
    assert [entry.operation for entry in app.calls.entries] == ["", "acquire"]


def test_every_request_is_preceded_by_what_is_due() -> None:
    """`before` runs before each request, pages included."""
    ran = []
    with client(EmulatorApp(World(), before=lambda: ran.append(1))) as http:
        http.get("/healthz")
        http.post(ACQUIRE, json=BODY, auth=AUTH)
    assert len(ran) == 2


def test_a_synchronous_stop_waits_for_the_upload() -> None:
    """A stop takes as long on the emulator's clock as the upload; an asynchronous one and an error do not."""
    emulator = emulator_with(upload=15, startup=0, firstFile=0)
    took = []
    with client(emulator.app) as http:
        for stop in ({}, {"async_stop": True}):
            storage = {"vendor": 1, "region": 0, "bucket": "b", "accessKey": "a", "secretKey": "s"}
            request = {"storageConfig": storage, "recordingConfig": {"channelType": 1}}
            rid = http.post(ACQUIRE, json=BODY, auth=AUTH).json()["resourceId"]
            root = f"/v1/apps/app/cloud_recording/resourceid/{rid}"
            start = http.post(f"{root}/mode/mix/start", json={**BODY, "clientRequest": request}, auth=AUTH).json()
            emulator.clock.advance(60)
            for _ in range(2):
                before = emulator.clock.now()
                path = f"{root}/sid/{start['sid']}/mode/mix/stop"
                http.post(path, json={**BODY, "clientRequest": stop}, auth=AUTH)
                took.append(emulator.clock.now() - before)
            emulator.clock.advance(60)
    assert took == [15, 0, 0, 0]


def test_calls_are_remembered() -> None:
    """The log names channel, uid, status, code and reason, and for a refused body what would be right."""
    emulator = emulator_with()
    with client(emulator.app) as http:
        http.post(ACQUIRE, json=BODY, auth=AUTH)
        http.post(ACQUIRE, json={**BODY, "uid": "0"}, auth=AUTH)
        http.post(ACQUIRE, json={**BODY, "clientRequest": {"resourceExpiredHour": 721}}, auth=AUTH)
        http.post(ACQUIRE, content=b"{", auth=AUTH)
        http.get(f"{ON}/query")
        http.get("/v1/nowhere?token=CANARY", auth=AUTH)
    seen = [(entry.operation, entry.cname, entry.uid, entry.status, entry.code) for entry in emulator.calls.entries]
    assert seen == [
        ("acquire", "room", "1", 200, None),
        ("acquire", "room", "0", 400, 2),
        ("acquire", "room", "1", 400, 2),
        ("acquire", "", "", 400, 2),
        ("query", "", "", 401, None),
        ("", "", "", 404, None),
    ]
    notes = [" ".join(entry.notes) for entry in emulator.calls.entries]
    assert notes[0] == ""
    assert "uid must be" in notes[1]
    assert "resourceExpiredHour" in notes[2]
    assert notes[3:] == ["the body is no JSON object", "", "GET /v1/nowhere"]
    assert emulator.calls.entries[2].reason == "Acquire: invalid resourceExpiredHour value!"
    assert "CANARY" not in repr(emulator.calls.entries)


def test_a_body_above_the_cap_is_refused(app: EmulatorApp) -> None:
    """A body of more than 1 MiB is 413, and is not read."""
    with client(app) as http:
        assert http.post(ACQUIRE, content=b"x" * (MAX_BODY + 1), auth=AUTH).status_code == 413


def test_a_closed_emulator_refuses_the_connection(app: EmulatorApp) -> None:
    """After close nothing is answered."""
    app.closed = True
    with client(app) as http, pytest.raises(ConnectionRefusedError):
        http.get("/healthz")
