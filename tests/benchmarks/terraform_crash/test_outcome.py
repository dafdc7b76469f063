"""What the comparison with Terraform reads from what it saw. The comparison itself is no test: `make compare`."""

import pytest
from tests.benchmarks.terraform_crash.outcome import Moment, Outcome


def _outcome(  # noqa: PLR0913 - one argument for each thing that a verdict is read from
    again: Moment, applies: tuple[int, ...], destroy: int, left: int, *, wanted: int = 1, kept: bool = True
) -> Outcome:
    return Outcome(wanted, Moment(1), applies, again, 0, destroy, Moment(left), kept)


@pytest.mark.parametrize(
    ("outcome", "verdict"),
    [
        pytest.param(_outcome(Moment(1), (0, 0), 0, 0), "as wanted", id="recovered"),
        pytest.param(_outcome(Moment(0), (0, 0), 0, 0, wanted=0), "as wanted", id="deleted"),
        pytest.param(_outcome(Moment(1), (1, 0), 0, 0), "as wanted, after an error", id="at the second try"),
        pytest.param(
            _outcome(Moment(1), (0, 0), 0, 0, kept=False),
            "as wanted, by a new session; the first was cut off",
            id="a second session that put the first one out",
        ),
        pytest.param(_outcome(Moment(0), (0, 0), 0, 0), "nothing records", id="forgotten"),
        pytest.param(_outcome(Moment(1), (0, 0), 0, 1), "as wanted; 1 left after destroy", id="not destroyed"),
        pytest.param(
            _outcome(Moment(2, unknown=1), (0, 0), 0, 1),
            "2 sessions record, 1 of them orphaned; 1 left after destroy",
            id="a second session",
        ),
        pytest.param(
            _outcome(Moment(1, unknown=1), (1, 1), 0, 1),
            "one session records and nobody knows its sid; apply fails and the state does not know of it; "
            "1 left after destroy",
            id="a silent orphan behind an error",
        ),
        pytest.param(
            _outcome(Moment(1, unknown=1, told=1), (0, 0), 1, 1),
            "one session records and nobody knows its sid; apply exits with 0 and tells of it; 1 left after destroy",
            id="an orphan that is told",
        ),
    ],
)
def test_the_verdict_is_the_worst_that_can_be_said(outcome: Outcome, verdict: str) -> None:
    """A session too many comes before a lost sid, a lost sid before a missing session, and that before an exit code."""
    assert outcome.verdict == verdict
