"""https for the emulator: a throw-away authority and one certificate for all the names that Agora answers to.

The keys are made anew by each process and are never written anywhere a second program could read them. Only the
authority's certificate leaves the process: clients have to trust it.
"""

import ipaddress
import ssl
from dataclasses import dataclass, field

from takeup.errors import UsageError

_PREFIXES = (
    "api",
    "api-us-west-1",
    "api-us-east-1",
    "api-ap-southeast-1",
    "api-ap-northeast-1",
    "api-eu-west-1",
    "api-eu-central-1",
    "api-cn-east-1",
    "api-cn-north-1",
)
AGORA_HOSTS = tuple(f"{prefix}.{domain}" for domain in ("sd-rtn.com", "agora.io") for prefix in _PREFIXES)
"""Agora's two base URLs and all regional hosts [ov, swd]."""
LOCAL_NAMES = ("localhost", "127.0.0.1", "::1")


@dataclass(frozen=True, slots=True)
class Certificates:
    """What https needs: `ca_pem` for those who connect, `context` for the server, which holds the key."""

    ca_pem: bytes
    context: ssl.SSLContext = field(repr=False)


def make_certificates(host: str = "127.0.0.1") -> Certificates:
    """Make an authority and a certificate for this machine, for `host` and for Agora's host names.

    The server speaks TLS 1.2 and newer. Agora names 1.0 to 1.2 [ov]; today's OpenSSL refuses the older two.

    Args:
        host: one more name or address that the server is reached by.

    Raises:
        UsageError: the optional package trustme is not installed.
    """
    try:
        import trustme  # noqa: PLC0415 - optional, and slow: only https needs it
    except ImportError as error:
        raise UsageError(
            "https needs the package trustme, which is not installed.",
            hint="Install it with: pip install 'takeup[tls]'",
        ) from error
    authority = trustme.CA(
        organization_name="takeup emulator", organization_unit_name="throw-away, trust it in tests only"
    )
    names = dict.fromkeys((*LOCAL_NAMES, _plain(host), *AGORA_HOSTS))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.set_alpn_protocols(["http/1.1"])
    # Through a file of mode 0600 that is deleted at once: Python's ssl loads a key from nowhere else.
    authority.issue_cert(*names).configure_cert(context)
    return Certificates(authority.cert_pem.bytes(), context)


def _plain(host: str) -> str:
    """An address in the one form that certificates know; a name as it is."""
    try:
        return str(ipaddress.ip_address(host))
    except ValueError:
        return host
