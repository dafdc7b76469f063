"""Variables put into a document: `{var: NAME}` in place of a value, and `{{ var.NAME }}` inside of a text.

It is done before anything else looks at the document, so variables are possible everywhere in it. What only the
members of a set know (`{{ room }}`) stays a `Hole`, to be filled for each of them.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Any

from takeup.core.schema.table import Attribute
from takeup.core.secret import Secret
from takeup.manifest.reader import Document, Reference
from takeup.manifest.references import node_at
from takeup.manifest.scalars import resolve
from takeup.manifest.template import OPENING, Template, TemplateFaultError, parse
from takeup.manifest.translate import Finding, Path, did_you_mean, dotted, find
from takeup.manifest.variables import Variable, as_text

_VAR = "var."
_TEXTS = ("string", "secret")
_STAND_IN = "x"


@dataclass(frozen=True, slots=True)
class Hole:
    """A value that depends on columns: of each member of a set, another."""

    template: Template
    is_text: bool
    secret: bool
    reference: Reference | None = None

    def filled(self, columns: Mapping[str, str]) -> Any:  # noqa: ANN401 - what the attribute takes
        """The value for one member."""
        text = self.template.filled(columns)
        if self.reference is not None:
            return Reference(self.reference.source, text, self.reference.line, self.reference.column)
        if self.secret:
            return Secret(text)
        return text if self.is_text else resolve(text)


def filled(node: Any, columns: Mapping[str, str]) -> Any:  # noqa: ANN401 - any value of a manifest
    """A copy of a compiled value, for one member."""
    kind = node.__class__
    if kind is dict:
        return {key: filled(value, columns) for key, value in node.items()}
    if kind is list:
        return [filled(value, columns) for value in node]
    return node.filled(columns) if kind is Hole else node


@dataclass(slots=True)
class Substitution:
    """Compiles values of one document; what is wrong is collected in `findings`, by paths of the whole document.

    Args:
        document: it gives places.
        variables: those of the project.
        table: the attributes below `spec`, in whose way a text is read: "30" as a number where one is wanted.
        columns: the names that a set's rows have; None outside of sets.
        at: the path that `table` begins at.
    """

    document: Document
    variables: Mapping[str, Variable]
    table: Mapping[str, Attribute]
    columns: Collection[str] | None = None
    at: Path = ("spec",)
    findings: list[Finding] = field(default_factory=list)
    references: list[Path] = field(default_factory=list)

    def compiled(self, node: Any, path: Path) -> Any:  # noqa: ANN401 - any value of a document
        """A value with its variables in place."""
        if isinstance(node, dict):
            for key in node:
                if OPENING in key:
                    self._tell((*path, key), "A key cannot be a template.", "Write the key out.", at_key=True)
            return {key: self.compiled(value, (*path, key)) for key, value in node.items()}
        if isinstance(node, list):
            return [self.compiled(value, (*path, index)) for index, value in enumerate(node)]
        made = node
        if isinstance(node, Reference):
            made = self._referred(node, path)
        elif isinstance(node, str) and OPENING in node:
            made = self._templated(node, path, None)
        if isinstance(made, Reference) or (isinstance(made, Hole) and made.reference is not None):
            self.references.append(path)
        return made

    def _referred(self, reference: Reference, path: Path) -> Any:  # noqa: ANN401 - any value of a variable
        if reference.source != "var":
            if OPENING not in reference.name:
                return reference
            return self._templated(reference.name, path, reference)
        variable = self._variable(reference.name, path)
        if variable is None or variable.value is None:
            return reference if path[:1] == ("spec",) else _STAND_IN
        value = variable.value
        if path[: len(self.at)] != self.at and isinstance(value, Secret):
            self._no_secret(reference.name, path)
            return reference
        return list(value) if isinstance(value, list) else value

    def _variable(self, name: str, path: Path) -> Variable | None:
        variable = self.variables.get(name)
        if variable is None:
            among = ", ".join(self.variables)
            hint = f"There are {among}." if among else "Declare it in takeup.yaml: spec.variables."
            self._tell(path, f"There is no variable {name[:60]!r}.", did_you_mean(name, self.variables, hint))
        return variable

    def _templated(self, text: str, path: Path, reference: Reference | None) -> Any:  # noqa: ANN401 - text, hole, stand-in
        try:
            template = parse(text)
        except TemplateFaultError as error:
            self._tell(path, f"The template is not valid: {error}", "Write {{ name }}; {{{{ stands for two braces.")
            return self._unknown(path)
        attribute = find(self.table, path[len(self.at) :]) if path[: len(self.at)] == self.at else None
        is_text = attribute is None or attribute.type.removeprefix("list of ") in _TEXTS
        texts: dict[str, str] = {}
        known = [self._text_of(name, path, texts) for name in template.names]
        if any(item is None for item in known):
            if path[:1] != ("spec",):  # above the spec nobody asks whether a value is known
                return template.partly(lambda name: texts.get(name, _STAND_IN)).filled({})
            return self._unknown(path)
        secret = any(isinstance(item, Secret) for item in known)
        if secret and (attribute is None or reference is not None):
            self._no_secret(", ".join(name.removeprefix(_VAR) for name in template.names), path)
            return self._unknown(path)
        hole = Hole(template.partly(texts.get), is_text, secret, reference)
        return hole if hole.template.names else hole.filled({})

    def _text_of(self, name: str, path: Path, texts: dict[str, str]) -> object:
        """Note the text of a name if it is known already; None if nothing can be made of the name now."""
        if not name.startswith(_VAR):
            return name if self._is_column(name, path) else None
        variable = self._variable(name.removeprefix(_VAR), path)
        if variable is None or variable.value is None:
            return None
        value = variable.value
        text = value.reveal() if isinstance(value, Secret) else as_text(value)
        if text is None:
            hint = f"Write {{var: {variable.name}}} in place of a whole list."
            self._tell(path, f"The variable {variable.name} is a list, which cannot stand inside of a text.", hint)
            return None
        texts[name] = text
        return value

    def _is_column(self, name: str, path: Path) -> bool:
        if self.columns is not None and name in self.columns:
            return True
        known = [*(self.columns or ()), *(f"{_VAR}{variable}" for variable in self.variables)]
        here = "" if self.columns is not None else " here: columns are known in the template of a RecordingSet only"
        hint = f"There are {', '.join(known[:20])}." if known else "Declare variables in takeup.yaml: spec.variables."
        if f"{_VAR}{name}" in known:
            hint = f"Did you mean {_VAR + name!r}?"
        self._tell(path, f"There is no name {name[:60]!r}{here}.", did_you_mean(name, known, hint) if known else hint)
        return False

    def _unknown(self, path: Path) -> Reference:
        """Stand for a value from which nothing may be concluded."""
        mark = self.document.mark(path)
        return Reference("var", "", mark.line, mark.column)

    def _no_secret(self, name: str, path: Path) -> None:
        text = f"{dotted(path)} is no place for a secret, and the variable {name} is sensitive."
        self._tell(path, text, "Use a variable that is not.")

    def _tell(self, path: Path, message: str, suggestion: str, *, at_key: bool = False) -> None:
        self.findings.append(Finding(path, message, suggestion, at_key=at_key))


def has_variables(document: Document) -> bool:
    """Whether there is anything to put in; most documents have nothing."""
    return document.templated or any(
        isinstance(node, Reference) and node.source == "var"
        for node in (node_at(document.value, path) for path in document.references)
    )


def substitute(document: Document, variables: Mapping[str, Variable], table: Mapping[str, Attribute]) -> list[Finding]:
    """Put variables into a whole document, in place."""
    if not has_variables(document):
        return []
    substitution = Substitution(document, variables, table)
    document.value = substitution.compiled(document.value, ())
    document.references = tuple(substitution.references)
    return substitution.findings
