"""Saved plans: written, read, and held against the world of the moment."""

import subprocess
from datetime import UTC, datetime, timedelta
from pathlib import Path

from takeup import __version__
from takeup.cli.graph import this_run
from takeup.core.plan import Plan
from takeup.core.plan_file import PlanFile, decode, encode
from takeup.errors import PlanFileError
from takeup.manifest.project import Project
from takeup.manifest.replace_file import replace_file

_LARGEST = 256 * 1024 * 1024
_GIT_SECONDS = 10


def save(path: Path, plan: Plan, project: Project, *, destroy: bool) -> PlanFile:
    """Write a plan to a file.

    Raises:
        PlanFileError, ProjectError: it cannot be written.
    """
    run = this_run("plan")
    file = PlanFile(
        plan=plan,
        valid_until=plan.created_at + timedelta(seconds=project.plans_valid_for),
        by=f"{run.holder}@{run.host}",
        commit=_commit(project.root),
        destroy=destroy,
        takeup=__version__,
    )
    replace_file(path, encode(file).encode())
    return file


def read(path: Path) -> PlanFile:
    """Read a saved plan.

    Raises:
        PlanFileError: it is none.
    """
    try:
        if path.stat().st_size > _LARGEST:
            raise PlanFileError(f"{path} is too large to be a plan. Nothing was done.")
        data = path.read_bytes()
    except OSError as error:
        raise PlanFileError(
            f"The plan file {path} cannot be read: {error.strerror}.", hint="Make one: takeup plan --out FILE"
        ) from error
    return decode(data, str(path))


def expired(file: PlanFile) -> str:
    """Why a plan is too old; empty where it is not."""
    if datetime.now(UTC) < file.valid_until:
        return ""
    return f"it was valid until {file.valid_until:%Y-%m-%d %H:%M:%S} UTC"


def _commit(folder: Path) -> str:
    """The git commit of a folder, with "+" where tracked files differ from it; empty where git tells nothing."""
    head = _git(folder, "rev-parse", "--verify", "HEAD")
    if not head:
        return ""
    changed = _git(folder, "status", "--porcelain", "--untracked-files=no")
    return head + ("+" if changed or changed is None else "")


def _git(folder: Path, *args: str) -> str | None:
    try:
        done = subprocess.run(  # noqa: S603 - git itself, with arguments of our own
            ["git", "--no-optional-locks", "-c", "core.fsmonitor=false", "-C", str(folder), *args],  # noqa: S607 - as the user's PATH has it
            capture_output=True,
            text=True,
            errors="replace",
            timeout=_GIT_SECONDS,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    return done.stdout.strip() if done.returncode == 0 else None
