# ruff: noqa: E501 - a line of output is as long as it is
"""The events of an apply, in the shapes that the reference of Terraform's machine-readable UI documents."""

import json
from dataclasses import replace
from typing import Any

import pytest
from inline_snapshot import snapshot
from tests.recordings import NOON
from tests.unit.render.wholeplans import CANARY, HALL, WHOLE_PLANS, every_plan

from takeup import __version__
from takeup.core.plan import Plan
from takeup.engine.apply import Report
from takeup.engine.ports import Event
from takeup.errors import ProviderError
from takeup.render import events
from takeup.render.strict_json import one_line

# Terraform's reference: keys of every message, of `resource`, and of what each type carries.
COMMON = {"@level", "@message", "@module", "@timestamp", "type"}
RESOURCE = {"addr", "module", "resource", "implied_provider", "resource_type", "resource_name", "resource_key"}
CARRIED = {
    "version": {"terraform", "ui"},
    "log": set(),
    "diagnostic": {"diagnostic"},
    "resource_drift": {"change"},
    "planned_change": {"change"},
    "change_summary": {"changes"},
    "apply_start": {"hook"},
    "apply_progress": {"hook"},
    "apply_complete": {"hook"},
    "apply_errored": {"hook"},
}
HOOK = {
    "apply_start": ({"resource", "action"}, {"id_key", "id_value"}),
    "apply_progress": ({"resource", "action", "elapsed_seconds"}, set()),
    "apply_complete": ({"resource", "action", "elapsed_seconds"}, {"id_key", "id_value"}),
    "apply_errored": ({"resource", "action", "elapsed_seconds"}, set()),
}
ACTIONS = {"noop", "create", "read", "update", "replace", "delete", "remove"}
ADDRESS = HALL.address
FAILED = ProviderError("start was refused.", hint="Ask again.")


def _checked(event: dict[str, Any]) -> dict[str, Any]:
    """The event, once it has the documented shape."""
    kind = event["type"]
    assert event.keys() - {"takeup"} == COMMON | CARRIED[kind]
    assert event["@module"] == "terraform.ui"
    assert event["@level"] in {"info", "warn", "error"}
    if "hook" in event:
        required, optional = HOOK[kind]
        assert required <= event["hook"].keys() <= required | optional
    for about in (event.get("hook"), event.get("change")):
        if about is not None:
            assert about["resource"].keys() == RESOURCE
            assert about["action"] in ACTIONS
    if "changes" in event:
        assert event["changes"].keys() == {"add", "change", "import", "remove", "operation"}
    if "diagnostic" in event:
        assert event["diagnostic"].keys() - {"address"} == {"severity", "summary", "detail"}
    return event


def test_the_first_event_names_versions() -> None:
    """A stream begins with takeup's version and that of the schema."""
    event = _checked(events.version(NOON))
    assert (event["takeup"], event["ui"], event["@timestamp"]) == (
        __version__,
        "1.2",
        "2026-03-01T12:00:00.000000+00:00",
    )


@pytest.mark.parametrize("name", [pytest.param(name, id=name) for name in every_plan()])
def test_every_plan_is_announced_in_documented_shapes(name: str) -> None:
    """Each plan ends in a summary, has an event for each change, and shows no secret."""
    made = every_plan()[name]
    found = [_checked(event) for event in events.planned(made, NOON)]
    planned = [event["change"]["resource"]["addr"] for event in found if event["type"] == "planned_change"]
    recovered = [str(item.address) for item in made.recovery if item.calls]
    assert planned == [*recovered, *(str(change.address) for change in made.changes)]
    assert [event["type"] for event in found].count("change_summary") == 1
    assert found[-1]["changes"]["operation"] == "plan"
    assert CANARY not in "".join(map(one_line, found))


