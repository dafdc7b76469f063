"""The schema against the fact sheet: no attribute of Agora's is missing, and none is declared differently."""

import re
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from takeup.core.address import Kind
from takeup.core.price import FREE_MINUTES, LISTS, PIXELS, Tier
from takeup.core.schema import names
from takeup.core.schema.attribute import Effect
from takeup.core.schema.kinds import FIXED
from takeup.core.schema.table import Attribute, attributes
from takeup.provider.agora import hosts, retry

FACTS = Path(__file__).parents[3] / "shared" / "agora" / "agora-api.yaml"
_EFFECTS = {"none": Effect.REPLACE, "update": Effect.UPDATE, "updateLayout": Effect.UPDATE_LAYOUT}
_SERVICES = {"web_recorder_service": "webRecorder", "rtmp_publish_service": "rtmpPublish"}
_MODES = {
    "individual": (Kind.INDIVIDUAL, Kind.SCREENSHOT),
    "mix": (Kind.COMPOSITE,),
    "web": (Kind.WEB_PAGE,),
}
# A token is sent at the start only: a new one changes nothing of a running session.
_WRITE_ONLY = {"clientRequest.token"}
# Number ranges that the sheet gives in words.
# Objects and derived values that are spelt otherwise: takeup builds the first, derives the second, and bounds the
# list instead of its one element.
_ELSEWHERE = {
    "clientRequest.extensionServiceConfig": ("webRecorder", "rtmpPublish"),
}
_DERIVED = {"webRecorder.videoBitrate"}
_IN_WORDS = {
    "clientRequest.recordingConfig.transcodingConfig.width": 1920,
    "clientRequest.recordingConfig.transcodingConfig.height": 1920,
    "clientRequest.recordingConfig.transcodingConfig.bitrate": 6500,
}

pytestmark = pytest.mark.skipif(not FACTS.exists(), reason=f"the fact sheet is not beside the repository ({FACTS})")


@cache
def facts() -> dict[str, Any]:
    content: dict[str, Any] = YAML(typ="safe").load(FACTS.read_text("utf-8"))
    return content


def fields() -> list[dict[str, Any]]:
    if not FACTS.exists():
        return []
    sheet = facts()
    listed = [field for field in sheet["common_body"] if field["path"] != "clientRequest"]
    for operation in ("acquire", "start"):
        listed += sheet["endpoints"][operation]["fields"]
    return [field for field in listed if not str(field.get("status", "")).startswith("retired")]


def in_schema(path: str) -> str:
    """The path in a manifest of a path in the fact sheet."""
    path = path.removeprefix("clientRequest.")
    match = re.search(r"\[(\w+)\]\.serviceParam\.?(.*)", path)
    if match:
        return f"{_SERVICES[match[1]]}.{match[2]}".rstrip(".")
    return path.removesuffix("[]")


def found(field: dict[str, Any]) -> list[Attribute]:
    """The attribute of a field in every kind that has it."""
    path = in_schema(field["path"])
    return [table[path] for table in map(attributes, Kind) if path in table]


def _of(row: Any) -> dict[str, Any]:  # noqa: ANN401 - a ParameterSet, whose values are objects
    field: dict[str, Any] = row.values[0]
    return field


ROWS = [pytest.param(field, id=field["path"]) for field in fields()]
DECLARED = [pytest.param(field, id=field["path"]) for field in fields() if field["path"] not in FIXED]


@pytest.mark.parametrize("field", ROWS)
def test_every_field_is_declared_or_fixed(field: dict[str, Any]) -> None:
    """Each field that is not retired stands in the schema of its modes, or is filled in by takeup."""
    if field["path"] in FIXED:
        return
    if field["path"] in _ELSEWHERE:
        assert set(_ELSEWHERE[field["path"]]) <= attributes(Kind.WEB_PAGE).keys()
        return
    path = in_schema(field["path"])
    missing = [
        kind.value
        for mode in field.get("modes", ["individual", "mix", "web"])
        for kind in _MODES[mode]
        if path not in attributes(kind) and not (kind is Kind.SCREENSHOT and path.startswith("recordingFileConfig"))
    ]
    assert missing == []


@pytest.mark.parametrize("field", DECLARED)
def test_every_field_has_its_mutability(field: dict[str, Any]) -> None:
    """What a running session can change, and what takes a replacement, is as the sheet says."""
    mutable = str(field["mutable"])
    for attribute in found(field):
        if attribute.is_object and mutable not in _EFFECTS:
            continue
        if field["path"] in _WRITE_ONLY:
            wanted = Effect.NONE
        elif "replace-only" in str(field.get("policy_hint", "")):
            wanted = Effect.REPLACE
        else:
            wanted = _EFFECTS[mutable]
        assert attribute.attr.effect is wanted, attribute.path


