"""The documentation keeps up: generated pages are fresh, nothing is undocumented, no link is dead."""

import re
import runpy
from pathlib import Path
from typing import Any, get_args

import pytest

from takeup.core.address import Kind
from takeup.core.schema.attribute import Model
from takeup.core.schema.kinds import PROFILES
from takeup.core.schema.sets import RECORDING_SET, RecordingSetSpec
from takeup.core.schema.table import attributes, attributes_of
from takeup.manifest.project import ProjectSpec
from takeup.provider.emulator.faults import ANSWERS, OnCall, OnSession
from takeup.provider.emulator.settings import Settings
from takeup.provider.emulator.switches import Switches
from takeup.render.emulator_reference import source_keys

ROOT = Path(__file__).parents[3]
DOCS = ROOT / "docs"
PAGES = sorted([ROOT / "README.md", *DOCS.rglob("*.md"), *(ROOT / "manifests").rglob("*.md")])
_LINK = re.compile(r"\]\(([^)\s]+)\)")
_FENCE = re.compile(r"^```.*?^```", re.MULTILINE | re.DOTALL)
_HEADING = re.compile(r"^#+ +(.+?) *$", re.MULTILINE)
GENERATE: dict[str, Any] = runpy.run_path(str(DOCS / "generate.py"))


def _prose(page: Path) -> str:
    return _FENCE.sub("", page.read_text("utf-8"))


def _anchors(page: Path) -> set[str]:
    plain = (re.sub(r"[^\w\- ]", "", heading.lower()) for heading in _HEADING.findall(_prose(page)))
    return {heading.replace(" ", "-") for heading in plain}


@pytest.mark.parametrize(
    "name", ["manifests.md", "storage-regions.md", "cli.md", "emulator-switches.md", "scenarios.md"]
)
def test_a_generated_page_is_fresh(name: str) -> None:
    """The page in the repository is what docs/generate.py writes."""
    expected = GENERATE["pages"]()[name]
    assert (DOCS / "reference" / name).read_text("utf-8") == expected, "run: python docs/generate.py"


@pytest.mark.parametrize("kind", [pytest.param(kind, id=kind.value) for kind in Kind])
def test_every_attribute_of_a_kind_is_documented(kind: Kind) -> None:
    """The section of a kind has a row with words for each attribute."""
    page = (DOCS / "reference" / "manifests.md").read_text("utf-8")
    section = page.partition(f"## {kind.value}\n")[2].partition("\n## ")[0]
    missing = [path for path in attributes(kind) if f"| `{path}` |" not in section]
    assert missing == []
    assert [path for path, attribute in attributes(kind).items() if not attribute.attr.doc] == []


OTHERS: dict[str, type[Model]] = {
    RECORDING_SET: RecordingSetSpec,
    **{kind: model for kind, (_, model) in PROFILES.items()},
}


@pytest.mark.parametrize("kind", OTHERS)
def test_every_attribute_of_a_set_and_of_a_profile_is_documented(kind: str) -> None:
    """The section of the kind has a row for each attribute."""
    page = (DOCS / "reference" / "manifests.md").read_text("utf-8")
    section = page.partition(f"## {kind}\n")[2].partition("\n## ")[0]
    assert [path for path in attributes_of(OTHERS[kind]) if f"| `{path}` |" not in section] == []


def test_every_attribute_of_the_project_file_is_documented() -> None:
    """The page of takeup.yaml has a row for each attribute."""
    page = (DOCS / "reference" / "project.md").read_text("utf-8")
    assert [path for path in attributes_of(ProjectSpec) if f"| `{path}` |" not in page] == []


def test_every_switch_names_sources_that_are_explained() -> None:
    """The page of the switches says of each source key what it is."""
    page = (DOCS / "reference" / "emulator-switches.md").read_text("utf-8")
    section = page.partition("## Sources\n")[2]
    assert [key for key in source_keys() if not re.search(rf"^\| {key} \| \w", section, re.MULTILINE)] == []


def test_every_switch_and_setting_is_documented() -> None:
    """The page has a row with words for each."""
    page = (DOCS / "reference" / "emulator-switches.md").read_text("utf-8")
    rows = [path for path in (*Settings.model_fields, *Switches.model_fields) if path != "switches"]
    assert [path for path in rows if f"| `{path}` |" not in page] == []


def test_every_fault_is_documented() -> None:
    """The page of scenarios says of each kind of fault what it does, and names each answer."""
    page = (DOCS / "reference" / "scenarios.md").read_text("utf-8")
    rows = dict(re.findall(r"^\| `(\w+)` \| (?:calls|sessions) \| (\w.*) \|$", page, re.MULTILINE))
    assert rows.keys() == {*get_args(OnCall), *get_args(OnSession)}
    assert [name for name in ANSWERS if f"| `{name}` |" not in page] == []


def test_every_command_is_documented() -> None:
    """Each command has a section of its own and says what it does."""
    page = (DOCS / "reference" / "cli.md").read_text("utf-8")
    found = GENERATE["commands"]()
    assert [name for name, _ in found if f"\n## {name}\n" not in page] == []
    assert [name for name, command in found if not command.help] == []
    assert len(found) > 5, "the walk over the commands found them"


@pytest.mark.parametrize("page", [pytest.param(page, id=str(page.relative_to(ROOT))) for page in PAGES])
def test_no_relative_link_is_dead(page: Path) -> None:
    """Each relative link leads to a file, and its anchor to a heading."""
    dead = []
    for link in _LINK.findall(_prose(page)):
        if re.match(r"[a-z]+:", link):
            continue
        path, _, anchor = link.partition("#")
        target = (page.parent / path).resolve() if path else page
        if not target.exists() or (anchor and anchor not in _anchors(target)):
            dead.append(link)
    assert dead == []
