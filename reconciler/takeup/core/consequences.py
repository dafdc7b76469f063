"""What a plan entails beside its calls: what it costs, what it cuts off, and what the safety rails say. Pure."""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from decimal import ROUND_UP, Decimal

from takeup.core.address import Address, Kind
from takeup.core.cost import Cost, CostRow, Exposure
from takeup.core.cut import STARTS_WITHIN, cut_of, page_end
from takeup.core.plan import Action, Change, Plan
from takeup.core.price import AS_OF, PIXELS, PriceTable, Rate, Tier, rate_of
from takeup.core.resource import Resource
from takeup.core.safety import Rails, Verdict
from takeup.core.snapshot import Liveness, SessionState, Snapshot

_BILLED = frozenset({Liveness.RUNNING, Liveness.UNKNOWN})
_EXPOSED = frozenset({Liveness.SUSPECT, Liveness.LOST})
UP_WITHIN = timedelta(seconds=90)
"""Within which a session is up, or counts as not started [bp, zhchk]."""
_CENT = Decimal("0.01")
_CUTS = frozenset({Action.DELETE, Action.REPLACE})


def with_consequences(  # noqa: PLR0913 - what a plan entails depends on
    plan: Plan,
    desired: Mapping[Address, Resource],
    prior: Snapshot,
    prices: PriceTable | None,
    rails: Rails | None,
    *,
    outside: Collection[Address] = (),
) -> Plan:
    """The same plan, with what it entails.

    Args:
        plan: what would be done.
        desired: all resources of the project, the plan's selection or not.
        prior: what is recorded.
        prices: without them the plan says nothing of money.
        rails: without them nothing is judged.
        outside: what is outside its window; that its session is stopped is no mistake.
    """
    changes = tuple(_with_cut(change, prior.sessions.get(change.address), desired, prices) for change in plan.changes)
    verdict = None if rails is None else _judged(plan, desired, prior, rails, outside)
    told = (verdict.warning,) if verdict is not None and verdict.warning else ()
    return replace(
        plan,
        changes=changes,
        cost=None if prices is None else _cost(plan, desired, prior, prices),
        rails=verdict,
        warnings=(*plan.warnings, *told),
    )


def _with_cut(
    change: Change, session: SessionState | None, desired: Mapping[Address, Resource], prices: PriceTable | None
) -> Change:
    """The change with what it cuts off; an overlap cuts nothing off, and costs something instead."""
    if change.overlap and session is not None:
        return replace(change, reason=f"{change.reason}; {_overlap(change, session.uid, desired, prices)}")
    if change.action not in _CUTS:
        return change
    return replace(change, cuts_off=cut_of(session, anew=change.action is Action.REPLACE))


def _overlap(change: Change, old: str, desired: Mapping[Address, Resource], prices: PriceTable | None) -> str:
    """What an overlap is, and what it costs."""
    usual, most = int(STARTS_WITHIN.total_seconds()), int(UP_WITHIN.total_seconds())
    rate = None if prices is None else _then(change, desired, prices)
    per_hour = None if rate is None else rate.per_hour
    cost = ""
    if prices is not None and per_hour is not None:
        cents = (per_hour * most / 3600).quantize(_CENT, ROUND_UP)
        cost = f", which adds at most {cents:f} {prices.currency}"
    return (
        f"uid {change.uid} takes over from uid {old} without a gap: both record and are billed until the new "
        f"one is up, usually for {usual} s and at most for {most} s{cost}"
    )


def _judged(
    plan: Plan, desired: Mapping[Address, Resource], prior: Snapshot, rails: Rails, outside: Collection[Address]
) -> Verdict:
    return Verdict(
        rails,
        stops=sum(item.action is Action.DELETE and item.address not in outside for item in plan.changes),
        # Neither an overlap nor the renewal of a token is a mistake that cuts recordings off.
        replacements=sum(
            item.action is Action.REPLACE and not item.overlap and not item.renewal for item in plan.changes
        ),
        recorded=sum(session.liveness is not Liveness.ENDED for session in prior.sessions.values()),
        declared=len(desired),
    )


def _cost(plan: Plan, desired: Mapping[Address, Resource], prior: Snapshot, prices: PriceTable) -> Cost | None:
    """The bill of the whole project, for a plan that leaves a part alone does not make that part free."""
    changes = {change.address: change for change in plan.changes}
    ends = {item.address: item.ends_at for item in plan.lost}
    rows, exposure = [], []
    for address in sorted({*changes, *prior.sessions}):
        session = prior.sessions.get(address)
        change = changes.get(address)
        before = _now(session, prices)
        after = before if change is None else _then(change, desired, prices)
        if before is not None or after is not None:
            rows.append(CostRow(address, before, after))
        if session is not None and session.liveness in _EXPOSED:
            exposure.append(_exposure(session, ends.get(address) or page_end(session), prices))
    if not rows and not exposure:
        return None
    rates = [rate for row in rows for rate in (row.before, row.after) if rate is not None]
    rates += [item.rate for item in exposure]
    return Cost(prices, tuple(rows), tuple(exposure), tuple(_assumptions(rates, prices, plan.target.realm)))


def _now(session: SessionState | None, prices: PriceTable) -> Rate | None:
    if session is None or session.liveness not in _BILLED:
        return None
    return rate_of(prices, session.address.kind, session.applied)


def _then(change: Change, desired: Mapping[Address, Resource], prices: PriceTable) -> Rate | None:
    if change.action in {Action.DELETE, Action.FORGET}:
        return None
    return rate_of(prices, change.address.kind, desired[change.address].spec)


def _exposure(session: SessionState, ends_at: datetime | None, prices: PriceTable) -> Exposure:
    since = session.suspect_since if session.liveness is Liveness.SUSPECT else session.started_at
    return Exposure(
        session.address,
        session.liveness.value,
        rate_of(prices, session.address.kind, session.applied),
        since or session.started_at,
        ends_at,
    )


def _assumptions(rates: list[Rate], prices: PriceTable, realm: str) -> Iterator[str]:
    expected = prices.expected
    if any(rate.streams for rate in rates):
        streams = "1 video stream" if expected.streams == 1 else f"{expected.streams} video streams"
        yield (
            f"A channel is expected to have {streams} of {expected.width}x{expected.height} all the time, and one for "
            "each uid where subscribeVideoUids lists them (spec.prices.expect); time without video is billed as audio."
        )
    most = PIXELS[Tier.TWO_K_PLUS]
    if any(rate.streams and rate.pixels > most for rate in rates):
        yield f"The price list ends at {most:,} pixels; what is expected above that is reckoned at its last price."
    for tier in sorted({rate.tier for rate in rates if rate.per_hour is None}):
        yield (
            f"There is no {prices.currency} price for {tier.value}: it counts as 0. "
            f"Write spec.prices.per1000Minutes.{tier.value}."
        )
    if any(rate.tier in {Tier.WEB_PAGE_HD, Tier.WEB_PAGE_FULL_HD} for rate in rates):
        yield f"A {Kind.WEB_PAGE.value} is billed by its output size until it is stopped or maxRecordingHour ends it."
    used = {rate.tier for rate in rates}
    if used - prices.own and prices.currency in AS_OF:
        yield (
            f"Prices are those of Agora's {prices.currency} list of {AS_OF[prices.currency]}; a contract may say "
            "otherwise (spec.prices.per1000Minutes)."
        )
    if used & prices.own:
        own = ", ".join(tier.value for tier in Tier if tier in used & prices.own)
        yield f"The prices of this project file are used for: {own}."
    if realm == "embedded":
        yield "The embedded emulator bills nothing: this is what Agora would bill."
