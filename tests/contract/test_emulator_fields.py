"""The emulator's field table against the fact sheet: no field is missing, none is described differently."""

import re
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from takeup.provider.emulator import rules
from takeup.provider.emulator.field import ALL_MODES, Field
from takeup.provider.emulator.fields import ENVELOPE, FIELDS

FACTS = Path(__file__).parents[3] / "shared" / "agora" / "agora-api.yaml"
_PREFIX = "clientRequest."
_TYPES = {
    "string": {"string"},
    "number": {"integer"},
    "float": {"number"},
    "boolean": {"boolean"},
    "object": {"object"},
    "array[string]": {"strings"},
}
# The sheet names the element, the table the list that holds it.
_LISTS = {"layoutConfig[]", "backgroundConfig[]"}
# Whatever else is sent counts as 15 [prof], so that nothing is refused.
_FALLS_BACK = {"recordingConfig.transcodingConfig.fps"}
# Bounds that the sheet gives in words.
_HIGH_IN_WORDS = {"width": 1920, "height": 1920, "bitrate": 6500}
# Needed under a condition: the rules of `checks` and their tests have them.
_ALWAYS_IN_ITS_MODES = {"individual", "web"}

pytestmark = pytest.mark.skipif(not FACTS.exists(), reason=f"the fact sheet is not beside the repository ({FACTS})")


@cache
def facts() -> dict[str, Any]:
    content: dict[str, Any] = YAML(typ="safe").load(FACTS.read_text("utf-8"))
    return content


def rows() -> list[Any]:
    """Every field of the sheet with its operation, but the storageConfig.* of an update (see below)."""
    if not FACTS.exists():
        return []
    return [
        pytest.param(operation, fact, id=f"{operation} {fact['path']}")
        for operation, endpoint in facts()["endpoints"].items()
        for fact in endpoint.get("fields", ())
        if not fact["path"].endswith(".*")
    ]


def path_of(fact: dict[str, Any]) -> str:
    path = str(fact["path"]).removeprefix(_PREFIX)
    return path.removesuffix("[]") if path.rpartition(".")[2] in _LISTS else path


def found(operation: str, fact: dict[str, Any]) -> Field:
    [field] = [field for field in FIELDS[operation] if field.path == path_of(fact)]
    return field


def chosen(key: str) -> list[Any]:
    return [row for row in rows() if key in row.values[1]]


@pytest.mark.parametrize(("operation", "fact"), rows())
def test_every_field_has_its_row_and_type(operation: str, fact: dict[str, Any]) -> None:
    """Each field of the sheet is in the table once, with its type."""
    wanted = {"objects"} if fact["path"].rpartition(".")[2] in _LISTS else _TYPES[fact["type"]]
    assert found(operation, fact).type in wanted


def test_no_row_is_made_up() -> None:
    """What the table has and the sheet does not are the objects and lists that hold the sheet's fields."""
    for operation, fields in FIELDS.items():
        facts_of = [row.values[1] for row in rows() if row.values[0] == operation]
        named = {path_of(fact) for fact in facts_of}
        named |= {f"{path_of(fact)}[].{key}" for fact in facts_of for key in fact.get("keys", ())}
        if operation == "update":
            named |= {field.path for field in FIELDS["start"] if field.path.startswith("storageConfig")}
        for field in fields:
            holds = any(re.match(rf"{re.escape(field.path)}[.\[]", path) for path in named)
            assert field.path in named or (holds and field.type in {"object", "objects"}), field.path


@pytest.mark.parametrize(("operation", "fact"), rows())
def test_every_field_has_its_modes(operation: str, fact: dict[str, Any]) -> None:
    """A field belongs to the modes of the sheet; where it names none, to all (to mix, for a layout)."""
    default = {"mix"} if operation == "updateLayout" else ALL_MODES
    assert found(operation, fact).modes == set(fact.get("modes", default))


@pytest.mark.parametrize(("operation", "fact"), rows())
def test_every_field_is_required_as_in_the_sheet(operation: str, fact: dict[str, Any]) -> None:
    """Required is what the sheet always requires; what depends on another field is a rule."""
    needed = fact["required"]
    always = needed == "always" or (needed in _ALWAYS_IN_ITS_MODES and [needed] == fact["modes"])
    assert found(operation, fact).required is always


