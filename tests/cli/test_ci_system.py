"""The CI systems by their variables."""

from pathlib import Path

import pytest

from takeup.cli.ci_system import CiSystem, detect

GITHUB = {
    "GITHUB_ACTIONS": "true",
    "GITHUB_WORKSPACE": "/w",
    "GITHUB_STEP_SUMMARY": "/s",
    "GITHUB_OUTPUT": "/o",
}


@pytest.mark.parametrize(
    ("env", "expected"),
    [
        pytest.param(GITHUB, CiSystem("github", Path("/w"), Path("/s"), Path("/o")), id="GitHub Actions"),
        pytest.param({"GITHUB_ACTIONS": "true"}, CiSystem("github"), id="GitHub Actions with no files"),
        pytest.param(
            {"GITLAB_CI": "true", "CI_PROJECT_DIR": "/p"}, CiSystem("gitlab", checkout=Path("/p")), id="GitLab CI"
        ),
        pytest.param({"CI": "true", "GITHUB_OUTPUT": "/o"}, CiSystem("generic"), id="any other"),
        pytest.param({}, CiSystem("generic"), id="a person"),
    ],
)
def test_a_system_is_known_by_its_variables(env: dict[str, str], expected: CiSystem) -> None:
    """Each system tells where its files are; another's variables mean nothing."""
    assert detect(env) == expected
