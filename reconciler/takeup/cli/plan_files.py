"""Saved plans: written and read, and what is told about them."""

import os
import shlex
import subprocess
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

from takeup import __version__
from takeup.backends.plan_seal import BEGINNING as SEALED_BEGINNING
from takeup.backends.plan_seal import is_sealed_plan, open_plan, seal_plan
from takeup.cli.backend import codec_of
from takeup.cli.graph import this_run
from takeup.cli.main import Options
from takeup.core.keyring import Keyring
from takeup.core.plan import Plan
from takeup.core.plan_file import BEGINNING, PlanFile, decode, encode
from takeup.errors import PlanFileError
from takeup.manifest.project import FILE, Project
from takeup.manifest.replace_file import replace_file
from takeup.render.style import printable

_LARGEST = 256 * 1024 * 1024
_BEGINS = max(len(BEGINNING), len(SEALED_BEGINNING))
_GIT_SECONDS = 10
# git is to read this folder and nothing else: no repository that a hook points at, no credential, no question, no
# fetch of what a partial clone left out.
_GIT_KEEPS = ("PATH", "HOME", "XDG_CONFIG_HOME")
_GIT_ENV = {"GIT_OPTIONAL_LOCKS": "0", "GIT_TERMINAL_PROMPT": "0", "GIT_NO_LAZY_FETCH": "1", "LC_ALL": "C"}


def check_out(path: Path) -> None:
    """Refuse to write a plan over anything but a plan: a state that is lost means sessions that nobody can stop.

    Raises:
        PlanFileError: there is something else.
    """
    try:
        if not path.exists():
            return
        regular = path.is_file()
        begins = b""
        if regular:
            with path.open("rb") as file:
                begins = file.read(_BEGINS)
    except OSError as error:
        raise PlanFileError(f"{path} cannot be written over: {error.strerror}.", hint="Choose another name.") from error
    if not regular or (begins and not begins.startswith((BEGINNING.encode(), SEALED_BEGINNING))):
        raise PlanFileError(
            f"{path} exists and is no saved plan, so it is not written over. Nothing was done.",
            hint="Choose another name for --out.",
        )


def save(path: Path, plan: Plan, project: Project) -> PlanFile:
    """Write a plan to a file; sealed where the state is encrypted.

    Raises:
        PlanFileError, ProjectError: it cannot be written.
        StateError: it is to be encrypted, and there is no cipher here.
    """
    check_out(path)
    run = this_run("plan")
    lasts = plan.created_at + timedelta(seconds=project.plans_valid_for)
    file = PlanFile(
        plan=plan,
        valid_until=min(lasts, plan.valid_until or lasts),
        by=f"{run.holder}@{run.host}",
        commit=_commit(project),
        takeup=__version__,
    )
    data, keys = encode(file).encode(), codec_of(project).keys
    replace_file(path, data if keys is None else seal_plan(keys, plan.lineage, plan.serial, data))
    return file


def saved_text(options: Options, path: Path, file: PlanFile) -> str:
    """What is told of a plan that was saved, and how it is applied."""
    folder = [] if options.root == Path() else ["-C", str(options.root)]
    return (
        f"Saved to {path}, valid until {file.valid_until:%Y-%m-%d %H:%M} UTC, digest {file.plan.digest}.\n"
        f"To apply it: {shlex.join(['takeup', *folder, 'apply', str(path)])}"
    )


def read(path: Path, keys: Callable[[], Keyring | None]) -> PlanFile:
    """Read a saved plan, to look at it.

    Args:
        path: the file.
        keys: those of the project; asked for only where the file is sealed.

    Raises:
        PlanFileError: it is none, or its key is not there.
    """
    data = _bytes(path)
    return decode(open_plan(keys(), data, str(path)) if is_sealed_plan(data) else data, str(path))


def read_to_apply(path: Path, keys: Keyring | None) -> PlanFile:
    """Read a saved plan that is to be carried out: where the state is encrypted, anybody may have written a plain one.

    Raises:
        PlanFileError: it is none, its key is not there, or it is not sealed and must be.
    """
    data = _bytes(path)
    if is_sealed_plan(data):
        return decode(open_plan(keys, data, str(path)), str(path))
    if keys is not None and not keys.allow_plaintext:
        raise PlanFileError(
            f"{path} is not encrypted, and spec.state.encryption demands that it is. Nothing was done.",
            hint="Make it anew: takeup plan --out FILE",
        )
    return decode(data, str(path))


def _bytes(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            data = file.read(_LARGEST + 1)
    except OSError as error:
        raise PlanFileError(
            f"The plan file {path} cannot be read: {error.strerror}.", hint="Make one: takeup plan --out FILE"
        ) from error
    if len(data) > _LARGEST:
        raise PlanFileError(
            f"{path} is too large to be a plan. Nothing was done.", hint="Make one: takeup plan --out FILE"
        )
    return data


def made_text(file: PlanFile) -> str:
    """Who made a plan, when, from what, and until when it holds."""
    commit = f" at commit {printable(file.commit)}" if file.commit else ""
    old = ": too old to be applied" if expired(file) else ""
    return (
        f"Made {file.plan.created_at:%Y-%m-%d %H:%M:%S} UTC by {printable(file.by)}{commit}, valid until "
        f"{file.valid_until:%Y-%m-%d %H:%M:%S} UTC{old}."
    )


def expired(file: PlanFile) -> str:
    """Why a plan is too old; empty where it is not."""
    if datetime.now(UTC) < file.valid_until:
        return ""
    return f"it was valid until {file.valid_until:%Y-%m-%d %H:%M:%S} UTC"


def _commit(project: Project) -> str:
    """The git commit of a project, with "+" where what is planned may differ from it; empty where git tells nothing."""
    head = _git(project.root, "rev-parse", "--verify", "HEAD")
    if not head:
        return ""
    read_from = [FILE, os.path.relpath(project.manifests, project.root)]
    changed = _git(project.root, "status", "--porcelain", "--ignore-submodules=dirty", "--", *read_from)
    return head + ("+" if changed or changed is None else "")


def _git(folder: Path, *args: str) -> str | None:
    env = {name: os.environ[name] for name in _GIT_KEEPS if name in os.environ} | _GIT_ENV
    try:
        done = subprocess.run(  # noqa: S603 - git itself, with arguments of our own
            ["git", "-c", "core.fsmonitor=false", "-C", str(folder), *args],  # noqa: S607 - as the user's PATH has it
            stdin=subprocess.DEVNULL,
            capture_output=True,
            env=env,
            text=True,
            errors="replace",
            timeout=_GIT_SECONDS,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    return done.stdout.strip() if done.returncode == 0 else None
