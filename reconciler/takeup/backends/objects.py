"""The state in a store of whole objects: the rules of the port, on top of get, conditional put, list and delete.

NAME                     the state
NAME.lock                the lease: who holds it, until when, and its number; never removed
NAME.tflock              the same for those who look for Terraform's lock; there only while a run is in
NAME.proven              where the store has proved that it honours conditions
NAME.journal/SERIAL/N    what a run has done on top of that serial, one object for each group of entries
NAME.history/SERIAL      earlier states, the newest 20
NAME.rescued-TIME        what a run knew that could not write the state
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from datetime import UTC, timedelta

from takeup.backends.codec import PLAIN, Codec
from takeup.backends.fold import (
    JournalContent,
    check_fence,
    check_journal,
    folded,
    join,
    left_over,
    rescued,
    succeed,
)
from takeup.backends.history import KEPT, Version
from takeup.backends.lease import (
    SECONDS,
    Heartbeat,
    Lease,
    awake,
    check_free,
    decode_lease,
    encode_lease,
    taken_over,
)
from takeup.backends.lock import Lock, alive, check_unlock
from takeup.backends.objects_history import ObjectHistory
from takeup.backends.proof import prove, prove_once
from takeup.backends.segments import SEAL, SegmentJournal, joined, next_number, place_of, segment
from takeup.backends.store import Store, Stored, at_once, put_surely
from takeup.backends.terraform_lock import announce, foreign, withdraw
from takeup.core.snapshot import Snapshot
from takeup.errors import StateConflictError, StateError, StateLockedError, StateUnclearError


@dataclass(frozen=True, slots=True)
class _Loaded:
    """What is stored: the state with its journal folded in, that journal and its segments, and the bare state."""

    snapshot: Snapshot | None
    content: JournalContent
    names: tuple[str, ...]
    stored: Stored | None


class ObjectBackend:
    """Keeps the state in a store.

    Args:
        store: where.
        name: the key of the state; the others begin with it.
        lease: how many seconds a lock lasts that nobody renews.
        rescue: keeps what a run knows somewhere else, and says where; for a store that cannot be reached.
        clock: this host's clock, for the own lease.
        codec: how all of them are kept, but for the lock.
    """

    def __init__(  # noqa: PLR0913 - where, and how it is timed, each by its name
        self,
        store: Store,
        name: str,
        rescue: Callable[[Snapshot], str] | None = None,
        *,
        lease: float = SECONDS,
        clock: Callable[[], float] = awake,
        codec: Codec = PLAIN,
    ) -> None:
        self._codec = codec
        self._store = store
        self._name = name
        self._history = ObjectHistory(store, f"{name}.history/", codec)
        self._rescue = rescue
        self._lease = lease
        self._clock = clock
        self._fence: int | None = None
        self._beat: Heartbeat | None = None
        self._journal: SegmentJournal | None = None
        self._bytes_written = 0
        self._seen: str | None = None  # the tag of the state as this run has read or written it
        self._settled = True  # no write is on its way any more: not of this run, nor of the one before
        self._notes: dict[str, None] = {}

    @property
    def bytes_written(self) -> int:
        """How many bytes of state were written, copies included."""
        return self._bytes_written

    def describe(self) -> str:
        """The store, and the state in it."""
        return f"{self._store.describe()} ({self._name})"

    def prove(self) -> None:
        """Let the store prove that it honours conditions, whether or not it has done so before.

        Raises:
            StateError: it does not.
        """
        prove(self._store, self._name)
        prove_once(self._store, self._name, proven=True)

    def read(self) -> Snapshot | None:
        """The state with its journal folded in; None if there is neither."""
        loaded = self._load()
        self._seen = None if loaded.stored is None else loaded.stored.tag
        return loaded.snapshot

    def notes(self) -> tuple[str, ...]:
        """What people must learn of what was folded and taken over so far, each once."""
        return tuple(self._notes)

    @contextmanager
    def lock(self, lock: Lock) -> Iterator[None]:
        """Hold the lease, and renew it. One that has ended is taken over; its run can write nothing any more.

        Raises:
            StateLockedError: another run holds it.
            StateError: the store cannot be used.
        """
        began = self._clock()
        found, lease, tag = self._take(lock)
        held = [tag]

        def renew() -> None:
            newer = replace(lease, expires_at=self._store.now() + timedelta(seconds=self._lease))
            held[0] = put_surely(self._store, self._key("lock"), encode_lease(newer), after=held[0])

        self._fence = lease.fence
        try:
            with Heartbeat(renew, self._lease, self.describe(), clock=self._clock, began=began) as self._beat:
                announce(self._store, self._key("tflock"), lock, lease.fence)
                notes = taken_over(found)
                self._settled = not notes
                if notes:
                    self._tell(notes)
                    self._seal()
                    self._settled = True
                yield
        finally:
            self._close_journal()
            self._fence = self._beat = None
            withdraw(self._store, self._key("tflock"), lock)
            with suppress(StateError):  # it ends by itself
                if self._settled:  # else the next run has to take it over: only then it seals what may still come
                    self._store.put(self._key("lock"), encode_lease(replace(lease, lock=None)), after=held[0])

    def unlock(self, lock_id: str, *, force: bool = False) -> Lock | None:
        """Remove the record of a lock that has ended, or that cannot be read.

        Raises:
            StateLockedError: the lease has not ended.
            StateError: it is not locked, or by another ID.
        """
        stored = self._store.get(self._key("lock"))
        lease = None
        try:
            lease = None if stored is None else decode_lease(stored.data, self._key("lock"))
        except StateError:
            if not force:
                raise
        if stored is None or (lease is not None and lease.lock is None):
            theirs = check_unlock(foreign(self._store, self._key("tflock")), lock_id, self.describe())
            withdraw(self._store, self._key("tflock"), theirs)
            return theirs
        if lease is not None and not lease.over(self._store.now()):
            raise alive(lease.lock, self.describe())
        if lease is not None:
            check_unlock(lease.lock, lock_id, self.describe())
        fence = self._stored_fence() if lease is None else lease.fence
        free = Lease(fence, None, self._store.now())
        self._store.put(self._key("lock"), encode_lease(free), after=stored.tag)
        if lease is not None and lease.lock is not None:
            withdraw(self._store, self._key("tflock"), lease.lock)
            return lease.lock
        self._store.delete(self._key("tflock"))  # whose it was cannot be read either
        return None

    def fold(self) -> None:
        """Write the state anew if a run that ended early left a journal; the caller holds the lock."""
        loaded = self._load()
        snapshot, stored = loaded.snapshot, loaded.stored
        count = 0 if snapshot is None else left_over(loaded.content, snapshot.serial)
        if snapshot is None or stored is None or not count:
            return
        self._seen = stored.tag
        self.write(snapshot, previous_serial=snapshot.serial)
        self._tell((folded(count, self._key("journal")),))

    def write(self, snapshot: Snapshot, *, previous_serial: int | None) -> Snapshot:
        """Replace the state under the condition that it is what was read, and drop the journal.

        Raises:
            StateError: it is not, the lock was lost, or the store could not be written.
        """
        self._close_journal()
        loaded = self._load()
        before, stored = loaded.snapshot, loaded.stored
        self._check(before)
        edited = self._seen is not None and stored is not None and stored.tag != self._seen
        new = succeed(before, snapshot, previous_serial, self.describe(), edited=edited)
        new = replace(new, fence=max(self._fence or 0, 0 if before is None else before.fence))
        data = self._codec.encode(new)
        if before is not None and stored is not None:
            self._bytes_written += self._history.keep(before.serial, stored.data)
        try:
            self._seen = self._put(self._name, data, after=None if stored is None else stored.tag)
        except StateConflictError as error:
            raise StateError(
                f"{self.describe()} was changed by another run at this moment. Nothing was changed.",
                hint="Plan again, and apply the new plan.",
            ) from error
        self._bytes_written += len(data)
        with suppress(StateError):  # the state is durable, and what is left behind is ignored
            self._sweep(new.serial)
        return new

    def journal(self, lineage: str, serial: int) -> SegmentJournal:
        """Open the journal of the stored state, behind what is there.

        Raises:
            StateError: the stored state is another one, or the lock was lost.
        """
        self._close_journal()
        loaded = self._load()
        snapshot, stored = loaded.snapshot, loaded.stored
        self._check(snapshot)
        edited = self._seen is not None and stored is not None and stored.tag != self._seen
        check_journal(snapshot, lineage, serial, self.describe(), edited=edited)

        def put(name: str, data: bytes) -> None:
            if self._beat is not None:
                self._beat.check()
            self._put(f"{self._key('journal')}/{name}", data, after=None)

        # by the names from before the state was read: a seal that came since then has this number, and refuses
        first = next_number(loaded.names, serial)
        self._journal = SegmentJournal(
            self._key("journal"), put, first, lineage, serial,
            codec=self._codec, position=left_over(loaded.content, serial),
        )  # fmt: skip
        return self._journal

    def _put(self, key: str, data: bytes, *, after: str | None) -> str:
        """Put, and remember where nobody knows whether that was done, or is done yet."""
        try:
            return put_surely(self._store, key, data, after=after)
        except StateUnclearError:
            self._settled = False
            raise

    def rescue(self, snapshot: Snapshot) -> str:
        """Write what a run knows to a new object, or to the other place where the store cannot be used.

        Raises:
            StateError: it could not be written.
        """
        try:
            return self._rescued(snapshot)
        except StateError:
            if self._rescue is None:
                raise
            return self._rescue(snapshot)

    def _rescued(self, snapshot: Snapshot) -> str:
        for end in ("", "-2", "-3", "-4", "-5"):
            key = f"{self._name}.rescued-{self._store.now().astimezone(UTC):%Y%m%dT%H%M%SZ}{end}"
            with suppress(StateConflictError):
                put_surely(self._store, key, self._codec.encode(rescued(snapshot)), after=None)
                return key
        raise StateError("What this run knows could not be kept: five copies of this second are there already.")

    def history(self) -> tuple[Version, ...]:
        """The earlier states, the newest first."""
        return self._history.versions()

    def past(self, serial: int) -> Snapshot | None:
        """An earlier state; None if it is not kept."""
        return self._history.past(serial)

    def reseal(self) -> int:
        """Seal the earlier states anew, and what was rescued."""
        return self._history.reseal() + self._history.reseal(self._key("rescued-"))

    def _take(self, mine: Lock) -> tuple[Lease | None, Lease, str]:
        """The record that was there, the new one, and its tag."""
        key = self._key("lock")
        prove_once(self._store, self._name)
        stored = self._store.get(key)
        found = None if stored is None else decode_lease(stored.data, key)
        now = self._store.now()
        check_free(found, now, self.describe())
        # the state is read before the lock of another run is taken over: whoever cannot read it could not close that
        # run's journal either
        stored_fence = self._stored_fence() if found is None or found.lock is not None else 0
        fence = stored_fence if found is None else found.fence
        lease = Lease(fence + 1, mine, now + timedelta(seconds=self._lease))
        try:
            tag = put_surely(self._store, key, encode_lease(lease), after=None if stored is None else stored.tag)
        except StateConflictError:  # another run was faster by a moment
            there = self._store.get(key)
            check_free(None if there is None else decode_lease(there.data, key), self._store.now(), self.describe())
            raise StateLockedError(
                f"{self.describe()} was locked at this moment by another run, which has left.",
                hint="Try again.",
            ) from None
        return found, lease, tag

    def _stored_fence(self) -> int:
        stored = self._store.get(self._name)
        return 0 if stored is None else self._codec.decode(stored.data, self.describe()).fence

    def _seal(self) -> None:
        """Close the journal of the run before, and move the state on under the new number."""
        stored = self._store.get(self._name)
        if stored is None:
            return
        serial = self._codec.decode(stored.data, self.describe()).serial
        sealed = False
        while not sealed:
            number = next_number(self._segments(), serial)
            with suppress(StateConflictError):  # the other run has written one more
                self._store.put(f"{self._key('journal')}/{segment(serial, number)}", SEAL, after=None)
                sealed = True
        self.fold()
        again = self.read()
        if again is not None and again.serial == serial:  # there was nothing to fold
            self.write(again, previous_serial=serial)

    def _load(self) -> _Loaded:
        # the journal first: should another run write meanwhile, it is older than the state, never newer
        names = self._segments()
        prefix = f"{self._key('journal')}/"
        found = at_once(lambda name: self._store.get(prefix + name), names)
        segments = {name: kept.data for name, kept in zip(names, found, strict=True) if kept is not None}
        stored = self._store.get(self._name)
        state = None if stored is None else self._codec.decode(stored.data, self.describe())
        live = {name: data for name, data in segments.items() if state is None or place_of(name)[0] >= state.serial}
        content = joined(live, prefix, self._codec)
        return _Loaded(join(state, content, self.describe()), content, tuple(names), stored)

    def _segments(self) -> list[str]:
        prefix = f"{self._key('journal')}/"
        return [key.removeprefix(prefix) for key in self._store.list(prefix)]

    def _check(self, stored: Snapshot | None) -> None:
        check_fence(stored, self._fence, self.describe())
        if self._beat is not None:
            self._beat.check()

    def leftovers(self) -> tuple[str, ...]:
        """Segments that are folded into the state already, but for the seals of late."""
        stored = self._store.get(self._name)
        return () if stored is None else self._folded(self._codec.decode(stored.data, self.describe()).serial)

    def sweep(self) -> None:
        """Remove them."""
        at_once(self._store.delete, self.leftovers())

    def _folded(self, serial: int) -> tuple[str, ...]:
        """The keys of segments below a serial. A seal of late stays: a sleeper of that time may still wake up."""
        old = [name for name in self._segments() if place_of(name)[0] < serial]
        keys = [f"{self._key('journal')}/{name}" for name in old]
        late = {key for key, name in zip(keys, old, strict=True) if place_of(name)[0] >= serial - KEPT}
        stored = at_once(lambda key: self._store.get(key) if key in late else None, keys)
        return tuple(key for key, one in zip(keys, stored, strict=True) if one is None or one.data != SEAL)

    def _sweep(self, serial: int) -> None:
        """Remove what is of no use after a write."""
        at_once(self._store.delete, self._folded(serial))
        at_once(self._store.delete, self._history.old())

    def _key(self, what: str) -> str:
        return f"{self._name}.{what}"

    def _tell(self, notes: tuple[str, ...]) -> None:
        self._notes.update(dict.fromkeys(notes))

    def _close_journal(self) -> None:
        if self._journal is not None:
            self._journal.close()
            self._journal = None
