"""Why the remote control does not do what it was asked: a status, a sentence and the place in the body."""

from collections.abc import Mapping
from difflib import get_close_matches
from typing import Any, get_args

from pydantic import ValidationError

from takeup.provider.emulator.faults import Fault, OnCall, OnSession, Operation
from takeup.provider.emulator.scenario import Scenario
from takeup.provider.emulator.settings import Settings
from takeup.provider.emulator.switches import Switches

_SHOWN = 60
_KEYS = [name for model in (Scenario, Settings, Switches, Fault) for name in model.model_fields]
_WORDS = [*get_args(OnCall), *get_args(OnSession), *get_args(Operation)]


class Refusal(Exception):  # noqa: N818 - no fault of the program: it becomes an answer
    """An answer that says no.

    Args:
        status: the HTTP status.
        message: whole sentences that quote no value, for it may be a secret.
        at: the place in the body, for example `faults[0].do`; empty for the whole.
        more: further keys of the answer.
    """

    def __init__(self, status: int, message: str, *, at: str = "", more: Mapping[str, Any] | None = None) -> None:
        super().__init__(message)
        self.status = status
        self._answer = {"message": message, "at": at, **(more or {})}

    def told(self) -> dict[str, Any]:
        """The body of the answer."""
        return self._answer


def of_validation(error: ValidationError) -> Refusal:
    """Make a 400 that tells everything pydantic found: the first in `message` and `at`, all others in `more`."""
    first, *others = (_finding(found) for found in error.errors(include_url=False, include_context=True))
    return Refusal(400, first["message"], at=first["at"], more={"more": others} if others else None)


def _finding(found: Mapping[str, Any]) -> dict[str, str]:
    code, context = found["type"], found.get("ctx", {})
    at, last = _dotted(found["loc"]), str((found["loc"] or ("",))[-1])
    if code == "sentence":
        message = " ".join(part for part in (context["message"], context["suggestion"]) if part)
    elif code == "extra_forbidden":
        message = f"There is no such key.{_meant(last, _KEYS)}"
    elif code == "missing":
        message = "This key is required."
    elif code == "literal_error":
        given = found.get("input")
        message = f"It must be {context['expected']}.{_meant(given, _WORDS) if isinstance(given, str) else ''}"
    elif code == "secret":
        message = "It must be a text that is not empty."
    else:
        message = found["msg"].replace("Input should be", "It must be") + "."
    return {"message": message, "at": at}


def _meant(word: str, known: list[str]) -> str:
    close = get_close_matches(word[:_SHOWN], known, n=1)
    return f" Did you mean {close[0]}?" if close else ""


def _dotted(loc: tuple[str | int, ...]) -> str:
    """Write a place as people do: `faults[0].do`."""
    text = ""
    for step in loc:
        text += f"[{step}]" if isinstance(step, int) else f".{step[:_SHOWN]}" if text else step[:_SHOWN]
    return text
