"""environments/NAME.yaml: the values of an environment, and what it changes in takeup.yaml."""

import re
from pathlib import Path as FilePath
from typing import Any

from takeup.errors import ProjectError
from takeup.manifest.header import check_header
from takeup.manifest.merge import merged
from takeup.manifest.problem import Problem
from takeup.manifest.reader import Document, read_file
from takeup.manifest.references import node_at
from takeup.manifest.translate import Finding, Path, did_you_mean

FOLDER = "environments"
ENVIRONMENT = "Environment"
_NAME = re.compile(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?")


def read_environment(root: FilePath, name: str) -> tuple[Document | None, list[Problem]]:
    """Read the document of an environment; None where it cannot be used.

    Raises:
        ProjectError: there is no such environment.
    """
    shown = f"{FOLDER}/{name}.yaml"
    if not _NAME.fullmatch(name) or not (root / shown).exists():
        others = sorted(path.stem for path in (root / FOLDER).glob("*.yaml")) if (root / FOLDER).is_dir() else []
        known = f"There are {', '.join(others)}." if others else f"Write {FOLDER}/NAME.yaml with kind: Environment."
        raise ProjectError(f"There is no environment {name!r}.", hint=did_you_mean(name, others, known))
    documents, problems = read_file(root / shown, name=shown)
    if problems:
        return None, problems
    if len(documents) != 1:
        return None, [Problem("error", shown, 1, 1, "", f"{shown} must hold exactly one document.", "Split it.")]
    document = documents[0]
    findings = list(check_header(document.value, ENVIRONMENT, shown, name=name, spec="{variables: {...}}"))
    if not findings and document.value["metadata"]["name"] != name:
        text = f"The file is {name}.yaml, so metadata.name must be {name}."
        findings.append(Finding(("metadata", "name"), text, "Rename one of the two."))
    return (None if findings else document), [finding.problem(document, "", ()) for finding in findings]


def overlaid(base: dict[str, Any], own: dict[str, Any]) -> dict[str, Any]:
    """The spec of takeup.yaml under that of an environment.

    Mappings are merged, but `state` is taken as a whole: half of one state's settings and half of another's would
    name a third.
    """
    return merged(base, own) | {key: own[key] for key in ("state",) if key in own}


def own_state(state: object, name: str) -> tuple[dict[str, Any] | None, Finding | None]:
    """The state of an environment that names none: a file of its name beside the project's own."""
    given = state if isinstance(state, dict) else {}
    path = given.get("path", "state/default.json")
    hint = "Write spec: {state: ...} into the environment, or a variable into the state of takeup.yaml."
    if given.get("backend", "local") != "local":
        return None, Finding(("state",), f"The environment {name} has no state of its own.", hint)
    if not isinstance(path, str):
        return None, None  # told by validation
    derived = str(FilePath(path).with_name(f"{name}.json"))
    if FilePath(derived) == FilePath(path):
        text = f"The state of the environment {name} would be that of no environment, {path}."
        return None, Finding(("state",), text, hint)
    return {**given, "path": derived}, None


def holds(document: Document, path: Path) -> bool:
    """Whether the spec of a document says something at a path."""
    return bool(path) and node_at(document.value["spec"], path) is not None
