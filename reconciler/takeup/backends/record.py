"""Reads JSON objects key by key, and says in a sentence what is wrong with them. Pure."""

import json
from collections.abc import Collection
from datetime import UTC, datetime
from typing import Any, NoReturn

from takeup.core.address import Address
from takeup.errors import StateError

_RESTORE = "Restore the file from its .backup or from version control."


class Record:
    """A JSON object whose keys are taken one by one; what is left over at the end is foreign."""

    def __init__(self, value: object, where: str, source: str) -> None:
        self.where = where
        self.source = source
        if not isinstance(value, dict):
            refuse(source, f"is damaged: {where} is not an object")
        self._left: dict[str, Any] = dict(value)

    def _take(self, key: str, kind: type, what: str, *, optional: bool = False) -> Any:  # noqa: ANN401 -- JSON
        value = self._left.pop(key, None)
        if value is None and optional:
            return None
        if not isinstance(value, kind) or isinstance(value, bool):
            found = "is missing" if value is None else f"is not {what}"
            refuse(self.source, f"is damaged: in {self.where}, {key} {found}")
        return value

    def integer(self, key: str) -> int:
        """A whole number."""
        return int(self._take(key, int, "a whole number"))

    def optional_integer(self, key: str) -> int | None:
        """A whole number, or None where the key is missing."""
        value = self._take(key, int, "a whole number", optional=True)
        return None if value is None else int(value)

    def serial(self) -> int:
        """The serial; never below 0."""
        serial = self.integer("serial")
        if serial < 0:
            refuse(self.source, f"is damaged: in {self.where}, serial is negative")
        return serial

    def count(self, key: str) -> int:
        """A whole number from 0 on; 0 where the key is missing."""
        number = int(self._take(key, int, "a whole number", optional=True) or 0)
        if number < 0:
            refuse(self.source, f"is damaged: in {self.where}, {key} is negative")
        return number

    def flag(self, key: str) -> bool:
        """True or false; false where the key is missing."""
        value = self._left.pop(key, None)
        if value is not None and not isinstance(value, bool):
            refuse(self.source, f"is damaged: in {self.where}, {key} is neither true nor false")
        return bool(value)

    def text(self, key: str) -> str:
        """A string."""
        return str(self._take(key, str, "a string"))

    def optional_text(self, key: str) -> str | None:
        """A string, or None where the key is missing."""
        value = self._take(key, str, "a string", optional=True)
        return None if value is None else str(value)

    def choice(self, key: str, among: Collection[str]) -> str:
        """One of these strings."""
        value = self.text(key)
        if value not in among:
            refuse(self.source, f"is damaged: in {self.where}, {key} is none of {', '.join(among)}")
        return value

    def mapping(self, key: str) -> dict[str, Any]:
        """An object."""
        return dict(self._take(key, dict, "an object"))

    def optional_mapping(self, key: str) -> dict[str, Any] | None:
        """An object, or None where the key is missing."""
        value = self._take(key, dict, "an object", optional=True)
        return None if value is None else dict(value)

    def sequence(self, key: str) -> list[Any]:
        """A list of anything."""
        return list(self._take(key, list, "a list"))

    def optional_sequence(self, key: str) -> list[Any] | None:
        """A list of anything, or None where the key is missing."""
        value = self._take(key, list, "a list", optional=True)
        return None if value is None else list(value)

    def mappings(self, key: str) -> list[dict[str, Any]]:
        """A list of objects."""
        values = self.sequence(key)
        if not all(isinstance(value, dict) for value in values):
            refuse(self.source, f"is damaged: in {self.where}, {key} is not a list of objects")
        return values

    def texts(self, key: str) -> tuple[str, ...]:
        """Strings; none where the key is missing."""
        values = self._take(key, list, "a list", optional=True) or []
        if not all(isinstance(value, str) for value in values):
            refuse(self.source, f"is damaged: in {self.where}, {key} is not a list of strings")
        return tuple(values)

    def time(self, key: str) -> datetime:
        """A time in UTC."""
        return self._as_time(key, self.text(key))

    def optional_time(self, key: str) -> datetime | None:
        """A time in UTC, or None where the key is missing."""
        value = self.optional_text(key)
        return None if value is None else self._as_time(key, value)

    def _as_time(self, key: str, text: str) -> datetime:
        try:
            # "z" makes a text without the Z of UTC unreadable
            return datetime.fromisoformat(text if text.endswith("Z") else "z").astimezone(UTC)
        except (ValueError, OverflowError) as error:
            raise damage(
                self.source, f"is damaged: in {self.where}, {key} is not a UTC time like 2026-01-31T08:00:00Z"
            ) from error

    def done(self) -> None:
        """Refuse what nobody took: the next write would lose it."""
        if self._left:
            keys = ", ".join(sorted(self._left))
            refuse(self.source, f"holds what this takeup does not know: {keys} in {self.where}")


def parse(data: bytes, source: str, what: str) -> dict[str, Any]:
    """A JSON object without twin keys, and without what is no JSON.

    Raises:
        StateError: it is none.
    """
    try:
        value = json.loads(data, object_pairs_hook=_no_twins, parse_constant=_no_constant)
    except (ValueError, RecursionError) as error:
        raise damage(source, f"is truncated or not JSON ({error})") from error
    if not isinstance(value, dict):
        refuse(source, f"is no {what}: it is not a JSON object")
    return value


def _no_twins(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    result = dict(pairs)
    if len(result) != len(pairs):
        raise ValueError("a key stands twice in one object")
    return result


def _no_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not JSON")


def to_address(text: str, where: str, source: str) -> Address:
    """An address; one that is none is damage."""
    try:
        return Address.parse(text)
    except ValueError as error:
        raise damage(source, f"is damaged: in {where}, {text!r} is not an address") from error


def damage(source: str, problem: str, hint: str = _RESTORE) -> StateError:
    """What is wrong with a file, as an error."""
    return StateError(f"{source} {problem}. Nothing was changed.", hint=hint)


def refuse(source: str, problem: str, hint: str = _RESTORE) -> NoReturn:
    """Raise it."""
    raise damage(source, problem, hint)
