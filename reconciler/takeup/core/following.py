"""Sessions follow their recordings to a new name (`lifecycle.moved`). Pure."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from types import MappingProxyType

from takeup.core.address import Address
from takeup.core.moving import named
from takeup.core.plan import Action, Change, Move
from takeup.core.resource import Resource
from takeup.core.snapshot import Snapshot


def under_new_names(
    previous: Snapshot, declared: Mapping[Address, Resource]
) -> tuple[Snapshot, tuple[Move, ...], list[str]]:
    """The state under the names of by now (`lifecycle.moved`), what moved, and what could not.

    A session moves where kind, channel and uid are the same and nothing else claims the old name.
    """
    sessions = dict(previous.sessions)
    moves: list[Move] = []
    told: list[str] = []
    for address, resource in declared.items():
        for old in resource.lifecycle.moved_from:
            session = sessions.get(old)
            if session is None or old == address:
                continue
            trouble = _trouble(old, address, sessions, declared)
            if not trouble and (session.cname, session.uid) not in _places(resource):
                trouble = f"records uid {session.uid} in {session.cname!r}, and the new one another channel or uid"
            if trouble:
                told.append(f"{address} was {old} (lifecycle.moved), but {old} {trouble}: its session did not move.")
                continue
            sessions[address] = named(sessions.pop(old), address)
            moves.append(Move(old, address))
    if not moves:
        return previous, (), told
    return replace(previous, sessions=MappingProxyType(sessions)), tuple(moves), told


def _places(resource: Resource) -> set[tuple[str, str]]:
    return {(resource.cname, uid) for uid in (resource.uid, resource.spare_uid) if uid}


def _trouble(old: Address, new: Address, sessions: Mapping[Address, object], declared: Mapping[Address, object]) -> str:
    if old in declared:
        return "is declared as well"
    return f"and {new} both have a session" if new in sessions else ""


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
        places = sorted(_places(resource))
        old = next((found for place in places if (found := stopped.get((resource.address.kind, *place)))), None)
        if old is not None and old != resource.address:
            yield (
                f"{old} is stopped and {resource.address} started, though both are uid {resource.uid} in "
                f"{resource.cname!r}. If it only has a new name, keep its session: write below spec of the new one "
                f"lifecycle: {{moved: [{{from: {_name(old)}}}]}}"
            )


def _name(address: Address) -> str:
    """The name as a manifest writes it: that of a set's member has brackets, and so quotes around it."""
    name = str(address).removeprefix(f"{address.kind.value}.")
    return f"'{name}'" if address.key else name
