"""A plan in Terraform's format: as real Terraform prints one, and without a secret."""

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from inline_snapshot import snapshot
from tests.recordings import plan, resource, session
from tests.unit.render.wholeplans import CANARY, HALL, WHOLE_PLANS, every_plan

from takeup.core.plan import Action, AttributeChange, Plan
from takeup.core.schema.attribute import Effect
from takeup.core.secret import Secret
from takeup.render.plan_terraform import CHANGED, render, terraform_document

REAL = Path(__file__).parents[4] / "shared" / "terraform-plan-json"
_SPEC = {"before", "after", "after_unknown", "before_sensitive", "after_sensitive", "values", "sensitive_values"}
"""Objects whose keys are attributes; `expressions` is one too."""
# What real plans have of what takeup has not: variables, outputs and for_each.
_NOT_OURS = {"variables", "output_changes", "relevant_attributes", "outputs", "index", "for_each_expression"}
_OURS = {"generator"}


def _only(made: Plan) -> Any:  # noqa: ANN401 - JSON
    (change,) = terraform_document(made)["resource_changes"]
    return change


@pytest.mark.parametrize("name", [pytest.param(name, id=name) for name in every_plan()])
def test_every_plan_is_one_line_of_json_without_secrets(name: str) -> None:
    """Each plan is one line of JSON that holds no secret and lists each change but what is only forgotten."""
    text = render(every_plan()[name])
    assert text.endswith("}\n")
    assert text.count("\n") == 1
    assert CANARY not in text
    assert "hmac-sha256" not in text
    called = [str(item.address) for item in every_plan()[name].changes if item.action is not Action.FORGET]
    assert [item["address"] for item in json.loads(text)["resource_changes"]] == called


def test_a_secret_in_a_plan_made_by_hand_is_redacted() -> None:
    """The emitter itself redacts: secrets, fingerprints wherever they stand, and what no schema declares."""
    spec = {
        "token": CANARY,
        "storageConfig": {"bucket": "b", "secretKey": CANARY, "accessKey": CANARY},
        "cname": "hmac-sha256:00",
        "fromTheFuture": {"odd": CANARY},
    }
    (change,) = WHOLE_PLANS["replace"].changes
    text = render(replace(WHOLE_PLANS["replace"], changes=(replace(change, before=spec, after=spec, attributes=()),)))
    assert CANARY not in text
    assert "hmac-sha256" not in text
    assert '"bucket":"b"' in text


def test_a_create() -> None:
    """A creation has nothing before it, its ids are known after the apply, and secrets are marked."""
    change = _only(plan([resource("hall", token=Secret(CANARY))], []))
    assert change == snapshot(
        {
            "address": "CompositeRecording.hall",
            "mode": "managed",
            "type": "CompositeRecording",
            "name": "hall",
            "provider_name": "takeup.invalid/takeup/agora",
            "change": {
                "actions": ["create"],
                "before": None,
                "after": {
                    "cname": "hall",
                    "uid": "10001",
                    "resourceExpiredHour": 72,
                    "regionAffinity": 0,
                    "startParameter": False,
                    "storageConfig": {
                        "vendor": 1,
                        "region": 0,
                        "bucket": "b",
                        "accessKey": "(sensitive)",
                        "secretKey": "(sensitive)",
                        "extensionParams": {},
                    },
                    "token": "(sensitive)",
                    "recordingConfig": {
                        "channelType": 1,
                        "streamTypes": 2,
                        "videoStreamType": 0,
                        "maxIdleTime": 30,
                        "decryptionMode": 0,
                        "audioProfile": 0,
                        "transcodingConfig": {
                            "width": 360,
                            "height": 640,
                            "fps": 15,
                            "bitrate": 500,
                            "mixedVideoLayout": 0,
                            "backgroundColor": "#000000",
                        },
                        "subscribeAudioUids": ["#allstream#"],
                        "subscribeVideoUids": ["#allstream#"],
                    },
                    "recordingFileConfig": {"avFileType": ["hls"]},
                },
                "after_unknown": {
                    "storageConfig": {"extensionParams": {}},
                    "recordingConfig": {
                        "transcodingConfig": {},
                        "subscribeAudioUids": [False],
                        "subscribeVideoUids": [False],
                    },
                    "recordingFileConfig": {"avFileType": [False]},
                    "resourceId": True,
                    "sid": True,
                },
                "before_sensitive": False,
                "after_sensitive": {
                    "storageConfig": {"accessKey": True, "secretKey": True, "extensionParams": {}},
                    "token": True,
                    "recordingConfig": {
                        "transcodingConfig": {},
                        "subscribeAudioUids": [False],
                        "subscribeVideoUids": [False],
                    },
                    "recordingFileConfig": {"avFileType": [False]},
                },
            },
        }
    )