def test_what_is_announced() -> None:
    """The messages of every plan, one a line."""
    found = {
        name: [event["@message"] for event in events.planned(made, NOON)][1:] for name, made in WHOLE_PLANS.items()
    }
    assert found == snapshot(
        {
            "create": [
                "CompositeRecording.hall: Plan to create",
                "WebPageRecording.slides: Plan to create",
                "Plan: 2 to add, 0 to change, 0 to destroy.",
            ],
            "update": ["CompositeRecording.hall: Plan to update", "Plan: 0 to add, 1 to change, 0 to destroy."],
            "secret changed": ["CompositeRecording.hall: Plan to update", "Plan: 0 to add, 1 to change, 0 to destroy."],
            "replace": ["CompositeRecording.hall: Plan to replace", "Plan: 1 to add, 0 to change, 1 to destroy."],
            "replace asked for": [
                "CompositeRecording.hall: Plan to replace",
                "Plan: 1 to add, 0 to change, 1 to destroy.",
            ],
            "delete": [
                "CompositeRecording.hall: Plan to delete",
                "WebPageRecording.slides: Plan to delete",
                "Plan: 0 to add, 0 to change, 2 to destroy.",
            ],
            "forget": ["CompositeRecording.hall: Plan to remove", "Plan: 0 to add, 0 to change, 0 to destroy."],
            "ended, recorded anew": [
                "CompositeRecording.hall: Drift detected (delete)",
                "CompositeRecording.hall: Plan to create",
                "Plan: 1 to add, 0 to change, 0 to destroy.",
            ],
            "suspect": [
                "Warning: CompositeRecording.hall is SUSPECT: 404 since 12:00:00. It may be failing over, so no second recorder is started; plan again when it answers or has been silent for confirmEndedFor.",
                "Plan: 0 to add, 0 to change, 0 to destroy.",
            ],
            "lost": [
                "Warning: CompositeRecording.hall is LOST: it may be recording with a sid that nobody knows, so nothing is started over it. With the sid from Agora's webhooks: takeup import CompositeRecording.hall --sid SID; to give it up: takeup state rm CompositeRecording.hall",
                "CompositeRecording.hall: Plan to read",
                "Plan: 0 to add, 0 to change, 0 to destroy.",
            ],
            "recovery": [
                "Warning: CompositeRecording.hall is UNKNOWN: as seen. Nothing is done on a guess.",
                "CompositeRecording.hall: Plan to read",
                "Plan: 0 to add, 0 to change, 0 to destroy.",
            ],
            "targeted": ["WebPageRecording.slides: Plan to create", "Plan: 1 to add, 0 to change, 0 to destroy."],
            "nothing to do": ["Plan: 0 to add, 0 to change, 0 to destroy."],
            "everything": [
                "CompositeRecording.thumbs: Drift detected (delete)",
                "CompositeRecording.board: Plan to delete",
                "CompositeRecording.hall: Plan to create",
                "CompositeRecording.lesson: Plan to update",
                "CompositeRecording.stage: Plan to replace",
                "CompositeRecording.thumbs: Plan to remove",
                "Plan: 2 to add, 1 to change, 2 to destroy.",
            ],
        }
    )


@pytest.mark.parametrize(
    ("action", "reason"),
    [
        pytest.param("replace", "cannot_update", id="an attribute forces it"),
        pytest.param("replace asked for", "requested", id="asked for by --replace"),
        pytest.param("delete", "delete_because_no_resource_config", id="no manifest wants it"),
        pytest.param("update", None, id="an update needs no reason"),
    ],
)
def test_reasons(action: str, reason: str | None) -> None:
    """Replacements and deletions say why, in Terraform's words."""
    found = [
        event["change"] for event in events.planned(WHOLE_PLANS[action], NOON) if event["type"] == "planned_change"
    ]
    assert {change.get("reason") for change in found} == {reason}


