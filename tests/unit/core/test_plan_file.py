"""A plan as a file: everything comes back, and whatever was touched is refused."""

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.recordings import NOON, resource, session, snapshot
from tests.recordings import plan as planned
from tests.unit.render.scenarios import SCENARIOS

from takeup.core import plan_file
from takeup.core.address import Kind
from takeup.core.consequences import with_consequences
from takeup.core.plan import Plan
from takeup.core.plan_file import BEGINNING, PlanFile, decode, encode
from takeup.core.price import Tier, price_table
from takeup.core.safety import Rails
from takeup.core.snapshot import Liveness
from takeup.errors import PlanFileError
from takeup.render.formats import FORMATS, RenderOptions


def file(plan: Plan) -> PlanFile:
    """Some plan as a file."""
    return PlanFile(plan, datetime(2026, 3, 2, 12, tzinfo=UTC), "alice@desk", "c0ffee", takeup="0.1.0")


def priced(rails: Rails) -> Plan:
    """A plan with all that it entails: prices of its own, exposures and rails."""
    table = price_table(own={Tier.HD: Decimal("9.25")})
    wanted = [resource("new"), resource("lost"), resource("page", Kind.WEB_PAGE, resourceExpiredHour=9)]
    sessions = [
        session(resource("lost"), Liveness.LOST),
        session(resource("old")),
        session(resource("page", Kind.WEB_PAGE)),
    ]
    desired = {item.address: item for item in wanted}
    return with_consequences(planned(wanted, sessions), desired, snapshot(*sessions), table, rails)


def changed(path: tuple[str | int, ...], value: object) -> bytes:
    """The sample with one value changed, and a checksum that fits again."""
    document = json.loads(SAMPLE)
    document.pop("checksum")
    held = document
    for key in path[:-1]:
        held = held[key]
    held[path[-1]] = value
    return json.dumps({**document, "checksum": plan_file._checksum(document)}).encode()


def paths(value: object, path: tuple[str | int, ...] = ()) -> Iterator[tuple[str | int, ...]]:
    """The way to every value of a document."""
    if path:
        yield path
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, item in items:
        yield from paths(item, (*path, key))


SAMPLE = encode(file(SCENARIOS["everything"]))


@pytest.mark.parametrize("name", [pytest.param(name, id=name) for name in SCENARIOS])
def test_what_is_written_is_read(name: str) -> None:
    """The plan comes back as it was, its digest included."""
    made = file(SCENARIOS[name])
    assert encode(made).startswith(BEGINNING)
    read = decode(encode(made).encode(), "x")
    assert read == made
    assert read.plan.digest == made.plan.digest


@pytest.mark.parametrize(
    "rails",
    [
        pytest.param(Rails(), id="default rails"),
        pytest.param(Rails(Decimal("12.5"), 3, 7), id="own rails"),
        pytest.param(Rails(most=1, destroying=True), id="to destroy"),
    ],
)
@pytest.mark.parametrize("form", [pytest.param(name, id=name) for name in FORMATS])
def test_prices_and_rails_come_back_in_every_format(rails: Rails, form: str) -> None:
    """A plan from a file looks just as it did, and is for destroying if it was."""
    made = file(priced(rails))
    read = decode(encode(made).encode(), "x")
    assert read == made
    assert read.destroy is rails.destroying
    assert FORMATS[form](read.plan, RenderOptions()) == FORMATS[form](made.plan, RenderOptions())


def test_a_plan_to_destroy_has_a_digest_of_its_own() -> None:
    """It is judged by other rails, so that the approval of one is none of the other."""
    one, other = priced(Rails()), priced(Rails(destroying=True))
    assert one.changes == other.changes
    assert one.digest != other.digest


def test_plans_of_the_planner_are_read_too() -> None:
    """With whole specs and an open start."""
    wanted = [resource(), resource("lost"), resource("old", recordingConfig={"channelType": 1, "maxIdleTime": 60})]
    sessions = [session(resource("lost"), Liveness.LOST), session(resource("old")), session(resource("gone"))]
    made = file(planned(wanted, sessions))
    assert decode(encode(made).encode(), "x") == made


@given(st.integers(0, len(SAMPLE) - 1), st.characters(codec="ascii"))
def test_a_changed_file_is_refused(at: int, char: str) -> None:
    """One character changed anywhere: it is refused, or says the very same."""
    changed = SAMPLE[:at] + char + SAMPLE[at + 1 :]
    try:
        read = decode(changed.encode(), "x")
    except PlanFileError:
        return
    assert read == decode(SAMPLE.encode(), "x")


