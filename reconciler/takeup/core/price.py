"""What a recording costs by Agora's price list. Pure; source: facts, section 10.

Amounts are decimals, never binary fractions: sums are exact.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from types import MappingProxyType
from typing import Any

from takeup.core.address import Kind
from takeup.core.schema.names import STREAM_TYPES, SUBSCRIBE_UID_GROUP
from takeup.core.schema.scalars import ALL_STREAMS

FREE_MINUTES = 10_000
"""Per account and month [price]."""


class Tier(StrEnum):
    """What is billed at one price; the values are the keys of spec.prices.per1000Minutes."""

    AUDIO = "audio"
    HD = "hd"
    FULL_HD = "fullHd"
    TWO_K = "twoK"
    TWO_K_PLUS = "twoKPlus"
    SCREENSHOTS = "screenshots"
    WEB_PAGE_HD = "webPageHd"
    WEB_PAGE_FULL_HD = "webPageFullHd"


PIXELS = MappingProxyType(
    {Tier.HD: 921_600, Tier.FULL_HD: 2_073_600, Tier.TWO_K: 3_686_400, Tier.TWO_K_PLUS: 8_847_360}
)
"""The most pixels of each tier, in rising order: the sum over all video streams subscribed [price]."""


def _list(*prices: str) -> Mapping[Tier, Decimal]:
    return MappingProxyType({tier: Decimal(price) for tier, price in zip(Tier, prices, strict=True) if price})


LISTS: Mapping[str, Mapping[Tier, Decimal]] = MappingProxyType(
    {
        "USD": _list("1.49", "5.99", "13.49", "23.99", "53.99", "2.49", "14", "28"),
        "CNY": _list("9", "36", "81", "144", "324", "", "90", "180"),  # names no price of screenshots
    }
)
"""Agora's price lists, per 1000 minutes [price][pricew][zhbill][zhbillw]."""
AS_OF = MappingProxyType({"USD": "2026-06-17", "CNY": "2026"})
"""The date of each list."""
_COUNTS_AS = MappingProxyType({(640, 352): (640, 360), (352, 640): (360, 640)})  # [price]


@dataclass(frozen=True, slots=True)
class Expected:
    """The video that is expected in a channel: no manifest can say it, for others send it."""

    streams: int = 1
    width: int = 1280
    height: int = 720

    @property
    def pixels(self) -> int:
        """Of one stream, as they are billed."""
        width, height = _COUNTS_AS.get((self.width, self.height), (self.width, self.height))
        return width * height


@dataclass(frozen=True, slots=True)
class PriceTable:
    """Prices per 1000 minutes in one currency; `own` are those that the project file sets itself."""

    currency: str
    per_1000: Mapping[Tier, Decimal]
    own: frozenset[Tier] = frozenset()
    expected: Expected = Expected()

    def billed(self, tier: Tier, seconds: int) -> Decimal | None:
        """What so many seconds cost; begun minutes count. None where there is no price."""
        price = self.per_1000.get(tier)
        return None if price is None else price * -(-seconds // 60) / 1000


def price_table(
    currency: str = "USD", own: Mapping[Tier, Decimal] | None = None, expected: Expected | None = None
) -> PriceTable:
    """Agora's list in a currency (none, where it publishes none), with a project's own prices over it."""
    own = own or {}
    prices = MappingProxyType({**LISTS.get(currency, {}), **own})
    return PriceTable(currency, prices, frozenset(own), expected or Expected())


@dataclass(frozen=True, slots=True)
class Rate:
    """What one recording is billed as. `streams` and `pixels` are those expected; 0 where they do not matter.

    `per_hour` is None where there is no price. `listed` tells that the manifest names the uids whose video counts.
    """

    tier: Tier
    per_hour: Decimal | None
    streams: int = 0
    pixels: int = 0
    listed: bool = False


def rate_of(table: PriceTable, kind: Kind, spec: Mapping[str, Any]) -> Rate:
    """What a recording of this spec is billed as, while the expected video is sent.

    Args:
        table: the prices.
        kind: the kind of recording.
        spec: as a manifest wants it, or as it was applied; attributes may be left out.
    """
    if kind is Kind.SCREENSHOT:
        return _rate(table, Tier.SCREENSHOTS)
    if kind is Kind.WEB_PAGE:
        page = spec.get("webRecorder", {})
        pixels = int(page.get("videoWidth", 0)) * int(page.get("videoHeight", 0))
        return _rate(table, Tier.WEB_PAGE_HD if pixels <= PIXELS[Tier.HD] else Tier.WEB_PAGE_FULL_HD, pixels=pixels)
    streams, listed = _streams(spec.get("recordingConfig", {}), table.expected)
    if not streams:
        return _rate(table, Tier.AUDIO)
    pixels = streams * table.expected.pixels
    return _rate(table, tier_of(pixels), streams, pixels, listed=listed)


def tier_of(pixels: int) -> Tier:
    """The tier of so many pixels of video; the list ends with 2K+, so that is also what lies above it."""
    return next((tier for tier, most in PIXELS.items() if pixels <= most), Tier.TWO_K_PLUS)


def _rate(table: PriceTable, tier: Tier, streams: int = 0, pixels: int = 0, *, listed: bool = False) -> Rate:
    return Rate(tier, table.billed(tier, 3600), streams, pixels, listed)


def _streams(config: Mapping[str, Any], expected: Expected) -> tuple[int, bool]:
    """How many video streams are expected to be subscribed, and whether the spec names their uids."""
    if config.get("streamTypes") == STREAM_TYPES["audio"]:
        return 0, False
    uids = config.get("subscribeVideoUids")
    audio_only = "subscribeAudioUids" in config or "unSubscribeAudioUids" in config
    if uids is None and audio_only and "unSubscribeVideoUids" not in config:
        return 0, False  # with one medium's list the other medium is not subscribed [sub]
    listed = bool(uids) and uids != [ALL_STREAMS]
    streams = len(uids) if uids and listed else expected.streams
    return min(streams, _GROUPS.get(config.get("subscribeUidGroup", -1), streams)), listed


_GROUPS = MappingProxyType({number: int(name.partition("-")[2]) for name, number in SUBSCRIBE_UID_GROUP.items()})
"""The most users that each subscribeUidGroup lets in."""
