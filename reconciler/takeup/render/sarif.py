"""Findings as SARIF 2.1.0, for code scanning: GitHub, GitLab, editors."""

from collections.abc import Iterable
from typing import Any
from urllib.parse import quote

from takeup import __version__
from takeup.render.findings import RULES, Noted
from takeup.render.strict_json import indented

SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"


def sarif(findings: Iterable[Noted], rules: dict[str, str] | None = None) -> str:
    """One run with all findings.

    Args:
        findings: what was found.
        rules: what rules beside takeup's own are about, by their id (a policy's).
    """
    found = list(findings)
    texts = {**RULES, **(rules or {})}
    used = list(dict.fromkeys(item.rule for item in found))
    driver = {
        "name": "takeup",
        "version": __version__,
        "rules": [{"id": rule, "shortDescription": {"text": texts.get(rule, rule)}} for rule in used],
    }
    results = [_result(item, used.index(item.rule)) for item in found]
    run = {"tool": {"driver": driver}, "columnKind": "unicodeCodePoints", "results": results}
    return indented({"$schema": SCHEMA, "version": "2.1.0", "runs": [run]})


def _result(item: Noted, rule_index: int) -> dict[str, Any]:
    place: dict[str, Any] = {
        "physicalLocation": {
            "artifactLocation": {"uri": quote(item.file, errors="replace")},
            "region": {"startLine": item.line, "startColumn": item.column},
        }
    }
    if item.address:
        place["logicalLocations"] = [{"fullyQualifiedName": item.address, "kind": "resource"}]
    return {
        "ruleId": item.rule,
        "ruleIndex": rule_index,
        "level": item.level.value,
        "message": {"text": item.message},
        "locations": [place],
    }
