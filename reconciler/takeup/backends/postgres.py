"""The state in tables of PostgreSQL: the rules of the port, each change one transaction that the server fences.

Whoever takes a lease over gives it the next number, in a transaction that waits for the writes under the old one. From
then on the server refuses each write of the run before: its state, and its journal with the call that it announces.
"""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any

from takeup.backends.codec import PLAIN, Codec
from takeup.backends.fold import JournalContent, check_fence, check_journal, folded, join, left_over, succeed
from takeup.backends.history import KEPT, Version
from takeup.backends.lease import SECONDS, Heartbeat, awake, taken_over
from takeup.backends.lock import Lock
from takeup.backends.postgres_client import Cursor, PostgresClient
from takeup.backends.postgres_layout import has_tables, make_tables
from takeup.backends.postgres_lease import PostgresLease
from takeup.backends.postgres_proof import prove
from takeup.backends.postgres_tables import Tables
from takeup.backends.segments import SegmentJournal, joined, next_number, place_of, segment
from takeup.core.snapshot import Snapshot
from takeup.errors import StateConflictError, StateError

_AGAIN = 12
"""The part of a lease for which one renewal is tried again: the next one comes soon enough."""


@dataclass(frozen=True, slots=True)
class _Loaded:
    """What is stored: the state with its journal folded in, that journal and its places, and the bytes of the state."""

    snapshot: Snapshot | None
    content: JournalContent
    places: tuple[str, ...]
    raw: bytes | None


