"""The state while it changes: every change goes through the journal before anything else happens."""

import threading
from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import datetime
from types import MappingProxyType

from takeup.backends.port import Journal
from takeup.core.address import Address
from takeup.core.snapshot import EndedSession, JournalEntry, SessionState, Snapshot

Step = tuple[str, str, SessionState]
"""Operation, phase, and the session from then on."""


class Ledger:
    """Holds the sessions of a run; `record` returns once the change is durable."""

    def __init__(self, snapshot: Snapshot, journal: Journal, now: Callable[[], datetime]) -> None:
        self._base = snapshot
        self._sessions = dict(snapshot.sessions)
        self._ended = list(snapshot.ended)
        self._journal = journal
        self._now = now
        self._lock = threading.Lock()

    def session(self, address: Address) -> SessionState | None:
        """What is held of an address."""
        with self._lock:
            return self._sessions.get(address)

    def record(
        self,
        address: Address,
        operation: str,
        phase: str,
        session: SessionState | None,
        ended: EndedSession | None = None,
    ) -> None:
        """Write the change down, durably, and hold it.

        Raises:
            StateError: it could not be written; the caller must not make the call that it announces.
        """
        self._append(JournalEntry(self._now(), address, operation, phase, session, ended))

    def record_both(self, first: Step, second: Step) -> None:
        """Write two steps of one resource down, durably and with one wait, then hold the second.

        Raises:
            StateError: they could not be written; the caller must not make the call that they announce.
        """
        now = self._now()
        self._append(*(JournalEntry(now, step[2].address, *step) for step in (first, second)))

    def _append(self, *entries: JournalEntry) -> None:
        # An outcome is held even where it cannot be written down: a sid that the disk refuses is rescued at the end.
        if entries[-1].phase != "intent":
            self._hold(entries)
        self._journal.append(*entries)
        if entries[-1].phase == "intent":
            self._hold(entries)

    def _hold(self, entries: Iterable[JournalEntry]) -> None:
        with self._lock:
            for entry in entries:
                if entry.session is None:
                    self._sessions.pop(entry.address, None)
                else:
                    self._sessions[entry.address] = entry.session
                if entry.ended is not None:
                    self._ended.append(entry.ended)

    def snapshot(self) -> Snapshot:
        """The state as it is now, still under the serial it came with."""
        with self._lock:
            return replace(self._base, sessions=MappingProxyType(dict(self._sessions)), ended=tuple(self._ended))
