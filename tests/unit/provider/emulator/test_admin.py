"""The remote control: what it shows, what it changes, whom it refuses, and that it never raises."""

import json
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.emulated import APP, CANARY, start

from takeup.provider.emulator.admin import CAUSES, MAX_BODY, Admin
from takeup.provider.emulator.clock import Clock
from takeup.provider.emulator.emulator import Emulator
from takeup.provider.emulator.faults import Fault
from takeup.provider.emulator.settings import Settings
from takeup.provider.emulator.store import SqliteStore
from takeup.provider.emulator.switches import Switches

START = 1_700_000_000.0
LOCAL = {"host": "127.0.0.1:4000", "content-type": "application/json"}
PAGE = Path(__file__).parents[4] / "docs" / "reference" / "emulator-admin.md"


@pytest.fixture(name="emulator")
def fixture_emulator() -> Iterator[Emulator]:
    """An emulator whose time stands still."""
    with Emulator(clock=Clock(0.0, START)) as emulator:
        yield emulator


Ask = Callable[..., tuple[int, Any]]


@pytest.fixture(name="ask")
def fixture_ask(emulator: Emulator) -> Ask:
    """Ask the remote control: method, path below /_emulator, body; status and JSON come back."""
    admin = Admin(emulator)

    def ask(method: str, path: str, body: object = None, headers: Mapping[str, str] = LOCAL) -> tuple[int, Any]:
        content = b"" if body is None else json.dumps(body).encode()
        answer = admin.answer(method, f"/_emulator/{path}", "", headers, content)
        assert answer is not None
        status, content_type, text = answer
        assert content_type == "application/json; charset=utf-8"
        return status, json.loads(text)

    return ask


# --- looking ----------------------------------------------------------------------------------------------


def test_the_state_of_a_new_emulator_is_empty(ask: Ask) -> None:
    """Nothing has happened, and the clock stands still."""
    status, state = ask("GET", "state")
    assert status == 200
    assert state["clock"] == {"now": "2023-11-14T22:13:20.000Z", "speed": 0.0}
    assert (state["sessions"], state["faults"], state["deliveries"]) == ([], [], [])
    assert state["calls"] == {"totals": {}, "last": []}
    assert state["settings"]["startup"] == 3.0


def test_the_state_tells_live_and_ended_sessions(emulator: Emulator, ask: Ask) -> None:
    """A live session has a status, an ended one an end and a cause."""
    first, second = start(emulator), start(emulator, "room")
    emulator.world.kill(first)
    emulator.clock.advance(20)
    dead, live = ask("GET", "state")[1]["sessions"]
    assert (dead["sid"], dead["cname"], dead["uid"], dead["mode"], dead["live"]) == (first, "hall", "1", "mix", False)
    assert (dead["status"], dead["cause"], dead["endsAt"]) == (None, "workerDied", "2023-11-14T22:13:20.000Z")
    assert (live["sid"], live["status"], live["live"], live["failovers"]) == (second, 5, True, 0)
    assert (live["startedAt"], live["endsAt"], live["cause"]) == ("2023-11-14T22:13:20.000Z", None, None)


def test_the_state_tells_calls_and_what_struck_them(emulator: Emulator, ask: Ask) -> None:
    """A call over HTTP is counted and listed, with the fault that struck it."""
    ask("POST", "faults", {"do": "answer", "answer": "503"})
    with httpx.Client(transport=httpx.WSGITransport(emulator.app), base_url="http://127.0.0.1") as client:
        body = {"cname": "hall", "uid": "1", "clientRequest": {}}
        client.post(f"/v1/apps/{APP}/cloud_recording/acquire", json=body, auth=("a", CANARY))
    state = ask("GET", "state")[1]
    assert state["calls"]["totals"] == {"acquire": 1}
    (call,) = state["calls"]["last"]
    assert (call["operation"], call["cname"], call["status"], call["fault"]) == ("acquire", "hall", 503, "answer")
    assert state["faults"] == [{"rule": {"do": "answer", "answer": "503"}, "struck": 1}]


