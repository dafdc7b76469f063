"""plan --out, show FILE, apply FILE and apply --approve-digest, as a user types them."""

import json
from typing import TYPE_CHECKING

import pytest
from tests.cli.conftest import HALL, SECRETS

if TYPE_CHECKING:
    from tests.cli.conftest import Project

OTHER = HALL.replace("name: hall", "name: room").replace("cname: hall", "cname: room")


def digest(project: "Project") -> str:
    """The digest of the plan of this moment."""
    return str(json.loads(project.run("plan", "--format", "json").stdout)["digest"])


def test_a_saved_plan_is_shown_and_applied(project: "Project") -> None:
    """It holds no secret, is shown in any format, needs no further yes, and a second time there is nothing to do."""
    done = project.run("plan", "--out", "p.plan")
    assert done.returncode == 0, done.stderr
    text = (project.root / "p.plan").read_text("utf-8")
    assert [secret for secret in SECRETS.values() if secret in text] == []
    assert project.run("show", "p.plan").stdout == project.run("plan").stdout
    assert "<!-- takeup-plan digest=" in project.run("show", "p.plan", "--format", "markdown").stdout
    for _ in range(2):
        applied = project.run("apply", "p.plan")
        assert applied.returncode == 0, applied.stderr
    assert len(project.world.sessions()) == 1
    assert "nothing is to be done any more" in applied.stderr


def test_what_goes_beyond_the_approval_is_not_done(project: "Project") -> None:
    """Another recording was declared since: nothing is done, the exit code is 4, and both plans are told."""
    project.run("plan", "--out", "p.plan")
    project.write(OTHER, "room.yaml")
    done = project.run("apply", "p.plan")
    assert done.returncode == 4
    assert "+ CompositeRecording.room: create (acquire, start)" in done.stdout
    told = json.loads(project.run("apply", "p.plan", "--format", "json").stdout)
    assert told["stale"] is True
    assert len(told["reasons"]) == 1
    assert project.world.sessions() == []


def test_a_death_does_not_void_the_rest(project: "Project") -> None:
    """A session that was to be replaced died: it is started, with the approved calls that are left."""
    project.apply()
    project.write(HALL.replace('subscribeVideoUids: ["7"]}', 'subscribeVideoUids: ["7"], maxIdleTime: 60}'))
    assert "must be replaced" in project.run("plan", "--out", "p.plan").stdout
    (session,) = project.world.sessions()
    project.world.kill(session.sid)
    done = project.run("apply", "p.plan")
    assert done.returncode == 0, done.stdout + done.stderr
    assert len(project.world.sessions()) == 1


def test_a_digest_that_was_approved_elsewhere(project: "Project") -> None:
    """The same plan again has the same digest and is applied; any other is not."""
    approved = digest(project)
    refused = project.run("apply", "--approve-digest", "sha256:" + "0" * 64)
    assert refused.returncode == 4
    assert approved in refused.stdout
    done = project.run("apply", "--approve-digest", approved)
    assert done.returncode == 0, done.stderr
    assert len(project.world.sessions()) == 1


def test_a_file_must_have_the_digest_that_was_approved(project: "Project") -> None:
    """Otherwise somebody made another one since."""
    project.run("plan", "--out", "p.plan")
    done = project.run("apply", "p.plan", "--approve-digest", "sha256:" + "0" * 64)
    assert (done.returncode, project.world.sessions()) == (1, [])
    assert "not the approved one" in done.stderr
    assert project.run("apply", "p.plan", "--approve-digest", digest(project)).returncode == 0


def test_a_plan_to_destroy_destroys(project: "Project") -> None:
    """It stops what is recorded, whatever the manifests say."""
    project.apply()
    project.run("plan", "--destroy", "--out", "p.plan")
    done = project.run("apply", "p.plan", "--force")
    assert done.returncode == 0, done.stderr
    assert project.world.sessions() == []


def test_a_plan_is_valid_for_a_time(project: "Project") -> None:
    """After spec.plans.validFor it is stale."""
    text = (project.root / "takeup.yaml").read_text("utf-8")
    (project.root / "takeup.yaml").write_text(f"{text}  plans: {{validFor: 0s}}\n", "utf-8")
    project.run("plan", "--out", "p.plan")
    done = project.run("apply", "p.plan")
    assert done.returncode == 4
    assert "it was valid until" in done.stdout


@pytest.mark.parametrize(
    ("args", "words"),
    [
        pytest.param(["apply", "nowhere.plan"], "cannot be read", id="no such file"),
        pytest.param(["apply", "manifests"], "cannot be read", id="a folder"),
        pytest.param(["apply", "takeup.yaml"], "not JSON", id="a manifest"),
        pytest.param(["apply", "--approve-digest", "abc"], "64 hexadecimal digits", id="no digest"),
        pytest.param(["apply", "takeup.yaml", "--target", "x"], "has its own", id="a file and a selection"),
        pytest.param(["show", "--format", "html"], "for plans", id="the state as HTML"),
        pytest.param(["plan", "--out", "takeup.yaml/x"], "cannot be written", id="a path below a file"),
    ],
)
def test_what_is_wrong_is_told(project: "Project", args: list[str], words: str) -> None:
    """One sentence, exit 1, and nothing done."""
    done = project.run(*args)
    assert done.returncode == 1
    assert words in done.stderr
    assert "Traceback" not in done.stderr
    assert project.world.sessions() == []
