"""spec.state: where the state is kept. Each backend takes its own keys; all of them stand in one table."""

import re
from collections.abc import Iterator, Mapping
from typing import Annotated, Literal
from urllib.parse import urlsplit

from pydantic import PlainValidator

from takeup.core.duration import EXAMPLES, seconds
from takeup.core.loopback import is_loopback
from takeup.core.schema.attribute import UNSET, Attr, Model
from takeup.core.schema.scalars import SecretText, Text
from takeup.core.schema.sentence import sentence
from takeup.manifest.encryption import EncryptionSettings
from takeup.manifest.translate import Finding

DEFAULT_PATH = "state/default.json"
KEYS: Mapping[str, frozenset[str]] = {
    "local": frozenset({"path"}),
    "http": frozenset(
        {
            "address", "lockAddress", "unlockAddress", "updateMethod", "lockMethod", "unlockMethod",
            "username", "password", "token", "timeout",
        }
    ),
    "postgres": frozenset({"connection", "schemaName", "name"}),
}  # fmt: skip
"""What each backend takes beside `backend`."""
EVERYWHERE = frozenset({"backend", "encryption"})
"""What every backend takes."""
_REQUIRED: Mapping[str, tuple[str, ...]] = {"local": (), "http": ("address",), "postgres": ()}


_SCHEMA = re.compile(r"[a-z_][a-z0-9_]{0,62}")
_LONGEST = 200


class _Default(float):
    """A default in seconds; a number in the file is no duration, for it has no unit."""


def _timeout(value: object) -> float:
    if isinstance(value, _Default):
        return value
    read = seconds(value)
    if not read:
        raise sentence("This is not a duration above 0.", EXAMPLES)
    return read


def _address(value: object) -> str:
    try:
        url = urlsplit(value if isinstance(value, str) else "")
        port_is_valid = url.port is None or url.port > 0
    except ValueError:
        raise sentence("This is not an address.", "Write for example https://state.example.org/campus.") from None
    if not (url.scheme in {"http", "https"} and url.hostname and port_is_valid and not url.fragment):
        raise sentence("This is not an http address.", "Write for example https://state.example.org/campus.")
    if "@" in url.netloc:
        raise sentence("Credentials do not belong into an address.", "Write username and password, or token.")
    if url.scheme == "http" and not is_loopback(url.hostname):
        text = "Plain http would send the state readably over the network; it is for loopback only."
        raise sentence(text, "Write https://.")
    return str(value)


def _schema_name(value: object) -> str:
    if not (isinstance(value, str) and _SCHEMA.fullmatch(value)) or value.startswith("pg_"):
        text = "This is not the name of a schema: lower-case letters, digits and _, at most 63, not beginning with pg_."
        raise sentence(text, "Write for example takeup.")
    return value


def _name(value: object) -> str:
    if not (isinstance(value, str) and value.isprintable() and 0 < len(value) <= _LONGEST):
        raise sentence("This is not a name: a printable text of 1 to 200 characters.", "Write for example campus.")
    return value


_Address = Annotated[str, PlainValidator(_address)]
_SchemaName = Annotated[str, PlainValidator(_schema_name)]
_Name = Annotated[str, PlainValidator(_name)]
_UpdateMethod = Literal["POST", "PUT"]
_LockMethod = Literal["LOCK", "POST", "PUT"]
_UnlockMethod = Literal["UNLOCK", "DELETE", "POST", "PUT"]


class StateSettings(Model):
    """spec.state."""

    backend: Annotated[Literal["local", "http", "postgres"], Attr("Where the state is kept.")] = "local"
    path: Annotated[Text, Attr("local: the state file, relative to the project folder.")] = UNSET
    address: Annotated[_Address, Attr("http: the address of the state.")] = UNSET
    lockAddress: Annotated[_Address, Attr("http: where it is locked.")] = UNSET
    unlockAddress: Annotated[_Address, Attr("http: where it is unlocked.")] = UNSET
    updateMethod: Annotated[_UpdateMethod, Attr("http: the method that writes.")] = "POST"
    lockMethod: Annotated[_LockMethod, Attr("http: the method that locks.")] = "LOCK"
    unlockMethod: Annotated[_UnlockMethod, Attr("http: the method that unlocks.")] = "UNLOCK"
    username: Annotated[Text, Attr("http: for basic authentication.")] = UNSET
    password: Annotated[SecretText, Attr("http: for basic authentication.")] = UNSET
    token: Annotated[SecretText, Attr("http: a bearer token, in place of username and password.")] = UNSET
    timeout: Annotated[float, PlainValidator(_timeout), Attr("http: time for one request.")] = _Default(30)
    connection: Annotated[SecretText, Attr("postgres: a URI, or key=value; without it, PGHOST and the like.")] = UNSET
    schemaName: Annotated[_SchemaName, Attr("postgres: the schema of the tables.")] = "takeup"
    name: Annotated[_Name, Attr("postgres: the state among others there; without it, the project's name.")] = UNSET
    encryption: Annotated[
        EncryptionSettings, Attr("What the state, its journal and saved plans are encrypted with.")
    ] = UNSET


def state_findings(state: StateSettings) -> Iterator[Finding]:
    """What is wrong between the keys: those of another backend, and those that are missing."""
    takes = KEYS[state.backend]
    for name in sorted(state.model_fields_set - EVERYWHERE - takes):
        owners = ", ".join(backend for backend, keys in KEYS.items() if name in keys)
        text = f"state.{name} is not for the backend {state.backend}, but for {owners}."
        yield Finding(("state", name), text, f"{state.backend} takes: {', '.join(sorted(takes))}.")
    for name in _REQUIRED[state.backend]:
        if getattr(state, name) is None:
            text = f"state.{name} is required with the backend {state.backend}."
            yield Finding(("state", name), text, f"Write {name}: ...")
    if state.backend == "http":
        yield from _credentials(state)
    if state.encryption is not None and state.encryption.allowPlaintext:
        text = (
            "While allowPlaintext is true, whoever can write there can replace the state by one that is not encrypted."
        )
        hint = "Run takeup state rekey, and remove it."
        yield Finding(("state", "encryption", "allowPlaintext"), text, hint, severity="warning")


def _credentials(state: StateSettings) -> Iterator[Finding]:
    given = {name for name in ("username", "password", "token") if getattr(state, name) is not None}
    if "token" in given and len(given) > 1:
        text = "state.token stands beside username or password: only one can be sent."
        yield Finding(("state", "token"), text, "Remove one of them.")
    elif len(given) == 1 and "token" not in given:
        missing = "password" if "username" in given else "username"
        text = f"state.{missing} is missing beside its partner."
        yield Finding(("state",), text, f"Write {missing}: {{fromEnv: NAME}}.")
