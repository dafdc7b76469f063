"""What changed outside of takeup, as text and as JSON."""

import json
from collections.abc import Iterator, Mapping

from takeup.core.address import Address
from takeup.core.plan import Drift, Lost
from takeup.core.plan_document import drift_document, lost_document
from takeup.engine.run import Found
from takeup.render.findings import Noted, of_drift, of_lost, of_warnings
from takeup.render.plan_text import lost_facts, target_text
from takeup.render.style import Style, counted, printable
from takeup.render.words import moment

FORMAT = "takeup-drift/1"


def drift_text(found: Found, style: Style) -> str:
    """One block per session that is not as the state says, the LOST ones, and the totals last."""
    sections = [
        style.bold(f"takeup drift: {printable(found.project)} on {target_text(found.target)}"),
        *(f"{style.warn('Warning:')} {printable(warning)}" for warning in found.warnings),
        *(_drift(item, style) for item in found.drift),
        *("\n".join(_lost(item, style)) for item in found.lost),
        _summary(found, style),
    ]
    return "\n\n".join(sections) + "\n"


def _drift(item: Drift, style: Style) -> str:
    since = f" since {item.since:%Y-%m-%d %H:%M:%S} UTC" if item.since else ""
    head = f"{style.change('~')} {printable(str(item.address))}: {item.was} -> {item.now}{since}"
    return f"{head}\n    evidence: {printable(item.evidence)}"


def _lost(item: Lost, style: Style) -> Iterator[str]:
    """A session that no call can reach: what a person needs to find it."""
    yield f"{style.warn('! LOST')} {printable(str(item.address))} since {moment(item.since)}"
    yield from (f"    {name}: {value}" for name, value in lost_facts(item))


def _summary(found: Found, style: Style) -> str:
    lost = f", {len(found.lost)} LOST" if found.lost else ""
    if not found.drift:
        return f"{style.bold('No drift.')} {counted(found.unchanged, 'session')} as the state says{lost}."
    head = style.bold(f"{counted(len(found.drift), 'session')} changed outside of takeup")
    return f"{head}, {found.unchanged} as the state says{lost}.\nThe next takeup apply writes this down and acts on it."


def of_found(found: Found, origins: Mapping[Address, str]) -> list[Noted]:
    """What a drift run found, for SARIF and JUnit; `origins` are the places in the manifests, where they are known."""
    return [
        *of_drift(found.drift, origins),
        *of_lost(found.lost, origins),
        *of_warnings(found.warnings, origins),
    ]


def drift_json(found: Found) -> str:
    """The same as JSON of format takeup-drift/1."""
    document = {
        "format": FORMAT,
        "project": found.project,
        "target": {
            "endpoint": found.target.endpoint,
            "realm": found.target.realm,
            "appId": found.target.app_id,
        },
        "drift": [drift_document(item) for item in found.drift],
        "lost": [lost_document(item) for item in found.lost],
        "warnings": list(found.warnings),
        "unchanged": found.unchanged,
    }
    return json.dumps(document, indent=2) + "\n"
