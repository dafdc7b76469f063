"""Values of a spec as text: with names for numbers, without secrets, and short enough to be read."""

import re

from takeup.core.address import Kind
from takeup.core.schema.names import region_name
from takeup.core.schema.table import attributes
from takeup.core.secret import Secret
from takeup.render.style import quoted

SENSITIVE = "(sensitive)"
_ELEMENT = re.compile(r"\[(?:uid=)?\d+\]")
_GAP = "..."
_CONTEXT = 4  # characters kept before the first difference of two long values


def value_text(kind: Kind, path: str, value: object, *, vendor: object = None) -> str:
    """One value of a spec: JSON, with the name before a number that has one.

    Args:
        kind: the kind that declares the attribute.
        path: the attribute's path, list indices included.
        value: what it is.
        vendor: the number of the storage vendor beside a region, where it is known.
    """
    if is_secret(kind, path, value):
        return SENSITIVE
    if type(value) is int:
        attribute = attributes(kind).get(general(path))
        name = attribute.named.name_of(value) if attribute is not None and attribute.named is not None else None
        if type(vendor) is int and path == "storageConfig.region":
            name = region_name(vendor, value)
        if name is not None:
            return f"{name} ({value})"
    return quoted(value)


def general(path: str) -> str:
    """The path as the schema writes it: without the indices and uids of list elements."""
    return _ELEMENT.sub("[]", path)


def is_secret(kind: Kind, path: str, value: object) -> bool:
    """Whether a value must not be shown: declared so, a secret, or a secret's fingerprint."""
    attribute = attributes(kind).get(general(path))
    declared = attribute is not None and attribute.sensitive
    return declared or isinstance(value, Secret) or (isinstance(value, str) and value.startswith("hmac-sha256:"))


def middle_out(text: str, limit: int) -> str:
    """The text in at most `limit` characters (or 8, if that is more): its middle gives way to "..."."""
    limit = max(limit, len(_GAP) + 5)
    if len(text) <= limit:
        return text
    kept = limit - len(_GAP)
    tail = kept // 2
    return f"{text[: kept - tail]}{_GAP}{text[-tail:]}"


def pair(before: str, after: str, limit: int) -> tuple[str, str]:
    """Two values that differ, each in at most `limit` characters, with their first difference in sight.

    `limit` is 24 or more.
    """
    if max(len(before), len(after)) <= limit:
        return before, after
    same = next((at for at, (one, other) in enumerate(zip(before, after, strict=False)) if one != other), None)
    same = min(len(before), len(after)) if same is None else same
    tail = (limit - len(_GAP)) // 2
    if same < limit - len(_GAP) - tail:
        return middle_out(before, limit), middle_out(after, limit)
    begin = max(same - _CONTEXT, 0)
    head = max(0, min(limit // 4, begin - len(_GAP)))
    left = limit - head - len(_GAP)
    one, other = (f"{text[:head]}{_GAP}{middle_out(text[begin:], left)}" for text in (before, after))
    return one, other


__all__ = ["SENSITIVE", "general", "is_secret", "middle_out", "pair", "value_text"]