def test_no_answer_holds_a_secret() -> None:
    """Neither certificates, rejected tokens and keys, nor what a start carried, nor credentials are shown."""
    settings = Settings.model_validate(
        {"appCertificate": CANARY, "rejectedTokens": [CANARY], "rejectedStorage": [CANARY, "b"]}
    )
    with Emulator(clock=Clock(0.0, START), credentials=("id", CANARY)) as emulator:
        start(emulator)
        emulator.world.settings = settings
        for path in ("state", "settings", "faults", "clock"):
            answer = Admin(emulator).answer("GET", f"/_emulator/{path}", "", LOCAL, b"")
            assert answer is not None
            assert answer[0] == 200
            assert CANARY not in answer[2].decode()
        shown = Admin(emulator).answer("GET", "/_emulator/settings", "", LOCAL, b"")
        assert shown is not None
        assert json.loads(shown[2])["rejectedStorage"] == ["(sensitive)", "(sensitive)"]


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        pytest.param("PUT", "settings", {"appCertificate": [CANARY]}, id="certificate in a list"),
        pytest.param("PUT", "settings", {"rejectedTokens": CANARY}, id="token outside of a list"),
        pytest.param("PUT", "settings", {"startup": CANARY}, id="duration"),
        pytest.param("PUT", "settings", {"switches": {"noData": CANARY}}, id="switch"),
        pytest.param("PUT", "settings", {"switches": CANARY}, id="switches"),
        pytest.param("POST", "faults", [{"do": CANARY}], id="kind of fault"),
        pytest.param("POST", "faults", [{"do": "answer", "answer": CANARY}], id="answer"),
        pytest.param("PUT", "scenario", {"seed": CANARY}, id="seed"),
        pytest.param("POST", "clock", {"advance": CANARY}, id="advance"),
    ],
)
def test_no_refusal_quotes_what_was_sent(ask: Ask, method: str, path: str, body: object) -> None:
    """A wrong value may be a secret in the wrong place: it is not told."""
    status, answer = ask(method, path, body)
    assert status == 400
    assert answer["message"]
    assert CANARY not in json.dumps(answer)


# --- faults, settings, scenario ---------------------------------------------------------------------------


def test_rules_are_replaced_added_and_removed(emulator: Emulator, ask: Ask) -> None:
    """PUT replaces, POST adds one or several, DELETE removes all; each answers with the rules in force."""
    assert ask("PUT", "faults", [{"do": "slow", "lasting": "4s"}])[0] == 200
    assert ask("POST", "faults", {"do": "emptyBody"})[0] == 200
    status, rules = ask("POST", "faults", [{"do": "kick", "after": 5}])
    assert status == 200
    assert [rule["rule"] for rule in rules] == [
        {"do": "slow", "lasting": 4.0},
        {"do": "emptyBody"},
        {"do": "kick", "after": 5.0},
    ]
    assert ask("GET", "faults") == (200, rules)
    ask("PUT", "faults", [{"do": "malformed"}])
    assert emulator.faults.rules == (Fault(do="malformed"),)
    assert ask("DELETE", "faults") == (200, [])
    assert len(emulator.faults.rules) == 0


def test_what_is_shown_of_a_rule_can_be_put_back(ask: Ask) -> None:
    """The rules that GET tells are rules that PUT takes."""
    ask("PUT", "faults", [{"do": "answer", "answer": "429", "nth": 3, "retryAfter": 5, "operation": "start"}])
    shown = ask("GET", "faults")[1]
    assert ask("PUT", "faults", [item["rule"] for item in shown]) == (200, shown)


