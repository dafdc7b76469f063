"""One recording as wanted, and the form in which it is compared and kept."""

import hmac
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from hashlib import sha256
from typing import Any

from takeup.core.address import Address
from takeup.core.lifecycle import PLAIN, Lifecycle
from takeup.core.schedule import Schedule
from takeup.core.secret import Secret
from takeup.core.token import TokenBuild


@dataclass(frozen=True, slots=True)
class Resource:
    """A recording as its manifest wants it.

    `spec` has API numbers and `Secret` values, and holds what was declared: no defaults.
    `origin` is file:line of the manifest. `schedule` and `lifecycle` are takeup's own: they are never sent to Agora,
    and no part of what is compared.
    `spare_uid` is the uid that may take turns with the one in `spec` ("": none), `overlap` tells that a replacement
    uses it. `token_build` makes a token at each start; `spec` has none then.
    """

    address: Address
    spec: Mapping[str, Any]
    origin: str = ""
    spare_uid: str = ""
    overlap: bool = False
    token_build: TokenBuild | None = None
    schedule: Schedule | None = None
    lifecycle: Lifecycle = PLAIN

    @property
    def cname(self) -> str:
        """The channel, or the label of a web page recording."""
        return str(self.spec["cname"])

    @property
    def uid(self) -> str:
        """The recorder's uid."""
        return str(self.spec["uid"])

    def under(self, uid: str | None) -> "Resource":
        """The same recording under this one of its uids, the other one to spare; itself for any other uid."""
        if not uid or uid != self.spare_uid:
            return self
        return replace(self, spec={**self.spec, "uid": uid}, spare_uid=self.uid)

    def with_token(self, app_id: str, issued: datetime, salt: int) -> "Resource":
        """The same with a token made for it, where it is one whose tokens are built."""
        if self.token_build is None:
            return self
        token = self.token_build.token((app_id, self.cname, self.uid), issued, salt)
        return replace(self, spec={**self.spec, "token": token})


@dataclass(slots=True)
class Fingerprints:
    """Replaces secrets by keyed fingerprints: HMAC-SHA256 over path and value, cut to 128 bits.

    The key belongs to a state's lineage. A fingerprint tells that a secret changed; it must not be used to
    prove that a secret is known.
    """

    key: bytes = field(repr=False)
    _known: dict[tuple[str, str], str] = field(default_factory=dict, repr=False)

    def applied(self, spec: Mapping[str, Any]) -> dict[str, Any]:
        """The spec as the state may hold it."""
        return self._mapping(spec, "")

    def _mapping(self, value: Mapping[str, Any], path: str) -> dict[str, Any]:
        kept: dict[str, Any] = {}
        for name, item in value.items():
            kind = type(item)
            if kind is str or kind is int:
                kept[name] = item
            elif kind is Secret:
                kept[name] = self._of(f"{path}{name}", item)
            elif kind is dict:
                kept[name] = self._mapping(item, f"{path}{name}.")
            elif kind is list and item and type(item[0]) is dict:
                kept[name] = [self._mapping(element, f"{path}{name}[].") for element in item]
            else:
                kept[name] = item
        return kept

    def _of(self, path: str, secret: Secret) -> str:
        value = secret.reveal()
        known = self._known.get((path, value))
        if known is None:
            mac = hmac.new(self.key, f"{path}\0{value}".encode(), sha256)
            known = self._known[path, value] = f"hmac-sha256:{mac.hexdigest()[:32]}"
        return known