class PostgresBackend:
    """Keeps the state under a name, in the tables of a schema.

    Args:
        client: runs the transactions.
        schema: where the tables are, or are made.
        name: that of the state.
        rescue: keeps what a run knows that could not write the state, and says where.
        lease: how many seconds a lock lasts that nobody renews.
        clock: this host's clock, for the own lease.
        codec: how state, journal and history are kept.
    """

    def __init__(  # noqa: PLR0913 - where, and how it is timed, each by its name
        self,
        client: PostgresClient,
        schema: str,
        name: str,
        rescue: Callable[[Snapshot], str],
        *,
        lease: float = SECONDS,
        clock: Callable[[], float] = awake,
        codec: Codec = PLAIN,
    ) -> None:
        self._codec = codec
        self._client = client
        self._tables = Tables(schema)
        self._name = name
        self._rescue = rescue
        self._seconds = lease
        self._clock = clock
        self._lease = PostgresLease(client, self._tables, name, lease, self.describe())
        self._fence: int | None = None
        self._beat: Heartbeat | None = None
        self._journal: SegmentJournal | None = None
        self._bytes_written = 0
        self._seen: bytes | None = None  # the digest of the state as this run has read or written it
        self._made = False
        self._notes: dict[str, None] = {}

    @property
    def bytes_written(self) -> int:
        """How many bytes of state were sent; the server makes its copies by itself."""
        return self._bytes_written

    def describe(self) -> str:
        """The server and the database, and the state in it."""
        return f"{self._client.describe()} ({self._tables.schema}, {self._name})"

    def prove(self) -> None:
        """Let the server prove that it fences, and whoever stands in front of it.

        Raises:
            StateError: it does not, or is a read replica.
        """
        self._make_tables()
        self._tell(self._lease.look()[1])
        prove(self._client, self._tables)

    def read(self) -> Snapshot | None:
        """The state with its journal folded in; None if there is neither, or no table yet."""
        loaded = self._load()
        self._seen = None if loaded.raw is None else _digest(loaded.raw)
        return loaded.snapshot

    def notes(self) -> tuple[str, ...]:
        """What people must learn of what was folded and taken over so far, each once."""
        return tuple(self._notes)

    @contextmanager
    def lock(self, lock: Lock) -> Iterator[None]:
        """Hold the lease, and renew it. One that has ended is taken over; its run can write nothing any more.

        Raises:
            StateLockedError: another run holds it.
            StateError: the server cannot be used.
        """
        with self._client.kept():
            self._make_tables()
            known, risks = self._lease.look()
            self._tell(risks)
            if not known:
                prove(self._client, self._tables)  # the first lock that was ever taken here
            began = self._clock()
            found, fence = self._lease.take(lock)
            beats = PostgresClient(self._client.access, patience=self._seconds / _AGAIN, limit=self._seconds / _AGAIN)
            self._fence = fence
            try:
                with (
                    beats.kept(),
                    Heartbeat(
                        lambda: self._lease.renew(beats, fence),
                        self._seconds, self.describe(), clock=self._clock, began=began,
                    ) as self._beat,
                ):  # fmt: skip
                    self._tell(taken_over(found))
                    yield
            finally:
                self._close_journal()
                self._fence = self._beat = None
                with suppress(StateError):  # it ends by itself
                    self._lease.release(fence)

    def unlock(self, lock_id: str, *, force: bool = False) -> Lock | None:
        """Remove the record of a lock that has ended, or that cannot be read.

        Raises:
            StateLockedError: the lease has not ended.
            StateError: it is not locked, or by another ID.
        """
        return self._lease.unlock(lock_id, force=force)

    def fold(self) -> None:
        """Write the state anew if a run that ended early left a journal; the caller holds the lock."""
        loaded = self._load()
        snapshot = loaded.snapshot
        count = 0 if snapshot is None else left_over(loaded.content, snapshot.serial)
        if snapshot is None or loaded.raw is None or not count:
            return
        self._seen = _digest(loaded.raw)
        self.write(snapshot, previous_serial=snapshot.serial)
        self._tell((folded(count, f"the journal in {self.describe()}"),))

    def write(self, snapshot: Snapshot, *, previous_serial: int | None) -> Snapshot:
        """Replace the state if it is what was read, keep it, and drop the journal, all in one transaction.

        Raises:
            StateError: it is not, the lock was lost, or the server could not be used.
        """
        self._close_journal()
        loaded = self._load()
        before, raw = loaded.snapshot, loaded.raw
        self._check(before)
        new = succeed(before, snapshot, previous_serial, self.describe(), edited=self._edited(raw))
        new = replace(new, fence=max(self._fence or 0, 0 if before is None else before.fence))
        data = self._codec.encode(new)
        self._make_tables()
        known = {
            "name": self._name,
            "fence": self._fence,
            "serial": new.serial,
            "content": data,
            "before": None if before is None else before.serial,
            "digest": None if raw is None else _digest(raw),
            "kept": KEPT,
        }
        self._client.run("written", lambda cursor, again: self._replace(cursor, known, again=again))
        self._seen = _digest(data)
        self._bytes_written += len(data)
        return new

    def _replace(self, cursor: Cursor, known: Mapping[str, object], *, again: bool) -> None:
        tables, first = self._tables, known["digest"] is None
        if again and self._is_stored(cursor, known):
            return  # done before the connection was lost
        done = cursor.execute(tables.insert if first else tables.seen, known).rowcount
        if not done:
            if again and self._is_stored(cursor, known):
                return  # done meanwhile, by the attempt that was still under way
            raise StateError(
                f"{self.describe()} was changed by another run at this moment. Nothing was changed.",
                hint="Plan again, and apply the new plan.",
            )
        if not first:
            cursor.execute(tables.keep, known)
            cursor.execute(tables.update, known)
        cursor.execute(tables.drop_folded, known)
        cursor.execute(tables.drop_old, known)
        self._check_held(cursor, known)  # last, so that a long upload does not keep the lease from being renewed

    def _is_stored(self, cursor: Cursor, known: Mapping[str, object]) -> bool:
        row = cursor.execute(self._tables.state, known).fetchone()
        return row is not None and bytes(row[0]) == known["content"]

    def journal(self, lineage: str, serial: int) -> SegmentJournal:
        """Open the journal of the stored state, behind what is there.

        Raises:
            StateError: the stored state is another one, or the lock was lost.
        """
        self._close_journal()
        loaded = self._load()
        self._check(loaded.snapshot)
        check_journal(loaded.snapshot, lineage, serial, self.describe(), edited=self._edited(loaded.raw))
        first = next_number(loaded.places, serial)
        self._journal = SegmentJournal(
            f"in {self.describe()}", self._append, first, lineage, serial,
            codec=self._codec, position=left_over(loaded.content, serial),
        )  # fmt: skip
        return self._journal

    def _append(self, name: str, data: bytes) -> None:
        """Insert a group of entries under the lease. Its key makes a repeat known."""
        if self._beat is not None:
            self._beat.check()
        serial, number = place_of(name)
        known = {"name": self._name, "fence": self._fence, "serial": serial, "number": number, "content": data}
        statement = self._tables.append_unlocked if self._fence is None else self._tables.append
        repeated = [False]

        def work(cursor: Cursor, again: bool) -> int:  # noqa: FBT001 - the client's contract
            repeated[0] = again
            return cursor.execute(statement, known).rowcount

        try:
            done = self._client.run("journaled", work, alone=True)
        except StateConflictError:
            there = self._select(self._tables.segment, serial=serial, number=number) if repeated[0] else []
            if [bytes(row[0]) for row in there] != [data]:
                raise
            return  # by an attempt of which no answer came
        if not done:
            raise StateConflictError(f"{self.describe()} was taken over by another run. Nothing was written.")

    def rescue(self, snapshot: Snapshot) -> str:
        """Keep what a run knows on this machine: most likely the server is out of reach.

        Raises:
            StateError: it could be kept nowhere.
        """
        return self._rescue(snapshot)

    def history(self) -> tuple[Version, ...]:
        """The earlier states, the newest first."""
        rows = self._select(self._tables.versions)
        return tuple(Version(serial, size, datetime.fromtimestamp(at, UTC)) for serial, size, at in rows)

    def past(self, serial: int) -> Snapshot | None:
        """An earlier state; None if it is not kept."""
        rows = self._select(self._tables.past, serial=serial)
        return self._codec.past(bytes(rows[0][0]) if rows else None, self._past(serial), serial)

    def reseal(self) -> int:
        """Seal the earlier states anew."""
        count = 0
        for version in self.history():
            for (raw,) in self._select(self._tables.past, serial=version.serial):
                newer = self._codec.resealed(bytes(raw), self._past(version.serial))
                if newer is not None:
                    self._keep_instead(version.serial, newer)
                    count += 1
        return count

    def _keep_instead(self, serial: int, content: bytes) -> None:
        known = {"name": self._name, "serial": serial, "content": content}
        self._client.run("sealed anew", lambda cursor, _: cursor.execute(self._tables.reseal, known))

    def _past(self, serial: int) -> str:
        return f"{self.describe()}, serial {serial}"

    def leftovers(self) -> tuple[str, ...]:
        """Groups of entries that are in the state already."""
        rows = self._select(self._tables.folded, serial=self._stored_serial())
        return tuple(f"{self._tables.schema}.journal, {self._name} {segment(*row)}" for row in rows)

    def sweep(self) -> None:
        """Remove them."""
        known = {"name": self._name, "serial": self._stored_serial()}
        self._client.run("swept", lambda cursor, _: cursor.execute(self._tables.drop_folded, known))

    def _load(self) -> _Loaded:
        rows = self._client.run("read", self._read_rows, absent=lambda: None, alone=True, writes=False)
        if rows is None and has_tables(self._client, self._tables):
            self._client.run("read", self._read_rows, alone=True, writes=False)  # tells which of them is missing
        rows = rows or []
        raw = next((bytes(data) for _, number, data in rows if number < 0), None)
        state = None if raw is None else self._codec.decode(raw, self.describe())
        segments = {segment(serial, number): bytes(data) for serial, number, data in rows if number >= 0}
        live = {name: data for name, data in segments.items() if state is None or place_of(name)[0] >= state.serial}
        content = joined(live, f"the journal in {self.describe()}, ", self._codec)
        return _Loaded(join(state, content, self.describe()), content, tuple(segments), raw)

    def _read_rows(self, cursor: Cursor, _again: bool) -> list[tuple[Any, ...]] | None:  # noqa: FBT001 - the client's
        return cursor.execute(self._tables.read, {"name": self._name}).fetchall()

    def _select(self, statement: bytes, **more: object) -> list[tuple[Any, ...]]:
        known = {"name": self._name, **more}
        return self._client.run(
            "read", lambda cursor, _: cursor.execute(statement, known).fetchall(), absent=list, alone=True, writes=False
        )

    def _stored_serial(self) -> int:
        raw = self._load().raw
        return 0 if raw is None else self._codec.decode(raw, self.describe()).serial

    def _make_tables(self) -> None:
        if not self._made:
            make_tables(self._client, self._tables)
            self._made = True

    def _edited(self, raw: bytes | None) -> bool:
        return self._seen is not None and raw is not None and _digest(raw) != self._seen

    def _check(self, stored: Snapshot | None) -> None:
        check_fence(stored, self._fence, self.describe())
        if self._beat is not None:
            self._beat.check()

    def _check_held(self, cursor: Cursor, known: Mapping[str, object]) -> None:
        if self._fence is not None and cursor.execute(self._tables.held, known).fetchone() is None:
            raise StateError(
                f"The lock of {self.describe()} was lost: another run has taken it over, or may. Nothing was written.",
                hint="This run was out of reach for longer than its lock lasts. Plan again.",
            )

    def _tell(self, notes: tuple[str, ...]) -> None:
        self._notes.update(dict.fromkeys(notes))

    def _close_journal(self) -> None:
        if self._journal is not None:
            self._journal.close()
            self._journal = None


def _digest(raw: bytes) -> bytes:
    return sha256(raw).digest()
