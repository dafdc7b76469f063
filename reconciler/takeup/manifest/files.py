"""Which paths are folders, and which of their files are manifests."""

import os
from collections.abc import Iterator
from pathlib import Path

PROJECT_FILE = "takeup.yaml"


def is_folder(path: Path) -> bool:
    """Whether there is such a folder; a path that no file can have (too long, say) is none."""
    return os.path.isdir(path)  # noqa: PTH112  Path.is_dir raises where a name is too long


def yaml_files(folder: Path, *, nested: bool = False) -> Iterator[Path]:
    """Find the YAML files below a folder, hidden ones left out; a link that leads back into itself is followed once.

    A folder below it that holds a takeup.yaml is another project: what is in there belongs to it alone, and is left
    out unless `nested`.
    """
    seen: set[str] = set()
    for place, folders, files in os.walk(folder, followlinks=True):
        real = os.path.realpath(place)
        if real in seen or (PROJECT_FILE in files and place != os.fspath(folder) and not nested):
            folders.clear()
            continue
        seen.add(real)
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        for name in sorted(files):
            if name.endswith((".yaml", ".yml")) and not name.startswith("."):
                yield Path(place, name)
