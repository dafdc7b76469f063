"""Variables: how takeup.yaml declares them, and what a value must be like. Where values come from is in `settling`."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from math import isfinite
from typing import Annotated, Any, Literal

from pydantic import Field, PlainValidator, ValidationError

from takeup.core.schema.attribute import UNSET, Attr, Model
from takeup.core.schema.table import attributes_of
from takeup.core.secret import Secret
from takeup.manifest.problem import quote
from takeup.manifest.reader import Reference, read_text
from takeup.manifest.scalars import resolve
from takeup.manifest.translate import Finding, translate

NAME = re.compile(r"[a-z][A-Za-z0-9_]{0,62}")
_LIST = "list of string"
_NUMBERS = ("integer", "number")
_SHOWN_LENGTH = 60
Type = Literal["string", "integer", "number", "boolean", "list of string"]


def _any(value: object) -> object:
    return value


_Value = Annotated[Any, PlainValidator(_any)]


class VariableSettings(Model):
    """spec.variables.NAME."""

    type: Annotated[Type, Attr("What its values are.")] = "string"
    default: Annotated[_Value, Attr("Its value where none is given; without a default one must be given.")] = UNSET
    description: Annotated[str, Field(min_length=1), Attr("What it is for.")] = UNSET
    pattern: Annotated[str, Field(min_length=1, max_length=500), Attr("Regular expression for the whole text.")] = UNSET
    oneOf: Annotated[list[_Value], Field(min_length=1), Attr("The possible values.")] = UNSET  # noqa: N815 - a key of YAML
    min: Annotated[_Value, Attr("The smallest value (integer and number).")] = UNSET
    max: Annotated[_Value, Attr("The largest value (integer and number).")] = UNSET
    sensitive: Annotated[bool, Attr("Whether it is a secret, which is shown nowhere.")] = False


_TABLE = attributes_of(VariableSettings)


@dataclass(frozen=True, slots=True)
class Declared:
    """One variable as takeup.yaml declares it."""

    name: str
    type: Type
    settings: VariableSettings

    @property
    def sensitive(self) -> bool:
        """Whether it is a secret."""
        return self.settings.sensitive


@dataclass(frozen=True, slots=True)
class Variable:
    """One variable and its value: None where it is not known (`validate` demands none), a Secret if it is sensitive."""

    name: str
    type: Type
    sensitive: bool
    value: Any
    source: str
    description: str = ""


def declarations(given: object) -> tuple[dict[str, Declared], list[Finding]]:
    """Read spec.variables; one that is declared wrongly is told, and is known by its name and type at least."""
    if not isinstance(given, dict):
        return {}, [Finding((), "variables must be a mapping.", "Write variables: {term: {default: ws26}}.")]
    declared, findings = {}, []
    for name, body in given.items():
        if not NAME.fullmatch(name):
            text = f"{name[:60]!r} is no name of a variable."
            hint = (
                "Begin with a small letter, go on with letters, digits and _: the environment has it as TAKEUP_VAR_x."
            )
            findings.append(Finding((name,), text, hint, at_key=True))
            continue
        settings = None
        if isinstance(body, dict):
            try:
                settings = VariableSettings.model_validate(body)
            except ValidationError as error:
                found = translate(error.errors(include_url=False), _TABLE)
                findings += (_below(name, item) for item in found)
        else:
            findings.append(
                Finding((name,), f"The variable {name} must be a mapping.", "Write for example {default: x}.")
            )
        if settings is not None:
            wrong = [_below(name, item) for item in _fits(settings)]
            findings += wrong
            settings = None if wrong else settings
        declared[name] = Declared(name, settings.type if settings else "string", settings or VariableSettings())
    return declared, findings


def _below(name: str, finding: Finding) -> Finding:
    return Finding(
        (name, *finding.path), f"variables.{name}: {finding.message}", finding.suggestion, at_key=finding.at_key
    )


def _fits(settings: VariableSettings) -> Iterator[Finding]:
    """Tell what in a declaration does not fit its type."""
    if settings.sensitive and settings.type != "string":
        yield Finding(("sensitive",), "Only a variable of type string can be sensitive.", "Leave out type.")
    if settings.pattern is not None:
        if settings.type not in {"string", _LIST}:
            yield Finding(
                ("pattern",), f"pattern is for texts, not for type {settings.type}.", "Use oneOf, min or max."
            )
        try:
            re.compile(settings.pattern)
        except (re.error, RecursionError, OverflowError) as error:
            text = f"pattern is no regular expression: {getattr(error, 'msg', 'it is too large')}."
            yield Finding(("pattern",), text, "Correct it.")
    yield from _choices(settings)


def _choices(settings: VariableSettings) -> Iterator[Finding]:
    """Tell which bounds and choices are of another type."""
    bounds = VariableSettings(type=settings.type)
    for key in ("min", "max"):
        bound = getattr(settings, key)
        if bound is None:
            continue
        if settings.type not in _NUMBERS:
            yield Finding((key,), f"{key} is for type integer and number only.", "Use pattern or oneOf.")
        elif wrong := misfit(bounds, bound):
            yield Finding((key,), f"{key} {wrong[0]}", wrong[1])
    element = VariableSettings(type="string" if settings.type == _LIST else settings.type)
    for index, choice in enumerate(settings.oneOf or ()):
        if wrong := misfit(element, choice):
            yield Finding(("oneOf", index), f"A value of oneOf {wrong[0]}", wrong[1])


def misfit(settings: VariableSettings, value: object) -> tuple[str, str] | None:
    """Say how a value fails its declaration: how a sentence goes on behind its subject, and what would be right.

    The value of a sensitive variable is in neither.
    """
    if not _is(value, settings.type):
        return f"must be {_WHAT[settings.type]}, not {_kind(value)}.", _HINTS[settings.type]
    for item in value if isinstance(value, list) else [value]:
        shown = "this value" if settings.sensitive else _shown(item)
        if settings.oneOf is not None and item not in settings.oneOf:
            return f"cannot be {shown}.", f"Use one of {', '.join(map(_shown, settings.oneOf))}."
        if settings.pattern is not None and not re.fullmatch(settings.pattern, str(item)):
            return f"does not match its pattern: {shown}.", f"It must match {settings.pattern}"
        if settings.min is not None and item < settings.min:
            return f"is {shown}, which is too small.", f"It must be at least {settings.min}."
        if settings.max is not None and item > settings.max:
            return f"is {shown}, which is too large.", f"It must be at most {settings.max}."
    return None


def from_text(settings: VariableSettings, text: str) -> Any:  # noqa: ANN401 - of the variable's type, if the text fits it
    """Read a text, of a flag or of the environment, as the declaration wants it."""
    if settings.type == "string":
        return text
    if settings.type == _LIST:
        documents, problems = read_text(text.encode("utf-8", "replace"), name="")
        return documents[0].value if not problems and len(documents) == 1 else text
    return resolve(text)


def kept(settings: VariableSettings, value: Any) -> Any:  # noqa: ANN401 - the value of a variable
    """The value as it is handed on: a secret cannot be shown by accident."""
    return Secret(value) if settings.sensitive else value


def as_text(value: object) -> str | None:
    """The value inside of a text, or None for one that cannot stand there."""
    if isinstance(value, bool):
        return str(value).lower()
    return str(value) if isinstance(value, str | int | float) else None


def _is(value: object, kind: Type) -> bool:
    if kind == _LIST:
        return isinstance(value, list) and all(isinstance(item, str) for item in value)
    if kind == "number":
        return isinstance(value, int | float) and not isinstance(value, bool) and isfinite(value)
    return type(value) is {"string": str, "integer": int, "boolean": bool}[kind]


_WHAT = {
    "string": "a text",
    "integer": "a whole number",
    "number": "a number",
    "boolean": "true or false",
    _LIST: "a list of texts",
}
_HINTS = {
    "string": "Quote it, or declare another type.",
    "integer": "Write digits without quotes, or declare another type.",
    "number": "Write it without quotes, or declare another type.",
    "boolean": "Write true or false, without quotes.",
    _LIST: "Write [a, b].",
}


def _kind(value: object) -> str:
    if value is None:
        return "empty"
    if isinstance(value, Reference):
        return "a reference"
    names = {bool: "true or false", int: "a whole number", float: "a fraction", str: "a text", list: "such a list"}
    return names.get(type(value), "a mapping")


def _shown(value: object) -> str:
    return quote(value) if isinstance(value, str) else (as_text(value) or "a list")[:_SHOWN_LENGTH]
