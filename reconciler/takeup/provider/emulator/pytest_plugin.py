"""The pytest fixture `agora_emulator`: an emulator of Agora Cloud Recording for each test that asks for one.

pytest loads this module in every run on a machine where takeup is installed. So it imports nothing but pytest;
the emulator loads when the first test asks for it. `-p no:takeup` leaves it out.
"""

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from takeup.provider.emulator.harness import AgoraEmulator

_MARK = "agora_emulator"
_KEYS = ("settings", "clock", "faults", "seed", "credentials", "webhooks")


def pytest_configure(config: pytest.Config) -> None:
    """Make the marker known, for --strict-markers."""
    config.addinivalue_line(
        "markers", f"{_MARK}({', '.join(f'{key}=...' for key in _KEYS)}): how the emulator of this test is set up"
    )


@pytest.fixture
def agora_emulator_settings() -> Mapping[str, Any]:
    """The settings of the emulator, by name. Override it in a module or in conftest.py, for all tests there."""
    return {}


@pytest.fixture
def agora_emulator(
    request: pytest.FixtureRequest, agora_emulator_settings: Mapping[str, Any]
) -> "Iterator[AgoraEmulator]":
    """An emulator of Agora Cloud Recording: `url` (or `app`), `clock`, `fault(...)`, `sessions()`, `calls`, `webhooks`.

    Its time stands still until `advance(seconds)`. `@pytest.mark.agora_emulator(settings={...}, clock="wall")` sets
    it up for one test; those settings are laid over the fixture `agora_emulator_settings`.
    """
    from takeup.provider.emulator.harness import AgoraEmulator  # noqa: PLC0415 - slow to import, see above

    given = _marked(request.node)
    given["settings"] = {**agora_emulator_settings, **given.get("settings", {})}
    try:
        emulator = AgoraEmulator(**given)
    except ValueError as error:
        raise pytest.UsageError(f"The emulator of this test is set up wrongly: {error}") from error
    yield emulator
    emulator.close()


def _marked(node: pytest.Item) -> dict[str, Any]:
    """What the markers of a test say; the one nearest to the test wins."""
    given: dict[str, Any] = {}
    for mark in reversed(list(node.iter_markers(_MARK))):
        unknown = sorted(mark.kwargs.keys() - set(_KEYS))
        if mark.args or unknown:
            wrong = f"not {', '.join(unknown)}" if unknown else "nothing by position"
            raise pytest.UsageError(f"The marker {_MARK} takes {', '.join(_KEYS)}; {wrong}.")
        given |= mark.kwargs
    return given
