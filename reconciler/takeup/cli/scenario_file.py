"""Scenario files: one YAML document of kind Scenario, and every problem in it with its place."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path as FilePath
from typing import Any

from pydantic import ValidationError

from takeup.core.schema.table import Attribute, attributes_of
from takeup.manifest.problem import Problem
from takeup.manifest.reader import Document, read_file
from takeup.manifest.references import Sources, fill, overlaps
from takeup.manifest.translate import Finding, Path, describe, did_you_mean, dotted, find, translate
from takeup.provider.emulator.scenario import Scenario
from takeup.provider.emulator.settings import FROM_FILE

_HEADER = {"apiVersion": "takeup/v1", "kind": "Scenario"}
_KEYS = (*_HEADER, "metadata", "spec")
_METADATA = ("name", "description", "labels")


def load_scenario(path: FilePath, env: Mapping[str, str]) -> tuple[Scenario | None, list[Problem]]:
    """Read a scenario file. References are looked up in `env` and in the folder of the file.

    Returns:
        The scenario, or None where a problem is an error; and all problems, in the order of the file. No problem
        holds a value that a reference stands for.
    """
    documents, problems = read_file(path, name=str(path))
    if problems:
        return None, problems
    if len(documents) != 1:
        text = "A scenario file holds exactly one document."
        return None, [Problem("error", str(path), 1, 1, "", text, "Begin with apiVersion: takeup/v1.")]
    return _read(documents[0], Sources(path.parent, env, folder="the folder of the scenario file"))


def _read(document: Document, sources: Sources) -> tuple[Scenario | None, list[Problem]]:
    value = document.value
    problems = [finding.problem(document, "", ()) for finding in _header(value)]
    scenario = None
    if isinstance(value, dict) and isinstance(value.get("spec"), dict):
        scenario, findings = _spec(document, value["spec"], sources)
        problems += [finding.problem(document, "") for finding in findings]
    problems.sort(key=lambda item: (item.line, item.column))
    return (None if problems else scenario), problems


def _header(value: object) -> Iterator[Finding]:
    """Check everything but the spec."""
    if not isinstance(value, dict):
        yield Finding((), "A scenario file must be a mapping.", "Begin with apiVersion: takeup/v1.")
        return
    yield from _unknown(value, _KEYS, ())
    for key, wanted in _HEADER.items():
        if value.get(key) != wanted:
            yield Finding((key,), f"{key} must be {wanted}.", f"Write {key}: {wanted}.")
    yield from _metadata(value.get("metadata"))
    if not isinstance(value.get("spec"), dict):
        yield Finding(("spec",), "spec is required and a mapping.", "Add spec: {faults: [...]}.")


def _metadata(value: object) -> Iterator[Finding]:
    name = value.get("name") if isinstance(value, dict) else None
    if not isinstance(value, dict) or not isinstance(name, str) or not name:
        yield Finding(("metadata",), "metadata.name is required.", "Write metadata: {name: bad-night}.")
        return
    yield from _unknown(value, _METADATA, ("metadata",))
    if not isinstance(value.get("description", ""), str):
        yield Finding(("metadata", "description"), "metadata.description must be a text.", "Quote it.")


def _unknown(value: Mapping[str, Any], known: tuple[str, ...], at: Path) -> Iterator[Finding]:
    for key in value.keys() - set(known):
        hint = did_you_mean(key, known, f"Use one of {', '.join(known)}.")
        yield Finding((*at, key), f"There is no key {dotted((*at, key[:60]))} here.", hint, at_key=True)


def _spec(document: Document, spec: Mapping[str, Any], sources: Sources) -> tuple[Scenario | None, list[Finding]]:
    table = attributes_of(Scenario)
    findings, unread = fill(document, table, sources)
    unread |= {finding.path for finding in findings}
    elsewhere = {path[1:] for path in document.references if path[0] == "spec"}
    try:
        return Scenario.model_validate(spec, context=FROM_FILE), findings
    except ValidationError as error:
        for finding in translate(error.errors(include_url=False), table):
            if not overlaps((finding.path,), unread):
                findings.append(_hidden(finding, table) if finding.path in elsewhere else _named(finding))
    return None, findings


def _named(finding: Finding) -> Finding:
    """Begin a sentence of the models' own, which do not know where they stand, with the path."""
    name = dotted(finding.path)
    return finding if name in finding.message else replace(finding, message=f"{name}: {finding.message}")


def _hidden(finding: Finding, table: Mapping[str, Attribute]) -> Finding:
    """Say it without quoting the value: it stands elsewhere, and may have been put there because it is a secret."""
    attribute = find(table, finding.path)
    whole_list = attribute is not None and attribute.type.startswith("list of") and isinstance(finding.path[-1], str)
    if attribute is None or attribute.is_object or whole_list:
        return finding
    text = f"{dotted(finding.path)}: the value that the reference stands for does not fit."
    return Finding(finding.path, text, f"It must be {describe(attribute, element=True)}.")
