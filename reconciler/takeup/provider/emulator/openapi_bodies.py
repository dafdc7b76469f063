"""The request bodies of the OpenAPI document: JSON Schemas made of the field table."""

from typing import Any

from takeup.provider.emulator.fields import ENVELOPE, FIELDS, Field

Schema = dict[str, Any]

_UID = (
    "^([1-9][0-9]{0,8}|[1-3][0-9]{9}|4[01][0-9]{8}|42[0-8][0-9]{7}|429[0-3][0-9]{6}|4294[0-8][0-9]{5}"
    "|42949[0-5][0-9]{4}|429496[0-6][0-9]{3}|4294967[01][0-9]{2}|42949672[0-8][0-9]|429496729[0-5])$"
)
"""1 to 2^32-1 in decimal digits [acq]."""
_LIMITS = {"cname": {"minLength": 1, "maxLength": 1024}, "uid": {"pattern": _UID}}
_SERVICES = "extensionServices"
_ONE_SERVICE = f"{_SERVICES}["
_SIMPLE = {"strings": "string", "objects": "object"}


def body(operation: str, mode: str | None) -> Schema:
    """Make the schema of a POST body: cname, uid and the clientRequest of the operation.

    Args:
        operation: acquire, start, update, updateLayout or stop.
        mode: leaves out what the mode does not have; None keeps everything.
    """
    schema = _object()
    for field in ENVELOPE:
        _add(schema, field.path, field)
        schema["properties"][field.path].update(_LIMITS.get(field.path, {}))
    request = schema["properties"]["clientRequest"]
    for field in FIELDS[operation]:
        if mode is None or mode in field.modes:
            _add(request, field.path, field)
    _split_services(request)
    return schema


def _object() -> Schema:
    return {"type": "object", "properties": {}}


def _add(schema: Schema, path: str, field: Field) -> None:
    """Put a field where its path says; the objects on the way are made where they have no row of their own."""
    *way, name = path.split(".")
    for step in way:
        if field.retired and step not in schema.get("properties", {}):
            name = step  # whatever stands in a retired object is accepted and ignored
            break
        key, _, element = step.partition("[")
        # Each extension service has its own schema; for the time being it stands under its name.
        name_here = step if element not in {"", "]"} else key
        schema = schema.setdefault("properties", {}).setdefault(name_here, _object())
        if element == "]":
            schema = schema.setdefault("items", _object())
    schema.setdefault("properties", {}).setdefault(name, {}).update(_value(field))
    if field.must_be_sent:
        schema.setdefault("required", []).append(name)


def _value(field: Field) -> Schema:
    """Describe the value of a field."""
    if field.retired:
        return {"description": f"{field.doc} [{field.source}]".lstrip(), "deprecated": True}
    kind = _SIMPLE.get(field.type, field.type)
    value: Schema = {"type": kind}
    if field.allowed:
        value["enum"] = [*field.allowed, *([""] if kind == "string" and _may_be_empty(field) else [])]
    if field.pattern:
        value["pattern"] = f"^({field.pattern})$" if not _may_be_empty(field) else f"^({field.pattern})?$"
    if kind == "string" and field.required:
        value["minLength"] = 1
    if field.low is not None:
        value["minimum"] = field.low
    if field.high is not None:
        value["maximum"] = field.high
    if field.type in _SIMPLE:
        value = {"type": "array", "items": value}
        if field.max_items is not None:
            value["maxItems"] = field.max_items
    value["description"] = f"{field.doc} [{field.source}]".lstrip()
    return value


def _may_be_empty(field: Field) -> bool:
    """Whether the empty text stands for a value that is not set."""
    return field.type == "string" and not field.required


def _split_services(request: Schema) -> None:
    """Make one alternative for each extension service, told apart by its serviceName."""
    config = request["properties"].get("extensionServiceConfig")
    if config is None:
        return
    properties = config["properties"]
    common = properties[_SERVICES]["items"]
    alternatives = []
    for key in [key for key in properties if key.startswith(_ONE_SERVICE)]:
        service = properties.pop(key)
        name = key.removeprefix(_ONE_SERVICE).rstrip("]")
        alternatives.append(
            {
                "type": "object",
                "title": name,
                "properties": {**common["properties"], "serviceName": {"const": name}, **service["properties"]},
                "required": ["serviceName", *service.get("required", ())],
            }
        )
    properties[_SERVICES]["items"] = {"oneOf": alternatives}
