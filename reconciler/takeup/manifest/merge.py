"""One mapping over another: a profile below a recording's own settings, an override over a template. Pure."""

from typing import Any


def merged(below: dict[str, Any], own: dict[str, Any]) -> dict[str, Any]:
    """Both mappings, where `own` wins; mappings in both are merged, everything else is taken as a whole."""
    made = {**below, **own}
    for key in below.keys() & own.keys():
        if isinstance(below[key], dict) and isinstance(own[key], dict):
            made[key] = merged(below[key], own[key])
    return made


def merged_marks(below: Any, own: Any) -> Any:  # noqa: ANN401 - marks have the shape of any value
    """The places of a merged value (see `reader.Document.marks`)."""
    if not isinstance(below, dict) or not isinstance(own, dict):
        return own
    places = [below[None][0]]
    made: dict[str | None, Any] = {None: places}
    for key in dict.fromkeys(name for marks in (below, own) for name in marks if isinstance(name, str)):
        owner = own if key in own else below
        places.append(owner[None][list(owner).index(key)])
        made[key] = merged_marks(below[key], own[key]) if key in below and key in own else owner[key]
    return made
