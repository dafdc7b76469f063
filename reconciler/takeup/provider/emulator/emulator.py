"""The emulator as one object: a clock, a world on it, the faults in it, and the HTTP face in front."""

from collections.abc import Callable

from takeup.provider.emulator.clock import Clock
from takeup.provider.emulator.faults import Fault, Faults
from takeup.provider.emulator.settings import Settings
from takeup.provider.emulator.store import Store
from takeup.provider.emulator.world import World, random_id
from takeup.provider.emulator.wsgi import EmulatorApp


class Emulator:
    """Agora Cloud Recording, emulated.

    Args:
        settings: how the world behaves.
        clock: its time; the wall clock, where it is None.
        store: where sessions are kept; in memory, where it is None.
        faults: what goes wrong.
        seed: makes the probabilities of faults repeatable.
        credentials: the only (customerId, customerSecret) let in; None lets in any well-formed pair.
        ids: makes resourceIds, sids and uids, by the kind it is given.
    """

    def __init__(  # noqa: PLR0913 - keyword-only parts of one object
        self,
        settings: Settings | None = None,
        *,
        clock: Clock | None = None,
        store: Store | None = None,
        faults: tuple[Fault, ...] = (),
        seed: int = 0,
        credentials: tuple[str, str] | None = None,
        ids: Callable[[str], str] = random_id,
    ) -> None:
        self.clock = clock or Clock()
        self.world = World(store, clock=self.clock, settings=settings, ids=ids)
        self.faults = Faults(faults, seed)
        self.app = EmulatorApp(self.world, credentials, faults=self.faults, clock=self.clock)
