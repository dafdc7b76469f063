"""The rows of a set: from a list, a map or a CSV file, each with its key, its columns and its place."""

import csv
import io
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path as FilePath
from typing import Any

from takeup.manifest.problem import Problem
from takeup.manifest.reader import Document, Limits, read_bytes
from takeup.manifest.translate import Finding, Path, did_you_mean
from takeup.manifest.variables import as_text

KEY = "key"
MOST_ROWS = 100_000
_MOST_COLUMNS = 1_000
_LONGEST_KEY = 100
_MOST_TOLD = 20
_FILE = Limits(max_bytes=16 * 1024 * 1024)
_AT = ("spec", "forEach")


@dataclass(frozen=True, slots=True)
class Row:
    """One member: its key, the texts of its columns (the key is one of them), and file:line of the row."""

    key: str
    columns: Mapping[str, str]
    place: str


@dataclass(slots=True)
class Rows:
    """All rows of a set, their columns, and what is wrong with them."""

    rows: list[Row] = field(default_factory=list)
    columns: tuple[str, ...] = (KEY,)
    problems: list[Problem] = field(default_factory=list)


def rows_of(document: Document, given: Mapping[str, Any], root: FilePath, address: str) -> Rows:
    """Read `forEach`, whose shape was checked already."""
    sources = [name for name in ("list", "map", "csv") if name in given]
    reading = _Reading(document, address)
    if len(sources) != 1:
        text = "forEach takes exactly one of list, map and csv."
        reading.tell(Finding(_AT, text, "Write for example forEach: {csv: rooms.csv, key: room}."))
    elif sources == ["map"]:
        if KEY in given:
            reading.tell(Finding((*_AT, KEY), "A map has its keys already.", "Remove key."))
        reading.take(_of_map(reading, given["map"]))
    elif sources == ["list"]:
        reading.take(_of_list(reading, given["list"], given.get(KEY)))
    else:
        reading.take(_of_csv(reading, given["csv"], given.get(KEY), root))
    return reading.result()


# key, columns, place, path in the document (empty for a row of a file)
_Raw = tuple[str, dict[str, str], str, Path]


class _Reading:
    """Collects rows, and refuses keys and columns that cannot be."""

    def __init__(self, document: Document, address: str) -> None:
        self.document = document
        self.address = address
        self._rows = Rows()
        self._failed = 0

    def tell(self, finding: Finding) -> None:
        self._rows.problems.append(finding.problem(self.document, self.address, ()))

    def refuse(self, place: str, path: Path, message: str, suggestion: str) -> None:
        """Tell of a row, where it stands; of many rows only the first ones."""
        self._failed += 1
        if self._failed > _MOST_TOLD:
            return
        if path:
            self.tell(Finding(path, message, suggestion))
            return
        file, _, line = place.rpartition(":")
        self._rows.problems.append(Problem("error", file, int(line), 1, self.address, message, suggestion))

    def take(self, found: Iterator[_Raw]) -> None:
        first: dict[str, str] = {}
        columns: dict[str, str] = {}
        for key, texts, place, path in found:
            if len(first) >= MOST_ROWS:
                self.refuse(place, path, f"The set has more than {MOST_ROWS:,} members.", "Make two sets of it.")
                return
            if wrong := _bad_key(key):
                self.refuse(place, path, f"A key {wrong}", "Write for example a-101.")
                continue
            if key in first:
                text = f"The key {key!r} is given twice: {first[key]} and {place}."
                self.refuse(place, path, text, "Rename or remove one of the two.")
                continue
            if not first:
                columns = dict.fromkeys(texts, key)
            first[key] = place
            if unlike := sorted(columns.keys() ^ texts.keys()):
                name, has = unlike[0], "has no" if unlike[0] in columns else "has"
                others = repr(columns[name]) + " has" if name in columns else "others have not"
                text = f"{key!r} {has} {name}, which {others}."
                self.refuse(place, path, text, "Give each member the same columns.")
                continue
            self._rows.rows.append(Row(key, {**texts, KEY: key}, place))
        self._rows.columns = tuple(dict.fromkeys([KEY, *columns]))

    def result(self) -> Rows:
        if self._failed > _MOST_TOLD:
            text = f"{self._failed - _MOST_TOLD} more rows cannot be used."
            self.tell(Finding(_AT, text, "Correct those told first."))
        elif not self._rows.rows and not self._rows.problems:
            text = "The set has no members: all that it recorded would be stopped."
            self.tell(Finding(_AT, text, "Add rows, or remove the set.", "warning"))
        return self._rows


def _bad_key(key: str) -> str:
    """Say how a key goes wrong; it stands in addresses, on command lines and in reports."""
    if not key:
        return "is empty."
    if len(key) > _LONGEST_KEY:
        return f"is longer than {_LONGEST_KEY} characters."
    if not key.isprintable() or key != key.strip():
        return "has a character that cannot be seen, or a blank at its end."
    return ""


