"""What a recording is billed as, and what that costs."""

from decimal import Decimal
from typing import Any

import pytest
from tests.recordings import resource

from takeup.core.address import Kind
from takeup.core.price import Expected, Tier, price_table, rate_of, tier_of

USD = price_table()
LIVE = {"channelType": 1}
AUDIO_LIST = {**LIVE, "subscribeAudioUids": ["7"]}


def page(width: int, height: int) -> dict[str, Any]:
    return {"webRecorder": {"videoWidth": width, "videoHeight": height}}


@pytest.mark.parametrize(
    ("seconds", "cost"),
    [
        pytest.param(6000, "0.149", id="the worked check of the facts: 100 minutes"),
        pytest.param(0, "0", id="nothing recorded"),
        pytest.param(1, "0.00149", id="a begun minute counts"),
        pytest.param(60, "0.00149", id="one whole minute"),
        pytest.param(61, "0.00298", id="a second into the next minute"),
        pytest.param(3600, "0.0894", id="an hour"),
    ],
)
def test_audio_by_the_second(seconds: int, cost: str) -> None:
    """Minutes are rounded up and cost a thousandth of the list price, exactly."""
    assert USD.billed(Tier.AUDIO, seconds) == Decimal(cost)


@pytest.mark.parametrize(
    ("pixels", "tier"),
    [
        pytest.param(1, Tier.HD, id="the least video"),
        pytest.param(921_600, Tier.HD, id="the most of HD"),
        pytest.param(921_601, Tier.FULL_HD, id="above HD"),
        pytest.param(2_073_600, Tier.FULL_HD, id="the most of Full HD"),
        pytest.param(2_073_601, Tier.TWO_K, id="above Full HD"),
        pytest.param(3_686_400, Tier.TWO_K, id="the most of 2K"),
        pytest.param(3_686_401, Tier.TWO_K_PLUS, id="above 2K"),
        pytest.param(8_847_360, Tier.TWO_K_PLUS, id="the most of 2K+"),
        pytest.param(8_847_361, Tier.TWO_K_PLUS, id="above the list: its last tier"),
    ],
)
def test_tiers_at_their_boundaries(pixels: int, tier: Tier) -> None:
    """A tier holds its boundary, and the next one begins a pixel above it."""
    assert tier_of(pixels) is tier


@pytest.mark.parametrize(
    ("kind", "spec", "tier", "streams"),
    [
        pytest.param(Kind.COMPOSITE, {}, Tier.HD, 1, id="nothing said: the expected stream"),
        pytest.param(Kind.COMPOSITE, {"recordingConfig": {"streamTypes": 0}}, Tier.AUDIO, 0, id="audio only"),
        pytest.param(Kind.COMPOSITE, {"recordingConfig": {"streamTypes": 1}}, Tier.HD, 1, id="video only"),
        pytest.param(Kind.COMPOSITE, {"recordingConfig": AUDIO_LIST}, Tier.AUDIO, 0, id="an audio list and no video"),
        pytest.param(
            Kind.COMPOSITE,
            {"recordingConfig": {**AUDIO_LIST, "unSubscribeVideoUids": ["8"]}},
            Tier.HD,
            1,
            id="everybody's video but one",
        ),
        pytest.param(
            Kind.COMPOSITE,
            {"recordingConfig": {"subscribeVideoUids": ["#allstream#"]}},
            Tier.HD,
            1,
            id="everybody's video",
        ),
        pytest.param(
            Kind.COMPOSITE,
            {"recordingConfig": {"subscribeVideoUids": ["1", "2"]}},
            Tier.FULL_HD,
            2,
            id="two uids are two streams",
        ),
        pytest.param(
            Kind.INDIVIDUAL,
            {"recordingConfig": {"subscribeVideoUids": ["1", "2", "3", "4", "5"], "subscribeUidGroup": 1}},
            Tier.TWO_K_PLUS,
            5,
            id="individual recording is billed by the same rule",
        ),
        pytest.param(
            Kind.INDIVIDUAL,
            {"recordingConfig": {"subscribeVideoUids": ["1", "2", "3", "4", "5"], "subscribeUidGroup": 0}},
            Tier.FULL_HD,
            2,
            id="no more streams than subscribeUidGroup lets in",
        ),
        pytest.param(
            Kind.INDIVIDUAL,
            {"recordingConfig": LIVE, "snapshotConfig": {}},
            Tier.HD,
            1,
            id="screenshots beside a recording are free",
        ),
        pytest.param(Kind.SCREENSHOT, {"recordingConfig": LIVE}, Tier.SCREENSHOTS, 0, id="screenshots only"),
        pytest.param(Kind.WEB_PAGE, page(1280, 720), Tier.WEB_PAGE_HD, 0, id="a page at the most of HD"),
        pytest.param(Kind.WEB_PAGE, page(1281, 720), Tier.WEB_PAGE_FULL_HD, 0, id="a page above HD"),
        pytest.param(Kind.WEB_PAGE, page(1920, 1080), Tier.WEB_PAGE_FULL_HD, 0, id="a page in Full HD"),
    ],
)
def test_what_a_recording_is_billed_as(kind: Kind, spec: dict[str, Any], tier: Tier, streams: int) -> None:
    """Kind, subscription and the expected video decide the tier; its price per hour is the list's."""
    rate = rate_of(USD, kind, spec)
    assert (rate.tier, rate.streams) == (tier, streams)
    assert rate.per_hour == USD.per_1000[tier] * 60 / 1000


@pytest.mark.parametrize(
    ("expected", "tier"),
    [
        pytest.param(Expected(4, 640, 352), Tier.HD, id="640x352 counts as 640x360"),
        pytest.param(Expected(39, 640, 352), Tier.TWO_K_PLUS, id="and so 39 of them are above the list"),
        pytest.param(Expected(1, 1920, 1080), Tier.FULL_HD, id="one stream in Full HD"),
        pytest.param(Expected(0), Tier.AUDIO, id="nobody sends video"),
    ],
)
def test_the_expected_video_decides(expected: Expected, tier: Tier) -> None:
    """What the project file expects in a channel is what an unlisted subscription is billed as."""
    rate = rate_of(price_table(expected=expected), Kind.COMPOSITE, resource().spec)
    assert rate.tier is tier
    assert rate.pixels == expected.streams * (640 * 360 if expected.height == 352 else expected.width * expected.height)


def test_own_prices_go_before_the_list() -> None:
    """A contract's price replaces one price and leaves the others."""
    table = price_table(own={Tier.HD: Decimal(5)})
    assert (table.per_1000[Tier.HD], table.per_1000[Tier.AUDIO]) == (Decimal(5), Decimal("1.49"))
    assert table.own == {Tier.HD}


def test_a_price_that_nobody_publishes() -> None:
    """In yuan there is no price of screenshots: none is invented."""
    assert rate_of(price_table("CNY"), Kind.SCREENSHOT, {}).per_hour is None
