"""The JSON Schema of a manifest, for editors; made from the models, so it cannot say anything else."""

from collections.abc import Mapping
from typing import Any

from takeup.core.schema.attribute import Attr, Model
from takeup.core.schema.handover import BuiltToken, HandoverSpec, LifecycleSpec
from takeup.core.schema.kinds import PROFILES, SPECS, RecordingSpec
from takeup.core.schema.sets import RECORDING_SET, RecordingSetSpec
from takeup.core.schema.table import model_in

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
    models: dict[str, type[Model]] = {kind.value: model for kind, model in SPECS.items()}
    models |= {kind: model for kind, (_, model) in PROFILES.items()}
    models[RECORDING_SET] = RecordingSetSpec
    documents = []
    own = _definitions(HandoverSpec)
    definitions |= {name: made for name, made in own.items() if name != HandoverSpec.__name__}
    for kind, model in models.items():
        for name, made in _definitions(model).items():
            definitions.setdefault(name, made)
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
    if issubclass(model, RecordingSpec):
        properties["lifecycle"] = {"$ref": f"#/$defs/{LifecycleSpec.__name__}", "description": "How it is replaced."}
        own = _definitions(HandoverSpec)[HandoverSpec.__name__]["properties"]
        properties |= {name: own[name] for name in ("redundancy", "secondUid")}
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
