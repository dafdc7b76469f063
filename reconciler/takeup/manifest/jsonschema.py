"""The JSON Schema of a manifest, for editors; made from the models, so it cannot say anything else."""

from collections.abc import Mapping
from typing import Any

from takeup.core.schema.attribute import Attr, Model
from takeup.core.schema.built_token import BuiltToken
from takeup.core.schema.kinds import PROFILES, SPECS, RecordingSpec
from takeup.core.schema.sets import RECORDING_SET, RecordingSetSpec
from takeup.core.schema.table import model_in
from takeup.core.schema.upkeep import UpkeepSpec

_REFERENCE = {"$ref": "#/$defs/Reference"}
_REFERENCE_DEF = {
    "description": "A value that stands elsewhere: in an environment variable, in a file of the project, "
    "or in a variable of takeup.yaml.",
    "oneOf": [
        {
            "type": "object",
            "properties": {key: {"type": "string", "minLength": 1}},
            "required": [key],
            "additionalProperties": False,
        }
        for key in ("fromEnv", "fromFile", "var")
    ],
}
_TEMPLATE = {"$ref": "#/$defs/Template"}
_TEMPLATE_DEF = {
    "description": "A text with {{ var.NAME }} in it, and in the template of a RecordingSet {{ column }}.",
    "type": "string",
    "pattern": r"\{\{",
}


def manifest_schema() -> dict[str, Any]:
    """Make the schema (draft 2020-12) of one manifest document."""
    definitions: dict[str, Any] = {"Reference": _REFERENCE_DEF, "Template": _TEMPLATE_DEF}
    own = _definitions(UpkeepSpec)
    upkeep = own.pop(UpkeepSpec.__name__)["properties"]
    definitions |= own
    models: dict[str, type[Model]] = {kind.value: model for kind, model in SPECS.items()}
    models |= {kind: model for kind, (_, model) in PROFILES.items()}
    models[RECORDING_SET] = RecordingSetSpec
    documents = []
    for kind, model in models.items():
        for name, made in _definitions(model).items():
            definitions.setdefault(name, made)
        if issubclass(model, RecordingSpec):
            properties = definitions[model.__name__]["properties"]  # its token may be built, as it says itself
            properties |= {key: made for key, made in upkeep.items() if key != "token"}
        documents.append(_document(kind, model))
    _complete_sets(definitions)
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "takeup manifest",
        "oneOf": documents,
        "$defs": definitions,
    }


def _complete_sets(definitions: dict[str, Any]) -> None:
    """Say what stands in the template of a set: the spec of its kind, but for the uid that uidRange may give."""
    template = definitions["MemberTemplate"]
    choices = []
    for kind, model in SPECS.items():
        whole = definitions[model.__name__]
        name = f"{model.__name__}OfMember"
        definitions[name] = {**whole, "required": [key for key in whole["required"] if key != "uid"]}
        choices.append({"properties": {"kind": {"const": kind.value}, "spec": {"$ref": f"#/$defs/{name}"}}})
    definitions["MemberTemplate"] = {**template, "oneOf": choices}


def _document(kind: str, model: type[Model]) -> dict[str, Any]:
    label = r"^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$"
    return {
        "title": kind,
        "type": "object",
        "properties": {
            "apiVersion": {"const": "takeup/v1"},
            "kind": {"const": kind},
            "metadata": {
                "type": "object",
                "properties": {
                    "name": {"type": "string", "pattern": label},
                    "labels": {"type": "object", "additionalProperties": {"type": "string"}},
                },
                "required": ["name"],
                "additionalProperties": False,
            },
            "spec": {"$ref": f"#/$defs/{model.__name__}"},
        },
        "required": ["apiVersion", "kind", "metadata", "spec"],
        "additionalProperties": False,
    }


def _plain(schema: Any) -> Any:  # noqa: ANN401 - any part of a schema
    """The same without references: takeup's own keys stand in the manifest itself."""
    if isinstance(schema, list):
        return [_plain(item) for item in schema if item != _REFERENCE]
    if not isinstance(schema, dict):
        return schema
    kept = {key: _plain(value) for key, value in schema.items()}
    return kept.pop("anyOf")[0] | kept if len(kept.get("anyOf", ())) == 1 else kept


def _definitions(model: type[Model]) -> dict[str, Any]:
    """Make the definitions of a model and of all models in it."""
    schema = model.model_json_schema(ref_template="#/$defs/{model}")
    inner = schema.pop("$defs", {})
    made = {model.__name__: schema, **inner}
    classes = dict(_models(model))
    return {name: _described(classes[name], body) for name, body in made.items()}


def _models(model: type[Model]) -> list[tuple[str, type[Model]]]:
    found = [(model.__name__, model)]
    for info in model.model_fields.values():
        inner, _ = model_in(info.annotation)
        if inner is not None:
            found += _models(inner)
    return found


def _described(model: type[Model], body: Mapping[str, Any]) -> dict[str, Any]:
    properties = {}
    for name, given in body["properties"].items():
        info = model.model_fields[name]
        attr = next(meta for meta in info.metadata if isinstance(meta, Attr))
        made = {key: value for key, value in given.items() if key != "title"}
        default = made.pop("default", None)
        made = _referable(made, is_object=model_in(info.annotation)[0] is not None)
        if name == "profile":
            made = {"type": "string", "minLength": 1}
        if name == "token" and issubclass(model, RecordingSpec):
            made = {"anyOf": [*made["anyOf"], {"$ref": f"#/$defs/{BuiltToken.__name__}"}]}
        made["description"] = f"{attr.doc} Unit: {attr.unit}." if attr.unit else attr.doc
        if default is not None:
            made["default"] = default
        properties[name] = made
    kept = {key: value for key, value in body.items() if key not in {"title", "properties"}}
    if "profile" in properties and kept.get("required"):
        kept["anyOf"] = [{"required": kept.pop("required")}, {"required": ["profile"]}]
    return {**kept, "properties": properties}


def _referable(schema: dict[str, Any], *, is_object: bool) -> dict[str, Any]:
    """Let a single value be a reference too."""
    if is_object:
        return schema
    if schema.get("type") == "array":
        items = {key: value for key, value in schema["items"].items() if key != "title"}
        return {"anyOf": [{**schema, "items": {"anyOf": [items, _REFERENCE, _TEMPLATE]}}, _REFERENCE]}
    if schema.get("type") == "object":
        return schema
    return {"anyOf": [{key: value for key, value in schema.items() if value is not None}, _REFERENCE, _TEMPLATE]}
