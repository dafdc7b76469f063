"""The decision table, row by row, and the pure pieces around it."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from tests.recordings import NOON, STORAGE, plan, resource, session, snapshot

from takeup.core.address import Address, Kind
from takeup.core.deciding import unsure_warning
from takeup.core.plan import Action
from takeup.core.plan_document import plan_document
from takeup.core.planner import drift
from takeup.core.secret import Secret
from takeup.core.selection import Selection
from takeup.core.snapshot import Liveness

CONFIG = {"channelType": 1}
REPLACE = ("stop", "acquire", "start")
Row = tuple[Action, tuple[str, ...]] | None

SAME: dict[str, Any] = {}
UPDATE: dict[str, Any] = {"recordingConfig": {**CONFIG, "subscribeAudioUids": ["7"], "subscribeVideoUids": ["7"]}}
LAYOUT: dict[str, Any] = {"recordingConfig": {**CONFIG, "transcodingConfig": {"mixedVideoLayout": 1}}}
BOTH: dict[str, Any] = {
    "recordingConfig": {
        **CONFIG,
        "subscribeAudioUids": ["7"],
        "subscribeVideoUids": ["7"],
        "transcodingConfig": {"mixedVideoLayout": 1},
    }
}
ALL: dict[str, Any] = {"recordingConfig": {**BOTH["recordingConfig"], "maxIdleTime": 60}}


@pytest.mark.parametrize(
    ("liveness", "changes", "row"),
    [
        pytest.param(None, SAME, (Action.CREATE, ("acquire", "start")), id="not recorded yet: created"),
        pytest.param(Liveness.RUNNING, SAME, None, id="running, no difference: no-op"),
        pytest.param(Liveness.RUNNING, {"token": Secret("new")}, None, id="running, another token: no-op"),
        pytest.param(Liveness.RUNNING, UPDATE, (Action.UPDATE, ("update",)), id="running, lists differ: update"),
        pytest.param(
            Liveness.RUNNING, LAYOUT, (Action.UPDATE, ("updateLayout",)), id="running, layout differs: updateLayout"
        ),
        pytest.param(
            Liveness.RUNNING, BOTH, (Action.UPDATE, ("update", "updateLayout")), id="running, both differ: both calls"
        ),
        pytest.param(Liveness.RUNNING, ALL, (Action.REPLACE, REPLACE), id="running, one replace attribute: replaced"),
        pytest.param(Liveness.ENDED, SAME, (Action.CREATE, ("acquire", "start")), id="ended, no difference: created"),
        pytest.param(Liveness.ENDED, ALL, (Action.CREATE, ("acquire", "start")), id="ended, differs: created"),
        *(
            pytest.param(liveness, changes, None, id=f"{liveness.value}, {words}: no-op with a warning")
            for liveness in (Liveness.SUSPECT, Liveness.UNKNOWN, Liveness.LOST)
            for changes, words in ((SAME, "no difference"), (UPDATE, "lists differ"), (ALL, "must be replaced"))
        ),
    ],
)
def test_a_wanted_recording(liveness: Liveness | None, changes: dict[str, Any], row: Row) -> None:
    """A desired resource gets the action and the calls of its row."""
    sessions = [] if liveness is None else [session(resource(), liveness)]
    made = plan([resource(**changes)], sessions)
    assert next(((change.action, change.calls) for change in made.changes), None) == row
    assert made.noop == (row is None)
    unsure = liveness in {Liveness.SUSPECT, Liveness.UNKNOWN, Liveness.LOST}
    assert len(made.warnings) == unsure
    if unsure and changes and liveness is not Liveness.LOST:
        assert "Its changes wait until then." in made.warnings[0]


@pytest.mark.parametrize(
    ("liveness", "row", "warns"),
    [
        pytest.param(Liveness.RUNNING, (Action.DELETE, ("stop",)), False, id="running: stopped"),
        pytest.param(Liveness.SUSPECT, (Action.DELETE, ("stop",)), False, id="suspect: stopped"),
        pytest.param(Liveness.UNKNOWN, (Action.DELETE, ("stop",)), False, id="unknown: stopped"),
        pytest.param(Liveness.ENDED, (Action.FORGET, ()), False, id="ended: forgotten without a call"),
        pytest.param(Liveness.LOST, None, True, id="lost: cannot be stopped without a sid, warned"),
    ],
)
def test_a_recording_that_is_not_wanted_any_more(liveness: Liveness, row: Row, *, warns: bool) -> None:
    """A recorded session without a manifest gets the action and the calls of its row."""
    made = plan([], [session(resource(), liveness)])
    assert next(((change.action, change.calls) for change in made.changes), None) == row
    assert bool(made.warnings) is warns


@pytest.mark.parametrize(
    ("selection", "addresses"),
    [
        pytest.param(Selection(), {"a", "b"}, id="everything"),
        pytest.param(Selection(target=("CompositeRecording.a",)), {"a"}, id="one target"),
        pytest.param(Selection(target=("*.b",)), {"b"}, id="a pattern"),
        pytest.param(Selection(exclude=("*.a",)), {"b"}, id="one excluded"),
        pytest.param(Selection(target=("*",), exclude=("*.b",)), {"a"}, id="exclude wins"),
    ],
)
def test_a_selection_restricts_the_plan(selection: Selection, addresses: set[str]) -> None:
    """Only what is selected is planned; the rest is not counted either."""
    made = plan([resource("a"), resource("b")], [], selection=selection)
    assert {change.address.name for change in made.changes} == addresses


def test_a_forced_replace_needs_no_difference() -> None:
    """--replace replaces a running session, and says that nothing else demands it."""
    (change,) = plan([resource()], [session(resource())], selection=Selection(replace=("*.hall",))).changes
    assert (change.action, change.reason) == (Action.REPLACE, "asked for by --replace")


@pytest.mark.parametrize("liveness", [Liveness.SUSPECT, Liveness.UNKNOWN, Liveness.LOST])
def test_a_forced_replace_is_not_done_on_a_guess(liveness: Liveness) -> None:
    """Even --replace starts no second recorder beside a session that may run."""
    made = plan([resource()], [session(resource(), liveness)], selection=Selection(replace=("*",)))
    assert made.changes == ()


def test_update_groups_follow_the_attributes() -> None:
    """A change names the parts of the update request that its attributes need, and no other."""
    wanted = resource(**UPDATE, storageConfig={**STORAGE, "secretKey": Secret("other")})
    (change,) = plan([wanted], [session(resource())]).changes
    assert change.groups == {"subscription", "storage"}


def test_changes_are_in_the_order_of_addresses() -> None:
    """The order of the manifests never shows in a plan."""
    names = ["b", "c", "a"]
    assert [change.address.name for change in plan([resource(name) for name in names], []).changes] == sorted(names)


def test_calls_are_counted_in_the_order_of_a_life() -> None:
    """The totals are over all changes, and an operation that is not called is not listed."""
    made = plan(
        [resource("a"), resource("b", **ALL), resource("c", **BOTH)],
        [session(resource("b")), session(resource("c")), session(resource("d"))],
    )
    assert list(made.calls.items()) == [
        ("acquire", 2),
        ("start", 2),
        ("update", 1),
        ("updateLayout", 1),
        ("stop", 2),
    ]


def test_drift_is_previous_against_prior() -> None:
    """What the refresh found is drift; what it found unchanged is none."""
    a, b = resource("a"), resource("b")
    previous = snapshot(session(a), session(b))
    prior = snapshot(session(a, Liveness.ENDED), session(b))
    (found,) = drift(previous, prior)
    assert (found.address, found.was, found.now, found.evidence) == (a.address, "RUNNING", "ENDED", "as seen")


def test_a_warning_of_a_lost_session_names_the_way_out() -> None:
    """A LOST session is never started over by itself: the warning says how to give it up."""
    text = unsure_warning(session(resource(), Liveness.LOST), differs=True)
    assert "takeup state rm CompositeRecording.hall" in text


def test_the_digest_does_not_depend_on_the_time() -> None:
    """Two plans of the same changes made at two times have one digest; another change has another."""
    made = plan([resource()], [])
    assert replace(made, created_at=NOON + timedelta(days=1)).digest == made.digest
    assert replace(made, lineage="other").digest != made.digest
    assert plan([resource(**ALL)], []).digest != made.digest


def test_the_document_counts_noops_and_lists_changes() -> None:
    """The plan as JSON holds every action, the calls and no no-op."""
    document = plan_document(plan([resource("a"), resource("b")], [session(resource("b"))]))
    assert document["summary"] == {
        "create": 1,
        "update": 0,
        "replace": 0,
        "delete": 0,
        "forget": 0,
        "noop": 1,
        "unjudged": 0,
        "calls": 2,
        "callsByOperation": {"acquire": 1, "start": 1},
    }
    assert [change["address"] for change in document["changes"]] == ["CompositeRecording.a"]


@pytest.mark.parametrize("text", ["", "hall", "CompositeRecording", "CompositeRecording.", "Nothing.hall"])
def test_what_is_no_address_is_refused(text: str) -> None:
    """An address is a kind, a dot and a name."""
    with pytest.raises(ValueError, match=r"address|Kind"):
        Address.parse(text)


def test_an_address_reads_back() -> None:
    """The text of an address is the address; a name may hold dots."""
    address = Address(Kind.WEB_PAGE, "a.b")
    assert Address.parse(str(address)) == address
