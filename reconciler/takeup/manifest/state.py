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
    "s3": frozenset({"bucket", "key", "region", "endpoint", "accessKey", "secretKey", "sessionToken", "timeout"}),
    "azure": frozenset({"account", "container", "key", "endpoint", "accessKey", "sasToken", "timeout"}),
    "gcs": frozenset({"bucket", "key", "endpoint", "credentials", "token", "timeout"}),
    "postgres": frozenset({"connection", "schemaName", "name"}),
}  # fmt: skip
"""What each backend takes beside `backend`."""
EVERYWHERE = frozenset({"backend", "encryption"})
"""What every backend takes."""
_REQUIRED: Mapping[str, tuple[str, ...]] = {
    "local": (),
    "http": ("address",),
    "s3": ("bucket", "key"),
    "azure": ("account", "container", "key"),
    "gcs": ("bucket", "key"),
    "postgres": (),
}


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


def _key(value: object) -> str:
    if not isinstance(value, str) or any(part in {"", ".", ".."} for part in value.split("/")):
        raise sentence(
            "This is not the name of an object.", "Write for example campus/prod.json, without a slash first."
        )
    return value


_Address = Annotated[str, PlainValidator(_address)]
_SchemaName = Annotated[str, PlainValidator(_schema_name)]
_Name = Annotated[str, PlainValidator(_name)]
_Key = Annotated[str, PlainValidator(_key)]
_Backend = Literal["local", "http", "s3", "azure", "gcs", "postgres"]
_UpdateMethod = Literal["POST", "PUT"]
_LockMethod = Literal["LOCK", "POST", "PUT"]
_UnlockMethod = Literal["UNLOCK", "DELETE", "POST", "PUT"]


_TOKEN = "http: a bearer token, in place of username and password; gcs: an access token."  # noqa: S105 - no secret


class StateSettings(Model):
    """spec.state."""

    backend: Annotated[Literal["local", "http", "s3", "azure", "gcs", "postgres"], Attr("Where the state is kept.")] = (
        "local"
    )
    path: Annotated[Text, Attr("local: the state file, relative to the project folder.")] = UNSET
    address: Annotated[_Address, Attr("http: the address of the state.")] = UNSET
    lockAddress: Annotated[_Address, Attr("http: where it is locked.")] = UNSET
    unlockAddress: Annotated[_Address, Attr("http: where it is unlocked.")] = UNSET
    updateMethod: Annotated[_UpdateMethod, Attr("http: the method that writes.")] = "POST"
    lockMethod: Annotated[_LockMethod, Attr("http: the method that locks.")] = "LOCK"
    unlockMethod: Annotated[_UnlockMethod, Attr("http: the method that unlocks.")] = "UNLOCK"
    username: Annotated[Text, Attr("http: for basic authentication.")] = UNSET
    password: Annotated[SecretText, Attr("http: for basic authentication.")] = UNSET
    token: Annotated[SecretText, Attr(_TOKEN)] = UNSET
    bucket: Annotated[Text, Attr("s3, gcs: the bucket; it must exist.")] = UNSET
    account: Annotated[Text, Attr("azure: the storage account.")] = UNSET
    container: Annotated[Text, Attr("azure: the container; it must exist.")] = UNSET
    key: Annotated[_Key, Attr("s3, azure, gcs: the object; what stands beside it begins with its name.")] = UNSET
    region: Annotated[Text, Attr("s3: the region, else that of AWS_REGION.")] = UNSET
    endpoint: Annotated[_Address, Attr("s3, azure, gcs: a server in place of the cloud's own.")] = UNSET
    accessKey: Annotated[SecretText, Attr("s3: the ID of an access key; azure: the key of the account.")] = UNSET
    secretKey: Annotated[SecretText, Attr("s3: the secret of the access key.")] = UNSET
    sessionToken: Annotated[SecretText, Attr("s3: of temporary keys.")] = UNSET
    sasToken: Annotated[SecretText, Attr("azure: a shared access signature.")] = UNSET
    credentials: Annotated[SecretText, Attr("gcs: the JSON key of a service account.")] = UNSET
    timeout: Annotated[float, PlainValidator(_timeout), Attr("All but local and postgres: time for one request.")] = (
        _Default(30)
    )
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
    elif state.backend == "s3":
        yield from _access_key(state)
    elif _both(state, *_EITHER.get(state.backend, ())):
        one, other = _EITHER[state.backend]
        yield Finding(("state", one), f"state.{one} stands beside {other}: one is enough.", "Remove one of them.")
    if state.encryption is not None and state.encryption.allowPlaintext:
        text = (
            "While allowPlaintext is true, whoever can write there can replace the state by one that is not encrypted."
        )
        hint = "Run takeup state rekey, and remove it."
        yield Finding(("state", "encryption", "allowPlaintext"), text, hint, severity="warning")


_EITHER: Mapping[str, tuple[str, str]] = {"azure": ("sasToken", "accessKey"), "gcs": ("token", "credentials")}


def _both(state: StateSettings, *names: str) -> bool:
    return bool(names) and all(getattr(state, name) is not None for name in names)


def _access_key(state: StateSettings) -> Iterator[Finding]:
    given = {name for name in ("accessKey", "secretKey") if getattr(state, name) is not None}
    if len(given) == 1:
        missing = "secretKey" if "accessKey" in given else "accessKey"
        text = f"state.{missing} is missing beside its partner."
        yield Finding(("state",), text, f"Write {missing}: {{fromEnv: NAME}}.")
    elif state.sessionToken is not None and not given:
        text = "state.sessionToken is of use only beside the temporary accessKey and secretKey that it belongs to."
        yield Finding(("state", "sessionToken"), text, "Write accessKey: {fromEnv: NAME} and secretKey, or remove it.")


def _credentials(state: StateSettings) -> Iterator[Finding]:
    given = {name for name in ("username", "password", "token") if getattr(state, name) is not None}
    if "token" in given and len(given) > 1:
        text = "state.token stands beside username or password: only one can be sent."
        yield Finding(("state", "token"), text, "Remove one of them.")
    elif len(given) == 1 and "token" not in given:
        missing = "password" if "username" in given else "username"
        text = f"state.{missing} is missing beside its partner."
        yield Finding(("state",), text, f"Write {missing}: {{fromEnv: NAME}}.")
