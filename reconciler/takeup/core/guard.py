"""preventStop: what a plan may not do to the sessions that it stands over. Pure."""

from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import replace
from types import MappingProxyType

from takeup.core.address import Address
from takeup.core.plan import Action, Plan
from takeup.core.resource import Resource
from takeup.core.snapshot import Snapshot

FLAG = "--override-prevent-stop"
_WORDS = {Action.DELETE: "stop", Action.REPLACE: "stop and replace"}


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


def forbidden(
    plan: Plan,
    prior: Snapshot,
    declared: Mapping[Address, Resource],
    outside: Collection[Address],
    overridden: Callable[[Address], bool],
) -> Iterator[str]:
    """Of each change that is not allowed: what it would do, and which line forbids it.

    Args:
        plan: what would be done.
        prior: what is recorded, with the guards that the state remembers.
        declared: all that the manifests declare.
        outside: what is outside its window. The end of a window stands in the same manifest: it is no accident.
        overridden: whether the guard of an address is lifted for this run.
    """
    for change in plan.changes:
        words = _WORDS.get(change.action)
        session = prior.sessions.get(change.address)
        if words is None or session is None or not session.prevent_stop or overridden(change.address):
            continue
        if change.action is Action.DELETE and change.address in outside:
            continue
        if change.renewal:  # its token ends: without a new session it would be cut off by Agora
            continue
        resource = declared.get(change.address)
        line = resource.lifecycle.prevent_stop if resource is not None else ""
        where = f"{line} forbids it (lifecycle.preventStop)" if line else "the state remembers its preventStop"
        yield f"{change.address}: the plan would {words} it ({change.reason}), but {where}."
