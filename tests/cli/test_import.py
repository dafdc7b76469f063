"""Sessions that something else has started, as a user brings them under takeup."""

import json
from typing import TYPE_CHECKING

import pytest

from takeup.provider.emulator.faults import Fault

if TYPE_CHECKING:
    from tests.cli.conftest import Project

HALL = "CompositeRecording.hall"
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


def start_elsewhere(project: "Project", uid: str = "10001") -> tuple[str, str]:
    """Start what the manifest declares behind takeup's back; its resourceId and sid."""
    body = {"cname": "hall", "uid": uid, "clientRequest": REQUEST}
    acquired = project.world.acquire("app", {**body, "clientRequest": {}})[1]
    status, answer = project.world.start("app", acquired["resourceId"], "mix", body)
    assert status == 200, answer
    return acquired["resourceId"], str(answer["sid"])


def imported(project: "Project", *args: str) -> str:
    """Import, which must succeed; its output."""
    done = project.run("import", HALL, *args)
    assert done.returncode == 0, done.stderr
    return done.stdout


def refused(project: "Project", *args: str) -> str:
    """Import, which must fail and leave the state alone; what it says."""
    before = project.run("show", "--format", "json").stdout
    done = project.run("import", *args)
    assert done.returncode == 1
    assert done.stdout == ""
    assert "Traceback" not in done.stderr
    assert project.run("show", "--format", "json").stdout == before
    return done.stderr


def test_an_imported_session_needs_no_change(project: "Project") -> None:
    """A session started by a script is recorded with one query, and a manifest that matches plans nothing."""
    resource_id, sid = start_elsewhere(project)
    shown = imported(project, "--resource-id", resource_id, "--sid", sid)
    assert project.seen == ["query"]
    assert "an emulator or proxy on this machine" in shown.splitlines()[0]
    assert "The manifest is believed" in shown
    assert project.run("plan", "--detailed-exitcode").returncode == 0
    assert project.run("destroy", "--auto-approve").returncode == 0
    assert project.world.sessions() == []


def test_a_lost_session_is_found_again(project: "Project") -> None:
    """Where the state holds the resourceId of a start without an answer, the sid alone brings it back."""
    project.faults.add(Fault(do="lostResponse", operation=["start"], nth=[1]))
    assert project.run("apply", "--auto-approve").returncode == 1
    assert "is LOST" in project.run("plan").stdout
    (session,) = project.world.sessions()
    shown = imported(project, "--sid", session.sid)
    assert session.resource_id in shown
    assert "believed" not in shown
    assert project.run("plan", "--detailed-exitcode").returncode == 0
    assert len(project.world.sessions()) == 1


def test_importing_twice_says_so(project: "Project") -> None:
    """The second time nothing is asked and nothing is written."""
    resource_id, sid = start_elsewhere(project)
    imported(project, "--resource-id", resource_id, "--sid", sid)
    state = (project.root / "state/default.json").read_bytes()
    again = json.loads(imported(project, "--sid", sid, "--format", "json"))
    assert (again["imported"], again["status"]) == (False, None)
    assert project.seen == ["query"]
    assert (project.root / "state/default.json").read_bytes() == state


def test_the_time_of_the_start_is_kept(project: "Project") -> None:
    """--started-at is what the state says afterwards, also where it comes later."""
    resource_id, sid = start_elsewhere(project)
    first = json.loads(imported(project, "--resource-id", resource_id, "--sid", sid, "--format", "json"))
    assert "run this again with --started-at" in " ".join(first["notes"])
    later = json.loads(imported(project, "--sid", sid, "--started-at", "2026-01-02T03:04:05+01:00", "--format", "json"))
    assert later["startedAt"] == "2026-01-02T02:04:05Z"
    assert "2026-01-02T02:04:05Z" in project.run("state", "show", HALL).stdout


def test_no_secret_is_told_or_kept(project: "Project") -> None:
    """Neither the output nor a file of the state holds a secret of the manifest."""
    resource_id, sid = start_elsewhere(project)
    text = imported(project, "--resource-id", resource_id, "--sid", sid)
    text += "".join(path.read_text("utf-8") for path in (project.root / "state").iterdir() if path.is_file())
    assert "canary" not in text


def test_a_session_that_is_gone_is_not_recorded(project: "Project") -> None:
    """A 404 says that it may be failing over, and when to try again."""
    resource_id, _ = start_elsewhere(project)
    text = refused(project, HALL, "--resource-id", resource_id, "--sid", "0" * 32)
    assert "404" in text
    assert "try again in 90 s" in text


def test_a_session_of_another_uid_is_not_recorded(project: "Project") -> None:
    """What answers for another recorder than the manifest declares is refused, and both are named."""
    resource_id, sid = start_elsewhere(project, uid="777")
    text = refused(project, HALL, "--resource-id", resource_id, "--sid", sid)
    assert "10001" in text
    assert "777" in text


