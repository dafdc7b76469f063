"""The answers of the OpenAPI document: what each operation tells, its errors, and samples from the wire."""

from typing import Any

Schema = dict[str, Any]

_TEXT: Schema = {"type": "string"}
_IDENTITY: Schema = {
    "cname": _TEXT,
    "uid": _TEXT,
    "resourceId": _TEXT,
    "sid": {"type": "string", "pattern": "^[0-9a-f]{32}$"},
}
_TIME: Schema = {"type": "integer", "description": "Milliseconds since 1970 [query, zhapi]; 0 before the first file."}
_STATUS: Schema = {
    "enum": [1, 2, 3, 4, 5, 6, 7, 8, 20],
    "description": "1-3 starting, 4 ready, 5 in progress, 6-8 exiting, 20 exited abnormally [query].",
}
_UPLOADING: Schema = {"enum": ["uploaded", "backuped", "unknown"]}


def _closed(properties: Schema, *optional: str) -> Schema:
    """An object with these keys and no others."""
    return {
        "type": "object",
        "properties": properties,
        "required": [key for key in properties if key not in optional],
        "additionalProperties": False,
    }


def _ref(name: str) -> Schema:
    return {"$ref": f"#/components/schemas/{name}"}


_FILE = _closed(
    {
        "fileName": _TEXT,
        "trackType": {"enum": ["audio", "video", "audio_and_video"]},
        "uid": _TEXT,
        "mixedAllUser": {"type": "boolean"},
        "isPlayable": {"type": "boolean"},
        "sliceStartTime": _TIME,
    }
)
_WEB_FILE = _closed({"filename": _TEXT, "sliceStartTime": _TIME})
_LIST: Schema = {
    "fileListMode": {"enum": ["string", "json"], "description": "What fileList is [query]."},
    "fileList": {"oneOf": [_TEXT, {"type": "array", "items": _ref("File")}]},
}


def _service(name: str, payload: Schema) -> Schema:
    return _closed({"serviceName": {"const": name}, "payload": payload})


_WEB_RECORDER = _service(
    "web_recorder_service",
    _closed(
        {
            "fileList": {"type": "array", "items": _ref("WebFile")},
            "onhold": {"type": "boolean"},
            "state": {"enum": ["init", "inProgress", "exit"]},
        }
    ),
)
_OUTPUT = _closed(
    {"rtmpUrl": _TEXT, "status": {"enum": ["connecting", "publishing", "onhold", "disconnected"]}},
)
_STATE: Schema = {"enum": ["init", "inProgress", "exit"]}
_RTMP = _service(
    "rtmp_publish_service", _closed({"outputs": {"type": "array", "items": _OUTPUT}, "state": _STATE}, "state")
)
_UPLOAD = _service("upload_service", _closed({"uploadingStatus": _UPLOADING}))


def _told(response: Schema) -> Schema:
    return _closed({**_IDENTITY, "serverResponse": response})


def _services(*kinds: Schema) -> Schema:
    return {"type": "array", "items": {"oneOf": list(kinds)}}


SCHEMAS: dict[str, Schema] = {
    "GatewayError": _closed({"message": _TEXT}) | {"description": "Of the gateway, before the service [codes]."},
    "ServiceError": _closed(
        {"code": {"type": "integer"}, "reason": _TEXT, **_IDENTITY}, "cname", "uid", "resourceId", "sid"
    )
    | {"description": "Of the service, often with cname and uid [codes, t36773]."},
    "NestedError": _closed({"code": {"type": "integer"}, **_IDENTITY, "serverResponse": {"type": "object"}}, *_IDENTITY)
    | {"description": "The old form; switch errorBody: nested [gh:AgoraIO/API-Examples#373]."},
    "Code15": _closed({"resourceId": _TEXT, "sid": _TEXT, "code": {"const": 15}})
    | {"description": "An error of start that nobody explains [gh:AgoraIO-Extensions/Agora-Flutter-SDK#759]."},
    "Acquired": _closed({key: _IDENTITY[key] for key in ("cname", "uid", "resourceId")}, "cname", "uid"),
    "Session": _closed(_IDENTITY),
    "File": _FILE,
    "WebFile": _WEB_FILE,
    "ChannelStatus": _told(
        {
            "oneOf": [
                _closed({"status": _STATUS, **_LIST, "sliceStartTime": _TIME}),
                _closed({"status": _STATUS, "sliceStartTime": _TIME})
                | {"description": "With screenshots [zhapi, o24]."},
            ]
        }
    ),
    "WebStatus": _told(_closed({"status": _STATUS, "extensionServiceState": _services(_WEB_RECORDER, _RTMP)})),
    "ChannelStopped": _told(
        {
            "oneOf": [
                _closed({**_LIST, "uploadingStatus": _UPLOADING}),
                _closed({"uploadingStatus": _UPLOADING}) | {"description": "Of screenshots alone [stop]."},
            ]
        }
    ),
    "WebStopped": _told(_closed({"extensionServiceState": _services(_UPLOAD, _WEB_RECORDER)})),
    "Receivers": _closed(
        {"data": _closed({"service": _closed({"hosts": {"type": "array", "items": _closed({"primaryIP": _TEXT})}})})}
    ),
    "Health": {"type": "object", "properties": {"status": {"const": "ok"}}, "required": ["status"]},
}

