"""spec.prices of takeup.yaml: the currency, prices of one's own, and the video that is expected."""

from collections.abc import Iterator
from decimal import Decimal
from typing import Annotated

from pydantic import Field, PlainValidator

from takeup.core.price import LISTS, Expected, PriceTable, Tier, price_table
from takeup.core.schema.attribute import UNSET, Attr, Model
from takeup.core.schema.sentence import sentence
from takeup.manifest.translate import Finding

_MOST = 1_000_000
_PLACES = 6


def _price(value: object) -> Decimal:
    if isinstance(value, (int, float)) and not isinstance(value, bool) and 0 <= value <= _MOST:
        price = Decimal(str(value))
        if round(price, _PLACES) == price:
            return price
    text = "A price per 1000 minutes must be a number from 0 to 1,000,000 with at most 6 decimals."
    raise sentence(text, "Write for example 5.99.")


def _currency(value: object) -> str:
    if isinstance(value, str) and len(value) == len("USD") and value.isascii() and value.isupper() and value.isalpha():
        return value
    raise sentence("currency must be a code of three capital letters.", "Write for example USD.")


_Price = Annotated[Decimal, PlainValidator(_price)]
_Side = Annotated[int, Field(ge=1, le=7680)]


class PriceList(Model):
    """spec.prices.per1000Minutes; the keys are those of `Tier`."""

    audio: Annotated[_Price, Attr("Recording without video.")] = UNSET
    hd: Annotated[_Price, Attr("Video up to 921,600 pixels in all streams.")] = UNSET
    fullHd: Annotated[_Price, Attr("Video up to 2,073,600 pixels.")] = UNSET
    twoK: Annotated[_Price, Attr("Video up to 3,686,400 pixels.")] = UNSET
    twoKPlus: Annotated[_Price, Attr("Video up to 8,847,360 pixels.")] = UNSET
    screenshots: Annotated[_Price, Attr("Screenshots and no recording.")] = UNSET
    webPageHd: Annotated[_Price, Attr("Web page, output up to 921,600 pixels.")] = UNSET
    webPageFullHd: Annotated[_Price, Attr("Web page, larger output.")] = UNSET


class ExpectedVideo(Model):
    """spec.prices.expect."""

    streams: Annotated[int, Field(ge=0, le=1000), Attr("Video streams in a channel.")] = 1
    width: Annotated[_Side, Attr("Width of each.", unit="px")] = 1280
    height: Annotated[_Side, Attr("Height of each.", unit="px")] = 720


class PriceSettings(Model):
    """spec.prices."""

    currency: Annotated[str, PlainValidator(_currency), Attr("The currency.")] = "USD"
    per1000Minutes: Annotated[PriceList, Attr("Prices that replace Agora's.")] = PriceList()
    expect: Annotated[ExpectedVideo, Attr("The video that is expected.")] = ExpectedVideo()


def table_of(settings: PriceSettings) -> PriceTable:
    """The prices by which a plan says what it costs."""
    expect = settings.expect
    return price_table(settings.currency, _own(settings), Expected(expect.streams, expect.width, expect.height))


def _own(settings: PriceSettings) -> dict[Tier, Decimal]:
    prices = {tier: getattr(settings.per1000Minutes, tier.value) for tier in Tier}
    return {tier: price for tier, price in prices.items() if price is not None}


def price_findings(settings: PriceSettings) -> Iterator[Finding]:
    """What is wrong with the prices as a whole: a currency without a list needs all of them."""
    missing = [tier.value for tier in Tier if tier not in _own(settings)]
    if settings.currency not in LISTS and missing:
        known = " and ".join(LISTS)
        text = f"Agora has prices in {known} only; in {settings.currency} these are missing: {', '.join(missing)}."
        yield Finding(("prices", "currency"), text, "Write them under prices.per1000Minutes, or take another currency.")
