"""How one attribute is declared: beside its type stand its effect, its source and its words."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from pydantic import BaseModel, ConfigDict, GetCoreSchemaHandler, GetJsonSchemaHandler
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema, PydanticCustomError, core_schema

UNSET: Any = None
"""The default of an attribute for which Agora has none. It is never sent and never dumped."""


class Effect(StrEnum):
    """What a change of an attribute costs on a running session."""

    UPDATE = "update"
    UPDATE_LAYOUT = "updateLayout"
    REPLACE = "replace"
    NONE = "none"  # write-only: takes effect at the next start


@dataclass(frozen=True, slots=True)
class Attr:
    """What the planner, the renderers, the JSON Schema and the reference page need to know of an attribute.

    Args:
        doc: one sentence for the reference page.
        effect: what changing it costs on a running session.
        group: for `Effect.UPDATE`, the part of the update request that carries it.
        source: keys of the fact sheet's `sources`.
        unit: the unit of a number.
        set_like: the order of the list means nothing.
        implied: an object whose absence means that all its attributes have their defaults.
        note: what is conflicting (C) or unconfirmed (U), and what takeup chose.
        wire: the path in Agora's `clientRequest`, where it is not the path of the manifest.
    """

    doc: str
    effect: Effect = Effect.REPLACE
    group: str = ""
    source: str = "start"
    unit: str = ""
    set_like: bool = False
    implied: bool = False
    note: str = ""
    wire: str = ""


class Model(BaseModel):
    """Base of every model: strict, frozen, no unknown keys."""

    model_config = ConfigDict(strict=True, frozen=True, extra="forbid", arbitrary_types_allowed=True)


@dataclass(frozen=True, slots=True)
class Named:
    """A number of the API that may be written by its name; validates to the number."""

    names: Mapping[str, int]
    aliases: Mapping[str, int] = field(default_factory=dict)

    def __get_pydantic_core_schema__(self, source: object, handler: GetCoreSchemaHandler) -> CoreSchema:
        """Accept a name or the number, and nothing else."""
        numbers = frozenset(self.names.values())
        table = {**self.names, **self.aliases}

        def to_number(value: object) -> int:
            if type(value) is int and value in numbers:
                return value
            if type(value) is str and value in table:
                return table[value]
            raise PydanticCustomError(
                "named",
                "{value} is not one of its values",
                {"value": repr(value), "allowed": list(self.names), "numbers": sorted(numbers)},
            )

        return core_schema.no_info_plain_validator_function(to_number)

    def __get_pydantic_json_schema__(self, schema: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        """An enumeration of the names, then the numbers."""
        return {"enum": [*self.names, *sorted(set(self.names.values())), *self.aliases]}

    def name_of(self, number: object) -> str | None:
        """The name of a number, or None."""
        return next((name for name, value in self.names.items() if value == number), None)

    def __hash__(self) -> int:
        return hash(tuple(self.names.items()))