def test_a_wrong_rule_changes_nothing(emulator: Emulator, ask: Ask) -> None:
    """All or none: the first problem is told with its place, the others behind it."""
    emulator.faults.replace((Fault(do="slow"),))
    status, answer = ask("PUT", "faults", [{"do": "emptyBody"}, {"do": "slwo"}, {"do": "kick", "nht": 1}])
    assert status == 400
    assert answer["at"] == "[1].do"
    assert "Did you mean slow?" in answer["message"]
    assert answer["more"] == [{"message": "There is no such key. Did you mean nth?", "at": "[2].nht"}]
    assert emulator.faults.rules == (Fault(do="slow"),)


def test_keys_that_do_not_go_together_are_refused(ask: Ask) -> None:
    """The models' own sentences reach the caller."""
    status, answer = ask("POST", "faults", {"do": "kick", "nth": [1]})
    assert (status, answer["at"]) == (400, "[0]")
    assert "kick befalls sessions" in answer["message"]


def test_settings_are_merged(emulator: Emulator, ask: Ask) -> None:
    """What is not named stays as it was, among the switches too; null takes a limit away."""
    emulator.world.settings = Settings(quota=5, startup=1.0, switches=Switches(noData="emptyList"))
    status, shown = ask("PUT", "settings", {"quota": None, "linger": "9s", "switches": {"tripleFree": "afterExit"}})
    assert status == 200
    assert emulator.world.settings == Settings(
        startup=1.0, linger=9.0, switches=Switches(noData="emptyList", tripleFree="afterExit")
    )
    assert (shown["linger"], shown["quota"]) == (9.0, None)


def test_a_merge_keeps_a_certificate(emulator: Emulator, ask: Ask) -> None:
    """A secret that is set and not named goes on being set."""
    ask("PUT", "settings", {"appCertificate": CANARY})
    ask("PUT", "settings", {"quota": 1})
    assert emulator.world.settings.appCertificate is not None
    assert emulator.world.settings.appCertificate.reveal() == CANARY


def test_a_scenario_is_put_in_force_as_a_whole(emulator: Emulator, ask: Ask) -> None:
    """Settings that the scenario does not name have their defaults again; sessions stay."""
    sid = start(emulator)
    emulator.world.settings = Settings(quota=5)
    status, state = ask("PUT", "scenario", {"seed": 2, "settings": {"startup": 1}, "faults": [{"do": "slow"}]})
    assert status == 200
    assert emulator.world.settings == Settings(startup=1.0)
    assert emulator.faults.rules == (Fault(do="slow"),)
    assert [session["sid"] for session in state["sessions"]] == [sid]


def test_the_state_tells_deliveries_and_no_secret_of_them(emulator: Emulator, ask: Ask) -> None:
    """A webhook that nobody receives is listed with what was wrong; its secret is not."""
    hook = {"url": "http://127.0.0.1:9/hook", "secret": CANARY, "retries": 0}
    assert ask("PUT", "scenario", {"webhooks": hook})[0] == 200
    sid = start(emulator)
    emulator.clock.advance(20)
    state = ask("GET", "state")[1]
    assert CANARY not in json.dumps(state)
    first = state["deliveries"][0]
    assert (first["sid"], first["attempt"]) == (sid, 1)
    assert first["status"] != "received"


# --- clock, sessions, channels, reset ---------------------------------------------------------------------


@pytest.mark.parametrize("text", ["72h", 259_200, 259_200.0], ids=["with a unit", "whole seconds", "seconds"])
def test_the_clock_is_advanced(emulator: Emulator, ask: Ask, text: object) -> None:
    """Time passes at once, and the answer tells the new time."""
    status, clock = ask("POST", "clock", {"advance": text})
    assert (status, clock["now"]) == (200, "2023-11-17T22:13:20.000Z")
    assert emulator.clock.now() == START + 259_200


