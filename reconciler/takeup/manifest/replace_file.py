"""A file of the user's replaced in one step: whoever reads it sees the old one or the new one, never a part."""

import os
import stat
import tempfile
from pathlib import Path

from takeup.errors import ProjectError


def replace_file(path: Path, data: bytes) -> None:
    """Write a file; an existing one keeps its permissions, and a link stays a link.

    Raises:
        ProjectError: it cannot be written; the old one stays as it was.
    """
    real = Path(os.path.realpath(path))
    try:
        if real.exists() and not os.access(real, os.W_OK):  # its folder alone would allow it
            raise PermissionError(0, "Permission denied")
        real.parent.mkdir(parents=True, exist_ok=True)
        handle, temporary = tempfile.mkstemp(prefix=f".{real.name}.", suffix=".tmp", dir=real.parent)
        try:
            with open(handle, "wb") as file:  # noqa: PTH123 - a descriptor, not a path
                file.write(data)
                file.flush()
                os.fchmod(handle, _mode(real))
                os.fsync(handle)
            os.replace(temporary, real)  # noqa: PTH105 - two strings
        except BaseException:
            Path(temporary).unlink(missing_ok=True)
            raise
    except OSError as error:
        raise ProjectError(
            f"{path} cannot be written: {error.strerror or 'the path is not valid'}.",
            hint="Check the path and its permissions. Nothing was written.",
        ) from error


def _mode(path: Path) -> int:
    if path.exists():
        return stat.S_IMODE(path.stat().st_mode)
    umask = os.umask(0)
    os.umask(umask)
    return 0o666 & ~umask
