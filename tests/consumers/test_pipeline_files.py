"""The shipped files of pipelines, held against the schemas of GitHub and GitLab and against pre-commit itself."""

import subprocess
from pathlib import Path

import pytest
from tests.consumers.tools import HOME, require

require()
TOP = Path(__file__).parents[2]
FILES = {
    "github-actions": "action.yml",
    "github-workflows": "docs/examples/ci/github/takeup.yml",
    "gitlab-ci": "docs/examples/ci/gitlab/takeup.gitlab-ci.yml",
}


def check(schema: str, file: Path) -> subprocess.CompletedProcess[str]:
    """Ask check-jsonschema, which brings the schemas along."""
    command = [str(HOME / "bin" / "check-jsonschema"), "--builtin-schema", f"vendor.{schema}", str(file)]
    return subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603 - an installed program


@pytest.mark.parametrize(("schema", "name"), FILES.items(), ids=FILES)
def test_a_file_is_what_its_reader_takes(schema: str, name: str, tmp_path: Path) -> None:
    """The file fits the schema, and with one key misspelt it does not."""
    good = check(schema, TOP / name)
    assert good.returncode == 0, good.stdout
    text = (TOP / name).read_text("utf-8")
    word = {"github-actions": "using:", "github-workflows": "runs-on:", "gitlab-ci": "when: manual"}[schema]
    broken = tmp_path / Path(name).name
    broken.write_text(text.replace(word, f"x{word}" if word.endswith(":") else "when: sometimes"), "utf-8")
    assert check(schema, broken).returncode == 1


def test_pre_commit_takes_the_hooks(tmp_path: Path) -> None:
    """The manifest of hooks is valid, and without an entry it is not."""
    hooks = TOP / ".pre-commit-hooks.yaml"
    broken = tmp_path / "hooks.yaml"
    broken.write_text(hooks.read_text("utf-8").replace("entry:", "entri:"), "utf-8")

    def verdict(file: Path) -> int:
        env = {"PATH": "/usr/bin:/bin", "HOME": str(tmp_path), "PRE_COMMIT_HOME": str(tmp_path)}
        command = [str(HOME / "bin" / "pre-commit"), "validate-manifest", str(file)]
        return subprocess.run(command, capture_output=True, check=False, env=env).returncode  # noqa: S603 - installed

    assert (verdict(hooks), verdict(broken)) == (0, 1)