def _bad_column(name: str, key: str | None) -> str:
    if not name:
        return "A column has no name."
    if name.startswith("var.") or (name == KEY and key not in {None, KEY}):
        return f"A column cannot be called {name!r}, which means something else in a template."
    if {"{", "}"} & set(name) or not name.isprintable():
        return f"A column has a name that no template can hold: {name[:60]!r}."
    return ""


def _of_map(reading: _Reading, given: Mapping[str, Any]) -> Iterator[_Raw]:
    for key, value in given.items():
        path = (*_AT, "map", key)
        place = f"{reading.document.file}:{reading.document.key_mark(path).line}"
        columns = _columns(reading, {} if value is None else value, path, place, None)
        if columns is not None:
            yield key, columns, place, path


def _of_list(reading: _Reading, given: list[Any], key: str | None) -> Iterator[_Raw]:
    for index, value in enumerate(given):
        path = (*_AT, "list", index)
        place = f"{reading.document.file}:{reading.document.mark(path).line}"
        single = as_text(value)
        if key is None and single is not None:
            yield single, {}, place, path
        elif key is None:
            reading.refuse(
                place, path, "A member that is a mapping needs a key.", "Write forEach: {list: ..., key: x}."
            )
        else:
            columns = _columns(reading, value, path, place, key)
            if columns is not None and key not in columns:
                reading.refuse(place, path, f"There is no {key} here, which is the key.", did_you_mean(key, columns))
            elif columns is not None:
                yield columns[key], columns, place, path


def _columns(reading: _Reading, value: object, path: Path, place: str, key: str | None) -> dict[str, str] | None:
    if not isinstance(value, dict):
        reading.refuse(place, path, "A member is a mapping of its columns.", "Write for example {capacity: 30}.")
        return None
    columns: dict[str, str] = {}
    for name, item in value.items():
        text = as_text(item)
        if wrong := _bad_column(name, key):
            reading.refuse(place, (*path, name), wrong, "Rename it.")
        elif text is None:
            reading.refuse(place, (*path, name), f"{name} must be a single value.", "Write a text or a number.")
        else:
            columns[name] = text
    return columns


def _of_csv(reading: _Reading, name: str, key: str | None, root: FilePath) -> Iterator[_Raw]:
    if key is None:
        reading.tell(Finding(_AT, "forEach.key is required with csv.", "Name the column whose text is the key."))
        return
    try:
        inside = (root / name).resolve().is_relative_to(root.resolve())
    except (OSError, ValueError, RuntimeError):
        inside = False
    data = read_bytes(root / name, name=name, limits=_FILE) if inside else b""
    if not inside or isinstance(data, Problem):
        text = f"{name}: {data.message}" if isinstance(data, Problem) else f"{name[:200]} is not inside of the project."
        reading.tell(Finding((*_AT, "csv"), text, "The path is relative to the project folder, and stays in it."))
        return
    if len(data) > _FILE.max_bytes:
        reading.tell(Finding((*_AT, "csv"), f"{name} is larger than 16 MiB.", "Make two sets of it."))
        return
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        reading.refuse(f"{name}:{line}", (), "The file is not UTF-8.", "Save it as UTF-8 text.")
        return
    yield from _records(reading, name, key, text)


def _records(reading: _Reading, name: str, key: str, text: str) -> Iterator[_Raw]:
    """Read the rows below the header; blanks around a cell, which nobody sees, are no part of it."""
    records = csv.reader(io.StringIO(text, newline=""), strict=True)
    header: list[str] | None = None
    line = 1
    try:
        for record in records:
            place, line = f"{name}:{line}", records.line_num + 1
            cells = [cell.strip() for cell in record]
            if not any(cells):
                continue
            if header is None:
                header = _header(reading, place, cells, key)
                if header is None:
                    return
            elif len(cells) != len(header):
                message = f"The row has {len(cells)} cells, the header {len(header)}."
                reading.refuse(place, (), message, "Quote a cell that holds a comma.")
            else:
                columns = dict(zip(header, cells, strict=True))
                yield columns[key], columns, place, ()
    except csv.Error as error:
        reading.refuse(f"{name}:{line}", (), f"This is not valid CSV: {error}.", "Check quotes and commas here.")
        return
    if header is None:
        reading.refuse(f"{name}:1", (), "The file has no header.", "Begin with a line of column names.")


def _header(reading: _Reading, place: str, cells: list[str], key: str) -> list[str] | None:
    wrong = [text for cell in cells if (text := _bad_column(cell, key))]
    wrong += [f"The column {cell!r} is there twice." for cell in dict.fromkeys(cells) if cells.count(cell) > 1]
    if len(cells) > _MOST_COLUMNS:
        wrong = [f"There are more than {_MOST_COLUMNS:,} columns."]
    for text in wrong:
        reading.refuse(place, (), text, "Rename or remove it in the header.")
    if not wrong and key not in cells:
        hint = did_you_mean(key, cells, f"There are {', '.join(cells[:20])}.")
        hint = "Separate the columns with commas." if len(cells) == 1 and ";" in cells[0] else hint
        reading.refuse(place, (), f"There is no column {key!r}, which is to be the key.", hint)
        return None
    return None if wrong else cells
