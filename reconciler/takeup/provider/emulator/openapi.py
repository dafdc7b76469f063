"""The emulator's own description, as an OpenAPI 3.1 document: made of the field table, served at /openapi.json."""

import json
from collections.abc import Iterator
from functools import cache
from typing import Any

from takeup import __version__
from takeup.provider.emulator import openapi_samples as samples
from takeup.provider.emulator.openapi_answers import SCHEMAS, answers, good, simple
from takeup.provider.emulator.openapi_bodies import body
from takeup.provider.emulator.routes import RECEIVERS, REGIONS
from takeup.provider.emulator.world import MODES

Json = dict[str, Any]

_APP = "/v1/apps/{appid}/cloud_recording"
_RESOURCE = f"{_APP}/resourceid/{{resourceid}}"
_SESSION = f"{_RESOURCE}/sid/{{sid}}"
_DOCS: dict[str, str] = {
    "acquire": "Reserves a resourceId; good for one start within five minutes [acq].",
    "start": "Starts a session; 200 means accepted, not running [start].",
    "query": "Tells the status and the files of a session [query].",
    "update": "Overwrites the groups that are sent [update].",
    "updateLayout": "Overwrites the whole layout of a mixed video; what is left out returns to its default [ul].",
    "stop": "Stops a session and waits for the upload, unless async_stop is true [stop].",
}
_DESCRIPTION = (
    "The RESTful API of Agora Cloud Recording as takeup's emulator speaks it. "
    "Words in brackets name the source of a fact; facts that Agora leaves open are switches of the emulator, "
    "and this document shows their default."
)


def _of_path(name: str, description: str, example: str) -> Json:
    return {
        "name": name,
        "in": "path",
        "required": True,
        "description": description,
        "schema": {"type": "string", "minLength": 1},
        "example": example,
    }


_PARAMETERS = {
    "appid": _of_path("appid", "App ID of the project [start].", "0123456789abcdef0123456789abcdef"),
    "resourceid": _of_path("resourceid", "What acquire answered; opaque [acq].", "cGduVnmGSjtU"),
    "sid": _of_path("sid", "What start answered, 32 hexadecimal digits [start].", "38f8e3cfdc474cd56fc1ceba380d7e1a"),
}


@cache
def content() -> bytes:
    """Give the document as JSON in UTF-8."""
    return json.dumps(document(), separators=(",", ":")).encode()


def document() -> Json:
    """Make the OpenAPI 3.1 document: the six operations in each mode, the receiver addresses and the health."""
    return {
        "openapi": "3.1.0",
        "info": {"title": "Agora Cloud Recording, emulated", "version": __version__, "description": _DESCRIPTION},
        "servers": [{"url": "/"}, *({"url": f"/{region}"} for region in sorted(REGIONS))],
        "security": [{"basic": []}],
        "tags": [
            {"name": "recording", "description": "The six operations [ov]."},
            {"name": "notifications", "description": "Where webhooks come from [ncs]."},
            {"name": "emulator", "description": "What only the emulator has."},
        ],
        "paths": dict(_paths()),
        "components": {
            "securitySchemes": {
                "basic": {"type": "http", "scheme": "basic", "description": "customerId and customerSecret [auth]."}
            },
            "parameters": _PARAMETERS,
            "schemas": SCHEMAS,
        },
    }


def _paths() -> Iterator[tuple[str, Json]]:
    yield f"{_APP}/acquire", _path("post", "acquire", None, "appid")
    for mode in MODES:
        yield f"{_RESOURCE}/mode/{mode}/start", _path("post", "start", mode, "appid", "resourceid")
    for operation in ("query", "update", "updateLayout", "stop"):
        for mode in ("mix",) if operation == "updateLayout" else MODES:
            method = "get" if operation == "query" else "post"
            path = _path(method, operation, mode, "appid", "resourceid", "sid")
            yield f"{_SESSION}/mode/{mode}/{operation}", path
    for version in ("v1", "v2"):
        yield f"/{version}/ncs/ip", _get(f"{RECEIVERS}-{version}", "notifications", "Receivers", "401", "404", "429")
    yield "/healthz", _get("health", "emulator", "Health") | {"servers": [{"url": "/"}]}


def _path(method: str, operation: str, mode: str | None, *parameters: str) -> Json:
    """Describe one path with its one operation."""
    described: Json = {
        "operationId": operation if mode is None else f"{operation}-{mode}",
        "tags": ["recording"],
        "summary": operation if mode is None else f"{operation} ({mode})",
        "description": _DOCS[operation],
        "responses": answers(operation, mode),
    }
    if method == "post":
        example = samples.REQUESTS[operation, mode]
        content = {"schema": body(operation, mode), "examples": {"sample": {"value": example}}}
        described["requestBody"] = {"required": True, "content": {"application/json": content}}
    _show(described["responses"], operation, mode)
    links = _links(operation, mode)
    if links:
        described["responses"]["200"]["links"] = links
    return {
        "parameters": [{"$ref": f"#/components/parameters/{name}"} for name in parameters],
        method: described,
    }


def _show(responses: Json, operation: str, mode: str | None) -> None:
    """Put a sample beside each answer that was seen on the wire."""
    found = {**samples.ERRORS, "200": samples.ANSWERS[good(operation, mode)]}
    if operation not in {"acquire", "start"}:
        found["404"] = samples.GONE
    for status, response in responses.items():
        if status in found:
            response["content"]["application/json"]["examples"] = {"sample": {"value": found[status]}}


def _links(operation: str, mode: str | None) -> Json:
    """Tell which operations take what this one answered."""
    if operation == "acquire":
        following, names = [f"start-{each}" for each in MODES], ["resourceId"]
    elif operation == "start":
        more = ("updateLayout",) if mode == "mix" else ()
        following = [f"{name}-{mode}" for name in ("query", "update", *more, "stop")]
        names = ["resourceId", "sid"]
    else:
        return {}
    given = {"appid": "$request.path.appid"} | {name.lower(): f"$response.body#/{name}" for name in names}
    who = {"cname": "$request.body#/cname", "uid": "$request.body#/uid"}
    return {
        name: {"operationId": name, "parameters": given} | ({} if name.startswith("query") else {"requestBody": who})
        for name in following
    }


def _get(name: str, tag: str, schema: str, *errors: str) -> Json:
    described: Json = {"operationId": name, "tags": [tag], "summary": name, "responses": simple(schema, *errors)}
    if not errors:
        described["security"] = []
    return {"get": described}
