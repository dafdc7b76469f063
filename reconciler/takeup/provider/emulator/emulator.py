"""The emulator as one object: a clock, a world on it, the faults in it, and the HTTP face in front."""

import ssl
from collections.abc import Callable
from types import TracebackType
from typing import TYPE_CHECKING, Self

from takeup.provider.emulator.calls import CallLog, Entry, line
from takeup.provider.emulator.clock import Clock
from takeup.provider.emulator.faults import Fault, Faults
from takeup.provider.emulator.hook import WebhookSettings
from takeup.provider.emulator.scenario import Scenario
from takeup.provider.emulator.settings import Settings
from takeup.provider.emulator.store import MemoryStore, Store
from takeup.provider.emulator.webhooks import Notifier
from takeup.provider.emulator.world import World, random_id
from takeup.provider.emulator.wsgi import EmulatorApp

if TYPE_CHECKING:
    from wsgiref.types import WSGIEnvironment

    from takeup.provider.emulator.pages import Page, Pages
    from takeup.provider.emulator.server import Server


class Emulator:
    """Agora Cloud Recording, emulated.

    Args:
        settings: how the world behaves.
        clock: its time; the wall clock, where it is None.
        store: where sessions are kept; in memory, where it is None. `close` closes it.
        faults: what goes wrong.
        webhooks: who is told of it; nobody, where it is None.
        seed: makes the probabilities of faults and of lost notices repeatable.
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
        webhooks: WebhookSettings | None = None,
        seed: int = 0,
        credentials: tuple[str, str] | None = None,
        ids: Callable[[str], str] = random_id,
    ) -> None:
        self.clock = clock or Clock()
        self.store: Store = MemoryStore() if store is None else store
        self.world = World(self.store, clock=self.clock, settings=settings, ids=ids)
        self.faults = Faults(faults, seed)
        self.notifier = Notifier(webhooks, self.clock, seed=seed, world=lambda: self.world.settings)
        self.world.on_change = self.notifier.changed
        self.world.on_misfit = self.notifier.misfit
        if webhooks is not None:
            self.notifier.follow(self.world.sessions())
        self.calls = CallLog()
        self.app = EmulatorApp(
            self.world,
            credentials,
            faults=self.faults,
            clock=self.clock,
            calls=self.calls,
            before=self.tick,
            extra=self._page,
        )
        self._seed = seed
        self._closed = False
        self._pages: Pages | None = None
        self._servers: list[Server] = []
        self.clock.watch(self.tick)

    @property
    def began(self) -> float:
        """When the scenario began, in Unix seconds of the clock: the times (`at`) of faults are counted from here."""
        return self.app.accidents.began

    def begin(self) -> None:
        """Let the scenario begin now."""
        self.app.accidents.begin()

    def tick(self) -> None:
        """Carry out what has become due. Called before every call, after every step of the clock, and while serving."""
        if self._closed:
            return
        self.app.accidents.tick()
        self.notifier.pump(self.clock.now())

    def _page(self, environ: "WSGIEnvironment") -> "Page | None":
        """Answer what stands beside the service: the status page, the OpenAPI document, the remote control."""
        if self._pages is None:
            # Only who looks pays for the imports.
            from takeup.provider.emulator.admin import Admin  # noqa: PLC0415 - it reads scenarios
            from takeup.provider.emulator.pages import pages  # noqa: PLC0415 - it builds the OpenAPI document

            self._pages = pages(Admin(self))
        return self._pages(environ)

    def apply(self, scenario: Scenario) -> None:
        """Put a scenario in force; it begins now. Sessions, calls and the clock stay."""
        self._seed = scenario.seed
        self.world.settings = scenario.settings
        self.faults.replace(tuple(scenario.faults), scenario.seed)
        self.notifier.replace(scenario.webhooks, scenario.seed)
        self.notifier.follow(self.world.sessions())
        self.begin()

    def reset(self) -> None:
        """Forget all sessions and calls, and let the scenario begin anew. Settings, rules and the clock stay."""
        self.world.reset()
        self.faults.replace(self.faults.rules, self._seed)
        self.calls.clear()
        self.notifier.clear()
        self.app.limits.clear()
        self.begin()

    def serve(
        self,
        port: int = 0,
        host: str = "127.0.0.1",
        tls: ssl.SSLContext | None = None,
        log: Callable[[str], None] | None = None,
    ) -> "Server":
        """Bind a server; `start`, `serve_forever` or `with` then serves.

        Args:
            port: 0 takes a free one.
            host: a loopback address or `localhost`.
            tls: a context that holds a certificate makes it https.
            log: is told one line per call.

        Raises:
            ValueError: the host is no loopback address.
            OSError: the port cannot be bound.
        """
        from takeup.provider.emulator.server import serve  # noqa: PLC0415 - werkzeug is slow to import

        server = serve(self.app, host, port, tls=tls, log=log, tick=self.tick if self.clock.speed > 0 else None)
        if log is not None:

            def write(entry: Entry) -> None:
                log(line(entry))

            self.calls.listen(write)
        self._servers.append(server)
        self.notifier.start()
        return server

    def close(self) -> None:
        """End all servers, refuse every call from now on, and close the store."""
        self._closed = self.app.closed = True
        for server in self._servers:
            server.close()
        self._servers.clear()
        self.notifier.close()
        self.store.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
