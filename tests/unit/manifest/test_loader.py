"""Manifests in, resources or problems out."""

import gc
from pathlib import Path

import pytest

from takeup.core.address import Address, Kind
from takeup.core.secret import Secret
from takeup.manifest.loader import Loaded, load
from takeup.manifest.project import load_project

ROOT = Path(__file__).parents[3]
ENV = {
    "S3_ACCESS_KEY": "canary-a",
    "S3_SECRET_KEY": "canary-b",
    "ALL_HANDS_TOKEN": "canary-c",
    "RTMP_URL": "rtmp://example.org/canary-d",
}
PROFILE = """apiVersion: takeup/v1
kind: StorageProfile
metadata: {name: archive}
spec: {vendor: s3, region: us-east-1, bucket: b,
       accessKey: {fromEnv: S3_ACCESS_KEY}, secretKey: {fromEnv: S3_SECRET_KEY}}
"""
SPEC = "cname: c, uid: '1', recordingConfig: {channelType: live}"


def manifest(name: str, spec: str = SPEC, storage: str = "{profile: archive}", kind: str = "CompositeRecording") -> str:
    return (
        f"---\napiVersion: takeup/v1\nkind: {kind}\nmetadata: {{name: {name}}}\n"
        f"spec: {{{spec}, storageConfig: {storage}}}\n"
    )


def run(root: Path, files: dict[str, str], env: dict[str, str] | None = None) -> Loaded:
    (root / "takeup.yaml").write_text(
        "apiVersion: takeup/v1\nkind: Project\nmetadata: {name: p}\nspec: {agora: {endpoint: emulator}}\n"
    )
    for name, text in files.items():
        path = root / "manifests" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    project, problems = load_project(root, env)
    assert project is not None, problems
    return load(project, env)


@pytest.mark.parametrize("env", [None, ENV], ids=["offline", "online"])
def test_the_examples_load(env: dict[str, str] | None) -> None:
    """The repository's own manifests have no problem, and show no secret."""
    project, _ = load_project(ROOT, env)
    assert project is not None
    loaded = load(project, env)
    assert loaded.problems == []
    assert {address.kind for address in loaded.resources} == set(Kind)
    assert "canary" not in repr(loaded)


def test_a_profile_stands_below_the_recordings_own_settings(tmp_path: Path) -> None:
    """The recording's own attributes win, the region becomes a number, `profile` goes."""
    loaded = run(
        tmp_path,
        {
            "z.yaml": PROFILE,
            "a.yaml": manifest("m", storage="{profile: archive, bucket: own, extensionParams: {}}"),
        },
        ENV,
    )
    assert loaded.problems == []
    resource = loaded.resources[Address(Kind.COMPOSITE, "m")]
    assert resource.spec["storageConfig"] == {
        "vendor": 1,
        "region": 0,
        "bucket": "own",
        "accessKey": Secret("canary-a"),
        "secretKey": Secret("canary-b"),
    }
    assert resource.origin == "manifests/a.yaml:2"


ONE = {
    "unknown profile": (
        manifest("m", storage="{profile: archiv}"),
        "no StorageProfile 'archiv'",
        "'archive'",
    ),
    "misspelt kind": (manifest("m", kind="CompositRecording"), "no kind", "CompositeRecording"),
    "bad name": (manifest("Bad_Name"), "metadata.name", "all-hands"),
    "same address": (
        manifest("m") + manifest("m", SPEC.replace("'1'", "'2'")),
        "manifests/a.yaml:2 and",
        "Rename",
    ),
    "same session": (manifest("m") + manifest("n"), "two sessions with two uids", "uid of its own"),
    "literal secret": (
        manifest("m", storage="{profile: archive, accessKey: k}"),
        "for everyone to read",
        "fromEnv",
    ),
}


@pytest.mark.parametrize(("text", "message", "suggestion"), ONE.values(), ids=ONE.keys())
def test_what_is_wrong_is_told(tmp_path: Path, text: str, message: str, suggestion: str) -> None:
    """Each fault is one problem, with a place and what would be right."""
    loaded = run(tmp_path, {"s.yaml": PROFILE, "a.yaml": text})
    (problem,) = loaded.problems
    assert message in problem.message
    assert suggestion in problem.suggestion
    assert problem.file == "manifests/a.yaml"
    assert problem.line > 1