@pytest.mark.parametrize("field", [p for p in DECLARED if "default" in _of(p)])
def test_every_field_has_its_default(field: dict[str, Any]) -> None:
    """An attribute that may be left out has Agora's default."""
    for attribute in found(field):
        if not attribute.required and attribute.path not in _DERIVED:
            assert attribute.default == field["default"], attribute.path


@pytest.mark.parametrize("field", [p for p in DECLARED if "range" in _of(p) or "max_items" in _of(p)])
def test_every_field_has_its_range(field: dict[str, Any]) -> None:
    """Numbers and lists have the bounds of the sheet."""
    for attribute in found(field):
        bounds = field.get("range")
        if isinstance(bounds, list):
            assert [attribute.low, attribute.high] == bounds, attribute.path
        elif field["path"] in _IN_WORDS:
            assert attribute.high == _IN_WORDS[field["path"]]
        if "max_items" in field:
            holder = attribute.path.rpartition("[].")[0] or attribute.path
            bounded = next(table[holder] for table in map(attributes, Kind) if attribute.path in table)
            assert bounded.max_items == field["max_items"], attribute.path


@pytest.mark.parametrize("field", [p for p in DECLARED if isinstance(_of(p).get("allowed"), (list, dict))])
def test_every_field_has_its_values(field: dict[str, Any]) -> None:
    """An enumeration has exactly the values of the sheet, legacy ones included."""
    allowed = field["allowed"]
    for attribute in found(field):
        if attribute.named is not None:
            assert set(attribute.named.names.values()) == {*allowed, *field.get("legacy", {})}, attribute.path
        elif attribute.type.startswith("list"):
            assert set(attribute.allowed) <= {value for values in allowed for value in values}
        elif attribute.allowed:
            assert set(attribute.allowed) == set(allowed), attribute.path


@pytest.mark.parametrize("field", [p for p in DECLARED if _of(p).get("sensitive")])
def test_every_secret_is_a_secret(field: dict[str, Any]) -> None:
    """What the sheet calls sensitive is sensitive in the schema."""
    assert all(attribute.sensitive for attribute in found(field))


def vendors() -> list[int]:
    return list(facts()["vendor_regions"]) if FACTS.exists() else []


@pytest.mark.parametrize("vendor", vendors())
def test_every_region_of_a_vendor_has_its_number(vendor: int) -> None:
    """Agora's names in lower case with hyphens give the sheet's numbers, and no others exist."""
    sheet = facts()["vendor_regions"][vendor]
    if vendor in names.REGIONLESS:
        assert names.REGIONS[vendor] == {}
        return
    wanted: dict[str, int] = {}
    for number, text in {**sheet["regions"], **sheet.get("only_in_2024_docs", {})}.items():
        for name in re.sub(r"\(.*?\)", "", text).split("/"):
            wanted[name.strip().lower().replace("_", "-")] = number
    assert names.REGIONS[vendor] == wanted


def test_failover_knows_the_hosts_of_the_sheet() -> None:
    """Each documented host has failover, in the documented order, and the table knows no other host."""
    sheet = facts()["transport"]
    prefixes, domains = sheet["base_urls"]["region_prefixes"], sheet["base_urls"]["major_domains"]
    assert all(hosts.has_failover(f"https://{name}.{domain}") for name in ["api", *prefixes] for domain in domains)
    assert hosts._ADJACENT.keys() == {"api", *prefixes}
    assert hosts._OTHER_DOMAIN.keys() == set(domains)
    assert tuple(sheet["failover_backoff_seconds"]) == retry._ANOTHER_HOST


_TIERS = {
    "audio": Tier.AUDIO,
    "hd": Tier.HD,
    "fhd": Tier.FULL_HD,
    "2k": Tier.TWO_K,
    "2k_plus": Tier.TWO_K_PLUS,
    "snapshot_only": Tier.SCREENSHOTS,
    "web_hd": Tier.WEB_PAGE_HD,
    "web_fhd": Tier.WEB_PAGE_FULL_HD,
}


def test_every_price_is_that_of_the_sheet() -> None:
    """The lists in both currencies, the pixels of the tiers and the free minutes are as the sheet says."""
    sheet = next(section for section in facts().values() if isinstance(section, dict) and "usd" in section)
    for currency in ("USD", "CNY"):
        told = {_TIERS[name]: Decimal(str(price)) for name, price in sheet[currency.lower()].items() if name in _TIERS}
        assert dict(LISTS[currency]) == told
    assert dict(PIXELS) == {_TIERS[name]: most for name, most in sheet["tiers_by_aggregate_pixels"].items()}
    assert sheet["free_minutes_per_account_month"] == FREE_MINUTES
    assert sheet["usd"]["snapshot_with_recording"] == 0
