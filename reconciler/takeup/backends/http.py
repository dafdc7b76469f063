"""The state at a Terraform HTTP state server: GitLab, Gitea, `takeup state serve`, any other.

The protocol can replace a whole document, and lock it; it can neither append nor compare. So the journal of this
backend is the state itself: each group of entries is folded into it and written as a whole, with the next serial, and
nothing is left to be folded afterwards. What was read is compared before it is written over, under the lock; servers
that give ETags compare once more, by themselves.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import replace
from datetime import UTC, datetime
from uuid import uuid4

from takeup.backends.codec import PLAIN, Codec
from takeup.backends.fold import check_fence, check_journal, fold, succeed
from takeup.backends.group import GroupJournal
from takeup.backends.history import Version
from takeup.backends.http_client import CONDITION, DONE, REFUSED, Answer, HttpStateClient
from takeup.backends.http_words import LEASE, lock_info, read_info, tag_of
from takeup.backends.lease import SECONDS, Heartbeat, awake, lost_before
from takeup.backends.lock import Lock, check_unlock
from takeup.core.snapshot import JournalEntry, Snapshot
from takeup.errors import StateConflictError, StateError, StateLockedError, StateUnclearError

_TRIES = 3


class HttpJournal(GroupJournal):
    """Folds each group of entries into the state, and writes the whole of it."""

    def __init__(self, name: str, state: Snapshot, write: Callable[[Snapshot], int]) -> None:
        super().__init__(name, state.lineage, state.serial)
        self._state = state
        self._write = write

    def _commit(self, entries: Sequence[JournalEntry], lines: bytes) -> int:  # noqa: ARG002 - no lines are written
        state = fold(self._state, entries)
        state = replace(state, serial=state.serial + 1)
        written = self._write(state)
        self._state = state
        return written


class HttpBackend:
    """Keeps the state at a server.

    Args:
        client: asks it.
        rescue: keeps what a run knows that could not write the state, and says where.
        lease: how many seconds a lock lasts that nobody renews, where the server knows of leases.
        codec: how the state is kept.
    """

    def __init__(
        self,
        client: HttpStateClient,
        rescue: Callable[[Snapshot], str],
        *,
        lease: float = SECONDS,
        codec: Codec = PLAIN,
    ) -> None:
        self._codec = codec
        self._client = client
        self._rescue = rescue
        self._lease = lease
        self._lock_id = ""
        self._fence: int | None = None
        self._beat: Heartbeat | None = None
        self._journal: HttpJournal | None = None
        self._began: int | None = None  # the serial that the journal was opened on
        self._bytes_written = 0
        self._seen: bytes | None = None
        self._tagged = False
        self._notes: dict[str, None] = {}

    @property
    def bytes_written(self) -> int:
        """How many bytes of state were written, without those of the journal."""
        return self._bytes_written

    def describe(self) -> str:
        """The address."""
        return self._client.describe()

    def read(self) -> Snapshot | None:
        """The state; None if there is none."""
        self._seen = self._get()
        return self._decoded(self._seen)

    def notes(self) -> tuple[str, ...]:
        """What people must learn of what was taken over so far, each once."""
        return tuple(self._notes)

    @contextmanager
    def lock(self, lock: Lock) -> Iterator[None]:
        """Hold the server's lock, and renew it where the server lets locks end by themselves.

        Raises:
            StateLockedError: another run holds it; the server names it.
            StateError: the server cannot lock.
        """
        began = awake()
        answer = self._locked(lock)
        self._lock_id = lock.id
        leased = LEASE.lower() in answer.headers
        beat = self._heartbeat(lock, began) if leased else None
        try:
            with beat if beat is not None else nullcontext():
                self._beat = beat
                before = read_info(answer.body) if leased else None
                if before is not None and before.id != lock.id:
                    self._notes[lost_before(before)] = None
                stored = self.read()
                self._fence = (0 if stored is None else stored.fence) + 1
                if stored is None:
                    self._prove_exclusion(lock)
                yield
        finally:
            self._close_journal()
            self._lock_id, self._fence, self._beat = "", None, None
            self._release(lock, leased=leased)

    def unlock(self, lock_id: str, *, force: bool = False) -> Lock | None:  # noqa: ARG002 - the server reads its record
        """Remove a lock by its ID. Whether its run lives, the server cannot tell; that run can write nothing after it.

        Raises:
            StateError: it is not locked, or by another ID.
        """
        answer = self._client.unlock(lock_info(_named(lock_id)))
        if answer.status in DONE:
            return read_info(answer.body)
        check_unlock(read_info(answer.body), lock_id, self._the_state())
        raise self._client.refused("unlocked", answer)

    def fold(self) -> None:
        """There is never anything to fold: a journal is the state here."""

    def write(self, snapshot: Snapshot, *, previous_serial: int | None) -> Snapshot:
        """Replace the state, after it was read once more and found to be what it was.

        Raises:
            StateError: it is not, or it could not be written.
        """
        self._close_journal()
        raw = self._get()
        before = self._decoded(raw)
        self._check(before)
        if before is not None and self._began is not None and previous_serial == self._began and raw == self._seen:
            previous_serial = before.serial  # this run's own journal has moved it
        edited = self._seen is not None and raw is not None and raw != self._seen
        new = succeed(before, snapshot, previous_serial, self._the_state(), edited=edited)
        new = replace(new, fence=max(self._fence or 0, 0 if before is None else before.fence))
        self._bytes_written += self._put(new, raw)
        self._began = None
        return new

    def journal(self, lineage: str, serial: int) -> HttpJournal:
        """Open the journal of the stored state.

        Raises:
            StateError: the stored state is another one.
        """
        self._close_journal()
        raw = self._get()
        stored = self._decoded(raw)
        self._check(stored)
        if stored is not None and self._began is not None and serial == self._began and raw == self._seen:
            serial = stored.serial
        else:
            self._began = serial
        edited = self._seen is not None and raw is not None and raw != self._seen
        check_journal(stored, lineage, serial, self._the_state(), edited=edited)
        assert stored is not None, "check_journal has found it"  # noqa: S101 - an invariant
        self._seen = raw
        state = replace(stored, fence=max(self._fence or 0, stored.fence))
        self._journal = HttpJournal(self.describe(), state, lambda new: self._put(new, self._seen))
        return self._journal

    def rescue(self, snapshot: Snapshot) -> str:
        """Keep what a run knows on this machine.

        Raises:
            StateError: it could be kept nowhere.
        """
        return self._rescue(snapshot)

    def history(self) -> tuple[Version, ...]:
        """The protocol has none.

        Raises:
            StateError: always.
        """
        raise self._no_history()

    def past(self, serial: int) -> Snapshot | None:  # noqa: ARG002 - whichever it is
        """The protocol has none.

        Raises:
            StateError: always.
        """
        raise self._no_history()

    def _no_history(self) -> StateError:
        return StateError(
            f"{self._the_state()} keeps its earlier versions, if any, where this protocol cannot ask for them.",
            hint="Look at the server: GitLab lists them beside the state, `takeup state serve` keeps them beside its"
            " file. One that you have as a file can be written with: takeup state push FILE",
        )

    def reseal(self) -> int:
        """What the server keeps of earlier states cannot be reached."""
        return 0

    def prove(self) -> None:
        """Let the server prove that it locks.

        Raises:
            StateError: it does not.
        """
        mine = _named(f"takeup-proof-{uuid4().hex[:8]}")
        self._locked(mine)
        try:
            self._prove_exclusion(mine)
        finally:
            self._release(mine, leased=False)

    def leftovers(self) -> tuple[str, ...]:
        """A run leaves nothing behind here."""
        return ()

    def sweep(self) -> None:
        """There is nothing to remove."""

    def _prove_exclusion(self, mine: Lock) -> None:
        """A second lock beside `mine` must be refused: some servers answer every request with 200."""
        other = _named(f"{mine.id}-other")
        if self._client.lock(lock_info(other), {}).status in DONE:
            self._client.unlock(lock_info(other))
            raise StateError(
                f"{self.describe()} gave the same lock to two holders: it does not lock, and two runs at once would"
                " lose each other's sessions. No state was written.",
                hint="Check lockAddress and lockMethod in spec.state, or use another server.",
            )

    def _locked(self, lock: Lock) -> Answer:
        """Lock; after an unclear answer again, for the same ID may lock twice."""
        for attempt in range(1, _TRIES + 1):
            try:
                answer = self._client.lock(lock_info(lock), {LEASE: f"{self._lease:g}"})
            except StateUnclearError:
                if attempt == _TRIES:
                    raise
                continue
            holder = read_info(answer.body)
            if answer.status in DONE or (holder is not None and holder.id == lock.id):
                return answer
            raise StateLockedError(
                f"{self._the_state()} is locked by {holder or 'another run'}.",
                hint="Wait for that run to end, or interrupt it."
                + ("" if holder is None else f" When it has surely died: takeup state unlock {holder.id}"),
            )
        raise AssertionError("the last attempt returns or raises")

    def _heartbeat(self, lock: Lock, began: float) -> Heartbeat:
        def renew() -> None:
            answer = self._client.lock(lock_info(lock), {LEASE: f"{self._lease:g}"})
            if answer.status not in DONE:
                holder = read_info(answer.body)
                raise StateConflictError(f"it was given to {holder or 'another run'}")

        return Heartbeat(renew, self._lease, self._the_state(), began=began)

    def _release(self, lock: Lock, *, leased: bool) -> None:
        try:
            self._client.unlock(lock_info(lock))
        except StateError as error:
            if leased:  # it ends by itself
                return
            raise StateError(
                f"{error.message} The run is over, and what it has written stands, but its lock may be left.",
                hint=f"If the next run finds it: takeup state unlock {lock.id}",
            ) from error

    def _get(self) -> bytes | None:
        answer = self._client.get()
        self._tagged = answer.headers.get("etag") == tag_of(answer.body)
        return answer.body or None

    def _decoded(self, raw: bytes | None) -> Snapshot | None:
        return None if raw is None else self._codec.decode(raw, self._the_state())

    def _check(self, stored: Snapshot | None) -> None:
        check_fence(stored, self._fence, self._the_state())
        if self._beat is not None:
            self._beat.check()

    def _put(self, new: Snapshot, before: bytes | None) -> int:
        """Write in place of what is known to be there; where nobody knows whether that was done, look.

        Raises:
            StateError: it was not written, or nobody can tell.
        """
        if self._beat is not None:
            self._beat.check()
        data = self._codec.encode(new)
        for attempt in range(1, _TRIES + 1):
            try:
                answer = self._client.post(data, self._lock_id, self._condition(before))
            except StateUnclearError:
                found = self._get()
                if found == data:
                    break
                if found != before:
                    raise self._overtaken() from None
                if attempt == _TRIES:
                    raise
                continue
            if answer.status in DONE:
                self._tagged = answer.headers.get("etag") == tag_of(data)
                break
            if attempt > 1 and self._get() == data:  # an earlier attempt has come through late
                break
            raise self._overtaken(answer)
        self._seen = data
        return len(data)

    def _condition(self, before: bytes | None) -> Mapping[str, str]:
        if before is None:
            return {"If-None-Match": "*"}
        return {"If-Match": tag_of(before)} if self._tagged else {}

    def _overtaken(self, answer: Answer | None = None) -> StateError:
        holder = None if answer is None or answer.status not in REFUSED else read_info(answer.body)
        if holder is not None:
            return StateLockedError(
                f"{self._the_state()} is locked by {holder}. Nothing was changed.",
                hint="This run has lost its lock. Wait for the other one to end, and plan again.",
            )
        what = "its condition does not hold" if answer is not None and answer.status == CONDITION else "it was refused"
        return StateError(
            f"{self._the_state()} was changed by another run at this moment ({what}). Nothing was changed.",
            hint="Plan again, and apply the new plan.",
        )

    def _the_state(self) -> str:
        return f"The state at {self.describe()}"

    def _close_journal(self) -> None:
        if self._journal is not None:
            self._journal.close()
            self._journal = None


def _named(lock_id: str) -> Lock:
    """A lock of which only the ID matters."""
    return Lock(lock_id, "takeup", 0, "this host", datetime.fromtimestamp(0, UTC), "takeup")