_SERVICE, _GATEWAY = _ref("ServiceError"), _ref("GatewayError")
_BY_STATUS: dict[str, tuple[str, tuple[Schema, ...]]] = {
    "201": ("7 already started: the resourceId is in use; no sid is told [start].", (_SERVICE,)),
    "206": ("65 request not completed: the outcome is not known [codes].", (_SERVICE,)),
    "400": (
        "2 the body does not pass; acquire: 400, 401, 405, 406; start: 53; stop: 49 [codes]; 432, 433, 1001 [oerr].",
        (_SERVICE, _GATEWAY),
    ),
    "401": ("The credentials are missing or wrong [codes].", (_GATEWAY,)),
    "404": ("No such URL (message) [codes].", (_GATEWAY,)),
    "413": ("The body is larger than 1 MiB; Agora's own limit is not known.", (_GATEWAY,)),
    "429": ("More calls per second than the App ID may make [codes].", (_GATEWAY,)),
    "500": ("The backend failed: acquire 500, 501, 504; start 502, 62; ask again [codes].", (_SERVICE,)),
    "504": ("62 request timeout: ask again [codes].", (_SERVICE,)),
}
_ALWAYS = ("400", "401", "404", "413", "429")
_MORE = {
    "acquire": ("500",),
    "start": ("201", "206", "500"),
    "query": ("206", "504"),
    "update": ("206", "504"),
    "updateLayout": ("206", "504"),
    "stop": ("206", "504"),
}
_GONE = (
    "404 failed to find worker: ended, not started, or failing over for up to 90 s [codes]; or no such URL (message).",
    (_SERVICE, _ref("NestedError"), _GATEWAY),
)


def good(operation: str, mode: str | None) -> str:
    """Name the schema of the 200."""
    channel = {"query": "ChannelStatus", "stop": "ChannelStopped"}
    web = {"query": "WebStatus", "stop": "WebStopped"}
    if operation == "acquire":
        return "Acquired"
    return (web if mode == "web" else channel).get(operation, "Session")


def answers(operation: str, mode: str | None) -> Schema:
    """Make the `responses` of an operation: its 200 and every error of the facts' section 7."""
    made = {"200": _response("Done.", _ref(good(operation, mode)))}
    for status in sorted({*_ALWAYS, *_MORE[operation]}):
        text, shapes = _BY_STATUS[status]
        if status == "404" and operation not in {"acquire", "start"}:
            text, shapes = _GONE
        if status == "206" and operation == "stop":
            text += " 435 no recorded data: it is stopped, nothing was sent."
        if status == "500" and operation == "start":
            shapes = (*shapes, _ref("Code15"))
        made[status] = _response(text, *shapes)
    return made


def simple(schema: str, *statuses: str) -> Schema:
    """Make the `responses` of what is no recording operation."""
    errors = {status: _response(*_flat(_BY_STATUS[status])) for status in statuses}
    return {"200": _response("Done.", _ref(schema)), **errors}


def _flat(row: tuple[str, tuple[Schema, ...]]) -> tuple[Any, ...]:
    return row[0], *row[1]


def _response(description: str, *schemas: Schema) -> Schema:
    schema = schemas[0] if len(schemas) == 1 else {"anyOf": list(schemas)}
    headers = {"X-Request-Id": {"schema": _TEXT, "description": "Read by the official clients [go, java]."}}
    return {"description": description, "headers": headers, "content": {"application/json": {"schema": schema}}}
