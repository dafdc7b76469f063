"""Makes `tests.unit.backends.samples` importable: importlib mode puts no test folder on the path."""

import sys
from pathlib import Path

import pytest

from takeup.backends.local import LocalBackend

sys.path.insert(0, str(Path(__file__).parents[3]))


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "state" / "default.json"


@pytest.fixture
def backend(path: Path) -> LocalBackend:
    return LocalBackend(path)