def test_an_unset_variable_is_told_once_at_its_place(tmp_path: Path) -> None:
    """Online, a variable that is not set is named."""
    loaded = run(tmp_path, {"s.yaml": PROFILE, "a.yaml": manifest("m")}, {"S3_ACCESS_KEY": "a"})
    assert "Environment variable S3_SECRET_KEY is not set." in loaded.problems[-1].message
    assert loaded.resources == {}


def test_offline_nothing_is_concluded_from_references(tmp_path: Path) -> None:
    """A rule that rests on a value that is not read is left out."""
    spec = SPEC.replace("live", "live, decryptionMode: {fromEnv: MODE}, secret: {fromEnv: S}")
    files = {"s.yaml": PROFILE, "a.yaml": manifest("m", spec)}
    assert run(tmp_path, files).problems == []
    online = run(tmp_path, files, {**ENV, "MODE": "0", "S": "canary"})
    assert ["recordingConfig.secret is for" in problem.message for problem in online.problems] == [True]


def test_files_are_values_too(tmp_path: Path) -> None:
    """A file's path is relative to the project, and one line end is not part of the value."""
    (tmp_path / "token").write_text("canary\n")
    loaded = run(tmp_path, {"s.yaml": PROFILE, "a.yaml": manifest("m", SPEC + ", token: {fromFile: token}")}, ENV)
    assert loaded.resources[Address(Kind.COMPOSITE, "m")].spec["token"] == Secret("canary")


def test_no_folder_and_an_empty_folder_are_told(tmp_path: Path) -> None:
    """Each is one clear error."""
    assert [item.message for item in run(tmp_path, {}).problems] == ["There is no folder manifests."]
    (tmp_path / "manifests").mkdir()
    (tmp_path / "manifests" / ".hidden.yaml").write_text("x")
    (tmp_path / "manifests" / "loop").symlink_to(tmp_path / "manifests")
    assert [item.message for item in run(tmp_path, {}).problems] == ["The folder manifests holds no manifest."]


def test_a_folder_with_a_project_of_its_own_is_left_out(tmp_path: Path) -> None:
    """What lies beside and below a takeup.yaml further down belongs to that project, and to no other."""
    files = {
        "s.yaml": PROFILE,
        "a.yaml": manifest("mine", SPEC),
        "takeup.yaml": manifest("beside", SPEC.replace("'1'", "'2'")),
        "examples/school/takeup.yaml": "kind: Project",
        "examples/school/manifests/b.yaml": manifest("other", SPEC),
        "examples/c.yaml": manifest("too", SPEC.replace("cname: c", "cname: d")),
    }
    loaded = run(tmp_path, files)
    assert loaded.problems == []
    assert {address.name for address in loaded.resources} == {"mine", "beside", "too"}


def test_the_collector_is_on_again(tmp_path: Path) -> None:
    """Loading leaves the garbage collector as it was."""
    run(tmp_path, {"s.yaml": PROFILE})
    assert gc.isenabled()


def test_offline_the_presence_of_a_secret_counts(tmp_path: Path) -> None:
    """A secret that must not stand there is told even if its value is not read."""
    spec = SPEC.replace("live", "live, secret: {fromEnv: S}")
    loaded = run(tmp_path, {"s.yaml": PROFILE, "a.yaml": manifest("m", spec)})
    assert ["recordingConfig.secret is for" in problem.message for problem in loaded.problems] == [True]


FILES = {
    "missing": (None, "There is no file token."),
    "not UTF-8": (b"\xff\xfe", "is not UTF-8"),
    "too large": (b"x" * 65_537, "larger than 64 KiB"),
    "empty": (b"\n", "is empty"),
}


@pytest.mark.parametrize(("content", "words"), FILES.values(), ids=FILES.keys())
def test_an_unusable_file_is_told(tmp_path: Path, content: bytes | None, words: str) -> None:
    """A file that gives no value is named with the reason, and its content is not quoted."""
    if content is not None:
        (tmp_path / "token").write_bytes(content)
    files = {"s.yaml": PROFILE, "a.yaml": manifest("m", SPEC + ", token: {fromFile: token}")}
    (problem,) = run(tmp_path, files, ENV).problems
    assert words in problem.message
    assert problem.address == "CompositeRecording.m"
