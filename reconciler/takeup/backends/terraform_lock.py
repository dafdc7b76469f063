"""While a run is in, NAME.tflock tells so to those who look for Terraform's lock, and theirs keeps runs out.

Two runs of takeup are kept apart by NAME.lock; this object adds nothing to that. It has no lease: who finds one that
nobody of takeup has left cannot know whether its holder lives.
"""

import json
from contextlib import suppress
from typing import Any

from takeup.backends.http_words import lock_info, read_info
from takeup.backends.lock import Lock
from takeup.backends.store import Store, Stored, put_surely
from takeup.errors import StateConflictError, StateError, StateLockedError

_TRIES = 3
_FENCE = "TakeupFence"


def announce(store: Store, key: str, lock: Lock, fence: int) -> None:
    """Write the object. The caller holds the lease with this number, so that what older runs have left is no lock.

    Raises:
        StateLockedError: somebody else holds it, and is named.
        StateError: it could not be written.
    """
    data = json.dumps({**json.loads(lock_info(lock)), "Path": f"{store.describe()}/{key}", _FENCE: fence}).encode()
    found: Stored | None = None
    for _ in range(_TRIES):
        try:
            put_surely(store, key, data, after=None if found is None else found.tag)
        except StateConflictError:
            found = store.get(key)
            if found is not None and not _left(found.data, fence):
                raise _locked(store, key, found.data) from None
        else:
            return
    raise StateLockedError(f"{store.describe()}: {key} is being written by somebody else.", hint="Try again.")


def withdraw(store: Store, key: str, lock: Lock) -> None:
    """Remove the object, if it is still that of this lock; it may be left where the store cannot be asked."""
    with suppress(StateError):
        found = store.get(key)
        there = None if found is None else read_info(found.data)
        if there is not None and there.id == lock.id:
            store.delete(key)


def foreign(store: Store, key: str) -> Lock | None:
    """The lock of somebody who is not takeup; None if there is none.

    Raises:
        StateError: it could not be asked.
    """
    found = store.get(key)
    return None if found is None or _fence(found.data) is not None else read_info(found.data)


def _left(data: bytes, fence: int) -> bool:
    """Whether a run of takeup has left it that held the lease before."""
    held = _fence(data)
    return held is not None and held < fence


def _fence(data: bytes) -> int | None:
    try:
        found: Any = json.loads(data)
    except (ValueError, RecursionError):
        return None
    fence = found.get(_FENCE) if isinstance(found, dict) else None
    return fence if isinstance(fence, int) else None


def _locked(store: Store, key: str, data: bytes) -> StateLockedError:
    holder = read_info(data)
    if holder is None:
        hint = f"It is no lock record. When nobody needs it: remove {key} from {store.describe()}."
        return StateLockedError(f"{store.describe()} is locked by the object {key}.", hint=hint)
    return StateLockedError(
        f"{store.describe()} is locked by {holder}, in {key} as Terraform writes it.",
        hint=f"Wait for that run to end, or interrupt it. When it has surely died: takeup state unlock {holder.id}",
    )
