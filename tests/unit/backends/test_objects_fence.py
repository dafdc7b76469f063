"""What a store of objects keeps from a run that has lost its lease, and from a write that comes late."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from tests.unit.backends.samples import entry, lock, snapshot

from takeup.backends.lease import decode_lease
from takeup.backends.objects import ObjectBackend
from takeup.backends.store import MemoryStore, Stored, put_surely
from takeup.errors import StateConflictError, StateError, StateUnclearError


class Watched(MemoryStore):
    """A store that tells before it answers, may be away, and loses writes on the way."""

    def __init__(self) -> None:
        self.hours = 0
        super().__init__(now=lambda: datetime.now(UTC) + timedelta(hours=self.hours))
        self.before: Callable[[str, str], None] = lambda *_: None

    def get(self, key: str) -> Stored | None:
        """An object."""
        self.before("get", key)
        return super().get(key)

    def put(self, key: str, data: bytes, *, after: str | None) -> str:
        """Write one."""
        self.before("put", key)
        return super().put(key, data, after=after)

    def list(self, prefix: str) -> tuple[str, ...]:
        """The keys."""
        self.before("list", prefix)
        return super().list(prefix)


@pytest.fixture
def store() -> Watched:
    made = Watched()
    ObjectBackend(made, "campus").write(snapshot(), previous_serial=None)
    return made


def away(operation: str, key: str) -> None:
    raise StateError(f"{operation} {key}: nobody answers.")


def unclear(part: str) -> Callable[[str, str], None]:
    def before(operation: str, key: str) -> None:
        if operation == "put" and part in key:
            raise StateUnclearError(f"{key} may have been written.")

    return before


@pytest.mark.parametrize(
    "request_number",
    [
        pytest.param(1, id="before the journal is listed"),
        pytest.param(2, id="before the state is read"),
        pytest.param(3, id="before the first entry is written"),
    ],
)
def test_a_journal_opened_while_another_run_takes_over_takes_nothing(store: Watched, request_number: int) -> None:
    """At whichever request of the opening the lease is taken over: no call can be announced any more."""
    sleeper, asked = ObjectBackend(store, "campus"), []

    def take_over(*request: str) -> None:
        asked.append(request)
        if len(asked) == request_number:
            store.hours += 1
            other = ObjectBackend(store, "campus")
            with other.lock(lock()):
                pass

    with sleeper.lock(lock()):
        state = sleeper.read()
        assert state is not None
        store.before = take_over
        with pytest.raises(StateError, match=r"taken over|closed by another run|changed"):
            sleeper.journal(state.lineage, state.serial).append(entry())
        store.before = lambda *_: None


@pytest.mark.parametrize(
    "part", [pytest.param(".journal/", id="of the journal"), pytest.param("campus", id="of the state")]
)
def test_a_run_whose_write_may_still_come_does_not_give_its_lease_back(store: Watched, part: str) -> None:
    """The next run takes it over and seals: else a late write would move the state on under its journal."""
    backend = ObjectBackend(store, "campus")
    state = backend.read()
    assert state is not None
    with backend.lock(lock()):
        journal = backend.journal(state.lineage, state.serial)
        store.before = unclear(part)
        if part == "campus":
            with pytest.raises(StateError):
                backend.write(state, previous_serial=state.serial)
        else:
            with pytest.raises(StateError):
                journal.append(entry())
        store.before = lambda *_: None
    assert decode_lease(store.objects["campus.lock"].data, "").lock is not None


def test_a_write_that_comes_late_is_refused_once_the_next_run_is_in() -> None:
    """It is sent, nobody answers, and it arrives when another run has begun: what that one has noted still counts."""
    sent = []

    def lose(operation: str, key: str) -> None:
        if operation == "put" and key == "campus":
            raise StateUnclearError(f"{key} may have been written.")

    class Late(Watched):
        def put(self, key: str, data: bytes, *, after: str | None) -> str:
            if key == "campus" and self.before is lose:
                sent.append((key, data, after))
            return super().put(key, data, after=after)

    late = Late()
    ObjectBackend(late, "campus").write(snapshot(), previous_serial=None)
    first = ObjectBackend(late, "campus")
    with first.lock(lock()):
        state = first.read()
        assert state is not None
        late.before = lose
        with pytest.raises(StateUnclearError):
            first.write(state, previous_serial=state.serial)
        late.before = lambda *_: None
    late.hours += 1
    second = ObjectBackend(late, "campus")
    with second.lock(lock()):
        state = second.read()
        assert state is not None
        second.journal(state.lineage, state.serial).append(entry())
        for key, data, after in sent:
            with pytest.raises(StateConflictError):
                late.put(key, data, after=after)
    read = ObjectBackend(late, "campus").read()
    assert read is not None
    assert entry().address in read.sessions


def test_a_run_that_could_not_seal_does_not_give_its_lease_back(store: Watched) -> None:
    """The one before it may still write; the next run has to know."""
    with ObjectBackend(store, "campus").lock(lock()):
        store.before = away
    store.hours += 1
    store.before = unclear(".journal/")
    with pytest.raises(StateError):
        ObjectBackend(store, "campus").lock(lock()).__enter__()
    store.before = lambda *_: None
    assert decode_lease(store.objects["campus.lock"].data, "").lock is not None


def test_a_run_that_ends_well_gives_its_lease_back(store: Watched) -> None:
    """The next one need not wait."""
    with ObjectBackend(store, "campus").lock(lock()):
        pass
    assert decode_lease(store.objects["campus.lock"].data, "").lock is None


def test_what_a_run_knows_is_rescued_elsewhere_where_the_store_is_away(store: Watched) -> None:
    """A sid that is answered while the store is away is on this machine."""
    kept = []
    backend = ObjectBackend(store, "campus", lambda state: kept.append(state) or "here")  # type: ignore[func-returns-value]
    assert backend.rescue(snapshot()).startswith("campus.rescued-")
    store.before = away
    assert backend.rescue(snapshot()) == "here"
    assert kept == [snapshot()]


def test_a_write_that_cannot_be_looked_at_stays_unclear(store: Watched) -> None:
    """That the store cannot be read afterwards does not mean that nothing was written."""

    def before(operation: str, key: str) -> None:
        (unclear("") if operation == "put" else away)(operation, key)

    store.before = before
    with pytest.raises(StateUnclearError):
        put_surely(store, "campus", b"x", after=None)
