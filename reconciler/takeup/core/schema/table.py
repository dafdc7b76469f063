"""The schema as a flat table by path, and as a tree of defaults; both derived from the models."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from types import NoneType, UnionType
from typing import Annotated, Any, Union, get_args, get_origin

from annotated_types import Ge, Le, MaxLen
from pydantic.fields import FieldInfo

from takeup.core.address import Kind
from takeup.core.schema.attribute import Attr, Effect, Model, Named
from takeup.core.schema.kinds import SPECS
from takeup.core.schema.scalars import _SecretType


@dataclass(frozen=True, slots=True)
class Attribute:
    """One attribute of one kind; `path` is that of the manifest below `spec`, with `[]` for list elements."""

    path: str
    attr: Attr
    required: bool
    default: Any
    type: str
    low: float | None
    high: float | None
    max_items: int | None
    named: Named | None
    allowed: tuple[Any, ...]
    sensitive: bool
    is_object: bool


@cache
def attributes(kind: Kind) -> Mapping[str, Attribute]:
    """Every attribute of a kind by its path."""
    return {attribute.path: attribute for attribute in _walk(SPECS[kind], "")}


def attributes_of(model: type[Model]) -> Mapping[str, Attribute]:
    """Every attribute of any model by its path."""
    return {attribute.path: attribute for attribute in _walk(model, "")}


@cache
def attribute_at(kind: Kind, path: tuple[str | int, ...]) -> Attribute | None:
    """The attribute at a concrete path, where a number is the index of a list element."""
    text = ""
    for part in path:
        text += "[]" if isinstance(part, int) else f".{part}" if text else part
    return attributes(kind).get(text)


def model_in(annotation: object) -> tuple[type[Model] | None, bool]:
    """The model inside an annotation and whether it stands in a list."""
    if isinstance(annotation, type) and issubclass(annotation, Model):
        return annotation, False
    origin = get_origin(annotation)
    if origin is list:
        inner = get_args(annotation)[0]
        return model_in(inner)[0], True
    if origin is Annotated:
        return model_in(get_args(annotation)[0])
    if origin in {Union, UnionType}:
        return next((found for found in map(model_in, get_args(annotation)) if found[0]), (None, False))
    return None, False


def _walk(model: type[Model], prefix: str) -> Iterator[Attribute]:
    for name, info in model.model_fields.items():
        path = f"{prefix}.{name}" if prefix else name
        inner, many = model_in(info.annotation)
        yield _attribute(path, info, is_object=inner is not None)
        if inner is not None:
            yield from _walk(inner, f"{path}[]" if many else path)


def _attribute(path: str, info: FieldInfo, *, is_object: bool) -> Attribute:
    found = list(_flat_metadata(info))
    attr = next(meta for meta in found if isinstance(meta, Attr))
    named = next((meta for meta in found if isinstance(meta, Named)), None)
    return Attribute(
        path=path,
        attr=attr,
        required=info.is_required(),
        default=None if info.is_required() else info.default,
        type=_type_name(info.annotation, named),
        low=next((float(str(meta.ge)) for meta in found if isinstance(meta, Ge)), None),
        high=next((float(str(meta.le)) for meta in found if isinstance(meta, Le)), None),
        max_items=next(
            (meta.max_length for meta in found if isinstance(meta, MaxLen) and get_origin(info.annotation) is list),
            None,
        ),
        named=named,
        allowed=_allowed(info.annotation),
        sensitive=any(isinstance(meta, _SecretType) for meta in [*found, *_of_elements(info.annotation)]),
        is_object=is_object,
    )


def _flat_metadata(info: FieldInfo) -> Iterator[object]:
    for meta in [*info.metadata, *_annotations(info.annotation)]:
        if isinstance(meta, FieldInfo):
            yield from meta.metadata
        else:
            yield meta


def _annotations(annotation: object) -> Iterator[object]:
    if get_origin(annotation) is Annotated:
        inner, *metas = get_args(annotation)
        yield from metas
        yield from _annotations(inner)
    elif get_origin(annotation) in {Union, UnionType}:
        for inner in get_args(annotation):
            yield from _annotations(inner)


def _of_elements(annotation: object) -> Iterator[object]:
    """What is said of the elements of a list."""
    if get_origin(annotation) is list:
        yield from _annotations(get_args(annotation)[0])


def _allowed(annotation: object) -> tuple[Any, ...]:
    if get_origin(annotation) is list:
        return _allowed(get_args(annotation)[0])
    return tuple(get_args(annotation)) if "Literal" in str(get_origin(annotation)) else ()


def _type_name(annotation: object, named: Named | None) -> str:
    if named is not None:
        return "name or number"
    origin = get_origin(annotation)
    if origin is list:
        return f"list of {_type_name(get_args(annotation)[0], None)}"
    if origin is Annotated:
        return _type_name(get_args(annotation)[0], None)
    if origin in {Union, UnionType}:
        return " or ".join(_type_name(arg, None) for arg in get_args(annotation) if arg is not NoneType)
    if "Literal" in str(origin):
        return type(get_args(annotation)[0]).__name__.replace("str", "string").replace("int", "integer")
    if isinstance(annotation, type) and issubclass(annotation, Model):
        return "object"
    names = {
        "str": "string",
        "int": "integer",
        "float": "number",
        "Decimal": "number",
        "bool": "boolean",
        "Secret": "secret",
        "Any": "any value",
        "dict": "mapping",
        "timedelta": "duration",
        "datetime": "time",
        "ZoneInfo": "time zone",
        "Days": "days",
    }
    name = getattr(annotation, "__name__", str(annotation))
    return names.get(name, name)


def effective(kind: Kind, spec: Mapping[str, Any]) -> dict[str, Any]:
    """The spec with every default filled in that Agora would fill in; `spec` itself is left alone."""
    full = _fill(SPECS[kind], spec)
    _derive_subscription(full)
    _derive_bitrate(full)
    return full


def _fill(model: type[Model], value: Mapping[str, Any]) -> dict[str, Any]:
    full: dict[str, Any] = {}
    for name, info in model.model_fields.items():
        inner, many = model_in(info.annotation)
        attr = next(meta for meta in info.metadata if isinstance(meta, Attr))
        if name in value:
            given = value[name]
            if inner is not None:
                given = [_fill(inner, item) for item in given] if many else _fill(inner, given)
            full[name] = given
        elif inner is not None and attr.implied:
            full[name] = _fill(inner, {})
        elif inner is None and not info.is_required() and info.default is not None:
            full[name] = info.default
    return full


_AUDIO, _VIDEO = (
    ("subscribeAudioUids", "unSubscribeAudioUids"),
    ("subscribeVideoUids", "unSubscribeVideoUids"),
)


def _derive_subscription(full: dict[str, Any]) -> None:
    """Without any list everybody is subscribed; with one medium's list the other is not subscribed [sub]."""
    config = full.get("recordingConfig")
    if config is None or any(name in config for name in (*_AUDIO, *_VIDEO)):
        return
    if config["streamTypes"] in {0, 2}:
        config["subscribeAudioUids"] = ["#allstream#"]
    if config["streamTypes"] in {1, 2}:
        config["subscribeVideoUids"] = ["#allstream#"]


def _derive_bitrate(full: dict[str, Any]) -> None:
    web = full.get("webRecorder")
    if web is not None and "videoBitrate" not in web and "videoWidth" in web:
        large = web["videoWidth"] * web["videoHeight"] >= 1280 * 720
        web["videoBitrate"] = 2000 if large else 1500


def effects(kind: Kind) -> Mapping[str, Effect]:
    """What a change costs, by path."""
    return {path: attribute.attr.effect for path, attribute in attributes(kind).items()}


__all__ = ["Attribute", "attribute_at", "attributes", "attributes_of", "effective", "effects", "model_in"]
