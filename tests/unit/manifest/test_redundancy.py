"""redundancy and secondUid: a recording by two sessions, and what a manifest may say of it."""

from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator
from tests.unit.manifest.test_loader import ENV, PROFILE, manifest, run

from takeup.core.address import Address, Kind
from takeup.core.resource import Resource
from takeup.manifest.jsonschema import manifest_schema
from takeup.manifest.key_order import ORDERS
from takeup.manifest.loader import Loaded
from takeup.manifest.placeholders import filled

HALL = Address(Kind.COMPOSITE, "hall")
CHANNEL = "cname: c, uid: '10001', recordingConfig: {channelType: live}"
TWICE = f"{CHANNEL}, redundancy: 2, secondUid: '10002'"
SET = """\
---
apiVersion: takeup/v1
kind: RecordingSet
metadata: {name: rooms}
spec:
  forEach: {list: [a, b]}
  uidRange: 1000000000-1999999999
  template:
    kind: CompositeRecording
    spec:
      cname: "room-{{ key }}"
      redundancy: 2
      recordingConfig: {channelType: live}
      storageConfig: {profile: archive}
"""


def load(tmp_path: Path, *specs: str, env: dict[str, str] | None = ENV) -> Loaded:
    """The recordings of these specs: hall, hall1, hall2 and so on."""
    text = "".join(manifest(f"hall{number or ''}", spec) for number, spec in enumerate(specs))
    return run(tmp_path, {"a.yaml": PROFILE + text}, env)


def loaded(tmp_path: Path, spec: str, env: dict[str, str] | None = ENV) -> dict[Address, Resource]:
    """What is wanted of the sessions of this spec."""
    found = load(tmp_path, spec, env=env)
    assert found.problems == []
    return found.resources


def test_a_recording_is_wanted_by_two_sessions(tmp_path: Path) -> None:
    """Both come from one place of one manifest, with Agora's keys only."""
    first, second = loaded(tmp_path, TWICE).values()
    assert (first.address, second.address) == (HALL, HALL.partner)
    assert (first.uid, second.uid) == ("10001", "10002")
    assert first.origin == second.origin
    assert first.spec.keys() == second.spec.keys() == {"cname", "uid", "recordingConfig", "storageConfig"}


def test_one_session_is_the_default(tmp_path: Path) -> None:
    """And may be written down."""
    for spec in (CHANNEL, f"{CHANNEL}, redundancy: 1"):
        assert loaded(tmp_path, spec).keys() == {HALL}


def test_both_have_the_schedule_and_the_lifecycle_and_tokens_of_their_own(tmp_path: Path) -> None:
    """What holds for the sessions of a recording holds for each of them; a token is built for each uid."""
    build = "token: {build: {appCertificate: {fromEnv: K}}}"
    schedule = "schedule: {windows: [{cron: '0 8 * * 1-5', duration: 8h}]}, lifecycle: {restart: onFailure}"
    first, second = loaded(tmp_path, f"{TWICE}, {build}, {schedule}", {**ENV, "K": "canary"}).values()
    assert first.schedule is not None
    assert (first.schedule, first.lifecycle) == (second.schedule, second.lifecycle)
    assert first.token_build == second.token_build
    assert first.token_build is not None


@pytest.mark.parametrize(
    ("spec", "says"),
    [
        pytest.param(f"{CHANNEL}, redundancy: 2", "redundancy: 2 needs a uid", id="without a second uid"),
        pytest.param(f"{CHANNEL}, redundancy: 3, secondUid: '10002'", "redundancy", id="three sessions"),
        pytest.param(f"{CHANNEL}, redundancy: '2', secondUid: '10002'", "redundancy", id="a text"),
        pytest.param(f"{CHANNEL}, redundancy: 2, secondUid: '10001'", "is the uid itself", id="the same uid"),
        pytest.param(f"{CHANNEL}, redundancy: 2, secondUid: 10002", "a uid is a text", id="a number as uid"),
        pytest.param(
            f"{TWICE}, lifecycle: {{spareUid: '10002', replace: overlap}}",
            "is lifecycle.spareUid as well",
            id="the spare uid",
        ),
        pytest.param(
            "cname: c, uid: '10001', redundancy: 2, secondUid: '7', "
            "recordingConfig: {channelType: live, subscribeAudioUids: ['7'], subscribeVideoUids: ['8']}",
            "names the recorder's own secondUid",
            id="a second uid that is to be recorded",
        ),
    ],
)
def test_what_does_not_fit_is_refused_with_a_sentence(tmp_path: Path, spec: str, says: str) -> None:
    """It says what is wrong, and what to write instead."""
    problems = load(tmp_path, spec).problems
    assert [problem for problem in problems if says in problem.message and problem.suggestion], problems
    assert any(problem.severity == "error" for problem in problems)


