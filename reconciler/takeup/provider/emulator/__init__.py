"""An emulator of Agora Cloud Recording: a state machine, its storage, and a WSGI face.

    from takeup.provider.emulator import Clock, Emulator, Fault, Settings

    emulator = Emulator(Settings(startup=0), clock=Clock(speed=0), faults=(Fault(do="lostResponse"),))
    with emulator.serve() as server:
        ...  # server.url; or emulator.app, a WSGI application
        emulator.clock.advance(72 * 3600)

The names load when they are first asked for: a command that has no use for the emulator does not pay for it.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from takeup.provider.emulator.clock import Clock
    from takeup.provider.emulator.emulator import Emulator
    from takeup.provider.emulator.faults import Fault, Faults
    from takeup.provider.emulator.server import Server
    from takeup.provider.emulator.sessions import Cause, Session
    from takeup.provider.emulator.settings import Settings
    from takeup.provider.emulator.store import MemoryStore, SqliteStore
    from takeup.provider.emulator.switches import Switches
    from takeup.provider.emulator.tls import Certificates, make_certificates
    from takeup.provider.emulator.world import World

__all__ = [
    "Cause",
    "Certificates",
    "Clock",
    "Emulator",
    "Fault",
    "Faults",
    "MemoryStore",
    "Server",
    "Session",
    "Settings",
    "SqliteStore",
    "Switches",
    "World",
    "make_certificates",
]

_MODULES = {
    "Cause": "sessions",
    "Certificates": "tls",
    "Clock": "clock",
    "Emulator": "emulator",
    "Fault": "faults",
    "Faults": "faults",
    "MemoryStore": "store",
    "Server": "server",
    "Session": "sessions",
    "Settings": "settings",
    "SqliteStore": "store",
    "Switches": "switches",
    "World": "world",
    "make_certificates": "tls",
}


def __getattr__(name: str) -> Any:  # noqa: ANN401 - one of the public names
    if name not in _MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_MODULES[name]}"), name)


def __dir__() -> list[str]:
    return sorted(__all__)
