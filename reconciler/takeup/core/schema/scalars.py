"""The types of single values: uids, names, secrets, colours, URLs."""

import re
from typing import Annotated, Any

from pydantic import AfterValidator, Field, GetCoreSchemaHandler, GetJsonSchemaHandler, WithJsonSchema
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema, PydanticCustomError, core_schema

from takeup.core.secret import Secret

ALL_STREAMS = "#allstream#"
MAX_UID = 2**32 - 1
_CNAME = re.compile(r"[A-Za-z0-9 !#$%&()+\-:;<=.>?@\[\]^_{}|~,]+")
_COLOUR = re.compile(r"#[0-9A-Fa-f]{6}")


def _check_uid(value: object) -> str:
    if type(value) is str and value.isascii() and value.isdigit() and value[0] != "0" and int(value) <= MAX_UID:
        return value
    raise PydanticCustomError("uid", "{value} is not a uid", {"value": repr(value), "raw": value})


def _check_stream_uid(value: object) -> str:
    return ALL_STREAMS if value == ALL_STREAMS else _check_uid(value)


class _UidType:
    """A decimal string 1..4294967295, optionally the wildcard of a subscription list."""

    def __init__(self, *, wildcard: bool) -> None:
        self.wildcard = wildcard

    def __get_pydantic_core_schema__(self, source: object, handler: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.no_info_plain_validator_function(_check_stream_uid if self.wildcard else _check_uid)

    def __get_pydantic_json_schema__(self, schema: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        decimal = r"^[1-9][0-9]{0,9}$"
        if self.wildcard:
            return {"type": "string", "pattern": rf"{decimal}|^{ALL_STREAMS}$"}
        return {"type": "string", "pattern": decimal}


Uid = Annotated[str, _UidType(wildcard=False)]
StreamUid = Annotated[str, _UidType(wildcard=True)]


def _as_set(values: list[str]) -> list[str]:
    if ALL_STREAMS in values:
        if len(values) > 1:
            raise PydanticCustomError("allstream", "{wildcard} stands beside other uids", {"wildcard": ALL_STREAMS})
        return values
    return sorted(set(values), key=int)


UidList = Annotated[list[Uid], Field(min_length=1, max_length=32), AfterValidator(_as_set)]
StreamUidList = Annotated[list[StreamUid], Field(min_length=1, max_length=32), AfterValidator(_as_set)]


def _check_cname(value: str) -> str:
    if not _CNAME.fullmatch(value):
        bad = next((c for c in value if not _CNAME.fullmatch(c)), "")
        raise PydanticCustomError("cname", "has a character that no channel name may have: {bad}", {"bad": repr(bad)})
    return value


# 64 bytes is the limit of error 1013; all allowed characters are ASCII.
Cname = Annotated[str, Field(min_length=1, max_length=63), AfterValidator(_check_cname)]
# In web mode cname is only a label; (C) 1024 bytes in the English reference, 128 in the Chinese: the lower.
WebCname = Annotated[str, Field(min_length=1, max_length=128), AfterValidator(_check_cname)]


class _SecretType:
    def __get_pydantic_core_schema__(self, source: object, handler: GetCoreSchemaHandler) -> CoreSchema:
        def to_secret(value: object) -> Secret:
            if isinstance(value, Secret):
                return value
            if type(value) is str and value:
                return Secret(value)
            raise PydanticCustomError("secret", "is not a secret", {})

        return core_schema.no_info_plain_validator_function(
            to_secret, serialization=core_schema.plain_serializer_function_ser_schema(lambda value: value)
        )

    def __get_pydantic_json_schema__(self, schema: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        return {"type": "string", "minLength": 1}


SecretText = Annotated[Secret, _SecretType()]


def _check_rtmp(value: Secret) -> Secret:
    if not value.resolved or value.reveal().startswith(("rtmp://", "rtmps://")):
        return value
    raise PydanticCustomError("rtmp", "is not an RTMP address", {})


RtmpUrl = Annotated[SecretText, AfterValidator(_check_rtmp)]


def _check_colour(value: str) -> str:
    if _COLOUR.fullmatch(value):
        return value.upper()
    raise PydanticCustomError("colour", "{value} is not a colour", {"value": repr(value)})


Colour = Annotated[
    str, AfterValidator(_check_colour), WithJsonSchema({"type": "string", "pattern": "^#[0-9A-Fa-f]{6}$"})
]


def _check_http(value: str) -> str:
    if value.startswith(("http://", "https://")) and len(value) > len("https://") and not any(map(str.isspace, value)):
        return value
    raise PydanticCustomError("http_url", "{value} is not a web address", {"value": repr(value)})


HttpUrl = Annotated[str, AfterValidator(_check_http)]
Text = Annotated[str, Field(min_length=1)]
PrefixPart = Annotated[str, Field(pattern=r"^[A-Za-z0-9]+$")]


def unresolved(value: Any) -> bool:  # noqa: ANN401 - any value of a manifest may be asked about
    """Whether a value is a secret that stands for a reference which was not read (validate is offline)."""
    return isinstance(value, Secret) and not value.resolved
