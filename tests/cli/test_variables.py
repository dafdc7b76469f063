"""Variables, environments and sets on the command line."""

import json

from tests.cli.conftest import HALL, Project

_ROOMS = """\
apiVersion: takeup/v1
kind: RecordingSet
metadata: {name: rooms}
spec:
  forEach: {csv: rooms.csv, key: room}
  template:
    kind: CompositeRecording
    spec:
      cname: "{{ room }}-{{ var.term }}"
      uid: "10001"
      recordingConfig: {channelType: live}
      storageConfig:
        {vendor: s3, region: us-east-1, bucket: b, accessKey: {fromEnv: ACCESS_KEY}, secretKey: {fromEnv: SECRET_KEY}}
"""


def _prepare(project: Project, *rooms: str) -> None:
    if "variables:" not in (project.root / "takeup.yaml").read_text("utf-8"):
        project.add("  variables: {term: {default: ws26}, key: {sensitive: true}}")
    (project.root / "environments").mkdir(exist_ok=True)
    (project.root / "environments" / "prod.yaml").write_text(
        "apiVersion: takeup/v1\nkind: Environment\nmetadata: {name: prod}\nspec: {variables: {term: ws27}}\n", "utf-8"
    )
    project.env["TAKEUP_VAR_key"] = "canary"
    project.write(_ROOMS.replace("{fromEnv: ACCESS_KEY}", "{var: key}"))
    (project.root / "rooms.csv").write_text("\n".join(["room", *rooms]) + "\n", "utf-8")


def test_a_new_row_is_the_only_change(project: Project) -> None:
    """After an apply, a row before the others plans its own recording and nothing else."""
    _prepare(project, "b", "c")
    project.apply()
    _prepare(project, "a", "c", "b")
    done = project.run("plan", "--format", "json")
    assert [(change["address"], change["action"]) for change in json.loads(done.stdout)["changes"]] == [
        ('CompositeRecording.rooms["a"]', "create")
    ]
    assert project.run("state", "show", 'CompositeRecording.rooms["b"]').returncode == 0
    only = project.run("plan", "--destroy", "--target", 'CompositeRecording.rooms["b*"]', "--format", "json")
    assert [change["address"] for change in json.loads(only.stdout)["changes"]] == ['CompositeRecording.rooms["b"]']


def test_an_environment_has_a_title_and_a_state_of_its_own(project: Project) -> None:
    """-e stands before or behind the command; what is applied there is not known elsewhere."""
    _prepare(project, "a")
    before, behind = project.run("-e", "prod", "plan"), project.run("plan", "--env", "prod")
    assert before.stdout == behind.stdout
    assert "campus (prod)" in before.stdout
    assert "a-ws27" in before.stdout
    assert project.run("apply", "-e", "prod", "--auto-approve").returncode == 0
    assert (project.root / "state" / "prod.json").exists()
    assert "rooms" in project.run("state", "list", "-e", "prod").stdout
    assert "rooms" not in project.run("state", "list").stdout


def test_explain_vars_tells_values_and_their_sources(project: Project) -> None:
    """Without credentials and without a call; a secret is not shown; the precedence is."""
    _prepare(project, "a")
    project.env = {"TAKEUP_VAR_key": "canary"}  # and no credentials
    done = project.run("plan", "--explain-vars", "-e", "prod")
    assert done.returncode == 0, done.stderr
    assert [word in done.stdout for word in ('"ws27"', "environments/prod.yaml:4", "(sensitive)", "--var-file")] == [
        True
    ] * 4
    assert "canary" not in done.stdout + done.stderr
    document = json.loads(project.run("plan", "--explain-vars", "--var", "term=x", "--format", "json").stdout)
    assert document["variables"][0]["source"] == "--var"
    assert (document["variables"][1]["value"], document["variables"][1]["sensitive"]) == (None, True)
    assert project.seen == []


def test_a_value_is_demanded_by_plan_and_not_by_validate(project: Project) -> None:
    """Validate judges what it knows; plan names the ways to give a value."""
    project.add("  variables: {bucket: {}}")
    project.write(HALL.replace("bucket: b", "bucket: {var: bucket}"))
    assert project.run("validate").returncode == 0
    done = project.run("plan")
    assert done.returncode == 1
    assert "--var bucket=" in done.stderr
    assert project.run("plan", "--var", "bucket=b").returncode == 0


def test_a_member_has_no_manifest_to_be_written(project: Project) -> None:
    """Import --from-request of a member says that a row is missing."""
    _prepare(project, "a")
    done = project.run("import", 'CompositeRecording.rooms["z"]', "--from-request", "-")
    assert done.returncode == 1
    assert "member of a set" in done.stderr


def test_a_set_can_be_rehearsed(project: Project) -> None:
    """Takeup test plays the members as it plays manifests, without the secrets."""
    _prepare(project, "a", "b")
    project.env = {"APP_ID": "app"}
    done = project.run("test", "--scenario", "calm", "--for", "10m", "--every", "5m", "--format", "json")
    assert done.returncode == 0, done.stderr
