"""The formats of a plan by name: the one table that `plan --format` and `show` choose from."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from takeup.core.plan import Plan

GITHUB_COMMENT = 65_536
"""What a comment on GitHub holds at the most, in characters; GitLab takes a million."""

LEAST_CHARS = 1_000
"""Room for the counts and the marker, which are never left out."""


@dataclass(frozen=True, slots=True)
class RenderOptions:
    """What a format may need to know of the place it is shown in; each takes what it can use.

    Args:
        colour: whether ANSI codes are wanted (text).
        width: columns of the terminal; None where lines may be as long as they are (text).
        max_chars: never more characters than this (markdown).
    """

    colour: bool = False
    width: int | None = None
    max_chars: int = GITHUB_COMMENT


Format = Callable[["Plan", RenderOptions], str]


def _late(module: str) -> Format:
    """The function `render` of a module, imported when a plan is rendered: --help must not pay for it."""

    def render(plan: "Plan", options: RenderOptions) -> str:
        return str(import_module(f"takeup.render.{module}").render(plan, options))

    return render


FORMATS: Mapping[str, Format] = {
    "text": _late("plan_text"),
    "json": _late("plan_json"),
    "markdown": _late("plan_markdown"),
    "html": _late("plan_html"),
    "terraform": _late("plan_terraform"),
    "gitlab": _late("plan_gitlab"),
    "sarif": _late("plan_sarif"),
    "junit": _late("plan_junit"),
}
