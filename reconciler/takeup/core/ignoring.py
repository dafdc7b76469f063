"""`ignoreChanges` and `replaceOnChange`: which differences count, and what they cost. Pure."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from takeup.core.lifecycle import Lifecycle
from takeup.core.plan import AttributeChange
from takeup.core.resource import Resource
from takeup.core.schema.attribute import Effect
from takeup.core.snapshot import Liveness, SessionState


def among(path: str, paths: Iterable[str]) -> bool:
    """Whether an attribute is one of these, or stands below one of them."""
    return any(path == other or path.startswith((f"{other}.", f"{other}[")) for other in paths)


def escalated(changes: tuple[AttributeChange, ...], lifecycle: Lifecycle) -> tuple[AttributeChange, ...]:
    """The changes, those of `replaceOnChange` with a replacement as their price."""
    paths = lifecycle.replace_on_change
    if not paths:
        return changes
    return tuple(replace(item, effect=Effect.REPLACE) if among(item.path, paths) else item for item in changes)


def as_recorded(resource: Resource, session: SessionState | None) -> Resource:
    """The recording with what its session has at the paths of `ignoreChanges`, whatever the manifest says by now.

    So nothing differs there, and a call that must send these attributes sends what is recorded with.
    """
    paths = resource.lifecycle.ignore_changes
    if not paths or session is None or session.liveness is Liveness.ENDED:
        return resource
    spec: Any = resource.spec
    for path in paths:
        spec = _taken_over(spec, session.applied, path.split("."))
    return replace(resource, spec=spec)


def _taken_over(into: Any, held: Any, path: list[str]) -> Any:  # noqa: ANN401 - any part of a spec
    """A copy of a mapping with what another one has at a path; without it, where that one has nothing there."""
    first, *rest = path
    made = dict(into) if isinstance(into, Mapping) else {}
    value = held.get(first) if isinstance(held, Mapping) else None
    if rest and (first in made or value is not None):
        value = _taken_over(made.get(first), value, rest)
    if value is None:
        made.pop(first, None)
    else:
        made[first] = value
    return made
