"""Lets recorders in by their tokens, as the channel would."""

from takeup.core.secret import Secret
from takeup.core.token import read_token

FOREVER = float("inf")


def valid_until(token: object, triple: tuple[str, str, str], certificate: Secret | None) -> float | None:
    """Tell until when a token lets a recorder stay, in Unix seconds; None where it does not let it in.

    Without a certificate nothing is checked, but a token that can be read still tells when it expires. Any other
    text, and none at all, is then good for ever.
    """
    if not isinstance(token, str) or not token:
        return FOREVER if certificate is None else None
    found = read_token(token)
    if found is None:
        return FOREVER if certificate is None else None
    if certificate is not None and not found.fits(triple, certificate.reveal()):
        return None
    return float(found.issued + found.expires) if found.expires else FOREVER
