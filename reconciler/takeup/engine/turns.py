"""What is done to the two sessions of one resource: which of it waits for what. Nothing else ever waits for another.

- The second session is told where the first one is placed, so it is acquired once the first one has a resourceId. It
  waits no longer, and the failure of the first one is no reason not to start it: that is what there are two for.
- Nothing is stopped while the other session is being started: one of the two records at any moment. Where that start
  fails, what records goes on as it is.
"""

from collections import defaultdict
from collections.abc import Callable, Generator, Iterable
from dataclasses import dataclass

from takeup.core.address import Address
from takeup.core.plan import Action, Change, Recovery
from takeup.core.snapshot import Liveness, SessionState
from takeup.engine.ledger import Ledger
from takeup.errors import TakeupError

Item = Change | Recovery
_LOOKS_AGAIN = 0.2
"""Seconds until what waits looks again."""
_ORDER = {Action.CREATE: 1, Action.UPDATE: 2, Action.REPLACE: 3, Action.DELETE: 4, Action.FORGET: 4}
_STARTS = frozenset({Action.CREATE, Action.REPLACE})
_STOPS = frozenset({Action.REPLACE, Action.DELETE})


@dataclass(slots=True)
class _Turn:
    """One item and how far it is; `held` is what the ledger held of its session before."""

    item: Item
    held: SessionState | None
    over: bool = False
    failed: bool = False

    @property
    def rank(self) -> tuple[int, int]:
        """Which one goes first: what is found out, then what is created, what is stopped last."""
        order = _ORDER[self.item.action] if isinstance(self.item, Change) else 0
        return order, self.item.address.leg

    @property
    def starts(self) -> bool:
        """Whether a session that is wanted may come up by it."""
        if isinstance(self.item, Change):
            return self.item.action in _STARTS
        return "start" in self.item.calls and self.item.after is not None

    @property
    def stops(self) -> bool:
        """Whether it ends a session that records."""
        return isinstance(self.item, Change) and self.item.action in _STOPS


class Turns:
    """The items of a run, and whose turn it is.

    Args:
        parts: what is done one after the other; nothing waits for an item of another part.
        ledger: what is known of the sessions.
        interrupted: whether nothing new is to begin.
    """

    def __init__(self, parts: Iterable[Iterable[Item]], ledger: Ledger, interrupted: Callable[[], bool]) -> None:
        self._ledger = ledger
        self._interrupted = interrupted
        self._groups: dict[int, list[_Turn]] = {}
        for items in parts:
            together = defaultdict[Address, list[_Turn]](list)
            for item in items:
                group = together[item.address.resource]
                group.append(_Turn(item, ledger.session(item.address)))
                self._groups[id(item)] = group

    def wait(self, item: Item) -> Generator[float, None, bool]:
        """Yield until it is the turn of an item; False where the run was interrupted before.

        Raises:
            TakeupError: it would stop what records, and what was to record beside it does not.
        """
        mine = self._of(item)
        if not (mine.starts or mine.stops):
            return True
        for turn in self._groups[id(item)]:
            if turn.item.address == item.address or not turn.starts or turn.rank >= mine.rank:
                continue
            while not (turn.over or (not mine.stops and self._placed(turn))):
                if self._interrupted():
                    return False
                yield _LOOKS_AGAIN
            if mine.stops and turn.failed:
                raise TakeupError(
                    "left as it is: the other session of the recording did not come up, and this one records.",
                    hint="Mend that first, and run the same command again.",
                )
        return True

    def ended(self, item: Item, *, failed: bool) -> None:
        """Say that an item is over."""
        turn = self._of(item)
        turn.failed, turn.over = failed, True

    def _of(self, item: Item) -> _Turn:
        return next(turn for turn in self._groups[id(item)] if turn.item is item)

    def _placed(self, turn: _Turn) -> bool:
        """Whether a start has a resourceId that others can be told to avoid."""
        now = self._ledger.session(turn.item.address)
        if now is None or now.liveness is Liveness.ENDED:
            return False
        return turn.held is None or (now.resource_id, now.sid) != (turn.held.resource_id, turn.held.sid)
