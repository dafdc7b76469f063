"""The state in a bucket, as a team runs it: every command, every server that is not what it should be."""

import json
import re
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

import pytest
from tests.object_servers import SECRETS, Server, careless, fresh_name, losing_answers, s3_server

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment
    from tests.cli.conftest import Project

HALL = "CompositeRecording.hall"
STATE = (
    'state: {{backend: s3, bucket: {bucket}, key: campus/prod.json, region: us-east-1, endpoint: "{url}",'
    " accessKey: {{fromEnv: STATE_ACCESS_KEY}}, secretKey: {{fromEnv: STATE_SECRET_KEY}}{more}}}"
)
CANARIES = (SECRETS["accessKey"], SECRETS["secretKey"])


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    """One moto for all."""
    with s3_server() as made:
        yield made


@pytest.fixture
def bucket(server: Server) -> Iterator[str]:
    """A bucket of the test's own."""
    from boto3 import client  # noqa: PLC0415 - slow to import

    name = fresh_name()
    keys = {"aws_access_key_id": "x", "aws_secret_access_key": "x", "region_name": "us-east-1"}
    client("s3", endpoint_url=server.url, **keys).create_bucket(Bucket=name)
    yield name
    server.between = None


def use(project: "Project", server: Server, bucket: str, more: str = "") -> None:
    """Keep the state of a project there."""
    project.add("  " + STATE.format(bucket=bucket, url=server.url, more=more))
    project.env |= {"STATE_ACCESS_KEY": SECRETS["accessKey"], "STATE_SECRET_KEY": SECRETS["secretKey"]}


def keys(server: Server, bucket: str) -> set[str]:
    """What is in a bucket."""
    from boto3 import client  # noqa: PLC0415 - slow to import

    signed = {"aws_access_key_id": "x", "aws_secret_access_key": "x", "region_name": "us-east-1"}
    found = client("s3", endpoint_url=server.url, **signed).list_objects_v2(Bucket=bucket).get("Contents", [])
    return {one["Key"] for one in found}


def test_a_recording_from_beginning_to_end(project: "Project", server: Server, bucket: str) -> None:
    """Apply, plan, list, history and destroy work with a state in a bucket; nothing is kept here, nothing is told."""
    use(project, server, bucket)
    told = [project.apply(), project.run("plan"), project.run("state", "list"), project.run("state", "history")]
    assert "No changes" in told[1].stdout
    assert told[2].stdout == f"{HALL}\n"
    assert re.search(r"\b1\b", told[3].stdout)
    told.append(project.run("destroy", "--auto-approve"))
    assert [done.returncode for done in told] == [0] * 5
    assert project.world.sessions() == []
    assert project.run("state", "list").stdout == ""
    assert not (project.root / "state").exists()
    assert not [secret for done in told for secret in CANARIES if secret in done.stdout + done.stderr]
    left = keys(server, bucket)
    assert {"campus/prod.json", "campus/prod.json.lock", "campus/prod.json.proven"} <= left
    assert not [key for key in left if ".tflock" in key or ".journal/" in key or ".proof/" in key]


def test_a_plan_writes_nothing(project: "Project", server: Server, bucket: str) -> None:
    """Plan, drift and the commands that look send no write."""
    use(project, server, bucket)
    project.apply()
    server.seen.clear()
    for command in (["plan"], ["drift"], ["state", "list"], ["show"], ["state", "history"], ["state", "fsck"]):
        assert project.run(*command).returncode == 0
    assert server.writes() == 0
    assert server.seen


