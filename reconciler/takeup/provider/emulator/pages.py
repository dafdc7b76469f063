"""What the emulator serves beside Agora's own paths: the status page, its health, its description, its control."""

from collections.abc import Callable
from typing import TYPE_CHECKING

from takeup.provider.emulator import openapi
from takeup.provider.emulator.admin import mine
from takeup.provider.emulator.page import status_page

if TYPE_CHECKING:
    from wsgiref.types import WSGIEnvironment

Page = tuple[int, str, bytes]
"""HTTP status, content type, body."""
Pages = Callable[["WSGIEnvironment"], Page | None]
_JSON = "application/json; charset=utf-8"
_HTML = "text/html; charset=utf-8"
_PAGES: dict[str, tuple[str, Callable[[], bytes]]] = {
    "/": (_HTML, status_page),
    "/healthz": (_JSON, lambda: b'{"status":"ok"}'),
    "/openapi.json": (_JSON, openapi.content),
}


def pages(admin: Pages) -> Pages:
    """Make the `extra` of an `EmulatorApp`.

    Args:
        admin: answers the paths below /_emulator.

    Returns:
        A function that gives a page, or None where the path is not one of these.
    """

    def extra(environ: "WSGIEnvironment") -> Page | None:
        path = environ.get("PATH_INFO", "")
        if mine(path):
            return admin(environ)
        if path not in _PAGES:
            return None
        if environ["REQUEST_METHOD"] not in {"GET", "HEAD"}:
            return 405, _JSON, b'{"message":"This page can only be read: use GET."}'
        content_type, make = _PAGES[path]
        return 200, content_type, make()

    return extra
