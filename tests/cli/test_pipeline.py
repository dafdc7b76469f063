"""The shipped action, workflow and template, run step by step: branch, change, plan, merge, apply, drift."""

import json
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from tests.cli.conftest import HALL, SECRETS
from tests.cli.pipelines import ACTION, BOT, GITLAB, REPOSITORY, TOP, WORKFLOW, Pipelines, read

if TYPE_CHECKING:
    from tests.cli.conftest import Project

OTHER_UIDS = HALL.replace('["7"]', '["8"]')
ROOM = HALL.replace("name: hall", "name: room").replace("cname: hall", "cname: room")
PULL_REQUEST = {"pull_request": {"number": 7, "head": {"repo": {"full_name": REPOSITORY}}}}


@pytest.fixture
def pipelines(project: "Project", tmp_path: Path) -> Pipelines:
    """A repository whose main branch is applied: one recording runs."""
    made = Pipelines(project, tmp_path / "pipelines")
    project.apply()
    project.seen.clear()
    return made


def changes(project: "Project") -> list[str]:
    """The calls that change something, and that the emulator saw."""
    return [call for call in project.seen if call != "query"]


def test_github_from_branch_to_drift(pipelines: Pipelines, project: "Project") -> None:
    """Each push renews the one comment, the merge applies the plan that it shows, and a death fails the drift job."""
    pipelines.branch("lesson")
    pipelines.write(ROOM, "room.yaml")
    pipelines.push("lesson")
    first = pipelines.github("pull_request", "lesson", PULL_REQUEST)
    assert {name: job.code for name, job in first.items()} == {"validate": 0, "plan": 0}, first["plan"].log
    pipelines.write(OTHER_UIDS)
    pipelines.push("lesson")
    plan = pipelines.github("pull_request", "lesson", PULL_REQUEST)["plan"]
    assert plan.outputs["digest"] != first["plan"].outputs["digest"]
    assert plan.outputs["changes"] == "true"
    (comment,) = pipelines.comments()
    assert comment["body"] == plan.artifact("comment.md")
    assert f"this plan and no other: `{plan.outputs['digest']}`" in comment["body"]
    assert plan.summary.startswith("<!-- takeup-plan ")
    assert "::notice file=manifests/hall.yaml,line=1,col=1,title=takeup%3A CompositeRecording.hall::" in plan.log
    assert changes(project) == []

    pipelines.merge("lesson")
    apply = pipelines.github("push", "main")["apply"]
    assert apply.code == 0, apply.log
    assert sorted(changes(project)) == ["acquire", "start", "update"]
    assert "2 changes made, 0 failed, 3 API calls" in apply.summary
    again = pipelines.github("push", "main")["apply"]
    assert (again.code, len(changes(project))) == (0, 3), again.log

    assert pipelines.github("schedule", "main")["drift"].code == 0
    project.world.kill(project.world.sessions()[0].sid)
    drift = pipelines.github("schedule", "main")["drift"]
    assert (drift.code, drift.outputs["changes"], drift.outputs["exit-code"]) == (2, "true", "2"), drift.log
    assert re.search("^::error file=manifests/(hall|room).yaml,line=1,", drift.log, re.MULTILINE)
    assert "RUNNING -> ENDED" in drift.summary


def test_main_moved_on(pipelines: Pipelines, project: "Project") -> None:
    """Main got another change since the plan: nothing is done, the plan of now is shown, and its digest applies it."""
    pipelines.branch("lesson")
    pipelines.write(ROOM, "room.yaml")
    pipelines.push("lesson")
    approved = pipelines.github("pull_request", "lesson", PULL_REQUEST)["plan"].outputs["digest"]
    pipelines.branch("other")
    pipelines.write(OTHER_UIDS)
    pipelines.push("other")
    pipelines.merge("other", number=None)
    pipelines.merge("lesson")
    apply = pipelines.github("push", "main")["apply"]
    assert (apply.code, apply.outputs["exit-code"], changes(project)) == (4, "4", [])
    assert f"what was approved ({approved}) is not what would be done now" in apply.log
    assert "::error file=takeup.yaml" in apply.log
    assert "CompositeRecording&#46;hall" in apply.summary or "CompositeRecording.hall" in apply.summary
    by_hand = pipelines.github("workflow_dispatch", "main", inputs={"digest": apply.outputs["digest"]})["apply"]
    assert by_hand.code == 0, by_hand.log
    assert sorted(changes(project)) == ["acquire", "start", "update"]


