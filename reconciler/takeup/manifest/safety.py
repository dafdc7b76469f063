"""spec.safety of takeup.yaml: how much one run may stop without --force."""

import re
from decimal import Decimal
from typing import Annotated

from pydantic import Field, PlainValidator

from takeup.core.safety import Rails
from takeup.core.schema.attribute import UNSET, Attr, Model
from takeup.core.schema.sentence import sentence

_PERCENT = re.compile(r"([0-9]{1,3}(?:\.[0-9]{1,2})?)%")
_ALL = 100


def _share(value: object) -> Decimal:
    if isinstance(value, Decimal):
        return value  # the default: no YAML value is a Decimal
    match = _PERCENT.fullmatch(value) if isinstance(value, str) else None
    if match is None or (share := Decimal(match[1])) > _ALL:
        raise sentence("share must be a percentage from 0% to 100%.", "Write for example 30%; 100% allows every stop.")
    return share


class StopRails(Model):
    """spec.safety.stops."""

    share: Annotated[Decimal, PlainValidator(_share), Attr("Largest share of the recorded sessions.")] = Decimal(30)
    shareFrom: Annotated[int, Field(ge=1), Attr("From how many recorded sessions on the share counts.")] = 10
    most: Annotated[int, Field(ge=0), Attr("Largest number of sessions.")] = UNSET


class SafetySettings(Model):
    """spec.safety."""

    stops: Annotated[StopRails, Attr("What one run may stop or replace without --force.")] = StopRails()


def rails_of(settings: SafetySettings) -> Rails:
    """The rails that plans are judged by."""
    stops = settings.stops
    return Rails(stops.share, stops.shareFrom, stops.most)
