"""One job of a pipeline: collects what it has to tell, and at the end tells it in every form at once."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from secrets import token_hex

import click

from takeup.cli.ci_system import CiSystem
from takeup.errors import TakeupError, UsageError
from takeup.manifest.replace_file import replace_file
from takeup.render.annotations import annotations, fenced_off
from takeup.render.codequality import code_quality
from takeup.render.findings import Level, Noted, below
from takeup.render.findings_junit import findings_junit
from takeup.render.sarif import sarif

OUT = Path(".takeup-ci")
DOTENV = "outputs.env"
PLAN_FILE = "plan.takeup"
ARTIFACTS = frozenset({
    "summary.md", "comment.md", "plan.json", "plan.html", PLAN_FILE, "gitlab-terraform.json", "drift.json",
    "apply.json", "takeup.sarif", "junit.xml", "codequality.json", DOTENV,
})  # fmt: skip
"""Every file that a job may write."""


@dataclass(slots=True)
class CiJob:
    """What one command of `takeup ci` has to tell.

    Args:
        command: validate, plan, apply or drift.
        system: who runs it.
        root: the project's folder.
        out: the folder of the artifacts.
    """

    command: str
    system: CiSystem
    root: Path
    out: Path
    findings: list[Noted] = field(default_factory=list)
    outputs: dict[str, str] = field(default_factory=dict)

    def log(self, text: str) -> None:
        """Show text in the log, of which the system takes nothing for a command."""
        shown = fenced_off(text, token_hex(16)) if self.system.name == "github" else text
        click.echo(shown, nl=False)

    def artifact(self, name: str, text: str) -> None:
        """Write a file into the folder of the artifacts."""
        replace_file(self.out / name, text.encode("utf-8", "replace"))

    def summarize(self, markdown: str) -> None:
        """Show Markdown with the job, where the system can; an artifact in any case."""
        self.artifact("summary.md", markdown)
        if self.system.summary is not None:
            _append(self.system.summary, f"{markdown}\n")

    def found(self, findings: Iterable[Noted]) -> None:
        """Take findings whose files are relative to the project's folder."""
        self.findings += below(_folder(self.root, self.system.checkout), findings)

    def close(self, code: int) -> None:
        """Write the reports, and tell the system's own way what was found and how it ended."""
        self.artifact("takeup.sarif", sarif(self.findings))
        self.artifact("junit.xml", findings_junit(self.command, self.findings))
        self.artifact("codequality.json", code_quality(self.findings))
        outputs = {**self.outputs, "exit-code": str(code)}
        dotenv = "".join(f"TAKEUP_{name.replace('-', '_').upper()}={value}\n" for name, value in outputs.items())
        self.artifact(DOTENV, dotenv)
        if self.system.outputs is not None:
            _append(self.system.outputs, "".join(f"{name}={value}\n" for name, value in outputs.items()))
        if self.system.name == "github":
            click.echo(annotations(self.findings), nl=False)


@contextmanager
def ci_job(command: str, system: CiSystem, root: Path, out: Path) -> Iterator[CiJob]:
    """A job that tells of its end, whichever it is. What an earlier one left in the folder is gone."""
    job = CiJob(command, system, root, out)
    # An apply may have been given the plan that an earlier job left there.
    _clear(out, ARTIFACTS if command == "plan" else ARTIFACTS - {PLAN_FILE})
    try:
        yield job
    except TakeupError as error:
        text = "\n".join(filter(None, (error.message, error.hint)))
        job.found([Noted("failed", Level.ERROR, text)])
        if system.name == "github":
            job.log(f"Error: {text}\n")
        job.close(1)
        if system.name == "github":  # told already, and fenced off: what a server wrote may stand in it
            raise SystemExit(1) from error
        raise
    except SystemExit as leave:
        job.close(leave.code if isinstance(leave.code, int) else 1)
        raise
    job.close(0)


def _folder(root: Path, checkout: Path | None) -> str:
    """The project's folder as seen from the top of the checkout; nothing where it is that, or lies elsewhere."""
    top = Path.cwd() if checkout is None else checkout
    try:
        folder = root.resolve().relative_to(top.resolve()).as_posix()
    except ValueError:
        return ""
    return "" if folder == "." else folder


def _append(path: Path, text: str) -> None:
    try:
        with path.open("a", encoding="utf-8", errors="replace") as file:
            file.write(text)
    except OSError as error:
        raise UsageError(f"{path} cannot be written: {error.strerror}.") from error


def _clear(out: Path, names: frozenset[str]) -> None:
    """Remove the files of an earlier job: an old plan must not pass for this one."""
    try:
        for path in out.iterdir() if out.is_dir() else ():
            if path.name in names:
                path.unlink()
    except OSError as error:
        raise UsageError(
            f"{out} cannot be cleared: {error.strerror}.", hint="Name another folder: --out DIR."
        ) from error
