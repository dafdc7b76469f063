"""Which value each variable has: from a flag, a file, the environment, or its default."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path as FilePath
from typing import Any

from takeup.manifest.problem import Problem
from takeup.manifest.reader import Document, Reference, read_file
from takeup.manifest.references import Sources
from takeup.manifest.translate import Finding, Path, did_you_mean
from takeup.manifest.variables import Declared, Variable, from_text, kept, misfit

PREFIX = "TAKEUP_VAR_"
PRECEDENCE = ("--var", "--var-file (the last one first)", f"{PREFIX}x", "the file of the environment", "default")
"""Where values come from, the one that wins first."""


@dataclass(frozen=True, slots=True)
class Given:
    """What a run was given besides the files of the project.

    Args:
        environment: the environment's name; empty for none.
        flags: the name and text of each --var, in their order.
        files: the name and path of each --var-file, in their order.
        env: the process's environment, asked for TAKEUP_VAR_x only.
        demanded: whether a variable without a value is an error; if not, nothing is concluded from it.
        secrets: whether that holds for sensitive ones too; a rehearsal has placeholders for them.
    """

    environment: str = ""
    flags: tuple[tuple[str, str], ...] = field(default=(), repr=False)
    files: tuple[tuple[str, FilePath], ...] = ()
    env: Mapping[str, str] = field(default_factory=dict, repr=False)
    demanded: bool = True
    secrets: bool = True


@dataclass(frozen=True, slots=True)
class _Offer:
    """A value that was given; where it stands in a document, problems of it are told there."""

    value: Any
    source: str
    is_text: bool = False
    document: Document | None = None
    path: Path = ()


@dataclass(slots=True)
class _Settling:
    project: Document
    declared: Mapping[str, Declared]
    sources: Sources
    problems: list[Problem] = field(default_factory=list)

    def tell(self, offer: _Offer, name: str, finding: Finding) -> None:
        """Tell it where the value stands, or else where the variable is declared."""
        if offer.document is not None:
            self.problems.append(finding.problem(offer.document, "", offer.path))
            return
        mark = self.project.key_mark(("spec", "variables", name))
        self.problems.append(
            Problem(
                finding.severity, self.project.file, mark.line, mark.column, "", finding.message, finding.suggestion
            )
        )


def settle(
    project: Document, declared: Mapping[str, Declared], environment: Document | None, given: Given, sources: Sources
) -> tuple[dict[str, Variable], list[Problem]]:
    """Give each declared variable its value, or tell why it has none."""
    settling = _Settling(project, declared, sources)
    layers = [
        {name: _Offer(text, "--var", is_text=True) for name, text in given.flags},
        *_files(settling, given.files),
        _from_env(given.env),
        {} if environment is None else _in_environment(settling, environment),
    ]
    for layer in layers:
        _refuse_unknown(settling, layer)
    found = {}
    for name, one in declared.items():
        offer = next((layer[name] for layer in layers if name in layer), None) or _default(settling, one)
        value = None if offer is None else _settled(settling, one, offer)
        if offer is None and given.demanded and (given.secrets or not one.sensitive):
            where = f" give it in environments/{given.environment}.yaml," if given.environment else ""
            hint = f"Write --var {name}=..., set {PREFIX}{name},{where} or declare a default."
            settling.tell(_Offer(None, ""), name, Finding((), f"The variable {name} has no value.", hint))
        source = "none" if offer is None else offer.source
        found[name] = Variable(name, one.type, one.sensitive, value, source, one.settings.description or "")
    return found, settling.problems


def _files(settling: _Settling, files: Iterable[tuple[str, FilePath]]) -> Iterator[dict[str, _Offer]]:
    """Read the files of --var-file, the last one first."""
    for shown, path in reversed(list(files)):
        documents, problems = read_file(path, name=shown)
        settling.problems += problems
        document = documents[0] if len(documents) == 1 else None
        if document is not None and isinstance(document.value, dict):
            yield {name: _offer(document, (name,), value) for name, value in document.value.items()}
        elif not problems:
            text = f"{shown} must be one mapping from variables to their values."
            settling.problems.append(Problem("error", shown, 1, 1, "", text, "Write for example: term: ws26"))


def _offer(document: Document, path: Path, value: object) -> _Offer:
    return _Offer(value, f"{document.file}:{document.mark(path).line}", document=document, path=path)


def _from_env(env: Mapping[str, str]) -> dict[str, _Offer]:
    found = ((name.removeprefix(PREFIX), name, text) for name, text in env.items() if name.startswith(PREFIX))
    return {name: _Offer(text, full, is_text=True) for name, full, text in found}


def _in_environment(settling: _Settling, environment: Document) -> dict[str, _Offer]:
    values = environment.value["spec"].get("variables", {})
    if not isinstance(values, dict):
        finding = Finding(("variables",), "variables must be a mapping.", "Write variables: {term: ws26}.")
        settling.problems.append(finding.problem(environment, ""))
        return {}
    offers = {name: _offer(environment, ("spec", "variables", name), value) for name, value in values.items()}
    for name, offer in offers.items():
        _warn_of_literal(settling, name, offer)
    return offers


def _default(settling: _Settling, one: Declared) -> _Offer | None:
    if one.settings.default is None:
        return None
    path = ("spec", "variables", one.name, "default")
    offer = _Offer(one.settings.default, "default", document=settling.project, path=path)
    _warn_of_literal(settling, one.name, offer)
    return offer


def _warn_of_literal(settling: _Settling, name: str, offer: _Offer) -> None:
    one = settling.declared.get(name)
    if one is not None and one.sensitive and isinstance(offer.value, str):
        text = f"The value of the sensitive variable {name} stands in the file itself, for everyone to read."
        settling.tell(offer, name, Finding((), text, "Write {fromEnv: NAME}, or give it by a flag.", "warning"))


def _refuse_unknown(settling: _Settling, layer: Mapping[str, _Offer]) -> None:
    for name, offer in layer.items():
        if name in settling.declared:
            continue
        among = ", ".join(settling.declared)
        hint = did_you_mean(name, settling.declared, f"There are {among}." if among else "Declare it in takeup.yaml.")
        # The environment may hold what another project wants.
        text = f"{offer.source} gives a variable {name[:60]!r}, which takeup.yaml does not declare."
        settling.tell(offer, name, Finding((), text, hint, "warning" if offer.source.startswith(PREFIX) else "error"))


def _settled(settling: _Settling, one: Declared, offer: _Offer) -> Any:  # noqa: ANN401 - of the variable's type
    """The value of an offer; None if it is not known, or told of."""
    value = offer.value
    if isinstance(value, Reference):
        if value.source == "var":
            text = f"The variable {one.name} cannot be given by another variable."
            settling.tell(offer, one.name, Finding((), text, "Write the value, {fromEnv: NAME} or {fromFile: PATH}."))
            return None
        if settling.sources.env is None:
            return None
        read = settling.sources.read(value)
        if not isinstance(read, str):
            if not (settling.sources.placeholders and one.sensitive):
                finding = Finding((), f"The variable {one.name}: {read.message}", read.suggestion)
                settling.tell(offer, one.name, finding)
            return None
        value = from_text(one.settings, read)
    elif offer.is_text:
        value = from_text(one.settings, value)
    if wrong := misfit(one.settings, value):
        by = "" if offer.document is not None else f", given by {offer.source},"
        settling.tell(offer, one.name, Finding((), f"The variable {one.name}{by} {wrong[0]}", wrong[1]))
        return None
    return kept(one.settings, value)