def test_credentials_of_the_environment(project: "Project", server: Server, bucket: str) -> None:
    """Without keys in takeup.yaml those of the environment are used, or of a profile; a missing profile is named."""
    project.add(
        f'  state: {{backend: s3, bucket: {bucket}, key: prod.json, region: us-east-1, endpoint: "{server.url}"}}'
    )
    bare = dict(project.env)
    project.env |= {"AWS_ACCESS_KEY_ID": SECRETS["accessKey"], "AWS_SECRET_ACCESS_KEY": SECRETS["secretKey"]}
    project.apply()
    folder = project.root / ".aws"
    folder.mkdir()
    (folder / "credentials").write_text(
        f"[team]\naws_access_key_id = {SECRETS['accessKey']}\naws_secret_access_key = {SECRETS['secretKey']}\n", "utf-8"
    )
    project.env = {**bare, "AWS_PROFILE": "team"}
    assert "No changes" in project.run("plan").stdout
    project.env = {**bare, "AWS_PROFILE": "none-such"}
    refused = project.run("plan")
    assert (refused.returncode, "none-such" in refused.stderr) == (1, True), refused.stderr


def test_migrating_and_restoring(project: "Project", server: Server, bucket: str) -> None:
    """A local state is copied to a bucket and verified; there an earlier one is put back in place."""
    project.apply()
    text = (project.root / "takeup.yaml").read_text("utf-8")
    state = STATE.format(bucket=bucket, url=server.url, more="")
    (project.root / "new.yaml").write_text(f"{text}  {state}\n", "utf-8")
    project.env |= {"STATE_ACCESS_KEY": SECRETS["accessKey"], "STATE_SECRET_KEY": SECRETS["secretKey"]}
    done = project.run("state", "migrate", "--to", "new.yaml")
    assert done.returncode == 0, done.stderr
    assert f"s3://{bucket} at {server.url} (campus/prod.json)" in done.stdout
    (project.root / "new.yaml").rename(project.root / "takeup.yaml")
    assert "No changes" in project.run("plan").stdout
    before = json.loads(project.run("state", "pull").stdout)
    assert project.run("state", "rm", HALL).returncode == 0
    assert project.run("state", "list").stdout == ""
    assert project.run("state", "restore", str(before["serial"])).returncode == 0
    assert project.run("state", "list").stdout == f"{HALL}\n"


def test_a_lock_of_terraform(project: "Project", server: Server, bucket: str) -> None:
    """A lock object as Terraform writes it keeps a run out and is named, until it is removed by its ID."""
    from boto3 import client  # noqa: PLC0415 - slow to import

    signed = {"aws_access_key_id": "x", "aws_secret_access_key": "x", "region_name": "us-east-1"}
    info = {
        "ID": "12345678-aaaa", "Operation": "OperationTypeApply", "Info": "", "Who": "bob@laptop", "Version": "1.15.5",
        "Created": "2026-03-01T12:00:00.123456789Z", "Path": f"{bucket}/campus/prod.json",
    }  # fmt: skip
    client("s3", endpoint_url=server.url, **signed).put_object(
        Bucket=bucket, Key="campus/prod.json.tflock", Body=json.dumps(info).encode()
    )
    use(project, server, bucket)
    refused = project.run("apply", "--auto-approve")
    assert refused.returncode == 1
    assert "locked by bob (OperationTypeApply" in refused.stderr
    assert "takeup state unlock 12345678-aaaa" in refused.stderr
    assert "start" not in project.seen
    assert project.run("state", "unlock", "other").returncode == 1
    assert project.run("state", "unlock", "12345678-aaaa").returncode == 0
    project.apply()


@pytest.mark.parametrize("done", [pytest.param(True, id="it was done"), pytest.param(False, id="it was not done")])
@pytest.mark.parametrize(
    "of",
    [
        pytest.param(".lock", id="the lock"),
        pytest.param(".clock", id="the time"),
        pytest.param("0000000000", id="the journal"),
        pytest.param("prod.json", id="the state"),
        pytest.param("", id="whatever comes first"),
    ],
)
def test_lost_answers_are_resolved(project: "Project", server: Server, bucket: str, done: bool, of: str) -> None:  # noqa: FBT001 -- a parameter of pytest
    """Where answers to writes are lost in an apply, one session is recorded once and known."""
    use(project, server, bucket)
    server.between = losing_answers(2, done=done, of=of)
    project.apply()
    server.between = None
    assert project.seen.count("start") == 1
    assert "No changes" in project.run("plan").stdout


