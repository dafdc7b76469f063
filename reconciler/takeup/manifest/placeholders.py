"""Values for secrets that are not at hand: for rehearsals, which send them to an emulator in this process only."""

import base64
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from takeup.core.address import Address
from takeup.core.resource import Resource
from takeup.core.secret import Secret

_SPECIAL = {
    "salt": base64.b64encode(b"placeholder-of-thirty-two-bytes.").decode(),
    "rtmpUrl": "rtmp://placeholder.invalid/live/placeholder",
}
"""Secrets that must have a form of their own."""


def filled(resources: Mapping[Address, Resource]) -> tuple[dict[Address, Resource], int]:
    """Give every secret that was not read a value.

    Returns:
        The resources, and how many secrets were not read.
    """
    missing = [0]
    # Both sessions of a recording have the same secrets.
    made = {
        address: _resource(resource, missing if address.leg == 1 else [0]) for address, resource in resources.items()
    }
    return made, missing[0]


def _resource(resource: Resource, missing: list[int]) -> Resource:
    build = resource.token_build
    if build is not None:
        build = replace(build, certificate=_filled(build.certificate, "appCertificate", missing))
    return replace(resource, spec=_filled(resource.spec, "", missing), token_build=build)


def _filled(value: Any, name: str, missing: list[int]) -> Any:  # noqa: ANN401 - any value of a spec
    if isinstance(value, Secret) and not value.resolved:
        missing[0] += 1
        return Secret(_SPECIAL.get(name, f"placeholder-{name}"))
    if isinstance(value, Mapping):
        return {key: _filled(item, key, missing) for key, item in value.items()}
    if isinstance(value, list):
        return [_filled(item, name, missing) for item in value]
    return value
