"""Whole specs in a plan: defaults filled in, no secret, and where in the manifests they stand."""

from dataclasses import replace
from typing import Any

import pytest
from tests.recordings import full_spec, plan, resource, session, snapshot

from takeup.core.address import Kind
from takeup.core.plan_document import plan_document
from takeup.core.secret import Secret
from takeup.core.snapshot import Liveness
from takeup.core.whole import SENSITIVE, hidden, whole

HALL = replace(resource("hall"), origin="manifests/hall.yaml:3")
ENDED = session(HALL, Liveness.ENDED)


@pytest.mark.parametrize("kind", [pytest.param(kind, id=kind.value) for kind in Kind])
def test_every_secret_of_every_kind_is_hidden(kind: Kind) -> None:
    """A spec with every attribute holds no secret any more, and all that is none."""
    shown = whole(kind, full_spec(kind))
    assert _secrets(shown) == []
    assert shown["storageConfig"]["secretKey"] == SENSITIVE
    assert shown["cname"] != SENSITIVE


def _secrets(value: Any) -> list[Any]:  # noqa: ANN401 - any part of a spec
    if isinstance(value, dict):
        return [found for item in value.values() for found in _secrets(item)]
    if isinstance(value, list):
        return [found for item in value for found in _secrets(item)]
    return [value] if isinstance(value, Secret) else []


def test_defaults_are_filled_in() -> None:
    """What is not declared has the value that Agora fills in."""
    assert whole(Kind.COMPOSITE, HALL.spec)["recordingConfig"]["maxIdleTime"] == 30


def test_what_is_not_known_could_be_a_secret() -> None:
    """Attributes of another version of takeup are hidden, whatever they are."""
    spec = {"cname": "hall", "fromTheFuture": {"x": "secret", "y": ["secret"]}}
    assert hidden(Kind.COMPOSITE, spec) == {"cname": "hall", "fromTheFuture": {"x": SENSITIVE, "y": SENSITIVE}}


def test_both_sides_of_a_change_are_whole() -> None:
    """A creation has nothing before, a deletion nothing after, an update and a replacement have both."""
    (created,) = plan([HALL], []).changes
    (deleted,) = plan([], [session(HALL)]).changes
    (replaced,) = plan([replace(HALL, spec={**HALL.spec, "cname": "other"})], [session(HALL)]).changes
    assert (created.before, deleted.after) == (None, None)
    assert created.after == deleted.before == replaced.before == whole(HALL.address.kind, HALL.spec)
    assert replaced.after == {**whole(HALL.address.kind, HALL.spec), "cname": "other"}


def test_a_session_that_ended_is_created_from_nothing() -> None:
    """What ended is before the drift and not before the creation."""
    made = plan([HALL], [ENDED], previous=snapshot(session(HALL)))
    assert made.changes[0].before is None
    assert made.drift[0].before == whole(HALL.address.kind, HALL.spec)


@pytest.mark.parametrize(
    ("sessions", "known"),
    [
        pytest.param([], True, id="a change"),
        pytest.param([session(HALL)], False, id="nothing to say of it"),
        pytest.param([session(HALL, Liveness.SUSPECT)], True, id="a warning"),
        pytest.param([session(HALL, Liveness.LOST)], True, id="a LOST session"),
    ],
)
def test_origins(sessions: list[Any], *, known: bool) -> None:
    """The plan tells where stands what it speaks of, and nothing else."""
    assert plan([HALL], sessions).origins == ({HALL.address: "manifests/hall.yaml:3"} if known else {})


def test_a_moved_manifest_is_the_same_plan() -> None:
    """The line of a manifest is in the document and not in the digest; a value in the whole spec is in both."""
    made, moved = plan([HALL], []), plan([replace(HALL, origin="manifests/hall.yaml:9")], [])
    assert made.digest == moved.digest
    assert plan_document(moved)["origins"] == {"CompositeRecording.hall": "manifests/hall.yaml:9"}
    assert plan([replace(HALL, spec={**HALL.spec, "resourceExpiredHour": 9})], []).digest != made.digest
