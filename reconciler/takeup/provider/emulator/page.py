"""The status page: one HTML file beside this module, with its style and script inside. It loads nothing else."""

from functools import cache
from importlib.resources import files

from takeup.core.sealed import source_of


@cache
def status_page() -> bytes:
    """Give the page as UTF-8 HTML.

    Its Content-Security-Policy names the style and the script by their hash: whatever else gets into the page,
    for example through the name of a channel, is neither run nor loaded.
    """
    text = files("takeup.provider.emulator").joinpath("page.html").read_text(encoding="utf-8")
    policy = (
        f"default-src 'none'; script-src {source_of(text, 'script')}; style-src {source_of(text, 'style')}; "
        "img-src data:; connect-src 'self'; base-uri 'none'; form-action 'none'"
    )
    return text.replace("@POLICY@", policy).encode()