def test_a_replacement_says_what_forces_it() -> None:
    """A replacement deletes first, and names the paths that no call changes."""
    change = _only(WHOLE_PLANS["replace"])
    assert change["change"]["actions"] == ["delete", "create"]
    assert change["change"]["replace_paths"] == [["storageConfig", "bucket"]]
    assert change["action_reason"] == "replace_because_cannot_update"
    assert change["change"]["after_unknown"].keys() >= {"resourceId", "sid"}


def test_a_replacement_that_overlaps_creates_first() -> None:
    """As create_before_destroy does in Terraform; the turn of the uid forces nothing."""
    made = WHOLE_PLANS["replace"]
    (before,) = made.changes
    turn = AttributeChange("uid", "10001", "10002", sensitive=False, effect=Effect.NONE)
    after = replace(before, calls=("acquire", "start", "stop"), attributes=(turn, *before.attributes))
    change = _only(replace(made, changes=(after,)))
    assert change["change"]["actions"] == ["create", "delete"]
    assert change["change"]["replace_paths"] == [["storageConfig", "bucket"]]


def test_a_replacement_asked_for_has_no_paths() -> None:
    """With --replace nothing forces the replacement."""
    change = _only(WHOLE_PLANS["replace asked for"])
    assert change["action_reason"] == "replace_by_request"
    assert "replace_paths" not in change["change"]


def test_the_change_of_a_secret_can_be_seen() -> None:
    """A secret that changed looks other than before, and one that did not looks the same; both are marked."""
    change = _only(WHOLE_PLANS["secret changed"])["change"]
    before, after = change["before"]["storageConfig"], change["after"]["storageConfig"]
    assert (before["accessKey"], after["accessKey"]) == ("(sensitive)", CHANGED)
    assert before["secretKey"] == after["secretKey"] == "(sensitive)"
    marked = {"accessKey": True, "secretKey": True, "extensionParams": {}}
    assert change["before_sensitive"]["storageConfig"] == change["after_sensitive"]["storageConfig"] == marked


def test_a_secret_in_a_list_is_marked_at_its_place() -> None:
    """The mark of a secret inside a list of objects stands at its index."""
    changes = terraform_document(WHOLE_PLANS["create"])["resource_changes"]
    assert changes[1]["change"]["after_sensitive"]["rtmpPublish"] == {"outputs": [{"rtmpUrl": True}]}


def test_a_deletion_has_nothing_after_it() -> None:
    """What is stopped was before and is not planned."""
    document = terraform_document(WHOLE_PLANS["delete"])
    assert [item["change"]["after"] for item in document["resource_changes"]] == [None, None]
    assert {item["action_reason"] for item in document["resource_changes"]} == {"delete_because_no_resource_config"}
    assert document["planned_values"] == {"root_module": {}}
    assert len(document["prior_state"]["values"]["root_module"]["resources"]) == 2


def test_a_session_that_ended_is_drift() -> None:
    """A session that ended by itself is deleted outside of Terraform, and created from nothing."""
    document = terraform_document(WHOLE_PLANS["ended, recorded anew"])
    (drift,) = document["resource_drift"]
    assert drift["change"]["actions"] == ["delete"]
    assert drift["change"]["before"]["cname"] == "hall"
    (change,) = document["resource_changes"]
    assert (change["change"]["actions"], change["change"]["before"]) == (["create"], None)
    assert "prior_state" not in document


