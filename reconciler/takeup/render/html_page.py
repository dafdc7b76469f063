"""A page in one file: a template of this package, filled in, with a policy that admits only what is in it."""

import re
from functools import cache
from html import escape
from importlib.resources import files

from takeup.core.sealed import source_of
from takeup.render.style import printable

_PLACEHOLDER = re.compile("@(POLICY|PROJECT|BODY)@")


def filled(template: str, project: str, body: str) -> str:
    """The whole page.

    Args:
        template: the file's name; it has the placeholders @POLICY@, @PROJECT@ and @BODY@.
        project: whose page it is.
        body: what stands between the body's tags, escaped already.
    """
    page, policy = _read(template)
    parts = {"POLICY": policy, "PROJECT": text(project), "BODY": body}
    return _PLACEHOLDER.sub(lambda match: parts[match[1]], page)  # in one pass: a name may look like a placeholder


@cache
def _read(template: str) -> tuple[str, str]:
    """A template, and the policy that admits its style, and its script if it has one, by their hashes."""
    page = files("takeup.render").joinpath(template).read_text(encoding="utf-8")
    script = f"script-src {source_of(page, 'script')}; " if "<script>" in page else ""
    policy = (
        f"default-src 'none'; {script}style-src {source_of(page, 'style')}; "
        "img-src data:; base-uri 'none'; form-action 'none'"
    )
    return page, policy


def text(value: str) -> str:
    """Anybody's text on one line, as text."""
    return escape(printable(value))