@pytest.mark.parametrize(("operation", "fact"), chosen("range"))
def test_every_field_has_its_range(operation: str, fact: dict[str, Any]) -> None:
    """Numbers have the bounds of the sheet."""
    field = found(operation, fact)
    name = field.path.rpartition(".")[2]
    if isinstance(fact["range"], list):
        assert [field.low, field.high] == fact["range"]
    elif name in _HIGH_IN_WORDS:
        assert field.high == _HIGH_IN_WORDS[name]
    else:
        assert name in {"maxResolutionUid", "videoBitrate"}  # a rule, and a switch


@pytest.mark.parametrize(("operation", "fact"), chosen("allowed"))
def test_every_field_has_its_values(operation: str, fact: dict[str, Any]) -> None:
    """An enumeration has exactly the values of the sheet, legacy ones included."""
    field, allowed = found(operation, fact), fact["allowed"]
    if field.path in _FALLS_BACK or isinstance(allowed, str):
        assert field.allowed == ()
    elif field.path.endswith("[].errorHandlePolicy"):
        assert set(field.allowed) == set(allowed.values())
    elif field.type == "strings":
        assert set(field.allowed) == {value for values in allowed for value in values}
    else:
        assert set(field.allowed) == {*allowed, *fact.get("legacy", ())}


@pytest.mark.parametrize(("operation", "fact"), chosen("max_items"))
def test_every_list_has_its_length(operation: str, fact: dict[str, Any]) -> None:
    """A list holds at most as many elements as the sheet says."""
    holder = path_of(fact).rpartition("[].")[0] or path_of(fact)
    [field] = [field for field in FIELDS[operation] if field.path == holder]
    assert field.max_items == fact["max_items"]


@pytest.mark.parametrize(("operation", "fact"), [row for row in rows() if "keys" in row.values[1]])
def test_every_element_has_its_keys(operation: str, fact: dict[str, Any]) -> None:
    """The elements of a layout's lists have the keys of the sheet."""
    prefix = f"{path_of(fact)}[]."
    keys = {field.path.removeprefix(prefix) for field in FIELDS[operation] if field.path.startswith(prefix)}
    assert keys == set(fact["keys"])


@pytest.mark.parametrize(("operation", "fact"), chosen("status"))
def test_retired_fields_are_marked(operation: str, fact: dict[str, Any]) -> None:
    """What the sheet calls retired or legacy is accepted and ignored."""
    assert found(operation, fact).retired


def test_the_storage_of_an_update_is_that_of_a_start() -> None:
    """An update takes the whole storageConfig again, with what it requires, but need not have it."""
    start = [field for field in FIELDS["start"] if field.path.startswith("storageConfig.")]
    assert start == [field for field in FIELDS["update"] if field.path.startswith("storageConfig.")]
    [storage] = [field for field in FIELDS["update"] if field.path == "storageConfig"]
    assert not storage.required


def test_the_envelope_is_that_of_the_sheet() -> None:
    """Every body has cname, uid and clientRequest, and has to."""
    wanted = [(fact["path"], fact["type"], fact["required"] == "always") for fact in facts()["common_body"]]
    assert [(field.path, field.type, field.required) for field in ENVELOPE] == wanted


def test_every_vendor_has_its_regions() -> None:
    """The region numbers of each vendor are those of the sheet; three vendors have none."""
    for vendor, sheet in facts()["vendor_regions"].items():
        old = set(sheet.get("only_in_2024_docs", ()))
        today = set(sheet["regions"])
        if "2024" in sheet["name"]:
            old, today = today, set()
        if vendor in {5, 6, 11}:
            today = set()
        assert rules.REGIONS.get(vendor, frozenset()) == today, vendor
        assert rules.OLD_REGIONS.get(vendor, frozenset()) == old, vendor


def test_every_field_says_where_it_is_from() -> None:
    """Each row has a sentence for the OpenAPI document, and sources that the sheet knows."""
    for field in (*ENVELOPE, *(field for fields in FIELDS.values() for field in fields)):
        assert field.doc, field.path
        assert {source.strip() for source in field.source.split(",")} <= facts()["sources"].keys(), field.path
