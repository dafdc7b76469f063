"""--help and --version import nothing that is slow."""

import subprocess
import sys

import pytest

SLOW = {"httpx", "pydantic", "deepdiff", "ruamel", "rich", "werkzeug"}


@pytest.mark.parametrize("flag", ["--help", "--version"])
def test_no_slow_module_is_imported(flag: str) -> None:
    """Commands load when they are called, and what they need loads with them."""
    done = subprocess.run(  # noqa: S603 - our own command
        [sys.executable, "-X", "importtime", "-m", "takeup", flag], capture_output=True, text=True, check=True
    )
    imported = {line.rpartition("|")[2].strip().partition(".")[0] for line in done.stderr.splitlines()}
    assert "click" in imported
    assert imported & SLOW == set()
