"""The status page: one HTML file beside this module, with its style and script inside. It loads nothing else."""

import base64
import hashlib
import re
from functools import cache
from importlib.resources import files


@cache
def status_page() -> bytes:
    """Give the page as UTF-8 HTML.

    Its Content-Security-Policy names the style and the script by their hash: whatever else gets into the page,
    for example through the name of a channel, is neither run nor loaded.
    """
    text = files("takeup.provider.emulator").joinpath("page.html").read_text(encoding="utf-8")
    policy = (
        f"default-src 'none'; script-src {_hash(text, 'script')}; style-src {_hash(text, 'style')}; "
        "img-src data:; connect-src 'self'; base-uri 'none'; form-action 'none'"
    )
    return text.replace("@POLICY@", policy).encode()


def _hash(text: str, tag: str) -> str:
    """Make the CSP source of the page's one element of this name."""
    (content,) = re.findall(rf"^<{tag}>(.*?)</{tag}>$", text, re.DOTALL | re.MULTILINE)
    digest = base64.b64encode(hashlib.sha256(content.encode()).digest()).decode()
    return f"'sha256-{digest}'"
