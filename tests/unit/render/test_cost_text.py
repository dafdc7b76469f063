"""Money as text."""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest
from inline_snapshot import snapshot
from tests.unit.render.samples import ALL_HANDS, DELETE, LESSON, NOW, PLAN, QUIET, SLIDES, STAGE, THUMBS

from takeup.core.cost import Cost, CostRow, Exposure
from takeup.core.cut import Cut
from takeup.core.price import Rate, Tier, price_table
from takeup.render.cost_text import cost_section, cut_text, money, spoken
from takeup.render.plan_text import plan_text
from takeup.render.style import Style

PLAIN = Style(colour=False)
USD = price_table()
HD = Rate(Tier.HD, Decimal("0.3594"), 1, 921_600)
TWO = Rate(Tier.FULL_HD, Decimal("0.8094"), 2, 1_843_200, listed=True)
AUDIO = Rate(Tier.AUDIO, Decimal("0.0894"))
COST = Cost(
    USD,
    (
        CostRow(ALL_HANDS, None, TWO),
        CostRow(STAGE, AUDIO, HD),
        CostRow(SLIDES, Rate(Tier.WEB_PAGE_HD, Decimal("0.84")), None),
        CostRow(LESSON, HD, HD),
    ),
    (
        Exposure(LESSON, "LOST", HD, NOW - timedelta(hours=2)),
        Exposure(THUMBS, "SUSPECT", AUDIO, NOW - timedelta(hours=1), NOW + timedelta(hours=1)),
    ),
    ("Something is assumed.",),
)


def test_the_whole_section() -> None:
    """Totals, a row for each change of the bill, exposures, assumptions and the free minutes."""
    assert "\n".join(cost_section(replace(PLAN, cost=COST), PLAIN)) == snapshot("""\
Cost per hour: $1.29 now -> $1.53 after (+$0.24)
  CompositeRecording.all-hands  $0.00 -> $0.81  Full HD video (2 streams listed)
  IndividualRecording.stage     $0.09 -> $0.36  audio -> HD video (1 stream expected)
  WebPageRecording.slides       $0.84 -> $0.00  web page, HD
  unchanged: 1 recording, $0.36
  Exposed: CompositeRecording.lesson is LOST since 2026-03-01 07:30 UTC and may cost $0.36 an hour: $0.72 so far, and nothing says when it ends
  Exposed: ScreenshotCapture.thumbs is SUSPECT since 2026-03-01 08:30 UTC and may cost $0.09 an hour: $0.09 so far, at most $0.18 until 2026-03-01 10:30 UTC
  Something is assumed.
  Agora gives 10,000 free minutes per account and month; they are not deducted here.\
""")  # noqa: E501 - a line of output is as long as it is


def test_it_stands_before_the_totals() -> None:
    """The section comes after the changes and before the summary of the plan."""
    text = plan_text(replace(PLAN, cost=COST), PLAIN)
    assert text.index("# WebPageRecording.slides") < text.index("Cost per hour:") < text.index("Plan: 2 to add")


def test_nothing_to_decide_is_one_line() -> None:
    """Without changes the bill is one line, and no assumption is repeated."""
    same = replace(COST, rows=COST.rows[-1:], exposure=())
    assert list(cost_section(replace(QUIET, cost=same), PLAIN)) == ["Cost per hour: $0.36, unchanged"]
    assert list(cost_section(QUIET, PLAIN)) == []


@pytest.mark.parametrize(
    ("amount", "currency", "text"),
    [
        pytest.param("0", "USD", "$0.00", id="nothing"),
        pytest.param("0.0894", "USD", "$0.09", id="rounded to cents"),
        pytest.param("0.125", "USD", "$0.13", id="half a cent goes up"),
        pytest.param("0.0014", "USD", "$0.0014", id="less than a cent is exact"),
        pytest.param("1234567.8", "USD", "$1,234,567.80", id="thousands"),
        pytest.param("2.16", "CNY", "CNY 2.16", id="another currency by its code"),
    ],
)
def test_amounts(amount: str, currency: str, text: str) -> None:
    """An amount is told in cents with its currency."""
    assert money(Decimal(amount), currency) == text


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        pytest.param(8, "8 s", id="seconds"),
        pytest.param(2820, "47 min", id="minutes"),
        pytest.param(7200, "2 h", id="whole hours"),
        pytest.param(93_900, "26 h 5 min", id="hours and minutes"),
    ],
)
def test_durations(seconds: int, text: str) -> None:
    """A duration is told in hours and minutes."""
    assert spoken(seconds) == text


@pytest.mark.parametrize(
    ("cut", "text"),
    [
        pytest.param(Cut(NOW - timedelta(minutes=47)), "recording for 47 min; it is cut off", id="a channel"),
        pytest.param(
            Cut(NOW - timedelta(minutes=47), NOW + timedelta(minutes=73)),
            "recording for 47 min; it is cut off, 1 h 13 min before maxRecordingHour ends it",
            id="a web page",
        ),
        pytest.param(
            Cut(NOW - timedelta(minutes=47), sure=False),
            "perhaps still recording for 47 min; it is cut off",
            id="one that may have ended",
        ),
    ],
)
def test_what_is_cut_off(cut: Cut, text: str) -> None:
    """A stop says for how long the session has been recording, and how long a page would have gone on."""
    assert cut_text(cut, NOW) == text


def test_the_block_of_a_stop_says_it() -> None:
    """The live minutes stand in the block of the change, above its calls."""
    change = replace(DELETE, cuts_off=Cut(NOW - timedelta(minutes=47)))
    text = plan_text(replace(PLAN, changes=(change,)), PLAIN)
    assert "        recording for 47 min; it is cut off\n        calls: stop\n" in text