@pytest.mark.parametrize(
    ("data", "words"),
    [
        pytest.param(b"", "truncated", id="empty"),
        pytest.param(SAMPLE[:-40].encode(), "truncated", id="cut"),
        pytest.param(b"[1]", "no plan of takeup", id="a list"),
        pytest.param(b'{"format_version": "1.2", "terraform_version": "1.15.5"}', "of Terraform", id="terraform"),
        pytest.param(b'{"format": "takeup-plan/1"}', "for reading", id="the JSON of plan"),
        pytest.param(b'{"format": "takeup-plan-file/9"}', "does not know", id="a newer one"),
        pytest.param(b'{"format": "takeup-plan-file/1"}', "was changed", id="nothing but a format"),
    ],
)
def test_what_is_no_plan_is_refused(data: bytes, words: str) -> None:
    """A sentence that names the file, and what to do."""
    with pytest.raises(PlanFileError, match=words) as caught:
        decode(data, "p.plan")
    assert caught.value.message.startswith("p.plan ")
    assert "takeup plan --out" in caught.value.hint


def test_a_checksum_that_was_made_to_fit_hides_nothing() -> None:
    """Whoever rewrites the file with its checksum has another digest, or is refused."""
    document = json.loads(SAMPLE)
    document["plan"]["changes"][0]["calls"].append("stop")
    document.pop("checksum")
    document["checksum"] = plan_file._checksum(document)
    with pytest.raises(PlanFileError, match="digest"):
        decode(json.dumps(document).encode(), "x")


@pytest.mark.parametrize(
    ("path", "value"),
    [
        pytest.param(("validUntil",), "2026-03-02T12:00:00", id="a time without a zone"),
        pytest.param(("plan", "created_at"), "2026-03-01T09:30:00", id="a time of the plan without a zone"),
        pytest.param(("plan", "created_at"), 1, id="a time as a number"),
        pytest.param(("plan", "serial"), "7", id="a number as a text"),
        pytest.param(("plan", "more"), 1, id="an attribute that no plan has"),
        pytest.param(("more",), 1, id="a key that no file has"),
        pytest.param(("plan", "origins"), {"nobody": "x"}, id="an address that is none"),
        pytest.param(("plan",), [], id="a list for a plan"),
        pytest.param(("createdBy",), 7, id="a number for a person"),
        pytest.param(("destroy",), True, id="another intent"),
    ],
)
def test_what_no_plan_holds_is_refused_whatever_its_checksum(path: tuple[str | int, ...], value: object) -> None:
    """With a sentence and no traceback, although the checksum was made to fit."""
    with pytest.raises(PlanFileError):
        decode(changed(path, value), "x")


@given(
    st.sampled_from(list(paths(json.loads(SAMPLE)))),
    st.sampled_from([None, True, 0, -1, 10**30, 0.5, "", "x", "2026-03-01T12:00:00", [], {}, [{}], {"x": [1]}]),
)
def test_any_value_with_a_checksum_that_fits_is_refused_or_can_be_shown(path: tuple[str, ...], value: object) -> None:
    """Whatever somebody writes into a file, it is refused, or is a plan that every format shows."""
    try:
        read = decode(changed(path, value), "x")
    except PlanFileError:
        return
    for render in FORMATS.values():
        assert render(read.plan, RenderOptions())


@pytest.mark.parametrize("depth", [500, 100_000])
def test_brackets_without_end_are_refused(depth: int) -> None:
    """However deep a file is, it ends in a sentence."""
    nested = "[" * depth + "]" * depth
    with pytest.raises(PlanFileError):
        decode(f'{{"format": "takeup-plan-file/1", "plan": {nested}}}'.encode(), "x")


def test_the_digest_is_the_same_again_later() -> None:
    """Neither the time nor the evidence, nor prices or warnings, are part of what is approved."""
    plan = SCENARIOS["everything"]
    later = replace(plan, created_at=NOON, serial=99, warnings=("other",), cost=None, rails=None, drift=(), running=())
    assert later.digest == plan.digest
    assert replace(plan, changes=plan.changes[1:]).digest != plan.digest
    assert replace(plan, lineage="other").digest != plan.digest