@pytest.mark.parametrize(
    ("args", "words"),
    [
        pytest.param(["CompositeRecording.hal", "--sid", "s"], "Did you mean CompositeRecording.hall?", id="misspelt"),
        pytest.param(["WebPageRecording.x", "--sid", "s"], "--from-request FILE", id="not in the manifests"),
        pytest.param([HALL, "--sid", "s"], "--resource-id", id="no resourceId and no LOST session"),
        pytest.param([HALL], "needs the sid", id="neither sid nor request"),
        pytest.param([HALL, "--sid", "s", "--to", "x"], "--to goes with --from-request only", id="mixed flags"),
        pytest.param([HALL, "--sid", "s", "--from-request", "x"], "does not go with it", id="both forms"),
        pytest.param([HALL, "--sid", "s", "--started-at", "noon"], "is no time", id="no time"),
        pytest.param([HALL, "--sid", "s", "--started-at", "2026-01-02T03:04:05"], "no zone", id="no zone"),
        pytest.param([HALL, "--sid", "s", "--started-at", "2999-01-02T03:04:05Z"], "not come yet", id="in the future"),
        pytest.param(["Composite.x", "--from-request", "x"], "Did you mean CompositeRecording.x?", id="no such kind"),
        pytest.param([HALL, "--from-request", "x.json"], "There is no file x.json", id="no such request"),
    ],
)
def test_what_cannot_be_imported_is_told(project: "Project", args: list[str], words: str) -> None:
    """Each mistake is answered by a sentence that helps, before anybody is asked."""
    assert words in refused(project, *args)
    assert project.seen == []


def request(project: "Project", name: str = "start.json", uid: str = "20001") -> str:
    """A start request in a file of the project; the file's name."""
    body = {"cname": "all-hands", "uid": uid, "clientRequest": REQUEST}
    (project.root / name).write_text(json.dumps(body, indent="\t"), "utf-8")
    return name


def test_a_request_becomes_a_manifest(project: "Project") -> None:
    """Stdout is the manifest, stderr says what is left to do, and no secret is on either."""
    address = "CompositeRecording.all-hands"
    done = project.run("import", address, "--from-request", request(project))
    assert done.returncode == 0, done.stderr
    assert "canary" not in done.stdout + done.stderr
    assert "ALL_HANDS_TOKEN" in done.stderr
    project.write(done.stdout, "all-hands.yaml")
    assert "Success! The manifests are valid: 2 recordings." in project.run("validate").stdout


def test_a_manifest_is_put_behind_others(project: "Project") -> None:
    """Each byte of the file is kept, comments included, and the new document is read with the others."""
    path = project.root / "manifests/hall.yaml"
    before = "# the hall, which never closes\n\n" + path.read_text("utf-8").rstrip() + "   # no line end here"
    path.write_text(before, "utf-8")
    args = ["CompositeRecording.all-hands", "--from-request", request(project), "--to", "manifests/hall.yaml"]
    done = project.run("import", *args)
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("Wrote CompositeRecording.all-hands to manifests/hall.yaml.\n")
    assert path.read_text("utf-8").startswith(before + "\n---\napiVersion: takeup/v1\n")
    assert "2 recordings" in project.run("validate").stdout
    twice = project.run("import", *args)
    assert twice.returncode == 1
    assert "declares CompositeRecording.all-hands already" in twice.stderr


def test_a_recorder_is_declared_once(project: "Project") -> None:
    """A request for the cname and uid of another manifest is refused, and no file is made."""
    body = {"cname": "hall", "uid": "10001", "clientRequest": REQUEST}
    (project.root / "start.json").write_text(json.dumps(body), "utf-8")
    args = ["CompositeRecording.again", "--from-request", "start.json", "--to", "manifests/again.yaml"]
    done = project.run("import", *args)
    assert done.returncode == 1
    assert HALL in done.stderr
    assert not (project.root / "manifests/again.yaml").exists()


def test_a_request_and_its_session_become_one_recording(project: "Project") -> None:
    """From a running script to an empty plan: the request becomes a manifest, the session is imported by it."""
    (project.root / "manifests/hall.yaml").unlink()
    body = {"cname": "hall", "uid": "10001", "clientRequest": REQUEST}
    (project.root / "start.json").write_text(json.dumps(body), "utf-8")
    done = project.run("import", HALL, "--from-request", "start.json", "--to", "manifests/hall.yaml")
    assert done.returncode == 0, done.stderr
    project.env |= {"S3_ACCESS_KEY": "canary-access-key", "S3_SECRET_KEY": "canary-secret-key"}
    resource_id, sid = start_elsewhere(project)
    imported(project, "--resource-id", resource_id, "--sid", sid)
    assert project.run("plan", "--detailed-exitcode").returncode == 0


def test_a_wrong_request_is_told_with_its_places(project: "Project") -> None:
    """Problems of a request stand at the lines of the request, and nothing is written."""
    request(project)
    path = project.root / "start.json"
    path.write_text(path.read_text("utf-8").replace('"subscribeVideoUids"', '"unsubscribeVideoUids"'), "utf-8")
    done = project.run("import", HALL, "--from-request", "start.json", "--to", "manifests/new.yaml")
    assert done.returncode == 1
    assert "start.json:11:" in done.stderr
    assert "Did you mean 'unSubscribeVideoUids'?" in done.stderr
    assert "canary" not in done.stderr
    assert not (project.root / "manifests/new.yaml").exists()
