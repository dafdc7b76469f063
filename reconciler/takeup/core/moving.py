"""Sessions follow their recordings: to a new name, and with the guard that stands over them. Pure."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from types import MappingProxyType

from takeup.core.address import Address
from takeup.core.plan import Action, Change, Move
from takeup.core.resource import Resource
from takeup.core.snapshot import Snapshot


def moved(previous: Snapshot, declared: Mapping[Address, Resource]) -> tuple[Snapshot, tuple[Move, ...], list[str]]:
    """The state under the names of by now (`lifecycle.formerly`), what moved, and what could not.

    A session moves where kind, channel and uid are the same and nothing else claims the old name.
    """
    sessions = dict(previous.sessions)
    moves: list[Move] = []
    told: list[str] = []
    for address, resource in declared.items():
        for name in resource.lifecycle.formerly:
            old = Address(address.kind, name)
            session = sessions.get(old)
            if session is None or old == address:
                continue
            trouble = _trouble(old, address, sessions, declared)
            if not trouble and (session.cname, session.uid) != (resource.cname, resource.uid):
                trouble = f"records uid {session.uid} in {session.cname!r}, and the new one another channel or uid"
            if trouble:
                told.append(f"{address} was {old} (lifecycle.formerly), but {old} {trouble}: its session did not move.")
                continue
            sessions[address] = replace(sessions.pop(old), address=address)
            moves.append(Move(old, address))
    if not moves:
        return previous, (), told
    return replace(previous, sessions=MappingProxyType(sessions)), tuple(moves), told


def _trouble(old: Address, new: Address, sessions: Mapping[Address, object], declared: Mapping[Address, object]) -> str:
    if old in declared:
        return "is declared as well"
    return f"and {new} both have a session" if new in sessions else ""


def guarded(previous: Snapshot, declared: Mapping[Address, Resource]) -> Snapshot:
    """The state with the guards of the manifests; where a manifest is gone, the state's own stays."""
    changed = {}
    for address, session in previous.sessions.items():
        resource = declared.get(address)
        if resource is not None and session.prevent_stop != bool(resource.lifecycle.prevent_stop):
            changed[address] = replace(session, prevent_stop=bool(resource.lifecycle.prevent_stop))
    if not changed:
        return previous
    return replace(previous, sessions=MappingProxyType({**previous.sessions, **changed}))


def renamed(changes: Iterable[Change], prior: Snapshot, desired: Mapping[Address, Resource]) -> Iterator[str]:
    """Of each recording that would be stopped and started under another name: how to keep its session."""
    stopped = {}
    created = []
    for change in changes:
        if change.action is Action.DELETE:
            session = prior.sessions[change.address]
            stopped[change.address.kind, session.cname, session.uid] = change.address
        elif change.action is Action.CREATE:
            created.append(desired[change.address])
    for resource in created:
        old = stopped.get((resource.address.kind, resource.cname, resource.uid))
        if old is not None and old != resource.address:
            yield (
                f"{old} is stopped and {resource.address} started, though both are uid {resource.uid} in "
                f"{resource.cname!r}. If it only has a new name, keep its session: write below spec of the new one "
                f"lifecycle: {{formerly: [{old.name}]}}"
            )