@pytest.mark.parametrize(
    ("spec", "says"),
    [
        pytest.param(f"{CHANNEL}, secondUid: '10002'", "is not used", id="a second uid for nothing"),
        pytest.param(f"{TWICE}, region: EU", "keeps both sessions in one region", id="a fence around both"),
    ],
)
def test_what_defeats_its_purpose_is_a_warning(tmp_path: Path, spec: str, says: str) -> None:
    """It can be meant, so it is told and not refused."""
    (problem,) = load(tmp_path, spec).problems
    assert (problem.severity, says in problem.message) == ("warning", True)


@pytest.mark.parametrize(
    "other",
    [
        pytest.param("cname: c, uid: '10002', recordingConfig: {channelType: live}", id="the uid of another one"),
        pytest.param(
            "cname: c, uid: '10003', redundancy: 2, secondUid: '10002', recordingConfig: {channelType: live}",
            id="the second uid of another one",
        ),
        pytest.param(
            "cname: c, uid: '10003', lifecycle: {spareUid: '10002'}, recordingConfig: {channelType: live}",
            id="the spare uid of another one",
        ),
    ],
)
def test_a_second_uid_is_taken_in_its_channel(tmp_path: Path, other: str) -> None:
    """Two recorders with one uid throw each other out."""
    (problem,) = load(tmp_path, TWICE, other).problems
    assert "both use uid 10002" in problem.message


def test_a_second_uid_of_another_channel_is_free(tmp_path: Path) -> None:
    """A uid is unique in its channel."""
    other = TWICE.replace("cname: c", "cname: d")
    assert len(load(tmp_path, TWICE, other).resources) == 4


def test_members_of_a_set_get_a_second_uid_from_the_range(tmp_path: Path) -> None:
    """It depends on the set and the key alone, like the first one."""
    found = run(tmp_path, {"a.yaml": PROFILE + SET}, ENV)
    assert found.problems == []
    uids = [int(item.uid) for item in found.resources.values()]
    assert len(set(uids)) == 4
    assert all(1_000_000_000 <= uid <= 1_999_999_999 for uid in uids)
    again = run(tmp_path, {"a.yaml": PROFILE + SET.replace("[a, b]", "[b, a, c]")}, ENV)
    assert {item.uid for item in found.resources.values()} <= {item.uid for item in again.resources.values()}


def test_a_secret_of_both_is_counted_once(tmp_path: Path) -> None:
    """A rehearsal tells how many secrets it has placeholders for."""
    once, twice = (filled(load(tmp_path, spec, env=None).resources)[1] for spec in (CHANNEL, TWICE))
    assert once == twice > 0


def test_the_schema_and_the_order_of_keys_know_them() -> None:
    """Editors complete them, and `fmt` writes them behind the uid."""
    spec = {
        "cname": "c",
        "uid": "1",
        "redundancy": 2,
        "secondUid": "2",
        "recordingConfig": {"channelType": 1},
        "storageConfig": {"profile": "p"},
    }
    document: dict[str, Any] = {"apiVersion": "takeup/v1", "kind": "CompositeRecording", "metadata": {"name": "hall"}}
    validator = Draft202012Validator(manifest_schema())
    assert validator.is_valid({**document, "spec": spec})
    assert not validator.is_valid({**document, "spec": {**spec, "redundancy": 3}})
    keys = list(ORDERS["CompositeRecording"].below("spec").keys)
    assert keys[keys.index("uid") :][:3] == ["uid", "redundancy", "secondUid"]
