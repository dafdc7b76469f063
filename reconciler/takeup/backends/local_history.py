"""The earlier states of a local file: links to what was its backup once, in a folder beside it.

A link costs no bytes, for files are replaced here and never written in place. It is made once the new state is durable,
and a history that cannot be kept stops nobody.
"""

import os
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

from takeup.backends.codec import Codec
from takeup.backends.files import beside, read_regular, replace_file, sentence
from takeup.backends.history import KEPT, Version
from takeup.core.snapshot import Snapshot


def folder_of(path: Path) -> Path:
    """Where the earlier states of a file are."""
    return beside(path, ".history")


def keep(path: Path, serial: int) -> None:
    """Keep the backup of a file as the state of a serial, and drop what is too old."""
    folder = folder_of(path)
    with suppress(OSError):
        folder.mkdir(mode=0o700, exist_ok=True)
        kept = folder / f"{serial}.json"
        kept.unlink(missing_ok=True)  # of a state that was replaced by an older one since
        os.link(beside(path, ".backup"), kept)
        for old in _serials(folder)[KEPT:]:
            (folder / f"{old}.json").unlink(missing_ok=True)


def versions(path: Path) -> tuple[Version, ...]:
    """What is kept, the newest first."""
    folder = folder_of(path)
    found = []
    with sentence(f"{folder} could not be read"):
        for serial in _serials(folder):
            told = (folder / f"{serial}.json").stat()
            found.append(Version(serial, told.st_size, datetime.fromtimestamp(told.st_ctime, UTC)))
    return tuple(found)


def version(path: Path, serial: int, codec: Codec) -> Snapshot | None:
    """One of them."""
    kept = folder_of(path) / f"{serial}.json"
    return codec.past(read_regular(kept), str(kept), serial)


def reseal(path: Path, codec: Codec) -> int:
    """Seal them anew, with the backup and what was rescued. Returns how many were.

    Raises:
        StateError: one of them cannot be read; those before it are done.
    """
    count = 0
    kept = [folder_of(path) / f"{serial}.json" for serial in _serials(folder_of(path))]
    for file in (beside(path, ".backup"), *kept, *sorted(path.parent.glob(f"{path.name}.rescued-*"))):
        data = read_regular(file)
        newer = None if data is None else codec.resealed(data, str(file))
        if newer is not None:
            replace_file(file, newer)
            count += 1
    return count


def _serials(folder: Path) -> list[int]:
    if not folder.is_dir():
        return []
    return sorted((int(file.stem) for file in folder.glob("*.json") if file.stem.isdecimal()), reverse=True)
