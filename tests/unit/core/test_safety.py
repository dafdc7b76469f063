"""The safety rails at their boundaries."""

from dataclasses import replace
from decimal import Decimal

import pytest
from tests.recordings import NOON, TARGET, resource, session, snapshot

from takeup.core.plan import Plan
from takeup.core.plan_document import plan_document
from takeup.core.planner import make_plan
from takeup.core.safety import Rails, Verdict
from takeup.core.snapshot import Liveness

TEN = Verdict(Rails(), stops=3, replacements=0, recorded=10, declared=7)


@pytest.mark.parametrize(
    ("verdict", "refused"),
    [
        pytest.param(TEN, False, id="3 of 10: exactly 30 %"),
        pytest.param(replace(TEN, stops=4), True, id="4 of 10: above it"),
        pytest.param(replace(TEN, stops=2, replacements=2), True, id="a replacement counts as a stop"),
        pytest.param(replace(TEN, stops=9, recorded=9), False, id="9 of 9: the share does not count yet"),
        pytest.param(replace(TEN, stops=4, rails=Rails(share_from=11)), False, id="the share counts from 11 on"),
        pytest.param(replace(TEN, stops=9, rails=Rails(Decimal(100))), False, id="100 % allows every stop"),
        pytest.param(replace(TEN, stops=1, rails=Rails(Decimal(0))), True, id="0 % allows none"),
        pytest.param(replace(TEN, stops=0, rails=Rails(Decimal(0))), False, id="0 % allows a plan without stops"),
        pytest.param(replace(TEN, stops=5, recorded=100, rails=Rails(most=5)), False, id="5 where at most 5 may be"),
        pytest.param(replace(TEN, stops=6, recorded=100, rails=Rails(most=5)), True, id="6 where at most 5 may be"),
        pytest.param(replace(TEN, stops=2, recorded=2, rails=Rails(most=1)), True, id="the number counts from 1 on"),
        pytest.param(
            replace(TEN, stops=10, declared=0, rails=Rails().for_destroy()), False, id="destroy: no share of it"
        ),
        pytest.param(
            replace(TEN, stops=10, declared=0, rails=Rails(most=9).for_destroy()), True, id="destroy: the number counts"
        ),
    ],
)
def test_the_boundary(verdict: Verdict, *, refused: bool) -> None:
    """A plan at the boundary passes, one session more does not."""
    assert verdict.refused is refused
    assert bool(verdict.refusal) is refused


@pytest.mark.parametrize(
    ("stops", "declared", "rails", "empties"),
    [
        pytest.param(1, 0, Rails(), True, id="nothing declared, one session stopped"),
        pytest.param(0, 0, Rails(), False, id="nothing declared, nothing to stop"),
        pytest.param(1, 1, Rails(), False, id="something is still declared"),
        pytest.param(1, 0, Rails().for_destroy(), False, id="destroy is asked to"),
    ],
)
def test_emptying(stops: int, declared: int, rails: Rails, *, empties: bool) -> None:
    """An apply empties a project when it stops sessions and no manifest declares any."""
    verdict = Verdict(rails, stops=stops, replacements=0, recorded=stops, declared=declared)
    assert verdict.empties is empties
    assert ("empties a project" in verdict.warning) is empties


def test_the_refusal_names_the_numbers() -> None:
    """A person reads how many of how many, the share, and what was allowed."""
    verdict = replace(TEN, stops=3, replacements=1, recorded=12, rails=Rails(most=3))
    assert verdict.refusal == (
        "This plan cuts off 4 of 12 recorded sessions (3 stopped, 1 replaced): 33.3 %, more than the 30 % that "
        "spec.safety.stops allows from 10 recorded sessions on. "
        "This plan cuts off 4 of 12 recorded sessions (3 stopped, 1 replaced): more than the 3 that "
        "spec.safety.stops.most allows."
    )


@pytest.mark.parametrize(
    ("verdict", "line"),
    [
        pytest.param(replace(TEN, stops=4, recorded=11), "safety: {stops: {share: 37%}}", id="the share, rounded up"),
        pytest.param(
            replace(TEN, stops=4, recorded=11, rails=Rails(Decimal(10), 5, 3)),
            "safety: {stops: {share: 37%, shareFrom: 5, most: 4}}",
            id="all that is set already stays",
        ),
        pytest.param(
            replace(TEN, stops=6, recorded=90, rails=Rails(Decimal("12.5"), most=5)),
            "safety: {stops: {share: 12.5%, most: 6}}",
            id="only the number is too small",
        ),
    ],
)
def test_the_line_allows_the_plan(verdict: Verdict, line: str) -> None:
    """The line for takeup.yaml is whole and no wider than needed."""
    assert verdict.line == line


def _plan(running: int, *, wanted: int, ended: int = 0) -> Plan:
    recordings = [resource(f"r{number:02}") for number in range(running + ended)]
    states = [Liveness.RUNNING] * running + [Liveness.ENDED] * ended
    prior = snapshot(*(session(item, liveness) for item, liveness in zip(recordings, states, strict=True)))
    desired = {item.address: item for item in recordings[:wanted]}
    return make_plan(
        project="test", target=TARGET, desired=desired, previous=prior, prior=prior, now=NOON, rails=Rails()
    )


def test_a_plan_carries_the_verdict() -> None:
    """A plan above the rails warns, and its JSON holds numbers, flag and line."""
    made = _plan(10, wanted=6)
    assert made.warnings[-1].endswith("It is refused without --force.")
    told = plan_document(made)["rails"]
    assert (told["refused"], told["stops"], told["recorded"]) == (True, 4, 10)
    assert (told["flag"], told["line"]) == ("--force", "safety: {stops: {share: 40%}}")


def test_what_has_ended_is_not_counted() -> None:
    """Sessions that ended by themselves neither count as stopped nor make the share smaller."""
    made = _plan(9, wanted=5, ended=20)
    assert made.rails is not None
    assert (made.rails.recorded, made.rails.stops, made.rails.refused) == (9, 4, False)
    assert made.warnings == ()
