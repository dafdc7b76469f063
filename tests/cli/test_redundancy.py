"""A recording by two sessions, as a user has it: one resource in every command."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from tests.cli.conftest import HALL, Project

ADDRESS = "CompositeRecording.hall"
SECOND = f"{ADDRESS}/2"
TWICE = HALL.replace('  uid: "10001"\n', '  uid: "10001"\n  redundancy: 2\n  secondUid: "10002"\n')
IDLE = TWICE.replace("channelType: live", "channelType: live, maxIdleTime: 60")
REQUEST = {
    "token": "canary-hall-token",
    "recordingConfig": {"channelType": 1, "subscribeAudioUids": ["7"], "subscribeVideoUids": ["7"]},
    "storageConfig": {
        "vendor": 1,
        "region": 0,
        "bucket": "b",
        "accessKey": "canary-access-key",
        "secretKey": "canary-secret-key",
    },
}


@pytest.fixture
def twice(project: Project) -> Iterator[Project]:
    """The recording with two sessions; whatever is done, no secret is in any file."""
    project.write(TWICE)
    yield project
    for path in (project.root / "state").rglob("*"):
        assert path.is_dir() or b"canary" not in path.read_bytes(), path


def out(project: Project, *args: str) -> str:
    """What a command prints that must succeed."""
    done = project.run(*args)
    assert done.returncode == 0, done.stderr
    assert "canary" not in done.stdout + done.stderr
    return done.stdout


def document(project: Project, *args: str) -> dict[str, Any]:
    """What a command prints as JSON."""
    found: dict[str, Any] = json.loads(out(project, *args, "--format", "json"))
    return found


def uids(project: Project) -> list[str]:
    """Who records."""
    return sorted(item.uid for item in project.world.sessions())


def end(project: Project, uid: str) -> None:
    """Let one of the sessions die."""
    assert all(project.world.kill(item.sid) for item in project.world.sessions() if item.uid == uid)


def test_it_is_one_recording_to_people(twice: Project) -> None:
    """One to validate, one to add, one in the list, one added, one as wanted; the calls are those of two sessions."""
    assert "1 recording." in out(twice, "validate")
    text = out(twice, "plan")
    assert "Plan: 1 to add, 0 to change, 0 to destroy.\n4 API calls: 2 acquire, 2 start" in text
    assert "        first session, uid 10001: create (acquire, start)\n" in text
    assert "        second session, uid 10002: create (acquire, start)\n" in text
    assert "Recordings: 1 added, 0 changed, 0 destroyed. 4 API calls." in twice.apply().stdout
    assert uids(twice) == ["10001", "10002"]
    assert out(twice, "state", "list") == f"{ADDRESS}\n"
    twice.seen.clear()
    assert "No changes. Recordings match the manifests.\n1 recording, 0 API calls" in out(twice, "plan")
    assert twice.seen == ["query", "query"]


def test_the_state_shows_both_sessions_under_the_one_address(twice: Project) -> None:
    """As text and as JSON; the second one says whom it was kept apart from, and can be shown by itself."""
    twice.apply()
    shown = document(twice, "state", "show", ADDRESS)
    assert (shown["address"], shown["uid"]) == (ADDRESS, "10001")
    assert (shown["second"]["address"], shown["second"]["uid"]) == (SECOND, "10002")
    assert shown["second"]["apartFrom"] == [shown["resourceId"]]
    text = out(twice, "state", "show", ADDRESS)
    assert f"# {ADDRESS}: RUNNING" in text
    assert f"# {SECOND}: RUNNING" in text
    assert f'apartFrom   = "{shown["resourceId"]}"' in text
    assert document(twice, "state", "show", SECOND)["uid"] == "10002"
    assert out(twice, "state", "why", ADDRESS).count(ADDRESS) == 2
    assert document(twice, "state", "why", ADDRESS)["second"]["address"] == SECOND
    assert document(twice, "show")["resources"].keys() == {ADDRESS, SECOND}


@pytest.mark.parametrize(("uid", "leg", "which"), [("10001", ADDRESS, "first"), ("10002", SECOND, "second")])
def test_a_degraded_recording_is_restored_by_two_calls(twice: Project, uid: str, leg: str, which: str) -> None:
    """The drift names the session, the plan updates the recording, and the other session is not touched."""
    twice.apply()
    end(twice, uid)
    made = document(twice, "plan")
    assert [(item["address"], item["now"]) for item in made["drift"]] == [(leg, "ENDED")]
    (change,) = made["changes"]
    assert (change["address"], change["action"], change["calls"]) == (ADDRESS, "update", ["acquire", "start"])
    assert [item["address"] for item in change["sessions"]] == [leg]
    assert made["summary"]["update"] == 1
    text = out(twice, "plan")
    assert f"will be updated in place (degraded: its {which} session (uid {uid}): the session ended" in text
    assert "the other one is left as it is" in text
    assert twice.run("plan", "--detailed-exitcode").returncode == 2
    other = next(item.sid for item in twice.world.sessions())
    assert "0 added, 1 changed, 0 destroyed. 2 API calls." in twice.apply().stdout
    assert uids(twice) == ["10001", "10002"]
    assert other in {item.sid for item in twice.world.sessions()}


@pytest.mark.parametrize("form", ["markdown", "html", "terraform", "junit", "sarif", "gitlab"])
def test_every_format_has_it_as_one_recording(twice: Project, form: str) -> None:
    """Formats for people name the sessions, and a reader of Terraform plans sees one update."""
    twice.apply()
    end(twice, "10002")
    text = out(twice, "plan", "--format", form)
    if form in {"markdown", "html"}:
        assert "second session, uid 10002: create (acquire, start)" in text
        assert "degraded" in text
    elif form == "terraform":
        read = json.loads(text)
        (change,) = read["resource_changes"]
        assert (change["address"], change["change"]["actions"]) == (ADDRESS, ["update"])
        assert "resource_drift" not in read
    elif form == "gitlab":
        assert json.loads(text) == {"create": 0, "update": 1, "delete": 0}


def test_a_replacement_says_that_there_is_no_gap(twice: Project) -> None:
    """One session after the other: the plan says so, and apply does it."""
    twice.apply()
    twice.write(IDLE)
    text = out(twice, "plan")
    assert "one session after the other, so that one of the two records at any moment" in text
    assert "are not recorded" not in text
    assert "it is cut off; the other session of it records on" in text
    assert "1 added, 0 changed, 1 destroyed. 6 API calls." in twice.apply().stdout
    assert uids(twice) == ["10001", "10002"]
    assert "No changes." in out(twice, "plan")


def test_one_session_is_the_target_by_its_own_address(twice: Project) -> None:
    """With /2 behind it; the address of the recording means both."""
    twice.apply()
    (both,) = document(twice, "plan", "--replace", ADDRESS)["changes"]
    assert both["calls"] == ["stop", "acquire", "start"] * 2
    (one,) = document(twice, "plan", "--replace", SECOND)["changes"]
    assert (one["address"], one["calls"]) == (ADDRESS, ["stop", "acquire", "start"])
    assert document(twice, "plan", "--exclude", ADDRESS, "--replace", ADDRESS)["changes"] == []
    assert twice.run("plan", "--target", f"{ADDRESS}/3").returncode == 1


def test_a_saved_plan_is_applied(twice: Project) -> None:
    """What was approved is done, and shown as it was."""
    out(twice, "plan", "--out", "plan.json")
    assert "second session, uid 10002" in out(twice, "show", "plan.json")
    done = document(twice, "apply", "plan.json", "--auto-approve")
    assert [(item["address"], len(item["calls"])) for item in done["applied"]] == [(ADDRESS, 4)]
    assert uids(twice) == ["10001", "10002"]


def test_moving_and_giving_up_are_about_both(twice: Project) -> None:
    """`state mv` and `state rm` name the recording; one session is given up by its own address."""
    twice.apply()
    out(twice, "state", "mv", ADDRESS, "CompositeRecording.aula")
    assert out(twice, "state", "list") == "CompositeRecording.aula\n"
    assert document(twice, "state", "show", "CompositeRecording.aula")["second"]["uid"] == "10002"
    wrong = twice.run("state", "mv", "CompositeRecording.aula", SECOND)
    assert wrong.returncode == 1
    assert "not the same session" in wrong.stderr
    out(twice, "state", "mv", "CompositeRecording.aula", ADDRESS)
    assert out(twice, "state", "rm", SECOND).count("Gave up") == 1
    assert document(twice, "state", "show", ADDRESS).keys().isdisjoint({"second"})
    assert out(twice, "state", "rm", ADDRESS).count("Gave up") == 1
    assert uids(twice) == ["10001", "10002"]


def test_giving_up_the_recording_tells_both_sessions(twice: Project) -> None:
    """Whoever gives it up has both sids to look for."""
    twice.apply()
    gone = out(twice, "state", "rm", ADDRESS)
    assert all(item.sid in gone for item in twice.world.sessions())
    assert out(twice, "state", "list") == ""


def test_sessions_that_run_already_are_imported_one_by_one(twice: Project) -> None:
    """The second one under its own address; then there is nothing to do."""
    for address, uid in ((ADDRESS, "10001"), (SECOND, "10002")):
        body = {"cname": "hall", "uid": uid, "clientRequest": REQUEST}
        resource_id = twice.world.acquire("app", {**body, "clientRequest": {}})[1]["resourceId"]
        sid = str(twice.world.start("app", resource_id, "mix", body)[1]["sid"])
        out(twice, "import", address, "--resource-id", resource_id, "--sid", sid)
    assert "No changes." in out(twice, "plan")
    wrong = twice.run("import", SECOND, "--from-request", "-")
    assert wrong.returncode == 1
    assert f"{SECOND} is the second session of {ADDRESS}" in wrong.stderr


def test_redundancy_ends_by_one_stop(twice: Project) -> None:
    """The second session is stopped, and the first one records on."""
    twice.apply()
    twice.write(HALL)
    text = out(twice, "plan")
    assert "its second session (uid 10002): not wanted any more; the other one is left as it is" in text
    assert "0 to add, 1 to change, 0 to destroy.\n1 API call: 1 stop" in text
    twice.apply()
    assert uids(twice) == ["10001"]


def test_destroy_stops_both(twice: Project) -> None:
    """One recording destroyed, two stops."""
    twice.apply()
    done = twice.run("destroy", "--auto-approve")
    assert done.returncode == 0, done.stderr
    assert "0 added, 0 changed, 1 destroyed. 2 API calls." in done.stdout
    assert (uids(twice), out(twice, "state", "list")) == ([], "")


def test_a_guard_stands_over_both(twice: Project) -> None:
    """PreventStop refuses to stop the second session alone, too."""
    guarded = f"{TWICE}  lifecycle: {{preventStop: true}}\n"
    twice.write(guarded)
    twice.apply()
    twice.write(f"{HALL}  lifecycle: {{preventStop: true}}\n")
    refused = twice.run("plan")
    assert refused.returncode == 1
    assert f"{SECOND}: the plan would stop it" in refused.stderr
    assert "hall.yaml:" in refused.stderr


def test_two_sessions_need_room_for_two(twice: Project) -> None:
    """MaxConcurrent counts sessions, as Agora does."""
    path = twice.root / "takeup.yaml"
    text = path.read_text("utf-8")
    path.write_text(
        text.replace("requestsPerSecond: off", "requestsPerSecond: off\n    maxConcurrent: {mix: 1}"), "utf-8"
    )
    refused = twice.run("plan")
    assert refused.returncode == 1
    assert "allows 1" in refused.stderr
    assert SECOND in refused.stderr


def test_a_new_name_keeps_both_sessions(twice: Project) -> None:
    """lifecycle.moved moves both, without a call."""
    twice.apply()
    twice.write(TWICE.replace("{name: hall}", "{name: aula}") + "  lifecycle: {moved: [{from: hall}]}\n")
    made = document(twice, "plan")
    assert [(item["from"], item["to"]) for item in made["moves"]] == [
        (ADDRESS, "CompositeRecording.aula"),
        (SECOND, "CompositeRecording.aula/2"),
    ]
    assert made["changes"] == []
    twice.apply()
    assert out(twice, "state", "list") == "CompositeRecording.aula\n"


def test_a_schedule_is_for_both(twice: Project) -> None:
    """Outside of the window neither is wanted, and the recording is told once."""
    window = '  schedule: {windows: [{from: "2099-01-01T00:00", to: "2099-01-02T00:00"}]}\n'
    twice.write(TWICE + window)
    assert document(twice, "plan")["changes"] == []
    assert out(twice, "next").count(ADDRESS) == 1
    (change,) = document(twice, "plan", "--at", "2099-01-01T12:00Z")["changes"]
    assert (change["action"], len(change["calls"])) == ("create", 4)
