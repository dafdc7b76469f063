"""Where a PostgreSQL server is, and whether the way there may be readable by others. Pure; libpq does the rest."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from takeup.core.loopback import is_loopback
from takeup.errors import StateError

_READABLE = frozenset({"disable", "allow", "prefer"})
"""The values of sslmode with which libpq sends everything in plain text where the server has no TLS."""
_DEFAULTS: Mapping[str, str] = {
    "application_name": "takeup",
    "client_encoding": "utf8",
    "connect_timeout": "10",
    "keepalives_idle": "15",
    "keepalives_interval": "5",
    "keepalives_count": "3",
    "tcp_user_timeout": "30000",
}
"""What is said where the user says nothing: a dead network is an error within the time of a lease."""
_VARIABLES: Mapping[str, str] = {"application_name": "PGAPPNAME", "connect_timeout": "PGCONNECT_TIMEOUT"}
_PREFACE = re.compile(
    r"^(connection (failed|is bad): )?(connection to server (at|on socket) .*? failed: )?((FATAL|ERROR): )?"
)
_SHORTEST = 4
"""A shorter password is no word to look for: it would be found in every sentence."""
_CLEAR = "Write sslmode=verify-full with sslrootcert=FILE (sslrootcert=system: the authorities of this machine)"


@dataclass(frozen=True, slots=True)
class PostgresAccess:
    """How a server is reached. `near` says that it is on this machine, as far as that is known before."""

    parameters: Mapping[str, str] = field(repr=False)
    shown: str
    near: bool
    secrets: tuple[str, ...] = field(repr=False)

    def conceal(self, text: str) -> str:
        """A text of the server or of libpq, without a password, in one line, and without what is said before it."""
        for secret in self.secrets:
            text = text.replace(secret, "(sensitive)")
        return _PREFACE.sub("", " ".join(text.partition("\n\tIs the server running")[0].split()))[:256].rstrip(".")


def access_of(given: Mapping[str, str], env: Mapping[str, str]) -> PostgresAccess:
    """What a connection string says, over what libpq's environment variables say.

    Args:
        given: the parameters of the connection string, by libpq's names.
        env: the environment, of which libpq reads PGHOST and the like by itself.

    Raises:
        StateError: the state would go over a network in plain text.
    """

    def said(key: str) -> str:
        return given.get(key) or env.get(f"PG{key.upper()}", "")

    service, sslmode = said("service"), said("sslmode")
    hosts = (said("hostaddr") or said("host")).split(",")
    near = not service and all(map(on_this_machine, hosts))
    shown = _shown(said, env, service)
    if service and not sslmode:
        raise StateError(
            f"The connection of the state goes by the service {service}, and does not say whether it is encrypted.",
            hint=f"{_CLEAR} beside service, or into PGSSLMODE; sslmode=disable is for a server on this machine.",
        )
    if not near and not service and sslmode in _READABLE:
        raise StateError(
            f"sslmode={sslmode} would send the state readably over the network to {shown}; it is for this machine"
            " only.",
            hint=f"{_CLEAR}, or at least sslmode=require.",
        )
    parameters = {**_unsaid(env), **given}
    if not near and not sslmode:
        parameters["sslmode"] = "require"
    secrets = (given.get("password"), env.get("PGPASSWORD"), given.get("sslpassword"))
    return PostgresAccess(parameters, shown, near, tuple(one for one in secrets if one and len(one) >= _SHORTEST))


def on_this_machine(host: str) -> bool:
    """Whether a host is loopback or a Unix socket; libpq's own default, an empty one, is a socket."""
    return not host or host[0] in "/@" or is_loopback(host)


def _unsaid(env: Mapping[str, str]) -> dict[str, str]:
    return {key: value for key, value in _DEFAULTS.items() if not env.get(_VARIABLES.get(key, ""))}


def _shown(said: Callable[[str], str], env: Mapping[str, str], service: str) -> str:
    """The place for people: no user and no password."""
    if service:
        return f"postgresql service {service}"
    host, port = said("host") or said("hostaddr"), said("port")
    database = said("dbname") or env.get("PGDATABASE") or said("user")
    shown = "" if host[:1] in "/@" else f"[{host}]" if ":" in host else host
    return f"postgresql://{shown}{f':{port}' if port and shown else ''}/{database}"