@pytest.mark.parametrize(
    ("event", "action", "kind", "message"),
    [
        pytest.param(Event(ADDRESS, "begin", "create"), "create", "apply_start", "Creating...", id="begin"),
        pytest.param(
            Event(ADDRESS, "call", "acquire, start"),
            "create",
            "apply_progress",
            "Still creating: calling acquire, start [7s elapsed]",
            id="a call",
        ),
        pytest.param(
            Event(ADDRESS, "wait", "404"), "delete", "apply_progress", "Still destroying: 404 [7s elapsed]", id="a wait"
        ),
        pytest.param(
            Event(ADDRESS, "done", "creation complete after 7s [sid=abc]"),
            "create",
            "apply_complete",
            "Creation complete after 7s [sid=abc]",
            id="done, with a sid",
        ),
        pytest.param(
            Event(ADDRESS, "done", "stop complete after 7s"),
            "delete",
            "apply_complete",
            "Destruction complete after 7s",
            id="done",
        ),
        pytest.param(
            Event(ADDRESS, "failed", "refused"), "replace", "apply_errored", "Replacement errored after 7s", id="failed"
        ),
        pytest.param(
            Event(ADDRESS, "done", "forgotten after 0s"),
            "forget",
            "apply_complete",
            "Removal complete after 7s",
            id="forgotten",
        ),
        pytest.param(Event(ADDRESS, "begin", "recover"), "recover", "apply_start", "Refreshing...", id="a recovery"),
        pytest.param(
            Event(ADDRESS, "wait", "404; asking again"), "", "log", "404; asking again", id="before any change"
        ),
    ],
)
def test_what_happens_is_told_in_documented_shapes(event: Event, action: str, kind: str, message: str) -> None:
    """Each thing that happens becomes the event that Terraform has for it."""
    found = _checked(events.told(event, action, 7.9, NOON))
    assert (found["type"], found["@message"]) == (kind, f"CompositeRecording.hall: {message}")


def test_a_sid_is_the_id_of_a_session() -> None:
    """What was started is named by its sid."""
    hook = events.told(Event(ADDRESS, "done", "creation complete after 7s [sid=abc]"), "create", 7, NOON)["hook"]
    assert (hook["id_key"], hook["id_value"], hook["elapsed_seconds"]) == ("sid", "abc", 7)


def test_an_interruption_is_a_warning() -> None:
    """That nothing new is begun is told as a warning."""
    found = _checked(events.told(Event(ADDRESS, "interrupt", "finishing"), "create", 1, NOON))
    assert (found["type"], found["@level"], found["@message"]) == ("log", "warn", "finishing")


def _report(made: Plan, **more: Any) -> Report:  # noqa: ANN401 - parts of a report
    return Report(applied=list(made.changes), **more)


def test_a_complete_apply_ends_in_its_counts() -> None:
    """What was made is counted, a replacement on both sides."""
    (event,) = map(_checked, events.finished(_report(WHOLE_PLANS["everything"]), NOON))
    assert event["changes"] == {"add": 2, "change": 1, "import": 0, "remove": 2, "operation": "apply"}
    assert event["@message"] == "Apply complete! Resources: 2 added, 1 changed, 2 destroyed."


def test_a_destroy_says_so() -> None:
    """The operation of a destroy is destroy."""
    (event,) = map(_checked, events.finished(_report(WHOLE_PLANS["delete"]), NOON, destroying=True))
    assert (event["changes"]["operation"], event["changes"]["remove"]) == ("destroy", 2)


def test_what_failed_is_told_before_the_counts() -> None:
    """Failures are errors with what to do next, what was not begun and what is LOST are warnings."""
    hall, slides = WHOLE_PLANS["create"].changes
    report = Report(failed=[(hall, FAILED)], skipped=[slides], lost=[ADDRESS])
    found = [_checked(event) for event in events.finished(report, NOON)]
    assert [event["@level"] for event in found] == ["error", "warn", "warn", "info"]
    assert found[0]["diagnostic"] == {
        "severity": "error",
        "summary": "start was refused.",
        "detail": "Ask again.",
        "address": "CompositeRecording.hall",
    }
    assert found[-1]["@message"].startswith("Apply incomplete: 1 failed, 1 not begun.")


def test_an_event_is_one_line() -> None:
    """Line ends, escapes and lone surrogates in a message do not break the line."""
    text = one_line(events.diagnostic("a\nb\r\u2028 \x1b[31m \ud800", "", NOON, severity="warning"))
    assert (text.count("\n"), "\x1b" in text) == (1, False)
    assert json.loads(text.encode())["diagnostic"]["summary"] == "a\nb\r\u2028 \x1b[31m \ufffd"


def test_no_target_is_left_out() -> None:
    """The first announcement says whom the calls go to."""
    first = next(events.planned(replace(WHOLE_PLANS["create"], project="campus"), NOON))
    assert first["@message"] == "campus on the embedded emulator (no real recorder is reached)"
