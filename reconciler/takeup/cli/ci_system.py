"""Which CI system runs this, by the variables that it sets."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class CiSystem:
    """What takeup needs to know of a CI system.

    Args:
        name: github, gitlab or generic.
        checkout: the top of the checkout, from which the system counts the paths of files.
        summary: the file for Markdown that the system shows with the job.
        outputs: the file for values that later steps read.
    """

    name: str
    checkout: Path | None = None
    summary: Path | None = None
    outputs: Path | None = None


def detect(env: Mapping[str, str]) -> CiSystem:
    """The system that these variables are of; generic where none is known."""
    if env.get("GITHUB_ACTIONS") == "true":
        places = (env.get(name) for name in ("GITHUB_WORKSPACE", "GITHUB_STEP_SUMMARY", "GITHUB_OUTPUT"))
        return CiSystem("github", *(Path(place) if place else None for place in places))
    if env.get("GITLAB_CI") == "true":
        place = env.get("CI_PROJECT_DIR")
        return CiSystem("gitlab", Path(place) if place else None)
    return CiSystem("generic")
