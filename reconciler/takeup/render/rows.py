"""The attributes of a change as rows that every format for people shows in its own way."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from takeup.core.address import Kind
from takeup.core.plan import Action, AttributeChange, Change
from takeup.core.schema.attribute import Effect
from takeup.core.schema.table import attributes
from takeup.render.style import counted, printable
from takeup.render.values import SENSITIVE, general, middle_out, pair, value_text

FORCES = "forces replacement"
_REGION = re.compile(r"(.*\.(?:layoutConfig|backgroundConfig)\[(uid=)?\d+\])\.(\w+)")


@dataclass(frozen=True, slots=True)
class Row:
    """One attribute, or one region that comes or goes as a whole. Printable, but not escaped for any format.

    `symbol` is +, ~ or -. A change from one value to another has both `before` and `after`; of a set that changes,
    `gone` and `come` are its elements. `note` is a remark in words.
    """

    symbol: str
    path: str
    before: str | None = None
    after: str | None = None
    gone: tuple[str, ...] = ()
    come: tuple[str, ...] = ()
    note: str = ""

    @property
    def pieces(self) -> tuple[tuple[str, str], ...]:
        """What stands behind the path, each piece with the sign of what happens to it ("" where `symbol` says it)."""
        if self.gone or self.come:
            return (*(("+", item) for item in self.come), *(("-", item) for item in self.gone))
        if self.before is not None and self.after is not None:
            return (("-", self.before), ("+", self.after))
        return (("", self.after if self.before is None else self.before),)  # type: ignore[return-value]  # one is there


def rows(change: Change, limit: int) -> tuple[Row, ...]:
    """The rows of a change.

    Args:
        change: what happens to one resource.
        limit: how many characters a value may have.
    """
    return tuple(_rows(change, limit))


def hidden(change: Change) -> str:
    """What a change says of the attributes that it does not list; empty where there is nothing to say."""
    return f"({counted(change.unchanged, 'unchanged attribute')} hidden)" if change.unchanged else ""


def _rows(change: Change, limit: int) -> Iterator[Row]:
    kind = change.address.kind
    siblings = {item.path: item for item in change.attributes}
    regions = _whole_regions(change)
    told = set()
    for item in change.attributes:
        match = _REGION.fullmatch(item.path)
        region = match[1] if match else ""
        if region in regions:
            if region not in told:
                yield _region(kind, region, regions[region], limit)
            told.add(region)
            continue
        note = FORCES if change.action is Action.REPLACE and item.effect is Effect.REPLACE else ""
        yield _row(kind, item, siblings, limit, note)


def _whole_regions(change: Change) -> dict[str, list[AttributeChange]]:
    """The regions of a layout that come or go with all their attributes."""
    found: dict[str, list[AttributeChange]] = {}
    for item in change.attributes:
        match = _REGION.fullmatch(item.path)
        if match:
            found.setdefault(match[1], []).append(item)
    return {
        path: items
        for path, items in found.items()
        if all(item.before is None for item in items) or all(item.after is None for item in items)
        if len(items) > 1
    }


def _region(kind: Kind, path: str, items: list[AttributeChange], limit: int) -> Row:
    comes = items[0].before is None
    order = {name: at for at, name in enumerate(attributes(kind))}
    parts = []
    for item in sorted(items, key=lambda item: order.get(general(item.path), len(order))):
        name = item.path.rpartition(".")[2]
        if not (name == "uid" and "[uid=" in path):
            value = _shown(kind, item, item.after if comes else item.before, None)
            parts.append(f"{printable(name)} {value}")
    text = middle_out(", ".join(parts), limit)
    return Row("+", path, after=text) if comes else Row("-", path, before=text)


def _row(kind: Kind, item: AttributeChange, siblings: Mapping[str, AttributeChange], limit: int, note: str) -> Row:
    path = printable(item.path)
    vendor = siblings.get(f"{item.path.removesuffix('region')}vendor") if item.path.endswith(".region") else None
    before = None if item.before is None else _shown(kind, item, item.before, vendor and vendor.before)
    after = None if item.after is None else _shown(kind, item, item.after, vendor and vendor.after)
    if before is None:
        return Row("+", path, after=middle_out(str(after), limit), note=note)
    if after is None:
        return Row("-", path, before=middle_out(before, limit), note=note)
    if SENSITIVE in {before, after}:
        return Row("~", path, after=SENSITIVE, note=note)
    gone, come, kept = _elements(kind, item)
    if gone or come:
        notes = [note] if note else []
        notes += [f"({kept} unchanged)"] if kept else []
        short = [tuple(middle_out(text, limit) for text in side) for side in (gone, come)]
        return Row("~", path, gone=short[0], come=short[1], note=" ".join(notes))
    before, after = pair(before, after, limit)
    return Row("~", path, before=before, after=after, note=note)


def _shown(kind: Kind, item: AttributeChange, value: object, vendor: Any) -> str:  # noqa: ANN401 - any value of a spec
    return SENSITIVE if item.sensitive else value_text(kind, item.path, value, vendor=vendor)


def _elements(kind: Kind, item: AttributeChange) -> tuple[tuple[str, ...], tuple[str, ...], int]:
    """What goes from a list and what comes, and how many stay; nothing where its order has a meaning."""
    attribute = attributes(kind).get(general(item.path))
    if attribute is None or not attribute.attr.set_like or not _lists(item):
        return (), (), 0
    before, after = ([value_text(kind, item.path, value) for value in side] for side in (item.before, item.after))
    if len({*before}) != len(before) or len({*after}) != len(after):
        return (), (), 0
    gone = tuple(text for text in before if text not in after)
    come = tuple(text for text in after if text not in before)
    return gone, come, len(before) - len(gone)


def _lists(item: AttributeChange) -> bool:
    return isinstance(item.before, list | tuple) and isinstance(item.after, list | tuple)


__all__ = ["FORCES", "Row", "hidden", "rows"]
