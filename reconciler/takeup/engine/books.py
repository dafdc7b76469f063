"""Keeps the accounts of coverage in step with the runs: at the beginning of one, and when it ends."""

from collections.abc import Container, Iterator, Mapping
from dataclasses import replace
from datetime import datetime
from types import MappingProxyType

from takeup.core.account import Account, Cause, Standing, down, short
from takeup.core.address import Address
from takeup.core.coverage import kept_books, settled
from takeup.core.lives import owner
from takeup.core.plan import Plan
from takeup.core.resource import Resource
from takeup.core.restarting import Next, after_end
from takeup.core.schedule import Schedule
from takeup.core.selection import Selection
from takeup.core.snapshot import Liveness, SessionState, Snapshot
from takeup.core.wanted import desired_at
from takeup.engine.apply import Report
from takeup.errors import NoRoomError, TakeupError


def opened(prior: Snapshot, resources: Mapping[Address, Resource], plan: Plan, began: datetime) -> Snapshot:
    """The state with its accounts as of the beginning of this run, under the names of by now.

    Args:
        prior: the state after the refresh.
        resources: what is to be recorded from now on, and what this run leaves as it is.
        plan: of this run.
        began: when its refresh began.
    """
    accounts, renamed = _renamed(prior.accounts, resources)
    ended = tuple(replace(item, address=renamed.get(item.address, item.address)) for item in prior.ended)
    schedules = _schedules(resources)
    if not accounts and not schedules:
        return prior
    prior = _seen(prior, {*accounts, *schedules}, began)
    books = kept_books(accounts, replace(prior, ended=ended), schedules, plan.target.realm, down(began))
    return replace(prior, accounts=books)


def _renamed(
    accounts: Mapping[Address, Account], resources: Mapping[Address, Resource]
) -> tuple[dict[Address, Account], dict[Address, Address]]:
    """The accounts under the names of by now (`lifecycle.moved`), and which name became which."""
    found, names = dict(accounts), dict[Address, Address]()
    for address, resource in resources.items():
        if address != owner(address):
            continue
        for old in resource.lifecycle.moved_from:
            if old in found and old not in resources and address not in found:
                found[address] = found.pop(old)
                names |= {old: address, old.partner: address.partner}
    return found, names


def _seen(prior: Snapshot, addresses: Container[Address], at: datetime) -> Snapshot:
    """The state after a refresh that began at a time: what has answered since that it runs was running then."""
    sessions = {
        address: _seen_at(session, at) if owner(address) in addresses else session
        for address, session in prior.sessions.items()
    }
    return replace(prior, sessions=MappingProxyType(sessions))


def _seen_at(session: SessionState, at: datetime) -> SessionState:
    """A session, and the one beside it that it takes over from."""
    beside = None if session.overlapping is None else _seen_at(session.overlapping, at)
    runs = session.liveness is Liveness.RUNNING
    return replace(session, overlapping=beside, seen_at=at if runs else session.seen_at)


def _schedules(resources: Mapping[Address, Resource]) -> dict[Address, Schedule]:
    return {
        owner(address): resource.schedule
        for address, resource in resources.items()
        if resource.schedule is not None and not resource.lifecycle.abandon
    }


def closed(after: Snapshot, desired: Mapping[Address, Resource], plan: Plan, report: Report) -> Snapshot:
    """The state at the end of a run, with why each recording that is wanted is not recorded."""
    if not after.accounts:
        return after
    standings = dict(_standings(after, desired, plan, report))
    return replace(after, accounts=settled(after.accounts, standings))


def refused(
    stored: Snapshot, desired: Mapping[Address, Resource], realm: str, now: datetime, error: TakeupError
) -> Snapshot:
    """The state after a run whose plan was refused before anything was done; nobody was asked after.

    Args:
        stored: the state.
        desired: what is to be recorded from now on.
        realm: whom the sessions are started at.
        now: when.
        error: the refusal.
    """
    books = kept_books(stored.accounts, stored, _schedules(desired), realm, down(now))
    cause = Cause.QUOTA if isinstance(error, NoRoomError) else Cause.REFUSED
    standing = Standing(cause, down(now), detail=short(error.gist))
    alive = _alive(stored)
    missing = {
        owner(address): standing
        for address in desired_at(desired, now).resources
        if owner(address) in books and owner(address) not in alive
    }
    kept = {address: account.standing for address, account in books.items() if account.standing is not None}
    return replace(stored, accounts=settled(books, {**kept, **missing}))


def _alive(state: Snapshot) -> frozenset[Address]:
    """The recordings with a session that may record."""
    sessions = state.sessions.items()
    return frozenset(owner(address) for address, session in sessions if session.liveness is not Liveness.ENDED)


def _standings(
    after: Snapshot, desired: Mapping[Address, Resource], plan: Plan, report: Report
) -> Iterator[tuple[Address, Standing]]:
    why, alive = _Why(plan, report), _alive(after)
    for address, resource in desired_at(desired, plan.created_at).resources.items():
        account = after.accounts.get(owner(address))
        if account is None or account.closed or owner(address) in alive:
            continue
        standing = why.of(resource, after.sessions.get(address), account.until)
        if standing is not None:
            yield owner(address), standing


class _Why:
    """Why what is wanted has no session when a run ends."""

    def __init__(self, plan: Plan, report: Report) -> None:
        self._now = plan.created_at
        self._selection = Selection.from_document(plan.selection)
        self._planned = {change.address for change in plan.changes}
        self._failed = {item.address: error for item, error in report.failed}
        self._skipped = {item.address for item in report.skipped}

    def of(self, resource: Resource, session: SessionState | None, at: int) -> Standing | None:
        """The standing of one of them; None where nothing is known. `session` has ended, if there is one."""
        address = resource.address
        if not self._selection.takes(address):
            return Standing(Cause.EXCLUDED, at)
        if address in self._failed:
            return Standing(Cause.START_FAILED, at, detail=short(self._failed[address].gist))
        if address in self._skipped:
            return Standing(Cause.INTERRUPTED, at)
        if session is None:  # what was approved did not hold it
            return None if address in self._planned else Standing(Cause.EXCLUDED, at)
        return _held_back(resource, session, self._now, at)


def _held_back(resource: Resource, session: SessionState, now: datetime, at: int) -> Standing | None:
    verdict = after_end(resource, session, now)
    if verdict.what is Next.COMPLETE:
        return Standing(Cause.COMPLETE, at, detail=short(verdict.why))
    if verdict.what is Next.WAIT and verdict.until is not None:
        return Standing(Cause.BRAKED, at, down(verdict.until), short(session.evidence))
    return None
