"""Manifests without their secrets: for rehearsals."""

import base64
from pathlib import Path

from takeup.core.address import Address, Kind
from takeup.core.resource import Resource
from takeup.core.secret import Secret
from takeup.manifest.loader import load
from takeup.manifest.placeholders import filled
from takeup.manifest.project import load_project

PROJECT = "apiVersion: takeup/v1\nkind: Project\nmetadata: {name: campus}\nspec: {agora: {endpoint: emulator}}\n"
HALL = """\
apiVersion: takeup/v1
kind: CompositeRecording
metadata: {name: hall}
spec:
  cname: %s
  uid: "10001"
  token: {fromEnv: TOKEN}
  recordingConfig: {channelType: live}
  storageConfig:
    {vendor: s3, region: us-east-1, bucket: b, accessKey: {fromEnv: ACCESS_KEY}, secretKey: {fromFile: missing}}
"""


def loaded(root: Path, cname: str, env: dict[str, str]) -> tuple[dict[Address, Resource], list[str]]:
    (root / "manifests").mkdir()
    (root / "takeup.yaml").write_text(PROJECT, "utf-8")
    (root / "manifests" / "hall.yaml").write_text(HALL % cname, "utf-8")
    project, _ = load_project(root, None)
    assert project is not None
    found = load(project, env, placeholders=True)
    return found.resources, [problem.message for problem in found.problems]


def test_secrets_that_are_missing_are_no_problem_and_are_filled(tmp_path: Path) -> None:
    """What is set is kept; what is not gets a placeholder, and is counted."""
    resources, problems = loaded(tmp_path, "hall", {"TOKEN": "real"})
    assert problems == []
    made, missing = filled(resources)
    assert missing == 2
    spec = made[Address(Kind.COMPOSITE, "hall")].spec
    assert spec["token"].reveal() == "real"
    assert spec["storageConfig"]["accessKey"].reveal() == "placeholder-accessKey"
    assert spec["storageConfig"]["secretKey"].resolved


def test_other_references_must_be_there(tmp_path: Path) -> None:
    """A value that is no secret decides what is recorded, so nothing stands in for it."""
    _, problems = loaded(tmp_path, "{fromEnv: HALL}", {})
    assert problems == ["cname: Environment variable HALL is not set."]


def test_placeholders_have_the_form_that_their_attribute_needs() -> None:
    """A salt is 32 bytes in base64 and an output has an rtmp address, inside lists too; others are left alone."""
    spec = {"outputs": [{"rtmpUrl": Secret(None)}], "recordingConfig": {"salt": Secret(None), "fps": 15}}
    address = Address(Kind.WEB_PAGE, "page")
    made, missing = filled({address: Resource(address, spec)})
    found = made[address].spec
    assert missing == 2
    assert len(base64.b64decode(found["recordingConfig"]["salt"].reveal(), validate=True)) == 32
    assert found["outputs"][0]["rtmpUrl"].reveal().startswith("rtmp://")
    assert found["recordingConfig"]["fps"] == 15