@pytest.mark.parametrize(
    "body",
    [
        pytest.param({"advance": -1}, id="backwards"),
        pytest.param({"advance": "87601h"}, id="more than ten years"),
        pytest.param({"advance": 10**400}, id="beyond a float"),
        pytest.param({"advance": "soon"}, id="no duration"),
        pytest.param({}, id="nothing"),
        pytest.param({"advance": 1, "speed": 2}, id="unknown key"),
        pytest.param([], id="list"),
    ],
)
def test_a_wrong_advance_moves_nothing(emulator: Emulator, ask: Ask, body: object) -> None:
    """The clock stays where it is."""
    assert ask("POST", "clock", body)[0] == 400
    assert emulator.clock.now() == START


@pytest.mark.parametrize("what", sorted(CAUSES))
def test_a_session_is_made_to_end(emulator: Emulator, ask: Ask, what: str) -> None:
    """Each end has its cause, now or after a while."""
    sid, later = start(emulator), start(emulator, "room")
    status, session = ask("POST", f"sessions/{sid}/{what}")
    assert (status, session["cause"], session["live"]) == (200, CAUSES[what].value, False)
    assert ask("POST", f"sessions/{later}/{what}", {"after": "10s"})[1]["live"]
    emulator.clock.advance(11)
    assert emulator.world.sessions() == []


def test_a_session_is_made_to_fail_over(emulator: Emulator, ask: Ask) -> None:
    """It is 404 for as long as was asked, and then goes on."""
    sid = start(emulator)
    found = emulator.world.session(sid)
    assert found is not None
    assert ask("POST", f"sessions/{sid}/failover", {"lasting": "45s"})[0] == 200
    emulator.clock.advance(44)
    assert emulator.world.query(APP, found.resource_id, sid, "mix")[0] == 404
    emulator.clock.advance(2)
    assert emulator.world.query(APP, found.resource_id, sid, "mix")[0] == 200
    assert ask("GET", "state")[1]["sessions"][0]["failovers"] == 1


def test_an_unknown_session_is_404_and_an_ended_one_409(emulator: Emulator, ask: Ask) -> None:
    """Nothing befalls what is not there."""
    sid = start(emulator)
    emulator.world.kill(sid)
    assert ask("POST", "sessions/none/kick")[0] == 404
    assert ask("POST", f"sessions/{sid}/kick")[0] == 409


def test_a_failover_of_more_than_90_seconds_is_refused(emulator: Emulator, ask: Ask) -> None:
    """Agora's failovers are over by then."""
    assert ask("POST", f"sessions/{start(emulator)}/failover", {"lasting": 91})[0] == 400


def test_people_leave_and_join_a_channel(emulator: Emulator, ask: Ask) -> None:
    """After a leave the recorder has an end in sight, after a join it has none."""
    start(emulator, "a b")
    assert ask("POST", "channels/a b/leave")[0] == 200
    assert ask("GET", "state")[1]["sessions"][0]["cause"] == "idle"
    assert ask("POST", "channels/a b/join") == (200, {"channel": "a b", "did": "join"})
    assert ask("GET", "state")[1]["sessions"][0]["cause"] is None


def test_a_reset_forgets_sessions_and_keeps_rules(emulator: Emulator, ask: Ask) -> None:
    """The world is empty again, and no rule has struck."""
    start(emulator)
    ask("PUT", "faults", [{"do": "slow"}])
    status, state = ask("POST", "reset")
    assert status == 200
    assert state["sessions"] == []
    assert state["calls"] == {"totals": {}, "last": []}
    assert state["faults"] == [{"rule": {"do": "slow"}, "struck": 0}]


# --- refusals ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "host",
    [
        pytest.param("evil.example", id="foreign name"),
        pytest.param("evil.example:4000", id="foreign name with port"),
        pytest.param("localhost.evil.example", id="name that begins well"),
        pytest.param("127.0.0.1.evil.example", id="name that begins with an address"),
        pytest.param("192.168.0.1", id="address of the local network"),
        pytest.param("0.0.0.0", id="any address"),  # noqa: S104 - refused
        pytest.param("", id="no host"),
        pytest.param("[::1", id="malformed"),
    ],
)
def test_a_foreign_host_is_refused(ask: Ask, host: str) -> None:
    """A web page that was rebound to this machine names its own host; it does not even read the state."""
    assert ask("GET", "state", headers={"host": host})[0] == 403


