"""What an import has recorded or written, as text and as JSON. No value of a secret is in it."""

import json
from collections.abc import Sequence
from datetime import UTC, datetime

from takeup.core.address import Address
from takeup.core.plan import Target
from takeup.engine.importing import Imported
from takeup.render.plan_text import target_text
from takeup.render.style import printable, quoted

_BELIEVED = (
    "The manifest is believed: Agora cannot read a configuration back, so takeup does not see it where the session "
    "was started with other settings."
)


def session_text(imported: Imported, target: Target) -> str:
    """An imported session.

    Args:
        imported: what became of it.
        target: who was asked.
    """
    session, status = imported.session, imported.status
    verb = "is in the state already; nothing was asked" if status is None else f"imported from {target_text(target)}"
    rows = [
        ("resourceId", quoted(session.resource_id)),
        ("sid", quoted(session.sid)),
        *([("status", str(status))] if status is not None else ()),
        ("startedAt", _time(session.started_at)),
    ]
    width = max(len(name) for name, _ in rows)
    lines = [f"{printable(str(session.address))}: {verb}."]
    lines += [f"    {name:<{width}} = {value}" for name, value in rows]
    lines += [f"Note: {printable(note)}" for note in _notes(imported)]
    return "\n".join(lines) + "\n"


def session_json(imported: Imported) -> str:
    """The same as one JSON object."""
    session = imported.session
    return _dump(
        {
            "address": str(session.address),
            "imported": imported.status is not None,
            "resourceId": session.resource_id,
            "sid": session.sid,
            "status": imported.status,
            "startedAt": _time(session.started_at),
            "notes": _notes(imported),
        }
    )


def _notes(imported: Imported) -> list[str]:
    return [*imported.notes, *([_BELIEVED] if imported.believed else [])]


def variables_text(variables: Sequence[tuple[str, str]], notes: Sequence[str]) -> str:
    """What is left to do for a written manifest; `variables` are names and the attributes they are for."""
    lines = [f"Note: {printable(note)}" for note in notes]
    if variables:
        lines.append("Set these variables; the values themselves were not written anywhere:")
        width = max(len(name) for name, _ in variables)
        lines += [f"  {printable(f'{name:<{width}}')}  {printable(attribute)}" for name, attribute in variables]
    return "".join(f"{line}\n" for line in lines)


def manifest_json(
    address: Address, file: str | None, text: str, variables: Sequence[tuple[str, str]], notes: Sequence[str]
) -> str:
    """A written manifest as one JSON object; `file` is None where it was only printed."""
    return _dump(
        {
            "address": str(address),
            "file": file,
            "manifest": text,
            "variables": [{"name": name, "attribute": attribute} for name, attribute in variables],
            "notes": list(notes),
        }
    )


def _time(at: datetime) -> str:
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _dump(document: object) -> str:
    return json.dumps(document, indent=2) + "\n"


__all__ = ["manifest_json", "session_json", "session_text", "variables_text"]
