"""Which host names mean this machine."""

from ipaddress import ip_address


def is_loopback(host: str) -> bool:
    """Whether a host is `localhost`, in 127.0.0.0/8, or ::1; without a port and without brackets."""
    try:
        return host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        return False
