"""Tells on stderr how an apply goes: lines everywhere, and a status line below them on a terminal."""

import sys
import threading
from types import TracebackType
from typing import Any, Self

import click

from takeup.engine.ports import Event, Tell
from takeup.errors import TakeupError

_VERBS = {
    "create": "Creating...",
    "update": "Updating...",
    "replace": "Replacing...",
    "delete": "Stopping...",
    "forget": "Forgetting...",
    "recover": "Finding out what became of its start...",
}


def quiet_teller() -> Tell:
    """Tells only what makes a person wait."""

    def tell(event: Event) -> None:
        if event.kind in {"wait", "interrupt"}:
            click.echo(f"{event.address}: {event.text}", err=True)

    return tell


class Progress:
    """Counts and prints. Safe to call from every worker thread.

    Args:
        total: how many changes there are.
    """

    def __init__(self, total: int = 0) -> None:
        self._lock = threading.Lock()
        self._status: Any = None
        self.total, self._ended = total, 0

    def __enter__(self) -> Self:
        if sys.stderr.isatty() and self.total:
            from rich.console import Console  # noqa: PLC0415 - slow, and only for terminals

            self._status = Console(stderr=True).status(self._text())
            self._status.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._status is not None:
            self._status.stop()
            self._status = None

    def tell(self, event: Event) -> None:
        """Print one event as one line."""
        with self._lock:
            if event.kind in {"done", "failed"}:
                self._ended += 1
            line = self._line(event)
            if line and self._status is not None:
                self._status.update(self._text())
                self._status.console.print(line, markup=False, highlight=False, soft_wrap=True)
            elif line:
                click.echo(line, err=True)

    def ended(self, error: TakeupError) -> None:
        """Nothing: the command line prints what ends a run."""

    def _text(self) -> str:
        return f"{self._ended} of {self.total} done"

    @staticmethod
    def _line(event: Event) -> str:
        match event.kind:
            case "begin":
                return f"{event.address}: {_VERBS[event.text]}"
            case "call":
                return f"{event.address}: calling {event.text}"
            case "done":
                return f"{event.address}: {event.text[0].upper()}{event.text[1:]}"
            case "failed":
                return f"{event.address}: FAILED: {event.text}"
            case "interrupt":
                return f"Interrupted: {event.text}. Once more to leave at once."
            case _:
                return f"{event.address}: {event.text}"
