"""A spec as a plan may hold it: whole, with the defaults that Agora fills in, and without its secrets."""

from collections.abc import Mapping
from typing import Any

from takeup.core.address import Kind
from takeup.core.schema.table import attribute_at, effective
from takeup.core.secret import Secret

SENSITIVE = "(sensitive)"
"""What stands for a secret, and for what this version does not know: it could be one."""


def whole(kind: Kind, spec: Mapping[str, Any]) -> dict[str, Any]:
    """The spec with every default and without secrets; `spec` itself is left alone."""
    shown: dict[str, Any] = hidden(kind, effective(kind, spec))
    return shown


def hidden(kind: Kind, value: object, path: tuple[str | int, ...] = ()) -> Any:  # noqa: ANN401 - any value of a spec
    """The value without its secrets and their fingerprints; what this version does not know is taken for one.

    Args:
        kind: the kind that declares the attributes.
        value: a spec, or what stands in one.
        path: where it stands; a number is the index of a list element.
    """
    attribute = attribute_at(kind, path)
    if (attribute is not None and attribute.sensitive) or is_secret_value(value):
        return SENSITIVE
    if isinstance(value, Mapping):
        return {name: hidden(kind, item, (*path, name)) for name, item in value.items()}
    if isinstance(value, list | tuple) and any(isinstance(item, Mapping) for item in value):
        return [hidden(kind, item, (*path, at)) for at, item in enumerate(value)]
    return SENSITIVE if attribute is None else value


def is_secret_value(value: object) -> bool:
    """Whether it is a secret or a secret's fingerprint, wherever it stands."""
    return isinstance(value, Secret) or (isinstance(value, str) and value.startswith("hmac-sha256:"))
