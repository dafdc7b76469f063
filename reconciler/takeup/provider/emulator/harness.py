"""The emulator as a test wants it: its time stands still, and it is served only if somebody asks for its address."""

import json
import threading
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any, TypeVar

from pydantic import ValidationError

from takeup.core.schema.attribute import Model
from takeup.provider.emulator.clock import Clock
from takeup.provider.emulator.emulator import Emulator
from takeup.provider.emulator.faults import Fault
from takeup.provider.emulator.hook import WebhookSettings
from takeup.provider.emulator.settings import Settings

if TYPE_CHECKING:
    from takeup.provider.emulator.calls import CallLog
    from takeup.provider.emulator.faults import Faults
    from takeup.provider.emulator.server import Server
    from takeup.provider.emulator.sessions import Json, Session
    from takeup.provider.emulator.world import World
    from takeup.provider.emulator.wsgi import EmulatorApp

_Model = TypeVar("_Model", bound=Model)


class Webhooks:
    """Collects every notice, as a receiver would have got it: lost ones are missing, doubled ones come twice."""

    def __init__(self, emulator: Emulator) -> None:
        self._emulator = emulator
        self._lock = threading.Lock()
        self._raw: list[tuple[dict[str, str], bytes]] = []
        emulator.notifier.on_notice = self._take

    def _take(self, headers: dict[str, str], body: bytes) -> None:
        with self._lock:
            self._raw.append((headers, body))

    @property
    def raw(self) -> list[tuple[dict[str, str], bytes]]:
        """Headers and body of each delivery so far, in order: what a signature is made of."""
        self._emulator.tick()
        with self._lock:
            return list(self._raw)

    @property
    def notices(self) -> "list[Json]":
        """The bodies of all deliveries so far, in order: `noticeId`, `eventType`, `payload` ..."""
        return [json.loads(body) for _, body in self.raw]

    def clear(self) -> None:
        """Forget what came so far."""
        self._emulator.tick()
        with self._lock:
            self._raw.clear()


class AgoraEmulator:
    """What the pytest fixture `agora_emulator` gives. Not for several tests at once: each gets its own.

    Args:
        settings: how the world behaves: `Settings`, or its attributes by name.
        clock: `step`, `wall` or `x60`, or a `Clock`.
        faults: what goes wrong from the beginning; `fault` adds more.
        seed: makes the probabilities of faults repeatable.
        credentials: the only (customerId, customerSecret) let in; None lets in any well-formed pair.
        webhooks: where notices are sent beside being collected: `WebhookSettings`, or its attributes by name.

    Raises:
        ValueError: a setting or the clock is wrong.
    """

    def __init__(  # noqa: PLR0913 - keyword-only parts of one object
        self,
        *,
        settings: Settings | Mapping[str, Any] | None = None,
        clock: Clock | str = "step",
        faults: Iterable[Fault] = (),
        seed: int = 0,
        credentials: tuple[str, str] | None = None,
        webhooks: WebhookSettings | Mapping[str, Any] | None = None,
    ) -> None:
        self.emulator = Emulator(
            _read(Settings, settings or {}),
            clock=Clock.parse(clock) if isinstance(clock, str) else clock,
            faults=tuple(faults),
            webhooks=None if webhooks is None else _read(WebhookSettings, webhooks),
            seed=seed,
            credentials=credentials,
        )
        self.webhooks = Webhooks(self.emulator)
        self._server: Server | None = None

    @property
    def url(self) -> str:
        """The address, for example http://127.0.0.1:40123. The first look at it starts the server."""
        if self._server is None:
            self._server = self.emulator.serve().start()
        return self._server.url

    @property
    def app(self) -> "EmulatorApp":
        """The same as a WSGI application, for `httpx.WSGITransport` and its like: no socket, no thread."""
        return self.emulator.app

    @property
    def clock(self) -> Clock:
        """The emulator's time."""
        return self.emulator.clock

    @property
    def world(self) -> "World":
        """The state machine: for `leave`, `join`, `fail_over`, `kill` and looking on."""
        return self.emulator.world

    @property
    def faults(self) -> "Faults":
        """The rules in force, and how often each has struck."""
        return self.emulator.faults

    @property
    def calls(self) -> "CallLog":
        """The calls that were made, in order."""
        return self.emulator.calls

    def advance(self, seconds: float) -> float:
        """Let so many seconds pass at once; the new time, in Unix seconds."""
        return self.clock.advance(seconds)

    def fault(self, **rule: Any) -> Fault:  # noqa: ANN401 - the attributes of a Fault, which checks them
        """Let something go wrong from now on, for example `fault(do="lostResponse", operation=["start"], nth=[1])`.

        Raises:
            ValueError: the rule is wrong (pydantic's ValidationError).
        """
        made = Fault(**rule)
        self.faults.add(made)
        return made

    def sessions(self) -> "list[Session]":
        """The sessions that record at this moment, oldest first. What Agora has no call for."""
        return self.world.sessions()

    def close(self) -> None:
        """Stop serving; called by the fixture."""
        if self._server is not None:
            self._server.close()
        self.emulator.close()


def _read(kind: type[_Model], given: _Model | Mapping[str, Any]) -> _Model:
    """Read attributes by name; what is wrong is told without the values, for one of them is a secret."""
    if isinstance(given, kind):
        return given
    try:
        return kind.model_validate(given)
    except ValidationError as error:
        rows = error.errors(include_url=False, include_input=False, include_context=False)
        wrong = "; ".join(f"{'.'.join(map(str, row['loc']))}: {row['msg']}" for row in rows)
    raise ValueError(f"{kind.__name__} that will not do: {wrong}")
