"""What differs between two specs, attribute by attribute. The only module that knows deepdiff."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from takeup.core.address import Kind
from takeup.core.plan import AttributeChange
from takeup.core.schema.attribute import Effect
from takeup.core.schema.table import Attribute, attribute_at, effective

Path = tuple[str | int, ...]
_ABSENT = object()
_KEYED = ("layoutConfig", "backgroundConfig")
_KEY = "uid="  # no attribute is named so


def differences(kind: Kind, before: Mapping[str, Any], after: Mapping[str, Any]) -> tuple[AttributeChange, ...]:
    """The attributes that differ once both sides have their defaults filled in.

    Attributes whose change costs nothing (`Effect.NONE`) are left out. Compare with `!=` first: this costs
    about a millisecond a pair.
    """
    from deepdiff import DeepDiff  # noqa: PLC0415 - 40 ms that a plan without differences need not pay

    both = effective(kind, before), effective(kind, after)
    _key_regions(*both)
    found = DeepDiff(*both, view="tree", threshold_to_diff_deeper=0, ignore_numeric_type_changes=True)
    changes: dict[str, AttributeChange] = {}
    for level in (level for levels in found.values() for level in levels):
        path: Path = tuple(level.path(output_format="list"))
        old = level.t1 if _present(level.t1) else _ABSENT
        new = level.t2 if _present(level.t2) else _ABSENT
        for change in _changes(kind, _whole_list(kind, path), (old, new), both):
            changes[change.path] = change
    return tuple(sorted(changes.values(), key=lambda change: change.path))


def listed(kind: Kind, spec: Mapping[str, Any], *, created: bool) -> tuple[AttributeChange, ...]:
    """Every declared attribute, as it comes up with a creation or goes with a deletion."""
    rows = []
    for path, value in _leaves((), spec):
        old, new = (_ABSENT, value) if created else (value, _ABSENT)
        rows.append(_change(kind, path, old, new, None))
    return tuple(sorted(rows, key=lambda change: change.path))


def unchanged(kind: Kind, spec: Mapping[str, Any], changes: Iterable[AttributeChange]) -> int:
    """How many attributes that a spec declares are not among the changes; what costs nothing to change is left out."""
    differing = {change.path for change in changes}
    keyed = dict(spec)
    _key_regions(keyed, dict(spec))  # a change may name an element by its uid or by its index
    both = zip(_leaves((), spec), _leaves((), keyed), strict=True)
    return sum(
        differing.isdisjoint({_text(path), _text(by_uid)}) and _costs(kind, path) for (path, _), (by_uid, _) in both
    )


def _costs(kind: Kind, path: Path) -> bool:
    attribute = _attribute(kind, path)
    return attribute is not None and attribute.attr.effect is not Effect.NONE


def _key_regions(before: dict[str, Any], after: dict[str, Any]) -> None:
    """Put uids for the indices of regions, where that tells the same: else a region in front shifts all others.

    Regions without a uid are filled in the order of the list, so the order of a list must not get lost.
    """
    sides = [_layout(spec) for spec in (before, after)]
    for name in _KEYED:
        lists = [side.get(name) for side in sides]
        uids = [[region.get("uid") for region in regions or ()] for regions in lists]
        if all(_unique(side) for side in uids) and _same_order(*uids):
            for side, regions in zip(sides, lists, strict=True):
                side[name] = {_KEY + region["uid"]: region for region in regions or ()}


def _layout(spec: dict[str, Any]) -> dict[str, Any]:
    """The layout attributes of a spec as a copy that stands in it."""
    config = dict(spec.get("recordingConfig") or {})
    layout = dict(config.get("transcodingConfig") or {})
    if layout:
        config["transcodingConfig"] = layout
        spec["recordingConfig"] = config
    return layout


def _unique(uids: list[Any]) -> bool:
    return all(isinstance(uid, str) and uid.isdecimal() for uid in uids) and len({*map(int, uids)}) == len(uids)


def _same_order(before: list[str], after: list[str]) -> bool:
    """Whether both lists have elements in common, and have them in one order."""
    common = [uid for uid in before if uid in after]
    return bool(common) and common == [uid for uid in after if uid in before]


def _attribute(kind: Kind, path: Path) -> Attribute | None:
    return attribute_at(kind, tuple(0 if _is_element(part) else part for part in path))


def _is_element(part: str | int) -> bool:
    return isinstance(part, int) or part.startswith(_KEY)


def _present(value: object) -> bool:
    return type(value).__name__ != "NotPresent"


def _whole_list(kind: Kind, path: Path) -> Path:
    """A list of plain values is compared as one attribute: cut the path at it."""
    for at, part in enumerate(path):
        if isinstance(part, int):
            holder = _attribute(kind, path[:at])
            if holder is not None and not holder.is_object:
                return path[:at]
    return path


def _at(value: Any, path: Path) -> Any:  # noqa: ANN401 - any value of a spec
    for part in path:
        try:
            value = value[part]
        except (KeyError, IndexError, TypeError):
            return _ABSENT
    return value


def _changes(
    kind: Kind, path: Path, values: tuple[object, object], both: tuple[Mapping[str, Any], Mapping[str, Any]]
) -> Iterator[AttributeChange]:
    old, new = values
    attribute = _attribute(kind, path)
    if attribute is not None and not attribute.is_object and isinstance(_first(old, new), list | str | int | float):
        if attribute.type.startswith("list"):
            old, new = _at(both[0], path), _at(both[1], path)
        leaves: dict[Path, tuple[object, object]] = {path: (old, new)}
        inherited = None
    else:
        leaves = {}
        for leaf, value in _leaves(path, old):
            leaves[leaf] = (value, _ABSENT)
        for leaf, value in _leaves(path, new):
            leaves[leaf] = (leaves.get(leaf, (_ABSENT,))[0], value)
        # An object that comes or goes as a whole costs what its own declaration says.
        inherited = attribute.attr.effect if attribute is not None and len(path) == 1 else None
    for leaf, (was, now) in leaves.items():
        change = _change(kind, leaf, was, now, inherited)
        if change.effect is not Effect.NONE:
            yield change


def _first(old: object, new: object) -> object:
    return new if old is _ABSENT else old


def _leaves(path: Path, value: object) -> Iterator[tuple[Path, object]]:
    if value is _ABSENT:
        return
    if isinstance(value, Mapping):
        for name, item in value.items():
            yield from _leaves((*path, name), item)
    elif isinstance(value, list) and value and isinstance(value[0], Mapping):
        for at, item in enumerate(value):
            yield from _leaves((*path, at), item)
    else:
        yield path, value


def _text(path: Path) -> str:
    text = ""
    for part in path:
        text += f"[{part}]" if _is_element(part) else f".{part}" if text else str(part)
    return text


def _change(kind: Kind, path: Path, old: object, new: object, inherited: Effect | None) -> AttributeChange:
    attribute = _attribute(kind, path)
    if attribute is None:
        # Written by another version of takeup: what is not known is not guessed to be cheap.
        return AttributeChange(
            _text(path), _shown(old, hide=True), _shown(new, hide=True), sensitive=True, effect=Effect.REPLACE
        )
    return AttributeChange(
        path=_text(path),
        before=_shown(old, hide=attribute.sensitive),
        after=_shown(new, hide=attribute.sensitive),
        sensitive=attribute.sensitive,
        effect=inherited or attribute.attr.effect,
        group=attribute.attr.group,
    )


def _shown(value: object, *, hide: bool) -> object:
    if value is _ABSENT:
        return None
    return "(sensitive)" if hide else value
