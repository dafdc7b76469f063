"""Tells on stdout how an apply goes, as lines of JSON (render.events)."""

import threading
import time
from collections.abc import Iterable
from datetime import UTC, datetime
from types import TracebackType
from typing import TYPE_CHECKING, Self

import click

from takeup.core.plan import Plan
from takeup.engine.apply import Report
from takeup.engine.ports import Event
from takeup.errors import TakeupError
from takeup.render import events
from takeup.render.strict_json import one_line

if TYPE_CHECKING:
    from takeup.core.address import Address


class EventStream:
    """Stands in for `Progress`: writes each event as it happens, from every worker thread."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._began: dict[Address, tuple[str, float]] = {}
        self.total = 0
        self._write([events.version(_now())])

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        return

    def tell(self, event: Event) -> None:
        """Write one event as one line."""
        with self._lock:
            if event.kind == "begin":
                self._began[event.address] = (event.text, time.monotonic())
            action, began = self._began.get(event.address, ("", time.monotonic()))
            self._write([events.told(event, action, time.monotonic() - began, _now())])

    def planned(self, plan: Plan) -> None:
        """Announce the plan, before the first call."""
        self._write(events.planned(plan, _now()))

    def ended(self, error: TakeupError) -> None:
        """Tell what ended the run."""
        self._write([events.failure(error, _now())])

    def finished(self, report: Report, *, destroying: bool) -> None:
        """Tell how it ended."""
        self._write(events.finished(report, _now(), destroying=destroying))

    @staticmethod
    def _write(found: Iterable[events.Json]) -> None:
        for event in found:
            click.echo(one_line(event), nl=False)


def _now() -> datetime:
    return datetime.now(UTC)