@pytest.mark.parametrize("host", ["127.0.0.1", "127.0.0.2:80", "localhost:4000", "LOCALHOST", "[::1]:4000", "[::1]"])
def test_a_loopback_host_is_let_in(ask: Ask, host: str) -> None:
    """All names of this machine will do."""
    assert ask("GET", "state", headers={"host": host})[0] == 200


@pytest.mark.parametrize(
    "origin",
    [
        pytest.param("https://evil.example", id="foreign site"),
        pytest.param("http://127.0.0.1:9999", id="another port of this machine"),
        pytest.param("null", id="sandboxed page"),
    ],
)
def test_a_web_page_of_another_origin_changes_nothing(emulator: Emulator, ask: Ask, origin: str) -> None:
    """The origin of a change is the emulator's own, or there is none."""
    assert ask("POST", "clock", {"advance": 5}, {**LOCAL, "origin": origin})[0] == 403
    assert emulator.clock.now() == START


def test_the_status_page_may_change_things(ask: Ask) -> None:
    """A page that the emulator itself served has its origin."""
    assert ask("POST", "clock", {"advance": 5}, {**LOCAL, "origin": "http://127.0.0.1:4000"})[0] == 200


@pytest.mark.parametrize("content_type", ["", "text/plain", "application/x-www-form-urlencoded", "application/jsonx"])
def test_a_change_that_is_no_json_is_refused(emulator: Emulator, ask: Ask, content_type: str) -> None:
    """What a form could send without asking is not accepted."""
    assert ask("POST", "clock", {"advance": 5}, {**LOCAL, "content-type": content_type})[0] == 415
    assert ask("DELETE", "faults", None, {**LOCAL, "content-type": content_type})[0] == 415
    assert emulator.clock.now() == START


def test_a_charset_beside_json_is_accepted(ask: Ask) -> None:
    """Many clients name one."""
    headers = {**LOCAL, "content-type": "application/json; charset=utf-8"}
    assert ask("POST", "clock", {"advance": 5}, headers)[0] == 200


@pytest.mark.parametrize("path", ["nothing", "", "state/more", "sessions/x/dance", "channels//leave", "channels/leave"])
def test_an_unknown_path_is_404(ask: Ask, path: str) -> None:
    """The answer says where to look."""
    status, answer = ask("GET", path)
    assert status in {404, 405}
    assert answer["message"]


@pytest.mark.parametrize(
    ("method", "path", "allowed"),
    [
        pytest.param("POST", "state", ["GET"], id="state is only read"),
        pytest.param("PATCH", "faults", ["GET", "PUT", "POST", "DELETE"], id="faults know no PATCH"),
        pytest.param("GET", "reset", ["POST"], id="a look resets nothing"),
        pytest.param("GET", "sessions/x/kick", ["POST"], id="a look kicks nobody"),
    ],
)
def test_a_wrong_method_is_405_and_names_the_right_ones(ask: Ask, method: str, path: str, allowed: list[str]) -> None:
    """The answer lists what the path takes."""
    status, answer = ask(method, path)
    assert (status, answer["allow"]) == (405, allowed)


@pytest.mark.parametrize(
    ("body", "status"),
    [
        pytest.param(b"{", 400, id="cut short"),
        pytest.param(b"\xff", 400, id="no UTF-8"),
        pytest.param(b'{"advance": NaN}', 400, id="not a number"),
        pytest.param(b"[" * 100_000, 400, id="too deep"),
        pytest.param(b" " * (MAX_BODY + 1), 413, id="too large"),
    ],
)
def test_a_body_that_is_no_json_is_refused(emulator: Emulator, body: bytes, status: int) -> None:
    """The text of the body is not repeated."""
    answer = Admin(emulator).answer("POST", "/_emulator/clock", "", LOCAL, body)
    assert answer is not None
    assert answer[0] == status


