"""What a plan changes in the bill: frozen data, and its form as JSON."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from takeup.core.address import Address
from takeup.core.price import FREE_MINUTES, PriceTable, Rate

FREE = f"Agora gives {FREE_MINUTES:,} free minutes per account and month; they are not deducted here."


@dataclass(frozen=True, slots=True)
class CostRow:
    """One resource: what it is billed as now, and after the plan; None where it is not billed."""

    address: Address
    before: Rate | None
    after: Rate | None

    @property
    def difference(self) -> Decimal:
        """What the plan adds per hour."""
        return hourly(self.after) - hourly(self.before)


@dataclass(frozen=True, slots=True)
class Exposure:
    """A session that may be billing although nobody can tell: SUSPECT or LOST.

    `ends_at` is when it has ended by itself at the latest, None where nothing says so.
    """

    address: Address
    liveness: str
    rate: Rate
    since: datetime
    ends_at: datetime | None = None

    def so_far(self, table: PriceTable, now: datetime) -> Decimal:
        """The most that it can have cost since then."""
        end = now if self.ends_at is None else min(now, self.ends_at)
        return self._until(table, end)

    def at_most(self, table: PriceTable) -> Decimal | None:
        """The most that it can ever cost; None where nothing says when it ends."""
        return None if self.ends_at is None else self._until(table, self.ends_at)

    def _until(self, table: PriceTable, end: datetime) -> Decimal:
        seconds = max(int((end - self.since).total_seconds()), 0)
        return table.billed(self.rate.tier, seconds) or Decimal(0)


@dataclass(frozen=True, slots=True)
class Cost:
    """The bill of a project per hour, before and after a plan. `assumptions` are sentences for people."""

    table: PriceTable
    rows: tuple[CostRow, ...]
    exposure: tuple[Exposure, ...] = ()
    assumptions: tuple[str, ...] = ()

    @property
    def now(self) -> Decimal:
        """What the sessions of the prior state cost per hour."""
        return _sum(row.before for row in self.rows)

    @property
    def after(self) -> Decimal:
        """What they cost per hour once the plan is applied."""
        return _sum(row.after for row in self.rows)

    @property
    def exposed(self) -> Decimal:
        """What may come on top of it per hour."""
        return _sum(item.rate for item in self.exposure)


def hourly(rate: Rate | None) -> Decimal:
    """What is billed per hour; nothing where there is no price."""
    return Decimal(0) if rate is None or rate.per_hour is None else rate.per_hour


def _sum(rates: Iterable[Rate | None]) -> Decimal:
    return sum(map(hourly, rates), Decimal(0))


def cost_document(cost: Cost, now: datetime) -> dict[str, Any]:
    """The cost as JSON; amounts are decimals in strings, for JSON numbers are binary fractions to many."""
    table = cost.table
    return {
        "currency": table.currency,
        "perHour": {"now": _text(cost.now), "after": _text(cost.after), "exposed": _text(cost.exposed)},
        "resources": [
            {"address": str(row.address), "now": _rate(row.before), "after": _rate(row.after)} for row in cost.rows
        ],
        "exposure": [_exposure(item, table, now) for item in cost.exposure],
        "per1000Minutes": {tier.value: _text(price) for tier, price in table.per_1000.items()},
        "freeMinutesPerMonth": FREE_MINUTES,
        "assumptions": list(cost.assumptions),
    }


def _rate(rate: Rate | None) -> dict[str, Any] | None:
    if rate is None:
        return None
    per_hour = None if rate.per_hour is None else _text(rate.per_hour)
    return {
        "perHour": per_hour,
        "tier": rate.tier.value,
        "streams": rate.streams,
        "listed": rate.listed,
        "pixels": rate.pixels,
    }


def _exposure(item: Exposure, table: PriceTable, now: datetime) -> dict[str, Any]:
    most = item.at_most(table)
    return {
        "address": str(item.address),
        "liveness": item.liveness,
        **(_rate(item.rate) or {}),
        "since": f"{item.since:%Y-%m-%dT%H:%M:%SZ}",
        "soFar": _text(item.so_far(table, now)),
        "endsAt": None if item.ends_at is None else f"{item.ends_at:%Y-%m-%dT%H:%M:%SZ}",
        "atMost": None if most is None else _text(most),
    }


def _text(amount: Decimal) -> str:
    return f"{amount.normalize():f}"