def refusing(status: str, body: bytes = b"") -> object:
    def between(_: "WSGIEnvironment", start: "StartResponse", __: "WSGIApplication") -> Iterable[bytes]:
        start(status, [("Content-Length", str(len(body)))])
        return [body]

    return between


DENIED = "<Error><Code>InvalidAccessKeyId</Code><AWSAccessKeyId>{accessKey}</AWSAccessKeyId></Error>"


def test_credentials_that_are_refused(project: "Project", server: Server, bucket: str) -> None:
    """Refused credentials are told with where they come from, and without what the server says of them."""
    use(project, server, bucket)
    server.between = refusing("403 Forbidden", DENIED.format(**SECRETS).encode())  # type: ignore[assignment]  # the type of a WSGI application
    for command in (["plan"], ["apply", "--auto-approve"]):
        done = project.run(*command)
        assert done.returncode == 1
        assert "these credentials are refused (HTTP 403, InvalidAccessKeyId)" in done.stderr
        assert "accessKey and secretKey in spec.state" in done.stderr
        assert not [secret for secret in CANARIES if secret in done.stdout + done.stderr]


def test_a_bucket_that_is_not_there(project: "Project", server: Server) -> None:
    """A missing bucket is named."""
    use(project, server, "nobody-has-made-it")
    for command in (["plan"], ["apply", "--auto-approve"]):
        done = project.run(*command)
        assert done.returncode == 1
        assert "there is no bucket nobody-has-made-it" in done.stderr
        assert "Traceback" not in done.stderr


def test_a_server_that_is_not_there(project: "Project", server: Server, bucket: str) -> None:
    """An endpoint where nothing answers is named with the keys that say where it is."""
    use(project, Server("http://127.0.0.1:9"), bucket)
    done = project.run("plan")
    assert done.returncode == 1
    assert "no connection could be made" in done.stderr
    assert "bucket, region and endpoint" in done.stderr
    assert server.url not in done.stderr


@pytest.mark.parametrize("command", [["init"], ["apply", "--auto-approve"]], ids=["init", "the first apply"])
def test_a_server_that_ignores_conditions(project: "Project", server: Server, bucket: str, command: list[str]) -> None:
    """A server that takes conditional writes for ordinary ones is refused before anything is locked or recorded."""
    use(project, server, bucket)
    server.between = careless
    done = project.run(*command)
    assert done.returncode == 1
    assert "ignores conditions, and two runs at once would lose each other's sessions" in done.stderr
    assert "start" not in project.seen
    assert keys(server, bucket) == set()


def test_another_endpoint_proves_itself_anew(project: "Project", server: Server, bucket: str) -> None:
    """A bucket that has proved itself is believed, until it is asked for at another address."""
    use(project, server, bucket)
    project.apply()
    server.between = careless
    server.seen.clear()
    project.apply()
    assert not [line for line in server.seen if ".proof/" in line]
    text = (project.root / "takeup.yaml").read_text("utf-8")
    (project.root / "takeup.yaml").write_text(
        text.replace(f'endpoint: "{server.url}"', f'endpoint: "{server.url.replace("127.0.0.1", "localhost")}"'),
        "utf-8",
    )
    done = project.run("destroy", "--auto-approve")
    assert done.returncode == 1
    assert "ignores conditions" in done.stderr


def test_init_in_a_project(project: "Project", server: Server, bucket: str) -> None:
    """Init in a project proves the place of its state and writes no file; the next run need not prove it again."""
    use(project, server, bucket)
    before = {path: path.read_bytes() for path in project.root.rglob("*") if path.is_file()}
    done = project.run("init")
    assert done.returncode == 0, done.stderr
    assert f"s3://{bucket}" in done.stdout
    assert {path: path.read_bytes() for path in project.root.rglob("*") if path.is_file()} == before
    assert keys(server, bucket) == {"campus/prod.json.proven"}
    server.seen.clear()
    project.apply()
    assert not [line for line in server.seen if ".proof/" in line]
