"""lifecycle and token: {build}: what a manifest may say beside Agora's own keys."""

from datetime import timedelta
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator
from tests.recordings import NOON
from tests.unit.manifest.test_loader import ENV, PROFILE, manifest, run

from takeup.core.address import Address, Kind
from takeup.core.resource import Resource
from takeup.core.secret import Secret
from takeup.core.token import TokenBuild
from takeup.manifest.jsonschema import manifest_schema
from takeup.manifest.key_order import ORDERS
from takeup.manifest.placeholders import filled
from takeup.manifest.project import load_project

CERTIFIED = {**ENV, "CERTIFICATE": "canary-certificate", "SPARE": "10002"}
CHANNEL = "cname: c, uid: '10001', recordingConfig: {channelType: live}"
BUILD = "token: {build: {appCertificate: {fromEnv: CERTIFICATE}, ttl: 12h}}"
LIFECYCLE = "lifecycle: {spareUid: '10002', replace: overlap}"
FOR_ONE_UID = TokenBuild(Secret("c"), timedelta(hours=1))


def loaded(tmp_path: Path, spec: str, env: dict[str, str] | None = CERTIFIED) -> Resource:
    """The one recording of this spec."""
    found = run(tmp_path, {"a.yaml": PROFILE + manifest("hall", spec)}, env)
    assert found.problems == []
    return found.resources[Address(Kind.COMPOSITE, "hall")]


def test_the_keys_are_taken_out_of_the_spec(tmp_path: Path) -> None:
    """What is compared and sent holds only Agora's keys, and the recording knows the rest."""
    made = loaded(tmp_path, f"{CHANNEL}, {BUILD}, {LIFECYCLE}")
    assert made.spec.keys() == {"cname", "uid", "recordingConfig", "storageConfig"}
    assert (made.uid, made.spare_uid, made.overlap) == ("10001", "10002", True)
    assert made.token_build == TokenBuild(Secret("canary-certificate"), timedelta(hours=12))
    assert "canary" not in repr(made)


def test_without_them_nothing_is_spared_or_built(tmp_path: Path) -> None:
    """The default is to stop first, under the one uid, with the token that is given."""
    made = loaded(tmp_path, f"{CHANNEL}, token: {{fromEnv: ALL_HANDS_TOKEN}}")
    assert (made.spare_uid, made.overlap, made.token_build) == ("", False, None)
    assert made.spec["token"] == Secret("canary-c")


def test_a_token_is_good_for_a_day_unless_the_manifest_says_less(tmp_path: Path) -> None:
    """24 h is the most that Agora allows, and the default."""
    made = loaded(tmp_path, f"{CHANNEL}, token: {{build: {{appCertificate: {{fromEnv: CERTIFICATE}}}}}}")
    assert made.token_build is not None
    assert made.token_build.ttl == timedelta(hours=24)


def test_validation_needs_no_certificate(tmp_path: Path) -> None:
    """Offline the references stay unread, and are no problem."""
    made = loaded(tmp_path, f"{CHANNEL}, {BUILD}, lifecycle: {{spareUid: {{fromEnv: SPARE}}, replace: overlap}}", None)
    assert made.token_build is not None
    assert not made.token_build.certificate.resolved
    assert loaded(tmp_path, f"{CHANNEL}, lifecycle: {{spareUid: {{fromEnv: SPARE}}}}").spare_uid == "10002"


def test_a_rehearsal_has_a_certificate_of_its_own(tmp_path: Path) -> None:
    """A certificate that is not at hand is counted with the other secrets, and replaced."""
    made = loaded(tmp_path, f"{CHANNEL}, {BUILD}", None)
    resources, missing = filled({made.address: made})
    build = resources[made.address].token_build
    assert missing == 3
    assert build is not None
    assert build.certificate.resolved


@pytest.mark.parametrize(
    ("spec", "says"),
    [
        pytest.param(f"{CHANNEL}, lifecycle: {{replace: overlap}}", "needs a second uid", id="an overlap without uid"),
        pytest.param(f"{CHANNEL}, lifecycle: {{spareUid: '10001'}}", "is the uid itself", id="the same uid twice"),
        pytest.param(f"{CHANNEL}, lifecycle: {{spareUid: 10002}}", "a uid is a text", id="a number"),
        pytest.param(f"{CHANNEL}, lifecycle: {{spareUid: '0'}}", "is not a uid", id="uid 0"),
        pytest.param(f"{CHANNEL}, lifecycle: {{replace: never}}", "lifecycle.replace cannot be 'never'", id="a word"),
        pytest.param(f"{CHANNEL}, lifecycle: {{spare: '2'}}", "There is no attribute lifecycle.spare", id="a key"),
        pytest.param(f"{CHANNEL}, lifecycle: overlap", "lifecycle must be a mapping", id="no mapping"),
        pytest.param(
            "cname: c, uid: '10001', lifecycle: {spareUid: '10002'}, "
            "recordingConfig: {channelType: live, subscribeVideoUids: ['10002'], subscribeAudioUids: ['7']}",
            "names the recorder's own spareUid",
            id="the spare uid is subscribed",
        ),
        pytest.param(f"{CHANNEL}, token: {{build: {{ttl: 1h}}}}", "appCertificate is required", id="no certificate"),
        pytest.param(
            f"{CHANNEL}, token: {{build: {{appCertificate: {{fromEnv: CERTIFICATE}}, ttl: 25h}}}}",
            "from 1m to 24h",
            id="more than Agora allows",
        ),
        pytest.param(
            f"{CHANNEL}, token: {{build: {{appCertificate: {{fromEnv: CERTIFICATE}}, ttl: 24}}}}",
            "from 1m to 24h",
            id="no unit",
        ),
        pytest.param(
            f"{CHANNEL}, token: {{build: {{appCertificate: {{fromEnv: CERTIFICATE}}, ttl: 1h}}}}",
            "is not longer than the hand-over window",
            id="no longer than the window",
        ),
        pytest.param(
            f"{CHANNEL}, token: {{build: {{appCertificate: {{fromEnv: NOWHERE}}}}}}",
            "Environment variable NOWHERE is not set",
            id="the certificate is not at hand",
        ),
        pytest.param(f"{CHANNEL}, token: {{make: {{}}}}", "There is no attribute token.make", id="another key"),
        pytest.param(f"{CHANNEL}, token: [a]", "token must be a text that is not empty", id="a list"),
        pytest.param(
            f"{CHANNEL}, token: {{fromEnv: ONE}}, {LIFECYCLE}", "The token is for one uid only", id="a token for one"
        ),
    ],
)
def test_what_does_not_fit_together_is_told(tmp_path: Path, spec: str, says: str) -> None:
    """Each mistake is a sentence with a place, and no value of a secret is in it."""
    one = FOR_ONE_UID.token(("app", "c", "10001"), NOON, 1).reveal()
    found = run(tmp_path, {"a.yaml": PROFILE + manifest("hall", spec)}, {**CERTIFIED, "ONE": one})
    errors = [problem for problem in found.problems if problem.severity == "error"]
    assert any(says in problem.message for problem in errors), errors
    assert errors[0].address == "CompositeRecording.hall"
    assert "canary" not in repr(found)
    assert one not in repr(found)