@pytest.mark.parametrize(
    ("author", "code"), [pytest.param(BOT, 0, id="the bot"), pytest.param("mallory", 1, id="somebody else")]
)
def test_only_the_bots_comment_is_an_approval(pipelines: Pipelines, project: "Project", author: str, code: int) -> None:
    """A comment with the right digest applies the plan if the bot wrote it, and is nothing if anybody else did."""
    pipelines.branch("lesson")
    pipelines.write(OTHER_UIDS)
    pipelines.push("lesson")
    plan = pipelines.github("pull_request", "lesson", PULL_REQUEST)["plan"]
    (comment,) = pipelines.comments()
    pipelines.say([{**comment, "user": {"login": author}}, {"id": 8, "user": None, "body": "fine"}])
    pipelines.merge("lesson")
    apply = pipelines.github("push", "main")["apply"]
    assert (apply.code, bool(changes(project))) == (code, code == 0), apply.log
    if code:
        assert "Nobody approved this plan" in apply.log
        assert plan.outputs["digest"] in apply.log


def test_a_push_without_a_pull_request(pipelines: Pipelines, project: "Project") -> None:
    """Where nothing is to be done the job passes; a change that nobody reviewed is shown and refused."""
    pipelines.push("main")
    assert pipelines.github("push", "main")["apply"].code == 0
    pipelines.write(OTHER_UIDS)
    pipelines.push("main")
    apply = pipelines.github("push", "main")["apply"]
    assert (apply.code, changes(project)) == (1, [])
    assert "Nobody approved this plan" in apply.log


def test_a_pull_request_from_outside_is_only_validated(pipelines: Pipelines) -> None:
    """It gets no secrets and no plan; what is wrong in it is told at its line, and no text of it is a command."""
    pipelines.branch("fork")
    pipelines.write(HALL.replace("region: us-east-1", 'region: "x\\n##[set-output name=digest;]x"'))
    pipelines.push("fork")
    event = {"pull_request": {"number": 7, "head": {"repo": {"full_name": "mallory/recordings"}}}}
    jobs = pipelines.github("pull_request", "fork", event)
    assert list(jobs) == ["validate"]
    assert jobs["validate"].code == 1
    assert "::error file=manifests/hall.yaml,line=11,col=" in jobs["validate"].log
    assert "##[set-output" in jobs["validate"].log
    assert [line for line in obeyed(jobs["validate"].log) if "##[" in line and not line.startswith("::error ")] == []
    assert "not valid" in jobs["validate"].summary


def obeyed(log: str) -> list[str]:
    """The lines in which GitHub's runner looks for commands."""
    lines, token = [], ""
    for line in log.splitlines():
        if token:
            token = "" if line == f"::{token}::" else token
        elif line.startswith("::stop-commands::"):
            token = line.removeprefix("::stop-commands::")
        else:
            lines.append(line)
    return lines


def test_gitlab_from_merge_to_drift(pipelines: Pipelines, project: "Project") -> None:
    """The plan of a pipeline is a report, its manual job applies this plan, and a death fails the drift job."""
    pipelines.write(ROOM, "room.yaml")
    pipelines.push("main")
    assert pipelines.gitlab("takeup-validate").code == 0
    plan = pipelines.gitlab("takeup-plan")
    assert plan.code == 0, plan.log
    assert json.loads(plan.artifact("gitlab-terraform.json")) == {"create": 1, "update": 0, "delete": 0}
    (entry,) = json.loads(plan.artifact("codequality.json"))
    assert (entry["location"]["path"], entry["check_name"]) == ("manifests/room.yaml", "takeup/create")
    assert "::" not in plan.log
    apply = pipelines.gitlab("takeup-apply", plan.checkout)
    assert (apply.code, apply.outputs["TAKEUP_CALLS"]) == (0, "2"), apply.log
    assert changes(project) == ["acquire", "start"]
    project.world.kill(project.world.sessions()[0].sid)
    drift = pipelines.gitlab("takeup-drift")
    assert (drift.code, drift.outputs["TAKEUP_CHANGES"]) == (2, "true"), drift.log
    assert "<failure" in drift.artifact("junit.xml")


def test_gitlab_applies_no_more_than_the_plan_of_its_pipeline(pipelines: Pipelines, project: "Project") -> None:
    """The world moved between the plan and the click: nothing is done, and the exit code is 4."""
    pipelines.write(ROOM, "room.yaml")
    pipelines.push("main")
    plan = pipelines.gitlab("takeup-plan")
    project.world.kill(project.world.sessions()[0].sid)
    apply = pipelines.gitlab("takeup-apply", plan.checkout)
    assert (apply.code, apply.outputs["TAKEUP_EXIT_CODE"], changes(project)) == (4, "4", []), apply.log


def test_no_secret_leaves_a_pipeline(pipelines: Pipelines, project: "Project") -> None:
    """Neither logs nor summaries, comments or artifacts hold one, also where a call fails."""
    pipelines.branch("lesson")
    pipelines.write(ROOM, "room.yaml")
    pipelines.push("lesson")
    pipelines.github("pull_request", "lesson", PULL_REQUEST)
    pipelines.merge("lesson")
    pipelines.github("push", "main")
    pipelines.gitlab("takeup-plan")
    project.env.pop("HALL_TOKEN")
    assert pipelines.gitlab("takeup-plan").code == 1
    files = [path for path in pipelines.folder.rglob("*") if path.is_file() and ".git" not in path.parts]
    assert any(path.name == "plan.takeup" for path in files)
    texts = {str(path): path.read_bytes() for path in files} | {"log": "".join(pipelines.logs).encode()}
    assert [name for name, text in texts.items() if any(secret.encode() in text for secret in SECRETS.values())] == []


