"""A store proves itself before anything depends on it.

Some servers take a conditional write for an ordinary one, and say nothing: with them two runs lose each other's
updates. That cannot be seen from any answer to a well-behaved run, so a wrong condition is sent on purpose.
"""

from contextlib import suppress
from uuid import uuid4

from takeup.backends.store import Store, put_surely
from takeup.errors import StateConflictError, StateError, StateUnclearError

_WRONG_TAG = '"takeup-wrong-tag"'
_WRONG = b"wrong"
_TRIES = 3
_VERSION = 1  # raised when more is asked of a store, so that every place proves itself anew


def prove(store: Store, prefix: str) -> None:
    """Write, read and remove one small object below a prefix, with right and wrong conditions.

    Raises:
        StateError: the store cannot be used, or does not do what its protocol promises.
    """
    folder = f"{prefix}.proof/"
    key = f"{folder}{uuid4().hex}"
    tag = put_surely(store, key, b"first", after=None)
    try:
        _must_refuse(store, key, None, "that nothing may be there yet")
        _must_refuse(store, key, _WRONG_TAG, "that another content must be there")
        newer = put_surely(store, key, b"second", after=tag)
        _must_refuse(store, key, tag, "that an older content must still be there")
        found = store.get(key)
        if found is None or found.data != b"second" or found.tag != newer or key not in store.list(folder):
            raise StateError(
                f"{store.describe()} does not give back what was just written to it. No state was written.",
                hint="takeup needs a store that is consistent: what is written is seen by the next request.",
            )
    finally:
        store.delete(key)


def prove_once(store: Store, prefix: str, *, proven: bool = False) -> None:
    """Prove, unless the object PREFIX.proven says that this very place has done so.

    A copy of a bucket at another server, or a bucket that is asked for at another endpoint, is another place.

    Args:
        store: which.
        prefix: of the keys that are written.
        proven: it has just proved itself; it is only written down.

    Raises:
        StateError: as `prove`.
    """
    key, place = f"{prefix}.proven", f"proof {_VERSION} of {store.describe()}".encode()
    found = store.get(key)
    if found is not None and found.data == place:
        return
    if not proven:
        prove(store, prefix)
    with suppress(StateConflictError):  # another run proves the same at this moment
        put_surely(store, key, place, after=None if found is None else found.tag)


def _must_refuse(store: Store, key: str, after: str | None, condition: str) -> None:
    for attempt in range(1, _TRIES + 1):
        try:
            store.put(key, _WRONG, after=after)
        except StateConflictError:
            return
        except StateUnclearError:  # neither refused nor taken, unless it is there
            found = store.get(key)
            if found is not None and found.data == _WRONG:
                break
            if attempt == _TRIES:
                raise
        else:
            break
    raise StateError(
        f"{store.describe()} took a write under a condition that did not hold ({condition}): it ignores conditions, and"
        " two runs at once would lose each other's sessions. No state was written.",
        hint="Use a server that honours conditional writes (If-Match, If-None-Match), a newer version of this one, or"
        " another backend.",
    )
