"""The hidden first line of a plan as Markdown, by which programs know a comment and the plan that it shows."""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

_MARKED = 200  # characters of a project, escaped
_MARKER = re.compile(r"<!-- takeup-plan digest=(sha256:[0-9a-f]{64}) project=(\S*) -->\r?$", re.MULTILINE)


def marker(digest: str, project: str) -> str:
    """The line for a plan of a project."""
    return f"<!-- takeup-plan digest={digest} project={_marked(project)} -->"


@dataclass(frozen=True, slots=True)
class PlanComment:
    """A comment that shows a plan."""

    id: int
    digest: str


def plan_comment(text: str, project: str, author: str) -> PlanComment | None:
    """The last comment of an author that begins with the marker of a project.

    Anybody may write a comment that begins like ours, so those of others are not looked at.

    Args:
        text: comments as GitHub's API lists them: JSON arrays, one after the other where they came in pages.
        project: the project's name.
        author: the login of who posts the plans.

    Raises:
        ValueError: the text is something else.
    """
    found = None
    for comment in _comments(text):
        first = _MARKER.match(comment["body"] or "")
        if first and first[2] == _marked(project) and (comment["user"] or {}).get("login") == author:
            found = PlanComment(int(comment["id"]), first[1])
    return found


def _comments(text: str) -> Iterator[dict[str, Any]]:
    decoder, rest = json.JSONDecoder(), text.lstrip()
    while rest:
        page, end = decoder.raw_decode(rest)
        if not isinstance(page, list):
            raise ValueError("no list of comments")  # noqa: TRY004 - one exception for all that is not as promised
        for comment in page:
            if not isinstance(comment, dict) or not {"id", "body", "user"} <= comment.keys():
                raise ValueError("no comments in the list")
            yield comment
        rest = rest[end:].lstrip()


def _marked(project: str) -> str:
    return quote(project.encode("utf-8", "replace"), safe="").replace("--", "-%2D")[:_MARKED]