def test_a_certificate_in_the_manifest_is_warned_of(tmp_path: Path) -> None:
    """As every other secret that stands there for everyone to read."""
    spec = f"{CHANNEL}, token: {{build: {{appCertificate: canary-literal}}}}"
    (problem,) = run(tmp_path, {"a.yaml": PROFILE + manifest("hall", spec)}, CERTIFIED).problems
    assert (problem.severity, "appCertificate stands in the manifest" in problem.message) == ("warning", True)


def test_a_web_page_has_no_token(tmp_path: Path) -> None:
    """It joins no channel."""
    page = (
        "cname: c, uid: '1', webRecorder: {url: 'https://example.org', audioProfile: 1, videoWidth: 1280, "
        "videoHeight: 720, maxRecordingHour: 2}"
    )
    made = manifest("page", f"{page}, {BUILD}", kind="WebPageRecording")
    (problem,) = run(tmp_path, {"a.yaml": PROFILE + made}, CERTIFIED).problems
    assert "token applies to recordings of a channel" in problem.message


@pytest.mark.parametrize(
    ("other", "clash"),
    [
        pytest.param("cname: c, uid: '10002', recordingConfig: {channelType: live}", True, id="somebody's uid"),
        pytest.param(
            "cname: c, uid: '7', recordingConfig: {channelType: live}, lifecycle: {spareUid: '10002'}",
            True,
            id="somebody's spare uid",
        ),
        pytest.param("cname: d, uid: '10002', recordingConfig: {channelType: live}", False, id="in another channel"),
    ],
)
def test_a_spare_uid_is_nobody_elses(tmp_path: Path, other: str, *, clash: bool) -> None:
    """Two recorders with one uid throw each other out, so a spare uid counts as one."""
    files = {"a.yaml": PROFILE + manifest("hall", f"{CHANNEL}, {LIFECYCLE}"), "b.yaml": manifest("other", other)}
    problems = run(tmp_path, files, CERTIFIED).problems
    assert any("both use uid 10002 in 'c'" in problem.message for problem in problems) is clash


@pytest.mark.parametrize(
    ("settings", "window"),
    [
        pytest.param("", timedelta(hours=1), id="default"),
        pytest.param(", tokens: {handOver: 10m}", timedelta(minutes=10), id="as declared"),
    ],
)
def test_the_window_is_a_setting_of_the_project(tmp_path: Path, settings: str, window: timedelta) -> None:
    """spec.tokens.handOver, one hour where nothing is said."""
    (tmp_path / "takeup.yaml").write_text(
        "apiVersion: takeup/v1\nkind: Project\nmetadata: {name: p}\n"
        f"spec: {{agora: {{endpoint: emulator}}{settings}}}\n"
    )
    project, _ = load_project(tmp_path, {})
    assert project is not None
    assert project.hand_over == window


def test_the_formatter_puts_the_keys_beside_the_uid() -> None:
    """Fmt keeps them, in an order of their own: token, lifecycle, then what is recorded."""
    order = ORDERS["CompositeRecording"].below("spec")
    names = ["uid", "token", "lifecycle", "recordingConfig", "storageConfig"]
    assert sorted(names, key=order.rank) == names
    assert order.below("token").below("build").rank("ttl") == 1
    page = ORDERS["WebPageRecording"].below("spec")
    assert page.rank("uid") < page.rank("lifecycle") < page.rank("webRecorder")


def test_editors_know_the_keys() -> None:
    """The JSON Schema takes a token that is built, and lifecycle, beside everything else of a recording."""
    validate = Draft202012Validator(manifest_schema())
    document = {
        "apiVersion": "takeup/v1",
        "kind": "CompositeRecording",
        "metadata": {"name": "hall"},
        "spec": {
            "cname": "c",
            "uid": "10001",
            "token": {"build": {"appCertificate": {"fromEnv": "C"}, "ttl": "12h"}},
            "lifecycle": {"spareUid": "10002", "replace": "overlap"},
            "recordingConfig": {"channelType": "live"},
            "storageConfig": {"profile": "archive"},
        },
    }
    assert validate.is_valid(document)
    document["spec"]["lifecycle"] = {"replace": "never"}  # type: ignore[index] # a mapping, as written above
    assert not validate.is_valid(document)