def test_other_paths_are_not_its_own(emulator: Emulator) -> None:
    """What does not stand below the root is left to others."""
    assert Admin(emulator).answer("GET", "/_emulators/state", "", LOCAL, b"") is None
    assert Admin(emulator)({"REQUEST_METHOD": "GET", "PATH_INFO": "/v1/apps"}) is None


def test_it_is_reached_through_the_application(emulator: Emulator) -> None:
    """The emulator's WSGI application serves it, without credentials."""
    with httpx.Client(transport=httpx.WSGITransport(emulator.app), base_url="http://127.0.0.1:4000") as client:
        assert client.get("/_emulator/state").json()["clock"]["speed"] == 0.0
        assert client.post("/_emulator/clock", json={"advance": "1h"}).status_code == 200
        assert client.post("/_emulator/channels/caf%C3%A9%20%2F1/leave", json={}).json()["channel"] == "café /1"
        assert client.get("/_emulator/state", headers={"Host": "evil.example"}).status_code == 403
    assert emulator.clock.now() == START + 3600


def test_every_path_is_documented() -> None:
    """The reference page names each path with each method."""
    text = PAGE.read_text("utf-8")
    rows = {
        ("state", "GET"),
        *(("faults", method) for method in ("GET", "PUT", "POST", "DELETE")),
        *(("settings", method) for method in ("GET", "PUT")),
        ("scenario", "PUT"),
        *(("clock", method) for method in ("GET", "POST")),
        ("reset", "POST"),
        *((f"sessions/SID/{what}", "POST") for what in (*CAUSES, "failover")),
        *((f"channels/CNAME/{what}", "POST") for what in ("leave", "join")),
    }
    assert [row for row in sorted(rows) if f"| `/_emulator/{row[0]}` | {row[1]} |" not in text] == []


_WORDS = st.sampled_from(
    ["state", "faults", "settings", "scenario", "clock", "reset", "sessions", "channels", "leave", "join", "kick", "x"]
)
_PATHS = st.lists(_WORDS | st.text(st.characters(), max_size=4), max_size=4).map("/".join)
_KEYS = st.sampled_from(
    [*Fault.model_fields, *Settings.model_fields, "advance", "lasting", "seed", "settings", "faults", "switches"]
)
_TEXT = st.text(st.characters(), max_size=6)  # lone surrogates too: JSON can hold them
_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | _TEXT | st.sampled_from(["slow", "kick", "5s"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_KEYS | st.text(max_size=3), inner, max_size=4),
    max_leaves=10,
)


@settings(deadline=None)  # a loaded machine is no mistake of the emulator
@given(
    method=st.sampled_from(["GET", "HEAD", "PUT", "POST", "DELETE", "PATCH", "OPTIONS", "x"]),
    path=_PATHS,
    body=st.binary(max_size=20) | _VALUES.map(lambda value: json.dumps(value).encode()),
    headers=st.just(LOCAL) | st.dictionaries(st.sampled_from(["host", "origin", "content-type"]), st.text(max_size=9)),
)
def test_whatever_is_asked_there_is_an_answer(
    tmp_path_factory: pytest.TempPathFactory, method: str, path: str, body: bytes, headers: dict[str, str]
) -> None:
    """No method, path, header or body makes it raise, and the emulator still works afterwards."""
    store = SqliteStore(tmp_path_factory.mktemp("store") / "e.db") if "sessions" in path else None
    with Emulator(clock=Clock(0.0, START), store=store) as emulator:
        admin = Admin(emulator)
        answer = admin.answer(method, f"/_emulator/{path}", "", headers, body)
        assert answer is not None
        assert answer[0] in {200, 400, 403, 404, 405, 409, 413, 415}
        json.loads(answer[2])
        after = admin.answer("GET", "/_emulator/state", "", LOCAL, b"")
        assert after is not None
        assert after[0] == 200
