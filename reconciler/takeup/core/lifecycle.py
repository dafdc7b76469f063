"""What a manifest says of the life of its sessions, beside what they record. Pure."""

from dataclasses import dataclass
from enum import StrEnum

from takeup.core.address import Address


class Restart(StrEnum):
    """What is done about a session that ended although it is wanted."""

    ALWAYS = "always"
    ON_FAILURE = "onFailure"
    NEVER = "never"


@dataclass(frozen=True, slots=True)
class Lifecycle:
    """What holds for the sessions of one recording.

    `prevent_stop` is file:line of the key that forbids to stop them, "" where nothing does. `ignore_changes` and
    `replace_on_change` are paths of attributes below spec. `moved_from` are addresses that the recording had.
    `abandon`: its session is forgotten, not stopped, and none is started.
    """

    restart: Restart = Restart.ALWAYS
    prevent_stop: str = ""
    ignore_changes: tuple[str, ...] = ()
    replace_on_change: tuple[str, ...] = ()
    moved_from: tuple[Address, ...] = ()
    abandon: bool = False


PLAIN = Lifecycle()
"""Of a recording whose manifest says nothing of it."""