def test_an_old_plan_does_not_pass_for_a_new_one(project: "Project") -> None:
    """Where planning fails, the folder holds no plan any more."""
    assert project.run("ci", "plan").returncode == 0
    assert (project.root / ".takeup-ci/plan.takeup").exists()
    project.write("nonsense: true\n", "x.yaml")
    assert project.run("ci", "plan").returncode == 1
    names = {path.name for path in (project.root / ".takeup-ci").iterdir()}
    assert names == {"summary.md", "takeup.sarif", "junit.xml", "codequality.json", "outputs.env"}


def test_a_project_below_the_checkout(project: "Project", tmp_path: Path) -> None:
    """Files are named as seen from the top of the checkout, and foreign files in the folder stay."""
    out = tmp_path / "out"
    out.mkdir()
    (out / "mine.txt").write_text("x", "utf-8")
    project.env |= {"GITLAB_CI": "true", "CI_PROJECT_DIR": str(tmp_path.parent)}
    assert project.run("ci", "plan", "--out", str(out)).returncode == 0
    run = json.loads((out / "takeup.sarif").read_text("utf-8"))["runs"][0]
    place = run["results"][0]["locations"][0]["physicalLocation"]["artifactLocation"]["uri"]
    assert place == f"{tmp_path.name}/manifests/hall.yaml"
    assert (out / "mine.txt").exists()


@pytest.mark.parametrize(
    ("args", "words"),
    [
        pytest.param(["--comments", "nowhere.json"], "holds no comments", id="no such file"),
        pytest.param(["--comments", "takeup.yaml"], "holds no comments", id="not JSON"),
        pytest.param(["--approve-digest", "abc"], "64 hexadecimal digits", id="no digest"),
        pytest.param(["nowhere.takeup"], "cannot be read", id="no plan file"),
    ],
)
def test_what_is_wrong_with_an_approval_is_told(project: "Project", args: list[str], words: str) -> None:
    """One sentence on stderr and in the reports, exit 1, and no call."""
    done = project.run("ci", "apply", *args)
    assert (done.returncode, project.seen) == (1, [])
    assert words in done.stderr
    assert words in (project.root / ".takeup-ci/junit.xml").read_text("utf-8")


def test_an_ended_recording_makes_reports_of_drift(project: "Project") -> None:
    """SARIF and JUnit of drift name the manifest; without readable manifests they name the project file."""
    project.apply()
    project.world.kill(project.world.sessions()[0].sid)

    def place() -> str:
        done = project.run("drift", "--format", "sarif", "--detailed-exitcode")
        assert done.returncode == 2
        (result,) = json.loads(done.stdout)["runs"][0]["results"]
        return str(result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"])

    assert place() == "manifests/hall.yaml"
    assert '<failure type="drift"' in project.run("drift", "--format", "junit").stdout
    project.write("nonsense", "hall.yaml")
    assert place() == "takeup.yaml"


def test_hooks_take_what_pre_commit_gives_them(project: "Project") -> None:
    """The hooks match the project's files and pass and format them, given by name where a hook wants names."""
    names = ["takeup.yaml", "manifests/hall.yaml"]
    for hook in read_hooks():
        assert all(re.search(hook["files"], name) for name in [*names, "sub/takeup.yaml"])
        assert not re.search(hook["files"], "docs/other.yaml")
        program, *args = hook["entry"].split()
        assert program == "takeup"
        done = project.run(*args, *(names if hook.get("pass_filenames", True) else []))
        assert done.returncode == 0, done.stderr
    assert project.run("fmt", "--check", *names).returncode == 0


def read_hooks() -> list[dict[str, Any]]:
    found: Any = read(TOP / ".pre-commit-hooks.yaml")
    hooks: list[dict[str, Any]] = found
    return hooks


def test_no_expression_stands_inside_a_script() -> None:
    """What people write, a title above all, reaches a script as a variable and never as a part of it."""
    scripts = [step["run"] for step in read(ACTION)["runs"]["steps"] if "run" in step]
    assert len(scripts) == 4
    assert [script for script in scripts if "${{" in script] == []
    assert [job for job in read(WORKFLOW)["jobs"].values() if any("run" in step for step in job["steps"])] == []
    assert "pull_request_target" not in WORKFLOW.read_text("utf-8")
    assert read(GITLAB)["takeup-apply"]["rules"][0]["when"] == "manual"