def test_what_is_forgotten_is_drift_and_no_change() -> None:
    """A recording that ended and is not wanted any more changes nothing that records."""
    document = terraform_document(WHOLE_PLANS["forget"])
    assert [item["address"] for item in document["resource_drift"]] == ["CompositeRecording.hall"]
    assert document["resource_changes"] == []
    assert document["applyable"] is True


@pytest.mark.parametrize(
    ("name", "applyable", "complete"),
    [
        pytest.param("create", True, True, id="changes"),
        pytest.param("nothing to do", False, True, id="nothing to do"),
        pytest.param("suspect", False, False, id="a session that cannot be judged"),
        pytest.param("targeted", True, False, id="restricted to a target"),
        pytest.param("replace asked for", True, True, id="a replacement asked for restricts nothing"),
    ],
)
def test_applyable_and_complete(name: str, *, applyable: bool, complete: bool) -> None:
    """`applyable` says whether an apply does anything, `complete` whether all is as wanted after it."""
    document = terraform_document(WHOLE_PLANS[name])
    assert (document["applyable"], document["complete"], document["errored"]) == (applyable, complete, False)


def test_suspicion_is_no_drift() -> None:
    """A session that answers 404 and is not yet believed to have ended is no drift for Terraform's readers."""
    assert WHOLE_PLANS["suspect"].drift
    assert "resource_drift" not in terraform_document(WHOLE_PLANS["suspect"])


def test_the_generator_is_named() -> None:
    """The document says that takeup made it, and from which plan."""
    made = WHOLE_PLANS["create"]
    generator = terraform_document(made)["generator"]
    assert (generator["name"], generator["plan"]) == ("takeup", made.digest)


@pytest.mark.skipif(not REAL.exists(), reason=f"the plans of real Terraform are not beside the repository ({REAL})")
@pytest.mark.parametrize(
    ("name", "real"),
    [
        pytest.param("create", "create", id="create"),
        pytest.param("update", "update", id="update"),
        pytest.param("replace", "replace", id="replace"),
        pytest.param("ended, recorded anew", "drift-died-session", id="a session that died"),
    ],
)
def test_the_shape_is_that_of_real_terraform(name: str, real: str) -> None:
    """Each place in the document has the type that real Terraform 1.15.5 gives it, and none is made up or missing."""
    (file,) = REAL.glob(f"*-{real}.plan.json")
    theirs = dict(_shape(json.loads(file.read_text("utf-8")), ""))
    ours = dict(_shape(json.loads(render(WHOLE_PLANS[name])), ""))
    if name == "ended, recorded anew":  # the sample has a second session that goes on: takeup counts it
        theirs = {path: types for path, types in theirs.items() if not path.startswith(".prior_state")}
    wrong = {path: (theirs.get(path), types) for path, types in ours.items() if not types <= theirs.get(path, set())}
    assert wrong == {}
    assert sorted(theirs.keys() - ours.keys()) == []


def _shape(value: object, path: str) -> Iterator[tuple[str, set[str]]]:
    """Every place by its path, with the types that stand there; places inside a spec are left out."""
    found: dict[str, set[str]] = {}
    for at, kind in _places(value, path):
        found.setdefault(at, set()).add(kind)
    yield from found.items()


def _places(value: object, path: str) -> Iterator[tuple[str, str]]:
    yield path, type(value).__name__
    name = path.rpartition(".")[2]
    if name in _SPEC:
        return
    if isinstance(value, dict):
        for key, item in value.items():
            if name == "expressions":
                yield f"{path}.*", type(item).__name__
            elif key not in _NOT_OURS | _OURS:
                yield from _places(item, f"{path}.{key}" if name != "provider_config" else f"{path}.*")
    elif isinstance(value, list):
        for item in value:
            yield from _places(item, f"{path}[]")


def test_a_deleted_session_of_an_older_version_can_be_shown() -> None:
    """What the state holds of a session may lack everything and hold what no schema knows: it is shown all the same."""
    old = replace(session(HALL), applied={"cname": "hall", "fromTheFuture": {"x": CANARY}})
    change = _only(plan([], [old]))
    assert change["change"]["before"]["cname"] == "hall"
    assert CANARY not in str(change)
